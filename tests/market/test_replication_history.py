"""What changes do to the rows of NMIs and registers, as whoever replicates them sees it; the real house sends."""

from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree
from market_kit import BASIC_NMI, MONDAY, NMI, Bench, change, request_id
from msgspec.structs import replace
from reports_kit import one, replication

import kit
from simulator.asexml.decode import read
from simulator.asexml.encode import write
from simulator.asexml.model import Header, Message, Transaction, element
from simulator.market.market import Market
from simulator.market.replication_log import Recent
from simulator.market.replication_nmi import contents
from simulator.world.events import ConnectionPointChanged
from simulator.world.model import DataStream, RoleAssignment
from simulator.world.world import World

NMI_TABLES = (
    "CATS_NMI_DATA",
    "CATS_NMI_PARTICIPANT_RELATIONS",
    "CATS_NMI_DATA_STREAM",
    "CATS_METER_REGISTER",
    "CATS_REGISTER_IDENTIFIER",
)


def last(rows):
    return max(int(row["SequenceNumber"]) for row in rows)


def short(rows, *names):
    return [tuple(row[name][:10] for name in names) for row in rows]


def test_a_transfer_makes_the_old_row_inactive_and_creates_two():
    bench = Bench()
    roles = "CATS_NMI_PARTICIPANT_RELATIONS"
    seen = last(one(bench, "NETWORK", replication(roles)).rows())
    bench.submit("RETAILA", change())
    bench.until(date(2026, 3, 10))
    news = one(bench, "NETWORK", replication(roles, seen)).rows()
    assert sorted(short(news, "Party", "RowStatus", "FromDate", "ToDate")) == [
        ("RETAILA", "A", "2026-03-09", "9999-12-31"),
        ("RETAILB", "A", "0001-01-01", "2026-03-08"),
        ("RETAILB", "I", "0001-01-01", "9999-12-31"),
    ]
    gone = next(row for row in news if row["RowStatus"] == "I")
    assert gone["CreationDate"] == "2000-01-01T00:00:00+10:00"
    assert {row["MaintenanceDate"] for row in news} == {"2026-03-09T00:00:00+10:00"}
    again = one(bench, "NETWORK", replication(roles)).rows()
    assert [row for row in again if int(row["SequenceNumber"]) > seen] == news
    assert one(bench, "NETWORK", replication("CATS_NMI_DATA", last(again))).rows() == []


def test_a_new_holder_sees_the_nmi_from_then_on():
    bench = Bench()
    assert one(bench, "RETAILA", replication("CATS_NMI_DATA")).rows() == []
    bench.submit("RETAILA", change())
    bench.until(date(2026, 3, 10))
    assert short(one(bench, "RETAILA", replication("CATS_NMI_DATA")).rows(), "NMI") == [(NMI,)]


def test_master_data_keeps_a_row_for_the_time_before():
    bench = Bench()
    master = element("MasterData", element("DistributionLossFactorCode", "NLV1"))
    bench.submit("NETWORK", change(reason="5050", proposed="2026-03-05", roles=(), read_type=None, master=master))
    bench.until(date(2026, 3, 6))
    rows = [row for row in one(bench, "NETWORK", replication("CATS_NMI_DATA")).rows() if row["NMI"] == NMI]
    told = ("DistributionLossFactorCode", "RowStatus", "FromDate", "ToDate")
    assert sorted(short(rows, *told)) == [
        ("NDLF", "A", "0001-01-01", "2026-03-04"),
        ("NDLF", "I", "0001-01-01", "9999-12-31"),
        ("NLV1", "A", "2026-03-05", "9999-12-31"),
    ]


def test_a_scheduled_read_is_overwritten_in_place():
    bench = Bench()
    parts = (element("SerialNumber", "DIAL1"), element("NextScheduledReadDate", "2026-05-05"))
    register = element("MeterRegister", element("Meter", *parts))
    before = one(bench, "NETWORK", replication("CATS_METER_REGISTER")).rows()
    asked = change(BASIC_NMI, "5071", "2026-03-02", roles=(), read_type=None, sections=(register,))
    bench.submit("METERDP", asked)
    news = one(bench, "NETWORK", replication("CATS_METER_REGISTER", last(before))).rows()
    assert short(news, "SerialNumber", "NextScheduledReadDate", "RowStatus", "FromDate") == [
        ("DIAL1", "2026-05-05", "A", "0001-01-01")
    ]
    after = one(bench, "NETWORK", replication("CATS_METER_REGISTER")).rows()
    assert len(after) == len(before)


STEPS = st.lists(
    st.tuples(
        st.sampled_from([NMI, BASIC_NMI]),
        st.sampled_from(["party", "dlf", "stream", "meter", "back"]),
        st.integers(-30, 30),
    ),
    max_size=8,
)


@settings(max_examples=40)
@given(STEPS)
def test_whatever_happens_what_comes_after_a_number_is_what_is_missing(steps):
    bench = Bench()
    first = dict(bench.base.points)
    copies = {table: one(bench, "NETWORK", replication(table)).rows() for table in NMI_TABLES}
    for nmi, what, days in steps:
        bench.now += timedelta(hours=7)
        point = bench.world.point(nmi)
        bench.turn().emit(ConnectionPointChanged(bench.now, _changed(point, first[nmi], what, days)))
        for table in NMI_TABLES:
            _refresh(bench, table, copies)
    for table in NMI_TABLES:
        whole = one(bench, "NETWORK", replication(table)).rows()
        assert copies[table] == whole
        active = {row["NMI"] for row in whole if row["RowStatus"] == "A" and row["ToDate"] > "2026-03-02"}
        assert active == set(first)
    bench.market = Market(World(bench.base), bench.switches, bench)
    for event in bench.events:
        bench.market.apply(event)
    assert one(bench, "NETWORK", replication(NMI_TABLES[1])).rows() == copies[NMI_TABLES[1]]


def _changed(point, first, what, days):
    day = MONDAY.date() + timedelta(days)
    if what == "party":
        rows = [each for each in point.roles if each.role != "FRMP"]
        return replace(point, roles=(*rows, RoleAssignment("FRMP", f"R{abs(days)}", day)))
    if what == "dlf":
        return replace(point, dlf=f"D{abs(days)}")
    if what == "stream":
        return replace(point, data_streams=(*point.data_streams[:1], DataStream("E9", from_date=day)))
    if what == "meter":
        return replace(point, meters=(replace(point.meters[0], model=f"M{days}"),))
    return first


def _refresh(bench, table, copies):
    """What a participant does that keeps a copy: what it is told replaces what it had of the same row."""
    held = copies[table]
    seen = last(held)
    whole = one(bench, "NETWORK", replication(table)).rows()
    news = one(bench, "NETWORK", replication(table, seen)).rows()
    assert news == [row for row in whole if int(row["SequenceNumber"]) > seen]
    numbers = [int(row["SequenceNumber"]) for row in whole]
    assert all(one_ < other for one_, other in pairwise(numbers))
    stayed = [row for row in held if row in whole]
    assert [*stayed, *news] == whole
    copies[table] = whole


def test_the_rows_of_a_point_are_its_contents():
    point = Bench().world.point(NMI)
    tables = [each.table for each in contents(point)]
    assert tables == sorted(tables)
    assert tables.count(1) == len(point.roles)


# Registers: of the whole house, for they show what was really sent


async def _ask(party, table, number, after=0):
    """A C1 through the hub; the rows of its answer, which is fetched and acknowledged."""
    head = Header(party.participant, "NEMMCO", f"{party.participant}-C1-{number}", kit.START, "CATS", "Low")
    payload = replication(table, after)
    body = write(Message("r46", head, (Transaction(f"{party.participant}-C1T-{number}", kit.START, payload),)))
    reply = await party.submit(body, f"catsl_{party.participant.lower()}_c1{number}")
    assert kit.outcome(reply).status == "Accept"
    answers = [message for message in await party.clear() if message.find(".//ReplicationNotification") is not None]
    assert len(answers) == 1
    received = read(etree.tostring(answers[0]), kit.SCHEMAS)
    assert received.findings == ()
    return [{part.tag: part.text for part in row} for row in answers[0].iter("Row")]


async def test_registers_show_what_was_sent_and_refused():
    house = kit.runtime()
    party = kit.Party(house)
    await party.submit(kit.transfer(1))
    await party.submit(kit.transfer(2, reason="9999"), "catsm_retaila_2")
    await party.clear()
    requests = await _ask(party, "CATS_INBOUND_CHANGE_REQUEST", 1)
    assert [(row["ChangeReasonCode"], row["ChangeStatusCode"], row["TransactionID"]) for row in requests] == [
        ("1000", "REQ", "RETAILA-T1-1")
    ]
    number = requests[0]["RequestID"]
    responses = await _ask(party, "CATS_OUTBOUND_CHANGE_REQUESTS", 2)
    assert [(row["RequestID"], row["InitiatingTransactionID"], row["Status"]) for row in responses] == [
        (number, "RETAILA-T1-1", "A")
    ]
    errors = await _ask(party, "CATS_OUTBOUND_ERRORS", 3)
    assert [(row["TransactionID"], row["Code"]) for row in errors] == [("RETAILA-T2-1", "202")]
    notices = await _ask(party, "CATS_OUTBOUND_NOTIFICATIONS", 4)
    assert {(row["RequestID"], row["ChangeStatusCode"], row["Role"]) for row in notices} == {(number, "REQ", "FRMP")}
    await house.advance(timedelta(days=20))
    await party.clear()
    moved = await _ask(party, "CATS_INBOUND_CHANGE_REQUEST", 5, int(requests[0]["SequenceNumber"]))
    assert [(row["RequestID"], row["ChangeStatusCode"]) for row in moved] == [(number, "COM")]
    assert await _ask(kit.other(house), "CATS_INBOUND_CHANGE_REQUEST", 6) == []


def objection(number, code="BADDATA", role="LNSP"):
    parts = {"InitiatingRequestID": number, "Role": role, "ObjectionCode": code}
    return element("CATSObjectionRequest", *(element(name, value) for name, value in parts.items()))


def test_an_objection_is_inactive_once_it_is_withdrawn():
    bench = Bench()
    number = request_id(bench.submit("RETAILA", change()))
    sent = bench.submit("NETWORK", objection(number), "T2")
    lodged = next(each.text("ObjectionID") for each in sent if each.name == "CATSObjectionResponse")
    rows = one(bench, "NETWORK", replication("CATS_INBOUND_OBJECTIONS")).rows()
    assert [(row["ObjectionID"], row["ObjectionCode"], row["RowStatus"]) for row in rows] == [(lodged, "BADDATA", "A")]
    assert one(bench, "RETAILA", replication("CATS_INBOUND_OBJECTIONS")).rows() == []
    parts = {"ObjectionID": lodged, "InitiatingRequestID": number, "Role": "LNSP", "ObjectionCode": "BADDATA"}
    withdrawal = element("CATSObjectionWithdrawal", *(element(name, value) for name, value in parts.items()))
    bench.submit("NETWORK", withdrawal, "T3")
    news = one(bench, "NETWORK", replication("CATS_INBOUND_OBJECTIONS", last(rows))).rows()
    assert [(row["ObjectionID"], row["RowStatus"]) for row in news] == [(lodged, "I")]


@dataclass(frozen=True)
class Placed:
    place: int
    to: str = "RETAILA"


def test_what_belongs_before_what_came_first_is_put_there():
    log = Recent()
    for place in (0, 5, 9, 7, 6, 10):
        log.insert(Placed(place))
    places, at = [], log.next(0)
    while at < log.end:
        assert log[at].place == at
        places.append(at)
        at = log.next(at + 1)
    assert places == [0, 5, 6, 7, 9, 10]
    assert (log[8], log[11], log.next(11), log.next(20)) == (None, None, 11, 20)


def test_old_entries_are_dropped_and_the_others_keep_their_places(monkeypatch):
    monkeypatch.setattr("simulator.market.replication_log.MOST_KEPT", 3)
    log = Recent()
    for number in range(100):
        log.insert(Placed(number))
        assert log.end == number + 1
        kept = [entry.place for index in range(log.end) if (entry := log[index]) is not None]
        assert kept == list(range(number + 1 - len(kept), number + 1))
        assert min(number + 1, 3) <= len(kept) < 6
    assert log.dropped == 100 - len(kept)


def test_dropped_refusals_are_left_out(monkeypatch):
    monkeypatch.setattr("simulator.market.replication_log.MOST_KEPT", 2)
    bench = Bench()
    for number in range(5):
        bench.submit("RETAILA", change(reason="9999"), f"X{number}")
    rows = one(bench, "RETAILA", replication("CATS_OUTBOUND_ERRORS")).rows()
    assert [row["TransactionID"] for row in rows] == ["X2", "X3", "X4"]
