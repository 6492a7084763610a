from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from journal_kit import CODEC, noted, numbers
from simulator.base.errors import BadValue
from simulator.stores import JournalFailed, MemoryJournal, open_journal


@pytest.mark.parametrize(
    "url",
    [
        "",
        "memory",
        "memory:x",
        "memory:?keep=maybe",
        "memory:?durable=full",
        "sqlite",
        "sqlite:",
        "sqlite:?durable=full",
        "sqlite:a?durable=half",
        "sqlite:a?keep=no",
        "sqlite:a?durable=full&keep=no",
        "mysql://x",
        "Sqlite:a",
    ],
)
def test_other_urls_are_refused_in_one_line(url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(BadValue) as caught:
        open_journal(url, "main", CODEC)
    assert caught.value.rule == "journal.kind"
    assert "\n" not in str(caught.value)
    assert "postgresql" not in str(caught.value)
    assert list(tmp_path.iterdir()) == []


def test_postgresql_is_not_there_yet() -> None:
    with pytest.raises(BadValue, match="not there yet; use sqlite:PATH or memory:") as caught:
        open_journal("postgresql://user:secret@host/db", "main", CODEC)
    assert caught.value.rule == "journal.kind"
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("name", ["j.sqlite", "with space %41 ü.db", ":memory:"])
async def test_a_path_is_a_path(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    journal = open_journal(f"sqlite:{name}", "main", CODEC)
    journal.append(noted(1))
    await journal.close()
    assert (tmp_path / name).is_file()
    again = open_journal(f"sqlite://{tmp_path / name}?durable=normal", "main", CODEC)
    assert numbers([*again.replay()]) == [1]
    await again.close()


async def test_a_memory_journal_need_not_keep_what_it_counts() -> None:
    journal = open_journal("memory:", "main", CODEC)
    assert isinstance(journal, MemoryJournal)
    assert list(journal.replay()) == []
    await journal.durable(journal.append(noted(1, 2)))
    assert journal.safe == 2
    with pytest.raises(JournalFailed, match="does not keep them"):
        journal.replay()
    journal.clear()
    assert list(journal.replay()) == []


def test_who_keeps_events_in_memory_loads_no_database() -> None:
    code = (
        "import sys; from simulator.stores import EventCodec, open_journal; from simulator.base.turn import Fired;"
        "open_journal('memory:', 'main', EventCodec((Fired,))); sys.exit('sqlite3' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
