"""What is counted for each participant or conversation is counted for nobody else; faults that last, too."""

from __future__ import annotations

from datetime import timedelta

import pytest
from lxml import etree

import kit
from simulator.base.http import HttpReply
from simulator.scenario.loader import load

STORY = """
scenario: Scopes
clock: "2026-03-02T09:00:00+10:00"
explain: true
given:
  participants:
    - {{id: RETAILA, roles: [FRMP], user: ALICE, password: secret}}
    - {{id: RETAILC, roles: [FRMP], user: CAROL, password: secret}}
    - {{id: RETAILB, roles: [FRMP], played: auto}}
  nmis:
    - {{nmi: "4102034567", jurisdiction: NSW, frmp: RETAILB}}
    - {{nmi: "4102036789", jurisdiction: NSW, frmp: RETAILB}}
when:
  - {rule}
"""


def parties(rule: str) -> tuple[kit.Party, kit.Party]:
    house = kit.runtime(load(STORY.format(rule=rule), "f.yaml"))
    return kit.Party(house), kit.other(house)


async def asked(party: kit.Party) -> int:
    return (await party.call("GET", "getQueueMetaData")).status


@pytest.mark.parametrize(("per", "others"), [("", 200), (", per: participant", 500)])
async def test_an_outage_begins_for_each_whom_its_rule_is_kept_for(per: str, others: int) -> None:
    rule = f"{{name: down, request: {{operation: getQueueMetaData}}{per}, fault: {{outage: PT5M}}}}"
    one, other = parties(rule)
    assert await asked(one) == 500
    await one.house.advance(timedelta(minutes=6))
    assert (await asked(one), await asked(other)) == (200, others)
    again = kit.Party(kit.runtime(one.house.scenario, one.house.journal))
    again.house.clock.set(one.house.clock.now())
    assert (await asked(again), await asked(kit.other(again.house))) == (200, others)


async def test_a_rule_whose_outage_is_over_says_so() -> None:
    one, _ = parties("{name: down, request: {operation: getQueueMetaData}, fault: {outage: PT5M}}")
    await asked(one)
    await one.house.advance(timedelta(minutes=5))
    assert await asked(one) == 200
    place = "f.yaml:14:5: rule 'down'"
    told = (f"{place} answered", f"{place} could not: its outage is over")
    assert [each.rules for each in one.house.exchanges] == [told[:1], told]


async def test_a_shorter_outage_within_another_does_not_end_it() -> None:
    text = STORY.format(rule="{name: never, request: {participant: NOBODY}, fault: empty 200}")
    text += "at: [{after: PT10M, outage: PT30M}, {after: PT20M, outage: {for: PT5M, status: 503}}]"
    house = kit.runtime(load(text, "f.yaml"))
    seen = []
    for _ in range(10):
        seen.append(await asked(kit.Party(house)))
        await house.advance(timedelta(minutes=5))
    assert seen == [200, 200, 500, 500, 503, 500, 500, 500, 200, 200]


async def test_what_is_sent_for_each_request_is_something_new_also_at_one_moment() -> None:
    payload = '<NMIDiscoveryResponse><Number>{{ number("x") }}</Number></NMIDiscoveryResponse>'
    rule = f"{{name: more, request: {{operation: getQueueMetaData}}, answer: [{{send: {{template: '{payload}'}}}}]}}"
    one, _ = parties(rule)
    for _ in range(3):
        seen = await one.queue()
    told = [kit.parse((await one.get(each["MessageContextID"])).body) for each in seen]
    assert len({message.find(".//Transaction").get("transactionID") for message in told}) == 3
    assert len({message.findtext(".//Number") for message in told}) == 3


async def test_a_hub_flaps_for_each_conversation_by_itself() -> None:
    rule = (
        "{name: flaps, request: {operation: getMessages}, per: conversation, fault: {flapping: {down: PT1M, up: PT1M}}}"
    )
    one, _ = parties(rule)
    await one.submit(kit.transfer())
    first, second, *_ = [each["MessageContextID"] for each in await one.queue()]
    assert (await one.get(first)).status == 500
    await one.house.advance(timedelta(minutes=1))
    assert ((await one.get(first)).status, (await one.get(second)).status) == (200, 500)


async def test_each_message_cannot_be_fetched_once() -> None:
    rule = "{name: once, request: {operation: getMessages}, per: conversation, times: 1, fault: service unavailable}"
    one, _ = parties(rule)
    await one.submit(kit.transfer())
    first, second, *_ = [each["MessageContextID"] for each in await one.queue()]
    assert [(await one.get(each)).status for each in (first, second, first, second)] == [503, 503, 200, 200]


def numbered(reply: etree._Element) -> tuple[str, ...]:
    return tuple(node.text or "" for node in reply.iter("Code"))


async def answers(party: kit.Party) -> dict[str, tuple[str, ...]]:
    """Transaction that is answered → the event codes it is answered with."""
    found = {}
    for message in await party.clear():
        for each in message.iter("Transaction"):
            if each.find("CATSChangeResponse") is not None:
                found[each.get("initiatingTransactionID", "")] = numbered(each)
    return found


def several(*nmis: str) -> str:
    requests = [kit.change_request(nmi=nmi) for nmi in nmis]
    return kit.message(kit.transactions(*requests, first="RETAILA-T"), message_id="RETAILA-MSG-1")


@pytest.mark.parametrize(
    ("which", "refused"),
    [("places: [2]", {"2"}), ("every: 2", {"2"}), ('nmis: ["4102036789"]', {"2", "3"}), ("places: [1, 3]", {"1", "3"})],
)
async def test_some_transactions_of_a_message_are_refused(which: str, refused: set[str]) -> None:
    partial = f"{{{which}, code: 1100, explanation: refused}}"
    rule = f"{{message: {{transaction: CATSChangeRequest}}, answer: [{{partial: {partial}}}]}}"
    one, _ = parties(rule)
    assert kit.outcome(await one.submit(several("4102034567", "4102036789", "4102036789"))).status == "Accept"
    told = await answers(one)
    assert {name[-1] for name, codes in told.items() if "1100" in codes} == refused
    assert {name[-1] for name in told} == {"1", "2", "3"}


async def test_a_message_is_counted_for_the_request_it_belongs_to() -> None:
    rule = "{message: {transaction: CATSChangeRequest}, per: conversation, times: 1, answer: [drop]}"
    one, _ = parties(rule)
    await one.submit(kit.transfer(1), "catsm_retaila_1")
    await one.submit(kit.transfer(2, nmi="4102036789"), "catsm_retaila_2")
    assert await answers(one) == {}


@pytest.mark.parametrize("story", ["rules", "none"])
async def test_a_request_refused_behind_the_gate_is_told_the_nearest_rule(story: str) -> None:
    operation = "getQueueMetaData" if story == "rules" else "getMessages"
    one, _ = parties(f"{{name: other, request: {{operation: {operation}}}, strict: true, times: 1, fault: empty 200}}")
    reply: HttpReply = await one.get("cats_nobody")
    nearest = dict(reply.headers).get("X-Ehubsim-Nearest-Rule", "")
    if story == "none":
        assert (reply.status, nearest) == (404, "")
        return
    told = "f.yaml:14:5: rule 'other' did not answer: operation is getMessages, not getQueueMetaData"
    assert (reply.status, reply.rule, nearest) == (404, "queue.unknown-context", told)
    assert one.house.exchanges[-1].summary()["nearest"] == told


ANSWERED = "{name: a, message: {transaction: CATSChangeRequest}, answer: [{hold: h}, {duplicate: 2}]}"
SENT = "{name: b, outgoing: {transaction: CATSChangeResponse}, answer: [%s]}"


@pytest.mark.parametrize(
    ("says", "at_once", "later", "released"),
    [
        ("{set: seen}", 0, 0, 2),
        ("accept", 0, 0, 2),
        ("{delay: PT10M}", 0, 2, 2),
        ("{delay: PT0S}", 2, 2, 2),
        ("{duplicate: 3}", 0, 0, 3),
        ("drop", 0, 0, 0),
        ("{hold: other}", 0, 0, 0),
    ],
)
async def test_what_a_rule_about_a_message_leaves_open_is_as_the_answering_one_says(
    says: str, at_once: int, later: int, released: int
) -> None:
    text = STORY.format(rule=f"{ANSWERED}\n  - {SENT % says}") + "at: [{after: PT30M, release: h}]"
    one = kit.Party(kit.runtime(load(text, "f.yaml")))

    async def responses() -> int:
        told = [kit.parse((await one.get(each["MessageContextID"])).body) for each in await one.queue()]
        return sum(message.find(".//CATSChangeResponse") is not None for message in told)

    assert kit.outcome(await one.submit(kit.transfer())).status == "Accept"
    assert await responses() == at_once
    await one.house.advance(timedelta(minutes=10))
    assert await responses() == later
    await one.house.advance(timedelta(minutes=20))
    assert await responses() == released
