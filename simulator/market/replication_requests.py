"""Change requests, objections and what was told of them, as replication tables. A participant sees its own.

A request has one row, at the number of what touched it last; what was told and refused never changes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

import msgspec

from simulator.asexml.model import Element, element
from simulator.market.operator import Operator
from simulator.market.replication_log import Log, Recent, Refusal, Told, Touched
from simulator.market.replication_rows import content, instant
from simulator.market.report_values import Asked
from simulator.market.rules import Notice
from simulator.market.sequence import later
from simulator.world.changes import ChangeRequest
from simulator.world.world import holders


class Made(msgspec.Struct, frozen=True):
    """A row of a register, before it is written."""

    number: int
    created: datetime
    maintained: datetime
    text: str
    status: str = "A"


def request_row(op: Operator, touched: Touched, by: datetime | None = None) -> Made | None:
    """``CATSChangeRequestRow`` as it was then; None when the request was touched again later (``by``: until then)."""
    request = op.requests.get(touched.key)
    if request is None or not op.history.is_latest(touched, by):
        return None
    text = content(
        ("RequestID", request.request_id),
        ("ChangeReasonCode", request.reason),
        ("ChangeStatusCode", touched.status),
        ("Participant", request.initiator),
        ("TransactionID", request.transaction_id),
        ("TransactionDate", instant(op.history.lodged_at[touched.key])),
        ("ProposedDate", request.proposed.isoformat() if request.proposed else None),
        ("ActualChangeDate", request.actual.isoformat() if request.actual else None),
        ("MeterReadTypeCode", request.read_type),
        ("ActualEndDate", request.actual_end.isoformat() if request.actual_end else None),
        ("InitiatingRequestID", request.answers),
        ("NMI", request.nmi),
    )
    return Made(later(touched.place), op.history.lodged_at[touched.key], touched.at, text)


def notices_of(op: Operator, request: ChangeRequest, party: str) -> set[Notice]:
    """In which roles a participant has to do with a request: as nominated, or as holding them on its day."""
    found = {Notice(role, "N") for role, nominated in request.proposal.roles if nominated == party}
    point = op.world.point(request.nmi)
    if point is not None:
        held = holders(point, request.effective)
        found |= {Notice(role, "C") for role, holder in held.items() if holder == party}
    if request.initiator == party:
        found.add(Notice(request.role, request.role_status))
    return found


def _request(op: Operator, party: str, touched: Touched) -> Made | None:
    request = op.requests.get(touched.key)
    if request is None or not notices_of(op, request, party):
        return None
    return request_row(op, touched)


def objection_row(op: Operator, touched: Touched, party: str) -> Made | None:
    """``CATSObjectionRow``; inactive once it is withdrawn."""
    found = op.requests.objection(touched.key)
    if found is None or found.party != party or not op.history.is_latest(touched):
        return None
    text = content(
        ("ObjectionID", found.objection_id),
        ("ObjectionCode", found.code),
        ("RequestID", found.request_id),
        ("Role", found.role),
        ("Participant", found.party),
        ("TransactionID", op.history.answered.get(found.objection_id, f"OBJN-{found.objection_id}")),
    )
    status = "I" if found.withdrawn else "A"
    return Made(later(touched.place), op.history.lodged_at[touched.key], touched.at, text, status)


def _objection(op: Operator, party: str, touched: Touched) -> Made | None:
    return objection_row(op, touched, party)


def _response(op: Operator, party: str, told: Told) -> Made | None:
    number, code = told.fields
    request = op.requests.get(number)
    if told.to != party or request is None:
        return None
    return _told(
        told,
        ("RequestID", number),
        ("NMI", request.nmi),
        ("Participant", told.to),
        ("InitiatingTransactionID", told.initiating_transaction_id),
        ("TransactionID", told.transaction_id),
        ("Status", "A" if code == "0" else "R"),
    )


def _objection_response(op: Operator, party: str, told: Told) -> Made | None:
    number, code = told.fields
    objection = op.requests.objection(number)
    if told.to != party or objection is None:
        return None
    return _told(
        told,
        ("ObjectionID", number),
        ("ObjectionCode", objection.code),
        ("RequestID", objection.request_id),
        ("Role", objection.role),
        ("Participant", told.to),
        ("InitiatingTransactionID", told.initiating_transaction_id),
        ("TransactionID", told.transaction_id),
        ("Status", "A" if code == "0" else "R"),
    )


def _notification(op: Operator, party: str, told: Told) -> Made | None:
    if told.to != party:
        return None
    number, status, role, role_status, objection, code, action, objector = told.fields
    return _told(
        told,
        ("Participant", told.to),
        ("RequestID", number),
        ("ChangeStatusCode", status),
        ("Role", role),
        ("RoleStatus", role_status),
        ("TransactionID", told.transaction_id),
        ("ObjectionID", objection or None),
        ("ObjectionCode", code or None),
        ("ObjectionAction", action or None),
        ("ObjectingParticipant", objector or None),
    )


def _data_request(op: Operator, party: str, told: Told) -> Made | None:
    if told.to != party:
        return None
    number, role, status = told.fields
    wanted = element(
        "DataRequest",
        Element("Role", role),
        Element("RoleStatus", status),
        Element("InitiatingRequestID", number),
    )
    return _told(told, ("Participant", told.to), ("TransactionID", told.transaction_id), wanted)


def _told(told: Told, *fields: tuple[str, str | None] | Element) -> Made:
    return Made(later(told.place), told.at, told.at, content(*fields))


def _error(op: Operator, party: str, refusal: Refusal) -> Made | None:
    event = refusal.event
    if event.sender != party:
        return None
    text = content(
        ("TransactionID", event.transaction_id), ("Code", str(event.code)), ("Explanation", event.explanation)
    )
    return Made(later(refusal.place), event.at, event.at, text)


class Register(msgspec.Struct, frozen=True):
    """Where the entries of a table are kept, in order, and what row a participant sees of one."""

    entries: Callable[[Operator], Log[Any] | Recent[Any]]
    row: Callable[[Operator, str, Any], Made | None]
    of_requests: bool = True
    """Whether a row needs the change request, which may have made room before the entry did."""


REGISTERS = {
    "CATS_INBOUND_CHANGE_REQUEST": Register(lambda op: op.history.requests, _request),
    "CATS_INBOUND_OBJECTIONS": Register(lambda op: op.history.objections, _objection),
    "CATS_OUTBOUND_CHANGE_REQUESTS": Register(lambda op: op.history.told["CATSChangeResponse"], _response),
    "CATS_OUTBOUND_OBJECTIONS": Register(lambda op: op.history.told["CATSObjectionResponse"], _objection_response),
    "CATS_OUTBOUND_NOTIFICATIONS": Register(lambda op: op.history.told["CATSNotification"], _notification, False),
    "CATS_OUTBOUND_REQUESTS": Register(lambda op: op.history.told["CATSDataRequest"], _data_request, False),
    "CATS_OUTBOUND_ERRORS": Register(lambda op: op.history.refusals, _error, False),
}


def rows_of(op: Operator, party: str, register: Register, index: int) -> Iterator[Made]:
    """The row of an entry, if the participant may see one."""
    entries = register.entries(op)
    entry = entries[index] if index < entries.end else None
    made = None if entry is None else register.row(op, party, entry)
    if made is not None:
        yield made


def next_kept(op: Operator, register: Register, index: int) -> int:
    """The first entry from there on that is still kept."""
    return register.entries(op).next(index)


def lost(register: Register, op: Operator, asked: Asked) -> str:
    """What may be missing of the rows after LastSequenceNumber."""
    entries = register.entries(op)
    dropped = entries.last_to.get(asked.sender) if isinstance(entries, Recent) else None
    forgotten = op.history.forgotten if register.of_requests else None
    for gone in (dropped, forgotten):
        if gone is not None and asked.after < later(gone.place):
            return f"of what is finished, only the latest is kept: some up to {gone.at:%Y-%m-%d} is gone"
    return ""
