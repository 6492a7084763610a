"""Logs of what touched rows, by place (`simulator.market.sequence`), and the only place that lets old entries go.

What happens at one moment of a held clock may belong before what came first.
"""

from __future__ import annotations

from bisect import insort
from typing import Generic, Protocol, TypeVar


class Placed(Protocol):
    """Something that has a place among all."""

    @property
    def place(self) -> int:
        """Growing, not dense."""
        ...


T = TypeVar("T", bound=Placed)


def insert(log: list[T], entry: T) -> None:
    """Where it belongs: nearly always at the end."""
    if log and log[-1].place > entry.place:
        insort(log, entry, key=place_of)
    else:
        log.append(entry)


def place_of(entry: Placed) -> int:
    """Where it belongs."""
    return entry.place


MOST_KEPT = 2_000
"""How many transactions sent, and refusals, are remembered of each kind at least; twice as many at most
(``assume.replication-kept``).
"""


class Recent(Generic[T]):
    """The last entries of a log. An entry keeps its index for good once its moment is over; a dropped one is None."""

    __slots__ = ("_held", "dropped")

    def __init__(self) -> None:
        self.dropped = 0
        self._held: list[T] = []

    def insert(self, entry: T) -> None:
        """Take an entry over."""
        held = self._held
        insert(held, entry)
        if len(held) >= 2 * MOST_KEPT:
            del held[:MOST_KEPT]
            self.dropped += MOST_KEPT

    def __len__(self) -> int:
        """How many there ever were."""
        return self.dropped + len(self._held)

    def __getitem__(self, index: int) -> T | None:
        return self._held[index - self.dropped] if index >= self.dropped else None
