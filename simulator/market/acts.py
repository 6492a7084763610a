"""What a participant can do to a change request, as transactions to AEMO: the played ones send them.

Pure functions. Which change request, objection and role is meant follows from the NMI, as a person would say it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date

import msgspec

from simulator.asexml.model import Element, element, optional
from simulator.market.proposal import MASTER, METER, REGISTER
from simulator.market.standing import address_element, data_streams, nmi_element, standing_data
from simulator.world.changes import ChangeRequest, Objection, Patch
from simulator.world.model import Address, DataStream
from simulator.world.world import World, holders

_AFTER_ADDRESS = ("Status", "CustomerClassificationCode", "CustomerThresholdCode")


class Change(msgspec.Struct, frozen=True):
    """A change request to be written, with nothing in it but what is given.

    Keys of ``master`` and of ``meters`` are field names of `simulator.world.model`.
    """

    reason: str
    nmi: str
    proposed: date | None = None
    actual: date | None = None
    read_type: str | None = None
    actual_end: date | None = None
    answers: str | None = None
    roles: tuple[tuple[str, str], ...] = ()
    master: Mapping[str, str] = msgspec.field(default_factory=dict)
    address: Address | None = None
    meters: tuple[Patch, ...] = ()
    streams: tuple[DataStream, ...] = ()


def unfinished(world: World, nmi: str, reason: str | None = None) -> ChangeRequest | None:
    """The latest unfinished change request of a NMI, of that reason when one is given."""
    found = [each for each in world.requests.unfinished(nmi) if reason in (None, each.reason)]
    return found[-1] if found else None


def holder(world: World, request: ChangeRequest, role: str) -> str | None:
    """Who would object as that role: the current holder on the effective day, else who is nominated."""
    point = world.point(request.nmi)
    current = None if point is None else holders(point, request.effective).get(role)
    return current or dict(request.proposal.roles).get(role)


def concerned(world: World, request: ChangeRequest, role: str, party: str) -> bool:
    """Whether a participant holds that role of the NMI, or is nominated for it."""
    point = world.point(request.nmi)
    current = None if point is None else holders(point, request.effective).get(role)
    return party in (current, dict(request.proposal.roles).get(role))


def standing(
    world: World, request: ChangeRequest, party: str | None = None, role: str | None = None, code: str | None = None
) -> Iterator[Objection]:
    """The objections that stand against a request, of that participant, role and code when they are given."""
    for each in world.requests.standing(request):
        if party in (None, each.party) and role in (None, each.role) and code in (None, each.code):
            yield each


def objection(request: ChangeRequest, role: str, code: str) -> Element:
    """``CATSObjectionRequest``."""
    return element("CATSObjectionRequest", *_cross_check(request.request_id, role, code))


def objection_withdrawal(given: Objection) -> Element:
    """``CATSObjectionWithdrawal``."""
    number = Element("ObjectionID", given.objection_id)
    return element("CATSObjectionWithdrawal", number, *_cross_check(given.request_id, given.role, given.code))


def withdrawal(request: ChangeRequest) -> Element:
    """``CATSChangeWithdrawal``."""
    return element("CATSChangeWithdrawal", Element("RequestID", request.request_id))


def actual_read(request: ChangeRequest, read_on: date) -> Element:
    """``CATSChangeRequest`` with reason 1500: the actual change date of a request."""
    return change_request(Change("1500", request.nmi, actual=read_on, answers=request.request_id))


def change_request(change: Change) -> Element:
    """``CATSChangeRequest``."""
    return element(
        "CATSChangeRequest",
        Element("ChangeReasonCode", change.reason),
        optional("ProposedDate", _iso(change.proposed)),
        optional("ActualChangeDate", _iso(change.actual)),
        optional("MeterReadTypeCode", change.read_type),
        optional("ActualEndDate", _iso(change.actual_end)),
        optional("InitiatingRequestID", change.answers),
        standing_data(
            nmi_element(change.nmi, True),
            _master(change),
            _roles(change),
            data_streams(change.streams),
            _meters(change.meters),
        ),
    )


def _iso(day: date | None) -> str | None:
    return None if day is None else day.isoformat()


def _cross_check(request_id: str, role: str, code: str) -> tuple[Element, ...]:
    return Element("InitiatingRequestID", request_id), Element("Role", role), Element("ObjectionCode", code)


def _master(change: Change) -> Element | None:
    given = {name: change.master[field] for name, field in MASTER.items() if field in change.master}
    before = [Element(name, text) for name, text in given.items() if name not in _AFTER_ADDRESS]
    after = [Element(name, given[name]) for name in _AFTER_ADDRESS if name in given]
    where = address_element(change.address)
    return element("MasterData", *before, where, *after) if given or where else None


def _roles(change: Change) -> Element | None:
    rows = [element("RoleAssignment", Element("Party", party), Element("Role", role)) for role, party in change.roles]
    return element("RoleAssignments", *rows) if rows else None


def _meters(meters: tuple[Patch, ...]) -> Element | None:
    return Element("MeterRegister", None, tuple(map(_meter, meters))) if meters else None


def _meter(meter: Patch) -> Element:
    registers = tuple(
        element("Register", Element("RegisterID", each.key), *_given(each, REGISTER)) for each in meter.parts
    )
    configuration = Element("RegisterConfiguration", None, registers) if registers else None
    return element("Meter", Element("SerialNumber", meter.key), *_given(meter, METER), configuration)


def _given(patch: Patch, names: Mapping[str, str]) -> Iterator[Element]:
    """The fields that are given, in the order of the schema."""
    return (Element(name, patch.fields[field]) for name, field in names.items() if field in patch.fields)
