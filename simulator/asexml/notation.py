"""The only reader of the notation our content tables are written in.

A content model is a text such as ``ChangeReasonCode, (ProposedDate | ActualChangeDate), Party:PartyId?~, Event*``:

=================  ===================================================================
``Name``           an element whose type has the same name
``Name:Type``      an element of another type
``? * + {1,3}``    how often; without any, exactly once
``~``              may be nil (``xsi:nil="true"``)
``( , ) ( | )``    a sequence, a choice
``^Name``          an element whose position among its siblings is not published: accepted anywhere
``<Base>``         extends that type; ``<!>`` before a model makes the type abstract
``=Type``          text of that type (with attributes)
``@name:type!``    an attribute, required when followed by ``!``
``...``            anything at all, not looked into
=================  ===================================================================

A simple type is a text such as ``text 1..36``, ``text 10``, ``integer 0..9``, ``decimal 8.5``, ``one of A, B``,
``date``, ``dateTime`` or ``pattern [0-9]{4}``.
"""

from __future__ import annotations

import re
from functools import cache

import msgspec

_TOKEN = re.compile(
    r"\s*(?:(?P<any>\.\.\.)|(?P<element>\^?[A-Za-z]\w*(?::\w+)?)|(?P<many>\?|\*|\+|\{\d+,\d+\})|(?P<mark>[(),|~])"
    r"|(?P<attribute>@\w+:\w+!?)|(?P<base><\w+>)|(?P<abstract><!>)|(?P<content>=\w+))\s*"
)
_MANY = {"?": (0, 1), "*": (0, None), "+": (1, None)}


class Leaf(msgspec.Struct, frozen=True):
    """An element in a content model. ``high`` None is unbounded."""

    name: str
    type: str
    low: int = 1
    high: int | None = 1
    nillable: bool = False
    floating: bool = False


class Group(msgspec.Struct, frozen=True):
    """A sequence or a choice of parts."""

    parts: tuple[Leaf | Group, ...]
    choice: bool = False
    low: int = 1
    high: int | None = 1


class Attribute(msgspec.Struct, frozen=True):
    """An attribute of a type."""

    name: str
    type: str
    required: bool = False


class Model(msgspec.Struct, frozen=True):
    """A complex type: what it extends, what it holds. ``open`` holds anything; ``text`` is the type of its text."""

    content: Group
    attributes: tuple[Attribute, ...] = ()
    base: str | None = None
    abstract: bool = False
    open: bool = False
    text: str | None = None

    def leaves(self) -> tuple[Leaf, ...]:
        """Every element of this type itself (not of its base), in order."""
        return tuple(_leaves(self.content))


def _leaves(part: Leaf | Group) -> list[Leaf]:
    return [part] if isinstance(part, Leaf) else [leaf for inner in part.parts for leaf in _leaves(inner)]


def _tokens(text: str) -> list[tuple[str, str]]:
    tokens, at = [], 0
    while at < len(text):
        found = _TOKEN.match(text, at)
        if found is None or found.lastgroup is None:
            raise ValueError(f"content model not understood at: {text[at : at + 40]!r}")
        tokens.append((found.lastgroup, found[found.lastgroup]))
        at = found.end()
    return tokens


class _Reading:
    """One pass over the tokens of a model."""

    def __init__(self, text: str) -> None:
        self.tokens = _tokens(text)
        self.attributes: list[Attribute] = []
        self.base: str | None = None
        self.abstract = self.open = False
        self.text: str | None = None

    def model(self) -> Model:
        kept = [token for token in self.tokens if not self._aside(*token)]
        self.tokens = [*kept, ("end", "")]
        content = self._group() if kept else Group(())
        if self.tokens[0][0] != "end":
            raise ValueError(f"content model not understood at: {self.tokens[0][1]!r}")
        return Model(content, tuple(self.attributes), self.base, self.abstract, self.open, self.text)

    def _aside(self, kind: str, value: str) -> bool:
        if kind == "attribute":
            name, _, type_ = value.strip("@!").partition(":")
            self.attributes.append(Attribute(name, type_, value.endswith("!")))
        elif kind == "base":
            self.base = value.strip("<>")
        elif kind == "content":
            self.text = value[1:]
        else:
            self.abstract = self.abstract or kind == "abstract"
            self.open = self.open or kind == "any"
            return kind in ("abstract", "any")
        return True

    def _take(self, *marks: str) -> str | None:
        return self.tokens.pop(0)[1] if self.tokens[0][1] in marks else None

    def _group(self) -> Group:
        parts = [self._part()]
        mark = self._take(",", "|")
        separator = mark
        while mark is not None:
            parts.append(self._part())
            mark = self._take(separator) if separator is not None else None
        return Group(tuple(parts), choice=separator == "|")

    def _part(self) -> Leaf | Group:
        if self._take("(") is not None:
            inner = self._group()
            if self._take(")") is None:
                raise ValueError("content model lacks a closing parenthesis")
            low, high, _ = self._count()
            return Group(inner.parts, inner.choice, low, high)
        kind, value = self.tokens.pop(0)
        if kind != "element":
            raise ValueError(f"content model has {value!r} where an element belongs")
        name, _, type_ = value.lstrip("^").partition(":")
        low, high, nillable = self._count()
        return Leaf(name, type_ or name, low, high, nillable, value.startswith("^"))

    def _count(self) -> tuple[int, int | None, bool]:
        low, high = _many(self.tokens.pop(0)[1]) if self.tokens[0][0] == "many" else (1, 1)
        return low, high, self._take("~") is not None


def _many(mark: str) -> tuple[int, int | None]:
    if mark in _MANY:
        return _MANY[mark]
    low, _, high = mark.strip("{}").partition(",")
    return int(low), int(high)


@cache
def model(text: str) -> Model:
    """The content model a text describes; raises ValueError where the table is wrong (a bug of ours)."""
    return _Reading(text).model()
