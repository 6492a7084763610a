"""Reading: header, acknowledgements, events, findings in words, releases."""

from __future__ import annotations

from datetime import datetime

import pytest
from codec_messages import HEADER, OK, XSI, body, change_request, transaction
from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.asexml import releases
from simulator.asexml.decode import UNREADABLE_DATE, head, read
from simulator.asexml.model import Header
from simulator.asexml.schemas import Schemas
from simulator.base.clock import MARKET_ZONE

SCHEMAS = Schemas()
CLEAN = change_request()
REJECT_TACK = (
    '<Acknowledgements><TransactionAcknowledgement initiatingTransactionID="RETAILA-T1"'
    ' receiptDate="2026-02-03T10:00:01.900+10:00" status="Reject">'
    '<Event class="Message" severity="Error"><Code>3</Code>'
    "<KeyInfo>RETAILA-T1</KeyInfo></Event></TransactionAcknowledgement></Acknowledgements>"
)


def faults(message: bytes) -> list[tuple[int, str, str]]:
    return [(each.code, each.rule, each.explanation) for each in read(message, SCHEMAS).findings]


def test_header_and_transaction_are_read() -> None:
    received = read(CLEAN, SCHEMAS)
    at = datetime(2026, 1, 1, 10, tzinfo=MARKET_ZONE)
    assert received.header == Header(
        "RETAILA", "NEMMCO", "RETAILA-MSG-1", at, "CATS", "Medium", "zz023", "NEM", "Retailer A"
    )
    assert (received.release, received.message_id, received.size) == ("r46", "RETAILA-MSG-1", len(CLEAN))
    only = received.transactions[0]
    assert (only.name, only.transaction_id, only.version) == ("CATSChangeRequest", "RETAILA-T1", "r29")
    assert (only.transaction_date, only.initiating_transaction_id) == ("2026-01-01T10:00:00+10:00", None)
    assert only.view.text("NMIStandingData/NMI") == "4102034567"
    assert received.findings == ()


def test_equal_bytes_have_equal_digests() -> None:
    assert read(CLEAN, SCHEMAS).digest == read(CLEAN, SCHEMAS).digest
    assert read(CLEAN, SCHEMAS).digest != read(CLEAN + b" ", SCHEMAS).digest
    assert len(read(b"", SCHEMAS).digest) == 32


@pytest.mark.parametrize("prefix", ["a", "ase", "x-1"])
def test_xsi_type_is_a_name_not_a_text(prefix: str) -> None:
    other = CLEAN.replace(b"ase:", prefix.encode() + b":").replace(b"xmlns:ase", b"xmlns:" + prefix.encode())
    assert read(other, SCHEMAS).findings == ()


def test_xsi_type_with_a_prefix_that_is_not_declared_is_refused() -> None:
    message = CLEAN.replace(b"ase:ElectricityStandingData", b"zzz:ElectricityStandingData")
    assert faults(message)[0][:2] == (2, "asexml.xsi-type")


def test_a_comment_does_not_cut_a_text_in_two() -> None:
    received = read(change_request(ChangeReasonCode="10<!-- x -->00<?y?>"), SCHEMAS)
    assert received.findings == ()
    assert received.transactions[0].view.text("ChangeReasonCode") == "1000"


def test_the_market_is_nem_when_none_is_given_and_times_without_zone_are_market_time() -> None:
    header = HEADER.format(group="CATS").replace("<Market>NEM</Market>", "").replace("+10:00", "")
    received = read(body(REJECT_TACK, header=header), SCHEMAS)
    assert received.header is not None
    assert received.header.market == "NEM"
    assert received.header.message_date == datetime(2026, 1, 1, 10, tzinfo=MARKET_ZONE)


def test_acknowledgements_are_read() -> None:
    mack = (
        '<MessageAcknowledgement initiatingMessageID="NEMMCO-MSG-1" receiptID="R-1" receiptDate="2026-02-03T00:00:00Z"'
        ' status="Accept" duplicate="Yes"/>'
    )
    received = read(body(REJECT_TACK.replace("<Acknowledgements>", "<Acknowledgements>" + mack)), SCHEMAS)
    assert received.findings == ()
    (first,), (second,) = received.message_acknowledgements, received.transaction_acknowledgements
    assert (first.initiating_message_id, first.status, first.receipt_id) == ("NEMMCO-MSG-1", "Accept", "R-1")
    assert (first.duplicate, first.receipt_date.isoformat()) == (True, "2026-02-03T10:00:00+10:00")
    assert (second.initiating_transaction_id, second.status, second.accepted_count) == ("RETAILA-T1", "Reject", None)
    assert [(each.code, each.severity, each.event_class, each.key_info) for each in second.events] == [
        (3, "Error", "Message", "RETAILA-T1")
    ]


def test_an_event_without_attributes_is_fatal_and_of_class_application() -> None:
    message = body(
        REJECT_TACK.replace(' class="Message" severity="Error"', "").replace("<KeyInfo>RETAILA-T1</KeyInfo>", "")
    )
    event = read(message, SCHEMAS).transaction_acknowledgements[0].events[0]
    assert (event.severity, event.event_class) == ("Fatal", "Application")


def test_a_root_level_event_is_recognised() -> None:
    message = (
        '<ase:Event xmlns:ase="urn:aseXML:r46" class="Message" severity="Error"><Code>5</Code>'
        "<Explanation>no zip</Explanation><SupportedVersions><Version>r46</Version></SupportedVersions></ase:Event>"
    )
    received = read(message.encode(), SCHEMAS)
    assert (received.is_event, received.release, received.header, received.findings) == (True, "r46", None, ())
    assert [(each.code, each.explanation, each.supported_versions) for each in received.events] == [
        (5, "no zip", ("r46",))
    ]


def test_numbers_and_dates_beyond_any_use_are_findings_not_errors() -> None:
    much = REJECT_TACK.replace("<Code>3</Code>", f"<Code>{'9' * 5000}</Code>").replace("2026-02-03T", "12026-02-03T")
    received = read(body(much), SCHEMAS)
    assert {each.rule for each in received.findings} == {"asexml.value"}
    assert received.transaction_acknowledgements[0].events == ()
    assert received.transaction_acknowledgements[0].receipt_date == UNREADABLE_DATE
    midnight = read(body(REJECT_TACK.replace("10:00:01.900", "24:00:00")), SCHEMAS)
    assert midnight.transaction_acknowledgements[0].receipt_date.isoformat() == "2026-02-04T00:00:00+10:00"


@pytest.mark.parametrize(
    ("change", "explanation"),
    [
        ({"ProposedDate": "2026-13-01"}, "ProposedDate: '2026-13-01' is not a date (YYYY-MM-DD)"),
        ({"ProposedDate": "<x/>"}, "ProposedDate: holds text only, no elements"),
        ({"ChangeReasonCode": "10000"}, "ChangeReasonCode: has 5 characters; it should have at most 4"),
        ({"NMI": ""}, None),
    ],
)
def test_faults_in_words(change: dict[str, str], explanation: str | None) -> None:
    message = change_request(**change) if "NMI" not in change else CLEAN.replace(b"4102034567", b"410203456")
    explanation = explanation or "NMI: has 9 characters; it should have exactly 10"
    assert [each[2] for each in faults(message)] == [explanation]
    assert read(message, SCHEMAS).findings[0].line == 15


@pytest.mark.parametrize(
    ("old", "new", "code", "rule", "part"),
    [
        ("<To>NEMMCO</To>", "", 2, "asexml.order", "MessageID: not expected here; expected is To"),
        (
            ' checksum="3"',
            ' checksum="33"',
            2,
            "asexml.pattern",
            "NMI attribute checksum: '33' has not the right form (one digit)",
        ),
        ('version="r29"', 'version="r10"', 4, "asexml.version", "'r10' is not one of r29"),
        ("Medium", "Urgent", 2, "asexml.enumeration", "Priority: 'Urgent' is not one of Low, Medium, High"),
        (' transactionID="RETAILA-T1"', "", 2, "asexml.missing", "Transaction: attribute transactionID is missing"),
        (' transactionID="', ' foo="1" transactionID="', 2, "asexml.attribute", "attribute foo is not known here"),
        ("<To>NEMMCO</To>", "<To>NEMMCO</To>stray", 2, "asexml.text", "Header: holds elements only, no text"),
        (' xsi:type="ase:ElectricityStandingData"', "", 2, "asexml.xsi-type", "needs an xsi:type"),
        ("ase:ElectricityStandingData", "ase:GasStandingData", 2, "asexml.xsi-type", "is not a type of this release"),
        ("ase:ElectricityStandingData", "ase:Row", 2, "asexml.xsi-type", "'Row' does not belong here"),
        ("</ProposedDate>", "</ProposedDate><Foo/>", 2, "asexml.order", "Foo: not expected here"),
        ("<ProposedDate>", '<ProposedDate xsi:nil="true">', 2, "asexml.nil", "ProposedDate: may not be nil"),
        (
            "2026-01-01T10:00:00+10:00<",
            "yesterday<",
            2,
            "asexml.type",
            "is not a date and time (YYYY-MM-DDThh:mm:ss+10:00)",
        ),
    ],
)
def test_each_kind_of_fault(old: str, new: str, code: int, rule: str, part: str) -> None:
    assert old in CLEAN.decode()
    found = faults(CLEAN.decode().replace(old, new, 1).encode())
    assert any(each[:2] == (code, rule) and part in each[2] for each in found), found


def test_nil_must_be_empty_and_ranges_digits_are_named() -> None:
    nil = transaction("CATSChangeWithdrawal", "<RequestID>0</RequestID>")
    assert faults(body(nil)) == [(2, "asexml.range", "RequestID: '0' is less than 1")]
    master = "<MasterData><DistanceFromSubstation>1.2345</DistanceFromSubstation></MasterData>"
    message = CLEAN.replace(b"</NMI>", b"</NMI>" + master.encode())
    assert faults(message)[0][1:] == (
        "asexml.digits",
        "DistanceFromSubstation: '1.2345' has more than 3 digits (fraction)",
    )
    full = CLEAN.replace(b"</NMI>", b'</NMI><MasterData><Status xsi:nil="true">A</Status></MasterData>')
    assert faults(full) == [(2, "asexml.nil", "Status: is nil, so it must be empty")]


def test_all_faults_are_reported_with_their_lines() -> None:
    message = CLEAN.replace(b"Medium", b"Urgent").replace(b"2026-03-02", b"x").replace(b"<Market>NEM", b"<Market>MOON")
    assert [(each.element, each.line) for each in read(message, SCHEMAS).findings] == [
        ("Priority", 9),
        ("Market", 11),
        ("ProposedDate", 15),
    ]


def test_thousands_of_faults_are_capped() -> None:
    one = transaction("CATSChangeWithdrawal", "<RequestID>x</RequestID>")
    many = (
        "<Transactions>" + one.removeprefix("<Transactions>").removesuffix("</Transactions>") * 500 + "</Transactions>"
    )
    received = read(body(many), SCHEMAS)
    assert (len(received.findings), len(received.transactions)) == (50, 500)


def test_a_message_that_qualifies_everything_is_a_fault_but_its_header_is_read() -> None:
    message = CLEAN.replace(b"ase:", b"").replace(b"xmlns:ase=", b"xmlns=")
    received = read(message, SCHEMAS)
    assert received.message_id == "RETAILA-MSG-1"
    assert received.header is not None
    assert "below the root, elements have no namespace" in received.findings[0].explanation


@pytest.mark.parametrize(
    "root",
    [
        b"<foo/>",
        b'<a:foo xmlns:a="urn:aseXML:r46"/>',
        b'<aseXML xmlns="urn:aseXML:latest"/>',
        b"<aseXML/>",
        b'<Event xmlns="x"/>',
    ],
)
def test_another_root_is_a_schema_fault(root: bytes) -> None:
    received = read(root, SCHEMAS)
    assert [(each.code, each.rule, each.line) for each in received.findings] == [(2, "asexml.root", 1)]
    assert received.is_event is False


def test_neither_transactions_nor_acknowledgements_and_both_are_faults() -> None:
    both = REJECT_TACK + transaction("CATSChangeWithdrawal", "<RequestID>1</RequestID>")
    assert faults(body(""))[0][1] == "asexml.missing"
    assert faults(body(both))[0][1] == "asexml.order"


def test_an_essential_header_field_missing_leaves_the_message_id() -> None:
    received = read(CLEAN.replace(b'<From description="Retailer A">RETAILA</From>', b""), SCHEMAS)
    assert (received.header, received.message_id) == (None, "RETAILA-MSG-1")


# Releases


@pytest.mark.parametrize("release", releases.KNOWN)
def test_every_known_release_is_read(release: str) -> None:
    received = read(body(REJECT_TACK, release=release), SCHEMAS)
    assert (received.release, received.findings) == (release, ())


@pytest.mark.parametrize("release", ["r47", "r48_a1", "r10", "r999999"])
def test_an_unknown_release_is_read_leniently_or_refused(release: str) -> None:
    message = change_request(release)
    assert read(message, SCHEMAS).findings == ()
    assert read(message, SCHEMAS).release == release
    refused = read(message, SCHEMAS, unknown_release="reject")
    assert [(each.code, each.rule) for each in refused.findings] == [(4, "asexml.release")]
    assert refused.header is not None


def test_lenient_means_envelope_strictly_payload_as_far_as_it_goes() -> None:
    message = change_request("r47")
    for old, new in ((b"</MeterReadTypeCode>", b"</MeterReadTypeCode><New/>"), (b"RR", b"RRRR"), (b"r29", b"r47")):
        message = message.replace(old, new)
    assert read(message, SCHEMAS).findings == ()
    for old, new, rule in (
        (b"<Priority>Medium", b"<Priority>Urgent", "asexml.enumeration"),
        (b'transactionID="RETAILA-T1"', b"", "asexml.missing"),
    ):
        assert [each.rule for each in read(message.replace(old, new), SCHEMAS).findings] == [rule]
    nothing = body(transaction("CATSChangeResponse", OK.join(("<RequestID>1</RequestID>", ""))), release="r47")
    assert read(nothing, SCHEMAS).findings == ()
    assert faults(nothing.replace(OK.encode(), b""))[0][1] == "asexml.missing"


def test_the_words_of_an_unknown_release_in_a_text_stay_as_they_are() -> None:
    message = change_request("r47").replace(b"<To>NEMMCO</To>", b'<To>"urn:aseXML:r47"</To>')
    received = read(message, SCHEMAS)
    assert received.header is not None
    assert received.header.receiver == '"urn:aseXML:r47"'


# Broken beginnings


def test_the_header_of_a_broken_or_cut_message_is_salvaged() -> None:
    for broken in (CLEAN[:-40], CLEAN.replace(b"</NMI>", b"</NMl>"), CLEAN + b"<x/>"):
        received = read(broken, SCHEMAS)
        assert [(each.code, each.rule) for each in received.findings] == [(1, "asexml.well-formed")]
        assert received.message_id == "RETAILA-MSG-1"
        assert received.header is not None
        assert received.header.transaction_group == "CATS"
        assert received.release == "r46"
        assert head(broken) == ("r46", received.header)


@given(st.integers(0, len(CLEAN)))
@settings(max_examples=60)
def test_a_cut_message_never_yields_half_an_id(at: int) -> None:
    received = read(CLEAN[:at], SCHEMAS)
    assert received.message_id in (None, "RETAILA-MSG-1")
    assert received.header is None or received.header.receiver == "NEMMCO"
    assert received.findings or at > len(CLEAN) - 2


def test_head_of_too_big_a_body_reads_its_beginning_only() -> None:
    release, header = head(CLEAN[:700] + b"<!-- -->" * 200_000)
    assert release == "r46"
    assert header is not None
    late = body("", header="<!--" + "x" * 70_000 + "-->" + HEADER.format(group="CATS"))
    assert head(late) == ("r46", None)


@given(st.binary(max_size=300))
@settings(max_examples=150)
def test_no_bytes_make_it_raise(anything: bytes) -> None:
    received = read(anything, SCHEMAS)
    assert received.findings
    assert head(anything)[1] is None


@given(st.integers(0, len(CLEAN) - 1), st.binary(max_size=6), st.integers(0, 12))
@settings(max_examples=200)
def test_no_damage_makes_it_raise(at: int, put: bytes, drop: int) -> None:
    damaged = CLEAN[:at] + put + CLEAN[at + drop :]
    received = read(damaged, SCHEMAS)
    assert received.size == len(damaged)
    assert all(each.code in (1, 2, 3, 4) and each.rule.startswith("asexml.") for each in received.findings)


def test_xsi_attributes_on_any_element_do_no_harm() -> None:
    received = read(CLEAN.replace(b"<Header>", f'<Header xmlns:q="{XSI}" q:nil="true">'.encode()), SCHEMAS)
    assert received.findings


# Whole examples as the facts give them


@pytest.mark.parametrize(
    ("group", "content"),
    [
        ("CATS", REJECT_TACK),
        (
            "CATS",
            '<Acknowledgements><MessageAcknowledgement initiatingMessageID="DEMO-MSG-1"'
            ' receiptDate="2026-01-01T10:00:01+10:00" status="Reject"><Event class="Message" severity="Fatal">'
            "<Code>2</Code><Explanation>Schema validation failure</Explanation></Event></MessageAcknowledgement>"
            "</Acknowledgements>",
        ),
        (
            "HMGT",
            transaction(
                "HubFlowControlReport",
                "\n  <ResultCount>1</ResultCount><FlowControlStandingData><FlowControlAlert>"
                "<AlertType>B2MStopFile</AlertType><ParticipantID>DEMOPART</ParticipantID>\n"
                "  <StopFileName>demopart.stp</StopFileName><Cause>OUTBOX FILE</Cause>"
                "<StopDateTime>2026-01-01T10:00:00+10:00</StopDateTime></FlowControlAlert></FlowControlStandingData>",
                ' version="r37"',
            ),
        ),
        (
            "CATS",
            transaction(
                "CATSNotification",
                "<Role>FRMP</Role><RoleStatus>N</RoleStatus>\n<ChangeRequest><Participant>DEMOPART</Participant>"
                "<RequestID>2000000001</RequestID><ChangeStatusCode>REQ</ChangeStatusCode>\n<ChangeData>"
                "<ChangeReasonCode>1000</ChangeReasonCode><ProposedDate>2026-01-20</ProposedDate>\n"
                '<NMIStandingData xsi:type="ase:ElectricityStandingData"><NMI checksum="4">6111111111</NMI>'
                "</NMIStandingData></ChangeData></ChangeRequest>\n<JurisdictionCode>VIC</JurisdictionCode>"
                "<NMIClassificationCode>SMALL</NMIClassificationCode>",
            ),
        ),
        (
            "CATS",
            transaction(
                "CATSChangeRequest",
                "<ChangeReasonCode>1000</ChangeReasonCode><ProposedDate>2026-03-02</ProposedDate>"
                '<MeterReadTypeCode>RR</MeterReadTypeCode><NMIStandingData xsi:type="ase:ElectricityStandingData"'
                ' version="r43"><NMI checksum="3">4102034567</NMI><RoleAssignments><RoleAssignment>'
                "<Party>RETAILA</Party><Role>FRMP</Role></RoleAssignment></RoleAssignments></NMIStandingData>",
                ' version="r29"',
            ),
        ),
    ],
)
@pytest.mark.parametrize("release", ["r44", "r46"])
def test_the_examples_of_the_facts_read_clean(group: str, content: str, release: str) -> None:
    assert faults(body(content, group, release)) == []
