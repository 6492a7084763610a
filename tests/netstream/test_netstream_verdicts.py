"""Readings of a period, fetched once: judged over what was asked for and given."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from msgspec.structs import replace

import netstream_kit as kit
from simulator.base.clock import MARKET_ZONE
from simulator.hub import exchanges
from simulator.scenario.expect import Expectation, Fetched
from simulator.scenario.verdict import Finding

DAY = datetime(2026, 3, 2, tzinfo=MARKET_ZONE), datetime(2026, 3, 3, tzinfo=MARKET_ZONE)
MORNING = {"start": "2026-03-02T00:00:00+10:00", "end": "2026-03-02T12:00:00+10:00"}
EVENING = {"start": "2026-03-02T12:00:00+10:00", "end": "2026-03-03T00:00:00+10:00"}
WHOLE = {"start": MORNING["start"], "end": EVENING["end"]}
GROUP: dict[str, Any] = {"usagePointGroup": [kit.named("North")]}


async def judged(*asked: dict[str, Any], **form: Any) -> Finding:
    expected = Fetched(**{"points": (kit.HOUSE,), "start": DAY[0], "end": DAY[1], **form})
    portal = kit.Portal.open(replace(kit.story(), then=(Expectation("readings", "f.yaml:1:1", expected),)))
    for each in asked:
        await portal.ask(kit.asking(**each))
    (finding,) = (await portal.house.verdict()).findings
    return finding


async def test_fetched_once_in_two_requests() -> None:
    assert (await judged(MORNING, EVENING)).outcome == "pass"


async def test_a_hole_is_told() -> None:
    finding = await judged(MORNING)
    assert finding.outcome == "fail"
    (evidence,) = finding.evidence
    told = f"readings of {kit.HOUSE} from 2026-03-02T12:00+10:00 to 2026-03-03T00:00+10:00 were not fetched"
    assert evidence.what == told


async def test_fetched_twice_is_told_unless_that_is_all_right() -> None:
    finding = await judged(WHOLE, EVENING)
    assert finding.outcome == "fail"
    assert finding.evidence[0].what.endswith("were fetched 2 times")
    assert (await judged(WHOLE, EVENING, once=False)).outcome == "pass"


async def test_of_several_types_each_is_told() -> None:
    finding = await judged(types=(kit.FIVE, kit.THIRTY))
    assert finding.outcome == "fail"
    assert [kit.FIVE in each.what for each in finding.evidence] == [True, False]
    assert [kit.THIRTY in each.what for each in finding.evidence] == [False, True]


async def test_another_point_another_type_and_another_client_are_not_meant() -> None:
    assert (await judged({**WHOLE, "usagePoint": [kit.point_of(kit.SHOP)]})).outcome == "fail"
    assert (await judged(WHOLE, types=(kit.FIVE,))).outcome == "fail"
    assert (await judged(WHOLE, types=(kit.THIRTY,))).outcome == "pass"
    assert (await judged(WHOLE, client="app-2")).outcome == "fail"


async def test_groups_and_names_are_resolved() -> None:
    assert (await judged({**WHOLE, **GROUP}, points=(kit.HOUSE, kit.FLAT))).outcome == "pass"
    assert (await judged({**WHOLE, "usagePoint": [kit.named(kit.HOUSE)]})).outcome == "pass"
    every = {**WHOLE, "usagePointGroup": [kit.named("all")]}
    assert (await judged(every, points=())).outcome == "pass"
    assert (await judged({**WHOLE, **GROUP}, points=())).outcome == "fail"


async def test_what_was_not_there_yet_is_not_fetched() -> None:
    now = {"end": kit.NOW, "start": datetime(2026, 3, 20, tzinfo=MARKET_ZONE)}
    asked = {"start": "2026-03-20T00:00:00+10:00", "end": "2026-03-21T00:00:00+10:00"}
    assert (await judged(asked, **now)).outcome == "pass"
    later = await judged(asked, start=now["start"], end=datetime(2026, 3, 21, tzinfo=MARKET_ZONE))
    assert later.outcome == "cannot know"
    assert "the period is not over" in later.why


async def test_what_was_evicted_cannot_be_known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exchanges, "NAMES_KEPT", 3)
    finding = await judged(MORNING, EVENING)
    assert finding.outcome == "cannot know"
    assert "evicted" in finding.why


async def test_a_refused_request_fetches_nothing() -> None:
    expected = Expectation("readings", "f.yaml:1:1", Fetched((kit.HOUSE,), *DAY))
    portal = kit.Portal.open(replace(kit.story(), then=(expected,)))
    portal.token = "expired"
    assert (await portal.refused(kit.asking(**WHOLE)))[0] == 401
    assert (await portal.house.verdict()).outcome == "fail"
