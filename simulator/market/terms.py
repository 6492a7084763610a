"""What a change reason asks of dates, in a place and on a day. The only place that works it out, and once a day."""

from __future__ import annotations

from datetime import date

import msgspec

from simulator.market.rules import Place, Reason, Rules
from simulator.world.calendar import DAY, Calendar

MOST_KEPT = 1_000
"""Reasons, places and days whose terms are remembered."""


class Terms(msgspec.Struct, frozen=True, gc=False):
    """First and last day a change may be proposed for, and the first on which it may not be objected to any more."""

    first: date
    last: date
    lodging_over: date


class Book:
    """The terms of one market."""

    __slots__ = ("_calendar", "_known", "_rules")

    def __init__(self, rules: Rules, calendar: Calendar) -> None:
        self._rules = rules
        self._calendar = calendar
        self._known: dict[tuple[str, Place, date], Terms] = {}

    def terms(self, reason: Reason, place: Place, today: date) -> Terms:
        """The terms of a request lodged today."""
        key = (reason.code, place, today)
        known = self._known.get(key)
        if known is None:
            if len(self._known) >= MOST_KEPT:
                self._known.clear()
            first, last = self._window(reason, place, today)
            known = self._known[key] = Terms(first, last, self.lodging_over(reason.code, place, today))
        return known

    def _window(self, reason: Reason, place: Place, today: date) -> tuple[date, date]:
        """Prospective from tomorrow, retrospective up to today."""
        periods, add = self._rules.periods(reason.code, place), self._calendar.add_business_days
        first = today + DAY if reason.dates == "pro" else add(today, -periods.retrospective, place[0])
        last = today if reason.dates == "ret" else add(today, periods.prospective, place[0])
        return first, last

    def lodging_over(self, reason: str, place: Place, since: date) -> date:
        """The first day after the objection logging period that begins with ``since``; that day itself without one."""
        days = self._rules.periods(reason, place).lodgement
        return self._calendar.add_business_days(since, days, place[0]) + DAY if days else since
