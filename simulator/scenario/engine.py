"""The rules of a scenario at work: which one answers, and how often each has. The only state is a count per rule."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from simulator.asexml.model import AseEvent, ReceivedTransaction
from simulator.base.turn import Event, Turn
from simulator.scenario.match import differences
from simulator.scenario.model import Delay, Hold, Reject, Rule


class RuleUsed(Event, frozen=True, tag=True):
    """A rule of the scenario answered a transaction."""

    rule: str
    sender: str
    transaction_id: str


SCENARIO_EVENTS = (RuleUsed,)


@dataclass(frozen=True, slots=True)
class Reaction:
    """How a rule steers AEMO's answer to one transaction; the empty one leaves it alone.

    ``rejection``: the business events it is refused with. ``delay``: how much later the answer is seen. ``hold``: the
    name it is held back under, until the timeline releases that name.
    """

    rejection: tuple[AseEvent, ...] = ()
    delay: timedelta = timedelta(0)
    hold: str | None = None


NO_REACTION = Reaction()


@dataclass(frozen=True, slots=True)
class Nearest:
    """The rule that came nearest to answering, and everything that kept it from doing so."""

    rule: Rule
    differences: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.rule.where}: rule {self.rule.name!r} did not answer: {'; '.join(self.differences)}"


class Engine:
    """The rules in the order of the file: the first without differences answers, as often as it says."""

    __slots__ = ("_by_transaction", "_for_any", "_rules", "_used")

    def __init__(self, rules: Sequence[Rule] = ()) -> None:
        self._rules = tuple(rules)
        self._used: dict[str, int] = {}
        names = {rule.message.transaction for rule in rules}
        self._by_transaction = {name: self._asking_for(name) for name in names if name is not None}
        self._for_any = self._asking_for(None)

    def _asking_for(self, name: str | None) -> tuple[Rule, ...]:
        return tuple(rule for rule in self._rules if rule.message.transaction in (name, None))

    def react(self, turn: Turn, sender: str, transaction: ReceivedTransaction) -> Reaction:
        """What the first rule that fits wants, its use noted; `NO_REACTION` when none does."""
        if not self._rules:
            return NO_REACTION
        for rule in self._by_transaction.get(transaction.name, self._for_any):
            if not self._spent(rule) and not differences(rule, sender, transaction):
                turn.emit(RuleUsed(turn.now, rule.name, sender, transaction.transaction_id))
                return _reaction(rule)
        return NO_REACTION

    def apply(self, event: Event) -> None:
        """Make an event true; events of others are none of our business."""
        if isinstance(event, RuleUsed):
            self._used[event.rule] = self.used(event.rule) + 1

    def used(self, rule: str) -> int:
        """How often a rule has answered."""
        return self._used.get(rule, 0)

    def _spent(self, rule: Rule) -> bool:
        return rule.times is not None and self.used(rule.name) >= rule.times

    def nearest(self, sender: str, transaction: ReceivedTransaction) -> Nearest | None:
        """The rule with the fewest differences, the first of several; None when there are no rules."""
        judged = [Nearest(rule, self._against(rule, sender, transaction)) for rule in self._rules]
        return min(judged, key=lambda each: len(each.differences), default=None)

    def _against(self, rule: Rule, sender: str, transaction: ReceivedTransaction) -> tuple[str, ...]:
        spent = (f"used {self.used(rule.name)} of {rule.times} times",) if self._spent(rule) else ()
        return (*differences(rule, sender, transaction), *spent)


def _reaction(rule: Rule) -> Reaction:
    return Reaction(
        tuple(_event(each) for each in rule.answer if isinstance(each, Reject)),
        sum((each.by for each in rule.answer if isinstance(each, Delay)), timedelta(0)),
        next((each.name for each in rule.answer if isinstance(each, Hold)), None),
    )


def _event(reaction: Reject) -> AseEvent:
    return AseEvent(
        reaction.code, severity=reaction.severity, event_class="Application", explanation=reaction.explanation
    )
