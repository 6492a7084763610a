"""The core promises: no answer before it is durable, a journal that fails halts, a restart forgets nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from pathlib import Path

import pytest

from journal_kit import Watched
from kit import (
    CODEC,
    START,
    Party,
    change_request,
    macks,
    message,
    other,
    outcome,
    parse,
    runtime,
    scenario,
    transactions,
    transfer,
)
from simulator.base.clock import Clock
from simulator.base.http import HttpReply
from simulator.base.turn import Event
from simulator.runtime import Runtime
from simulator.scenario.model import MessageMatch, Reject, Rule, Scenario, Where
from simulator.stores.journal import Journal, JournalFailed
from simulator.stores.opening import open_journal
from simulator.stores.sqlite import SqliteJournal

CONTEXT = "catsm_retaila_1"


class SlowJournal:
    """A journal in a test's hands: it flushes when it is let, fails when it is told to, and loses what it had not."""

    def __init__(self) -> None:
        self.flushed: list[Event] = []
        self.taken: list[Event] = []
        self.base = 0
        self.free = asyncio.Event()
        self.free.set()
        self.fault: str | None = None
        self.waiting = 0

    def replay(self, progress: Callable[[int, int], None] | None = None) -> Iterator[Event]:
        return iter(tuple(self.flushed))

    def append(self, events: Sequence[Event]) -> int:
        if self.fault == "append":
            raise JournalFailed("the disk is full")
        self.taken += events
        return self.base + len(self.taken)

    @property
    def safe(self) -> int:
        return self.base + len(self.flushed)

    async def durable(self, position: int) -> None:
        self.waiting += 1
        await self.free.wait()
        self.waiting -= 1
        if self.fault == "flush":
            raise JournalFailed("the disk is full")
        assert position <= self.base + len(self.taken)
        self.flushed = list(self.taken)

    def clear(self) -> int:
        self.base += len(self.taken) + 1
        self.taken, self.flushed = [], []
        return self.base

    async def close(self) -> None:
        self.free.set()


async def all_who_wait(journal: SlowJournal, many: int) -> None:
    """Let the loop run until so many wait for the flush, and then some: nobody else comes past it."""
    for _ in range(100):
        await asyncio.sleep(0)
    assert journal.waiting == many


async def slow_house() -> tuple[SlowJournal, Runtime, dict[str, str]]:
    """A house with a message in RETAILA's queue; from then on nothing is flushed until ``free`` is set."""
    journal = SlowJournal()
    house = runtime(journal=journal)
    assert outcome(await Party(house).submit(transfer(9), "catsm_retaila_9")).status == "Accept"
    entry = (await Party(house).queue())[0]
    journal.free.clear()
    return journal, house, entry


# Journal before reply


async def test_no_submission_is_answered_before_it_is_durable() -> None:
    journal, house, _ = await slow_house()
    asked = asyncio.create_task(Party(house).submit(transfer(), CONTEXT))
    await all_who_wait(journal, 1)
    assert not asked.done()
    journal.free.set()
    assert outcome(await asked).status == "Accept"
    assert journal.flushed == journal.taken


async def test_nobody_reads_what_is_not_durable_yet() -> None:
    journal, house, _ = await slow_house()
    asked = asyncio.create_task(Party(house).submit(transfer(), CONTEXT))
    await all_who_wait(journal, 1)
    read = asyncio.create_task(Party(house).queue())
    strangers = asyncio.create_task(other(house).queue())
    await all_who_wait(journal, 3)
    assert not any(task.done() for task in (asked, read, strangers))
    journal.free.set()
    assert len(await read) == 3
    assert await strangers == []
    await asked


async def test_no_message_is_handed_out_before_that_is_durable() -> None:
    journal, house, entry = await slow_house()
    asked = asyncio.create_task(Party(house).get(entry["MessageContextID"]))
    await all_who_wait(journal, 1)
    assert not asked.done()
    journal.free.set()
    assert parse((await asked).body).findtext("Header/MessageID") == entry["MessageID"]


async def test_no_acknowledgement_is_answered_before_it_is_durable() -> None:
    journal, house, entry = await slow_house()
    asked = asyncio.create_task(Party(house).acknowledge(macks(entry["MessageID"]), entry["MessageContextID"]))
    await all_who_wait(journal, 1)
    assert not asked.done()
    journal.free.set()
    assert outcome(await asked).status == "Accept"


async def test_no_wrong_password_is_answered_before_it_is_durable() -> None:
    journal, house, _ = await slow_house()
    asked = asyncio.create_task(Party(house, password="guess").call("GET", "getQueueMetaData"))
    await all_who_wait(journal, 1)
    assert not asked.done()
    journal.free.set()
    assert (await asked).status == 401


async def test_a_moved_clock_is_told_when_it_is_durable() -> None:
    journal, house, _ = await slow_house()
    asked = asyncio.create_task(house.advance(timedelta(days=2)))
    await all_who_wait(journal, 1)
    assert not asked.done()
    journal.free.set()
    await asked
    assert journal.flushed == journal.taken


async def test_a_reset_is_told_when_it_is_durable() -> None:
    journal, house, _ = await slow_house()
    asked = asyncio.create_task(house.reset())
    await all_who_wait(journal, 1)
    assert not asked.done()
    journal.free.set()
    await asked


# A journal that fails halts the simulation


async def asked_of_all(party: Party) -> list[HttpReply]:
    """One request of every kind."""
    return [
        await party.submit(transfer(3), "catsm_retaila_3"),
        await party.acknowledge(macks("NEMMCO-MSG-1"), "catsm_nemmco_1"),
        await party.get("catsm_nemmco_1"),
        await party.call("GET", "getQueueMetaData"),
        await party.call("GET", "/HubMessageManagement/v2/getAlerts"),
    ]


@pytest.mark.parametrize("fault", ["append", "flush"])
async def test_a_journal_that_fails_halts_and_nothing_acknowledged_is_lost(fault: str) -> None:
    journal = SlowJournal()
    house = runtime(journal=journal)
    party = Party(house)
    kept = outcome(await party.submit(transfer(1), CONTEXT))
    queue = await party.queue()
    journal.fault = fault
    reply = await party.submit(transfer(2, reason="1030"), "catsm_retaila_2")
    assert (reply.status, reply.body, reply.content_type) == (500, b"", None)
    assert not house.ready
    journal.fault = None
    for later in await asked_of_all(party):
        assert (later.status, later.body, later.rule) == (500, b"", "runtime.halted")
    assert not house.bugs
    again = Party(Runtime.open(house.scenario, journal, house.clock, house.schemas))
    assert again.house.ready
    assert await again.queue() == queue
    repeated = outcome(await again.submit(transfer(1), CONTEXT))
    assert (repeated.status, repeated.duplicate, repeated.receipt) == ("Accept", True, kept.receipt)
    second = outcome(await again.submit(transfer(2, reason="1030"), "catsm_retaila_2"))
    assert (second.status, second.duplicate) == ("Accept", False)


async def test_everybody_who_waits_for_a_flush_that_fails_is_answered_500() -> None:
    journal, house, _ = await slow_house()
    asked = [
        asyncio.create_task(Party(house).submit(transfer(), CONTEXT)),
        asyncio.create_task(other(house).call("GET", "getQueueMetaData")),
    ]
    await all_who_wait(journal, 2)
    journal.fault = "flush"
    journal.free.set()
    assert [(reply.status, reply.body) for reply in await asyncio.gather(*asked)] == [(500, b"")] * 2
    assert not house.ready


@pytest.mark.parametrize("fault", ["append", "flush"])
async def test_a_clock_that_cannot_be_journalled_halts_too(fault: str) -> None:
    journal = SlowJournal()
    house = runtime(journal=journal)
    journal.fault = fault
    with pytest.raises(JournalFailed):
        await house.advance(timedelta(hours=1))
    assert not house.ready


async def test_a_file_that_cannot_be_written_halts_until_it_is_replayed(tmp_path: Path) -> None:
    Watched.opened.clear()
    path = tmp_path / "journal.sqlite"
    journal = SqliteJournal(path, "default", CODEC, factory=Watched)
    house = runtime(journal=journal)
    party = Party(house)
    await party.submit(transfer(1), CONTEXT)
    queue = await party.queue()
    for connection in Watched.opened:
        connection.fault = "disk I/O error"
    reply = await party.submit(transfer(2, reason="1030"), "catsm_retaila_2")
    assert (reply.status, reply.body, house.ready) == (500, b"", False)
    for connection in Watched.opened:
        connection.fault = None
    assert {reply.status for reply in await asked_of_all(party)} == {500}
    await house.close()
    again = Party(runtime(journal=SqliteJournal(path, "default", CODEC)))
    assert await again.queue() == queue
    assert outcome(await again.submit(transfer(1), CONTEXT)).duplicate
    assert not outcome(await again.submit(transfer(2, reason="1030"), "catsm_retaila_2")).duplicate
    await again.house.close()


# What survives a restart


@pytest.fixture(params=["memory:?keep=yes", "sqlite:PATH"])
async def restart(request: pytest.FixtureRequest, tmp_path: Path):
    """Opens the house of a story, and again: as a new process would, with a clock of its own."""
    journals: list[Journal] = []

    async def opened(story: Scenario) -> Runtime:
        if request.param.startswith("sqlite") or not journals:
            for journal in journals:
                await journal.close()
            url = request.param.replace("PATH", str(tmp_path / "journal.sqlite"))
            journals[:] = [open_journal(url, "default", CODEC)]
        return runtime(story, journals[0], Clock(START, rate=0))

    yield opened
    await journals[0].close()


async def test_a_restart_after_a_reset_shows_the_beginning(restart) -> None:
    story = scenario()
    house = await restart(story)
    await Party(house).submit(transfer(), CONTEXT)
    await house.advance(timedelta(days=5))
    await house.reset()
    for shown in (house, await restart(story)):
        assert (await Party(shown).queue(), shown.clock.now()) == ([], START)
        assert list(shown.messages()) == []
        assert list(shown.simulation.market.world.requests.all()) == []
    assert [type(event).__name__ for event in shown.journal.replay()] == ["Begun"]
    assert not outcome(await Party(shown).submit(transfer(), CONTEXT)).duplicate


async def test_a_lock_out_survives_a_restart(restart) -> None:
    house = await restart(scenario())
    for _ in range(5):
        assert (await Party(house, password="guess").call("GET", "getQueueMetaData")).status == 401
    again = await restart(scenario())
    locked = await Party(again).call("GET", "getQueueMetaData")
    assert (locked.status, locked.rule) == (401, "gate.locked-out")
    assert (await other(again).call("GET", "getQueueMetaData")).status == 200
    await again.advance(timedelta(minutes=29))
    later = await restart(scenario())
    assert (await Party(later).call("GET", "getQueueMetaData")).rule == "gate.locked-out"
    await later.advance(timedelta(minutes=1))
    assert (await Party(later).call("GET", "getQueueMetaData")).status == 200


async def test_wrong_passwords_are_counted_across_restarts_and_forgotten_across_them(restart) -> None:
    for _ in range(2):
        house = await restart(scenario())
        for _ in range(2):
            await Party(house, password="guess").call("GET", "getQueueMetaData")
    assert (await Party(house).call("GET", "getQueueMetaData")).status == 200
    house = await restart(scenario())
    await Party(house, password="guess").call("GET", "getQueueMetaData")
    assert (await Party(house).call("GET", "getQueueMetaData")).status == 200


async def test_how_often_a_rule_answered_survives_a_restart(restart) -> None:
    once = Rule("once", Where("t", 1), MessageMatch("CATSChangeRequest"), (Reject(1100, "not today"),), times=1)
    story = scenario(once)
    codes = []
    for number in (1, 2):
        house = await restart(story)
        body = message(transactions(change_request(), first=f"RETAILA-T{number}-"), message_id=f"RETAILA-MSG-{number}")
        await Party(house).submit(body, f"catsm_retaila_{number}")
        answered = (await Party(house).clear())[0]
        codes.append(answered.findtext(".//CATSChangeResponse/Event/Code"))
    assert codes == ["1100", "0"]
    assert house.simulation.engine.used("once") == 1
