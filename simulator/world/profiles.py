"""Readings grown from the seed: the only place that makes energy out of load shapes. Needs numpy, so import it late.

Five minutes are the grain: longer intervals are sums of them. Every number depends on its key (who) and its own
five minutes (when) and on nothing else, so it is the same whichever period is asked for, in whatever order. Only
additions, multiplications and divisions are used: the numbers are the same on every machine.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simulator.base.draw import Draw
from simulator.world import load_shapes as shapes
from simulator.world.load_shapes import LoadShape

Integers = NDArray[np.int64]
Floats = NDArray[np.floating[Any]]
GRAIN = 5
"""Minutes."""
PER_DAY = 288
_MARKET_OFFSET = 120
"""Market time is ten hours ahead of UTC: in grains."""
_YEAR = 365.2425
_EPOCH_WEEKDAY = 3
"""1 January 1970 was a Thursday."""


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


class Grains:
    """A stretch of five-minute intervals: ``first`` counts them from 1970-01-01T00:00Z."""

    def __init__(self, first: int, count: int) -> None:
        self.index: Integers = np.arange(first, first + count, dtype=np.int64)
        market = self.index + _MARKET_OFFSET
        first_day, last_day = int(market[0]) // PER_DAY, int(market[-1]) // PER_DAY
        self.days: Integers = np.arange(first_day, last_day + 1, dtype=np.int64)
        self.day: Integers = market // PER_DAY - first_day
        self.time_of_day: Integers = market - (self.day + first_day) * PER_DAY

    def by_day(self, values: Floats) -> Floats:
        """A value of each day, for each grain of it."""
        spread: Floats = values[self.day]
        return spread


def load(who: Customer, grains: Grains) -> Floats:
    """What runs behind the meter, Wh in each grain."""
    shape, days = who.shape, grains.days
    off = (days + _EPOCH_WEEKDAY) % 7 >= 5
    season = _of_year(shape.months, days) / 100
    size = who.daily_wh / 100_000 * season * (1 + shape.weather * _weather(who.weather_key, days))
    hours = _day_shapes(shape)[off.astype(np.intp)[grains.day], grains.time_of_day]
    restless = 1 - shape.noise / 2 + shape.noise * _uniform(who.key, grains.index)
    used: Floats = hours * grains.by_day(size) * restless
    if shape is shapes.HOUSEHOLD:
        running = _uniform(who.key + 1, grains.index // 3) < shapes.APPLIANCE_SHARE
        used += running * (shapes.APPLIANCE_WH * who.daily_wh / shape.daily_wh)
    return used


def sun(who: Customer, grains: Grains) -> Floats:
    """What the roof makes, Wh in each grain."""
    days = grains.days
    half = grains.by_day(_of_year(shapes.DAYLIGHT_HOURS, days)) * (PER_DAY / 48)
    height = (grains.time_of_day + 0.5 - PER_DAY / 2) / half
    clear = 0.3 + 0.7 * _uniform(who.weather_key + 7, days)
    noon = who.roof_watts / 12 * _of_year(shapes.SUN, days) * clear
    clouds = 0.8 + 0.2 * _uniform(who.weather_key + 8, grains.index // 2)
    made: Floats = np.maximum(1 - height * height, 0) * grains.by_day(noon) * clouds
    return made


def hot_water(who: Customer, grains: Grains) -> Floats:
    """Controlled load: on every night from ten, for as long as the day asks."""
    most = shapes.HOT_WATER_MOST - shapes.HOT_WATER_LEAST
    since = (grains.time_of_day - shapes.HOT_WATER_FROM) % PER_DAY
    nights = np.arange(grains.days[0] - 1, grains.days[-1] + 1, dtype=np.int64)
    lengths = shapes.HOT_WATER_LEAST + np.floor(most * _uniform(who.key + 2, nights))
    night = grains.day + (grains.time_of_day >= shapes.HOT_WATER_FROM)
    heating: Floats = (since < lengths[night]) * float(shapes.HOT_WATER_WH)
    return heating


def decivolts(who: Customer, grains: Grains) -> Integers:
    """The supply, tenths of a volt: lower in the evening, and never quite still."""
    evening = _day_shapes(shapes.HOUSEHOLD)[0][grains.time_of_day]
    swing = np.floor(30 * _uniform(who.key + 3, grains.index) - 60 * evening / (100_000 / PER_DAY))
    found: Integers = who.decivolts + swing.astype(np.int64)
    return found


def whole(energy: Floats) -> Integers:
    """Whole Wh."""
    rounded: Integers = np.floor(energy + 0.5).astype(np.int64)
    return rounded


def _uniform(key: int, index: Integers) -> Floats:
    """A number in [0, 1) for each index: splitmix64 of key and index."""
    mixed = index.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15) + np.uint64(key * 0xD1342543DE82EF95 % 2**64)
    mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    found: Floats = ((mixed ^ (mixed >> np.uint64(31))) >> np.uint64(11)).astype(np.float64) / 9007199254740992.0
    return found


def _weather(key: int, days: Integers) -> Floats:
    """-1 to 1 by day: a day is much like the ones beside it."""
    around = sum(_uniform(key, days + shift) for shift in (-1, 0, 1))
    anomaly: Floats = np.asarray(around) * (2 / 3) - 1
    return anomaly


def _of_year(months: tuple[float, ...], days: Integers) -> Floats:
    """A value of each day between those of the months' middles."""
    place = (days % _YEAR) / _YEAR * 12 - 0.5
    before = np.floor(place)
    table = np.asarray(months, dtype=np.float64)
    low, high = table[before.astype(np.intp) % 12], table[(before.astype(np.intp) + 1) % 12]
    found: Floats = low + (high - low) * (place - before)
    return found


@cache
def _day_shapes(shape: LoadShape) -> Any:
    """Working day and day off: the share of the day's energy in each of its 288 grains, times 100,000."""
    return np.stack([_day_shape(hours) for hours in (shape.working_day, shape.day_off)])


def _day_shape(hours: tuple[int, ...]) -> Floats:
    place = (np.arange(PER_DAY) + 0.5) / 12 - 0.5
    before = np.floor(place)
    table = np.asarray(hours, dtype=np.float64)
    low, high = table[before.astype(np.intp) % 24], table[(before.astype(np.intp) + 1) % 24]
    shape: Floats = low + (high - low) * (place - before)
    return shape * (100_000 / float(sum(hours) * 12))
