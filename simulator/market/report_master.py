"""C4 (Master) and C2 (NMIAudit): what MSATS holds about NMIs as of a day, and every row it ever held about one.

C4 shows the active rows of the NMIs at which the asker holds a role between two days, as MSATS knew them as at
AsAtDate; the rows of C2 are those created within the AsAt times, inactive ones among them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, datetime
from functools import cache

from simulator.market import replication_nmi as nmis
from simulator.market.operator import Operator
from simulator.market.report_asking import foreign, means_any, not_in_list, unknown_nmi
from simulator.market.report_model import Report
from simulator.market.report_tables import assumed, refuse, unusable
from simulator.market.report_values import Asked, Line, whole_days
from simulator.market.rules import Rejection
from simulator.market.sequence import STRIDE
from simulator.world.calendar import DAY, midnight
from simulator.world.model import OPEN_END, ConnectionPoint


@cache
def _tables(names: str) -> frozenset[int]:
    """Tables of NMIs by the names of their blocks."""
    unknown = set(names.split()) - set(nmis.C4_NAMES)
    if unknown:
        raise unusable("assume.c4-summary", f"[{min(unknown)}] is none of {' '.join(nmis.C4_NAMES)}")
    return frozenset(map(nmis.C4_NAMES.index, names.split()))


def shown_tables(report_type: str) -> frozenset[int]:
    """Tables of the two report types; what a summary leaves out is not documented (``assume.c4-summary``)."""
    return _tables(assumed("assume.c4-summary") if report_type == "Summary" else " ".join(nmis.C4_NAMES))


shown_tables("Summary")


def selection_problem(op: Operator, asked: Asked) -> Rejection | None:
    """What is wrong with the choice of NMIs and roles that C3, C4 and C6 share."""
    if not asked.text("Participant"):
        return refuse("report.parameters", "[Participant] is missing")
    if not asked.text("NMI") and not (asked.text("NMIClassificationCode") and asked.text("JurisdictionCode")):
        return refuse("report.parameters", "Give [NMI], or [NMIClassificationCode] and [JurisdictionCode]")
    return foreign(asked) or _unlisted(op, asked) or unknown_nmi(op, asked)


def _unlisted(op: Operator, asked: Asked) -> Rejection | None:
    """A code that is in no list."""
    classes = {"NMIClassificationCode": "nmi_classification_codes"}
    return not_in_list(op, asked, JurisdictionCode="jurisdiction_codes", Role="roles", **classes)


def selected(asked: Asked, point: ConnectionPoint) -> bool:
    """Whether a NMI is the one asked about, or of the class and jurisdiction asked for (``assume.report-all``)."""
    nmi = asked.text("NMI")
    if nmi:
        return point.nmi == nmi
    wanted = {"JurisdictionCode": point.jurisdiction, "NMIClassificationCode": point.classification}
    return all(asked.text(name) == code or means_any(asked, name) for name, code in wanted.items())


def excludes(asked: Asked, name: str) -> bool:
    """Whether ExcludeParticipant or ExcludeRole turns the choice round (``assume.report-exclude``)."""
    return asked.flag(name) and assumed("assume.report-exclude") == "Y inverts"


def role_fits(asked: Asked, role: str) -> bool:
    """Whether it is the role asked for; with ExcludeRole, any other."""
    wanted = asked.text("Role")
    return not wanted or (role != wanted if excludes(asked, "ExcludeRole") else role == wanted)


def involved(asked: Asked, point: ConnectionPoint) -> bool:
    """Whether the asker holds a role that fits, at any time of the period.

    With ExcludeParticipant, whether somebody else holds it, at a NMI where the asker holds any role at all.
    """
    begin, end = asked.day("FromDate") or date.min, asked.day("ToDate") or OPEN_END
    then = [row for row in point.roles if row.from_date <= end and row.to_date >= begin]
    if not any(row.party == asked.sender for row in then):
        return False
    others = excludes(asked, "ExcludeParticipant")
    return any((row.party != asked.sender) == others and role_fits(asked, row.role) for row in then)


def _known(op: Operator, asked: Asked) -> int:
    """The changes that count: those MSATS knew of at the end of AsAtDate, or before it (``assume.report-as-at``)."""
    as_at = asked.day("AsAtDate")
    if as_at is None or (as_at == asked.today and whole_days()):
        return op.history.changes.end
    return op.history.changes_before(midnight(as_at + DAY if whole_days() else as_at))


def _subjects(op: Operator, asked: Asked) -> int:
    return op.history.begun_with(op.world) + _known(op, asked)


def _lines(op: Operator, asked: Asked, index: int) -> Iterable[Line]:
    nmi, change = nmis.nmi_at(op, index)
    known = asked.size - op.history.begun_with(op.world)
    if change is None and known == 0:
        latest = op.world.base.points.get(nmi)
    else:
        held = nmis.versions(op, nmi, known)
        latest = held[-1] if held else None
    if latest is None or not selected(asked, latest) or not involved(asked, latest):
        return ()
    return _active(op, asked, index)


def _active(op: Operator, asked: Asked, index: int) -> Iterator[Line]:
    tables = shown_tables(asked.text("ReportType"))
    begin, end = asked.day("FromDate") or date.min, asked.day("ToDate") or OPEN_END
    first = (index + 1) * STRIDE
    for number, kept in nmis.rows_at(op, asked, index):
        if kept.status == "A" and kept.held.table in tables and kept.begin <= end and kept.end >= begin:
            yield Line(number, nmis.C4_NAMES[kept.held.table], kept.text(first))


def _audit_problem(op: Operator, asked: Asked) -> Rejection | None:
    return unknown_nmi(op, asked) or _foreign_nmi(op, asked)


def _foreign_nmi(op: Operator, asked: Asked) -> Rejection | None:
    nmi = asked.text("NMI")
    if nmis.concerned(op, asked.sender, nmi, op.history.changes.end):
        return None
    return refuse("report.not-own", f"{asked.sender} never held a role at NMI {nmi}")


def _audit(op: Operator, asked: Asked, index: int) -> Iterator[Line]:
    begin, end = asked.day("FromDate") or date.min, asked.day("ToDate") or OPEN_END
    first = (index + 1) * STRIDE
    for number, kept in nmis.rows_at(op, asked, index):
        if kept.begin <= end and kept.end >= begin and _made_within(asked, kept.created):
            yield Line(number, nmis.C4_NAMES[kept.held.table], kept.text(first))


def _made_within(asked: Asked, created: datetime | None) -> bool:
    """Rows a story began with count as made before all times."""
    begin, end = asked.moment("AsAtFromDate"), asked.moment("AsAtToDate")
    if created is None:
        return True
    return (begin is None or begin <= created) and (end is None or created <= end)


_DATES = ("FromDate", "ToDate")


def _lost(op: Operator, asked: Asked) -> str:
    late = nmis.lost_as_of(op, asked.size - op.history.begun_with(op.world))
    return "; ".join(filter(None, (late, nmis.lost_in(op, asked.day("FromDate")))))


def _audit_lost(op: Operator, asked: Asked) -> str:
    gone = op.history.gone(asked.text("NMI"))
    return f"{gone} rows that no longer hold are no longer kept" if gone else ""


MASTER = Report(
    "Master",
    (*_DATES, "AsAtDate", "Role", "ReportType"),
    _subjects,
    _lines,
    nmis.first_after,
    selection_problem,
    next=nmis.next_of_nmi,
    lost=_lost,
)
NMI_AUDIT = Report(
    "NMIAudit",
    (*_DATES, "AsAtFromDate", "AsAtToDate", "NMI"),
    nmis.subjects,
    _audit,
    check=_audit_problem,
    next=nmis.next_of_nmi,
    lost=_audit_lost,
)
