"""C1: every table, by both its names, in every release; paging, filters, rows that are no longer active."""

from datetime import date

import pytest
from market_kit import NMI, Bench, change, codes, points, schemas
from msgspec.structs import replace
from reports_kit import one, replication

from simulator.asexml.content_replication import TABLES
from simulator.asexml.decode import read
from simulator.asexml.model import element
from simulator.market.market import Market
from simulator.market.rules import Rules
from simulator.market.tables import shipped
from simulator.world.model import Address, Meter, Register
from simulator.world.world import World

REGISTERS = {name for name in TABLES if name.startswith(("CATS_INBOUND", "CATS_OUTBOUND"))}
PAGED = (
    "CATS_CHANGE_REASON_CODES",
    "CATS_JURISDICTIONAL_RULES",
    "MSATS_NATIONAL_CALENDER",
    "CATS_NMI_DATA",
    "CATS_NMI_PARTICIPANT_RELATIONS",
    "CATS_REGISTER_IDENTIFIER",
)


@pytest.mark.parametrize("release", ["r39_p1", "r42", "r44", "r46"])
def test_every_table_is_answered_clean(release):
    bench = Bench()
    for number, (name, (block, kind)) in enumerate(TABLES.items()):
        answer = one(bench, "RETAILB", replication(name), release=release, number=f"T{number}")
        assert answer.codes[0] == "0", name
        assert answer.view.text("ReplicationParameters/TableName") == name
        assert answer.blocks() == ([] if name in REGISTERS else [block]), name
        types = {each.get("{http://www.w3.org/2001/XMLSchema-instance}type") for each in answer.root.iter("Row")}
        assert types <= {f"ase:{kind}"}


@pytest.mark.parametrize("name", TABLES)
def test_a_table_goes_by_the_name_of_its_block_too_in_any_case(name):
    bench = Bench()
    block = TABLES[name][0]
    wanted = one(bench, "RETAILB", replication(name)).rows()
    for spelling in (name.title(), block, block.lower()):
        assert one(bench, "RETAILB", replication(spelling)).rows() == wanted


@pytest.mark.parametrize("name", ["CATS_NOTHING", "Master", "CATS_NMI_DATA_STREAMS"])
def test_an_unknown_table_is_event_205(name):
    answer = one(Bench(), "RETAILB", replication(name))
    assert answer.codes == ["205"]
    assert name in answer.explanations[0]
    assert answer.blocks() == []
    assert answer.view.text("ReplicationParameters/TableName") == name


def test_no_rows_at_all_is_event_204():
    answer = one(Bench(), "RETAILB", replication("CATS_ROLES", rows=0))
    assert answer.codes == ["204"]


@pytest.mark.parametrize("name", TABLES)
def test_numbers_rise_and_come_once(name):
    numbers = [int(row["SequenceNumber"]) for row in one(Bench(), "RETAILB", replication(name)).rows()]
    assert numbers == sorted(set(numbers))


@pytest.mark.parametrize("name", PAGED)
def test_what_is_paged_is_what_is_there(name):
    bench = Bench()
    whole = one(bench, "RETAILB", replication(name)).rows()
    paged, after = [], 0
    for _ in range(len(whole) + 1):
        answer = one(bench, "RETAILB", replication(name, after, rows=2))
        paged += answer.rows()
        if len(answer.codes) == 1:
            break
        after = int(paged[-1]["SequenceNumber"])
        assert str(after) in answer.explanations[1]
    assert paged == whole
    assert one(bench, "RETAILB", replication(name, int(whole[-1]["SequenceNumber"]))).rows() == []


def test_what_does_not_fit_a_message_is_asked_for_with_the_last_number():
    bench = Bench()
    rows, after = [], 0
    for _ in range(10):
        answer = one(bench, "RETAILB", replication("CATS_NOTIFICATION_RULES", after))
        assert len(answer.body) < 1_048_576
        rows += answer.rows()
        after = int(rows[-1]["SequenceNumber"])
        if len(answer.codes) == 1:
            break
    assert [int(row["SequenceNumber"]) for row in rows] == list(range(1, len(rows) + 1))
    told = {(row["ChangeReasonCode"], row["Role"], row["RoleStatus"], row["ChangeStatusCode"]) for row in rows}
    assert ("1000", "FRMP", "N", "REQ") in told
    assert ("1000", "FRMP", "C", "COM") in told


def test_rows_that_are_no_longer_active_are_there():
    bench = Bench()
    rows = one(bench, "RETAILB", replication("CATS_DLF_CODES")).rows()
    assert {row["RowStatus"] for row in rows} == {"A", "I"}
    assert ".898" in {row["Value"] for row in rows}


def test_creation_dates_are_a_filter():
    bench = Bench()
    assert one(bench, "RETAILB", replication("CATS_ROLES", begin="2001-01-01T00:00:00+10:00")).rows() == []
    assert one(bench, "RETAILB", replication("CATS_ROLES", end="1999-12-31T00:00:00+10:00")).rows() == []
    assert one(bench, "RETAILB", replication("CATS_NMI_DATA", begin="2001-01-01T00:00:00+10:00")).rows() == []


def test_codes_and_rules_are_those_in_force():
    tables = dict(shipped())
    tables["nmi_status_codes"] = [{"Code": "A", "Description": "Alive"}, {"Code": "Z", "Description": "Zero"}]
    own = {**tables["jurisdictional_rules"][0], "ChangeReasonCode": "1000 1010", "ProspectiveDays": "99"}
    tables["jurisdictional_rules"] = [own]
    bench = Bench()
    bench.market = Market(bench.world, bench.switches, bench, Rules.of(tables))
    statuses = one(bench, "RETAILB", replication("CATS_NMI_STATUS_CODES")).rows()
    assert [(row["Code"], row["Description"]) for row in statuses] == [("A", "Alive"), ("Z", "Zero")]
    periods = one(bench, "RETAILB", replication("CATS_JURISDICTIONAL_RULES")).rows()
    assert [(row["ChangeReasonCode"], row["ProspectiveDays"]) for row in periods] == [("1000", "99"), ("1010", "99")]


def test_the_calendar_tells_the_holidays_of_each_jurisdiction():
    days = {
        (row["Date"], row["Type"]) for row in one(Bench(), "RETAILB", replication("MSATS_NATIONAL_CALENDER")).rows()
    }
    assert ("2026-01-26", "ALL") in days
    assert ("2026-11-03", "VIC") in days
    assert ("2026-11-03", "NSW") not in days
    assert all(date.fromisoformat(day).weekday() < 5 for day, _ in days)


def test_the_calendar_keeps_its_numbers_from_year_to_year():
    bench = Bench()
    now = {row["SequenceNumber"]: row["Date"] for row in one(bench, "RETAILB", replication("NationalCalendar")).rows()}
    bench.until(date(2027, 3, 1))
    then = {row["SequenceNumber"]: row["Date"] for row in one(bench, "RETAILB", replication("NationalCalendar")).rows()}
    both = now.keys() & then.keys()
    assert both
    assert all(now[number] == then[number] for number in both)


def test_participants_and_their_roles():
    bench = Bench()
    parties = [row["ParticipantID"] for row in one(bench, "RETAILB", replication("CATS_PARTICIPANTS")).rows()]
    assert len(parties) == len(set(parties))
    assert {"RETAILA", "METERDP", "PLAYFRMP"} <= set(parties)
    rows = one(bench, "RETAILB", replication("CATS_PARTICIPANT_ROLES")).rows()
    assert ("METERDP", "MDP") in {(row["ParticipantID"], row["Role"]) for row in rows}


def test_nobody_is_shown_nmis_that_do_not_concern_it():
    bench = Bench()
    assert one(bench, "RETAILC", replication("CATS_NMI_DATA")).rows() == []
    assert len(one(bench, "NETWORK", replication("CATS_NMI_DATA")).rows()) == 3


def test_the_same_after_a_restart():
    bench = Bench()
    before = one(bench, "RETAILB", replication("CATS_NMI_DATA")).body
    bench.market = Market(World(bench.base), bench.switches, bench)
    for event in bench.events:
        bench.market.apply(event)
    assert one(bench, "RETAILB", replication("CATS_NMI_DATA")).body == before


def test_registers_of_the_nmi_tables_hold_what_the_world_holds():
    rows = one(Bench(), "RETAILB", replication("CATS_REGISTER_IDENTIFIER")).rows("ElectricityNMIMeterRegisters")
    held = [(row["NMI"], row["SerialNumber"], row["RegisterID"], row["UnitOfMeasure"]) for row in rows]
    assert (NMI, "REMOTE1", "Q1", "KVARH") in held
    master = one(Bench(), "RETAILB", replication("CATS_NMI_DATA"))
    assert master.view.text("ReplicationBlock/Row/Address/SuburbOrPlaceOrLocality") == "SYDNEY"
    assert read(master.body, schemas()).findings == ()


def test_codes_that_a_story_made_up_stand_in_their_tables():
    register = Register("E1", "E1", network_tariff="MINE7")
    home = replace(points()[0], tni="VAA1", dlf="XLV9", parent="NKKK000001", meters=(Meter("M1", (register,)),))
    address = Address("SYDNEY", "NSW", "2000", "7", street_name="GEORGE")
    bench = Bench([replace(home, address=address), *points()[1:]])
    node = one(bench, "RETAILA", replication("CATS_TNI_CODES")).rows()[-1]
    assert (node["Code"], node["RowStatus"]) == ("VAA1", "A")
    factor = one(bench, "RETAILA", replication("CATS_DLF_CODES")).rows()[-1]
    assert (factor["Code"], factor["Jurisdiction"], factor["Value"]) == ("XLV9", "NSW", "1.0")
    embedded = one(bench, "RETAILA", replication("CATS_EMB_NET_ID_CODES")).rows()[-1]
    assert (embedded["Identifier"], embedded["Locality"]) == ("NKKK000001", "SYDNEY")
    tariff = one(bench, "RETAILA", replication("CATS_NETWORKTARIFF_CODES")).rows()[-1]
    assert (tariff["LNSP"], tariff["Code"]) == ("NETWORK", "MINE7")
    assert [row["Code"] for row in one(Bench(), "RETAILA", replication("CATS_TNI_CODES")).rows()] == [
        "NTNI",
        "NEX1",
        "VEX1",
        "VEX0",
    ]


def test_a_code_that_a_change_made_up_comes_after_all_that_were_there():
    bench = Bench()
    before = one(bench, "RETAILA", replication("CATS_TNI_CODES")).rows()
    master = element("MasterData", element("TransmissionNodeIdentifier", "NEW1"))
    asked = change(reason="5051", proposed="2026-02-27", roles=(), read_type=None, master=master)
    assert codes(bench.submit("NETWORK", asked)) == ["0"]
    bench.until(date(2026, 3, 3))
    last = int(before[-1]["SequenceNumber"])
    fresh = one(bench, "RETAILA", replication("CATS_TNI_CODES", after=last)).rows()
    assert [(row["Code"], int(row["SequenceNumber"]) > last) for row in fresh] == [("NEW1", True)]
