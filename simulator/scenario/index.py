"""Which rules can fit at all: each stands under the texts of one criterion, so that a thousand cost no more than ten.

A rule stands under the criterion by which its file's rules differ most (the NMI, say, rather than the transaction);
one that names no exact text anywhere is looked at always.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from simulator.scenario.match import Criterion, Dimension, Look
from simulator.scenario.model import Rule

NEAREST_JUDGED = 10
"""So many rules at most are judged in full to find the nearest."""


class Asking:
    """A rule with its criteria and its place in the file."""

    __slots__ = ("criteria", "number", "rule")

    def __init__(self, number: int, rule: Rule, criteria: tuple[Criterion, ...]) -> None:
        self.number = number
        self.rule = rule
        self.criteria = criteria

    def fits(self, look: Look) -> bool:
        """Whether every criterion is met."""
        return all(each.met(look) for each in self.criteria)


class Index:
    """Rules about one kind of thing, in the order of the file."""

    def __init__(self, rules: Sequence[Asking]) -> None:
        self._rules = tuple(rules)
        self._always: list[Asking] = []
        self._under: dict[Dimension, dict[str, list[Asking]]] = {}
        self._named: dict[Dimension, dict[str, list[Asking]]] = _named(rules)
        for each in rules:
            best = max(_exact(each), key=lambda one: len(self._named[one.dimension]), default=None)
            if best is None:
                self._always.append(each)
                continue
            for text in best.exact:
                self._under.setdefault(best.dimension, {}).setdefault(text, []).append(each)

    def __len__(self) -> int:
        return len(self._rules)

    def candidates(self, look: Look) -> Iterable[Asking]:
        """Every rule that may fit, in the order of the file."""
        found = list(self._always)
        sources = 1 if found else 0
        for dimension, texts in self._under.items():
            for text in look.texts(dimension):
                under = texts.get(text)
                if under:
                    found += under
                    sources += 1
        return found if sources < 2 else sorted(set(found), key=_number)

    def near(self, look: Look) -> list[Asking]:
        """A few rules among which the nearest is, as far as exact texts tell: the most telling criteria first."""
        found: dict[int, Asking] = {}
        for each in self._near(look):
            found.setdefault(each.number, each)
            if len(found) == NEAREST_JUDGED:
                break
        return sorted(found.values(), key=_number)

    def _near(self, look: Look) -> Iterator[Asking]:
        for dimension, texts in sorted(self._named.items(), key=lambda item: -len(item[1])):
            for text in look.texts(dimension):
                yield from texts.get(text, ())
        yield from self._rules


def _number(each: Asking) -> int:
    return each.number


def _exact(each: Asking) -> Iterator[Criterion]:
    return (criterion for criterion in each.criteria if criterion.exact)


def _named(rules: Sequence[Asking]) -> dict[Dimension, dict[str, list[Asking]]]:
    named: dict[Dimension, dict[str, list[Asking]]] = {}
    for each in rules:
        for criterion in _exact(each):
            for text in criterion.exact:
                named.setdefault(criterion.dimension, {}).setdefault(text, []).append(each)
    return named
