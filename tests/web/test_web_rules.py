"""Which rules had a say, or why none had, as users see it: in the exchanges, and in a header where a story wants it."""

from __future__ import annotations

import msgspec
import pytest

import kit
import netstream_kit
from simulator.scenario.loader import load
from simulator.web.control.telling import _masked

STORY = """
scenario: Rules that nearly fit
clock: "2026-03-02T09:00:00+10:00"
{explain}
given:
  participants:
    - {{id: RETAILA, roles: [FRMP], user: ALICE, password: secret}}
    - {{id: RETAILB, roles: [FRMP], played: auto}}
  nmis:
    - {{nmi: "4102034567", jurisdiction: NSW, frmp: RETAILB}}
when:
  - name: Another reason
    message: {{transaction: CATSChangeRequest, fields: {{ChangeReasonCode: "1020"}}}}
    answer: [drop]
  - name: Only reports
    message: {{transaction: ReportRequest, group: NMID}}
    answer: [drop]
  - name: Once
    request: {{operation: getQueueMetaData, certificate: RETAILA}}
    times: 1
    fault: {{slow body: PT1S}}
"""


def party(explain: str = "") -> kit.Party:
    return kit.Party(kit.runtime(load(STORY.format(explain=explain), "near.yaml")))


async def test_an_exchange_tells_the_nearest_rule_and_all_that_kept_it() -> None:
    one = party()
    await one.submit(kit.transfer())
    await one.submit("<no-message/>")
    for _ in range(2):
        await one.call("GET", "getQueueMetaData")
    told = [each.summary()["nearest"] for each in one.house.exchanges]
    assert told == [
        "near.yaml:12:5: rule 'Another reason' did not answer: ChangeReasonCode is '1000', not '1020'",
        "near.yaml:18:5: rule 'Once' did not answer: operation is submitMessages, not getQueueMetaData",
        "",
        "near.yaml:18:5: rule 'Once' did not answer: used 1 of 1 times",
    ]


@pytest.mark.parametrize("explain", ["", "explain: true"])
async def test_a_header_tells_it_where_the_story_wants_it(explain: str) -> None:
    reply = await party(explain).submit(kit.transfer())
    named = dict(reply.headers).get("X-Ehubsim-Nearest-Rule", "")
    assert ("rule 'Another reason'" in named) is bool(explain)


async def test_a_rule_that_answers_is_not_explained() -> None:
    one = party("explain: true")
    body = kit.transfer(reason="1020")
    reply = await one.submit(body)
    assert "X-Ehubsim-Nearest-Rule" not in dict(reply.headers)


SAYING = """
scenario: Rules that fit
clock: "2026-03-02T09:00:00+10:00"
given:
  participants:
    - {id: RETAILA, roles: [FRMP], user: ALICE, password: secret}
    - {id: RETAILB, roles: [FRMP], played: auto}
  nmis:
    - {nmi: "4102034567", jurisdiction: NSW, frmp: RETAILB}
when:
  - {name: Looked, request: {operation: submitMessages}, times: 2, answer: [{set: looked}]}
  - {name: Spelt wrong, message: {transaction: CATSChangeRequest}, times: 1, answer: [template: "{{ message.wrong }}"]}
  - {name: Gone, message: {transaction: CATSChangeRequest}, times: 1, answer: [drop]}
  - {name: Told, outgoing: {transaction: CATSNotification, to: RETAILA}, times: 1, answer: [{delay: PT1M}]}
  - {name: Busy, request: {operation: getQueueMetaData}, times: 1, fault: too many requests}
"""


async def test_an_exchange_tells_the_rules_that_had_a_say_with_their_places() -> None:
    one = kit.Party(kit.runtime(load(SAYING, "say.yaml")))
    for number in (1, 2, 3):
        await one.submit(kit.transfer(number), f"catsm_retaila_{number}")
    for _ in range(2):
        await one.call("GET", "getQueueMetaData")
    told = [each.summary()["rules"] for each in one.house.exchanges]
    assert told == [
        [
            "say.yaml:11:5: rule 'Looked' answered",
            "say.yaml:12:5: rule 'Spelt wrong' answered",
            "say.yaml:12:5: rule 'Spelt wrong' could not: the template: 'dict object' has no attribute 'wrong'",
            "say.yaml:14:5: rule 'Told' answered",
        ],
        ["say.yaml:11:5: rule 'Looked' answered", "say.yaml:13:5: rule 'Gone' answered"],
        [],
        ["say.yaml:15:5: rule 'Busy' answered"],
        [],
    ]


def with_rules(*rules: str) -> kit.Party:
    text = SAYING.partition("when:")[0] + "when:\n" + "".join(f"  - {{{each}}}\n" for each in rules)
    return kit.Party(kit.runtime(load(text, "turn.yaml")))


def why(one: kit.Party) -> list[str]:
    return [each.summary()["nearest"].partition(" did not answer: ")[2] for each in one.house.exchanges]


@pytest.mark.parametrize(
    ("turn", "told"),
    [
        ("every: 2", ["this is time 1, not each 2nd", "", "this is time 3, not each 2nd"]),
        ("state: {nth: 2}", ["this is time 1, not 2", "", "this is time 3, not 2"]),
        ("times: 1", ["", "used 1 of 1 times", "used 1 of 1 times"]),
    ],
)
@pytest.mark.parametrize("later", [(), ("message: {transaction: ReportRequest}, answer: [drop]",)])
async def test_why_a_fault_of_a_message_did_not_strike_is_told_as_it_was_then(
    turn: str, told: list[str], later: tuple[str, ...]
) -> None:
    one = with_rules(f"message: {{from: RETAILA}}, {turn}, fault: empty 200", *later)
    for number in (1, 2, 3):
        await one.submit(kit.transfer(number), f"catsm_retaila_{number}")
    assert why(one) == told


async def test_a_rule_about_what_the_hub_took_not_over_says_so() -> None:
    one = with_rules(
        "message: {from: RETAILA}, state: {nth: 2}, answer: [drop]", "message: {from: X}, fault: empty 200"
    )
    for _ in range(2):
        await one.submit(kit.transfer())
    assert why(one) == ["this is time 1, not 2", "all fits, and the hub took nothing over that could be answered"]


async def test_a_rule_about_what_is_queued_is_not_counted_again_when_it_is_fetched() -> None:
    rule = "outgoing: {transaction: CATSChangeResponse}, every: 2, answer: [drop]"
    one = with_rules(rule, "outgoing: {transaction: CATSChangeResponse, to: RETAILB}, fault: empty 200")
    await one.submit(kit.transfer())
    for entry in await one.queue():
        await one.get(entry["MessageContextID"])
    told = why(one)
    assert told[2] == "it was asked when the message was queued"
    assert told[3] == "transaction is CATSNotification, not CATSChangeResponse"


async def test_what_a_rule_about_its_answer_steered_names_no_nearest_rule_about_requests() -> None:
    one = with_rules(
        "request: {operation: getAlerts}, fault: empty 200",
        "outgoing: {transaction: CATSChangeResponse}, answer: [{delay: PT1M}]",
    )
    await one.submit(kit.transfer())
    (exchange,) = one.house.exchanges
    assert (exchange.nearest, len(exchange.rules)) == ("", 1)


@pytest.mark.parametrize("order", [("A", "B"), ("B", "A")])
async def test_exchanges_of_nobody_known_are_in_one_order_whatever_rules_had_a_say(order: tuple[str, ...]) -> None:
    rule = "name: {0}, request: {{operation: token, header: {{X-Who: {0}}}}}, answer: [{{set: seen}}]"
    one = with_rules(*map(rule.format, "AB"))
    one.peer = None
    for who in order:
        unknown = {"X-Who": who, "X-initiatingParticipantID": "", "Authorization": ""}
        await one.call("POST", netstream_kit.TOKEN, also=unknown)
    told = [each.rules for each in one.house.exchanges.ranked()]
    assert told == [("turn.yaml:11:5: rule 'A' answered",), ("turn.yaml:12:5: rule 'B' answered",)]


async def test_what_a_fault_struck_names_no_nearest_rule() -> None:
    one = with_rules(
        "message: {from: RETAILA}, fault: reset after processing", "message: {from: RETAILB}, answer: [drop]"
    )
    await one.submit(kit.transfer())
    (exchange,) = one.house.exchanges
    assert (exchange.nearest, len(exchange.rules)) == ("", 1)


async def test_a_refusal_is_told_with_its_reason() -> None:
    one = party()
    await one.submit(kit.transfer(), "nonsense")
    await one.submit("<no-end>")
    await one.acknowledge(kit.macks("NEVER-SENT"), "catsm_nemmco_1")
    told = [(each.rule, each.why) for each in one.house.exchanges]
    assert [rule for rule, _ in told] == ["hub.context-form", "asexml.well-formed", "hub.mack-unknown"]
    assert told[0][1].startswith("event 7: 'nonsense' is not a messageContextID such as catsm_retaila_1")
    assert told[1][1].startswith("event 1: not well formed")
    assert told[2][1] == "event 7: no message 'NEVER-SENT' waits for an acknowledgement by RETAILA"


async def test_of_a_message_with_many_transactions_the_first_rules_are_told() -> None:
    rule = "  - {{name: R{}, message: {{transaction: CATSChangeRequest}}, times: 1, answer: [drop]}}\n"
    rules = "".join(map(rule.format, range(30)))
    asker = kit.Party(kit.runtime(load(SAYING.partition("when:")[0] + "when:\n" + rules, "many.yaml")))
    await asker.submit(kit.message(kit.transactions(*[kit.change_request()] * 30)))
    (exchange,) = asker.house.exchanges
    assert len(exchange.rules) == 21
    assert exchange.rules[-1] == "and 10 more"


def test_rules_are_shown_with_the_scenario() -> None:
    shown = msgspec.json.decode(msgspec.json.encode(_masked(party().house.scenario)))
    assert [rule["name"] for rule in shown["when"]] == ["Another reason", "Only reports", "Once"]


@pytest.mark.parametrize(
    "asked",
    [
        "nmi.id",
        "nmi.checksum",
        "field('NMI')",
        "field(1)",
        "field('[[[')",
        "field('a/../b')",
        "number(flag)",
        "flag([1])",
    ],
)
async def test_a_template_is_no_bug_whatever_it_asks_of_whatever_was_sent(asked: str) -> None:
    answer = f'[{{template: "<A>{{{{ {asked} }}}}</A>"}}]'
    rule = f"when: [{{message: {{transaction: CATSChangeRequest}}, answer: {answer}}}]"
    story = STORY.format(explain="strictness: observe").partition("when:")[0] + rule
    sender = kit.Party(kit.runtime(load(story, "f.yaml")))
    assert (await sender.submit(kit.transfer().replace("4102034567</NMI>", "no NMI</NMI>"))).rule == "hub.accept"
    assert list(sender.house.bugs) == []


async def test_what_is_kept_to_explain_an_exchange_is_small_and_tells_what_was_then() -> None:
    asker = party()
    await asker.call("GET", "getQueueMetaData")
    await asker.call("GET", "getQueueMetaData", also={"X-Large": "x" * 100_000})
    one, other = (str(each.nearest) for each in asker.house.exchanges)
    await asker.call("GET", "getQueueMetaData")
    assert one == ""
    assert other.endswith("rule 'Once' did not answer: used 1 of 1 times")
    assert str(asker.house.exchanges[1].nearest) == other


@pytest.mark.parametrize(
    ("turn", "why"),
    [
        ("every: 2", ["this is time 1, not each 2nd", "", "this is time 3, not each 2nd"]),
        ("state: {nth: 3}", ["this is time 1, not 3", "this is time 2, not 3", ""]),
        ("times: 1", ["", "used 1 of 1 times", "used 1 of 1 times"]),
    ],
)
async def test_why_it_was_not_a_rules_turn_is_told_as_it_was_then(turn: str, why: list[str]) -> None:
    rule = f"when: [{{name: Turns, request: {{operation: getQueueMetaData}}, {turn}, fault: empty 200}}]"
    asker = kit.Party(kit.runtime(load(STORY.format(explain="").partition("when:")[0] + rule, "f.yaml")))
    for _ in why:
        await asker.call("GET", "getQueueMetaData")
    told = [str(each.nearest).partition("'Turns' did not answer: ")[2] for each in asker.house.exchanges]
    assert told == why
