"""NMI discovery: search by address, delivery point and meter; standing data of a NMI; who may see what."""

from datetime import date

import pytest
from market_kit import NMI, Bench, Sent, change, find, rows, schemas, text
from msgspec.structs import replace

from simulator.asexml.decode import read
from simulator.asexml.encode import write
from simulator.asexml.model import AseEvent, Element, Header, Message, element
from simulator.base.ids import Nmi
from simulator.hub.switches import Switches
from simulator.market.events import AnswerGiven
from simulator.world.model import Address, ConnectionPoint, Meter

STREET = {"street_name": "GEORGE", "street_type": "ST"}


def site(number: int, **address: str | None) -> ConnectionPoint:
    place = {"house_number": "7", **STREET, **address}
    meter = Meter(f"MTR{number}")
    return ConnectionPoint(
        f"41021000{number:02d}", "NSW", roles=rows(), meters=(meter,), address=Address("SYDNEY", "NSW", "2000", **place)
    )


def searched(
    *, house: str | None = None, suffix: str | None = None, flat: str | None = None, street: str | None = "George",
    postcode: str | None = "2000",
) -> Element:  # fmt: skip
    structure = element(
        "StructuredAddress",
        element("FlatOrUnit", element("FlatOrUnitType", "U"), element("FlatOrUnitNumber", flat)) if flat else None,
        element("House", element("HouseNumber", house), element("HouseNumberSuffix", suffix) if suffix else None)
        if house
        else None,
        element("Street", element("StreetName", street), element("StreetType", "ST")) if street else None,
    )
    return element(
        "Address",
        structure,
        element("SuburbOrPlaceOrLocality", "Sydney"),
        element("PostCode", postcode) if postcode else None,
    )


def discovery(*criteria: Element, jurisdiction: str = "NSW") -> Element:
    return element("NMIDiscoveryRequest", element("JurisdictionCode", jurisdiction), *criteria)


def ask(bench: Bench, payload: Element, sender: str = "RETAILA", **more) -> Sent:
    (answer,) = bench.submit(sender, payload, f"N{len(bench.sent)}", group="NMID", **more)
    return answer


def found(answer: Sent) -> list[str | None]:
    return [each.text for each in find(answer.payload, "NMIStandingData/NMI")]


def roles(answer: Sent, leaf: str = "Role") -> list[str | None]:
    return [each.text for each in find(answer.payload, f"NMIStandingData/RoleAssignments/RoleAssignment/{leaf}")]


def standing(nmi: str = NMI, reason: str | None = None, checksum: str | None = None) -> Element:
    return element(
        "NMIStandingDataRequest",
        element("NMI", nmi, checksum=checksum or Nmi(nmi).checksum),
        element("Reason", reason) if reason else None,
    )


def test_an_exact_address_finds_its_nmi_with_checksum_and_distributor_only():
    bench = Bench([site(1), site(2, house_number="9")])
    answer = ask(bench, discovery(searched(house="7")))
    assert (answer.to, answer.group, answer.priority, answer.release) == ("RETAILA", "NMID", "High", "r46")
    assert answer.transactions[0].transaction_id.startswith("NMID-")
    assert found(answer) == ["4102100001"]
    nmi = next(find(answer.payload, "NMIStandingData/NMI"))
    assert nmi.attributes == {"checksum": Nmi("4102100001").checksum}
    assert [each.text for each in find(answer.payload, "NMIStandingData/RoleAssignments/RoleAssignment/Role")] == [
        "LNSP"
    ]
    assert answer.text("NMIStandingData/MasterData/Address/StructuredAddress/House/HouseNumber") == "7"
    assert answer.text("NMIStandingData/MasterData/CustomerClassificationCode") == "RESIDENTIAL"
    assert answer.text("Event/Code") == "0"


def test_the_exact_house_wins_over_flats_and_suffixes():
    bench = Bench([site(1), site(2, flat_type="U", flat_number="1"), site(3, house_suffix="A")])
    assert found(ask(bench, discovery(searched(house="7")))) == ["4102100001"]


def test_without_an_exact_house_the_flats_are_found():
    bench = Bench(
        [site(2, flat_type="U", flat_number="1"), site(3, flat_type="U", flat_number="2"), site(4, house_number="8")]
    )
    assert found(ask(bench, discovery(searched(house="7")))) == ["4102100002", "4102100003"]


def test_the_widest_search_forgets_the_flat():
    bench = Bench([site(1), site(4, house_number="8")])
    assert found(ask(bench, discovery(searched(house="7", flat="12")))) == ["4102100001"]


@pytest.mark.parametrize(
    ("criterion", "hits"),
    [
        (element("MeterSerialNumber", "mtr2"), ["4102100002"]),
        (element("MeterSerialNumber", "MTR9"), []),
        (element("DeliveryPointIdentifier", "12345678"), ["4102100003"]),
        (element("DeliveryPointIdentifier", "87654321"), []),
        (searched(street="PITT", house="7"), []),
    ],
)
def test_other_criteria_find_or_answer_1404(criterion, hits):
    bench = Bench([site(1), site(2), site(3, delivery_point="12345678")])
    answer = ask(bench, discovery(criterion))
    assert found(answer) == hits
    assert answer.text("Event/Code") == ("0" if hits else "1404")


def test_criteria_combine():
    bench = Bench([site(1), site(2)])
    both = discovery(searched(house="7"), element("MeterSerialNumber", "MTR2"))
    assert found(ask(bench, both)) == ["4102100002"]


def test_more_than_99_hits_are_cut_and_said_so():
    points = [site(n) for n in range(100)]
    answer = ask(Bench(points), discovery(searched(house="7")))
    assert found(answer) == [point.nmi for point in points[:99]]
    assert [each.text for each in find(answer.payload, "Event/Code")] == ["1410"]
    assert [
        each.text for each in find(ask(Bench(points[:99]), discovery(searched(house="7"))).payload, "Event/Code")
    ] == ["0"]


def test_another_jurisdiction_finds_nothing_and_an_unknown_one_is_invalid():
    bench = Bench([site(1)])
    assert ask(bench, discovery(searched(house="7"), jurisdiction="VIC")).text("Event/Code") == "1404"
    assert ask(bench, discovery(searched(house="7"), jurisdiction="QQQ")).text("Event/Code") == "1100"


def test_extinct_nmis_are_not_found():
    assert ask(Bench([replace(site(1), status="X")]), discovery(searched(house="7"))).text("Event/Code") == "1404"


def test_a_search_for_nothing_is_refused():
    bench = Bench()
    assert ask(bench, discovery()).text("Event/Code") == "201"
    assert [event.rule for event in bench.events if isinstance(event, AnswerGiven)] == ["nmid.nothing-to-search"]


def test_a_distributor_finds_its_own_only():
    bench = Bench([site(1), ConnectionPoint("4102100002", "NSW", roles=rows(LNSP="OTHER"), address=site(1).address)])
    assert found(ask(bench, discovery(searched(house="7")), "NETWORK")) == ["4102100001"]
    assert ask(bench, standing("4102100002"), "NETWORK").text("Event/Code") == "202"
    assert found(ask(bench, discovery(searched(house="7")), "RETAILA")) == ["4102100001", "4102100002"]


def test_standing_data_shows_everything_but_the_retailer():
    answer = ask(Bench(), standing())
    data = next(find(answer.payload, "NMIStandingData"))
    assert next(find(data, "NMI")).attributes is None
    assert text(data, "MasterData/JurisdictionCode") == "NSW"
    assert [each.text for each in find(data, "RoleAssignments/RoleAssignment/Role")] == [
        "LNSP",
        "LR",
        "RP",
        "MDP",
        "MPB",
    ]
    assert [each.text for each in find(data, "DataStreams/DataStream/Suffix")] == ["E1", "B1"]
    assert answer.text("Event/Code") == "0"


@pytest.mark.parametrize(("listing", "meters"), [("twice", 4), ("once", 1)])
def test_a_meter_stands_twice_unless_switched_off(listing, meters):
    answer = ask(Bench(switches=Switches(meter_listing=listing)), standing())
    listed = list(find(answer.payload, "NMIStandingData/MeterRegister/Meter"))
    assert [text(each, "SerialNumber") for each in listed] == ["REMOTE1"] * meters
    registers = find(answer.payload, "NMIStandingData/MeterRegister/Meter/RegisterConfiguration/Register/RegisterID")
    assert [each.text for each in registers] == ["E1", "B1", "Q1"]


def test_a_reason_shows_the_retailer_and_an_unknown_reason_is_invalid():
    bench = Bench()
    shown = ask(bench, standing(reason="TRI"))
    assert "RETAILB" in [
        each.text for each in find(shown.payload, "NMIStandingData/RoleAssignments/RoleAssignment/Party")
    ]
    assert ask(bench, standing(reason="QQQ")).text("Event/Code") == "1100"


@pytest.mark.parametrize(("nmi", "checksum", "code"), [(NMI, "9", "202"), ("4199999999", None, "200")])
def test_standing_data_of_what_is_not_known(nmi, checksum, code):
    answer = ask(Bench(), standing(nmi, checksum=checksum))
    assert answer.text("Event/Code") == code
    assert list(find(answer.payload, "NMIStandingData")) == []


def test_a_completed_transfer_is_what_discovery_shows():
    bench = Bench()
    bench.submit("RETAILA", change())
    bench.until(date(2026, 3, 9))
    assert "RETAILA" in roles(ask(bench, standing(), "RETAILA"), "Party")
    assert not {"RETAILA", "RETAILB"} & set(roles(ask(bench, standing(), "RETAILB"), "Party"))


def test_a_scenario_rule_refuses_both_searches():
    bench = Bench([site(1)])
    told = (AseEvent(9999, "Error", explanation="no"),)
    for payload in (discovery(searched(house="7")), standing("4102100001")):
        answer = ask(bench, payload, rejection=told)
        assert [each.text for each in find(answer.payload, "Event/Code")] == ["9999"]
        assert list(find(answer.payload, "NMIStandingData")) == []


@pytest.mark.parametrize("release", ["r29", "r39_p1", "r42", "r44", "r46"])
def test_everything_written_reads_clean(release):
    parts = {"flat_type": "U", "flat_number": "3", "building": "THE MILL", "delivery_point": "12345678"}
    bench = Bench([site(1, lot_number="4", **parts)])
    for payload in (discovery(searched(house="7")), standing("4102100001"), standing("4199999999")):
        sent = ask(bench, payload, release=release)
        head = Header("NEMMCO", sent.to, "M1", sent.at, sent.group, sent.priority)
        received = read(write(Message(release, head, sent.transactions)), schemas())
        assert received.findings == ()


@pytest.mark.parametrize(("release", "told"), [("r29", None), ("r38", None), ("r39_p1", "1021"), ("r46", "1021")])
def test_previous_reads_are_told_since_r39(release, told):
    answer = ask(Bench(), standing(), release=release)
    assert answer.text("PreviousReadDates/Event/Code") == told
