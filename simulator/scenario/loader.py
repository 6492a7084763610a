"""From the text of a scenario file to a `Scenario`, or to every mistake in it at once. Text in, values out."""

from __future__ import annotations

from datetime import datetime

from msgspec.structs import replace

from simulator.scenario import build, netstream_part, rules_part
from simulator.scenario.checks import check
from simulator.scenario.keys import FILE
from simulator.scenario.kinds import WRONG
from simulator.scenario.mistakes import Mistake, Notes, ScenarioMistakes
from simulator.scenario.model import Scenario
from simulator.scenario.source import compose

__all__ = ["Mistake", "ScenarioMistakes", "load"]


def load(
    text: str, file: str, *, today: datetime | None = None, read_file: netstream_part.ReadFile | None = None
) -> Scenario:
    """Read a scenario file (YAML or JSON). ``file`` is the name mistakes are told by.

    ``today`` is when a story without a clock begins: periods such as ``next scheduled read: P30D`` count from there,
    and are left open when neither is known. ``read_file`` gives the texts of files named in it (meter data, rules);
    without it none may be named. Raises `ScenarioMistakes` with every mistake of the file.
    """
    notes = Notes(file)
    read = FILE.read(compose(text, notes), notes)
    if read is not WRONG:
        check(read, notes)
        netstream_part.check(read.get("given", {}), notes)
    notes.refuse_if_any()
    readings = netstream_part.readings(read.get("given", {}), notes, read_file)
    beginning: datetime | None = read.get("clock", today)
    own = rules_part.rules(read, notes, read_file, beginning.date() if beginning is not None else None)
    notes.refuse_if_any()
    return replace(build.scenario(read, notes, today, readings), own_rules=own)
