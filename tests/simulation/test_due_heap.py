from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kit import START
from simulator.base.turn import Fired, Scheduled
from simulator.hub.order import MARKET, Order
from simulator.simulation.due import DueHeap


def scheduled(number: int, minutes: int) -> Scheduled:
    return Scheduled(START, str(number), START + timedelta(minutes=minutes), "hub", "appear", str(number))


@given(st.lists(st.integers(0, 20), max_size=30))
def test_things_come_due_by_time_and_then_by_order(minutes):
    heap = DueHeap()
    for number, minute in enumerate(minutes):
        heap.push(scheduled(number, minute))
    fired = []
    while (due := heap.due(START + timedelta(minutes=20))) is not None:
        fired.append(int(due.due))
        heap.drop(Fired(START, due.due))
    assert fired == sorted(range(len(minutes)), key=lambda number: (minutes[number], number))
    assert heap.next_due() is None


@given(st.permutations(["B1", "B2", "A1", "A2", "C1"]))
def test_who_was_first_at_a_moment_makes_no_difference(order):
    """Everybody's first acts, by name, then the second ones; what one act set in its order; last what was set later."""
    clients = Order("ABC")
    heap = DueHeap(clients)
    when = START + timedelta(minutes=5)
    for name in order:
        clients.act(START, name[0])
        for number in range(2):
            heap.push(Scheduled(START, f"{name}/{number}", when, "market", "review", name))
    clients.act(START + timedelta(minutes=1), "A")
    heap.push(Scheduled(START + timedelta(minutes=1), "last", when, "market", "review", "0"))
    fired = []
    while (due := heap.due(when)) is not None:
        fired.append(due.due)
        heap.drop(Fired(when, due.due))
    assert fired[-1] == "last"
    acts: dict[str, list[str]] = {}
    for name in order:
        acts.setdefault(name[0], []).append(name)
    ranked = sorted((depth, name[0], name) for own in acts.values() for depth, name in enumerate(own))
    assert fired[:-1] == [f"{name}/{number}" for _, _, name in ranked for number in range(2)]


def test_what_is_due_at_once_is_its_setters_and_what_was_set_before_is_the_markets():
    clients = Order("A")
    heap = DueHeap(clients)
    clients.act(START, "A")
    for number, minutes in enumerate((0, 5)):
        heap.push(scheduled(number, minutes))
    heap.drop(Fired(START, "0"))
    assert clients.stamp == (2, "A")
    heap.drop(Fired(START + timedelta(minutes=5), "1"))
    assert clients.stamp == (1, MARKET)
    clients.act(START + timedelta(minutes=5), "A")
    assert clients.stamp == (2, "A"), "what was due before anybody came ranks before them"


def test_nothing_is_due_before_its_time():
    heap = DueHeap()
    heap.push(scheduled(1, 5))
    assert heap.due(START + timedelta(minutes=4)) is None
    assert heap.next_due() == START + timedelta(minutes=5)


def test_a_replay_that_disagrees_is_told():
    heap = DueHeap()
    heap.push(scheduled(1, 5))
    with pytest.raises(LookupError):
        heap.drop(Fired(START, "other"))
