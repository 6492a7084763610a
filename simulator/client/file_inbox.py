"""The inbox on disk: one SQLite file, every step flushed to the disk before the next (WAL, ``synchronous=FULL``).

The file is stamped with its format, and held by one process at a time: two drains on one inbox would handle twice.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from threading import Lock
from types import TracebackType

import msgspec

from simulator.client.errors import ClientError, Kind
from simulator.client.inbox import (
    REMEMBERED,
    UNFINISHED,
    Arrival,
    Changing,
    Entry,
    Outcome,
    State,
    first_entry,
)

FORMAT = 1
_APPLICATION = 0x65687369  # "ehsi"
_COLUMNS = (
    "context_id, digest, sender, message_id, tgroup, release, priority, wants, body, key, state, starts, refusals, "
    "repeat, outcome, acknowledgement"
)
_TABLE = """
CREATE TABLE entry (
  number INTEGER PRIMARY KEY AUTOINCREMENT, context_id TEXT NOT NULL, digest TEXT NOT NULL, sender TEXT NOT NULL,
  message_id TEXT NOT NULL, tgroup TEXT NOT NULL, release TEXT, priority TEXT, wants INTEGER NOT NULL,
  body BLOB NOT NULL, key TEXT NOT NULL, state TEXT NOT NULL, starts INTEGER NOT NULL, refusals INTEGER NOT NULL,
  repeat INTEGER NOT NULL, outcome BLOB, acknowledgement BLOB, UNIQUE (context_id, digest));
CREATE INDEX entry_by_id ON entry (sender, message_id);
CREATE INDEX entry_by_state ON entry (state, number);
"""


class FileInbox(Changing):
    """An inbox in ``directory``, made when not there; ``remember`` acknowledged messages are kept to know repeats.

    Raises `ClientError` (inbox) when the directory cannot be used, is used by another process, or is of another format.
    """

    def __init__(self, directory: str | Path, remember: int = REMEMBERED) -> None:
        self.path = Path(directory) / "inbox.sqlite"
        self._remember = remember
        self._lock = Lock()
        with self._explained():
            self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._database = sqlite3.connect(self.path, timeout=0, isolation_level=None, check_same_thread=False)
        try:
            with self._explained():
                self._open()
        except ClientError:
            self._database.close()
            raise

    def _open(self) -> None:
        run = self._database.execute
        run("PRAGMA locking_mode=EXCLUSIVE")
        run("PRAGMA journal_mode=WAL")
        run("PRAGMA synchronous=FULL")
        run("BEGIN EXCLUSIVE")
        stamp = (run("PRAGMA application_id").fetchone()[0], run("PRAGMA user_version").fetchone()[0])
        if stamp == (0, 0) and not run("SELECT count(*) FROM sqlite_master").fetchone()[0]:
            for statement in _TABLE.split(";\n"):
                run(statement)
            run(f"PRAGMA application_id={_APPLICATION}")
            run(f"PRAGMA user_version={FORMAT}")
        elif stamp != (_APPLICATION, FORMAT):
            run("ROLLBACK")
            raise ClientError(Kind.INBOX, f"{self.path} is no inbox of format {FORMAT}; choose another directory")
        run("COMMIT")

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.OperationalError as error:
            if "locked" in str(error):
                text = f"the inbox {self.path} is in use by another process"
            else:
                text = f"the inbox {self.path} cannot be used: {error}"
            raise ClientError(Kind.INBOX, text) from None
        except (sqlite3.Error, OSError) as error:
            raise ClientError(Kind.INBOX, f"the inbox {self.path} cannot be used: {error}") from None

    @contextmanager
    def _transaction(self) -> Iterator[Callable[..., sqlite3.Cursor]]:
        with self._lock, self._explained():
            self._database.execute("BEGIN IMMEDIATE")
            try:
                yield self._database.execute
            except BaseException:
                self._database.execute("ROLLBACK")
                raise
            try:
                self._database.execute("COMMIT")
            except sqlite3.Error:
                if self._database.in_transaction:
                    self._database.execute("ROLLBACK")
                raise

    def close(self) -> None:
        """Let go of the file."""
        with self._lock:
            self._database.close()

    def __enter__(self) -> FileInbox:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def receive(self, arrival: Arrival, outcome: Outcome | None = None) -> Entry:
        """See `Inbox`."""
        with self._transaction() as run:
            where = "sender = ? AND message_id = ?"
            known = _entries(run(_select(where), (arrival.sender, arrival.message_id)))
            for entry in known:
                if entry.context_id == arrival.context_id and entry.arrival.digest == arrival.digest:
                    return entry
            entry = first_entry(0, arrival, outcome, known)
            marks = ", ".join("?" * (_COLUMNS.count(",") + 1))
            cursor = run(f"INSERT INTO entry ({_COLUMNS}) VALUES ({marks})", _row(entry))  # noqa: S608  # own constants
            return replace(entry, number=cursor.lastrowid or 0)

    def _change(self, entry: Entry, change: Callable[[Entry], Entry]) -> Entry:
        with self._transaction() as run:
            changed = change(_entries(run(_select("number = ?"), (entry.number,)))[0])
            marks = ", ".join(f"{column} = ?" for column in _COLUMNS.split(", "))
            run(f"UPDATE entry SET {marks} WHERE number = ?", (*_row(changed), entry.number))  # noqa: S608  # own constants
            return changed

    def unfinished(self, group: str | None) -> tuple[Entry, ...]:
        """See `Inbox`."""
        states = ", ".join(f"'{state}'" for state in UNFINISHED)
        with self._lock, self._explained():
            run = self._database.execute
            where = f"state IN ({states}) AND (? IS NULL OR tgroup = ?) ORDER BY number"
            return _entries(run(_select(where), (group, group)))

    def forget(self, listed: Collection[str], group: str | None) -> int:
        """See `Inbox`."""
        done = f"state = '{State.ACKNOWLEDGED}' AND (? IS NULL OR tgroup = ?)"
        query = f"SELECT number, context_id FROM entry WHERE {done} ORDER BY number DESC LIMIT -1 OFFSET ?"  # noqa: S608  # own constants
        with self._lock, self._explained():
            rows = self._database.execute(query, (group, group, self._remember)).fetchall()
        old = [(number,) for number, context_id in rows if context_id not in listed]
        if old:
            with self._transaction():
                self._database.executemany("DELETE FROM entry WHERE number = ?", old)
        return len(old)


def _select(where: str) -> str:
    return f"SELECT number, {_COLUMNS} FROM entry WHERE {where}"  # noqa: S608  # own constants, values are bound


def _row(entry: Entry) -> tuple[object, ...]:
    a = entry.arrival
    outcome = None if entry.outcome is None else msgspec.json.encode(entry.outcome)
    return (
        *(
            a.context_id,
            a.digest,
            a.sender,
            a.message_id,
            a.group,
            a.release,
            a.priority,
            a.wants_acknowledgement,
            a.body,
        ),
        *(entry.key, str(entry.state), entry.starts, entry.refusals, entry.repeat, outcome, entry.acknowledgement),
    )


def _entries(rows: sqlite3.Cursor) -> tuple[Entry, ...]:
    return tuple(_entry(row) for row in rows.fetchall())


def _entry(row: tuple[object, ...]) -> Entry:
    number, context_id, digest, sender, message_id, group, release, priority, wants, body = row[:10]
    key, state, starts, refusals, repeat, outcome, acknowledgement = row[10:]
    found = None if outcome is None else msgspec.json.decode(outcome, type=Outcome)  # type: ignore[call-overload]  # a BLOB
    arrival = Arrival(context_id, sender, message_id, digest, group, body, release, priority, bool(wants))  # type: ignore[arg-type]  # by the table's types
    return Entry(number, arrival, key, State(state), starts, refusals, bool(repeat), found, acknowledgement)  # type: ignore[arg-type]  # by the table's types
