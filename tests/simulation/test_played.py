"""Played participants: they keep their pace, and a duty taken is done on its day, whatever restarts lie between."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import pytest
from msgspec.structs import replace

from kit import CODEC, START, Party, point, runtime, scenario, transfer
from simulator.base.clock import MARKET_ZONE, Clock
from simulator.hub.events import MessageAcknowledged
from simulator.runtime import Runtime
from simulator.scenario.model import Participant, Scenario
from simulator.simulation.played import DutyDone, DutyTaken
from simulator.stores.journal import Journal
from simulator.stores.opening import open_journal

PACE = timedelta(minutes=30)
PENDING = datetime(2026, 3, 4, tzinfo=MARKET_ZONE)
"""The logging period is over: the provider is asked for the read of a meter that is read by hand."""
READ_DAY = datetime(2026, 3, 16, tzinfo=MARKET_ZONE)
METERCO = Participant("METERCO", ("MDP",), played=True, pace=PACE)


def story(provider: Participant = METERCO) -> Scenario:
    told = scenario(points=(point(installation="BASIC"),))
    return replace(told, given=replace(told.given, participants=(*told.given.participants, provider)))


def house_of(journal: Journal) -> Runtime:
    return runtime(story(), journal, Clock(START, rate=0))


def waiting(house: Runtime) -> int:
    return len(house.simulation.hub.queue("METERCO"))


def taken(house: Runtime) -> list[tuple[datetime, str]]:
    return [(e.at, e.by) for e in house.journal.replay() if isinstance(e, MessageAcknowledged) and e.by == "METERCO"]


def duties(house: Runtime) -> list[tuple[str, datetime]]:
    found = [event for event in house.journal.replay() if isinstance(event, DutyTaken | DutyDone)]
    return [(type(event).__name__, event.at) for event in found]


def status(house: Runtime) -> str:
    (request,) = house.simulation.market.world.requests.all()
    return request.status


async def test_a_played_participant_takes_its_messages_at_its_pace() -> None:
    house = runtime(story())
    await Party(house).submit(transfer())
    assert (waiting(house), taken(house)) == (1, [])
    assert len(house.simulation.hub.queue("MCCO")) == 0, "whoever is not declared takes them at once"
    await house.advance(PACE - timedelta(seconds=1))
    assert waiting(house) == 1
    await house.advance(timedelta(seconds=1))
    assert (waiting(house), taken(house)) == (0, [(START + PACE, "METERCO")])


async def test_its_own_pace_is_each_messages() -> None:
    house = runtime(story())
    await Party(house).submit(transfer())
    await house.set_clock(READ_DAY + timedelta(days=1))
    assert [at for at, _ in taken(house)] == [START + PACE, PENDING + PACE, PENDING + PACE] + [READ_DAY + PACE] * 2
    assert duties(house) == [("DutyTaken", PENDING + PACE), ("DutyDone", READ_DAY)]
    assert status(house) == "COM"


async def test_without_a_pace_it_takes_them_at_once() -> None:
    house = runtime(story(replace(METERCO, pace=timedelta(0))))
    await Party(house).submit(transfer())
    assert (waiting(house), [at for at, _ in taken(house)]) == (0, [START])


@pytest.mark.parametrize(
    "restarted_at",
    [START + PACE / 2, PENDING + PACE / 2, PENDING + PACE, READ_DAY - timedelta(days=3)],
    ids=["paced", "asked", "duty taken", "duty to be done"],
)
@pytest.mark.parametrize("url", ["memory:?keep=yes", "sqlite:PATH"])
async def test_pace_and_duties_survive_a_restart(tmp_path: Path, url: str, restarted_at: datetime) -> None:
    straight = house_of(open_journal("memory:?keep=yes", "default", CODEC))
    place = url.replace("PATH", str(tmp_path / "journal.sqlite"))
    journal = open_journal(place, "default", CODEC)
    house = house_of(journal)
    for each in (straight, house):
        await Party(each).submit(transfer())
        await each.set_clock(restarted_at)
    if url.startswith("sqlite"):
        await house.close()
        journal = open_journal(place, "default", CODEC)
    again = house_of(journal)
    assert again.clock.now() == restarted_at
    for each in (straight, again):
        await each.set_clock(READ_DAY + timedelta(days=1))
    assert duties(again) == [("DutyTaken", PENDING + PACE), ("DutyDone", READ_DAY)]
    assert (status(again), waiting(again)) == ("COM", 0)
    assert await Party(again).queue() == await Party(straight).queue()
    assert list(again.journal.replay()) == list(straight.journal.replay())
    await again.close()
