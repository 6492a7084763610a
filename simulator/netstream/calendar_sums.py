"""Sums over days and months of a usage point's own clock, and what is highest in them. Needs numpy.

A day of a clock change has 23 or 25 hours, and its sum is that of all of them. Only what is over is summed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import tzinfo
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from simulator.cim.series import MISSING
from simulator.netstream.local_time import changes, midnights
from simulator.world.channels import day_of, midnight_minute
from simulator.world.irregularities import ACTUAL, INCOMPLETE, Condition
from simulator.world.stretch import Stretch

Span = tuple[int, int]
HALF_YEAR = 184
_EPOCH_WEEKDAY = 3
_DAY = 1440
RATES = {
    1: ((15, 21),),
    2: ((7, 15), (21, 22)),
}
"""Hours of working days at rate 1 (peak) and 2 (shoulder); all else is 3 (off-peak). Ours: tariffs differ."""


@dataclass(frozen=True, slots=True)
class Sum:
    """A sum over ``(start, end]``, in minutes; or the highest interval in it, which ends ``at``."""

    start: int
    end: int
    number: int
    decimals: int
    condition: Condition = ACTUAL
    at: int = 0


def periods(first: int, last: int, where: tzinfo, months: bool = False) -> tuple[tuple[int, int], ...]:
    """The local days (months) that end within ``(first, last]``."""
    return tuple((start, end) for start, end in pairwise(midnights(first, last, where, months)) if first < end <= last)


def by_days(first: int, last: int, days: int) -> Iterator[Span]:
    """A stretch in portions of some days; they meet at market midnights."""
    while last - first > 2 * days * _DAY:
        until = midnight_minute(day_of(first + days * _DAY))
        yield first, until
        first = until
    yield first, last


def portions(due: Sequence[Span]) -> Iterator[Sequence[Span]]:
    """Days or months in portions of up to half a year, so that none takes long."""
    while due:
        count = max(1, sum(end - due[0][0] <= HALF_YEAR * _DAY for _, end in due[:HALF_YEAR]))
        yield due[:count]
        due = due[count:]


def sums(found: Stretch, spans: Iterable[tuple[int, int]], mask: NDArray[np.bool_] | None = None) -> Iterator[Sum]:
    """The sum of each span that has any reading; one that misses some says so."""
    there = found.numbers != MISSING
    counted = np.concatenate(([0], np.cumsum(there)))
    wanted = there if mask is None else there & mask
    summed = np.concatenate(([0], np.cumsum(np.where(wanted, found.numbers, 0))))
    marked = _marks(found)
    for start, end in spans:
        low, high = _place(found, start), _place(found, end)
        count = int(counted[high] - counted[low])
        if not count:
            continue
        whole = count * found.minutes == end - start
        condition = _worst(found, marked, low, high) if whole else INCOMPLETE
        yield Sum(start, end, int(summed[high] - summed[low]), found.decimals, condition)


def highest(found: Stretch, spans: Iterable[tuple[int, int]], mask: NDArray[np.bool_] | None = None) -> Iterator[Sum]:
    """The highest interval of each span, the first of equals."""
    numbers = found.numbers if mask is None else np.where(mask, found.numbers, MISSING)
    for start, end in spans:
        low, high = _place(found, start), _place(found, end)
        if low == high:
            continue
        place = low + int(numbers[low:high].argmax())
        number = int(numbers[place])
        if number != MISSING:
            ended = found.first + (place + 1) * found.minutes
            whole = (high - low) * found.minutes == end - start
            yield Sum(start, end, number, found.decimals, ACTUAL if whole else INCOMPLETE, ended)


def _place(found: Stretch, at: int) -> int:
    """Which interval begins at a minute, within the stretch."""
    return max(0, min(len(found.numbers), -(-(at - found.first) // found.minutes)))


def _marks(found: Stretch) -> NDArray[np.int64] | None:
    """How many readings before each place are not as measured."""
    if found.states is None:
        return None
    poor = np.asarray([kind.quality[:1] in "SEF" for kind in found.kinds])
    return np.concatenate(([0], np.cumsum(poor[found.states])))


def _worst(found: Stretch, marked: NDArray[np.int64] | None, low: int, high: int) -> Condition:
    """A sum is a substitute when a part of it is."""
    if marked is None or found.states is None or marked[low] == marked[high]:
        return ACTUAL
    kinds = [found.kinds[int(state)] for state in np.unique(found.states[low:high])]
    return next(kind for kind in kinds if kind.quality[:1] in "SEF")


def at_rate(found: Stretch, rate: int, where: tzinfo) -> NDArray[np.bool_] | None:
    """Which intervals are at a rate of time of use; None for all of them (rate 0)."""
    if not rate:
        return None
    begins = found.first + found.minutes * np.arange(len(found.numbers), dtype=np.int64)
    shown = begins + _offsets(found, where)
    hour, working = shown % _DAY // 60, (shown // _DAY + _EPOCH_WEEKDAY) % 7 < 5
    rates = np.full(len(shown), 3)
    for number, hours in RATES.items():
        for low, high in hours:
            rates[working & (hour >= low) & (hour < high)] = number
    chosen: NDArray[np.bool_] = rates == rate
    return chosen


def _offsets(found: Stretch, where: tzinfo) -> NDArray[np.int64]:
    """Minutes that the clock is ahead, at the beginning of each interval."""
    ahead = np.zeros(len(found.numbers), dtype=np.int64)
    for at, offset in changes(found.first, found.first + found.minutes * len(found.numbers), where):
        ahead[max(0, -(-(at - found.first) // found.minutes)) :] = offset
    return ahead
