"""What a scenario says of Netstream and of readings: judged as a whole, then made into values."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from simulator.asexml import mdff
from simulator.asexml.mdff_model import Accumulation, IntervalDay
from simulator.netstream.model import EVERYTHING, Client, Given, Group, UsagePoint, guid
from simulator.scenario.mistakes import Notes, nearest, shown
from simulator.scenario.model import GivenReadings
from simulator.scenario.shapes import Fields
from simulator.world.irregularities import EXCHANGE, Irregularity

ReadFile = Callable[[str], str]
"""Gives the text of a file that a scenario names; raises `OSError` or `ValueError`."""
_ARRIVING = ("missing", "substituted", "estimated")


def check(given: Fields | dict[str, Any], notes: Notes) -> None:
    """Note every mistake that no single value shows."""
    netstream = given.get("netstream", {})
    points: list[Fields] = netstream.get("usage points", [])
    for point in points:
        _usage_point(point, notes)
    names: list[str] = [point[key] for point in points for key in ("name", "nmi") if key in point]
    groups = [each["name"] for each in netstream.get("groups", []) if "name" in each]
    for what, kind in (("clients", "id"), ("groups", "name"), ("meter groups", "name"), ("usage points", "name")):
        _once(netstream.get(what, []), kind, notes)
    for client in netstream.get("clients", []):
        for name in client.get("usage point groups", []):
            if name not in (EVERYTHING, *groups):
                right = nearest(name, [EVERYTHING, *groups])
                notes.add(client.at("usage point groups"), f"{shown(name)} is no group", right)
    for each, key in [
        *((point, "children") for point in points),
        *((g, "usage points") for g in netstream.get("groups", [])),
    ]:
        for name in each.get(key, []):
            if name not in names and not _looks_like_nmi(name):
                notes.add(
                    each.at(key), f"{shown(name)} is no usage point", nearest(name, names) if names else "name a NMI"
                )
    for reading in given.get("readings", []):
        _reading(reading, notes)


def _once(listed: list[Fields], key: str, notes: Notes) -> None:
    seen: set[str] = set()
    for each in listed:
        if key in each and each[key] in seen:
            notes.add(each.at(key), f"{shown(each[key])} a second time", "give each a name of its own")
        seen.add(each.get(key, ""))


def _looks_like_nmi(name: str) -> bool:
    return len(name) == 10 and name.isalnum() and name == name.upper()


def _usage_point(point: Fields, notes: Notes) -> None:
    if "nmi" in point and "children" in point:
        notes.add(point.at("children"), "both 'nmi' and 'children'", "a virtual usage point has no NMI of its own")
    if "nmi" not in point and not {"name", "children"} <= point.keys():
        notes.add(point.node, "a usage point without 'nmi'", "add it, or 'name' and 'children' of a virtual one")


def _reading(reading: Fields, notes: Notes) -> None:
    if "file" in reading:
        if len(reading.node.value) > 1:
            notes.add(reading.node, "a file with further keys", "write the file alone")
        return
    for key in ("nmi", "what", "from"):
        if key not in reading and key not in {name.value for name, _ in reading.node.value}:
            notes.add(reading.node, f"odd readings without {key!r}", f"add {key!r}, or name a 'file'")
    exchange = reading.get("what") == EXCHANGE
    needed = "meter" if exchange else "to"
    if "what" in reading and needed not in {name.value for name, _ in reading.node.value}:
        notes.add(reading.node, f"{reading['what']!r} without {needed!r}", f"add {needed!r}")
    if "from" in reading and "to" in reading and reading["to"] <= reading["from"]:
        notes.add(reading.at("to"), "'to' is not after 'from'", "put them in order")
    if "reported" in reading and reading.get("what", "missing") not in _ARRIVING:
        notes.add(
            reading.at("reported"),
            f"a {reading['what']} is never reported anew",
            f"leave it out, or write {_ARRIVING[0]}",
        )


def netstream(given: Fields | dict[str, Any]) -> Given:
    """The Netstream of a scenario."""
    read = given.get("netstream", {})
    plain = {key: read[key] for key in ("tenant", "audience") if key in read}
    return Given(
        clients=tuple(_client(each) for each in read.get("clients", ())),
        points=tuple(_point(each) for each in read.get("usage points", ())),
        groups=tuple(_group(each, "group", "usage points") for each in read.get("groups", ())),
        meter_groups=tuple(_group(each, "meter-group", "meters") for each in read.get("meter groups", ())),
        **plain,
    )


def _client(read: Fields) -> Client:
    return Client(read["id"], read["secret"], tuple(read.get("usage point groups", (EVERYTHING,))))


def _point(read: Fields) -> UsagePoint:
    name: str = read["name"] if "name" in read else read["nmi"]
    mrid = read.get("mrid", guid("usage-point", read.get("nmi", name)))
    return UsagePoint(name, mrid, read.get("nmi"), read.get("zone"), tuple(read.get("children", ())))


def _group(read: Fields, kind: str, members: str) -> Group:
    return Group(read["name"], read.get("mrid", guid(kind, read["name"])), tuple(read[members]))


def readings(given: Fields | dict[str, Any], notes: Notes, read_file: ReadFile | None) -> GivenReadings:
    """The readings of a scenario; what is wrong with a file it names is noted."""
    entries: list[Fields] = given.get("readings", [])
    records = [record for entry in entries if "file" in entry for record in _file(entry, notes, read_file)]
    return GivenReadings(
        tuple(each for each in records if isinstance(each, IntervalDay)),
        tuple(each for each in records if isinstance(each, Accumulation)),
        tuple(_odd(entry) for entry in entries if "file" not in entry),
    )


def _odd(read: Fields) -> Irregularity:
    optional = {name: read.get(key) for name, key in (("end", "to"), ("suffix", "suffix"), ("reported", "reported"))}
    return Irregularity(read["nmi"], read["what"], read["from"], meter=read.get("meter"), **optional)


def _file(entry: Fields, notes: Notes, read_file: ReadFile | None) -> Iterator[IntervalDay | Accumulation]:
    name, node = entry["file"], entry.at("file")
    if read_file is None:
        notes.add(node, "a file is named, but this scenario came without files", "start from the scenario's own file")
        return
    try:
        found = mdff.read(read_file(name))
    except (OSError, ValueError) as error:
        notes.add(node, f"{shown(name)} cannot be read", str(error))
        return
    for fault in found.faults[:20]:
        notes.add(node, f"{name}:{fault.line}: {fault.field}", fault.explanation)
    if found.dialect not in ("NEM12", "NEM13"):
        notes.add(node, f"{shown(name)} is neither NEM12 nor NEM13", "begin it with a 100 record")
    for record in found.records:
        if isinstance(record, IntervalDay | Accumulation):
            yield record
