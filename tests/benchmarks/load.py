"""A load of keep-alive connections over loopback: raw HTTP/1.1, one request after the other on each, counted.

Not a test and not collected: the benches beside it run it against our server and against a bare aiohttp handler in
turn, and print ratios, because machines are noisy.
"""

from __future__ import annotations

import asyncio
import os
import ssl
import statistics
import time
from collections.abc import Callable, Generator
from pathlib import Path

try:
    import uvloop
except ImportError:
    uvloop = None

CONNECTIONS = 16
Talk = Generator[bytes, bytes, None]
"""Requests one after the other; each is sent the body of the answer. It stops when the generator ends."""
Requests = Callable[[int], Talk]
"""Connection number → what it says."""


class Connection(asyncio.Protocol):
    """Sends the next request when the last answer is whole."""

    def __init__(self, requests: Talk, deadline: float, done: asyncio.Future[int]) -> None:
        self.requests = requests
        self.deadline = deadline
        self.done = done
        self.count = 0
        self.bad = 0
        self.buffer = b""
        self.wanted = -1
        self.body_at = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport
        self.transport.write(next(self.requests))

    def next(self, answer: bytes) -> None:
        try:
            if time.perf_counter() < self.deadline:
                self.transport.write(self.requests.send(answer))
                return
        except StopIteration:
            pass
        self.transport.close()
        if not self.done.done():
            self.done.set_result(self.count)

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        if self.wanted < 0:
            end = self.buffer.find(b"\r\n\r\n")
            if end < 0:
                return
            head = self.buffer[:end].lower()
            start = head.index(b"content-length:") + 15
            length = int(head[start:].split(b"\r\n", 1)[0])
            self.wanted = end + 4 + length
            self.body_at = end + 4
            self.bad += not head.startswith(b"http/1.1 200")
        if len(self.buffer) >= self.wanted:
            answer, self.buffer, self.wanted = self.buffer[self.body_at :], b"", -1
            self.count += 1
            self.next(answer)

    def connection_lost(self, error: Exception | None) -> None:
        if not self.done.done():
            self.done.set_exception(error or ConnectionError("closed by the server"))


async def drive(port: int, requests: Requests, seconds: float, tls: ssl.SSLContext | None) -> tuple[float, int, int]:
    """Requests per second, how many there were, and how many were not answered 200."""
    loop = asyncio.get_running_loop()
    begin = time.perf_counter()
    connections = []
    for number in range(CONNECTIONS):
        done: asyncio.Future[int] = loop.create_future()
        _, protocol = await loop.create_connection(
            lambda number=number, done=done: Connection(requests(number), begin + seconds, done),
            "127.0.0.1",
            port,
            ssl=tls,
            server_hostname="localhost" if tls else None,
        )
        connections.append(protocol)
    counts = await asyncio.gather(*(connection.done for connection in connections))
    total, bad = sum(counts), sum(connection.bad for connection in connections)
    return total / (time.perf_counter() - begin), total, bad


def rate(
    port: int, requests: Requests, seconds: float = 3.0, tls: ssl.SSLContext | None = None, pid: int | None = None
) -> float:
    """Requests per second; raises when any was refused, so that a fast error is never taken for speed.

    With ``pid`` it is requests per second of that process's CPU: the same on a quiet machine, where the server keeps
    its core busy, and nearly the same on a busy one, where wall time would tell of the neighbours.
    """
    before = cpu_seconds(pid)
    found, count, bad = _run(drive(port, requests, seconds, tls))
    if bad:
        raise RuntimeError(f"{bad} answers were not 200")
    return found if pid is None else count / (cpu_seconds(pid) - before)


def cpu_seconds(pid: int | None) -> float:
    """User and system time of a process so far, where the system tells it (Linux)."""
    if pid is None:
        return 0.0
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _run(awaitable):
    return asyncio.run(awaitable) if uvloop is None else uvloop.run(awaitable)


def pin(core: int) -> None:
    """Keep this process on one core, where the machine has more than one."""
    if hasattr(os, "sched_setaffinity") and (os.cpu_count() or 1) > 1:
        os.sched_setaffinity(0, {core})


def compare(ours: Callable[[], float], reference: Callable[[], float], rounds: int = 3) -> tuple[float, float, float]:
    """Interleaved rounds: (ratio of medians, our median, the reference's median)."""
    pairs = [(ours(), reference()) for _ in range(rounds)]
    mine, theirs = (statistics.median(values) for values in zip(*pairs, strict=True))
    return mine / theirs, mine, theirs
