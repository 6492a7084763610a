"""The dimensions that read the elements of a message, however many rules each name their own: only those are read
whose element is there.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from simulator.scenario.criteria import Absent
from simulator.scenario.equations import Other
from simulator.scenario.match import Dimension, Look
from simulator.scenario.standing import Asked, Standing
from simulator.scenario.tables import Table

FEW = 8
"""So many dimensions are read whether or not their elements are there, and those that one in so many rules asks for."""
_STEP = r"([A-Za-z_][\w-]*|[.*])"
_PLAIN = re.compile(rf"(//)?{_STEP}(//?{_STEP})*(/@{_STEP})?")
_NAMES: Dimension = ("elements", "")
_READ = frozenset(("field", "xpath", "xpath numbers", "xpath values", "xpath values shared"))


def element(dimension: Dimension) -> str | None:
    """The name of an element without which nothing is found there; None where that is not certain."""
    kind, path = dimension
    if kind not in _READ or not _PLAIN.fullmatch(path):
        return None
    names = [each for each in path.partition("@")[0].split("/") if each not in ("", ".", "*")]
    return names[-1] if names else None


def rare(asked: Mapping[Dimension, Sequence[Asked]], rules: int) -> dict[Dimension, Sequence[Asked]]:
    """The dimensions worth a look at what elements there are; none where there are few of them."""
    found = {
        dimension: standing
        for dimension, standing in asked.items()
        if len(standing) * FEW < rules and element(dimension) is not None
    }
    return found if len(found) > FEW else {}


class Elements:
    """Rules that ask for elements of a message, by these."""

    def __init__(self, asked: Mapping[Dimension, Sequence[Asked]], everyone: int) -> None:
        """``asked``: where each dimension has an `element`. ``everyone``: all rules there are."""
        self._by_name: dict[str, list[tuple[Dimension, Standing]]] = {}
        needing: dict[str, set[int]] = {}
        for dimension, standing in asked.items():
            name = element(dimension) or ""
            self._by_name.setdefault(name, []).append((dimension, Standing(standing, everyone)))
            needing.setdefault(name, set()).update(
                place for place, one in standing if not isinstance(one, Absent | Other)
            )
        self._needing = Table(_rarest(needing))
        self._others = everyone & ~self._needing.rules

    def left(self, alive: int, look: Look) -> int:
        """Of these rules, those that may fit."""
        there = look.texts(_NAMES)
        needed = self._others
        for name in there:
            needed |= self._needing.of(name)
        alive &= needed
        for dimension, standing in self._there(there):
            if alive & standing.rules:
                alive &= standing.left(look.texts(dimension))
        return alive

    def readable(self, look: Look) -> Iterator[Dimension]:
        """The dimensions whose elements are there."""
        return (dimension for dimension, _ in self._there(look.texts(_NAMES)))

    def _there(self, names: Iterable[str]) -> Iterator[tuple[Dimension, Standing]]:
        return (each for name in names for each in self._by_name.get(name, ()))


def _rarest(needing: Mapping[str, set[int]]) -> Iterator[tuple[str, int]]:
    """Each rule under one element that it cannot do without: the one that fewest rules need."""
    seen: set[int] = set()
    for name in sorted(needing, key=lambda name: len(needing[name])):
        yield from ((name, place) for place in sorted(needing[name] - seen))
        seen |= needing[name]
