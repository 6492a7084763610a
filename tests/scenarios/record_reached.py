"""Plays every shipped story and records what it reaches: ``python tests/scenarios/record_reached.py``.

Run it when `test_the_story_goes_as_told` says that a story reaches something else than what is recorded.
"""

from __future__ import annotations

import asyncio
import csv
import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parent), str(HERE.parents[1])]

import plays_reactions  # noqa: E402 - after the path to it
from stage import Stage  # noqa: E402 - after the path to it
from test_stories import PLAYS  # noqa: E402 - as above

PLACE = HERE.parents[1] / "simulator" / "harness" / "data" / "reached.csv"


async def record() -> None:
    """Write the table anew."""
    reached: dict[tuple[str, str], list[str]] = {}
    for name in sorted(PLAYS.keys() - plays_reactions.PLAYS.keys()):
        stage = Stage(name)
        await PLAYS[name](stage)
        for key in stage.end():
            reached.setdefault(key, []).append(name)
    with PLACE.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(("Kind", "Code", "Scenarios"))
        writer.writerows((*key, " ".join(names)) for key, names in sorted(reached.items()))


if __name__ == "__main__":
    asyncio.run(record())
