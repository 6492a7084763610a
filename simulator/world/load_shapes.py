"""The shapes that generated readings follow: the only place with numbers about how people use and make electricity.

Ours, replaceable: plausible for south-eastern Australia, taken from no one's data. Energy only; hours and days are
market time. Weights are relative: a customer's own size scales them.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, eq=False)
class LoadShape:
    """A class of customers: weights of the 24 hours of a working day and of a day off, and of the 12 months.

    ``daily_wh`` is the energy of an average day, ``spread`` how far customers are from it (0.4: 60 % to 140 %);
    ``weather`` is how much a warm or cold day adds or takes, ``noise`` how restless five minutes are.
    """

    name: str
    working_day: tuple[int, ...]
    day_off: tuple[int, ...]
    months: tuple[int, ...]
    daily_wh: int
    spread: float
    weather: float
    noise: float


HOUSEHOLD = LoadShape(
    "household",
    working_day=(24, 20, 18, 17, 18, 24, 42, 58, 50, 38, 34, 33, 34, 33, 34, 40, 54, 76, 92, 90, 80, 66, 48, 32),
    day_off=(28, 23, 20, 18, 18, 20, 28, 42, 54, 58, 56, 54, 54, 52, 51, 54, 62, 76, 88, 86, 76, 64, 48, 34),
    months=(108, 104, 92, 86, 96, 118, 122, 112, 94, 86, 90, 100),
    daily_wh=16_000,
    spread=0.45,
    weather=0.18,
    noise=0.7,
)
BUSINESS = LoadShape(
    "business",
    working_day=(22, 21, 21, 21, 22, 28, 45, 72, 94, 100, 102, 103, 101, 102, 102, 99, 92, 74, 50, 38, 32, 28, 25, 23),
    day_off=(22, 21, 21, 21, 21, 21, 22, 24, 28, 31, 33, 34, 34, 33, 31, 29, 26, 24, 23, 23, 23, 22, 22, 22),
    months=(116, 114, 104, 94, 92, 98, 100, 97, 92, 94, 100, 104),
    daily_wh=62_000,
    spread=0.6,
    weather=0.12,
    noise=0.25,
)
SHAPES = {"RESIDENTIAL": HOUSEHOLD, "BUSINESS": BUSINESS}
"""By customer class of standing data."""

APPLIANCE_WH = 190
"""What a big appliance adds to five minutes of a household: 2.3 kW."""
APPLIANCE_SHARE = 0.035
"""How much of the time one runs."""

HOT_WATER_WH = 300
"""Controlled hot water, five minutes of it: 3.6 kW."""
HOT_WATER_FROM = 22 * 12
"""It is let on at 22:00, in five-minute intervals of the day."""
HOT_WATER_LEAST, HOT_WATER_MOST = 14, 46
"""Five-minute intervals it heats for, by the day."""

DAYLIGHT_HOURS = (14.2, 13.3, 12.3, 11.2, 10.3, 9.9, 10.1, 10.9, 11.9, 13.0, 13.9, 14.4)
"""By month, around 34 degrees south; the sun is highest at 12:00 market time."""
SUN = (0.92, 0.88, 0.80, 0.70, 0.58, 0.52, 0.55, 0.65, 0.76, 0.84, 0.90, 0.93)
"""Share of its nameplate that a clear noon gets out of a solar roof, by month."""
ROOF_WATTS = (3_000, 10_000)
"""Nameplates of solar roofs."""

REACTIVE_SHARE = (0.12, 0.34)
"""kvarh taken for a kWh taken, by customer."""
REACTIVE_OF_ROOF = 0.04
"""kvarh given for a kWh given."""
VOLTS = (2_330, 2_460)
"""Tenths of a volt around which a customer's supply stands."""
