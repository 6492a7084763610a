"""Events and openings that the tests of journals share."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from datetime import datetime
from pathlib import Path

import pytest

from simulator.base.clock import MARKET_ZONE
from simulator.base.turn import Event
from simulator.stores import EventCodec, JournalFailed
from simulator.stores.sqlite import SqliteJournal

NOW = datetime(2026, 3, 2, 9, tzinfo=MARKET_ZONE)


class Noted(Event, frozen=True, tag=True):
    """A number was noted, with a body."""

    number: int
    text: str = ""
    body: bytes = b""


class Crossed(Event, frozen=True, tag=True):
    """Something of another type happened."""

    pairs: tuple[tuple[str, str], ...] = ()


class Strange(Event, frozen=True, tag=True):
    """An event that no codec of these tests was told of."""


TYPES = (Noted, Crossed)
CODEC = EventCodec(TYPES)


def noted(*numbers: int) -> list[Event]:
    """One event for each number."""
    return [Noted(NOW, number) for number in numbers]


def numbers(events: Sequence[Event]) -> list[int]:
    """The numbers of such events."""
    return [event.number for event in events if isinstance(event, Noted)]


def sqlite_journal(path: Path, stream: str = "main", *, full: bool = False) -> SqliteJournal:
    """A stream of a file."""
    return SqliteJournal(path, stream, CODEC, full=full)


async def filled(path: Path, *batches: tuple[int, ...], stream: str = "main") -> None:
    journal = sqlite_journal(path, stream)
    for batch in batches:
        await journal.durable(journal.append(noted(*batch)))
    await journal.close()


async def kept(path: Path, stream: str = "main") -> list[int]:
    journal = sqlite_journal(path, stream)
    try:
        return numbers([*journal.replay()])
    finally:
        await journal.close()


def by_hand(path: Path, *statements: str) -> None:
    with closing(sqlite3.connect(path)) as connection:
        for statement in statements:
            connection.execute(statement)
        connection.commit()


def refused(path: Path, stream: str = "main") -> str:
    with pytest.raises(JournalFailed) as caught:
        sqlite_journal(path, stream)
    assert "\n" not in str(caught.value)
    assert str(path) in str(caught.value)
    return str(caught.value)


class Watched(sqlite3.Connection):
    """A connection that a test can get hold of, and that fails when it is told to."""

    opened: list[Watched] = []  # noqa: RUF012 - the test empties it
    fault: str | None = None
    on: str = "INSERT INTO batch"

    def __init__(self, *arguments: object, **named: object) -> None:
        super().__init__(*arguments, **named)  # type: ignore[arg-type]  # passed on as they came
        Watched.opened.append(self)

    def execute(self, sql: str, parameters: Sequence[object] = (), /) -> sqlite3.Cursor:  # type: ignore[override]
        """As any connection, unless there is a fault."""
        if self.fault is not None and sql.startswith(self.on):
            raise sqlite3.OperationalError(self.fault)
        return super().execute(sql, parameters)  # type: ignore[arg-type]  # passed on as they came
