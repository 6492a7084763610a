"""Messages that are read without being parsed: they say what parsing them says, and nothing is let in that is wrong."""

from __future__ import annotations

import re

import pytest
from codec_messages import TRANSACTIONS, body, change_request, transaction
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from simulator.asexml import releases, xsd
from simulator.asexml.content import content
from simulator.asexml.decode import canonical, read, splice
from simulator.asexml.model import Received, View
from simulator.asexml.schemas import Schemas
from simulator.asexml.spelling import _expression, spelling
from simulator.asexml.usual import ALIKE, MOST_KEPT, MOST_TRIED, Usual

ODD = (
    "", " ", "x", "xmlns", "x version=", "%(a)s", "\ue000", "RETAILB",
    "  x", "x  ", "a b", "é", "&amp;", "&#65;", "<b/>", "x>y", '"', "'", "%s", "%",
    "\t", "a\nb",
    "0", "1", "7", "007", "-1", "+1", "1.5", "999999999", "1" * 10, "9" * 16, "x" * 36, "x" * 37, "x" * 300, "NEM",
    "High",
    "Accept", "Yes", "Site", "r46", "r46_a1", "2000", "12345678",
    "123456789", "2026-01-01", "2026-02-28", "2024-02-29",
    "2026-02-30", "2026-04-31", "2026-12-31", "2026-13-01", "0001-01-01", "12026-01-01", "2026-01-01Z", "2026-1-1",
    "2026-01-01+14:00", "2026-01-01-13:59", "2026-01-01T00:00:00", "2026-12-31T23:59:59.123456-13:59",
    "2026-01-01T24:00:00+10:00", "2026-01-01T23:59:60+10:00", "2026-01-01T10:00:00.1234567Z", "2999-12-31T23:59:59Z",
    "1900-01-01T00:00:00+13:00", "2026-01-01T10:00+10:00", "2026-01-01T10:00:00+14:01", "\N{ARABIC-INDIC DIGIT ONE}",
)  # fmt: skip
MESSAGES = [
    body(transaction(name, inside), group)
    for group, name, inside in TRANSACTIONS
    if spelling(body(transaction(name, inside), group), "r46") is not None
]


class _Never(Usual):
    def learn(self, *_: object) -> None:
        """Every message is parsed."""


KNOWING, PARSING = Schemas(), Schemas()
PARSING.usual = _Never()


def knowing(message: bytes) -> Schemas:
    """Schemas that have had enough messages like this one."""
    schemas = KNOWING
    schemas.usual = Usual()
    for _ in range(ALIKE):
        assert read(message, schemas).findings == ()
    assert schemas.usual.found(message) is not None
    return schemas


def looked_at(view: View) -> list[object]:
    """Everything that can be asked of an element, and of those in it."""
    own: list[object] = [view.name, view.line, view.text(), view.texts(), list(view.texts()), view.rows()]
    own += [splice(view), splice(view, "ChangeData"), canonical(view), view.xpath("count(*)"), list(view.parts())]
    own += [(view.attribute(name), view.attribute(name, "*")) for name in ("checksum", "version", "Name", "context")]
    own += [[each.text() for each in view.all(path)] for path in (".//NMI", "*", ".//*", ".//Role", "*[2]")]
    own += [[each.name for each in view.children()], view.first("Nowhere"), view.text("Nowhere"), view.text("*/*")]
    names = dict.fromkeys(each.name for each in view.children())
    return own + [looked_at(first) for name in names if (first := view.first(name)) is not None]


def everything(received: Received) -> list[object]:
    """A message as values that can be compared."""
    said = [getattr(received, name) for name in received.__struct_fields__ if name != "transactions"]
    for each in received.transactions:
        said += [getattr(each, name) for name in each.__struct_fields__ if name != "view"]
        said += looked_at(each.view)
    return said


@pytest.mark.parametrize("message", MESSAGES)
def test_a_message_says_the_same_whether_or_not_it_is_parsed(message: bytes) -> None:
    known = knowing(message)
    again = message.replace(b"RETAILA-MSG-1", b"RETAILA-MSG-%d-100%").replace(b"RETAILA-T1", b"T")
    for each in (message, again):
        assert known.usual.found(each) is not None
        assert everything(read(each, known)) == everything(read(each, PARSING))


@pytest.mark.parametrize("message", MESSAGES)
def test_what_is_let_in_unparsed_has_nothing_against_it(message: bytes) -> None:
    known, pattern = knowing(message), spelling(message, "r46")
    assert pattern is not None
    text, match = message.decode(), pattern.fullmatch(message.decode())
    assert match is not None
    let_in = 0
    for place in range(1, pattern.groups + 1):
        for value in ODD:
            other = (text[: match.start(place)] + value + text[match.end(place) :]).encode()
            if known.usual.found(other) is not None:
                let_in += 1
                quick, parsed = read(other, known), read(other, PARSING)
                assert parsed.findings == quick.findings == ()
                assert quick.header == parsed.header
                assert [each.transaction_id for each in quick.transactions] == [
                    each.transaction_id for each in parsed.transactions
                ]
    assert let_in > 5


@given(st.data())
def test_whatever_is_changed_the_answer_is_that_of_the_parser(data: st.DataObject) -> None:
    message = data.draw(st.sampled_from((change_request(), *MESSAGES)))
    known = knowing(message)
    start = data.draw(st.integers(0, len(message)))
    end = min(len(message), start + data.draw(st.integers(0, 40)))
    other = message[:start] + data.draw(st.binary(max_size=8) | st.sampled_from(ODD).map(str.encode)) + message[end:]
    quick, parsed = read(other, known), read(other, PARSING)
    assert (quick.findings, quick.header, quick.message_id) == (parsed.findings, parsed.header, parsed.message_id)


@pytest.mark.parametrize("release", releases.KNOWN)
def test_every_release_keeps_its_own_spellings(release: str) -> None:
    message = change_request(release)
    known = knowing(message)
    assert known.usual.found(message.replace(release.encode(), b"r47")) is None
    assert read(message, known).release == release


def test_patterns_of_our_tables_are_taken_over_only_where_both_read_them_alike() -> None:
    taken = [rule for rule in content("r46").simple.values() if rule.startswith("pattern ")]
    assert all(re.compile(rule.partition(" ")[2]) for rule in taken)
    for rule in taken:
        judge = etree.fromstring(
            '<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema"><xs:element name="v"><xs:simpleType>'
            f'<xs:restriction base="xs:string"><xs:pattern value="{rule.partition(" ")[2]}"/></xs:restriction>'
            "</xs:simpleType></xs:element></xs:schema>"
        )
        schema = etree.XMLSchema(judge)
        for value in (
            "r46",
            "r46_a1",
            "7",
            "77",
            "2000",
            "B",
            "-",
            "x_",
            "r",
            "O'Brien",
            "12345678",
            "123456789",
            "R46",
        ):
            found = re.fullmatch(rule.partition(" ")[2], value, re.ASCII) is not None
            node = etree.Element("v")
            node.text = value
            assert found == schema.validate(node), (rule, value)


@pytest.mark.parametrize(
    "message",
    [
        change_request().replace(b"<Header>", b"<!-- x --><Header>"),
        change_request().replace(b"RETAILA-T1", b"RETAILA&#45;T1"),
        change_request().replace(b'encoding="UTF-8"', b"encoding='UTF-8'"),
        change_request().replace(b"ase:", b"a:").replace(b"xmlns:ase", b"xmlns:a"),
        change_request().replace(b"RETAILA</From>", "RÉTAIL</From>".encode()),
        change_request() + b" " * 9_000,
        change_request().replace(b"<ChangeReasonCode>", b'<ChangeReasonCode\nxmlns:x="y">'),
        change_request().replace(b"<ChangeReasonCode>", b'<ChangeReasonCode xsi:schemaLocation="a b">'),
    ],
)
def test_what_is_spelt_unusually_is_always_parsed(message: bytes) -> None:
    schemas = Schemas()
    for _ in range(2 * ALIKE):
        assert read(message, schemas).findings == ()
    assert schemas.usual.found(message) is None


_REPORT = (
    '<ReportParameters xsi:type="ase:MDMTSettlementCaseDateRangeReportParameters">'
    "<ReportName>DataEstimation</ReportName>"
    '<MaximumRows>100</MaximumRows><SettlementCase xsi:type="{}:byte">12</SettlementCase>'
    "<SettlementRun>FINAL</SettlementRun></ReportParameters>"
)
_ALERT = (
    "<InitiatingRequestID>77</InitiatingRequestID><Role>MDP</Role><RoleStatus>C</RoleStatus>"
    "<Participant{}>MDPX</Participant><Event><Code>1</Code><Explanation>plain</Explanation></Event>"
)
_VERSIONS = "<SupportedVersions><Version>{}</Version><Version>{}</Version></SupportedVersions></Event>"


@pytest.mark.parametrize("versions", [("r46", "r45"), ("r46_a1", "r45"), ("r39", "r39_p1"), ("r46_a1", "r46_b2")])
def test_releases_that_are_named_inside_of_a_message_are_read_as_they_stand(versions: tuple[str, str]) -> None:
    inside = _ALERT.format("").replace("</Event>", _VERSIONS.format(*versions))
    message, schemas = body(transaction("CATSChangeAlert", inside)), Schemas()
    for _ in range(2 * ALIKE):
        assert everything(read(message, schemas)) == everything(read(message, PARSING))


@pytest.mark.parametrize("prefixes", ["xs", "other"])
def test_types_that_are_none_of_ours_are_judged_by_the_schema(prefixes: str) -> None:
    declared = b' xmlns:%b="http://www.w3.org/2001/XMLSchema" xmlns:xsi=' % prefixes.encode()
    message = body(transaction("ReportRequest", _REPORT.format(prefixes)), "MDMT").replace(b" xmlns:xsi=", declared)
    schemas = Schemas()
    for _ in range(2 * ALIKE):
        assert read(message, schemas).findings == ()
    assert read(message.replace(b">12<", b">300<"), schemas).findings[0].rule == "asexml.type"


@pytest.mark.parametrize(
    "attributes",
    [
        ' description="x" xsi:type="ase:PartyIdentifier"',
        ' xsi:schemaLocation="a b"',
        ' xsi:noNamespaceSchemaLocation="a"',
        ' description="x xmlns="',
    ],
)
def test_attributes_are_respelt_alike_whatever_the_values_are(attributes: str) -> None:
    message, schemas = body(transaction("CATSChangeAlert", _ALERT.format(attributes))), Schemas()
    for _ in range(2 * ALIKE):
        assert read(message, schemas).findings == ()
    for value in (b"plain", b"xmlns", b" version="):
        other = message.replace(b">plain<", b">" + value + b"<")
        assert everything(read(other, schemas)) == everything(read(other, PARSING))


def test_where_an_official_set_judges_nothing_is_taken_down() -> None:
    message = change_request()
    schemas = Schemas()
    schemas.official = schemas.own  # type: ignore[method-assign]
    for _ in range(2 * ALIKE):
        assert read(message, schemas).findings == ()
    assert schemas.usual.found(message) is None


def test_spellings_are_bounded_and_those_in_use_are_kept() -> None:
    schemas = Schemas()
    for ending in range(MOST_KEPT + 4):
        closing = b"</Transactions>" + b"\n" * ending + b" " * (40 - ending)
        for blanks in range(MOST_TRIED + 1):
            message = change_request().replace(b"<To>", b" " * blanks + b"<To>").replace(b"</Transactions>", closing)
            schemas.usual._alike.clear()
            for _ in range(ALIKE + 1):
                assert read(message, schemas).findings == ()
            assert schemas.usual.found(message) is not None
    assert len(schemas.usual._known) == MOST_KEPT
    assert {len(kept) for kept in schemas.usual._known.values()} == {MOST_TRIED}


@pytest.mark.parametrize("release", releases.KNOWN)
def test_what_is_said_of_values_is_no_wider_than_their_types_and_has_one_group(release: str) -> None:
    rules = sorted(set(content(release).simple.items()))
    source = "".join(f'<xs:element name="e-{name}" type="{xsd._type(name)}"/>' for name, _ in rules)
    schema = etree.XMLSchema(
        etree.fromstring(xsd.schema(release).replace(b"</xs:schema>", source.encode() + b"</xs:schema>"))
    )
    for name, rule in rules:
        judge = _expression(rule)
        if judge is None:
            continue
        pattern = re.compile(f"({judge})", re.ASCII)
        assert pattern.groups == 1
        for value in {*ODD, *rule.removeprefix("one of ").split(", ")}:
            node = etree.Element(f"{{{releases.namespace(release)}}}e-{name}")
            if pattern.fullmatch(value) is not None:
                node.text = value
                assert value
                assert schema.validate(node), (name, rule, value)


@settings(max_examples=60)
@given(st.data())
def test_whatever_values_stand_together_they_are_read_as_they_are_parsed(data: st.DataObject) -> None:
    """Also where the message that is learned from had odd values itself."""
    learned = with_odd_values(data, data.draw(st.sampled_from(MESSAGES)))
    known, other = knowing(learned), with_odd_values(data, learned)
    for message in (learned, other):
        assert everything(read(message, known)) == everything(read(message, PARSING))


def with_odd_values(data: st.DataObject, message: bytes) -> bytes:
    """The message with other values in some places, as far as they may stand there."""
    pattern, text = spelling(message, "r46"), message.decode()
    assert pattern is not None
    for _ in range(data.draw(st.integers(0, 6))):
        match = pattern.fullmatch(text)
        assert match is not None
        start, end = match.span(data.draw(st.integers(1, pattern.groups)))
        other = text[:start] + data.draw(st.sampled_from(ODD)) + text[end:]
        text = other if pattern.fullmatch(other) is not None else text
    return text.encode()
