"""Registers whose readings can be asked for, what was received for them, and minutes as a measure of time.

What `simulator.world.metering` and its arrays share.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache

import msgspec

from simulator.asexml.mdff_model import Accumulation, IntervalDay
from simulator.base.clock import MARKET_ZONE
from simulator.world.model import ConnectionPoint, Meter, Register
from simulator.world.readings import Held, Key, unpacked

BEGINNING = date(2015, 1, 1)
"""Generated readings begin here, where the data stream does not say otherwise (`given.readings-begin`)."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MARKET_MINUTES = 600
_DAY_MINUTES = 1440
_ENERGY = ("WH", "VARH")


def minute_of(moment: datetime) -> int:
    """Whole minutes since 1970-01-01T00:00Z, rounded down."""
    return (moment - _EPOCH) // timedelta(minutes=1)


def moment_of(minute: int) -> datetime:
    """The market time of a minute."""
    return (_EPOCH + timedelta(minutes=minute)).astimezone(MARKET_ZONE)


def day_of(minute: int) -> date:
    """The market day a minute is in."""
    return date(1970, 1, 1) + timedelta(days=(minute + _MARKET_MINUTES) // _DAY_MINUTES)


def midnight_minute(day: date) -> int:
    """The first minute of a market day."""
    return (day - date(1970, 1, 1)).days * _DAY_MINUTES - _MARKET_MINUTES


class Channel(msgspec.Struct, frozen=True):
    """A register of a NMI whose readings are asked for. ``minutes`` is the meter's own interval."""

    point: ConnectionPoint
    meter: Meter
    register: Register
    place: int
    """Which of the registers of its direction it is, from 0."""

    @property
    def nmi(self) -> str:
        """The NMI."""
        return self.point.nmi

    @property
    def suffix(self) -> str:
        """The NMI suffix."""
        return self.register.suffix

    @property
    def minutes(self) -> int:
        """Minutes of an interval."""
        return self.meter.interval

    @property
    def has_intervals(self) -> bool:
        """Whether the meter keeps intervals at all."""
        return self.meter.installation_type != "BASIC"

    @property
    def direction(self) -> str:
        """E to the customer, B into the grid, Q and K likewise for reactive energy, V for voltage; "" unknown."""
        return _direction(self.register.unit, self.register.suffix[:1], self.has_intervals)

    @property
    def controlled(self) -> bool:
        """Whether it measures a controlled load."""
        said = self.register.controlled_load.upper()
        return self.direction == "E" and (said not in ("NO", "N/A", "") or (self.place == 1 and self.has_intervals))

    @property
    def beginning(self) -> int:
        """The minute its readings begin."""
        streams = (each for each in self.point.data_streams if each.suffix == self.suffix)
        day = max((stream.from_date for stream in streams), default=BEGINNING)
        return midnight_minute(max(day, BEGINNING))


@lru_cache(256)
def _direction(unit: str, letter: str, intervals: bool) -> str:
    """Asked for a dozen times for each register of an answer."""
    if unit == "V":
        return "V"
    if not intervals:
        return "E"
    return letter if letter in "EBQK" and unit.endswith(_ENERGY) else ""


class Snapshot(msgspec.Struct, frozen=True):
    """What was received, as it stood at a moment: a long answer rests on it while the world goes on.

    ``held``: NMI → key → versions, the newest last.
    """

    now: datetime
    held: Mapping[str, Mapping[Key, tuple[Held, ...]]]

    def received(self, channel: Channel, first: date, last: date) -> Iterator[IntervalDay]:
        """The interval days of a register from one market day to another, both included."""
        held = self.held.get(channel.nmi)
        if not held:
            return
        keys: Iterable[Key] = held
        if len(held) >= (last - first).days:
            days = (first + timedelta(days=number) for number in range((last - first).days + 1))
            keys = ((channel.suffix, day) for day in days)
        for key in keys:
            versions = held.get(key, ())
            if versions and key[0] == channel.suffix and first <= key[1] <= last:
                newest = unpacked(versions[-1])
                if isinstance(newest, IntervalDay):
                    yield newest

    def dials(self, channel: Channel) -> tuple[Accumulation, ...]:
        """The accumulations of a register."""
        newest = (versions[-1] for versions in self.held.get(channel.nmi, {}).values())
        names = (channel.suffix, channel.register.register_id)
        return tuple(e for e in newest if isinstance(e, Accumulation) and (e.suffix in names or e.register_id in names))


def channels_of(point: ConnectionPoint) -> Iterator[Channel]:
    """Every register of a point, removed meters aside."""
    places: dict[str, int] = {}
    for meter in point.meters:
        if meter.status == "R":
            continue
        for register in meter.registers:
            found = Channel(point, meter, register, 0)
            place = places.get(found.direction, 0)
            places[found.direction] = place + 1
            yield Channel(point, meter, register, place)
