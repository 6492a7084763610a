"""What rules remember: how often each fitted and was used, what happened, which flags are set. Changed by events only.

Each is kept per scope (a participant, a NMI, a conversation; "" is the whole simulation). The scopes of one rule are
bounded: the one that was used longest ago is forgotten first, and counted.
"""

from __future__ import annotations

from typing import Generic, TypeVar

from simulator.base.turn import Event

SCOPES_KEPT = 10_000
"""Of one rule, one kind of event or one flag."""
T = TypeVar("T")


class RuleUsed(Event, frozen=True, tag=True):
    """A rule of the scenario answered. ``scope`` is what its counts are kept for, ``drawn`` what its chance hung on."""

    rule: str
    sender: str
    transaction_id: str
    scope: str = ""
    drawn: str = ""


class RulePassed(Event, frozen=True, tag=True):
    """A rule fitted, and it was not its turn."""

    rule: str
    scope: str = ""
    drawn: str = ""


class FlagSet(Event, frozen=True, tag=True):
    """A flag has this value from now on; None takes it away."""

    flag: str
    value: str | None
    scope: str = ""


SCENARIO_EVENTS: tuple[type[Event], ...] = (RuleUsed, RulePassed, FlagSet)


class Scoped(Generic[T]):
    """Values by scope, the ones set longest ago forgotten when there are too many."""

    __slots__ = ("_held", "forgotten")

    def __init__(self) -> None:
        self._held: dict[str, T] = {}
        self.forgotten = 0

    def get(self, scope: str, otherwise: T) -> T:
        """The value of a scope."""
        return self._held.get(scope, otherwise)

    def put(self, scope: str, value: T) -> None:
        """Set it."""
        self._held.pop(scope, None)
        self._held[scope] = value
        if len(self._held) > SCOPES_KEPT:
            del self._held[next(iter(self._held))]
            self.forgotten += 1

    def drop(self, scope: str) -> None:
        """Take it away."""
        self._held.pop(scope, None)


class Counts:
    """Everything that is remembered."""

    def __init__(self) -> None:
        self._used: dict[str, Scoped[int]] = {}
        self._fitted: dict[str, Scoped[int]] = {}
        self._drawn: dict[str, Scoped[int]] = {}
        self._happened: dict[str, Scoped[int]] = {}
        self._flags: dict[str, Scoped[str]] = {}
        self._total: dict[str, int] = {}

    def total(self, rule: str) -> int:
        """How often a rule answered, whatever the scope."""
        return self._total.get(rule, 0)

    def used(self, rule: str, scope: str) -> int:
        """How often a rule answered."""
        return _count(self._used, rule, scope)

    def fitted(self, rule: str, scope: str) -> int:
        """How often a rule fitted, whether or not it was its turn."""
        return _count(self._fitted, rule, scope)

    def drawn(self, rule: str, key: str) -> int:
        """How often a rule's chance was drawn for a key."""
        return _count(self._drawn, rule, key)

    def happened(self, word: str, scope: str) -> int:
        """How often an event of a word came about."""
        return _count(self._happened, word, scope)

    def flag(self, name: str, scope: str) -> str | None:
        """The value of a flag: the scope's own, else the whole simulation's."""
        held = self._flags.get(name)
        if held is None:
            return None
        own = held.get(scope, "")
        return own or held.get("", "") or None

    @property
    def forgotten(self) -> int:
        """How many scopes made room for others."""
        tables: tuple[dict[str, Scoped[int]] | dict[str, Scoped[str]], ...] = (
            self._used,
            self._fitted,
            self._drawn,
            self._happened,
            self._flags,
        )
        return sum(held.forgotten for table in tables for held in table.values())

    # The only way state changes

    def apply(self, event: Event) -> None:
        """Make an event true."""
        if isinstance(event, RuleUsed):
            self._total[event.rule] = self.total(event.rule) + 1
            _add(self._used, event.rule, event.scope)
            self._fits(event)
        elif isinstance(event, RulePassed):
            self._fits(event)
        elif isinstance(event, FlagSet):
            held = self._flags.setdefault(event.flag, Scoped())
            if event.value is None:
                held.drop(event.scope)
            else:
                held.put(event.scope, event.value)

    def happens(self, word: str, scopes: tuple[str, ...]) -> None:
        """An event that some rule waits for came about."""
        for scope in scopes:
            _add(self._happened, word, scope)

    def _fits(self, event: RuleUsed | RulePassed) -> None:
        _add(self._fitted, event.rule, event.scope)
        if event.drawn:
            _add(self._drawn, event.rule, event.drawn)


def _count(table: dict[str, Scoped[int]], name: str, scope: str) -> int:
    held = table.get(name)
    return 0 if held is None else held.get(scope, 0)


def _add(table: dict[str, Scoped[int]], name: str, scope: str) -> None:
    held = table.setdefault(name, Scoped())
    held.put(scope, held.get(scope, 0) + 1)
