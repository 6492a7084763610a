"""SequenceNumbers at a moment of a held clock: who asks for what is new is told all of it, and others do not matter."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from kit import START
from simulator.base.draw import Draw
from simulator.base.turn import Event, Turn
from simulator.hub.order import ORDER_EVENTS, Order
from simulator.market.sequence import Sequence as Numbers
from simulator.market.sequence import later

PARTIES = ("ALPHA", "BETA", "GAMMA")
SEES = {"X": {"ALPHA", "BETA"}, "Y": {"BETA", "GAMMA"}, "Z": {"GAMMA"}}
"""NMI → who may see what happens to it."""
Act = tuple[str, str]
"""Who, and the NMI it touches; "" where it looks."""


@dataclass
class Market:
    """Rows that are touched and looked at, by whoever comes."""

    order: Order = field(default_factory=lambda: Order(PARTIES))
    minute: int = 0
    rows: list[tuple[int, str]] = field(default_factory=list)
    told: dict[str, list[list[int]]] = field(default_factory=lambda: {party: [] for party in PARTIES})

    def __post_init__(self) -> None:
        self.numbers = Numbers(self.order)

    def apply(self, event: Event) -> None:
        assert isinstance(event, ORDER_EVENTS)
        self.order.changes[type(event)](event)

    def act(self, who: str, nmi: str) -> None:
        turn = Turn(START + timedelta(minutes=self.minute), Draw(7), self.apply)
        self.order.act(turn.now, who)
        if nmi:
            self.numbers.rest_on(turn, lambda: (nmi,))
            self.rows.append((later(self.numbers.place(turn.now, nmi, SEES[nmi])), nmi))
            return
        seen = sorted(number for number, each in self.rows if who in SEES[each])
        known = max((number for answer in self.told[who] for number in answer), default=0)
        news = [number for number in seen if number > known]
        self.numbers.rest_on_rows(turn, news)
        self.numbers.show(who, turn.now)
        self.told[who].append(news)


ACTS = st.tuples(st.sampled_from(PARTIES), st.sampled_from(["X", "Y", "Z", ""]))


@given(st.lists(st.lists(ACTS, max_size=8), max_size=4))
def test_whoever_asks_for_what_comes_after_the_largest_is_told_all_of_it_once(minutes: Sequence[list[Act]]) -> None:
    market = Market()
    for market.minute, acts in enumerate(minutes):
        for act in acts:
            market.act(*act)
    for party in PARTIES:
        market.act(party, "")
    for party, answers in market.told.items():
        told = [number for answer in answers for number in answer]
        assert sorted(told) == sorted(number for number, nmi in market.rows if party in SEES[nmi])
        assert told == sorted(told)
    numbers = [number for number, _ in market.rows]
    assert len(set(numbers)) == len(numbers)


@given(st.data())
def test_who_has_nothing_to_do_with_it_makes_no_difference(data: st.DataObject) -> None:
    alpha = data.draw(st.lists(st.sampled_from(["X", ""]), max_size=6))
    gamma = data.draw(st.lists(st.sampled_from(["Z", ""]), max_size=6))

    def played(turns: Iterator[str]) -> tuple[object, ...]:
        market = Market()
        waiting = {"ALPHA": list(alpha), "GAMMA": list(gamma)}
        for who in turns:
            market.act(who, waiting[who].pop(0))
        market.minute = 1
        for party in PARTIES:
            market.act(party, "X")
        return sorted(market.rows), market.told

    turns = ["ALPHA"] * len(alpha) + ["GAMMA"] * len(gamma)
    assert played(iter(data.draw(st.permutations(turns)))) == played(iter(turns))


def test_what_is_touched_twice_at_one_moment_grows_whoever_touches_it() -> None:
    market = Market()
    for who in ("GAMMA", "GAMMA", "BETA", "ALPHA"):
        market.act(who, "Y")
    numbers = [number for number, _ in market.rows]
    assert numbers == sorted(numbers)
