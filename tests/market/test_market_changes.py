"""Changes other than transfers: what they make of standing data, and Pending Validation of what is created."""

from datetime import date

import pytest
from market_kit import BASIC_NMI, NMI, ROLES, Bench, change, codes, request_id, same

from simulator.asexml.model import Element, element
from simulator.world.calendar import DAY

NEW = "4102077777"


def master(**fields: str) -> Element:
    return element("MasterData", *(element(name, text) for name, text in fields.items()))


def new_site(status: str = "G") -> Element:
    structure = element(
        "StructuredAddress",
        element("House", element("HouseNumber", "12"), element("HouseNumberSuffix", "A")),
        element("Street", element("StreetName", "Pitt"), element("StreetType", "ST")),
    )
    address = element(
        "Address",
        structure,
        element("SuburbOrPlaceOrLocality", "Sydney"),
        element("StateOrTerritory", "NSW"),
        element("PostCode", "2000"),
    )
    return element(
        "MasterData",
        element("JurisdictionCode", "NSW"),
        element("NMIClassificationCode", "SMALL"),
        element("TransmissionNodeIdentifier", "NTN1"),
        element("DistributionLossFactorCode", "NDL1"),
        address,
        element("Status", status),
    )


def meters(*parts: Element) -> Element:
    return element("MeterRegister", *parts)


def lodge(bench: Bench, sender: str, reason: str, *sections: Element, **given) -> str:
    payload = change(given.pop("nmi", NMI), reason, sections=sections, read_type=None, **{"roles": (), **given})
    sent = bench.submit(sender, payload, f"T-{reason}")
    assert codes(sent) == ["0"], sent[0]
    return request_id(sent)


def create(bench: Bench, **roles: str) -> str:
    return lodge(
        bench, "NETWORK", "2000", nmi=NEW, roles=tuple(roles.items()), master=new_site(), proposed="2026-03-20"
    )


def test_a_created_nmi_exists_from_its_date_on():
    bench = Bench()
    number = create(bench, **ROLES)
    assert bench.status(number) == "REQ"
    bench.until(date(2026, 3, 19))
    assert bench.world.point(NEW) is None
    bench.until(date(2026, 3, 20))
    assert bench.status(number) == "COM"
    point = bench.world.point(NEW)
    assert point is not None
    assert (point.jurisdiction, point.status, point.tni, point.dlf) == ("NSW", "G", "NTN1", "NDL1")
    assert point.address is not None
    assert (point.address.house_number, point.address.house_suffix, point.address.street_name) == ("12", "A", "PITT")
    assert {each.role: each.party for each in point.roles} == ROLES
    assert {each.from_date for each in point.roles} == {date(2026, 3, 20)}
    assert list(bench.world.find(("street", "PITT"))) == [NEW]


def test_a_creation_without_all_roles_is_pending_validation_until_others_supply_them():
    bench = Bench()
    number = create(bench, LNSP="NETWORK", FRMP="RETAILA", LR="LOCAL", RP="METERCO")
    assert bench.status(number) == "PVAL"
    asked = [each for each in bench.sent if each.name == "CATSDataRequest"]
    assert [(each.to, each.text("Role"), each.text("InitiatingRequestID")) for each in asked] == [
        ("METERCO", "RP", number)
    ]
    assert ("RETAILA", "FRMP", "N") in bench.told("PVAL")
    supply = change(NEW, "6700", roles=(("MPB", "METERPB"),), read_type=None, answers=number)
    assert codes(bench.submit("METERCO", supply, "S1")) == ["0"]
    assert bench.status(number) == "PVAL"
    supply = change(NEW, "6200", roles=(("MDP", "METERDP"),), read_type=None, answers=number)
    bench.until(date(2026, 3, 5))
    sent = bench.submit("METERCO", supply, "S2")
    assert bench.status(number) == "REQ"
    assert ("METERDP", "MDP", "N") in bench.told("REQ", sent)
    bench.until(date(2026, 3, 20))
    assert bench.status(number) == "COM"
    assert bench.world.holder(NEW, "MPB", date(2026, 3, 20)) == "METERPB"
    assert same(bench.world, bench.replayed())


def test_a_party_that_may_not_hold_the_role_makes_pending_validation_rejected():
    bench = Bench()
    number = create(bench, **{role: party for role, party in ROLES.items() if role != "MDP"})
    supply = change(NEW, "6200", roles=(("MDP", "METERPB"),), read_type=None, answers=number)
    bench.submit("METERCO", supply, "S1")
    assert bench.status(number) == "REJ"
    assert ("RETAILB", "FRMP", "N") in bench.told("REJ")


@pytest.mark.parametrize(
    ("sender", "nmi", "roles", "code"),
    [
        ("RETAILC", NEW, (("MDP", "METERDP"),), "202"),
        ("METERCO", NMI, (("MDP", "METERDP"),), "200"),
        ("METERCO", NEW, (("MPB", "METERPB"),), "201"),
    ],
)
def test_roles_are_supplied_by_who_was_asked_for_what_is_missing(sender, nmi, roles, code):
    bench = Bench()
    number = create(bench, **{role: party for role, party in ROLES.items() if role != "MDP"})
    supply = change(nmi, "6200", roles=roles, read_type=None, answers=number)
    assert codes(bench.submit(sender, supply, "S1")) == [code]
    assert bench.status(number) == "PVAL"


def test_two_creations_of_one_nmi_the_second_is_rejected():
    bench = Bench()
    first = create(bench, **ROLES)
    roles = tuple((ROLES | {"LNSP": "NETWORK2"}).items())
    second = lodge(bench, "NETWORK2", "2001", nmi=NEW, roles=roles, master=new_site(), proposed="2026-03-01")
    bench.until(date(2026, 3, 20))
    assert (bench.status(first), bench.status(second)) == ("REJ", "COM")


def test_nmi_details_change_on_their_date():
    bench = Bench()
    number = lodge(bench, "NETWORK", "5050", master=master(TransmissionNodeIdentifier="NEWT", Status="D"))
    assert bench.status(number) == "PEN"
    bench.until(date(2026, 3, 9))
    point = bench.world.point(NMI)
    assert point is not None
    assert (point.tni, point.status) == ("NEWT", "D")
    assert ("RETAILB", "FRMP", "C") in bench.told("COM")


def test_a_retrospective_change_without_logging_period_completes_at_once():
    bench = Bench()
    number = lodge(bench, "NETWORK", "5051", master=master(Status="D"), proposed="2026-02-27")
    assert bench.status(number) == "COM"


def test_the_next_scheduled_read_is_written_over_at_once_without_requested():
    bench = Bench()
    read = element("Meter", element("SerialNumber", "DIAL1"), element("NextScheduledReadDate", "2026-04-15"))
    number = lodge(bench, "METERDP", "5071", meters(read), nmi=BASIC_NMI)
    assert bench.status(number) == "COM"
    point = bench.world.point(BASIC_NMI)
    assert point is not None
    assert point.meters[0].next_scheduled_read == date(2026, 4, 15)
    assert point.meters[0].registers
    assert bench.told("REQ") == []
    assert ("RETAILB", "FRMP", "C") in bench.told("COM")


def test_an_exchange_of_meters_removes_one_and_installs_another():
    bench = Bench()
    old = element("Meter", element("SerialNumber", "REMOTE1"), element("Status", "R"))
    register = element(
        "Register", element("RegisterID", "E1"), element("UnitOfMeasure", "KWH"), element("Suffix", "E1")
    )
    new = element(
        "Meter",
        element("SerialNumber", "REMOTE2"),
        element("InstallationTypeCode", "COMMS4D"),
        element("ReadTypeCode", "RWDA"),
        element("Status", "C"),
        element("RegisterConfiguration", register),
    )
    lodge(bench, "METERPB", "3005", meters(old, new), proposed="2026-02-27")
    point = bench.world.point(NMI)
    assert point is not None
    assert [(each.serial, each.status) for each in point.meters] == [("REMOTE1", "R"), ("REMOTE2", "C")]
    assert [each.suffix for each in point.meters[1].registers] == ["E1"]
    assert list(bench.world.find(("meter", "REMOTE1"))) == []
    assert list(bench.world.find(("meter", "REMOTE2"))) == [NMI]


def test_a_register_is_changed_and_the_others_are_left():
    bench = Bench()
    register = element("Register", element("RegisterID", "B1"), element("NetworkTariffCode", "EA025"))
    meter = element("Meter", element("SerialNumber", "REMOTE1"), element("RegisterConfiguration", register))
    lodge(bench, "METERPB", "3051", meters(meter), proposed="2026-02-27")
    point = bench.world.point(NMI)
    assert point is not None
    assert [(each.register_id, each.network_tariff) for each in point.meters[0].registers] == [
        ("E1", "N/A"),
        ("B1", "EA025"),
        ("Q1", "N/A"),
    ]


def test_a_data_stream_ends_the_day_before_its_successor_begins():
    bench = Bench()
    stream = element(
        "DataStream",
        element("Suffix", "E1"),
        element("ProfileName", "NOPROF"),
        element("AveragedDailyLoad", "25"),
        element("DataStreamType", "Interval"),
        element("Status", "A"),
    )
    lodge(bench, "METERDP", "4050", element("DataStreams", stream))
    bench.until(date(2026, 3, 9))
    point = bench.world.point(NMI)
    assert point is not None
    rows = [
        (each.from_date, each.to_date, each.average_daily_load) for each in point.data_streams if each.suffix == "E1"
    ]
    assert rows == [(date(1, 1, 1), date(2026, 3, 9) - DAY, 0), (date(2026, 3, 9), date(9999, 12, 31), 25)]


def test_a_role_change_is_told_to_the_old_and_the_new():
    bench = Bench()
    number = lodge(bench, "RETAILB", "6300", roles=(("RP", "NEWMC"),), proposed="2026-03-16")
    bench.until(date(2026, 3, 16))
    assert bench.status(number) == "COM"
    assert {("METERCO", "RP", "C"), ("NEWMC", "RP", "N")} <= set(bench.told("REQ")) & set(bench.told("COM"))
    assert bench.world.holder(NMI, "RP", date(2026, 3, 15)) == "METERCO"
    assert bench.world.holder(NMI, "RP", date(2026, 3, 16)) == "NEWMC"


def test_a_reversal_gives_the_customer_back_for_the_time_since():
    bench = Bench()
    bench.submit("RETAILA", change(), "T1")
    bench.until(date(2026, 3, 12))
    back = change(reason="1060", proposed="2026-03-09", roles=(("FRMP", "RETAILB"),))
    number = request_id(bench.submit("RETAILB", back, "T2"))
    bench.until(date(2026, 3, 14))
    assert bench.status(number) == "COM"
    assert bench.world.holder(NMI, "FRMP", date(2026, 3, 9)) == "RETAILB"
    assert bench.world.holder(NMI, "FRMP", date(2026, 3, 14)) == "RETAILB"


def test_a_notification_shows_the_class_there_will_be():
    """Documented: JurisdictionCode and NMIClassificationCode are those after completion."""
    bench = Bench()
    master = element("MasterData", element("NMIClassificationCode", "LARGE"))
    bench.submit("NETWORK", change(reason="5050", roles=(), read_type=None, master=master))
    bench.until(date(2026, 3, 9))
    notices = [each for each in bench.sent if each.name == "CATSNotification"]
    shown = {each.text("ChangeRequest/ChangeStatusCode"): each.text("NMIClassificationCode") for each in notices}
    assert shown == {"REQ": "LARGE", "PEN": "LARGE", "COM": "LARGE"}
