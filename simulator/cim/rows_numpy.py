"""The rows of an interval block, laid out by numpy: the same bytes as `simulator.cim.rows`, without an object for each.

Numbers and times become columns of a table of bytes, padded with NUL. What is said around them is long but of few
kinds: in the table one control character stands for each, which no JSON or XML text holds. Then the padding is cut out
and the characters are replaced, both in C. The only module here that needs numpy.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from simulator.base.errors import BadValue
from simulator.cim.model import IntervalBlock
from simulator.cim.rows import Layout
from simulator.cim.scalars import moment_end
from simulator.cim.series import MISSING, Run

Column = NDArray[Any]
_DAY = 86_400
_CHUNK = 8_192
"""Rows at a time: their text stays within a processor's cache."""
_STANDINS = bytes(sorted(set(range(1, 32)) - set(b"\t\n\r")))


class _Chosen(NamedTuple):
    """A text out of a few for each row."""

    texts: tuple[bytes, ...]
    which: Column

    def followed_by(self, text: bytes) -> _Chosen:
        """Each with the same text behind it."""
        return _Chosen(tuple(one + text for one in self.texts), self.which)


Part = bytes | Column | _Chosen


def rows(block: IntervalBlock, layout: Layout) -> Iterator[bytes]:
    """The rows of a block, in chunks, in order."""
    numbers = np.asarray(block.values.numbers, dtype=np.int64)
    index = None if block.remarks.index is None else np.asarray(block.remarks.index, dtype=np.intp)
    times = _Times(block.times) if layout.stamp is not None else None
    _check_lengths(len(numbers), index, times)
    for start in range(0, len(numbers), _CHUNK):
        part = slice(start, start + _CHUNK)
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
        digits = _digits(np.where(missing, 0, numbers), block.values.decimals, layout.trim)
        digits[missing] = 0
        without = missing.astype(np.intp)
        yield from (_chosen((opening, layout.missing), without), digits, _chosen((closing, b""), without))
    yield _chosen(layout.tails, index)


def _chosen(texts: tuple[bytes, ...], index: Column | None) -> bytes | _Chosen:
    return texts[0] if index is None or len(set(texts)) == 1 else _Chosen(texts, index)


def _joined(parts: list[Part], count: int) -> bytes:
    """Rows of these parts, one after another."""
    merged = _merged(parts)
    first, last = merged[0], merged[-1]
    if not isinstance(first, bytes) or isinstance(last, np.ndarray):
        return _laid_out(merged, count)
    # what begins each row is written with the end of the row before
    turn = last + first if isinstance(last, bytes) else last.followed_by(first)
    text = first + _laid_out([*merged[1:-1], turn], count)
    return text[: len(text) - len(first)]


def _laid_out(parts: list[Part], count: int) -> bytes:
    said: dict[bytes, bytes] = {}
    columns = [_column(part, said, count) for part in parts]
    table = np.concatenate(columns, axis=1)
    text = table.tobytes().translate(None, b"\0")
    # the rare ones while the text is short
    for standin in sorted(said, key=text[:4096].count):
        text = text.replace(standin, said[standin])
    return text


def _merged(parts: list[Part]) -> list[Part]:
    """Constant texts side by side become one."""
    merged: list[Part] = []
    for part in parts:
        before = merged[-1] if merged else None
        if isinstance(part, bytes) and isinstance(before, bytes):
            merged[-1] = before + part
        elif not isinstance(part, bytes) or part:
            merged.append(part)
    return merged


def _column(part: Part, said: dict[bytes, bytes], count: int) -> Column:
    """The bytes of a part, row by row; long texts by their stand-ins."""
    if isinstance(part, np.ndarray):
        return part
    if isinstance(part, bytes):
        letters = np.frombuffer(part if len(part) < 3 else _standin(part, said), dtype=np.uint8)
        return np.broadcast_to(letters, (count, len(letters)))
    if len(part.texts) > len(_STANDINS) - len(said) - 8:
        return _letters(np.array(part.texts, dtype=f"S{max(map(len, part.texts))}"))[part.which]
    signs = np.array([_standin(text, said)[0] if text else 0 for text in part.texts], dtype=np.uint8)
    return signs[part.which][:, None]


def _standin(text: bytes, said: dict[bytes, bytes]) -> bytes:
    standin = _STANDINS[len(said) : len(said) + 1]
    said[standin] = text
    return standin


def _letters(texts: Column) -> Column:
    """An array of texts as a table of their bytes."""
    table: Column = texts.view(np.uint8).reshape(len(texts), -1)
    return table


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
    return table


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
        if seconds.any():
            yield _second_texts()[seconds]
        else:
            yield b":00"
        yield _chosen(self.ends, None if self.run is None else self.run[part])


def _epoch(run: Run) -> int:
    """Seconds of the clock that the run shows, as if it had no offset."""
    shown = run.first
    return (shown.toordinal() - 719_163) * _DAY + shown.hour * 3600 + shown.minute * 60 + shown.second


def _day_texts(days: Column) -> Column:
    first, last = int(days.min()), int(days.max())
    if last - first <= 4 * len(days) + 366:
        every = np.arange(first, last + 1).astype("datetime64[D]").astype("S10")
        return np.take(_letters(every), days - first, axis=0)
    return _letters(days.astype("datetime64[D]").astype("S10"))


@cache
def _minute_texts() -> Column:
    return _letters(np.array([f"{hour:02}:{minute:02}".encode() for hour in range(24) for minute in range(60)]))


@cache
def _second_texts() -> Column:
    return _letters(np.array([f":{second:02}".encode() for second in range(60)]))
