"""The patterns that ``matches`` may use: regular expressions whose worst case is bounded before they ever run.

A pattern matches a text whole. Refused are groups that refer back or look around, repetitions of what can itself be
read in several ways, and patterns with more ways to read a text of `LONGEST_TEXT` characters than `MOST_WAYS`.
"""

from __future__ import annotations

import re
from functools import lru_cache

LONGEST_PATTERN = 200
LONGEST_TEXT = 256
"""A longer text matches no pattern."""
MOST_WAYS = 2_000_000

PIECE = re.compile(
    r"""(?P<escape>\\[dDwWsS.^$*+?{}\[\]\\|()/-])|(?P<set>\[\^?\]?(?:\\.|[^\]\\\[])*\])|(?P<open>\((?:\?:)?(?!\?))|(?P<close>\))
    |(?P<or>\|)|(?P<times>[*+?]|\{\d{1,3}(?:,\d{0,3})?\})|(?P<plain>[^\\\[\](){}|*+?])""",
    re.VERBOSE | re.ASCII,
)


def fits(pattern: str, text: str) -> bool:
    """Whether a text matches whole."""
    return len(text) <= LONGEST_TEXT and compiled(pattern).fullmatch(text) is not None


@lru_cache(4096)
def compiled(pattern: str) -> re.Pattern[str]:
    """Made once. Raises `re.error`, `OverflowError`."""
    return re.compile(pattern)


def problem(pattern: str) -> str | None:
    """Why a pattern may not be used; None when it may."""
    if len(pattern) > LONGEST_PATTERN:
        return f"{len(pattern)} characters, at most {LONGEST_PATTERN} are taken"
    try:
        if _Reading(pattern).ways() > MOST_WAYS:
            return "it can read a text in too many ways: use fewer of * + ? and |"
        compiled(pattern)
    except (_Unsafe, re.error, OverflowError) as error:
        return str(error)
    return None


class _Unsafe(Exception):
    """What a pattern has that may not be."""


class _Reading:
    """Reads a pattern once, counting in how many ways it can divide a text among its parts."""

    def __init__(self, pattern: str) -> None:
        self._pattern = pattern
        self._at = 0

    def ways(self) -> int:
        """Of the whole pattern."""
        found = self._alternatives()
        if self._at < len(self._pattern):
            raise _Unsafe("a ) without its (")
        return found

    def _next(self) -> re.Match[str] | None:
        if self._at >= len(self._pattern):
            return None
        found = PIECE.match(self._pattern, self._at)
        if found is None:
            raise _Unsafe(f"{self._pattern[self._at : self._at + 4]!r} is nothing that patterns here may have")
        return found

    def _alternatives(self) -> int:
        total = self._sequence()
        while (piece := self._next()) is not None and piece.lastgroup == "or":
            self._at = piece.end()
            total += self._sequence()
        return total

    def _sequence(self) -> int:
        ways = 1
        while (piece := self._next()) is not None and piece.lastgroup not in ("or", "close"):
            self._at = piece.end()
            if piece.lastgroup == "times":
                raise _Unsafe(f"{piece.group()} repeats nothing")
            inner = self._group() if piece.lastgroup == "open" else 1
            ways *= self._repeated(inner)
        return ways

    def _group(self) -> int:
        inner = self._alternatives()
        piece = self._next()
        if piece is None:
            raise _Unsafe("a ( without its )")
        self._at = piece.end()
        return inner

    def _repeated(self, inner: int) -> int:
        piece = self._next()
        if piece is None or piece.lastgroup != "times":
            return inner
        self._at = piece.end()
        low, high = bounds(piece.group())
        lazy = self._next()
        if lazy is not None and lazy.group() == "?":
            self._at = lazy.end()
        elif lazy is not None and lazy.lastgroup == "times":
            raise _Unsafe(f"{lazy.group()} repeats a repetition")
        if inner > 1 and high > 1:
            raise _Unsafe("what can be read in several ways is repeated: use a set such as [A-Z0-9] instead")
        return inner * max(high - low + 1, 1)  # more often than a text has letters: at most in one way


def bounds(times: str) -> tuple[int, int]:
    """How often at least and at most, of ``*``, ``+``, ``?``, ``{2}``, ``{2,}`` or ``{2,4}``."""
    if times in "*+?":
        return {"*": (0, LONGEST_TEXT), "+": (1, LONGEST_TEXT), "?": (0, 1)}[times]
    low, comma, high = times[1:-1].partition(",")
    most = int(high) if high else (LONGEST_TEXT if comma else int(low))
    return int(low), min(most, LONGEST_TEXT)
