"""Mistakes of rules that no single value shows: what does not go together, and names of what is not there."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations
from typing import Any

from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from simulator.scenario.mistakes import Notes, listed, nearest, shown
from simulator.scenario.shapes import Fields

BESIDE = frozenset(("send", "change", "set", "unset"))
_SEEN = ("accept", "drop", "delay", "hold", "reorder", "duplicate", "template")
FITTING = {
    "message": ("accept", "reject", "partial", *_SEEN, *sorted(BESIDE)),
    "outgoing": (*_SEEN, *sorted(BESIDE)),
    "request": tuple(sorted(BESIDE)),
    "netstream": tuple(sorted(BESIDE)),
}
"""What a rule is about → what it can do."""
_ONE_OF = (
    (("delay", "hold", "reorder", "drop"), "an answer is late in one way"),
    (("accept", "reject", "partial", "template"), "a transaction is answered in one way"),
    (("drop", "duplicate"), "what is dropped is not there to be sent again"),
)

_NAMELESS = {"request": "nmi", "netstream": "conversation"}
"""What a rule is about → what such a thing never names."""
_AT_NETSTREAM = ("GetMeterReadings", "token")


def check_rules(file: Fields, rules: list[Fields], notes: Notes) -> None:
    """Note every such mistake; names given twice are noted elsewhere."""
    names = {rule.get("name", f"rule {number}"): rule.get("per") for number, rule in enumerate(rules, 1)}
    flags: dict[str, set[str | None]] = {}
    for rule in rules:
        for flag in _set_by(rule):
            flags.setdefault(flag, set()).add(rule.get("per"))
    for entry in file.get("at", []):
        for flag in _named(entry.get("set", {})):
            flags.setdefault(flag, set()).add(None)
    for rule in rules:
        _answers(rule, notes)
        _period(rule, notes)
        _scope(rule, notes)
        _addressed(rule, notes)
        _state(rule, names, flags, notes)


def _period(rule: Fields, notes: Notes) -> None:
    asked: Fields | None = rule.get("netstream")
    period: Fields | None = None if asked is None else asked.get("period")
    if period is not None and "to" in period and "from" in period and period["to"] < period["from"]:
        notes.add(period.at("to"), "'to' is before 'from'", "both days belong to the period")


def _scope(rule: Fields, notes: Notes) -> None:
    """A count cannot be kept for each of what the thing never names."""
    about = next((each for each in _NAMELESS if rule.get(each) is not None), None)
    if about is not None and rule.get("per") == _NAMELESS[about]:
        notes.add(rule.at("per"), f"a {about} names no {_NAMELESS[about]}", "count per participant, or leave this out")


def _addressed(rule: Fields, notes: Notes) -> None:
    """A client of Netstream has no queue that a message could be put into."""
    request: Fields | None = rule.get("request")
    asked = request is not None and (request.get("api") == "Netstream" or request.get("operation") in _AT_NETSTREAM)
    for each in rule.get("answer", ()) if asked or rule.get("netstream") is not None else ():
        sent: Fields | None = each.get("send") if isinstance(each, Fields) else None
        if sent is not None and sent.get("to") is None:
            notes.add(sent.node, "a message to a client of Netstream, which is no participant", "say 'to' whom")


def _words(rule: Fields) -> Iterator[tuple[str, Node]]:
    """The words of a rule's answers, each with its place."""
    node = rule.at("answer")
    for each in node.value if isinstance(node, SequenceNode) else ():
        if isinstance(each, ScalarNode):
            yield each.value, each
        elif isinstance(each, MappingNode) and each.value and isinstance(each.value[0][0], ScalarNode):
            yield each.value[0][0].value, each


def _answers(rule: Fields, notes: Notes) -> None:
    written = {key.value for key, _ in rule.node.value if isinstance(key, ScalarNode)}
    about = next((each for each in FITTING if each in written), "message")
    words = [(word, node) for word, node in _words(rule) if word in FITTING["message"]]
    for word, node in words:
        if word not in FITTING[about]:
            notes.add(node, f"{word!r} in a rule about {about}", f"it can {listed(FITTING[about])}")
        elif "fault" in written and word not in BESIDE:
            notes.add(node, f"{word!r} beside a fault", f"beside a fault it can {listed(sorted(BESIDE))}")
    for group, why in _ONE_OF:
        for (earlier, _), (later, node) in combinations((each for each in words if each[0] in group), 2):
            if (earlier, later) != ("reject", "reject"):
                notes.add(node, f"{later!r} after {earlier!r}", f"{why}: keep one of them")


def _state(rule: Fields, names: dict[str, str | None], flags: dict[str, set[str | None]], notes: Notes) -> None:
    state: Fields | None = rule.get("state")
    if state is None:
        return
    after: Any = state.get("after", [])
    for each in after if isinstance(after, list) else [after]:
        name = each if isinstance(each, str) else each.get("rule")
        if name is not None and name not in names:
            notes.add(state.at("after"), f"no rule is called {shown(name)}", nearest(name, names))
        elif name is not None and not _sees(rule, {names[name]}):
            what = f"rule {shown(name)} counts per {names[name]}, and this one does not"
            notes.add(state.at("after"), what, f"count this one per {names[name]} as well")
    for key in ("flag", "no flag"):
        for flag in _named(state.get(key, {})):
            if flag not in flags:
                right = nearest(flag, flags) if flags else "add a rule or an entry with 'set', or leave this out"
                notes.add(state.at(key), f"nothing sets the flag {shown(flag)}", right)
            elif key == "flag" and not _sees(rule, flags[flag]):
                kept = listed(sorted(str(per) for per in flags[flag]))
                what = f"the flag {shown(flag)} is kept per {kept}, and this rule does not look there"
                notes.add(state.at(key), what, f"count this one per {kept} as well")


def _sees(rule: Fields, kept: set[str | None]) -> bool:
    """Whether what is kept there can be seen by a rule: its own scope, and what is kept for the whole simulation."""
    return bool(kept & {None, rule.get("per")})


def _set_by(rule: Fields) -> Iterator[str]:
    for each in rule.get("answer", ()):
        if isinstance(each, Fields):
            yield from _named(each.get("set", {}))


def _named(read: Any) -> Iterator[str]:
    return iter([read] if isinstance(read, str) else read)
