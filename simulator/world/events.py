"""Everything that can happen to the pretend market itself. The journal keeps exactly these."""

from __future__ import annotations

from simulator.asexml.mdff_model import Accumulation, IntervalDay, LegacyConsumption
from simulator.base.turn import Event
from simulator.world.model import ConnectionPoint


class ConnectionPointChanged(Event, frozen=True, tag=True):
    """What MSATS holds about a NMI is now this; a NMI not known before is created."""

    point: ConnectionPoint
    because: str = ""
    """RequestID of the change request, or what else caused it."""


class ReadingsLoaded(Event, frozen=True, tag=True):
    """Meter readings of one transaction were loaded."""

    by: str
    activity_id: str
    days: tuple[IntervalDay, ...] = ()
    accumulations: tuple[Accumulation, ...] = ()
    consumption: tuple[LegacyConsumption, ...] = ()


WORLD_EVENTS = (ConnectionPointChanged, ReadingsLoaded)
