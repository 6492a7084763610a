"""GetMeterReadings and MeterReadings as values: one model for JSON and XML.

After the IEC 61968-9 profiles of 2013. Members are in the profile's own words; references to reading and quality types
are their codes as text; times without an offset are local wall-clock time and stay so.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

import msgspec

from simulator.cim.series import QualityNote, RemarkIndex, Run, Values


class NameTypeAuthority(msgspec.Struct, frozen=True):
    """Who keeps a kind of names."""

    name: str
    description: str | None = None


class NameType(msgspec.Struct, frozen=True):
    """A kind of names, such as the NMI."""

    name: str
    description: str | None = None
    authority: NameTypeAuthority | None = None


class Name(msgspec.Struct, frozen=True):
    """A name of a thing, by which people know it."""

    name: str
    name_type: NameType | None = None


class Identified(msgspec.Struct, frozen=True):
    """A usage point, meter, group or type that is asked for: its mRID, or its names."""

    mrid: str | None = None
    names: tuple[Name, ...] = ()


class Interval(msgspec.Struct, frozen=True):
    """A period of time (DateTimeInterval)."""

    start: datetime | None = None
    end: datetime | None = None


class RequestedReading(msgspec.Struct, frozen=True):
    """What readings are asked for: mainly the period."""

    time_period: Interval | None = None
    reason: str | None = None
    source: str | None = None


class CoincidentReading(msgspec.Struct, frozen=True):
    """The reading that triggers coincident ones."""

    reading_type: Identified | None = None
    reason: str | None = None
    source: str | None = None
    time_period: Interval | None = None


class EventDetail(msgspec.Struct, frozen=True):
    """A named detail of an event."""

    name: str
    value: str | None = None


class Status(msgspec.Struct, frozen=True):
    """A state, since when and why."""

    date_time: datetime | None = None
    reason: str | None = None
    remark: str | None = None
    value: str | None = None


class EndDeviceEvent(msgspec.Struct, frozen=True):
    """Something that happened to a meter. ``event_type`` is the reference to its type."""

    created_at: datetime | None = None
    event_type: str | None = None
    mrid: str | None = None
    issuer_id: str | None = None
    issuer_tracking_id: str | None = None
    reason: str | None = None
    severity: str | None = None
    user_id: str | None = None
    assets: Identified | None = None
    details: tuple[EventDetail, ...] = ()
    names: tuple[Name, ...] = ()
    status: Status | None = None
    usage_point: Identified | None = None


class CoincidentRequest(msgspec.Struct, frozen=True):
    """Asks for readings that coincide with another reading or an event."""

    is_coincident_trigger: bool | None = None
    end_device_events: EndDeviceEvent | None = None
    meter: Identified | None = None
    readings: CoincidentReading | None = None
    usage_point: Identified | None = None


class RequestedQuality(msgspec.Struct, frozen=True):
    """Asks for readings of one quality only."""

    quality_type: Identified | None = None


class TimeSchedule(msgspec.Struct, frozen=True):
    """A schedule that readings are asked for."""

    schedule_interval: Interval | None = None


class GetMeterReadings(msgspec.Struct, frozen=True):
    """The request. What Netstream needs of it is told by `simulator.cim.request.wanting`."""

    end_devices: tuple[Identified, ...] = ()
    end_device_groups: tuple[Identified, ...] = ()
    meter_readings: CoincidentRequest | None = None
    readings: tuple[RequestedReading, ...] = ()
    reading_qualities: tuple[RequestedQuality, ...] = ()
    reading_types: tuple[Identified, ...] = ()
    time_schedules: tuple[TimeSchedule, ...] = ()
    transformer_tanks: tuple[Identified, ...] = ()
    usage_points: tuple[Identified, ...] = ()
    usage_point_groups: tuple[Identified, ...] = ()


class Meter(msgspec.Struct, frozen=True):
    """The meter that readings come from."""

    mrid: str | None = None
    names: tuple[Name, ...] = ()
    status: Status | None = None


class PendingCalculation(msgspec.Struct, frozen=True):
    """Arithmetic that is still to be done to the values of a block."""

    reading_type: str | None = None
    multiply_before_add: bool | None = None
    offset: int | None = None
    scalar_denominator: int | None = None
    scalar_float: Decimal | None = None
    scalar_numerator: int | None = None


class IntervalBlock(msgspec.Struct, frozen=True):
    """Readings of one reading type, one after another.

    ``times`` stamp the readings, at the end of their intervals; ``period`` is what the block spans. The compact form
    (``intervalBlockInts``) says the period, the standard form the times: have both to write either.
    """

    reading_type: str
    values: Values
    remarks: RemarkIndex = msgspec.field(default_factory=RemarkIndex)
    times: tuple[Run, ...] = ()
    period: Interval | None = None
    pending: PendingCalculation | None = None


class Reading(msgspec.Struct, frozen=True):
    """A single reading, of a register for example."""

    reading_type: str
    value: Decimal | None = None
    time_stamp: datetime | None = None
    reason: str | None = None
    reported_at: datetime | None = None
    source: str | None = None
    qualities: tuple[QualityNote, ...] = ()
    time_period: Interval | None = None


class MeterReading(msgspec.Struct, frozen=True):
    """The readings of one usage point or meter."""

    usage_point: Identified | None = None
    meter: Meter | None = None
    interval_blocks: tuple[IntervalBlock, ...] = ()
    readings: tuple[Reading, ...] = ()
    is_coincident_trigger: bool | None = None
    end_device_events: tuple[EndDeviceEvent, ...] = ()
    values_interval: Interval | None = None


class QualityDefinition(msgspec.Struct, frozen=True):
    """What a quality code means."""

    mrid: str | None = None
    category: str | None = None
    subcategory: str | None = None
    system_id: str | None = None
    names: tuple[Name, ...] = ()


class Rational(msgspec.Struct, frozen=True):
    """A fraction."""

    denominator: int | None = None
    numerator: int | None = None


class TypeDefinition(msgspec.Struct, frozen=True):
    """What a reading type means, in the literal names of the standard."""

    mrid: str | None = None
    accumulation: str | None = None
    aggregate: str | None = None
    commodity: str | None = None
    consumption_tier: int | None = None
    cpp: int | None = None
    currency: str | None = None
    flow_direction: str | None = None
    macro_period: str | None = None
    measurement_kind: str | None = None
    measuring_period: str | None = None
    multiplier: str | None = None
    phases: str | None = None
    tou: int | None = None
    unit: str | None = None
    argument: Rational | None = None
    interharmonic: Rational | None = None
    names: tuple[Name, ...] = ()


class MeterReadings(msgspec.Struct, frozen=True):
    """The response. ``meter_readings`` may be large: its blocks keep arrays."""

    meter_readings: tuple[MeterReading, ...] = ()
    reading_types: tuple[TypeDefinition, ...] = ()
    reading_quality_types: tuple[QualityDefinition, ...] = ()
    end_device_event_types: tuple[Identified, ...] = ()
