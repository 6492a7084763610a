"""Messages spelt like one that was read before: the only place that reads a message without parsing it.

    parsed and without fault, much alike, eight times ─► its spelling, and a specimen: the same with marks for values
    a body that matches a spelling ────────────────────► its values, to be put where the specimen has marks

A system's messages come of one program and are alike in all but their values. What is asked of one is asked of the
specimen, once, by the code that reads every message, and the marks in the answer are exchanged for values: nothing
here knows what a message means. Where that is not enough, the message is parsed after all and asked itself.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

import msgspec
from lxml import etree

from simulator.asexml import hardening
from simulator.asexml.model import Header, ReceivedTransaction, View
from simulator.asexml.spelling import spelling

MOST_KEPT = 16
"""Endings of messages whose spellings are known at a time."""
MOST_TRIED = 3
"""Spellings that are known of one ending."""
ALIKE = 8
"""So many messages of a transaction are parsed before the spelling of one is taken down; twice as many for the next."""
_MOST_ASKED = 256
_ENDING = 64
"""Bytes at the end of a message that tell which spellings to try."""
_MARKS = tuple(map(chr, range(0xE000, 0xF8FF)))
_MARK = re.compile(f"[{_MARKS[0]}-{_MARKS[-1]}]")
_PARSER = hardening.parser()
Key = TypeVar("Key")
Found = TypeVar("Found")
Values = Mapping[str | None, str]
Parts = tuple[Header | None, Sequence[ReceivedTransaction]]


class Specimen:
    """An element with marks for values, and what was found in it before."""

    __slots__ = ("_alls", "_firsts", "_known", "_table", "_written", "node")

    def __init__(self, node: etree._Element) -> None:
        self.node = node
        self._known: dict[tuple[str, str], str | None] = {}
        self._firsts: dict[str, Specimen | None] = {}
        self._alls: dict[str, tuple[Specimen, ...]] = {}
        self._table: tuple[tuple[str, str], ...] | None = None
        self._written: dict[str | None, tuple[str, tuple[str, ...]]] = {}

    def text(self, path: str) -> str | None:
        """As `View.text`."""
        return self._found("", path)

    def attribute(self, name: str, path: str) -> str | None:
        """As `View.attribute`."""
        return self._found(name, path)

    def _found(self, name: str, path: str) -> str | None:
        try:
            return self._known[name, path]
        except KeyError:
            view = View(self.node)
            found = view.attribute(name, path) if name else view.text(path)
            return _kept(self._known, (name, path), found)

    def texts(self) -> tuple[tuple[str, str], ...]:
        """As `View.texts`."""
        if self._table is None:
            self._table = tuple(View(self.node).texts().items())
        return self._table

    def first(self, path: str) -> Specimen | None:
        """As `View.first`."""
        try:
            return self._firsts[path]
        except KeyError:
            found = View(self.node).first(path)
            return _kept(self._firsts, path, None if found is None else Specimen(found._node))

    def all(self, path: str) -> tuple[Specimen, ...]:
        """As `View.all`."""
        try:
            return self._alls[path]
        except KeyError:
            return _kept(self._alls, path, tuple(Specimen(found._node) for found in View(self.node).all(path)))

    def written(self, name: str | None, write: Callable[[View], str]) -> tuple[str, tuple[str, ...]]:
        """What is written of it under a name: a format, and the marks to be filled in."""
        form = self._written.get(name)
        if form is None:
            text = write(View(self.node))
            form = self._written[name] = (_MARK.sub("%s", text.replace("%", "%%")), tuple(_MARK.findall(text)))
        return form


def _kept(known: dict[Key, Found], key: Key, found: Found) -> Found:
    if len(known) >= _MOST_ASKED:
        known.clear()
    known[key] = found
    return found


class Filled(msgspec.Struct, gc=False):
    """An element of a message that was not parsed: a specimen, and the values that are to stand in it."""

    _specimen: Specimen
    _values: Values
    _body: bytes
    _tree: etree._Element | None = None

    @property
    def like(self) -> etree._Element:
        """An element of the same name, in the same line."""
        return self._specimen.node

    @property
    def node(self) -> etree._Element:
        """The element itself."""
        if self._tree is None:
            node, places = self._specimen.node, list[int]()
            while (parent := node.getparent()) is not None:
                places.append(parent.index(node))
                node = parent
            tree = etree.fromstring(self._body, _PARSER)
            for place in reversed(places):
                tree = tree[place]
            self._tree = tree
        return self._tree

    def text(self, path: str) -> str | None:
        """As `View.text`."""
        found = self._specimen.text(path)
        return self._values.get(found, found)

    def attribute(self, name: str, path: str) -> str | None:
        """As `View.attribute`."""
        found = self._specimen.attribute(name, path)
        return self._values.get(found, found)

    def texts(self) -> dict[str, str]:
        """As `View.texts`."""
        value = self._values.get
        return {name: value(text, text) for name, text in self._specimen.texts()}

    def first(self, path: str) -> Filled | None:
        """As `View.first`."""
        found = self._specimen.first(path)
        return None if found is None else Filled(found, self._values, self._body)

    def all(self, path: str) -> tuple[Filled, ...]:
        """As `View.all`."""
        return tuple([Filled(found, self._values, self._body) for found in self._specimen.all(path)])

    def written(self, name: str | None, write: Callable[[View], str]) -> str:
        """What ``write`` makes of it. It may look at the values, but only to carry them over unchanged."""
        form, marks = self._specimen.written(name, write)
        value = self._values
        return form % tuple([value[mark] for mark in marks])


class Spelling:
    """How messages of one kind are spelt, and a specimen: what was read of one that has marks for values."""

    __slots__ = ("_start", "date", "header", "marks", "pattern", "release", "transactions")

    def __init__(self, pattern: re.Pattern[str], body: str, release: str, parts: Callable[[etree._Element], Parts]):
        found = pattern.fullmatch(body)
        if found is None or pattern.groups > len(_MARKS):
            raise ValueError("not spelt as it is spelt")
        self.pattern, self.release, self.marks = pattern, release, _MARKS[: pattern.groups]
        self._start = body[: found.start(1)]
        root = etree.fromstring(_marked(body, found).encode(), _PARSER)
        header, transactions = parts(root)
        if header is None:
            raise ValueError("no header")
        self.header = header
        self.date = root.findtext("Header/MessageDate")
        self.transactions = [(each, Specimen(each.view._node)) for each in transactions]

    def match(self, body: str) -> re.Match[str] | None:
        """Whether a message is spelt so. Much of what all have in common stands in front and is compared at once."""
        return self.pattern.fullmatch(body) if body.startswith(self._start) else None


def _marked(body: str, found: re.Match[str]) -> str:
    """A body with marks where its values were."""
    pieces, at = list[str](), 0
    for place in range(1, found.re.groups + 1):
        pieces += (body[at : found.start(place)], _MARKS[place - 1])
        at = found.end(place)
    return "".join((*pieces, body[at:]))


class Usual:
    """The spellings that are known to one process, by how a message ends; those in use stay in front."""

    __slots__ = ("_alike", "_known")

    def __init__(self) -> None:
        self._known: dict[bytes, tuple[Spelling, ...]] = {}
        self._alike: dict[tuple[str, str], int] = {}

    def found(self, body: bytes) -> tuple[Spelling, Values] | None:
        """How a message is spelt, and its values by their marks; None where it has to be parsed."""
        ending = body[-_ENDING:]
        known = self._known.get(ending)
        if known is None or not body.isascii():
            return None
        text = body.decode()
        for spelt in known:
            match = spelt.match(text)
            if match is not None:
                if spelt is not known[0]:
                    self._known[ending] = (spelt, *(each for each in known if each is not spelt))
                return spelt, dict(zip(spelt.marks, match.groups(), strict=True))
        return None

    def learn(self, body: bytes, release: str, name: str, parts: Callable[[etree._Element], Parts]) -> None:
        """A message that our own schema has nothing against was parsed; now and then its spelling is taken down.

        ``name``: of its first transaction. ``parts`` reads header and transactions.
        """
        seen = self._alike.get((release, name), 0) + 1
        self._alike[release, name] = seen
        if seen % ALIKE == 0 and (seen // ALIKE).bit_count() == 1:
            pattern = spelling(body, release)
            if pattern is not None and _ends(pattern, body):
                self._keep(body[-_ENDING:], Spelling(pattern, body.decode(), release, parts))

    def _keep(self, ending: bytes, spelt: Spelling) -> None:
        known = self._known.pop(ending, ())
        if len(self._known) >= MOST_KEPT:
            self._known.pop(next(iter(self._known)), None)
        self._known[ending] = (spelt, *known)[:MOST_TRIED]


def _ends(pattern: re.Pattern[str], body: bytes) -> bool:
    """Whether the ending is the same in every message spelt so: no value stands in it."""
    found = pattern.fullmatch(body.decode())
    return found is not None and found.end(pattern.groups) <= len(body) - _ENDING
