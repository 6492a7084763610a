"""Bodies made to hurt: each gets event 1 quickly, and costs nothing."""

from __future__ import annotations

import pytest
from codec_messages import CHANGE, body, change_request, transaction

from simulator.asexml.decode import head, read
from simulator.asexml.model import Received
from simulator.asexml.schemas import Schemas

SCHEMAS = Schemas()
CLEAN = change_request()
XML = '<?xml version="1.0" encoding="UTF-8"?>'


def rule(message: bytes) -> str:
    received = read(message, SCHEMAS)
    assert [each.code for each in received.findings] == [1]
    return received.findings[0].rule


def with_doctype(doctype: str, text: str = "NEMMCO") -> bytes:
    return CLEAN.decode().replace("?>", f"?>{doctype}", 1).replace("<To>NEMMCO", f"<To>{text}").encode()


LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10 if n else "lol"}">' for n in range(10))


@pytest.mark.parametrize(
    ("doctype", "text"),
    [
        (f"<!DOCTYPE a [{LAUGHS}]>", "&l9;"),
        ('<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]>', "&x;"),
        ('<!DOCTYPE a [<!ENTITY % x SYSTEM "http://127.0.0.1:1/x.dtd"> %x;]>', "y"),
        ('<!DOCTYPE a SYSTEM "http://127.0.0.1:1/x.dtd">', "y"),
        ("<!-- <a> -->\n<?pi x?>\n<!DOCTYPE a>", "y"),
    ],
)
def test_a_doctype_is_refused_before_anything_is_parsed(doctype: str, text: str) -> None:
    message = with_doctype(doctype, text)
    received = read(message, SCHEMAS)
    assert rule(message) == "asexml.doctype"
    assert (received.header, received.message_id) == (None, None)
    assert head(message) == (None, None)


def test_a_doctype_is_named_with_its_line() -> None:
    assert read(with_doctype("\n\n<!DOCTYPE a>"), SCHEMAS).findings[0].line == 3
    assert rule(b"\xef\xbb\xbf<!DOCTYPE a><a/>") == "asexml.doctype"


def test_the_word_doctype_elsewhere_is_harmless() -> None:
    inside = "<CSVConsumptionData><![CDATA[<!DOCTYPE a>]]></CSVConsumptionData>"
    message = body("<!-- <!DOCTYPE a> -->" + transaction("MeterDataNotification", inside), "MDMT")
    received = read(message, SCHEMAS)
    assert received.findings == ()
    assert received.transactions[0].view.text("CSVConsumptionData") == "<!DOCTYPE a>"


def test_a_late_doctype_and_an_undefined_entity_are_not_well_formed() -> None:
    assert rule(CLEAN.replace(b"<Header>", b"<!DOCTYPE a><Header>")) == "asexml.well-formed"
    assert rule(CLEAN.replace(b"<To>NEMMCO", b"<To>&evil;")) == "asexml.well-formed"


def test_a_long_prolog_is_looked_through_once() -> None:
    assert rule(b"<!---->" * 150_000 + b"<!DOCTYPE a><a/>") == "asexml.doctype"
    assert rule(b"<!--" + b"<!DOCTYPE a>" * 80_000) == "asexml.well-formed"


@pytest.mark.parametrize("depth", [65, 200, 300, 1_000_000])
def test_depth_is_bounded(depth: int) -> None:
    nested = transaction("ServiceOrderRequest", "<a>" * depth + "</a>" * depth)
    assert rule(body(nested, "SORD")) == ("asexml.depth" if depth < 250 else "asexml.well-formed")


def test_sixty_levels_are_no_reason_to_refuse() -> None:
    nested = transaction("ServiceOrderRequest", "<a>" * 60 + "</a>" * 60)
    assert read(body(nested, "SORD"), SCHEMAS).findings == ()


@pytest.mark.parametrize(
    ("attributes", "expected"),
    [
        (" ".join(f'a{n}=""' for n in range(65)), "asexml.attributes"),
        (" ".join(f'a{n}=""' for n in range(100_000)), "asexml.attributes"),
        (f'a="{"x" * 4097}"', "asexml.attribute-length"),
    ],
)
def test_attributes_are_bounded(attributes: str, expected: str) -> None:
    assert rule(body(transaction("ServiceOrderRequest", "", " " + attributes), "SORD")) == expected


def test_many_attributes_within_the_limit_are_no_reason_to_refuse() -> None:
    attributes = " " + " ".join(f'a{n}=""' for n in range(60)) + f' b="{"x" * 4096}"'
    assert read(body(transaction("ServiceOrderRequest", "", attributes), "SORD"), SCHEMAS).findings == ()


@pytest.mark.parametrize(
    "message",
    [
        CLEAN.decode().replace("UTF-8", "UTF-16").encode("utf-16"),
        CLEAN.decode().encode("utf-16"),
        CLEAN.decode().encode("utf-16-be"),
        CLEAN.decode().encode("utf-16-le"),
        CLEAN.decode().encode("utf-32"),
        CLEAN.replace(b"UTF-8", b"UTF-16"),
        CLEAN.replace(b"UTF-8", b"UTF-7"),
        CLEAN.replace(b"UTF-8", b"windows-1252"),
        CLEAN.replace(b"UTF-8", b"EBCDIC-CP-US"),
        CLEAN.decode().encode("cp037"),
        b"PK\x03\x04 a zip",
    ],
)
def test_other_encodings_are_refused(message: bytes) -> None:
    assert rule(message) == "asexml.encoding"


BLANKS = " " * 300
LONG = " " * 2000


@pytest.mark.parametrize(
    "declaration",
    [
        f'<?xml version="1.0"{BLANKS}encoding="UTF-7"?>',
        f'<?xml{BLANKS}version="1.0" encoding{BLANKS}={BLANKS}"windows-1252"?>',
        '<?xml version="1.0"\r\n\tencoding=\'UTF-7\' standalone="yes"?>',
        '<?xml version="1.0"encoding="UTF-7"?>',
        '<?xml version="1.0 encoding=\'UTF-8\'" encoding="UTF-7"?>',
        '<?xml version="1.0?>" encoding="UTF-7"?>',
        '<?xml version="1.0>" encoding="UTF-7"?>',
        f'<?xml version="1.0" encoding="{"u" * 200}"?>',
    ],
)
def test_no_way_of_writing_hides_an_encoding(declaration: str) -> None:
    assert rule(declaration.encode() + CLEAN.partition(b"?>")[2]) == "asexml.encoding"


@pytest.mark.parametrize("encoding", ["UTF-7", "UTF-8"])
def test_a_declaration_is_bounded(encoding: str) -> None:
    long = f'<?xml version="1.0"{LONG}encoding="{encoding}"?>'.encode()
    assert rule(long + CLEAN.partition(b"?>")[2]) == "asexml.declaration"
    assert rule(CLEAN.replace(b"?>", b">", 1)) in {"asexml.declaration", "asexml.well-formed"}
    within = f'<?xml version="1.0"{" " * 900}encoding="UTF-8"?>'.encode()
    assert read(within + CLEAN.partition(b"?>")[2], SCHEMAS).findings == ()


def test_a_doctype_in_utf_7_does_not_reach_the_parser() -> None:
    doctype = b'+ADwAIQ-DOCTYPE a +AFsAPAAh-ENTITY x "NEMMCO"+AD4AXQA+-'
    hidden = f'<?xml version="1.0"{BLANKS}encoding="UTF-7"?>'.encode() + doctype
    message = hidden + CLEAN.partition(b"?>")[2].replace(b"<To>NEMMCO", b"<To>&x;")
    assert rule(message) == "asexml.encoding"
    assert head(message) == (None, None)


@pytest.mark.parametrize(
    "message",
    [
        b"<?xml-stylesheet href='encoding=\"UTF-7\"'?>" + CLEAN.partition(b"\n")[2],
        b"\xef\xbb\xbf" + CLEAN,
        CLEAN.replace(b"UTF-8", b"utf-8"),
        CLEAN.replace(b' encoding="UTF-8"', b""),
        CLEAN.partition(b"\n")[2],
        CLEAN.replace(b"UTF-8", b"US-ASCII"),
        CLEAN.replace(b"UTF-8", b"ISO-8859-1").replace(b"Retailer A", b"Retailer \xe9"),
        CLEAN.replace(b"Retailer A", "Retailer é".encode()),
        CLEAN.replace(b"\n", b"\r\n"),
        b"\n\n" + CLEAN.partition(b"\n")[2],
    ],
)
def test_utf8_and_its_declared_relatives_are_read(message: bytes) -> None:
    received = read(message, SCHEMAS)
    assert received.findings == ()
    assert received.header is not None
    assert received.header.sender_description in ("Retailer A", "Retailer é")


@pytest.mark.parametrize(
    "message",
    [
        CLEAN.replace(b"Retailer A", b"Retailer \xe9"),
        CLEAN.replace(b"UTF-8", b"US-ASCII").replace(b"Retailer A", b"Retailer \xe9"),
        b" " + CLEAN,
        CLEAN.replace(b"NEMMCO", b"NEM\x00MCO"),
        CLEAN.replace(b"NEMMCO", b"NEM\x08MCO"),
        CLEAN.replace(b"NEMMCO", b"NEM&#8;MCO"),
        b"<",
        b"<a",
        XML.encode(),
    ],
)
def test_bytes_that_are_no_xml_are_not_well_formed(message: bytes) -> None:
    assert rule(message) == "asexml.well-formed"


@pytest.mark.parametrize("message", [b"", b"  \r\n ", b"\xef\xbb\xbf", b"\xef\xbb\xbf \n"])
def test_an_empty_body_is_said_to_be_empty(message: bytes) -> None:
    assert rule(message) == "asexml.empty"


def test_a_megabyte_of_csv_is_read() -> None:
    csv = "300,20260101,0.123\n" * 50_000
    inside = f"<CSVIntervalData>{csv}</CSVIntervalData>"
    received: Received = read(body(transaction("MeterDataNotification", inside), "MDMT"), SCHEMAS)
    assert received.findings == ()
    assert received.transactions[0].view.text("CSVIntervalData") == csv


def test_a_megabyte_of_faults_is_answered_too() -> None:
    many = transaction("CATSChangeRequest", CHANGE.replace("2026-03-02", "x"))
    inside = many.removeprefix("<Transactions>").removesuffix("</Transactions>") * 2000
    received = read(body(f"<Transactions>{inside}</Transactions>"), SCHEMAS)
    assert len(received.findings) == 50
