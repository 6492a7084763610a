"""The journal that survives its process: events as rows of an SQLite file, many callers to one flush.

append ──► lines ──► queue ──► writer's thread: one transaction ──► flushed ──► every waiter of that flush
(encodes, fixes the order)     (all that waits, of all streams)     (safe)      (call_soon_threadsafe, once)
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from simulator.base.turn import Event
from simulator.stores.codec import EventCodec
from simulator.stores.journal import JournalFailed
from simulator.stores.sqlite_writer import Job, Stream, attach

_READ_ROWS = 32


class SqliteJournal:
    """One stream of a journal file. Used from one thread, that of its event loop; opening raises `JournalFailed`.

    A flush survives the death of the process; with ``full`` the loss of power too, at the price of a sync each.
    """

    def __init__(
        self,
        path: Path,
        stream: str,
        codec: EventCodec,
        *,
        full: bool = False,
        factory: type[sqlite3.Connection] = sqlite3.Connection,
    ) -> None:
        self._codec = codec
        self._failure: JournalFailed | None = None
        self._told = False
        self._waiters: list[tuple[int, asyncio.Future[None]]] = []
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stream = Stream(stream, self._flushed, self._failed)
        self._writer, self._position = attach(path, self._stream, full=full, factory=factory)
        self._safe = self._position
        self._closed = False

    def replay(self, progress: Callable[[int, int], None] | None = None) -> Iterator[Event]:
        """Every event made durable since the last `clear`, in order. Raises `JournalFailed` where one is damaged."""
        run, base, end = self._stream.run, self._stream.base, self._safe
        at = base
        while at < end:
            rows = self._writer.file.read(run, at, end, _READ_ROWS)
            if not rows:
                raise self._damaged(at, end)
            for position, lines in rows:
                events = self._codec.decode(lines)
                if at + len(events) != position:
                    raise self._damaged(at, position)
                yield from events
                at = position
            if progress is not None:
                progress(at - base, end - base)

    def _damaged(self, after: int, until: int) -> JournalFailed:
        where = f"journal {self._writer.file.path}, stream {self._stream.name!r}"
        return JournalFailed(
            f"{where}: the events from {after + 1} to {until} are damaged; bring back a copy of the file"
        )

    def append(self, events: Sequence[Event]) -> int:
        """Take events in order; returns the position they end at. Raises `JournalFailed`, and from then on always."""
        self._refuse_if_over()
        if not events:
            return self._position
        try:
            lines = self._codec.encode(events)
        except JournalFailed as failure:
            self._failure, self._told = failure, True
            raise
        self._position += len(events)
        self._writer.put(Job(self._stream, self._position, lines))
        return self._position

    def clear(self) -> int:
        """Forget everything; returns the position at which that is durable. What it leaves behind is swept later."""
        self._refuse_if_over()
        self._position += 1
        self._writer.put(Job(self._stream, self._position))
        return self._position

    def _refuse_if_over(self) -> None:
        if self._failure is not None:
            self._told = True
            raise JournalFailed(*self._failure.args)
        if self._closed:
            raise JournalFailed(f"journal {self._writer.file.path}: it is closed")

    @property
    def safe(self) -> int:
        """The position up to which everything is durable."""
        return self._safe

    async def durable(self, position: int) -> None:
        """Return once everything up to ``position`` is durable. `JournalFailed` if it will not be."""
        if position <= self._safe:
            return
        if position > self._position:
            raise ValueError(f"position {position} was never given out")
        self._loop = asyncio.get_running_loop()
        done = self._loop.create_future()
        self._waiters.append((position, done))
        # The writer notes what it did before it looks for waiters, so one of us two sees the other.
        if position <= self._safe or self._failure is not None:
            self._wake()
        await done

    def _flushed(self, position: int) -> None:
        self._safe = position
        self._call_wake()

    def _failed(self, failure: JournalFailed) -> None:
        self._failure = failure
        self._call_wake()

    def _call_wake(self) -> None:
        if self._waiters and self._loop is not None:
            _call(self._loop, self._wake)

    def _wake(self) -> None:
        waiters, self._waiters = self._waiters, []
        for position, done in waiters:
            if done.done():
                continue  # its caller was cancelled
            if position <= self._safe:
                done.set_result(None)
            elif self._failure is not None:
                self._told = True
                done.set_exception(JournalFailed(*self._failure.args))
            else:
                self._waiters.append((position, done))

    async def close(self) -> None:
        """Flush and let go of the stream, and of the file with the last. `JournalFailed` if nobody knows yet."""
        if self._closed:
            return
        self._closed = True
        loop = asyncio.get_running_loop()
        released = loop.create_future()
        self._writer.put(Job(self._stream, self._position, released=lambda: _call(loop, released.set_result, None)))
        await released
        if self._failure is not None and not self._told and self._safe < self._position:
            raise self._failure


def _call(loop: asyncio.AbstractEventLoop, callback: Callable[..., object], *arguments: object) -> None:
    """Have a loop of another thread call something; one that has been closed has nobody left to tell."""
    try:
        loop.call_soon_threadsafe(callback, *arguments)
    except RuntimeError:
        if not loop.is_closed():
            raise
