"""The due-event heap: everything that is to happen later in market time.

Soonest first, ties in the order they were set. What was set at one moment for different participants comes in the order
of their names: the same, whoever of them came first at that moment.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from datetime import datetime

from simulator.base.turn import Fired, Scheduled


class DueHeap:
    """What is scheduled and has not fired."""

    def __init__(self) -> None:
        self._heap: list[tuple[datetime, datetime, str, int, Scheduled]] = []
        self._count = 0

    def __len__(self) -> int:
        return len(self._heap)

    def __iter__(self) -> Iterator[Scheduled]:
        """All of it, in no order."""
        return (entry[-1] for entry in self._heap)

    def push(self, event: Scheduled) -> None:
        """Something is to happen."""
        self._count += 1
        heapq.heappush(self._heap, (event.when, event.at, event.whose, self._count, event))

    def next_due(self) -> datetime | None:
        """When the soonest is due; None when nothing is."""
        return self._heap[0][0] if self._heap else None

    def due(self, now: datetime) -> Scheduled | None:
        """The soonest, if it is due by now."""
        return self._heap[0][-1] if self._heap and self._heap[0][0] <= now else None

    def drop(self, event: Fired) -> None:
        """The soonest was handled. Events fire in heap order, live and replayed alike."""
        fired = heapq.heappop(self._heap)[-1]
        if fired.due != event.due:
            raise LookupError(f"{event.due} fired while {fired.due} was the soonest")
