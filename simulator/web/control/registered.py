"""The register of behaviour, with what this simulation's scenario sets."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from msgspec import to_builtins
from msgspec.structs import asdict

from simulator.base.http import HttpReply
from simulator.web.control.asked import Asked
from simulator.web.problems import json_reply

if TYPE_CHECKING:
    from simulator.register import Entry

REGISTER_QUERY = ("area", "basis", "rule")


async def behaviour(asked: Asked) -> HttpReply:
    """Every behaviour: documented, seen, a numbered assumption, or the simulator's own; ``here`` is what is set."""
    from simulator.register import register  # noqa: PLC0415 - a start need not wait for it

    given = asked.parameters(REGISTER_QUERY)
    chosen = (
        entry for entry in register().values() if all(getattr(entry, name) == value for name, value in given.items())
    )
    return json_reply({"rules": list(_with_settings(asked, chosen))})


def _with_settings(asked: Asked, entries: Iterator[Entry]) -> Iterator[object]:
    simulation = asked.runtime.simulation
    settings = {**asdict(simulation.switches), **asdict(simulation.netstream.switches)}
    for entry in entries:
        told: dict[str, object] = to_builtins(entry)
        if entry.answer == "switch":
            told["here"] = str(settings[entry.set_by.removeprefix("assume: ").replace(" ", "_")])
        yield told
