"""The JSON Schema of scenario files, made from the very table the validator reads. What it cannot say (names used
twice, who acts for whom) the loader still finds.
"""

from __future__ import annotations

from simulator.scenario.keys import FILE
from simulator.scenario.kinds import Json


def json_schema() -> Json:
    """JSON Schema (2020-12) of scenario files, with descriptions and examples, for editors."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "ehubsim scenario",
        "description": "One story for the simulator: a market, its clock, and rules that answer in AEMO's place.",
        **FILE.schema(),
    }
