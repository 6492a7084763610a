"""What MSATS remembers of its rows: the only place that gives out SequenceNumbers.

A row's number says where it was last touched: rows as the story began come first, by the place of their NMI; what
world events touched comes after, by the place of the event. So numbers are the same after a restart, are not dense,
and whoever asks for what comes after the largest number seen is told exactly what happened since.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Generic, TypeVar

import msgspec

from simulator.asexml.model import Element, Transaction
from simulator.base.turn import Event
from simulator.hub.events import MessageQueued
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

T = TypeVar("T")
STRIDE = 10_000
"""Numbers kept free for the rows of one NMI or one event."""
LATER = 10_000_000_000
"""Where the numbers of what happened begin."""


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
    """A transaction of CATS that AEMO sent, and to whom. What replication shows of it is looked up when asked for."""

    place: int
    at: datetime
    to: str
    transaction: Transaction

    @property
    def fields(self) -> tuple[str, ...]:
        """The fields of `SHOWN`."""
        return _shown(self.transaction.payload)


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


def later(place: int) -> int:
    """The first number of the event at that place."""
    return LATER + (place + 1) * STRIDE


MOST_KEPT = 2_000
"""How many transactions sent, and refusals, are remembered of each kind at least; twice as many at most
(``assume.replication-kept``).
"""


class Recent(Generic[T]):
    """The last entries of a log. An entry keeps its place for good; one that was dropped is None."""

    __slots__ = ("_held", "dropped")

    def __init__(self) -> None:
        self.dropped = 0
        self._held: list[T] = []

    def append(self, entry: T) -> None:
        """Take an entry over."""
        held = self._held
        held.append(entry)
        if len(held) >= 2 * MOST_KEPT:
            del held[:MOST_KEPT]
            self.dropped += MOST_KEPT

    def __len__(self) -> int:
        """How many there ever were."""
        return self.dropped + len(self._held)

    def __getitem__(self, place: int) -> T | None:
        return self._held[place - self.dropped] if place >= self.dropped else None


class History:
    """Everything that happened to the rows of one simulation, in order. Places never change."""

    __slots__ = (
        "_appliers",
        "_count",
        "_listed",
        "_of",
        "_touches",
        "answered",
        "changes",
        "created",
        "discoveries",
        "lodged_at",
        "objections",
        "refusals",
        "requests",
        "told",
    )

    def __init__(self) -> None:
        self._listed: Sequence[str] | None = None
        self._count = 0
        self._of: dict[str, list[int]] = {}
        self.changes: list[Change] = []
        self.requests: list[Touched] = []
        self.objections: list[Touched] = []
        self.refusals: Recent[Refusal] = Recent()
        self.created: list[str] = []
        """NMIs that were created since the story began, in order."""
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
            ObjectionLodged: lambda event, _: self._touch(self.objections, event.at, event.objection.objection_id),
            ObjectionWithdrawn: lambda event, _: self._touch(self.objections, event.at, event.objection_id),
        }

    def begun_with(self, world: World) -> int:
        """How many NMIs the story began with."""
        return len(world.base.points)

    def of(self, nmi: str, known: int) -> list[Change]:
        """The changes of a NMI among the first ``known`` changes."""
        return [self.changes[index] for index in self._of.get(nmi, ()) if index < known]

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
        return len(world.base.points) + len(self.created)

    def nmi(self, world: World, index: int) -> str:
        """A NMI by its place: those the story began with, then those created since."""
        points = world.base.points
        if index >= len(points):
            return self.created[index - len(points)]
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
        later = (begun_with + at for at in self._of.get(nmi, ()))
        return next((each for each in later if each >= index), begun_with + len(self.changes))

    def apply(self, event: Event, world: World) -> None:
        """Remember an event. ``world`` is as it was before."""
        remember = self._appliers.get(type(event))
        if remember is not None:
            remember(event, world)

    def _place(self) -> int:
        self._count += 1
        return self._count - 1

    def _change(self, event: ConnectionPointChanged, world: World) -> None:
        nmi = event.point.nmi
        self._of.setdefault(nmi, []).append(len(self.changes))
        old = world.point(nmi)
        self.changes.append(Change(self._place(), event.at, nmi, old, event.point, event.because))
        if old is None:
            self.created.append(nmi)

    def _lodge(self, event: ChangeRequestLodged, world: World) -> None:
        self._touch(self.requests, event.at, event.request.request_id, event.request.status)

    def _move(self, event: ChangeRequestMoved, world: World) -> None:
        self._touch(self.requests, event.at, event.request_id, event.status)

    def _refuse(self, event: ChangeRequestRefused, world: World) -> None:
        self.refusals.append(Refusal(self._place(), event))

    def send(self, event: MessageQueued) -> None:
        """Remember a message that was sent."""
        for transaction in event.message.transactions:
            name = transaction.payload.name
            told = self.told.get(name)
            if told is not None:
                place = self._count
                self._count = place + 1
                told.append(Told(place, event.at, event.to, transaction))
                if name == "CATSObjectionResponse":
                    objection_id = _shown(transaction.payload)[0]
                    self.answered[objection_id] = transaction.initiating_transaction_id or ""
            elif name in _DISCOVERIES:
                self.discoveries.append(_discovered(self._place(), event, transaction.payload))

    def _touch(self, log: list[Touched], at: datetime, key: str, status: str = "") -> None:
        touched = Touched(self._place(), at, key, status)
        log.append(touched)
        self._touches.setdefault(key, []).append(touched)
        self.lodged_at.setdefault(key, at)


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
