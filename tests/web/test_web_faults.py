"""Faults of the network and of HTTP as they come out of a raw socket: bytes, their order, and how it ends."""

from __future__ import annotations

import asyncio
import gzip
import socket
import ssl
from collections.abc import Awaitable, Callable
from datetime import timedelta

import pytest

from simulator.base.clock import wall_time
from simulator.base.http import HttpReply, HttpRequest, WirePlan
from simulator.devca import ensure
from simulator.scenario.faults import BY_NAME, FAULTS, Hook, Level, Mishap
from simulator.scenario.faults_http import altered, instead
from simulator.web.listeners import Listeners
from simulator.web.tls import server_context
from simulator.web.wire_plan import PIECES, Timers

BODY = b"<ase:aseXML>" + b"0123456789" * 30 + b"</ase:aseXML>"
GET = b"GET /x HTTP/1.1\r\nHost: h\r\n\r\n"
LAST = b"GET /x HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"


class Slept:
    """Stands where ``asyncio.sleep`` stands: notes how long, waits for nothing but the loop."""

    def __init__(self) -> None:
        self.seconds: list[float] = []
        self.begun = asyncio.Event()
        self.forever = asyncio.Event()

    async def __call__(self, seconds: float) -> None:
        self.seconds.append(seconds)
        await asyncio.sleep(0)

    async def held(self, seconds: float) -> None:
        self.seconds.append(seconds)
        self.begun.set()
        await self.forever.wait()


@pytest.fixture
def slept(site) -> Slept:
    found = Slept()
    site.app.timers = Timers(found)
    return found


def broken(name: str, **settings: object) -> Callable[..., Awaitable[HttpReply]]:
    mishap = Mishap(BY_NAME[name], settings)

    async def answer(request: HttpRequest, read_body: Callable[[int], Awaitable[bytes]]) -> HttpReply:
        early = instead(mishap, request)
        if early is not None:
            return early
        made = altered(mishap, HttpReply(200, BODY, "application/xml"))
        assert made is not None
        return made

    return answer


async def read_all(port: int, asked: bytes = LAST) -> tuple[bytes, str]:
    """Everything that came, and how it ended: ``closed`` or ``reset``."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    said = b""
    try:
        writer.write(asked)
        async with asyncio.timeout(10):
            while piece := await reader.read(65536):
                said += piece
        return said, "closed"
    except ConnectionResetError:
        return said, "reset"
    finally:
        writer.close()


def parted(said: bytes) -> tuple[str, dict[str, str], bytes]:
    head, _, body = said.partition(b"\r\n\r\n")
    line, *fields = head.decode("latin-1").split("\r\n")
    return line, {name.lower(): value for name, _, value in (f.partition(": ") for f in fields)}, body


async def test_a_late_reply_is_whole(site, slept: Slept) -> None:
    site.runtime.answer = broken("late reply", by=timedelta(seconds=9))
    said, ended = await read_all(site.port)
    assert (parted(said)[2], ended) == (BODY, "closed")
    assert slept.seconds == [9.0]


async def test_slow_headers_come_in_pieces(site, slept: Slept) -> None:
    site.runtime.answer = broken("slow headers", over=timedelta(seconds=19))
    said, _ = await read_all(site.port)
    assert parted(said)[2] == BODY
    assert len(slept.seconds) > PIECES // 2
    assert sum(slept.seconds) == pytest.approx(19)


async def test_a_slow_body_comes_in_pieces(site) -> None:
    """The head is there at once; each piece waits for its pause."""
    pauses: asyncio.Queue[asyncio.Future[None]] = asyncio.Queue()

    async def pause(seconds: float) -> None:
        over = asyncio.get_running_loop().create_future()
        pauses.put_nowait(over)
        await over

    site.app.timers = Timers(pause)
    site.runtime.answer = broken("slow body", over=timedelta(seconds=10))
    reader, writer = await asyncio.open_connection("127.0.0.1", site.port)
    writer.write(LAST)
    async with asyncio.timeout(10):
        head = await reader.readuntil(b"\r\n\r\n")
        size = -(-len(BODY) // PIECES)
        body, waits = await reader.readexactly(size), 0
        while len(body) < len(BODY):
            over = await pauses.get()
            over.set_result(None)
            waits += 1
            body += await reader.readexactly(min(size, len(BODY) - len(body)))
        assert await reader.read() == b""
    writer.close()
    assert b"Content-Length: %d\r\n" % len(BODY) in head
    assert (body, waits, pauses.qsize()) == (BODY, -(-len(BODY) // size) - 1, 0)


@pytest.mark.parametrize(("after", "kept"), [(None, len(BODY) // 2), (5, 5), (0, 0)])
@pytest.mark.parametrize(("name", "end"), [("truncated body", "closed"), ("reset within body", "reset")])
async def test_a_body_that_breaks_off(site, name: str, end: str, after: int | None, kept: int) -> None:
    site.runtime.answer = broken(name) if after is None else broken(name, after=after)
    said, ended = await read_all(site.port, GET)
    line, fields, body = parted(said)
    assert (line, fields["content-length"]) == ("HTTP/1.1 200 OK", str(len(BODY)))
    assert (body, ended) == (BODY[:kept], end)


async def test_a_head_that_breaks_off(site) -> None:
    site.runtime.answer = broken("truncated headers")
    said, ended = await read_all(site.port, GET)
    assert said.startswith(b"HTTP/1.1 200 OK\r\n")
    assert b"\r\n\r\n" not in said
    assert ended == "closed"


@pytest.mark.parametrize(
    ("name", "end"),
    [
        ("reset before processing", "reset"),
        ("reset after processing", "reset"),
        ("closed before processing", "closed"),
        ("closed after processing", "closed"),
    ],
)
async def test_a_connection_that_ends_without_a_byte(site, name: str, end: str) -> None:
    site.runtime.answer = broken(name)
    assert await read_all(site.port, GET) == (b"", end)
    unread = b"POST /x HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\n\r\nbody"
    assert await read_all(site.port, unread) == (b"", end)


@pytest.mark.parametrize("name", ["never answers", "never answers after processing"])
async def test_silence_is_bounded(site, slept: Slept, name: str) -> None:
    site.runtime.answer = broken(name, **{"for": timedelta(seconds=30)})
    assert await read_all(site.port, GET) == (b"", "closed")
    assert slept.seconds == [30.0]


async def test_half_a_body_then_silence(site) -> None:
    slept = Slept()
    site.app.timers = Timers(slept.held)
    site.runtime.answer = broken("stalled body", after=10)
    reader, writer = await asyncio.open_connection("127.0.0.1", site.port)
    writer.write(GET)
    async with asyncio.timeout(10):
        await reader.readuntil(b"\r\n\r\n")
        assert await reader.readexactly(10) == BODY[:10]
        await slept.begun.wait()
        assert not reader.at_eof()
        slept.forever.set()
        assert await reader.read() == b""
    writer.close()
    assert slept.seconds == [60.0]


async def test_a_client_that_goes_is_not_waited_for(site) -> None:
    slept = Slept()
    site.app.timers = Timers(slept.held)
    site.runtime.answer = broken("never answers")
    _, writer = await asyncio.open_connection("127.0.0.1", site.port)
    writer.write(GET)
    await slept.begun.wait()
    writer.close()
    async with asyncio.timeout(10):
        await site.nobody_connected()


async def test_the_end_of_the_server_waits_for_nobody_that_is_held(site) -> None:
    slept = Slept()
    site.app.timers = Timers(slept.held)
    site.runtime.answer = broken("never answers")
    reader, writer = await asyncio.open_connection("127.0.0.1", site.port)
    writer.write(GET)
    await slept.begun.wait()
    async with asyncio.timeout(10):
        await site.listeners.close(drain=100)
        assert await reader.read() == b""
    writer.close()


async def test_a_promise_to_stay_is_broken(site) -> None:
    site.runtime.answer = broken("closed unannounced")
    said, ended = await read_all(site.port, GET)
    _, fields, body = parted(said)
    assert "connection" not in fields
    assert (body, ended) == (BODY, "closed")


async def test_garbage_is_no_http(site) -> None:
    site.runtime.answer = broken("garbage")
    said, ended = await read_all(site.port, GET)
    assert said
    assert not said.startswith(b"HTTP")
    assert ended == "closed"


async def test_stray_bytes_stand_between_two_replies(site) -> None:
    site.runtime.answer = broken("stray bytes")
    said, _ = await read_all(site.port, GET + LAST)
    first = parted(said)[2]
    assert first.startswith(BODY)
    behind = first[len(BODY) :]
    assert behind
    assert not behind.startswith(b"HTTP/1.1")
    assert b"HTTP/1.1 200 OK" in behind


@pytest.mark.parametrize(
    ("name", "told", "ends"),
    [
        ("content length too long", str(len(BODY) + 100), "closed"),
        ("content length too short", str(len(BODY) // 2), "closed"),
    ],
)
async def test_a_length_that_is_wrong(site, name: str, told: str, ends: str) -> None:
    site.runtime.answer = broken(name)
    said, ended = await read_all(site.port)
    _, fields, body = parted(said)
    assert (fields["content-length"], body, ended) == (told, BODY, ends)


async def test_two_lengths(site) -> None:
    site.runtime.answer = broken("two content lengths")
    said, _ = await read_all(site.port)
    assert said.count(b"Content-Length: ") == 2
    assert b"Content-Length: %d\r\nContent-Length: %d\r\n" % (len(BODY), len(BODY) + 1) in said


def dechunked(data: bytes) -> bytes:
    found = b""
    while True:
        size, _, data = data.partition(b"\r\n")
        if int(size, 16) == 0:
            assert data == b"\r\n"
            return found
        found, data = found + data[: int(size, 16)], data[int(size, 16) + 2 :]


async def test_chunks(site) -> None:
    site.runtime.answer = broken("chunked reply")
    said, _ = await read_all(site.port)
    _, fields, body = parted(said)
    assert fields["transfer-encoding"] == "chunked"
    assert "content-length" not in fields
    assert dechunked(body) == BODY
    assert body.startswith(b"1\r\n")


async def test_a_chunk_without_size(site) -> None:
    site.runtime.answer = broken("broken chunk")
    _, _, body = parted((await read_all(site.port))[0])
    with pytest.raises(ValueError, match="no number"):
        dechunked(body)


async def test_chunks_that_never_end(site) -> None:
    site.runtime.answer = broken("unfinished chunks")
    _, _, body = parted((await read_all(site.port))[0])
    assert dechunked(body + b"0\r\n\r\n") == BODY
    assert not body.endswith(b"0\r\n\r\n")


async def test_a_status_line_that_is_none(site) -> None:
    site.runtime.answer = broken("bad status line")
    said, _ = await read_all(site.port)
    assert said.startswith(b"HTTP/1.1 OK two hundred\r\n")


async def test_a_reply_of_another_version(site) -> None:
    site.runtime.answer = broken("HTTP 1.0 reply")
    said, ended = await read_all(site.port, GET)
    line, fields, body = parted(said)
    assert (line, fields["connection"], body, ended) == ("HTTP/1.0 200 OK", "close", BODY, "closed")


async def test_replies_before_the_reply(site) -> None:
    site.runtime.answer = broken("interim replies")
    said, _ = await read_all(site.port)
    heads = said.split(b"\r\n\r\n")
    assert [head[:12] for head in heads[:3]] == [b"HTTP/1.1 102", b"HTTP/1.1 103", b"HTTP/1.1 200"]
    assert heads[3] == BODY


async def test_a_body_is_compressed_unasked(site) -> None:
    site.runtime.answer = broken("gzip unasked")
    _, fields, body = parted((await read_all(site.port))[0])
    assert (fields["content-encoding"], fields["content-length"]) == ("gzip", str(len(body)))
    assert gzip.decompress(body) == BODY


async def test_a_body_that_does_not_inflate(site) -> None:
    site.runtime.answer = broken("broken gzip")
    _, fields, body = parted((await read_all(site.port))[0])
    assert fields["content-encoding"] == "gzip"
    with pytest.raises((EOFError, OSError)):
        gzip.decompress(body)


async def test_an_encoding_nobody_knows(site) -> None:
    site.runtime.answer = broken("unknown encoding")
    _, fields, body = parted((await read_all(site.port))[0])
    assert (fields["content-encoding"], body) == ("x-rot13", BODY)


async def test_a_header_of_64_kib(site) -> None:
    site.runtime.answer = broken("huge header")
    _, fields, body = parted((await read_all(site.port))[0])
    assert (len(fields["x-padding"]), body) == (65_536, BODY)


async def test_the_content_type_is_wrong_or_missing(site) -> None:
    site.runtime.answer = broken("wrong content type", type="application/pdf")
    assert parted((await read_all(site.port))[0])[1]["content-type"] == "application/pdf"
    site.runtime.answer = broken("no content type")
    _, fields, body = parted((await read_all(site.port))[0])
    assert "content-type" not in fields
    assert body == BODY


async def test_200_without_a_body(site) -> None:
    site.runtime.answer = broken("empty 200")
    line, fields, body = parted((await read_all(site.port))[0])
    assert (line, fields["content-length"], body) == ("HTTP/1.1 200 OK", "0", b"")


async def test_a_page_and_a_redirect_instead_of_an_answer(site) -> None:
    site.runtime.answer = broken("error page")
    line, fields, body = parted((await read_all(site.port))[0])
    assert (line, fields["content-type"]) == ("HTTP/1.1 200 OK", "text/html; charset=utf-8")
    assert b"<html>" in body
    site.runtime.answer = broken("redirect", to="https://example.org/")
    line, fields, body = parted((await read_all(site.port))[0])
    assert (line, fields["location"], body) == ("HTTP/1.1 302 Found", "https://example.org/", b"")


@pytest.mark.parametrize(
    "fault",
    [each for each in FAULTS if each.status and each.level is Level.HTTP],
    ids=lambda fault: fault.name,
)
async def test_a_status_has_no_body_at_the_hub(site, fault) -> None:
    site.runtime.answer = broken(fault.name)
    line, fields, body = parted((await read_all(site.port))[0])
    assert line.split()[1] == str(fault.status)
    assert (fields["content-length"], body) == ("0", b"")


async def test_any_status_may_be_told(site) -> None:
    site.runtime.answer = broken("status", status=418)
    assert (await read_all(site.port))[0].startswith(b"HTTP/1.1 418 ")
    site.runtime.answer = broken("status after processing", status=503)
    assert (await read_all(site.port))[0].startswith(b"HTTP/1.1 503 ")


async def test_the_date_may_be_off(site) -> None:
    async def answer(request: HttpRequest, read_body: Callable[[int], Awaitable[bytes]]) -> HttpReply:
        return HttpReply(200, BODY, wire=WirePlan(skew=400 * 86_400.0))

    site.runtime.answer = answer
    year = int(parted((await read_all(site.port))[0])[1]["date"].split()[3])
    assert year > wall_time().year


async def test_a_reset_is_a_reset_under_tls_too(site, tmp_path) -> None:
    certificates = ensure(tmp_path, [], [], wall_time())
    listeners = Listeners(site.app)
    context = server_context(certificates.server, certificates.server_key, certificates.ca)
    port = await listeners.open("127.0.0.1", 0, context)
    site.runtime.answer = broken("reset after processing")
    client = ssl.create_default_context(cafile=str(certificates.ca))

    def ask() -> None:
        """On the socket itself: Python's TLS takes a reset for an end."""
        coming, going = ssl.MemoryBIO(), ssl.MemoryBIO()
        secure = client.wrap_bio(coming, going, server_hostname="localhost")
        with socket.create_connection(("127.0.0.1", port), timeout=10) as plain:
            while True:
                try:
                    secure.do_handshake()
                    break
                except ssl.SSLWantReadError:
                    plain.sendall(going.read())
                    coming.write(plain.recv(65536))
            secure.write(GET)
            plain.sendall(going.read())
            while plain.recv(65536):
                pass

    try:
        with pytest.raises(ConnectionResetError):
            await asyncio.to_thread(ask)
    finally:
        await listeners.close(drain=1)


def test_every_fault_of_the_wire_does_something() -> None:
    """None is only a name: each makes a reply other than the usual one."""
    usual = HttpReply(200, BODY, "application/xml")
    for fault in FAULTS:
        if fault.level in (Level.NETWORK, Level.HTTP):
            request = HttpRequest("GET", "/x")
            made = instead(Mishap(fault), request) or altered(Mishap(fault), usual)
            assert made is not None, fault.name
            assert made != usual, fault.name
            assert (instead(Mishap(fault), request) is not None) is (fault.hook is Hook.INSTEAD), fault.name
