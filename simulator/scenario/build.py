"""From what was read to the values of a scenario. Runs only on a file without mistakes.

Only what is given is built: `simulator.world.defaults` completes connection points. Keys that are left out leave
the defaults of the values alone; nothing is decided here but the unit of a register written as a suffix.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from simulator.hub.switches import ASSUMPTIONS, Assumption, Switches
from simulator.netstream.switches import ASSUMPTIONS as NETSTREAM_ASSUMPTIONS
from simulator.netstream.switches import NetstreamSwitches
from simulator.scenario import netstream_part
from simulator.scenario.build_expect import expectations
from simulator.scenario.build_point import plain, point
from simulator.scenario.build_rules import rule
from simulator.scenario.build_story import entry, objecting
from simulator.scenario.checks import listed_or_one
from simulator.scenario.flow_part import flow
from simulator.scenario.keys import switch_of
from simulator.scenario.mistakes import Notes
from simulator.scenario.model import (
    Given,
    GivenReadings,
    Participant,
    Scenario,
    TlsPort,
    User,
)
from simulator.scenario.shapes import Fields
from simulator.scenario.vocabulary import ROLES, WIRE_ROLES
from simulator.world.growth import Growth, Shares


def scenario(file: Fields, notes: Notes, today: datetime | None, readings: GivenReadings) -> Scenario:
    """The story of a file. ``today`` is its beginning when it has no clock; periods after the beginning need one."""
    beginning: datetime | None = file.get("clock", today)
    first_day = beginning.date() if beginning is not None else None
    given: Fields = file.get("given", Fields(file.node))
    return Scenario(
        name=file["scenario"],
        given=Given(
            tuple(map(_participant, given.get("participants", ()))),
            tuple(point(each, first_day) for each in given.get("nmis", ())),
            tuple(_growth(each, first_day) for each in listed_or_one(given.get("population", []))),
            netstream_part.netstream(given),
            readings,
            tuple(TlsPort(each["fault"], each.get("port", 0)) for each in listed_or_one(given.get("tls port", []))),
        ),
        when=tuple(rule(each, number, notes.at(each.node)) for number, each in enumerate(file.get("when", ()), 1)),
        at=tuple(entry(each, notes, first_day) for each in file.get("at", ())),
        then=expectations(file, notes),
        switches=Switches(strictness=file.get("strictness", "strict"), **_switches(file, ASSUMPTIONS)),
        netstream_switches=NetstreamSwitches(**_switches(file, NETSTREAM_ASSUMPTIONS)),
        file=notes.file,
        **flow(file),
        **plain(file, "about", "release", "seed", "clock", "explain"),
    )


def _switches(file: Fields, known: Iterable[Assumption]) -> dict[str, Any]:
    """The switches that a file sets, of one registry."""
    names = {assumption.switch for assumption in known}
    given = ((switch_of(name), value) for name, value in file.get("assume", {}).items())
    return {name: value for name, value in given if name in names}


def _participant(read: Fields) -> Participant:
    users = [User(read["user"], read["password"])] if "user" in read else []
    users += [User(user["name"], user["password"], tuple(user.get("rights", ("*",)))) for user in read.get("users", ())]
    return Participant(
        participant_id=read["id"],
        roles=tuple(dict.fromkeys(WIRE_ROLES.get(role, role) for role in read["roles"])),
        users=tuple(users),
        delivery=dict(read.get("delivery", {})),
        objects=tuple(map(objecting, listed_or_one(read.get("objects", [])))),
        **plain(read, "played", "pace", "never answers", "delivers readings", "release", "certificate"),
    )


def _growth(read: Fields, beginning: date | None) -> Growth:
    shares = {
        name: _shares(read[key])
        for name, key in (
            ("classifications", "classification"),
            ("statuses", "status"),
            ("installation_types", "installation type"),
            ("customer_classes", "customer class"),
        )
        if key in read
    }
    roles = {WIRE_ROLES.get(role, role): _shares(read[role.lower()]) for role in ROLES if role.lower() in read}
    return Growth(read["count"], read["jurisdiction"], roles, beginning=beginning, **shares)


def _shares(read: str | Fields) -> Shares:
    return ((read, 1),) if isinstance(read, str) else tuple(read.items())
