"""Validation of change requests: every reason for a refusal at submission, in the order MSATS-like checks are made.

Each check is one question with one rule id; the first stage that finds something answers.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from simulator.asexml.model import View
from simulator.market.operator import Operator
from simulator.market.proposal import day
from simulator.market.rules import CURRENT, NEW, Reason, Rejection
from simulator.market.standing import checksum_fits, is_nmi, is_participant_id
from simulator.market.submission import Submission
from simulator.world.model import ConnectionPoint
from simulator.world.world import held_between, holders


def refusals(op: Operator, sub: Submission, today: date) -> tuple[Rejection, ...]:
    """Why a submission is refused; empty when it is valid. Fills in point, reason, initiator and terms."""
    sub.reason = reason = op.rules.reasons.get(sub.code)
    if reason is None:
        return (op.rules.refuse("cr.unknown-code", f"ChangeReasonCode {sub.code} is not in the table of reasons"),)
    sub.point = op.world.point(sub.nmi)
    first = _nmi(op, sub, reason) or _initiator(op, sub, reason, today)
    if first is not None:
        return (first,)
    found = [*_missing(op, sub, reason), *_read_type(op, sub)]
    if not reason.fields.roles >= sub.nominated.keys():
        found += _nominations(op, sub, reason)
    if sub.nomination is None:
        found += _not_allowed(op, sub, reason)
    if found:
        return tuple(found)
    late = _dates(op, sub, reason, today) or _open_already(op, sub)
    if late is not None:
        return (late,)
    nomination = sub.nomination
    if nomination is not None and nomination.sound:
        return ()
    unfit = tuple(_parties(op, sub))
    if nomination is not None and not unfit:
        nomination.sound = True
    return unfit


def _nmi(op: Operator, sub: Submission, reason: Reason) -> Rejection | None:
    rules = op.rules
    if not sub.nmi:
        return rules.refuse("cr.missing-RI", "Value of [NMI] is missing")
    if reason.creates and not is_nmi(sub.nmi):
        return rules.refuse("cr.enum", "Value of [NMI] is invalid")
    if reason.creates and sub.point is not None:
        return rules.refuse("cr.nmi-exists", f"NMI {sub.nmi} exists")
    if not reason.creates and sub.point is None:
        return rules.refuse("cr.nmi-unknown", f"NMI {sub.nmi} is not known")
    given = sub.checksum
    if given and op.switches.nmi_checksum == "check" and not checksum_fits(sub.nmi, given):
        return rules.refuse("cr.checksum", f"{given} is not the checksum of NMI {sub.nmi}")
    return None


def _initiator(op: Operator, sub: Submission, reason: Reason, today: date) -> Rejection | None:
    for notice in reason.initiators:
        new = notice.status == NEW
        if sub.nominated.get(notice.role) == sub.sender if new else _held_throughout(sub, notice.role, today):
            sub.initiator = notice
            return None
    now = {} if sub.point is None else holders(sub.point, today)
    if any(notice.status == CURRENT and now.get(notice.role) == sub.sender for notice in reason.initiators):
        return op.rules.refuse(
            "cr.role-period", f"{sub.sender} did not hold the role all the time from {sub.effective}"
        )
    wanted = " or ".join(f"{'new' if each.status == NEW else 'current'} {each.role}" for each in reason.initiators)
    return op.rules.refuse("cr.not-initiator", f"{sub.code} is for the {wanted}, which {sub.sender} is not")


def _held_throughout(sub: Submission, role: str, today: date) -> bool:
    """Whether the sender, and nobody else, holds a role for the whole period of the change: until its end date or
    today. A day to come counts as today."""
    if sub.point is None:
        return False
    first = min(sub.effective or today, today)
    last = max(first, min(day(sub.text("ActualEndDate")) or today, today))
    return held_between(sub.point, role, first, last) == [sub.sender] and (
        holders(sub.point, first).get(role) == holders(sub.point, last).get(role) == sub.sender
    )


def _missing(op: Operator, sub: Submission, reason: Reason) -> Iterator[Rejection]:
    for section, names in reason.fields.required.items():
        for name in names:
            if not _given(sub, section, name):
                where = f"{section}/{name}" if section else name
                yield op.rules.refuse("cr.missing-RI", f"Value of [{where}] is missing")


def _given(sub: Submission, section: str, name: str) -> bool:
    if section == "RoleAssignments":
        return name in sub.nominated or (name == "*" and bool(sub.nominated))
    if not section:
        return bool(sub.parts.get(name))
    found = sub.sections.get(section)
    if found is None or name == "*":
        return found is not None
    return found.first(f"Meter/{name}" if section == "MeterRegister" else name) is not None


def _read_type(op: Operator, sub: Submission) -> Iterator[Rejection]:
    """The list of read types is recalled: by default any is taken (rule ``assume.request-read-type``)."""
    given = sub.text("MeterReadTypeCode")
    if given and op.switches.request_read_type == "listed" and given not in op.rules.codes["read_type_codes"]:
        yield op.rules.refuse("cr.enum", "Value of [MeterReadTypeCode] is invalid")


def _nominations(op: Operator, sub: Submission, reason: Reason) -> Iterator[Rejection]:
    allowed = reason.fields.roles
    for role in sub.nominated:
        if role in allowed:
            continue
        if role not in op.rules.codes["roles"]:
            yield op.rules.refuse("cr.enum", "Value of [Role] is invalid")
        elif "*" not in allowed:
            yield op.rules.refuse("cr.field-not-RI-OI", f"{role} may not be nominated with {reason.code}")


def _not_allowed(op: Operator, sub: Submission, reason: Reason) -> Iterator[Rejection]:
    for section in ("MasterData", "DataStreams", "MeterRegister"):
        found = sub.sections.get(section)
        if found is not None:
            yield from _fields(op, reason, found, reason.fields.allowed.get(section, _NONE))
    register = sub.sections.get("MeterRegister")
    if register is not None:
        yield from _installations(op, register)
        if reason.needs_meter and sub.point is not None:
            yield from _meters(op, register, sub.point)
    master = sub.sections.get("MasterData")
    if master is not None:
        yield from _values(op, master)


_NONE: frozenset[str] = frozenset()


def _fields(op: Operator, reason: Reason, section: View, allowed: frozenset[str]) -> Iterator[Rejection]:
    if "*" in allowed and not reason.fields.removed:
        return
    inside = section.all("Meter/*") if section.name == "MeterRegister" else section.children()
    for name in dict.fromkeys(each.name for each in inside):
        if name in reason.fields.removed:
            yield op.rules.refuse("cr.field-removed", f"[{name}] is not supported")
        elif name not in allowed and "*" not in allowed:
            yield op.rules.refuse("cr.field-not-RI-OI", f"{name} may not be given with {reason.code}")


def _meters(op: Operator, register: View, point: ConnectionPoint) -> Iterator[Rejection]:
    installed = {meter.serial for meter in point.meters if meter.status != "R"}
    for serial in dict.fromkeys(each.text() or "" for each in register.all("Meter/SerialNumber")):
        if serial not in installed:
            yield op.rules.refuse("cr.meter-unknown", f"meter {serial} is not installed at NMI {point.nmi}")


def _installations(op: Operator, register: View) -> Iterator[Rejection]:
    given = {each.text() or "" for each in register.all("Meter/InstallationTypeCode")}
    if not given - {""} <= op.rules.codes["meter_installation_types"]:
        yield op.rules.refuse("cr.enum", "Value of [InstallationTypeCode] is invalid")


_LISTS = {
    "JurisdictionCode": "jurisdiction_codes",
    "NMIClassificationCode": "nmi_classification_codes",
    "Status": "nmi_status_codes",
}


def _values(op: Operator, master: View) -> Iterator[Rejection]:
    for name, table in _LISTS.items():
        value = master.text(name)
        if value and value not in op.rules.codes[table]:
            yield op.rules.refuse("cr.enum", f"Value of [{name}] is invalid")
    if master.first("Address/UnstructuredAddress") is not None:
        yield op.rules.refuse(
            "cr.address-unstructured", "Value of [UnstructuredAddress] is invalid: give a structured one"
        )


def _dates(op: Operator, sub: Submission, reason: Reason, today: date) -> Rejection | None:
    wanted = sub.effective
    if wanted is None:
        return op.rules.refuse("cr.date-window", "Value of [ProposedDate] is invalid: not a calendar day")
    end = day(sub.text("ActualEndDate"))
    if end is not None and end < wanted:
        return op.rules.refuse("cr.date-window", f"Value of [ActualEndDate] is invalid: before {wanted}")
    sub.terms = terms = op.book.terms(reason, sub.place, today)
    if not terms.first <= wanted <= terms.last:
        name = "ActualChangeDate" if sub.actual else "ProposedDate"
        return op.rules.refuse("cr.date-window", f"Value of [{name}] is invalid: from {terms.first} to {terms.last}")
    return None


def _open_already(op: Operator, sub: Submission) -> Rejection | None:
    other = op.requests.open_for(sub.nmi, sub.sender, sub.code)
    if other is not None and other != sub.answers:
        return op.rules.refuse("cr.duplicate-open", f"request {other} with {sub.code} is unfinished")
    return None


def _parties(op: Operator, sub: Submission) -> Iterator[Rejection]:
    registered = op.world.registered
    for role, party in sub.roles:
        if not registered(party, role):
            rule = "cr.participant-not-registered-for-role"
            yield op.rules.refuse(rule, f"{party} is not registered as {role}")
        elif not is_participant_id(party):
            yield op.rules.refuse("cr.enum", "Value of [Party] is invalid")
