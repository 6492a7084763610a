"""Connection points as a scenario file gives them, and their parts. Only what is given is built."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

from simulator.scenario.checks import listed_or_one
from simulator.scenario.shapes import Fields
from simulator.scenario.vocabulary import ACCUMULATION, ROLES, WIRE_ROLES
from simulator.world.model import Address, ConnectionPoint, DataStream, Meter, Register, RoleAssignment

MASTER = (
    "jurisdiction",
    "classification",
    "status",
    "tni",
    "dlf",
    "customer class",
    "customer threshold",
    "parent",
)
"""What a connection point is, beside its parts: keys of one that is given, and of a request that is sent."""


def plain(read: Fields, *keys: str, **renamed: str) -> dict[str, Any]:
    """What was given under these keys, by the names the values use: ``dial format`` → ``dial_format``."""
    given = {key.replace(" ", "_"): read[key] for key in keys if key in read}
    return given | {name: read[key] for name, key in renamed.items() if key in read}


def point(read: Fields, beginning: date | None) -> ConnectionPoint:
    """A connection point. Periods count from ``beginning``, and are left open without one."""
    given = plain(read, "nmi", *MASTER)
    if "address" in read:
        given["address"] = address(read["address"])
    return ConnectionPoint(
        **given,
        roles=tuple(_roles(read)),
        meters=tuple(meter(each, beginning) for each in read.get("meters", ())),
        data_streams=tuple(map(stream, read.get("data streams", ()))),
    )


def address(read: Fields) -> Address:
    """An address, in capitals as MSATS shows it."""
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
                yield RoleAssignment(code, row["party"], **plain(row, from_date="from", to_date="to"))


def meter(read: Fields, beginning: date | None) -> Meter:
    """A meter with its registers."""
    kind = read.get("installation type")
    given = plain(read, "serial", "interval", "installation type", "read type", "status", "manufacturer", "model")
    next_read = read.get("next scheduled read")
    if isinstance(next_read, timedelta):
        next_read = None if beginning is None else beginning + next_read
    registers = tuple(_register(each, kind in ACCUMULATION) for each in read.get("registers", ()))
    return Meter(**given, registers=registers, next_scheduled_read=next_read)


_ACCUMULATED = {"time_of_day": "ALLDAY", "dial_format": "5.0", "consumption_type": "Cumulative"}
"""What a register of a meter without intervals has, where a file is silent."""


def _register(read: str | Fields, accumulated: bool) -> Register:
    defaults = _ACCUMULATED if accumulated else {}
    if isinstance(read, str):
        return Register(read, read, **{"unit": _unit(read), **defaults})
    suffix = read.get("suffix", read["id"])
    given = plain(
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
    return Register(read["id"], suffix, **{"unit": _unit(suffix), **defaults, **given})


def _unit(suffix: str) -> str:
    """NMI suffixes that begin with Q or K are reactive energy."""
    return "KVARH" if suffix[0] in "QK" else "KWH"


def stream(read: Fields) -> DataStream:
    """A data stream."""
    return DataStream(
        read["suffix"],
        **plain(read, "profile", "average daily load", "status", kind="type", from_date="from", to_date="to"),
    )
