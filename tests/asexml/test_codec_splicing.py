"""Taking parts over: right whatever prefixes, comments and orders of attributes the sender used."""

from __future__ import annotations

import pytest
from codec_messages import FULL_STANDING, STANDING, XSI, body, change_request, transaction

from simulator.asexml.decode import canonical, read, splice
from simulator.asexml.encode import element_xml
from simulator.asexml.model import Element, View
from simulator.asexml.schemas import Schemas

SCHEMAS = Schemas()
USUAL = (
    '<NMIStandingData xsi:type="ase:ElectricityStandingData" version="r43">'
    '<NMI checksum="3">4102034567</NMI></NMIStandingData>'
)


def standing(message: bytes) -> View:
    found = read(message, SCHEMAS).transactions[0].view.first("NMIStandingData")
    assert found is not None
    return found


def spelt(standing_data: str) -> bytes:
    return change_request().replace(STANDING.encode(), standing_data.encode())


@pytest.mark.parametrize(
    "message",
    [
        spelt(USUAL),
        spelt(USUAL.replace(' xsi:type="ase:ElectricityStandingData" version="r43"',
                            ' version="r43" xsi:type="ase:ElectricityStandingData"')),
        spelt(USUAL.replace("<NMI ", "<!-- x --><?y?>\n   <NMI ")),
        spelt(USUAL.replace("4102034567", "41020<!-- x -->34567")),
        spelt(USUAL.replace("4102034567", "<![CDATA[4102034567]]>")),
        spelt(USUAL.replace("<NMI ", f'<NMI xmlns:q="urn:aseXML:r46" xmlns:xsi="{XSI}" ')),
        spelt(USUAL.replace('xsi:type="ase:', f'xmlns:other="{XSI}" xmlns:b="urn:aseXML:r46" other:type="b:')),
        spelt(USUAL).replace(b"ase:", b"a:").replace(b"xmlns:ase", b"xmlns:a"),
        spelt(USUAL).replace(b"xsi:", b"i:").replace(b"xmlns:xsi", b"xmlns:i"),
        spelt(USUAL).replace(b"<ase:aseXML ", b'<ase:aseXML xmlns:more="urn:x" '),
    ],
)  # fmt: skip
def test_however_it_was_spelt_it_is_taken_over_in_ours(message: bytes) -> None:
    view = standing(message)
    assert splice(view).text == USUAL
    assert element_xml(canonical(view)) == USUAL


def test_the_default_namespace_counts_for_a_type_without_prefix() -> None:
    typed = USUAL.replace('xsi:type="ase:', 'xmlns="urn:aseXML:r46" xsi:type="')
    payload = read(spelt(typed), SCHEMAS).transactions[0].view
    found = next(each for each in payload.all("*") if each.name == "NMIStandingData")
    assert splice(found).text == USUAL


def test_a_type_that_is_no_name_of_ours_keeps_no_prefix() -> None:
    message = spelt(USUAL.replace("ase:Elec", "zzz:Elec"))
    assert canonical(standing(message)).attributes == {"xsi:type": "ElectricityStandingData", "version": "r43"}


def test_the_canonical_value_of_a_part() -> None:
    assert canonical(standing(spelt(USUAL))) == Element(
        "NMIStandingData",
        None,
        (Element("NMI", "4102034567", (), {"checksum": "3"}),),
        {"xsi:type": "ase:ElectricityStandingData", "version": "r43"},
    )


def test_nil_quotes_ampersands_and_carriage_returns_survive() -> None:
    inside = '<CSVIntervalData Name=\'a"&lt;b\'>x &amp; "y" xmlns version="1" &#13;\n&lt;z</CSVIntervalData>'
    view = read(body(transaction("MeterDataNotification", inside), "MDMT"), SCHEMAS).transactions[0].view
    again = read(body(transaction("X", "").replace("<X></X>", splice(view).text or ""), "MDMT"), SCHEMAS)
    assert again.findings == ()
    assert again.transactions[0].view.text("CSVIntervalData") == 'x & "y" xmlns version="1" \r\n<z'
    assert again.transactions[0].view.attribute("Name", "CSVIntervalData") == 'a"<b'
    nil = read(change_request().replace(STANDING.encode(), FULL_STANDING.encode()), SCHEMAS).transactions[0].view
    assert '<Party xsi:nil="true"/>' in (splice(nil).text or "")


@pytest.mark.parametrize("prefix", ["ase", "a"])
def test_a_part_may_take_another_name(prefix: str) -> None:
    message = spelt(USUAL).replace(b"ase:", prefix.encode() + b":").replace(b"xmlns:ase", b"xmlns:" + prefix.encode())
    text = splice(read(message, SCHEMAS).transactions[0].view, "ChangeData").text or ""
    assert text.startswith("<ChangeData><ChangeReasonCode>1000</ChangeReasonCode>")
    assert text.endswith(f"{USUAL}</ChangeData>")


def test_an_empty_part_is_an_empty_part() -> None:
    view = read(body(transaction("ServiceOrderRequest", ""), "SORD"), SCHEMAS).transactions[0].view
    assert splice(view).text == "<ServiceOrderRequest/>"
    assert splice(view, "Other").text == "<Other/>"
