"""What bad requests for reports get, and the tables behind them: every rule has an event, every assumption a row."""

import re
from pathlib import Path

import pytest
from market_kit import NMI, Bench, schemas
from reports_kit import EVER, NOW, Answer, one, replication, report

import simulator.market
from simulator.asexml.content_reports import REPORTS
from simulator.asexml.decode import read
from simulator.asexml.encode import write
from simulator.asexml.model import AseEvent, Element, Header, Message, Transaction, element
from simulator.market.desk import Request
from simulator.market.events import AnswerGiven
from simulator.market.report_tables import codes, limits
from simulator.market.report_tables import read as table
from simulator.market.reports import MADE
from simulator.market.tables import shipped

C4 = {**EVER, **NOW, "NMI": NMI, "Participant": "RETAILB", "Role": "FRMP", "ReportType": "Detailed"}
UNKNOWN = sorted(set(REPORTS) - set(MADE))
OWN = [path for path in Path(simulator.market.__file__).parent.glob("re*.py") if path.stem != "rules"]


def rule(bench):
    """The rule of the last refusal."""
    return [event for event in bench.events if isinstance(event, AnswerGiven)][-1].rule


@pytest.mark.parametrize(
    ("changed", "codes", "rule_id"),
    [
        ({"FromDate": "2026-03-03", "ToDate": "2026-03-01"}, ["204"], "report.dates"),
        ({"AsAtDate": "2026-03-03"}, ["204"], "report.dates"),
        ({"Role": "KING"}, ["204"], "report.code"),
        ({"NMI": "4102034569"}, ["200"], "report.nmi-unknown"),
        ({"Participant": "RETAILA"}, ["202"], "report.not-own"),
    ],
)
def test_c4_parameters_of_no_use(changed, codes, rule_id):
    bench = Bench()
    answer = one(bench, "RETAILB", report("Master", {**C4, **changed}))
    assert answer.codes == codes
    assert answer.explanations[0]
    assert answer.view.first("ReportResults") is None
    assert answer.view.text("ReportParameters/ReportName") == "Master"
    assert rule(bench) == rule_id


def test_codes_of_class_and_jurisdiction_are_checked():
    selection = {"NMIClassificationCode": "TINY", "JurisdictionCode": "NSW", "Participant": "RETAILB"}
    asked = {**EVER, **NOW, **selection, "Role": "FRMP", "ReportType": "Detailed"}
    bench = Bench()
    assert one(bench, "RETAILB", report("Master", asked)).codes == ["204"]
    asked["NMIClassificationCode"], asked["JurisdictionCode"] = "SMALL", "XYZ"
    assert one(bench, "RETAILB", report("Master", asked)).codes == ["204"]


def test_zero_rows_are_of_no_use():
    bench = Bench()
    named = element("ReportName", "MSATSLimits")
    parts = element("ReportParameters", named, element("MaximumRows", "0"), xsi_type=f"ase:{REPORTS['MSATSLimits']}")
    assert one(bench, "RETAILB", element("ReportRequest", parts)).codes == ["204"]
    assert rule(bench) == "report.parameters"


@pytest.mark.parametrize("name", ["Weather", "master", "C4", "", "PPS", "DataEstimation"])
def test_an_unknown_report_is_event_203(name):
    bench = Bench()
    answer = one(bench, "RETAILB", report(name, {}, "GenericReportParameters"))
    assert answer.codes == ["203"]
    assert rule(bench) == "report.unknown"
    assert answer.view.text("ReportParameters/ReportName") == name


@pytest.mark.parametrize("name", MADE)
def test_the_parameters_of_another_report_are_event_204(name):
    other = "CATSMsatsLimitsReportParameters" if name != "MSATSLimits" else "GenericReportParameters"
    bench = Bench()
    answer = one(bench, "RETAILB", report(name, {}, other))
    assert answer.codes == ["204"]
    assert rule(bench) == "report.parameter-type"
    assert REPORTS[name] in answer.explanations[0]


@pytest.mark.parametrize("release", ["r39_p1", "r44"])
@pytest.mark.parametrize("name", UNKNOWN)
def test_reports_that_cannot_be_derived_are_unknown_in_every_release(name, release):
    """In a release that dropped the type of its parameters, the schema refuses it before."""
    bench = Bench()
    head = Header("RETAILB", "NEMMCO", "M1", bench.now, "MDMT")
    payload = report(name, {}, "GenericReportParameters")
    body = write(Message(release, head, (Transaction("T1", bench.now, payload),)))
    received = read(body, schemas())
    assert received.findings == ()
    bench.market.respond(bench.turn(), Request("RETAILB", "MDMT", release, received.transactions[0]))
    assert Answer(bench.sent[0], release).codes == ["203"]


LENIENT = [
    element("ReportRequest"),
    element("ReportRequest", element("ReportParameters")),
    *(
        report(name, parameters)
        for name in MADE
        for parameters in (
            {},
            dict.fromkeys(("FromDate", "ToDate", "AsAtDate", "AsAtDateTime", "Participant", "ReportType"), "nonsense"),
            {"FromDate": "0001-01-01", "ToDate": "9999-12-31", "AsAtDate": "0001-01-01", "NMI": "", "Tables": "a b"},
            {"FromDate": "9999-12-31T23:59:59-14:00", "ToDate": "0001-01-01T00:00:00+14:00", "MaximumRows": "9" * 30},
        )
    ),
    element("ReplicationRequest"),
    element("ReplicationRequest", element("ReplicationParameters", element("TableName", "CATS_ROLES"))),
    replication("CATS_ROLES", begin="never"),
    replication("CATS_ROLES", rows=-1),
]


@pytest.mark.parametrize("number", range(len(LENIENT)))
def test_what_a_newer_release_lets_through_is_answered_too(number):
    bench = Bench()
    head = Header("RETAILB", "NEMMCO", "M1", bench.now, "CATS")
    body = write(Message("r99", head, (Transaction("T1", bench.now, LENIENT[number]),)))
    received = read(body, schemas())
    bench.market.respond(bench.turn(), Request("RETAILB", "CATS", "r99", received.transactions[0]))
    assert len(bench.sent) == 1
    payload = bench.sent[0].payload
    found = [child.children[0].text for child in payload.children if child.name == "Event"]
    assert found
    assert set(found) <= {"0", "200", "202", "203", "204", "205"}


def test_what_is_carried_back_is_bounded():
    bench = Bench()
    long = report(
        "Snapshot", {"Participant": "RETAILB", "AsAtDateTime": "2026-03-02T09:00:00+10:00", "Tables": "X " * 9_000}
    )
    answer = one(bench, "RETAILB", long)
    assert answer.codes == ["204"]
    assert len(answer.body) < 3_000


def test_a_scenario_may_refuse():
    refusal = (AseEvent(100, "Error", explanation="Application unavailable"),)
    bench = Bench()
    for payload in (report("MSATSLimits", {}), replication("CATS_ROLES")):
        bench.submit("RETAILB", payload, rejection=refusal)
        assert Answer(bench.sent[-1], "r46").codes == ["100"]
        assert rule(bench) == "scenario.reject"


# The tables


def literals(pattern):
    return {found for path in OWN for found in re.findall(pattern, path.read_text("utf-8"))}


def test_every_rule_has_an_event_and_every_event_a_rule():
    assert literals(r'"((?:report|c1)\.[a-z-]+)"') == {row["Rule"] for row in table("rules")}


def test_every_assumption_in_the_code_is_in_the_table():
    listed = {row["Rule"] for row in table("assumptions")}
    assert len(listed) == len(table("assumptions"))
    assert literals(r"(assume\.[a-z0-9-]+)") <= listed


@pytest.mark.parametrize("name", ["rules", "limits", "codes", "assumptions"])
def test_every_row_says_how_sure_it_is_and_where_from(name):
    for row in table(name):
        assert row["confidence"] in {"D", "C", "S", "I", "R+", "R", "R-"}, row
        assert row["source"]
        assert None not in row.values()


def test_every_event_code_is_described_and_every_report_has_limits():
    described = {row["Code"] for row in shipped()["error_codes"]}
    assert {row["Code"] for row in table("rules")} <= described
    assert set(limits()) == {*MADE, "C1"}
    roles = {row["Code"] for row in shipped()["roles"]}
    assert all(each.roles <= roles and each.rows > 0 for each in limits().values())


def test_documented_limits_are_kept():
    held = {name: (each.rows, each.priority) for name, each in limits().items()}
    assert held["Master"] == (500, "Low")
    assert held["MissingData"] == (20_000, "Medium")
    assert held["Level3SettlementReconciliation"] == (500, "Low")
    assert limits()["Level3SettlementReconciliation"].days == 7


def test_code_rows_have_the_columns_of_their_table():
    bench = Bench()
    for name, rows in codes().items():
        shown = one(bench, "RETAILB", replication(name)).rows()
        assert len(shown) == len(rows)


def test_an_element_of_no_text_is_answered():
    empty = Element("ReportRequest", None, (Element("ReportParameters", None, (Element("ReportName", ""),)),))
    bench = Bench()
    head = Header("RETAILB", "NEMMCO", "M1", bench.now, "CATS")
    body = write(Message("r99", head, (Transaction("T1", bench.now, empty),)))
    received = read(body, schemas())
    bench.market.respond(bench.turn(), Request("RETAILB", "CATS", "r99", received.transactions[0]))
    assert [event.rule for event in bench.events if isinstance(event, AnswerGiven)] == ["report.unknown"]
