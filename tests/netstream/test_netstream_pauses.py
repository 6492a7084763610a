"""Long answers are made in steps: others are served in between, also before the first byte and under a fault."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable
from typing import Any

import pytest
from msgspec.structs import replace

from netstream_kit import HOUSE, THIRTY, Portal, asking, named, point_of, story
from simulator.netstream.model import guid
from simulator.scenario.criteria import NetstreamMatch
from simulator.scenario.faults import BY_NAME, Mishap
from simulator.scenario.model import Rule, Scenario
from simulator.scenario.where import Where
from simulator.world.growth import Growth

COUNT = 1_000


def market(*rules: Rule, **switches: Any) -> Scenario:
    made = story(**switches)
    return replace(made, given=replace(made.given, population=(Growth(COUNT, "VIC"),)), when=rules)


async def rounds_during(work: Awaitable[Any]) -> tuple[int, Any]:
    """How often others had their turn meanwhile."""
    task = asyncio.ensure_future(work)
    rounds = 0
    while not task.done():
        await asyncio.sleep(0)
        rounds += 1
    return rounds, await task


async def test_mrids_are_listed_in_steps_and_once():
    portal = Portal.open(market())
    await portal.sign_in()
    first, answer = await rounds_during(portal.ask(asking()))
    again, same = await rounds_during(portal.ask(asking()))
    assert answer == same
    assert answer["meterReading"][0]["usagePoint"]["mRID"] == point_of(HOUSE)["mRID"]
    assert first - again >= COUNT // 100
    assert again < 10


async def test_mrids_of_meters_are_listed_in_steps():
    portal = Portal.open(market())
    await portal.sign_in()
    meter = {"endDevice": [{"mRID": guid("meter", f"M{HOUSE[-4:]}")}]}
    first, answer = await rounds_during(portal.ask(asking(**meter)))
    assert len(answer["meterReading"]) == 1
    assert first >= COUNT // 10


async def test_grown_usage_points_and_meters_have_mrids():
    portal = Portal.open(market())
    base = portal.house.simulation.base.points
    nmi = list(base)[-1]
    serial = base[nmi].meters[0].serial
    for about in ({"usagePoint": [point_of(nmi)]}, {"endDevice": [{"mRID": guid("meter", serial)}]}):
        (found,) = (await portal.ask(asking(THIRTY, **about)))["meterReading"]
        assert found["usagePoint"]["mRID"] == guid("usage-point", nmi)


async def test_usage_points_that_must_be_known_are_looked_for_in_steps():
    portal = Portal.open(market(unknown_usage_point="400"))
    await portal.sign_in()
    many = [named(nmi) for nmi in portal.house.simulation.base.points]
    known, _ = await rounds_during(portal.post(json.dumps(asking(THIRTY, usagePoint=many)).encode()))
    assert known >= COUNT // 50
    status, _ = await portal.refused(asking(THIRTY, usagePoint=[*many, named("nobody")]))
    assert status == 400


@pytest.mark.parametrize("fault", ["cut off JSON", "slow body"])
async def test_a_fault_of_a_long_answer_lets_others_have_their_turn(fault):
    everyone = asking(THIRTY, usagePointGroup=[named("all")])
    plain = await Portal.open(market()).post(json.dumps(everyone).encode())
    rule = Rule("upset", Where("story.yaml", 1), netstream=NetstreamMatch(), fault=Mishap(BY_NAME[fault]))
    struck = Portal.open(market(rule))
    await struck.sign_in()
    rounds, reply = await rounds_during(struck.post(json.dumps(everyone).encode()))
    assert rounds >= COUNT
    assert plain.body.startswith(reply.body)
