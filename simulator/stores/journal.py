"""The port every journal keeps: events in order, durable before the caller is answered.

``append`` fixes the order and never waits; ``durable`` waits until everything up to a position is safe. Many callers
wait on one flush. After a failure nothing is appended any more: the runtime halts and says so.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Protocol

from simulator.base.turn import Event


class JournalFailed(Exception):
    """The journal cannot keep its promise; the text says why and what to do, in one line."""


class Journal(Protocol):
    """Events of one simulation."""

    def replay(self, progress: Callable[[int, int], None] | None = None) -> Iterator[Event]:
        """Every event ever made durable, in order. ``progress(done, total)`` is called now and then."""
        ...

    def append(self, events: Sequence[Event]) -> int:
        """Take events in order; returns the position they end at. Raises `JournalFailed`."""
        ...

    @property
    def safe(self) -> int:
        """The position up to which everything is durable."""
        ...

    async def durable(self, position: int) -> None:
        """Return once everything up to ``position`` is durable. Raises `JournalFailed`.

        A position that was never given out is a mistake of the caller's: `ValueError`.
        """
        ...

    def clear(self) -> int:
        """Forget everything (a reset of the simulation); returns the position at which that is durable.

        Positions go on growing: nobody who still waits for an earlier one waits for ever.
        """
        ...

    async def close(self) -> None:
        """Flush and let go. Raises `JournalFailed` if that fails and nobody has been told yet."""
        ...
