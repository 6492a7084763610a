"""One simulation: hands each command to the machine that owns it and each event to all of them."""

from simulator.simulation.simulation import ALL_EVENTS, LONG_WORK, Simulation

__all__ = ["ALL_EVENTS", "LONG_WORK", "Simulation"]
