"""Interval readings as CIM blocks: runs of what is available, on the usage point's own clock. Needs numpy."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from datetime import tzinfo
from functools import lru_cache
from itertools import chain, pairwise

import numpy as np
from numpy.typing import NDArray

from simulator.base.pausing import Pausing
from simulator.cim.model import Identified, Interval, IntervalBlock, Meter, Name, NameType, Reading
from simulator.cim.series import MISSING, RemarkIndex, Run, Values
from simulator.netstream.answer import Mentioned, Part
from simulator.netstream.calendar_sums import Sum, by_days, periods, portions, sums
from simulator.netstream.directory import Directory
from simulator.netstream.kinds import Wanted
from simulator.netstream.local_time import changes, local
from simulator.netstream.registers import grain, single_readings
from simulator.netstream.remarks import remark, sought
from simulator.netstream.request import Subject
from simulator.netstream.switches import NetstreamSwitches
from simulator.world.channels import Channel, Snapshot, minute_of
from simulator.world.irregularities import Irregularity
from simulator.world.metering import Metering
from simulator.world.stretch import Stretch, added, cut, joined, summed, whole_intervals
from simulator.world.together import together

_DAY = 1440
_ENERGY = 3
"""Numbers of a stretch are fixed point of the kilo unit; volts are plain."""
_PORTION = 40
"""Days of readings that are made at a time."""
_FROM_THE_GRID_FIRST = "EQBK"
IN_BLOCKS = ("intervals", "days")
_NMI = NameType("NMI")
_SERIAL = NameType("SerialNumber")
Stretches = tuple[tuple[int, int], ...]


class Maker:
    """Makes the parts of one answer, over one snapshot. None is a pause: others may be served before the next item."""

    def __init__(
        self,
        metering: Metering,
        directory: Directory,
        switches: NetstreamSwitches,
        seen: Snapshot,
        mentioned: Mentioned,
        codes: Collection[str] = (),
    ) -> None:
        self.metering = metering
        self.directory = directory
        self.switches = switches
        self.seen = seen
        self.now = minute_of(seen.now)
        self.mentioned = mentioned
        self.codes = codes

    def part(
        self, subject: Subject, types: tuple[Wanted, ...], asked: Stretches, where: tzinfo
    ) -> Iterator[Part | None]:
        """One subject's readings of all types over all stretches; none when it has none and is to be left out."""
        channels = self.channels(subject)
        spans = self._spans(subject, asked)
        singles: list[Reading] = []
        for wanted, ours in _matched(channels, types):
            for span in () if wanted.form in IN_BLOCKS else spans:
                found = yield from single_readings(self, ours, wanted, span, where)
                singles += [each for each in found if sought(each.qualities, self.codes)]
        blocks = self._all_blocks(channels, types, spans, where)
        first = yield from _first(blocks)
        if first is None and not singles and self.switches.no_readings == "left out":
            return
        point, device = subject.point, subject.device
        names = (Name(point.name),) if point.nmi is None else (Name(point.nmi, _NMI),)
        meter = None if device is None else Meter(device.mrid, (Name(device.serial, _SERIAL),))
        made = () if first is None else chain((first,), blocks)
        yield Part(Identified(point.mrid, names), meter, made, tuple(map(self.mentioned.reading, singles)))

    def _all_blocks(
        self, channels: Sequence[Channel], types: tuple[Wanted, ...], spans: Stretches, where: tzinfo
    ) -> Iterator[IntervalBlock | None]:
        for wanted, ours in _matched(channels, types):
            for span in spans if wanted.form in IN_BLOCKS else ():
                for block in self._blocks(ours, wanted, span, where):
                    yield None if block is None else self.mentioned.block(block)

    def channels(self, subject: Subject) -> tuple[Channel, ...]:
        """The registers behind a subject. A new meter has the registers of the one it replaced."""
        found = (c for nmi in self.directory.parts(subject.point) for c in self.metering.channels(nmi))
        device = subject.device
        if device is None or any(each.meter == device.serial for each in self._exchanges(subject)):
            return tuple(found)
        return tuple(channel for channel in found if channel.meter.serial.upper() == device.serial.upper())

    def _exchanges(self, subject: Subject) -> tuple[Irregularity, ...]:
        return self.metering.exchanges(subject.point.nmi or "")

    def _spans(self, subject: Subject, asked: Stretches) -> Stretches:
        """The stretches as far as the meter asked for was there."""
        exchanges = self._exchanges(subject)
        if subject.device is None or not exchanges:
            return asked
        serial = subject.device.serial
        begins = [minute_of(each.start) for each in exchanges]
        low = max((at for at, each in zip(begins, exchanges, strict=True) if each.meter == serial), default=None)
        high = next((at for at in begins if low is None or at > low), None)
        clipped = ((max(a, low if low is not None else a), min(b, high if high is not None else b)) for a, b in asked)
        return tuple((start, end) for start, end in clipped if start < end)

    def _blocks(
        self, channels: list[Channel], wanted: Wanted, span: tuple[int, int], where: tzinfo
    ) -> Iterator[IntervalBlock | None]:
        if wanted.form == "intervals":
            found = yield from self.stretch(channels, wanted.minutes, *span, made=wanted.made)
            if found is not None:
                yield from self._runs(found, wanted, where)
            return
        days: list[Sum] = []
        for due in portions(periods(span[0], min(span[1], self.now), where)):
            first, last = due[0][0], due[-1][1]
            minutes = grain(self, channels, first, last)
            hours = yield from self.stretch(channels, minutes, first, last, made=wanted.made)
            each = () if hours is None else sums(hours, due)
            days += (day for day in each if sought(remark(day.condition, where).qualities, self.codes))
        yield from _day_blocks(tuple(days), wanted, where)

    def stretch(
        self, channels: list[Channel], minutes: int, first: int, last: int, real: bool = False, made: str = ""
    ) -> Pausing[Stretch | None]:
        """The sum of registers in intervals that end within ``(first, last]``; pauses between portions.

        ``made`` of registers of two directions: see `together`.
        """
        if made:
            return (yield from self._together(channels, minutes, first, last, made))
        parts = []
        for channel in channels:
            portions = []
            for begin, end in by_days(first - minutes, last, _PORTION):
                portions.append(self.metering.stretch(channel, minutes, begin, end, self.seen, real))
                yield None
            parts.append(joined([portion for portion in portions if portion is not None]))
        able = sum(channel.has_intervals and minutes % channel.minutes == 0 for channel in channels)
        total = added([part for part in parts if part is not None], able)
        if total is None:
            return None
        within = cut(total, first - minutes + 1, last)
        return within if len(within.numbers) else None

    def _together(
        self, channels: list[Channel], minutes: int, first: int, last: int, made: str
    ) -> Pausing[Stretch | None]:
        """Made in the shortest intervals that all of them have, as a meter would, and summed."""
        own = grain(self, channels, first, last)
        if minutes % own:
            return None
        parts = []
        for letter in sorted({channel.direction for channel in channels}, key=_FROM_THE_GRID_FIRST.index):
            ours = [channel for channel in channels if channel.direction == letter]
            parts.append((yield from self.stretch(ours, own, first - minutes, last)))
        found = together(made, *parts)
        whole = None if found is None else whole_intervals(found, minutes)
        within = None if whole is None else cut(summed(whole, minutes), first - minutes + 1, last)
        return within if within is not None and len(within.numbers) else None

    def _runs(self, found: Stretch, wanted: Wanted, where: tzinfo) -> Iterator[IntervalBlock]:
        """A block for each run without gaps; one for all, where gaps are to be seen."""
        seen = self.switches.reading_gaps == "null"
        if not self.codes and (seen or found.states is None):
            if (found.numbers != MISSING).any():
                yield self._block(found, wanted, where)
            return
        shown = self._sought(found, where)
        there = np.flatnonzero(shown if seen else shown & (found.numbers != MISSING))
        if len(there):
            for run in np.split(there, np.flatnonzero(np.diff(there) != 1) + 1):
                begin = found.first + int(run[0]) * found.minutes
                yield self._block(cut(found, begin, begin + len(run) * found.minutes), wanted, where)

    def _sought(self, found: Stretch, where: tzinfo) -> NDArray[np.bool_]:
        """Which readings have a quality that was asked for."""
        kinds = np.asarray([sought(remark(kind, where).qualities, self.codes) for kind in found.kinds])
        states = np.zeros(len(found.numbers), dtype=np.int16) if found.states is None else found.states
        chosen: NDArray[np.bool_] = kinds[states]
        return chosen

    def _block(self, found: Stretch, wanted: Wanted, where: tzinfo) -> IntervalBlock:
        runs, period = _shown(found.first, len(found.numbers), found.minutes, where)
        return IntervalBlock(wanted.code, values(found, wanted), remarks(found, where), runs, period)


def _matched(channels: Sequence[Channel], types: tuple[Wanted, ...]) -> Iterator[tuple[Wanted, list[Channel]]]:
    """Each type that there are registers for, with them."""
    for wanted in types:
        ours = [channel for channel in channels if channel.direction in tuple(wanted.direction)]
        if {channel.direction for channel in ours} == set(wanted.direction):
            yield wanted, ours


def _first(blocks: Iterator[IntervalBlock | None]) -> Pausing[IntervalBlock | None]:
    """The first block that is one; its pauses are handed on."""
    for block in blocks:
        if block is not None:
            return block
        yield None
    return None


def values(found: Stretch, wanted: Wanted) -> Values:
    """The numbers of a stretch in the unit that was asked for."""
    decimals = found.decimals + wanted.power - (0 if wanted.direction == "V" else _ENERGY)
    if decimals >= 0:
        return Values(found.numbers, min(decimals, 12))
    there = found.numbers != MISSING
    return Values(np.where(there, found.numbers * there * 10**-decimals, MISSING), 0)


def remarks(found: Stretch, where: tzinfo) -> RemarkIndex:
    """The qualities of a stretch: only the kinds that occur."""
    if found.states is None:
        return RemarkIndex((remark(found.kinds[0], where),))
    used = np.flatnonzero(np.bincount(found.states, minlength=len(found.kinds)))
    kinds = tuple(remark(found.kinds[state], where) for state in used.tolist())
    places = np.zeros(len(found.kinds), dtype=np.intp)
    places[used] = np.arange(len(used))
    return RemarkIndex(kinds, places[found.states] if len(kinds) > 1 else None)


def _day_blocks(days: tuple[Sum, ...], wanted: Wanted, where: tzinfo) -> Iterator[IntervalBlock]:
    """A block for each run of days without a gap."""
    gaps = [number for number, (one, other) in enumerate(pairwise(days), 1) if one.end != other.start]
    for low, high in pairwise((0, *gaps, len(days))):
        run = days[low:high]
        if not run:
            continue
        numbers = np.asarray([day.number for day in run], dtype=np.int64)
        kinds = list(dict.fromkeys(day.condition for day in run))
        states = np.asarray([kinds.index(day.condition) for day in run], dtype=np.int16)
        found = Stretch(run[0].start, _DAY, numbers, run[0].decimals, tuple(kinds), states)
        times = (Run(local(run[0].end, where), _DAY * 60, len(run)),)
        period = Interval(local(run[0].start, where), local(run[-1].end, where))
        yield IntervalBlock(wanted.code, values(found, wanted), remarks(found, where), times, period)


@lru_cache(256)
def _shown(first: int, count: int, minutes: int, where: tzinfo) -> tuple[tuple[Run, ...], Interval]:
    """The ends of intervals as the clock shows them, and what they span."""
    end = first + count * minutes
    return _local_runs(first + minutes, count, minutes, where), Interval(local(first, where), local(end, where))


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
