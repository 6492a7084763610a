"""Tables of rules by what they ask of a text: the text itself, any but it, how it begins, what it has inside.

Each answers with a set of rules (`simulator.scenario.bits`), at a cost that hangs on the text and not on their number.
"""

from __future__ import annotations

from collections.abc import Iterable

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
