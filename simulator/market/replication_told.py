"""What replication shows of what AEMO sent: the only place that takes it out of a transaction."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from simulator.asexml.model import Element
from simulator.hub.events import MessageQueued
from simulator.market.replication_log import Discovered

SHOWN = {
    "CATSChangeResponse": ("RequestID", "Event/Code"),
    "CATSObjectionResponse": ("ObjectionID", "Event/Code"),
    "CATSDataRequest": ("InitiatingRequestID", "Role", "RoleStatus"),
    "CATSNotification": (
        "ChangeRequest/RequestID",
        "ChangeRequest/ChangeStatusCode",
        "Role",
        "RoleStatus",
        "Objection/ObjectionID",
        "Objection/ObjectionData/ObjectionCode",
        "Objection/ObjectionAction",
        "Objection/Participant",
    ),
}
"""Transaction → what of it replication shows."""
_NOTIFICATION = "CATSNotification"
TOGETHER = frozenset(("CATSChangeResponse", _NOTIFICATION))
"""What nothing else is remembered of."""
DISCOVERIES = frozenset(("NMIDiscoveryResponse", "NMIStandingDataResponse"))
"""Answers to discoveries."""
ROWS = frozenset(("ReplicationNotification", "ReportResponse"))
"""Answers that may hold rows with their numbers."""

_Places = dict[str, "int | _Places"]
"""Name → where its text stands among the fields, or what is wanted inside of it."""


def _places(paths: Sequence[str]) -> _Places:
    found: _Places = {}
    for place, path in enumerate(paths):
        inside: Any = found
        *outer, name = path.split("/")
        for step in outer:
            inside = inside.setdefault(step, {})
        inside[name] = place
    return found


_WANTED = {name: _places(paths) for name, paths in SHOWN.items()}


def shown_of(payload: Element) -> tuple[str, ...]:
    """The fields of `SHOWN`, in one pass over the payload; of several elements of a name, what the first one says."""
    found = [""] * len(SHOWN[payload.name])
    _gather(payload, _WANTED[payload.name], found)
    return tuple(found)


def shown_after(payload: Element, before: Element, fields: tuple[str, ...]) -> tuple[str, ...]:
    """The same, where those of one before are known: notifications of one change differ in the role they are for."""
    ours, others = payload.children, before.children
    if payload.name != _NOTIFICATION or not others[2:] or ours[2:] != others[2:]:
        return shown_of(payload)
    role, status = ours[0], ours[1]
    for_role = role.name == others[0].name == "Role" and status.name == others[1].name == "RoleStatus"
    if for_role and role.text and status.text:
        return (*fields[:2], role.text, status.text, *fields[4:])
    return shown_of(payload)


def _gather(parent: Element, wanted: _Places, found: list[str]) -> None:
    for child in parent.children:
        place = wanted.get(child.name)
        if place is None:
            continue
        if not isinstance(place, int):
            _gather(child, place, found)
        elif not found[place]:
            found[place] = child.text or ""


def _text(parent: Element, path: str) -> str:
    name, _, rest = path.partition("/")
    for child in parent.children:
        if child.name == name:
            return _text(child, rest) if rest else child.text or ""
    return ""


def discovered(place: int, event: MessageQueued, payload: Element) -> Discovered:
    """What is kept of an answer to a discovery."""
    nmis = tuple(_text(child, "NMI") for child in payload.children if child.name == "NMIStandingData")
    return Discovered(place, event.at, event.to, payload.name, _text(payload, "Event/Code"), nmis)
