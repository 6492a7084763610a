"""``ehubsim certs``: certificates for later, without serving anything."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path

from simulator.base.clock import wall_time
from simulator.base.errors import BadValue
from simulator.devca import ensure
from simulator.scenario.mistakes import ScenarioMistakes
from simulator.web.scenario_files import read_scenario


def certs(directory: Path, scenario: Path | None, sans: Iterable[str]) -> int:
    """Make what is missing for a scenario's participants and say where it is; 0, or 3 with one line on stderr."""
    try:
        participants = [member.participant_id for member in read_scenario(scenario).given.participants]
        made = ensure(directory, participants, sans, wall_time())
    except (BadValue, ScenarioMistakes) as error:
        print(f"ehubsim: {str(error).partition(chr(10))[0]}", file=sys.stderr)
        return 3
    print(f"CA      {made.ca}")
    print(f"server  {made.server}  {made.server_key}")
    for participant in made.participants:
        print(f"client  {made.client(participant)}  {made.client_key(participant)}")
    return 0
