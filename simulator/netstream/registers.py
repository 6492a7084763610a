"""Single readings: dials at the turn of the month, consumption of months, maximum demand. Needs numpy.

A dial of a generated register starts from a number of its own and counts the energy of the intervals, so that the
difference of two readings is the sum of what lies between them. Dials received (NEM13) stand for themselves.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, tzinfo
from decimal import Decimal
from math import lcm
from typing import Protocol

from simulator.asexml.mdff_model import RegisterRead
from simulator.base.clock import MARKET_ZONE
from simulator.base.pausing import Pausing
from simulator.cim.model import Interval, Reading
from simulator.cim.nem import MDFF_QUALITIES
from simulator.cim.series import QualityNote
from simulator.netstream.calendar_sums import HALF_YEAR, Span, Sum, at_rate, by_days, highest, periods, portions, sums
from simulator.netstream.kinds import Wanted
from simulator.netstream.local_time import local
from simulator.netstream.remarks import remark
from simulator.world.channels import Channel, Snapshot, minute_of, moment_of
from simulator.world.metering import Metering
from simulator.world.stretch import Stretch

_ANCHOR = minute_of(datetime(2025, 1, 1, tzinfo=MARKET_ZONE))
"""Where the dials of generated registers stand at the number drawn for them (`netstream.dial-anchor`)."""
_FIRST_DIAL = (20_000_000, 60_000_000)
"""Wh."""


class Maker(Protocol):
    """What makes the answer: it knows the registers' readings and what was received."""

    metering: Metering
    seen: Snapshot
    now: int

    def stretch(
        self, channels: list[Channel], minutes: int, first: int, last: int, real: bool = False, made: str = ""
    ) -> Pausing[Stretch | None]:
        """The sum of registers in intervals that end within ``(first, last]``."""
        ...


def single_readings(
    maker: Maker, channels: list[Channel], wanted: Wanted, span: tuple[int, int], where: tzinfo
) -> Pausing[list[Reading]]:
    """The readings of one type that are due within ``(first, last]``."""
    due = periods(span[0], min(span[1], maker.now), where, months=True)
    if wanted.form == "dial":
        found = list(_received_dials(maker, channels, wanted, span, where))
        own = [channel for channel in channels if not maker.seen.dials(channel)]
        ends = [end for _, end in due if own]
        total = [0] * len(ends)
        for channel in own:
            shown = yield from _dials(maker, channel, wanted, ends, where)
            total = [one + other for one, other in zip(total, shown, strict=True)]
        return found + [_reading(wanted, each, 3, local(end, where)) for each, end in zip(total, ends, strict=True)]
    found = []
    for some in portions(due):
        found += yield from _of_months(maker, channels, wanted, some, where)
    return found


def _of_months(
    maker: Maker, channels: list[Channel], wanted: Wanted, due: Sequence[Span], where: tzinfo
) -> Pausing[list[Reading]]:
    by_month = wanted.form == "months"
    first, last = due[0][0], due[-1][1]
    minutes = grain(maker, channels, first, last) if by_month else wanted.minutes
    hours = yield from maker.stretch(channels, minutes, first, last, made=wanted.made)
    if hours is None:
        return []
    rate = at_rate(hours, wanted.tou, where)
    if by_month:
        return [_summed(wanted, each, each.end, where) for each in sums(hours, due, rate)]
    found = []
    for each in highest(hours, due, rate):
        power = Sum(each.start, each.end, each.number * (60 // minutes), each.decimals, each.condition)
        found.append(_summed(wanted, power, each.at, where))
    return found


def grain(maker: Maker, channels: list[Channel], first: int, last: int) -> int:
    """Minutes of the intervals that sums are made of: those of the meters and of the files they were received in."""
    begin, end = moment_of(first).date(), moment_of(last).date()
    received = {day.interval_length for channel in channels for day in maker.seen.received(channel, begin, end)}
    return lcm(*(channel.minutes for channel in channels), *received)


def _reading(wanted: Wanted, number: int, decimals: int, at: datetime) -> Reading:
    return Reading(wanted.code, Decimal(number).scaleb(3 - decimals - wanted.power), at)


def _summed(wanted: Wanted, each: Sum, at: int, where: tzinfo) -> Reading:
    value = Decimal(each.number).scaleb(3 - each.decimals - wanted.power)
    period = Interval(local(each.start, where), local(each.end, where))
    notes = remark(each.condition, where).qualities
    return Reading(wanted.code, value, local(at, where), qualities=notes, time_period=period)


# Dials


def _dials(maker: Maker, channel: Channel, wanted: Wanted, ends: list[int], where: tzinfo) -> Pausing[list[int]]:
    """Wh on the dial at each moment: it runs over as its format says, and starts again from 0 on a new meter."""
    whole, _, part = channel.register.dial_format.partition(".")
    coarse = 1 if channel.has_intervals else _power(3 - min(3, int(part or 0)))
    shown = []
    begin, at, energy = -1, -1, Decimal(0)
    for end in ends:
        zero, number = _zero(maker, channel, wanted, end)
        if zero != begin:
            begin, at, energy = zero, zero, Decimal(0)
        energy += yield from _energy(maker, channel, wanted, at, end, where)
        at = end
        # down to whole Wh, on either side of where it began
        number = (number + int(energy)) % _power(int(whole) + 3)
        shown.append(number - number % coarse)
    return shown


def _zero(maker: Maker, channel: Channel, wanted: Wanted, at: int) -> tuple[int, int]:
    """Where a dial began to count, and from what: the meter's exchange, else the anchor."""
    exchanges = [minute_of(each.start) for each in maker.metering.exchanges(channel.nmi)]
    since = [each for each in exchanges if each <= at]
    if since:
        return since[-1], 0
    low, high = _FIRST_DIAL
    return _ANCHOR, low + maker.metering.draw.of("dial", channel.nmi, channel.suffix, str(wanted.tou)).below(high - low)


def _power(exponent: int) -> int:
    return int(10**exponent)


def _energy(maker: Maker, channel: Channel, wanted: Wanted, first: int, last: int, where: tzinfo) -> Pausing[Decimal]:
    """Wh from one moment to another, less than 0 when the other is the earlier."""
    energy = Decimal(0)
    for low, high in by_days(min(first, last), max(first, last), HALF_YEAR):
        found = yield from maker.stretch([channel], grain(maker, [channel], low, high), low, high, real=True)
        if found is not None:
            for total in sums(found, ((low, high),), at_rate(found, wanted.tou, where)):
                energy += Decimal(total.number).scaleb(3 - total.decimals)
    return energy if last > first else -energy


def _received_dials(
    maker: Maker, channels: list[Channel], wanted: Wanted, span: tuple[int, int], where: tzinfo
) -> Iterator[Reading]:
    """What dials showed, as it was received; both ends of an accumulation, each once."""
    if wanted.tou:
        return
    for channel in channels:
        seen: dict[datetime, tuple[RegisterRead, str]] = {}
        for each in maker.seen.dials(channel):
            seen |= {read.read_at: (read, each.unit) for read in (each.previous, each.current)}
        for at, (read, unit) in sorted(seen.items()):
            if span[0] < minute_of(at) <= span[1]:
                power = {"K": 3, "M": 6}.get(unit.upper()[:1], 0)
                code = MDFF_QUALITIES.get(read.quality[:1])
                notes = () if code is None or read.quality[:1] == "A" else (QualityNote(code),)
                shown = local(minute_of(at), where)
                yield Reading(wanted.code, read.value.scaleb(power - wanted.power), shown, qualities=notes)
