"""A GetMeterReadings as rules look at it. The only place that makes one; it judges nothing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

from simulator.cim.model import GetMeterReadings, Identified
from simulator.scenario.facts import Question


def question(client: str, asked: GetMeterReadings) -> Question:
    """Who asks for what: mRIDs and names as written, the first and the last day of all periods."""
    days = sorted(moment.date() for moment in _moments(asked))
    return Question(
        client,
        tuple(_named(asked.usage_points)),
        tuple(_named(asked.usage_point_groups)),
        tuple(_named(asked.reading_types)),
        days[0] if days else None,
        days[-1] if days else None,
    )


def _named(things: Iterable[Identified]) -> Iterator[str]:
    for thing in things:
        if thing.mrid:
            yield thing.mrid
        yield from (name.name for name in thing.names if name.name)


def _moments(asked: GetMeterReadings) -> Iterator[datetime]:
    periods = (each.time_period for each in asked.readings if each.time_period is not None)
    for period in periods:
        yield from (moment for moment in (period.start, period.end) if moment is not None)
