"""C6 (NMIDiscovery): which discoveries a participant made, one by one (SourceContent) or counted (Statistic).

The columns are ours (``assume.c6-columns``, ``assume.c6-statistic-columns``). Search 1 is by address, meter or delivery
point; 2 stands for 2 and 3.
"""

from __future__ import annotations

from collections.abc import Iterator

from simulator.market.operator import Operator
from simulator.market.replication_log import Discovered
from simulator.market.report_asking import foreign, means_any, not_in_list, unknown_nmi
from simulator.market.report_columns import Columns
from simulator.market.report_model import Report, numbered, sums
from simulator.market.report_tables import refuse
from simulator.market.report_values import Asked, Line
from simulator.market.rules import Rejection

_SEARCH = {"NMIDiscoveryResponse": "1", "NMIStandingDataResponse": "2"}
_NEEDS = ("FromDate", "ToDate", "Participant", "ReportType")


def _problem(op: Operator, asked: Asked) -> Rejection | None:
    if asked.text("ReportType") not in ("SourceContent", "Statistic"):
        return refuse("report.code", f"Value of [ReportType] is invalid: {asked.text('ReportType')[:40]}")
    return foreign(asked) or not_in_list(op, asked, JurisdictionCode="jurisdiction_codes") or unknown_nmi(op, asked)


def _subjects(op: Operator, asked: Asked) -> int:
    return op.history.discoveries.end


def _next(op: Operator, asked: Asked, index: int) -> int:
    return op.history.discoveries.next(index)


def _found(op: Operator, asked: Asked, told: Discovered) -> list[tuple[str, str]]:
    """(NMI, jurisdiction) of what an answer showed, as far as it was asked for; of one that showed nothing, blanks."""
    begin, end = asked.day("FromDate"), asked.day("ToDate")
    if told.to != asked.sender or not (begin and end and begin <= told.at.date() <= end):
        return []
    wanted, place = asked.text("NMI"), asked.text("JurisdictionCode")
    points = (op.world.point(nmi) for nmi in told.nmis)
    shown = [(point.nmi, point.jurisdiction) for point in points if point is not None]
    if not shown and not wanted and not place:
        return [("", "")]
    anywhere = not place or means_any(asked, "JurisdictionCode")
    return [each for each in shown if wanted in ("", each[0]) and (anywhere or place == each[1])]


def _content(op: Operator, asked: Asked, index: int) -> Iterator[Line]:
    told = op.history.discoveries[index]
    if told is None:
        return
    for nmi, place in _found(op, asked, told):
        when, code = f"{told.at:%Y/%m/%d %H:%M:%S}", told.code
        yield Line(0, "", ",".join((told.to, when, _SEARCH[told.name], nmi, place, code)))


def _statistic(op: Operator, asked: Asked, index: int) -> Iterator[Line]:
    told = op.history.discoveries[index]
    if told is None:
        return
    for at, (nmi, place) in enumerate(_found(op, asked, told)):
        key = f"{told.to},{told.at:%Y/%m/%d},{_SEARCH[told.name]},{place}"
        yield Line(0, key, f"{int(at == 0)},{int(bool(nmi))}")


def _lost(op: Operator, asked: Asked) -> str:
    """Discoveries of the period may have made room."""
    gone, begin = op.history.discoveries.last, asked.day("FromDate")
    if gone is None or (begin is not None and begin > gone.at.date()):
        return ""
    return f"{op.history.discoveries.dropped} discoveries, up to {gone.at:%Y-%m-%d}, are no longer kept"


_ONE_BY_ONE = Columns(
    "assume.c6-columns",
    ("Participant", "RequestDT", "Search", "NMI", "JurisdictionCode", "EventCode", "SequenceNumber"),
)
_COUNTED = Columns(
    "assume.c6-statistic-columns",
    ("Participant", "Date", "Search", "JurisdictionCode", "Requests", "NMIs", "SequenceNumber"),
)
NMI_DISCOVERY = Report(
    "NMIDiscovery",
    _NEEDS,
    _subjects,
    _content,
    check=_problem,
    next=_next,
    lost=_lost,
    finish=numbered,
    header=_ONE_BY_ONE.header,
    laid=_ONE_BY_ONE.laid,
)
STATISTIC = Report(
    "NMIDiscovery",
    _NEEDS,
    _subjects,
    _statistic,
    check=_problem,
    next=_next,
    lost=_lost,
    finish=sums,
    header=_COUNTED.header,
    laid=_COUNTED.laid,
    summed=True,
)
