"""The nearest rule, found quickly and remembered, is the one that judging every rule anew would name."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from rules_drawn import MESSAGES, Nobody, rule_sets

from simulator.base.clock import MARKET_ZONE
from simulator.base.draw import Draw
from simulator.base.turn import Event, Turn
from simulator.scenario import index
from simulator.scenario.criteria import Absent, Matches, RequestMatch
from simulator.scenario.engine import Engine
from simulator.scenario.facts import Facts, MessageFacts, RequestFacts
from simulator.scenario.match import Look, criteria, unmet
from simulator.scenario.model import Rule, Where

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=MARKET_ZONE)
PARTIES = ("A1", "A2")
OPERATIONS = ("ping", "getAlerts", "token")
ASKS = st.builds(
    RequestMatch,
    operation=st.none() | st.sampled_from(OPERATIONS) | st.just(("ping", "token")),
    participant=st.none() | st.sampled_from(PARTIES) | st.just(Matches("A.")),
    header=st.dictionaries(
        st.sampled_from(["X-A", "X-B"]), st.sampled_from(["1", "2"]) | st.just(Absent()), max_size=2
    ),
)
TURNS = st.sampled_from([{}, {}, {"times": 1}, {"every": 2}])
REQUESTS = st.builds(
    lambda operation, party, header: RequestFacts("B2MMessagingPull", operation, party, header=header),
    st.sampled_from(OPERATIONS),
    st.sampled_from(PARTIES),
    st.dictionaries(st.sampled_from(["x-a", "X-B"]), st.sampled_from(["1", "2", "9" * 500]), max_size=2),
)


def ruled(asks: list[tuple[RequestMatch, dict[str, Any]]]) -> tuple[Rule, ...]:
    places = enumerate(asks, 1)
    return tuple(Rule(f"rule {n}", Where("f.yaml", n), request=match, **turns) for n, (match, turns) in places)


RULES = st.lists(st.tuples(ASKS, TURNS), min_size=1, max_size=6).map(ruled)


def explained(engine: Engine, facts: Facts, events: list[Event]) -> str:
    """What is told of it, and noted as events."""
    turn = Turn(NOW, Draw(7), engine.apply)
    reaction = engine.on_request(turn, facts) if isinstance(facts, RequestFacts) else None
    told = "" if reaction is not None else str(engine.nearest(turn, facts))
    events += turn.events
    return told


@settings(max_examples=50)
@given(RULES, st.lists(REQUESTS, min_size=1, max_size=8))
def test_what_is_remembered_is_what_would_be_found_again(rules: tuple[Rule, ...], asked: list[RequestFacts]) -> None:
    kept, events = Engine(rules), list[Event]()
    for facts in asked:
        anew = Engine((*rules,))
        for event in events:
            anew.apply(event)
        assert explained(anew, facts, []) == explained(kept, facts, events)


def named(rules: tuple[Rule, ...], facts: Facts) -> str:
    """The first of those with the fewest differences: the reference."""
    look = Look(facts, Nobody())
    best = min(rules, key=lambda rule: len(unmet(criteria(rule), look)))
    words = [each.difference(look.texts(each.dimension)) for each in unmet(criteria(best), look)]
    told = "; ".join(words) or "all fits, and the hub took nothing over that could be answered"
    return f"{best.where}: rule {best.name!r} did not answer: {told}"


@settings(max_examples=50)
@given(st.lists(st.tuples(ASKS, st.just({})), min_size=1, max_size=6).map(ruled), REQUESTS)
def test_the_nearest_has_the_fewest_differences(rules: tuple[Rule, ...], facts: RequestFacts) -> None:
    told = str(Engine(rules).nearest(Turn(NOW, Draw(7), lambda event: None), facts))
    assert told[:60] == named(rules, facts)[:60]


@settings(max_examples=50)
@given(rule_sets(turns=False), MESSAGES)
def test_so_it_is_with_messages(rules: tuple[Rule, ...], facts: MessageFacts) -> None:
    assert explained(Engine(rules), facts, []) == named(rules, facts)


def test_explanations_are_remembered_up_to_a_number() -> None:
    rules = ruled([(RequestMatch(operation="ping", participant="A1"), {})])
    requests, engine = index.indexes(rules).requests, Engine(rules)
    for number in range(3 * index.MOST_KNOWN):
        facts = RequestFacts("B2MMessagingPull", "token", f"A{number}")
        assert f"participant is A{number}, not A1" in explained(engine, facts, []) or number == 1
        assert requests.remembered <= index.MOST_KNOWN
    assert requests.remembered
