"""The tables themselves: complete, consistent, readable in every release."""

from __future__ import annotations

import pytest
from lxml import etree

from simulator.asexml import content, content_replication, content_reports, releases, xsd
from simulator.asexml.notation import Attribute, Group, Leaf, model


@pytest.mark.parametrize("release", releases.KNOWN)
def test_the_tables_of_every_release_make_a_schema(release: str) -> None:
    held = content.content(release)
    known = held.models.keys() | held.simple.keys()
    for each in held.models.values():
        assert {leaf.type for leaf in each.leaves()} <= known
        assert {attribute.type for attribute in each.attributes} <= held.simple.keys()
        assert each.base is None or each.base in held.models
    etree.XMLSchema(etree.fromstring(xsd.schema(release)))


def test_no_type_is_both_simple_and_complex() -> None:
    for release in releases.KNOWN:
        held = content.content(release)
        assert not held.models.keys() & held.simple.keys()


def test_groups_reports_and_tables_name_what_there_is() -> None:
    newest = content.content(releases.newest).models.keys() | content.content("r39").models.keys()
    assert {name for names in content.GROUPS.values() for name in names} <= content.TRANSACTIONS.keys()
    assert content.GROUPS.keys() <= content.TRANSACTION_GROUPS
    assert set(content_reports.REPORTS.values()) <= newest
    assert {row for _, row in content_replication.TABLES.values()} <= newest
    versioned = {name for release in releases.KNOWN for name in releases.versions(release)}
    assert versioned <= newest


def test_order_is_that_of_the_listing_inherited_elements_first() -> None:
    order = content.order_of("ElectricityStandingData", "r46")
    assert sorted(order, key=order.__getitem__) == [
        "NMI",
        "MasterData",
        "RoleAssignments",
        "DataStreams",
        "MeterRegister",
    ]
    master = content.order_of("MasterData", "r46")
    assert (
        master["CustomerThresholdCode"] < master["SharedIsolationPointFlag"] < master["DefectType"] < master["ToDate"]
    )
    assert "SharedIsolationPointFlag" not in content.order_of("MasterData", "r41")
    assert "GPSCoordinates" in content.order_of("Meter", "r42")
    with pytest.raises(KeyError):
        content.order_of("Nothing", "r46")


def test_the_notation() -> None:
    found = model("<!><Base> A, (B:text~ | (C, ^D{0,2}))?, E*, F+ @g:count! @h:text")
    assert (found.base, found.abstract, found.open, found.text) == ("Base", True, False, None)
    assert found.attributes == (Attribute("g", "count", required=True), Attribute("h", "text"))
    assert found.content == Group(
        (
            Leaf("A", "A"),
            Group(
                (Leaf("B", "text", nillable=True), Group((Leaf("C", "C"), Leaf("D", "D", 0, 2, floating=True)))),
                choice=True,
                low=0,
            ),
            Leaf("E", "E", 0, None),
            Leaf("F", "F", 1, None),
        )
    )
    assert model("=text @a:text").text == "text"
    assert model("...").open
    assert model("").leaves() == ()


@pytest.mark.parametrize("wrong", ["A,", "(A", "A B", "A | B, C", "A;", ", A", "A)", "?"])
def test_a_table_that_is_wrong_is_not_read(wrong: str) -> None:
    with pytest.raises(ValueError, match="content model"):
        model(wrong)


@pytest.mark.parametrize(
    ("namespace", "release"),
    [
        ("urn:aseXML:r46", "r46"),
        ("urn:aseXML:r39_p1", "r39_p1"),
        ("urn:aseXML:r99", "r99"),
        ("urn:aseXML:", None),
        ("urn:aseXML:46", None),
        ("urn:aseXML:r46 ", None),
        ("urn:aseXML:r٤٦", None),
        ("urn:other:r46", None),
        ("", None),
        (None, None),
    ],
)
def test_the_release_of_a_namespace(namespace: str | None, release: str | None) -> None:
    assert releases.release_of(namespace) == release
    assert release is None or releases.namespace(release) == namespace


def test_known_releases_and_their_content() -> None:
    assert (releases.KNOWN[0], releases.newest) == ("r29", "r46")
    assert releases.is_known("r39_p1")
    assert not releases.is_known("r47")
    assert (releases.number("r39_p1"), releases.number("r47"), releases.number("r10")) == (39, 46, 46)


@pytest.mark.parametrize(
    ("release", "name", "version"),
    [
        ("r29", "NMIStandingDataResponse", "r4"),
        ("r35", "NMIStandingDataResponse", None),
        ("r39_p1", "NMIStandingDataResponse", "r39"),
        ("r32", "ReportResponse", "r10"),
        ("r46", "ReportResponse", "r39"),
        ("r46", "CATSChangeRequest", "r29"),
        ("r39", "ElectricityStandingData", "r36"),
        ("r44", "ElectricityStandingData", "r43"),
        ("r46", "ElectricityStandingData", None),
        ("r36", "HubQueueReport", None),
        ("r46", "HubQueueReport", "r37"),
        ("r47", "CATSChangeRequest", None),
    ],
)
def test_versions_known_by_release_and_type(release: str, name: str, version: str | None) -> None:
    assert releases.versions(release).get(name) == version
