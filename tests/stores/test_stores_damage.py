"""When a journal file fails, and what is left of it."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from journal_kit import (
    CODEC,
    NOW,
    Noted,
    Strange,
    Watched,
    by_hand,
    filled,
    kept,
    noted,
    numbers,
    refused,
    sqlite_journal,
)
from simulator.stores import JournalFailed
from simulator.stores.sqlite import SqliteJournal
from simulator.stores.sqlite_file import Cleared, JournalFile, Rows

# When it fails


async def full_disk(path: Path, room: int) -> tuple[SqliteJournal, list[int]]:
    """A journal on a disk that has room for so many more pages, filled until it fails; and what was acknowledged."""
    journal = SqliteJournal(path, "main", CODEC, factory=Watched)
    (pages,) = Watched.opened[-1].execute("PRAGMA page_count").fetchone()
    Watched.opened[-1].execute(f"PRAGMA max_page_count = {pages + room}")
    acknowledged: list[int] = []

    async def fill() -> None:
        for number in range(10_000):
            await journal.durable(journal.append([Noted(NOW, number, "x" * 500)]))
            acknowledged.append(number)

    with pytest.raises(JournalFailed, match="database or disk is full; nothing acknowledged is lost: make room"):
        await fill()
    return journal, acknowledged


@pytest.mark.parametrize("room", [0, 1, 7])
async def test_a_full_disk_loses_nothing_acknowledged(path: Path, room: int) -> None:
    journal, acknowledged = await full_disk(path, room)
    assert acknowledged
    with pytest.raises(JournalFailed, match="disk is full"):
        journal.append(noted(1))
    with pytest.raises(JournalFailed, match="disk is full"):
        journal.clear()
    assert journal.safe == len(acknowledged)
    assert numbers([*journal.replay()]) == acknowledged
    await journal.close()
    assert await kept(path) == acknowledged
    await filled(path, (-1,))
    assert await kept(path) == [*acknowledged, -1]


async def test_a_failure_reaches_every_waiter_and_every_stream(path: Path) -> None:
    one = SqliteJournal(path, "one", CODEC, factory=Watched)
    other = sqlite_journal(path, "other")
    await one.durable(one.append(noted(1)))
    Watched.opened[-1].fault = "disk I/O error"
    waits = [
        one.durable(one.append(noted(2))),
        one.durable(one.append(noted(3))),
        other.durable(other.append(noted(4))),
    ]
    failed = await asyncio.gather(*waits, return_exceptions=True)
    assert [str(failure) for failure in failed] == [f"journal {path}: cannot write to it: disk I/O error"] * 3
    for journal in (one, other):
        with pytest.raises(JournalFailed, match="disk I/O error"):
            journal.append(noted(5))
    await one.durable(1)
    assert "disk I/O error" in refused(path, "third")
    await one.close()
    await other.close()
    assert (await kept(path, "one"), await kept(path, "other")) == ([1], [])


async def test_a_failed_commit_takes_nothing(path: Path) -> None:
    one = SqliteJournal(path, "one", CODEC, factory=Watched)
    other = sqlite_journal(path, "other")
    Watched.opened[-1].on, Watched.opened[-1].fault = "COMMIT", "disk I/O error"
    one.clear()
    one.append(noted(1))
    with pytest.raises(JournalFailed, match="disk I/O error"):
        await other.durable(other.append(noted(2)))
    assert list(one.replay()) == list(other.replay()) == []
    with pytest.raises(JournalFailed, match="disk I/O error"):
        await one.close()
    await other.close()
    assert (await kept(path, "one"), await kept(path, "other")) == ([], [])


def test_a_transaction_that_fails_leaves_nothing_to_be_read(path: Path) -> None:
    file = JournalFile(path, Watched)
    run = file.standing("main").run
    Watched.opened[-1].on, Watched.opened[-1].fault = "COMMIT", "disk I/O error"
    with pytest.raises(JournalFailed, match="disk I/O error"):
        file.write([Rows(run, 1, b"{}\n"), Rows(run, 2, b"{}\n")])
    assert file.read(run, 0, 9, 9) == []
    file.close()


async def test_a_failure_that_nobody_was_told_of_is_told_at_close(path: Path) -> None:
    journal = SqliteJournal(path, "main", CODEC, factory=Watched)
    Watched.opened[-1].fault = "disk I/O error"
    journal.append(noted(1))
    with pytest.raises(JournalFailed, match="disk I/O error"):
        await journal.close()
    assert await kept(path) == []


async def test_a_fault_of_our_own_is_told_too(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    journal = sqlite_journal(path)

    def broken(*_: object) -> None:
        raise ZeroDivisionError("a bug")

    monkeypatch.setattr(JournalFile, "write", broken)
    with pytest.raises(JournalFailed, match=r"ZeroDivisionError\('a bug'\)"):
        await journal.durable(journal.append(noted(1)))
    await journal.close()


async def test_an_event_that_cannot_be_written_ends_its_stream_alone(path: Path) -> None:
    one, other = sqlite_journal(path, "one"), sqlite_journal(path, "other")
    with pytest.raises(JournalFailed, match="does not know events of type Strange"):
        one.append([*noted(1), Strange(NOW)])
    with pytest.raises(JournalFailed, match="does not know events of type Strange"):
        one.append(noted(2))
    await other.durable(other.append(noted(3)))
    await one.close()
    await other.close()
    assert (await kept(path, "one"), await kept(path, "other")) == ([], [3])


# What is left of it


async def crashed(path: Path, batches: int) -> tuple[Path, Path]:
    """The files as a process leaves them that dies after so many acknowledged flushes, and before any checkpoint."""
    journal = sqlite_journal(path)
    for number in range(batches):
        await journal.durable(journal.append(noted(number)))
    copy = path.with_name("copy.sqlite")
    for suffix in ("", "-wal"):
        copy.with_name(copy.name + suffix).write_bytes(path.with_name(path.name + suffix).read_bytes())
    await journal.close()
    return copy, copy.with_name(copy.name + "-wal")


async def test_a_dead_process_leaves_everything_acknowledged(path: Path) -> None:
    copy, _ = await crashed(path, 20)
    assert await kept(copy) == list(range(20))


@pytest.mark.parametrize("cut", [1, 100, 4095, 4097, 5000, 20_000])
async def test_a_torn_last_write_leaves_what_came_before_it(path: Path, cut: int) -> None:
    copy, log = await crashed(path, 20)
    content = log.read_bytes()
    log.write_bytes(content[:-cut])
    left = await kept(copy)
    assert left == list(range(len(left)))
    assert len(left) >= 19 - cut // 4096
    await filled(copy, (100,))
    assert await kept(copy) == [*left, 100]


async def test_a_garbled_last_write_leaves_what_came_before_it(path: Path) -> None:
    copy, log = await crashed(path, 20)
    content = bytearray(log.read_bytes())
    content[-2000:-1000] = b"\xaa" * 1000
    log.write_bytes(content)
    assert await kept(copy) == list(range(19))


@pytest.mark.parametrize("share", [0.3, 0.6, 0.9])
def test_a_file_that_lost_its_end_is_named(path: Path, share: float) -> None:
    asyncio.run(filled(path, *[(n,) * 50 for n in range(60)]))
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * share)])
    with pytest.raises(JournalFailed, match=r"damaged|cannot (open|read) it") as caught:
        asyncio.run(kept(path))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM batch WHERE id = (SELECT min(id) FROM batch)",
        "DELETE FROM batch WHERE id = (SELECT id FROM batch ORDER BY id LIMIT 1 OFFSET 40)",
        "UPDATE batch SET events = events || events WHERE id = (SELECT max(id) FROM batch)",
        "UPDATE batch SET events = substr(events, 30) WHERE id = (SELECT id FROM batch ORDER BY id LIMIT 1 OFFSET 40)",
        "UPDATE batch SET events = x'' WHERE id = (SELECT max(id) FROM batch)",
    ],
)
async def test_events_that_are_missing_or_damaged_are_noticed(path: Path, statement: str) -> None:
    await filled(path, *[(n, n) for n in range(60)])
    by_hand(path, statement)
    with pytest.raises(JournalFailed, match="damaged"):
        await kept(path)


async def test_the_last_rows_going_while_it_is_open_is_noticed(path: Path) -> None:
    journal = SqliteJournal(path, "main", CODEC, factory=Watched)
    for number in range(3):
        await journal.durable(journal.append(noted(number)))
    Watched.opened[-1].execute("DELETE FROM batch WHERE id = (SELECT max(id) FROM batch)")
    with pytest.raises(JournalFailed, match="the events from 3 to 3 are damaged"):
        list(journal.replay())
    await journal.close()


# Sweeping


def test_what_a_clear_leaves_behind_is_swept_in_small_steps(path: Path) -> None:
    file = JournalFile(path)
    standing = file.standing("main")
    file.write([Rows(standing.run, position, b"{}\n") for position in range(1, 51)])
    new = file.new_run()
    file.write([Rows(new, 52, b"{}\n")], [Cleared("main", standing.run, new, 51)])
    steps = 0
    while file.has_garbage:
        file.sweep()
        steps += 1
    assert steps == 3
    assert file.read(standing.run, 0, 50, 100) == []
    assert file.read(new, 51, 52, 100) == [(52, b"{}\n")]
    file.close()
    reopened = JournalFile(path)
    assert not reopened.has_garbage
    assert reopened.standing("main").position == 52
    reopened.close()


def test_sweeping_goes_on_after_a_restart_and_no_run_is_given_out_twice(path: Path) -> None:
    file = JournalFile(path)
    old, new = file.standing("main").run, file.new_run()
    file.write([Rows(old, position, b"{}\n") for position in range(1, 31)])
    file.write([], [Cleared("main", old, new, 31)])
    file.sweep()
    file.close()
    again = JournalFile(path)
    assert again.has_garbage
    assert again.new_run() not in (old, new)
    again.sweep()
    assert not again.has_garbage
    again.close()


async def test_the_writer_sweeps_when_it_is_idle(path: Path) -> None:
    journal = SqliteJournal(path, "main", CODEC, factory=Watched)
    for number in range(100):
        await journal.durable(journal.append(noted(number)))
    await journal.durable(journal.clear())
    for number in range(20):  # each flush leaves room for at least one step
        await journal.durable(journal.append(noted(number)))
    await journal.close()
    assert await kept(path) == list(range(20))


async def test_a_sweep_that_fails_is_a_failure_like_any_other(path: Path) -> None:
    journal = SqliteJournal(path, "main", CODEC, factory=Watched)
    await journal.durable(journal.append(noted(1)))
    Watched.opened[-1].on, Watched.opened[-1].fault = "DELETE", "disk I/O error"
    await journal.durable(journal.clear())

    async def go_on() -> None:
        while True:
            await journal.durable(journal.append(noted(2)))

    with pytest.raises(JournalFailed, match="disk I/O error"):
        await go_on()
    await journal.close()
