"""The only place that knows market days: midnights, business days and public holidays by jurisdiction.

Public holidays come from the ``holidays`` library unless a table (a C1 NationalCalendar extract) replaces them.
The library is imported at the first question asked of it: it is slow to load and many stories never ask.
"""

from __future__ import annotations

from collections.abc import Container, Mapping
from datetime import date, datetime, time, timedelta

from simulator.base.clock import MARKET_ZONE

DAY = timedelta(days=1)
_STATE_OF = {"WWT": "NSW"}
"""Wagga Wagga and Tamworth keep the holidays of New South Wales."""
_STATES = frozenset({"ACT", "NSW", "NT", "QLD", "SA", "TAS", "VIC", "WA"})
_SATURDAY = 5


def midnight(day: date) -> datetime:
    """The first moment of a market day."""
    return datetime.combine(day, time(), MARKET_ZONE)


COUNTED_KEPT = 2_000
"""So many counts are kept for the next who asks; they are made again when needed."""


class Calendar:
    """Business days. ``table`` maps a jurisdiction (or ``ALL``) to its days off, weekends aside.

    With a table, nothing but the table counts; a jurisdiction it does not name has the days of ``ALL``. With
    ``every_day`` periods count weekends and holidays too (the switch ``transition_times``).
    """

    __slots__ = ("_counted", "_days_off", "_every_day", "_table")

    def __init__(self, table: Mapping[str, Container[date]] | None = None, *, every_day: bool = False) -> None:
        self._table = table
        self._every_day = every_day
        self._days_off: dict[str, Container[date]] = {}
        self._counted: dict[tuple[date, int, str], date] = {}

    def is_business_day(self, day: date, jurisdiction: str = "ALL") -> bool:
        """Monday to Friday, and no public holiday there."""
        return day.weekday() < _SATURDAY and day not in self._holidays(jurisdiction)

    def add_business_days(self, day: date, count: int, jurisdiction: str = "ALL") -> date:
        """The ``count``-th business day after ``day`` (before it when negative); ``day`` itself for 0."""
        known = self._counted.get((day, count, jurisdiction))
        if known is None:
            if len(self._counted) >= COUNTED_KEPT:
                self._counted.clear()
            known = self._counted[day, count, jurisdiction] = self._count(day, count, jurisdiction)
        return known

    def _count(self, day: date, count: int, jurisdiction: str) -> date:
        step, left = (DAY, count) if count >= 0 else (-DAY, -count)
        while left:
            day += step
            left -= self._every_day or self.is_business_day(day, jurisdiction)
        return day

    def _holidays(self, jurisdiction: str) -> Container[date]:
        found = self._days_off.get(jurisdiction)
        if found is None:
            found = self._days_off[jurisdiction] = self._load(jurisdiction)
        return found

    def _load(self, jurisdiction: str) -> Container[date]:
        if self._table is not None:
            return self._table.get(jurisdiction) or self._table.get("ALL", ())
        from holidays import country_holidays  # noqa: PLC0415 - slow to import, and rarely the first thing needed

        state = _STATE_OF.get(jurisdiction, jurisdiction)
        return country_holidays("AU", subdiv=state if state in _STATES else None)
