"""Whether a rule fits. A match is "no differences", so that why nothing matched is answered for free.

A rule becomes criteria, each with what it reads and what it wants; a `Look` reads everything once, however many rules
ask for it.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import msgspec

from simulator.scenario.criteria import Absent, Matches, Wanted
from simulator.scenario.equations import Compares, Equation, Implied, Other, conditions, cut_from, equations
from simulator.scenario.facts import Facts, Surroundings
from simulator.scenario.model import Rule
from simulator.scenario.pattern_set import held
from simulator.scenario.patterns import fits
from simulator.scenario.readers import READERS, asked

Dimension = tuple[str, str]
"""What is read: the kind of reader, and what it is told (the path of a field, the name of a header)."""
_TRUE = "true"
"""What an expression finds that is true."""


class Look:
    """One look at what rules judge: each dimension is read once."""

    __slots__ = ("_read", "before", "facts", "house")

    def __init__(self, facts: Facts, house: Surroundings) -> None:
        self.facts = facts
        self.house = house
        self.before: dict[str, tuple[str, ...]] = {}
        """Name of a rule that fits → why it was not its turn, before that was counted."""
        self._read: dict[Dimension, tuple[str, ...]] = {}

    @property
    def read(self) -> int:
        """How many dimensions were read."""
        return len(self._read)

    def texts(self, dimension: Dimension) -> tuple[str, ...]:
        """The texts found there."""
        found = self._read.get(dimension)
        if found is None:
            kind, told = dimension
            found = self._read[dimension] = READERS[kind](self.facts, self.house, told)
        return found


def satisfied(wanted: Wanted | None, texts: tuple[str, ...]) -> bool:
    """Whether one of the texts is as wanted; None: whether there is one, and not ``false``."""
    if isinstance(wanted, str):
        return wanted in texts
    if isinstance(wanted, tuple):
        return any(text in wanted for text in texts)
    if isinstance(wanted, Matches):
        return any(fits(wanted.pattern, text) for text in texts)
    return not texts if isinstance(wanted, Absent) else any(text not in ("", "false") for text in texts)


def wish(wanted: Wanted, quoted: bool = True) -> str:
    """In words what is wanted instead."""
    if isinstance(wanted, Absent):
        return "it must not be"
    if isinstance(wanted, Matches):
        return f"not a match of {wanted.pattern!r}"
    texts = (wanted,) if isinstance(wanted, str) else wanted
    return f"not {' or '.join(map(repr if quoted else str, texts))}"


class Criterion(msgspec.Struct, frozen=True):
    """One thing a rule asks. ``wanted`` None: something must be found, and not ``false``."""

    dimension: Dimension
    name: str
    wanted: Wanted | None
    quoted: bool = False

    @property
    def exact(self) -> tuple[str, ...]:
        """The texts it wants, where it names them; none where it does not."""
        if isinstance(self.wanted, str):
            return (self.wanted,)
        return self.wanted if isinstance(self.wanted, tuple) else ()

    def met(self, look: Look) -> bool:
        """Whether one of the texts is as wanted."""
        return satisfied(self.wanted, look.texts(self.dimension))

    def difference(self, texts: tuple[str, ...]) -> str:
        """In words what is there instead."""
        shown = ", ".join(map(repr if self.quoted else str, texts[:5])) if texts else ""
        there = f"{self.name} is {shown}" if texts else f"{self.name} is not there"
        return f"{self.name} finds nothing" if self.wanted is None else f"{there}, {wish(self.wanted, self.quoted)}"


def criteria(rule: Rule) -> tuple[Criterion, ...]:
    """What a rule asks, cheap things first."""
    return tuple(Criterion((kind, told), name, wanted, quoted) for kind, told, name, wanted, quoted in asked(rule))


def telling(asks: tuple[Criterion, ...], *, several: bool) -> Iterator[tuple[Dimension, Wanted | Implied]]:
    """By what rules with these criteria are looked up: where texts are read, and what must be so there if they fit.

    ``several``: of several transactions it is enough that one is as an XPath wants it, whatever the others have.
    """
    for each in asks:
        kind, told = each.dimension
        if each.wanted is not None:
            yield each.dimension, each.wanted
        if kind == "xpath":
            for path, wanted in _implied(told, each.wanted):
                yield (_reader(wanted, several), path), wanted
        elif kind == "days":
            first, last = (date.fromisoformat(day).toordinal() for day in told.split())
            yield ("first day", ""), Compares("<=", last)
            yield ("last day", ""), Compares(">=", first)


def _reader(wanted: Implied, several: bool) -> str:
    """What reads the texts that an equation is about."""
    if isinstance(wanted, Compares):
        return "xpath numbers"
    return "xpath values shared" if several and isinstance(wanted, Absent | Other) else "xpath values"


def _implied(expression: str, wanted: Wanted | None) -> tuple[Equation, ...]:
    """What an expression cannot be without where it finds what is wanted; and where that is cut from a text, what
    letters this must have inside.
    """
    if wanted is None or wanted == _TRUE:
        return equations(expression)
    if isinstance(wanted, Absent):
        return ()
    letters = held(wanted.pattern) if isinstance(wanted, Matches) else wanted
    cut = cut_from(expression, letters) if isinstance(letters, str) else ()
    return *conditions(expression), *cut


def unmet(asks: tuple[Criterion, ...], look: Look) -> tuple[Criterion, ...]:
    """Every criterion that is not met; none when the rule fits."""
    return tuple([each for each in asks if not each.met(look)])


def unmet_within(asks: tuple[Criterion, ...], look: Look, most: int) -> tuple[Criterion, ...] | None:
    """The same, unless there are more than ``most``."""
    found: tuple[Criterion, ...] = ()
    for each in asks:
        if not each.met(look):
            if len(found) == most:
                return None
            found = (*found, each)
    return found
