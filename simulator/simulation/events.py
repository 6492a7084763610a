"""What happens to a simulation as a whole."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec

from simulator.base.turn import Event


class Begun(Event, frozen=True, tag=True):
    """A story begins: the journal belongs to this scenario, seed and market (a digest of ``given``).

    ``text`` and ``file`` are those of a scenario that was told over the control API: no file has it at the next start.
    ``steps``: what the ledger had counted in the stories before, so that cursors go on growing, over a restart too.
    """

    scenario: str
    seed: int
    given: str = ""
    text: str = ""
    file: str = ""
    steps: int = 0


class ClockMoved(Event, frozen=True, tag=True):
    """Somebody moved the clock; a restart goes on from here."""


SIMULATION_EVENTS = (Begun, ClockMoved)
_LARGE = frozenset({"body", "message", "text", "transactions"})


def told(events: Iterable[Event]) -> list[dict[str, Any]]:
    """Events of any kind as people are told them: JSON-ready, without what is large."""
    shown = (msgspec.to_builtins(event) for event in events)
    return [{key: value for key, value in event.items() if key not in _LARGE} for event in shown]
