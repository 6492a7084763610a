"""The one view of the readings of a NMI, for Netstream, meter data files and reports alike.

What was received holds (newest version first of all); what was not is grown from the seed, with what a scenario
declared to be odd about it. The only place that decides between them. Nothing is kept: the same question has the same
answer, whoever asked what before.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from simulator.asexml.mdff_model import IntervalDay, IntervalEvent, NmiDataDetails
from simulator.base.clock import MARKET_ZONE
from simulator.base.draw import Draw
from simulator.world.channels import Channel, Snapshot, channels_of, midnight_minute
from simulator.world.irregularities import EXCHANGE, Condition, Irregularity
from simulator.world.readings import Readings
from simulator.world.world import World

if TYPE_CHECKING:
    from simulator.world.stretch import Stretch

_UNITS = {"KWH": "kWh", "KVARH": "kVArh", "WH": "Wh", "VARH": "VArh", "MWH": "MWh", "V": "V"}
_DAY_MINUTES = 1440


class Metering:
    """The readings of a world."""

    __slots__ = ("_odd", "draw", "world")

    def __init__(self, world: World, draw: Draw, odd: Iterable[Irregularity] = ()) -> None:
        self.world = world
        self.draw = draw
        self._odd: dict[str, list[Irregularity]] = {}
        for each in odd:
            self._odd.setdefault(each.nmi, []).append(each)

    def channels(self, nmi: str) -> tuple[Channel, ...]:
        """Every register of a NMI that has readings, removed meters aside."""
        point = self.world.point(nmi)
        return () if point is None else tuple(channels_of(point))

    def odd(self, channel: Channel) -> tuple[Irregularity, ...]:
        """What a scenario declared about a register, in the order of the file."""
        found = self._odd.get(channel.nmi, ())
        return tuple(each for each in found if each.suffix in (None, channel.suffix))

    def exchanges(self, nmi: str) -> tuple[Irregularity, ...]:
        """Meter exchanges of a NMI, earliest first."""
        found = (each for each in self._odd.get(nmi, ()) if each.kind == EXCHANGE)
        return tuple(sorted(found, key=lambda each: each.start))

    def late(self) -> tuple[Irregularity, ...]:
        """What arrives later than it should."""
        return tuple(each for found in self._odd.values() for each in found if each.reported is not None)

    def exchanged(self) -> dict[str, str]:
        """Serial numbers of meters that came by an exchange, and the NMI they came to."""
        all_odd = (each for found in self._odd.values() for each in found)
        return {each.meter: each.nmi for each in all_odd if each.kind == EXCHANGE and each.meter is not None}

    def snapshot(self, now: datetime) -> Snapshot:
        """What was received up to now."""
        return Snapshot(now, self.world.readings.frozen())

    def stretch(
        self, channel: Channel, minutes: int, first: int, last: int, seen: Snapshot, real: bool = False
    ) -> Stretch | None:
        """Readings in intervals of ``minutes`` that begin from minute ``first`` on and end by ``last``.

        None where the register has none of that length. ``real`` asks for the energy itself: gaps are filled by it.
        """
        from simulator.world import stretch  # noqa: PLC0415 - brings numpy, which only readings need

        return stretch.build(stretch.Asked(channel, self.draw, self.odd(channel), seen, real), minutes, first, last)

    def file_days(
        self, nmi: str, first: date, last: date, now: datetime, received: Readings | None = None
    ) -> Iterator[IntervalDay]:
        """The days of a NMI as meter data files tell them, register by register, both ends included; whole days.

        ``received`` are the readings to go by, where not all that there are by now.
        """
        seen = self.snapshot(now) if received is None else Snapshot(now, received.frozen())
        for channel in self.channels(nmi):
            if not (channel.has_intervals and channel.direction):
                continue
            day = first
            while day <= last:
                found = self._file_day(channel, day, seen)
                if found is not None:
                    yield found
                day += timedelta(days=1)

    def _file_day(self, channel: Channel, day: date, seen: Snapshot) -> IntervalDay | None:
        received = next(seen.received(channel, day, day), None)
        if received is not None:
            return received
        start = midnight_minute(day)
        found = self.stretch(channel, channel.minutes, start, start + _DAY_MINUTES, seen)
        if found is None or len(found.numbers) * channel.minutes != _DAY_MINUTES:
            return None
        texts = [_decimal(number, found.decimals, found.missing) for number in found.numbers.tolist()]
        spans = tuple(_spans(found.conditions()))
        details = _details(channel)
        updated = datetime.combine(day + timedelta(days=1), datetime.min.time(), MARKET_ZONE)
        if len(spans) == 1:
            return IntervalDay(details, day, ",".join(texts), spans[0].quality, spans[0].reason, updated_at=updated)
        return IntervalDay(details, day, ",".join(texts), "V", updated_at=updated, events=spans)


def _details(channel: Channel) -> NmiDataDetails:
    registers = "".join(register.suffix for register in channel.meter.registers)
    unit = _UNITS.get(channel.register.unit, channel.register.unit)
    suffix = channel.suffix
    return NmiDataDetails(
        channel.nmi,
        registers,
        channel.register.register_id,
        suffix,
        suffix,
        channel.meter.serial,
        unit,
        channel.minutes,
    )


def _decimal(number: int, decimals: int, missing: int) -> str:
    return "0" if number == missing else format(Decimal(number).scaleb(-decimals), "f")


def _spans(conditions: Iterable[Condition]) -> Iterator[IntervalEvent]:
    """Runs of one quality, counted from 1."""
    start, before = 1, None
    number = 0
    for number, condition in enumerate(conditions, 1):
        if before is not None and _told(condition) != _told(before):
            yield IntervalEvent(start, number - 1, *_told(before))
            start = number
        before = condition
    if before is not None:
        yield IntervalEvent(start, number, *_told(before))


def _told(condition: Condition) -> tuple[str, int | None, str]:
    return condition.quality, condition.reason, condition.description
