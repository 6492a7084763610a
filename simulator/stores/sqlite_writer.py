"""The only place that has a thread write journal files: one a file, taking all that waits in one transaction.

A process opens a file once, however many streams it keeps there; the file's lock keeps other processes out. Jobs reach
the thread in the order they were put. When there are none it sweeps away what cleared streams left behind.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import NamedTuple

from simulator.stores.journal import JournalFailed
from simulator.stores.sqlite_file import Cleared, JournalFile, Rows

_opening = threading.Lock()
"""Held while a file is opened or let go of."""


@dataclass(eq=False, slots=True)
class Stream:
    """A stream of an open file. ``flushed`` and ``failed`` are called in the writer's thread.

    ``run`` and ``base`` (the position it was last cleared at) are the writer's to change.
    """

    name: str
    flushed: Callable[[int], None]
    failed: Callable[[JournalFailed], None]
    run: int = 0
    base: int = 0


class Job(NamedTuple):
    """Lines of a stream that end at a position; no lines: forget what came before. ``released``: let go of it."""

    stream: Stream
    position: int
    lines: bytes | None = None
    released: Callable[[], None] | None = None


class Writer:
    """A file that this process holds, the streams it keeps there, and the thread that writes them."""

    def __init__(self, file: JournalFile) -> None:
        self.file = file
        self._failure: JournalFailed | None = None
        self._streams: dict[str, Stream] = {}
        self._jobs: SimpleQueue[Job] = SimpleQueue()
        self.put = self._jobs.put

    def attach(self, stream: Stream) -> int:
        """Take a stream in and set its run and base; returns the position it stands at. Raises `JournalFailed`."""
        if self._failure is not None:
            raise self._failure
        if stream.name in self._streams:
            raise JournalFailed(f"journal {self.file.path}: its stream {stream.name!r} is open already")
        standing = self.file.standing(stream.name)
        stream.run, stream.base = standing.run, standing.base
        first = not self._streams
        self._streams[stream.name] = stream
        if first:
            threading.Thread(target=self._work, name=f"journal {self.file.path.name}", daemon=True).start()
        return standing.position

    def _detach(self, stream: Stream) -> None:
        with _opening:
            del self._streams[stream.name]
            if not self._streams:
                del _writers[self.file.path]
                self.file.close()

    def _work(self) -> None:
        while self._streams:
            jobs = self._next_jobs()
            self._flush([job for job in jobs if job.released is None])
            for job in jobs:
                if job.released is not None:
                    self._detach(job.stream)
                    job.released()

    def _next_jobs(self) -> list[Job]:
        while self.file.has_garbage and self._failure is None and self._jobs.empty():
            self._guarded(self.file.sweep)
        jobs = [self._jobs.get()]
        while True:
            try:
                jobs.append(self._jobs.get_nowait())
            except Empty:
                return jobs

    def _flush(self, jobs: Iterable[Job]) -> None:
        rows: dict[Stream, list[Job]] = {}
        cleared: dict[Stream, Job] = {}
        reached: dict[Stream, int] = {}
        for job in jobs:
            reached[job.stream] = job.position
            if job.lines is None:
                cleared[job.stream] = job
                rows.pop(job.stream, None)
            else:
                rows.setdefault(job.stream, []).append(job)
        if self._failure is None and reached:
            self._guarded(lambda: self._write(rows, cleared))
        for stream, position in reached.items():
            if self._failure is None:
                stream.flushed(position)
            else:
                stream.failed(self._failure)

    def _write(self, rows: dict[Stream, list[Job]], cleared: dict[Stream, Job]) -> None:
        moves = {s: Cleared(s.name, s.run, self.file.new_run(), job.position) for s, job in cleared.items()}
        runs = {stream: moves[stream].run if stream in moves else stream.run for stream in rows}
        self.file.write(
            [Rows(runs[s], jobs[-1].position, _joined(jobs)) for s, jobs in rows.items()], [*moves.values()]
        )
        for stream, move in moves.items():
            stream.run, stream.base = move.run, move.base

    def _guarded(self, action: Callable[[], None]) -> None:
        """After any failure nothing is written any more, and every stream is told why."""
        try:
            action()
        except JournalFailed as failure:
            self._failure = failure
        except Exception as error:  # told to every waiter and at every later append
            self._failure = JournalFailed(f"journal {self.file.path}: cannot write to it: {error!r}")
        if self._failure is not None:
            for stream in list(self._streams.values()):
                stream.failed(self._failure)


def _joined(jobs: list[Job]) -> bytes:
    return b"".join([job.lines for job in jobs if job.lines is not None]) if len(jobs) > 1 else jobs[0].lines or b""


_writers: dict[Path, Writer] = {}
"""The files this process holds."""


def attach(path: Path, stream: Stream, *, full: bool, factory: type[sqlite3.Connection]) -> tuple[Writer, int]:
    """The writer of a file, which this process opens if it has not, with a stream attached; and where that stands."""
    path = path.resolve()
    with _opening:
        writer = _writers.get(path)
        if writer is not None:
            return writer, _attached(writer, stream, full=full)
        writer = Writer(JournalFile(path, factory))
        try:
            position = _attached(writer, stream, full=full)
        except JournalFailed:
            writer.file.close()
            raise
        _writers[path] = writer
        return writer, position


def _attached(writer: Writer, stream: Stream, *, full: bool) -> int:
    if full:
        writer.file.power_safe()
    return writer.attach(stream)
