"""HTTP on sockets, by aiohttp's low-level server: the only place where bytes of the wire become values and back.

Nothing of aiohttp's own taste reaches a client: no default bodies, no banner, no inflating, no size limit but ours.
"""

from __future__ import annotations

import asyncio
import re
import sys
import time
import traceback
from contextlib import contextmanager
from datetime import UTC
from email.utils import format_datetime
from functools import lru_cache
from http import HTTPStatus
from typing import TYPE_CHECKING

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError

from simulator.base.clock import wall_time
from simulator.base.errors import Refused
from simulator.base.http import HttpReply, HttpRequest, Peer
from simulator.web.courtesy import SLICE, Courtesy

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator, Mapping

    from aiohttp.abc import AbstractStreamWriter

HEAD_SECONDS = 20.0
"""How long a new connection may take to send its first request head."""
BODY_SECONDS = 30.0
"""How long a request may take to send its body."""
WRITE_SECONDS = 60.0
"""How long a client may take to make room for a reply that does not fit the buffers."""
KEEP_ALIVE_SECONDS = 75.0
DRAIN_BYTES = 16 * 1024 * 1024
"""Unread body bytes taken after a refusal, so that a client busy sending still gets to read its answer.

A connection that is closed on bytes nobody took is reset, and takes an answer that is on its way along.
"""
DRAIN_SECONDS = 5.0
_WRITE_BUFFER = 64 * 1024
_PIECE = 32 * 1024
"""Bytes of a large reply that are worth a write of their own."""
_FIRST_PIECE = 1024
"""The first bytes are sent early."""
_NO_TEXT = re.compile("[\ud800-\udfff]")
"""What aiohttp makes of bytes that are no UTF-8; no journal, JSON or XML can hold it."""
_BROKEN_BODY = (web.RequestPayloadError, HttpProcessingError, OSError, RuntimeError)


class Connection(web.RequestHandler):
    """One connection. Who is at the other end is asked once, when TLS is up."""

    __slots__ = ("_first_head", "_identify", "_lost", "heard", "peer", "secure")

    def __init__(self, server: web.Server, identify: Callable[[asyncio.BaseTransport], Peer | None]) -> None:
        loop = asyncio.get_running_loop()
        super().__init__(
            server,
            loop=loop,
            access_log=None,  # type: ignore[arg-type]  # aiohttp takes None for "no log" and says otherwise
            auto_decompress=False,
            keepalive_timeout=KEEP_ALIVE_SECONDS,
            lingering_time=0,
        )
        self._identify = identify
        self._first_head = loop.call_later(HEAD_SECONDS, self._too_slow)
        self._lost: asyncio.Future[None] | None = None
        self.heard = False
        self.peer: Peer | None = None
        self.secure = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Note the client's certificate; TLS has verified it already."""
        self.secure = transport.get_extra_info("ssl_object") is not None
        self.peer = self._identify(transport) if self.secure else None
        super().connection_made(transport)

    def connection_lost(self, exc: BaseException | None) -> None:
        """Forget the connection."""
        self._first_head.cancel()
        if self._lost is not None and not self._lost.done():
            self._lost.set_result(None)
        super().connection_lost(exc)

    def lost(self) -> asyncio.Future[None]:
        """Done as soon as the client is gone."""
        if self._lost is None:
            self._lost = asyncio.get_running_loop().create_future()
            if self.transport is None:
                self._lost.set_result(None)
        return self._lost

    def data_received(self, data: bytes) -> None:
        """Take bytes in. While we close, aiohttp would drop them; the body of a running exchange must still arrive."""
        if not self._request_in_progress or not (self._close or self._force_close):
            super().data_received(data)
            return
        closing, forced = self._close, self._force_close
        self._close = self._force_close = False
        try:
            super().data_received(data)
        finally:
            self._close, self._force_close = closing, forced

    def _too_slow(self) -> None:
        if not self.heard:
            self.force_close()

    def handle_error(
        self, request: web.BaseRequest, status: int = 500, exc: BaseException | None = None, message: str | None = None
    ) -> web.StreamResponse:
        """What cannot be read as HTTP gets its status and nothing else; a bug of ours is told on stderr."""
        self.heard = True
        if status == HTTPStatus.INTERNAL_SERVER_ERROR and exc is not None:
            traceback.print_exception(exc, file=sys.stderr)
        if request.writer.output_size > 0:
            raise ConnectionResetError("the reply had begun")
        return Answer(request, HttpReply(status), last=True)


class Answer(web.StreamResponse):
    """A whole reply in one write, a large one in chunks. An empty body is truly empty, and has no content type.

    Of a `StreamResponse` it is only what aiohttp's low-level server asks for; its headers and state are never made.
    """

    def __init__(
        self, request: web.BaseRequest, reply: HttpReply, last: bool = False, courtesy: Courtesy | None = None
    ) -> None:
        self._request = request
        self._courtesy = courtesy
        self._unread = not request.content.is_eof()
        self._stream = reply.stream
        whole = reply.stream is None or request.version >= (1, 1)
        readable = not self._unread or _drainable(request)
        self._lasting = request.keep_alive and not last and readable and whole
        self._chunked = reply.stream is not None and whole
        self._data = _encoded(reply, request, self._lasting)

    @property
    def keep_alive(self) -> bool:
        """Whether another request may follow on this connection."""
        return self._lasting

    async def prepare(self, request: web.BaseRequest) -> AbstractStreamWriter:
        """Write head and body."""
        writer, transport = request.writer, request.transport
        if transport is None:
            raise ConnectionResetError("the client is gone")
        if transport.get_write_buffer_size() + len(self._data) <= _WRITE_BUFFER:
            await writer.write(self._data)
        else:
            await flushed(transport, writer, self._data)
        if self._stream is not None and request.method != "HEAD":
            await self._send(transport, writer, self._stream)
        return writer

    async def _send(self, transport: asyncio.Transport, writer: AbstractStreamWriter, stream: Iterator[bytes]) -> None:
        """Piece by piece, as quickly as the client reads; others get their turn between pieces."""
        frame = chunk if self._chunked else bytes
        courtesy = self._courtesy or Courtesy()
        slices = _slices(stream)
        with breaking_off(transport, "the reply"):
            while True:
                async with courtesy:
                    piece = next(slices, None)
                if piece is None:
                    break
                if piece:
                    await flushed(transport, writer, frame(piece))
        if self._chunked:
            await writer.write(b"0\r\n\r\n")

    async def write_eof(self, data: bytes = b"") -> None:
        """End the reply, then take what the client is still sending, within bounds."""
        if self._unread:
            await drained(self._request)


def request_of(request: web.BaseRequest, connection: Connection) -> HttpRequest:
    """The head of a request as a value. Bytes that are no UTF-8 are U+FFFD in it."""
    path, query = _target(request)
    return HttpRequest(request.method, path, query, _fields(request), connection.peer, connection.secure)


def body_reader(request: web.BaseRequest) -> Callable[[int], Awaitable[bytes]]:
    """``read_body(limit)``: at most ``limit`` + 1 bytes of the raw body, still compressed.

    Raises `Refused` when the body breaks off, is not HTTP, or takes too long.
    """

    async def read_body(limit: int) -> bytes:
        try:
            if request.content.is_eof():
                return request.content.read_nowait()[: limit + 1]
            await _invited(request)
            async with asyncio.timeout(BODY_SECONDS):
                return await _collected(request, limit + 1)
        except TimeoutError:
            raise Refused(408, "http.slow-body", f"the body took more than {BODY_SECONDS:.0f} s") from None
        except _BROKEN_BODY as error:
            raise Refused(400, "http.broken-body", f"the body could not be read: {error}") from None

    return read_body


async def _collected(request: web.BaseRequest, most: int) -> bytes:
    chunks, size = [], 0
    while size < most:
        chunk = await request.content.readany()
        if not chunk:
            break
        chunks.append(chunk)
        size += len(chunk)
    return b"".join(chunks)[:most]


async def _invited(request: web.BaseRequest) -> None:
    """Clients that ask first (RFC 9110 §10.1.1) send no body to those who refuse them."""
    if request.headers.get("Expect", "").lower() == "100-continue":
        await request.writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        request.writer.output_size = 0


def _fields(request: web.BaseRequest) -> Mapping[str, str]:
    """aiohttp's own mapping as it is, unless a byte of it is beyond ASCII."""
    if b"".join([value for _, value in request.raw_headers]).isascii():
        return request.headers
    fields = request.headers.copy()
    fields.clear()
    fields.extend([(name, _text(value)) for name, value in request.headers.items()])
    return fields


def _target(request: web.BaseRequest) -> tuple[str, tuple[tuple[str, str], ...]]:
    raw = request.raw_path
    if raw[:1] == "/" and "?" not in raw and "%" not in raw and "#" not in raw:
        return _text(raw), ()
    url = request.rel_url
    return _text(url.path), tuple((_text(name), _text(value)) for name, value in url.query.items())


def _text(text: str) -> str:
    return text if text.isascii() else _NO_TEXT.sub("\N{REPLACEMENT CHARACTER}", text)


def _drainable(request: web.BaseRequest) -> bool:
    length = request.content_length
    return length is not None and length <= DRAIN_BYTES


async def drained(request: web.BaseRequest) -> None:
    """Take what a client still sends. The connection is closed by the caller when this leaves the body unfinished."""
    left = DRAIN_BYTES
    try:
        async with asyncio.timeout(DRAIN_SECONDS):
            while left > 0 and not request.content.is_eof():
                left -= len(await request.content.readany())
    except (TimeoutError, *_BROKEN_BODY):
        return


async def flushed(transport: asyncio.Transport, writer: AbstractStreamWriter, data: bytes) -> None:
    """Write, and wait for room. Raises `ConnectionResetError` for a client that does not read."""
    try:
        async with asyncio.timeout(WRITE_SECONDS):
            await writer.write(data)
            await writer.drain()
    except TimeoutError:
        transport.abort()
        raise ConnectionResetError("the client does not read") from None


@contextmanager
def breaking_off(transport: asyncio.Transport, what: str) -> Iterator[None]:
    """A piece that cannot be made breaks the connection off: what was sent must not look whole."""
    try:
        yield
    except ConnectionError:
        raise
    except Exception as bug:
        traceback.print_exception(bug, file=sys.stderr)
        transport.abort()
        raise ConnectionResetError(f"{what} broke off") from bug


def chunk(piece: bytes) -> bytes:
    """A piece of a chunked body (RFC 9112 §7.1)."""
    return b"%x\r\n%b\r\n" % (len(piece), piece)


def _slices(stream: Iterator[bytes]) -> Iterator[bytes]:
    """The same bytes in pieces that are worth a write; an empty one when making the next takes long."""
    waiting, size, wanted = [], 0, _FIRST_PIECE
    begun = time.perf_counter()
    for piece in stream:
        waiting.append(piece)
        size += len(piece)
        enough = size >= wanted
        if enough or time.perf_counter() - begun > SLICE:
            yield b"".join(waiting) if enough else b""
            begun = time.perf_counter()
        if enough:
            waiting, size, wanted = [], 0, _PIECE
    if size:
        yield b"".join(waiting)


@lru_cache(512)
def first_lines(status: int, content_type: str | None, extra: tuple[tuple[str, str], ...]) -> bytes:
    """Status line and own header fields of a reply, without the end of the last line."""
    phrase = HTTPStatus(status).phrase if status in HTTPStatus._value2member_map_ else ""
    fields = [*extra, *([("Content-Type", content_type)] if content_type else [])]
    lines = [f"HTTP/1.1 {status} {phrase}", *(f"{name}: {value}" for name, value in fields)]
    if any(not line.isprintable() for line in lines):
        raise ValueError(f"a control character in a header: {lines!r}")
    return "\r\n".join(lines).encode("latin-1")


@lru_cache(2)
def _date(second: int) -> bytes:
    """``second`` only says when to look at the clock again."""
    return format_datetime(wall_time().astimezone(UTC), usegmt=True).encode()


def _encoded(reply: HttpReply, request: web.BaseRequest, lasting: bool) -> bytes:
    first = first_lines(reply.status, reply.content_type, reply.headers)
    date = _date(int(asyncio.get_running_loop().time()))
    connection = b"" if lasting and request.version >= (1, 1) else _connection_line(lasting)
    if reply.stream is not None:
        coding = b"Transfer-Encoding: chunked\r\n" if request.version >= (1, 1) else b""
        return b"%b\r\nDate: %b\r\n%b%b\r\n" % (first, date, coding, connection)
    body = b"" if request.method == "HEAD" else reply.body
    return b"%b\r\nDate: %b\r\nContent-Length: %d\r\n%b\r\n%b" % (first, date, len(reply.body), connection, body)


def _connection_line(lasting: bool) -> bytes:
    return b"Connection: keep-alive\r\n" if lasting else b"Connection: close\r\n"
