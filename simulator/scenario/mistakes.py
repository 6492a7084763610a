"""What can be wrong with a scenario file, as values: the place, what is there, and what would be right."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NoReturn

import msgspec
from yaml.nodes import Node

from simulator.scenario.where import Where

MOST = 200
"""So many mistakes are told at once; a file with more is given back with these."""


class Mistake(msgspec.Struct, frozen=True):
    """One mistake, printed as ``file:line:column: what; what would be right``."""

    where: Where
    what: str
    right: str

    def __str__(self) -> str:
        return f"{self.where}: {self.what}; {self.right}"


class ScenarioMistakes(Exception):
    """A scenario file was refused whole: every mistake in it, in the order of the file. Never empty."""

    def __init__(self, mistakes: tuple[Mistake, ...]) -> None:
        super().__init__("\n".join(map(str, mistakes)))
        self.mistakes = mistakes


class Notes:
    """The mistakes found so far in one file."""

    def __init__(self, file: str) -> None:
        self.file = file
        self._found: list[Mistake] = []

    def at(self, node: Node) -> Where:
        """Where a node of the file begins."""
        return Where(self.file, node.start_mark.line + 1, node.start_mark.column + 1)

    def add(self, place: Node | Where, what: str, right: str) -> None:
        """Note a mistake; raises `ScenarioMistakes` when it is one too many."""
        where = place if isinstance(place, Where) else self.at(place)
        self._found.append(Mistake(where, what, right))
        if len(self._found) > MOST:
            self._found[-1] = Mistake(where, f"more than {MOST} mistakes", "mend the ones above first")
            self.refuse()

    def refuse(self) -> NoReturn:
        """Raise `ScenarioMistakes` with what was found, in the order of the file, then of the files it names."""
        raise ScenarioMistakes(tuple(sorted(self._found, key=self._order)))

    def _order(self, found: Mistake) -> tuple[bool, str, int, int]:
        where = found.where
        return where.file != self.file, where.file, where.line, where.column

    def refuse_if_any(self) -> None:
        """Raise `ScenarioMistakes` unless nothing was found."""
        if self._found:
            self.refuse()


def shown(text: str) -> str:
    """A text of the file as a mistake shows it: quoted, escaped, and short."""
    return repr(text if len(text) <= 60 else text[:57] + "...")


def listed(names: Iterable[str]) -> str:
    """``a, b, c``."""
    return ", ".join(names)


def nearest(word: str, known: Iterable[str]) -> str:
    """``did you mean 'release'?``, or every known word when none is near."""
    import difflib  # noqa: PLC0415  only a file with a mistake pays for it

    words = sorted(known) if isinstance(known, set | frozenset) else list(known)
    folded = {name.lower(): name for name in words}
    close = difflib.get_close_matches(word[:60].lower().replace("_", " ").replace("-", " "), folded, n=1, cutoff=0.6)
    close = close or difflib.get_close_matches(word[:60].lower(), folded, n=1, cutoff=0.6)
    return f"did you mean {folded[close[0]]!r}?" if close else f"known here: {listed(words)}"
