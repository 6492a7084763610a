"""Rows of readings without an object each: numbers, times and remarks of an interval block.

The only place that knows how a block keeps its values. A sequence here is a tuple, an `array.array`, or a numpy array
of integers: what is written is the same, numpy's only quicker. numpy itself is never imported here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import chain
from typing import Any, Protocol

import msgspec

from simulator.base.errors import BadValue

MISSING = -(2**63)
"""Stands where there is no value."""
MOST_DIGITS = 18
MOST_DECIMALS = 12


class Integers(Protocol):
    """Any sequence of integers: a tuple, a list, an `array.array`, a numpy array."""

    def __len__(self) -> int: ...
    def __iter__(self) -> Iterator[Any]: ...


class Values:
    """Numbers in fixed point: ``numbers[i] / 10**decimals``; `MISSING` where there is none.

    ``numbers`` are integers of up to 18 digits, as any sequence; a numpy array of int64 makes writing quick.
    """

    __slots__ = ("decimals", "numbers")

    def __init__(self, numbers: Integers, decimals: int = 3) -> None:
        if not 0 <= decimals <= MOST_DECIMALS:
            raise BadValue(f"{decimals} decimals: a block has 0 to {MOST_DECIMALS}", rule="cim.decimals")
        self.numbers = numbers
        self.decimals = decimals

    @classmethod
    def of(cls, values: Iterable[Decimal | None]) -> Values:
        """From decimals, None where there is none. Raises `BadValue` (``cim.value-range``) for what does not fit."""
        found = tuple(values)
        decimals = max((_decimals(value) for value in found if value is not None), default=0)
        if decimals > MOST_DECIMALS:
            raise BadValue(f"a value has more than {MOST_DECIMALS} decimals", rule="cim.value-range")
        return cls(tuple(MISSING if value is None else _scaled(value, decimals) for value in found), decimals)

    def __len__(self) -> int:
        return len(self.numbers)

    def __iter__(self) -> Iterator[Decimal | None]:
        """Each value as a decimal, None where there is none."""
        for number in self.numbers:
            yield None if number == MISSING else Decimal(int(number)).scaleb(-self.decimals)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Values) and len(self) == len(other) and tuple(self) == tuple(other)

    __hash__ = None  # type: ignore[assignment]  # it may hold an array, which has no hash either

    def __repr__(self) -> str:
        return f"Values({len(self)} numbers, decimals={self.decimals})"


def _decimals(value: Decimal) -> int:
    exponent = value.as_tuple().exponent
    if isinstance(exponent, int) and exponent < -MOST_DECIMALS:
        exponent = value.normalize().as_tuple().exponent
    if not isinstance(exponent, int):
        raise BadValue(f"{value} is not a number", rule="cim.value-range")
    return max(0, -exponent)


def _scaled(value: Decimal, decimals: int) -> int:
    if value and value.adjusted() + decimals >= MOST_DIGITS:
        raise BadValue(f"{value} has more than {MOST_DIGITS} digits", rule="cim.value-range")
    return int(value.scaleb(decimals))


class Run(msgspec.Struct, frozen=True):
    """Equally spaced times: ``first``, and so many more, ``step`` seconds apart on the clock that ``first`` shows.

    Written as they are: with their offset when they have one, else as local time. Where the offset changes (daylight
    saving), one run ends and the next begins.
    """

    first: datetime
    step: int
    count: int

    def __iter__(self) -> Iterator[datetime]:
        step = timedelta(seconds=self.step)
        return (self.first + step * number for number in range(self.count))


def times_of(runs: Iterable[Run]) -> Iterator[datetime]:
    """All times of the runs, one after another."""
    return chain.from_iterable(runs)


def runs_of(times: Iterable[datetime]) -> tuple[Run, ...]:
    """The fewest runs that give these times, from left to right."""
    runs: list[Run] = []
    for time in times:
        last = runs[-1] if runs else None
        if last is None or (last.first.tzinfo is None) != (time.tzinfo is None):
            runs.append(Run(time, 0, 1))
            continue
        step = round((time - last.first).total_seconds()) if last.count == 1 else last.step
        same_zone = time.utcoffset() == last.first.utcoffset()
        if same_zone and time == last.first + timedelta(seconds=step * last.count):
            runs[-1] = Run(last.first, step, last.count + 1)
        else:
            runs.append(Run(time, 0, 1))
    return tuple(runs)


class QualityNote(msgspec.Struct, frozen=True, omit_defaults=True):
    """A quality of a reading: its code (``3.8.0``), and what was said about it."""

    code: str
    comment: str | None = None
    source: str | None = None
    time_stamp: datetime | None = None


class Remarks(msgspec.Struct, frozen=True, omit_defaults=True):
    """What else is said of a reading: its qualities (none: it is good), when it was reported, who measured it."""

    qualities: tuple[QualityNote, ...] = ()
    reported_at: datetime | None = None
    source: str | None = None


GOOD = Remarks()


class RemarkIndex:
    """Which of a block's remarks each reading has: numbers of ``kinds``, or None when all have the first one."""

    __slots__ = ("index", "kinds")

    def __init__(self, kinds: tuple[Remarks, ...] = (GOOD,), index: Integers | None = None) -> None:
        if not kinds or (index is None and len(kinds) != 1):
            raise BadValue("remarks without an index are of exactly one kind", rule="cim.remarks")
        self.kinds = kinds
        self.index = index

    @classmethod
    def of(cls, remarks: Iterable[Remarks]) -> RemarkIndex:
        """From the remarks of each reading."""
        numbers: dict[Remarks, int] = {}
        index = tuple(numbers.setdefault(remark, len(numbers)) for remark in remarks)
        return cls(tuple(numbers) or (GOOD,), index if len(numbers) > 1 else None)

    def each(self, count: int) -> Iterator[Remarks]:
        """The remarks of each of so many readings."""
        if self.index is None:
            return (self.kinds[0] for _ in range(count))
        return (self.kinds[number] for number in self.index)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, RemarkIndex):
            return False
        if self.index is None or other.index is None:
            return self.index is other.index and self.kinds == other.kinds
        return list(self.each(0)) == list(other.each(0))

    __hash__ = None  # type: ignore[assignment]  # it may hold an array, which has no hash either

    def __repr__(self) -> str:
        return f"RemarkIndex({len(self.kinds)} kinds)"
