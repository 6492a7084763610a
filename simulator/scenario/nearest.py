"""The rule that came nearest to having a say, and why it had none: put into words only when somebody asks.

Most exchanges are never asked about, and many are explained alike: what was read is kept, and the words made once.
"""

from __future__ import annotations

from collections.abc import Sized
from functools import lru_cache

from simulator.scenario.match import Criterion, Look
from simulator.scenario.model import Rule

SHOWN = 5
"""So many texts of one criterion are shown."""
LONGEST_SHOWN = 200
"""Characters of one text that are shown."""


class Near:
    """A rule that may come nearest to answering: what it does not find as it wants it, and what there is instead."""

    __slots__ = ("_alone", "found", "rule")

    def __init__(self, rule: Rule, unmet: tuple[Criterion, ...], look: Look) -> None:
        self.rule = rule
        self.found = tuple([(each, _shown(look.texts(each.dimension))) for each in unmet])
        self._alone = Explanation(rule, self.found, ())

    def distance(self, before: tuple[str, ...]) -> tuple[int, int, int]:
        """How many differences there are, and its place: what is nearest has the least."""
        return _distance(self.found, before, self.rule)

    def explained(self, before: tuple[str, ...]) -> Explanation:
        """All that kept it from answering; ``before`` is what was before, and not as it wants."""
        return Explanation(self.rule, self.found, before) if before else self._alone


class Explanation:
    """What is kept of the rule that came nearest; ``str()`` tells it with the rule's place: ``file:line``.

    Nothing of the message or request it was about is kept, but a few texts.
    """

    __slots__ = ("_before", "_found", "rule")

    def __init__(
        self, rule: Rule, found: tuple[tuple[Criterion, tuple[str, ...]], ...], before: tuple[str, ...]
    ) -> None:
        self.rule = rule
        self._found = found
        self._before = before

    @property
    def differences(self) -> tuple[str, ...]:
        """Each in words."""
        return (*(_worded(each, texts) for each, texts in self._found), *self._before)

    def or_nearer(self, other: Explanation) -> Explanation:
        """The one of the two with fewer differences; of two alike, the one whose rule stands first in the file."""
        mine, its = ((each._found, each._before, each.rule) for each in (self, other))
        return self if _distance(*mine) <= _distance(*its) else other

    def __str__(self) -> str:
        return f"{self.rule.where}: rule {self.rule.name!r} did not answer: {'; '.join(self.differences)}"


def _distance(found: Sized, before: Sized, rule: Rule) -> tuple[int, int, int]:
    return len(found) + len(before), rule.where.line, rule.where.column


def _shown(texts: tuple[str, ...]) -> tuple[str, ...]:
    return tuple([text[:LONGEST_SHOWN] for text in texts[:SHOWN]]) if texts else texts


@lru_cache(1024)
def _worded(criterion: Criterion, texts: tuple[str, ...]) -> str:
    return criterion.difference(texts)
