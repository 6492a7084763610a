"""The only place that reads the machine's clock.

Market time is +10:00 all year, without daylight saving (AEMO glossary: market time = AEST).
The core never sees a clock: it is handed ``now`` as a value. A `Clock` belongs to one workspace and only moves forward.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone

from simulator.base.errors import BadValue

MARKET_ZONE = timezone(timedelta(hours=10))
LAST_YEAR = 2999
"""Market time ends with it: dates that are counted from it (periods, open ends, holidays) are still dates."""


def wall_time() -> datetime:
    """The machine's time, as market time."""
    return datetime.now(UTC).astimezone(MARKET_ZONE)


def market_time(value: datetime) -> datetime:
    """An aware datetime in market time; a naive one is taken to be market time already."""
    return value.replace(tzinfo=MARKET_ZONE) if value.tzinfo is None else value.astimezone(MARKET_ZONE)


class Clock:
    """Market time of one workspace: ``start`` plus ``rate`` times what has passed since, plus what it was advanced by.

    ``rate`` 1 is real time, 0 a held clock, 60 sixty times as fast. ``ticks`` gives seconds of any steadily
    growing counter and is replaced in tests.
    """

    def __init__(
        self, start: datetime | None = None, rate: float = 1.0, ticks: Callable[[], float] = time.monotonic
    ) -> None:
        self._start = start
        self._base = market_time(start) if start is not None else wall_time()
        self._ticks = ticks
        self._origin = ticks()
        self.rate = rate

    def restart(self) -> None:
        """Back to where this clock started; one that started now starts now again."""
        self._base = market_time(self._start) if self._start is not None else wall_time()
        self._origin = self._ticks()

    def begin(self, start: datetime | None) -> None:
        """Start anew at another time; None is now."""
        self._start = start
        self.restart()

    def now(self) -> datetime:
        """Market time, aware, +10:00."""
        if self.rate == 0:
            return self._base
        return self._base + timedelta(seconds=(self._ticks() - self._origin) * self.rate)

    def advance(self, by: timedelta) -> datetime:
        """Move forward by a positive duration; returns the new market time."""
        if by < timedelta(0):
            raise BadValue("the clock only moves forward", rule="clock.forward-only")
        try:
            reached = self.now() + by
        except OverflowError:
            reached = None
        if reached is None or reached.year > LAST_YEAR:
            raise BadValue(f"market time ends with the year {LAST_YEAR}", rule="clock.range")
        self._base += by
        return self.now()

    def set(self, to: datetime) -> datetime:
        """Move forward to a point in time; returns the new market time."""
        return self.advance(market_time(to) - self.now())

    def seconds_until(self, when: datetime) -> float | None:
        """Real seconds until market time reaches ``when``; None when it never will by itself."""
        if self.rate == 0:
            return None
        return max(0.0, (when - self.now()).total_seconds() / self.rate)


def clock_rate(text: str) -> float:
    """``real`` → 1, ``held`` → 0, ``60x`` → 60; anything else raises `BadValue`."""
    if text in ("real", "held"):
        return 1.0 if text == "real" else 0.0
    try:
        rate = float(text.removesuffix("x")) if text.endswith("x") else -1.0
    except ValueError:
        rate = -1.0
    if not 0 < rate <= 1_000_000:
        raise BadValue(f"clock {text!r} is none of: real, held, or a speed such as 60x", rule="clock.mode")
    return rate
