"""Every shipped story of the e-Hub, played to its end."""

from __future__ import annotations

import plays_busy_day
import plays_flow
import plays_groups
import plays_judged
import plays_questions
import plays_reactions
import plays_readings
import plays_refused
import plays_standing
import plays_transfers
import pytest
from stage import SHIPPED, Stage

from simulator.harness import explain

PLAYS = {
    **plays_transfers.PLAYS,
    **plays_standing.PLAYS,
    **plays_readings.PLAYS,
    **plays_reactions.PLAYS,
    **plays_questions.PLAYS,
    **plays_groups.PLAYS,
    **plays_busy_day.PLAYS,
    **plays_flow.PLAYS,
    **plays_judged.PLAYS,
    **plays_refused.PLAYS,
}


@pytest.mark.parametrize("name", sorted(PLAYS))
async def test_the_story_goes_as_told(name: str) -> None:
    stage = Stage(name)
    await PLAYS[name](stage)
    reached = stage.end()
    if name in plays_reactions.PLAYS:
        return  # what rules make up is nothing that the market reached
    recorded = {key for key, names in explain.recorded().items() if name in names}
    assert reached == recorded, "run python tests/scenarios/record_reached.py"


def test_every_story_is_played() -> None:
    """Those of Netstream and of faults are played by their own tests."""
    others = ("netstream", "fault-")
    assert {path.stem for path in SHIPPED.glob("*.yaml") if not path.stem.startswith(others)} == set(PLAYS)


def test_nothing_is_recorded_of_a_story_that_is_not_there() -> None:
    assert {name for names in explain.recorded().values() for name in names} == set(PLAYS) - set(plays_reactions.PLAYS)
