"""What happens to a simulation as a whole."""

from __future__ import annotations

from simulator.base.turn import Event


class Begun(Event, frozen=True, tag=True):
    """A story begins: the journal belongs to this scenario, seed and market (a digest of ``given``)."""

    scenario: str
    seed: int
    given: str = ""


class ClockMoved(Event, frozen=True, tag=True):
    """Somebody moved the clock; a restart goes on from here."""


SIMULATION_EVENTS = (Begun, ClockMoved)
