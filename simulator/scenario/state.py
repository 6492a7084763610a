"""What was before, as rules ask for it: turns, chance, events, queues and flags, each difference in words."""

from __future__ import annotations

from collections.abc import Iterator

from simulator.base.draw import Draw
from simulator.scenario.counts import Counts
from simulator.scenario.criteria import After, QueueDepth
from simulator.scenario.facts import Facts, MessageFacts, OutgoingFacts, Surroundings
from simulator.scenario.match import satisfied, wish
from simulator.scenario.model import Rule
from simulator.scenario.readers import nmis

STRANGERS = "-"
"""The scope of clients whom nobody knows."""


def scope_of(rule: Rule, facts: Facts) -> str:
    """What the counts of a rule are kept for: "" where it is the whole simulation, or the thing names none.

    Clients of Netstream whom nobody knows are together one more: what one of them does counts for no other.
    """
    if rule.per is None:
        return ""
    if rule.per == "participant":
        return facts.party or STRANGERS
    if rule.per == "conversation":
        return facts.conversation
    if isinstance(facts, MessageFacts | OutgoingFacts):
        return next(iter(nmis(facts)), "")
    return next(iter(facts.question.usage_points), "") if facts.question is not None else ""


def state_differences(rule: Rule, facts: Facts, scope: str, counts: Counts, house: Surroundings) -> tuple[str, ...]:
    """What is not as the rule's ``state`` wants it, its turn aside."""
    return tuple(_state(rule, facts, scope, counts, house))


def _state(rule: Rule, facts: Facts, scope: str, counts: Counts, house: Surroundings) -> Iterator[str]:
    for after in rule.state.after:
        yield from _after(after, scope, counts)
    if rule.state.queue is not None:
        yield from _queue(rule.state.queue, facts, house)
    for flag, wanted in rule.state.flags.items():
        value = counts.flag(flag, scope)
        if not satisfied(wanted, () if value is None else (value,)):
            is_what = "is not set" if value is None else f"is {value!r}"
            yield f"flag {flag!r} {is_what}{'' if wanted is None else f', {wish(wanted)}'}"


def _after(after: After, scope: str, counts: Counts) -> Iterator[str]:
    if after.rule is not None:
        times = counts.used(after.rule, scope) or counts.used(after.rule, "")
        what = f"rule {after.rule!r} was used"
    else:
        times = counts.happened(after.event or "", scope)
        what = f"{after.event!r} came about"
    if times < after.times:
        yield f"{what} {times} times, {after.times} are wanted"


def _queue(queue: QueueDepth, facts: Facts, house: Surroundings) -> Iterator[str]:
    party = queue.of or facts.party
    depth = house.depth(party)
    if queue.least is not None and depth < queue.least:
        yield f"{depth} messages wait for {party}, not {queue.least} or more"
    if queue.most is not None and depth > queue.most:
        yield f"{depth} messages wait for {party}, not {queue.most} or fewer"


def turn_differences(rule: Rule, facts: Facts, scope: str, counts: Counts, draw: Draw, drawn: str) -> tuple[str, ...]:
    """Why it is not the rule's turn, although everything else fits."""
    return tuple(_turn(rule, scope, counts, draw, drawn))


def _turn(rule: Rule, scope: str, counts: Counts, draw: Draw, drawn: str) -> Iterator[str]:
    used = counts.used(rule.name, scope)
    if rule.times is not None and used >= rule.times:
        yield f"used {used} of {rule.times} times"
    this = counts.fitted(rule.name, scope) + 1
    if rule.state.nth and this not in rule.state.nth:
        yield f"this is time {this}, not {' or '.join(map(str, rule.state.nth))}"
    if rule.every is not None and this % rule.every:
        yield f"this is time {this}, not each {_ordinal(rule.every)}"
    if rule.chance is not None:
        count = counts.drawn(rule.name, drawn)
        if draw.of("rule", rule.name, drawn, str(count)).uniform() >= rule.chance:
            yield f"its chance of {rule.chance:g} was not drawn"


def _ordinal(number: int) -> str:
    """``2nd``, ``3rd``, ``12th``."""
    teens = number % 100 in (11, 12, 13)
    return f"{number}{'th' if teens else {1: 'st', 2: 'nd', 3: 'rd'}.get(number % 10, 'th')}"
