"""Letters that a text cannot be without if a pattern matches it: by these most patterns are looked up.

``4102.*`` begins, ``.*567`` ends, ``.*0203.*`` has it inside; of alternatives and small sets (``(41|63)7``, ``[2-4]7``)
each way counts. Several ways are told only where every match goes one of them.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from itertools import takewhile

import msgspec

from simulator.scenario.pattern_parts import Either, One, Part, Row, Times, mirrored
from simulator.scenario.tables import Beginning, Holding

SHORTEST = 3
"""Fewer letters tell too little."""
LONGEST = 12
"""More letters are not needed."""
MOST_WAYS = 16
"""Of one pattern."""
MOST_SHARING = 2
"""Patterns that stand under the same letters."""
_SET = re.compile(r"\[(?!\^)[\x00-\x5b\x5d-\x7f]+\]")
"""One of ASCII letters that are named, themselves or as a range."""


class Way(msgspec.Struct, frozen=True):
    """How a text may begin. ``done``: what follows these letters is not known."""

    text: str
    done: bool = False


Ways = frozenset[Way]
_OPEN: Ways = frozenset((Way(""),))


class ByLetters:
    """Rules by the letters that the texts of their patterns cannot be without. ``patterns``: those it knows."""

    __slots__ = ("_beginning", "_ending", "_holding", "patterns")

    def __init__(self, parts: Mapping[str, Part], standing: Mapping[str, Sequence[int]]) -> None:
        """``parts``: what patterns are made of; ``standing``: the places of their rules."""
        told = {pattern: literals(part) for pattern, part in parts.items()}
        shared = Counter((side, text) for each in told.values() for side, texts in enumerate(each) for text in texts)
        tables: tuple[list[tuple[str, int]], ...] = ([], [], [])
        self.patterns: set[str] = set()
        for pattern, each in told.items():
            for side, texts in enumerate(each):
                if texts and all(shared[side, text] <= MOST_SHARING for text in texts):
                    tables[side].extend((text, place) for text in sorted(texts) for place in standing[pattern])
                    self.patterns.add(pattern)
                    break
        beginning, ending, holding = tables
        self._beginning = Beginning(beginning)
        self._ending = Beginning([(text[::-1], place) for text, place in ending])
        self._holding = Holding(holding)

    def matching(self, text: str) -> int:
        """The rules whose patterns may match."""
        found = self._beginning.left(text)
        if self._ending.rules:
            found |= self._ending.left(text[::-1])
        return found | self._holding.left(text) if self._holding.rules else found


def literals(part: Part) -> tuple[frozenset[str], frozenset[str], frozenset[str]]:
    """With one of which a text begins, with one of which it ends, and one of which it has inside; empty: not known."""
    ends = frozenset(text[::-1] for text in _telling(_ways(mirrored(part))[0]))
    return _telling(_ways(part)[0]), ends, _telling(_inside(part))


def held(part: Part) -> str:
    """The letters that every text has inside, were it only one; none where they are not certain."""
    texts = [way.text for way in _inside(part)]
    return max(_common(texts), _common(text[::-1] for text in texts)[::-1], key=len)


def _common(texts: Iterable[str]) -> str:
    """How all of them begin."""
    return "".join(letters[0] for letters in takewhile(lambda each: len(set(each)) == 1, zip(*texts, strict=False)))


def _telling(ways: Ways) -> frozenset[str]:
    """The letters, where they are enough."""
    texts = frozenset(way.text[:LONGEST] for way in ways)
    return frozenset() if not texts or min(map(len, texts)) < SHORTEST else texts


def _ways(part: Part) -> tuple[Ways, int]:
    """How what a part takes may begin; and of a row how many of its parts that tells of."""
    if isinstance(part, Row):
        return _row(part.parts)
    if isinstance(part, Either):
        found = frozenset(way for each in part.parts for way in _ways(each)[0])
        return (found if len(found) <= MOST_WAYS else _done(_OPEN)), 1
    if isinstance(part, Times):
        return _times(part), 1
    return (_letters(part.atom) if part.kind else frozenset((Way(part.atom),))), 1


def _row(parts: Sequence[Part]) -> tuple[Ways, int]:
    found = _OPEN
    for number, each in enumerate(parts):
        longer = _then(found, _ways(each)[0])
        if longer is None:
            return _done(found), max(number, 1)
        found = longer
        if all(way.done for way in found):
            return found, number + 1
    return found, len(parts)


def _times(times: Times) -> Ways:
    once, found = _ways(times.part)[0], _OPEN
    for _ in range(min(times.low, LONGEST)):
        longer = _then(found, once)
        if longer is None:
            return _done(found)
        found = longer
    return found if times.low == times.high and times.low <= LONGEST else _done(found)


def _then(ways: Ways, following: Ways) -> Ways | None:
    """One after the other; None where that would be too many."""
    found = {way for way in ways if way.done}
    found.update(Way(way.text + more.text, more.done) for way in ways if not way.done for more in following)
    return frozenset(found) if len(found) <= MOST_WAYS else None


def _done(ways: Ways) -> Ways:
    return frozenset(Way(way.text, True) for way in ways)


def _inside(part: Part) -> Ways:
    """The longest that something inside begins with, whichever way is gone."""
    if isinstance(part, Either):
        each = [_inside(one) for one in part.parts]
        joined = frozenset(way for ways in each for way in ways)
        return joined if all(each) and len(joined) <= MOST_WAYS else frozenset()
    if isinstance(part, Times):
        return max(_inside(part.part), _times(part), key=_shortest) if part.low else frozenset()
    if isinstance(part, One):
        return _ways(part)[0]
    found, at = [_inside(each) for each in part.parts if not isinstance(each, One)], 0
    while at < len(part.parts):
        ways, told = _row(part.parts[at : at + 4 * LONGEST])
        found.append(ways)
        at += told
    return max(found, key=_shortest, default=frozenset())


def _shortest(ways: Iterable[Way]) -> int:
    return min((len(way.text) for way in ways), default=0)


@lru_cache(1024)
def _letters(atom: str) -> Ways:
    """Those that a small set takes."""
    if not _SET.fullmatch(atom):
        return _done(_OPEN)
    found = frozenset(map(Way, filter(re.compile(atom).fullmatch, map(chr, range(128)))))
    return found if len(found) <= MOST_WAYS else _done(_OPEN)
