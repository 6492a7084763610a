from itertools import product

import pytest

from simulator.hub.states import TABLE, State, Trigger, after, mermaid


@pytest.mark.parametrize(("state", "trigger"), list(product(State, Trigger)))
def test_every_pair_is_a_row_or_is_refused(state, trigger):
    assert after(state, trigger) == TABLE.get((state, trigger))


def test_nothing_leaves_removed():
    assert not [state for state, _ in TABLE if state is State.REMOVED]


def test_only_an_acknowledgement_removes():
    assert {trigger for (_, trigger), state in TABLE.items() if state is State.REMOVED} == {Trigger.ACKNOWLEDGE}


def test_the_diagram_shows_every_row():
    drawn = mermaid()
    assert all(f"{was} --> {becomes}: {trigger}" in drawn for (was, trigger), becomes in TABLE.items())
