"""What is slow the first time is done once beforehand: the only place that does so, in a thread, once all is served.

The library of holidays takes 50 ms to import, that of names more, and the index over the streets of a large market
200 ms to build: nothing an exchange should wait for. The thread reads what never changes, and puts nothing in place
that would not be the same without it; whoever comes first still gets everything right, only later. What weighs much and
is not needed by every story (numpy, for readings) is left to its first use: an idle server stays small.
"""

from __future__ import annotations

from contextlib import suppress
from datetime import date
from threading import Thread
from typing import TYPE_CHECKING

from simulator.world.calendar import Calendar
from simulator.world.population import Population

if TYPE_CHECKING:
    from simulator.simulation import Simulation


FIRST_DAY = date(2026, 1, 1)
"""A day to ask about where a story has no clock."""


def begin(simulation: Simulation) -> Thread:
    """Begin with it; ends with the process at the latest."""
    thread = Thread(target=_warm, args=(simulation,), name="warm-up", daemon=True)
    thread.start()
    return thread


def _warm(simulation: Simulation) -> None:
    """A library that is missing or broken is told of by whoever needs it."""
    with suppress(ImportError):
        Calendar().is_business_day(simulation.scenario.clock.date() if simulation.scenario.clock else FIRST_DAY, "NSW")
    points = simulation.base.points
    if isinstance(points, Population):
        points.prepare()
