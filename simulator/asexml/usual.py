"""Messages spelt like one that was read before: the only place that reads a message without parsing it.

    parsed and without fault, much alike, eight times ─► its spelling, and a specimen: the same with marks for values
    a body that matches a spelling ────────────────────► its values, to be put where the specimen has marks

A system's messages come of one program and are alike in all but their values. What is asked of one is asked of the
specimen, once, by the code that reads every message, and the marks in the answer are exchanged for values: nothing
here knows what a message means. Where that is not enough, the message is parsed after all and asked itself.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from operator import itemgetter
from typing import Any, TypeVar

import msgspec
from lxml import etree

from simulator.asexml import hardening
from simulator.asexml.model import Header, ReceivedTransaction, View
from simulator.asexml.spelling import compiled, spelling

MOST_KEPT = 16
"""Endings of messages whose spellings are known at a time."""
MOST_TRIED = 3
"""Spellings that are known of one ending."""
ALIKE = 8
"""So many messages of a transaction are parsed before the spelling of one is taken down; twice as many for the next."""
_MOST_ASKED = 256
_ENDING = 64
"""Bytes at the end of a message that tell which spellings to try."""
_FIRST, _LAST = 0xE000, 0xF8FF
_MARK = re.compile(f"[{chr(_FIRST)}-{chr(_LAST)}]")
_PARSER = hardening.parser()
Key = TypeVar("Key")
Kept = TypeVar("Kept")
Values = tuple[Any, ...]
"""The values of a message in order, and what all that are spelt alike say: texts, None where nothing is said."""
Found = str | int | None
"""What an element says: a text, or the place of a value."""
Parts = tuple[Header | None, Sequence[ReceivedTransaction]]


class Specimen:
    """An element with marks for values, and what was found in it before."""

    __slots__ = ("_alls", "_firsts", "_known", "_table", "_written", "node")

    def __init__(self, node: etree._Element) -> None:
        self.node = node
        self._known: dict[tuple[str, str], Found] = {}
        self._firsts: dict[str, Specimen | None] = {}
        self._alls: dict[str, tuple[Specimen, ...]] = {}
        self._table: tuple[tuple[str, Found], ...] | None = None
        self._written: dict[str | None, tuple[str, tuple[int, ...]]] = {}

    def said(self, name: str, path: str) -> Found:
        """As `View.attribute`; as `View.text` without a name."""
        try:
            return self._known[name, path]
        except KeyError:
            view = View(self.node)
            text = view.attribute(name, path) if name else view.text(path)
            return _kept(self._known, (name, path), place_of(text))

    def texts(self) -> tuple[tuple[str, Found], ...]:
        """As `View.texts`."""
        if self._table is None:
            self._table = tuple((name, place_of(text)) for name, text in View(self.node).texts().items())
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

    def written(self, name: str | None, write: Callable[[View], str]) -> tuple[str, tuple[int, ...]]:
        """What is written of it under a name: a format, and the places of the values to be filled in."""
        form = self._written.get(name)
        if form is None:
            text = write(View(self.node))
            places = tuple(ord(mark) - _FIRST for mark in _MARK.findall(text))
            form = self._written[name] = (_MARK.sub("%s", text.replace("%", "%%")), places)
        return form


def place_of(text: str | None) -> Found:
    """The place of the value that a mark stands for; any other text is itself."""
    return ord(text) - _FIRST if text is not None and _MARK.fullmatch(text) is not None else text


def _kept(known: dict[Key, Kept], key: Key, found: Kept) -> Kept:
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
        found = self._specimen.said("", path)
        return self._values[found] if isinstance(found, int) else found

    def attribute(self, name: str, path: str) -> str | None:
        """As `View.attribute`."""
        found = self._specimen.said(name, path)
        return self._values[found] if isinstance(found, int) else found

    def texts(self) -> dict[str, str]:
        """As `View.texts`."""
        values = self._values
        return {name: values[said] if isinstance(said, int) else said or "" for name, said in self._specimen.texts()}

    def first(self, path: str) -> Filled | None:
        """As `View.first`."""
        found = self._specimen.first(path)
        return None if found is None else Filled(found, self._values, self._body)

    def all(self, path: str) -> tuple[Filled, ...]:
        """As `View.all`."""
        return tuple([Filled(found, self._values, self._body) for found in self._specimen.all(path)])

    def written(self, name: str | None, write: Callable[[View], str]) -> str:
        """What ``write`` makes of it. It may look at the values, but only to carry them over unchanged."""
        form, places = self._specimen.written(name, write)
        values = self._values
        return form % tuple([values[place] for place in places])


class Spelling:
    """How messages of one kind are spelt, and a specimen: what was read of one that has marks for values.

    ``header`` finds among the values: sender, receiver, MessageID, date, group, priority, SecurityContext, market, the
    sender's description. ``carried`` are its transactions: what finds name, id, date, id of the initiating one and
    version, and a specimen. ``same`` is what is no value.
    """

    __slots__ = ("_end", "_inside", "_start", "carried", "header", "release", "same")

    def __init__(self, pattern: re.Pattern[str], body: str, release: str, parts: Callable[[etree._Element], Parts]):
        found = pattern.fullmatch(body)
        if found is None or pattern.groups > _LAST - _FIRST:
            raise ValueError("not spelt as it is spelt")
        self._start, self._end, self.release = body[: found.start(1)], body[found.end(pattern.groups) :], release
        outside = len(re.escape(self._start)), len(re.escape(self._end))
        self._inside = compiled(pattern.pattern[outside[0] : len(pattern.pattern) - outside[1]])
        root = etree.fromstring(_marked(body, found).encode(), _PARSER)
        header, transactions = parts(root)
        if header is None:
            raise ValueError("no header")
        said = (header.sender, header.receiver, header.message_id, root.findtext("Header/MessageDate"))
        kind = (header.transaction_group, header.priority, header.security_context, header.market)
        self.same: Values = ()
        self.header = self._finder((*said, *kind, header.sender_description))
        self.carried = [(self._finder(_told(each)), Specimen(each.view._node)) for each in transactions]

    def _finder(self, texts: Sequence[str | None]) -> Callable[[Values], Sequence[Any]]:
        """What finds texts among the values; those that are none are put behind them."""
        places = []
        for text in texts:
            place = place_of(text)
            if not isinstance(place, int):
                place = self._inside.groups + len(self.same)
                self.same += (text,)
            places.append(place)
        return itemgetter(*places)

    def match(self, body: str) -> re.Match[str] | None:
        """Whether a message is spelt so. What stands before the first value and behind the last is compared at once."""
        if not body.startswith(self._start) or not body.endswith(self._end):
            return None
        return self._inside.fullmatch(body, len(self._start), len(body) - len(self._end))


def _told(each: ReceivedTransaction) -> tuple[str | None, ...]:
    return each.name, each.transaction_id, each.transaction_date, each.initiating_transaction_id, each.version


def _marked(body: str, found: re.Match[str]) -> str:
    """A body with marks where its values were."""
    pieces, at = list[str](), 0
    for place in range(1, found.re.groups + 1):
        pieces += (body[at : found.start(place)], chr(_FIRST + place - 1))
        at = found.end(place)
    return "".join((*pieces, body[at:]))


class Usual:
    """The spellings that are known to one process, by how a message ends; those in use stay in front.

    Several threads may ask it at once, without a lock: which endings there are never changes in a dict that others may
    be reading, it is replaced by another. Where two learn at once one may be lost, and is learned again later.
    """

    __slots__ = ("_alike", "_known")

    def __init__(self) -> None:
        self._known: dict[bytes, tuple[Spelling, ...]] = {}
        self._alike: dict[tuple[str, str], int] = {}

    def found(self, body: bytes) -> tuple[Spelling, Values] | None:
        """How a message is spelt, and its values in order; None where it has to be parsed."""
        ending = body[-_ENDING:]
        endings = self._known
        known = endings.get(ending)
        if known is None or not body.isascii():
            return None
        text = body.decode()
        for spelt in known:
            match = spelt.match(text)
            if match is not None:
                if spelt is not known[0]:
                    endings[ending] = (spelt, *(each for each in known if each is not spelt))
                return spelt, match.groups() + spelt.same
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
        endings = self._known.copy()
        known = endings.pop(ending, ())
        if len(endings) >= MOST_KEPT:
            del endings[next(iter(endings))]
        endings[ending] = (spelt, *known)[:MOST_TRIED]
        self._known = endings


def _ends(pattern: re.Pattern[str], body: bytes) -> bool:
    """Whether the ending is the same in every message spelt so: no value stands in it."""
    found = pattern.fullmatch(body.decode())
    return found is not None and found.end(pattern.groups) <= len(body) - _ENDING
