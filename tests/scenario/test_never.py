"""What `ehubsim check` warns of never happens; and what is plain to see is warned of."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from rules_drawn import MESSAGES, played, rule_sets

import kit
import netstream_kit
from simulator.base.turn import Event
from simulator.scenario import vocabulary
from simulator.scenario.counts import RulePassed, RuleUsed
from simulator.scenario.criteria import MessageMatch, NetstreamMatch, RequestMatch
from simulator.scenario.facts import MessageFacts
from simulator.scenario.faults import FAULTS, Fault, Hook, Mishap
from simulator.scenario.loader import load
from simulator.scenario.model import Rule, Scenario, Where
from simulator.scenario.never import warnings
from simulator.simulation.mishaps import FaultFired


def warned(*rules: str) -> list[str]:
    scenario = load("scenario: x\nwhen:\n" + "".join(f"  - {{{rule}}}\n" for rule in rules), "f.yaml")
    return [str(each).removeprefix("f.yaml:") for each in warnings(scenario)]


@settings(max_examples=50)
@given(rule_sets(), st.lists(MESSAGES, min_size=1, max_size=8))
def test_a_rule_that_is_warned_of_never_answers(rules: tuple[Rule, ...], asked: list[MessageFacts]) -> None:
    never = {each.what.split("'")[1] for each in warnings(Scenario("x", when=rules))}
    events: list[Event] = played(rules, asked)
    assert never.isdisjoint(each.rule for each in events if isinstance(each, RuleUsed | RulePassed))


ASKED = netstream_kit.asking()
DROP = "answer: [drop]"
BUSY = "{flag: busy}"
QUEUED = "message: {{from: RETAILA}}, state: {{queue: {0}}}"
FETCHED = "message: {{from: RETAILA}}, state: {{after: {{event: message fetched, times: {0}}}}}"
PAIRS = [
    ("message: {from: RETAILA}", "message: {from: RETAILA}", True),
    ("message: {from: [RETAILB, RETAILA]}", "message: {from: RETAILA, nmi: '4102034567'}", True),
    ("message: {from: {matches: 'RETAIL.'}}", "message: {from: [RETAILA, RETAILB]}", True),
    ("message: {from: {matches: 'RETAIL.'}}", "message: {from: {matches: 'RETAIL.'}}", True),
    ("message: {from: {matches: 'RETAIL.'}}", "message: {from: {matches: 'RETAILA'}}", False),
    ("message: {from: {matches: 'RETAIL.'}}", "message: {from: [RETAILA, ENERGYP]}", False),
    ("message: {xpath: //NMI}", "message: {xpath: {//NMI: '1'}}", True),
    ("message: {xpath: //NMI}", "message: {xpath: {//NMI: 'false'}}", False),
    ("message: {xpath: //NMI}", "message: {xpath: {//NMI: {matches: '.*'}}}", False),
    ("message: {fields: {NMI: {absent: true}}}", "message: {fields: {NMI: {absent: true}}}", True),
    ("message: {fields: {NMI: {absent: true}}}", "message: {fields: {NMI: '1'}}", False),
    ("message: {fields: {NMI: '1'}}", "message: {from: RETAILA}", False),
    ("message: {from: RETAILA}, times: 1", "message: {from: RETAILA}", False),
    ("message: {from: RETAILA}, every: 2", "message: {from: RETAILA}", False),
    ("message: {from: RETAILA}, chance: 0.5", "message: {from: RETAILA}", False),
    ("message: {from: RETAILA}, state: {queue: {at least: 1}}", "message: {from: RETAILA}", False),
    ("message: {from: RETAILA}", "message: {from: RETAILA}, times: 1, per: nmi", True),
    ("message: {from: RETAILA}", "outgoing: {from: RETAILA}", False),
    ("message: {nmi: '4102034567'}", "message: {fields: {NMI: '4102034567'}}", True),
    ("message: {fields: {NMI: {absent: true}}}", "message: {nmi: {absent: true}}", True),
    ("message: {participant: RETAILA}", "message: {from: RETAILA}", True),
    ("message: {participant: {matches: 'R.*'}}", "message: {to: {matches: 'R.*'}}", True),
    ("message: {participant: {absent: true}}", "message: {from: {absent: true}}", False),
    ("message: {from: RETAILA}", "message: {participant: RETAILA}", False),
    ("message: {from: RETAILA}", "message: {from: RETAILA}, chance: 0.5", True),
    (f"message: {{from: RETAILA}}, state: {BUSY}", f"message: {{from: RETAILA}}, state: {BUSY}", True),
    (f"message: {{from: RETAILA}}, state: {BUSY}", f"message: {{from: RETAILA}}, state: {BUSY}, per: nmi", False),
    (f"message: {{from: RETAILA}}, state: {BUSY}", "message: {from: RETAILA}, state: {no flag: busy}", False),
    ("message: {from: A}, state: {no flag: busy}", "message: {from: A}, state: {no flag: busy, nth: [2]}", True),
    ("message: {from: A}, state: {nth: [2]}", "message: {from: A}, state: {nth: [2]}", False),
    (QUEUED.format("{at least: 1}"), QUEUED.format("{at least: 2, at most: 9}"), True),
    (QUEUED.format("{at least: 2}"), QUEUED.format("{at least: 1}"), False),
    (QUEUED.format("{at most: 2}"), QUEUED.format("{at least: 1}"), False),
    (QUEUED.format("{at most: 2}"), QUEUED.format("{at most: 2, of: RETAILB}"), False),
    (FETCHED.format(1), FETCHED.format(2), True),
    (FETCHED.format(2), FETCHED.format(1), False),
]


@pytest.mark.parametrize(("first", "second", "never"), PAIRS)
def test_a_rule_behind_one_that_takes_everything_it_would(first: str, second: str, never: bool) -> None:
    sets = "name: C, request: {operation: ping}, answer: [{set: busy}]"
    told = warned(f"name: A, {first}, {DROP}", f"name: B, {second}, {DROP}", sets)
    right = "move it before line 3, or give that one 'times' or a further criterion"
    assert told == ([f"4:5: rule 'B' never answers: 'A' takes everything it would; {right}"] if never else [])


WAITS = "name: W, {about}, per: {per}, state: {{after: {{event: {event}}}}}, fault: empty 200"
ALERTS = "request: {operation: getAlerts}"


@pytest.mark.parametrize(
    ("about", "per", "event", "never"),
    [
        (ALERTS, "participant", "token expired", True),
        ("message: {from: A}", "participant", "sign-in failed", True),
        ("outgoing: {to: A}", "participant", "standing data changed", True),
        (ALERTS, "participant", "throttling ended", False),
        ("request: {operation: token}", "participant", "token expired", False),
        ("message: {from: A}", "nmi", "token expired", False),
    ],
)
def test_what_a_rule_waits_for_per_participant_is_about_one(about: str, per: str, event: str, never: bool) -> None:
    told = warned(WAITS.format(about=about, per=per, event=event))
    what = f"3:5: rule 'W' never answers: it counts per participant, and '{event}' is about none"
    assert told == ([f"{what}; leave out 'per', or wait for another event"] if never else [])


@pytest.mark.parametrize(("per", "met"), [("", True), ("per: participant,", False)])
async def test_an_event_about_nobody_is_of_the_whole_simulation(per: str, met: bool) -> None:
    rule = f"{ALERTS}, {per} state: {{after: {{event: token issued}}}}, fault: empty 200"
    story = load(f"scenario: x\nwhen:\n  - {{name: W, {rule}}}\n", "f.yaml")
    portal = netstream_kit.Portal.open(replace(netstream_kit.story(), when=story.when))
    await portal.sign_in()
    reply = await kit.Party(portal.house).call("GET", "/HubMessageManagement/v2/getAlerts")
    assert (reply.rule == "fault.empty-200") is met
    assert bool(warnings(story)) is not met


def test_of_a_list_of_texts_each_may_be_left_to_another_rule() -> None:
    first = f"name: A, message: {{from: A, group: CATS}}, {DROP}"
    second = f"name: B, message: {{from: B, group: NMID}}, {DROP}"
    later = f"name: D, message: {{from: [A, B], group: CATS}}, {DROP}"
    assert warned(first, second, later) == []
    told = warned(first, second, f"name: C, message: {{from: B}}, {DROP}", later)
    right = "move it before line 3, or give one of them 'times' or a further criterion"
    assert told == [f"6:5: rule 'D' never answers: 'A' and 'C' take everything it would; {right}"]


def test_rules_of_other_kinds_do_not_stand_in_the_way() -> None:
    both = ("message: {from: RETAILA}, answer: [drop]", "message: {from: RETAILA}, fault: malformed XML")
    assert warned(*both) == []
    assert warned("request: {header: {Accept: a}}, fault: empty 200", "netstream: {client: a}, fault: empty 200") == []
    headers = (
        "request: {header: {Accept: a, ACCEPT: b}}, fault: empty 200",
        "request: {header: {accept: b}}, fault: empty 200",
    )
    assert warned(*headers) == []


@pytest.mark.parametrize(
    ("rule", "told"),
    [
        ("request: {api: B2MMessagingPull, operation: ping}, answer: [{set: seen}]", "its API has no such operation"),
        ("request: {operation: ping}, fault: malformed XML", "a ping is answered without one"),
        ("request: {operation: [getAlerts, ping]}, fault: nulls", "'nulls' is of JSON, and the e-Hub answers in XML"),
        (
            "netstream: {client: a}, fault: out of order",
            "'out of order' happens to getQueueMetaData, and this is about",
        ),
        ("message: {from: A}, fault: acknowledgement lost", ""),
        ("message: {from: A}, fault: disappearing message", "happens to getMessages, and this is about submitMessage"),
        ("request: {operation: {matches: get.*}}, fault: duplicate delivery", ""),
        ("request: {operation: token}, fault: nulls", ""),
        ("request: {header: {Accept: a}}, fault: nulls", ""),
    ],
)
def test_a_fault_that_can_touch_nothing_its_rule_is_about(rule: str, told: str) -> None:
    found = warned(rule)
    assert [each for each in found if told not in each or not told] == []
    assert bool(found) is bool(told)


# Whatever fault: where it is warned of, it never takes effect


def rules(fault: Fault) -> tuple[Rule, ...]:
    about = [{"request": RequestMatch(operation=each)} for each in vocabulary.OPERATIONS]
    more = [{"message": MessageMatch(sender="RETAILA")}, {"outgoing": MessageMatch(receiver="RETAILA")}]
    more.append({"netstream": NetstreamMatch(client="app-1")})
    where = [Where("f.yaml", number) for number in range(1, 20)]
    every = [*more, *about]
    return tuple(Rule(f"rule {n}", where[n], fault=Mishap(fault), **each) for n, each in enumerate(every))  # type: ignore[arg-type]


async def hub(rule: Rule) -> set[str]:
    """Everything there is at the e-Hub is done once or twice; returns the rules that struck."""
    party = kit.Party(kit.runtime(kit.scenario(rule)))
    await party.submit(kit.transfer())
    waiting = [each.context_id for each in party.house.simulation.hub.queue("RETAILA").entries()]
    for entry in waiting:
        await party.call("GET", "getQueueMetaData")
        await party.get(entry)
        await party.acknowledge(kit.macks("X-1"), entry)
    await party.submit("<no-message/>", "catsm_retaila_2")
    await party.call("GET", "/HubMessageManagement/v2/getAlerts")
    await party.call("GET", "/ws/HubMessageManagement/1.0/ping", query=(("initiatingParticipantID", "RETAILA"),))
    return {event.by for event in party.house.journal.replay() if isinstance(event, FaultFired)}


async def readings(rule: Rule) -> set[str]:
    client = netstream_kit.Portal.open(replace(netstream_kit.story(), when=(rule,)))
    await client.sign_in()
    client.token = client.token or "none"
    await client.post(json.dumps(ASKED).encode())
    return {event.by for event in client.house.journal.replay() if isinstance(event, FaultFired)}


@pytest.mark.parametrize("fault", [each for each in FAULTS if each.hook is not Hook.TLS], ids=lambda each: each.name)
async def test_a_fault_that_is_warned_of_never_takes_effect(fault: Fault) -> None:
    for rule in rules(fault):
        if warnings(Scenario("x", when=(rule,))):
            assert await hub(rule) | await readings(rule) == set()
