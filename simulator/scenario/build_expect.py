"""What a story expects of the system under test, from what was read to values."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

from simulator.scenario import keys_expect as keys
from simulator.scenario.build_rules import message_match
from simulator.scenario.expect import (
    Acknowledged,
    BacksOff,
    Correlated,
    Expectation,
    Fetched,
    Form,
    HandledOnce,
    OneContent,
    Polls,
    QueueEmpty,
    Repaired,
    Sent,
    StopsSending,
    Valid,
)
from simulator.scenario.mistakes import Notes
from simulator.scenario.shapes import Fields

_OFFENCES: dict[str, Form] = {keys.OTHER_CONTENT: OneContent(), keys.INVALID: Valid()}


def expectations(file: Fields, notes: Notes) -> tuple[Expectation, ...]:
    """``then:`` of a scenario."""
    return tuple(_expectation(each, notes) for each in file.get("then", ()))


def _expectation(read: Fields, notes: Notes) -> Expectation:
    form = _form(read)
    return Expectation(read.get("name", form.title), str(notes.at(read.node)), form, read.get("participant"))


def _form(read: Fields) -> Form:
    return next(made(read) for key, made in _FORMS.items() if key in read)


def _every(read: Fields) -> Form:
    if read["every"] == keys.BADACK:
        return Repaired(read["repaired within"])
    return Acknowledged(read["acknowledged within"])


def _backs_off(read: Fields) -> BacksOff:
    named = read["after status"]
    statuses = (named,) if isinstance(named, str) else tuple(dict.fromkeys(named))
    return BacksOff(statuses, read["no request for"], read.get("at most", 0))


def _never(expected: Fields) -> Form:
    read = expected["never"]
    if "handle" in read:
        return HandledOnce()
    if "refer to" in read:
        return Correlated()
    what = read["submit"]
    if isinstance(what, Fields):
        return Sent(message_match(what), most=0)
    return _OFFENCES.get(what) or StopsSending(expected.get("grace", timedelta(0)))


def _sent(read: Fields) -> Sent:
    exactly: int | None = read.get("exactly")
    least, most = read.get("at least", exactly), read.get("at most", exactly)
    return Sent(message_match(read["sent"]), 1 if least is None and most is None else least, most)


def _fetched(read: Fields) -> Fetched:
    named: Any = read["readings of"]
    points = () if named == "all" else tuple(dict.fromkeys(named))
    types = tuple(dict.fromkeys(read.get("reading types", ())))
    once = read.get("fetched", "once") == "once"
    return Fetched(points, read["from"], read["to"], types, read.get("client"), once)


_FORMS: Mapping[str, Callable[[Fields], Form]] = {
    "every": _every,
    "never": _never,
    "sent": _sent,
    "after status": _backs_off,
    "polls": lambda read: Polls(read["polls"], read["no more often than"]),
    "readings of": _fetched,
    "queue": lambda _: QueueEmpty(),
}
"""The key that an expectation has one of → how it becomes a value."""
