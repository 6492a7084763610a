"""The journal that ends with its process: events as they are, safe as soon as they are taken."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from simulator.base.turn import Event
from simulator.stores.journal import JournalFailed


class MemoryJournal:
    """Keeps references to events, never copies. With ``keep`` False it only counts, and cannot replay."""

    def __init__(self, *, keep: bool = True) -> None:
        self._keep = keep
        self._events: list[Event] = []
        self._position = 0
        self._lost = 0
        self._closed = False

    def replay(self, progress: Callable[[int, int], None] | None = None) -> Iterator[Event]:
        """Every event since the last `clear`, in order. Raises `JournalFailed` when they were not kept."""
        if self._lost:
            raise JournalFailed("this journal counts events and does not keep them")
        events = tuple(self._events)
        if progress is not None and events:
            progress(len(events), len(events))
        return iter(events)

    def append(self, events: Sequence[Event]) -> int:
        """Take events in order; returns the position they end at."""
        if self._closed:
            raise JournalFailed("the journal is closed")
        if self._keep:
            self._events.extend(events)
        else:
            self._lost += len(events)
        self._position += len(events)
        return self._position

    @property
    def safe(self) -> int:
        """The position up to which everything is kept: all of it, always."""
        return self._position

    async def durable(self, position: int) -> None:
        """Return at once: nothing is ever on its way. `ValueError` for a position that was never given out."""
        if position > self._position:
            raise ValueError(f"position {position} was never given out")

    def clear(self) -> int:
        """Forget everything; returns the position at which that is durable."""
        if self._closed:
            raise JournalFailed("the journal is closed")
        self._events.clear()
        self._lost = 0
        self._position += 1
        return self._position

    async def close(self) -> None:
        """Take no more. What was kept may still be replayed."""
        self._closed = True
