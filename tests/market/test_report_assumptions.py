"""What is assumed of reports: every row of the table is one the program goes by, or says why it is fixed."""

import re
import subprocess
import sys
from datetime import date
from importlib.util import module_from_spec, spec_from_file_location

import pytest
from market_kit import BASIC_NMI, NMI, Bench, points
from msgspec.structs import replace
from reports_kit import one, report, told
from test_reports_cats import MARCH, TIMES, c4, discovery, transferred
from test_reports_readings import AS_AT, CASE, TWO_DAYS, WEEK, consumption, deliver, grown, interval, rows

from simulator.base.errors import BadValue
from simulator.market import replication_log, replication_rows, report_changes, report_master, report_tables, sequence
from simulator.market.report_columns import Columns
from simulator.register import register

ASSUMED = {row["Rule"]: row for row in report_tables.read("assumptions")}
FIXED = {rule for rule, row in ASSUMED.items() if row["Fixed"]}


@pytest.fixture
def assume(monkeypatch):
    """Another value for a row of the table."""
    kept = (report_tables.assumptions, report_tables.limits)
    read = report_tables.read

    def assume(rule, value):
        changed = {**ASSUMED, rule: {**ASSUMED[rule], "Value": value}}
        monkeypatch.setattr(
            report_tables, "read", lambda name: changed.values() if name == "assumptions" else read(name)
        )
        for each in kept:
            each.cache_clear()

    yield assume
    monkeypatch.undo()
    for each in kept:
        each.cache_clear()


def anew(module):
    """A module as it is when the program starts."""
    spec = spec_from_file_location(module.__name__, module.__file__)
    found = module_from_spec(spec)
    spec.loader.exec_module(found)
    return found


# What each row makes of an answer


def outcome(answer):
    return answer.codes, answer.view.first("ReportResults") is not None


def refused_or_not():
    return one(Bench(), "RETAILB", c4(Participant="RETAILA")).codes


def holders_as_at():
    answer = one(transferred()[0], "RETAILB", c4(AsAtDate="2026-03-09"))
    return sorted(row["Party"] for row in answer.rows("ElectricityNMIRoles") if row["Role"] == "FRMP")


def count_as_at():
    asked = {**TWO_DAYS, **AS_AT}
    bench = Bench()
    deliver(bench, interval("E1", "20260215", "0.1"))
    return [row[3] for row in rows(bench, "RETAILB", "ActualvsEstimate", asked)[1:]]


def everywhere():
    return one(Bench(), "RETAILB", c4(NMI="", NMIClassificationCode="EVERY", JurisdictionCode="NSW")).codes


def nothing_completed():
    return outcome(one(Bench(), "RETAILB", report("C8", TIMES)))


def other_roles():
    return one(Bench(), "RETAILB", c4(ExcludeRole="Y")).codes


def last_week():
    told = rows(grown(), "RETAILB", "Level1SettlementReconciliation", CASE)
    return told[1][6], told[-1][6]


def accumulated():
    bench = Bench()
    deliver(bench, consumption(BASIC_NMI, "20260214", "20260216", 96), "CSVConsumptionData")
    told = rows(bench, "RETAILB", "Level1SettlementReconciliation", {**CASE, **TWO_DAYS})
    return [row[7] for row in told[1:]]


def forty_days():
    asked = {"FromDate": "2026-01-01", "ToDate": "2026-02-09", **AS_AT}
    return one(Bench(), "RETAILB", report("ActualvsEstimate", asked), group="MDMT").codes


def summary():
    return one(Bench(), "RETAILB", c4(ReportType="Summary")).blocks()


def statistics():
    return one(transferred()[0], "RETAILA", report("Statistics", {**MARCH, "ReportType": "Public"})).csv()


def discoveries(kind):
    bench = Bench()
    bench.submit("RETAILA", discovery(JurisdictionCode="NSW", MeterSerialNumber="REMOTE1"), group="NMID")
    told(bench)
    return one(bench, "RETAILA", report("NMIDiscovery", {**MARCH, "Participant": "RETAILA", "ReportType": kind})).csv()


def completed():
    bench, number = transferred()
    told = one(bench, "NETWORK", report("C8", TIMES)).csv()
    return [["its number" if each == number else each for each in row] for row in told]


def statuses():
    answer = one(Bench(), "RETAILA", report("ParticipantSystemStatus", {}))
    found = answer.view.all("ReportResults/ParticipantSystemsStatus/ParticipantSystemStatus")
    return [(each.text("System"), each.text("ModeType"), each.text("Status")) for each in found]


def qualities():
    bench = Bench()
    deliver(bench, interval("E1", "20260215", "0.1"))
    return rows(bench, "RETAILB", "ActualvsEstimate", {**TWO_DAYS, **AS_AT})


def versions():
    bench = Bench()
    deliver(bench, interval("E1", "20260215", "0.1"))
    asked = {**TWO_DAYS, **AS_AT, "NMI": NMI, "DataType": "I"}
    return rows(bench, "RETAILB", "NMIDataStreamsHistory", asked)


def single():
    asked = {**CASE, "FromDate": "2026-02-15", "ToDate": "2026-02-15", "NMI": NMI}
    told = rows(grown(), "RETAILB", "Level3SettlementReconciliation", asked)
    return told[0][:4], told[0][-1], len(told[0]), [row[:3] for row in told[1:]], {len(row) for row in told}


def high_priority():
    told = rows(Bench(), "RETAILB", "HighPriorityMissingData", {**WEEK, **AS_AT})
    return len({row[1] for row in told[1:]})


def of_second_tier():
    local = [replace(each, roles=tuple(_local(row) for row in each.roles)) for each in points()]
    return len(rows(Bench(local), "RETAILB", "DataStreamMissingData", {**WEEK, **AS_AT})) > 1


def _local(row):
    return replace(row, party="RETAILB") if row.role == "LR" else row


def mismatched():
    """Interval data was received before its data stream became one of consumption."""
    before = Bench()
    deliver(before, interval("E1", "20260216", "0.1"))
    held = [before.world.point(each.nmi) for each in points()]
    bench = Bench([replace(each, data_streams=tuple(map(_of_consumption, each.data_streams))) for each in held])
    bench.world.readings = before.world.readings
    return [row[2] for row in rows(bench, "RETAILB", "MismatchData", {**WEEK, **AS_AT})[1:]]


def _of_consumption(stream):
    return replace(stream, kind="C")


def case_seven():
    asked = {"SettlementCase": "7", **TWO_DAYS}
    return one(Bench(), "RETAILB", report("Level1SettlementReconciliation", asked), group="MDMT").codes


ACTUAL = ["METERDP", "I", "2026/02/15", "288", "0", "0", "0", "0", "1"]
SETTLED = ["NTNI", "I", "RETAILB"]
EXAMPLES = {
    "replication-beginning": (
        lambda: anew(replication_rows).BEGINNING,
        "2000-01-01T00:00:00+10:00",
        "1998-12-13",
        "1998-12-13T00:00:00+10:00",
    ),
    "replication-size": (lambda: anew(sequence).LATER, 10_000_000_000, "2000000000", 2_000_000_000),
    "replication-kept": (lambda: anew(replication_log).MOST_KEPT, 2000, "7", 7),
    "report-own": (refused_or_not, ["202"], "passed over", ["0"]),
    "report-as-at": (holders_as_at, ["RETAILA", "RETAILB"], "its beginning", ["RETAILB"]),
    "report-all": (everywhere, ["204"], "JurisdictionCode=ALL|NMIClassificationCode=EVERY ALL", ["0"]),
    "report-none": (nothing_completed, (["0"], True), "event 200", (["200"], False)),
    "report-exclude": (other_roles, ["200"], "passed over", ["0"]),
    "report-week": (last_week, ("2026/02/22", "2026/02/28"), "Monday", ("2026/02/23", "2026/03/01")),
    "report-even-use": (accumulated, ["1.000", "1.000"], "on the last day", ["0.000", "2.000"]),
    "report-days": (forty_days, ["204"], "40", ["0"]),
    "c4-summary": (
        summary,
        ["ElectricityNMIMaster", "ElectricityNMIRoles"],
        "ElectricityNMIMeters",
        ["ElectricityNMIMeters"],
    ),
    "c5-columns": (
        statistics,
        [["ChangeReasonCode", "ChangeStatusCode", "Count"], ["1000", "COM", "1"]],
        "Number=Count ChangeReasonCode",
        [["Number", "ChangeReasonCode"], ["1", "1000"]],
    ),
    "c6-columns": (
        lambda: discoveries("SourceContent"),
        [
            ["Participant", "RequestDT", "Search", "NMI", "JurisdictionCode", "EventCode", "SequenceNumber"],
            ["RETAILA", "2026/03/02 09:00:00", "1", NMI, "NSW", "0", "1"],
        ],
        "SequenceNumber NMI",
        [["SequenceNumber", "NMI"], ["1", NMI]],
    ),
    "c6-statistic-columns": (
        lambda: discoveries("Statistic"),
        [
            ["Participant", "Date", "Search", "JurisdictionCode", "Requests", "NMIs", "SequenceNumber"],
            ["RETAILA", "2026/03/02", "1", "NSW", "1", "1", "1"],
        ],
        "Date Found=NMIs",
        [["Date", "Found"], ["2026/03/02", "1"]],
    ),
    "c8-columns": (
        completed,
        [
            ["RequestID", "ChangeReasonCode", "NMI", "EffectiveDate", "CompletedDT", "SequenceNumber"],
            ["its number", "1000", NMI, "2026/03/09", "2026/03/09 00:00:00", "1"],
        ],
        "NMI RequestID",
        [["NMI", "RequestID"], [NMI, "its number"]],
    ),
    "system-status": (
        statuses,
        [("MSATS", "Batch", "Running"), ("MSATS", "Interactive", "Running"), ("EHUB", "Batch", "Running")],
        "B2M Pull CATS",
        [("B2M", "Pull", "Running")],
    ),
    "system-words": (
        lambda: {status for _, _, status in statuses()},
        {"Running"},
        "Up Down In Out",
        {"Up"},
    ),
    "rm9-columns": (
        qualities,
        [
            [
                "MDP",
                "DataType",
                "SettlementDate",
                "Actual",
                "Estimated",
                "FinalSubstituted",
                "Substituted",
                "Null",
                "SequenceNumber",
            ],
            ACTUAL,
        ],
        "SettlementDate A=Actual",
        [["SettlementDate", "A"], ["2026/02/15", "288"]],
    ),
    "rm13-columns": (
        versions,
        [
            [
                "NMI",
                "Suffix",
                "DataType",
                "FromDate",
                "ToDate",
                "MDPVersionDate",
                "Status",
                "RecordStatus",
                "Value",
                "SequenceNumber",
            ],
            [NMI, "E1", "I", "2026/02/15", "2026/02/15", "20260220000000", "A", "A", "28.8", "1"],
        ],
        "Value NMI",
        [["Value", "NMI"], ["28.8", NMI]],
    ),
    "rm17-columns": (
        single,
        (["TNI", "DataType", "FRMP", "LR"], "SeqNo", 297, [SETTLED], {297}),
        "NMI DataType TNI Interval=Period SettlementDate",
        (["NMI", "DataType", "TNI", "Interval01"], "SettlementDate", 292, [[NMI, "I", "NTNI"]], {292}),
    ),
    "rm37-content": (high_priority, 0, "LARGE", 3),
    "rm38-content": (of_second_tier, True, "SecondTierNMIs", False),
    "rm39-content": (mismatched, ["E1"], "suffix", []),
    "settlement-case": (case_seven, ["0"], "8 9", ["204"]),
}
"""Row → how it is seen, what is seen, another value, and what is seen then."""


@pytest.mark.parametrize("row", EXAMPLES)
def test_another_value_gives_another_answer(row, assume):
    seen, usual, value, otherwise = EXAMPLES[row]
    assert seen() == usual
    assume(f"assume.{row}", value)
    assert seen() == otherwise


def test_every_row_has_an_example_or_is_fixed():
    assert {f"assume.{row}" for row in EXAMPLES} == ASSUMED.keys() - FIXED
    assert {"assume.c3-content", "assume.c8-content", "assume.replication-numbers", "assume.replication-own"} | {
        "assume.versions-kept"
    } == FIXED


def test_the_register_says_of_every_row_where_it_is_set_or_why_it_is_fixed():
    for rule, row in ASSUMED.items():
        entry = register()[rule]
        why = f"fixed: {row['Fixed']}" if row["Fixed"] else "market/data/report_assumptions.csv"
        assert (entry.set_by, entry.default) == (why, row["Value"])
    assert register()["assume.report-own"].choices == ("refused", "passed over")


def test_a_day_as_at_its_beginning_has_nothing_of_it(assume):
    assert count_as_at() == ["288"]
    assume("assume.report-as-at", "its beginning")
    assert count_as_at() == []
    assert date(2026, 3, 2) == Bench().now.date()


# Values that mean nothing


@pytest.mark.parametrize(
    ("row", "value", "why"),
    [
        ("report-week", "Someday", "[Someday] is not Monday, Tuesday, "),
        ("report-days", "many", "[many] is not a number"),
        ("replication-beginning", "2026-02-30", "[2026-02-30] is not a date"),
        ("report-days", "0", "[0] is not a number"),
        ("settlement-case", "any 7", "[any 7] is not any or numbers"),
        ("system-words", "Running Stopped", "[Running Stopped] is not four words"),
        ("c5-columns", "", "[] is not columns"),
        ("system-status", "MSATS", "[MSATS] is not systems"),
        ("report-all", "Participant=ALL", "[Participant=ALL] is not words for any"),
        ("report-all", "JurisdictionCode= ", "[JurisdictionCode= ] is not words for any"),
        (
            "report-all",
            "JurisdictionCode=ALL|JurisdictionCode=NEM",
            "[JurisdictionCode=ALL|JurisdictionCode=NEM] is not",
        ),
        ("c5-columns", "A,B=Count", "[A,B=Count] is not columns"),
    ],
)
def test_a_value_that_is_no_choice_is_refused(row, value, why, assume):
    assume(f"assume.{row}", value)
    with pytest.raises(BadValue) as error:
        report_tables.assumptions()
    assert str(error.value).startswith(f"report_assumptions.csv: assume.{row}: {why}")


@pytest.mark.parametrize(
    ("value", "why"),
    [
        ("Count Price", "[Price] is no column of this report, which has Reason Count"),
        ("Count Other=Count", "[Count Other=Count] has a column twice"),
        ("Count Count=Reason", "[Count Count=Reason] has a column twice"),
    ],
)
def test_columns_that_a_report_cannot_have_are_refused_as_it_is_loaded(value, why, assume):
    assume("assume.c5-columns", value)
    with pytest.raises(BadValue) as error:
        Columns("assume.c5-columns", ("Reason", "Count"))
    assert str(error.value) == f"report_assumptions.csv: assume.c5-columns: {why}"
    with pytest.raises(BadValue):
        anew(report_changes)


def test_a_row_that_somebody_took_out_is_missed_by_name(monkeypatch):
    rows = [row for row in ASSUMED.values() if row["Rule"] != "assume.report-week"]
    monkeypatch.setattr(report_tables, "assumptions", lambda: {row["Rule"]: row["Value"] for row in rows})
    with pytest.raises(BadValue, match=r"^report_assumptions.csv: assume.report-week: there is no such row$"):
        last_week()


@pytest.mark.parametrize(("column", "cell"), [("Days", "soon"), ("Rows", ""), ("Rows", "0"), ("Days", "-1")])
def test_a_limit_that_is_no_number_is_told_with_its_report(monkeypatch, column, cell):
    row = {**next(row for row in report_tables.read("limits") if row["Days"] not in ("", "assumed")), column: cell}
    monkeypatch.setattr(report_tables, "read", lambda name: (row,))
    told = f"report_limits.csv: {row['Report']}: {column} [{cell}] is not a number"
    with pytest.raises(BadValue, match=re.escape(told)):
        report_tables.limits.__wrapped__()


def test_a_table_that_a_spreadsheet_wrote_is_read(monkeypatch, tmp_path):
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "report_mine.csv").write_bytes(b"\xef\xbb\xbfRule,Value\r\nassume.report-week,Monday\r\n")
    monkeypatch.setattr(report_tables, "files", lambda package: tmp_path)
    assert report_tables.read.__wrapped__("mine") == ({"Rule": "assume.report-week", "Value": "Monday"},)


def test_numbers_of_what_happens_that_are_those_of_nmis_are_refused(monkeypatch):
    """Whoever asks for what comes after a NMI of that number would never be told of the next."""
    nmis = len(points())
    monkeypatch.setattr(sequence, "LATER", (nmis + 1) * sequence.STRIDE)
    Bench()
    monkeypatch.setattr(sequence, "LATER", (nmis + 1) * sequence.STRIDE - 1)
    with pytest.raises(
        BadValue, match=rf"assume.replication-size: \[39999\] is less than 40000, which {nmis} NMIs take"
    ):
        Bench()


def test_a_table_that_a_summary_cannot_have_is_refused_as_it_is_loaded(assume):
    assume("assume.c4-summary", "ElectricityNMIMaster NoTable")
    with pytest.raises(BadValue, match=r"assume.c4-summary: \[NoTable\] is none of ElectricityNMIMaster "):
        anew(report_master)


def test_a_program_that_cannot_go_by_its_table_says_why_and_does_not_start():
    changed = (
        "import sys; from simulator.market import report_tables as tables; read = tables.read\n"
        "def other(name):\n"
        "    rows = read(name)\n"
        "    spoilt = {'assume.c5-columns': {'Value': 'Price'}} if name == 'assumptions' else {}\n"
        "    return tuple({**row, **spoilt.get(row.get('Rule'), {})} for row in rows)\n"
        "tables.read = other\n"
        "from simulator.cli import main; sys.exit(main(['serve', '--port', '0', '--plain-port', '0']))\n"
    )
    done = subprocess.run([sys.executable, "-c", changed], capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stdout) == (3, "")
    assert done.stderr == (
        "ehubsim: report_assumptions.csv: assume.c5-columns: [Price] is no column of this report, "
        "which has ChangeReasonCode ChangeStatusCode Count\n"
    )
