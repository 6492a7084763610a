"""The only place that turns market minutes into the wall clocks of usage points, and requests' times into minutes.

Zones are IANA names. A clock change ends one run of local times and begins another; days have 46, 48 or 50 half-hours.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from simulator.base.clock import MARKET_ZONE
from simulator.base.errors import BadValue

ZONES = {
    "ACT": "Australia/Canberra",
    "NSW": "Australia/Sydney",
    "NT": "Australia/Darwin",
    "QLD": "Australia/Brisbane",
    "SA": "Australia/Adelaide",
    "TAS": "Australia/Hobart",
    "VIC": "Australia/Melbourne",
    "WA": "Australia/Perth",
}
"""Zone of a usage point by its jurisdiction (`given.zone`)."""
_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 - counts what a clock shows
_UTC_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MINUTE = timedelta(minutes=1)
_DAY = 1440
EARLIEST = (datetime(1900, 1, 1, tzinfo=UTC) - _UTC_EPOCH) // _MINUTE
LATEST = (datetime(9000, 1, 1, tzinfo=UTC) - _UTC_EPOCH) // _MINUTE
"""What lies beyond these minutes is taken to be there: no readings are."""


@lru_cache(256)
def zone(name: str) -> tzinfo:
    """A zone; ``market`` is +10:00 all year. Raises `BadValue` (``netstream.zone``)."""
    if name == "market":
        return MARKET_ZONE
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        raise BadValue(f"{name[:40]!r} is no time zone such as Australia/Sydney", rule="netstream.zone") from None


def minute(moment: datetime, where: tzinfo) -> int:
    """The minute of a moment, rounded down; without an offset it is local. An hour that is there twice: the first."""
    if not 1900 < moment.year < 9000:
        return EARLIEST if moment.year < 5000 else LATEST
    aware = moment.replace(tzinfo=where) if moment.tzinfo is None else moment
    return (aware - _UTC_EPOCH) // _MINUTE


def offset(at: int, where: tzinfo) -> int:
    """Minutes that the clock is ahead of UTC."""
    shown = (_UTC_EPOCH + timedelta(minutes=at)).astimezone(where).utcoffset() or timedelta()
    return shown // _MINUTE


def local(at: int, where: tzinfo) -> datetime:
    """What the clock shows, without an offset."""
    return _EPOCH + timedelta(minutes=at + offset(at, where))


def changes(first: int, last: int, where: tzinfo) -> tuple[tuple[int, int], ...]:
    """(minute, offset from then on) over a stretch: where it begins, and each clock change within it."""
    inside = [change for year in range(_year(first), _year(last) + 1) for change in _changes_of(year, where)]
    return ((first, offset(first, where)), *(change for change in inside if first < change[0] < last))


def _year(at: int) -> int:
    return (_UTC_EPOCH + timedelta(minutes=at)).year


@lru_cache(1024)
def _changes_of(year: int, where: tzinfo) -> tuple[tuple[int, int], ...]:
    """The clock changes of a UTC year."""
    begin = (datetime(year, 1, 1, tzinfo=UTC) - _UTC_EPOCH) // _MINUTE
    end = (datetime(year + 1, 1, 1, tzinfo=UTC) - _UTC_EPOCH) // _MINUTE
    found = []
    for day in range(begin, end, _DAY):
        before, after = offset(day - 1, where), offset(day + _DAY - 1, where)
        if before != after:
            low, high = day - 1, day + _DAY - 1
            while high - low > 1:
                middle = (low + high) // 2
                low, high = (middle, high) if offset(middle, where) == before else (low, middle)
            found.append((high, after))
    return tuple(found)


def midnights(first: int, last: int, where: tzinfo, months: bool = False) -> Iterator[int]:
    """The minutes of local midnights (of the first days of months) from the last one by ``first`` on.

    They end with the first one that is not before ``last``.
    """
    day = local(first, where).date()
    if months:
        day = day.replace(day=1)
    while True:
        at = minute(datetime.combine(day, time()), where)
        yield at
        if at >= last:
            return
        day = _next_month(day) if months else day + timedelta(days=1)


def _next_month(day: date) -> date:
    return (day + timedelta(days=31)).replace(day=1)
