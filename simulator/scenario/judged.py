"""What came of judging one form: what speaks against it, why it may not be known, and how a finding is made of that."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from simulator.scenario.expect import Expectation
from simulator.scenario.testimony import Testimony
from simulator.scenario.verdict import Evidence, Finding

MOST_EVIDENCE = 50
"""So many pieces of evidence stand in a finding, the first ones; ``why`` counts them all."""


@dataclass(slots=True)
class Judged:
    """``against`` makes it fail; without any, ``doubts`` make it unknowable; without either it passes.

    ``tally``: whether each piece of evidence is one more offence, to be counted.
    """

    good: str
    bad: str
    against: list[Evidence] = field(default_factory=list)
    doubts: list[str] = field(default_factory=list)
    tally: bool = True

    def doubt(self, testimony: Testimony, *kinds: str) -> None:
        """Doubt where evidence of a kind is not all there."""
        self.doubts += [testimony.lost[kind] for kind in kinds if kind in testimony.lost]

    def unless(self, holds: object, doubt: str) -> None:
        """Doubt where the story never got to what is judged."""
        if not holds:
            self.doubts.append(doubt)

    def finding(self, expectation: Expectation) -> Finding:
        """The finding of an expectation of that form."""
        name, where = expectation.name, expectation.where
        if self.against:
            kept = tuple(sorted(self.against, key=lambda each: each.at)[:MOST_EVIDENCE])
            why = f"{self.bad}: {times(len(self.against))}" if self.tally else self.bad
            return Finding(name, where, "fail", why, kept)
        if self.doubts:
            return Finding(name, where, "cannot know", "; ".join(dict.fromkeys(self.doubts)))
        return Finding(name, where, "pass", self.good)


def times(count: int) -> str:
    """How often, in words."""
    return "once" if count == 1 else f"{count} times"


def named(who: Iterable[str]) -> str:
    """Participants, as a finding names them."""
    return ", ".join(sorted(who)) or "nobody"
