from __future__ import annotations

import asyncio
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from journal_kit import (
    CODEC,
    NOW,
    Noted,
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
from simulator.stores.sqlite_file import FORMAT

# Open, close, open


async def test_a_restart_goes_on_where_it_ended(path: Path) -> None:
    await filled(path, (1, 2), (3,))
    journal = sqlite_journal(path)
    assert journal.safe == 3
    assert numbers([*journal.replay()]) == [1, 2, 3]
    assert journal.append(noted(4)) == 4
    await journal.close()
    assert await kept(path) == [1, 2, 3, 4]


async def test_close_flushes_what_nobody_waits_for(path: Path) -> None:
    journal = sqlite_journal(path)
    for number in range(1000):
        journal.append(noted(number))
    await journal.close()
    assert journal.safe == 1000
    assert await kept(path) == list(range(1000))


async def test_a_clear_survives_a_restart_with_its_positions(path: Path) -> None:
    journal = sqlite_journal(path)
    journal.append(noted(1, 2))
    journal.clear()
    await journal.close()
    again = sqlite_journal(path)
    assert (again.safe, list(again.replay())) == (3, [])
    again.append(noted(3))
    await again.close()
    assert await kept(path) == [3]


async def test_streams_of_a_file_are_apart(path: Path) -> None:
    one, other = sqlite_journal(path, "one"), sqlite_journal(path, "other")
    await asyncio.gather(*(j.durable(j.append(noted(n))) for n in range(50) for j in (one, other)))
    one.clear()
    await one.durable(one.append(noted(99)))
    await one.close()
    await other.durable(other.append(noted(50)))
    assert numbers([*other.replay()]) == list(range(51))
    await other.close()
    assert await kept(path, "one") == [99]
    assert await kept(path, "other") == list(range(51))
    assert await kept(path, "third") == []


async def test_streams_that_clear_in_one_flush_get_runs_of_their_own(path: Path) -> None:
    one, other = sqlite_journal(path, "one"), sqlite_journal(path, "other")
    for journal in (one, other):
        journal.append(noted(1))
        journal.clear()
        journal.append(noted(2))
    await one.close()
    await other.close()
    assert (await kept(path, "one"), await kept(path, "other")) == ([2], [2])


def test_a_journal_outlives_the_loop_it_was_used_from(path: Path) -> None:
    journal = sqlite_journal(path)

    async def use(number: int) -> None:
        await journal.durable(journal.append(noted(number)))
        journal.append(noted(-number))

    for number in (1, 2, 3):
        asyncio.run(use(number))
    asyncio.run(journal.close())
    assert asyncio.run(kept(path)) == [1, -1, 2, -2, 3, -3]


async def test_a_whole_megabyte_and_every_byte(path: Path) -> None:
    event = Noted(NOW, 1, "", bytes(range(256)) * 4096)
    journal = sqlite_journal(path)
    await journal.durable(journal.append([event] * 3))
    await journal.close()
    again = sqlite_journal(path)
    assert list(again.replay()) == [event] * 3
    await again.close()


async def test_full_durability_is_asked_of_sqlite(path: Path) -> None:
    for full, level in ((False, 1), (True, 2)):
        journal = SqliteJournal(path, "main", CODEC, full=full, factory=Watched)
        assert Watched.opened[-1].execute("PRAGMA synchronous").fetchone() == (level,)
        await journal.close()


# Whose file it is


async def test_the_file_is_stamped(path: Path) -> None:
    await filled(path, (1,))
    with closing(sqlite3.connect(path)) as connection:
        (application,) = connection.execute("PRAGMA application_id").fetchone()
        assert application.to_bytes(4, "big") == b"ehub"
        assert connection.execute("PRAGMA user_version").fetchone() == (FORMAT,)
        assert dict(connection.execute("SELECT * FROM meta")) == {"product": "ehubsim", "format": str(FORMAT)}


@pytest.mark.parametrize(
    "statements",
    [
        (f"PRAGMA user_version = {FORMAT + 1}",),
        ("PRAGMA user_version = 0",),
        (f"UPDATE meta SET value = '{FORMAT + 1}' WHERE name = 'format'",),
        ("DELETE FROM meta",),
    ],
)
def test_another_format_is_refused_and_left_alone(path: Path, statements: tuple[str, ...]) -> None:
    asyncio.run(filled(path, (1,)))
    by_hand(path, *statements)
    before = path.read_bytes()
    assert f"this ehubsim reads {FORMAT}; use the one that wrote it, or a new file" in refused(path)
    assert path.read_bytes() == before


def test_a_database_of_something_else_is_refused_and_left_alone(path: Path) -> None:
    by_hand(path, "CREATE TABLE invoices (number TEXT)")
    before = path.read_bytes()
    assert "not an ehubsim journal; it is left as it is" in refused(path)
    assert path.read_bytes() == before
    assert [file.name for file in path.parent.iterdir()] == [path.name]


@pytest.mark.parametrize("content", [b"scenario: not a database\n" * 50, b"x", b"SQLite format 3\x00" + b"\xff" * 200])
def test_a_file_that_is_no_database_is_refused_and_left_alone(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    assert "journal" in refused(path)
    assert path.read_bytes() == content


def test_an_empty_file_is_a_new_journal(path: Path) -> None:
    path.touch()
    asyncio.run(filled(path, (1,)))
    assert asyncio.run(kept(path)) == [1]


def test_places_where_no_file_can_be_are_named(tmp_path: Path) -> None:
    assert f"there is no directory {tmp_path / 'nowhere'}" in refused(tmp_path / "nowhere" / "j.sqlite")
    assert "unable to open database file" in refused(tmp_path)


# Who holds it


async def test_a_stream_is_opened_once(path: Path) -> None:
    journal = sqlite_journal(path)
    assert "its stream 'main' is open already" in refused(path)
    await journal.durable(journal.append(noted(1)))
    await journal.close()
    assert await kept(path) == [1]


async def test_by_any_name_it_is_the_same_file(path: Path) -> None:
    journal = sqlite_journal(path)
    link = path.with_name("link.sqlite")
    link.symlink_to(path)
    with pytest.raises(JournalFailed, match="is open already"):
        sqlite_journal(link)
    await journal.close()


OPEN_AND_SAY = """
import sys
from pathlib import Path
from journal_kit import sqlite_journal
from simulator.stores import JournalFailed
try:
    sqlite_journal(Path(sys.argv[1]), sys.argv[2])
except JournalFailed as failed:
    print(failed)
    sys.exit(3)
"""


@pytest.mark.parametrize("stream", ["main", "other"])
async def test_another_process_is_kept_out_while_it_is_open(path: Path, stream: str) -> None:
    journal = sqlite_journal(path)
    await journal.durable(journal.append(noted(1)))
    done = await asyncio.to_thread(_in_another_process, path, stream)
    assert done.returncode == 3
    assert done.stdout.strip().endswith("another process has it open; stop that one, or use a file of its own")
    await journal.durable(journal.append(noted(2)))
    await journal.close()
    assert (await asyncio.to_thread(_in_another_process, path, stream)).returncode == 0
    assert await kept(path) == [1, 2]


def _in_another_process(path: Path, stream: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", OPEN_AND_SAY, str(path), stream]
    return subprocess.run(command, cwd=Path(__file__).parents[1], capture_output=True, text=True, check=False)


async def test_no_start_is_lost_when_two_make_the_file_at_once(path: Path) -> None:
    done = await asyncio.gather(*(asyncio.to_thread(_in_another_process, path, "main") for _ in range(2)))
    assert 0 in [one.returncode for one in done]
    assert await kept(path) == []
