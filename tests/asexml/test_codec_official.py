"""An official schema set of the user's: found by its root, closed in itself, and the judge of its release."""

from __future__ import annotations

import subprocess
import sys

import pytest
from codec_messages import body, change_request, transaction

from simulator.asexml.decode import read
from simulator.asexml.schemas import Schemas
from simulator.base.errors import BadValue

XS = 'xmlns:xs="http://www.w3.org/2001/XMLSchema"'
ROOT = f"""<xs:schema {XS} xmlns:a="urn:aseXML:r40" xmlns="urn:aseXML:r40" targetNamespace="urn:aseXML:r40">
<xs:include schemaLocation="../elsewhere/Made_r1.xsd"/>
<xs:element name="aseXML" type="a:Whole"/></xs:schema>""".encode()
PART = f"""<xs:schema {XS} xmlns:a="urn:aseXML:r40" xmlns="urn:aseXML:r40" targetNamespace="urn:aseXML:r40">
<xs:complexType name="Whole"><xs:sequence><xs:element name="Header"><xs:complexType><xs:sequence>
<xs:any maxOccurs="unbounded" processContents="skip"/></xs:sequence></xs:complexType></xs:element>
<xs:element name="Transactions" type="a:All"/></xs:sequence></xs:complexType>
<xs:complexType name="All"><xs:sequence><xs:element name="Transaction" type="a:One"/></xs:sequence></xs:complexType>
<xs:complexType name="One"><xs:sequence><xs:element name="CATSChangeWithdrawal"><xs:complexType><xs:sequence>
<xs:element name="RequestID" type="xs:date"/></xs:sequence></xs:complexType></xs:element></xs:sequence>
<xs:attribute name="transactionID"/><xs:attribute name="transactionDate"/></xs:complexType></xs:schema>""".encode()
FILES = {"schemas/aseXML_r40.xsd": ROOT, "schemas/Made_r1.xsd": PART, "schemas/readme.txt": b"not a schema"}
DATED = body(transaction("CATSChangeWithdrawal", "<RequestID>2026-01-01</RequestID>"), release="r40")
NUMBERED = body(transaction("CATSChangeWithdrawal", "<RequestID>1</RequestID>"), release="r40")


def test_the_official_schema_judges_its_release() -> None:
    schemas = Schemas(FILES)
    assert schemas.official_releases == ("r40",)
    assert read(DATED, schemas).findings == ()
    assert [each.explanation for each in read(NUMBERED, schemas).findings] == [
        "RequestID: '1' is not a date (YYYY-MM-DD)"
    ]
    assert read(NUMBERED, Schemas()).findings == ()


def test_official_findings_work_in_both_directions_and_for_its_release_only() -> None:
    schemas = Schemas(FILES)
    assert schemas.official_findings(DATED) == ()
    assert [each.code for each in schemas.official_findings(NUMBERED)] == [2]
    assert schemas.official_findings(change_request()) == ()
    assert schemas.official_findings(b"<broken")[0].code == 1
    assert schemas.official_findings(b"<!DOCTYPE a><a/>") == ()
    assert Schemas().official_findings(NUMBERED) == ()


def test_other_releases_are_judged_by_our_own_schema() -> None:
    assert read(change_request(), Schemas(FILES)).findings == ()
    assert read(change_request(ProposedDate="x"), Schemas(FILES)).findings


@pytest.mark.parametrize(
    "files",
    [
        {"readme.txt": b""},
        {"aseXML_r40.xsd": ROOT},
        {"aseXML_r40.xsd": ROOT[:-9], "Made_r1.xsd": PART},
        {"aseXML_r40.xsd": ROOT, "Made_r1.xsd": PART.replace(b"a:All", b"a:None")},
        {"aseXML_r40.xsd": ROOT.replace(b"../elsewhere/Made_r1.xsd", b"http://127.0.0.1:1/x.xsd"), "Made_r1.xsd": PART},
        {"aseXML_r40.xsd": ROOT.replace(b"../elsewhere/Made_r1.xsd", b"/etc/hostname"), "Made_r1.xsd": PART},
    ],
)
def test_a_set_that_cannot_be_used_is_refused_when_it_is_handed_in(files: dict[str, bytes]) -> None:
    with pytest.raises(BadValue) as caught:
        Schemas(files)
    assert caught.value.rule == "asexml.official-schema"


def test_two_readers_at_once_get_a_schema_each() -> None:
    held = Schemas().own("r46")
    taken = held._free.pop()
    from_second = held.faults(_root(change_request(ProposedDate="x")))
    held._free.append(taken)
    assert [finding.rule for finding, _ in from_second] == ["asexml.type"]
    assert held.faults(_root(change_request())) == []
    assert len(held._free) == 2


def _root(message: bytes):  # type: ignore[no-untyped-def]
    from lxml import etree  # noqa: PLC0415 -- only this test needs a tree

    return etree.fromstring(message)


def test_the_first_schema_of_a_process_is_made_before_threads_can_make_two() -> None:
    """libxml2 makes its built-in types with the first one, unguarded."""
    script = """
from lxml import etree
made, XMLSchema = [], etree.XMLSchema
etree.XMLSchema = lambda root: made.append(root.tag) or XMLSchema(root)
import simulator.asexml.schemas
print(made)
"""
    told = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout
    assert told == "['{http://www.w3.org/2001/XMLSchema}schema']\n"
