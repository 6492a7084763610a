"""Interval readings as CIM blocks: runs of what is available, on the usage point's own clock. Needs numpy."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import tzinfo
from functools import cache

import numpy as np

from simulator.cim.model import Identified, Interval, IntervalBlock, Meter, MeterReading, Name, NameType
from simulator.cim.nem import FLAG_QUALITIES
from simulator.cim.series import MISSING, QualityNote, RemarkIndex, Remarks, Run, Values
from simulator.netstream.directory import Directory
from simulator.netstream.kinds import Wanted
from simulator.netstream.local_time import changes, local, zone
from simulator.netstream.request import Subject
from simulator.netstream.switches import NetstreamSwitches
from simulator.world.channels import Channel, Snapshot
from simulator.world.irregularities import Condition
from simulator.world.metering import Metering
from simulator.world.stretch import Stretch, added, cut

_QUALITIES = {**FLAG_QUALITIES, "Clock changed": "1.4.9", "Incomplete": "2.11.0"}
_DECIMALS = 3
_ENERGY = 3
"""Numbers of a stretch are fixed point of the kilo unit; volts are plain."""
_NMI = NameType("NMI")
_SERIAL = NameType("SerialNumber")
Stretches = tuple[tuple[int, int], ...]


class Maker:
    """Makes the meter readings of one answer, over one snapshot."""

    def __init__(self, metering: Metering, directory: Directory, switches: NetstreamSwitches, seen: Snapshot) -> None:
        self.metering = metering
        self.directory = directory
        self.switches = switches
        self.seen = seen

    def meter_reading(self, subject: Subject, types: tuple[Wanted, ...], asked: Stretches) -> MeterReading | None:
        """One subject's readings of all types over all stretches; None when it has none and is to be left out."""
        where = zone("market" if self.switches.local_time == "market" else subject.point.zone or "market")
        channels = self.channels(subject)
        blocks = [
            block
            for wanted in types
            for first, last in asked
            for block in self._blocks(
                [c for c in channels if c.direction == wanted.direction], wanted, first, last, where
            )
        ]
        if not blocks and self.switches.no_readings == "left out":
            return None
        point = subject.point
        names = (Name(point.name),) if point.nmi is None else (Name(point.nmi, _NMI),)
        meter = None
        if subject.device is not None:
            meter = Meter(subject.device.mrid, (Name(subject.device.serial, _SERIAL),))
        return MeterReading(Identified(point.mrid, names), meter, tuple(blocks))

    def channels(self, subject: Subject) -> tuple[Channel, ...]:
        """The registers behind a subject."""
        found = (c for nmi in self.directory.parts(subject.point) for c in self.metering.channels(nmi))
        if subject.device is None:
            return tuple(found)
        return tuple(channel for channel in found if channel.meter.serial.upper() == subject.device.serial.upper())

    def _blocks(
        self, channels: list[Channel], wanted: Wanted, first: int, last: int, where: tzinfo
    ) -> Iterator[IntervalBlock]:
        if wanted.form == "intervals":
            found = self.stretch(channels, wanted.minutes, first, last)
            if found is not None:
                yield from self._runs(found, wanted, where)

    def stretch(
        self, channels: list[Channel], minutes: int, first: int, last: int, real: bool = False
    ) -> Stretch | None:
        """The sum of registers in intervals that end within ``(first, last]``."""
        parts = [
            self.metering.stretch(channel, minutes, first - minutes, last, self.seen, real) for channel in channels
        ]
        total = added([part for part in parts if part is not None])
        if total is None:
            return None
        within = cut(total, first - minutes + 1, last)
        return within if len(within.numbers) else None

    def _runs(self, found: Stretch, wanted: Wanted, where: tzinfo) -> Iterator[IntervalBlock]:
        """A block for each run without gaps; one for all, where gaps are to be seen."""
        if self.switches.reading_gaps == "null" or found.states is None:
            if (found.numbers != MISSING).any():
                yield self._block(found, wanted, where)
            return
        there = np.flatnonzero(found.numbers != MISSING)
        if len(there):
            for run in np.split(there, np.flatnonzero(np.diff(there) != 1) + 1):
                begin = found.first + int(run[0]) * found.minutes
                yield self._block(cut(found, begin, begin + len(run) * found.minutes), wanted, where)

    def _block(self, found: Stretch, wanted: Wanted, where: tzinfo) -> IntervalBlock:
        minutes, count = found.minutes, len(found.numbers)
        end = found.first + count * minutes
        runs = _local_runs(found.first + minutes, count, minutes, where)
        period = Interval(local(found.first, where), local(end, where))
        return IntervalBlock(wanted.code, values(found, wanted), remarks(found), runs, period)


def values(found: Stretch, wanted: Wanted) -> Values:
    """The numbers of a stretch in the unit that was asked for."""
    decimals = found.decimals + wanted.power - (0 if wanted.direction == "V" else _ENERGY)
    if decimals >= 0:
        return Values(found.numbers, min(decimals, 12))
    there = found.numbers != MISSING
    return Values(np.where(there, found.numbers * there * 10**-decimals, MISSING), 0)


def remarks(found: Stretch) -> RemarkIndex:
    """The qualities of a stretch: only the kinds that occur."""
    if found.states is None:
        return RemarkIndex((remark(found.kinds[0]),))
    used, index = np.unique(found.states, return_inverse=True)
    kinds = tuple(remark(found.kinds[state]) for state in used.tolist())
    return RemarkIndex(kinds, index.astype(np.intp) if len(kinds) > 1 else None)


@cache
def remark(condition: Condition) -> Remarks:
    """What is said of a reading; nothing of an actual one."""
    code = None if condition.flag == "Actual" else _QUALITIES[condition.flag]
    comment = condition.description or None
    notes = () if code is None else (QualityNote(code, comment),)
    reported = None if condition.reported is None else condition.reported.replace(tzinfo=None)
    return Remarks(notes, reported)


def _local_runs(first_end: int, count: int, minutes: int, where: tzinfo) -> tuple[Run, ...]:
    """The ends of intervals as the clock shows them."""
    stop = first_end + count * minutes
    steps = changes(first_end, stop, where)
    runs = []
    at = first_end
    for number, _ in enumerate(steps):
        until = steps[number + 1][0] if number + 1 < len(steps) else stop
        size = -(-(until - at) // minutes)
        if size > 0:
            runs.append(Run(local(at, where), minutes * 60, size))
            at += size * minutes
    return tuple(runs)
