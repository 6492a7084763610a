"""The table itself, put together from the tables the simulator works from: the only place that knows all of them."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from importlib.resources import files

import msgspec

from simulator.hub.strictness import RELAXED
from simulator.hub.switches import ASSUMPTIONS, Assumption
from simulator.market import report_tables
from simulator.market.tables import Row, shipped
from simulator.netstream.switches import ASSUMPTIONS as NETSTREAM_ASSUMPTIONS
from simulator.scenario.faults import FAULTS, Fault
from simulator.world.defaults import DEFAULTS
from simulator.world.growth import PLAUSIBLE

BASES: Mapping[str, tuple[str, ...]] = {
    "documented": ("D",),
    "seen": ("C", "S"),
    "assumed": ("I", "R+", "R", "R-"),
    "own": ("O",),
}
"""What a behaviour rests on → the marks of confidence that say so."""
SETS = ("ehub", "asexml", "mdff", "cim", "netstream", "simulator")
"""Rules that no other table describes, by area: ``data/*.csv``."""


class Entry(msgspec.Struct, frozen=True, omit_defaults=True):
    """One behaviour. ``answer`` is an HTTP status, an event, ``switch``, ``default`` or ``refused``.

    ``set_by`` says where a user has it otherwise, or that it is fixed and why; ``choices`` what it may be.
    ``number`` is that of an assumption, and is never given twice.
    ``relaxed`` tells from which strictness on it is no reason to refuse.
    """

    rule: str
    area: str
    answer: str
    meaning: str
    basis: str
    confidence: str
    source: str
    set_by: str = ""
    default: str = ""
    choices: tuple[str, ...] = ()
    number: str = ""
    relaxed: str = ""


@cache
def register() -> Mapping[str, Entry]:
    """Rule id → what it is. Every one that the simulator can answer with is here, and none else."""
    found: dict[str, Entry] = {}
    for entry in _every():
        if entry.rule in found:
            raise ValueError(f"{entry.rule} is in the register twice")
        found[entry.rule] = entry
    numbers = {row["Rule"]: row["Number"] for row in rows("numbers")}
    relaxed = {each.rule: each.since for each in RELAXED}
    return {
        rule: msgspec.structs.replace(entry, number=numbers.get(rule, ""), relaxed=relaxed.get(rule, ""))
        for rule, entry in found.items()
    }


@cache
def rows(name: str) -> tuple[Row, ...]:
    """A table of the register's own, by the name of its file."""
    text = files("simulator.register").joinpath(f"data/{name}.csv").read_text("utf-8")
    return tuple(csv.DictReader(text.splitlines()))


def basis(confidence: str) -> str:
    """Documented, seen, assumed or own."""
    return next(name for name, marks in BASES.items() if confidence in marks)


def _every() -> Iterator[Entry]:
    for name in SETS:
        yield from (_described(name, row) for row in rows(name))
    yield from (_decided("ehub", each) for each in ASSUMPTIONS)
    yield from (_decided("netstream", each) for each in NETSTREAM_ASSUMPTIONS)
    yield from (_answered(row, "rules: event_rules") for row in shipped()["event_rules"])
    yield from (_answered(row, "market/data/report_rules.csv") for row in report_tables.read("rules"))
    yield from map(_of_reports, report_tables.read("assumptions"))
    yield from map(_broken, FAULTS)
    yield from _defaults()
    yield from _codes()


def _entry(rule: str, area: str, answer: str, meaning: str, row: Row, set_by: str = "", default: str = "") -> Entry:
    confidence = row["confidence"]
    return Entry(rule, area, answer, meaning, basis(confidence), confidence, row["source"], set_by, default)


def _described(name: str, row: Row) -> Entry:
    set_by = f"assume: {row['Switch'].replace('_', ' ')}" if row["Switch"] else ""
    if row["Switch"] == "strictness":
        set_by = "strictness: observe"
    return _entry(row["Rule"], name, row["Answer"], row["Meaning"], row, set_by)


def _decided(area: str, each: Assumption) -> Entry:
    """A switch. Whatever its choices rest on, which of them AEMO has is not documented."""
    how = f"assume: {each.switch.replace('_', ' ')}"
    found = Entry(each.rule, area, "switch", each.reason, "assumed", each.confidence, "decided by this simulator", how)
    return msgspec.structs.replace(found, default=each.default, choices=each.choices)


def _answered(row: Row, set_by: str) -> Entry:
    return _entry(row["Rule"], "market", f"event {row['Code']}", row["Meaning"], row, set_by)


def _of_reports(row: Row) -> Entry:
    """What is assumed of reports: the program goes by the value of the row, unless the row says why it is fixed."""
    set_by = f"fixed: {row['Fixed']}" if row["Fixed"] else "market/data/report_assumptions.csv"
    found = _entry(row["Rule"], "reports", "default", row["Reason"], row, set_by, row["Value"])
    return msgspec.structs.replace(found, choices=tuple(filter(None, row["Choices"].split("|"))))


def _broken(fault: Fault) -> Entry:
    """A fault, which only a scenario brings about."""
    answer = str(fault.status) if fault.status else fault.hook.value
    found = Entry(fault.rule, "faults", answer, fault.meaning, "own", "O", "a fault that a scenario asks for")
    return msgspec.structs.replace(found, set_by=f"fault: {fault.name}")


def _defaults() -> Iterator[Entry]:
    """What is filled in; some rules fill in several things."""
    filled: dict[str, list[str]] = {}
    for each in (*DEFAULTS, *PLAUSIBLE):
        filled.setdefault(each.rule, []).append(f"{each.what}: {each.value}")
    sure = {each.rule: each.confidence for each in (*DEFAULTS, *PLAUSIBLE)}
    for rule, texts in filled.items():
        kept, confidence = "; ".join(texts), sure[rule]
        yield Entry(rule, "market", "default", kept, basis(confidence), confidence, "a plausible market", "given")


def _codes() -> Iterator[Entry]:
    """Event codes, as ``event.1100``."""
    listed: dict[str, Row] = {row["Code"]: row for row in shipped()["error_codes"]}
    listed.update({row["Code"]: row for row in rows("standard_events")})
    for code, row in listed.items():
        yield _entry(f"event.{code}", "events", f"event {code}", row["Description"], row, "rules: error_codes")


def unnumbered(entries: Iterable[Entry]) -> list[str]:
    """Assumptions that have no number yet."""
    return [entry.rule for entry in entries if entry.basis == "assumed" and not entry.number]
