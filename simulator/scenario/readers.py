"""Where each criterion of a rule finds its texts: the only place that knows what a key under ``when`` looks at."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from typing import Any

from simulator.asexml.model import View
from simulator.scenario.criteria import Wanted
from simulator.scenario.facts import MessageFacts, OutgoingFacts, RequestFacts, Surroundings
from simulator.scenario.model import Rule
from simulator.scenario.xpaths import numbers, select, values

Texts = tuple[str, ...]
Read = Callable[[Any, Surroundings, str], Texts]
Asked = tuple[str, str, str, Wanted | None, bool]
"""Kind of reader, what it is told, the name people know it by, what is wanted, whether texts are shown in quotes."""


def asked(rule: Rule) -> Iterator[Asked]:
    """Everything a rule asks of what it is about, cheap things first."""
    for match, plain in (
        (rule.message, _MESSAGE),
        (rule.outgoing, _OUTGOING),
        (rule.request, _REQUEST),
        (rule.netstream, _NETSTREAM),
    ):
        for attribute, (kind, name) in plain.items() if match is not None else ():
            wanted = getattr(match, attribute)
            if wanted is not None:
                yield kind, "", name, wanted, False
    if rule.request is not None:
        for header, wanted in rule.request.header.items():
            yield "header", header.lower(), f"header {header}", wanted, True
    if rule.netstream is not None and rule.netstream.days is not None:
        first, last = rule.netstream.days
        yield "days", f"{first} {last}", f"period from {first} to {last}", None, False
    message = rule.message or rule.outgoing
    if message is not None:
        for path, wanted in message.fields.items():
            yield "field", path, path, wanted, True
        for expression, selected in message.xpath.items():
            yield "xpath", expression, expression, selected, True


_MESSAGE: Mapping[str, tuple[str, str]] = {
    "transaction": ("transaction", "transaction"),
    "sender": ("sender", "from"),
    "receiver": ("receiver", "to"),
    "participant": ("participant", "participant"),
    "group": ("group", "group"),
    "priority": ("priority", "priority"),
    "release": ("release", "release"),
    "role": ("role", "role"),
    "nmi": ("nmi", "nmi"),
}
_OUTGOING = _MESSAGE
_REQUEST: Mapping[str, tuple[str, str]] = {
    "api": ("api", "api"),
    "operation": ("operation", "operation"),
    "participant": ("caller", "participant"),
    "certificate": ("certificate", "certificate"),
    "group": ("asked group", "group"),
    "context_id": ("context id", "context id"),
}
_NETSTREAM: Mapping[str, tuple[str, str]] = {
    "client": ("client", "client"),
    "usage_point": ("usage point", "usage point"),
    "group": ("usage point group", "usage point group"),
    "reading_type": ("reading type", "reading type"),
}


ELEMENT_PATH = "[A-Za-z][A-Za-z0-9]*(/[A-Za-z][A-Za-z0-9]*)*(/@[A-Za-z]+)?"
"""What a field may be named by: elements, and at the end an attribute."""
_PATH = re.compile(ELEMENT_PATH)


def is_path(text: object) -> bool:
    """Whether it names a field."""
    return isinstance(text, str) and _PATH.fullmatch(text) is not None


def field_texts(view: View, path: str) -> Texts:
    """The texts of every element of that path, at any depth: ``NMI``, ``MasterData/Status``, ``NMI/@checksum``."""
    elements, _, attribute = path.partition("/@")
    found = view.all(f".//{elements}")
    texts = (each.attribute(attribute) if attribute else each.text() for each in found)
    return tuple(text.strip() for text in texts if text is not None)


def nmis(facts: MessageFacts | OutgoingFacts) -> Texts:
    """Every NMI that is named, once each."""
    return tuple(dict.fromkeys(text for view in facts.views for text in field_texts(view, "NMI")))


def _given(text: str | None) -> Texts:
    return (text,) if text else ()


def _parties(facts: MessageFacts | OutgoingFacts, house: Surroundings, _: str) -> Texts:
    return facts.sender, facts.receiver


def _roles(facts: MessageFacts | OutgoingFacts, house: Surroundings, _: str) -> Texts:
    """Those of the one that is not AEMO."""
    return house.roles(facts.party)


def _fields(facts: MessageFacts | OutgoingFacts, house: Surroundings, path: str) -> Texts:
    return tuple(text for view in facts.views for text in field_texts(view, path))


def _selected(facts: MessageFacts | OutgoingFacts, house: Surroundings, expression: str) -> Texts:
    return tuple(text for view in facts.views for text in select(view, expression))


def _values(facts: MessageFacts | OutgoingFacts, house: Surroundings, path: str) -> Texts:
    return tuple(text for view in facts.views for text in values(view, path))


def _shared(facts: MessageFacts | OutgoingFacts, house: Surroundings, path: str) -> Texts:
    """Those that every transaction has."""
    every = [values(view, path) for view in facts.views]
    return tuple(text for text in every[0] if all(text in other for other in every)) if every else ()


def _numbers(facts: MessageFacts | OutgoingFacts, house: Surroundings, expression: str) -> Texts:
    return tuple(text for view in facts.views for text in numbers(view, expression))


def _elements(facts: MessageFacts | OutgoingFacts, house: Surroundings, _: str) -> Texts:
    """The names of all elements, once each."""
    return tuple(dict.fromkeys(name for view in facts.views for name in view.names()))


def _header(facts: RequestFacts, house: Surroundings, name: str) -> Texts:
    return tuple(value for key, value in facts.header.items() if key.lower() == name)


def _days(facts: RequestFacts, house: Surroundings, days: str) -> Texts:
    """What is asked for, when it has one of these days."""
    asked = facts.question
    first, last = map(date.fromisoformat, days.split())
    if asked is None or asked.first is None or asked.first > last or (asked.last or asked.first) < first:
        return ()
    return (f"{asked.first} to {asked.last}",)


def _day(day: date | None) -> Texts:
    """A day as a number."""
    return () if day is None else (str(day.toordinal()),)


READERS: Mapping[str, Read] = {
    "transaction": lambda facts, house, _: facts.transactions,
    "sender": lambda facts, house, _: _given(facts.sender),
    "receiver": lambda facts, house, _: _given(facts.receiver),
    "participant": _parties,
    "group": lambda facts, house, _: _given(facts.group),
    "priority": lambda facts, house, _: _given(facts.priority),
    "release": lambda facts, house, _: _given(facts.release),
    "role": _roles,
    "nmi": lambda facts, house, _: nmis(facts),
    "elements": _elements,
    "field": _fields,
    "xpath": _selected,
    "xpath values": _values,
    "xpath values shared": _shared,
    "xpath numbers": _numbers,
    "api": lambda facts, house, _: _given(facts.api),
    "operation": lambda facts, house, _: _given(facts.operation),
    "caller": lambda facts, house, _: _given(facts.participant),
    "certificate": lambda facts, house, _: _given(facts.certificate),
    "asked group": lambda facts, house, _: _given(facts.group),
    "context id": lambda facts, house, _: _given(facts.context_id),
    "header": _header,
    "client": lambda facts, house, _: _given(facts.question.client),
    "usage point": lambda facts, house, _: facts.question.usage_points,
    "usage point group": lambda facts, house, _: facts.question.groups,
    "days": _days,
    "first day": lambda facts, house, _: _day(facts.question.first),
    "last day": lambda facts, house, _: _day(facts.question.last or facts.question.first),
    "reading type": lambda facts, house, _: facts.question.reading_types,
}
"""Kind → its reader: facts, the rest of the house, what it is told."""
