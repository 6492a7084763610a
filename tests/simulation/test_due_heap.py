from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kit import START
from simulator.base.turn import Fired, Scheduled
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


@given(st.permutations(["B1", "B2", "A1", "A2", "C1", "-1"]))
def test_who_was_first_at_a_moment_makes_no_difference(order):
    """What is nobody's, then participants by name, each one's own in its order; and last what was set later."""
    heap = DueHeap()
    when = START + timedelta(minutes=5)
    for name in order:
        heap.push(Scheduled(START, name, when, "market", "review", name, name[0].replace("-", "")))
    heap.push(Scheduled(START + timedelta(minutes=1), "last", when, "market", "review", "0", "A"))
    fired = []
    while (due := heap.due(when)) is not None:
        fired.append(due.due)
        heap.drop(Fired(when, due.due))
    assert fired == [*sorted(order, key=lambda name: name[0]), "last"]


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
