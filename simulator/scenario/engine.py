"""The rules of a scenario at work: which one answers, and how often each has. The only state is in `Counts`.

what is judged ─► index ─► every criterion met? ─► what was before? ─► its turn? ─► RuleUsed, and what it does
                                                                        └─ not yet ─► RulePassed, the next rule
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from functools import partial
from typing import Any

import msgspec

from simulator.asexml.model import AseEvent
from simulator.base.turn import Event, Turn
from simulator.scenario import words
from simulator.scenario.counts import SCENARIO_EVENTS, Counts, FlagSet, RulePassed, RuleUsed
from simulator.scenario.facts import Facts, MessageFacts, OutgoingFacts, RequestFacts, Surroundings
from simulator.scenario.faults import Mishap
from simulator.scenario.index import Asking, Index, indexes
from simulator.scenario.match import Look
from simulator.scenario.model import Rule
from simulator.scenario.nearest import Explanation, Near
from simulator.scenario.reactions import (
    Answer,
    ChangeWorld,
    Delay,
    Drop,
    Duplicate,
    Hold,
    Partial,
    Reject,
    Reorder,
    Send,
    SetFlag,
    Template,
)
from simulator.scenario.state import scope_of, state_differences, turn_differences
from simulator.scenario.testimony import Met

__all__ = ["NO_REACTION", "SCENARIO_EVENTS", "Engine", "Explanation", "Reaction", "RequestReaction", "RuleUsed"]


class Reaction(msgspec.Struct, frozen=True):
    """How a rule steers AEMO's answer to one transaction; the empty one leaves it alone.

    ``rejection``: the business events it is refused with. ``delay``: how much later the answer is seen. ``hold``: the
    name it is held back under, until the timeline releases that name. ``copies``: how often each message is queued.
    ``beside``: what happens besides the answer. ``rule`` is the one that wants all this.
    """

    rejection: tuple[AseEvent, ...] = ()
    delay: timedelta = timedelta(0)
    hold: str | None = None
    partial: Partial | None = None
    template: Template | None = None
    drop: bool = False
    copies: int = 1
    reorder: Reorder | None = None
    beside: tuple[Send | ChangeWorld, ...] = ()
    rule: Rule | None = None

    @property
    def fault(self) -> Mishap | None:
        """What goes wrong with what AEMO sends, if anything does."""
        return None if self.rule is None else self.rule.fault


NO_REACTION = Reaction()


class RequestReaction(msgspec.Struct, frozen=True):
    """What the rule wants that fits an HTTP request, or a message before the hub has seen it."""

    rule: Rule
    about: Facts
    """What it fits: of a message, the transaction."""
    beside: tuple[Send | ChangeWorld, ...] = ()

    @property
    def scope(self) -> str:
        """What the rule counts it for: a participant, a NMI, a conversation; "" is the whole simulation."""
        return scope_of(self.rule, self.about)

    @property
    def fault(self) -> Mishap | None:
        """What goes wrong, if anything does."""
        return self.rule.fault


class _Nobody:
    """The rest of a house that has nothing to say."""

    def depth(self, participant: str) -> int:
        """Nothing waits."""
        return 0

    def roles(self, participant: str) -> tuple[str, ...]:
        """Nobody is declared."""
        return ()


class Engine:
    """The rules in the order of the file: the first without differences answers, as often as it says."""

    def __init__(self, rules: Sequence[Rule] = (), house: Surroundings | None = None) -> None:
        self._house = house or _Nobody()
        self._counts = Counts()
        self._rules = indexes(rules)
        self._strict = tuple(rule for rule in rules if rule.strict)
        self._looked: Look | None = None
        waited = {after.event for rule in rules for after in rule.state.after if after.event is not None}
        self.changes: Mapping[type[Event], Callable[[Any], None]] = dict.fromkeys(SCENARIO_EVENTS, self.apply) | {
            words.EVENTS[word].kind: partial(self._happened, word) for word in sorted(waited)
        }

    @property
    def answers(self) -> bool:
        """Whether any rule is about what AEMO answers, faults aside."""
        return len(self._rules.messages) > 0

    @property
    def steers(self) -> bool:
        """Whether any rule is about what AEMO sends, faults aside."""
        return len(self._rules.outgoing) > 0

    def flag(self, name: str, scope: str = "") -> str | None:
        """The value of a flag."""
        return self._counts.flag(name, scope)

    # Deciding

    def react(self, turn: Turn, facts: MessageFacts) -> Reaction:
        """What the first rule without a fault that fits a transaction wants, its use noted; else `NO_REACTION`."""
        rule = self._used(turn, self._rules.messages, facts)
        return NO_REACTION if rule is None else _reaction(rule)

    def on_message(self, turn: Turn, sent: Sequence[MessageFacts]) -> RequestReaction | None:
        """What the first rule with ``message`` and ``fault`` wants of a message that was read, before the hub sees it.

        ``sent``: its transactions; the first of them that such a rule fits counts.
        """
        for facts in sent if len(self._rules.faulty) else ():
            rule = self._used(turn, self._rules.faulty, facts)
            if rule is not None:
                return _request_reaction(rule, facts)
        return None

    def on_outgoing(self, turn: Turn, facts: OutgoingFacts) -> Reaction:
        """The same for a message that AEMO is about to send, before it is queued."""
        rule = self._used(turn, self._rules.outgoing, facts)
        return NO_REACTION if rule is None else _reaction(rule)

    def on_fetched(self, turn: Turn, facts: OutgoingFacts) -> RequestReaction | None:
        """What the first rule with ``outgoing`` and ``fault`` wants of a queued message each time it is handed over."""
        rule = self._used(turn, self._rules.fetched, facts)
        return None if rule is None else _request_reaction(rule, facts)

    def on_request(self, turn: Turn, facts: RequestFacts) -> RequestReaction | None:
        """What the first rule that fits a request wants. With a ``question`` only rules with ``netstream`` are asked,
        without one only the others: a GetMeterReadings is judged twice, by its head and by what it asks.
        """
        rule = self._used(turn, self._rules.requests if facts.question is None else self._rules.questions, facts)
        return None if rule is None else _request_reaction(rule, facts)

    def set_flags(self, turn: Turn, flags: SetFlag, scope: str = "") -> None:
        """Flags get their values."""
        for flag, value in flags.flags.items():
            turn.emit(FlagSet(turn.now, flag, value, scope))

    def _used(self, turn: Turn, index: Index, facts: Facts) -> Rule | None:
        if not len(index):
            return None
        look = self._look(facts)
        for each in index.candidates(look):
            if each.fits(look) and self._takes(turn, each.rule, look):
                return each.rule
        return None

    def _look(self, facts: Facts) -> Look:
        """What was read of a thing is not read again to explain it."""
        if self._looked is None or self._looked.facts is not facts:
            self._looked = Look(facts, self._house)
        return self._looked

    def _takes(self, turn: Turn, rule: Rule, look: Look) -> bool:
        """Whether a rule that fits by its criteria answers; if so, that is noted."""
        facts = look.facts
        scope = scope_of(rule, facts)
        if state_differences(rule, facts, scope, self._counts, self._house):
            return False
        drawn = _drawn_for(rule, facts)
        if why := turn_differences(rule, facts, scope, self._counts, turn.draw, drawn):
            look.before[rule.name] = why
            if rule.every or rule.state.nth or (drawn and not isinstance(facts, MessageFacts)):
                turn.emit(RulePassed(turn.now, rule.name, scope, drawn))
            return False
        turn.emit(RuleUsed(turn.now, rule.name, facts.party, facts.identity[-1], scope, drawn))
        for answer in rule.answer:
            if isinstance(answer, SetFlag):
                self.set_flags(turn, answer, scope)
        return True

    # What is true

    def apply(self, event: Event) -> None:
        """Make an event true; events of others are none of our business."""
        self._counts.apply(event)

    def _happened(self, word: str, event: Event) -> None:
        self._counts.happens(word, words.scopes(word, event))

    def used(self, rule: str) -> int:
        """How often a rule has answered."""
        return self._counts.total(rule)

    def met(self) -> tuple[Met, ...]:
        """Every strict rule, and how often it was met."""
        return tuple(Met(rule.name, str(rule.where), self.used(rule.name)) for rule in self._strict)

    @property
    def forgotten(self) -> int:
        """How many scopes (NMIs, participants, conversations) made room for others in the counts."""
        return self._counts.forgotten

    # Explaining

    def named(self, rule: str) -> str:
        """A rule by its name, with its place: ``file:line``; what is no rule is called what it was called."""
        return self._rules.named.get(rule, rule)

    def nearest(self, turn: Turn, facts: Facts) -> Explanation | None:
        """The rule with the fewest differences, the first of several; None when no rule is about such things."""
        return self._nearest(turn, facts, self._indexes(facts))

    def nearest_answer(self, turn: Turn, facts: MessageFacts) -> Explanation | None:
        """The same of rules without a fault, when they have been asked: those with one were asked before the hub."""
        return self._nearest(turn, facts, (self._rules.messages,))

    def _nearest(self, turn: Turn, facts: Facts, about: tuple[Index, ...]) -> Explanation | None:
        if not any(map(len, about)):
            return None
        look, least = self._look(facts), (0, 0, 0)
        found: Near | None = None
        told: tuple[str, ...] = ()
        for where, each, near in ((index, *one) for index in about for one in index.near(look)):
            before = () if where is self._rules.outgoing else self._before(turn, each, look)
            distance = near.distance(before)
            if found is None or distance < least:
                found, least, told = near, distance, before
        if found is not None and not found.found and not told:
            told = (_WHEN_QUEUED,) if isinstance(facts, OutgoingFacts) else (_NOTHING_TO_ANSWER,)
        return None if found is None else found.explained(told)

    def _indexes(self, facts: Facts) -> tuple[Index, ...]:
        if isinstance(facts, MessageFacts):
            return self._rules.messages, self._rules.faulty
        if isinstance(facts, OutgoingFacts):
            return self._rules.outgoing, self._rules.fetched
        return (self._rules.requests if facts.question is None else self._rules.questions,)

    def _before(self, turn: Turn, each: Asking, look: Look) -> tuple[str, ...]:
        """What was before and is not as the rule wants it: told at once, for it will be another later."""
        if not each.remembers:
            return ()
        if (known := look.before.get(each.rule.name)) is not None:
            return known
        facts = look.facts
        scope = scope_of(each.rule, facts)
        drawn = _drawn_for(each.rule, facts)
        return (
            *state_differences(each.rule, facts, scope, self._counts, self._house),
            *turn_differences(each.rule, facts, scope, self._counts, turn.draw, drawn),
        )


_WHEN_QUEUED = "it was asked when the message was queued"
_NOTHING_TO_ANSWER = "all fits, and the hub took nothing over that could be answered"


def _drawn_for(rule: Rule, facts: Facts) -> str:
    """What the chance of a rule hangs on: never on who else came before."""
    return "/".join(facts.identity) if rule.chance is not None else ""


def _reaction(rule: Rule) -> Reaction:
    return Reaction(
        tuple(_event(each) for each in rule.answer if isinstance(each, Reject)),
        sum((each.by for each in rule.answer if isinstance(each, Delay)), timedelta(0)),
        next((each.name for each in rule.answer if isinstance(each, Hold)), None),
        next((each for each in rule.answer if isinstance(each, Partial)), None),
        next((each for each in rule.answer if isinstance(each, Template)), None),
        any(isinstance(each, Drop) for each in rule.answer),
        next((each.times for each in rule.answer if isinstance(each, Duplicate)), 1),
        next((each for each in rule.answer if isinstance(each, Reorder)), None),
        _beside(rule.answer),
        rule,
    )


def _request_reaction(rule: Rule, facts: Facts) -> RequestReaction:
    return RequestReaction(rule, facts, _beside(rule.answer))


def _beside(answer: Sequence[Answer]) -> tuple[Send | ChangeWorld, ...]:
    return tuple(each for each in answer if isinstance(each, Send | ChangeWorld))


def _event(reaction: Reject) -> AseEvent:
    return AseEvent(
        reaction.code, severity=reaction.severity, event_class="Application", explanation=reaction.explanation
    )
