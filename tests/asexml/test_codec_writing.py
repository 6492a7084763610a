"""Writing: the exact spelling, and that whatever is written reads back the same and clean."""

from __future__ import annotations

from datetime import UTC, datetime

import codec_growth as growth
import pytest
from codec_messages import TRANSACTIONS, body, change_request, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree

from simulator.asexml import content, releases
from simulator.asexml.decode import canonical, read, splice
from simulator.asexml.encode import element_xml, moment, write, write_event
from simulator.asexml.model import (
    AseEvent,
    Element,
    Header,
    Message,
    MessageAcknowledgement,
    Transaction,
    TransactionAcknowledgement,
    element,
    spliced,
)
from simulator.asexml.schemas import Schemas
from simulator.base.clock import MARKET_ZONE

SCHEMAS = Schemas()
AT = datetime(2026, 2, 3, 10, 0, 1, 900_000, tzinfo=MARKET_ZONE)
HEADER = Header("NEMMCO", "RETAILA", "NEMMCO-MSG-7001", AT, "CATS", "Medium")
START = (
    '<?xml version="1.0" encoding="UTF-8"?>\n'
    '<ase:aseXML xmlns:ase="urn:aseXML:r44" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
    ' xsi:schemaLocation="urn:aseXML:r44 http://www.nemmco.com.au/aseXML/schemas/r44/aseXML_r44.xsd">'
    '<Header><From description="Australian Energy Market Operator Limited">NEMMCO</From><To>RETAILA</To>'
    "<MessageID>NEMMCO-MSG-7001</MessageID><MessageDate>2026-02-03T10:00:01.900+10:00</MessageDate>"
    "<TransactionGroup>CATS</TransactionGroup><Priority>Medium</Priority><Market>NEM</Market></Header>"
)


def message(payload: Element, release: str = "r44", group: str = "CATS") -> Message:
    header = Header("NEMMCO", "RETAILA", "NEMMCO-MSG-7001", AT, group, "Medium")
    return Message(release, header, (Transaction("CATS-1", AT, payload, "RETAILA-T1"),))


def test_acknowledgements_are_written_exactly_so() -> None:
    event = AseEvent(4, "Error", "Message", "RETAILA-T1", "c", "no & yes", ("r46", "r44"))
    macks = (
        MessageAcknowledgement("A-1", AT, "Accept", "R-1"),
        MessageAcknowledgement("A-2", AT, "Reject", events=(event,)),
    )
    tacks = (TransactionAcknowledgement("T-1", AT, "Partial", "R-2", True, 3, (AseEvent(0),)),)
    written = write(Message("r44", HEADER, (), macks, tacks))
    date = 'receiptDate="2026-02-03T10:00:01.900+10:00"'
    assert written.decode() == START + (
        f'<Acknowledgements><MessageAcknowledgement initiatingMessageID="A-1" receiptID="R-1" {date} status="Accept"/>'
        f'<MessageAcknowledgement initiatingMessageID="A-2" {date} status="Reject"><Event class="Message"'
        ' severity="Error"><Code>4</Code><KeyInfo>RETAILA-T1</KeyInfo><Context>c</Context>'
        "<Explanation>no &amp; yes</Explanation><SupportedVersions><Version>r46</Version><Version>r44</Version>"
        "</SupportedVersions></Event></MessageAcknowledgement>"
        f'<TransactionAcknowledgement initiatingTransactionID="T-1" receiptID="R-2" {date} status="Partial"'
        ' duplicate="Yes" acceptedCount="3"><Event severity="Information"><Code>0</Code></Event>'
        "</TransactionAcknowledgement></Acknowledgements></ase:aseXML>\n"
    )
    assert read(written, SCHEMAS).findings == ()


def test_transactions_are_written_exactly_so() -> None:
    payload = element("CATSChangeResponse", element("RequestID", "1"), spliced("<Event><Code>0</Code></Event>"))
    assert write(message(payload)).decode() == START + (
        '<Transactions><Transaction transactionID="CATS-1" transactionDate="2026-02-03T10:00:01.900+10:00"'
        ' initiatingTransactionID="RETAILA-T1"><CATSChangeResponse version="r29"><RequestID>1</RequestID>'
        "<Event><Code>0</Code></Event></CATSChangeResponse></Transaction></Transactions></ase:aseXML>\n"
    )


def test_an_event_document_is_written_exactly_so() -> None:
    written = write_event("r46", AseEvent(1, "Error", "Message", explanation="a < b"))
    assert written.decode() == (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<ase:Event xmlns:ase="urn:aseXML:r46" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
        ' xsi:schemaLocation="urn:aseXML:r46 http://www.nemmco.com.au/aseXML/schemas/r46/aseXML_r46.xsd"'
        ' class="Message" severity="Error"><Code>1</Code><Explanation>a &lt; b</Explanation></ase:Event>\n'
    )
    received = read(written, SCHEMAS)
    assert (received.findings, received.is_event) == ((), True)
    assert received.events == (AseEvent(1, "Error", "Message", explanation="a < b"),)


def test_times_are_market_time_whatever_zone_they_came_in() -> None:
    assert moment(datetime(2026, 2, 3, 0, 0, 1, 900_400, tzinfo=UTC)) == "2026-02-03T10:00:01.900+10:00"


def test_optional_header_fields_are_left_out() -> None:
    header = Header("RETAILA", "NEMMCO", "M", None, "CATS", market=None, security_context="zz023")
    written = write(Message("r46", header)).decode()
    assert "<Header><From>RETAILA</From><To>NEMMCO</To><MessageID>M</MessageID><MessageDate></MessageDate>" in written
    assert "<SecurityContext>zz023</SecurityContext></Header>" in written


STANDING = element("NMIStandingData", element("NMI", "4102034567", checksum="3"))


@pytest.mark.parametrize(
    ("release", "expected"),
    [
        ("r39_p1", '<NMIStandingData xsi:type="ase:ElectricityStandingData" version="r36">'),
        ("r44", '<NMIStandingData xsi:type="ase:ElectricityStandingData" version="r43">'),
        ("r46", '<NMIStandingData xsi:type="ase:ElectricityStandingData">'),
    ],
)
def test_standing_data_says_its_type_and_the_version_of_the_release(release: str, expected: str) -> None:
    payload = element("CATSDataRequest", STANDING)
    assert f'<CATSDataRequest version="r29">{expected}<NMI checksum="3">' in write(message(payload, release)).decode()


def test_a_version_already_there_is_kept() -> None:
    payload = element("ReportResponse", version="r10")
    assert '<ReportResponse version="r10"/>' in write(message(payload)).decode()
    assert "<ReportResponse/>" in write(message(element("ReportResponse"), "r47")).decode()


@pytest.mark.parametrize(("release", "version"), [("r39", ' version="r36"'), ("r44", ' version="r43"'), ("r46", "")])
def test_spliced_standing_data_gets_the_version_of_the_release_it_travels_in(release: str, version: str) -> None:
    part = (
        '<NMIStandingData xsi:type="ase:ElectricityStandingData" version="r40"><NMI>4102034567</NMI></NMIStandingData>'
    )
    written = write(message(element("CATSDataRequest", spliced(part)), release)).decode()
    assert part.replace(' version="r40"', version) in written


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("a<b>&\"'", "a&lt;b&gt;&amp;\"'"),
        ("1\r\n2\n", "1&#13;\n2\n"),
        ("a\x00b\x0b\ud800", "a\ufffdb\ufffd\ufffd"),
        ("é漢😀", "é漢😀"),
        ("]]>", "]]&gt;"),
        ("", None),
    ],
)
def test_text_is_escaped(text: str, written: str | None) -> None:
    expected = "<a/>" if written is None else f"<a>{written}</a>"
    assert element_xml(Element("a", text)) == expected


def test_attributes_are_escaped() -> None:
    assert element_xml(Element("a", None, (), {"b": "\"<&>\n\t\r'"})) == '<a b="&quot;&lt;&amp;&gt;&#10;&#9;&#13;\'"/>'


@given(st.text(max_size=40))
@settings(max_examples=150)
def test_any_text_survives_but_for_what_xml_cannot_carry(text: str) -> None:
    payload = element("MeterDataNotification", element("CSVIntervalData", text))
    received = read(write(message(payload, "r46", "MDMT")), SCHEMAS)
    carried = "".join(c if c in "\t\n\r" or c >= " " else "\ufffd" for c in text)
    carried = "".join("\ufffd" if "\ud800" <= c <= "\udfff" or c in "\ufffe\uffff" else c for c in carried)
    assert received.transactions[0].view.text("CSVIntervalData") == carried
    assert received.findings == ()


_ID = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs")), min_size=1, max_size=36)
_DATES = st.datetimes(datetime(1970, 1, 1), datetime(9998, 1, 1), timezones=st.just(MARKET_ZONE)).map(  # noqa: DTZ001 -- the zone is given
    lambda each: each.replace(microsecond=each.microsecond // 1000 * 1000)
)
_EVENTS = st.lists(
    st.builds(
        AseEvent,
        st.integers(0, 9999),
        st.sampled_from(["Information", "Warning", "Error", "Fatal"]),
        st.sampled_from(["Message", "Application", "Processing"]),
        st.none() | _ID,
        st.none() | _ID,
        st.none() | _ID,
        st.sampled_from([(), ("r46",), ("r44", "r46")]),
    ),
    max_size=2,
).map(tuple)
_MACKS = st.builds(
    MessageAcknowledgement, _ID, _DATES, st.sampled_from(["Accept", "Reject"]), st.none() | _ID, st.booleans(), _EVENTS
)
_TACKS = st.builds(
    TransactionAcknowledgement,
    _ID,
    _DATES,
    st.sampled_from(["Accept", "Partial", "Reject"]),
    st.none() | _ID,
    st.booleans(),
    st.none() | st.integers(0, 10**14),
    _EVENTS,
)
_HEADERS = st.builds(
    Header,
    _ID,
    _ID,
    _ID,
    _DATES,
    st.sampled_from(sorted(content.TRANSACTION_GROUPS)),
    st.sampled_from([None, "Low", "High"]),
    st.none() | _ID.map(lambda each: each[:15]),
    st.just("NEM"),
    _ID,
)


@given(_HEADERS, st.lists(_MACKS, max_size=2), st.lists(_TACKS, max_size=2), st.sampled_from(releases.KNOWN[-5:]))
@settings(max_examples=80)
def test_acknowledgements_read_back_as_they_were_written(
    header: Header, macks: list[MessageAcknowledgement], tacks: list[TransactionAcknowledgement], release: str
) -> None:
    received = read(write(Message(release, header, (), tuple(macks), tuple(tacks))), SCHEMAS)
    assert received.findings == ()
    assert (received.release, received.header) == (release, header)
    assert received.message_acknowledgements == tuple(macks)
    assert received.transaction_acknowledgements == tuple(tacks)


_GROWN = [(group, name) for group in ("CATS", "NMID", "MDMT", "HMGT") for name in sorted(content.GROUPS[group])]


@pytest.mark.parametrize(("group", "name"), _GROWN)
@given(data=st.data())
@settings(max_examples=6, suppress_health_check=list(HealthCheck), derandomize=True)
def test_whatever_the_tables_allow_is_written_and_reads_clean(group: str, name: str, data: st.DataObject) -> None:
    release = data.draw(st.sampled_from(["r39_p1", "r44", "r46"]))
    payload = data.draw(growth.element(content.content(release), name, name))
    written = write(message(payload, release, group))
    received = read(written, SCHEMAS)
    assert received.findings == (), written.decode()
    view = received.transactions[0].view
    again = read(write(message(canonical(view), release, group)), SCHEMAS)
    assert element_xml(canonical(again.transactions[0].view)) == element_xml(canonical(view))
    assert splice(view).text == element_xml(canonical(view))


@pytest.mark.parametrize(("group", "name", "inside"), TRANSACTIONS)
def test_the_same_value_is_always_the_same_bytes_and_reads_clean(group: str, name: str, inside: str) -> None:
    received = read(body(transaction(name, inside), group), SCHEMAS)
    payload = canonical(received.transactions[0].view)
    written = write(message(payload, "r46", group))
    assert written == write(message(payload, "r46", group))
    assert read(written, SCHEMAS).findings == ()


def test_a_change_request_is_echoed_as_change_data() -> None:
    view = read(change_request(), SCHEMAS).transactions[0].view
    data = splice(view, "ChangeData")
    request = element("ChangeRequest", element("Participant", "RETAILA"), element("RequestID", "1"),
                      element("ChangeStatusCode", "REQ"), data)  # fmt: skip
    payload = element("CATSNotification", element("Role", "FRMP"), element("RoleStatus", "N"), request)
    received = read(write(message(payload, "r46")), SCHEMAS)
    assert received.findings == ()
    assert received.transactions[0].view.text("ChangeRequest/ChangeData/NMIStandingData/NMI") == "4102034567"


@given(
    st.datetimes(
        AT.replace(year=1, tzinfo=None),
        AT.replace(year=9999, tzinfo=None),
        timezones=st.sampled_from((UTC, MARKET_ZONE)),
    )
)
def test_a_moment_is_written_in_market_time_to_the_millisecond(at: datetime) -> None:
    assert moment(at) == at.astimezone(MARKET_ZONE).isoformat(timespec="milliseconds")


@given(st.text(st.characters(exclude_categories=("Cs", "Cn", "Co", "Cc"))) | st.text("a&<>\"'\t\n\r ", max_size=9))
def test_what_is_written_reads_back_as_text_and_as_attribute(value: str) -> None:
    written = element_xml(Element("T", value, (), {"a": value}))
    read_back = etree.fromstring(written)
    assert (read_back.text or "", read_back.get("a")) == (value, value)


@pytest.mark.parametrize("value", ["\0", "\x08", "\x0b", "\x1f", "\ufffe", "\uffff", "\ud800", "a\x00b"])
def test_what_xml_cannot_carry_is_replaced(value: str) -> None:
    read_back = etree.fromstring(element_xml(Element("T", value, (), {"a": value})))
    assert read_back.text == read_back.get("a") == ("a\ufffdb" if len(value) > 1 else "\ufffd")
