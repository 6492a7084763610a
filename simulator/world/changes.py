"""Change requests and objections as frozen values: what MSATS keeps about a change of standing data to come.

Shapes follow ``CATSChangeRequest`` and ``CATSObjectionRequest``; dates are market days.
"""

from __future__ import annotations

from datetime import date

import msgspec

from simulator.world.model import Address, DataStream


class Patch(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """New values for what ``key`` names (a meter's serial number, a register id); ``parts`` are a meter's registers."""

    key: str
    fields: dict[str, str]
    parts: tuple[Patch, ...] = ()


class Proposal(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """What a change request wants standing data to become. Field names are those of `simulator.world.model`."""

    roles: tuple[tuple[str, str], ...] = ()
    """(role, party)"""
    master: dict[str, str] = {}
    address: Address | None = None
    streams: tuple[DataStream, ...] = ()
    meters: tuple[Patch, ...] = ()


class ChangeRequest(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """A change request from the day it was accepted. Dates are market days."""

    request_id: str
    initiator: str
    role: str
    role_status: str
    transaction_id: str
    reason: str
    nmi: str
    data: str
    """Its NMIStandingData, canonical XML, to be shown to others."""
    proposal: Proposal
    lodged_on: date
    lodging_over: date
    """The first day on which no objection may be lodged any more."""
    proposed: date | None = None
    actual: date | None = None
    read_type: str | None = None
    actual_end: date | None = None
    answers: str | None = None
    """InitiatingRequestID: the request it edits or gives data to."""
    needs_read: bool = False
    status: str = "REQ"
    step: int = 0
    """How often others were told of it: part of the ids of what they are told."""
    objections: tuple[str, ...] = ()
    """ObjectionIDs that stand."""
    missing: tuple[str, ...] = ()
    """Roles that other parties must still supply (PVAL)."""

    @property
    def effective(self) -> date:
        """The day the change is to take effect, as far as it is known."""
        return self.actual or self.proposed or self.lodged_on

    @property
    def last(self) -> date:
        """The last day of a change that edits history only; of any other, the day it takes effect."""
        return self.effective if self.actual_end is None else max(self.effective, self.actual_end)

    @property
    def waits_for_read(self) -> bool:
        """Whether the metering data provider must still supply the actual change date."""
        return self.needs_read and self.actual is None


class Objection(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """An objection that was accepted. ``clear_by`` is the day on which it cancels the request if it still stands."""

    objection_id: str
    request_id: str
    party: str
    role: str
    role_status: str
    code: str
    lodged_on: date
    clear_by: date
    withdrawn: bool = False
