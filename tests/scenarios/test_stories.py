"""Every shipped story, played to its end."""

from __future__ import annotations

import plays_questions
import plays_readings
import plays_standing
import plays_transfers
import pytest
from stage import Stage

PLAYS = {**plays_transfers.PLAYS, **plays_standing.PLAYS, **plays_readings.PLAYS, **plays_questions.PLAYS}


@pytest.mark.parametrize("name", sorted(PLAYS))
async def test_the_story_goes_as_told(name: str) -> None:
    stage = Stage(name)
    await PLAYS[name](stage)
    reached = stage.end()
    assert reached
