"""Which readings a reading type asks for: the only place that sorts the 18 positions into what Netstream can answer."""

from __future__ import annotations

from functools import lru_cache

import msgspec

from simulator.cim.codes import (
    Accumulation,
    Aggregate,
    Commodity,
    FlowDirection,
    MacroPeriod,
    MeasurementKind,
    Phases,
    Unit,
)
from simulator.cim.nem import suffix_letter_of
from simulator.cim.reading_type import ReadingType

_FLOWS = {FlowDirection.forward: "E", FlowDirection.reverse: "B"}
_OF_BOTH: dict[tuple[int, int], tuple[str, str]] = {
    (FlowDirection.forward, Unit.VAh): ("EQ", "apparent"),
    (FlowDirection.reverse, Unit.VAh): ("BK", "apparent"),
    (FlowDirection.net, Unit.Wh): ("EB", "net"),
    (FlowDirection.net, Unit.VArh): ("QK", "net"),
    (FlowDirection.total, Unit.Wh): ("EB", "total"),
    (FlowDirection.total, Unit.VArh): ("QK", "total"),
}
"""Energy that is made of that of two directions."""
_VOLTAGE = (MeasurementKind.voltageRMS, MeasurementKind.voltage)
_BY_MONTH = (MacroPeriod.billingPeriod, MacroPeriod.monthly)
_BY_PERIOD = (MacroPeriod.none, MacroPeriod.specifiedPeriod, MacroPeriod.daily)
_ALL_PHASES = (Phases.none, Phases.phasesABC)


class Wanted(msgspec.Struct, frozen=True):
    """What a reading type asks for. ``form``: ``intervals`` of ``minutes``, ``days``, ``months`` (a consumption each),
    ``dial`` (at the turn of the month), ``demand`` (the highest of a month, from intervals of ``minutes``).

    ``direction`` is that of a channel (E, B, Q, K, V), or those of two that it is ``made`` of (``apparent``, ``net``,
    ``total``), ``power`` of ten its unit's, ``tou`` a time-of-use rate.
    """

    code: str
    form: str
    direction: str
    minutes: int = 0
    power: int = 0
    tou: int = 0
    made: str = ""


@lru_cache(4096)
def wanted(code: str) -> Wanted | None:
    """What a code asks for; None when usage points have no such readings."""
    asked = ReadingType.parse(code)
    if not _plain(asked):
        return None
    if asked.measurement_kind in _VOLTAGE:
        return _voltage(asked)
    if asked.measurement_kind == MeasurementKind.demand:
        return _demand(asked)
    return _energy(asked)


def _plain(asked: ReadingType) -> bool:
    """Electricity of all phases, without harmonics, arguments, critical peaks, tiers and money."""
    extras = (
        asked.interharmonic_numerator,
        asked.interharmonic_denominator,
        asked.argument_numerator,
        asked.argument_denominator,
        asked.cpp,
        asked.consumption_tier,
        asked.currency,
    )
    known = asked.commodity == Commodity.electricitySecondaryMetered and -12 <= asked.multiplier <= 12
    return known and not any(extras) and asked.phases in _ALL_PHASES and 0 <= asked.tou <= 3


def _energy(asked: ReadingType) -> Wanted | None:
    letter, form, made = suffix_letter_of(asked) or "", _form(asked), ""
    if not letter and asked.measurement_kind == MeasurementKind.energy and form != "dial":
        letter, made = _OF_BOTH.get((asked.flow_direction, asked.unit), ("", ""))
    if not letter or form is None or asked.aggregate not in (Aggregate.none, Aggregate.sum):
        return None
    minutes = (asked.minutes or 0) if form == "intervals" else 0
    return Wanted(asked.text, form, letter, minutes, int(asked.multiplier), asked.tou, made)


def _form(asked: ReadingType) -> str | None:
    """Dial, months, days or intervals; rates of time of use only for the first two."""
    delta = asked.accumulation == Accumulation.deltaData
    if asked.measuring_period == 0 and asked.macro_period != MacroPeriod.daily:
        if asked.macro_period == MacroPeriod.none:
            return "dial" if asked.accumulation == Accumulation.bulkQuantity else None
        return "months" if delta and asked.macro_period in _BY_MONTH else None
    if not delta or asked.tou or asked.macro_period not in _BY_PERIOD:
        return None
    if asked.calendar_period == "day":
        return "days"
    return "intervals" if asked.minutes and asked.minutes <= 60 else None


def _demand(asked: ReadingType) -> Wanted | None:
    letter = _FLOWS.get(FlowDirection(asked.flow_direction)) if asked.flow_direction in _FLOWS else None
    by_month = asked.macro_period in _BY_MONTH and asked.aggregate == Aggregate.maximum
    minutes = {5: 30, 6: 5, 2: 15, 7: 60}.get(int(asked.measuring_period))
    if letter is None or not by_month or minutes is None or asked.unit != Unit.W:
        return None
    return Wanted(asked.text, "demand", letter, minutes, int(asked.multiplier), asked.tou)


def _voltage(asked: ReadingType) -> Wanted | None:
    minutes, mean = asked.minutes, asked.aggregate in (Aggregate.none, Aggregate.average, Aggregate.normal)
    if asked.unit != Unit.V or not minutes or minutes > 60 or not mean or asked.macro_period != MacroPeriod.none:
        return None
    return Wanted(asked.text, "intervals", "V", minutes, int(asked.multiplier))
