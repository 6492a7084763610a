"""Reports about change requests: C3 (ChangeManagement), C5 (Statistics), C7 (NewParticipantAccess) and C8.

What the columns of C5 and C8 are is not documented: theirs are ours (``assume.c5-columns``, ``assume.c8-columns``).
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from simulator.asexml.model import Element
from simulator.market import replication_nmi as nmis
from simulator.market.operator import Operator
from simulator.market.replication_log import Change, Touched
from simulator.market.replication_requests import notices_of, request_row
from simulator.market.replication_rows import instant, row
from simulator.market.report_asking import foreign
from simulator.market.report_columns import Columns
from simulator.market.report_master import excludes, role_fits, selected, selection_problem
from simulator.market.report_model import Report, numbered
from simulator.market.report_tables import refuse
from simulator.market.report_values import Asked, Line
from simulator.market.rules import NEW, Rejection
from simulator.market.standing import master_record
from simulator.world.changes import ChangeRequest

_DATES = ("FromDate", "ToDate")
_STEP = 1_000


def _requests(op: Operator, asked: Asked) -> int:
    return op.history.requests.end


def _within(asked: Asked, moment: datetime) -> bool:
    """Whether something happened within the period asked for; days are both included."""
    begin, end = asked.day("FromDate"), asked.day("ToDate")
    return (begin is None or begin <= moment.date()) and (end is None or moment.date() <= end)


def _managed(op: Operator, asked: Asked, index: int) -> Iterator[Line]:
    touched = op.history.requests[index]
    request = None if touched is None else op.requests.get(touched.key)
    if touched is None or request is None or not _chosen(op, asked, request, touched):
        return
    made = request_row(op, touched, asked.as_at)
    if made is not None and made.number > asked.after:
        created, maintained = instant(made.created), instant(made.maintained)
        text = row("CATSChangeRequestRow", made.number, made.text, created=created, maintained=maintained)
        yield Line(made.number, "CATSChangeRequests", text)


def _chosen(op: Operator, asked: Asked, request: ChangeRequest, touched: Touched) -> bool:
    """Whether a request is about a NMI asked for, lodged in the period, and concerns the asker in a role that fits.

    With ExcludeParticipant, whether somebody else initiated it.
    """
    if touched.at > asked.as_at or not _within(asked, op.history.lodged_at[request.request_id]):
        return False
    point = op.world.point(request.nmi)
    named = request.nmi == asked.text("NMI")
    if not named and (point is None or not selected(asked, point)):
        return False
    if excludes(asked, "ExcludeParticipant") and request.initiator == asked.sender:
        return False
    return any(role_fits(asked, notice.role) for notice in notices_of(op, request, asked.sender))


def _next(op: Operator, asked: Asked, index: int) -> int:
    return op.history.requests.next(index)


def _lost(op: Operator, asked: Asked) -> str:
    """Requests that were lodged in the period may have made room."""
    gone, begin = op.history.forgotten, asked.day("FromDate")
    if gone is None or (begin is not None and begin > gone.at.date()):
        return ""
    return f"{op.requests.evicted} finished change requests, of up to {gone.at:%Y-%m-%d}, are no longer kept"


CHANGE_MANAGEMENT = Report(
    "ChangeManagement",
    (*_DATES, "AsAtDate"),
    _requests,
    _managed,
    check=selection_problem,
    next=_next,
    lost=_lost,
    step=_STEP,
)


def _counted(op: Operator, asked: Asked, index: int) -> Iterator[Line]:
    touched = op.history.requests[index]
    request = None if touched is None else op.requests.get(touched.key)
    if touched is None or request is None or not op.history.is_latest(touched):
        return
    if not _within(asked, op.history.lodged_at[request.request_id]):
        return
    if asked.text("ReportType") == "Internal" and not notices_of(op, request, asked.sender):
        return
    yield Line(0, f"{request.reason},{touched.status}", "1")


def _sums(asked: Asked, lines: list[Line]) -> list[Line]:
    return [Line(0, "", f"{line.block},{line.text}") for line in sorted(lines, key=lambda line: line.block)]


_COUNTED = Columns("assume.c5-columns", ("ChangeReasonCode", "ChangeStatusCode", "Count"))
STATISTICS = Report(
    "Statistics",
    (*_DATES, "ReportType"),
    _requests,
    _counted,
    finish=_sums,
    header=_COUNTED.header,
    laid=_COUNTED.laid,
    next=_next,
    lost=_lost,
    summed=True,
    step=_STEP,
)


def _access_problem(op: Operator, asked: Asked) -> Rejection | None:
    request = op.requests.get(asked.text("RequestID"))
    if request is None:
        return refuse("report.request-unknown", f"Change request {asked.text('RequestID')[:20]} {op.requests.unknown}")
    if all(notice.status != NEW for notice in notices_of(op, request, asked.sender)):
        return refuse("report.not-own", f"{asked.sender} is no new participant of request {request.request_id}")
    return None


def _access(op: Operator, asked: Asked) -> Element | None:
    """``ReportResults`` of C7: what a new participant is told of the NMI; nothing before there is one."""
    request = op.requests.get(asked.text("RequestID"))
    point = None if request is None else op.world.point(request.nmi)
    if request is None or point is None:
        return None
    record = master_record(point, request.effective, op.switches.meter_listing == "twice")
    return Element("ReportResults", None, (record,), {"xsi:type": "ase:CATSNewParticipantAccessReportFormat"})


NEW_PARTICIPANT_ACCESS = Report("NewParticipantAccess", ("RequestID",), check=_access_problem, whole=_access)


def _changed(op: Operator, asked: Asked, index: int) -> Iterator[Line]:
    change = op.history.changes[index]
    begin, end = asked.moment("FromDate"), asked.moment("ToDate")
    if not isinstance(change, Change) or not change.reason:
        return
    if (begin is not None and change.at < begin) or (end is not None and change.at > end):
        return
    if nmis.concerned(op, asked.sender, change.nmi, index + 1):
        fields = (change.because, change.reason, change.nmi, f"{change.effective:%Y/%m/%d}")
        yield Line(0, "", ",".join((*fields, f"{change.at:%Y/%m/%d %H:%M:%S}")))


def _changes(op: Operator, asked: Asked) -> int:
    return op.history.changes.end


def _own(op: Operator, asked: Asked) -> Rejection | None:
    return foreign(asked)


def _next_change(op: Operator, asked: Asked, index: int) -> int:
    return op.history.changes.next(index)


def _changes_lost(op: Operator, asked: Asked) -> str:
    """Changes of the period may have made room."""
    gone, begin = op.history.latest_folded, asked.moment("FromDate")
    if gone is None or (begin is not None and begin > gone.at):
        return ""
    return f"{op.history.folded} changes, the last of them of {gone.at:%Y-%m-%d}, are no longer kept"


_COMPLETED = Columns(
    "assume.c8-columns",
    ("RequestID", "ChangeReasonCode", "NMI", "EffectiveDate", "CompletedDT", "SequenceNumber"),
)
C8 = Report(
    "C8",
    _DATES,
    _changes,
    _changed,
    check=_own,
    next=_next_change,
    lost=_changes_lost,
    finish=numbered,
    header=_COMPLETED.header,
    laid=_COMPLETED.laid,
)
