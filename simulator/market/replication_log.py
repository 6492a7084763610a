"""Logs of what touched rows, by place (`simulator.market.sequence`), and the only place that lets old entries go.

What happens at one moment of a held clock may belong before what came first.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Callable, Iterator
from datetime import date, datetime
from operator import attrgetter
from typing import Any, Generic, Protocol, TypeVar

import msgspec

from simulator.market.report_tables import assumed
from simulator.market.sequence import STRIDE, later
from simulator.world.events import ChangeRequestRefused
from simulator.world.model import ConnectionPoint, Dated


class Placed(Protocol):
    """Something that has a place among all."""

    @property
    def place(self) -> int:
        """Growing, not dense."""
        ...


class Addressed(Placed, Protocol):
    """Something that was told to a participant."""

    @property
    def to(self) -> str:
        """Whom."""
        ...


class Mark(msgspec.Struct, frozen=True):
    """A connection point was replaced: the place of that event among all, and when.

    All that is left of a change that made room, as long as rows go by its number.
    """

    place: int
    at: datetime
    nmi: str

    @property
    def first_number(self) -> int:
        """The number its rows begin at."""
        return later(self.place)

    @property
    def last_number(self) -> int:
        """The last number they may have."""
        return later(self.place) + STRIDE - 1


class Change(Mark, frozen=True):
    """The same with the point before and after, and the change request it came of, as far as it matters here."""

    old: ConnectionPoint | None
    new: ConnectionPoint
    because: str
    reason: str
    effective: date
    """The day it took effect."""
    parties: tuple[str, ...]
    """Who ever held a role there up to then."""
    outgrew: tuple[Dated, ...] = ()
    """Dated rows that made room as it came; ``new`` is without them."""


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

    @property
    def to(self) -> str:
        """Who was told so."""
        return self.event.sender

    @property
    def at(self) -> datetime:
        """When."""
        return self.event.at


class Told(msgspec.Struct, frozen=True, gc=False):
    """A transaction of CATS that AEMO sent, and to whom: its ids, and the fields replication shows. The rest is not
    kept."""

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


T = TypeVar("T", bound=Placed)
To = TypeVar("To", bound=Addressed)


place_of: Callable[[Placed], int] = attrgetter("place")
"""Where an entry belongs."""


def insert(log: list[T], entry: T) -> None:
    """Where it belongs: nearly always at the end."""
    if log and log[-1].place > entry.place:
        insort(log, entry, key=place_of)
    else:
        log.append(entry)


MOST_KEPT = int(assumed("assume.replication-kept"))
"""How many transactions sent, and refusals, are remembered of each kind at least; twice as many at most
(``assume.replication-kept``).
"""


class Recent(Generic[To]):
    """The last entries of a log. An entry's index is its place, so it never changes; a dropped one is None."""

    __slots__ = ("_held", "_places", "dropped", "last", "last_to")

    def __init__(self) -> None:
        self.dropped = 0
        """How many were dropped."""
        self.last: To | None = None
        """Of those that were dropped, the one with the last place."""
        self.last_to: dict[str, To] = {}
        """Participant → the same of those that were told to it."""
        self._held: list[To] = []
        self._places: list[int] = []

    def insert(self, entry: To) -> None:
        """Take an entry over."""
        place, places, held = entry.place, self._places, self._held
        if places and places[-1] > place:
            at = bisect_left(places, place)
            places.insert(at, place)
            held.insert(at, entry)
        else:
            places.append(place)
            held.append(entry)
        if len(places) >= 2 * MOST_KEPT:
            self._drop()

    def _drop(self) -> None:
        for entry in self._held[:MOST_KEPT]:
            before = self.last_to.get(entry.to)
            if before is None or before.place < entry.place:
                self.last_to[entry.to] = entry
        self.last = self._held[MOST_KEPT - 1]
        del self._held[:MOST_KEPT], self._places[:MOST_KEPT]
        self.dropped += MOST_KEPT

    @property
    def end(self) -> int:
        """What lies beyond all places."""
        return self._places[-1] + 1 if self._places else 0

    def __getitem__(self, place: int) -> To | None:
        at = bisect_left(self._places, place)
        return self._held[at] if at < len(self._places) and self._places[at] == place else None

    def next(self, place: int) -> int:
        """The first place from there on that holds something; where there is none, what lies beyond all."""
        at = bisect_left(self._places, place)
        return self._places[at] if at < len(self._places) else max(place, self.end)


class Log(Generic[T]):
    """A log whose entries go one by one, in any order. An entry's index is its place, so it never changes."""

    __slots__ = ("_held", "_places", "end")

    def __init__(self) -> None:
        self.end = 0
        """What lies beyond all places there ever were."""
        self._held: dict[int, T] = {}
        self._places: list[int] = []

    def insert(self, entry: T) -> None:
        """Take an entry over."""
        place, places = entry.place, self._places
        self._held[place] = entry
        if places and places[-1] > place:
            insort(places, place)
        else:
            places.append(place)
        self.end = max(self.end, place + 1)

    def put(self, entry: T) -> None:
        """Another entry at a place that holds one."""
        self._held[entry.place] = entry

    def drop(self, place: int) -> None:
        """Let an entry go."""
        del self._held[place]
        del self._places[bisect_left(self._places, place)]

    def __getitem__(self, place: int) -> T | None:
        return self._held.get(place)

    def __iter__(self) -> Iterator[T]:
        """Those that are held, by place."""
        return (self._held[place] for place in self._places)

    def next(self, place: int) -> int:
        """The first place from there on that holds something; where there is none, what lies beyond all."""
        at = bisect_left(self._places, place)
        return self._places[at] if at < len(self._places) else max(place, self.end)

    def up_to(self, bound: Any, before: Callable[..., int], key: Callable[[T], Any]) -> int:
        """What lies beyond all places up to a bound of ``key``, which grows with the place; ``before`` is a
        bisection."""
        at = before(self._places, bound, key=lambda place: key(self._held[place]))
        return self._places[at - 1] + 1 if at else 0
