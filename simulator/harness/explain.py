"""``ehubsim explain CODE``: what a code or a rule means here, where that is from, and which stories reach it.

Looks in the tables the market works from, so that it cannot say anything else than they do. Which shipped scenarios
reach a code is recorded (``data/reached.csv``) by the tests that play them, and kept true by the same tests.
"""

from __future__ import annotations

import csv
import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from itertools import islice
from pathlib import Path

from simulator.hub.switches import ASSUMPTIONS, Assumption
from simulator.market import report_tables
from simulator.market.tables import Row, shipped
from simulator.netstream.switches import ASSUMPTIONS as NETSTREAM_ASSUMPTIONS
from simulator.register import Entry as Registered
from simulator.register import register
from simulator.register.entries import SETS
from simulator.register.entries import rows as registered
from simulator.register.faults_table import settings
from simulator.scenario.faults import FAULTS, Hook
from simulator.web import scenario_files
from simulator.world.defaults import DEFAULTS
from simulator.world.growth import PLAUSIBLE

CONFIDENCE: Mapping[str, str] = {
    "D": "documented by AEMO or by a standards body that works with it",
    "C": "seen in code or in real messages",
    "S": "seen in real messages",
    "R+": "recalled, fairly sure",
    "R": "recalled",
    "R-": "recalled weakly, a placeholder",
    "I": "our own choice where the documents are silent",
    "O": "the simulator's own; AEMO has nothing of the kind",
}
MOST_PLACES = 8
LISTS: Mapping[str, tuple[str, str]] = {
    "error_codes": ("event code", "event"),
    "change_reason_codes": ("change reason", "reason"),
    "change_status_codes": ("status of a change request", "status"),
    "objection_codes": ("objection", "objection"),
    "nmi_status_codes": ("NMI status", ""),
    "nmi_classification_codes": ("NMI classification", ""),
    "jurisdiction_codes": ("jurisdiction", ""),
    "meter_installation_types": ("meter installation type", ""),
    "read_type_codes": ("read type of a change request", ""),
    "discovery_reasons": ("reason of a NMI discovery", ""),
    "roles": ("role", ""),
}
"""Code list → what its codes are called, and as what they are recorded in ``reached.csv``."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing a word can mean. ``more`` are further lines; ``reached`` is None where that is not recorded."""

    code: str
    kind: str
    meaning: str
    confidence: str
    source: str
    more: tuple[str, ...] = ()
    reached: tuple[str, ...] | None = None

    def lines(self) -> Iterator[str]:
        """As it is printed."""
        yield f"{self.code}: {self.kind}"
        yield f"  {self.meaning}"
        sure = f" ({CONFIDENCE[self.confidence]})" if self.confidence in CONFIDENCE else ""
        yield f"  confidence {self.confidence}{sure}; source: {self.source}"
        yield from (f"  {line}" for line in self.more)
        if self.reached is not None:
            told = ", ".join(self.reached) or "none"
            yield f"  reached by the shipped scenarios: {told}"


def explain(words: Iterable[str]) -> int:
    """Print everything each word can mean; 1 when one of them means nothing here."""
    missing = False
    for word in words:
        found = list(entries(word))
        for entry in found:
            print("\n".join(entry.lines()))
        if not found:
            missing = True
            print(f"ehubsim: nothing here is called {word!r}{_nearest(word)}", file=sys.stderr)
    return 1 if missing else 0


def entries(word: str) -> Iterator[Entry]:
    """Everything a word can mean, in any case: codes, rules (``event.1404`` is one), switches."""
    wanted = word.strip().lower().removeprefix("event.")
    yield from _numbered(wanted)
    yield from _standard_events(wanted)
    for name, (kind, recorded) in LISTS.items():
        for row in shipped()[name]:
            if row["Code"].lower() == wanted and not (name == "error_codes" and wanted in _standard()):
                yield _listed(name, kind, recorded, row)
    yield from _rules(wanted)
    yield from _switches(wanted)
    yield from _defaults(wanted)
    yield from _faults(wanted)
    yield from _registered(wanted)


def _numbered(wanted: str) -> Iterator[Entry]:
    """The assumption that has that number in the register: ``A6``."""
    for row in registered("numbers"):
        if row["Number"].lower() == wanted:
            yield from entries(row["Rule"])


# Codes


def _standard() -> Mapping[str, Row]:
    return {row["Code"]: row for row in registered("standard_events")}


def _standard_events(wanted: str) -> Iterator[Entry]:
    row = _standard().get(wanted)
    if row is not None:
        reached = _reached("event", wanted)
        yield Entry(wanted, "event code", row["Description"], row["confidence"], row["source"], (), reached)


def _listed(name: str, kind: str, recorded: str, row: Row) -> Entry:
    code = row["Code"]
    more = tuple(_MORE[name](code)) if name in _MORE else ()
    reached = _reached(recorded, code) if recorded else None
    return Entry(code, kind, row["Description"], row["confidence"], row["source"], more, reached)


def _of_event(code: str) -> Iterator[str]:
    for row in _event_rules():
        if row["Code"] == code:
            yield f"answers rule {row['Rule']}: {row['Meaning']} ({row['confidence']})"


_PERIODS = (
    ("ObjectionLodgementPeriod", "objections may be lodged for {}"),
    ("ObjectionClearancePeriod", "and stand for {}"),
    ("ProspectiveDays", "proposed up to {} ahead"),
    ("RetrospectiveDays", "or {} back"),
)


def _of_reason(code: str) -> Iterator[str]:
    for row in _rows("initiation_rules", code):
        yield f"initiated by the {_by(row)} ({row['confidence']})"
    for row in _rows("jurisdictional_rules", code):
        days = ", ".join(text.format(row[column]) for column, text in _PERIODS)
        place = f"{row['JurisdictionCode']}, class {row['NMIClassificationCode']}"
        yield f"business days in {place}: {days} ({row['confidence']})"
    for row in _rows("objection_rules", code):
        where = f"{row['JurisdictionCode']}, class {row['NMIClassificationCode']}"
        yield f"objections in {where}: {row['ObjectionCode']} by the {_by(row)} ({row['confidence']})"


def _of_objection(code: str) -> Iterator[str]:
    for row in shipped()["objection_rules"]:
        if code in row["ObjectionCode"].split():
            where = f"{row['JurisdictionCode']}, class {row['NMIClassificationCode']}"
            reasons = row["ChangeReasonCode"]
            yield f"lodged by the {_by(row)} in {where}, against {reasons} ({row['confidence']})"


def _rows(table: str, reason: str) -> Iterator[Row]:
    return (row for row in shipped()[table] if reason in row["ChangeReasonCode"].split())


def _by(row: Row) -> str:
    status = " or ".join(_STATUS[each] for each in row["RoleStatus"].split())
    return f"{status} {', '.join(row['Role'].split())}"


_STATUS = {"N": "new", "C": "current"}
_MORE = {"error_codes": _of_event, "change_reason_codes": _of_reason, "objection_codes": _of_objection}


# Rules and switches


def _event_rules() -> tuple[Row, ...]:
    return (*shipped()["event_rules"], *report_tables.read("rules"))


def _rules(wanted: str) -> Iterator[Entry]:
    for row in _event_rules():
        rule = row["Rule"]
        if rule.lower() == wanted:
            more = (f"answered with event {row['Code']}, severity {row['Severity']}",)
            yield Entry(rule, "rule", row["Meaning"], row["confidence"], row["source"], more, _reached("rule", rule))


def _switches(wanted: str) -> Iterator[Entry]:
    every: tuple[Assumption, ...] = (*ASSUMPTIONS, *NETSTREAM_ASSUMPTIONS)
    for each in every:
        if wanted.replace(" ", "_") not in (each.rule, each.switch):
            continue
        name = each.switch.replace("_", " ")
        more = (
            f"rule {each.rule}; in a scenario: assume: {{{name}: {each.default}}}",
            f"may be {', '.join(each.choices)}; left out: {each.default}",
            f"set by the shipped scenarios: {', '.join(_setting(each.switch)) or 'none'}",
        )
        yield Entry(name, "switch", each.reason, each.confidence, "decided by this simulator", more)


def _setting(switch: str) -> Iterator[str]:
    """Shipped scenarios in whose text a switch is set."""
    spelled = re.compile(rf"\b{switch.replace('_', '[ _]')}:")
    folder = scenario_files.shipped(scenario_files.QUICKSTART).parent
    for path in sorted(folder.glob("*.yaml")):
        if spelled.search(path.read_text("utf-8")):
            yield path.stem


def _defaults(wanted: str) -> Iterator[Entry]:
    for default in (*DEFAULTS, *PLAUSIBLE):
        if default.rule == wanted:
            what = f"{default.what}: {default.value}"
            yield Entry(default.rule, "default of the pretend market", what, default.confidence, "this simulator")
    for row in report_tables.read("assumptions"):
        if row["Rule"] == wanted:
            choices = row["Choices"].replace("|", ", ")
            may_be = f"otherwise in simulator/market/data/report_assumptions.csv{choices and ': '}{choices}"
            more = (f"what is done: {row['Value']}", f"fixed: {row['Fixed']}" if row["Fixed"] else may_be)
            yield Entry(wanted, "default of reports", row["Reason"], row["confidence"], row["source"], more)


def _faults(wanted: str) -> Iterator[Entry]:
    for fault in FAULTS:
        if wanted not in (fault.rule, fault.name.lower()):
            continue
        given = settings(fault)
        asked = f"a port of its own: given: {{tls port: {{fault: {fault.name}}}}}"
        more = (
            f"rule {fault.rule}; acts {fault.hook}" + (f", only on {', '.join(fault.only)}" if fault.only else ""),
            asked if fault.hook is Hook.TLS else f"asked for by a rule: fault: {fault.name}",
            *((f"settings, with their defaults: {given}",) if given else ()),
        )
        reached = (f"fault-{fault.level.lower()}",)
        yield Entry(fault.name, f"{fault.level} fault", fault.meaning, "O", "this simulator", more, reached)


def _registered(wanted: str) -> Iterator[Entry]:
    """A rule that no table of the market has, and the places in the program that keep it."""
    known = _described().get(wanted)
    if known is not None:
        set_by = (f"otherwise by {known.set_by}",) if known.set_by else ()
        more = (f"answered with {known.answer}", *set_by, *_places(known.rule))
        reached = _reached("rule", known.rule)
        yield Entry(known.rule, "rule", known.meaning, known.confidence, known.source, more, reached)


@cache
def _described() -> Mapping[str, Registered]:
    """In small letters: rules whose only description is in the register."""
    return {
        entry.rule.lower(): entry for entry in register().values() if entry.area in SETS and entry.answer != "switch"
    }


def _places(rule: str) -> Iterator[str]:
    root = Path(str(files("simulator")))
    places = (
        f"kept in simulator/{path.relative_to(root).as_posix()}:{number}"
        for path in sorted(root.rglob("*.py"))
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1)
        if f'"{rule}"' in line
    )
    return islice(places, MOST_PLACES)


# What is recorded


def _table(name: str) -> tuple[Row, ...]:
    text = files("simulator.harness").joinpath(f"data/{name}.csv").read_text("utf-8")
    return tuple(csv.DictReader(text.splitlines()))


@cache
def recorded() -> Mapping[tuple[str, str], tuple[str, ...]]:
    """(kind, code) → the shipped scenarios that reach it."""
    return {(row["Kind"], row["Code"]): tuple(row["Scenarios"].split()) for row in _table("reached")}


def _reached(kind: str, code: str) -> tuple[str, ...]:
    return recorded().get((kind, code), ())


@cache
def names() -> frozenset[str]:
    """Every word that is explained from a table, in small letters."""
    codes = {row["Code"].lower() for name in LISTS for row in shipped()[name]}
    rules = {row["Rule"].lower() for row in (*_event_rules(), *report_tables.read("assumptions"))}
    rules |= {each.rule for each in (*DEFAULTS, *PLAUSIBLE)}
    switches = {name for each in (*ASSUMPTIONS, *NETSTREAM_ASSUMPTIONS) for name in (each.rule, each.switch)}
    faults = {name for each in FAULTS for name in (each.rule, each.name.lower())}
    spelled = {name.replace("_", " ") for name in switches}
    return frozenset(codes | rules | switches | spelled | set(_standard()) | set(_described()) | faults)


def _nearest(word: str) -> str:
    from difflib import get_close_matches  # noqa: PLC0415 - only a word that means nothing pays for it

    close = get_close_matches(word.lower()[:60], sorted(names()), n=3)
    return f"; did you mean {', '.join(close)}?" if close else ""
