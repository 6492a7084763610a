"""Readings grown from the seed: the only place that makes energy out of load shapes. Needs numpy, so import it late.

Five minutes are the grain: longer intervals are sums of them. Every number depends on its key (who) and its own
five minutes (when) and on nothing else, so it is the same whichever period is asked for, in whatever order. Days are
made whole, one row each. Only additions, multiplications and divisions are used, each rounded as IEEE 754 says: the
numbers are the same on every machine.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from simulator.base.draw import Draw
from simulator.world import load_shapes as shapes
from simulator.world.load_shapes import LoadShape

Integers = NDArray[np.int64]
Floats = NDArray[np.float32]
_F = np.float32
K = TypeVar("K")
V = TypeVar("V")
GRAIN = 5
"""Minutes."""
PER_DAY = 288
_YEAR = 365.2425
_DAYLIGHT = (56, 232)
"""Grains of a day within which the sun may shine."""
_EPOCH_WEEKDAY = 3
"""1 January 1970 was a Thursday."""
KEPT_DAYS = 40
"""What is made for more days than these is not worth its memory."""


@dataclass(frozen=True, slots=True)
class Customer:
    """Who uses the energy: what a draw of its NMI made of its class."""

    shape: LoadShape
    key: int
    weather_key: int
    daily_wh: float
    roof_watts: float
    reactive: float
    decivolts: int


@lru_cache(64)
def customer(draw: Draw, nmi: str, jurisdiction: str, customer_class: str | None, daily_wh: int = 0) -> Customer:
    """The customer behind a NMI; ``daily_wh`` is its average day where standing data says so."""
    shape = shapes.SHAPES.get(customer_class or "", shapes.HOUSEHOLD)
    chance = draw.of("load", nmi)
    key, size = chance.below(2**62), 1 + shape.spread * (2 * chance.uniform() - 1)
    low, high = shapes.ROOF_WATTS
    roof = low + chance.below((high - low) // 100) * 100
    least, most = shapes.REACTIVE_SHARE
    reactive = least + (most - least) * chance.uniform()
    volts = shapes.VOLTS[0] + chance.below(shapes.VOLTS[1] - shapes.VOLTS[0])
    weather = draw.of("weather", jurisdiction).below(2**62)
    return Customer(shape, key, weather, float(daily_wh or shape.daily_wh * size), float(roof), reactive, volts)


class Days:
    """Whole market days: ``first`` counts days from 1970-01-01. What is made has a row a day, 288 grains each."""

    __slots__ = ("count", "first")

    def __init__(self, first: int, count: int) -> None:
        self.first = first
        self.count = count

    def uniform(self, key: int, per_day: int = PER_DAY) -> Floats:
        """A number in [0, 1) for each of so many parts of each day."""
        parts = np.arange(self.first * per_day, (self.first + self.count) * per_day, dtype=np.int64)
        return _uniform(key, parts).reshape(-1, per_day)


def _kept(make: Callable[[K, int, int], V]) -> Callable[[K, Days], V]:
    """What depends on the days and on little else, kept for a moment: many customers are asked for the same days."""
    recent = lru_cache(32)(make)

    def of(key: K, when: Days) -> V:
        return (recent if when.count <= KEPT_DAYS else make)(key, when.first, when.count)

    return of


def load(who: Customer, when: Days) -> Floats:
    """What runs behind the meter, Wh in each grain."""
    shape = who.shape
    used = when.uniform(who.key)
    used *= shape.noise
    used += 1 - shape.noise / 2
    used *= _shares(shape, when)
    used *= (_demand((shape, who.weather_key), when) * (who.daily_wh / 100_000))[:, None]
    if shape is shapes.HOUSEHOLD:
        running = when.uniform(who.key + 1, PER_DAY // 3) < shapes.APPLIANCE_SHARE
        drawn = running * _F(shapes.APPLIANCE_WH * who.daily_wh / shape.daily_wh)
        used += np.repeat(drawn, 3, axis=1)
    return used


@_kept
def _shares(shape: LoadShape, first: int, count: int) -> Floats:
    """Each grain's share of its day."""
    off = ((_days(first, count) + _EPOCH_WEEKDAY) % 7 >= 5).astype(np.intp)
    return _fixed(_day_shapes(shape)[off])


@_kept
def _demand(key: tuple[LoadShape, int], first: int, count: int) -> Floats:
    """How much more or less than on an average day is used: by season and weather."""
    shape, weather_key = key
    days = _days(first, count)
    season = _of_year(shape.months, days) / 100
    return _fixed(season * (1 + shape.weather * _weather(weather_key, days)))


def sun(who: Customer, when: Days) -> Floats:
    """What the roof makes, Wh in each grain."""
    height, clear, clouds = _sky(who.weather_key, when)
    noon = clear * (who.roof_watts / 12)
    light = height * noon[:, None]
    light *= clouds
    made = np.zeros((when.count, PER_DAY), dtype=_F)
    rise, fall = _DAYLIGHT
    np.maximum(light, 0, out=made[:, rise:fall])
    return made


@_kept
def _sky(weather_key: int, first: int, count: int) -> tuple[Floats, Floats, Floats]:
    """How high the sun stands in each grain of daylight, how clear each noon is, and what clouds let through."""
    days = _days(first, count)
    half = _of_year(shapes.DAYLIGHT_HOURS, days) * (PER_DAY / 48)
    clear = 0.3 + 0.7 * _uniform(weather_key + 7, days)
    rise, fall = _DAYLIGHT
    height = (np.arange(rise, fall, dtype=_F) + (0.5 - PER_DAY / 2))[None, :] / half[:, None]
    clouds = 0.8 + 0.2 * Days(first, count).uniform(weather_key + 8, PER_DAY // 2)
    through = np.repeat(clouds, 2, axis=1)[:, rise:fall]
    return _fixed(1 - height * height), _fixed(_of_year(shapes.SUN, days) * clear), _fixed(through)


def _days(first: int, count: int) -> Integers:
    return np.arange(first, first + count, dtype=np.int64)


def _fixed(made: Floats) -> Floats:
    """What is kept is shared, so it is not to be changed."""
    made.flags.writeable = False
    return made


def hot_water(who: Customer, when: Days) -> Floats:
    """Controlled load: on every night from ten, for as long as the day asks."""
    most = shapes.HOT_WATER_MOST - shapes.HOT_WATER_LEAST
    nights = _days(when.first - 1, when.count + 1)
    lengths = shapes.HOT_WATER_LEAST + np.floor(most * _uniform(who.key + 2, nights))
    time_of_day = np.arange(PER_DAY)
    since = (time_of_day - shapes.HOT_WATER_FROM) % PER_DAY
    length = np.where(time_of_day >= shapes.HOT_WATER_FROM, lengths[1:, None], lengths[:-1, None])
    heating: Floats = (since < length) * _F(shapes.HOT_WATER_WH)
    return heating


def decivolts(who: Customer, when: Days) -> Floats:
    """The supply, tenths of a volt: lower in the evening, and never quite still."""
    evening = _day_shapes(shapes.HOUSEHOLD)[0] / (100_000 / PER_DAY)
    volts: Floats = who.decivolts + 30 * when.uniform(who.key + 3) - 60 * evening
    return volts


def whole(energy: Floats) -> Integers:
    """Whole Wh."""
    rounded: Integers = np.floor(energy + 0.5).astype(np.int64)
    return rounded


def _uniform(key: int, index: Integers) -> Floats:
    """A number in [0, 1) for each index: 24 bits of a hash of key and index (the finalizer of MurmurHash3)."""
    mixed = index.astype(np.uint32)
    mixed *= np.uint32(0x9E3779B1)
    mixed ^= np.uint32((key ^ key >> 31) % 2**32)
    for shift, factor in ((16, 0x85EBCA6B), (13, 0xC2B2AE35)):
        mixed ^= mixed >> np.uint32(shift)
        mixed *= np.uint32(factor)
    mixed ^= mixed >> np.uint32(16)
    return (mixed >> np.uint32(8)).astype(_F) * _F(2**-24)


def _weather(key: int, days: Integers) -> Floats:
    """-1 to 1 by day: a day is much like the ones beside it."""
    around = sum(_uniform(key, days + shift) for shift in (-1, 0, 1))
    anomaly: Floats = np.asarray(around, dtype=_F) * (2 / 3) - 1
    return anomaly


def _of_year(months: tuple[float, ...], days: Integers) -> Floats:
    """A value of each day between those of the months' middles."""
    place = (days % _YEAR) / _YEAR * 12 - 0.5
    before = np.floor(place)
    table = np.asarray(months, dtype=np.float64)
    low, high = table[before.astype(np.intp) % 12], table[(before.astype(np.intp) + 1) % 12]
    found: Floats = (low + (high - low) * (place - before)).astype(_F)
    return found


@cache
def _day_shapes(shape: LoadShape) -> Any:
    """Working day and day off: the share of the day's energy in each of its 288 grains, times 100,000."""
    return np.stack([_day_shape(hours) for hours in (shape.working_day, shape.day_off)]).astype(_F)


def _day_shape(hours: tuple[int, ...]) -> NDArray[np.float64]:
    place = (np.arange(PER_DAY) + 0.5) / 12 - 0.5
    before = np.floor(place)
    table = np.asarray(hours, dtype=np.float64)
    low, high = table[before.astype(np.intp) % 24], table[(before.astype(np.intp) + 1) % 24]
    shape: NDArray[np.float64] = low + (high - low) * (place - before)
    return shape * (100_000 / float(sum(hours) * 12))
