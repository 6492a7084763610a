"""The due-event heap: everything that is to happen later in market time.

Soonest first; what is due at one moment in the order of the ranks of what set it (`simulator.hub.order`): the same,
whoever came first. Ties are in the order they were set.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from datetime import datetime

from simulator.base.turn import Fired, Scheduled
from simulator.hub.order import Order
from simulator.hub.queue import Stamp


class DueHeap:
    """What is scheduled and has not fired."""

    def __init__(self, order: Order | None = None) -> None:
        self._order = order or Order()
        self._heap: list[tuple[datetime, datetime, Stamp, int, Scheduled]] = []
        self._count = 0

    def __len__(self) -> int:
        return len(self._heap)

    def __iter__(self) -> Iterator[Scheduled]:
        """All of it, in no order."""
        return (entry[-1] for entry in self._heap)

    def push(self, event: Scheduled) -> None:
        """Something is to happen."""
        self._count += 1
        heapq.heappush(self._heap, (event.when, event.at, self._order.stamp, self._count, event))

    def next_due(self) -> datetime | None:
        """When the soonest is due; None when nothing is."""
        return self._heap[0][0] if self._heap else None

    def due(self, now: datetime) -> Scheduled | None:
        """The soonest, if it is due by now."""
        return self._heap[0][-1] if self._heap and self._heap[0][0] <= now else None

    def drop(self, event: Fired) -> None:
        """The soonest was handled. Events fire in heap order, live and replayed alike."""
        _, since, stamp, _, fired = heapq.heappop(self._heap)
        if fired.due != event.due:
            raise LookupError(f"{event.due} fired while {fired.due} was the soonest")
        self._order.fired(event.at, since, stamp[1])
