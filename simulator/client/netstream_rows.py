"""Readings as plain rows: what a MeterReadings says, one reading after another. The only place that unfolds blocks.

A compact block says its period and its values, not the time of each. Where the clock changed within it, the zone tells.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from simulator.base.errors import BadValue
from simulator.cim.model import IntervalBlock, MeterReading, MeterReadings
from simulator.cim.reading_type import ReadingType
from simulator.cim.series import Remarks, times_of
from simulator.client.errors import ClientError, Kind


class Row(msgspec.Struct, frozen=True):
    """One reading. Times are local, ``start`` is None for a register's; ``value`` None is one known to be missing.

    ``point`` is the NMI or name of the usage point, else its mRID; ``qualities`` are codes, none of them: good.
    """

    point: str
    meter: str | None
    reading_type: str
    start: datetime | None
    end: datetime | None
    value: Decimal | None
    unit: str
    qualities: tuple[str, ...] = ()
    reported: datetime | None = None


class Rows(list[Row]):
    """Readings in order of usage point, type and time."""

    def frame(self) -> Any:
        """The same as a pandas DataFrame, values as floats. Raises `ClientError` (usage) without pandas."""
        try:
            import pandas as pd  # noqa: PLC0415 - where it is installed
        except ImportError:
            raise ClientError(Kind.USAGE, ".frame() needs pandas: pip install 'ehubsim[dataframe]'") from None
        names = Row.__struct_fields__
        rows = [[getattr(row, name) for name in names] for row in self]
        return pd.DataFrame(rows, columns=list(names)).astype({"value": float})

    def csv(self) -> str:
        """As CSV with a header."""
        out = io.StringIO()
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(("point", "meter", "reading type", "start", "end", "value", "unit", "qualities", "reported"))
        for row in self:
            times = [each.isoformat() if each else "" for each in (row.start, row.end, row.reported)]
            value = "" if row.value is None else format(row.value, "f")
            known = (row.point, row.meter or "", row.reading_type, *times[:2], value, row.unit)
            writer.writerow((*known, " ".join(row.qualities), times[2]))
        return out.getvalue()


def rows_of(response: MeterReadings, zone: str) -> Iterator[Row]:
    """Every reading of a response."""
    for reading in response.meter_readings:
        point, meter = _names(reading)
        for block in reading.interval_blocks:
            yield from _of_block(block, point, meter, zone)
        for single in reading.readings:
            period = single.time_period
            yield Row(
                point, meter, single.reading_type, None if period is None else period.start, single.time_stamp,
                single.value, _unit(single.reading_type), tuple(note.code for note in single.qualities),
                single.reported_at,
            )  # fmt: skip


def _names(reading: MeterReading) -> tuple[str, str | None]:
    point, meter = reading.usage_point, reading.meter
    found = "" if point is None else next((name.name for name in point.names), point.mrid or "")
    return found, None if meter is None else next((name.name for name in meter.names), meter.mrid)


def _of_block(block: IntervalBlock, point: str, meter: str | None, zone: str) -> Iterator[Row]:
    count = len(block.values)
    spans = list(_spans(block, count, zone))
    if len(spans) != count:
        raise ClientError(Kind.ANSWER, f"a block of {block.reading_type} has {count} values, but not as many times")
    unit = _unit(block.reading_type)
    for (start, end), value, said in zip(spans, block.values, block.remarks.each(count), strict=True):
        yield Row(point, meter, block.reading_type, start, end, value, unit, _codes(said), said.reported_at)


def _codes(said: Remarks) -> tuple[str, ...]:
    return tuple(note.code for note in said.qualities)


def _unit(code: str) -> str:
    try:
        return ReadingType.parse(code).symbol
    except BadValue:
        return ""


def _minutes(code: str) -> int | None:
    try:
        found = ReadingType.parse(code)
    except BadValue:
        return None
    return 1440 if found.calendar_period == "day" else found.minutes


def _spans(block: IntervalBlock, count: int, zone: str) -> Iterable[tuple[datetime, datetime]]:
    minutes = _minutes(block.reading_type)
    if block.times:
        step = timedelta(minutes=minutes or 0)
        return ((end - step, end) for end in times_of(block.times))
    period = block.period
    if period is None or period.start is None or period.end is None or not count:
        return ()
    length = (period.end - period.start) / count
    if minutes is None or minutes == 1440 or length == timedelta(minutes=minutes) or period.start.tzinfo is not None:
        return ((period.start + length * at, period.start + length * (at + 1)) for at in range(count))
    return _through_a_change(period.start, count, timedelta(minutes=minutes), ZoneInfo(zone))


def _through_a_change(
    start: datetime, count: int, step: timedelta, zone: ZoneInfo
) -> Iterator[tuple[datetime, datetime]]:
    begin = start.replace(tzinfo=zone).astimezone(UTC)
    shown = [(begin + step * at).astimezone(zone).replace(tzinfo=None) for at in range(count + 1)]
    return pairwise(shown)
