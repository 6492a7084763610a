"""The register of behaviour, with what this simulation's scenario sets."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from msgspec import to_builtins
from msgspec.structs import asdict

from simulator.base.http import HttpReply
from simulator.web.control.asked import Asked
from simulator.web.problems import Problem, json_reply

if TYPE_CHECKING:
    from simulator.register import Entry

REGISTER_QUERY = ("area", "basis", "rule")


async def behaviour(asked: Asked) -> HttpReply:
    """Every behaviour: documented, seen, a numbered assumption, or the simulator's own; ``here`` is what is set.

    A `Problem` (400) for an area or a basis that there is not.
    """
    from simulator.register import register  # noqa: PLC0415 - a start need not wait for it

    given, every = asked.parameters(REGISTER_QUERY), register().values()
    for name in ("area", "basis"):
        known = sorted({getattr(entry, name) for entry in every})
        if given.get(name, known[0]) not in known:
            raise Problem(400, f"{given[name][:40]!r} is no {name}; known are {', '.join(known)}", "control.filter")
    chosen = (entry for entry in every if all(getattr(entry, name) == value for name, value in given.items()))
    return json_reply({"rules": list(_with_settings(asked, chosen))})


def _with_settings(asked: Asked, entries: Iterator[Entry]) -> Iterator[object]:
    simulation = asked.runtime.simulation
    settings = {**asdict(simulation.switches), **asdict(simulation.netstream.switches)}
    for entry in entries:
        told: dict[str, object] = to_builtins(entry)
        if entry.answer == "switch":
            told["here"] = str(settings[entry.set_by.removeprefix("assume: ").replace(" ", "_")])
        yield told
