"""The rule that came nearest to having a say, and why it had none: put into words only when somebody asks.

Most exchanges are never asked about, and many are explained alike: what was read is kept, and the words made once.
"""

from __future__ import annotations

from functools import lru_cache

from simulator.scenario.match import Criterion, Look
from simulator.scenario.model import Rule

SHOWN = 5
"""So many texts of one criterion are shown."""
LONGEST_SHOWN = 200
"""Characters of one text that are shown."""


class Nearest:
    """The rule that came nearest to answering, and everything that kept it from doing so."""

    __slots__ = ("_before", "_look", "_unmet", "rule")

    def __init__(self, rule: Rule, unmet: tuple[Criterion, ...], before: tuple[str, ...], look: Look) -> None:
        self.rule = rule
        self._unmet = unmet
        self._before = before
        self._look = look

    @property
    def count(self) -> int:
        """How many differences there are."""
        return len(self._unmet) + len(self._before)

    def kept(self) -> Explanation:
        """What is kept of it: nothing of the message or request it was about, but a few texts."""
        found = tuple([(each, _shown(self._look.texts(each.dimension))) for each in self._unmet])
        return Explanation(self.rule, found, self._before)


class Explanation:
    """A `Nearest` as it is kept; ``str()`` tells it with the rule's place: ``file:line``."""

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

    def __str__(self) -> str:
        return f"{self.rule.where}: rule {self.rule.name!r} did not answer: {'; '.join(self.differences)}"


def _shown(texts: tuple[str, ...]) -> tuple[str, ...]:
    return tuple([text[:LONGEST_SHOWN] for text in texts[:SHOWN]]) if texts else texts


@lru_cache(1024)
def _worded(criterion: Criterion, texts: tuple[str, ...]) -> str:
    return criterion.difference(texts)
