"""Business days by jurisdiction; market days begin at midnight +10:00."""

from datetime import date, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.world.calendar import Calendar, midnight

CALENDAR = Calendar()
DAYS = st.dates(date(2024, 1, 1), date(2027, 12, 31))


def test_a_public_holiday_of_one_state_is_a_business_day_in_another():
    cup_day = date(2026, 11, 3)
    assert not CALENDAR.is_business_day(cup_day, "VIC")
    assert CALENDAR.is_business_day(cup_day, "NSW")


def test_national_holidays_count_everywhere():
    for jurisdiction in ("ALL", "NEM", "NSW", "VIC", "QLD", "SA", "TAS", "ACT", "WWT", "ISO"):
        assert not CALENDAR.is_business_day(date(2026, 12, 25), jurisdiction)


def test_weekends_are_skipped():
    friday = date(2026, 3, 6)
    assert CALENDAR.add_business_days(friday, 1, "NSW") == date(2026, 3, 9)
    assert CALENDAR.add_business_days(date(2026, 3, 9), -1, "NSW") == friday


def test_easter_takes_four_days():
    assert CALENDAR.add_business_days(date(2026, 4, 2), 1, "NSW") == date(2026, 4, 7)


def test_zero_business_days_is_the_day_itself_even_on_a_sunday():
    assert CALENDAR.add_business_days(date(2026, 3, 8), 0, "NSW") == date(2026, 3, 8)


def test_a_table_replaces_the_library():
    calendar = Calendar({"VIC": {date(2026, 3, 10)}, "ALL": {date(2026, 3, 11)}})
    assert not calendar.is_business_day(date(2026, 3, 10), "VIC")
    assert calendar.is_business_day(date(2026, 12, 25), "VIC")
    assert not calendar.is_business_day(date(2026, 3, 11), "NSW")


@settings(max_examples=60)
@given(DAYS, st.integers(1, 70), st.sampled_from(["NSW", "VIC", "TAS", "ALL"]))
def test_counting_forth_and_back_agrees(day, count, jurisdiction):
    there = CALENDAR.add_business_days(day, count, jurisdiction)
    assert CALENDAR.is_business_day(there, jurisdiction)
    between = (day + timedelta(days=n) for n in range(1, (there - day).days + 1))
    assert sum(CALENDAR.is_business_day(each, jurisdiction) for each in between) == count


def test_midnight_is_market_time():
    assert midnight(date(2026, 1, 15)).isoformat() == "2026-01-15T00:00:00+10:00"
