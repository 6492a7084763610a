"""Netstream over HTTP: the thin path, the order of checks, content negotiation."""

from __future__ import annotations

import gzip
import json

import pytest
from lxml import etree

from netstream_kit import (
    DAILY,
    FIVE,
    HOUSE,
    READINGS,
    SOLAR_THIRTY,
    THIRTY,
    Portal,
    asking,
    blocks,
    named,
    numbers,
    period,
    point_of,
    story,
)
from simulator.cim import xml_in

RAW = json.dumps(asking()).encode()


async def test_a_day_of_half_hours():
    answer = await Portal.open().ask(asking(THIRTY, SOLAR_THIRTY))
    (reading,) = answer["meterReading"]
    assert reading["usagePoint"]["mRID"] == point_of(HOUSE)["mRID"]
    assert [each["readingType"]["ref"] for each in blocks(answer)] == [THIRTY, SOLAR_THIRTY]
    assert [len(each["values"]) for each in blocks(answer)] == [48, 48]
    assert blocks(answer)[0]["timePeriod"] == {
        "end": "2026-03-03T00:00:00",
        "endSpecified": True,
        "start": "2026-03-02T00:00:00",
        "startSpecified": True,
    }
    assert [each["mRID"] for each in answer["readingType"]] == [THIRTY, SOLAR_THIRTY]
    assert sum(numbers(blocks(answer)[0])) > 1
    assert max(numbers(blocks(answer)[1])) > 0.3


async def test_the_alias_answers_the_same():
    portal = Portal.open()
    one = await portal.post(RAW)
    other = await portal.call(
        "POST",
        "/api/cim17/9/GetMeterReadings",
        RAW,
        {"Authorization": f"Bearer {portal.token}", "Content-Type": "application/json"},
    )
    assert other.body == one.body


async def test_a_name_equal_to_the_nmi():
    portal = Portal.open()
    by_name = await portal.ask(asking(usagePoint=[named(HOUSE)]))
    assert by_name == await portal.ask(asking())


async def test_xml_in_and_out():
    portal = Portal.open()
    wanted = f"""<GetMeterReadings xmlns="http://iec.ch/TC57/2011/GetMeterReadings#"><Reading><timePeriod>
    <end>2026-03-03T00:00:00</end><start>2026-03-02T00:00:00</start></timePeriod></Reading>
    <ReadingType><mRID>{THIRTY}</mRID></ReadingType><UsagePoint><mRID>{point_of(HOUSE)["mRID"]}</mRID></UsagePoint>
    </GetMeterReadings>"""
    reply = await portal.post(wanted.encode(), "text/xml", Accept="application/xml")
    assert reply.status == 200
    assert reply.content_type == "application/xml; charset=utf-8"
    root = etree.fromstring(reply.body)
    assert root.tag == "{http://iec.ch/TC57/2011/MeterReadings#}MeterReadings"
    assert len(root.findall(".//{*}IntervalReadings")) == 48
    assert root.find(".//{*}timeStamp").text == "2026-03-02T00:30:00"
    values = [each.text for each in root.iterfind(".//{*}IntervalReadings/{*}value")]
    in_json = numbers(blocks(await portal.ask(asking()))[0])
    assert [float(each) for each in values] == in_json
    block = xml_in.read_response(reply.body).meter_readings[0].interval_blocks[0]
    assert [float(each) for each in block.values] == in_json


async def test_gzip_where_the_client_takes_it():
    portal = Portal.open()
    plain = await portal.post(RAW)
    packed = await portal.post(RAW, Accept_Encoding="deflate;q=0.5, gzip;q=0.9")
    assert ("Content-Encoding", "gzip") in packed.headers
    assert gzip.decompress(packed.body) == plain.body
    refused = await portal.post(RAW, Accept_Encoding="gzip;q=0, br")
    assert refused.body == plain.body


@pytest.mark.parametrize(
    ("accept", "kind"),
    [
        ("application/json", "application/json"),
        ("", "application/json"),
        ("*/*", "application/json"),
        ("text/xml", "text/xml"),
        ("application/json;q=0.2, application/xml", "application/xml"),
        ("application/xml;q=0, application/json;q=0.1", "application/json"),
        ("image/png", "application/json"),
        ("nonsense;q=x", "application/json"),
        ("text/html, application/xml;q=0.9, */*;q=0.8", "application/xml"),
    ],
)
async def test_the_type_asked_for(accept, kind):
    reply = await Portal.open().post(RAW, Accept=accept)
    assert (reply.status, reply.content_type) == (200, f"{kind}; charset=utf-8")


async def test_what_cannot_be_accepted_by_switch():
    reply = await Portal.open(story(not_acceptable="406")).post(RAW, Accept="image/png")
    assert (reply.status, reply.body, reply.rule) == (406, b"", "assume.netstream-accept")


@pytest.mark.parametrize(
    "content_type", ["", "text/plain", "application/x-www-form-urlencoded", "application/json; charset=utf-16"]
)
async def test_a_body_nobody_reads(content_type):
    reply = await Portal.open().post(RAW, content_type)
    assert reply.status == 415
    assert json.loads(reply.body)["title"] == "Unsupported Media Type"


async def test_a_compressed_request_is_not_read():
    assert (await Portal.open().post(RAW, Content_Encoding="gzip")).status == 415


async def test_the_verb_comes_first():
    portal = Portal.open()
    reply = await portal.call("GET", READINGS)
    assert (reply.status, reply.headers) == (405, (("Allow", "POST"),))


async def test_the_body_may_be_too_long():
    reply = await Portal.open().post(b" " * (4 * 1024 * 1024) + RAW)
    assert (reply.status, reply.rule) == (413, "netstream.body-limit")


async def test_an_end_that_is_absent_is_now():
    portal = Portal.open()
    answer = await portal.ask(asking(FIVE, start="2026-03-20T08:00:00", end=None))
    # 9:00 of market time is 10:00 in Sydney
    assert blocks(answer)[0]["timePeriod"]["end"] == "2026-03-20T10:00:00"
    assert len(blocks(answer)[0]["values"]) == 24


async def test_nothing_is_known_of_the_future():
    answer = await Portal.open().ask(asking(THIRTY, start="2027-01-01T00:00:00", end="2027-01-02T00:00:00"))
    assert answer["meterReading"] == []
    assert answer["readingType"] == []


async def test_daily_is_the_sum_of_the_day():
    portal = Portal.open()
    half_hours = numbers(blocks(await portal.ask(asking(THIRTY)))[0])
    daily = numbers(blocks(await portal.ask(asking(DAILY)))[0])
    assert daily == [pytest.approx(sum(half_hours))]


async def test_several_periods():
    portal = Portal.open()
    request = asking() | {
        "reading": [
            period("2026-03-05T00:00:00", "2026-03-06T00:00:00"),
            period("2026-03-02T00:00:00", "2026-03-03T00:00:00"),
            period("2026-03-02T12:00:00", "2026-03-03T06:00:00"),
        ]
    }
    found = blocks(await portal.ask(request))
    assert [len(each["values"]) for each in found] == [60, 48]
