"""What AEMO answers to ``ReportRequest``: the list of the reports that are made here, and how a request gets to one."""

from __future__ import annotations

from simulator.asexml.model import Element
from simulator.base.turn import Turn
from simulator.market import (
    replication,
    report_asking,
    report_changes,
    report_discovery,
    report_limits,
    report_making,
    report_master,
    report_missing,
    report_quality,
    report_settlement,
    report_snapshot,
)
from simulator.market.desk import Request
from simulator.market.events import AnswerGiven
from simulator.market.operator import Operator, event, written
from simulator.market.report_model import Report
from simulator.market.report_readings import days_of_nmis
from simulator.market.report_tables import severity
from simulator.market.report_values import Asked
from simulator.market.rules import Rejection

MADE: dict[str, Report] = {
    report.name: report
    for report in (
        report_master.NMI_AUDIT,
        report_master.MASTER,
        report_changes.CHANGE_MANAGEMENT,
        report_changes.STATISTICS,
        report_discovery.NMI_DISCOVERY,
        report_changes.NEW_PARTICIPANT_ACCESS,
        report_changes.C8,
        report_snapshot.SNAPSHOT,
        report_limits.MSATS_LIMITS,
        report_limits.PARTICIPANT_SYSTEM_STATUS,
        report_quality.ACTUAL_VS_ESTIMATE,
        report_missing.MISSING,
        report_quality.STREAMS_HISTORY,
        report_settlement.LEVEL_1,
        report_settlement.LEVEL_3,
        report_missing.HIGH_PRIORITY,
        report_missing.DATA_STREAM,
        report_missing.MISMATCH,
    )
}
"""Every report that can be derived from the world, by name; any other is unknown."""
OF_READINGS = frozenset(name for name, report in MADE.items() if report.subjects is days_of_nmis)
"""Those that look at readings day by day."""


def report_request(op: Operator, turn: Turn, request: Request) -> None:
    """Answer a ``ReportRequest``."""
    asked = report_asking.asked(turn, request, "ReportParameters", "ReportName")
    report = MADE.get(asked.name)
    if request.rejection:
        first = request.rejection[0]
        events = tuple(map(written, request.rejection))
        _refuse(op, turn, asked, Rejection("scenario.reject", first.code, first.explanation or ""), events)
        return
    problem = report_asking.unreadable(asked, request.transaction.view.first("ReportParameters"), report)
    if report is not None:
        problem = problem or report_asking.not_entitled(op, asked, report.name) or report.check(op, asked)
    if problem is not None or report is None:
        why = problem or Rejection("report.unknown", 203, "")
        _refuse(op, turn, asked, why, (event(why, severity=severity(why.rule)),))
        return
    report_making.make(op, turn, asked, _find(asked))


def report_block(op: Operator, turn: Turn, key: str) -> None:
    """The next turn of a report that takes several."""
    report_making.go_on(op, turn, key, _find)


def _find(asked: Asked) -> Report:
    if asked.replicates:
        return replication.table(asked.name)
    counted = asked.name == "NMIDiscovery" and asked.text("ReportType") == "Statistic"
    return report_discovery.STATISTIC if counted else MADE[asked.name]


def _refuse(op: Operator, turn: Turn, asked: Asked, why: Rejection, events: tuple[Element, ...]) -> None:
    turn.emit(AnswerGiven(turn.now, asked.sender, asked.transaction_id, why.code, why.rule, why.explanation))
    report_making.send(op, turn, asked, 1, report_making.report_response(asked, None, (1, 1), events))
