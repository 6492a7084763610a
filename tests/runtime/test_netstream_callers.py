"""Rules about requests know whose a Netstream request is, and so does its exchange, whatever became of it."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from datetime import datetime, timedelta

import pytest
from fault_stage import portal, rule
from msgspec.structs import replace

from netstream_kit import CLIENT, SMALL, Portal, asking
from simulator.base.http import HttpReply
from simulator.netstream.model import Client
from simulator.scenario.criteria import NetstreamMatch, RequestMatch, StateMatch
from simulator.scenario.model import Rule
from simulator.scenario.reactions import Send, SetFlag, Template

ASKED = json.dumps(asking()).encode()
BOTH = (CLIENT, SMALL)


def per_client(fault: str, operation: str, **more: object) -> Rule:
    return replace(rule(fault, operation), per="participant", **more)


async def clients(*rules: Rule) -> dict[str, Portal]:
    """Two programs at one Netstream, each with a token of its own."""
    first = portal(*rules)
    both = {CLIENT.client_id: first, SMALL.client_id: Portal(first.house)}
    for each in BOTH:
        await both[each.client_id].sign_in(each)
    return both


async def statuses(order: Sequence[Client], *rules: Rule) -> dict[str, list[int]]:
    """What each was answered, in that order of arrival."""
    both = await clients(*rules)
    seen: dict[str, list[int]] = {each.client_id: [] for each in BOTH}
    for each in order:
        seen[each.client_id].append((await both[each.client_id].post(ASKED)).status)
    return seen


async def test_requests_are_counted_for_each_client() -> None:
    once = per_client("forbidden", "GetMeterReadings", times=1)
    assert await statuses(BOTH * 2, once) == {"app-1": [403, 200], "app-2": [403, 200]}


async def test_chance_hangs_on_the_client_and_not_on_who_comes_first() -> None:
    by_chance = replace(rule("forbidden", "GetMeterReadings"), chance=0.5)
    seen = await statuses(BOTH * 8, by_chance)
    assert await statuses((SMALL,) * 8 + (CLIENT,) * 8, by_chance) == seen
    assert {403, 200} == {*seen["app-1"]} == {*seen["app-2"]}
    assert seen["app-1"] != seen["app-2"]


async def test_requests_for_a_token_are_counted_for_each_client() -> None:
    house = portal(per_client("service unavailable", "token", times=1))
    replies = [(await house.sign_in(each)).status for each in BOTH * 2]
    assert replies == [503, 503, 200, 200]


async def test_what_a_client_does_whom_nobody_knows_counts_for_no_other() -> None:
    seen = replace(per_client("forbidden", "token"), name="seen", fault=None, answer=(SetFlag({"seen": "yes"}),))
    house = portal(replace(per_client("service unavailable", "token"), state=StateMatch(flags={"seen": None})), seen)
    stranger = Client("app-9", "s3cret")
    replies = [(await house.sign_in(each)).status for each in (stranger, stranger, CLIENT)]
    assert replies == [400, 503, 200]


@pytest.mark.parametrize(
    "about", [{"request": RequestMatch(operation="GetMeterReadings")}, {"netstream": NetstreamMatch(client="app-1")}]
)
@pytest.mark.parametrize("fault", ["forbidden", "empty 200", "reset after processing", "never answers"])
async def test_an_exchange_that_a_fault_struck_is_told_behind_its_token(fault: str, about: dict[str, object]) -> None:
    both = await clients(rule(fault, **about))
    for each in BOTH[::-1]:
        await both[each.client_id].post(ASKED)
    told = [(each.client, each.operation) for each in both["app-1"].house.exchanges.ranked()]
    assert told == [(each.client_id, what) for each in BOTH for what in ("token", "get")]


async def test_a_request_that_is_refused_at_the_head_is_its_clients_too() -> None:
    both = await clients()
    reply: HttpReply = await both["app-1"].post(ASKED, "text/plain")
    assert reply.status == 415
    assert both["app-1"].house.exchanges[-1].client == "app-1"
    both["app-1"].token = "no.token.atall"
    assert (await both["app-1"].post(ASKED)).status == 401
    assert both["app-1"].house.exchanges[-1].client == ""


def times(body: bytes) -> list[datetime]:
    found = re.findall(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d", body.decode())
    assert found
    return [datetime.fromisoformat(each) for each in found]


@pytest.mark.parametrize("accept", ["application/json", "application/xml"])
async def test_every_time_is_off_under_clock_skew(accept: str) -> None:
    sound = await portal().post(ASKED, Accept=accept)
    skewed = await portal(rule("clock skew", "GetMeterReadings")).post(ASKED, Accept=accept)
    assert skewed.rule == "fault.clock-skew"
    assert times(skewed.body) == [each + timedelta(hours=1) for each in times(sound.body)]
    assert len(skewed.body) == len(sound.body)


@pytest.mark.parametrize(
    ("fault", "told"), [("wrong encoding", b'encoding="UTF-16"'), ("other namespace", b' xmlns="urn:elsewhere:1"')]
)
async def test_faults_of_xml_strike_readings_in_xml(fault: str, told: bytes) -> None:
    client = portal(rule(fault, "GetMeterReadings"))
    assert told in (await client.post(ASKED, Accept="application/xml")).body
    assert client.house.exchanges[-1].rules == ("story.yaml:1:1: rule 'upset' answered",)
    sound = await client.post(ASKED)
    json.loads(sound.body)
    nothing = f"story.yaml:1:1: rule 'upset' could not: {fault} finds nothing to upset in the reply"
    assert client.house.exchanges[-1].rules == ("story.yaml:1:1: rule 'upset' answered", nothing)
    assert sound.rule == "netstream.readings"


async def test_a_message_is_sent_to_no_client_of_netstream() -> None:
    sending = replace(rule("forbidden", "GetMeterReadings"), fault=None, answer=(Send(Template("<A/>"), group="NMID"),))
    both = await clients(sending)
    assert (await both["app-1"].post(ASKED)).status == 200
    house = both["app-1"].house
    assert list(house.messages()) == []
    nobody = (
        "story.yaml:1:1: rule 'upset' could not: send to nobody: the request is no participant's, and 'to' names none"
    )
    assert house.exchanges[-1].rules[-1] == nobody
    assert (await both["app-1"].post(ASKED)).status == 200
    named = await clients(replace(sending, answer=(Send(Template("<A/>"), to="RETAILA", group="NMID"),)))
    await named["app-1"].post(ASKED)
    assert [each["to"] for each in named["app-1"].house.messages()] == ["RETAILA"]
