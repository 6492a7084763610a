"""Replies that a fault has sent otherwise than usual: drawn out, cut off, withheld, framed wrongly. On purpose.

The pauses are timers of the shell, handed in: they end early when the client goes or the server ends.
"""

from __future__ import annotations

import asyncio
import socket
import struct
from datetime import UTC, timedelta
from email.utils import format_datetime
from typing import TYPE_CHECKING, Any, Protocol, cast

from aiohttp import web

from simulator.base.clock import wall_time
from simulator.base.http import HttpReply, WirePlan
from simulator.web.wire import Connection, drained, first_lines, flushed

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator

    from aiohttp.abc import AbstractStreamWriter

PIECES = 20
"""A drawn out head or body comes in so many pieces at most."""
_AT_ONCE = struct.pack("ii", 1, 0)
_ODD = 7
"""Chunks of a chunked reply grow by this."""


class Pauses(Protocol):
    """Lets time pass for one connection."""

    async def pause(self, connection: Connection, seconds: float) -> None:
        """Raises `ConnectionResetError` when the client goes meanwhile."""
        ...


class Timers:
    """The shell's timers. ``sleep`` is replaced in tests."""

    def __init__(self, sleep: Callable[[float], Awaitable[None]] = asyncio.sleep) -> None:
        self._sleep = sleep
        self._ending = asyncio.Event()

    def end(self) -> None:
        """The server ends: nobody is held any longer."""
        self._ending.set()

    async def pause(self, connection: Connection, seconds: float) -> None:
        """Wait so long, until the client goes, or until the server ends."""
        if seconds <= 0:
            return
        await self.wait(seconds, connection.lost())
        if connection.transport is None:
            raise ConnectionResetError("the client is gone")

    async def wait(self, seconds: float, *others: asyncio.Future[None]) -> None:
        """Wait so long, until one of the others is done, or until the server ends."""
        own: list[asyncio.Future[Any]] = [
            asyncio.ensure_future(self._sleep(seconds)),
            asyncio.ensure_future(self._ending.wait()),
        ]
        try:
            await asyncio.wait((*own, *others), return_when=asyncio.FIRST_COMPLETED)
        finally:
            for each in own:
                each.cancel()


class PlannedAnswer(web.StreamResponse):
    """A reply and its plan. Like `simulator.web.wire.Answer` it is only what aiohttp's low-level server asks for."""

    def __init__(self, request: web.BaseRequest, reply: HttpReply, plan: WirePlan, pauses: Pauses) -> None:
        self._request = request
        self._connection = cast("Connection", request.protocol)
        self._plan = plan
        self._pauses = pauses
        self._unread = not request.content.is_eof()
        self._lasting = request.keep_alive and not self._unread and not plan.ends
        body = b"" if request.method == "HEAD" else _framed(reply.body, plan.framing)
        head = _head(reply, plan, promises=self._lasting or plan.ends == "unannounced")
        self._first, self._rest = _kept(head, body, plan)

    @property
    def keep_alive(self) -> bool:
        """Whether another request may follow on this connection."""
        return self._lasting

    async def prepare(self, request: web.BaseRequest) -> AbstractStreamWriter:
        """Send what the plan says, as it says."""
        plan, writer = self._plan, request.writer
        await self._pause(plan.wait)
        if plan.instead is not None:
            await self._send(plan.instead, 0)
        else:
            await self._send(plan.before, 0)
            await self._send(self._first, plan.head_over)
            await self._send(self._rest, plan.body_over)
            await self._send(plan.behind, 0)
        await self._pause(plan.silent)
        await self._end()
        return writer

    async def write_eof(self, data: bytes = b"") -> None:
        """Nothing is left to write."""

    async def _send(self, data: bytes, over: float) -> None:
        pieces = _pieces(data) if over else [data] if data else []
        for number, piece in enumerate(pieces):
            if number:
                await self._pause(over / (len(pieces) - 1))
            await flushed(self._transport(), self._request.writer, piece)

    async def _pause(self, seconds: float) -> None:
        await self._pauses.pause(self._connection, seconds)

    def _transport(self) -> asyncio.Transport:
        transport = self._connection.transport
        if transport is None:
            raise ConnectionResetError("the client is gone")
        return transport

    async def _end(self) -> None:
        """A connection closed on bytes nobody took would be reset, so what the client still sends is taken first."""
        ends = self._plan.ends
        if self._unread and ends != "reset":
            await drained(self._request)
        if ends == "reset":
            reset(self._transport())
        elif ends:
            self._transport().close()
        if ends:
            raise ConnectionResetError("the connection ends here, as a fault wants it")


def reset(transport: asyncio.Transport | asyncio.WriteTransport) -> None:
    """End a connection with a TCP reset instead of an end."""
    bound = transport.get_extra_info("socket")
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _AT_ONCE)
    transport.abort()


def _pieces(data: bytes) -> list[bytes]:
    """In `PIECES` pieces or fewer, single bytes of what is shorter."""
    size = max(1, -(-len(data) // PIECES))
    return [data[start : start + size] for start in range(0, len(data), size)]


def _kept(head: bytes, body: bytes, plan: WirePlan) -> tuple[bytes, bytes]:
    if plan.part == "head":
        return head[: len(head) // 2 if plan.keeps is None else plan.keeps], b""
    if plan.part == "body":
        return head, body[: len(body) // 2 if plan.keeps is None else plan.keeps]
    return head, body


def _head(reply: HttpReply, plan: WirePlan, *, promises: bool) -> bytes:
    first = first_lines(reply.status, reply.content_type, reply.headers)
    if plan.first_line is not None:
        first = _begun(first, plan.first_line)
    date = format_datetime((wall_time() + timedelta(seconds=plan.skew)).astimezone(UTC), usegmt=True).encode()
    lines = [first, b"Date: " + date, *_ending(len(reply.body), plan.framing)]
    if not promises:
        lines.append(b"Connection: close")
    return b"\r\n".join([*lines, b"", b""])


def _begun(lines: bytes, told: bytes) -> bytes:
    """``told`` is a whole status line, or the version alone."""
    line, end, fields = lines.partition(b"\r\n")
    return (told if b" " in told else told + line[len("HTTP/1.1") :]) + end + fields


def _ending(size: int, framing: str) -> Iterator[bytes]:
    """The header fields that say where the body ends."""
    if framing.endswith(("chunk", "chunks")):
        yield b"Transfer-Encoding: chunked"
        return
    told = {"too long": size + 100, "too short": size // 2}.get(framing, size)
    yield b"Content-Length: %d" % told
    if framing == "two lengths":
        yield b"Content-Length: %d" % (size + 1)


def _framed(body: bytes, framing: str) -> bytes:
    if not framing.endswith(("chunk", "chunks")):
        return body
    chunks, start, size = [], 0, 1
    while start < len(body):
        piece = body[start : start + size]
        chunks.append(b"%x\r\n%b\r\n" % (len(piece), piece))
        start, size = start + size, size + _ODD
    if framing == "broken chunk":
        chunks.insert(len(chunks) // 2, b"no number\r\n")
    return b"".join(chunks) + (b"" if framing == "unfinished chunks" else b"0\r\n\r\n")
