"""Messages that the tests of the codec share, and a check of element order written from the published cardinalities."""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone
from decimal import Decimal

from hypothesis import strategies as st
from lxml import etree
from msgspec.structs import replace

from simulator.cim import model as m
from simulator.cim.codes import READING_REASONS
from simulator.cim.series import QualityNote, RemarkIndex, Remarks, Run, Values, runs_of, times_of

KWH = "0.0.5.4.1.1.12.0.0.0.0.0.0.0.224.3.72.0"
SUMMER = timezone(timedelta(hours=11))
MIDNIGHT = datetime(2025, 3, 1)  # noqa: DTZ001 - local time

# every type of the two profiles: members in order, with ? * + as in the schema; after a slash in that element only
CARDINALITIES = """
GetMeterReadings: EndDevice* EndDeviceGroup* MeterReadings? Reading* ReadingQuality* ReadingType* TimeSchedule* \
TransformerTank* UsagePoint* UsagePointGroup*
GetMeterReadings/EndDevice: mRID? Names*
GetMeterReadings/EndDeviceGroup: mRID? Names*
GetMeterReadings/TransformerTank: mRID? Names*
GetMeterReadings/ReadingType: mRID? Names*
UsagePoint: mRID? Names*
UsagePointGroup: mRID? Names*
EndDeviceEventType: mRID? Names*
Reading: reason? source? timePeriod?
timePeriod: end? start?
valuesInterval: end? start?
scheduleInterval: end? start?
ReadingQuality: ReadingQualityType
ReadingQuality/ReadingQualityType: mRID? Names*
TimeSchedule: scheduleInterval
GetMeterReadings/MeterReadings: isCoincidentTrigger? EndDeviceEvents? Meter? Readings? UsagePoint?
MeterReadings/Readings: reason? source? ReadingType timePeriod?
GetMeterReadings//ReadingType: mRID? Names*
Names: name NameType?
NameType: description? name NameTypeAuthority?
NameTypeAuthority: description? name
MeterReadings: EndDeviceEventType* MeterReading* ReadingQualityType* ReadingType*
MeterReading: isCoincidentTrigger? EndDeviceEvents* IntervalBlocks* Meter? Readings* UsagePoint? valuesInterval?
IntervalBlocks: IntervalReadings* PendingCalculation? ReadingType
IntervalReadings: reportedDateTime? source? timeStamp? value? ReadingQualities* timePeriod?
MeterReading/Readings: reason? reportedDateTime? source? timeStamp? value? ReadingQualities* ReadingType timePeriod?
ReadingQualities: comment? source? timeStamp? ReadingQualityType
PendingCalculation: multiplyBeforeAdd? offset? scalarDenominator? scalarFloat? scalarNumerator? ReadingType
Meter: mRID? Names* status?
status: dateTime? reason? remark? value?
MeterReadings/ReadingQualityType: mRID? category? subCategory? systemId? Names+
MeterReadings/ReadingType: mRID? accumulation? aggregate? commodity? consumptionTier? cpp? currency? flowDirection? \
macroPeriod? measurementKind? measuringPeriod? multiplier? phases? tou? unit? argument? interharmonic? Names+
argument: denominator numerator
interharmonic: denominator numerator
EndDeviceEvents: mRID? createdDateTime issuerID? issuerTrackingID? reason? severity? userID? Assets? \
EndDeviceEventDetails* EndDeviceEventType Names* status? UsagePoint?
EndDeviceEventDetails: name value?
Assets: mRID? Names*
IntervalBlocks/ReadingType:
Readings/ReadingType:
PendingCalculation/ReadingType:
ReadingQualities/ReadingQualityType:
EndDeviceEvents/EndDeviceEventType:
"""


def _rules() -> dict[str, re.Pattern[str]]:
    lines = (line.split(":") for line in CARDINALITIES.strip().splitlines())
    return {
        name: re.compile("".join(re.sub(r"^(\w+)(.?)$", r"(?:\1 )\2", member) for member in members.split()))
        for name, members in lines
    }


RULES = _rules()


def order_faults(xml: bytes) -> list[str]:
    """Elements whose members are not those of the schema, in its order."""
    root = etree.fromstring(xml)
    faults = []
    for node in root.iter():
        name, parent = etree.QName(node).localname, node.getparent()
        over = "" if parent is None else etree.QName(parent).localname
        members = "".join(f"{etree.QName(child).localname} " for child in node)
        places = (f"{etree.QName(root).localname}//{name}", f"{over}/{name}", name)
        rule = next((RULES[place] for place in places if place in RULES), re.compile(""))
        if rule.fullmatch(members) is None:
            faults.append(f"{over}/{name}: {members}")
    return faults


# strategies for whole messages
texts = st.text(alphabet="abc XYZ09-&<>\"'é\n\t\r\\/", max_size=8)
ids = st.from_regex(r"[0-9a-f-]{1,12}", fullmatch=True)
zones = st.sampled_from([None, SUMMER, timezone(timedelta(hours=10))])
moments = st.builds(
    lambda seconds, zone: (datetime(2020, 1, 1) + timedelta(seconds=seconds)).replace(tzinfo=zone),  # noqa: DTZ001
    st.integers(0, 300_000_000),
    zones,
)
maybe = st.none()
numbers = st.decimals(-(10**8), 10**8, places=3).map(lambda number: number.normalize() if number else Decimal(0))
names = st.lists(
    st.builds(
        m.Name,
        texts,
        maybe
        | st.builds(m.NameType, texts, maybe | texts, maybe | st.builds(m.NameTypeAuthority, texts, maybe | texts)),
    ),
    max_size=2,
).map(tuple)
identified = st.builds(m.Identified, maybe | ids, names)
several = st.lists(identified, max_size=2).map(tuple)
intervals = st.builds(m.Interval, maybe | moments, maybe | moments)
reasons = maybe | st.sampled_from(READING_REASONS)
requests = st.builds(
    m.GetMeterReadings,
    end_devices=several,
    end_device_groups=several,
    meter_readings=maybe
    | st.builds(
        m.CoincidentRequest,
        maybe | st.booleans(),
        maybe,
        maybe | identified,
        maybe | st.builds(m.CoincidentReading, identified, reasons, maybe | texts, maybe | intervals),
        maybe | identified,
    ),
    readings=st.lists(st.builds(m.RequestedReading, maybe | intervals, reasons, maybe | texts), max_size=2).map(tuple),
    reading_qualities=st.lists(st.builds(m.RequestedQuality, identified), max_size=2).map(tuple),
    reading_types=several,
    time_schedules=st.lists(st.builds(m.TimeSchedule, intervals), max_size=1).map(tuple),
    transformer_tanks=several,
    usage_points=several,
    usage_point_groups=several,
)
notes = st.builds(
    QualityNote, st.sampled_from(["1.0.0", "3.8.0", "2.5.259"]), maybe | texts, maybe | texts, maybe | moments
)
remarks = st.builds(Remarks, st.lists(notes, max_size=2).map(tuple), maybe | moments, maybe | texts)
events = st.builds(
    m.EndDeviceEvent,
    created_at=moments,
    event_type=ids,
    mrid=maybe | ids,
    reason=maybe | texts,
    assets=maybe | identified,
    details=st.lists(st.builds(m.EventDetail, texts, maybe | texts), max_size=2).map(tuple),
    names=names,
    status=maybe | st.builds(m.Status, maybe | moments, maybe | texts),
)
pending = st.builds(
    m.PendingCalculation, ids, maybe | st.booleans(), maybe | st.integers(-9, 9), scalar_float=maybe | numbers
)


@st.composite
def blocks(draw: st.DrawFn) -> m.IntervalBlock:
    """Blocks that both forms can say: stamped, with a period."""
    count = draw(st.integers(1, 6))
    values = Values.of(draw(st.lists(maybe | numbers, min_size=count, max_size=count)))
    kinds = RemarkIndex.of(draw(st.lists(remarks, min_size=count, max_size=count)))
    times = runs_of(times_of((Run(draw(moments), 1800, count),)))
    return m.IntervalBlock(draw(ids), values, kinds, times, draw(maybe | intervals), draw(maybe | pending))


readings = st.builds(
    m.Reading,
    ids,
    maybe | numbers,
    maybe | moments,
    reasons,
    maybe | moments,
    maybe | texts,
    st.lists(notes, max_size=2).map(tuple),
    maybe | intervals,
)
meter_readings = st.builds(
    m.MeterReading,
    usage_point=maybe | identified,
    meter=maybe | st.builds(m.Meter, maybe | ids, names),
    interval_blocks=st.lists(blocks(), max_size=2).map(tuple),
    readings=st.lists(readings, max_size=2).map(tuple),
    is_coincident_trigger=maybe | st.booleans(),
    end_device_events=st.lists(events, max_size=1).map(tuple),
    values_interval=maybe | intervals,
)
responses = st.builds(
    m.MeterReadings,
    st.lists(meter_readings, max_size=2).map(tuple),
    end_device_event_types=st.lists(identified, max_size=1).map(tuple),
)


def _blocks_changed(response: m.MeterReadings, **changes: object) -> m.MeterReadings:
    changed = (
        replace(reading, interval_blocks=tuple(replace(block, **changes) for block in reading.interval_blocks))
        for reading in response.meter_readings
    )
    return replace(response, meter_readings=tuple(changed))


def in_standard_form(response: m.MeterReadings) -> m.MeterReadings:
    """What is left of a response in the standard form: its blocks name no period."""
    return _blocks_changed(response, period=None)


def in_compact_form(response: m.MeterReadings) -> m.MeterReadings:
    """What is left of a response in the compact form: its blocks carry no times."""
    return _blocks_changed(response, times=())
