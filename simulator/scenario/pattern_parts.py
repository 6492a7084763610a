"""What a pattern is made of, as values: letters, what follows one another, alternatives, repetitions. No matching here.

Only the language of `simulator.scenario.patterns`; what is not of it, or says more than "the whole text", is refused.
"""

from __future__ import annotations

import re

import msgspec

from simulator.scenario.patterns import LONGEST_TEXT, PIECE, bounds

_ANCHORS = ("^", "$")


class NotRead(ValueError):
    """What a pattern has that is not read here."""


class One(msgspec.Struct, frozen=True):
    """One letter: this one, or with ``kind`` one that ``atom`` (``.``, ``[A-Z]``, ``\\d``) takes."""

    atom: str
    kind: bool = False


class Row(msgspec.Struct, frozen=True):
    """One after the other."""

    parts: tuple[Part, ...]


class Either(msgspec.Struct, frozen=True):
    """One of these."""

    parts: tuple[Part, ...]


class Times(msgspec.Struct, frozen=True):
    """A part from ``low`` to ``high`` times; None: any number of times."""

    part: Part
    low: int
    high: int | None


Part = One | Row | Either | Times


def parts(pattern: str) -> Part:
    """What a pattern is made of. Raises `NotRead`."""
    reading = _Reading(pattern)
    found = reading.alternatives(0)
    if reading.at < len(pattern):
        raise NotRead("a ) without its (")
    return found


def begins_open(part: Part) -> bool:
    """Whether it begins with any number of something and does not end so: its end tells more."""
    return _open(part, 0) and not _open(part, -1)


def _open(part: Part, side: int) -> bool:
    if isinstance(part, Row):
        return bool(part.parts) and _open(part.parts[side], side)
    if isinstance(part, Either):
        return any(_open(each, side) for each in part.parts)
    return isinstance(part, Times) and part.high is None


def mirrored(part: Part) -> Part:
    """The same, read from its end."""
    if isinstance(part, Row):
        return Row(tuple(mirrored(each) for each in reversed(part.parts)))
    if isinstance(part, Either):
        return Either(tuple(mirrored(each) for each in part.parts))
    return Times(mirrored(part.part), part.low, part.high) if isinstance(part, Times) else part


class _Reading:
    def __init__(self, pattern: str) -> None:
        self._pattern = pattern
        self.at = 0

    def _next(self) -> re.Match[str] | None:
        found = PIECE.match(self._pattern, self.at)
        if found is None and self.at < len(self._pattern):
            raise NotRead("no piece of a pattern")
        return found

    def alternatives(self, depth: int) -> Part:
        found = [self._row(depth)]
        while (piece := self._next()) is not None and piece.lastgroup == "or":
            self.at = piece.end()
            found.append(self._row(depth))
        return found[0] if len(found) == 1 else Either(tuple(found))

    def _row(self, depth: int) -> Part:
        found: list[Part] = []
        begun = self.at
        while (piece := self._next()) is not None and piece.lastgroup not in ("or", "close"):
            first, self.at = self.at == begun, piece.end()
            if piece.group() in _ANCHORS:
                self._anchor(piece.group(), depth, first)
            else:
                found.append(self._repeated(self._part(piece, depth)))
        return found[0] if len(found) == 1 else Row(tuple(found))

    def _anchor(self, sign: str, depth: int, first: bool) -> None:
        """One that says no more than that the whole text is meant."""
        after = self._next()
        last = after is None or after.lastgroup == "or"
        if depth or not (first if sign == "^" else last) or (after is not None and after.lastgroup == "times"):
            raise NotRead("an anchor inside")

    def _part(self, piece: re.Match[str], depth: int) -> Part:
        text = piece.group()
        if piece.lastgroup == "times":
            raise NotRead("repeats nothing")
        if piece.lastgroup == "open":
            inner = self.alternatives(depth + 1)
            closing = self._next()
            if closing is None or closing.lastgroup != "close":
                raise NotRead("a ( without its )")
            self.at = closing.end()
            return inner
        if piece.lastgroup == "escape" and text[1] not in "dDwWsS":
            return One(text[1])
        return One(text, text == "." or piece.lastgroup in ("set", "escape"))

    def _repeated(self, part: Part) -> Part:
        piece = self._next()
        if piece is None or piece.lastgroup != "times":
            return part
        self.at = piece.end()
        low, high = bounds(piece.group())
        lazy = self._next()
        if lazy is not None and lazy.lastgroup == "times":
            if lazy.group() != "?":
                raise NotRead("repeats a repetition")
            self.at = lazy.end()
        return Times(part, low, None if high == LONGEST_TEXT else high)
