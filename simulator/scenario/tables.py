"""Tables of rules by what they ask of a text: the text itself, any but it, how it begins, what it has inside, what
number it is.

Each answers with a set of rules (`simulator.scenario.bits`), at a cost that hangs on the text and not on their number.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from math import isnan

from simulator.scenario.bits import FEW, bits


class Table:
    """Text → the rules that stand under it. Texts of few rules, as most are, take no room for all of them."""

    __slots__ = ("_few", "_many", "rules")

    def __init__(self, standing: Iterable[tuple[str, int]]) -> None:
        """``standing``: texts and the places of rules."""
        under: dict[str, list[int]] = {}
        for text, place in standing:
            under.setdefault(text, []).append(place)
        self.rules = bits(place for some in under.values() for place in some)
        """All that stand under any text."""
        self._many = {text: bits(some) for text, some in under.items() if len(some) > FEW}
        self._few = {text: tuple(some) for text, some in under.items() if text not in self._many}

    def of(self, text: str) -> int:
        """Those under this text."""
        some = self._few.get(text)
        if some is None:
            return self._many.get(text, 0)
        found = 0
        for place in some:
            found |= 1 << place
        return found


class Refusing(Table):
    """Rules that want none of the texts to be this one."""

    __slots__ = ()

    def left(self, texts: Iterable[str]) -> int:
        """Those whose text is not there."""
        found = 0
        for text in texts:
            found |= self.of(text)
        return self.rules & ~found


class Beginning(Table):
    """Rules that want a text to begin so."""

    __slots__ = ("_lengths",)

    def __init__(self, standing: Iterable[tuple[str, int]]) -> None:
        standing = tuple(standing)
        super().__init__(standing)
        self._lengths = sorted({len(text) for text, _ in standing})

    def left(self, text: str) -> int:
        """Those that a text begins as they want it."""
        found = 0
        for length in self._lengths:
            found |= self.of(text[:length])
        return found


class Holding(Table):
    """Rules that want a text to have this inside."""

    __slots__ = ("_lengths", "_wanted")

    def __init__(self, standing: Iterable[tuple[str, int]]) -> None:
        standing = tuple(standing)
        super().__init__(standing)
        self._wanted = tuple(dict.fromkeys(text for text, _ in standing))
        self._lengths = sorted({len(text) for text in self._wanted})

    def left(self, text: str) -> int:
        """Those whose text is inside this one. Of a long text that is asked for each, which is then quicker."""
        found = 0
        if len(text) * len(self._lengths) > len(self._wanted):
            for wanted in self._wanted:
                if wanted in text:
                    found |= self.of(wanted)
            return found
        for length in self._lengths:
            for at in range(len(text) - length + 1):
                found |= self.of(text[at : at + length])
        return found


class _Above:
    """Rules that want a number to be more than theirs, or as much."""

    __slots__ = ("_bounds", "_places", "_together")

    EACH = 8
    """Of so many rules it is known which they are together."""

    def __init__(self, standing: Iterable[tuple[float, bool, int]]) -> None:
        """``standing``: numbers, whether more than that is wanted, and the places of rules."""
        ordered = sorted(standing)
        self._bounds = [(least, more) for least, more, _ in ordered]
        self._places = [place for _, _, place in ordered]
        self._together = [0]
        for begun in range(0, len(ordered) - self.EACH + 1, self.EACH):
            self._together.append(self._together[-1] | bits(self._places[begun : begun + self.EACH]))

    def left(self, number: float) -> int:
        """Those that a number is enough for."""
        known, others = divmod(bisect_right(self._bounds, (number, False)), self.EACH)
        found = self._together[known]
        for place in self._places[known * self.EACH : known * self.EACH + others]:
            found |= 1 << place
        return found


class Numbers:
    """Rules that want a number to be less, more or the same as theirs."""

    __slots__ = ("_above", "_below", "_same", "rules")

    def __init__(self, standing: Sequence[tuple[str, float, int]]) -> None:
        """``standing``: ``<``, ``<=``, ``=``, ``>=`` or ``>``, numbers, and the places of rules."""
        self.rules = bits(place for _, _, place in standing)
        self._same = Table((_told(number), place) for sign, number, place in standing if sign == "=")
        self._above = _Above((number, sign == ">", place) for sign, number, place in standing if sign in (">", ">="))
        self._below = _Above((-number, sign == "<", place) for sign, number, place in standing if sign in ("<", "<="))

    def left(self, text: str) -> int:
        """Those that are content with the number of a text, which is none where it says ``nan``."""
        number = float(text)
        if isnan(number):
            return 0
        return self._same.of(_told(number)) | self._above.left(number) | self._below.left(-number)


def _told(number: float) -> str:
    """Zero has no sign here."""
    return repr(number + 0.0)
