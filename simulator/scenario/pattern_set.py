"""Many patterns at once: which of them match a text whole, at a cost that hangs on the text and not on their number.

patterns ─► places, shared by patterns that begin alike ─► sets of places (`_Spot`), made when a text first leads there

A text is read once, letter by letter, from one set to the next: a pattern that cannot match any more is in none of
them. Sets are kept up to `MOST_HELD` and then made anew, so that texts nobody thought of cost time and never memory.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache

from simulator.scenario import pattern_literals
from simulator.scenario.bits import bits
from simulator.scenario.pattern_literals import ByLetters
from simulator.scenario.pattern_parts import Either, NotRead, One, Part, Row, Times, begins_open, mirrored, parts
from simulator.scenario.patterns import LONGEST_TEXT, compiled

MOST_PLACES = 1_000
"""Places that one pattern may add; one that needs more is tried by itself."""
MOST_IN_ALL = 50_000
"""Places of all patterns; those that come when there are so many are tried by themselves."""
FEW = 2
"""When no more patterns than this can match any more, a text is not read to its end: each is tried."""
MOST_HELD = 100_000
"""Places in all sets that are kept, and steps between these; a set of rules counts as its `BYTES` do."""
BYTES = 32
_ANY = One(".", kind=True)


class _Place:
    """Where the reading of a text can be; every text that leads here leads here for every pattern that goes on."""

    __slots__ = ("again", "any", "ends", "follow", "kinds", "letters", "through")

    def __init__(self) -> None:
        self.letters: dict[str, _Place] = {}
        self.kinds: dict[str, _Place] = {}
        self.again: dict[Part, _Place] = {}
        """What repeats from here → the place between two times, reached without a letter."""
        self.follow: _Place | None = None
        """The place that is reached from here without a letter."""
        self.any: _Place | None = None
        """Where a letter leads that is any number of times any letter, here."""
        self.ends: list[int] = []
        """The patterns that end here."""
        self.through: list[int] = []
        """Patterns that lead through here or end here: all of them while they are `FEW`, else the first ones."""

    def led_through(self, number: int) -> _Place:
        """Another pattern leads here."""
        if len(self.through) <= FEW and number not in self.through:
            self.through.append(number)
        return self

    @property
    def idle(self) -> bool:
        """Whether whatever follows leads here again and to nothing else."""
        if self.any is None or self.follow or self.letters or self.again or len(self.kinds) > 1:
            return False
        once = self.any
        return not (once.letters or once.kinds or once.again or once.ends) and once.follow is self


class _Spot:
    """Every place at which the reading of a text can be at once."""

    __slots__ = ("ends", "found", "next", "places", "settled")

    def __init__(self, places: frozenset[_Place], settled: bool, ends: int, found: int) -> None:
        self.settled = settled
        """Whether it is clear which patterns are worth a try."""
        self.places = places
        self.ends = ends
        """Rules whose patterns match if the text ends here; or where it is settled, those whose patterns may match."""
        self.found = found
        """Rules whose patterns match whatever follows."""
        self.next: dict[str, _Spot] = {}


class PatternSet:
    """Patterns, and the rules that want them. ``alone``: rules whose patterns must be tried one by one.

    A pattern stands under letters that its texts cannot be without, where few others do; else it is read with others.
    """

    def __init__(self, patterns: Mapping[str, Sequence[int]]) -> None:
        """``patterns``: pattern → the places of its rules."""
        standing = tuple(patterns.values())
        forward, backward = _Way(standing), _Way(standing)
        alone: list[int] = []
        read = {pattern: _part(pattern) for pattern in patterns}
        self._lettered = ByLetters({pattern: part for pattern, part in read.items() if part is not None}, patterns)
        for number, (pattern, part) in enumerate(read.items()):
            compiled(pattern)
            if pattern in self._lettered.patterns:
                continue
            if part is None or not _laid(number, part, forward, backward):
                alone += standing[number]
        self.alone = bits(alone)
        self._forward = forward if forward.leads else None
        self._backward = backward if backward.leads else None

    def matching(self, text: str) -> int:
        """The rules whose patterns match a text whole, those of at most twice `FEW` that do not, and ``alone``."""
        if len(text) > LONGEST_TEXT:
            return 0
        found = self.alone | self._lettered.matching(text)
        if self._forward is not None:
            found |= self._forward.matching(text)
        return found if self._backward is None else found | self._backward.matching(text[::-1])


def _laid(number: int, part: Part, forward: _Way, backward: _Way) -> bool:
    """Whether there was room for it."""
    turned = begins_open(part)
    try:
        (backward if turned else forward).lay(number, mirrored(part) if turned else part)
    except (NotRead, RecursionError):
        return False
    return True


def held(pattern: str) -> str:
    """Letters that a text cannot be without if a pattern matches it; none where that is not certain."""
    part = _part(pattern)
    return "" if part is None else pattern_literals.held(part)


def _part(pattern: str) -> Part | None:
    try:
        return parts(pattern)
    except (NotRead, RecursionError):
        return None


class _Way:
    """Patterns laid out in one direction: what begins with anything is read from its end."""

    def __init__(self, standing: Sequence[Sequence[int]]) -> None:
        """``standing``: the rules of each pattern."""
        self._standing = standing
        self._root = _Place()
        self._places = 0
        self._held = 0
        self._spots: dict[tuple[frozenset[_Place], bool], _Spot] = {}
        self._begun: tuple[_Spot, _Spot] | None = None

    @property
    def leads(self) -> bool:
        """Whether any pattern is laid out."""
        return bool(self._root.through)

    def lay(self, number: int, part: Part) -> None:
        """Raises `NotRead`; then the pattern must be tried by itself."""
        if self._places > MOST_IN_ALL:
            raise NotRead("too large together")
        laying = _Laying(number)
        try:
            ends = laying.after([self._root.led_through(number)], part)
        finally:
            self._places += laying.made
        for place in ends:
            place.ends.append(number)

    def _forget(self) -> tuple[_Spot, _Spot]:
        self._held, self._spots = 0, {}
        self._begun = (self._spot((self._root,), False), self._spot((self._root,), True))
        return self._begun

    def matching(self, text: str) -> int:
        """The rules whose patterns match a text whole, and those of at most `FEW` that do not."""
        lines = "\n" in text
        spot = (self._begun or self._forget())[lines]
        found = spot.found
        for letter in text:
            after = spot.next.get(letter)
            spot = self._step(spot, letter, lines) if after is None else after
            if spot.found:
                found |= spot.found
            if spot.settled:
                break
        return found | spot.ends if found else spot.ends

    def _step(self, spot: _Spot, letter: str, lines: bool) -> _Spot:
        if self._held > MOST_HELD:
            self._forget()
        self._held += 1
        after = spot.next[letter] = self._spot(_after(spot.places, letter), lines)
        return after

    def _spot(self, places: Iterable[_Place], lines: bool) -> _Spot:
        """The set of these places and what is reached from them. ``lines``: the text has several."""
        reached = frozenset(_reached(places))
        known = self._spots.get((reached, lines))
        if known is not None:
            return known
        sure = [] if lines else [place for place in reached if place.any is not None]
        kept = reached.difference(place for place in sure if place.idle)
        settled = not kept or sum(len(place.through) for place in kept) <= FEW
        ends = self._rules([place.through for place in kept] if settled else [place.ends for place in reached])
        found = self._rules([place.ends for place in sure])
        self._held += len(reached) + 1 + (ends.bit_length() + found.bit_length()) // (8 * BYTES)
        made = self._spots[reached, lines] = _Spot(kept, settled, ends, found)
        return made

    def _rules(self, numbers: Iterable[Sequence[int]]) -> int:
        """The set of the rules of these patterns."""
        return bits({place for some in numbers if some for number in some for place in self._standing[number]})


def _reached(places: Iterable[_Place]) -> set[_Place]:
    """These and those reached from them without a letter, less those from which nothing else leads on."""
    seen: set[_Place] = set()
    reached: set[_Place] = set()
    waiting = list(places)
    while waiting:
        place = waiting.pop()
        if place in seen:
            continue
        seen.add(place)
        if place.letters or place.kinds or place.again or place.ends:
            reached.add(place)
            waiting += place.again.values()
        if place.follow is not None:
            waiting.append(place.follow)
    return reached


def _after(places: Iterable[_Place], letter: str) -> list[_Place]:
    found = []
    for place in places:
        if (after := place.letters.get(letter)) is not None:
            found.append(after)
        for atom, after in place.kinds.items():
            if _takes(atom, letter):
                found.append(after)
    return found


@lru_cache(4096)
def _takes(atom: str, letter: str) -> bool:
    return re.fullmatch(atom, letter) is not None


class _Laying:
    """Lays one pattern out from the root, along the places of patterns that are written alike so far."""

    def __init__(self, number: int) -> None:
        self._number = number
        self.made = 0

    def _new(self) -> _Place:
        self.made += 1
        if self.made > MOST_PLACES:
            raise NotRead("too large")
        return _Place()

    def after(self, places: list[_Place], part: Part) -> list[_Place]:
        """Where a part leads from there. Raises `NotRead`; then there are places that nothing ends at."""
        if isinstance(part, One):
            return [self._one(place, part) for place in places]
        if isinstance(part, Row):
            for each in part.parts:
                places = self.after(places, each)
            return places
        if isinstance(part, Either):
            return _joined(self.after(places, each) for each in part.parts)
        return self._times(places, part)

    def _one(self, place: _Place, one: One) -> _Place:
        table = place.kinds if one.kind else place.letters
        after = table.get(one.atom)
        if after is None:
            after = table[one.atom] = self._new()
        return after.led_through(self._number)

    def _times(self, places: list[_Place], times: Times) -> list[_Place]:
        for _ in range(times.low):
            places = self.after(places, times.part)
        if times.high is None:
            return _joined([self._again(place, times.part)] for place in places)
        every = [places]
        for _ in range(times.high - times.low):
            every.append(self.after(every[-1], times.part))
        return _joined(every)

    def _again(self, place: _Place, part: Part) -> _Place:
        between = place.again.get(part)
        known = between is not None
        if between is None:
            between = place.again[part] = self._new()
        for end in self.after([between], part):
            if not known and end is not between:
                end.follow = between
        between.any = between.kinds[_ANY.atom] if part == _ANY else None
        return between.led_through(self._number)


def _joined(places: Iterable[list[_Place]]) -> list[_Place]:
    return list(dict.fromkeys(place for some in places for place in some))
