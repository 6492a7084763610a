"""No pass by mistake: what two records could hide from each other, what was forgotten, what a fault kept from arriving.

And no failure for what nobody could know: requests that were under way when somebody was told to wait.
"""

from __future__ import annotations

import asyncio
import json
from datetime import timedelta

import pytest
from msgspec.structs import replace

import kit
import netstream_kit
from simulator.base.http import Headers, HttpRequest
from simulator.scenario import judge_readings, testimony
from simulator.scenario.expect import Expectation, Fetched
from simulator.scenario.faults import BY_NAME, SOUND, Mishap
from simulator.scenario.loader import load
from simulator.scenario.model import NetstreamMatch, Rule, Where
from simulator.stores.opening import open_journal

STORY = """\
scenario: Judged
clock: "2026-03-02T09:00:00+10:00"
strictness: {strictness}
given:
  participants:
    - {{id: RETAILA, roles: [FRMP], user: ALICE, password: secret}}
    - {{id: RETAILB, roles: [FRMP], played: auto}}
  nmis: [{{nmi: "4102034567", jurisdiction: NSW, frmp: RETAILB}}]
when:
  - {{request: {{header: {{X-Busy: "yes"}}}}, fault: {{status: 429}}}}
then: [{{{expected}}}]
"""
ONE_CONTENT = "never: {submit: same message id with other content}"
PATIENT = "after status: 429, no request for: PT5S"
MESSAGE = kit.transfer()
GAS = MESSAGE.replace("NEM</Market>", "VICGAS</Market>")


def party(expected: str, strictness: str = "strict") -> kit.Party:
    return kit.Party(kit.runtime(load(STORY.format(expected=expected, strictness=strictness), "judged.yaml")))


async def judged(client: kit.Party) -> str:
    (finding,) = (await client.house.verdict()).findings
    return finding.outcome


async def test_what_is_refused_twice_at_one_moment_hides_nothing() -> None:
    client = party("never: {submit: invalid message}")
    await client.submit(MESSAGE.replace("<ProposedDate>2026-03-16", "<ProposedDate>soon"))
    for _ in range(3):
        assert (await client.submit(GAS)).rule == "hub.market"
    assert await judged(client) == "fail"
    assert len(list(client.house.simulation.ledger.records())) == 4


@pytest.mark.parametrize(("first", "outcome"), [(GAS, "fail"), (MESSAGE, "pass")])
async def test_an_id_that_was_refused_and_comes_again_with_other_content(first: str, outcome: str) -> None:
    client = party(ONE_CONTENT)
    await client.submit(first)
    assert kit.outcome(await client.submit(MESSAGE)).status == "Accept"
    assert await judged(client) == outcome


async def test_an_id_that_comes_again_when_it_was_forgotten_cannot_be_judged() -> None:
    story = party(ONE_CONTENT).house.scenario
    client = kit.Party(kit.runtime(replace(story, switches=replace(story.switches, repeats_known=1))))
    await client.submit(MESSAGE)
    assert await judged(client) == "pass"
    await client.submit(kit.transfer(2), "catsm_retaila_2")
    assert (await client.submit(kit.transfer(1, proposed="2026-04-16"))).rule == "hub.accept"
    assert await judged(client) == "cannot know"


@pytest.mark.parametrize(
    ("expected", "named", "outcome"),
    [
        ("never: {handle: same message twice}", None, "fail"),
        ("never: {handle: same message twice}", "NEVER-SENT", "pass"),
        ("never: {refer to: what was never sent}", None, "pass"),
        ("never: {refer to: what was never sent}", "NEVER-SENT", "fail"),
        ("every: bad acknowledgement, repaired within: PT1M", None, "pass"),
    ],
)
async def test_what_observe_overlooks_is_judged_all_the_same(expected: str, named: str | None, outcome: str) -> None:
    client = party(expected, "observe")
    await client.submit(MESSAGE)
    entry = (await client.queue())[0]
    context_id, message_id = entry["MessageContextID"], entry["MessageID"]
    await client.get(context_id)
    await client.acknowledge(kit.macks(message_id, own="ACK-1"), context_id)
    again = await client.acknowledge(kit.macks(named or message_id, own="ACK-2"), context_id)
    assert again.why.startswith("overlooked hub.mack-unknown")
    assert await judged(client) == outcome


async def test_what_was_under_way_when_somebody_was_told_to_wait_is_no_offence() -> None:
    client = party(PATIENT)
    begun, arrives = asyncio.Event(), asyncio.Event()

    async def read_body(limit: int) -> bytes:
        begun.set()
        await arrives.wait()
        return MESSAGE.encode()

    request = HttpRequest(
        "POST", f"{kit.BASE}submitMessages", (), Headers(client.headers("catsm_retaila_1")), client.peer
    )
    under_way = asyncio.create_task(client.house.exchange(request, read_body))
    await begun.wait()
    await client.house.advance(timedelta(seconds=1))
    assert (await client.call("GET", "getQueueMetaData", also={"X-Busy": "yes"})).status == 429
    await client.house.advance(timedelta(seconds=1))
    arrives.set()
    assert (await under_way).status == 200
    await client.house.advance(timedelta(seconds=4))
    assert await judged(client) == "pass"
    await client.call("GET", "getQueueMetaData", also={"X-Busy": "yes"})
    await client.house.advance(timedelta(seconds=4))
    await client.queue()
    assert await judged(client) == "fail"


@pytest.mark.parametrize(
    ("struck", "outcome"),
    [((False,), "pass"), ((True,), "cannot know"), ((True, False), "pass"), ((False, False), "fail"), ((), "fail")],
)
def test_readings_in_an_answer_that_a_fault_struck_may_or_may_not_have_come(
    struck: tuple[bool, ...], outcome: str
) -> None:
    start = kit.START
    form = Fetched(("4102034567",), start, start + timedelta(hours=1), ("0.0.2",))
    first = int(start.timestamp() // 60)
    fetches = tuple(testimony.Fetch(start, "app-1", "P", "0.0.2", first, first + 60, each) for each in struck)
    told = testimony.Testimony(start + timedelta(days=1), frozenset(), fetches=fetches, points={"4102034567": "P"})
    found = judge_readings.fetched(form, frozenset(), told)
    assert found.finding(Expectation("readings", "f.yaml:1:1", form)).outcome == outcome


@pytest.mark.parametrize(
    ("fault", "outcome"), [*((each, "pass") for each in sorted(SOUND)), ("truncated body", "cannot know")]
)
async def test_readings_in_an_answer_that_comes_whole_all_the_same_have_come(fault: str, outcome: str) -> None:
    day = netstream_kit.NOW.replace(day=2, hour=0)
    wanted = Expectation("readings", "f.yaml:1:1", Fetched((netstream_kit.HOUSE,), day, day + timedelta(hours=12)))
    mishap = Mishap(BY_NAME[fault])
    rule = Rule("trouble", Where("f.yaml", 1), netstream=NetstreamMatch(), fault=mishap)
    client = netstream_kit.Portal.open(replace(netstream_kit.story(), when=(rule,), then=(wanted,)))
    await client.sign_in()
    assert (await client.post(json.dumps(netstream_kit.asking()).encode())).rule == mishap.fault.rule
    findings = (await client.house.verdict()).findings
    assert [each.outcome for each in findings] == [outcome], findings


STRUCK = """\
scenario: Judged
clock: "2026-03-02T09:00:00+10:00"
given:
  participants:
    - {{id: RETAILA, roles: [FRMP], user: ALICE, password: secret}}
    - {{id: RETAILB, roles: [FRMP], played: auto}}
  nmis: [{{nmi: "4102034567", jurisdiction: NSW, frmp: RETAILB}}]
when: [{{name: trouble, request: {{operation: submitMessages}}, times: 1, fault: {fault}}}]
then:
  - {{name: at least, sent: {{transaction: CATSChangeRequest}}, at least: 1}}
  - {{name: exactly, sent: {{transaction: CATSChangeRequest, nmi: "4102034567"}}, exactly: 1}}
  - {{name: never, never: {{submit: {{transaction: CATSChangeRequest}}}}}}
"""
SENT = {"at least": "pass", "exactly": "pass", "never": "fail"}
UNTOLD = "reset after processing", "status after processing", "rejected though processed", "empty 200"


async def sent_under(fault: str, *messages: str) -> tuple[dict[str, str], str, list[str]]:
    """How it comes out, what the one that passes says, and the steps of the message."""
    client = kit.Party(kit.runtime(load(STRUCK.format(fault=fault), "judged.yaml")))
    for body in messages:
        await client.submit(body)
    findings = (await client.house.verdict()).findings
    steps = [step["what"] for told in client.house.messages(**{"from": "RETAILA"}) for step in told["timeline"]]
    return {each.expectation: each.outcome for each in findings}, findings[1].why, steps


@pytest.mark.parametrize("fault", UNTOLD)
async def test_what_was_taken_over_counts_as_sent_though_its_sender_was_not_told(fault: str) -> None:
    outcomes, why, steps = await sent_under(fault, MESSAGE)
    assert outcomes == SENT
    assert why.startswith("it was sent once; RETAILA-MSG-1: its answer was struck by trouble: ")
    assert steps == ["received", "answer struck"]
    outcomes, _, steps = await sent_under(fault, MESSAGE, MESSAGE)
    assert outcomes == SENT, "a repeat is not sent once more"
    assert steps == ["received", "answer struck", "repeated"]


@pytest.mark.parametrize("fault", sorted(SOUND))
async def test_an_answer_that_comes_whole_all_the_same_is_not_struck(fault: str) -> None:
    outcomes, why, steps = await sent_under(fault, MESSAGE)
    assert (outcomes, why, steps) == (SENT, "it was sent once", ["received"])


async def test_what_was_accepted_and_lost_counts_as_sent() -> None:
    outcomes, why, steps = await sent_under("accepted but lost", MESSAGE)
    assert outcomes == SENT
    assert why == "it was sent once; RETAILA-MSG-1: its sender was told Accept, and the hub lost it"
    assert steps == ["lost"]
    outcomes, why, steps = await sent_under("accepted but lost", MESSAGE, MESSAGE)
    assert (outcomes, why, steps) == (SENT, "it was sent once", ["lost", "received"])


async def test_two_messages_of_which_one_was_lost_are_two() -> None:
    outcomes, _, _ = await sent_under("accepted but lost", MESSAGE, kit.transfer(2))
    assert outcomes == {**SENT, "exactly": "fail"}


async def test_what_was_never_handled_does_not_count_as_sent() -> None:
    outcomes, why, _ = await sent_under("reset before processing", MESSAGE)
    assert outcomes == {"at least": "fail", "exactly": "fail", "never": "pass"}
    assert why == "it was sent 0 times; expected: exactly 1"


async def test_an_id_that_was_lost_and_comes_again_with_other_content() -> None:
    story = STRUCK.format(fault="accepted but lost").partition("then:")[0] + f"then: [{{{ONE_CONTENT}}}]\n"
    client = kit.Party(kit.runtime(load(story, "judged.yaml")))
    await client.submit(MESSAGE)
    assert await judged(client) == "pass"
    await client.submit(MESSAGE.replace("2026-03-16", "2026-03-17"))
    assert await judged(client) == "fail"


async def test_what_was_lost_is_there_after_a_restart() -> None:
    journal = open_journal("memory:?keep=yes", "default", kit.CODEC)
    story = load(STRUCK.format(fault="accepted but lost"), "judged.yaml")
    client = kit.Party(kit.runtime(story, journal))
    await client.submit(MESSAGE)
    again = kit.runtime(story, journal)
    assert list(again.messages()) == list(client.house.messages())
    assert (await again.verdict()).findings[1].outcome == "pass"
