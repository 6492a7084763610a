"""The life of a change request: every status and every way out of it. What is not in `WAYS` cannot happen.

    submit ─► PVAL ─► REQ ◄─► OBJ          logging period over, nothing stands:  REQ, OBJ ─► PEN (or straight to COM)
                       │        └─► CAN     an objection stands to the end of the clearing period
                       └─► PEN ─► COM       date reached, actual read there
                            └─► REJ         other data changed meanwhile
    any of PVAL REQ OBJ PEN ─► CAN          withdrawn, or edited

Statuses roll over at midnight, market time (rule ``assume.transition-times``).
"""

from __future__ import annotations

from datetime import date
from types import MappingProxyType

from simulator.base.turn import Turn
from simulator.market import new_parties
from simulator.market.completion import completed, conflict, created
from simulator.market.notices import alert, notify, raised, request_read
from simulator.market.operator import Operator
from simulator.world.calendar import DAY, midnight
from simulator.world.changes import ChangeRequest, Objection
from simulator.world.events import ChangeRequestMoved, ChangeRequestRefused, ConnectionPointChanged
from simulator.world.requests import FINISHED

WAYS = MappingProxyType(
    {
        ("PVAL", "data complete"): "REQ",
        ("PVAL", "data invalid"): "REJ",
        ("PVAL", "withdrawn"): "CAN",
        ("PVAL", "edited"): "CAN",
        ("REQ", "objection"): "OBJ",
        ("REQ", "logging over"): "PEN",
        ("REQ", "due"): "COM",
        ("REQ", "conflict"): "REJ",
        ("REQ", "withdrawn"): "CAN",
        ("REQ", "edited"): "CAN",
        ("OBJ", "cleared"): "REQ",
        ("OBJ", "cleared late"): "PEN",
        ("OBJ", "clearing over"): "CAN",
        ("OBJ", "withdrawn"): "CAN",
        ("OBJ", "edited"): "CAN",
        ("PEN", "objection"): "OBJ",
        ("PEN", "due"): "COM",
        ("PEN", "conflict"): "REJ",
        ("PEN", "withdrawn"): "CAN",
        ("PEN", "edited"): "CAN",
    }
)
"""(status, cause) → status."""


def review(op: Operator, turn: Turn, request_id: str) -> None:
    """Take a request as far as the day and its data allow."""
    request = op.requests.get(request_id)
    if request is None or request.status in FINISHED:
        return
    today = turn.now.date()
    if request.status == "OBJ":
        if any(each.clear_by <= today for each in op.requests.standing(request)):
            move(op, turn, request, "clearing over")
    elif request.status == "REQ" and today >= request.lodging_over:
        if is_due(op, request, today):
            complete(op, turn, request)
        else:
            pend(op, turn, move(op, turn, request, "logging over"))
    elif request.status == "PEN" and is_due(op, request, today):
        complete(op, turn, request)


def begin(op: Operator, turn: Turn, request: ChangeRequest) -> None:
    """Tell of a request that has just become Requested, and see to what comes next."""
    if op.rules.reasons[request.reason].completes != "at once":
        notify(op, turn, request, op.world.point(request.nmi))
    if turn.now.date() >= request.lodging_over:
        review(op, turn, request.request_id)
    else:
        look_again(turn, request, request.lodging_over)


def move(
    op: Operator, turn: Turn, request: ChangeRequest, cause: str, objection: Objection | None = None
) -> ChangeRequest:
    """Give a request the status that ``cause`` leads to, and tell of it; completion has its own way."""
    before = op.world.point(request.nmi)
    status = WAYS[request.status, cause]
    turn.emit(ChangeRequestMoved(turn.now, request.request_id, status, cause))
    moved = _now(op, request)
    notify(op, turn, moved, before, None, None if objection is None else raised(objection, _action(objection)))
    return moved


def pend(op: Operator, turn: Turn, request: ChangeRequest) -> None:
    """A request has become Pending: ask for the read it waits for, or wait for its date."""
    if request.waits_for_read:
        request_read(op, turn, request, op.world.point(request.nmi))
        _remind(op, turn, request)
    elif request.effective > turn.now.date():
        look_again(turn, request, request.effective)


def is_due(op: Operator, request: ChangeRequest, today: date) -> bool:
    """Whether nothing keeps a request from completing but the logging period and objections."""
    if op.rules.reasons[request.reason].completes == "at once":
        return True
    return request.effective <= today and not request.waits_for_read


def complete(op: Operator, turn: Turn, request: ChangeRequest) -> None:
    """Make the change true, or reject it when other data changed meanwhile."""
    reason = op.rules.reasons[request.reason]
    before = op.world.point(request.nmi)
    problem = conflict(before, request, reason.creates, reason.dates == "pro")
    if problem is not None:
        refusal = op.rules.refuse("cr.completion-conflict", problem)
        turn.emit(
            ChangeRequestRefused(
                turn.now,
                request.initiator,
                request.transaction_id,
                refusal.code,
                refusal.rule,
                problem,
                request.request_id,
            )
        )
        move(op, turn, request, "conflict")
        return
    after = created(request) if before is None else completed(before, request)
    turn.emit(ChangeRequestMoved(turn.now, request.request_id, WAYS[request.status, "due"], "due"))
    turn.emit(ConnectionPointChanged(turn.now, after, request.request_id))
    done = _now(op, request)
    notify(op, turn, done, before, after)
    new_parties.tell(op, turn, done)


def look_again(turn: Turn, request: ChangeRequest, on: date) -> None:
    """Have a request reviewed at the first moment of a market day."""
    turn.schedule(midnight(on), "market", "review", request.request_id)


def remind(op: Operator, turn: Turn, key: str) -> None:
    """The notification period is over: alert the retailers if nothing happened since and the date is still owed."""
    request_id, _, step = key.partition("/")
    request = op.requests.get(request_id)
    point = None if request is None else op.world.point(request.nmi)
    if request is None or point is None or str(request.step) != step:
        return
    if request.status == "PEN" and request.waits_for_read:
        alert(op, turn, request, point)


def _remind(op: Operator, turn: Turn, request: ChangeRequest) -> None:
    place = op.place(request)
    days = op.rules.periods(request.reason, place).notification
    last = op.calendar.add_business_days(request.effective, days, place[0])
    when = midnight(max(last, turn.now.date()) + DAY)
    turn.schedule(when, "market", "remind", f"{request.request_id}/{request.step}")


def _action(objection: Objection) -> str:
    return "Withdrawn" if objection.withdrawn else "Raised"


def _now(op: Operator, request: ChangeRequest) -> ChangeRequest:
    current = op.requests.get(request.request_id)
    return request if current is None else current
