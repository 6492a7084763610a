"""Mistakes that no single value shows: things named twice, things that contradict each other, things left open.

Each check walks what was read and notes what is wrong; values that were wrong in themselves are not there any more.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from itertools import pairwise
from typing import Any

from yaml.nodes import Node, ScalarNode

from simulator.scenario.checks_expect import check_expectations
from simulator.scenario.checks_rules import check_rules
from simulator.scenario.checks_story import check_timeline
from simulator.scenario.flow_part import check_flow
from simulator.scenario.keys import switch_of
from simulator.scenario.mistakes import Notes, listed, shown
from simulator.scenario.shapes import Fields
from simulator.scenario.vocabulary import ACCUMULATION, AEMO, ROLES
from simulator.world.calendar import DAY
from simulator.world.model import OPEN_END
from simulator.world.numbering import MOST_GROWN


def check(file: Fields, notes: Notes) -> None:
    """Note every such mistake of a file."""
    given = file.get("given", {})
    participants: list[Fields] = given.get("participants", [])
    _participants(participants, notes)
    points: list[Fields] = given.get("nmis", [])
    roles = {each["id"]: each["roles"] for each in participants if "id" in each and "roles" in each}
    _once(((point["nmi"], point.at("nmi")) for point in points if "nmi" in point), "NMI", notes)
    for point in points:
        _roles(point, roles, notes)
        _meters(point, notes)
        _streams(point, notes)
    _populations(listed_or_one(given.get("population", [])), roles, notes)
    _rules(file.get("when", []), notes)
    check_rules(file, file.get("when", []), notes)
    _switches(file.get("assume"), notes)
    check_timeline(file, participants, notes)
    check_flow(file, notes)
    check_expectations(file, notes)


def _once(named: Iterator[tuple[str, Node]], what: str, notes: Notes) -> None:
    seen: dict[str, Node] = {}
    for name, node in named:
        if name in seen:
            notes.add(node, f"{what} {shown(name)} a second time", f"the first is in line {notes.at(seen[name]).line}")
        seen.setdefault(name, node)


def _participants(participants: list[Fields], notes: Notes) -> None:
    _once(((each["id"], each.at("id")) for each in participants if "id" in each), "participant", notes)
    _once(_users(participants), "user", notes)
    for each in participants:
        name = each.get("id", "this participant")
        if name == AEMO:
            notes.add(each.at("id"), f"{AEMO} is AEMO itself", "leave it out: it is always there")
        if "user" in each and "users" in each:
            notes.add(each.at("user"), "both 'user' and 'users'", "move it into 'users'")
        if _nobody(each):
            notes.add(each.node, f"nobody acts for {name}", "add 'user' and 'password', or 'played: auto'")
        for key in ("pace", "never answers", "objects", "delivers readings"):
            if key in each and not each.get("played"):
                what = "a pace" if key == "pace" else repr(key)
                notes.add(each.at(key), f"{what}, but {name} is not played", "add 'played: auto' or leave it out")
        if each.get("never answers") and "objects" in each:
            notes.add(each.at("objects"), f"{name} never answers", "leave one of the two out")
        if "delivers readings" in each and "MDP" not in each.get("roles", ("MDP",)):
            notes.add(each.at("delivers readings"), f"{name} provides no meter data", "add MDP to its 'roles'")
        if each.get("delivers readings", DAY) > DAY:
            notes.add(each.at("delivers readings"), "more than a day after midnight", "make it PT24H or less")


def _nobody(participant: Fields) -> bool:
    """Neither played nor with a user, as far as what was written tells: one that was written wrong is told already."""
    written = {key.value for key, _ in participant.node.value if isinstance(key, ScalarNode)}
    wrong = "played" in written and "played" not in participant
    return not participant.get("played") and not wrong and not written & {"user", "users", "password"}


def _users(participants: list[Fields]) -> Iterator[tuple[str, Node]]:
    for each in participants:
        if "user" in each:
            yield each["user"], each.at("user")
        for user in each.get("users", []):
            if "name" in user:
                yield user["name"], user.at("name")


def listed_or_one(value: Any) -> list[Fields]:
    """What may be written as a list, or without one when there is only one of it."""
    return value if isinstance(value, list) else [value]


def _roles(point: Fields, declared: dict[str, list[str]], notes: Notes) -> None:
    _one_coordinator(point, notes)
    for role in ROLES:
        value = point.get(role.lower())
        if isinstance(value, str):
            _registered(value, role, declared, point.at(role.lower()), notes)
        elif value is not None:
            _dated(listed_or_one(value), role, declared, notes)


def _populations(populations: list[Fields], declared: dict[str, list[str]], notes: Notes) -> None:
    total = 0
    for population in populations:
        _one_coordinator(population, notes)
        total += population.get("count", 0)
        if total > MOST_GROWN:
            notes.add(population.at("count"), f"{total} NMIs in all", f"a market grows {MOST_GROWN} at most")
        for role in ROLES:
            held = population.get(role.lower())
            if isinstance(held, Fields):
                for party in held:
                    _registered(party, role, declared, held.key(party), notes)
            elif held is not None:
                _registered(held, role, declared, population.at(role.lower()), notes)


def _one_coordinator(point: Fields, notes: Notes) -> None:
    if "rp" in point and "mc" in point:
        notes.add(point.at("mc"), "both 'rp' and 'mc'", "they are the same role: keep one")


def _registered(party: str, role: str, declared: dict[str, list[str]], node: Node, notes: Notes) -> None:
    roles = declared.get(party)
    same = {"RP", "MC"} if role in ("RP", "MC") else {role}
    if roles is not None and not same & set(roles):
        notes.add(node, f"{party} is declared as {listed(roles)}", f"add {role} to its roles, or name another")


def _dated(rows: list[Fields], role: str, declared: dict[str, list[str]], notes: Notes) -> None:
    for row in rows:
        _ordered(row, notes)
        if "party" in row:
            _registered(row["party"], role, declared, row.at("party"), notes)
    for earlier, later in pairwise(sorted(rows, key=lambda row: row.get("from", date.min))):
        if later.get("from", date.min) <= earlier.get("to", OPEN_END):
            right = f"end the one in line {notes.at(earlier.node).line} the day before"
            notes.add(later.node, f"two hold {role} on one day", right)


def _ordered(row: Fields, notes: Notes) -> None:
    if "from" in row and "to" in row and row["to"] < row["from"]:
        notes.add(row.at("to"), "'to' is before 'from'", "both days belong to the period")


def _meters(point: Fields, notes: Notes) -> None:
    meters: list[Fields] = point.get("meters", [])
    _once(((each["serial"], each.at("serial")) for each in meters if "serial" in each), "meter", notes)
    for meter in meters:
        if "registers" in meter:
            _once(_registers(meter), "register", notes)
        if "interval" in meter and meter.get("installation type") in ACCUMULATION:
            notes.add(meter.at("interval"), f"a {meter['installation type']} meter has no intervals", "leave it out")


def _registers(meter: Fields) -> Iterator[tuple[str, Node]]:
    for register in meter["registers"]:
        if isinstance(register, Fields):
            if "id" in register:
                yield register["id"], register.at("id")
        else:
            yield register, meter.at("registers")


def _streams(point: Fields, notes: Notes) -> None:
    streams: list[Fields] = point.get("data streams", [])
    _once(((each["suffix"], each.at("suffix")) for each in streams if "suffix" in each), "data stream", notes)
    for stream in streams:
        _ordered(stream, notes)


def _rules(rules: list[Fields], notes: Notes) -> None:
    """Rules are counted by their names; one without a name has its number for one."""
    named = ((rule.get("name", f"rule {number}"), rule.at("name")) for number, rule in enumerate(rules, 1))
    _once(named, "rule", notes)


def _switches(assume: Fields | None, notes: Notes) -> None:
    if assume is not None:
        _once(((switch_of(key), assume.at(key)) for key in assume), "switch", notes)
