"""Flow control of a story: what was read, checked across keys and made into values."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any

from simulator.hub.limits import KINDS, Group, Limit, Limits
from simulator.hub.throttle import Throttling
from simulator.scenario.mistakes import Notes, shown
from simulator.scenario.shapes import Fields
from simulator.scenario.story import SetLimit, StopFile


def check_flow(file: Fields, notes: Notes) -> None:
    """A lower limit above the upper one, groups that are not clear, a throttle of no time."""
    for entry in file.get("at", []):
        if (changed := entry.get("set limit")) is not None:
            _order(changed, changed.get("cause", "this kind"), notes)
    limits = file.get("limits")
    if limits is not None:
        for fields in _sections(limits):
            _lower_is_not_above(fields, notes)
        _groups(limits, notes)
    throttle = file.get("throttle", {})
    if throttle.get("per") == timedelta(0):
        notes.add(throttle.at("per"), "a throttle without a time", "write a period such as PT1S")


def _sections(limits: Fields) -> Iterator[Fields]:
    yield limits
    yield from limits.get("participants", {}).values()
    yield from limits.get("groups", [])


def _lower_is_not_above(fields: Fields, notes: Notes) -> None:
    for kind in KINDS:
        limit = fields.get(kind)
        if isinstance(limit, Fields):
            _order(limit, kind, notes)


def _order(limit: Fields, kind: str, notes: Notes) -> None:
    if limit.get("lower", 0) > limit.get("upper", limit.get("lower", 0)):
        notes.add(limit.at("lower"), f"the lower limit of {kind} is above the upper one", "write a smaller one")


def _groups(limits: Fields, notes: Notes) -> None:
    names: set[str] = set()
    members: set[str] = set()
    for group in limits.get("groups", []):
        name = group.get("name")
        if name in names:
            notes.add(group.at("name"), f"group {shown(name)} a second time", "put the members together")
        names |= {name} if name else set()
        for member in dict.fromkeys(group.get("members", [])):
            if member in members:
                notes.add(group.at("members"), f"{member} is in two groups", "leave it in one")
            members.add(member)
    own: Mapping[str, Fields] = limits.get("participants", {})
    for member in own.keys() & members:
        what = f"{member} is in a group: the group's limits are its own"
        notes.add(own[member].node, what, "write them at the group")


def flow(file: Fields) -> dict[str, Any]:
    """``limits``, ``processing`` and ``throttle`` of a scenario, as far as they are given."""
    made: dict[str, Any] = {}
    if "limits" in file:
        made["limits"] = _limits(file["limits"])
    if "processing" in file:
        made["processing"] = dict(file["processing"])
    if "throttle" in file:
        made["throttle"] = _throttle(file["throttle"])
    return made


def _limits(read: Fields) -> Limits:
    groups = tuple(
        Group(group["name"], tuple(dict.fromkeys(group["members"])), _kinds(group)) for group in read.get("groups", ())
    )
    return Limits(_kinds(read), {who: _kinds(own) for who, own in read.get("participants", {}).items()}, groups)


def _kinds(read: Fields) -> Mapping[str, Limit]:
    return {kind: _limit(read[kind]) for kind in KINDS if kind in read}


def _limit(read: int | Fields) -> Limit:
    if isinstance(read, int):
        return Limit(read, read)
    return Limit(read.get("lower", read["upper"]), read["upper"])


def _throttle(read: Fields) -> Throttling:
    requests = read["requests"]
    per: timedelta = read.get("per", timedelta(seconds=1))
    return Throttling(requests / per.total_seconds(), read.get("burst", requests), frozenset(read.get("apis", ())))


def stop_file(read: Fields, *, stands: bool) -> StopFile:
    """``raise stop file`` or ``clear stop file``."""
    return StopFile(read["participant"], read["cause"], read.get("type", "B2MStopFile"), stands)


def set_limit(read: Fields) -> SetLimit:
    """``set limit``."""
    return SetLimit(read["cause"], _limit(read), read.get("participant"))
