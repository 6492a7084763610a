"""Market time, with ticks that the test moves."""

from datetime import UTC, datetime, timedelta

import pytest

from simulator.base.clock import MARKET_ZONE, Clock, clock_rate, market_time, wall_time
from simulator.base.errors import BadValue

START = datetime(2026, 3, 2, 9, tzinfo=MARKET_ZONE)


class Ticks:
    """A counter of seconds that moves when told to."""

    def __init__(self) -> None:
        self.seconds = 1000.0

    def __call__(self) -> float:
        return self.seconds


@pytest.mark.parametrize(("rate", "passed"), [(1.0, 90), (60.0, 5400), (0.5, 45), (0.0, 0)])
def test_time_goes_as_fast_as_its_rate(rate: float, passed: int) -> None:
    ticks = Ticks()
    clock = Clock(START, rate, ticks)
    assert clock.now() == START
    ticks.seconds += 90
    assert clock.now() == START + timedelta(seconds=passed)


def test_it_is_advanced_on_top_of_what_passes() -> None:
    ticks = Ticks()
    clock = Clock(START, 60.0, ticks)
    ticks.seconds += 1
    assert clock.advance(timedelta(minutes=30)) == START + timedelta(minutes=31)
    ticks.seconds += 1
    assert clock.now() == START + timedelta(minutes=32)
    assert clock.advance(timedelta(0)) == START + timedelta(minutes=32)


def test_it_is_set_forward_only() -> None:
    clock = Clock(START, 0.0, Ticks())
    later = START + timedelta(days=40)
    assert clock.set(later.astimezone(UTC)) == later
    with pytest.raises(BadValue) as refused:
        clock.set(START)
    assert refused.value.rule == "clock.forward-only"
    with pytest.raises(BadValue) as refused:
        clock.advance(timedelta(microseconds=-1))
    assert refused.value.rule == "clock.forward-only"
    assert clock.now() == later


@pytest.mark.parametrize("by", [timedelta.max, datetime(3000, 1, 1, tzinfo=MARKET_ZONE) - START])
def test_it_ends_with_the_year_2999(by: timedelta) -> None:
    clock = Clock(START, 0.0, Ticks())
    with pytest.raises(BadValue) as refused:
        clock.advance(by)
    assert refused.value.rule == "clock.range"
    assert clock.now() == START
    assert clock.set(datetime(2999, 12, 31, tzinfo=MARKET_ZONE)).year == 2999


def test_seconds_until() -> None:
    ticks = Ticks()
    clock = Clock(START, 60.0, ticks)
    assert clock.seconds_until(START + timedelta(minutes=10)) == 10.0
    ticks.seconds += 4
    assert clock.seconds_until(START + timedelta(minutes=10)) == 6.0
    assert clock.seconds_until(START) == 0.0
    assert Clock(START, 0.0, ticks).seconds_until(START + timedelta(days=1)) is None


def test_market_time_is_ten_hours_ahead_all_year() -> None:
    assert market_time(datetime(2026, 1, 1, 0, tzinfo=UTC)).isoformat() == "2026-01-01T10:00:00+10:00"
    assert market_time(datetime(2026, 7, 1, 0, tzinfo=UTC)).isoformat() == "2026-07-01T10:00:00+10:00"
    naive = START.replace(tzinfo=None)
    assert market_time(naive) == START
    assert Clock(naive, 0.0, Ticks()).now() == START
    assert wall_time().utcoffset() == timedelta(hours=10)


def test_without_a_start_it_begins_at_the_wall_time() -> None:
    before = wall_time()
    began = Clock(rate=0.0).now()
    assert before <= began <= wall_time()


@pytest.mark.parametrize(("text", "rate"), [("real", 1.0), ("held", 0.0), ("60x", 60.0), ("0.5x", 0.5)])
def test_rates(text: str, rate: float) -> None:
    assert clock_rate(text) == rate


@pytest.mark.parametrize("text", ["", "x", "fast", "60", "-1x", "0x", "nanx", "infx", "2000000x", "1e999x"])
def test_other_rates_are_refused(text: str) -> None:
    with pytest.raises(BadValue) as refused:
        clock_rate(text)
    assert refused.value.rule == "clock.mode"
