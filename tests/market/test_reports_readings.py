"""RM reports: what is missing, how good readings are, what they add up to; one view of readings for all."""

from datetime import date, datetime, timedelta

import pytest
from market_kit import BASIC_NMI, MONDAY, NMI, VIC_NMI, Bench, change, points
from msgspec.structs import replace
from reports_kit import one, report

from simulator.asexml.model import element
from simulator.base.clock import MARKET_ZONE
from simulator.base.draw import Draw
from simulator.world.irregularities import Irregularity
from simulator.world.metering import Metering

WEEK = {"FromDate": "2026-02-15", "ToDate": "2026-02-21"}
TWO_DAYS = {"FromDate": "2026-02-15", "ToDate": "2026-02-16"}
AS_AT = {"AsAtDate": "2026-03-02T00:00:00+10:00"}
CASE = {"SettlementCase": "1"}


def deliver(bench, text, kind="CSVIntervalData"):
    """Meter data as the provider sends it."""
    sent = bench.submit("METERDP", element("MeterDataNotification", element(kind, text)), "MDN", group="MTRD")
    assert sent[0].text("Event/Code") == "0", sent


def interval(suffix, day, value, count=288, quality="A,,", updated="20260220000000"):
    made = f"200,{NMI},E1B1Q1,{suffix},{suffix},{suffix},REMOTE1,kWh,{1440 // count},"
    values = ",".join([value] * count)
    return f"100,NEM12,202602200000,METERDP,NEMMCO\n{made}\n300,{day},{values},{quality},{updated},\n900\n"


def consumption(nmi, begin, end, quantity):
    row = (
        f"250,{nmi},11,11,11,11,DIAL1,E,1000,{begin}000000,A,,,{1000 + quantity},{end}000000,A,,,{quantity},kWh,,"
        "20260220000000,"
    )
    return f"100,NEM13,202602200000,METERDP,NEMMCO\n{row}\n900\n"


def rows(bench, sender, name, parameters, release="r46"):
    return one(bench, sender, report(name, parameters), group="MDMT", release=release).csv()


def grown(*odd):
    bench = Bench()
    bench.market.read_from(Metering(bench.world, Draw(7), odd))
    return bench


# RM11 and its like


def missing(**more):
    wanted = {**WEEK, **AS_AT, "DataType": "I", "NMISelection": "AllNMIs", **more}
    order = [
        "MaximumRows",
        "FromDate",
        "ToDate",
        "AsAtDate",
        "LastSequenceNumber",
        "MDP",
        "NMI",
        "DataType",
        "NMISelection",
    ]
    return {name: wanted[name] for name in order if name in wanted}


@pytest.mark.parametrize("release", ["r39_p1", "r44", "r46"])
def test_rm11_lists_what_was_not_delivered(release):
    bench = Bench()
    deliver(bench, interval("E1", "20260216", "0.1"))
    told = rows(bench, "RETAILB", "MissingData", missing(), release)
    assert told[0] == ["MDP", "NMI", "Suffix", "SettlementDate", "SequenceNumber"]
    assert len(told) == 1 + 2 * 7 - 1
    assert ["METERDP", NMI, "E1", "2026/02/16"] not in [row[:4] for row in told]
    assert ["METERDP", NMI, "B1", "2026/02/16"] in [row[:4] for row in told]
    assert [row[4] for row in told[1:]] == [str(number) for number in range(1, len(told))]


def test_rm11_of_consumption_counts_the_days_of_a_read():
    bench = Bench()
    deliver(bench, consumption(BASIC_NMI, "20260214", "20260218", 40), "CSVConsumptionData")
    told = rows(bench, "RETAILB", "MissingData", missing(DataType="C"))
    days = [row[3] for row in told if row[1] == BASIC_NMI]
    assert days == ["2026/02/19", "2026/02/20", "2026/02/21"]
    assert len([row for row in told if row[1] == VIC_NMI]) == 7


def test_rm11_by_nmi_provider_and_tier():
    bench = Bench()
    assert {row[1] for row in rows(bench, "RETAILB", "MissingData", missing(DataType="C", NMI=VIC_NMI))[1:]} == {
        VIC_NMI
    }
    assert len(rows(bench, "RETAILB", "MissingData", missing(MDP="NOBODY"))) == 1
    local = [replace(each, roles=_with(each.roles, LR="RETAILB")) for each in points()]
    assert len(rows(Bench(local), "RETAILB", "MissingData", missing(NMISelection="SecondTierNMIs"))) == 1
    assert len(rows(bench, "RETAILB", "MissingData", missing(NMISelection="SecondTierNMIs"))) == 15


def _with(roles, **changed):
    return tuple(replace(each, party=changed.get(each.role, each.party)) for each in roles)


def test_rm11_pages_by_place():
    bench = Bench()
    whole = rows(bench, "RETAILB", "MissingData", missing())
    first = rows(bench, "RETAILB", "MissingData", missing(MaximumRows="5"))
    rest = rows(bench, "RETAILB", "MissingData", missing(LastSequenceNumber="5"))
    assert [*first, *rest[1:]] == whole
    answer = one(bench, "RETAILB", report("MissingData", missing(MaximumRows="5")), group="MDMT")
    assert answer.codes == ["0", "0"]
    assert answer.priority == "Medium"


@pytest.mark.parametrize(
    ("dates", "codes"),
    [
        ({"FromDate": "2026-02-24", "ToDate": "2026-02-24"}, ["0"]),
        ({"FromDate": "2026-02-25", "ToDate": "2026-02-25"}, ["204"]),
        ({"FromDate": "2026-02-20", "ToDate": "2026-03-02"}, ["0"]),
        ({"FromDate": "2026-02-20", "ToDate": "2026-03-03"}, ["204"]),
        ({"FromDate": "2026-01-01", "ToDate": "2026-02-04"}, ["0"]),
        ({"FromDate": "2026-01-01", "ToDate": "2026-02-05"}, ["204"]),
        ({"FromDate": "0001-01-01", "ToDate": "9999-12-31"}, ["204"]),
    ],
)
def test_rm11_has_its_dates(dates, codes):
    answer = one(Bench(), "RETAILB", report("MissingData", missing(**dates)), group="MDMT")
    assert answer.codes == codes


def test_who_holds_no_role_that_may_is_refused_and_who_holds_none_at_the_nmi_sees_nothing():
    refused = one(Bench(), "METERPB", report("MissingData", missing()), group="MDMT")
    assert refused.codes == ["202"]
    assert "FRMP, LR, MDP" in refused.explanations[0]
    assert len(rows(Bench(), "RETAILC", "MissingData", missing())) == 1


def test_rm37_is_about_large_customers_and_rm38_about_all():
    large = [replace(each, classification="LARGE" if each.nmi == NMI else "SMALL") for each in points()]
    bench = Bench(large)
    told = rows(bench, "RETAILB", "HighPriorityMissingData", {**WEEK, **AS_AT})
    assert {row[1] for row in told[1:]} == {NMI}
    told = rows(bench, "RETAILB", "DataStreamMissingData", {**WEEK, **AS_AT})
    assert {row[1] for row in told[1:]} == {NMI, BASIC_NMI, VIC_NMI}


def test_rm39_lists_readings_of_what_is_no_data_stream():
    bench = Bench()
    deliver(bench, interval("Q1", "20260216", "0.1").replace("kWh", "kVArh"))
    deliver(bench, interval("E1", "20260216", "0.1"))
    told = rows(bench, "RETAILB", "MismatchData", {**WEEK, **AS_AT})
    assert told[1:] == [["METERDP", NMI, "Q1", "2026/02/16", "1"]]


def test_grown_readings_are_missing_only_where_a_scenario_says_so():
    assert len(rows(grown(), "RETAILB", "MissingData", missing())) == 1
    start = datetime(2026, 2, 17, tzinfo=MARKET_ZONE)
    gap = Irregularity(NMI, "missing", start, start + timedelta(days=1), suffix="E1")
    told = rows(grown(gap), "RETAILB", "MissingData", missing())
    assert told[1:] == [["METERDP", NMI, "E1", "2026/02/17", "1"]]


# RM16, RM17


def test_rm16_adds_up_net_energy_in_half_hours():
    bench = Bench()
    deliver(bench, interval("E1", "20260215", "0.1"))
    deliver(bench, interval("B1", "20260215", "0.3", count=48))
    deliver(bench, consumption(BASIC_NMI, "20260214", "20260216", 96), "CSVConsumptionData")
    told = rows(bench, "RETAILB", "Level1SettlementReconciliation", {**CASE, **TWO_DAYS})
    assert ",".join(told[0]) == (
        "TNI,DataType,FRMP,LR,MDP,CreationDT,SettlementDate,"
        + ",".join(f"Period{number:02d}" for number in range(1, 49))
        + ",SeqNo"
    )
    assert [row[:7] for row in told[1:]] == [
        ["NTNI", "C", "RETAILB", "LOCAL", "METERDP", "2026/03/02 09:00:00", "2026/02/15"],
        ["NTNI", "C", "RETAILB", "LOCAL", "METERDP", "2026/03/02 09:00:00", "2026/02/16"],
        ["NTNI", "I", "RETAILB", "LOCAL", "METERDP", "2026/03/02 09:00:00", "2026/02/15"],
    ]
    assert set(told[1][7:55]) == {"1.000"}
    assert set(told[3][7:55]) == {"0.300"}
    assert [row[55] for row in told[1:]] == ["1", "2", "3"]


def test_rm16_without_dates_is_of_the_last_week():
    told = rows(grown(), "RETAILB", "Level1SettlementReconciliation", CASE)
    assert [row[6] for row in told[1:]] == [f"2026/02/{day}" for day in range(22, 29)]
    assert date(2026, 2, 28).weekday() == 5


def test_rm17_shows_what_rm16_adds_up():
    bench = grown()
    summed = rows(bench, "RETAILB", "Level1SettlementReconciliation", {**CASE, **TWO_DAYS})
    single = rows(bench, "RETAILB", "Level3SettlementReconciliation", {**CASE, **TWO_DAYS, "NMI": NMI})
    assert single[0][5] == "NMI"
    assert single[0][-2] == "Period288"
    for one_day, of_all in zip(single[1:], summed[1:], strict=True):
        assert one_day[5] == NMI
        energy, all_energy = map(float, one_day[8:14]), float(of_all[7])
        assert sum(energy) == pytest.approx(all_energy, abs=0.004)


def test_rm17_of_an_accumulation_meter_has_half_hours():
    bench = Bench()
    deliver(bench, consumption(BASIC_NMI, "20260214", "20260216", 96), "CSVConsumptionData")
    basic = [replace(each, meters=(replace(each.meters[0], interval=30),)) for each in points()]
    bench = Bench(basic)
    deliver(bench, consumption(BASIC_NMI, "20260214", "20260216", 96), "CSVConsumptionData")
    told = rows(bench, "RETAILB", "Level3SettlementReconciliation", {**CASE, **TWO_DAYS, "NMI": BASIC_NMI})
    assert len(told[0]) == 8 + 48 + 1
    assert told[1][1] == "C"
    assert set(told[1][8:56]) == {"1.000"}


def test_rm17_covers_seven_days():
    asked = {**CASE, "FromDate": "2026-02-01", "ToDate": "2026-02-08", "NMI": NMI}
    assert one(Bench(), "RETAILB", report("Level3SettlementReconciliation", asked), group="MDMT").codes == ["204"]


# RM9, RM13


def test_rm9_counts_qualities():
    bench = Bench()
    deliver(bench, interval("E1", "20260215", "0.1"))
    deliver(bench, interval("B1", "20260215", "0.1", quality="S14,76,"))
    deliver(bench, consumption(BASIC_NMI, "20260214", "20260216", 96), "CSVConsumptionData")
    told = rows(bench, "RETAILB", "ActualvsEstimate", {**TWO_DAYS, **AS_AT})
    assert told[0][3:8] == ["Actual", "Estimated", "FinalSubstituted", "Substituted", "Null"]
    assert told[1:] == [
        ["METERDP", "C", "2026/02/16", "1", "0", "0", "0", "0", "1"],
        ["METERDP", "I", "2026/02/15", "288", "0", "0", "288", "0", "2"],
    ]
    only = rows(bench, "RETAILB", "ActualvsEstimate", {**TWO_DAYS, **AS_AT, "DataType": "C"})
    assert [row[1] for row in only[1:]] == ["C"]


def test_rm13_shows_every_version():
    bench = Bench()
    deliver(bench, interval("E1", "20260215", "0.1", quality="S14,76,"))
    deliver(bench, interval("E1", "20260215", "0.2", updated="20260221000000"))
    told = rows(bench, "RETAILB", "NMIDataStreamsHistory", {**TWO_DAYS, **AS_AT, "NMI": NMI, "DataType": "I"})
    assert [row[5:] for row in told[1:]] == [
        ["20260220000000", "S", "H", "28.8", "1"],
        ["20260221000000", "A", "A", "57.6", "2"],
    ]


def test_a_data_type_that_is_none_is_refused():
    asked = {**TWO_DAYS, **AS_AT, "NMI": NMI, "DataType": "Weather"}
    answer = one(Bench(), "RETAILB", report("NMIDataStreamsHistory", asked), group="MDMT")
    assert answer.codes == ["204"]
    assert "Weather" in answer.explanations[0]


def test_a_report_shows_the_readings_everybody_else_shows():
    bench = grown()
    told = rows(bench, "RETAILB", "NMIDataStreamsHistory", {**TWO_DAYS, **AS_AT, "NMI": NMI, "DataType": "I"})
    metering = Metering(bench.world, Draw(7))
    days = metering.file_days(NMI, date(2026, 2, 15), date(2026, 2, 16), MONDAY)
    assert {(row[1], row[3], row[8]) for row in told[1:]} == {
        (day.suffix, f"{day.date:%Y/%m/%d}", format(sum(day.values), "f")) for day in days if day.suffix != "Q1"
    }


# AsAtDate


def later(bench, days=3):
    bench.until((MONDAY + timedelta(days)).date())
    return bench


def test_a_reading_counts_from_the_day_it_was_loaded_on():
    bench = Bench()
    deliver(bench, interval("E1", "20260216", "0.1"))
    deliver(later(bench), interval("B1", "20260216", "0.2"))
    whole = {"FromDate": "2026-02-16", "ToDate": "2026-02-16"}
    shown = []
    for moment in ("2026-03-01T00:00:00", "2026-03-02T00:00:00", "2026-03-05T08:59:59", "2026-03-05T09:00:00"):
        told = rows(bench, "RETAILB", "MissingData", missing(**whole, AsAtDate=f"{moment}+10:00"))
        shown.append([row[2] for row in told[1:]])
    assert shown == [["E1", "B1"], ["B1"], ["B1"], []]


def test_a_version_that_came_later_is_not_in_the_history_yet():
    bench = Bench()
    asked = {"FromDate": "2026-02-16", "ToDate": "2026-02-16", "NMI": NMI, "DataType": "I"}
    deliver(bench, interval("E1", "20260216", "0.1"))
    deliver(later(bench), interval("E1", "20260216", "0.2", quality="S14,76,", updated="20260221000000"))

    def versions(day):
        order = ("FromDate", "ToDate", "AsAtDate", "NMI", "DataType")
        given = {**asked, "AsAtDate": f"{day}T00:00:00+10:00"}
        told = rows(bench, "RETAILB", "NMIDataStreamsHistory", {name: given[name] for name in order})
        return [(row[6], row[7]) for row in told[1:]]

    assert versions("2026-03-04") == [("A", "A")]
    assert versions("2026-03-05") == [("A", "H"), ("S", "A")]


def test_versions_that_made_room_are_missed_in_the_answer_and_counted(monkeypatch):
    monkeypatch.setattr("simulator.world.readings.REPLACED_KEPT", 0)
    bench = Bench()
    deliver(bench, interval("E1", "20260216", "0.1"))
    asked = report("NMIDataStreamsHistory", {**TWO_DAYS, **AS_AT, "NMI": NMI, "DataType": "I"})
    assert one(bench, "RETAILB", asked, group="MDMT").codes == ["0"]
    deliver(later(bench), interval("E1", "20260216", "0.2", updated="20260221000000"))
    now = {"AsAtDate": "2026-03-05T00:00:00+10:00"}
    asked = report("NMIDataStreamsHistory", {**TWO_DAYS, **now, "NMI": NMI, "DataType": "I"})
    answer = one(bench, "RETAILB", asked, group="MDMT")
    assert [row[5:8] for row in answer.csv()[1:]] == [["20260221000000", "A", "A"]]
    told = "Not all is here: 1 versions of meter data that newer ones replaced are no longer kept"
    assert (answer.codes, answer.explanations[1]) == (["0", "0"], told)
    then = one(bench, "RETAILB", report("ActualvsEstimate", {**TWO_DAYS, **AS_AT, "DataType": "I"}), group="MDMT")
    assert then.explanations[-1] == (
        "Not all is here: some meter data that was replaced up to 2026-03-05 is no longer kept"
    )
    assert bench.market.evicted["meterDataVersions"] == 1


def test_a_role_counts_from_the_day_it_was_changed_on():
    bench = Bench()
    assert bench.submit("RETAILA", change(reason="1010", proposed="2026-02-10"))[0].text("Event/Code") == "0"
    later(bench)
    assert bench.world.holder(NMI, "FRMP", date(2026, 2, 16)) == "RETAILA"
    for day, asker in (("2026-03-02", "RETAILB"), ("2026-03-05", "RETAILA")):
        told = rows(bench, asker, "MissingData", missing(AsAtDate=f"{day}T00:00:00+10:00", NMI=NMI))
        assert len(told) == 1 + 2 * 7, asker
    assert len(rows(bench, "RETAILB", "MissingData", missing(AsAtDate="2026-03-05T00:00:00+10:00", NMI=NMI))) == 1


def test_grown_readings_are_those_there_were():
    bench = later(grown())
    days = {"FromDate": "2026-03-01", "ToDate": "2026-03-04"}
    order = ("FromDate", "ToDate", "AsAtDate", "DataType")
    counted = {}
    for at in ("2026-03-02T12:00:00", "2026-03-04T12:00:00"):
        given = {**days, "AsAtDate": f"{at}+10:00", "DataType": "I"}
        told = rows(bench, "RETAILB", "ActualvsEstimate", {name: given[name] for name in order})
        counted[at] = sorted({row[2] for row in told[1:]})
    assert counted == {
        "2026-03-02T12:00:00": ["2026/03/01"],
        "2026-03-04T12:00:00": ["2026/03/01", "2026/03/02", "2026/03/03"],
    }
