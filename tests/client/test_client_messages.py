"""The messages a participant begins with: written, read back without a finding, and saying what was asked."""

from __future__ import annotations

from datetime import date

import pytest
from client_fake_hub import NOW
from msgspec.structs import replace

from simulator.asexml import decode, encode
from simulator.asexml.model import element
from simulator.asexml.schemas import Schemas
from simulator.base.errors import BadValue
from simulator.client import messages
from simulator.client.messages import Envelope

SCHEMAS = Schemas()
STAMP = Envelope("RETAILA", "RETAILA-MSG-1", NOW, "RETAILA-T-1", security_context="RETAILABATCH")
NEM12 = "100,NEM12,202603010000,METERCO,NEMMCO\n200,4102034567,E1,,E1,,M1,KWH,30,\n900"
NEM13 = "100,NEM13,202603010000,METERCO,NEMMCO\n900"
MADE = {
    "change request": (
        messages.change_request(STAMP, "4102034567", proposed_date=date(2026, 3, 20)),
        ("CATS", "Medium", "CATSChangeRequest"),
    ),
    "change request with roles": (
        messages.change_request(
            STAMP,
            "4102034567",
            "9",
            reason="6800",
            actual_change_date=date(2026, 3, 1),
            read_type=None,
            roles=(("MDP", "METERCO"), ("RP", "MCCO")),
        ),
        ("CATS", "Medium", "CATSChangeRequest"),
    ),
    "change request without roles": (
        messages.change_request(STAMP, "4102034567", proposed_date=date(2026, 3, 20), roles=()),
        ("CATS", "Medium", "CATSChangeRequest"),
    ),
    "withdrawal": (messages.withdrawal(STAMP, "2000000001"), ("CATS", "Medium", "CATSChangeWithdrawal")),
    "objection": (
        messages.objection(STAMP, "2000000001", role="FRMP", code="DEBT"),
        ("CATS", "Medium", "CATSObjectionRequest"),
    ),
    "objection withdrawal": (
        messages.objection_withdrawal(STAMP, "3000000001", "2000000001", role="FRMP", code="DEBT"),
        ("CATS", "Medium", "CATSObjectionWithdrawal"),
    ),
    "discovery by serial": (
        messages.nmi_discovery(STAMP, "NSW", meter_serial="M1"),
        ("NMID", "High", "NMIDiscoveryRequest"),
    ),
    "discovery by address": (
        messages.nmi_discovery(
            STAMP,
            "NSW",
            address=element(
                "Address",
                element("StructuredAddress", element("Street", element("StreetName", "GEORGE"))),
                element("SuburbOrPlaceOrLocality", "SYDNEY"),
            ),
        ),
        ("NMID", "High", "NMIDiscoveryRequest"),
    ),
    "discovery by delivery point": (
        messages.nmi_discovery(STAMP, "VIC", delivery_point="56430256"),
        ("NMID", "High", "NMIDiscoveryRequest"),
    ),
    "standing data": (
        messages.nmi_standing_data(STAMP, "4102034567", kind="3", reason="MCR"),
        ("NMID", "High", "NMIStandingDataRequest"),
    ),
    "interval data": (messages.meter_data(STAMP, NEM12, role="FRMP"), ("MDMT", "Low", "MeterDataNotification")),
    "consumption data": (messages.meter_data(STAMP, NEM13, record_count=1), ("MDMT", "Low", "MeterDataNotification")),
}


@pytest.mark.parametrize("release", ["r46", "r44", "r39_p1"])
@pytest.mark.parametrize("name", MADE)
def test_what_we_write_is_valid_and_says_what_was_asked(name, release):
    message, (group, priority, transaction) = MADE[name]
    received = decode.read(encode.write(replace(message, release=release)), SCHEMAS)
    assert received.findings == ()
    header = received.header
    assert header is not None
    assert (header.sender, header.receiver, header.message_id) == ("RETAILA", "NEMMCO", "RETAILA-MSG-1")
    assert (header.transaction_group, header.priority, header.market) == (group, priority, "NEM")
    assert header.security_context == "RETAILABATCH"
    assert [t.name for t in received.transactions] == [transaction]
    assert received.transactions[0].transaction_id == "RETAILA-T-1"


def view(name: str):
    return decode.read(encode.write(MADE[name][0]), SCHEMAS).transactions[0].view


def test_a_change_request_carries_the_right_checksum_and_the_sender_as_frmp():
    found = view("change request")
    assert found.text("NMIStandingData/NMI") == "4102034567"
    assert found.attribute("checksum", "NMIStandingData/NMI") == "3"
    assert found.text("ProposedDate") == "2026-03-20"
    assert found.text("MeterReadTypeCode") == "RR"
    assert found.text("NMIStandingData/RoleAssignments/RoleAssignment/Party") == "RETAILA"
    assert found.text("NMIStandingData/RoleAssignments/RoleAssignment/Role") == "FRMP"


def test_a_given_checksum_is_sent_even_where_it_is_wrong():
    assert view("change request with roles").attribute("checksum", "NMIStandingData/NMI") == "9"


def test_no_roles_no_role_assignments():
    assert view("change request without roles").first("NMIStandingData/RoleAssignments") is None


def test_the_text_of_meter_data_is_carried_unchanged_in_the_right_element():
    assert view("interval data").text("CSVIntervalData") == NEM12
    assert view("consumption data").text("CSVConsumptionData") == NEM13
    table = (
        "NMI,Suffix,MDPVersionDate,SettlementDate,Status48,Period01\n4102034567,E1,20260301000000,20260301,A,1 & 2 < 3"
    )
    received = decode.read(encode.write(messages.meter_data(STAMP, table)), SCHEMAS)
    assert received.transactions[0].view.text("CSVIntervalData") == table


def test_one_of_two_dates_is_asked_for():
    with pytest.raises(ValueError, match="either a proposed date or"):
        messages.change_request(STAMP, "4102034567")
    with pytest.raises(ValueError, match="either a proposed date or"):
        messages.change_request(
            STAMP, "4102034567", proposed_date=date(2026, 1, 1), actual_change_date=date(2026, 1, 1)
        )


def test_a_malformed_nmi_is_refused():
    with pytest.raises(BadValue):
        messages.nmi_standing_data(STAMP, "41020345")


def test_without_a_transaction_id_one_is_made_from_the_message_id():
    made = messages.withdrawal(Envelope("RETAILA", "X" * 36, NOW), "1")
    assert made.transactions[0].transaction_id == "X" * 34 + "-T"
