"""Objections, and withdrawals of objections and of change requests: what AEMO answers to each.

    CATSObjectionRequest     ─► CATSObjectionResponse(ObjectionID, Event) ─► notification with Objection Raised
    CATSObjectionWithdrawal  ─► TACK                                      ─► notification with Objection Withdrawn
    CATSChangeWithdrawal     ─► TACK                                      ─► CAN

A withdrawal has no response of its own: the transaction acknowledgement says how it went.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from simulator.asexml.model import AseEvent, Element, TransactionAcknowledgement
from simulator.base.turn import Turn
from simulator.market.desk import Request
from simulator.market.lifecycle import look_again, move, pend, review
from simulator.market.notices import notify, raised
from simulator.market.operator import SUCCESS, Operator, event, written
from simulator.market.rules import CURRENT, NEW, Notice, Rejection
from simulator.world.calendar import DAY
from simulator.world.changes import ChangeRequest, Objection
from simulator.world.events import ChangeRequestRefused, ObjectionLodged, ObjectionWithdrawn
from simulator.world.requests import FINISHED
from simulator.world.world import held_between


def objection_request(op: Operator, turn: Turn, request: Request) -> None:
    """Answer a ``CATSObjectionRequest``."""
    number = op.number(turn, "objection", request)
    text = request.transaction.view.text
    against = op.requests.get(text("InitiatingRequestID"))
    role, code = text("Role") or "", text("ObjectionCode") or ""
    today = turn.now.date()
    found = _scenario(request) or _objection_problem(op, request.sender, against, role, code, today)
    events = tuple(map(written, request.rejection))
    if found is not None or against is None:
        refusal = found or op.rules.refuse("obj.unknown-cr", "no such request")
        _note(turn, request, refusal, number)
        shown = events or (event(refusal, text("InitiatingRequestID")),)
        op.answer(turn, request, number, _response(number, *shown))
        return
    notice = next(iter(_held(op, against, request.sender, role)))
    objection = Objection(
        number, against.request_id, request.sender, role, notice.status, code, today, _clear_by(op, against, today)
    )
    turn.emit(ObjectionLodged(turn.now, objection))
    op.answer(turn, request, number, _response(number, SUCCESS))
    _raise(op, turn, against.request_id, objection)


def objection_withdrawal(op: Operator, turn: Turn, request: Request) -> None:
    """Answer a ``CATSObjectionWithdrawal``."""
    text = request.transaction.view.text
    objection = op.requests.objection(text("ObjectionID"))
    found = _scenario(request) or _withdrawal_problem(op, request, objection)
    _acknowledge(op, turn, request, found)
    if found is None and objection is not None:
        turn.emit(ObjectionWithdrawn(turn.now, objection.objection_id))
        _clear(op, turn, objection.objection_id)


def change_withdrawal(op: Operator, turn: Turn, request: Request) -> None:
    """Answer a ``CATSChangeWithdrawal``."""
    named = request.transaction.view.text("RequestID")
    against = op.requests.get(named)
    found = _scenario(request) or _too_late(op, request.sender, named, against)
    _acknowledge(op, turn, request, found)
    if found is None and against is not None:
        move(op, turn, against, "withdrawn")


def _too_late(op: Operator, sender: str, named: str | None, against: ChangeRequest | None) -> Rejection | None:
    """Why a request cannot be withdrawn; of one that made room it is still known how it ended."""
    past = op.requests.past(named)
    if against is None and past is None:
        return op.rules.refuse("wd.unknown-cr", f"change request {named} {op.requests.unknown}")
    owner, status = ("", "") if against is None else (against.initiator, against.status)
    owner, status = (owner, status) if past is None else (past.party, past.status)
    if owner != sender:
        return op.rules.refuse("wd.not-owner", f"change request {named} is not of {sender}")
    return (
        op.rules.refuse("wd.too-late", f"change request {named} is finished: {status}") if status in FINISHED else None
    )


def _objection_problem(
    op: Operator, sender: str, against: ChangeRequest | None, role: str, code: str, today: date
) -> Rejection | None:
    if against is None or against.status in FINISHED or against.status == "PVAL":
        return op.rules.refuse("obj.unknown-cr", "the change request is not known, or not open to objections")
    place = op.place(against)
    if not any(op.rules.may_object(against.reason, place, code, each) for each in _held(op, against, sender, role)):
        return op.rules.refuse("obj.not-allowed", f"{sender} as {role} may not object to {against.reason} with {code}")
    in_time = today < against.lodging_over and against.status in ("REQ", "OBJ")
    if not in_time and code not in op.rules.unbound:
        return op.rules.refuse("obj.period-over", f"objections with {code} were due before {against.lodging_over}")
    return None


def _held(op: Operator, against: ChangeRequest, party: str, role: str) -> Iterator[Notice]:
    """As what a participant may object: nominated for the role, or holding it on the day of the change; where only
    history is edited, on any day of it."""
    if dict(against.proposal.roles).get(role) == party:
        yield Notice(role, NEW)
    point = op.world.point(against.nmi)
    if point is not None and party in held_between(point, role, against.effective, against.last):
        yield Notice(role, CURRENT)


def _clear_by(op: Operator, against: ChangeRequest, today: date) -> date:
    """The day on which it cancels the request if it still stands: counted from the request, a late one from today."""
    place = op.place(against)
    days = op.rules.periods(against.reason, place).clearance
    usual = op.calendar.add_business_days(against.lodged_on, days, place[0]) + DAY
    return usual if usual > today else op.calendar.add_business_days(today, days, place[0]) + DAY


def _raise(op: Operator, turn: Turn, request_id: str, objection: Objection) -> None:
    against = op.requests.get(request_id)
    if against is None:
        return
    if against.status == "OBJ":
        notify(op, turn, against, op.world.point(against.nmi), None, raised(objection, "Raised"))
    else:
        move(op, turn, against, "objection", objection)
    look_again(turn, against, objection.clear_by)


def _withdrawal_problem(op: Operator, request: Request, objection: Objection | None) -> Rejection | None:
    text = request.transaction.view.text
    named = objection or op.requests.past(text("ObjectionID"))
    if named is not None and (named.request_id, named.party) == (text("InitiatingRequestID"), request.sender):
        against = op.requests.get(named.request_id)
        if against is None or against.status in FINISHED:  # said first: of what made room nothing more is known
            return op.rules.refuse("wd.too-late", f"change request {named.request_id} is finished")
    if objection is None or objection.withdrawn:
        return op.rules.refuse("obj.withdraw-mismatch", f"objection {text('ObjectionID')} does not stand")
    told = (text("InitiatingRequestID"), text("Role"), text("ObjectionCode"), request.sender)
    if told != (objection.request_id, objection.role, objection.code, objection.party):
        return op.rules.refuse("obj.withdraw-mismatch", "request, role, code or sender differ from the objection's")
    return None


def _clear(op: Operator, turn: Turn, objection_id: str) -> None:
    """One objection less: tell of it, and go on when it was the last."""
    objection = op.requests.objection(objection_id)
    against = None if objection is None else op.requests.get(objection.request_id)
    if objection is None or against is None:
        return
    if against.objections:
        notify(op, turn, against, op.world.point(against.nmi), None, raised(objection, "Withdrawn"))
    elif turn.now.date() < against.lodging_over:
        move(op, turn, against, "cleared", objection)
    else:
        pend(op, turn, move(op, turn, against, "cleared late", objection))
        review(op, turn, against.request_id)


def _scenario(request: Request) -> Rejection | None:
    """How a scenario rule wants it refused."""
    first = request.rejection[0] if request.rejection else None
    return None if first is None else Rejection("scenario.reject", first.code, first.explanation or "")


def _note(turn: Turn, request: Request, refusal: Rejection, number: str = "") -> None:
    by = (request.sender, request.transaction.transaction_id)
    turn.emit(ChangeRequestRefused(turn.now, *by, refusal.code, refusal.rule, refusal.explanation, number))


def _response(number: str, *events: Element) -> Element:
    return Element("CATSObjectionResponse", None, (Element("ObjectionID", number), *events))


def _acknowledge(op: Operator, turn: Turn, request: Request, refusal: Rejection | None) -> None:
    asked = request.transaction.transaction_id
    receipt = f"CATS-{turn.draw.digits(15, 'tack', request.sender, asked)}"
    if refusal is None:
        answer = TransactionAcknowledgement(asked, turn.now, "Accept", receipt, events=(AseEvent(0),))
    else:
        _note(turn, request, refusal)
        why = AseEvent(refusal.code, "Error", "Application", explanation=refusal.explanation)
        answer = TransactionAcknowledgement(asked, turn.now, "Reject", events=request.rejection or (why,))
    op.desk.acknowledge(turn, request.sender, request.group, answer, release=request.release)
