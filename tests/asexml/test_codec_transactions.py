"""Every transaction of the tables: a hand-written example reads clean, grown ones too, and order is enforced."""

from __future__ import annotations

import pytest
from codec_messages import CHANGE, STANDING, TRANSACTIONS, body, change_request, transaction
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from simulator.asexml import content, releases
from simulator.asexml.decode import read
from simulator.asexml.model import Received
from simulator.asexml.schemas import Schemas

SCHEMAS = Schemas()
RELEASES = ("r29", "r39_p1", "r42", "r44", "r46")


def rules(received: Received) -> list[tuple[int, str]]:
    return [(finding.code, finding.rule) for finding in received.findings]


@pytest.mark.parametrize("release", RELEASES)
@pytest.mark.parametrize(("group", "name", "inside"), TRANSACTIONS)
def test_an_example_of_every_transaction_reads_clean(group: str, name: str, inside: str, release: str) -> None:
    received = read(body(transaction(name, inside), group, release), SCHEMAS)
    assert received.findings == ()
    assert [each.name for each in received.transactions] == [name]


def test_there_is_an_example_of_every_transaction() -> None:
    assert {name for _, name, _ in TRANSACTIONS} == set(content.TRANSACTIONS)


@pytest.mark.parametrize("release", RELEASES)
def test_the_version_of_the_tables_is_accepted_and_another_is_event_4(release: str) -> None:
    for group, name, inside in TRANSACTIONS:
        known = releases.versions(release).get(name)
        if known is not None:
            right = read(body(transaction(name, inside, f' version="{known}"'), group, release), SCHEMAS)
            wrong = read(body(transaction(name, inside, ' version="r3"'), group, release), SCHEMAS)
            assert right.findings == ()
            assert (4, "asexml.version") in rules(wrong)


def test_a_version_nobody_knows_is_accepted_when_it_has_the_form_of_one() -> None:
    standing = STANDING.replace(">", ' version="r45">', 1)
    assert read(change_request("r46").replace(STANDING.encode(), standing.encode()), SCHEMAS).findings == ()
    broken = read(change_request("r46").replace(STANDING.encode(), standing.replace("r45", "45").encode()), SCHEMAS)
    assert rules(broken) == [(4, "asexml.version")]


@pytest.mark.parametrize(("group", "name", "inside"), TRANSACTIONS)
def test_two_different_neighbours_swapped_are_out_of_order(group: str, name: str, inside: str) -> None:
    root = etree.fromstring(body(transaction(name, inside), group))
    payload = root.find(f"Transactions/Transaction/{name}")
    assert payload is not None
    if len(payload) < 2 or payload[0].tag == payload[-1].tag or content.content("r46").models[name].open:
        return
    payload.append(payload[0])
    assert any(finding.rule == "asexml.order" for finding in read(etree.tostring(root), SCHEMAS).findings)


def test_a_transaction_of_another_group_is_event_3() -> None:
    received = read(body(transaction("CATSChangeRequest", CHANGE), "NMID"), SCHEMAS)
    assert rules(received) == [(3, "asexml.group")]
    assert received.findings[0].explanation == "CATSChangeRequest does not belong in group NMID"
    assert received.findings[0].line == 15


def test_an_unknown_transaction_is_event_3_and_nothing_else() -> None:
    assert rules(read(body(transaction("CATSNMIDataAccessRequest", "<a/>")), SCHEMAS)) == [(3, "asexml.group")]


def test_in_a_group_whose_transactions_we_do_not_hold_anything_is_read_at_envelope_depth() -> None:
    received = read(body(transaction("ServiceOrderRequest", "<a><b/></a>"), "SORD"), SCHEMAS)
    assert received.findings == ()
    assert received.transactions[0].view.first("a/b") is not None
    assert rules(read(body(transaction("Foo", "<a/>"), "XXXX"), SCHEMAS))[0] == (2, "asexml.enumeration")


def test_two_payloads_in_one_transaction_are_a_schema_fault() -> None:
    both = transaction("CATSChangeWithdrawal", "<RequestID>1</RequestID></CATSChangeWithdrawal><CATSChangeWithdrawal>")
    assert (2, "asexml.order") in rules(read(body(both), SCHEMAS))
    empty = '<Transactions><Transaction transactionID="T" transactionDate="2026-01-01T10:00:00"/></Transactions>'
    assert rules(read(body(empty), SCHEMAS)) == [(2, "asexml.missing")]


NEW = {
    "LastConsumerChangeDate": "2026-01-01",
    "MeterMalfunctionExemptionNumber": "12345678",
    "MeterMalfunctionExemptionExpiryDate": "2026-01-02",
    "LegacyMtrReplacementPlan": "Y",
    "DefectFlag": "N",
    "DefectIssuingMC": "MCX",
    "DefectType": "x",
}


def with_master(inside: str, release: str = "r46") -> bytes:
    standing = STANDING.replace("</NMIStandingData>", f"<MasterData>{inside}</MasterData></NMIStandingData>")
    return change_request(release).replace(STANDING.encode(), standing.encode())


@given(st.permutations([*NEW, "Status", "JurisdictionCode"]))
@settings(max_examples=25)
def test_elements_without_a_published_position_may_stand_anywhere(names: list[str]) -> None:
    values = NEW | {"Status": "A", "JurisdictionCode": "NSW"}
    received = read(with_master("".join(f"<{name}>{values[name]}</{name}>" for name in names)), SCHEMAS)
    in_order = names.index("JurisdictionCode") < names.index("Status")
    assert (received.findings == ()) is in_order


def test_elements_without_a_published_position_are_checked_wherever_they_stand() -> None:
    received = read(with_master("<LastConsumerChangeDate>x</LastConsumerChangeDate><Status>A</Status>"), SCHEMAS)
    assert rules(received) == [(2, "asexml.type")]
    assert received.findings[0].line == 15
    twice = "<DefectFlag>Y</DefectFlag><Status>A</Status><DefectFlag>Y</DefectFlag>"
    assert rules(read(with_master(twice), SCHEMAS)) == [(2, "asexml.order")]


@pytest.mark.parametrize(
    ("release", "inside", "clean"),
    [
        ("r41", "<LastConsumerChangeDate>2026-01-01</LastConsumerChangeDate>", False),
        ("r42", "<LastConsumerChangeDate>2026-01-01</LastConsumerChangeDate>", True),
        ("r44", "<DefectFlag>Y</DefectFlag>", False),
        ("r46", "<DefectFlag>Y</DefectFlag>", True),
        ("r43", "<MeterMalfunctionExemptionNumber>123456789</MeterMalfunctionExemptionNumber>", False),
        ("r44", "<MeterMalfunctionExemptionNumber>123456789</MeterMalfunctionExemptionNumber>", True),
        ("r46", "<MeterMalfunctionExemptionNumber>1234567890123456</MeterMalfunctionExemptionNumber>", False),
    ],
)
def test_what_a_release_brought_is_unknown_before_it(release: str, inside: str, clean: bool) -> None:
    assert (read(with_master(inside, release), SCHEMAS).findings == ()) is clean


def structured(inside: str) -> str:
    return f"<Address><StructuredAddress>{inside}</StructuredAddress></Address>"


@pytest.mark.parametrize(
    ("release", "inside", "clean"),
    [
        ("r44", f"<BuildingOrPropertyName>{'x' * 31}</BuildingOrPropertyName>", False),
        ("r46", f"<BuildingOrPropertyName>{'x' * 50}</BuildingOrPropertyName>", True),
        ("r44", "<BuildingOrPropertyName>a</BuildingOrPropertyName>" * 2, True),
        ("r46", "<BuildingOrPropertyName>a</BuildingOrPropertyName>" * 2, False),
        ("r46", "<BuildingOrPropertyName2>b</BuildingOrPropertyName2><LocationDescriptor>a</LocationDescriptor>", True),
        ("r46", "<LocationDescriptor>a</LocationDescriptor><BuildingOrPropertyName2>b</BuildingOrPropertyName2>", True),
        ("r44", f"<Street><StreetName>{'x' * 31}</StreetName></Street>", False),
        ("r46", f"<Street><StreetName>{'x' * 45}</StreetName></Street>", True),
        ("r46", "<FloorOrLevel><FloorOrLevelType>PTHS</FloorOrLevelType></FloorOrLevel>", True),
        ("r46", "<FloorOrLevel><FloorOrLevelType>LEVEL</FloorOrLevelType></FloorOrLevel>", False),
        ("r46", "<House/><House/><House/>", False),
        ("r39", "<Lot><DPNumber>1</DPNumber></Lot>", False),
        ("r42", "<Lot><DPNumber>1</DPNumber></Lot>", True),
    ],
)
def test_address_limits_by_release(release: str, inside: str, clean: bool) -> None:
    assert (read(with_master(structured(inside), release), SCHEMAS).findings == ()) is clean


def test_leaves_of_a_search_address_are_required_those_of_a_partial_one_are_not() -> None:
    search = (
        "<JurisdictionCode>NSW</JurisdictionCode><Address><StructuredAddress><House/></StructuredAddress></Address>"
    )
    received = read(body(transaction("NMIDiscoveryRequest", search), "NMID"), SCHEMAS)
    assert rules(received) == [(2, "asexml.missing")]
    assert received.findings[0].explanation == "House: incomplete; expected is HouseNumber"
    assert read(with_master(structured("<House/>")), SCHEMAS).findings == ()


def test_reports_that_r44_dropped_have_no_type_there() -> None:
    parameters = (
        '<ReportParameters xsi:type="ase:MDMTDatePPSBMPGeneratedReportParameters"><ReportName>x</ReportName>'
        "<FromDate>2026-01-01</FromDate><ToDate>2026-01-01</ToDate><AsAtDate>2026-01-01T00:00:00</AsAtDate></ReportParameters>"
    )
    request = transaction("ReportRequest", parameters)
    assert read(body(request, "MDMT", "r43"), SCHEMAS).findings == ()
    assert (2, "asexml.xsi-type") in rules(read(body(request, "MDMT", "r44"), SCHEMAS))
