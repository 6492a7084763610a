"""Everything that can happen to the pretend market itself. The journal keeps exactly these."""

from __future__ import annotations

from datetime import date

from simulator.asexml.mdff_model import Accumulation, IntervalDay, LegacyConsumption
from simulator.base.turn import Event
from simulator.world.changes import ChangeRequest, Objection
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


class ChangeRequestLodged(Event, frozen=True, tag=True):
    """A change request passed validation: Requested, or Pending Validation."""

    request: ChangeRequest


class ChangeRequestRefused(Event, frozen=True, tag=True):
    """A change request, an objection or a withdrawal was refused; only its sender is told."""

    sender: str
    transaction_id: str
    code: int
    rule: str
    explanation: str
    request_id: str = ""


class ChangeRequestMoved(Event, frozen=True, tag=True):
    """A change request has another status; ``cause`` is the way in the market's table of ways (`WAYS`)."""

    request_id: str
    status: str
    cause: str


class ActualDateSupplied(Event, frozen=True, tag=True):
    """A metering data provider gave the actual change date, with a change request of its own."""

    request_id: str
    by: str
    supplied_in: str
    actual: date


class DataSupplied(Event, frozen=True, tag=True):
    """A party supplied roles that a request in Pending Validation was missing."""

    request_id: str
    by: str
    supplied_in: str
    roles: tuple[tuple[str, str], ...]
    lodging_over: date
    """The first day on which no objection may be lodged any more, should the request now be complete."""


class ObjectionLodged(Event, frozen=True, tag=True):
    """An objection was accepted."""

    objection: Objection


class ObjectionWithdrawn(Event, frozen=True, tag=True):
    """An objection was taken back."""

    objection_id: str


WORLD_EVENTS: tuple[type[Event], ...] = (
    ConnectionPointChanged,
    ReadingsLoaded,
    ChangeRequestLodged,
    ChangeRequestRefused,
    ChangeRequestMoved,
    ActualDateSupplied,
    DataSupplied,
    ObjectionLodged,
    ObjectionWithdrawn,
)
