"""The profiles as tables: which members each type has, in the order of the 2013 schema, how often and of what kind.

The only place that names the members. JSON and XML are read and written by walking these tables. In JSON a name starts
in lower case, and an optional member of a .NET value type is followed by its ``…Specified`` flag.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from types import MappingProxyType
from typing import Any

import msgspec

from simulator.cim import model
from simulator.cim.codes import READING_REASONS
from simulator.cim.series import QualityNote


class Kind(Enum):
    """How a single value is written. The last two have a shape of their own: an interval block, a list of numbers."""

    TEXT = "text"
    MOMENT = "time"
    BOOLEAN = "true or false"
    INTEGER = "whole number"
    NUMBER = "number"
    REASON = "reason"
    REF = "reference"
    BLOCK = "interval block"


FLAGGED = frozenset({Kind.MOMENT, Kind.BOOLEAN, Kind.REASON})
"""Kinds that are value types in .NET: optional ones come with a flag."""

DEFAULTS: Mapping[object, object] = MappingProxyType(
    {Kind.MOMENT: "0001-01-01T00:00:00", Kind.BOOLEAN: False, Kind.REASON: READING_REASONS[0]}
)
"""What .NET writes for a value type that was not given."""


@dataclass(frozen=True, slots=True)
class Member:
    """A member: its XML name, the attribute of the model, its kind or shape.

    ``many`` may occur any number of times, ``required`` at least once; ``always`` is written even when it is empty.
    """

    xml: str
    attribute: str
    kind: Kind | Shape
    many: bool = False
    required: bool = False
    always: bool = False
    key: str = field(init=False)
    """Its name in lower case, by which it is found."""
    json: str = field(init=False)
    """Its name in JSON."""
    flagged: bool = field(init=False)
    """Whether JSON has a ``…Specified`` flag beside it."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "key", self.xml.lower())
        object.__setattr__(self, "json", self.xml[0].lower() + self.xml[1:])
        object.__setattr__(self, "flagged", self.kind in FLAGGED and not self.required)


class Shape(msgspec.Struct, frozen=True, eq=False):
    """A type: how to make its value, and its members in schema order."""

    make: Callable[..., Any]
    members: tuple[Member, ...]


def _text(xml: str, attribute: str) -> Member:
    return Member(xml, attribute, Kind.TEXT)


def _one(xml: str, attribute: str, kind: Kind | Shape, required: bool = False) -> Member:
    return Member(xml, attribute, kind, required=required)


def _many(xml: str, attribute: str, kind: Kind | Shape, required: bool = False, always: bool = False) -> Member:
    return Member(xml, attribute, kind, True, required, always)


_NAME = Member("name", "name", Kind.TEXT, required=True)
_MRID = _text("mRID", "mrid")
AUTHORITY = Shape(model.NameTypeAuthority, (_text("description", "description"), _NAME))
NAME_TYPE = Shape(
    model.NameType, (_text("description", "description"), _NAME, _one("NameTypeAuthority", "authority", AUTHORITY))
)
NAME = Shape(model.Name, (_NAME, _one("NameType", "name_type", NAME_TYPE)))
_NAMES = _many("Names", "names", NAME)
IDENTIFIED = Shape(model.Identified, (_MRID, _NAMES))
INTERVAL = Shape(model.Interval, (_one("end", "end", Kind.MOMENT), _one("start", "start", Kind.MOMENT)))
STATUS = Shape(
    model.Status,
    (
        _one("dateTime", "date_time", Kind.MOMENT),
        _text("reason", "reason"),
        _text("remark", "remark"),
        _text("value", "value"),
    ),
)
EVENT_DETAIL = Shape(model.EventDetail, (_NAME, _text("value", "value")))


def _event(type_kind: Kind | Shape) -> Shape:
    return Shape(
        model.EndDeviceEvent,
        (
            _MRID,
            _one("createdDateTime", "created_at", Kind.MOMENT, required=True),
            _text("issuerID", "issuer_id"),
            _text("issuerTrackingID", "issuer_tracking_id"),
            _text("reason", "reason"),
            _text("severity", "severity"),
            _text("userID", "user_id"),
            _one("Assets", "assets", IDENTIFIED),
            _many("EndDeviceEventDetails", "details", EVENT_DETAIL),
            _one("EndDeviceEventType", "event_type", type_kind),
            _NAMES,
            _one("status", "status", STATUS),
            _one("UsagePoint", "usage_point", IDENTIFIED),
        ),
    )


_EVENT = _event(Kind.REF)

# the request
REQUESTED_READING = Shape(
    model.RequestedReading,
    (_one("reason", "reason", Kind.REASON), _text("source", "source"), _one("timePeriod", "time_period", INTERVAL)),
)
COINCIDENT_READING = Shape(
    model.CoincidentReading,
    (
        _one("reason", "reason", Kind.REASON),
        _text("source", "source"),
        _one("ReadingType", "reading_type", IDENTIFIED),
        _one("timePeriod", "time_period", INTERVAL),
    ),
)
COINCIDENT_REQUEST = Shape(
    model.CoincidentRequest,
    (
        _one("isCoincidentTrigger", "is_coincident_trigger", Kind.BOOLEAN),
        _one("EndDeviceEvents", "end_device_events", _EVENT),
        _one("Meter", "meter", IDENTIFIED),
        _one("Readings", "readings", COINCIDENT_READING),
        _one("UsagePoint", "usage_point", IDENTIFIED),
    ),
)
REQUESTED_QUALITY = Shape(
    model.RequestedQuality, (_one("ReadingQualityType", "quality_type", IDENTIFIED, required=True),)
)
TIME_SCHEDULE = Shape(model.TimeSchedule, (_one("scheduleInterval", "schedule_interval", INTERVAL, required=True),))
GET_METER_READINGS = Shape(
    model.GetMeterReadings,
    (
        _many("EndDevice", "end_devices", IDENTIFIED),
        _many("EndDeviceGroup", "end_device_groups", IDENTIFIED),
        _one("MeterReadings", "meter_readings", COINCIDENT_REQUEST),
        _many("Reading", "readings", REQUESTED_READING, always=True),
        _many("ReadingQuality", "reading_qualities", REQUESTED_QUALITY, always=True),
        _many("ReadingType", "reading_types", IDENTIFIED, always=True),
        _many("TimeSchedule", "time_schedules", TIME_SCHEDULE),
        _many("TransformerTank", "transformer_tanks", IDENTIFIED),
        _many("UsagePoint", "usage_points", IDENTIFIED, always=True),
        _many("UsagePointGroup", "usage_point_groups", IDENTIFIED),
    ),
)

# the response
QUALITY_NOTE = Shape(
    QualityNote,
    (
        _text("comment", "comment"),
        _text("source", "source"),
        _one("timeStamp", "time_stamp", Kind.MOMENT),
        _one("ReadingQualityType", "code", Kind.REF, required=True),
    ),
)
READING = Shape(
    model.Reading,
    (
        _one("reason", "reason", Kind.REASON),
        _one("reportedDateTime", "reported_at", Kind.MOMENT),
        _text("source", "source"),
        _one("timeStamp", "time_stamp", Kind.MOMENT),
        _one("value", "value", Kind.NUMBER),
        _many("ReadingQualities", "qualities", QUALITY_NOTE),
        _one("ReadingType", "reading_type", Kind.REF, required=True),
        _one("timePeriod", "time_period", INTERVAL),
    ),
)
PENDING_CALCULATION = Shape(
    model.PendingCalculation,
    (
        _one("multiplyBeforeAdd", "multiply_before_add", Kind.BOOLEAN),
        _one("offset", "offset", Kind.INTEGER),
        _one("scalarDenominator", "scalar_denominator", Kind.INTEGER),
        _one("scalarFloat", "scalar_float", Kind.NUMBER),
        _one("scalarNumerator", "scalar_numerator", Kind.INTEGER),
        _one("ReadingType", "reading_type", Kind.REF, required=True),
    ),
)
METER = Shape(model.Meter, (_MRID, _NAMES, _one("status", "status", STATUS)))
METER_READING = Shape(
    model.MeterReading,
    (
        _one("isCoincidentTrigger", "is_coincident_trigger", Kind.BOOLEAN),
        _many("EndDeviceEvents", "end_device_events", _EVENT),
        _many("IntervalBlocks", "interval_blocks", Kind.BLOCK),
        _one("Meter", "meter", METER),
        _many("Readings", "readings", READING),
        _one("UsagePoint", "usage_point", IDENTIFIED),
        _one("valuesInterval", "values_interval", INTERVAL),
    ),
)
QUALITY_DEFINITION = Shape(
    model.QualityDefinition,
    (
        _MRID,
        _text("category", "category"),
        _text("subCategory", "subcategory"),
        _text("systemId", "system_id"),
        _NAMES,
    ),
)
RATIONAL = Shape(
    model.Rational,
    (_one("denominator", "denominator", Kind.INTEGER), _one("numerator", "numerator", Kind.INTEGER)),
)
TYPE_DEFINITION = Shape(
    model.TypeDefinition,
    (
        _MRID,
        _text("accumulation", "accumulation"),
        _text("aggregate", "aggregate"),
        _text("commodity", "commodity"),
        _one("consumptionTier", "consumption_tier", Kind.INTEGER),
        _one("cpp", "cpp", Kind.INTEGER),
        _text("currency", "currency"),
        _text("flowDirection", "flow_direction"),
        _text("macroPeriod", "macro_period"),
        _text("measurementKind", "measurement_kind"),
        _text("measuringPeriod", "measuring_period"),
        _text("multiplier", "multiplier"),
        _text("phases", "phases"),
        _one("tou", "tou", Kind.INTEGER),
        _text("unit", "unit"),
        _one("argument", "argument", RATIONAL),
        _one("interharmonic", "interharmonic", RATIONAL),
        _NAMES,
    ),
)
METER_READINGS = Shape(
    model.MeterReadings,
    (
        _many("EndDeviceEventType", "end_device_event_types", IDENTIFIED),
        _many("MeterReading", "meter_readings", METER_READING, always=True),
        _many("ReadingQualityType", "reading_quality_types", QUALITY_DEFINITION, always=True),
        _many("ReadingType", "reading_types", TYPE_DEFINITION, always=True),
    ),
)
LARGE = (METER_READING, Kind.BLOCK)
"""Kinds that are written in pieces. A list of them may be made as it is written; a None in it is a pause."""
