"""A restart after any story of a reaction gives the state there was; and told twice, a story is the same."""

from __future__ import annotations

import plays_reactions
import pytest
from stage import Stage

from kit import runtime
from simulator.runtime import Runtime


def state(house: Runtime) -> list[object]:
    """What rules and the way of messages leave behind."""
    simulation = house.simulation
    queues = [
        [(each.context_id, each.state, each.body) for each in simulation.hub.queue(member.participant_id).entries()]
        for member in house.scenario.given.participants
    ]
    used = [simulation.engine.used(rule.name) for rule in house.scenario.when]
    points = [simulation.market.world.point(point.nmi) for point in house.scenario.given.points]
    return [queues, used, points, simulation.engine.flag("awake"), simulation.heap.next_due()]


@pytest.mark.parametrize("name", sorted(plays_reactions.PLAYS))
async def test_replay_gives_the_state_there_was(name: str) -> None:
    stage = Stage(name)
    await plays_reactions.PLAYS[name](stage)
    again = runtime(stage.house.scenario, stage.house.journal)
    assert state(again) == state(stage.house)


@pytest.mark.parametrize("name", sorted(plays_reactions.PLAYS))
async def test_told_twice_it_is_the_same(name: str) -> None:
    first, second = Stage(name), Stage(name)
    for stage in (first, second):
        await plays_reactions.PLAYS[name](stage)
    assert first.events() == second.events()
