"""What MSATS remembers of its rows: what touched which, and when. The order is that of `simulator.market.sequence`."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import msgspec

from simulator.asexml.model import Element
from simulator.base.turn import Event
from simulator.hub.events import MessageQueued
from simulator.hub.order import Order
from simulator.market.replication_log import Recent, insert, place_of
from simulator.market.sequence import Sequence as Sequencer
from simulator.market.sequence import later
from simulator.world.changes import ChangeRequest
from simulator.world.events import (
    ChangeRequestLodged,
    ChangeRequestMoved,
    ChangeRequestRefused,
    ConnectionPointChanged,
    ObjectionLodged,
    ObjectionWithdrawn,
)
from simulator.world.model import ConnectionPoint
from simulator.world.population import Population
from simulator.world.world import World


@dataclass(frozen=True, slots=True)
class Change:
    """A connection point was replaced: the place of that event among all, and the point before and after."""

    place: int
    at: datetime
    nmi: str
    old: ConnectionPoint | None
    new: ConnectionPoint
    because: str

    @property
    def first_number(self) -> int:
        """The number its rows begin at."""
        return later(self.place)


class Touched(msgspec.Struct, frozen=True, gc=False):
    """A change request or an objection was lodged or moved on: ``key`` is its id, ``status`` a request's since then."""

    place: int
    at: datetime
    key: str
    status: str = ""


class Refusal(msgspec.Struct, frozen=True, gc=False):
    """A transaction was refused."""

    place: int
    event: ChangeRequestRefused


class Told(msgspec.Struct, frozen=True, gc=False):
    """A transaction of CATS that AEMO sent, and to whom: its ids, and the fields of `SHOWN`. The rest is not kept."""

    place: int
    at: datetime
    to: str
    transaction_id: str
    initiating_transaction_id: str | None
    fields: tuple[str, ...]


class Discovered(msgspec.Struct, frozen=True, gc=False):
    """An answer to a discovery: its name, its code, and the NMIs found. The rest of it is large, and not kept."""

    place: int
    at: datetime
    to: str
    name: str
    code: str
    nmis: tuple[str, ...]


SHOWN = {
    "CATSChangeResponse": ("RequestID", "Event/Code"),
    "CATSObjectionResponse": ("ObjectionID", "Event/Code"),
    "CATSDataRequest": ("InitiatingRequestID", "Role", "RoleStatus"),
    "CATSNotification": (
        "ChangeRequest/RequestID",
        "ChangeRequest/ChangeStatusCode",
        "Role",
        "RoleStatus",
        "Objection/ObjectionID",
        "Objection/ObjectionData/ObjectionCode",
        "Objection/ObjectionAction",
        "Objection/Participant",
    ),
}
"""Transaction → what of it replication shows."""
_DISCOVERIES = frozenset(("NMIDiscoveryResponse", "NMIStandingDataResponse"))
_ROWS = frozenset(("ReplicationNotification", "ReportResponse"))
"""Answers that may hold rows with their numbers."""


class History:
    """Everything that happened to the rows of one simulation, by place. Places never change."""

    __slots__ = (
        "_appliers",
        "_created",
        "_listed",
        "_of",
        "_touches",
        "answered",
        "changes",
        "discoveries",
        "lodged_at",
        "objections",
        "refusals",
        "requests",
        "sequence",
        "told",
    )

    def __init__(self, order: Order | None = None) -> None:
        self.sequence = Sequencer(order or Order())
        self._listed: Sequence[str] | None = None
        self._of: dict[str, list[Change]] = {}
        self.changes: list[Change] = []
        self.requests: list[Touched] = []
        self.objections: list[Touched] = []
        self.refusals: Recent[Refusal] = Recent()
        self._created: list[Change] = []
        """What created NMIs since the story began."""
        self._touches: dict[str, list[Touched]] = {}
        self.lodged_at: dict[str, datetime] = {}
        self.told: dict[str, Recent[Told]] = {name: Recent() for name in SHOWN}
        self.discoveries: Recent[Discovered] = Recent()
        self.answered: dict[str, str] = {}
        """ObjectionID → the transaction that lodged it."""
        self._appliers: dict[type[Event], Callable[[Any, World], None]] = {
            ConnectionPointChanged: self._change,
            ChangeRequestRefused: self._refuse,
            ChangeRequestLodged: self._lodge,
            ChangeRequestMoved: self._move,
            ObjectionLodged: self._object,
            ObjectionWithdrawn: lambda event, world: self._objected(event.at, event.objection_id, world),
        }

    def begun_with(self, world: World) -> int:
        """How many NMIs the story began with."""
        return len(world.base.points)

    def of(self, nmi: str, known: int) -> list[Change]:
        """The changes of a NMI among the first ``known`` changes."""
        own, changes = self._of.get(nmi, []), self.changes
        if known >= len(changes):
            return own
        return [change for change in own if change.place < changes[known].place]

    def changed(self, nmi: str) -> bool:
        """Whether a NMI is not as the story began."""
        return nmi in self._of

    def changes_by(self, moment: datetime) -> int:
        """How many changes had happened by then."""
        return bisect_right(self.changes, moment, key=lambda change: change.at)

    def changes_before(self, moment: datetime) -> int:
        """How many changes had happened before then."""
        return bisect_left(self.changes, moment, key=lambda change: change.at)

    def is_latest(self, touched: Touched, by: datetime | None = None) -> bool:
        """Whether nothing touched it since (``by``: until then)."""
        after = (each for each in reversed(self._touches[touched.key]) if by is None or each.at <= by)
        return next(after, None) is touched

    def nmis(self, world: World) -> int:
        """How many NMIs there are."""
        return len(world.base.points) + len(self._created)

    def nmi(self, world: World, index: int) -> str:
        """A NMI by its place: those the story began with, then those created since."""
        points = world.base.points
        if index >= len(points):
            return self._created[index - len(points)].nmi
        if isinstance(points, Population):
            return points.at(index)
        if self._listed is None:
            self._listed = tuple(points)
        return self._listed[index]

    def place(self, world: World, nmi: str) -> int | None:
        """The place of a NMI among those the story began with; None for one that was created since."""
        points = world.base.points
        if isinstance(points, Population):
            return points.place(nmi)
        if nmi not in points:
            return None
        if self._listed is None:
            self._listed = tuple(points)
        return self._listed.index(nmi)

    def next_of(self, world: World, nmi: str, index: int) -> int:
        """The first subject (NMIs the story began with, then changes) from there on that is about a NMI; where there
        is none, what lies beyond all of them."""
        begun_with, place = self.begun_with(world), self.place(world, nmi)
        if place is not None and place >= index:
            return place
        first = self.changes[index - begun_with].place if begun_with <= index < begun_with + len(self.changes) else 0
        beyond = begun_with + len(self.changes)
        found = next((each for each in self._of.get(nmi, ()) if each.place >= first), None)
        if found is None or index >= beyond:
            return beyond
        return begun_with + bisect_left(self.changes, found.place, key=place_of)

    def apply(self, event: Event, world: World) -> None:
        """Remember an event. ``world`` is as it was before."""
        remember = self._appliers.get(type(event))
        if remember is not None:
            remember(event, world)

    def _change(self, event: ConnectionPointChanged, world: World) -> None:
        nmi = event.point.nmi
        own, old = self._of.setdefault(nmi, []), world.point(nmi)
        held = (each.new for each in own)
        seen_by = (row.party for point in (old, event.point, *held) if point is not None for row in point.roles)
        place = self.sequence.place(event.at, (nmi,), seen_by)
        change = Change(place, event.at, nmi, old, event.point, event.because)
        insert(own, change)
        insert(self.changes, change)
        if old is None:
            insert(self._created, change)

    def _lodge(self, event: ChangeRequestLodged, world: World) -> None:
        self._touch(self.requests, event.at, event.request, world, event.request.request_id, event.request.status)

    def _move(self, event: ChangeRequestMoved, world: World) -> None:
        request = world.requests.get(event.request_id)
        self._touch(self.requests, event.at, request, world, event.request_id, event.status)

    def _refuse(self, event: ChangeRequestRefused, world: World) -> None:
        self.refusals.insert(Refusal(self.sequence.place(event.at, (), (event.sender,)), event))

    def _object(self, event: ObjectionLodged, world: World) -> None:
        request = world.requests.get(event.objection.request_id)
        self._touch(self.objections, event.at, request, world, event.objection.objection_id)

    def _objected(self, at: datetime, objection_id: str, world: World) -> None:
        objection = world.requests.objection(objection_id)
        request = None if objection is None else world.requests.get(objection.request_id)
        self._touch(self.objections, at, request, world, objection_id)

    def send(self, event: MessageQueued) -> None:
        """Remember a message that was sent."""
        for transaction in event.message.transactions:
            name = transaction.payload.name
            told = self.told.get(name)
            if told is not None:
                shown, asked = _shown(transaction.payload), transaction.initiating_transaction_id
                place = self.sequence.place(event.at, (), (event.to,))
                told.insert(Told(place, event.at, event.to, transaction.transaction_id, asked, shown))
                if name == "CATSObjectionResponse":
                    self.answered[shown[0]] = asked or ""
            elif name in _DISCOVERIES:
                place = self.sequence.place(event.at, (), (event.to,))
                self.discoveries.insert(_discovered(place, event, transaction.payload))
            elif name in _ROWS:
                self.sequence.show(event.to, event.at)

    def _touch(
        self, log: list[Touched], at: datetime, request: ChangeRequest | None, world: World, key: str, status: str = ""
    ) -> None:
        """A request was lodged or moved on, or an objection to it: whoever has to do with its NMI may see that."""
        keys, seen_by = ((key,), ()) if request is None else ((key, request.nmi), _parties(request, world))
        touched = Touched(self.sequence.place(at, keys, seen_by), at, key, status)
        insert(log, touched)
        insert(self._touches.setdefault(key, []), touched)
        self.lodged_at.setdefault(key, at)


def _parties(request: ChangeRequest, world: World) -> Iterator[str]:
    """Who may see a change request: its initiator, whom it nominates, and who holds or held a role at its NMI."""
    yield request.initiator
    for _, party in request.proposal.roles:
        yield party
    point = world.point(request.nmi)
    for row in () if point is None else point.roles:
        yield row.party


_Places = dict[str, "int | _Places"]
"""Name → where its text stands among the fields, or what is wanted inside of it."""


def _places(paths: Sequence[str]) -> _Places:
    found: _Places = {}
    for place, path in enumerate(paths):
        inside: Any = found
        *outer, name = path.split("/")
        for step in outer:
            inside = inside.setdefault(step, {})
        inside[name] = place
    return found


_WANTED = {name: _places(paths) for name, paths in SHOWN.items()}


def _shown(payload: Element) -> tuple[str, ...]:
    """The fields of `SHOWN`, in one pass over the payload; of several elements of a name, what the first one says."""
    found = [""] * len(SHOWN[payload.name])
    _gather(payload, _WANTED[payload.name], found)
    return tuple(found)


def _gather(parent: Element, wanted: _Places, found: list[str]) -> None:
    for child in parent.children:
        place = wanted.get(child.name)
        if place is None:
            continue
        if not isinstance(place, int):
            _gather(child, place, found)
        elif not found[place]:
            found[place] = child.text or ""


def _text(parent: Element, path: str) -> str:
    name, _, rest = path.partition("/")
    for child in parent.children:
        if child.name == name:
            return _text(child, rest) if rest else child.text or ""
    return ""


def _discovered(place: int, event: MessageQueued, payload: Element) -> Discovered:
    nmis = tuple(_text(child, "NMI") for child in payload.children if child.name == "NMIStandingData")
    return Discovered(place, event.at, event.to, payload.name, _text(payload, "Event/Code"), nmis)


def begins(point: ConnectionPoint) -> date:
    """The first day MSATS holds anything about a connection point."""
    return min((row.from_date for row in point.roles), default=date.min)
