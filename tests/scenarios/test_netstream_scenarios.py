"""The Netstream stories are what they say they are."""

from __future__ import annotations

import json
from datetime import date, timedelta
from pathlib import Path

import pytest

from netstream_kit import DAILY, FIVE, HOUSE, SOLAR_THIRTY, THIRTY, Portal, asking, blocks, named, numbers
from simulator.base.http import HttpReply
from simulator.netstream.model import Client
from simulator.web.scenario_files import read_scenario

STORIES = Path(__file__).parents[2] / "scenarios"


def opened(name: str) -> Portal:
    return Portal.open(read_scenario(STORIES / f"netstream-{name}.yaml"))


def day(number: int, *types: str, **more) -> dict:
    start, end = f"2026-03-{number:02}T00:00:00", f"2026-03-{number + 1:02}T00:00:00"
    return asking(*types, start=start, end=end, **(more or {"usagePoint": [named(HOUSE)]}))


def flagged(block: dict, code: str) -> int:
    return json.dumps(block).count(f'"{code}"')


async def test_a_day_of_a_solar_household():
    taken, given = blocks(await opened("solar-day").ask(day(2, THIRTY, SOLAR_THIRTY)))
    assert [len(taken["values"]), len(given["values"])] == [48, 48]
    assert numbers(given)[:12] == [0] * 12
    assert max(numbers(given)[20:32]) > 0.1
    assert sum(numbers(taken)) > 2


async def test_clock_changes():
    portal = opened("clock-changes")
    for start, end, count in (("2026-04-05", "2026-04-06", 50), ("2025-10-05", "2025-10-06", 46)):
        request = asking(THIRTY, start=f"{start}T00:00:00", end=f"{end}T00:00:00", usagePoint=[named(HOUSE)])
        assert len(blocks(await portal.ask(request))[0]["values"]) == count


async def test_gaps_that_are_filled_later():
    portal = opened("gaps")
    assert [len(each["values"]) for each in blocks(await portal.ask(day(2, THIRTY)))] == [28]
    assert [len(each["values"]) for each in blocks(await portal.ask(day(3, THIRTY)))] == [47]
    assert flagged(blocks(await portal.ask(day(4, THIRTY)))[0], "3.8.0") == 24
    assert flagged(blocks(await portal.ask(day(5, THIRTY)))[0], "1.2.32") == 5
    assert numbers(blocks(await portal.ask(day(6, FIVE)))[0])[228] == 65.535
    await portal.house.advance(timedelta(hours=3))
    await portal.sign_in()
    assert len(blocks(await portal.ask(day(2, THIRTY)))[0]["values"]) == 48
    assert flagged(blocks(await portal.ask(day(4, THIRTY)))[0], "3.8.0") == 0
    assert len(blocks(await portal.ask(day(3, THIRTY)))[0]["values"]) == 47


async def test_a_meter_exchange():
    portal = opened("meter-exchange")
    assert flagged(blocks(await portal.ask(day(10, FIVE)))[0], "1.4.2") == 1
    old = blocks(await portal.ask(day(10, FIVE, endDevice=[named("SM100001")])))
    new = blocks(await portal.ask(day(10, FIVE, endDevice=[named("SM900009")])))
    assert [len(old[0]["values"]), len(new[0]["values"])] == [136, 152]


async def test_a_thousand_usage_points():
    answer = await opened("thousand").ask(day(2, DAILY, usagePointGroup=[named("all")]))
    meters = [each for each in answer["meterReading"] if "intervalBlockInts" in each]
    assert len({each["usagePoint"]["mRID"] for each in meters}) == len(meters) > 200


async def test_tokens_that_end_soon():
    portal = opened("token-expiry")
    await portal.ask(day(2))
    await portal.house.advance(timedelta(minutes=2))
    assert (await portal.post(json.dumps(day(2)).encode())).rule == "netstream.token-expired"


async def test_not_entitled():
    portal = opened("entitlement")
    await portal.sign_in(Client("app-2", "s4cret"))
    assert len((await portal.ask(day(2)))["meterReading"]) == 1
    status, body = await portal.refused(day(2, usagePoint=[named("4102036789")]))
    assert (status, list(body["errors"])) == (403, ["GetMeterReadings.UsagePoint[0].Names"])


async def test_the_other_shapes():
    portal = opened("other-shapes")
    answer = await portal.ask(day(2, THIRTY))
    (block,) = blocks(answer)
    assert block["values"][19] is not None
    assert block["values"][20:22] == [None, None]
    assert answer["endDeviceEventType"] == []
    status, _ = await portal.refused(day(2, usagePoint=[named("9999999999")]))
    assert status == 400


async def test_a_site_that_is_the_sum_of_its_meters():
    portal = opened("virtual")
    before = blocks(await portal.ask(day(1, THIRTY, usagePoint=[named("Site")])))[0]
    after = blocks(await portal.ask(day(3, THIRTY, usagePoint=[named("Site")])))[0]
    assert flagged(before, "2.11.0") == 48
    assert flagged(after, "2.11.0") == 0


async def test_readings_from_a_file_and_those_a_provider_sends():
    portal = opened("file")
    second = asking(THIRTY, start="2026-03-02T01:00:00", end="2026-03-03T01:00:00", **house())
    assert numbers(blocks(await portal.ask(second))[0])[:3] == [0.1644, 0.137, 0.1233]
    third = asking(THIRTY, start="2026-03-03T01:00:00", end="2026-03-04T01:00:00", **house())
    before, after = blocks(await portal.ask(third))
    assert (len(before["values"]), len(after["values"])) == (20, 24)
    assert flagged(after, "3.8.0") == 6
    tenth = asking(THIRTY, SOLAR_THIRTY, start="2026-03-10T01:00:00", end="2026-03-11T01:00:00", **house())
    grown = await portal.ask(tenth)
    held = portal.house.simulation.market.world.readings
    assert held.holding(HOUSE, "E1", date(2026, 3, 10)) is None
    await portal.house.advance(timedelta(hours=2))
    await portal.sign_in()
    sent = held.holding(HOUSE, "E1", date(2026, 3, 10))
    assert sent is not None
    assert [float(value) for value in sent.values] == numbers(blocks(grown)[0])
    assert await portal.ask(tenth) == grown
    await portal.house.advance(timedelta(days=1))
    assert held.holding(HOUSE, "B1", date(2026, 3, 11)) is not None


async def test_troubles_that_users_report():
    portal = opened("troubles")

    async def asked(client: Client, start: str, end: str, nmi: str = HOUSE) -> HttpReply:
        portal.token = None
        await portal.sign_in(client)
        return await portal.post(json.dumps(asking(start=start, end=end, usagePoint=[named(nmi)])).encode())

    one, two = portal.house.scenario.given.netstream.clients
    january = [await asked(one, "2026-01-05T00:00:00", "2026-01-06T00:00:00") for _ in range(4)]
    assert [reply.status for reply in january] == [401, 401, 429, 200]
    february = await asked(one, "2026-02-03T00:00:00", "2026-02-06T00:00:00")
    found = blocks(json.loads(february.body))
    assert [len(each["values"]) for each in found] == [47, 96]
    assert (flagged(found[1], "1.2.32"), flagged(found[1], "1.4.2")) == (2, 1)
    empty = await asked(two, "2026-02-03T00:00:00", "2026-02-06T00:00:00")
    assert (empty.status, json.loads(empty.body)["meterReading"]) == (200, [])
    flat = json.loads((await asked(one, "2026-02-08T00:00:00", "2026-02-11T12:00:00", "4102036789")).body)
    assert blocks(flat)[0]["timePeriod"]["start"] == "2026-02-10T01:00:00"


async def test_an_answer_that_breaks_off():
    portal = opened("troubles")
    twelfth = json.dumps(asking(start="2026-02-12T00:00:00", end="2026-02-13T00:00:00", usagePoint=[named(HOUSE)]))
    broken = await portal.post(twelfth.encode())
    with pytest.raises(json.JSONDecodeError):
        json.loads(broken.body)
    assert blocks(json.loads((await portal.post(twelfth.encode())).body))


def house() -> dict:
    return {"usagePoint": [named(HOUSE)]}


@pytest.mark.parametrize("path", sorted(STORIES.glob("netstream-*.yaml")), ids=lambda path: path.stem)
async def test_everybody_can_sign_in(path):
    portal = opened(path.stem.removeprefix("netstream-"))
    for client in portal.house.scenario.given.netstream.clients:
        assert (await portal.sign_in(client)).status == 200


async def test_readings_that_are_judged():
    portal = opened("judged")

    async def outcomes() -> list[str]:
        return [each.outcome for each in (await portal.house.verdict()).findings]

    async def collected(nmi: str) -> HttpReply:
        return await portal.post(json.dumps(day(2, THIRTY, usagePoint=[named(nmi)])).encode())

    assert await outcomes() == ["fail", "fail"]
    await collected("4102034567")
    assert (await collected("4102036789")).rule == "fault.service-unavailable"
    assert await outcomes() == ["fail", "pass"]
    last_year = asking(THIRTY, start="2025-06-01T00:00:00", end="2025-06-02T00:00:00", usagePoint=[named(HOUSE)])
    assert (await portal.refused(last_year))[0] == 403
    await collected("4102036789")
    assert await outcomes() == ["pass", "pass"]
    assert (await portal.refused(day(2, DAILY, usagePointGroup=[named("all")])))[0] == 413
    second = Portal(portal.house)
    await second.sign_in(Client("app-2", "s4cret"))
    assert (await second.refused(day(2, THIRTY)))[0] == 429
    await collected("4102034567")
    assert await outcomes() == ["fail", "pass"], "twice is not once"
