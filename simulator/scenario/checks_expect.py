"""Expectations of a story whose words do not go together, or that are about nobody under test."""

from __future__ import annotations

from collections.abc import Iterator

from simulator.scenario import keys_expect as keys
from simulator.scenario.mistakes import Notes, shown
from simulator.scenario.shapes import Fields

_WITHIN = {keys.DELIVERED: "acknowledged within", keys.BADACK: "repaired within"}


def check_expectations(file: Fields, notes: Notes) -> None:
    """Words that do not go together, participants that are not under test, periods that end before they begin."""
    declared = {each["id"]: each for each in file.get("given", {}).get("participants", []) if "id" in each}
    netstream = file.get("given", {}).get("netstream", {})
    clients = {each["id"] for each in netstream.get("clients", []) if "id" in each}
    names: set[str] = set()
    for each in file.get("then", []):
        for node, what, right in (*_words(each), *_counts(each), *_readings(each, clients)):
            notes.add(each.at(node), what, right)
        _under_test(each, declared, notes)
        if each.get("name") in names:
            notes.add(each.at("name"), f"expectation {shown(each['name'])} a second time", "give it another name")
        names.add(each.get("name", ""))


_Mistakes = Iterator[tuple[str, str, str]]
"""The key a mistake is about, what is wrong, what would be right."""


def _words(each: Fields) -> _Mistakes:
    for every, within in _WITHIN.items():
        if each.get("every") == every and not _written(each, within):
            yield "every", f"{every!r} without {within!r}", f"add '{within}: PT5M'"
        if within in each and "every" in each and each["every"] != every:
            yield within, f"{within!r} of a {each['every']}", f"write 'every: {every}'"
    if "grace" in each and "never" in each and each["never"].get("submit") != keys.STOPPED:
        yield "grace", "a grace without a stop file", f"it goes with 'never: {{submit: {keys.STOPPED}}}'"
    if "at most" in each and not (_written(each, "sent") or _written(each, "after status")):
        yield "at most", "'at most' of nothing", "it goes with 'sent' or 'after status'"


def _written(each: Fields, key: str) -> bool:
    """Whether a key is there, even with a value that was wrong."""
    return any(name.value == key for name, _ in each.node.value)


def _counts(each: Fields) -> _Mistakes:
    for key in ("at least", "at most"):
        if "exactly" in each and key in each:
            yield key, f"'exactly' and {key!r}", "keep one of them"
    if each.get("at least", 0) > each.get("at most", each.get("at least", 0)):
        yield "at least", "more at least than at most", "write a smaller number"


def _readings(each: Fields, clients: set[str]) -> _Mistakes:
    if "from" in each and "to" in each and each["from"] >= each["to"]:
        yield "to", "'to' is not after 'from'", "write a later time"
    if "client" in each and each["client"] not in clients:
        yield "client", f"no Netstream client {shown(each['client'])}", "declare it in 'given', or leave it out"
    if "readings of" in each and "participant" in each:
        yield "participant", "readings are fetched by Netstream clients", "write 'client' instead, or leave it out"


def _under_test(each: Fields, declared: dict[str, Fields], notes: Notes) -> None:
    name = each.get("participant")
    if name is None:
        return
    member = declared.get(name)
    if member is None:
        notes.add(each.at("participant"), f"{name} is not declared", "declare it in 'given', or leave it out")
    elif member.get("played"):
        right = "name one that is not, or leave it out"
        notes.add(each.at("participant"), f"{name} is played: it is not under test", right)
