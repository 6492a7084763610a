"""Server-sent events (HTML Living Standard §9.2): the live feed of a workspace, on a reply that goes on.

A reader goes on after the ``Last-Event-ID`` it names. One that is too slow for what is kept is told how many things it
missed; one that does not read at all loses its connection.
"""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING

from msgspec.structs import replace

from simulator.base.errors import NotReady
from simulator.base.http import HttpReply
from simulator.web.waiting import until
from simulator.web.wire import Answer, breaking_off, chunk, flushed

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from aiohttp import web
    from aiohttp.abc import AbstractStreamWriter

    from simulator.feed import Feed, Item
    from simulator.runtime import Runtime

HEARTBEAT = 15.0
"""Seconds of silence after which a comment tells that somebody is still there."""
CONTENT_TYPE = "text/event-stream"
_GREETING = b"retry: 1000\n\n"
_STILL_HERE = b": still here\n\n"


async def events(runtime: Runtime, after: int | None, heartbeat: float = HEARTBEAT) -> AsyncIterator[bytes]:
    """What happens from now on, or after the thing of that number, until the workspace ends."""
    feed = runtime.watched()
    at = feed.count if after is None else max(feed.before, min(after, feed.count))
    yield _GREETING
    if after is not None and after != at:
        # A number of an earlier process: nobody knows what was missed since.
        yield b'event: gap\ndata: {"missed":null}\n\n'
    while True:
        try:
            found = await until(runtime, partial(_durable, runtime, feed, at), heartbeat)
        except NotReady:
            yield b"event: halted\ndata: {}\n\n"
            return
        if not found:
            if runtime.ending:
                return
            yield _STILL_HERE
            continue
        yield _written(found, found[0].number - at - 1)
        at = found[-1].number


def _durable(runtime: Runtime, feed: Feed, after: int) -> list[Item]:
    return feed.since(after, runtime.journal.safe)


def _written(found: list[Item], missed: int) -> bytes:
    gap = b'event: gap\ndata: {"missed":%d}\n\n' % missed if missed else b""
    return gap + b"".join(
        b"id: %d\nevent: %b\ndata: %b\n\n" % (item.number, item.kind.encode(), item.data) for item in found
    )


class FeedAnswer(Answer):
    """A reply that goes on until its feed ends or the client goes."""

    def __init__(self, request: web.BaseRequest, reply: HttpReply, feed: AsyncIterator[bytes]) -> None:
        super().__init__(request, replace(reply, stream=iter(()), feed=None))
        self._feed = feed

    async def prepare(self, request: web.BaseRequest) -> AbstractStreamWriter:
        """Write the head, then piece after piece."""
        writer, transport = request.writer, request.transport
        if transport is None:
            raise ConnectionResetError("the client is gone")
        await flushed(transport, writer, self._data)
        if request.method != "HEAD":
            await self._go_on(transport, writer)
        return writer

    async def _go_on(self, transport: asyncio.Transport, writer: AbstractStreamWriter) -> None:
        frame = chunk if self._chunked else bytes
        with breaking_off(transport, "the feed"):
            async for piece in self._feed:
                await flushed(transport, writer, frame(piece))
        if self._chunked:
            await writer.write(b"0\r\n\r\n")
