"""The rows of an interval block, laid out by numpy: columns of a table of bytes, padded with NUL, the padding cut out.

The same bytes as `simulator.cim.rows` gives, without an object for each reading. The only module here that needs numpy.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simulator.base.errors import BadValue
from simulator.cim.model import IntervalBlock
from simulator.cim.rows import CHUNK, Layout
from simulator.cim.scalars import moment_end
from simulator.cim.series import MISSING, Run

Column = NDArray[Any]
Part = bytes | Column
_DAY = 86_400


def rows(block: IntervalBlock, layout: Layout) -> Iterator[bytes]:
    """The rows of a block, in chunks, in order."""
    numbers = np.asarray(block.values.numbers, dtype=np.int64)
    index = None if block.remarks.index is None else np.asarray(block.remarks.index, dtype=np.intp)
    times = _Times(block.times) if layout.stamp is not None else None
    _check_lengths(len(numbers), index, times)
    for start in range(0, len(numbers), CHUNK):
        part = slice(start, start + CHUNK)
        columns = list(_columns(block, layout, numbers[part], None if index is None else index[part]))
        if times is not None and layout.stamp is not None:
            columns[1:1] = [layout.stamp[0], *times.columns(part), layout.stamp[1]]
        yield _joined(columns, len(numbers[part]))


def _check_lengths(count: int, index: Column | None, times: _Times | None) -> None:
    if (index is not None and len(index) != count) or (times is not None and len(times.seconds) != count):
        raise BadValue("values, times and remarks of a block differ in length", rule="cim.block-length")


def _columns(block: IntervalBlock, layout: Layout, numbers: Column, index: Column | None) -> Iterator[Part]:
    yield _chosen(layout.heads, index)
    missing = numbers == MISSING
    opening, closing = layout.value
    if not missing.any():
        yield from (opening, _digits(numbers, block.values.decimals, layout.trim), closing)
    else:
        there = np.where(missing, 0, numbers)
        digits = _digits(there, block.values.decimals, layout.trim)
        digits[missing] = np.zeros((), digits.dtype)
        without = missing.astype(np.intp)
        yield from (_chosen((opening, layout.missing), without), digits, _chosen((closing, b""), without))
    yield _chosen(layout.tails, index)


def _chosen(texts: tuple[bytes, ...], index: Column | None) -> Part:
    """The text of each row, by its number."""
    if index is None or len(set(texts)) == 1:
        return texts[0]
    found: Column = np.array(texts, dtype=f"S{max(map(len, texts)) or 1}")[index]
    return found


def _joined(parts: list[Part], count: int) -> bytes:
    """Rows of these parts one after another, without the padding."""
    merged: list[Part] = []
    for part in parts:
        if isinstance(part, bytes) and merged and isinstance(merged[-1], bytes):
            merged[-1] += part
        elif not isinstance(part, bytes) or part:
            merged.append(part)
    kinds = [(f"p{n}", f"S{len(part)}" if isinstance(part, bytes) else part.dtype) for n, part in enumerate(merged)]
    table = np.empty(count, dtype=kinds)
    for number, part in enumerate(merged):
        table[f"p{number}"] = part
    return table.tobytes().translate(None, b"\0")


def _digits(numbers: Column, decimals: int, trim: bool) -> Column:
    """Plain decimals as text, padded with NUL wherever there is no digit."""
    sizes = np.abs(numbers)
    largest = int(sizes.max(initial=0))
    rest = sizes.astype(np.uint32 if largest < 2**32 else np.uint64)
    width = max(len(str(largest)), decimals + 1)
    table = np.zeros((len(numbers), width + 2), dtype=np.uint8)
    column = width + 1
    zeros = np.full(len(numbers), trim)
    for place in range(width):
        shorter = rest // 10
        digit = np.subtract(rest, shorter * 10).astype(np.uint8)
        if place < decimals:
            zeros &= digit == 0
            table[:, column] = (digit + 48) * ~zeros
        else:
            table[:, column] = (digit + 48) * (rest != 0) if place > decimals else digit + 48
        if place == decimals - 1:
            column -= 1
            table[:, column] = 46 * ~zeros
        column -= 1
        rest = shorter
    table[:, 0] = 45 * (numbers < 0)
    text: Column = table.view(f"V{width + 2}").ravel()
    return text


class _Times:
    """The times of all runs as columns of text."""

    __slots__ = ("ends", "run", "seconds")

    def __init__(self, runs: tuple[Run, ...]) -> None:
        parts = [_epoch(run) + run.step * np.arange(run.count, dtype=np.int64) for run in runs]
        self.seconds = np.concatenate(parts) if parts else np.zeros(0, np.int64)
        self.ends = tuple(moment_end(run.first).encode() for run in runs) or (b"",)
        self.run = np.repeat(np.arange(len(runs)), [run.count for run in runs]) if len(set(self.ends)) > 1 else None

    def columns(self, part: slice) -> Iterator[Part]:
        """Day, time of day, and what stands behind the seconds."""
        days, rest = np.divmod(self.seconds[part], _DAY)
        minutes, seconds = np.divmod(rest, 60)
        yield _day_texts(days)
        yield b"T"
        yield _minute_texts()[minutes]
        yield _second_texts()[seconds] if seconds.any() else b":00"
        yield _chosen(self.ends, None if self.run is None else self.run[part])


def _epoch(run: Run) -> int:
    """Seconds of the clock that the run shows, as if it had no offset."""
    shown = run.first
    return (shown.toordinal() - 719_163) * _DAY + shown.hour * 3600 + shown.minute * 60 + shown.second


def _day_texts(days: Column) -> Column:
    first, last = int(days.min()), int(days.max())
    if last - first <= 4 * len(days) + 366:
        every = np.arange(first, last + 1).astype("datetime64[D]").astype("S10")
        return np.take(every, days - first)
    return days.astype("datetime64[D]").astype("S10")


@cache
def _minute_texts() -> Column:
    return np.array([f"{hour:02}:{minute:02}".encode() for hour in range(24) for minute in range(60)])


@cache
def _second_texts() -> Column:
    return np.array([f":{second:02}".encode() for second in range(60)])
