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


def check_rules(file: Fields, rules: list[Fields], notes: Notes) -> None:
    """Note every such mistake; names given twice are noted elsewhere."""
    names = {rule.get("name", f"rule {number}") for number, rule in enumerate(rules, 1)}
    flags = {flag for rule in rules for flag in _set_by(rule)} | {
        flag for entry in file.get("at", []) for flag in _named(entry.get("set", {}))
    }
    for rule in rules:
        _answers(rule, notes)
        _state(rule, names, flags, notes)


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


def _state(rule: Fields, names: set[str], flags: set[str], notes: Notes) -> None:
    state: Fields | None = rule.get("state")
    if state is None:
        return
    after: Any = state.get("after", [])
    for each in after if isinstance(after, list) else [after]:
        name = each if isinstance(each, str) else each.get("rule")
        if name is not None and name not in names:
            notes.add(state.at("after"), f"no rule is called {shown(name)}", nearest(name, names))
    for key in ("flag", "no flag"):
        for flag in _named(state.get(key, {})):
            if flag not in flags:
                right = nearest(flag, flags) if flags else "add a rule or an entry with 'set', or leave this out"
                notes.add(state.at(key), f"nothing sets the flag {shown(flag)}", right)


def _set_by(rule: Fields) -> Iterator[str]:
    for each in rule.get("answer", ()):
        if isinstance(each, Fields):
            yield from _named(each.get("set", {}))


def _named(read: Any) -> Iterator[str]:
    return iter([read] if isinstance(read, str) else read)
