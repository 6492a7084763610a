"""Which rules can fit at all: dimension by dimension those that cannot are left out, so that a thousand cost no more
than ten.

what is judged ─► head: sender, transaction … ─► its elements ─► rules left, as bits ─► one by one, in file order

Each dimension is read once, and none that no rule left asks for. What is left is tried as it is needed: a thousand
rules that fit cost as much as the first of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache

from simulator.scenario import elements
from simulator.scenario.bits import places
from simulator.scenario.criteria import StateMatch
from simulator.scenario.elements import Elements
from simulator.scenario.match import Criterion, Dimension, Look, criteria, telling, unmet_within
from simulator.scenario.model import Rule
from simulator.scenario.nearest import LONGEST_SHOWN, Near
from simulator.scenario.standing import Asked, Standing

NEAREST_JUDGED = 10
"""So many rules at most are judged in full to find the nearest."""
MOST_ASKED = 8
"""Of rules that look at more different things, what kept them from answering is found out each time."""
MOST_KNOWN = 256
"""So often what kept rules from answering is remembered."""
MOST_CRITERIA = 1_000
"""More than any rule has."""
_COSTLY = ("nmi", "field", "xpath values", "xpath values shared", "xpath numbers", "xpath")
"""Kinds of readers that look through the whole message, those last that take longest."""


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
        return unmet_within(self.criteria, look, 0) is not None


class Index:
    """Rules about one kind of thing, in the order of the file."""

    def __init__(self, rules: Sequence[Asking], *, alike: bool = False) -> None:
        """``alike``: things of this kind are often like earlier ones, and so is what kept rules from answering."""
        self._rules = tuple(rules)
        asked = tuple(dict.fromkeys(criterion.dimension for each in rules for criterion in each.criteria))
        self._asked = asked if alike and len(asked) <= MOST_ASKED else None
        self._known: dict[tuple[tuple[str, ...], ...], list[tuple[Asking, Near]]] = {}
        self._everyone = (1 << len(self._rules)) - 1
        asking = _asking(self._rules)
        rare = elements.rare(asking, len(self._rules))
        self._elements = Elements(rare, self._everyone) if rare else None
        read = sorted((one for one in asking.items() if one[0] not in rare), key=_order)
        self._read = tuple((dimension, Standing(standing, self._everyone)) for dimension, standing in read)
        self._named = _named(self._rules)
        self._telling = sorted(self._named, key=lambda dimension: -len(self._named[dimension]))

    def __len__(self) -> int:
        return len(self._rules)

    @property
    def remembered(self) -> int:
        """How often what kept rules from answering is remembered."""
        return len(self._known)

    def candidates(self, look: Look) -> Iterable[Asking]:
        """Every rule that may fit, in the order of the file, each when it is asked for."""
        left = self._everyone
        for dimension, standing in self._read:
            if left & standing.rules:
                left &= standing.left(look.texts(dimension))
                if not left:
                    return ()
        if self._elements is not None:
            left = self._elements.left(left, look)
        return map(self._rules.__getitem__, places(left)) if left else ()

    def near(self, look: Look) -> Sequence[tuple[Asking, Near]]:
        """A few rules, in the order of the file, of which one is the nearest, as far as exact texts tell."""
        key = self._alike(look)
        if key is None:
            return self._judged(look)
        known = self._known.get(key)
        if known is None:
            if len(self._known) >= MOST_KNOWN:
                self._known.clear()
            known = self._known[key] = self._judged(look)
        return known

    def _alike(self, look: Look) -> tuple[tuple[str, ...], ...] | None:
        """What makes two explanations alike; None where there is too much of it to be kept."""
        if self._asked is None:
            return None
        key = tuple([look.texts(dimension) for dimension in self._asked])
        return None if any(len(text) > LONGEST_SHOWN for texts in key for text in texts) else key

    def _judged(self, look: Look) -> list[tuple[Asking, Near]]:
        """Those that lack fewer criteria than any before that asks nothing of what was before."""
        found: list[tuple[Asking, Near]] = []
        most = MOST_CRITERIA
        for each in self._few(look):
            missing = unmet_within(each.criteria, look, most)
            if missing is None:
                continue
            found.append((each, Near(each.rule, missing, look)))
            if not each.remembers:
                if not missing:
                    break
                most = len(missing) - 1
        return found

    def _few(self, look: Look) -> list[Asking]:
        """The most telling criteria first."""
        found: dict[int, Asking] = {}
        for each in self._near(look):
            found.setdefault(each.number, each)
            if len(found) == NEAREST_JUDGED:
                break
        return sorted(found.values(), key=_number)

    def _near(self, look: Look) -> Iterator[Asking]:
        readable = self._telling
        if self._elements is not None:
            read = (*(dimension for dimension, _ in self._read), *self._elements.readable(look))
            named = (dimension for dimension in read if dimension in self._named)
            readable = sorted(named, key=lambda dimension: -len(self._named[dimension]))
        for dimension in readable:
            for text in look.texts(dimension):
                yield from self._named[dimension].get(text, ())
        yield from self._rules


class Indexes:
    """The rules of a scenario by what they are about. Workspaces of the same scenario share it: it only remembers."""

    __slots__ = ("faulty", "fetched", "messages", "named", "outgoing", "questions", "requests")

    def __init__(self, rules: Sequence[Rule]) -> None:
        self.named: Mapping[str, str] = {rule.name: f"{rule.where}: rule {rule.name!r}" for rule in rules}
        """Rules by name, each with its place."""
        asking = [Asking(number, rule, criteria(rule)) for number, rule in enumerate(rules)]
        sent = [each for each in asking if each.rule.message is not None]
        self.messages = Index([each for each in sent if each.rule.fault is None])
        self.faulty = Index([each for each in sent if each.rule.fault is not None])
        queued = [each for each in asking if each.rule.outgoing is not None]
        self.outgoing = Index([each for each in queued if each.rule.fault is None])
        self.fetched = Index([each for each in queued if each.rule.fault is not None])
        self.requests = Index([each for each in asking if each.rule.request is not None], alike=True)
        self.questions = Index([each for each in asking if each.rule.netstream is not None], alike=True)


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


def _asking(rules: Sequence[Asking]) -> dict[Dimension, list[Asked]]:
    """What is asked of each dimension by which rules can be looked up."""
    found: dict[Dimension, list[Asked]] = {}
    for place, each in enumerate(rules):
        for dimension, wanted in telling(each.criteria, several=each.rule.outgoing is not None):
            found.setdefault(dimension, []).append((place, wanted))
    return {dimension: asked for dimension, asked in found.items() if len(asked) > 1 or not _as_costly(dimension)}


def _as_costly(dimension: Dimension) -> bool:
    """Whether to look there for one rule costs as much as to try it."""
    kind, told = dimension
    made = kind == "xpath" or (kind.startswith("xpath") and any(sign in told for sign in "([ "))
    return made and elements.element(dimension) is None


def _order(one: tuple[Dimension, list[Asked]]) -> tuple[int, int, int]:
    """What is read before what: what costs little, then what most rules ask for, then what they differ in most."""
    (kind, _), asked = one
    cost = _COSTLY.index(kind) + 1 if kind in _COSTLY else 0
    return cost, -len({place for place, _ in asked}), -len({wanted for _, wanted in asked})


def _named(rules: Sequence[Asking]) -> dict[Dimension, dict[str, list[Asking]]]:
    named: dict[Dimension, dict[str, list[Asking]]] = {}
    for each in rules:
        for criterion in each.criteria:
            for text in criterion.exact:
                named.setdefault(criterion.dimension, {}).setdefault(text, []).append(each)
    return named
