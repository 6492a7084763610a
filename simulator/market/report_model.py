"""What a report is: what it walks over, and how lines come of that.

A report walks over its subjects (NMIs, change requests, days of readings) in an order that never changes, so that a
long one can be made piece by piece, one turn each, and be taken up again after a restart.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

import msgspec

from simulator.asexml.model import Element
from simulator.market.operator import Operator
from simulator.market.report_values import Asked, Line
from simulator.market.rules import Rejection


def no_subjects(op: Operator, asked: Asked) -> int:
    """Of a report that is no list of lines."""
    return 0


def no_lines(op: Operator, asked: Asked, index: int) -> Iterable[Line]:
    """Of a report that is no list of lines."""
    return ()


def from_the_first(op: Operator, asked: Asked) -> int:
    """Walk over all subjects."""
    return 0


def no_problem(op: Operator, asked: Asked) -> Rejection | None:
    """Nothing to be checked beyond what every report is checked for."""
    return None


def nothing_lost(op: Operator, asked: Asked) -> str:
    """Nothing of what was asked for may have made room."""
    return ""


def as_they_are(asked: Asked, lines: list[Line]) -> list[Line]:
    """The lines of all subjects are the lines of the report."""
    return lines


def as_made(text: str) -> str:
    """A line as it was made."""
    return text


class Report(msgspec.Struct, frozen=True):
    """A report AEMO makes. ``needs`` are the parameters it cannot do without.

    ``subjects`` counts what it walks over, ``next`` leaps from a subject to the next one that is of any use, ``lines``
    gives those of one subject, ``finish`` makes the report's lines of all of them. With ``summed`` lines of the same
    block add up, value by value. ``whole`` makes a result that is no list of lines. ``header`` is the first line of a
    CSV, and ``laid`` shows a line below it. ``parts`` counts the subjects of each of several tables.
    ``lost`` says what may be missing because it made room, "" where nothing is: the answer tells of it.
    In one turn ``step`` subjects are looked at, and of those whose lines begin with `VISITED`, for they mean work,
    no more than ``visits``.
    """

    name: str
    needs: tuple[str, ...] = ()
    subjects: Callable[[Operator, Asked], int] = no_subjects
    lines: Callable[[Operator, Asked, int], Iterable[Line]] = no_lines
    start: Callable[[Operator, Asked], int] = from_the_first
    check: Callable[[Operator, Asked], Rejection | None] = no_problem
    finish: Callable[[Asked, list[Line]], list[Line]] = as_they_are
    whole: Callable[[Operator, Asked], Element | None] | None = None
    header: Callable[[list[Line]], str] | None = None
    laid: Callable[[str], str] = as_made
    parts: Callable[[Operator, Asked], tuple[int, ...]] | None = None
    next: Callable[[Operator, Asked, int], int] | None = None
    lost: Callable[[Operator, Asked], str] = nothing_lost
    summed: bool = False
    step: int = 100
    visits: int = 250


VISITED = Line(0, "", "")
"""Says that a subject is one that means work; it is no line of the report."""


def numbered(asked: Asked, lines: list[Line]) -> list[Line]:
    """CSV lines with their place as the last column; those up to LastSequenceNumber are known already."""
    after = asked.after
    return [Line(place, "", f"{line.text},{place}") for place, line in enumerate(lines, 1) if place > after]


def sums(asked: Asked, lines: list[Line]) -> list[Line]:
    """Lines that were added up, in the order of their blocks, which are their first columns."""
    ordered = sorted(lines, key=lambda line: line.block)
    return numbered(asked, [Line(0, "", f"{line.block},{line.text}") for line in ordered])


def titled(*columns: str) -> Callable[[list[Line]], str]:
    """The header of a CSV whose columns are always the same."""
    header = ",".join(columns)
    return lambda lines: header
