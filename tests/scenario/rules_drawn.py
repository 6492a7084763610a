"""Small rule sets and messages for them, drawn at random, with few texts, so that rules get in each other's way."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from hypothesis import strategies as st
from lxml import etree

from simulator.asexml.model import ReceivedTransaction, View
from simulator.base.clock import MARKET_ZONE
from simulator.base.draw import Draw
from simulator.base.turn import Event, Turn
from simulator.scenario.criteria import Absent, After, Matches, MessageMatch, StateMatch
from simulator.scenario.engine import Engine
from simulator.scenario.facts import MessageFacts
from simulator.scenario.model import Reject, Rule, Where

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=MARKET_ZONE)
SENDERS = ("A1", "A2", "B1")
WANTS = st.one_of(
    st.sampled_from(SENDERS),
    st.lists(st.sampled_from(SENDERS), min_size=1, max_size=2).map(tuple),
    st.sampled_from(["A.", ".1", ".*", "[AB]1|A2", "B(1|2)", "x^y"]).map(Matches),
    st.just(Absent()),
)
FOUND = st.sampled_from(
    [
        "//NMI = '1'",
        "//NMI[. = '2']",
        "NMI",
        "//Other",
        "not(//NMI = '1')",
        "NMI = '1' and //NMI",
        "contains(//NMI, '2')",
        "contains(//NMI, '1') and not(Other)",
        "starts-with(//Party, 'A')",
        "not(Other = '1') and //Party[. = 'A1']",
        "not(//Party[. = 'A1'])",
        "string-length(//NMI) > 1",
    ]
)
SELECTED = st.dictionaries(
    st.sampled_from(["//NMI", "Other", "//Other/Deep", "substring(//Party, 1, 1)", "count(//Other)"]),
    st.none() | st.sampled_from(["1", "A", "0", ("2", "12"), Matches("1.*"), Matches("[A1]"), Absent()]),
    max_size=2,
)


@st.composite
def rule_sets(draw: st.DrawFn, *, turns: bool = True) -> tuple[Rule, ...]:
    found = []
    for number in range(draw(st.integers(1, 6))):
        match = MessageMatch(
            sender=draw(st.none() | WANTS),
            receiver=draw(st.none() | WANTS),
            participant=draw(st.none() | st.none() | WANTS),
            nmi=draw(st.none() | st.sampled_from(["1", "2", Matches("1.*"), Matches("[12]")])),
            fields=draw(st.dictionaries(st.sampled_from(["NMI", "Party", "Other", "Other/Deep"]), WANTS, max_size=2)),
            xpath={**dict.fromkeys(draw(st.lists(FOUND, max_size=1))), **draw(SELECTED)},
        )
        if not turns:
            found.append(Rule(f"rule {number}", Where("f.yaml", number + 1), match, (Reject(1100, "no"),)))
            continue
        state = StateMatch(
            after=draw(st.sampled_from([(), (), (After(rule="rule 0"),), (After(rule="rule 1", times=2),)]))
        )
        counted = draw(
            st.sampled_from(
                [{}, {}, {"per": "nmi"}, {"times": 1}, {"every": 2}, {"chance": 0.5}, {"per": "nmi", "times": 1}]
            )
        )
        place = Where("f.yaml", number + 1)
        found.append(Rule(f"rule {number}", place, match, (Reject(1100, "no"),), state=state, **counted))
    return tuple(found)


def facts(sender: str, receiver: str, nmi: str, number: int, more: str = "") -> MessageFacts:
    told = f"<NMI>{nmi}</NMI><Party>{receiver}</Party>{more}"
    payload = etree.fromstring(f"<CATSChangeRequest>{told}</CATSChangeRequest>")
    asked = ReceivedTransaction("CATSChangeRequest", f"T-{number}", "2026-03-02", None, "r29", View(payload))
    return MessageFacts(sender, asked, receiver, f"M-{number}", "CATS", "r46", "Medium")


MESSAGES = st.builds(
    facts,
    st.sampled_from(SENDERS),
    st.sampled_from(SENDERS),
    st.sampled_from(["1", "2", "12"]),
    st.integers(1, 3),
    st.sampled_from(["", "", "<Other/>", "<Other>1</Other>", "<Other><Deep>A1</Deep></Other><NMI>1</NMI>"]),
)


def played(rules: tuple[Rule, ...], asked: Sequence[MessageFacts]) -> list[Event]:
    """Everything that came about."""
    engine, events = Engine((*rules,)), list[Event]()

    def happens(event: Event) -> None:
        engine.apply(event)

    for each in asked:
        turn = Turn(NOW, Draw(7), happens)
        engine.react(turn, each)
        events += turn.events
    return events


class Nobody:
    """The rest of a house that has nothing to say."""

    def depth(self, participant: str) -> int:
        return 0

    def roles(self, participant: str) -> tuple[str, ...]:
        return ()
