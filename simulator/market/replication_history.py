"""What MSATS remembers of its rows: the only place that gives out SequenceNumbers.

A row's number says where it was last touched: rows as the story began come first, by the place of their NMI; what
world events touched comes after, by the place of the event. So numbers are the same after a restart, are not dense,
and whoever asks for what comes after the largest number seen is told exactly what happened since.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

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
from simulator.world.world import World

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


@dataclass(frozen=True, slots=True)
class Touched:
    """A change request or an objection was lodged or moved on: ``key`` is its id."""

    place: int
    at: datetime
    key: str


@dataclass(frozen=True, slots=True)
class Refusal:
    """A transaction was refused."""

    place: int
    event: ChangeRequestRefused


@dataclass(frozen=True, slots=True)
class Told:
    """A transaction of CATS that AEMO sent: to whom, which one, and the fields of it that replication shows."""

    place: int
    at: datetime
    to: str
    name: str
    transaction_id: str
    initiating: str
    fields: tuple[str, ...]


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
"""Transaction → what of it is kept."""


def later(place: int) -> int:
    """The first number of the event at that place."""
    return LATER + (place + 1) * STRIDE


class History:
    """Everything that happened to the rows of one simulation, in order; it only grows."""

    __slots__ = (
        "_appliers",
        "_base",
        "_count",
        "_of",
        "answered",
        "changes",
        "latest",
        "lodged_at",
        "objections",
        "refusals",
        "requests",
        "told",
    )

    def __init__(self) -> None:
        self._base: Sequence[str] | None = None
        self._count = 0
        self._of: dict[str, list[int]] = {}
        self.changes: list[Change] = []
        self.requests: list[Touched] = []
        self.objections: list[Touched] = []
        self.refusals: list[Refusal] = []
        self.latest: dict[str, int] = {}
        """Id of a request or an objection → the place of the event that touched it last."""
        self.lodged_at: dict[str, datetime] = {}
        self.told: dict[str, list[Told]] = {name: [] for name in SHOWN}
        self.answered: dict[str, str] = {}
        """ObjectionID → the transaction that lodged it."""
        self._appliers: dict[type[Event], Callable[[Any, World], None]] = {
            ConnectionPointChanged: self._change,
            MessageQueued: self._send,
            ChangeRequestRefused: self._refuse,
            ChangeRequestLodged: lambda event, _: self._touch(self.requests, event.at, event.request.request_id),
            ChangeRequestMoved: lambda event, _: self._touch(self.requests, event.at, event.request_id),
            ObjectionLodged: lambda event, _: self._touch(self.objections, event.at, event.objection.objection_id),
            ObjectionWithdrawn: lambda event, _: self._touch(self.objections, event.at, event.objection_id),
        }

    def base(self, world: World) -> Sequence[str]:
        """The NMIs the story began with, in order."""
        if self._base is None:
            self._base = tuple(world.base.points)
        return self._base

    def of(self, nmi: str, known: int) -> list[Change]:
        """The changes of a NMI among the first ``known`` changes."""
        return [self.changes[index] for index in self._of.get(nmi, ()) if index < known]

    def changes_by(self, moment: datetime) -> int:
        """How many changes had happened by then."""
        return bisect_right(self.changes, moment, key=lambda change: change.at)

    def is_latest(self, touched: Touched) -> bool:
        """Whether nothing touched it since."""
        return self.latest[touched.key] == touched.place

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
        self.changes.append(Change(self._place(), event.at, nmi, world.point(nmi), event.point, event.because))

    def _refuse(self, event: ChangeRequestRefused, world: World) -> None:
        self.refusals.append(Refusal(self._place(), event))

    def _send(self, event: MessageQueued, world: World) -> None:
        for transaction in event.message.transactions:
            if transaction.payload.name in SHOWN:
                self._tell(event.to, event.at, transaction)

    def _tell(self, to: str, at: datetime, transaction: Transaction) -> None:
        payload = transaction.payload
        fields = tuple(_text(payload, path) for path in SHOWN[payload.name])
        initiating = transaction.initiating_transaction_id or ""
        told = Told(self._place(), at, to, payload.name, transaction.transaction_id, initiating, fields)
        self.told[payload.name].append(told)
        if payload.name == "CATSObjectionResponse":
            self.answered[fields[0]] = initiating

    def _touch(self, log: list[Touched], at: datetime, key: str) -> None:
        place = self._place()
        log.append(Touched(place, at, key))
        self.latest[key] = place
        self.lodged_at.setdefault(key, at)


def _text(parent: Element, path: str) -> str:
    name, _, rest = path.partition("/")
    for child in parent.children:
        if child.name == name:
            return _text(child, rest) if rest else child.text or ""
    return ""


def begins(point: ConnectionPoint) -> date:
    """The first day MSATS holds anything about a connection point."""
    return min((row.from_date for row in point.roles), default=date.min)
