"""Rules, from what was read to values: what they ask, how often they answer, what they do."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

from simulator.scenario.build_point import plain
from simulator.scenario.criteria import (
    Absent,
    After,
    Matches,
    MessageMatch,
    NetstreamMatch,
    QueueDepth,
    RequestMatch,
    StateMatch,
    Wanted,
)
from simulator.scenario.model import Rule
from simulator.scenario.reactions import (
    Accept,
    Answer,
    ChangeWorld,
    Delay,
    Drop,
    Duplicate,
    Hold,
    Partial,
    Reject,
    Reorder,
    Send,
    SetFlag,
    Template,
)
from simulator.scenario.shapes import Fields
from simulator.scenario.vocabulary import WIRE_ROLES
from simulator.scenario.where import Where

WITHIN = timedelta(minutes=5)
"""How long answers wait for others that they are to change places with."""


def rule(read: Fields, number: int, where: Where) -> Rule:
    """One rule; one without a name has its number for one."""
    return Rule(
        name=read.get("name", f"rule {number}"),
        where=where,
        message=message_match(read["message"]) if "message" in read else None,
        answer=tuple(map(_answer, read.get("answer", ()))),
        outgoing=message_match(read["outgoing"]) if "outgoing" in read else None,
        request=_request(read["request"]) if "request" in read else None,
        netstream=_netstream(read["netstream"]) if "netstream" in read else None,
        state=_state(read.get("state", {})),
        chance=float(read["chance"]) if "chance" in read else None,
        **plain(read, "times", "per", "every", "fault", "strict"),
    )


def wanted(read: Any) -> Wanted:
    """What a text must be."""
    if isinstance(read, Fields):
        return Matches(read["matches"]) if "matches" in read else Absent()
    return tuple(read) if isinstance(read, list) else str(read)


def _all(read: Fields, *keys: str, **renamed: str) -> dict[str, Any]:
    return {name: wanted(value) for name, value in plain(read, *keys, **renamed).items()}


def _each(read: Mapping[str, Any]) -> dict[str, Wanted]:
    return {name: wanted(value) for name, value in read.items()}


def message_match(read: Fields) -> MessageMatch:
    """A message as ``when`` and ``then`` describe it."""
    given = _all(
        read, "transaction", "participant", "role", "nmi", "release", "group", "priority", sender="from", receiver="to"
    )
    if "role" in given:
        given["role"] = _wire_role(given["role"])
    return MessageMatch(**given, fields=_each(read.get("fields", {})), xpath=_xpath(read.get("xpath", ())))


def _wire_role(role: Wanted) -> Wanted:
    if isinstance(role, str):
        return WIRE_ROLES.get(role, role)
    return tuple(WIRE_ROLES.get(each, each) for each in role) if isinstance(role, tuple) else role


def _xpath(read: Any) -> dict[str, Wanted | None]:
    if isinstance(read, Fields):
        return dict(_each(read))
    return dict.fromkeys([read] if isinstance(read, str) else read)


def _request(read: Fields) -> RequestMatch:
    given = _all(read, "api", "operation", "participant", "certificate", "group", "context id")
    return RequestMatch(**given, header=_each(read.get("header", {})))


def _netstream(read: Fields) -> NetstreamMatch:
    given = _all(read, "client", "usage point", "reading type", group="usage point group")
    period = read.get("period")
    days = None if period is None else (period["from"], period.get("to", period["from"]))
    return NetstreamMatch(**given, days=days)


def _state(read: Mapping[str, Any]) -> StateMatch:
    named = read.get("flag", {})
    flags: dict[str, Wanted | None] = {named: None} if isinstance(named, str) else dict(_each(named))
    flags |= dict.fromkeys(_listed(read.get("no flag", [])), Absent())
    queue = read.get("queue")
    return StateMatch(
        tuple(_listed(read.get("nth", []))),
        tuple(map(_after, _listed(read.get("after", [])))),
        None if queue is None else QueueDepth(**plain(queue, "of", least="at least", most="at most")),
        flags,
    )


def _listed(read: Any) -> list[Any]:
    return read if isinstance(read, list) else [read]


def _after(read: str | Fields) -> After:
    return After(read) if isinstance(read, str) else After(**plain(read, "rule", "event", "times"))


SET = "yes"
"""The value of a flag that is set without one."""


def _flags(read: Any) -> dict[str, str | None]:
    return {read: SET} if isinstance(read, str) else dict(read)


def change(read: Fields) -> ChangeWorld:
    """A change of standing data."""
    roles = {WIRE_ROLES.get(role, role): party for role, party in read.get("roles", {}).items()}
    return ChangeWorld(read.get("nmi"), roles, plain(read, "status", "classification", "tni", "dlf"))


def send(read: Fields) -> Send:
    """A message that is sent besides."""
    return Send(Template(read["template"]), **plain(read, "to", "group", "priority"))


def set_flags(read: Any) -> SetFlag:
    """Flags and their values."""
    return SetFlag(_flags(read))


def _reorder(read: Any) -> Reorder:
    return Reorder(read, WITHIN) if isinstance(read, int) else Reorder(read["of"], read.get("within", WITHIN))


def _partial(read: Fields) -> Partial:
    chosen: dict[str, Any] = {key: tuple(read[key]) for key in ("places", "nmis") if key in read}
    return Partial(**plain(read, "code", "explanation", "severity", "every"), **chosen)


_MADE: Mapping[str, Callable[[Any], Answer]] = {
    "accept": lambda read: Accept(),
    "reject": lambda read: Reject(**read),
    "partial": _partial,
    "template": Template,
    "drop": lambda read: Drop(),
    "delay": Delay,
    "hold": Hold,
    "reorder": _reorder,
    "duplicate": Duplicate,
    "send": send,
    "change": change,
    "set": set_flags,
    "unset": lambda read: SetFlag(dict.fromkeys(_listed(read))),
}


def _answer(read: str | Fields) -> Answer:
    word, given = (read, None) if isinstance(read, str) else next(iter(read.items()))
    return _MADE[word](given)
