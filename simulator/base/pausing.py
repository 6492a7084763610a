"""Work in steps, for the one thread that everybody shares: the only place that says how it pauses.

A step is a fraction of a millisecond. Whoever drives the work lets others be served in its pauses; who is alone with it
has it `done` at once.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import TypeVar

T = TypeVar("T")
Pausing = Generator[None, None, T]
"""What is made with pauses, in which others may be served."""


def done(work: Pausing[T]) -> T:
    """What comes of it, without any pause."""
    while True:
        try:
            next(work)
        except StopIteration as end:
            found: T = end.value
            return found
