"""Requests for reports and tables as read, and what is checked of every one of them: name, type, parameters, dates.

Parameters are looked at as text and never trusted: a release newer than our content models is read leniently.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta
from functools import cache

from simulator.asexml.content_reports import REPORTS
from simulator.asexml.encode import element_xml
from simulator.asexml.model import Element, View
from simulator.asexml.splicing import splice
from simulator.base.turn import Turn
from simulator.market.desk import Request
from simulator.market.operator import Operator
from simulator.market.report_model import Report
from simulator.market.report_tables import assumed, limits, refuse
from simulator.market.report_values import Asked
from simulator.market.rules import Rejection

_TYPE = "{http://www.w3.org/2001/XMLSchema-instance}type"
_ECHO_LIMIT = 50_000
"""Characters of parameters we carry back: more than any report has use for, and little beside a message's 1 MB."""
_TIMES = frozenset({"AsAtDate", "AsAtDateTime"})
_DAYS = frozenset({"FromDate", "ToDate", "AsAtFromDate", "AsAtToDate", "CreationFromDate", "CreationToDate"})
_COUNTS = frozenset({"LastSequenceNumber", "MaximumRows", "SettlementCase", "RequestID"})


def asked(turn: Turn, request: Request, part: str, name: str) -> Asked:
    """What a transaction asks for. ``part`` is the element of its parameters, ``name`` the one that names it."""
    view = request.transaction.view.first(part)
    fields = {} if view is None else {each: _text(found) for each, found in view.parts().items()}
    tables = () if view is None else tuple(_text(table) for table in view.all("Tables/Table"))
    echo = "" if view is None else splice(view).text or ""
    return Asked(
        request.sender,
        request.group,
        request.release,
        request.transaction.transaction_id,
        turn.now,
        fields.get(name, ""),
        fields,
        echo,
        tables,
    )


def _text(view: View) -> str:
    return (view.text() or "").strip()[:1_000]


def echoed(asked: Asked) -> Element:
    """The parameters of a report as they came; of a request without usable ones, its name."""
    if asked.echo and len(asked.echo) <= _ECHO_LIMIT:
        return Element("", asked.echo)
    named = Element("ReportName", asked.name[:80])
    typed = {"xsi:type": "ase:GenericReportParameters"}
    return Element("", element_xml(Element("ReportParameters", None, (named,), typed)))


def unreadable(asked: Asked, view: View | None, report: Report | None) -> Rejection | None:
    """What is wrong with a request for a report before anybody looks at what it means."""
    if view is None:
        return refuse("report.parameters", "ReportParameters are missing")
    if report is None:
        return refuse("report.unknown", f"[{asked.name[:80]}] is no report that is made here")
    wanted = REPORTS[report.name]
    given = (view.attribute(_TYPE) or "").rpartition(":")[2]
    if given != wanted:
        return refuse("report.parameter-type", f"[{report.name}] takes {wanted}, not {given[:80] or 'none'}")
    if len(asked.echo) > _ECHO_LIMIT:
        return refuse("report.parameters", f"The parameters are longer than {_ECHO_LIMIT} characters")
    return next(_faults(asked, report.needs), None)


def _faults(asked: Asked, needs: tuple[str, ...]) -> Iterator[Rejection]:
    for name in needs:
        if not asked.text(name):
            yield refuse("report.parameters", f"[{name}] is missing")
    yield from misread(asked, "report.parameters")
    begin, end = asked.moment("FromDate"), asked.moment("ToDate")
    if begin is not None and end is not None and begin > end:
        yield refuse("report.dates", f"[FromDate] {asked.text('FromDate')} is after [ToDate] {asked.text('ToDate')}")
    for name in sorted(_TIMES):
        at = asked.moment(name)
        if at is not None and at.date() > asked.today:
            yield refuse("report.dates", f"[{name}] {asked.text(name)} lies in the future")


def misread(asked: Asked, rule: str) -> Iterator[Rejection]:
    """Parameters that are no date or number though they should be."""
    for name, text in asked.fields.items():
        if text and name in _DAYS | _TIMES and asked.moment(name) is None:
            yield refuse(rule, f"[{name}] {text[:40]!r} is no date")
        if text and name in _COUNTS and asked.count(name) is None:
            yield refuse(rule, f"[{name}] {text[:40]!r} is no number")
    if asked.count("MaximumRows") == 0:
        yield refuse(rule, "[MaximumRows] 0 leaves nothing to report")


def not_entitled(op: Operator, asked: Asked, report: str) -> Rejection | None:
    """Reports are for roles: whoever is registered for others only has no use for them."""
    roles = limits()[report].roles
    held = op.world.roles_of(asked.sender)
    if not roles or not held or held & roles:
        return None
    wanted = ", ".join(sorted(roles))
    return refuse("report.role", f"{asked.sender} holds none of the roles that may ask for [{report}]: {wanted}")


def foreign(asked: Asked, name: str = "Participant") -> Rejection | None:
    """Whoever asks, asks about itself (rule ``report.not-own``)."""
    about = asked.text(name)
    if about and about != asked.sender and assumed("assume.report-own") == "refused":
        return refuse("report.not-own", f"[{name}] {about} is not {asked.sender}")
    return None


def beyond(asked: Asked, days: int) -> Rejection | None:
    """A period that is longer than a report covers."""
    begin, end = asked.day("FromDate"), asked.day("ToDate")
    if begin is not None and end is not None and end - begin >= timedelta(days):
        return refuse("report.dates", f"[FromDate] to [ToDate] is more than {days} days")
    return None


@cache
def _any(words: str) -> Mapping[str, frozenset[str]]:
    parts = (each.partition("=") for each in words.split("|"))
    return {name: frozenset(listed.split()) for name, _, listed in parts}


def means_any(asked: Asked, name: str) -> bool:
    """Whether a parameter stands for any code of its list."""
    return asked.text(name) in _any(assumed("assume.report-all")).get(name, ())


def not_in_list(op: Operator, asked: Asked, **lists: str) -> Rejection | None:
    """A code that is in none of our lists. ``lists``: parameter → code list."""
    for name, table in lists.items():
        code = asked.text(name)
        if code and code not in op.rules.codes[table] and not means_any(asked, name):
            return refuse("report.code", f"Value of [{name}] is invalid: {code[:40]}")
    return None


def unknown_nmi(op: Operator, asked: Asked) -> Rejection | None:
    """A NMI nobody knows."""
    nmi = asked.text("NMI")
    if nmi and op.world.point(nmi) is None:
        return refuse("report.nmi-unknown", f"NMI {nmi[:10]} is not known")
    return None
