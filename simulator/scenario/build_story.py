"""The timeline and the habits of played participants, from what was read to values."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, timedelta
from typing import Any

from msgspec.structs import asdict

from simulator.market.acts import Change
from simulator.scenario.build_point import MASTER, address, meter, plain, stream
from simulator.scenario.build_rules import change, send, set_flags
from simulator.scenario.flow_part import set_limit, stop_file
from simulator.scenario.mistakes import Notes
from simulator.scenario.shapes import Fields
from simulator.scenario.story import (
    Action,
    Aemo,
    Entry,
    Object,
    Objecting,
    Outage,
    Release,
    Submit,
    SupplyRead,
    Withdraw,
    WithdrawObjection,
)
from simulator.scenario.vocabulary import WIRE_ROLES
from simulator.world.changes import Patch


def entry(read: Fields, notes: Notes, beginning: date | None) -> Entry:
    """One entry of the timeline."""
    when = read["after"] if "after" in read else read["at"]
    return Entry(str(notes.at(read.node)), when, _action(read, beginning))


def objecting(read: Fields) -> Objecting:
    """What a played participant objects to."""
    return Objecting(_role(read["role"]), read["code"], tuple(read.get("to", ())), read.get("withdraws after"))


def _action(read: Fields, beginning: date | None) -> Action:
    if "object" in read:
        given = read["object"]
        return Object(role=_role(given["role"]), **plain(given, "nmi", "code", "participant", "reason"))
    if "withdraw objection" in read:
        given = read["withdraw objection"]
        role = _role(given["role"]) if "role" in given else None
        return WithdrawObjection(role=role, **plain(given, "nmi", "participant", "code"))
    if "withdraw" in read:
        return Withdraw(**plain(read["withdraw"], "nmi", "reason"))
    if "supply read" in read:
        return SupplyRead(**plain(read["supply read"], "nmi", "participant", read_on="date"))
    made = next((make(read[word]) for word, make in _BY_ITSELF.items() if word in read), None)
    if made is not None:
        return made
    return _submit(read["submit"], beginning) if "submit" in read else _stop_file(read)


def _outage(given: Fields | timedelta) -> Outage:
    return Outage(given) if isinstance(given, timedelta) else Outage(given["for"], given.get("status", 500))


_BY_ITSELF: Mapping[str, Callable[[Any], Action]] = {
    "outage": _outage,
    "set limit": set_limit,
    "release": Release,
    "set": lambda read: Aemo(set_flags(read)),
    "send": lambda read: Aemo(send(read)),
    "change": lambda read: Aemo(change(read)),
}


def _stop_file(read: Fields) -> Action:
    stands = "raise stop file" in read
    return stop_file(read["raise stop file" if stands else "clear stop file"], stands=stands)


def _submit(read: Fields, beginning: date | None) -> Submit:
    change = Change(
        roles=tuple((_role(role), party) for role, party in read.get("roles", {}).items()),
        master=plain(read, *MASTER),
        address=address(read["address"]) if "address" in read else None,
        meters=tuple(_meter(each, beginning) for each in read.get("meters", ())),
        streams=tuple(map(stream, read.get("data streams", ()))),
        **plain(read, "reason", "nmi", "read type", "actual end"),
    )
    return Submit(read["participant"], change, **plain(read, "proposed", "actual", "answers"))


def _role(role: str) -> str:
    return WIRE_ROLES.get(role, role)


def _meter(read: Fields, beginning: date | None) -> Patch:
    """What is given of a meter; a register is sent whole."""
    fields = plain(read, "installation type", "read type", "status", "manufacturer", "model")
    made = meter(read, beginning)
    if made.next_scheduled_read is not None:
        fields["next_scheduled_read"] = made.next_scheduled_read.isoformat()
    registers = (asdict(each) for each in made.registers)
    return Patch(made.serial, fields, tuple(Patch(each.pop("register_id"), each) for each in registers))
