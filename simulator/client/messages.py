"""The messages a participant begins an exchange with, as values: for the demonstration, the command line and tests.

Shapes: asexml §3 and §4; priorities: aemo-b2m §2.1, 10. Ids and dates are given, nothing is made up here.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from simulator.asexml.model import Element, Header, Message, Transaction, element, optional
from simulator.base.ids import Nmi
from simulator.client.post import AEMO, GROUP_PRIORITIES


@dataclass(frozen=True, slots=True)
class Envelope:
    """Who sends, when, and under which ids. Without ``transaction_id`` it is the MessageID with ``-T``, at most 36."""

    participant: str
    message_id: str
    at: datetime
    transaction_id: str | None = None
    release: str = "r46"
    security_context: str | None = None
    market: str = "NEM"
    priority: str | None = None


def _message(envelope: Envelope, group: str, payload: Element, initiating: str | None = None) -> Message:
    priority = envelope.priority or GROUP_PRIORITIES[group]
    header = Header(
        envelope.participant,
        AEMO,
        envelope.message_id,
        envelope.at,
        group,
        priority,
        envelope.security_context,
        envelope.market,
    )
    transaction_id = envelope.transaction_id or f"{envelope.message_id[:34]}-T"
    return Message(envelope.release, header, (Transaction(transaction_id, envelope.at, payload, initiating),))


def _nmi(nmi: str, checksum: str | None) -> Element:
    return element("NMI", nmi, checksum=Nmi.parse(nmi).checksum if checksum is None else checksum)


def change_request(  # noqa: PLR0913 - a parameter for each element a request may have
    envelope: Envelope,
    nmi: str,
    checksum: str | None = None,
    *,
    reason: str = "1000",
    proposed_date: date | None = None,
    actual_change_date: date | None = None,
    read_type: str | None = "RR",
    roles: Iterable[tuple[str, str]] | None = None,
    initiating_request_id: str | None = None,
) -> Message:
    """A CATSChangeRequest. ``roles`` are (role, participant) pairs; without them the sender becomes FRMP.

    ``initiating_request_id`` names the unfinished request it edits, or"""
    if (proposed_date is None) == (actual_change_date is None):
        raise ValueError("a change request has either a proposed date or an actual change date")
    nominated = (("FRMP", envelope.participant),) if roles is None else tuple(roles)
    assignments = [
        element("RoleAssignment", element("Party", party), element("Role", role)) for role, party in nominated
    ]
    standing = element(
        "NMIStandingData",
        _nmi(nmi, checksum),
        element("RoleAssignments", *assignments) if assignments else None,
        xsi_type="ase:ElectricityStandingData",
    )
    payload = element(
        "CATSChangeRequest",
        element("ChangeReasonCode", reason),
        optional("ProposedDate", proposed_date.isoformat() if proposed_date else None),
        optional("ActualChangeDate", actual_change_date.isoformat() if actual_change_date else None),
        optional("MeterReadTypeCode", read_type),
        optional("InitiatingRequestID", initiating_request_id),
        standing,
    )
    return _message(envelope, "CATS", payload)


def withdrawal(envelope: Envelope, request_id: str, initiating_transaction_id: str | None = None) -> Message:
    """A CATSChangeWithdrawal of one's own request; it is answered by a TACK."""
    return _message(
        envelope, "CATS", element("CATSChangeWithdrawal", element("RequestID", request_id)), initiating_transaction_id
    )


def objection(envelope: Envelope, request_id: str, *, role: str, code: str) -> Message:
    """A CATSObjectionRequest against another's change request, e.g. role ``FRMP``, code ``DEBT``."""
    payload = element(
        "CATSObjectionRequest",
        element("InitiatingRequestID", request_id),
        element("Role", role),
        element("ObjectionCode", code),
    )
    return _message(envelope, "CATS", payload)


def objection_withdrawal(envelope: Envelope, objection_id: str, request_id: str, *, role: str, code: str) -> Message:
    """A CATSObjectionWithdrawal of one's own objection; it is answered by a TACK."""
    payload = element(
        "CATSObjectionWithdrawal",
        element("ObjectionID", objection_id),
        element("InitiatingRequestID", request_id),
        element("Role", role),
        element("ObjectionCode", code),
    )
    return _message(envelope, "CATS", payload)


def nmi_discovery(
    envelope: Envelope,
    jurisdiction: str,
    *,
    delivery_point: str | None = None,
    address: Element | None = None,
    meter_serial: str | None = None,
) -> Message:
    """An NMIDiscoveryRequest: search a jurisdiction by delivery point identifier, address element or meter serial."""
    payload = element(
        "NMIDiscoveryRequest",
        element("JurisdictionCode", jurisdiction),
        optional("DeliveryPointIdentifier", delivery_point),
        address,
        optional("MeterSerialNumber", meter_serial),
    )
    return _message(envelope, "NMID", payload)


def nmi_standing_data(
    envelope: Envelope,
    nmi: str,
    checksum: str | None = None,
    *,
    kind: str | None = None,
    reason: str | None = None,
) -> Message:
    """An NMIStandingDataRequest. ``kind`` and ``reason`` (MCR, ITD, …) are those of a type 3 search."""
    payload = element("NMIStandingDataRequest", _nmi(nmi, checksum), optional("Type", kind), optional("Reason", reason))
    return _message(envelope, "NMID", payload)


def meter_data(envelope: Envelope, text: str, *, record_count: int | None = None, role: str | None = None) -> Message:
    """A MeterDataNotification carrying NEM12, NEM13 or the older MDMT table, told apart by how the text begins.

    Interval data (NEM12, a table with ``Period01``) travels as CSVIntervalData, the rest as CSVConsumptionData.
    """
    first = text.split("\n", 1)[0].upper()
    interval = first.startswith("100,NEM12") or "PERIOD01" in first
    payload = element(
        "MeterDataNotification",
        optional("RecordCount", None if record_count is None else str(record_count)),
        element("CSVIntervalData" if interval else "CSVConsumptionData", text),
        element("ParticipantRole", element("Role", role)) if role else None,
    )
    return _message(envelope, "MDMT", payload)
