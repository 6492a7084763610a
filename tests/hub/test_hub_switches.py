import pytest
from msgspec.structs import fields

from simulator.hub.switches import ASSUMPTIONS, Switches


def test_every_switch_is_an_assumption_with_a_reason_and_the_other_way_round():
    assert {a.switch for a in ASSUMPTIONS} == {f.name for f in fields(Switches)} - {"strictness"}
    assert len({a.rule for a in ASSUMPTIONS}) == len(ASSUMPTIONS)
    assert all(a.reason and a.choices for a in ASSUMPTIONS)


@pytest.mark.parametrize("assumption", ASSUMPTIONS, ids=lambda a: a.rule)
def test_the_default_is_among_the_choices(assumption):
    if ".." in assumption.choices[0]:
        low, high = assumption.choices[0].split("..")
        assert int(low) <= int(assumption.default) <= int(high)
    else:
        assert assumption.default in assumption.choices
