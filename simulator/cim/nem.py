"""Between the market's words and IEC 61968-9: the only place that maps one to the other, in both directions.

The trap: AEMO sees flows from the market. *Export* (suffix E, Q) is energy from the grid to the customer, which CIM
calls forward (1); *import* (suffix B, K) is energy into the grid, CIM's reverse (19). Netstream follows AEMO's words.
Quality codes: our proposal for Netstream's flags (names documented, codes not), after what real systems send.
"""

from __future__ import annotations

from types import MappingProxyType

from simulator.base.errors import BadValue
from simulator.cim.codes import Accumulation, Commodity, FlowDirection, MeasurementKind, Phases, Unit
from simulator.cim.reading_type import ReadingType

_FORWARD, _REVERSE = FlowDirection.forward, FlowDirection.reverse
SUFFIX_FLOWS = MappingProxyType(
    {
        "E": (_FORWARD, Unit.Wh),
        "B": (_REVERSE, Unit.Wh),
        "Q": (_FORWARD, Unit.VArh),
        "K": (_REVERSE, Unit.VArh),
    }
)
"""First letter of a NMI suffix to flow direction and unit."""

ENERGY_UNITS = MappingProxyType(
    {
        prefix + unit.name.upper(): (power, unit)
        for prefix, power in (("", 0), ("K", 3), ("M", 6))
        for unit in (Unit.Wh, Unit.VArh, Unit.VAh)
    }
)
"""Upper-case unit of a meter data file to power of ten and CIM unit."""

PERIOD_CODES = MappingProxyType({1: 3, 5: 6, 10: 1, 15: 2, 20: 31, 30: 5, 60: 7, 1440: 4})
"""Minutes of an interval to the measuring period; 1440 is the calendar day."""

FLAG_QUALITIES = MappingProxyType(
    {
        "Null": "2.5.259",
        "Actual": "1.0.0",
        "Overflow": "1.4.1",
        "Partial interval": "1.4.2",
        "Skipped interval": "1.4.4",
        "Power failure": "1.2.32",
        "Estimated": "3.8.0",
        "Substituted": "3.8.0",
        "Edited": "3.7.0",
    }
)
"""Netstream's flags to quality codes."""

MDFF_QUALITIES = MappingProxyType({"A": "1.0.0", "E": "3.8.0", "F": "3.8.0", "N": "2.5.259", "S": "3.8.0"})
"""Quality flag of a meter data file to quality code. V is no quality: it points to the 400 records."""


def reading_type_of(suffix: str, unit: str, minutes: int) -> ReadingType:
    """``("E1", "kWh", 5)`` → ``0.0.6.4.1.1.12.0.0.0.0.0.0.0.224.3.72.0``; 1440 minutes for daily sums.

    Raises `BadValue`: ``cim.suffix`` for a suffix whose direction is not known, or whose unit is of another kind;
    ``cim.unit`` for a unit that is not of energy; ``cim.interval`` for a length without a code.
    """
    flow, kind = _flow(suffix)
    power, found = _unit(unit)
    if found != kind:
        raise BadValue(f"suffix {suffix[:8]!r} is measured in {kind.name}, not in {unit[:12]!r}", rule="cim.suffix")
    if minutes not in PERIOD_CODES:
        known = ", ".join(map(str, PERIOD_CODES))
        raise BadValue(f"no reading type has intervals of {minutes} minutes; known are {known}", rule="cim.interval")
    return _energy(flow, power, found, measuring_period=PERIOD_CODES[minutes], accumulation=Accumulation.deltaData)


def register_type_of(direction: str, unit: str, tou: int = 0) -> ReadingType:
    """``("E", "kWh")`` → ``0.0.0.1.1.1.12.0.0.0.0.0.0.0.224.3.72.0``: a dial; I is import, ``tou`` its rate.

    Raises `BadValue` as `reading_type_of` does.
    """
    if direction not in ("E", "I"):
        raise BadValue(f"{direction[:8]!r} is neither E (export) nor I (import)", rule="cim.direction")
    power, found = _unit(unit)
    flow = _FORWARD if direction == "E" else _REVERSE
    return _energy(flow, power, found, accumulation=Accumulation.bulkQuantity, tou=tou)


def suffix_letter_of(reading_type: ReadingType) -> str | None:
    """The first letter of the NMI suffix whose data a reading type asks for; None when it asks for none of them."""
    asked = (reading_type.flow_direction, reading_type.unit)
    energy = reading_type.measurement_kind == MeasurementKind.energy
    return next((letter for letter, flow in SUFFIX_FLOWS.items() if energy and flow == asked), None)


def unit_of(reading_type: ReadingType) -> str | None:
    """The unit in the market's spelling (kWh); None when it is not one of energy."""
    asked = (reading_type.multiplier, reading_type.unit)
    known = any(asked == pair for pair in ENERGY_UNITS.values())
    return reading_type.symbol if known else None


def _flow(suffix: str) -> tuple[FlowDirection, Unit]:
    found = SUFFIX_FLOWS.get(suffix[:1]) if len(suffix) == 2 else None
    if found is None:
        raise BadValue(f"{suffix[:8]!r} is no suffix of known direction: E, B, Q or K and a digit", rule="cim.suffix")
    return found


def _unit(unit: str) -> tuple[int, Unit]:
    found = ENERGY_UNITS.get(unit.upper()) if len(unit) <= 8 else None
    if found is None:
        raise BadValue(f"{unit[:12]!r} is no unit of energy: {', '.join(ENERGY_UNITS)}", rule="cim.unit")
    return found


def _energy(flow: FlowDirection, power: int, unit: Unit, **more: int) -> ReadingType:
    asked = ReadingType(
        flow_direction=flow,
        commodity=Commodity.electricitySecondaryMetered,
        measurement_kind=MeasurementKind.energy,
        phases=Phases.phasesABC,
        multiplier=power,
        unit=unit,
        **more,
    )
    return ReadingType.parse(asked.text)


def _catalogue() -> tuple[str, ...]:
    intervals = [
        f"0.0.{period}.4.{flow}.1.12.0.0.0.0.0.0.0.224.3.{unit}.0"
        for period in (6, 2, 5, 7, 4)
        for unit in (72, 73, 71)
        for flow in (1, 19)
    ]
    registers = [f"0.0.0.1.{flow}.1.12.0.0.0.0.{tou}.0.0.224.3.72.0" for flow in (1, 19) for tou in range(5)]
    others = (
        "8.0.0.4.1.1.12.0.0.0.0.0.0.0.224.3.72.0",
        "8.8.5.6.1.1.8.0.0.0.0.0.0.0.224.3.38.0",
        "0.0.7.4.1.9.58.0.0.0.0.0.0.0.0.0.42.0",
    )
    return (*intervals, *registers, *others)


CATALOGUE: tuple[str, ...] = _catalogue()
"""Reading types that a usage point may have by default: ours, for Netstream's own list was not found."""
