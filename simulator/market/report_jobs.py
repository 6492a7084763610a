"""Reports that are being made: the only place that keeps what is done of a long one between two turns.

    begun ─► lines found, piece by piece ─► blocks sent, one a turn ─► gone with the last one

A report that is done in the turn it was asked in never comes here.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from itertools import starmap
from operator import add

from simulator.base.turn import Event
from simulator.market.report_values import Asked, Line


class ReportBegun(Event, frozen=True, tag=True):
    """A report that takes more than one turn was begun; ``rows``: it tells of rows by their SequenceNumbers."""

    job: str
    asked: Asked
    summed: bool = False
    rows: bool = False


class ReportContinued(Event, frozen=True, tag=True):
    """A piece of a report was made: the lines of its subjects up to ``position``."""

    job: str
    position: int
    lines: tuple[Line, ...] = ()


class ReportBlockSent(Event, frozen=True, tag=True):
    """A block of a report was sent; with the last one it is done."""

    job: str
    number: int
    total: int


JOB_EVENTS: tuple[type[Event], ...] = (ReportBegun, ReportContinued, ReportBlockSent)


@dataclass(slots=True)
class Job:
    """One report that is being made. ``blocks`` is what is worked out of the lines once they are all there."""

    asked: Asked
    summed: bool
    position: int = 0
    lines: list[Line] = field(default_factory=list)
    sent: int = 0
    blocks: list[list[Line]] | None = None
    _sums: dict[str, Line] = field(default_factory=dict)

    def take(self, event: ReportContinued) -> None:
        """Take a piece over."""
        self.position = event.position
        if self.summed:
            self._sums = summed([*self._sums.values(), *event.lines])
            self.lines = list(self._sums.values())
        else:
            self.lines += event.lines


class Jobs:
    """Every report that is being made. State changes only in `apply`."""

    __slots__ = ("_begun", "_jobs")

    def __init__(self) -> None:
        self._jobs: dict[str, Job] = {}
        self._begun: dict[str, int] = {}

    def next_id(self, asker: str) -> str:
        """The id the next report goes by: whoever else asked for one, it is the same."""
        return f"{asker}/{self._begun.get(asker, 0) + 1}"

    def get(self, job: str) -> Job | None:
        """A report that is being made."""
        return self._jobs.get(job)

    def apply(self, event: Event) -> None:
        """Make an event true; events of others are none of our business."""
        if isinstance(event, ReportBegun):
            asker = event.asked.sender
            self._begun[asker] = self._begun.get(asker, 0) + 1
            self._jobs[event.job] = Job(event.asked, event.summed)
        elif isinstance(event, ReportContinued):
            self._jobs[event.job].take(event)
        elif isinstance(event, ReportBlockSent):
            self._jobs[event.job].sent = event.number
            if event.number == event.total:
                del self._jobs[event.job]


def summed(lines: list[Line]) -> dict[str, Line]:
    """Lines of the same block added up, value by value; in the order the blocks first came."""
    found: dict[str, Line] = {}
    for line in lines:
        held = found.get(line.block)
        found[line.block] = line if held is None else Line(0, line.block, _sum(held.text, line.text))
    return found


def _sum(one: str, other: str) -> str:
    pairs = zip(map(Decimal, one.split(",")), map(Decimal, other.split(",")), strict=True)
    return ",".join(format(value, "f") for value in starmap(add, pairs))
