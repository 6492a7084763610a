"""GetMeterReadings and MeterReadings in XML: strict when written, lenient when read."""

from datetime import datetime, timedelta
from decimal import Decimal

import numpy as np
import pytest
from cim_samples import KWH, MIDNIGHT, SUMMER, in_compact_form, in_standard_form, order_faults, requests, responses
from hypothesis import given, settings
from msgspec.structs import replace as styled

from simulator.base.errors import BadValue
from simulator.cim import model as m
from simulator.cim import xml_in, xml_out
from simulator.cim.definitions import with_definitions
from simulator.cim.faults import CimError
from simulator.cim.series import MISSING, QualityNote, RemarkIndex, Remarks, Run, Values
from simulator.cim.xml_out import XmlStyle

REQUEST = f"""<?xml version="1.0"?>
<g:GetMeterReadings xmlns:g="http://iec.ch/TC57/2015/GetMeterReadings#">
  <!-- a period of a day -->
  <g:UsagePoint><g:mRID>up-1</g:mRID></g:UsagePoint>
  <g:ReadingType><g:Names><g:name>half hours</g:name></g:Names><g:mRID>{KWH}</g:mRID></g:ReadingType>
  <g:Reading>
    <g:timePeriod><g:start>2025-03-01T00:00:00+11:00</g:start><g:end>2025-03-02T00:00:00+11:00</g:end></g:timePeriod>
    <g:scheduleStrategy>vendor</g:scheduleStrategy>
  </g:Reading>
</g:GetMeterReadings>""".encode()


def test_any_namespace_any_order_and_unknown_members() -> None:
    start = datetime(2025, 3, 1, tzinfo=SUMMER)
    wanted = m.GetMeterReadings(
        readings=(m.RequestedReading(m.Interval(start, start + timedelta(days=1))),),
        reading_types=(m.Identified(KWH, (m.Name("half hours"),)),),
        usage_points=(m.Identified("up-1"),),
    )
    assert xml_in.read_request(REQUEST) == wanted
    bare = REQUEST.replace(b"g:", b"").replace(b' xmlns:g="http://iec.ch/TC57/2015/GetMeterReadings#"', b"")
    assert xml_in.read_request(bare) == wanted


@settings(max_examples=60)
@given(requests)
def test_requests_are_in_order_and_read_back(request_: m.GetMeterReadings) -> None:
    written = xml_out.write_request(request_)
    assert order_faults(written) == []
    assert xml_in.read_request(written) == request_


@settings(max_examples=60)
@given(responses)
def test_responses_are_in_order_and_read_back(response: m.MeterReadings) -> None:
    full = with_definitions(response)
    written = xml_out.write_response(full)
    assert order_faults(written) == []
    assert xml_in.read_response(written) == in_standard_form(full)
    compact = xml_out.write_response(full, XmlStyle(compact=True, namespace="", root="MeterReadings2", trim=False))
    assert xml_in.read_response(compact) == in_compact_form(full)


def test_the_check_of_order_can_fail() -> None:
    period = b"<timePeriod><end>x</end><start>x</start></timePeriod>"
    good = b"<GetMeterReadings><Reading>%b</Reading></GetMeterReadings>" % period
    assert order_faults(good) == []
    assert order_faults(good.replace(period, b"<timePeriod><start>x</start><end>x</end></timePeriod>"))
    assert order_faults(good.replace(b"Reading>", b"Readings>"))
    assert order_faults(b"<MeterReadings><ReadingType><mRID>a</mRID></ReadingType></MeterReadings>")


ESTIMATE = Remarks((QualityNote("3.8.0"),), reported_at=datetime(2025, 3, 2, tzinfo=SUMMER), source="A & B")


def response(quick: bool = False) -> m.MeterReadings:
    numbers: tuple[int, ...] = (1250, MISSING, 3000)
    kinds = (Remarks(), ESTIMATE)
    values = Values(np.array(numbers) if quick else numbers, 3)
    remarks = RemarkIndex(kinds, np.array([0, 1, 1]) if quick else (0, 1, 1))
    times = (Run(MIDNIGHT + timedelta(minutes=30), 1800, 3),)
    period = m.Interval(MIDNIGHT, MIDNIGHT + timedelta(minutes=90))
    block = m.IntervalBlock(KWH, values, remarks, times, period)
    return m.MeterReadings((m.MeterReading(m.Identified("up-1"), interval_blocks=(block,)),))


def test_the_standard_block() -> None:
    late = (
        "<reportedDateTime>2025-03-02T00:00:00+11:00</reportedDateTime><source>A &amp; B</source>"
        "<timeStamp>{at}</timeStamp>{value}"
        '<ReadingQualities><ReadingQualityType ref="3.8.0"/></ReadingQualities>'
    )
    rows = (
        "<timeStamp>2025-03-01T00:30:00</timeStamp><value>1.25</value>",
        late.format(at="2025-03-01T01:00:00", value=""),
        late.format(at="2025-03-01T01:30:00", value="<value>3</value>"),
    )
    wanted = (
        '<?xml version="1.0" encoding="utf-8"?>\n<MeterReadings xmlns="http://iec.ch/TC57/2011/MeterReadings#">'
        "<MeterReading><IntervalBlocks>"
        + "".join(f"<IntervalReadings>{row}</IntervalReadings>" for row in rows)
        + f'<ReadingType ref="{KWH}"/></IntervalBlocks><UsagePoint><mRID>up-1</mRID></UsagePoint></MeterReading>'
        "</MeterReadings>"
    )
    assert xml_out.write_response(response()).decode() == wanted
    assert xml_out.write_response(response(quick=True)).decode() == wanted


def test_the_compact_block() -> None:
    compact = XmlStyle(compact=True, namespace="", trim=False)
    written = xml_out.write_response(response(quick=True), compact).decode()
    assert written == xml_out.write_response(response(), compact).decode()
    assert "<MeterReadings><MeterReading><IntervalBlockInts><timePeriod><end>2025-03-01T01:30:00</end>" in written
    assert "</timePeriod><values><value>1.250</value></values><values><reportedDateTime>" in written


def test_it_comes_in_pieces() -> None:
    pieces = list(xml_out.response_pieces(response()))
    assert len(pieces) > 3
    assert b"".join(pieces) == xml_out.write_response(response())


def test_settings_of_the_root() -> None:
    style = styled(XmlStyle(), namespace='http://x/"&', root="MeterReadings2")
    assert b"<MeterReadings2 xmlns='http://x/\"&amp;'>" in xml_out.write_response(m.MeterReadings(), style)


def test_what_xml_cannot_carry_is_not_written() -> None:
    with pytest.raises(BadValue) as refused:
        xml_out.write_request(m.GetMeterReadings(usage_points=(m.Identified("a\x01"),)))
    assert refused.value.rule == "cim.text"


# real senders break the schema; these are read all the same
def test_value_after_period_and_reading_type_first() -> None:
    text = f"""<MeterReadings xmlns="urn:x"><MeterReading><Readings><ReadingType ref="{KWH}"/>
      <timePeriod><end>2025-03-01T00:30:00</end></timePeriod><value> 12.50 </value></Readings></MeterReading>
      <ReadingQualityType><mRID>3.8.0</mRID></ReadingQualityType></MeterReadings>"""
    found = xml_in.read_response(text.encode())
    period = m.Interval(end=MIDNIGHT + timedelta(minutes=30))
    assert found.meter_readings[0].readings == (m.Reading(KWH, Decimal("12.50"), time_period=period),)
    assert found.reading_quality_types == (m.QualityDefinition("3.8.0"),)


def test_other_spellings_of_references_and_nothing() -> None:
    text = """<MeterReadings xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><MeterReading>
      <Readings><ReadingType>a</ReadingType><value xsi:nil="true"/></Readings>
      <Readings><ReadingType><mRID>b</mRID></ReadingType></Readings></MeterReading></MeterReadings>"""
    (reading,) = xml_in.read_response(text.encode()).meter_readings
    assert [(one.reading_type, one.value) for one in reading.readings] == [("a", None), ("b", None)]


def test_times_of_intervals_may_stand_in_their_period() -> None:
    rows = "".join(
        f"<IntervalReadings><value>1</value><timePeriod><end>2025-03-01T0{n}:00:00</end></timePeriod></IntervalReadings>"
        for n in (1, 2)
    )
    inside = f'<IntervalBlocks>{rows}<ReadingType ref="a"/></IntervalBlocks>'
    text = f"<MeterReadings><MeterReading>{inside}</MeterReading></MeterReadings>"
    (block,) = xml_in.read_response(text.encode()).meter_readings[0].interval_blocks
    assert block.times == (Run(MIDNIGHT + timedelta(hours=1), 3600, 2),)


def faults(text: bytes) -> list[tuple[str, str]]:
    with pytest.raises(CimError) as refused:
        xml_in.read_request(text)
    return [(fault.path, fault.rule) for fault in refused.value.faults]


@pytest.mark.parametrize(
    ("old", "new", "path", "rule"),
    [
        (b"2025-03-01T00", b"2025-13-01T00", "Reading[0].timePeriod.start", "cim.date-time"),
        (b"2025-03-02T00:00:00+11:00", b"", "Reading[0].timePeriod.end", "cim.date-time"),
        (b"<g:scheduleStrategy>", b"<g:reason>x</g:reason><g:scheduleStrategy>", "Reading[0].reason", "cim.reason"),
        (b"<g:name>half hours</g:name>", b"", "ReadingType[0].Names[0].name", "cim.required"),
        (b"<g:mRID>up-1</g:mRID>", b"<g:mRID>a</g:mRID><g:mRID>b</g:mRID>", "UsagePoint[0].mRID", "cim.too-many"),
    ],
)
def test_a_fault_says_where(old: bytes, new: bytes, path: str, rule: str) -> None:
    assert old in REQUEST
    assert faults(REQUEST.replace(old, new)) == [(f"GetMeterReadings.{path}", rule)]


BOMB = b'<!DOCTYPE a [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>'


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        (b"", "cim.xml"),
        (b"{}", "cim.xml"),
        (b"<GetMeterReadings>", "cim.xml"),
        (b"<GetMeterReadings/>x", "cim.xml"),
        (b"<GetMeterReadings>&a;</GetMeterReadings>", "cim.xml"),
        (b"<GetMeterReadings>\xff</GetMeterReadings>", "cim.xml"),
        (b"<MeterReadings/>", "cim.xml-root"),
        (b'<?xml version="1.0" encoding="klingon"?><GetMeterReadings/>', "cim.xml"),
        (BOMB + b"<GetMeterReadings><UsagePoint><mRID>&b;</mRID></UsagePoint></GetMeterReadings>", "cim.xml-doctype"),
        (b'<!DOCTYPE a SYSTEM "http://127.0.0.1:1/x.dtd"><GetMeterReadings/>', "cim.xml-doctype"),
        ((BOMB + b"<GetMeterReadings/>").decode().encode("utf-16"), "cim.xml-doctype"),
        (b"<GetMeterReadings>" + b"<a>" * 100_000, "cim.xml"),
        (b" " * (16 * 1024 * 1024 + 1), "cim.too-big"),
    ],
)
def test_what_is_no_request(text: bytes, rule: str) -> None:
    assert faults(text) == [("GetMeterReadings", rule)]


@pytest.mark.parametrize(
    ("inside", "found"),
    [
        ("<mRID>a b</mRID>", "a b"),
        ("<MRID>é</MRID>", "é"),
        ("<mRID/>", ""),
        ('<mRID xmlns:i="http://www.w3.org/2001/XMLSchema-instance" i:nil="true"/>', None),
        ("<mRID>a</mRID><Names><name>b</name></Names>", "a"),
        ("<Names><name>b</name></Names>", None),
        ("<mRID>a<x/></mRID>", "a"),
        ("", None),
    ],
)
def test_what_is_identified_by_an_mrid_alone_is_read_like_everything_else(inside: str, found: str | None) -> None:
    # forty of them: a long list is gone through in another way than a short one
    for count in (1, 40):
        points = f"<UsagePoint>{inside}</UsagePoint>" * count
        read = xml_in.read_request(f"<GetMeterReadings>{points}</GetMeterReadings>".encode())
        assert [each.mrid for each in read.usage_points] == [found] * count
