"""A GetMeterReadings judged and resolved: who is asked for, over which stretches of time. The only place that refuses.

Product rule: every usage point (or meter) with every reading type. Periods are half-open, ``(start, end]``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, tzinfo

import msgspec

from simulator.base.clock import MARKET_ZONE
from simulator.base.errors import BadValue
from simulator.base.pausing import Pausing
from simulator.cim.faults import Fault
from simulator.cim.model import GetMeterReadings, Identified, Interval
from simulator.cim.quality import Quality
from simulator.cim.request import wanting
from simulator.netstream.directory import Device, Directory
from simulator.netstream.kinds import Wanted, wanted
from simulator.netstream.local_time import minute
from simulator.netstream.model import Client, UsagePoint
from simulator.netstream.switches import NetstreamSwitches

_ROOT = "GetMeterReadings"
_STEP = 50
"""Subjects found in one step."""


class NotAnswered(Exception):
    """A request that is refused: status, rule, and what is wrong where."""

    def __init__(self, status: int, rule: str, faults: tuple[Fault, ...]) -> None:
        super().__init__("; ".join(map(str, faults[:5])))
        self.status = status
        self.rule = rule
        self.faults = faults


class Subject(msgspec.Struct, frozen=True):
    """Whose readings: a usage point, seen through one of its meters where a meter was asked for."""

    point: UsagePoint
    device: Device | None = None


class Asked(msgspec.Struct, frozen=True):
    """A request that can be answered. ``subjects`` are found as they are asked for; ``periods`` have their ends;
    ``qualities`` are the codes of the only readings that are wanted, none: all.
    """

    subjects: Iterable[Subject]
    types: tuple[Wanted, ...]
    periods: tuple[tuple[datetime, datetime], ...]
    qualities: tuple[str, ...] = ()

    def stretches(self, where: tzinfo) -> tuple[tuple[int, int], ...]:
        """The periods in minutes, on the clock of a usage point; overlapping ones joined, earliest first."""
        found: list[tuple[int, int]] = []
        for start, end in sorted((minute(start, where), minute(end, where)) for start, end in self.periods):
            if found and start <= found[-1][1]:
                found[-1] = (found[-1][0], max(found[-1][1], end))
            elif start < end:
                found.append((start, end))
        return tuple(found)


def judged(
    request: GetMeterReadings, client: Client, directory: Directory, switches: NetstreamSwitches, now: datetime
) -> Pausing[Asked]:
    """What is asked for; raises `NotAnswered`."""
    faults = (*wanting(request), *_switched(request, switches, now))
    if faults:
        raise NotAnswered(400, faults[0].rule, faults)
    periods = tuple(_period(each.time_period or Interval(), now) for each in request.readings)
    _check_length(periods, switches)
    subjects: Iterable[Subject] = _subjects(request, client, directory, switches)
    if switches.most_series or switches.unknown_usage_point == "400" or switches.not_entitled == "403":
        subjects = yield from _all(subjects)  # a refusal comes before the answer begins
    codes = dict.fromkeys((each.mrid or "").strip() for each in request.reading_types)
    types = tuple(found for code in codes if (found := wanted(code)) is not None)
    count = len(subjects) * len(codes) if isinstance(subjects, tuple) else 0
    if switches.most_series and count > switches.most_series:
        why = f"asks for {count:,} series; {switches.most_series:,} are answered"
        raise NotAnswered(413, "assume.netstream-most-series", (Fault(_ROOT, "assume.netstream-most-series", why),))
    asked = (each.quality_type for each in request.reading_qualities if switches.quality_filter == "apply")
    qualities = tuple(each.mrid.strip() for each in asked if each is not None and each.mrid is not None)
    return Asked(subjects, types, periods, qualities)


def _switched(request: GetMeterReadings, switches: NetstreamSwitches, now: datetime) -> Iterator[Fault]:
    """What is refused as a switch has it, or has no place in the profile."""
    if switches.several_periods == "refuse" and len(request.readings) > 1:
        yield Fault(f"{_ROOT}.Reading[1]", "assume.netstream-periods", "only one Reading with one timePeriod is taken")
    for number, each in enumerate(request.reading_types):
        if each.mrid is None:
            path = f"{_ROOT}.ReadingType[{number}].mRID"
            yield Fault(path, "netstream.reading-type-name", "reading types are asked for by mRID")
        elif switches.unknown_reading_type == "400" and _unanswered(each.mrid):
            yield Fault(f"{_ROOT}.ReadingType[{number}].mRID", "assume.netstream-unknown-type", "is not one we have")
    for number, reading in enumerate(request.readings if switches.later_start == "400" else ()):
        if _later(reading.time_period, now):
            path = f"{_ROOT}.Reading[{number}].timePeriod.start"
            yield Fault(path, "assume.netstream-later-start", "must be before now, where no end is given")
    yield from _wrong_qualities(request)


def _unanswered(code: str) -> bool:
    """Whether a code that can be read asks for nothing that usage points have."""
    try:
        return wanted(code.strip()) is None
    except BadValue:
        return False


def _later(period: Interval | None, now: datetime) -> bool:
    """Whether a period without an end begins after now; local times are taken to be the market's."""
    if period is None or period.start is None or period.end is not None:
        return False
    start = period.start if period.start.tzinfo is not None else period.start.replace(tzinfo=MARKET_ZONE)
    return start >= now


def _wrong_qualities(request: GetMeterReadings) -> Iterator[Fault]:
    for number, each in enumerate(request.reading_qualities):
        path = f"{_ROOT}.ReadingQuality[{number}].ReadingQualityType.mRID"
        code = None if each.quality_type is None else each.quality_type.mrid
        if code is None:
            yield Fault(path, "cim.required", "is required: a code such as 3.8.0")
            continue
        try:
            Quality.parse(code.strip())
        except BadValue as bad:
            yield Fault(path, bad.rule, str(bad))


def _period(period: Interval, now: datetime) -> tuple[datetime, datetime]:
    """An end that is absent is now."""
    start = period.start or now
    return start, period.end if period.end is not None else now


def _check_length(periods: Iterable[tuple[datetime, datetime]], switches: NetstreamSwitches) -> None:
    for number, (start, end) in enumerate(periods):
        days = (end.replace(tzinfo=None) - start.replace(tzinfo=None)).days
        if switches.most_days and days > switches.most_days:
            path, why = (
                f"{_ROOT}.Reading[{number}].timePeriod",
                f"spans {days:,} days; {switches.most_days:,} are answered",
            )
            raise NotAnswered(400, "assume.netstream-most-days", (Fault(path, "assume.netstream-most-days", why),))


def _subjects(
    request: GetMeterReadings, client: Client, directory: Directory, switches: NetstreamSwitches
) -> Iterator[Subject]:
    """Usage points first, then meters; whoever is asked for twice is answered once."""
    seen: set[tuple[str, str]] = set()
    for path, subjects in _asked(request, directory, switches.names_lookup == "yes"):
        if subjects is None and switches.unknown_usage_point == "400":
            rule = "assume.netstream-unknown"
            raise NotAnswered(400, rule, (Fault(path, rule, "is not known here"),))
        for subject in subjects or ():
            key = (subject.point.mrid, subject.device.serial if subject.device else "")
            if not directory.entitled(client, subject.point):
                if switches.not_entitled == "403":
                    rule = "assume.netstream-entitlement"
                    raise NotAnswered(403, rule, (Fault(path, rule, "is in none of the groups you are entitled to"),))
            elif key not in seen:
                seen.add(key)
                yield subject


def _all(subjects: Iterable[Subject]) -> Pausing[tuple[Subject, ...]]:
    found = []
    for subject in subjects:
        found.append(subject)
        if not len(found) % _STEP:
            yield
    return tuple(found)


def _asked(
    request: GetMeterReadings, directory: Directory, by_name: bool
) -> Iterator[tuple[str, Iterable[Subject] | None]]:
    for path, asked in _paths("UsagePoint", request.usage_points):
        point = directory.point(asked, by_name)
        yield path, None if point is None else (Subject(point),)
    for path, asked in _paths("UsagePointGroup", request.usage_point_groups):
        points = directory.members(asked, by_name)
        yield path, None if points is None else map(Subject, points)
    for path, asked in _paths("EndDevice", request.end_devices):
        device = directory.device(asked, by_name)
        yield path, None if device is None else (Subject(device.point, device),)
    for path, asked in _paths("EndDeviceGroup", request.end_device_groups):
        devices = directory.devices(asked, by_name)
        yield path, None if devices is None else tuple(Subject(device.point, device) for device in devices)


def _paths(name: str, things: Iterable[Identified]) -> Iterator[tuple[str, Identified]]:
    for number, thing in enumerate(things):
        yield f"{_ROOT}.{name}[{number}]{'.mRID' if thing.mrid is not None else '.Names'}", thing
