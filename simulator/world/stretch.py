"""Readings of a register over a stretch of time, as arrays. Needs numpy: `simulator.world.metering` imports it late.

    generated in the meter's own intervals ─► what is odd ─► summed to the length asked for ─► received days laid over

Times are whole minutes since 1970-01-01T00:00Z. Energy is kept in fixed point, in thousandths of the register's kilo
unit or finer, where what was received is finer.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from simulator.asexml.mdff_model import IntervalDay
from simulator.cim.series import MISSING
from simulator.world import load_shapes, profiles
from simulator.world.channels import Channel, Snapshot, day_of, midnight_minute, minute_of
from simulator.world.irregularities import ACTUAL, INCOMPLETE, KINDS, MOST_WH, Condition, Irregularity
from simulator.world.profiles import GRAIN, KEPT_DAYS, Customer, Days, Floats, Integers

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from simulator.base.draw import Draw

_DAY = 1440
_MARKET = 600
_WEEK = 7 * _DAY
_POWERS = {"": 0, "K": 3, "M": 6}
_MOST_DECIMALS = 9
_FLAGS = {"A": "Actual", "S": "Substituted", "F": "Substituted", "E": "Estimated", "N": "Null"}


@dataclass(frozen=True, slots=True)
class Stretch:
    """Readings one after another: ``first`` is the minute the first begins, ``numbers`` are fixed point, `missing`
    where there is none. ``states`` are places in ``kinds``, None when all have the first one.
    """

    first: int
    minutes: int
    numbers: Integers
    decimals: int = 3
    kinds: tuple[Condition, ...] = (ACTUAL,)
    states: NDArray[np.int16] | None = None

    @property
    def missing(self) -> int:
        """What stands in ``numbers`` where there is no value."""
        return MISSING

    def conditions(self) -> Iterator[Condition]:
        """How good each reading is."""
        if self.states is None:
            return (self.kinds[0] for _ in range(len(self.numbers)))
        return (self.kinds[state] for state in self.states.tolist())

    def finer(self, decimals: int) -> Stretch:
        """The same with at least so many decimals."""
        if decimals <= self.decimals:
            return self
        there = self.numbers != MISSING
        scaled = np.where(there, self.numbers * there * 10 ** (decimals - self.decimals), MISSING)
        return replace(self, numbers=scaled, decimals=decimals)


@dataclass(frozen=True, slots=True)
class Asked:
    """What the readings of one register rest on. ``real`` asks for the energy itself: gaps are filled by it."""

    channel: Channel
    draw: Draw
    odd: tuple[Irregularity, ...]
    seen: Snapshot
    real: bool = False


def build(asked: Asked, minutes: int, first: int, last: int) -> Stretch | None:
    """See `Metering.stretch`."""
    channel, seen = asked.channel, asked.seen
    first, last = _whole_days(channel, minutes, first, last, seen)
    if first >= last or not channel.direction:
        return None
    kept = minutes % channel.minutes == 0 and (channel.has_intervals or asked.real)
    days = tuple(seen.received(channel, day_of(first), day_of(last - 1)))
    if not kept and not days:
        return None
    own = _generated(asked, first, last) if kept else None
    grid = _nothing(minutes, first, last) if own is None else summed(own, minutes, channel.direction == "V")
    return _laid_over(grid, days) if days else grid


def cut(stretch: Stretch, first: int, last: int) -> Stretch:
    """The intervals that begin from ``first`` on and end by ``last``."""
    skip = max(0, -(-(first - stretch.first) // stretch.minutes))
    stop = max(skip, min(len(stretch.numbers), (last - stretch.first) // stretch.minutes))
    states = None if stretch.states is None else stretch.states[skip:stop]
    begins = stretch.first + skip * stretch.minutes
    return replace(stretch, first=begins, numbers=stretch.numbers[skip:stop], states=states)


def _whole_days(channel: Channel, minutes: int, first: int, last: int, seen: Snapshot) -> tuple[int, int]:
    """The stretch on the grid of the market day, from where readings begin to where they end: now."""
    step = minutes if minutes < _DAY else _DAY
    offset = midnight_minute(day_of(0)) % step
    first = max(first, channel.beginning)
    last = min(last, minute_of(seen.now))
    return -(-(first - offset) // step) * step + offset, (last - offset) // step * step + offset


def _nothing(minutes: int, first: int, last: int) -> Stretch:
    numbers = np.full((last - first) // minutes, MISSING, dtype=np.int64)
    return Stretch(first, minutes, numbers, kinds=(Condition("Null", "N"),))


# Generated


def _generated(asked: Asked, first: int, last: int) -> Stretch:
    """The meter's own intervals."""
    channel = asked.channel
    numbers = _energy(asked, first, last)
    own = Stretch(first, channel.minutes, numbers, 1 if channel.direction == "V" else 3)
    for odd in asked.odd:
        own = _made_odd(asked, own, odd)
    return own


def _energy(asked: Asked, first: int, last: int) -> Integers:
    """Wh (VArh, tenths of a volt) of each of the meter's intervals, undisturbed."""
    channel = asked.channel
    start, stop = midnight_minute(day_of(first)), midnight_minute(day_of(last - 1)) + _DAY
    when = Days((start + _MARKET) // _DAY, (stop - start) // _DAY)
    point = channel.point
    daily = max((s.average_daily_load * 1000 for s in point.data_streams if s.suffix == channel.suffix), default=0)
    who = profiles.customer(asked.draw, point.nmi, point.jurisdiction, point.customer_class, daily)
    fine = _grain_values(channel, who, when).reshape(-1)
    length = channel.minutes
    if length < GRAIN:
        fine = _split(fine, length)
    elif length > GRAIN:
        table = fine.reshape(-1, length // GRAIN)
        fine = table.sum(1) if channel.direction != "V" else table.sum(1) // table.shape[1]
    skip = (first - start) // length
    return fine[skip : skip + (last - first) // length]


def _split(fine: Integers, minutes: int) -> Integers:
    """Shorter intervals than those that are made: the energy spread evenly, what is left over first."""
    parts = GRAIN // minutes
    places = np.arange(parts)[None, :]
    split: Integers = fine[:, None] // parts + (places < fine[:, None] % parts)
    return split.reshape(-1)


def _grain_values(channel: Channel, who: Customer, when: Days) -> Integers:
    direction = channel.direction
    if direction == "V":
        return profiles.whole(profiles.decivolts(who, when))
    if channel.controlled:
        return profiles.whole(profiles.hot_water(who, when))
    if not any(register.suffix[:1] == "B" for meter in channel.point.meters for register in meter.registers):
        energy = profiles.whole(profiles.load(who, when))
        return energy if direction == "E" else profiles.whole(energy * who.reactive) if direction == "Q" else energy * 0
    first, count = when.first, when.count
    net = _net(who, first, count) if count <= KEPT_DAYS else _net.__wrapped__(who, first, count)
    if direction in ("E", "Q"):
        taken = profiles.whole(np.maximum(net, 0))
        return taken if direction == "E" else profiles.whole(taken * who.reactive)
    given = profiles.whole(np.maximum(-net, 0))
    return given if direction == "B" else profiles.whole(given * load_shapes.REACTIVE_OF_ROOF)


@lru_cache(8)
def _net(who: Customer, first: int, count: int) -> Floats:
    """What a roof leaves of the load; kept for a moment, as one answer often asks for both directions."""
    when = Days(first, count)
    net = profiles.load(who, when)
    net -= profiles.sun(who, when)
    net.flags.writeable = False
    return net


def _made_odd(asked: Asked, own: Stretch, odd: Irregularity) -> Stretch:
    """What a scenario declared, applied to the intervals that it touches."""
    seen = asked.seen
    kind = KINDS[odd.kind]
    if asked.real and not kind.real:
        return own
    begin = minute_of(odd.start)
    end = begin + 1 if odd.end is None else minute_of(odd.end)
    at = max(0, (begin - own.first) // own.minutes)
    to = min(len(own.numbers), -(-(end - own.first) // own.minutes))
    if at >= to or odd.start > seen.now:
        return own
    if odd.reported is not None and odd.reported <= seen.now:
        return _marked(own, at, to, Condition(reported=odd.reported))
    numbers = own.numbers.copy()
    if kind.does == "week before":
        start = own.first + at * own.minutes - _WEEK
        numbers[at:to] = _energy(asked, start, start + (to - at) * own.minutes)
    elif kind.does != "keep":
        numbers[at:to] = _CHANGES[kind.does](numbers[at:to])
    return _marked(replace(own, numbers=numbers), at, to, Condition(kind.flag, kind.quality, None, kind.reason))


_CHANGES: dict[str, Callable[[Integers], Integers]] = {
    "missing": lambda part: np.full(len(part), MISSING, dtype=np.int64),
    "zero": lambda part: part * 0,
    "half": lambda part: part // 2,
    "most": lambda part: part * 0 + MOST_WH,
}


def _marked(own: Stretch, at: int, to: int, condition: Condition) -> Stretch:
    kinds = own.kinds if condition in own.kinds else (*own.kinds, condition)
    states = np.zeros(len(own.numbers), dtype=np.int16) if own.states is None else own.states.copy()
    states[at:to] = kinds.index(condition)
    return replace(own, kinds=kinds, states=states)


# Longer intervals


def summed(own: Stretch, minutes: int, mean: bool = False) -> Stretch:
    """Intervals of ``minutes``, a multiple of the stretch's own: sums, or means. What misses a part says so."""
    ratio = minutes // own.minutes
    if ratio == 1:
        return own
    table = own.numbers.reshape(-1, ratio)
    if own.states is None:
        total = table.sum(1)
        return Stretch(own.first, minutes, total // ratio if mean else total, own.decimals, own.kinds)
    there = table != MISSING
    found = there.sum(1)
    total = np.where(there, table, 0).sum(1)
    if mean:
        total //= np.maximum(found, 1)
    kinds = (*own.kinds, INCOMPLETE, Condition("Null", "N"))
    states = own.states.reshape(-1, ratio).max(1)
    states = np.where(found < ratio, len(own.kinds), states)
    states = np.where(found == 0, len(own.kinds) + 1, states).astype(np.int16)
    return Stretch(own.first, minutes, np.where(found > 0, total, MISSING), own.decimals, kinds, states)


def added(parts: Sequence[Stretch], expected: int = 0) -> Stretch | None:
    """The sum of stretches over one grid, which may begin and end differently: what misses a part says so.

    ``expected`` is how many there should be; one that is not there at all is missed throughout.
    """
    if not parts or (len(parts) == 1 and expected < 2):
        return parts[0] if parts else None
    first = min(part.first for part in parts)
    minutes = parts[0].minutes
    stop = max(part.first + len(part.numbers) * minutes for part in parts)
    decimals = max(part.decimals for part in parts)
    total = np.zeros((stop - first) // minutes, dtype=np.int64)
    found = np.zeros(len(total), dtype=np.int32)
    kinds: list[Condition] = [ACTUAL]
    states = np.zeros(len(total), dtype=np.int16)
    for part in (each.finer(decimals) for each in parts):
        at = slice((part.first - first) // minutes, (part.first - first) // minutes + len(part.numbers))
        there = part.numbers != MISSING
        total[at] += np.where(there, part.numbers, 0)
        found[at] += there
        states[at] = np.maximum(states[at], _moved(part, kinds))
    kinds += [INCOMPLETE, Condition("Null", "N")]
    states = np.where(found < max(expected, len(parts)), len(kinds) - 2, states)
    states = np.where(found == 0, len(kinds) - 1, states).astype(np.int16)
    numbers = np.where(found > 0, total, MISSING)
    return Stretch(first, minutes, numbers, decimals, tuple(kinds), states if states.any() else None)


def joined(parts: Sequence[Stretch]) -> Stretch | None:
    """Stretches over one grid, one after another, as one. What lies between them is missing."""
    if len(parts) < 2:
        return parts[0] if parts else None
    minutes, first = parts[0].minutes, parts[0].first
    decimals = max(part.decimals for part in parts)
    count = (parts[-1].first - first) // minutes + len(parts[-1].numbers)
    numbers = np.full(count, MISSING, dtype=np.int64)
    kinds: list[Condition] = []
    for part in parts:
        kinds += [kind for kind in part.kinds if kind not in kinds]
    null = Condition("Null", "N")
    apart = sum(len(part.numbers) for part in parts) < count
    kinds += [null] if apart and null not in kinds else []
    states = np.full(count, kinds.index(null) if apart else 0, dtype=np.int16)
    for part in parts:
        at = slice((part.first - first) // minutes, (part.first - first) // minutes + len(part.numbers))
        numbers[at] = part.finer(decimals).numbers
        states[at] = _moved(part, kinds)
    return Stretch(first, minutes, numbers, decimals, tuple(kinds), states if len(kinds) > 1 else None)


def whole_intervals(found: Stretch, minutes: int) -> Stretch | None:
    """What makes up whole longer intervals of the market's day; None where nothing does."""
    step = midnight_minute(day_of(0)) % minutes
    first = -(-(found.first - step) // minutes) * minutes + step
    last = (found.first + len(found.numbers) * found.minutes - step) // minutes * minutes + step
    return cut(found, first, last) if first < last else None


def _moved(part: Stretch, kinds: list[Condition]) -> NDArray[np.int16]:
    """The states of a part, as places in ``kinds``, which learns the ones it lacks."""
    kinds += [kind for kind in part.kinds if kind not in kinds]
    places = np.asarray([kinds.index(kind) for kind in part.kinds], dtype=np.int16)
    return places[np.zeros(len(part.numbers), np.int16) if part.states is None else part.states]


# Received


def _laid_over(grid: Stretch, days: tuple[IntervalDay, ...]) -> Stretch:
    """Received days in place of what stands there; a day of intervals longer than those asked for has none."""
    parts = [part for day in days if (part := _received(day, grid.minutes)) is not None]
    decimals = max((part.decimals for part in parts), default=0)
    whole = grid.finer(decimals)
    numbers = whole.numbers.copy()
    kinds = list(whole.kinds)
    states = np.zeros(len(numbers), dtype=np.int16) if whole.states is None else whole.states.copy()
    for part in (each.finer(whole.decimals) for each in parts):
        begins = (part.first - whole.first) // whole.minutes
        at, skip = max(0, begins), max(0, -begins)
        count = min(len(part.numbers) - skip, len(numbers) - at)
        if count > 0:
            numbers[at : at + count] = part.numbers[skip : skip + count]
            states[at : at + count] = _moved(part, kinds)[skip : skip + count]
    return replace(whole, numbers=numbers, kinds=tuple(kinds), states=states)


def _received(day: IntervalDay, minutes: int) -> Stretch | None:
    """A day as received, in intervals of ``minutes``; missing throughout where its own are longer."""
    start = midnight_minute(day.date)
    length = day.interval_length
    if minutes % length:
        return Stretch(start, minutes, np.full(_DAY // minutes, MISSING, dtype=np.int64), 3, (Condition("Null", "N"),))
    power = _POWERS.get(day.unit.upper()[:1], 0) if len(day.unit) > 1 else 0
    values = [value.scaleb(power - 3) if day.unit.upper() != "V" else value for value in day.values]
    decimals = min(_MOST_DECIMALS, max(3, *(_decimals(value) for value in values)))
    kinds: list[Condition] = []
    states = np.zeros(len(values), dtype=np.int16)
    for span in day.spans:
        flag = _FLAGS.get(span.quality[:1], "Actual")
        kind = Condition(flag, span.quality, None, span.reason, span.description)
        if kind not in kinds:
            kinds.append(kind)
        states[span.start - 1 : span.end] = kinds.index(kind)
    numbers = np.asarray([int(value.scaleb(decimals)) for value in values], dtype=np.int64)
    null = np.asarray([kind.flag == "Null" for kind in kinds])
    numbers[null[states]] = MISSING
    own = Stretch(start, length, numbers, decimals, tuple(kinds), states)
    return summed(own, minutes, day.unit.upper() == "V")


def _decimals(value: Decimal) -> int:
    exponent = value.as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0
