"""Single values of a scenario file, kind by kind: each reads a node into a value and describes itself as JSON Schema.

The only place that judges single values. Lists and mappings of them are in `simulator.scenario.shapes`; which keys
there are, and of which kind, is data in `simulator.scenario.keys`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from typing import Any, Final, Protocol

import msgspec
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from simulator.base.clock import market_time
from simulator.scenario.mistakes import Notes, listed, nearest, shown
from simulator.scenario.source import disguise

Json = dict[str, Any]

WRONG: Final = object()
"""Read where a mistake was noted; such a value is left out of what it belongs to."""

_NOT_IN_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
FORMS = {ScalarNode: "a single value", SequenceNode: "a list", MappingNode: "a group of keys"}


class Kind(Protocol):
    """One kind of value."""

    def read(self, node: Node, notes: Notes) -> Any:
        """The value of a node, or `WRONG` after noting why not."""
        ...

    def schema(self) -> Json:
        """The JSON Schema of what `read` takes."""
        ...


def misplaced(node: Node, notes: Notes, wanted: str) -> object:
    """Note that something of another form stands there; `WRONG`."""
    tag = f", marked {shown(node.tag)}" if node.tag else ""
    nothing = isinstance(node, ScalarNode) and not node.style and disguise(node.value) == "nothing"
    form = "nothing" if nothing else FORMS[type(node)]
    notes.add(node, f"{form}{tag} stands here", f"write {wanted}")
    return WRONG


def bad(node: Node, notes: Notes, what: str, right: str) -> object:
    """Note a mistake; `WRONG`."""
    notes.add(node, what, right)
    return WRONG


class Text(msgspec.Struct, frozen=True):
    """Text. ``pattern`` is matched whole and described by ``form``; ``choices`` are the only values there are.

    An unquoted text that YAML reads as a number, boolean, date or time is refused: identifiers lose zeros that way.
    ``hint`` may know better advice for a wrong value; ``later`` are choices a later version brings; a ``secret`` is
    never shown.
    """

    form: str = "a text"
    pattern: re.Pattern[str] | None = None
    choices: tuple[str, ...] = ()
    longest: int = 200
    lines: bool = False
    secret: bool = False
    hint: Callable[[str], str | None] | None = None
    later: Mapping[str, str] = msgspec.field(default_factory=dict)

    def read(self, node: Node, notes: Notes) -> Any:
        """A `str`."""
        if type(node) is not ScalarNode or node.tag:
            return misplaced(node, notes, self.form)
        text: str = node.value
        if not node.style and (kind := disguise(text)) is not None:
            return self._disguised(node, notes, kind)
        if self.choices:
            return text if text in self.choices else self._unknown(node, notes)
        if self.pattern is not None and self.pattern.fullmatch(text) is None:
            advice = self.hint(text) if self.hint is not None else None
            return bad(node, notes, f"{self._named(text)} stands here", advice or f"write {self.form}")
        return text if text.isprintable() and 0 < len(text) <= self.longest else self._unusual(node, notes)

    def _unknown(self, node: ScalarNode, notes: Notes) -> object:
        if node.value in self.later:
            return bad(
                node, notes, f"not yet: {node.value!r} comes with {self.later[node.value]}", "leave it out until then"
            )
        advice = self.hint(node.value) if self.hint is not None else None
        return bad(node, notes, f"{shown(node.value)} stands here", advice or nearest(node.value, self.choices))

    def _disguised(self, node: ScalarNode, notes: Notes, kind: str) -> object:
        if kind == "nothing":
            return misplaced(node, notes, self.form)
        advice = "quote it" if self.secret else f'quote it: "{node.value}"'
        if self.pattern is not None and self.pattern.fullmatch(node.value) is None:
            advice = f"quote it, and write {self.form}"
        return bad(node, notes, f"YAML reads {self._named(node.value)} as a {kind}", advice)

    def _unusual(self, node: ScalarNode, notes: Notes) -> Any:
        text: str = node.value
        if not text:
            return bad(node, notes, "an empty text", f"write {self.form}")
        if len(text) > self.longest:
            return bad(node, notes, f"{len(text)} characters", f"at most {self.longest} fit here")
        if _NOT_IN_XML.search(text) or (not self.lines and re.search("[\t\n\r]", text)):
            return bad(node, notes, "a control character in a text", "remove it")
        return text

    def _named(self, text: str) -> str:
        return "this" if self.secret else shown(text)

    def schema(self) -> Json:
        """A string."""
        if self.choices:
            return {"type": "string", "enum": list(self.choices)}
        length: Json = {"type": "string", "minLength": 1, "maxLength": self.longest}
        return length if self.pattern is None else length | {"pattern": f"^(?:{self.pattern.pattern})$"}


class Whole(msgspec.Struct, frozen=True):
    """A whole number from ``low`` to ``high``."""

    low: int
    high: int
    choices: tuple[int, ...] = ()

    def read(self, node: Node, notes: Notes) -> Any:
        """An `int`."""
        if type(node) is not ScalarNode or node.tag or not node.value:
            return misplaced(node, notes, self._form)
        if re.fullmatch(r"-?(0|[1-9][0-9]{0,17})", node.value) is None:
            return bad(node, notes, f"{shown(node.value)} is not a whole number", f"write {self._form}")
        if node.style:
            return bad(node, notes, "a number in quotes", f"leave the quotes off: {node.value}")
        number = int(node.value)
        if (self.choices and number not in self.choices) or not self.low <= number <= self.high:
            return bad(node, notes, f"{number} stands here", f"write {self._form}")
        return number

    @property
    def _form(self) -> str:
        if self.choices:
            return f"one of {listed(map(str, self.choices))}"
        return f"a number from {self.low} to {self.high}"

    def schema(self) -> Json:
        """An integer."""
        if self.choices:
            return {"type": "integer", "enum": list(self.choices)}
        return {"type": "integer", "minimum": self.low, "maximum": self.high}


class Figure(msgspec.Struct, frozen=True):
    """A number kept as it was written, quoted or not. ``number`` is the JSON Schema of the unquoted one."""

    pattern: re.Pattern[str]
    form: str
    number: Mapping[str, Any]

    def read(self, node: Node, notes: Notes) -> Any:
        """A `str`, as written."""
        if type(node) is not ScalarNode or node.tag or not node.value:
            return misplaced(node, notes, self.form)
        if self.pattern.fullmatch(node.value) is None:
            return bad(node, notes, f"{shown(node.value)} stands here", f"write {self.form}")
        return node.value

    def schema(self) -> Json:
        """A number, or a string that looks like one."""
        return {"anyOf": [dict(self.number), {"type": "string", "pattern": f"^(?:{self.pattern.pattern})$"}]}


class Flag(msgspec.Struct, frozen=True):
    """True or false; ``words`` are further ways to say true."""

    words: tuple[str, ...] = ()

    def read(self, node: Node, notes: Notes) -> Any:
        """A `bool`."""
        if type(node) is not ScalarNode or node.tag:
            return misplaced(node, notes, self._form)
        if node.value in self.words:
            return True
        if node.style or disguise(node.value) != "boolean":
            return bad(node, notes, f"{shown(node.value)} stands here", f"write {self._form}")
        return node.value[0] in "yYtT" or node.value.lower() == "on"

    @property
    def _form(self) -> str:
        return " or ".join((*self.words, "true", "false"))

    def schema(self) -> Json:
        """A boolean."""
        return {"enum": [*self.words, True, False]} if self.words else {"type": "boolean"}


def _moment(text: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return market_time(found) if found.tzinfo is not None and 1990 <= found.year <= 2199 else None


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if re.fullmatch(r"\d{4}-\d\d-\d\d", text, re.ASCII) else None
    except ValueError:
        return None


_PERIOD = re.compile(r"P(?=.)(?:(\d{1,5})W)?(?:(\d{1,5})D)?(?:T(?=\d)(?:(\d{1,5})H)?(?:(\d{1,6})M)?(?:(\d{1,7})S)?)?")


def _period(text: str) -> timedelta | None:
    found = _PERIOD.fullmatch(text)
    if found is None:
        return None
    weeks, days, hours, minutes, seconds = (int(part or 0) for part in found.groups())
    return timedelta(weeks=weeks, days=days, hours=hours, minutes=minutes, seconds=seconds)


class Timed(msgspec.Struct, frozen=True):
    """A date, a point in time or a period, in ISO form, quoted or not."""

    form: str
    parse: Callable[[str], Any]
    described: Mapping[str, Any]

    def read(self, node: Node, notes: Notes) -> Any:
        """What ``parse`` makes of it."""
        if type(node) is not ScalarNode or node.tag or not node.value:
            return misplaced(node, notes, self.form)
        value = self.parse(node.value)
        return bad(node, notes, f"{shown(node.value)} stands here", f"write {self.form}") if value is None else value

    def schema(self) -> Json:
        """A string with a format."""
        return {"type": "string", **self.described}


_DATE = {"format": "date", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"}
_ISO_PERIOD = {"pattern": f"^{_PERIOD.pattern}$"}

DAY = Timed("a date such as 2026-03-02", _day, _DATE)
MOMENT = Timed(
    'a point in time with its zone, such as "2026-03-02T09:00:00+10:00"',
    _moment,
    {"pattern": "^(199|20[0-9]|21[0-9])[0-9]-?[0-9]{2}-?[0-9]{2}[T ].*(Z|[+-][0-9]{2}(:?[0-9]{2})?)$"},
)
PERIOD = Timed("a period such as PT10M, PT1H30M or P2D", _period, _ISO_PERIOD)
DAY_OR_PERIOD = Timed(
    "a date such as 2026-06-30, or a period after the beginning such as P30D",
    lambda text: _day(text) or _period(text),
    {"anyOf": [_DATE, _ISO_PERIOD]},
)


class Setting(msgspec.Struct, frozen=True):
    """The value of a switch: one of the choices, quoted or not; ``1..100`` as only choice is a range of numbers."""

    choices: tuple[str, ...]
    make: Callable[[str], Any]

    def read(self, node: Node, notes: Notes) -> Any:
        """What ``make`` makes of the text."""
        if type(node) is not ScalarNode or node.tag:
            return misplaced(node, notes, f"one of: {listed(self.choices)}")
        text: str = node.value
        if self._range is not None:
            if re.fullmatch(r"0|[1-9]\d{0,8}", text, re.ASCII) and int(text) in self._range:
                return self.make(text)
            return bad(
                node, notes, f"{shown(text)} stands here", f"write a number from {self._range[0]} to {self._range[-1]}"
            )
        if text in self.choices:
            return self.make(text)
        return bad(node, notes, f"{shown(text)} stands here", nearest(text, self.choices))

    @property
    def _range(self) -> range | None:
        low, dots, high = self.choices[0].partition("..")
        return range(int(low), int(high) + 1) if dots else None

    def schema(self) -> Json:
        """The choices, in the types YAML gives them."""
        if self._range is not None:
            return {"type": "integer", "minimum": self._range[0], "maximum": self._range[-1]}
        numbers = [int(choice) for choice in self.choices if choice.isdigit()]
        flags = [choice == "yes" for choice in self.choices if choice in ("yes", "no")]
        return {"enum": [*self.choices, *numbers, *flags]}
