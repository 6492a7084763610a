"""Readings as reports see them: the only place here that knows where they come from and what energy they mean.

Energy is net: what came from the grid (suffixes E and of accumulation registers) less what went into it (B), in kWh.
Reports walk over days of NMIs: an index stands for a NMI and a day of the period asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import date, timedelta
from decimal import Decimal

from simulator.asexml.mdff_model import Accumulation, IntervalDay, LegacyConsumption
from simulator.market import replication_nmi as nmis
from simulator.market.operator import Operator
from simulator.market.report_asking import unknown_nmi
from simulator.market.report_model import VISITED
from simulator.market.report_tables import assumed, limits, refuse
from simulator.market.report_values import Asked, Line
from simulator.market.rules import Rejection
from simulator.world.calendar import DAY
from simulator.world.channels import midnight_minute
from simulator.world.metering import Metering
from simulator.world.model import ConnectionPoint
from simulator.world.readings import Reading, Readings
from simulator.world.world import holders

INTERVAL, CONSUMPTION = "I", "C"
"""Data types as RM16 shows them."""
_UNITS = {"KWH": Decimal(1), "WH": Decimal("0.001"), "MWH": Decimal(1000)}
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
HALF_HOURS, FIVE_MINUTES = 48, 288
Held = dict[str, str]
"""Role → who holds it."""


def period(asked: Asked) -> tuple[date, date]:
    """The days asked for, both included; by default the last whole week (``assume.report-week``)."""
    since_its_end = (asked.today.weekday() - WEEKDAYS.index(assumed("assume.report-week")) + 1) % 7
    last = asked.today - timedelta(since_its_end or 7)
    first = asked.day("FromDate")
    end = asked.day("ToDate")
    if first is None and end is None:
        return last - 6 * DAY, last
    return first or end or last, end or first or last


def period_problem(op: Operator, asked: Asked) -> Rejection | None:
    """A period longer than the report covers, a NMI nobody knows, or a data type that is none."""
    first, last = period(asked)
    most = limits()[asked.name].days
    if last < first or (last - first).days >= most:
        return refuse("report.dates", f"[FromDate] to [ToDate] is more than {most} days")
    if asked.text("DataType") and not data_type(asked):
        return refuse("report.code", f"Value of [DataType] is invalid: {asked.text('DataType')[:40]}")
    return unknown_nmi(op, asked)


def data_type(asked: Asked) -> str:
    """The kind of data asked for: I, C, or "" where none was asked for."""
    letter = asked.text("DataType")[:1].upper()
    return letter if letter in (INTERVAL, CONSUMPTION) else ""


def days_of_nmis(op: Operator, asked: Asked) -> int:
    """How many subjects there are: a day of a NMI each; of the NMI asked for only, where one was."""
    first, last = period(asked)
    nmis = 1 if asked.text("NMI") else op.history.nmis(op.world)
    return nmis * ((last - first).days + 1)


def of_each(
    lines: Callable[[Operator, Asked, ConnectionPoint, date, Held], Iterator[Line]],
    wanted: Callable[[Asked, ConnectionPoint, Held], bool] = lambda asked, point, held: True,
) -> Callable[[Operator, Asked, int], Iterator[Line]]:
    """The lines of a subject, made of a NMI, a day and its roles; none where the asker may not see it, or it is not
    wanted."""

    def of_one(op: Operator, asked: Asked, index: int) -> Iterator[Line]:
        point, day = _subject(op, asked, index)
        held = {} if point is None else _visible(asked, point, day)
        if point is not None and held and wanted(asked, point, held):
            yield VISITED
            yield from lines(op, asked, point, day, held)

    return of_one


def _subject(op: Operator, asked: Asked, index: int) -> tuple[ConnectionPoint | None, date]:
    """The connection point and the day an index stands for."""
    first, last = period(asked)
    place, day = divmod(index, (last - first).days + 1)
    nmi = asked.text("NMI") or op.history.nmi(op.world, place)
    return _point(op, asked, nmi), first + day * DAY


def _point(op: Operator, asked: Asked, nmi: str) -> ConnectionPoint | None:
    """What MSATS held about a NMI as of AsAtDate."""
    if asked.as_at < asked.at and op.history.changed(nmi):
        then = nmis.versions(op, nmi, op.history.changes_by(asked.as_at))
        return then[-1] if then else None
    return op.world.point(nmi)


def as_at_lost(op: Operator, asked: Asked) -> str:
    """What may be missing of the period, and of what MSATS held as of AsAtDate."""
    since, told = op.world.readings.known_from, [nmis.lost_in(op, period(asked)[0])]
    if asked.as_at < asked.at:
        told.append(nmis.lost_as_of(op, op.history.changes_by(asked.as_at)))
    if since is not None and asked.as_at < min(since, asked.at):
        told.append(f"some meter data that was replaced up to {since:%Y-%m-%d} is no longer kept")
    return "; ".join(filter(None, told))


def received(op: Operator, asked: Asked, nmi: str) -> Readings:
    """The readings of a NMI that MSATS had as of AsAtDate (``assume.report-as-at``)."""
    return op.world.readings.as_at(nmi, asked.as_at)


def _visible(asked: Asked, point: ConnectionPoint, day: date) -> Held:
    """Who holds which role on a day, if the asker holds one that may see the report; else nothing."""
    held = holders(point, day)
    may = limits()[asked.name].roles
    provider = asked.text("MDP")
    if provider and held.get("MDP") != provider:
        return {}
    return held if any(party == asked.sender and role in may for role, party in held.items()) else {}


def interval_days(op: Operator, asked: Asked, point: ConnectionPoint, day: date) -> list[IntervalDay]:
    """The interval readings of a day, register by register: those received, else those grown for its data streams."""
    readings = received(op, asked, point.nmi)
    if op.metering is None:
        return [each for each in readings.days(point.nmi) if each.date == day]
    streams = {each.suffix for each in point.data_streams if each.from_date <= day <= each.to_date}
    found = op.metering.file_days(point.nmi, day, day, asked.as_at, readings)
    return [
        each for each in found if each.suffix in streams or readings.holding(point.nmi, each.suffix, day) is not None
    ]


def accumulations(
    op: Operator, asked: Asked, nmi: str, day: date
) -> Iterator[tuple[Accumulation | LegacyConsumption, int]]:
    """The accumulations a day is part of, and over how many days each goes: after the previous read to the current."""
    for each in received(op, asked, nmi).accumulations(nmi):
        if isinstance(each, Accumulation):
            first, last = each.previous.read_at.date() + DAY, each.current.read_at.date()
        else:
            first, last = each.from_date, each.to_date
        if first <= day <= last:
            yield each, (last - first).days + 1


def known_suffixes(op: Operator, asked: Asked, point: ConnectionPoint, day: date, wanted: Sequence[str]) -> set[str]:
    """Which of these registers have interval readings for a day: received, or grown without a gap."""
    readings = received(op, asked, point.nmi)
    there = {suffix for suffix in wanted if readings.holding(point.nmi, suffix, day) is not None}
    if op.metering is None or day >= asked.as_at.date() or len(there) == len(set(wanted)):
        return there
    grown = _without_gaps(op.metering, point.nmi, day)
    if grown is not None:
        return there | grown
    days = interval_days(op, asked, point, day)
    return there | {each.suffix for each in days if not each.quality.startswith("N")}


def _without_gaps(metering: Metering, nmi: str, day: date) -> set[str] | None:
    """The registers that have grown readings for a day; None where a scenario says that some are missing."""
    channels = [each for each in metering.channels(nmi) if each.has_intervals and each.direction]
    if any(odd.kind == "missing" for each in channels for odd in metering.odd(each)):
        return None
    return {each.suffix for each in channels if each.beginning <= midnight_minute(day)}


def factor(suffix: str, unit: str) -> Decimal:
    """What a value counts in net kWh; 0 for what is no energy."""
    size = _UNITS.get(unit.upper(), Decimal(0))
    letter = suffix[:1].upper()
    if letter == "B":
        return -size
    return size if letter == "E" or letter.isdigit() else Decimal(0)


def spread(values: Sequence[Decimal], count: int) -> list[Decimal]:
    """A day's values in another number of intervals: summed up to longer ones, shared out evenly to shorter ones."""
    if len(values) == count:
        return list(values)
    if len(values) > count and len(values) % count == 0:
        step = len(values) // count
        return [sum(values[at : at + step], Decimal(0)) for at in range(0, len(values), step)]
    share = Decimal(len(values)) / count
    return [values[at * len(values) // count] * share for at in range(count)]


def net(days: Sequence[IntervalDay], count: int) -> list[Decimal]:
    """Net energy of a day over all its registers, in ``count`` intervals."""
    total = [Decimal(0)] * count
    for each in days:
        sign = factor(each.suffix, each.unit)
        if sign:
            total = [held + sign * value for held, value in zip(total, spread(each.values, count), strict=True)]
    return total


def last_day(reading: Reading) -> date:
    """The day a reading is of; of an accumulation, the day of the read."""
    if isinstance(reading, IntervalDay):
        return reading.date
    return reading.current.read_at.date() if isinstance(reading, Accumulation) else reading.to_date


def daily(each: Accumulation | LegacyConsumption, days: int, day: date) -> Decimal:
    """The net energy of one day of an accumulation, as if it had been used evenly, or all of it on its last day
    (``assume.report-even-use``)."""
    if assumed("assume.report-even-use") == "on the last day":
        if day != last_day(each):
            return Decimal(0)
        days = 1
    if isinstance(each, Accumulation):
        return each.quantity * abs(factor(each.suffix, each.unit)) * (-1 if each.direction == "I" else 1) / days
    return each.value * factor(each.suffix, "KWH") / days
