"""Whatever arrives is answered: every documented refusal, or the one chosen by analogy; never a 500."""

from __future__ import annotations

import asyncio
import json
from datetime import date

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from netstream_kit import (
    DAILY,
    FIVE,
    HOUSE,
    READINGS,
    THIRTY,
    Portal,
    asking,
    blocks,
    named,
    period,
    point_of,
    story,
)
from simulator.base.http import Headers, HttpRequest
from simulator.netstream.model import guid

READING = "GetMeterReadings.Reading"


def without(key: str) -> dict:
    return {name: value for name, value in asking().items() if name != key}


@pytest.mark.parametrize(
    ("request_", "path"),
    [
        (without("reading"), READING),
        (asking() | {"reading": []}, READING),
        (asking() | {"reading": [{}]}, f"{READING}[0].timePeriod"),
        (asking(start=None), f"{READING}[0].timePeriod.start"),
        (asking(start="2026-03-03T00:00:00", end="2026-03-02T00:00:00"), f"{READING}[0].timePeriod"),
        (asking(start="2026-03-03T00:00:00", end="2026-03-03T00:00:00"), f"{READING}[0].timePeriod"),
        (asking(start="yesterday"), f"{READING}[0].timePeriod.start"),
        (asking(start="2026-02-30T00:00:00"), f"{READING}[0].timePeriod.start"),
        (asking(start=5), f"{READING}[0].timePeriod.start"),
        (without("readingType"), "GetMeterReadings.ReadingType"),
        (asking() | {"readingType": []}, "GetMeterReadings.ReadingType"),
        (asking() | {"readingType": [named("thirtyMinute")]}, "GetMeterReadings.ReadingType[0].mRID"),
        (asking("0.0.5"), "GetMeterReadings.ReadingType[0].mRID"),
        (asking(THIRTY, "a" * 5000), "GetMeterReadings.ReadingType[1].mRID"),
        (asking("0.0.5.4.1.1.12.0.0.0.0.0.0.0.224.3.72.x"), "GetMeterReadings.ReadingType[0].mRID"),
        (asking("٠.0.5.4.1.1.12.0.0.0.0.0.0.0.224.3.72.0"), "GetMeterReadings.ReadingType[0].mRID"),
        (without("usagePoint"), "GetMeterReadings.UsagePoint"),
        (asking(usagePoint=[]), "GetMeterReadings.UsagePoint"),
        (asking(usagePoint=[{}]), "GetMeterReadings.UsagePoint[0]"),
        (asking(usagePoint=[{"mRID": " "}]), "GetMeterReadings.UsagePoint[0].mRID"),
        (asking(usagePoint="x"), "GetMeterReadings.UsagePoint[0]"),
        (asking(usagePoint=[{"mRID": {"x": 1}}]), "GetMeterReadings.UsagePoint[0].mRID"),
    ],
)
async def test_what_is_missing_or_wrong_is_named(request_, path):
    status, body = await Portal.open().refused(request_)
    assert status == 400
    assert path in body["errors"], body
    assert body["title"] == "One or more validation errors occurred."
    assert body["status"] == 400


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"   ",
        b"{",
        b"[]",
        b"null",
        b'"x"',
        b"7",
        b"\xff\xfe{}",
        b'{"reading":[],"reading":[]}',
        b'{"readingType":[{"mRID":"a","MRID":"b"}]}',
        b'{"reading":[{"timePeriod":{"start":NaN}}]}',
        b'{"reading":[{"timePeriod":{"start":-Infinity}}]}',
        b'{"reading":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
        b'{"a":' * 50_000 + b"1" + b"}" * 50_000,
        b'{"usagePoint":[{"mRID":"\\ud800"}]}',
        b'{"x":1' + b"0" * 10_000 + b"}",
    ],
)
async def test_json_that_is_none(body):
    reply = await Portal.open().post(body)
    assert reply.status == 400
    assert reply.content_type == "application/problem+json; charset=utf-8"
    assert json.loads(reply.body)["errors"]


@pytest.mark.parametrize(
    "body",
    [
        b"<",
        b"<GetMeterReadings>",
        b"<Other/>",
        b'<!DOCTYPE x [<!ENTITY a "b">]><GetMeterReadings>&a;</GetMeterReadings>',
        '<?xml version="1.0" encoding="utf-16"?><!DOCTYPE x SYSTEM "file:///etc/passwd"><x/>'.encode("utf-16"),
        b"<GetMeterReadings>" + b"<a>" * 5000 + b"</a>" * 5000 + b"</GetMeterReadings>",
        b"<GetMeterReadings><Reading/></GetMeterReadings>",
    ],
)
async def test_xml_that_is_none(body):
    reply = await Portal.open().post(body, "application/xml")
    assert reply.status == 400
    assert json.loads(reply.body)["errors"]


async def test_two_periods_by_switch():
    two = asking() | {"reading": [period("2026-03-02T00:00:00", "2026-03-03T00:00:00")] * 2}
    assert len(blocks(await Portal.open().ask(two))) == 1
    status, body = await Portal.open(story(several_periods="refuse")).refused(two)
    assert (status, list(body["errors"])) == (400, [f"{READING}[1]"])


async def test_a_flag_that_contradicts_its_value():
    request = asking()
    request["reading"][0]["timePeriod"]["endSpecified"] = False
    request["reading"][0]["timePeriod"]["startSpecified"] = False
    assert len(blocks(await Portal.open().ask(request))[0]["values"]) == 48
    status, body = await Portal.open(story(specified_flags="honour")).refused(request)
    assert status == 400
    assert f"{READING}[0].timePeriod.start" in body["errors"]


@pytest.mark.parametrize(
    "about",
    [
        {"usagePoint": [{"mRID": "6f1e0f3c-8c1b-4b53-9a53-0c7f6a9d1e11"}]},
        {"usagePoint": [named("9999999999")]},
        {"usagePointGroup": [named("Nowhere")]},
        {"endDevice": [named("NONE")]},
        {"endDeviceGroup": [{"mRID": guid("meter-group", "none")}]},
    ],
)
async def test_unknown_things_are_absent_or_named(about):
    answer = await Portal.open().ask(asking(**about))
    assert answer["meterReading"] == []
    status, body = await Portal.open(story(unknown_usage_point="400")).refused(asking(**about))
    assert status == 400
    assert len(body["errors"]) == 1


async def test_an_mrid_wins_over_a_name():
    both = {"mRID": "6f1e0f3c-8c1b-4b53-9a53-0c7f6a9d1e11", **named(HOUSE)}
    assert (await Portal.open().ask(asking(usagePoint=[both])))["meterReading"] == []


async def test_names_by_switch():
    portal = Portal.open(story(names_lookup="no"))
    assert (await portal.ask(asking(usagePoint=[named(HOUSE)])))["meterReading"] == []


async def test_a_reading_type_that_nobody_has():
    answer = await Portal.open().ask(asking("0.0.6.4.1.7.58.0.0.0.0.0.0.0.0.0.42.0"))
    assert answer["meterReading"] == []


async def test_an_empty_entry_by_switch():
    portal = Portal.open(story(no_readings="empty entry"))
    answer = await portal.ask(asking(start="2030-01-01T00:00:00", end="2030-01-02T00:00:00"))
    assert [each["usagePoint"]["mRID"] for each in answer["meterReading"]] == [point_of(HOUSE)["mRID"]]


async def test_ten_thousand_usage_points():
    many = [point_of(HOUSE), *({"mRID": guid("usage-point", f"{number:010}")} for number in range(10_000))]
    answer = await Portal.open().ask(asking(usagePoint=many))
    assert len(answer["meterReading"]) == 1
    status, _ = await Portal.open(story(most_series=1)).refused(asking(THIRTY, DAILY))
    assert status == 413


async def test_ten_years_of_five_minutes():
    portal = Portal.open()
    request = asking(FIVE, start="2016-03-20T00:00:00", end="2026-03-20T00:00:00")
    reply = await portal.post(json.dumps(request).encode())
    assert reply.body.count(b'"value":') == 3652 * 288
    status, body = await Portal.open(story(most_days=366)).refused(request)
    assert (status, list(body["errors"])) == (400, [f"{READING}[0].timePeriod"])


async def test_before_the_beginning_and_beyond_the_end_of_time():
    portal = Portal.open(story(local_time="market"))
    answer = await portal.ask(asking(DAILY, start="0001-01-01T00:00:00", end="9999-12-31T23:59:59"))
    (block,) = blocks(answer)
    assert block["timePeriod"]["start"] == "2015-01-01T00:00:00"
    assert block["timePeriod"]["end"] == "2026-03-20T00:00:00"


async def test_error_bodies_by_switch():
    reply = await Portal.open(story(error_details="empty")).post(b"{")
    assert (reply.status, reply.body) == (400, b"")


WORDS = [THIRTY, HOUSE, "2026-03-02T00:00:00", "all", "9999-12-31T23:59:59", "0001-01-01T00:00:00Z"]
KEYS = ["reading", "readingType", "usagePoint", "usagePointGroup", "endDevice", "timePeriod", "start", "end", "mRID"]
KEYS += ["names", "name", "startSpecified", "meterReadings", "timeSchedule", "reason"]
SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20)
JSON = st.recursive(
    SCALARS | st.sampled_from(WORDS),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=5),
    max_leaves=12,
)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(wild=st.dictionaries(st.sampled_from(list(asking())), JSON, max_size=4))
def test_anything_at_all_is_answered(wild):
    async def ask() -> int:
        return (await Portal.open().post(json.dumps(asking() | wild).encode())).status

    assert asyncio.run(ask()) in (200, 400)


async def test_a_reading_type_that_nobody_has_is_absent_or_named():
    strange = "0.0.99.4.1.1.12.0.0.0.0.0.0.0.224.3.72.0"
    assert (await Portal.open().ask(asking(strange)))["meterReading"] == []
    status, body = await Portal.open(story(unknown_reading_type="400")).refused(asking(THIRTY, strange, "0.0.5"))
    wrong = [f"GetMeterReadings.ReadingType[{number}].mRID" for number in (1, 2)]
    assert (status, sorted(body["errors"])) == (400, wrong)


@pytest.mark.parametrize("start", ["2026-03-21T00:00:00", "2026-03-20T10:00:00+11:00"])
async def test_a_start_after_now_without_an_end(start):
    assert (await Portal.open().ask(asking(start=start, end=None)))["meterReading"] == []
    status, body = await Portal.open(story(later_start="400")).refused(asking(start=start, end=None))
    assert (status, list(body["errors"])) == (400, [f"{READING}[0].timePeriod.start"])


@pytest.mark.parametrize(
    ("quality", "path"),
    [
        ({"readingQualityType": {"mRID": "estimated"}}, "ReadingQualityType.mRID"),
        ({"readingQualityType": {"mRID": "3.8"}}, "ReadingQualityType.mRID"),
        ({"readingQualityType": {"names": [{"name": "estimated"}]}}, "ReadingQualityType.mRID"),
        ({}, "ReadingQualityType"),
    ],
)
async def test_a_quality_that_is_none(quality, path):
    status, body = await Portal.open().refused(asking() | {"readingQuality": [quality]})
    assert status == 400
    assert any(each.startswith(f"GetMeterReadings.ReadingQuality[0].{path}") for each in body["errors"]), body


TEN_YEARS = {"start": "2016-03-01T00:00:00", "end": "2026-03-01T00:00:00"}


@pytest.mark.parametrize("accept", ["application/json", "application/xml"])
async def test_ten_years_of_five_minutes_come_in_pieces_with_pauses(accept):
    """1,051,200 values never stand in memory as text: what is written at a time is bounded, whatever is asked for."""
    portal = Portal.open()
    await portal.sign_in()
    body = json.dumps(asking(FIVE, **TEN_YEARS)).encode()
    headers = {"Authorization": f"Bearer {portal.token}", "Content-Type": "application/json", "Accept": accept}

    async def read_body(limit: int) -> bytes:
        return body

    reply = await portal.house.exchange(HttpRequest("POST", READINGS, headers=Headers(headers)), read_body)
    assert (reply.status, reply.body) == (200, b"")
    pieces = list(map(len, reply.stream))
    assert max(pieces) < 2_000_000
    assert sum(pieces) > 14_000_000
    assert pieces.count(0) > 80


async def test_pauses_change_nothing_and_whole_days_stay_whole():
    portal = Portal.open()
    (year,) = blocks(await portal.ask(asking(FIVE, start="2025-03-20T00:00:00", end="2026-03-20T00:00:00")))
    assert len(year["values"]) == 365 * 288
    (week,) = blocks(await portal.ask(asking(FIVE, start="2025-11-01T00:00:00", end="2025-11-08T00:00:00")))
    begin = (date(2025, 11, 1) - date(2025, 3, 20)).days * 288
    assert year["values"][begin : begin + 7 * 288] == week["values"]
