"""A change request as read: what is remembered of an earlier one never shows in another."""

import pytest
from lxml import etree

from simulator.asexml.model import View
from simulator.market.submission import Reader

NMI = '<NMI checksum="3">4102034567</NMI>'


def parties(*named: str) -> str:
    rows = "".join(
        f"<RoleAssignment><Party>{party}</Party><Role>{role}</Role></RoleAssignment>"
        for role, _, party in (each.partition(" ") for each in named)
    )
    return f"<RoleAssignments>{rows}</RoleAssignments>"


def view(standing: str) -> View:
    declared = 'xmlns:ase="urn:aseXML:r46" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
    whole = (
        f"<ase:x {declared}><CATSChangeRequest><ChangeReasonCode>1000</ChangeReasonCode>"
        f'<NMIStandingData xsi:type="ase:ElectricityStandingData">{standing}</NMIStandingData>'
        "</CATSChangeRequest></ase:x>"
    )
    return View(etree.fromstring(whole)[0])


def test_parties_nominated_together_before_are_read_once_and_each_nmi_is_its_own() -> None:
    reader, alike = Reader(), parties("FRMP retaila", "MDP METERCO")
    one = reader.read("RETAILA", view(NMI + alike))
    two = reader.read("RETAILA", view('<NMI checksum="8">4102034568</NMI>' + alike))
    assert two.nomination is one.nomination is not None
    assert two.roles == (("FRMP", "RETAILA"), ("MDP", "METERCO"))
    assert two.nominated == dict(two.roles)
    assert (one.nmi, one.checksum, two.nmi, two.checksum) == ("4102034567", "3", "4102034568", "8")
    assert "4102034568" in two.xml


@pytest.mark.parametrize(
    "standing",
    [
        parties("FRMP RETAILA") + NMI,
        NMI,
        NMI + "<MasterData><JurisdictionCode>NSW</JurisdictionCode></MasterData>" + parties("FRMP RETAILA"),
        NMI + parties("FRMP RETAILA") + "<MeterRegister/>",
        NMI + parties(),
        parties("FRMP RETAILA"),
        "",
    ],
)
def test_standing_data_that_says_more_or_less_is_read_anew_every_time(standing: str) -> None:
    reader = Reader()
    for _ in range(2):
        read = reader.read("RETAILA", view(standing))
        assert read.nomination is None
        assert set(read.sections) == {each.name for each in read.data.children()}
        assert read.roles == ((("FRMP", "RETAILA"),) if "Party" in standing else ())
    assert reader.read("RETAILA", view(NMI)).roles == ()


def test_only_so_many_nominations_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("simulator.market.submission.MOST_KEPT", 2)
    reader = Reader()
    first = reader.read("RETAILA", view(NMI + parties("FRMP A"))).nomination
    assert reader.read("RETAILA", view(NMI + parties("FRMP B"))).roles == (("FRMP", "B"),)
    assert reader.read("RETAILA", view(NMI + parties("FRMP C"))).roles == (("FRMP", "C"),)
    again = reader.read("RETAILA", view(NMI + parties("FRMP A")))
    assert again.nomination is not first
    assert again.roles == (("FRMP", "A"),)
