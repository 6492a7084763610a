"""The rows of an interval block as text: the only place that lays out many readings at once.

A row is: head (by remarks), time stamp, value or its absence, tail (by remarks). Rows come in chunks of bytes, so that
a year of five-minute values never stands in memory as objects. Blocks on numpy arrays take `simulator.cim.rows_numpy`.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import repeat

import msgspec

from simulator.cim.model import IntervalBlock
from simulator.cim.scalars import moment_text
from simulator.cim.series import MISSING, times_of

CHUNK = 32_768
"""Rows of a chunk."""


class Layout(msgspec.Struct, frozen=True):
    """What is written around the parts of a row. ``heads`` and ``tails`` have one entry for each kind of remarks.

    ``stamp`` encloses the time, None where rows carry none; ``value`` encloses the number; ``missing`` stands for both
    where there is no value. ``trim`` leaves out zeros at the end of decimals.
    """

    heads: tuple[bytes, ...]
    tails: tuple[bytes, ...]
    stamp: tuple[bytes, bytes] | None
    value: tuple[bytes, bytes]
    missing: bytes
    trim: bool = True


def rows(block: IntervalBlock, layout: Layout) -> Iterator[bytes]:
    """The rows of a block, in chunks, in order. Values, times and remarks must be of one length."""
    if hasattr(block.values.numbers, "dtype"):
        from simulator.cim import rows_numpy  # noqa: PLC0415 - numpy only where arrays are handed in

        yield from rows_numpy.rows(block, layout)
        return
    chunk: list[bytes] = []
    for row in _rows(block, layout):
        chunk.append(row)
        if len(chunk) == CHUNK:
            yield b"".join(chunk)
            chunk.clear()
    if chunk:
        yield b"".join(chunk)


def _rows(block: IntervalBlock, layout: Layout) -> Iterator[bytes]:
    count = len(block.values)
    numbers = block.values.numbers
    index = repeat(0, count) if block.remarks.index is None else iter(block.remarks.index)
    opening, closing = layout.value
    for number, kind, stamp in zip(numbers, index, _stamps(block, layout, count), strict=True):
        if number == MISSING:
            value = layout.missing
        else:
            value = opening + fixed_text(int(number), block.values.decimals, layout.trim) + closing
        yield layout.heads[kind] + stamp + value + layout.tails[kind]


def _stamps(block: IntervalBlock, layout: Layout, count: int) -> Iterator[bytes]:
    if layout.stamp is None:
        return repeat(b"", count)
    before, after = layout.stamp
    return (before + moment_text(time).encode() + after for time in times_of(block.times))


def fixed_text(number: int, decimals: int, trim: bool) -> bytes:
    """``(1250, 3)`` → 1.25, or 1.250 when zeros are kept."""
    if not decimals:
        return b"%d" % number
    whole, part = divmod(abs(number), 10**decimals)
    text = f"{'-' if number < 0 else ''}{whole}.{part:0{decimals}}"
    return (text.rstrip("0").rstrip(".") if trim else text).encode()
