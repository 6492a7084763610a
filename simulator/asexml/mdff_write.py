"""Writes NEM12 and NEM13, record by record; what is written reads back as it was."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, datetime

from simulator.asexml.mdff_model import Accumulation, Header, IntervalDay, NmiDataDetails, RegisterRead, number_text
from simulator.base.clock import market_time
from simulator.base.errors import BadValue

_BREAKERS = frozenset(",\r\n")


def write_nem12(header: Header, days: Iterable[IntervalDay], newline: str = "\n") -> str:
    """A NEM12 file. A 200 record is written whenever the register changes from one day to the next.

    Raises `BadValue` (``mdff.comma``) for a text that holds a comma or a line break: the format has no quoting.
    """
    return newline.join((*nem12_lines(header, days), ""))


def write_nem13(header: Header, accumulations: Iterable[Accumulation], newline: str = "\n") -> str:
    """A NEM13 file; raises as `write_nem12` does."""
    return newline.join((*nem13_lines(header, accumulations), ""))


def nem12_lines(header: Header, days: Iterable[IntervalDay]) -> Iterator[str]:
    """The records of a NEM12 file, one by one."""
    yield _opening(header, "NEM12")
    details: NmiDataDetails | None = None
    for day in days:
        if day.details is not details and day.details != details:
            yield _details(day.details)
        details = day.details
        yield from _day(day)
    yield "900"


def nem13_lines(header: Header, accumulations: Iterable[Accumulation]) -> Iterator[str]:
    """The records of a NEM13 file, one by one."""
    yield _opening(header, "NEM13")
    for accumulation in accumulations:
        yield _accumulation(accumulation)
        visit = accumulation.visit
        if visit is not None:
            codes = (visit.previous_code, visit.previous_order, visit.current_code, visit.current_order)
            yield _record("550", *codes)
    yield "900"


def _record(*fields: str) -> str:
    for field in fields:
        if not _BREAKERS.isdisjoint(field):
            raise BadValue(f"{field[:40]!r}: a field cannot hold a comma or a line break", rule="mdff.comma")
    return ",".join(fields)


def _ymd(day: date | None) -> str:
    return "" if day is None else f"{day.year:04}{day.month:02}{day.day:02}"


def _stamp(moment: datetime | None) -> str:
    if moment is None:
        return ""
    there = market_time(moment)
    return f"{_ymd(there)}{there.hour:02}{there.minute:02}{there.second:02}"


def _code(reason: int | None) -> str:
    return "" if reason is None else str(reason)


def _opening(header: Header, version: str) -> str:
    return _record("100", version, _stamp(header.made_at)[:12], header.sender, header.receiver)


def _details(d: NmiDataDetails) -> str:
    length, scheduled = str(d.interval_length), _ymd(d.next_read_date)
    where = (d.nmi, d.configuration, d.register_id, d.suffix, d.stream_id, d.serial)
    return _record("200", *where, d.unit, length, scheduled)


def _day(day: IntervalDay) -> Iterator[str]:
    quality = _record(day.quality, _code(day.reason), day.description)
    yield f"300,{_ymd(day.date)},{day.text},{quality},{_stamp(day.updated_at)},{_stamp(day.loaded_at)}"
    for event in day.events:
        span = (str(event.start), str(event.end))
        yield _record("400", *span, event.quality, _code(event.reason), event.description)
    for visit in day.visits:
        yield _record("500", visit.transaction_code, visit.service_order, _stamp(visit.read_at), visit.index_read)


def _read(read: RegisterRead) -> tuple[str, ...]:
    return (read.text, _stamp(read.read_at), read.quality, _code(read.reason), read.description)


def _accumulation(a: Accumulation) -> str:
    where = (a.nmi, a.configuration, a.register_id, a.suffix, a.stream_id, a.serial, a.direction)
    times = (_ymd(a.next_read_date), _stamp(a.updated_at), _stamp(a.loaded_at))
    return _record("250", *where, *_read(a.previous), *_read(a.current), number_text(a.quantity), a.unit, *times)
