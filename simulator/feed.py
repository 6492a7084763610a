"""The live feed of one workspace: what happens, numbered, as it happens. Nothing is kept until somebody wants to see.

From then on the last `KEPT` things are kept as text, so that who was away for a moment goes on where it was; who comes
too late is told how many it missed. Bodies of messages are not in it: the ledger has them.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping
from itertools import islice, takewhile
from typing import Any

import msgspec

from simulator.base.turn import Event, Fired
from simulator.hub.exchanges import ExchangesKept
from simulator.hub.record import identity, is_step
from simulator.simulation.events import Begun, ClockMoved, told

KEPT = 2_000
_KINDS: Mapping[type[Event], str] = {Fired: "due", ClockMoved: "clock", Begun: "begun"}


class Item(msgspec.Struct, frozen=True):
    """One thing that happened. ``kind`` is message, exchange, due, clock, begun or event; ``data`` is JSON.

    ``position`` is its place in the journal: what is not durable yet is not told yet.
    """

    number: int
    kind: str
    data: bytes
    position: int


class Feed:
    """What happened since the first one looked, bounded."""

    __slots__ = ("_exchanged", "_items", "_position", "before", "count")

    def __init__(self, exchanged: int, before: int = 0) -> None:
        """``exchanged`` is the number of the latest exchange there was already; none of an earlier process's is above
        ``before``.
        """
        self._items: deque[Item] = deque(maxlen=KEPT)
        self._exchanged = exchanged
        self._position = 0
        self.before = before
        self.count = before
        """The number of the latest thing."""

    def note(self, events: Iterable[Event], position: int) -> None:
        """Events, in the order they were decided."""
        self._position = position
        for event in events:
            (shown,) = told((event,))
            shown.update(identity(event))
            self._add(_kind(event), shown)

    def look(self, exchanges: ExchangesKept) -> None:
        """Exchanges that were not seen yet."""
        new = exchanges.since(self._exchanged) if exchanges.cursor > self._exchanged else ()
        self._exchanged = exchanges.cursor
        for exchange in new:
            self._add("exchange", exchange.summary())

    def since(self, number: int, safe: int) -> list[Item]:
        """What came after the thing of that number, as far as it is kept, and durable up to ``safe``."""
        kept = self._items
        later = islice(kept, max(0, number - (self.count - len(kept))), None)
        return list(takewhile(lambda item: item.position <= safe, later))

    def _add(self, kind: str, shown: Mapping[str, Any]) -> None:
        self.count += 1
        self._items.append(Item(self.count, kind, msgspec.json.encode(shown), self._position))


def _kind(event: Event) -> str:
    return "message" if is_step(event) else _KINDS.get(type(event), "event")
