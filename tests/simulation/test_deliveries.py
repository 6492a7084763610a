"""A played provider sends what it has read, every morning: once, complete days only, whatever restarts lie between."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from pathlib import Path

from msgspec.structs import replace

from kit import CODEC, point, runtime, scenario
from simulator.base.clock import MARKET_ZONE, Clock
from simulator.scenario.model import Participant, Scenario
from simulator.simulation import deliveries
from simulator.simulation.played import DutyDone
from simulator.stores.journal import Journal
from simulator.stores.opening import open_journal
from simulator.world.events import ReadingsLoaded
from simulator.world.irregularities import Irregularity

NOW = datetime(2026, 3, 2, 5, 0, tzinfo=MARKET_ZONE)
HOUR = timedelta(hours=6)
METERCO = Participant("METERCO", ("MDP",), played=True, delivers_readings=HOUR)
POINT = point(installation="COMMS4D")
DAY = timedelta(days=1)


def story(*odd: Irregularity) -> Scenario:
    told = replace(scenario(points=(POINT,)), clock=NOW)
    readings = replace(told.given.readings, odd=odd)
    return replace(told, given=replace(told.given, participants=(*told.given.participants, METERCO), readings=readings))


def loaded(journal: Journal) -> list[tuple[datetime, list[date]]]:
    """When AEMO loaded days of the first register, and which."""
    found = [event for event in journal.replay() if isinstance(event, ReadingsLoaded)]
    return [(each.at, [day.date for day in each.days if day.suffix == "E1"]) for each in found]


async def test_every_morning_the_day_before() -> None:
    house = runtime(story(), clock=Clock(NOW, rate=0))
    await house.advance(timedelta(minutes=59))
    assert loaded(house.journal) == []
    await house.advance(3 * DAY)
    mornings = [(datetime(2026, 3, day, 6, tzinfo=MARKET_ZONE), [date(2026, 3, day) - DAY]) for day in (2, 3, 4)]
    assert loaded(house.journal) == mornings
    assert [e.outcome for e in house.journal.replay() if isinstance(e, DutyDone)] == ["hub.accept"] * 3


async def test_a_day_that_is_not_complete_waits_until_it_is() -> None:
    late = Irregularity(
        POINT.nmi, "missing", NOW - DAY, NOW - DAY + HOUR, reported=datetime(2026, 3, 4, tzinfo=MARKET_ZONE)
    )
    lost = Irregularity(POINT.nmi, "missing", NOW + DAY, NOW + DAY + HOUR)
    house = runtime(story(late, lost), clock=Clock(NOW, rate=0))
    await house.advance(5 * DAY)
    days = [day for _, some in loaded(house.journal) for day in some]
    assert days == [date(2026, 3, day) for day in (2, 1, 4, 5)]


async def test_many_days_go_in_several_files(monkeypatch) -> None:
    monkeypatch.setattr(deliveries, "ROWS", 1)
    house = runtime(story(), clock=Clock(NOW, rate=0))
    await house.advance(timedelta(hours=2))
    registers = sum(len(meter.registers) for meter in POINT.meters)
    assert len([e for e in house.journal.replay() if isinstance(e, ReadingsLoaded)]) == registers


async def test_after_a_restart_it_goes_on(tmp_path: Path) -> None:
    told = story()
    place = f"sqlite:{tmp_path / 'j.db'}"
    journal = open_journal(place, "default", CODEC)
    house = runtime(told, journal, Clock(NOW, rate=0))
    await house.advance(timedelta(hours=2))
    await house.close()
    journal = open_journal(place, "default", CODEC)
    again = runtime(told, journal, Clock(NOW + timedelta(hours=3), rate=0))
    await again.advance(DAY)
    assert [days for _, days in loaded(journal)] == [[date(2026, 3, 1)], [date(2026, 3, 2)]]
    await again.close()
