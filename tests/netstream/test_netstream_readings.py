"""What usage points answer: clocks, gaps, qualities, registers, virtual usage points, one world."""

from __future__ import annotations

import asyncio
from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from msgspec.structs import replace as changed

import kit
from netstream_kit import (
    DAILY,
    FIVE,
    FLAT,
    GIVEN,
    HOUSE,
    NOW,
    SHOP,
    SOLAR,
    SOLAR_THIRTY,
    THIRTY,
    Portal,
    asking,
    blocks,
    meter_point,
    named,
    numbers,
    period,
    point_of,
    story,
)
from simulator.asexml import mdff
from simulator.asexml.mdff_model import Accumulation, Header, IntervalDay, NmiDataDetails, RegisterRead
from simulator.base.clock import MARKET_ZONE
from simulator.netstream.model import Client, Group, UsagePoint, guid
from simulator.scenario.model import GivenReadings
from simulator.world.events import ReadingsLoaded
from simulator.world.irregularities import Irregularity
from simulator.world.model import ConnectionPoint, DataStream, Meter, Register, RoleAssignment

DIAL = "0.0.0.1.1.1.12.0.0.0.0.0.0.0.224.3.72.0"
MONTHLY = "8.0.0.4.1.1.12.0.0.0.0.0.0.0.224.3.72.0"
DEMAND = "8.8.5.6.1.1.8.0.0.0.0.0.0.0.224.3.38.0"
VOLTS = "0.2.5.6.0.1.54.0.0.0.0.0.0.0.0.0.29.0"


def at(day: int, hour: int = 0, minute: int = 0) -> datetime:
    """A moment of March 2026 on the clock of Sydney, which is an hour ahead of the market's."""
    return datetime(2026, 3, day, hour, minute, tzinfo=MARKET_ZONE) - timedelta(hours=1)


def qualities(block: dict) -> list[str | None]:
    codes = [each.get("readingQualities", [{}])[0] for each in block["values"]]
    return [each.get("readingQualityType", {}).get("ref") for each in codes]


# Clocks


@pytest.mark.parametrize(
    ("day", "next_day", "count"), [("2025-04-06", "2025-04-07", 50), ("2025-10-05", "2025-10-06", 46)]
)
async def test_days_of_clock_changes(day, next_day, count):
    portal = Portal.open()
    answer = await portal.ask(asking(THIRTY, start=f"{day}T00:00:00", end=f"{next_day}T00:00:00"))
    (block,) = blocks(answer)
    assert len(block["values"]) == count
    assert block["timePeriod"]["start"] == f"{day}T00:00:00"
    assert block["timePeriod"]["end"] == f"{next_day}T00:00:00"
    daily = await portal.ask(asking(DAILY, start=f"{day}T00:00:00", end=f"{next_day}T00:00:00"))
    assert numbers(blocks(daily)[0]) == [pytest.approx(sum(numbers(block)))]


async def test_a_doubled_hour_is_stamped_twice():
    portal = Portal.open(story(json_blocks="standard"))
    answer = await portal.ask(asking(THIRTY, start="2025-04-06T01:00:00", end="2025-04-06T04:00:00"))
    stamps = [each["timeStamp"][11:16] for each in answer["meterReading"][0]["intervalBlocks"][0]["intervalReadings"]]
    assert stamps == ["01:30", "02:00", "02:30", "02:00", "02:30", "03:00", "03:30", "04:00"]


async def test_market_time_by_switch_has_48_half_hours_always():
    portal = Portal.open(story(local_time="market"))
    for day, next_day in (("2025-04-06", "2025-04-07"), ("2025-10-05", "2025-10-06")):
        answer = await portal.ask(asking(THIRTY, start=f"{day}T00:00:00", end=f"{next_day}T00:00:00"))
        assert len(blocks(answer)[0]["values"]) == 48


async def test_an_offset_says_which_moment_is_meant():
    portal = Portal.open()
    plain = await portal.ask(asking())
    with_offset = await portal.ask(asking(start="2026-03-02T00:00:00+11:00", end="2026-03-03T00:00:00+11:00"))
    in_utc = await portal.ask(asking(start="2026-03-01T13:00:00Z", end="2026-03-02T13:00:00Z"))
    assert plain == with_offset == in_utc


async def test_each_usage_point_has_the_clock_of_its_jurisdiction():
    points = (meter_point(HOUSE), meter_point(FLAT, jurisdiction="QLD"), meter_point(SHOP, jurisdiction="SA"))
    portal = Portal.open(story(points=points))
    start, end = "2026-03-01T14:00:00Z", "2026-03-02T14:00:00Z"
    answer = await portal.ask(
        asking(start=start, end=end, usagePoint=[point_of(HOUSE), point_of(FLAT), point_of(SHOP)])
    )
    starts = [blocks(answer, number)[0]["timePeriod"]["start"] for number in range(3)]
    assert starts == ["2026-03-02T01:00:00", "2026-03-02T00:00:00", "2026-03-02T00:30:00"]


async def test_the_range_is_half_open_by_the_ends_of_intervals():
    portal = Portal.open()
    answer = await portal.ask(asking(THIRTY, start="2026-03-02T00:00:00", end="2026-03-02T00:30:00"))
    assert len(blocks(answer)[0]["values"]) == 1
    answer = await portal.ask(asking(THIRTY, start="2026-03-02T00:10:00", end="2026-03-02T01:10:00"))
    (block,) = blocks(answer)
    assert block["timePeriod"]["start"] == "2026-03-02T00:00:00"
    assert block["timePeriod"]["end"] == "2026-03-02T01:00:00"


# Gaps and qualities


async def test_a_gap_splits_the_block_and_late_data_fills_it_when_market_time_comes():
    odd = Irregularity(HOUSE, "missing", at(2), at(2, 10), reported=NOW + timedelta(hours=1))
    portal = Portal.open(story(odd))
    request = asking(FIVE, start="2026-03-01T12:00:00", end="2026-03-03T00:00:00")
    before = await portal.ask(request)
    assert [len(each["values"]) for each in blocks(before)] == [144, 168]
    await portal.house.advance(timedelta(minutes=59))
    assert len(blocks(await portal.ask(request))) == 2
    await portal.sign_in()
    fired = await portal.house.advance(timedelta(minutes=1))
    assert [each["nmi"] for each in fired if each["type"] == "ReadingsReported"] == [HOUSE]
    await portal.sign_in()
    (after,) = blocks(await portal.ask(request))
    assert len(after["values"]) == 432
    late = [each for each in after["values"] if "reportedDateTime" in each]
    assert len(late) == 120
    assert late[0]["reportedDateTime"] == "2026-03-20T11:00:00"
    undisturbed = await Portal.open().ask(request)
    assert numbers(after) == numbers(blocks(undisturbed)[0])


async def test_a_gap_seen_as_null():
    portal = Portal.open(story(Irregularity(HOUSE, "missing", at(2), at(2, 1)), reading_gaps="null"))
    (block,) = blocks(await portal.ask(asking(FIVE)))
    assert len(block["values"]) == 288
    assert numbers(block)[:13] == [None] * 12 + numbers(block)[12:13]
    assert qualities(block)[:13] == ["2.5.259"] * 12 + [None]


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        ("substituted", "3.8.0"),
        ("final substituted", "3.8.0"),
        ("estimated", "3.8.0"),
        ("edited", "3.7.0"),
        ("power failure", "1.2.32"),
        ("skipped", "1.4.4"),
        ("partial", "1.4.2"),
        ("overflow", "1.4.1"),
        ("clock change", "1.4.9"),
    ],
)
async def test_what_is_odd_is_told_by_a_quality(kind, code):
    portal = Portal.open(story(Irregularity(HOUSE, kind, at(2, 1), at(2, 2))))
    answer = await portal.ask(asking(FIVE))
    (block,) = blocks(answer)
    assert [number for number, found in enumerate(qualities(block)) if found == code] == list(range(12, 24))
    assert [each["mRID"] for each in answer["readingQualityType"]] == [code]
    plain = numbers(blocks(await Portal.open().ask(asking(FIVE)))[0])
    assert numbers(block)[24:] == plain[24:]
    if kind in ("power failure", "skipped"):
        assert set(numbers(block)[12:24]) == {0}


async def test_a_substitute_gives_way_to_the_actual_reading():
    odd = Irregularity(HOUSE, "substituted", at(2, 1), at(2, 2), reported=NOW + timedelta(minutes=30))
    portal = Portal.open(story(odd))
    (block,) = blocks(await portal.ask(asking(FIVE)))
    assert qualities(block).count("3.8.0") == 12
    await portal.house.advance(timedelta(minutes=30))
    (block,) = blocks(await portal.ask(asking(FIVE)))
    assert set(qualities(block)) == {None}
    assert numbers(block) == numbers(blocks(await Portal.open().ask(asking(FIVE)))[0])


async def test_a_sum_that_misses_a_part_says_so():
    portal = Portal.open(story(Irregularity(HOUSE, "missing", at(2, 1), at(2, 1, 10))))
    answer = await portal.ask(asking(THIRTY, DAILY))
    half_hours, day = blocks(answer)
    assert qualities(half_hours)[:4] == [None, None, "2.11.0", None]
    assert qualities(day) == ["2.11.0"]


async def test_readings_arrive_after_a_delay():
    portal = Portal.open(story(reporting_delay=60))
    answer = await portal.ask(asking(FIVE, start="2026-03-20T08:00:00", end=None))
    assert blocks(answer)[0]["timePeriod"]["end"] == "2026-03-20T09:00:00"


# Products, groups, meters


async def test_a_product_of_usage_points_and_types():
    portal = Portal.open()
    answer = await portal.ask(asking(THIRTY, SOLAR_THIRTY, usagePoint=[point_of(HOUSE), point_of(SHOP)]))
    assert len(answer["meterReading"]) == 2
    assert [len(blocks(answer, number)) for number in range(2)] == [2, 2]


async def test_groups_and_those_asked_for_twice():
    portal = Portal.open()
    north = {"mRID": guid("group", "North")}
    answer = await portal.ask(asking(usagePointGroup=[north], usagePoint=[point_of(HOUSE)]))
    nmis = [each["usagePoint"]["names"][0]["name"] for each in answer["meterReading"]]
    assert nmis == [HOUSE, FLAT]
    everything = await portal.ask(asking(usagePointGroup=[named("all")]))
    assert len(everything["meterReading"]) == 3


async def test_a_meter_by_serial_number_and_by_mrid():
    portal = Portal.open()
    answer = await portal.ask(asking(endDevice=[named("M4567")]))
    assert answer["meterReading"][0]["meter"]["names"][0]["name"] == "M4567"
    assert numbers(blocks(answer)[0]) == numbers(blocks(await portal.ask(asking()))[0])
    by_mrid = await portal.ask(asking(endDevice=[{"mRID": guid("meter", "M4567")}]))
    assert by_mrid == answer


async def test_a_meter_group():
    given = replace(GIVEN, meter_groups=(Group("Street", guid("meter-group", "Street"), ("M4567", "M5678")),))
    portal = Portal.open(story(given=given))
    answer = await portal.ask(asking(endDeviceGroup=[{"mRID": guid("meter-group", "Street")}]))
    assert [each["meter"]["names"][0]["name"] for each in answer["meterReading"]] == ["M4567", "M5678"]


async def test_a_meter_exchange():
    odd = Irregularity(HOUSE, "meter exchange", at(2, 12, 2), meter="NEW1")
    portal = Portal.open(story(odd))
    (block,) = blocks(await portal.ask(asking(FIVE)))
    assert [number for number, code in enumerate(qualities(block)) if code] == [144]
    (old,) = blocks(await portal.ask(asking(FIVE, endDevice=[named("M4567")])))
    (new,) = blocks(await portal.ask(asking(FIVE, endDevice=[named("NEW1")])))
    assert len(old["values"]) + len(new["values"]) == 288
    assert numbers(old) + numbers(new) == numbers(block)
    dials = await portal.ask(asking(DIAL, start="2026-02-01T00:00:00", end="2026-03-15T00:00:00"))
    assert dials["meterReading"][0]["readings"][0]["value"] > 1000


async def test_virtual_usage_points_nest():
    block_a = UsagePoint("Block A", guid("usage-point", "Block A"), children=(FLAT, SHOP), zone="Australia/Sydney")
    site = UsagePoint("Site", guid("usage-point", "Site"), children=(HOUSE, "Block A"), zone="Australia/Sydney")
    portal = Portal.open(story(given=replace(GIVEN, points=(block_a, site))))
    total = numbers(blocks(await portal.ask(asking(usagePoint=[named("Site")])))[0])
    parts = await portal.ask(asking(usagePoint=[point_of(HOUSE), point_of(FLAT), point_of(SHOP)]))
    alone = [numbers(blocks(parts, number)[0]) for number in range(3)]
    assert total == pytest.approx([sum(each) for each in zip(*alone, strict=True)])


async def test_a_virtual_usage_point_that_contains_itself():
    odd = UsagePoint("Loop", guid("usage-point", "Loop"), children=("Loop", HOUSE), zone="Australia/Sydney")
    portal = Portal.open(story(given=replace(GIVEN, points=(odd,))))
    assert len(blocks(await portal.ask(asking(usagePoint=[named("Loop")])))[0]["values"]) == 48


# Entitlement


async def test_what_a_client_is_not_entitled_to_is_as_if_unknown():
    portal = Portal.open()
    await portal.sign_in(Client("app-2", "s4cret"))
    answer = await portal.ask(asking(usagePoint=[point_of(HOUSE), point_of(SHOP)]))
    assert [each["usagePoint"]["mRID"] for each in answer["meterReading"]] == [point_of(HOUSE)["mRID"]]
    group = await portal.ask(asking(usagePointGroup=[named("all")]))
    assert len(group["meterReading"]) == 2


async def test_not_entitled_by_switch():
    portal = Portal.open(story(not_entitled="403"))
    await portal.sign_in(Client("app-2", "s4cret"))
    status, body = await portal.refused(asking(usagePoint=[point_of(SHOP)]))
    assert status == 403
    assert list(body["errors"]) == ["GetMeterReadings.UsagePoint[0].mRID"]


# Registers


async def test_dials_stand_apart_by_what_went_through():
    portal = Portal.open()
    answer = await portal.ask(asking(DIAL, MONTHLY, start="2025-12-01T00:00:00", end="2026-03-01T00:00:00"))
    readings = answer["meterReading"][0]["readings"]
    dials = [each for each in readings if each["readingType"]["ref"] == DIAL]
    months = [each for each in readings if each["readingType"]["ref"] == MONTHLY]
    assert [each["timeStamp"] for each in dials] == [f"2026-0{number}-01T00:00:00" for number in (1, 2, 3)]
    assert [each["timePeriod"]["start"][:10] for each in months] == ["2025-12-01", "2026-01-01", "2026-02-01"]
    assert dials[1]["value"] - dials[0]["value"] == pytest.approx(months[1]["value"])
    assert dials[2]["value"] - dials[1]["value"] == pytest.approx(months[2]["value"])


async def test_rates_add_up_to_the_whole():
    portal = Portal.open()
    rates = [f"8.0.0.4.1.1.12.0.0.0.0.{tou}.0.0.224.3.72.0" for tou in (0, 1, 2, 3)]
    answer = await portal.ask(asking(*rates, start="2026-02-01T00:00:00", end="2026-03-01T00:00:00"))
    total, *parts = [each["value"] for each in answer["meterReading"][0]["readings"]]
    assert total == pytest.approx(sum(parts))
    assert all(parts)


async def test_maximum_demand_is_the_highest_half_hour_doubled():
    portal = Portal.open()
    answer = await portal.ask(asking(DEMAND, THIRTY, start="2026-02-01T00:00:00", end="2026-03-01T00:00:00"))
    (demand,) = answer["meterReading"][0]["readings"]
    assert demand["value"] == pytest.approx(2 * max(numbers(blocks(answer)[0])))
    assert demand["timePeriod"]["end"] == "2026-03-01T00:00:00"


async def test_an_old_meter_has_dials_but_no_intervals():
    basic = ConnectionPoint(HOUSE, "NSW", meters=(Meter("B1", (), "BASIC"),))
    portal = Portal.open(story(points=(basic,)))
    answer = await portal.ask(asking(DIAL, THIRTY, start="2026-01-15T00:00:00", end="2026-03-15T00:00:00"))
    (reading,) = answer["meterReading"]
    assert "intervalBlockInts" not in reading
    assert [each["value"] == int(each["value"]) for each in reading["readings"]] == [True, True]


async def test_dials_as_they_were_received():
    def read(day: datetime, text: str, quality: str = "A") -> RegisterRead:
        return RegisterRead(text, day, quality)

    first, second = datetime(2026, 1, 5, tzinfo=MARKET_ZONE), datetime(2026, 3, 5, tzinfo=MARKET_ZONE)
    loaded = Accumulation(
        HOUSE, "11", "11", "11", "11", "B1", "E", read(first, "12345"), read(second, "12845", "S52"),
        Decimal(500), "kWh",
    )  # fmt: skip
    basic = ConnectionPoint(HOUSE, "NSW", meters=(Meter("B1", (), "BASIC"),))
    portal = Portal.open(story(points=(basic,), readings=GivenReadings(accumulations=(loaded,))))
    answer = await portal.ask(asking(DIAL, start="2026-01-01T00:00:00", end="2026-03-15T00:00:00"))
    readings = answer["meterReading"][0]["readings"]
    assert [(each["timeStamp"], each["value"]) for each in readings] == [
        ("2026-01-05T01:00:00", 12345),
        ("2026-03-05T01:00:00", 12845),
    ]
    assert readings[1]["readingQualities"][0]["readingQualityType"]["ref"] == "3.8.0"


async def test_voltage_where_the_meter_has_it():
    registers = (*SOLAR, Register("Q1", "Q1", unit="KVARH"), Register("V1", "V1", unit="V"))
    portal = Portal.open(story(points=(meter_point(HOUSE, registers=registers),)))
    reactive = THIRTY.replace(".72.", ".73.")
    volts, vars_, energy = blocks(await portal.ask(asking(VOLTS, reactive, THIRTY)))
    assert all(225 < each < 250 for each in numbers(volts))
    assert sum(numbers(vars_)) < sum(numbers(energy))
    assert sum(numbers(vars_)) > 0.1 * sum(numbers(energy))


async def test_controlled_load_runs_at_night():
    registers = (Register("E1", "E1"), Register("E2", "E2", controlled_load="YES"))
    portal = Portal.open(story(points=(meter_point(HOUSE, registers=registers),), local_time="market"))
    without = Portal.open(story(points=(meter_point(HOUSE, registers=registers[:1]),), local_time="market"))
    both = numbers(blocks(await portal.ask(asking(THIRTY)))[0])
    alone = numbers(blocks(await without.ask(asking(THIRTY)))[0])
    heated = [one - other for one, other in zip(both, alone, strict=True)]
    assert heated[44] == pytest.approx(1.8)
    assert heated[20:44] == [pytest.approx(0)] * 24


@pytest.mark.parametrize(
    ("code", "what"),
    [
        (FIVE, "a meter of half hours has no five minutes"),
        ("0.0.5.4.1.1.12.0.0.0.0.0.0.0.128.3.72.0", "one phase"),
        ("0.0.7.4.1.9.58.0.0.0.0.0.0.0.0.0.42.0", "water"),
        ("0.0.5.4.1.1.12.0.0.0.0.0.0.0.224.3.71.0", "apparent energy"),
    ],
)
async def test_reading_types_that_a_usage_point_has_not_got(code, what):
    answer = await Portal.open().ask(asking(code, usagePoint=[point_of(SHOP)]))
    assert answer["meterReading"] == [], what


async def test_watt_hours_and_megawatt_hours():
    portal = Portal.open()
    codes = [THIRTY.replace(".3.72.", f".{power}.72.") for power in (0, 6)]
    plain, *others = [numbers(each) for each in blocks(await portal.ask(asking(THIRTY, *codes)))]
    assert others[0] == pytest.approx([1000 * each for each in plain])
    assert others[1] == pytest.approx([each / 1000 for each in plain])


async def test_a_data_stream_begins_when_it_begins():
    stream = DataStream("E1", from_date=date(2026, 3, 2))
    point = changed(meter_point(HOUSE), data_streams=(stream,))
    portal = Portal.open(story(points=(point,), local_time="market"))
    (block,) = blocks(await portal.ask(asking(THIRTY, start="2026-02-01T00:00:00", end="2026-03-03T00:00:00")))
    assert block["timePeriod"]["start"] == "2026-03-02T00:00:00"


# One world


def file_day(values: str, length: int, day: date = date(2026, 3, 2), quality: str = "A") -> IntervalDay:
    details = NmiDataDetails(HOUSE, "E1B1", "E1", "E1", "E1", "M4567", "kWh", length)
    return IntervalDay(details, day, values, quality, updated_at=datetime(2026, 3, 3, tzinfo=MARKET_ZONE))


async def test_a_file_named_in_the_scenario_stands_for_what_would_be_generated():
    day = file_day(",".join(f"{number / 8}" for number in range(288)), 5)
    portal = Portal.open(story(readings=GivenReadings(days=(day,)), local_time="market"))
    request = asking(FIVE, start="2026-03-01T00:00:00", end="2026-03-04T00:00:00")
    (block,) = blocks(await portal.ask(request))
    assert numbers(block)[288:576] == [number / 8 for number in range(288)]
    (plain,) = blocks(await Portal.open(story(local_time="market")).ask(request))
    assert numbers(block)[:288] == numbers(plain)[:288]
    assert numbers(block)[576:] == numbers(plain)[576:]
    half_hours = numbers(blocks(await portal.ask(asking(THIRTY)))[0])
    assert half_hours[0] == sum(range(6)) / 8


async def test_readings_received_over_mdmt_are_the_ones_shown():
    portal = Portal.open(story(local_time="market"))
    turn = portal.house.simulation.turn(NOW)
    day = file_day(",".join(["1.0005"] * 48), 30, quality="S52")
    turn.emit(ReadingsLoaded(NOW, "METERCO", "1", (day,)))
    (block,) = blocks(await portal.ask(asking(THIRTY)))
    assert set(numbers(block)) == {1.0005}
    assert set(qualities(block)) == {"3.8.0"}
    daily = blocks(await portal.ask(asking(DAILY)))[0]
    assert numbers(daily) == [48.024]
    assert qualities(daily) == ["3.8.0"]
    assert (await portal.ask(asking(FIVE)))["meterReading"] == []


async def test_netstream_and_a_meter_data_file_show_the_same_numbers():
    odd = (
        Irregularity(HOUSE, "missing", at(2, 4), at(2, 6), suffix="E1"),
        Irregularity(HOUSE, "substituted", at(2, 9), at(2, 10)),
    )
    portal = Portal.open(story(*odd, local_time="market", reading_gaps="null"))
    metering = portal.house.simulation.metering
    days = list(metering.file_days(HOUSE, date(2026, 3, 2), date(2026, 3, 2), NOW))
    assert [day.suffix for day in days] == ["E1", "B1"]
    (block,) = blocks(await portal.ask(asking(FIVE)))
    shown = [0 if value is None else value for value in numbers(block)]
    assert [float(value) for value in days[0].values] == shown
    assert days[0].quality == "V"
    assert {event.quality for event in days[0].events} == {"A", "N", "S52"}
    text = mdff.write_nem12(Header("NEM12", NOW, "METERCO", "RETAILA"), days)
    read_back = mdff.read(text)
    assert not read_back.faults
    assert read_back.accepted == 2


async def test_the_same_numbers_whoever_asks_first():
    first, second = Portal.open(), Portal.open()
    narrow = asking(FIVE, start="2026-03-02T10:00:00", end="2026-03-02T11:00:00")
    wide = asking(FIVE, start="2025-01-01T00:00:00", end="2026-03-03T00:00:00")
    one = (await first.ask(narrow), await first.ask(wide))
    other = (await second.ask(wide), await second.ask(narrow))
    assert one == other[::-1]
    inside = numbers(blocks(one[1])[0])
    assert numbers(blocks(one[0])[0]) == inside[-(14 * 12) : -(13 * 12)]


async def test_another_seed_another_customer():
    one = await Portal.open(story(seed=7)).ask(asking())
    assert one == await Portal.open(story(seed=7)).ask(asking())
    assert one != await Portal.open(story(seed=8)).ask(asking())


async def test_two_reading_periods_of_one_request_share_nothing_but_the_answer():
    portal = Portal.open()
    request = asking(DAILY) | {
        "reading": [
            period("2026-02-02T00:00:00", "2026-02-04T00:00:00"),
            period("2026-03-02T00:00:00", "2026-03-03T00:00:00"),
        ]
    }
    assert [len(each["values"]) for each in blocks(await portal.ask(request))] == [2, 1]


def of_quality(*codes: str) -> dict[str, object]:
    return {"readingQuality": [{"readingQualityType": {"mRID": code}} for code in codes]}


async def test_only_readings_of_the_qualities_asked_for():
    odd = (
        Irregularity(HOUSE, "substituted", at(2, 6), at(2, 18)),
        Irregularity(HOUSE, "missing", at(2, 20), at(2, 21)),
    )
    portal = Portal.open(story(*odd))
    whole = blocks(await portal.ask(asking()))
    (estimated,) = blocks(await portal.ask(asking() | of_quality("3.8.0")))
    assert (estimated["timePeriod"]["start"], len(estimated["values"])) == ("2026-03-02T06:00:00", 24)
    good = blocks(await portal.ask(asking() | of_quality("0.0.0")))
    assert [len(each["values"]) for each in good] == [12, 4, 6]
    assert blocks(await portal.ask(asking() | of_quality("0.0.0", "3.8.0"))) == whole
    assert (await portal.ask(asking() | of_quality("1.2.32")))["meterReading"] == []
    assert blocks(await portal.ask(asking(DAILY) | of_quality("2.11.0")))[0]["values"]
    assert (await portal.ask(asking(DAILY) | of_quality("1.0.0")))["meterReading"] == []
    assert blocks(await Portal.open(story(*odd, quality_filter="ignore")).ask(asking() | of_quality("3.8.0"))) == whole


async def test_missing_readings_may_be_asked_for_where_they_are_seen():
    odd = Irregularity(HOUSE, "missing", at(2, 20), at(2, 21))
    (gap,) = blocks(await Portal.open(story(odd, reading_gaps="null")).ask(asking() | of_quality("2.5.259")))
    assert numbers(gap) == [None, None]


async def test_single_readings_by_quality():
    odd = Irregularity(HOUSE, "missing", at(2) - timedelta(28), at(3) - timedelta(28))
    monthly = "13.0.0.4.1.1.12.0.0.0.0.0.0.0.224.3.72.0"
    asked = asking(monthly, start="2026-01-15T00:00:00", end="2026-03-15T00:00:00")
    portal = Portal.open(story(odd))
    answer = await portal.ask(asked | of_quality("2.11.0"))
    assert [each["timeStamp"] for each in answer["meterReading"][0]["readings"]] == ["2026-03-01T00:00:00"]
    answer = await portal.ask(asked | of_quality("1.0.0"))
    assert [each["timeStamp"] for each in answer["meterReading"][0]["readings"]] == ["2026-02-01T00:00:00"]


KINDS_OF_ODD = st.sampled_from(["missing", "substituted", "estimated", "power failure", "overflow", "edited"])


@st.composite
def oddities(draw: st.DrawFn) -> Irregularity:
    start = at(1) + timedelta(minutes=draw(st.integers(0, 3 * 1440)))
    suffix = draw(st.sampled_from([None, "E1", "B1"]))
    return Irregularity(HOUSE, draw(KINDS_OF_ODD), start, start + timedelta(minutes=draw(st.integers(1, 900))), suffix)


@st.composite
def files(draw: st.DrawFn) -> IntervalDay:
    details = NmiDataDetails(HOUSE, "E1B1", "E1", draw(st.sampled_from(["E1", "B1"])), "", "M4567", "kWh", 5)
    values = draw(st.lists(st.integers(0, 9999), min_size=288, max_size=288))
    return IntervalDay(details, date(2026, 3, 2), ",".join(f"{value / 1000}" for value in values), "A", updated_at=NOW)


Shown = dict[str, list[float]]
"""Five-minute energy of 2 March by direction, "E" and "B"; or "E-B", the one less the other. Nothing counts as 0."""
NET = FIVE.replace(".4.1.1.", ".4.4.1.")
RM17 = (
    '<ReportRequest version="r10"><ReportParameters xsi:type="ase:MDMTLevel3SettlementReconciliationReportParameters">'
    "<ReportName>Level3SettlementReconciliation</ReportName><SettlementCase>1</SettlementCase>"
    f"<FromDate>2026-03-02</FromDate><ToDate>2026-03-02</ToDate><NMI>{HOUSE}</NMI></ReportParameters></ReportRequest>"
)


async def by_netstream(portal: Portal) -> Shown:
    found: Shown = {}
    for letter, code in {"E": FIVE, "B": FIVE.replace(".4.1.1.", ".4.19.1.")}.items():
        answer = await portal.ask(asking(code))
        shown = blocks(answer) if answer["meterReading"] else []
        found[letter] = [value or 0.0 for block in shown for value in numbers(block)] or [0.0] * 288
    return found


async def by_file(portal: Portal) -> Shown:
    days = portal.house.simulation.metering.file_days(HOUSE, date(2026, 3, 2), date(2026, 3, 2), NOW)
    text = mdff.write_nem12(Header("NEM12", NOW, "METERCO", "RETAILA"), days)
    return {day.suffix[0]: [float(value) for value in day.values] for day in mdff.read(text).records}


async def by_report(portal: Portal) -> Shown:
    """What the retailer is answered that asks the e-Hub for RM17."""
    retailer = kit.Party(portal.house)
    asked = kit.message(kit.transactions(RM17), group="MDMT")
    assert kit.outcome(await retailer.submit(asked, "mdmtm_retaila_1")).status == "Accept"
    (answer,) = await retailer.clear()
    _, row = answer.findtext(".//CSVData").splitlines()
    nmi, _, day, *values, _ = row.split(",")[5:]
    assert (nmi, day, len(values)) == (HOUSE, "2026/03/02", 288)
    return {"E-B": [float(value) for value in values]}


def net(shown: Shown) -> list[float]:
    if "E-B" in shown:
        return shown["E-B"]
    return [round(one - other, 3) for one, other in zip(shown["E"], shown["B"], strict=True)]


@settings(max_examples=40)
@given(
    odd=st.lists(oddities(), max_size=3),
    received=st.lists(files(), max_size=1),
    order=st.permutations([by_netstream, by_file, by_report]),
    seed=st.integers(0, 2**32),
)
def test_one_world_whoever_is_asked_first(odd, received, order, seed):
    """A NMI shows the same numbers in Netstream, in a NEM12 file and in a report."""
    told = GivenReadings(days=tuple(received), odd=tuple(odd))
    roles = (RoleAssignment("FRMP", "RETAILA", date(2020, 1, 1)),)
    streams = tuple(DataStream(suffix, from_date=date(2020, 1, 1)) for suffix in ("E1", "B1"))
    house = changed(meter_point(HOUSE), roles=roles, data_streams=streams)
    portal = Portal.open(story(points=(house,), seed=seed, readings=told, local_time="market", reading_gaps="null"))

    async def asked() -> list[Shown]:
        return [await ask(portal) for ask in order]

    found = asyncio.run(asked())
    assert net(found[0]) == net(found[1]) == net(found[2])
    one, other = (shown for shown in found if "E-B" not in shown)
    assert one == other


APPARENT = "0.0.6.4.1.1.12.0.0.0.0.0.0.0.224.3.71.0"
REACTIVE = "0.0.6.4.1.1.12.0.0.0.0.0.0.0.224.3.73.0"
FOUR = (*SOLAR, Register("Q1", "Q1", unit="KVARH"), Register("K1", "K1", unit="KVARH"))


def with_reactive(*odd: Irregularity) -> Portal:
    return Portal.open(story(*odd, points=(meter_point(HOUSE, registers=FOUR),)))


async def test_apparent_energy_where_the_meter_has_reactive_energy():
    active, reactive, both = blocks(await with_reactive().ask(asking(FIVE, REACTIVE, APPARENT)))
    pairs = zip(numbers(active), numbers(reactive), strict=True)
    assert numbers(both) == [pytest.approx((one**2 + other**2) ** 0.5, abs=0.0006) for one, other in pairs]
    assert max(numbers(both)) > 0
    assert (await Portal.open().ask(asking(APPARENT)))["meterReading"] == []


async def test_apparent_energy_adds_up():
    portal = with_reactive()
    hour, day = APPARENT.replace("0.0.6.", "0.0.7.", 1), APPARENT.replace("0.0.6.", "0.0.4.", 1)
    fine, hours, days = blocks(await portal.ask(asking(APPARENT, hour, day)))
    assert [len(each["values"]) for each in (fine, hours, days)] == [288, 24, 1]
    assert numbers(hours)[7] == pytest.approx(sum(numbers(fine)[84:96]))
    assert numbers(days) == [pytest.approx(sum(numbers(fine)))]
    given = APPARENT.replace(".4.1.1.", ".4.19.1.")
    assert max(numbers(blocks(await portal.ask(asking(given)))[0])[100:200]) > 0


TOTAL = FIVE.replace(".4.1.1.", ".4.20.1.")


async def test_net_and_total_energy_where_the_meter_has_both_directions():
    portal = with_reactive()
    given = FIVE.replace(".4.1.1.", ".4.19.1.")
    taken, put, less, both = blocks(await portal.ask(asking(FIVE, given, NET, TOTAL)))
    pairs = list(zip(numbers(taken), numbers(put), strict=True))
    assert numbers(less) == [pytest.approx(one - other) for one, other in pairs]
    assert numbers(both) == [pytest.approx(one + other) for one, other in pairs]
    assert min(numbers(less)) < 0 < max(numbers(less))
    reactive = [each.replace(".72.0", ".73.0") for each in (NET, TOTAL)]
    assert len(blocks(await portal.ask(asking(*reactive)))) == 2
    only_taken = {"usagePoint": [point_of(FLAT)]}
    assert (await Portal.open().ask(asking(NET, TOTAL, **only_taken)))["meterReading"] == []


async def test_net_energy_of_days_and_months_is_the_sum_of_its_intervals():
    portal = Portal.open(story(local_time="market"))
    day, month = NET.replace("0.0.6.", "0.0.4.", 1), NET.replace("0.0.6.", "13.0.0.", 1)
    february = {"start": "2026-02-01T00:00:00", "end": "2026-03-01T00:00:00"}
    answer = await portal.ask(asking(NET, day, month, **february))
    fine, days = blocks(answer)
    assert numbers(days) == [pytest.approx(sum(numbers(fine)[at : at + 288])) for at in range(0, 28 * 288, 288)]
    (of_month,) = answer["meterReading"][0]["readings"]
    assert of_month["value"] == pytest.approx(sum(numbers(fine)))


async def test_net_energy_is_missing_where_one_direction_is():
    odd = Irregularity(HOUSE, "missing", at(2, 10), at(2, 11), suffix="B1")
    portal = Portal.open(story(odd))
    first, second = blocks(await portal.ask(asking(NET)))
    assert (len(first["values"]), len(second["values"])) == (120, 156)


async def test_apparent_energy_is_missing_where_one_of_the_two_is():
    portal = with_reactive(Irregularity(HOUSE, "missing", at(2, 10), at(2, 11), suffix="Q1"))
    first, second = blocks(await portal.ask(asking(APPARENT)))
    assert (len(first["values"]), len(second["values"])) == (120, 156)
    day = blocks(await portal.ask(asking(APPARENT.replace("0.0.6.", "0.0.4.", 1))))[0]
    assert qualities(day) == ["2.11.0"]
