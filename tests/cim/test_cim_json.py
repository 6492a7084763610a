"""GetMeterReadings and MeterReadings in the .NET shape of JSON."""

import json
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import numpy as np
import pytest
from cim_samples import KWH, MIDNIGHT, SUMMER, in_compact_form, in_standard_form, requests, responses
from hypothesis import given, settings
from msgspec.structs import replace
from msgspec.structs import replace as styled

from simulator.cim import json_in, json_out, xml_out
from simulator.cim import model as m
from simulator.cim.definitions import with_definitions
from simulator.cim.faults import CimError
from simulator.cim.json_out import JsonStyle
from simulator.cim.series import MISSING, QualityNote, RemarkIndex, Remarks, Run, Values

# the shape of the published client sample, of our own making
SAMPLE: dict[str, Any] = {
    "reading": [
        {
            "reason": "billing",
            "reasonSpecified": False,
            "timePeriod": {
                "end": "2025-03-02T00:00:00+11:00",
                "endSpecified": False,
                "start": "2025-03-01T00:00:00+11:00",
                "startSpecified": True,
            },
        }
    ],
    "readingQuality": [],
    "readingType": [{"mRID": KWH}],
    "usagePoint": [{"mRID": "6f1e0f3c-8c1b-4b53-9a53-0c7f6a9d1e11"}],
}


def body(**changes: Any) -> bytes:
    return json.dumps({**SAMPLE, **changes}).encode()


def faults(text: bytes) -> list[tuple[str, str]]:
    with pytest.raises(CimError) as refused:
        json_in.read_request(text)
    return [(fault.path, fault.rule) for fault in refused.value.faults]


def test_the_published_shape() -> None:
    found = json_in.read_request(body())
    end = datetime(2025, 3, 2, tzinfo=SUMMER)
    # the end counts although its flag says otherwise: the published example has just that
    assert found.readings == (m.RequestedReading(m.Interval(end - timedelta(days=1), end)),)
    assert found.reading_types == (m.Identified(KWH),)
    assert found.usage_points == (m.Identified("6f1e0f3c-8c1b-4b53-9a53-0c7f6a9d1e11"),)
    assert (found.reading_qualities, found.end_devices) == ((), ())


def test_flags_may_be_honoured() -> None:
    (reading,) = json_in.read_request(body(), honour_flags=True).readings
    assert (reading.reason, reading.time_period) == (None, m.Interval(datetime(2025, 3, 1, tzinfo=SUMMER), None))
    without = body(reading=[{"timePeriod": {"start": "2025-03-01T00:00:00"}}])
    (reading,) = json_in.read_request(without, honour_flags=True).readings
    assert reading.time_period == m.Interval(None, None)


def test_a_time_without_an_offset_stays_without() -> None:
    (reading,) = json_in.read_request(body(reading=[{"timePeriod": {"start": "2025-03-01T00:00:00"}}])).readings
    assert reading.time_period == m.Interval(MIDNIGHT, None)


def test_names_are_compared_without_case_and_unknown_members_ignored() -> None:
    found = json_in.read_request(
        b'{"READING":[],"UsagePoint":{"MRID":"a","serialNumber":5},"x":{"y":[1,{}]},"readingType":null}'
    )
    assert found == m.GetMeterReadings(usage_points=(m.Identified("a"),))


def test_it_is_written_as_the_client_writes_it() -> None:
    written = json.loads(json_out.write_request(json_in.read_request(body())))
    assert list(written) == list(SAMPLE)
    flags = {"endSpecified": True, "startSpecified": True}
    period = {**SAMPLE["reading"][0]["timePeriod"], **flags}
    assert written["reading"] == [{"timePeriod": period}]
    assert list(written["reading"][0]["timePeriod"]) == ["end", "endSpecified", "start", "startSpecified"]
    assert written["usagePoint"] == SAMPLE["usagePoint"]


@settings(max_examples=60)
@given(requests)
def test_requests_read_back_as_written(request_: m.GetMeterReadings) -> None:
    assert json_in.read_request(json_out.write_request(request_)) == request_
    assert json_in.read_request(json_out.write_request(request_, JsonStyle(nulls=True))) == request_
    assert json_in.read_request(json_out.write_request(request_), honour_flags=True) == request_


@settings(max_examples=40)
@given(responses)
def test_responses_read_back_as_written(response: m.MeterReadings) -> None:
    for style in (JsonStyle(compact=False), JsonStyle(compact=False, nulls=True, quoted=True, trim=False)):
        found = json_in.read_response(json_out.write_response(response, style))
        assert found == in_standard_form(response)
    assert json_in.read_response(json_out.write_response(response)) == in_compact_form(response)


def test_what_net_writes_for_nothing_is_nothing() -> None:
    nothing = {"start": "0001-01-01T00:00:00", "startSpecified": False}
    (reading,) = json_in.read_request(body(reading=[{"timePeriod": nothing}])).readings
    assert reading.time_period == m.Interval()
    (reading,) = json_in.read_request(body(reading=[{"reason": "moveIn", "reasonSpecified": False}])).readings
    assert reading.reason == "moveIn"


# faults: what is sent instead, where it is wrong, and by which rule
PERIOD = "GetMeterReadings.Reading[0].timePeriod"
FAULTS = [
    ({"reading": [{"timePeriod": {"start": "yesterday"}}]}, f"{PERIOD}.start", "cim.date-time"),
    ({"reading": [{"timePeriod": {"start": "2025-02-30T00:00:00"}}]}, f"{PERIOD}.start", "cim.date-time"),
    ({"reading": [{"timePeriod": {"start": "2025-02-20T25:00:00"}}]}, f"{PERIOD}.start", "cim.date-time"),
    ({"reading": [{"timePeriod": {"start": "2025-02-20T00:00:00+25:00"}}]}, f"{PERIOD}.start", "cim.date-time"),
    ({"reading": [{"timePeriod": {"start": "9999-12-31T24:00:00"}}]}, f"{PERIOD}.start", "cim.date-time"),
    ({"reading": [{"timePeriod": {"start": 20250220}}]}, f"{PERIOD}.start", "cim.text"),
    ({"reading": [{"timePeriod": {"end": {"a": 1}}}]}, f"{PERIOD}.end", "cim.text"),
    ({"reading": [{"timePeriod": "today"}]}, PERIOD, "cim.object"),
    ({"reading": [{"timePeriod": [{}, {}]}]}, PERIOD, "cim.too-many"),
    ({"reading": [{"reason": "curiosity"}]}, "GetMeterReadings.Reading[0].reason", "cim.reason"),
    ({"reading": [{}, 5]}, "GetMeterReadings.Reading[1]", "cim.object"),
    ({"usagePoint": ["a"]}, "GetMeterReadings.UsagePoint[0]", "cim.object"),
    ({"usagePoint": [{}, {"mRID": 4102034567}]}, "GetMeterReadings.UsagePoint[1].mRID", "cim.text"),
    ({"usagePoint": [{"mRID": "a\u0000"}]}, "GetMeterReadings.UsagePoint[0].mRID", "cim.text"),
    ({"usagePoint": [{"mRID": "a\ud800"}]}, "GetMeterReadings.UsagePoint[0].mRID", "cim.text"),
    ({"usagePoint": [{"names": [{}]}]}, "GetMeterReadings.UsagePoint[0].Names[0].name", "cim.required"),
    ({"readingQuality": [{}]}, "GetMeterReadings.ReadingQuality[0].ReadingQualityType", "cim.required"),
    (
        {"meterReadings": {"isCoincidentTrigger": 2}},
        "GetMeterReadings.MeterReadings.isCoincidentTrigger",
        "cim.text",
    ),
    ({"timeSchedule": [{}]}, "GetMeterReadings.TimeSchedule[0].scheduleInterval", "cim.required"),
]


@pytest.mark.parametrize(("changes", "path", "rule"), FAULTS)
def test_a_fault_says_where(changes: dict[str, Any], path: str, rule: str) -> None:
    assert faults(body(**changes)) == [(path, rule)]


def test_all_faults_are_told_up_to_a_hundred() -> None:
    assert len(faults(body(usagePoint=[{"mRID": 1}] * 3, readingType=[{"mRID": False}]))) == 4
    assert len(faults(body(usagePoint=[{"mRID": 1}] * 500))) == 100


@pytest.mark.parametrize(
    ("text", "path", "rule"),
    [
        (b"", "GetMeterReadings", "cim.json"),
        (b"<xml/>", "GetMeterReadings", "cim.json"),
        (b'{"reading":[', "GetMeterReadings", "cim.json"),
        (b'{"reading":[]}x', "GetMeterReadings", "cim.json"),
        (b'{"usagePoint":[{"mRID":"\xff"}]}', "GetMeterReadings", "cim.json"),
        (b"[]", "GetMeterReadings", "cim.object"),
        (b"null", "GetMeterReadings", "cim.object"),
        (b'"a"', "GetMeterReadings", "cim.object"),
        (b'{"a":NaN}', "GetMeterReadings", "cim.json-number"),
        (b'{"a":-Infinity}', "GetMeterReadings", "cim.json-number"),
        (b'{"a":' + b"1" * 5000 + b"}", "GetMeterReadings", "cim.json"),
        (b'{"reading":[],"reading":[]}', "GetMeterReadings.reading", "cim.json-twice"),
        (b'{"reading":[],"Reading":[]}', "GetMeterReadings.reading", "cim.json-twice"),
        (b'{"x":[0,{"y":{"z":1,"z":2}}]}', "GetMeterReadings.x[1].y.z", "cim.json-twice"),
        (b"[" * 200_000, "GetMeterReadings", "cim.json-depth"),
        (b'{"a":' * 200_000, "GetMeterReadings", "cim.json-depth"),
        (b" " * (json_in.MOST_BYTES + 1), "GetMeterReadings", "cim.too-big"),
    ],
)
def test_what_is_no_request(text: bytes, path: str, rule: str) -> None:
    assert faults(text) == [(path, rule)]


def test_every_answer_to_bad_input_is_short() -> None:
    with pytest.raises(CimError) as refused:
        json_in.read_request(body(usagePoint=[{"mRID": {"x": "y" * 100_000}}], reading=[{"reason": "z" * 100_000}]))
    assert len(str(refused.value)) < 1_000


def test_other_utf_encodings_and_a_mark_at_the_start_are_read() -> None:
    text = body().decode()
    for encoding in ("utf-8-sig", "utf-16", "utf-32"):
        assert json_in.read_request(text.encode(encoding)) == json_in.read_request(body())


def test_ten_thousand_usage_points() -> None:
    found = json_in.read_request(body(usagePoint=[{"mRID": str(n)} for n in range(10_000)]))
    assert len(found.usage_points) == 10_000


# responses
HOUR = m.Interval(MIDNIGHT, MIDNIGHT + timedelta(hours=1))
ESTIMATE = Remarks((QualityNote("3.8.0"),))


def response(numbers: Any = (1250, 3000), kinds: RemarkIndex | None = None) -> m.MeterReadings:
    times = (Run(MIDNIGHT + timedelta(minutes=30), 1800, 2),)
    block = m.IntervalBlock(KWH, Values(numbers, 3), kinds or RemarkIndex(), times, HOUR)
    return m.MeterReadings((m.MeterReading(m.Identified("up-1"), interval_blocks=(block,)),))


def only_block(style: JsonStyle, **changes: Any) -> Any:
    written = json.loads(json_out.write_response(response(**changes), style))
    (reading,) = written["meterReading"]
    ((block,),) = (reading[name] for name in ("intervalBlockInts", "intervalBlocks") if name in reading)
    return block


def test_the_compact_block() -> None:
    block = only_block(JsonStyle())
    assert list(block) == ["timePeriod", "values", "readingType"]
    start, end = "2025-03-01T00:00:00", "2025-03-01T01:00:00"
    assert block["timePeriod"] == {"end": end, "endSpecified": True, "start": start, "startSpecified": True}
    assert block["values"] == [{"value": 1.25}, {"value": 3}]
    assert block["readingType"] == {"ref": KWH}


def test_switches_of_values() -> None:
    assert only_block(JsonStyle(objects=False))["values"] == [1.25, 3]
    assert only_block(JsonStyle(objects=False, quoted=True, trim=False))["values"] == ["1.250", "3.000"]
    assert only_block(JsonStyle(quoted=True))["values"] == [{"value": "1.25"}, {"value": "3"}]
    nulls = only_block(JsonStyle(nulls=True))["values"]
    assert nulls == [{"value": 1.25, "readingQualities": []}, {"value": 3, "readingQualities": []}]


def test_gaps_and_qualities() -> None:
    kinds = RemarkIndex((Remarks(), ESTIMATE), (0, 1))
    wanted = [{"value": None}, {"value": 3, "readingQualities": [{"readingQualityType": {"ref": "3.8.0"}}]}]
    assert only_block(JsonStyle(), numbers=(MISSING, 3000), kinds=kinds)["values"] == wanted
    assert only_block(JsonStyle(objects=False), numbers=(MISSING, 3000))["values"] == [None, 3]


def test_the_standard_block() -> None:
    block = only_block(JsonStyle(compact=False))
    assert list(block) == ["intervalReadings", "readingType"]
    first = {"timeStamp": "2025-03-01T00:30:00", "timeStampSpecified": True, "value": 1.25}
    assert block["intervalReadings"][0] == first


@pytest.mark.parametrize("style", [JsonStyle(), JsonStyle(objects=False), JsonStyle(compact=False, nulls=True)])
def test_arrays_write_the_same_bytes(style: JsonStyle) -> None:
    kinds = RemarkIndex((Remarks(), ESTIMATE), (0, 1))
    quick = response(np.array([MISSING, 3000]), RemarkIndex(kinds.kinds, np.array([0, 1])))
    assert json_out.write_response(quick, style) == json_out.write_response(response((MISSING, 3000), kinds), style)


def test_it_comes_in_pieces() -> None:
    many = replace(response(), meter_readings=response().meter_readings * 50)
    pieces = list(json_out.response_pieces(many))
    assert pieces[0] == b'{"meterReading":['
    assert len(pieces) > 100
    assert b"".join(pieces) == json_out.write_response(many)


@pytest.mark.parametrize("write", [json_out.response_pieces, xml_out.response_pieces])
def test_none_among_what_is_made_as_it_is_written_is_a_pause(write: Callable[[Any], Iterator[bytes]]) -> None:
    (reading,) = response().meter_readings
    paused: Any = replace(reading, interval_blocks=(None, *reading.interval_blocks, None))
    whole = replace(response(), meter_readings=(reading, reading))
    pieces = list(write(replace(whole, meter_readings=(None, paused, None, reading))))
    unpaused = list(write(whole))
    assert pieces.count(b"") == unpaused.count(b"") + 4
    assert b"".join(pieces) == b"".join(unpaused)


def test_empty_answers_and_blocks() -> None:
    assert json_out.write_response(m.MeterReadings()) == b'{"meterReading":[],"readingQualityType":[],"readingType":[]}'
    for style in (JsonStyle(), JsonStyle(objects=False), JsonStyle(compact=False)):
        for numbers in ((), np.array([], dtype=np.int64)):
            block = m.IntervalBlock(KWH, Values(numbers, 3))
            answer = m.MeterReadings((m.MeterReading(interval_blocks=(block,)),))
            assert json_in.read_response(json_out.write_response(answer, style)).meter_readings[0].interval_blocks == (
                m.IntervalBlock(KWH, Values((), 0)),
            )


def test_register_readings() -> None:
    reading = m.Reading(KWH, Decimal("1234.50"), MIDNIGHT, qualities=(QualityNote("1.0.0", comment="ok"),))
    written = json.loads(json_out.write_response(m.MeterReadings((m.MeterReading(readings=(reading,)),))))
    assert written["meterReading"][0]["readings"] == [
        {
            "timeStamp": "2025-03-01T00:00:00",
            "timeStampSpecified": True,
            "value": 1234.5,
            "readingQualities": [{"comment": "ok", "readingQualityType": {"ref": "1.0.0"}}],
            "readingType": {"ref": KWH},
        }
    ]


def test_definitions_are_listed_once() -> None:
    twice = replace(response(kinds=RemarkIndex((ESTIMATE,))), meter_readings=response().meter_readings * 2)
    odd = m.MeterReading(readings=(m.Reading("not-a-code", qualities=(QualityNote("bad"),)),))
    full = with_definitions(replace(twice, meter_readings=(*twice.meter_readings, odd)))
    assert [found.mrid for found in full.reading_types] == [KWH, "not-a-code"]
    assert [found.mrid for found in full.reading_quality_types] == ["bad"]
    full = with_definitions(response(kinds=RemarkIndex((ESTIMATE,))))
    assert [found.mrid for found in full.reading_quality_types] == ["3.8.0"]
    assert full.reading_types[0].names[0].name.startswith("thirtyMinute deltaData forward")
    assert json_in.read_response(json_out.write_response(full, JsonStyle(compact=False))) == in_standard_form(full)


@pytest.mark.parametrize(
    ("values", "path", "rule"),
    [
        ("[true]", "values[0].value", "cim.number"),
        ('[{"value":"x"}]', "values[0].value", "cim.number"),
        ('[{"value":1},{"value":{}}]', "values[1].value", "cim.number"),
        ("[1e99]", "", "cim.value-range"),
        ("[1e999999]", "values[0].value", "cim.number"),
        ("[" + "9" * 60 + "]", "values[0].value", "cim.number"),
        ('[{"value":1,"timeStamp":"x"}]', "values[0].timeStamp", "cim.date-time"),
        ('[{"value":1,"timeStamp":"2025-03-01T00:00:00"},{"value":1}]', "", "cim.time-stamp"),
        ('[{"readingQualities":[{}]}]', "values[0].ReadingQualities[0].ReadingQualityType", "cim.required"),
    ],
)
def test_faults_of_values(values: str, path: str, rule: str) -> None:
    text = f'{{"meterReading":[{{"intervalBlockInts":[{{"readingType":{{"ref":"a"}},"values":{values}}}]}}]}}'
    with pytest.raises(CimError) as refused:
        json_in.read_response(text.encode())
    place = "MeterReadings.MeterReading[0].IntervalBlockInts[0]"
    assert [(f.path, f.rule) for f in refused.value.faults] == [(f"{place}.{path}".rstrip("."), rule)]


def test_the_reading_type_may_stand_on_the_meter_reading() -> None:
    text = b'{"meterReading":[{"readingType":{"ref":"a"},"intervalBlockInts":[{"values":[1,{"value":"2.5"},null]}]}]}'
    (block,) = json_in.read_response(text).meter_readings[0].interval_blocks
    assert (block.reading_type, list(block.values)) == ("a", [Decimal(1), Decimal("2.5")])


def test_styles_are_values() -> None:
    assert styled(JsonStyle(), compact=False) == JsonStyle(compact=False)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ('{"mRID":"a b"}', ["a b"]),
        ('{"MRID":"é"}', ["é"]),
        ('{"mRID":""}', [""]),
        ('{"mRID":null}', [None]),
        ('{"mrid":["a"]}', ["a"]),
        ("{}", [None]),
        ('{"names":[]}', [None]),
        ('{"mRID":"a","x":1}', ["a"]),
        ('{"mRID":"\\u0001"}', "cim.text"),
        ('{"mRID":7}', "cim.text"),
        ('{"mRID":{"mRID":"a"}}', "cim.text"),
        ('"a"', "cim.object"),
        ("true", "cim.object"),
        ("7", "cim.object"),
    ],
)
def test_what_is_identified_by_an_mrid_alone_is_read_like_everything_else(text: str, found: object) -> None:
    written = f'{{"usagePoint":[{text}]}}'.encode()
    if isinstance(found, list):
        assert [each.mrid for each in json_in.read_request(written).usage_points] == found
        return
    with pytest.raises(CimError) as caught:
        json_in.read_request(written)
    assert caught.value.rule == found
    assert caught.value.faults[0].path.startswith("GetMeterReadings.UsagePoint[0]")
