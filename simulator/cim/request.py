"""What Netstream needs of a GetMeterReadings: the only place that judges a request that could be read.

"Three pieces of information are needed": a period, reading types, and whom it is about. Wording after a peer's answers.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from simulator.base.errors import BadValue
from simulator.cim.faults import Fault
from simulator.cim.model import GetMeterReadings, Identified, Interval
from simulator.cim.reading_type import ReadingType

_ROOT = "GetMeterReadings"


def wanting(request: GetMeterReadings) -> tuple[Fault, ...]:
    """Everything that keeps the request from being answered; none when it can be."""
    return tuple(_faults(request))


def _faults(request: GetMeterReadings) -> Iterator[Fault]:
    if not request.readings:
        yield Fault(f"{_ROOT}.Reading", "cim.required", "the list must have one Reading with its timePeriod")
    for number, reading in enumerate(request.readings):
        yield from _period(reading.time_period, f"{_ROOT}.Reading[{number}].timePeriod")
    if not request.reading_types:
        yield Fault(f"{_ROOT}.ReadingType", "cim.required", "the list must have at least one ReadingType")
    for number, wanted in enumerate(request.reading_types):
        yield from _reading_type(wanted, f"{_ROOT}.ReadingType[{number}]")
    asked = {
        "UsagePoint": request.usage_points,
        "EndDevice": request.end_devices,
        "UsagePointGroup": request.usage_point_groups,
        "EndDeviceGroup": request.end_device_groups,
    }
    if not any(asked.values()):
        yield Fault(f"{_ROOT}.UsagePoint", "cim.required", f"one of the lists {', '.join(asked)} must have a member")
    for name, things in asked.items():
        for number, thing in enumerate(things):
            yield from _identified(thing, f"{_ROOT}.{name}[{number}]")


def _period(period: Interval | None, path: str) -> Iterator[Fault]:
    if period is None or period.start is None:
        yield Fault(f"{path}.start" if period else path, "cim.required", "is required: the first moment asked for")
    elif period.end is not None and not _before(period.start, period.end):
        why = f"start {period.start.isoformat()} must be before end {period.end.isoformat()}"
        yield Fault(path, "cim.period-order", why)


def _before(start: datetime, end: datetime) -> bool:
    """Compared on the clock when one of them has no offset: both are then taken to be the same zone's."""
    if (start.tzinfo is None) != (end.tzinfo is None):
        return start.replace(tzinfo=None) < end.replace(tzinfo=None)
    return start < end


def _reading_type(wanted: Identified, path: str) -> Iterator[Fault]:
    if wanted.mrid is None and wanted.names:
        return
    try:
        ReadingType.parse(wanted.mrid or "")
    except BadValue as bad:
        yield Fault(f"{path}.mRID", bad.rule, str(bad))


def _identified(thing: Identified, path: str) -> Iterator[Fault]:
    if thing.mrid is None and not thing.names:
        yield Fault(path, "cim.required", "either mRID or Names is required to identify it")
    elif thing.mrid is not None and not thing.mrid.strip():
        yield Fault(f"{path}.mRID", "cim.blank", "must not be blank")
