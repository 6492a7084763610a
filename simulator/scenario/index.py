"""Which rules can fit at all: each stands under the texts of one criterion, so that a thousand cost no more than ten.

A rule stands under the criterion by which its file's rules differ most (the NMI, say, rather than the transaction);
one that names no exact text anywhere is looked at always.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache

from simulator.scenario.criteria import StateMatch
from simulator.scenario.match import Criterion, Dimension, Look, criteria
from simulator.scenario.model import Rule

NEAREST_JUDGED = 10
"""So many rules at most are judged in full to find the nearest."""


class Asking:
    """A rule with its criteria and its place in the file."""

    __slots__ = ("criteria", "number", "remembers", "rule")

    def __init__(self, number: int, rule: Rule, criteria: tuple[Criterion, ...]) -> None:
        self.number = number
        self.rule = rule
        self.criteria = criteria
        self.remembers = rule.state != StateMatch() or (rule.times, rule.every, rule.chance) != (None, None, None)
        """Whether it asks for anything that was before."""

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
        self._telling = sorted(self._named.items(), key=lambda item: -len(item[1]))

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
        for dimension, texts in self._telling:
            for text in look.texts(dimension):
                yield from texts.get(text, ())
        yield from self._rules


class Indexes:
    """The rules of a scenario by what they are about. Never changes: workspaces of the same scenario share it."""

    __slots__ = ("faulty", "fetched", "messages", "outgoing", "questions", "requests")

    def __init__(self, rules: Sequence[Rule]) -> None:
        asking = [Asking(number, rule, criteria(rule)) for number, rule in enumerate(rules)]
        sent = [each for each in asking if each.rule.message is not None]
        self.messages = Index([each for each in sent if each.rule.fault is None])
        self.faulty = Index([each for each in sent if each.rule.fault is not None])
        queued = [each for each in asking if each.rule.outgoing is not None]
        self.outgoing = Index([each for each in queued if each.rule.fault is None])
        self.fetched = Index([each for each in queued if each.rule.fault is not None])
        self.requests = Index([each for each in asking if each.rule.request is not None])
        self.questions = Index([each for each in asking if each.rule.netstream is not None])


class _Same:
    """Rules that are the same when they are the very same: they hold mappings, and cannot be looked up by value."""

    __slots__ = ("rules",)

    def __init__(self, rules: tuple[Rule, ...]) -> None:
        self.rules = rules

    def __hash__(self) -> int:
        return id(self.rules)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and other.rules is self.rules


def indexes(rules: Sequence[Rule]) -> Indexes:
    """The indexes of rules, made once for the very same ones."""
    return _made(_Same(tuple(rules)))


@lru_cache(16)
def _made(same: _Same) -> Indexes:
    return Indexes(same.rules)


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
