"""From what was read to the values of a scenario. Runs only on a file without mistakes.

Only what is given is built: `simulator.world.defaults` completes connection points. Keys that are left out leave
the defaults of the values alone; nothing is decided here but the unit of a register written as a suffix.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any

from simulator.hub.switches import Switches
from simulator.scenario.checks import listed_or_one
from simulator.scenario.keys import switch_of
from simulator.scenario.mistakes import Notes
from simulator.scenario.model import Answer, Delay, Given, Hold, MessageMatch, Participant, Reject, Rule, Scenario, User
from simulator.scenario.shapes import Fields
from simulator.scenario.vocabulary import ACCUMULATION, ROLES, WIRE_ROLES
from simulator.world.growth import Growth, Shares
from simulator.world.model import Address, ConnectionPoint, DataStream, Meter, Register, RoleAssignment


def scenario(file: Fields, notes: Notes, today: datetime | None) -> Scenario:
    """The story of a file. ``today`` is its beginning when it has no clock; periods after the beginning need one."""
    beginning: datetime | None = file.get("clock", today)
    first_day = beginning.date() if beginning is not None else None
    given: Fields = file.get("given", Fields(file.node))
    return Scenario(
        name=file["scenario"],
        given=Given(
            tuple(map(_participant, given.get("participants", ()))),
            tuple(_point(point, first_day) for point in given.get("nmis", ())),
            tuple(_growth(each, first_day) for each in listed_or_one(given.get("population", []))),
        ),
        when=tuple(_rule(rule, number, notes) for number, rule in enumerate(file.get("when", ()), 1)),
        switches=Switches(**{switch_of(name): value for name, value in file.get("assume", {}).items()}),
        file=notes.file,
        **_plain(file, "about", "release", "seed", "clock"),
    )


def _plain(read: Fields, *keys: str, **renamed: str) -> dict[str, Any]:
    """What was given under these keys, by the names the values use: ``dial format`` → ``dial_format``."""
    given = {key.replace(" ", "_"): read[key] for key in keys if key in read}
    return given | {name: read[key] for name, key in renamed.items() if key in read}


def _participant(read: Fields) -> Participant:
    users = [User(read["user"], read["password"])] if "user" in read else []
    users += [User(user["name"], user["password"], tuple(user.get("rights", ("*",)))) for user in read.get("users", ())]
    return Participant(
        participant_id=read["id"],
        roles=tuple(dict.fromkeys(WIRE_ROLES.get(role, role) for role in read["roles"])),
        users=tuple(users),
        delivery=dict(read.get("delivery", {})),
        **_plain(read, "played", "pace", "release", "certificate"),
    )


def _point(read: Fields, beginning: date | None) -> ConnectionPoint:
    plain = _plain(
        read,
        "nmi",
        "jurisdiction",
        "classification",
        "status",
        "tni",
        "dlf",
        "customer class",
        "customer threshold",
        "parent",
    )
    if "address" in read:
        plain["address"] = _address(read["address"])
    return ConnectionPoint(
        **plain,
        roles=tuple(_roles(read)),
        meters=tuple(_meter(meter, beginning) for meter in read.get("meters", ())),
        data_streams=tuple(map(_stream, read.get("data streams", ()))),
    )


def _address(read: Fields) -> Address:
    """MSATS shows addresses in capitals."""
    return Address(**{key.replace(" ", "_"): value.upper() for key, value in read.items()})


def _roles(read: Fields) -> Iterator[RoleAssignment]:
    for role in ROLES:
        value = read.get(role.lower())
        if value is None:
            continue
        code = WIRE_ROLES.get(role, role)
        if isinstance(value, str):
            yield RoleAssignment(code, value)
        else:
            for row in listed_or_one(value):
                yield RoleAssignment(code, row["party"], **_plain(row, from_date="from", to_date="to"))


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


def _meter(read: Fields, beginning: date | None) -> Meter:
    kind = read.get("installation type")
    plain = _plain(read, "serial", "interval", "installation type", "read type", "status", "manufacturer", "model")
    next_read = read.get("next scheduled read")
    if isinstance(next_read, timedelta):
        next_read = None if beginning is None else beginning + next_read
    registers = tuple(_register(each, kind in ACCUMULATION) for each in read.get("registers", ()))
    return Meter(**plain, registers=registers, next_scheduled_read=next_read)


_ACCUMULATED = {"time_of_day": "ALLDAY", "dial_format": "5.0", "consumption_type": "Cumulative"}
"""What a register of a meter without intervals has, where a file is silent."""


def _register(read: str | Fields, accumulated: bool) -> Register:
    defaults = _ACCUMULATED if accumulated else {}
    if isinstance(read, str):
        return Register(read, read, **{"unit": _unit(read), **defaults})
    suffix = read.get("suffix", read["id"])
    plain = _plain(
        read,
        "unit",
        "network tariff",
        "time of day",
        "multiplier",
        "dial format",
        "controlled load",
        "consumption type",
        "status",
    )
    return Register(read["id"], suffix, **{"unit": _unit(suffix), **defaults, **plain})


def _unit(suffix: str) -> str:
    """NMI suffixes that begin with Q or K are reactive energy."""
    return "KVARH" if suffix[0] in "QK" else "KWH"


def _stream(read: Fields) -> DataStream:
    return DataStream(
        read["suffix"],
        **_plain(read, "profile", "average daily load", "status", kind="type", from_date="from", to_date="to"),
    )


def _rule(read: Fields, number: int, notes: Notes) -> Rule:
    match = read["message"]
    return Rule(
        name=read.get("name", f"rule {number}"),
        where=notes.at(read.node),
        message=MessageMatch(match.get("transaction"), match.get("from"), dict(match.get("fields", {}))),
        answer=tuple(map(_answer, read["answer"])),
        times=read.get("times"),
    )


def _answer(read: Fields) -> Answer:
    if "delay" in read:
        return Delay(read["delay"])
    return Hold(read["hold"]) if "hold" in read else Reject(**read["reject"])
