"""Rules behind others that take everything they would: told only where that is certain.

A rule that always takes what meets its criteria leaves nothing to a later one whose criteria, and whose state, say the
same or more. Of a list of texts each may be left to another of the earlier rules.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec
from msgspec.structs import replace

from simulator.scenario.criteria import Absent, After, Matches, QueueDepth, Wanted
from simulator.scenario.match import Criterion, Dimension, criteria, satisfied
from simulator.scenario.model import Rule

Asks = tuple[Criterion, ...]
Key = tuple[Dimension, Wanted | None] | Dimension | None
"""What a rule that takes is found under: a text it wants; anything else it wants, and where; None: it wants nothing."""
_SAME: dict[Dimension, Dimension] = {("nmi", ""): ("field", "NMI"), ("field", "NMI"): ("nmi", "")}
"""Dimensions that find the same."""
_WIDER: dict[Dimension, Dimension] = {(kind, ""): ("participant", "") for kind in ("sender", "receiver")}
"""Dimensions that find a part of what the other does."""


class _Taker(msgspec.Struct, frozen=True):
    number: int
    rule: Rule
    asks: Asks


class Takers:
    """The rules of one kind, in the order of the file, that take whatever is as they want it."""

    def __init__(self) -> None:
        self._under: dict[Key, list[_Taker]] = {}
        self._count = 0

    def add(self, rule: Rule) -> None:
        """The next rule of the file; one that has turns takes nothing for certain."""
        if rule.state.nth or (rule.times, rule.every, rule.chance) != (None, None, None):
            return
        self._count += 1
        made = _Taker(self._count, rule, criteria(rule))
        for key in _standing(made.asks):
            self._under.setdefault(key, []).append(made)

    def before(self, rule: Rule) -> tuple[Rule, ...]:
        """Those that together leave nothing to a later rule; none where that is not certain."""
        asks = criteria(rule)
        whole = self._taker(rule, asks)
        if whole is not None:
            return (whole.rule,)
        for place, each in enumerate(asks):
            if isinstance(each.wanted, tuple):
                ways = [(*asks[:place], replace(each, wanted=text), *asks[place + 1 :]) for text in each.wanted]
                takers = [self._taker(rule, way) for way in ways]
                found = {taker.number: taker.rule for taker in takers if taker is not None}
                if takers and None not in takers:
                    return tuple(found[number] for number in sorted(found))
        return ()

    def _taker(self, rule: Rule, asks: Asks) -> _Taker | None:
        """The first that takes everything that meets these criteria."""
        said = _said(asks)
        near = {each.number: each for key in _keys(said) for each in self._under.get(key, ())}
        takers = (near[number] for number in sorted(near))
        return next((each for each in takers if _takes(each.asks, said) and _has_state(each.rule, rule)), None)


def _standing(asks: Asks) -> tuple[Key, ...]:
    """Where it is found by what says at least as much as it asks."""
    if not asks:
        return (None,)
    best = next((each for each in reversed(asks) if each.exact), asks[-1])
    texts = tuple((best.dimension, text) for text in dict.fromkeys(best.exact))
    return texts or ((best.dimension, best.wanted), best.dimension)


def _keys(said: Asks) -> Iterator[Key]:
    yield None
    for each in said:
        if each.exact:
            yield each.dimension
            yield from ((each.dimension, text) for text in each.exact)
        else:
            yield each.dimension, each.wanted


def _said(asks: Asks) -> Asks:
    """These, and what else is so wherever they are met."""
    same = (replace(each, dimension=_SAME[each.dimension]) for each in asks if each.dimension in _SAME)
    wider = (
        replace(each, dimension=_WIDER[each.dimension])
        for each in asks
        if each.dimension in _WIDER and isinstance(each.wanted, str | tuple | Matches)
    )
    return (*asks, *same, *wider)


def _takes(asks: Asks, said: Asks) -> bool:
    """Whether these are met wherever those are."""
    return all(
        any(each.dimension == one.dimension and _implies(each.wanted, one.wanted) for each in said) for one in asks
    )


def _implies(narrow: Wanted | None, wide: Wanted | None) -> bool:
    """Whether texts that are as the one wants are as the other wants, too."""
    if narrow == wide:
        return True
    exact = (narrow,) if isinstance(narrow, str) else narrow
    if not isinstance(exact, tuple) or isinstance(wide, Absent):
        return False
    return all(satisfied(wide, (text,)) for text in exact)


def _has_state(taker: Rule, later: Rule) -> bool:
    """Whether what was before is as the one wants it wherever it is as the other does."""
    wanted, given = taker.state, later.state
    if (wanted.after or wanted.flags) and taker.per != later.per:
        return False
    return (
        all(any(_happened(each, one) for each in given.after) for one in wanted.after)
        and all(flag in given.flags and _implies(given.flags[flag], one) for flag, one in wanted.flags.items())
        and (wanted.queue is None or (given.queue is not None and _waits(given.queue, wanted.queue)))
    )


def _happened(narrow: After, wide: After) -> bool:
    return (narrow.rule, narrow.event) == (wide.rule, wide.event) and narrow.times >= wide.times


def _waits(narrow: QueueDepth, wide: QueueDepth) -> bool:
    least = wide.least is None or (narrow.least is not None and narrow.least >= wide.least)
    most = wide.most is None or (narrow.most is not None and narrow.most <= wide.most)
    return narrow.of == wide.of and least and most
