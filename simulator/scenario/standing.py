"""Which rules one dimension leaves: those that stand under a text, a pattern or a part of a text found there.

What is left is a set of rules (`simulator.scenario.bits`). A rule that fits is always left; one that is left need not
fit, for a few patterns are only all but read, and nothing is known here of what a rule asks elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from simulator.scenario.bits import bits
from simulator.scenario.criteria import Absent, Matches, Wanted
from simulator.scenario.equations import Begins, Compares, Holds, Implied, Other, Present
from simulator.scenario.pattern_set import PatternSet
from simulator.scenario.tables import Beginning, Holding, Numbers, Refusing, Table

Asked = tuple[int, Wanted | Implied]
"""The place of a rule, and what it asks of a dimension."""


class Standing:
    """The rules that ask something of one dimension."""

    __slots__ = (
        "_absent",
        "_beginning",
        "_exact",
        "_holding",
        "_more",
        "_numbers",
        "_others",
        "_patterns",
        "_present",
        "_refusing",
        "rules",
    )

    def __init__(self, asked: Iterable[Asked], everyone: int) -> None:
        """``everyone``: all rules there are; those that ask nothing here are always left."""
        standing, more = _once(asked)
        self.rules = bits(place for place, _ in standing)
        self._others = everyone & ~self.rules
        self._exact = Table(_exact(standing))
        patterns: dict[str, list[int]] = {}
        for place, wanted in standing:
            if isinstance(wanted, Matches):
                patterns.setdefault(wanted.pattern, []).append(place)
        self._patterns = PatternSet(patterns) if patterns else None
        self._absent = bits({place for place, wanted in standing if isinstance(wanted, Absent)})
        self._present = bits({place for place, wanted in standing if isinstance(wanted, Present)})
        self._refusing = Refusing([(one.text, place) for place, one in standing if isinstance(one, Other)])
        self._holding = Holding([(one.text, place) for place, one in standing if isinstance(one, Holds)])
        self._more: Standing | None = Standing(more, everyone) if more else None
        """What rules ask of the same dimension besides."""
        self._beginning = Beginning([(one.text, place) for place, one in standing if isinstance(one, Begins)])
        self._numbers = Numbers([(one.sign, one.number, place) for place, one in standing if isinstance(one, Compares)])

    def left(self, texts: tuple[str, ...]) -> int:
        """All rules but those that cannot fit with these texts."""
        left = self._others | (self._present if texts else self._absent)
        for text in texts:
            left |= self._exact.of(text)
            if self._patterns is not None:
                left |= self._patterns.matching(text)
            if self._holding.rules:
                left |= self._holding.left(text)
            if self._beginning.rules:
                left |= self._beginning.left(text)
            if self._numbers.rules:
                left |= self._numbers.left(text)
        if self._refusing.rules:
            left |= self._refusing.left(texts)
        return left if self._more is None else left & self._more.left(texts)


def _once(asked: Iterable[Asked]) -> tuple[list[Asked], list[Asked]]:
    """What each rule asks first, and what it asks besides."""
    seen: set[int] = set()
    first, more = list[Asked](), list[Asked]()
    for one in asked:
        (more if one[0] in seen else first).append(one)
        seen.add(one[0])
    return first, more


def _exact(standing: Iterable[Asked]) -> Iterator[tuple[str, int]]:
    for place, wanted in standing:
        if isinstance(wanted, str):
            yield wanted, place
        elif isinstance(wanted, tuple):
            yield from ((text, place) for text in dict.fromkeys(wanted))
