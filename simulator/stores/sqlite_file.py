"""The only place that knows what an ehubsim journal file looks like: its stamp, its tables, every statement on it.

One row of ``batch`` is what one flush took of one stream: lines of the codec. Its id is ``run << 36 | position``, where
``position`` counts the events of the stream up to the end of the row and ``run`` is a number the stream has to itself
until it is cleared. So order is the primary key's, reading a stream is one range, and clearing it is one changed
number: the rows of an abandoned run are ``garbage``, to be swept away when there is nothing else to do.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from simulator.stores.journal import JournalFailed

APPLICATION = 0x65687562
"""``ehub``, as the application id in SQLite's header."""
FORMAT = 2
"""Counts the ways journals were ever written. Another number is refused: there is no silent conversion."""

_NOT_OURS = "this file is not an ehubsim journal; it is left as it is"
_SMALLEST = 512
"""SQLite's smallest page, in bytes."""
_POSITION_BITS = 36
_SWEEP_ROWS = 20
_LOCK_SECONDS = 1.0
"""How long a file may be busy, for instance with its last holder's farewell."""
_TABLES = """
BEGIN EXCLUSIVE;
CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE stream (name TEXT PRIMARY KEY, run INTEGER NOT NULL UNIQUE, base INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE garbage (run INTEGER PRIMARY KEY);
CREATE TABLE batch (id INTEGER PRIMARY KEY, events BLOB NOT NULL);
"""
_INSERT = "INSERT INTO batch VALUES (?, ?)"
_NEXT = "SELECT id, events FROM batch WHERE id > ? AND id <= ? ORDER BY id LIMIT ?"
_LAST = "SELECT max(id) FROM batch WHERE id > ? AND id < ?"
_SWEEP = "DELETE FROM batch WHERE id IN (SELECT id FROM batch WHERE id > ? AND id < ? LIMIT ?)"


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a stream stands: its run, the position it was last cleared at, the position of its last event."""

    run: int
    base: int
    position: int


@dataclass(frozen=True, slots=True)
class Rows:
    """Lines of a run that end at a position."""

    run: int
    position: int
    lines: bytes


@dataclass(frozen=True, slots=True)
class Cleared:
    """A stream leaves its old run for a new one, which counts on from ``base``."""

    stream: str
    old_run: int
    run: int
    base: int


class JournalFile:
    """An open journal file. Any thread may call it; each call is one transaction. All raise `JournalFailed`."""

    def __init__(self, path: Path, factory: type[sqlite3.Connection] = sqlite3.Connection) -> None:
        """Open a file for this process alone, making it if there is none.

        A file that is in use, not ours, or of another format is left as it was.
        """
        self.path = path
        self._using = threading.Lock()
        if not path.parent.is_dir():
            raise JournalFailed(f"journal {path}: there is no directory {path.parent}")
        if path.is_file() and 0 < path.stat().st_size < _SMALLEST:
            raise JournalFailed(f"journal {path}: {_NOT_OURS}")  # SQLite would take so short a file for an empty one
        with self._doing("open it"):
            self._connection = sqlite3.connect(
                path, timeout=_LOCK_SECONDS, isolation_level=None, check_same_thread=False, factory=factory
            )
        try:
            with self._doing("open it"):
                self._prepare()
        except JournalFailed:
            self._connection.close()
            raise

    def _prepare(self) -> None:
        run = self._connection.execute
        run("PRAGMA locking_mode = EXCLUSIVE")
        run("BEGIN EXCLUSIVE")  # from here on, and until it is closed, the file is ours alone
        new = self._is_new()
        run("COMMIT")
        if run("PRAGMA journal_mode = WAL").fetchone() != ("wal",):
            raise JournalFailed(f"journal {self.path}: this file system cannot keep a write-ahead log")
        run("PRAGMA synchronous = NORMAL")
        if new:
            self._stamp()
        self._garbage = [number for (number,) in run("SELECT run FROM garbage ORDER BY run")]
        (last,) = run("SELECT max(run) FROM stream").fetchone()
        self._last_run: int = max([last or 0, *self._garbage])

    def _is_new(self) -> bool:
        run = self._connection.execute
        (application,), (version,) = (run(f"PRAGMA {name}").fetchone() for name in ("application_id", "user_version"))
        (tables,) = run("SELECT count(*) FROM sqlite_master").fetchone()
        if application == version == tables == 0:
            return True
        if application != APPLICATION:
            raise JournalFailed(f"journal {self.path}: {_NOT_OURS}")
        found = str(version)
        if version == FORMAT:
            found = dict(run("SELECT name, value FROM meta")).get("format", "unknown")
        if found != str(FORMAT):
            reason = f"it has format {found}, this ehubsim reads {FORMAT}; use the one that wrote it, or a new file"
            raise JournalFailed(f"journal {self.path}: {reason}")
        return False

    def _stamp(self) -> None:
        self._connection.executescript(_TABLES)
        self._connection.execute("INSERT INTO meta VALUES ('product', 'ehubsim'), ('format', ?)", (str(FORMAT),))
        self._connection.execute(f"PRAGMA application_id = {APPLICATION}")
        self._connection.execute(f"PRAGMA user_version = {FORMAT}")
        self._connection.execute("COMMIT")

    def power_safe(self) -> None:
        """From now on a flush survives the loss of power, not only the death of the process."""
        with self._doing("set it up"):
            self._connection.execute("PRAGMA synchronous = FULL")

    def new_run(self) -> int:
        """A run that nothing was ever written to."""
        self._last_run += 1
        return self._last_run

    def standing(self, stream: str) -> Standing:
        """Where a stream stands; one that is not there begins."""
        with self._doing("read it"):
            found = self._connection.execute("SELECT run, base FROM stream WHERE name = ?", (stream,)).fetchone()
            if found is None:
                found = (self.new_run(), 0)
                self._connection.execute("INSERT INTO stream VALUES (?, ?, ?)", (stream, *found))
            run, base = found
            (last,) = self._connection.execute(_LAST, (_row_id(run, 0), _row_id(run + 1, 0))).fetchone()
        return Standing(run, base, base if last is None else _position(last))

    def read(self, run: int, after: int, upto: int, limit: int) -> list[tuple[int, bytes]]:
        """(position, lines) of the next rows of a run, ``after`` and ``upto`` being positions."""
        with self._doing("read it"):
            found = self._connection.execute(_NEXT, (_row_id(run, after), _row_id(run, upto), limit)).fetchall()
        return [(_position(identity), lines) for identity, lines in found]

    def write(self, rows: Sequence[Rows], cleared: Sequence[Cleared] = ()) -> None:
        """All of this, or nothing. One row alone is one statement: it asks least of the interpreter's lock."""
        with self._doing("write to it"):
            if len(rows) == 1 and not cleared:
                self._connection.execute(_INSERT, (_row_id(rows[0].run, rows[0].position), rows[0].lines))
                return
            self._connection.execute("BEGIN IMMEDIATE")
            for one in cleared:
                self._clear(one)
            for row in rows:
                self._connection.execute(_INSERT, (_row_id(row.run, row.position), row.lines))
            self._connection.execute("COMMIT")
        self._garbage += [one.old_run for one in cleared]

    def _clear(self, one: Cleared) -> None:
        self._connection.execute("UPDATE stream SET run = ?, base = ? WHERE name = ?", (one.run, one.base, one.stream))
        self._connection.execute("INSERT INTO garbage VALUES (?)", (one.old_run,))

    @property
    def has_garbage(self) -> bool:
        """Whether `sweep` has something to do."""
        return bool(self._garbage)

    def sweep(self) -> None:
        """Remove a few rows that nobody will read again; short, for somebody may be waiting to write."""
        run = self._garbage[0]
        with self._doing("write to it"):
            done = self._connection.execute(_SWEEP, (_row_id(run, 0), _row_id(run + 1, 0), _SWEEP_ROWS)).rowcount
            if done < _SWEEP_ROWS:
                self._connection.execute("DELETE FROM garbage WHERE run = ?", (run,))
                self._garbage.pop(0)

    def close(self) -> None:
        """Let go of the file and its lock."""
        with self._using:
            self._connection.close()

    @contextmanager
    def _doing(self, what: str) -> Iterator[None]:
        with self._using:
            try:
                yield
            except sqlite3.Error as error:
                try:
                    self._roll_back()
                finally:  # a failed rollback changes nothing: closing the file rolls back too
                    raise JournalFailed(f"journal {self.path}: cannot {what}: {_reason(error)}") from error

    def _roll_back(self) -> None:
        connection: sqlite3.Connection | None = getattr(self, "_connection", None)
        if connection is not None and connection.in_transaction:
            connection.rollback()


def _row_id(run: int, position: int) -> int:
    return run << _POSITION_BITS | position


def _position(identity: int) -> int:
    return identity & ((1 << _POSITION_BITS) - 1)


def _reason(error: sqlite3.Error) -> str:
    """What SQLite says, and what to do about it."""
    advice = {
        sqlite3.SQLITE_BUSY: "another process has it open; stop that one, or use a file of its own",
        sqlite3.SQLITE_NOTADB: _NOT_OURS,
        sqlite3.SQLITE_CORRUPT: f"the file is damaged ({error}); bring back a copy of it, or use a new file",
        sqlite3.SQLITE_FULL: f"{error}; nothing acknowledged is lost: make room and start again",
    }
    return advice.get(getattr(error, "sqlite_errorcode", 0) & 0xFF, str(error))
