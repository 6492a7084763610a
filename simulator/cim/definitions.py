"""Definitions of the reading types and qualities that a response refers to: each once, and only those."""

from __future__ import annotations

from enum import IntEnum

from msgspec.structs import replace

from simulator.base.errors import BadValue
from simulator.cim.model import MeterReading, MeterReadings, Name, QualityDefinition, Rational, TypeDefinition
from simulator.cim.quality import Quality
from simulator.cim.reading_type import ReadingType


def with_definitions(response: MeterReadings) -> MeterReadings:
    """The response with the definitions of what its readings refer to, in the order of first mention."""
    types: dict[str, None] = {}
    qualities: dict[str, None] = {}
    for reading in response.meter_readings:
        _note(reading, types, qualities)
    return replace(
        response,
        reading_types=tuple(map(type_definition, types)),
        reading_quality_types=tuple(map(quality_definition, qualities)),
    )


def _note(reading: MeterReading, types: dict[str, None], qualities: dict[str, None]) -> None:
    for block in reading.interval_blocks:
        types.setdefault(block.reading_type)
        notes = (note for kind in block.remarks.kinds for note in kind.qualities)
        qualities.update(dict.fromkeys(note.code for note in notes))
    for single in reading.readings:
        types.setdefault(single.reading_type)
        qualities.update(dict.fromkeys(note.code for note in single.qualities))


def type_definition(code: str) -> TypeDefinition:
    """What a reading type means; of one that is no 18-part code only the mRID is known."""
    try:
        decoded = ReadingType.parse(code)
    except BadValue:
        return TypeDefinition(mrid=code, names=(Name(code),))
    return TypeDefinition(
        mrid=code,
        accumulation=_name(decoded.accumulation),
        aggregate=_name(decoded.aggregate),
        commodity=_name(decoded.commodity),
        consumption_tier=decoded.consumption_tier,
        cpp=decoded.cpp,
        currency=str(decoded.currency),
        flow_direction=_name(decoded.flow_direction),
        macro_period=_name(decoded.macro_period),
        measurement_kind=_name(decoded.measurement_kind),
        measuring_period=_name(decoded.measuring_period),
        multiplier=_name(decoded.multiplier),
        phases=_name(decoded.phases),
        tou=decoded.tou,
        unit=_name(decoded.unit),
        argument=Rational(decoded.argument_denominator, decoded.argument_numerator),
        interharmonic=Rational(decoded.interharmonic_denominator, decoded.interharmonic_numerator),
        names=(Name(decoded.description or code),),
    )


def quality_definition(code: str) -> QualityDefinition:
    """What a quality code means; of one that is no three-part code only the mRID is known."""
    try:
        decoded = Quality.parse(code)
    except BadValue:
        return QualityDefinition(mrid=code, names=(Name(code),))
    category = _name(decoded.category)
    names = (Name(decoded.description),)
    return QualityDefinition(code, category, str(decoded.subcategory), _name(decoded.system), names)


def _name(code: int) -> str:
    """The literal name, or the number of a code that has none."""
    return code.name if isinstance(code, IntEnum) else str(code)
