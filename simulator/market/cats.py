"""What AEMO answers to ``CATSChangeRequest``: accepted, edited, answered by, or refused; always with a RequestID.

CATSChangeRequest ─► checks ─► CATSChangeResponse(RequestID, Event 0) ─► REQ, and the life cycle takes over
                          └─► CATSChangeResponse(RequestID, Event …)    refused, only the sender is told
"""

from __future__ import annotations

from datetime import date

from simulator.asexml.model import Element
from simulator.base.turn import Turn
from simulator.market.checks import refusals
from simulator.market.desk import Request
from simulator.market.lifecycle import begin, look_again, move, review
from simulator.market.notices import notify, request_roles
from simulator.market.operator import SUCCESS, Operator, event, written
from simulator.market.proposal import day, read_proposal
from simulator.market.rules import NEW, Notice, Rejection
from simulator.market.submission import Submission
from simulator.world.changes import ChangeRequest
from simulator.world.events import ActualDateSupplied, ChangeRequestLodged, ChangeRequestRefused, DataSupplied
from simulator.world.requests import FINISHED
from simulator.world.world import holders

NEEDED = ("FRMP", "LNSP", "LR", "RP", "MDP", "MPB")
"""Roles a NMI must have before it can be created; who lacks them is Pending Validation."""


def change_request(op: Operator, turn: Turn, request: Request) -> None:
    """Answer a ``CATSChangeRequest``."""
    number = op.number(turn, "request", request)
    if request.rejection:
        first = request.rejection[0]
        refused = Rejection("scenario.reject", first.code, first.explanation or "")
        _refuse(op, turn, request, number, (refused,), tuple(map(written, request.rejection)))
        return
    sub = op.reader.read(request.sender, request.transaction.view)
    reason = op.rules.reasons.get(sub.code)
    asked = op.requests.get(sub.answers)
    if reason is not None and reason.family == "actual":
        _supply_date(op, turn, request, number, sub, asked)
    elif asked is not None and asked.status == "PVAL" and asked.initiator != sub.sender:
        _supply_roles(op, turn, request, number, sub, asked)
    else:
        _lodge(op, turn, request, number, sub, asked)


def _lodge(op: Operator, turn: Turn, request: Request, number: str, sub: Submission, old: ChangeRequest | None) -> None:
    today = turn.now.date()
    found = refusals(op, sub, today) or _not_editable(op, sub, old)
    if found:
        _refuse(op, turn, request, number, found)
        return
    new = _accepted(op, request, number, sub, today)
    _succeed(op, turn, request, number)
    if old is not None:
        move(op, turn, old, "edited")
    turn.emit(ChangeRequestLodged(turn.now, new))
    if new.missing:
        _ask_for_roles(op, turn, new)
    else:
        begin(op, turn, new)


def _not_editable(op: Operator, sub: Submission, old: ChangeRequest | None) -> tuple[Rejection, ...]:
    """Rule of editing: InitiatingRequestID names the sender's own unfinished request for the same NMI."""
    if sub.answers is None:
        return ()
    if op.switches.editing == "refuse":
        return (op.rules.refuse("cr.unknown-request", "a change request cannot be edited here: withdraw it"),)
    if old is None or old.status in FINISHED or (old.initiator, old.nmi) != (sub.sender, sub.nmi):
        problem = f"{sub.answers} is no unfinished request of {sub.sender} for NMI {sub.nmi}"
        return (op.rules.refuse("cr.unknown-request", problem),)
    return ()


def _accepted(op: Operator, request: Request, number: str, sub: Submission, today: date) -> ChangeRequest:
    reason, initiator, terms = sub.reason, sub.initiator, sub.terms
    if reason is None or initiator is None or terms is None:
        raise LookupError("an accepted submission has its reason, its initiator and its terms")
    nomination = sub.nomination
    proposal = read_proposal(sub.sections, sub.roles) if nomination is None else nomination.proposal
    missing = tuple(role for role in NEEDED if role not in sub.nominated) if reason.creates else ()
    return ChangeRequest(
        number,
        request.sender,
        initiator.role,
        initiator.status,
        request.transaction.transaction_id,
        sub.code,
        sub.nmi,
        sub.xml,
        proposal,
        today,
        terms.lodging_over,
        sub.proposed,
        sub.actual,
        sub.text("MeterReadTypeCode"),
        day(sub.text("ActualEndDate")),
        sub.answers,
        reason.completes == "read" and sub.point is not None and op.rules.manually_read(sub.point),
        "PVAL" if missing else "REQ",
        missing=missing,
    )


def _supply_date(
    op: Operator, turn: Turn, request: Request, number: str, sub: Submission, asked: ChangeRequest | None
) -> None:
    problem = _date_problem(op, sub, asked, turn.now.date())
    if problem is not None:
        _refuse(op, turn, request, number, (problem,))
    elif asked is not None and sub.actual is not None:
        turn.emit(ActualDateSupplied(turn.now, asked.request_id, sub.sender, number, sub.actual))
        _succeed(op, turn, request, number)
        review(op, turn, asked.request_id)


def _date_problem(op: Operator, sub: Submission, asked: ChangeRequest | None, today: date) -> Rejection | None:
    rules = op.rules
    if sub.actual is None or sub.answers is None:
        missing = "ActualChangeDate" if sub.actual is None else "InitiatingRequestID"
        return rules.refuse("cr.missing-RI", f"Value of [{missing}] is missing")
    if asked is None or asked.status in FINISHED or asked.nmi != sub.nmi:
        return rules.refuse("cr.unknown-request", f"{sub.answers} is no unfinished request for NMI {sub.nmi}")
    point = op.world.point(sub.nmi)
    provider = dict(asked.proposal.roles).get("MDP") or (point and holders(point, today).get("MDP"))
    if provider != sub.sender:
        return rules.refuse("cr.not-initiator", f"the MDP of request {asked.request_id} is {provider}")
    place = op.place(asked)
    first = op.calendar.add_business_days(today, -rules.periods(sub.code, place).retrospective, place[0])
    if not first <= sub.actual <= today:
        return rules.refuse("cr.date-window", f"Value of [ActualChangeDate] is invalid: from {first} to {today}")
    return None


def _ask_for_roles(op: Operator, turn: Turn, new: ChangeRequest) -> None:
    """Pending Validation: the nominated metering coordinator is asked for its providers, the retailer for the rest."""
    notify(op, turn, new, None)
    nominated = dict(new.proposal.roles)
    asked = {"RP" if role in ("MDP", "MPB") and "RP" in nominated else "FRMP" for role in new.missing}
    for role in sorted(asked):
        request_roles(op, turn, new, nominated[role], Notice(role, NEW))


def _supply_roles(
    op: Operator, turn: Turn, request: Request, number: str, sub: Submission, asked: ChangeRequest
) -> None:
    nominated = dict(asked.proposal.roles)
    roles = tuple((role, party) for role, party in sub.roles if role in asked.missing)
    rules, found = op.rules, []
    if sub.nmi != asked.nmi:
        found.append(rules.refuse("cr.unknown-request", f"request {asked.request_id} is for NMI {asked.nmi}"))
    elif sub.sender not in (nominated.get("RP"), nominated.get("FRMP")):
        found.append(rules.refuse("cr.not-initiator", f"{sub.sender} was not asked by request {asked.request_id}"))
    elif not roles:
        found.append(rules.refuse("cr.missing-RI", f"Value of [RoleAssignments/{asked.missing[0]}] is missing"))
    if found:
        _refuse(op, turn, request, number, tuple(found))
        return
    _succeed(op, turn, request, number)
    _complete_roles(op, turn, asked, sub, number, roles)


def _complete_roles(
    op: Operator,
    turn: Turn,
    asked: ChangeRequest,
    sub: Submission,
    number: str,
    roles: tuple[tuple[str, str], ...],
) -> None:
    until = op.book.lodging_over(asked.reason, op.place(asked), turn.now.date())
    turn.emit(DataSupplied(turn.now, asked.request_id, sub.sender, number, roles, until))
    wrong = next(((role, party) for role, party in roles if not op.world.registered(party, role)), None)
    now = op.requests.get(asked.request_id)
    if now is None:
        return
    if wrong is not None:
        move(op, turn, now, "data invalid")
    elif not now.missing:
        requested = move(op, turn, now, "data complete")
        if until > turn.now.date():
            look_again(turn, requested, until)
        else:
            review(op, turn, requested.request_id)


def _succeed(op: Operator, turn: Turn, request: Request, number: str) -> None:
    op.answer(turn, request, number, Element("CATSChangeResponse", None, (Element("RequestID", number), SUCCESS)))


def _refuse(
    op: Operator,
    turn: Turn,
    request: Request,
    number: str,
    found: tuple[Rejection, ...],
    events: tuple[Element, ...] = (),
) -> None:
    """Refused at submission: a RequestID is given all the same; KeyInfo names the NMI."""
    nmi = request.transaction.view.text("NMIStandingData/NMI")
    shown = events or tuple(event(each, nmi or None) for each in found)
    by, first = (request.sender, request.transaction.transaction_id), found[0]
    turn.emit(ChangeRequestRefused(turn.now, *by, first.code, first.rule, first.explanation, number))
    op.answer(turn, request, number, Element("CATSChangeResponse", None, (Element("RequestID", number), *shown)))
