"""Columns of CSV reports that nobody describes: the only place that knows which are shown, as what, in what order.

A row ``assume.*-columns`` lists them; one may be left out, moved, or go by another name: ``NMISuffix=Suffix``.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import msgspec

from simulator.market.report_tables import assumed, unusable
from simulator.market.report_values import Line

PERIOD = "Period"
"""Stands for as many columns as a day has periods, which are numbered from 01."""
Chosen = tuple[tuple[str, int], ...]
"""The name and the place, among those known, of each column that is shown."""


class Columns(msgspec.Struct, frozen=True):
    """The columns a report can have, in the order its lines are made in, and the assumption that chooses of them.

    `BadValue` where it names one that the report does not have.
    """

    rule: str
    known: tuple[str, ...]
    periods: int = 0
    """How many columns `PERIOD` stands for where there is no line that tells."""

    def __post_init__(self) -> None:
        self.chosen()

    def chosen(self) -> Chosen:
        """What is shown."""
        return _chosen(self.rule, assumed(self.rule), self.known)

    def header(self, lines: Sequence[Line]) -> str:
        """The first line of the CSV; the lines, as they are made, tell how many periods there are."""
        periods = len(lines[0].text.split(",")) - len(self.known) + 1 if lines else self.periods
        return ",".join(_titles(name, place, self.known, periods) for name, place in self.chosen())

    def laid(self, text: str) -> str:
        """A line as it is shown."""
        chosen = self.chosen()
        if [place for _, place in chosen] == list(range(len(self.known))):
            return text
        fields = _fields(text, self.known)
        return ",".join(fields[place] for _, place in chosen)


@cache
def _chosen(rule: str, value: str, known: tuple[str, ...]) -> Chosen:
    found: list[tuple[str, int]] = []
    for each in value.split():
        shown, _, name = each.rpartition("=")
        if name not in known:
            raise unusable(rule, f"[{name}] is no column of this report, which has {' '.join(known)}")
        found.append((shown or name, known.index(name)))
    for kept in zip(*found, strict=True):
        if len(set(kept)) < len(found):
            raise unusable(rule, f"[{value}] has a column twice")
    return tuple(found)


def _titles(name: str, place: int, known: tuple[str, ...], periods: int) -> str:
    if known[place] != PERIOD:
        return name
    return ",".join(f"{name}{number:02d}" for number in range(1, periods + 1))


def _fields(text: str, known: tuple[str, ...]) -> list[str]:
    """The fields of a line by the columns known, those of all periods together."""
    if PERIOD not in known:
        return text.split(",", len(known) - 1)
    before = known.index(PERIOD)
    after = len(known) - before - 1
    *first, rest = text.split(",", before)
    return [*first, *rest.rsplit(",", after)]
