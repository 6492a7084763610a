"""Meter data: row by row, partial acceptance, versions, roles; what is accepted is in the world."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from unittest.mock import patch

import pytest
from hypothesis import given
from hypothesis import strategies as st
from market_kit import BASIC_NMI, NMI, Bench, Sent, change, find, same, schemas, text

from simulator.asexml.decode import read
from simulator.asexml.encode import write
from simulator.asexml.mdff_model import IntervalDay, NmiDataDetails
from simulator.asexml.model import AseEvent, Element, Header, Message, element
from simulator.base.clock import MARKET_ZONE
from simulator.base.ids import Nmi
from simulator.hub.switches import Switches
from simulator.market.events import AnswerGiven
from simulator.world.readings import Readings, key

HEADER = "100,NEM12,202603020900,METERDP,NEMMCO"


def day(
    on: str = "20260301", nmi: str = NMI, suffix: str = "E1", version: str = "20260302010000", value: str = "0.125",
    count: int = 48, quality: str = "A",
) -> str:  # fmt: skip
    details = f"200,{nmi},E1B1,{suffix},{suffix},N1,REMOTE1,KWH,30,"
    return f"{details}\n300,{on},{','.join([value] * count)},{quality},,,{version},"


def nem12(*days: str) -> str:
    return "\n".join([HEADER, *days, "900"])


def nem13(
    begin: str = "20260201",
    end: str = "20260301",
    nmi: str = BASIC_NMI,
    version: str = "20260302010000",
    suffix: str = "11",
) -> str:
    read_from, read_to = f"100,{begin}080000,A,,", f"250,{end}080000,A,,"
    return f"250,{nmi},{suffix},{suffix},{suffix},,DIAL1,E,{read_from},{read_to},150,KWH,,{version},"


def nem13_file(*rows: str) -> str:
    return "\n".join(["100,NEM13,202603020900,METERDP,NEMMCO", *rows, "900"])


def notification(data: str, kind: str = "CSVIntervalData", count: int | None = None) -> Element:
    return element(
        "MeterDataNotification", element("RecordCount", str(count)) if count is not None else None, element(kind, data)
    )


def load(bench: Bench, data: str, sender: str = "METERDP", kind: str = "CSVIntervalData", **more) -> Sent:
    (answer,) = bench.submit(
        sender, notification(data, kind), f"D{len(bench.sent)}", group=more.pop("group", "MDMT"), **more
    )
    return answer


def accepted(answer: Sent) -> int:
    return int(answer.text("AcceptedCount") or "-1")


def rules(bench: Bench) -> list[str]:
    return [event.rule for event in bench.events if isinstance(event, AnswerGiven)]


def test_good_interval_data_lands_in_the_world():
    bench = Bench()
    answer = load(bench, nem12(day(), day(suffix="B1", value="1.5")))
    assert (answer.to, answer.group, answer.name) == ("METERDP", "MDMT", "MeterDataResponse")
    assert accepted(answer) == 2
    assert answer.text("LoadDate") == "2026-03-02T09:00:00.000+10:00"
    assert [each.text for each in find(answer.payload, "Event/Code")] == ["0"]
    held = bench.world.readings.holding(NMI, "B1", date(2026, 3, 1))
    assert held is not None
    assert held.values == (Decimal("1.5"),) * 48
    assert same(bench.world, bench.replayed())


def test_good_rows_load_and_each_refused_one_has_its_event():
    bench = Bench()
    bad = day("20260228", value="-1")
    answer = load(bench, nem12(day(), bad, day(nmi="4199999999"), day(suffix="Z9"), day("20260227", count=47)))
    assert accepted(answer) == 1
    events = list(find(answer.payload, "Event"))
    assert len(events) == 4
    assert {each.attributes["severity"] for each in events if each.attributes} == {"Error"}
    assert [text(each, "KeyInfo") for each in events if "4199999999" in (text(each, "KeyInfo") or "")] == [
        "4199999999,E1,20260301"
    ]
    assert bench.world.readings.holding(NMI, "E1", date(2026, 2, 28)) is None


@pytest.mark.parametrize(
    ("rule", "sender", "data"),
    [
        ("mdm.nmi-unknown", "METERDP", nem12(day(nmi="4199999999"))),
        ("mdm.not-mdp", "OTHERMDP", nem12(day())),
        ("mdm.suffix", "METERDP", nem12(day(suffix="E9"))),
        ("mdm.future", "METERDP", nem12(day("20260303"))),
        ("mdm.kind", "METERDP", nem13_file(nem13(nmi=NMI, suffix="E1"))),
        ("mdm.row", "METERDP", nem12(day(value="x"))),
        ("mdm.row", "METERDP", "not meter data at all"),
    ],
)
def test_a_refusal_names_its_rule(rule, sender, data):
    bench = Bench()
    answer = load(bench, data, sender)
    assert accepted(answer) == 0
    assert rules(bench) == [rule]
    assert list(bench.world.readings.of(NMI)) == []


def test_a_reactive_register_needs_no_data_stream():
    bench = Bench()
    assert accepted(load(bench, nem12(day(suffix="Q1").replace("KWH", "KVARH")))) == 1


def test_a_newer_version_holds_and_the_older_becomes_history():
    bench = Bench()
    load(bench, nem12(day()))
    assert accepted(load(bench, nem12(day(version="20260302020000", value="2")))) == 1
    assert bench.world.readings.holding(NMI, "E1", date(2026, 3, 1)).values[0] == 2
    assert len(bench.world.readings.history(NMI, "E1", date(2026, 3, 1))) == 2


def test_an_older_version_is_refused_and_the_same_again_is_ignored_with_a_warning():
    bench = Bench()
    load(bench, nem12(day()))
    assert accepted(load(bench, nem12(day(version="20260301230000")))) == 0
    again = load(bench, nem12(day()))
    assert accepted(again) == 0
    assert next(find(again.payload, "Event")).attributes == {"severity": "Warning"}
    assert rules(bench) == ["mdm.older-version", "mdm.same-version"]


def test_consumption_may_touch_but_not_overlap():
    bench = Bench()
    rows = [nem13("20260101", "20260201"), nem13("20260201", "20260301")]
    assert accepted(load(bench, nem13_file(*rows), kind="CSVConsumptionData")) == 2
    assert accepted(load(bench, nem13_file(nem13("20260115", "20260120")), kind="CSVConsumptionData")) == 0
    assert rules(bench) == ["mdm.overlap"]


def test_overlap_is_seen_within_one_notification():
    bench = Bench()
    rows = [nem13("20260101", "20260201"), nem13("20260131", "20260301")]
    assert accepted(load(bench, nem13_file(*rows), kind="CSVConsumptionData")) == 1
    assert rules(bench) == ["mdm.overlap"]


def test_previous_read_dates_come_from_the_loaded_reads():
    bench = Bench()
    load(bench, nem13_file(nem13("20260101", "20260201"), nem13("20260201", "20260301")), kind="CSVConsumptionData")
    asked = element("NMIStandingDataRequest", element("NMI", BASIC_NMI, checksum=Nmi(BASIC_NMI).checksum))
    (answer,) = bench.submit("RETAILA", asked, "N1", group="NMID")
    shown = [
        (text(each, "ReadDate"), text(each, "ReadQuality"))
        for each in find(answer.payload, "PreviousReadDates/PreviousReadDate")
    ]
    assert shown == [("2026-03-01", "A"), ("2026-02-01", "A")]


def test_the_metering_data_provider_of_the_day_counts():
    bench = Bench()
    bench.submit("RETAILA", change(roles=(("FRMP", "RETAILA"), ("MDP", "NEWMDP"))))
    bench.until(date(2026, 3, 12))
    assert accepted(load(bench, nem12(day("20260308")), "METERDP")) == 1
    assert accepted(load(bench, nem12(day("20260309")), "METERDP")) == 0
    assert accepted(load(bench, nem12(day("20260309")), "NEWMDP")) == 1


@pytest.mark.parametrize(("count", "loaded"), [(1, 1), (4, 1), (2, 0), (None, 1)])
def test_record_count_is_the_rows_or_all_lines(count, loaded):
    bench = Bench()
    (answer,) = bench.submit("METERDP", notification(nem12(day()), count=count), group="MDMT")
    assert accepted(answer) == loaded


def test_no_data_at_all_is_refused():
    bench = Bench()
    empty = element("MeterDataNotification", element("CSVIntervalData", ""))
    (answer,) = bench.submit("METERDP", empty, group="MDMT")
    assert answer.text("Event/Code") == "201"


def test_the_older_columns_load_with_their_statuses():
    bench = Bench()
    header = ",".join(
        ["NMI", "Suffix", "MDPVersionDate", "SettlementDate", "Status48", *(f"Period{n:02d}" for n in range(1, 49))]
    )
    row = ",".join([NMI, "E1", "20260302010000", "20260301", "A" * 40 + "S" * 8, *[".5"] * 48])
    assert accepted(load(bench, f"{header}\n{row}")) == 1
    held = next(bench.world.readings.days(NMI))
    assert [(each.start, each.end, each.quality) for each in held.spans] == [(1, 40, "A"), (41, 48, "S")]
    assert held.updated_at == datetime(2026, 3, 2, 1, tzinfo=MARKET_ZONE)


def test_older_consumption_columns_load():
    bench = Bench()
    header = "NMI,Suffix,MDPVersionDate,FromDate,ToDate,Status,Reading"
    data = f"{header}\n{BASIC_NMI},11,20260302010000,20260101,20260131,A,150"
    assert accepted(load(bench, data, kind="CSVConsumptionData")) == 1
    assert [each.suffix for each in bench.world.readings.accumulations(BASIC_NMI)] == ["11"]
    assert same(bench.world, bench.replayed())


def test_both_groups_are_answered_in_their_own():
    bench = Bench()
    assert load(bench, nem12(day()), group="MTRD").group == "MTRD"


def test_a_scenario_rule_refuses_the_whole():
    bench = Bench()
    answer = load(bench, nem12(day()), rejection=(AseEvent(202, "Error", explanation="no"),))
    assert (accepted(answer), answer.text("Event/Explanation")) == (0, "no")
    assert list(bench.world.readings.of(NMI)) == []


@pytest.mark.parametrize("release", ["r29", "r39_p1", "r46"])
def test_everything_written_reads_clean(release):
    bench = Bench()
    for data in (nem12(day()), nem12(day(), day(nmi="4199999999"), day("20260227", value="x"))):
        sent = load(bench, data, release=release)
        head = Header("NEMMCO", sent.to, "M1", sent.at, sent.group, sent.priority)
        assert read(write(Message(release, head, sent.transactions)), schemas()).findings == ()


def test_the_accepted_count_may_count_values():
    bench = Bench(switches=Switches(accepted_count="values"))
    assert accepted(load(bench, nem12(day(), day(suffix="B1")))) == 2 * 48


STAMP = datetime(2026, 3, 2, tzinfo=MARKET_ZONE)
VERSIONS = st.lists(
    st.tuples(st.sampled_from([NMI, BASIC_NMI]), st.sampled_from(["E1", "B1"]), st.integers(1, 3), st.integers(0, 9)),
    max_size=25,
)


def loaded(steps, kept):
    """Readings loaded hour by hour under a bound, and what was loaded, in order."""
    came, held = [], Readings()
    with patch("simulator.world.readings.REPLACED_KEPT", kept):
        for number, (nmi, suffix, on, value) in enumerate(steps):
            details = NmiDataDetails(nmi, "E1B1", suffix, suffix, "N1", "M1", "kWh", 30)
            made = STAMP + timedelta(hours=number)
            came.append(IntervalDay(details, date(2026, 2, on), ",".join([f"{value}.125"] * 48), "A", updated_at=made))
            held.load([came[-1]], made)
    return held, came


@given(VERSIONS, st.integers(0, 4))
def test_versions_that_were_replaced_make_room_and_what_holds_stays(steps, kept):
    held, came = loaded(steps, kept)
    whole, _ = loaded(steps, 10**9)
    keys = {(each.nmi, *key(each)) for each in came}
    for each in keys:
        versions = [reading for reading in came if (reading.nmi, *key(reading)) == each]
        assert held.holding(*each) == versions[-1]
        assert list(held.history(*each)) == versions[len(versions) - len(held.history(*each)) :]
    assert (
        held.evicted
        == max(0, len(came) - len(keys) - kept)
        == len(came) - sum(len(held.history(*each)) for each in keys)
    )
    for number in range(len(steps)):
        moment = STAMP + timedelta(hours=number)
        for nmi in {each.nmi for each in came}:
            then, all_then = (list(some.as_at(nmi, moment).of(nmi)) for some in (held, whole))
            assert then == all_then or (held.known_from is not None and moment < held.known_from)
            assert all(reading in all_then for reading in then)
