"""What others are told of a change request: the only place that writes ``CATSNotification`` and ``CATSDataRequest``.

Who is told is one look-up in the notification rules; everything two receivers have in common is built once.
"""

from __future__ import annotations

from functools import lru_cache

from simulator.asexml.model import Element, Transaction, element, spliced
from simulator.base.turn import Turn
from simulator.hub import post
from simulator.market.operator import Operator
from simulator.market.rules import CURRENT, NEW, Notice
from simulator.market.standing import master_record
from simulator.world.calendar import DAY
from simulator.world.changes import ChangeRequest, Objection
from simulator.world.model import ConnectionPoint
from simulator.world.world import held_between, holders

Recipient = tuple[str, Notice]


def notify(
    op: Operator,
    turn: Turn,
    request: ChangeRequest,
    before: ConnectionPoint | None,
    after: ConnectionPoint | None = None,
    objection: Element | None = None,
) -> None:
    """Tell everybody the rules name. ``before`` says who the current holders are, ``after`` is the completed point."""
    told = recipients(op, request, before)
    if not told:
        return
    point = after or before
    change = _change(request, spliced(request.data))
    full = change if after is None or not _some_new(told) else _change(request, master_record(after, request.effective))
    tail = _tail(op, request, point, objection)
    serial = post.number(turn.draw, "notice", request.request_id, str(request.step))
    now = turn.now
    letters: list[tuple[str, tuple[Transaction, ...]]] = []
    for index, (party, notice) in enumerate(told):
        shown = full if notice.status == NEW else change
        payload = Element("CATSNotification", None, (*_heading(notice), shown, *tail))
        letters.append((party, (Transaction(f"NOTF-{serial}{index:02d}", now, payload, request.transaction_id),)))
    op.tell_all(turn, _bundled(letters) if op.switches.notification_bundling == "by receiver" else letters)


def _bundled(letters: list[tuple[str, tuple[Transaction, ...]]]) -> list[tuple[str, tuple[Transaction, ...]]]:
    """One for each receiver."""
    bundles: dict[str, tuple[Transaction, ...]] = {}
    for party, transactions in letters:
        bundles[party] = bundles.get(party, ()) + transactions
    return list(bundles.items())


def recipients(op: Operator, request: ChangeRequest, before: ConnectionPoint | None) -> list[Recipient]:
    """(participant, role and role status) in the order of the rules; the initiator is always among them.

    Current holders are those that ``before`` has on the effective day: also on completion, when others hold the roles
    by then; where only history is edited, those of any day of it. Who is nominated for a role it holds already is told
    as the new holder only.
    """
    nominated, effective = dict(request.proposal.roles), request.effective
    current = {} if before is None else holders(before, effective)
    told: list[Recipient] = []
    last = request.last if request.actual_end is not None else None
    for notice in op.rules.notices(request.reason, request.status):
        role, new = notice.role, nominated.get(notice.role)
        if notice.status == NEW:
            told += [(new, notice)] if new is not None else ()
            continue
        party = current.get(role)
        if party is not None and party != new:
            told.append((party, notice))
        if last is not None and before is not None:
            others = held_between(before, role, effective, last)
            told += [(other, notice) for other in others if other not in (party, new)]
    if request.initiator not in [party for party, _ in told]:
        told.append((request.initiator, Notice(request.role, request.role_status)))
    return told


def request_read(op: Operator, turn: Turn, request: ChangeRequest, before: ConnectionPoint | None) -> None:
    """Ask for the actual change date: the nominated party, or the current one where none is nominated."""
    nominated = dict(request.proposal.roles)
    current = {} if before is None else holders(before, request.effective)
    for index, notice in enumerate(op.rules.data_requests(request.reason, request.status)):
        party = nominated.get(notice.role)
        asked = Notice(notice.role, NEW if party else CURRENT)
        party = party or current.get(notice.role)
        if party is not None:
            nothing = Element("ActualChangeDate", None, (), {"xsi:nil": "true"})
            number = f"RDAT-{request.request_id}{request.step:02d}{index:02d}"
            op.tell(turn, party, (_data_request(turn, number, request, asked, nothing),))


def request_roles(op: Operator, turn: Turn, request: ChangeRequest, party: str, notice: Notice) -> None:
    """Ask a nominated party for the roles a request is missing (Pending Validation)."""
    number = f"RDAT-{request.request_id}{request.step:02d}90"
    op.tell(turn, party, (_data_request(turn, number, request, notice, None),))


def alert(op: Operator, turn: Turn, request: ChangeRequest, before: ConnectionPoint) -> None:
    """Tell the new and the current retailer who owes an overdue actual change date (CATSChangeAlert)."""
    held = holders(before, request.effective)
    nominated = dict(request.proposal.roles)
    late = Notice("MDP", NEW if "MDP" in nominated else CURRENT)
    party = nominated.get("MDP") or held.get("MDP") or ""
    named = Element("InitiatingRequestID", request.request_id)
    payload = element("CATSChangeAlert", named, *_heading(late), Element("Participant", party))
    retailers = dict.fromkeys(each for each in (nominated.get("FRMP"), held.get("FRMP")) if each)
    for index, retailer in enumerate(retailers):
        number = f"ALRT-{request.request_id}{request.step:02d}{index:02d}"
        op.tell(turn, retailer, (Transaction(number, turn.now, payload, request.transaction_id),))


def raised(objection: Objection, action: str) -> Element:
    """``Objection`` inside a notification; ``action`` is Raised or Withdrawn."""
    data = element("ObjectionData", *_cross_check(objection))
    return element(
        "Objection",
        Element("Participant", objection.party),
        Element("ObjectionID", objection.objection_id),
        Element("ObjectionAction", action),
        data,
        Element("ObjectionDate", objection.lodged_on.isoformat()),
    )


def _cross_check(objection: Objection) -> tuple[Element, ...]:
    return (
        Element("InitiatingRequestID", objection.request_id),
        Element("Role", objection.role),
        Element("ObjectionCode", objection.code),
    )


def _data_request(
    turn: Turn, number: str, request: ChangeRequest, notice: Notice, date_wanted: Element | None
) -> Transaction:
    content = (
        *_heading(notice),
        Element("InitiatingRequestID", request.request_id),
        date_wanted,
        spliced(request.data),
    )
    return Transaction(number, turn.now, element("CATSDataRequest", *content), request.transaction_id)


@lru_cache(maxsize=256)
def _heading(notice: Notice) -> tuple[Element, Element]:
    return Element("Role", notice.role), Element("RoleStatus", notice.status)


def _some_new(told: list[Recipient]) -> bool:
    return any(notice.status == NEW for _, notice in told)


def _change(request: ChangeRequest, standing: Element) -> Element:
    parts = [Element("ChangeReasonCode", request.reason)]
    if request.actual is not None or request.proposed is None:
        parts.append(Element("ActualChangeDate", request.effective.isoformat()))
    else:
        parts.append(Element("ProposedDate", request.proposed.isoformat()))
    if request.read_type is not None:
        parts.append(Element("MeterReadTypeCode", request.read_type))
    if request.actual_end is not None:
        parts.append(Element("ActualEndDate", request.actual_end.isoformat()))
    if request.answers is not None:
        parts.append(Element("InitiatingRequestID", request.answers))
    parts.append(standing)
    content = (
        Element("Participant", request.initiator),
        Element("RequestID", request.request_id),
        Element("ChangeStatusCode", request.status),
        Element("ChangeData", None, tuple(parts)),
    )
    return Element("ChangeRequest", None, content)


def _tail(
    op: Operator, request: ChangeRequest, point: ConnectionPoint | None, objection: Element | None
) -> tuple[Element, ...]:
    parts = [] if objection is None else [objection]
    master = {} if request.status in ("CAN", "REJ") and point is not None else request.proposal.master
    jurisdiction = master.get("jurisdiction") or ("" if point is None else point.jurisdiction)
    classification = master.get("classification") or ("" if point is None else point.classification)
    if jurisdiction:
        parts.append(Element("JurisdictionCode", jurisdiction))
    if classification:
        parts.append(Element("NMIClassificationCode", classification))
    if point is not None and point.status == "D" and op.rules.reasons[request.reason].family == "transfer":
        parts.append(Element("NMIStatus", point.status))
    if request.status in ("REQ", "OBJ") and request.lodging_over > request.lodged_on:
        parts.append(Element("ObjectionEndDate", (request.lodging_over - DAY).isoformat()))
    return tuple(parts)
