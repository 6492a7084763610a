"""Which rules can fit at all: each stands under one criterion, so that a thousand cost no more than ten.

A rule stands under the texts, or the pattern, by which its file's rules differ most (the NMI, say, rather than the
transaction). One that names neither anywhere is looked at always: it asks that something is not there, or an XPath
that says yes or no.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache

from simulator.scenario.criteria import Matches, StateMatch
from simulator.scenario.match import Criterion, Dimension, Look, criteria, implied, unmet_within
from simulator.scenario.model import Rule
from simulator.scenario.nearest import LONGEST_SHOWN, Near
from simulator.scenario.pattern_set import PatternSet

NEAREST_JUDGED = 10
"""So many rules at most are judged in full to find the nearest."""
MOST_ASKED = 8
"""Of rules that look at more different things, what kept them from answering is found out each time."""
MOST_KNOWN = 256
"""So often what kept rules from answering is remembered."""
MOST_CRITERIA = 1_000
"""More than any rule has."""


class Asking:
    """A rule with its criteria and its place in the file."""

    __slots__ = ("criteria", "number", "remembers", "rule", "telling")

    def __init__(self, number: int, rule: Rule, criteria: tuple[Criterion, ...]) -> None:
        self.number = number
        self.rule = rule
        self.criteria = criteria
        self.telling = tuple(each for each in (*criteria, *implied(criteria)) if _keys(each))
        """Those by which it can be looked up."""
        self.remembers = rule.state != StateMatch() or (rule.times, rule.every, rule.chance) != (None, None, None)
        """Whether it asks for anything that was before."""

    def fits(self, look: Look) -> bool:
        """Whether every criterion is met."""
        return all(each.met(look) for each in self.criteria)


class _Under:
    """The rules that stand under one dimension, by the texts and by the patterns they want there."""

    __slots__ = ("_alone", "_by_pattern", "_by_text", "_patterns")

    def __init__(self, standing: Sequence[tuple[Asking, Criterion]]) -> None:
        self._by_text: dict[str, list[Asking]] = {}
        by_pattern: dict[str, list[Asking]] = {}
        for each, criterion in standing:
            table = by_pattern if isinstance(criterion.wanted, Matches) else self._by_text
            for text in dict.fromkeys(_keys(criterion)):
                table.setdefault(text, []).append(each)
        self._patterns = PatternSet(tuple(by_pattern)) if by_pattern else None
        self._by_pattern = tuple(by_pattern.values())
        alone = () if self._patterns is None else self._patterns.alone
        self._alone = [each for number in alone for each in self._by_pattern[number]]

    def fitting(self, text: str) -> list[list[Asking]]:
        """Rules that want this text, or a pattern that it may match; each list in the order of the file."""
        named = self._by_text.get(text)
        found = [] if named is None else [named]
        if self._patterns is not None:
            found += [self._by_pattern[number] for number in self._patterns.matching(text)]
            if self._alone:
                found.append(self._alone)
        return found


class Index:
    """Rules about one kind of thing, in the order of the file."""

    def __init__(self, rules: Sequence[Asking], *, alike: bool = False) -> None:
        """``alike``: things of this kind are often like earlier ones, and so is what kept rules from answering."""
        self._rules = tuple(rules)
        asked = tuple(dict.fromkeys(criterion.dimension for each in rules for criterion in each.criteria))
        self._asked = asked if alike and len(asked) <= MOST_ASKED else None
        self._known: dict[tuple[tuple[str, ...], ...], list[tuple[Asking, Near]]] = {}
        self._always: list[Asking] = []
        self._named: dict[Dimension, dict[str, list[Asking]]] = _named(rules)
        kinds = _kinds(rules)
        standing: dict[Dimension, list[tuple[Asking, Criterion]]] = {}
        for each in rules:
            best = max(each.telling, key=lambda one: (kinds[one.dimension], bool(one.exact)), default=None)
            if best is None:
                self._always.append(each)
            else:
                standing.setdefault(best.dimension, []).append((each, best))
        self._under = tuple((dimension, _Under(under)) for dimension, under in standing.items())
        self._telling = sorted(self._named.items(), key=lambda item: -len(item[1]))

    def __len__(self) -> int:
        return len(self._rules)

    @property
    def remembered(self) -> int:
        """How often what kept rules from answering is remembered."""
        return len(self._known)

    def candidates(self, look: Look) -> Sequence[Asking]:
        """Every rule that may fit, in the order of the file."""
        found = list(self._always)
        sources = 1 if found else 0
        for dimension, under in self._under:
            for text in look.texts(dimension):
                for rules in under.fitting(text):
                    found += rules
                    sources += 1
        return found if sources < 2 else sorted(set(found), key=_number)

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
        for dimension, texts in self._telling:
            for text in look.texts(dimension):
                yield from texts.get(text, ())
        yield from self._rules


class Indexes:
    """The rules of a scenario by what they are about. Workspaces of the same scenario share it: it only remembers."""

    __slots__ = ("faulty", "fetched", "messages", "outgoing", "questions", "requests")

    def __init__(self, rules: Sequence[Rule]) -> None:
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


def _keys(criterion: Criterion) -> tuple[str, ...]:
    """What a rule can stand under: the texts it wants, or its pattern."""
    wanted = criterion.wanted
    return (wanted.pattern,) if isinstance(wanted, Matches) else criterion.exact


def _kinds(rules: Sequence[Asking]) -> dict[Dimension, int]:
    """How many different texts and patterns are wanted of each dimension."""
    wanted: dict[Dimension, set[tuple[bool, str]]] = {}
    for criterion in (one for each in rules for one in each.telling):
        pattern = isinstance(criterion.wanted, Matches)
        wanted.setdefault(criterion.dimension, set()).update((pattern, key) for key in _keys(criterion))
    return {dimension: len(kinds) for dimension, kinds in wanted.items()}


def _named(rules: Sequence[Asking]) -> dict[Dimension, dict[str, list[Asking]]]:
    named: dict[Dimension, dict[str, list[Asking]]] = {}
    for each in rules:
        for criterion in each.criteria:
            for text in criterion.exact:
                named.setdefault(criterion.dimension, {}).setdefault(text, []).append(each)
    return named
