"""HTTP as it comes and goes on the socket, spoken by hand so that no client library smooths anything over."""

import asyncio
import contextlib
import gzip
import socket
from collections.abc import Awaitable, Callable

import pytest

from simulator.base.errors import Refused
from simulator.base.http import HttpReply, HttpRequest
from simulator.web import wire

ReadBody = Callable[[int], Awaitable[bytes]]


async def spoken(port: int, *parts: bytes) -> bytes:
    """Everything the server says until it closes, or until it has nothing more to say to a closed sender."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        for part in parts:
            writer.write(part)
            await writer.drain()
        async with asyncio.timeout(10):
            return await reader.read()
    finally:
        writer.close()


def head(reply: bytes) -> tuple[str, dict[str, str], bytes]:
    first, _, rest = reply.partition(b"\r\n\r\n")
    line, *fields = first.decode("latin-1").split("\r\n")
    return line, {name.lower(): value for name, _, value in (f.partition(": ") for f in fields)}, rest


def get(path: str = "/x", *headers: str, last: bool = True, method: str = "GET") -> bytes:
    fields = ["Host: h", *headers, *(["Connection: close"] if last else [])]
    return "\r\n".join([f"{method} {path} HTTP/1.1", *fields, "", ""]).encode()


async def refuse(request: HttpRequest, read_body: ReadBody) -> HttpReply:
    return HttpReply(401)


async def length(request: HttpRequest, read_body: ReadBody) -> HttpReply:
    try:
        return HttpReply(200, str(len(await read_body(1000))).encode(), "text/plain")
    except Refused as refusal:
        return HttpReply(refusal.status, refusal.rule.encode(), "text/plain")


async def echo(request: HttpRequest, read_body: ReadBody) -> HttpReply:
    return HttpReply(200, await read_body(10_000_000), "application/xml")


async def flood(writer: asyncio.StreamWriter) -> None:
    for _ in range(2000):
        writer.write(b"x" * 50_000)
        await writer.drain()


async def connect_until_refused(port: int) -> None:
    while True:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.close()


async def test_an_empty_answer_is_truly_empty(site) -> None:
    line, fields, body = head(await spoken(site.port, get("/NEMRetail/none")))
    assert line == "HTTP/1.1 404 Not Found"
    assert body == b""
    assert fields["content-length"] == "0"
    assert set(fields) == {"content-length", "date", "connection"}


async def test_a_body_has_its_type_and_length(site) -> None:
    async def answer(request: HttpRequest, read_body: ReadBody) -> HttpReply:
        return HttpReply(200, b"<a/>", "application/xml", (("X-Other", "1"),))

    site.runtime.answer = answer
    _, fields, body = head(await spoken(site.port, get()))
    assert (body, fields["content-type"], fields["content-length"]) == (b"<a/>", "application/xml", "4")
    assert fields["x-other"] == "1"


@pytest.mark.parametrize("bad", [
    b"garbage\r\n\r\n",
    b"GET\r\n\r\n",
    b"GET / HTTP/9.9\r\nHost: h\r\n\r\n",
    b"GET /" + b"a" * 20_000 + b" HTTP/1.1\r\nHost: h\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: h\r\nX: " + b"a" * 20_000 + b"\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: h\r\n" + b"".join(b"X-%d: 1\r\n" % i for i in range(2000)) + b"\r\n",
    b"GET / HTTP/1.1\r\nHost: h\r\nContent-Length: -5\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: h\r\nbad header\r\n\r\n",
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\0" * 64,
])  # fmt: skip
async def test_what_is_not_http_gets_400_and_nothing_else(site, bad: bytes, capfd) -> None:
    line, fields, body = head(await spoken(site.port, bad))
    assert line == "HTTP/1.1 400 Bad Request"
    assert (body, fields["connection"]) == (b"", "close")
    assert site.runtime.asked == []
    assert capfd.readouterr() == ("", "")


async def test_the_head_arrives_as_values(site) -> None:
    path = "/NEMRetail/B2M%20Pull/getMessages?transactionGroup=CATS&a=%26&a=2&empty="
    await spoken(site.port, get(path, "x-initiatingparticipantid: RETAILA"))
    (asked,) = site.runtime.asked
    assert asked.method == "GET"
    assert asked.path == "/NEMRetail/B2M Pull/getMessages"
    assert asked.query == (("transactionGroup", "CATS"), ("a", "&"), ("a", "2"), ("empty", ""))
    assert asked.headers["X-initiatingParticipantID"] == "RETAILA"
    assert (asked.peer, asked.secure) == (None, False)


@pytest.mark.parametrize(
    ("target", "path"),
    [
        ("http://elsewhere/NEM/x", "/NEM/x"),
        ("//double", "//double"),
        ("/a/../b", "/a/../b"),
        ("/%zz%ff", "/%zz%ff"),
        ("/a%2Fb", "/a/b"),
    ],
)
async def test_odd_targets_are_just_paths(site, target: str, path: str) -> None:
    await spoken(site.port, get(target))
    assert [asked.path for asked in site.runtime.asked] == [path]


@pytest.mark.parametrize("request_line", ["OPTIONS *", "CONNECT h:443", "TRACE /", "BREW /pot", "DELETE /x"])
async def test_unknown_verbs_reach_the_face(site, request_line: str) -> None:
    method, target = request_line.split()
    line, _, body = head(await spoken(site.port, get(target, method=method)))
    assert line.startswith(("HTTP/1.1 404", "HTTP/1.1 400"))
    assert body == b""


async def test_an_upgrade_is_answered_as_if_not_asked(site) -> None:
    upgrade = get("/x", "Upgrade: websocket", "Connection: Upgrade", last=False)
    said = await spoken(site.port, upgrade, get("/y"))
    assert said.count(b"HTTP/1.1 404 Not Found") == 2


async def test_head_has_the_length_but_no_body(site) -> None:
    site.runtime.answer = length
    _, fields, body = head(await spoken(site.port, get(method="HEAD")))
    assert (fields["content-length"], body) == ("1", b"")


async def test_requests_in_a_row_share_a_connection(site) -> None:
    said = await spoken(site.port, get("/one", last=False) + get("/two", last=False) + get("/three"))
    assert said.count(b"HTTP/1.1 404") == 3
    assert said.count(b"Connection: close") == 1
    assert [asked.path for asked in site.runtime.asked] == ["/one", "/two", "/three"]


@pytest.mark.parametrize(("extra", "expected"), [((), "close"), (("Connection: keep-alive",), "keep-alive")])
async def test_http_1_0(site, extra: tuple[str, ...], expected: str) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", site.port)
    writer.write("\r\n".join(["GET / HTTP/1.0", *extra, "", ""]).encode())
    _, fields, _ = head(await reader.readuntil(b"\r\n\r\n"))
    assert fields["connection"] == expected
    writer.close()


@pytest.mark.parametrize(("sent", "told"), [(0, "0"), (10, "10"), (1000, "1000"), (1001, "1001"), (5000, "1001")])
async def test_a_body_is_read_to_one_byte_past_its_limit(site, sent: int, told: str) -> None:
    site.runtime.answer = length
    _, _, body = head(await spoken(site.port, get("/x", f"Content-Length: {sent}", method="POST"), b"x" * sent))
    assert body.decode() == told


async def test_a_body_in_pieces_arrives_whole(site) -> None:
    site.runtime.answer = echo
    pieces = [b"5\r\nhello\r\n", b"6\r\n world\r\n", b"0\r\n\r\n"]
    _, _, body = head(await spoken(site.port, get("/x", "Transfer-Encoding: chunked", method="POST"), *pieces))
    assert body == b"hello world"


async def test_compressed_bodies_stay_compressed(site) -> None:
    site.runtime.answer = echo
    sent = gzip.compress(b"<a/>")
    _, _, body = head(
        await spoken(
            site.port, get("/x", "Content-Encoding: gzip", f"Content-Length: {len(sent)}", method="POST"), sent
        )
    )
    assert body == sent


async def test_a_broken_body_is_given_up(site, monkeypatch) -> None:
    """aiohttp's parser says nothing to who reads the body: the time limit ends it."""
    monkeypatch.setattr(wire, "BODY_SECONDS", 0.05)
    monkeypatch.setattr(wire, "DRAIN_SECONDS", 0.05)
    site.runtime.answer = length
    reader, writer = await asyncio.open_connection("127.0.0.1", site.port)
    writer.write(get("/x", "Transfer-Encoding: chunked", "Expect: 100-continue", method="POST", last=False))
    await reader.readuntil(b"\r\n\r\n")
    writer.write(b"zz\r\nhello\r\n")
    line, fields, body = head(await reader.read())
    writer.close()
    assert (line, body) == ("HTTP/1.1 408 Request Timeout", b"http.slow-body")
    assert fields["connection"] == "close"


async def test_a_body_cut_short_is_refused_and_nobody_is_hurt(site) -> None:
    told: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    async def answer(request: HttpRequest, read_body: ReadBody) -> HttpReply:
        reply = await length(request, read_body)
        told.set_result(reply.body.decode())
        return reply

    site.runtime.answer = answer
    _, writer = await asyncio.open_connection("127.0.0.1", site.port)
    writer.write(get("/x", "Content-Length: 100", method="POST") + b"short")
    await writer.drain()
    writer.close()
    assert await told == "http.broken-body"


async def test_a_slow_body_is_given_up(site, monkeypatch) -> None:
    monkeypatch.setattr(wire, "BODY_SECONDS", 0.05)
    monkeypatch.setattr(wire, "DRAIN_SECONDS", 0.05)
    site.runtime.answer = length
    line, _, body = head(await spoken(site.port, get("/x", "Content-Length: 100", method="POST"), b"slow"))
    assert (line, body) == ("HTTP/1.1 408 Request Timeout", b"http.slow-body")


async def test_a_connection_that_says_nothing_is_closed(site, monkeypatch) -> None:
    monkeypatch.setattr(wire, "HEAD_SECONDS", 0.05)
    assert await spoken(site.port, b"GET /x HT") == b""
    assert site.runtime.asked == []


async def test_an_unread_body_does_not_end_the_connection(site) -> None:
    site.runtime.answer = refuse
    post = get("/x", "Content-Length: 300000", method="POST", last=False)
    said = await spoken(site.port, post, b"x" * 300_000, get("/y"))
    assert said.count(b"HTTP/1.1 401") == 2


def sent_in_one_go(port: int, head: bytes, body: bytes) -> bytes:
    """As a plain client does: everything is sent before the first look at an answer."""
    with socket.create_connection(("127.0.0.1", port), timeout=20) as connection:
        connection.sendall(head)
        connection.sendall(body)
        return b"".join(iter(lambda: connection.recv(65536), b""))


@pytest.mark.parametrize("framed", ["Content-Length", "chunked"])
@pytest.mark.parametrize("answer", [refuse, length])
async def test_ten_megabytes_of_body_get_their_answer(site, answer, framed: str) -> None:
    site.runtime.answer = answer
    body = b"x" * 10 * 1024 * 1024
    if framed == "chunked":
        body = b"%x\r\n%b\r\n0\r\n\r\n" % (len(body), body)
    framing = "Transfer-Encoding: chunked" if framed == "chunked" else f"Content-Length: {len(body)}"
    for _ in range(3):
        said = await asyncio.to_thread(sent_in_one_go, site.port, get("/x", framing, method="POST"), body)
        assert said.startswith(b"HTTP/1.1 401" if answer is refuse else b"HTTP/1.1 200")


async def test_a_flood_after_a_refusal_is_cut_off(site, monkeypatch) -> None:
    monkeypatch.setattr(wire, "DRAIN_BYTES", 100_000)
    site.runtime.answer = refuse
    reader, writer = await asyncio.open_connection("127.0.0.1", site.port)
    writer.write(get("/x", "Content-Length: 100000000", method="POST", last=False))
    line, fields, _ = head(await reader.readuntil(b"\r\n\r\n"))
    assert (line, fields["connection"]) == ("HTTP/1.1 401 Unauthorized", "close")
    with pytest.raises(ConnectionError):
        await flood(writer)
    writer.close()


async def test_who_asks_before_sending_is_invited_only_when_the_body_is_wanted(site) -> None:
    site.runtime.answer = length
    expecting = get("/x", "Content-Length: 5", "Expect: 100-continue", method="POST")
    reader, writer = await asyncio.open_connection("127.0.0.1", site.port)
    writer.write(expecting)
    assert await reader.readuntil(b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"
    writer.write(b"hello")
    _, _, body = head(await reader.read())
    assert body == b"5"
    writer.close()


async def test_who_is_refused_is_not_invited(site, monkeypatch) -> None:
    monkeypatch.setattr(wire, "DRAIN_SECONDS", 0.05)
    site.runtime.answer = refuse
    said = await spoken(site.port, get("/x", "Content-Length: 5", "Expect: 100-continue", method="POST"))
    assert said.startswith(b"HTTP/1.1 401")
    assert b"100 Continue" not in said


async def test_a_large_answer_arrives_whole(site) -> None:
    content = bytes(range(256)) * 8192

    async def answer(request: HttpRequest, read_body: ReadBody) -> HttpReply:
        return HttpReply(200, content, "application/xml")

    site.runtime.answer = answer
    _, _, body = head(await spoken(site.port, get()))
    assert body == content


async def test_who_does_not_read_is_cut_off(site, monkeypatch) -> None:
    monkeypatch.setattr(wire, "WRITE_SECONDS", 0.05)
    begun = asyncio.Event()

    async def answer(request: HttpRequest, read_body: ReadBody) -> HttpReply:
        begun.set()
        return HttpReply(200, b"x" * 20_000_000, "application/xml")

    site.runtime.answer = answer
    reader, writer = await asyncio.open_connection("127.0.0.1", site.port, limit=1000)
    writer.write(get())
    await writer.drain()
    reader._transport.pause_reading()
    await begun.wait()
    await site.nobody_connected()
    writer.close()


async def test_a_bug_is_an_empty_500_and_told_on_stderr(site, capsys) -> None:
    async def answer(request: HttpRequest, read_body: ReadBody) -> HttpReply:
        raise LookupError("our fault")

    site.runtime.answer = answer
    line, _, body = head(await spoken(site.port, get()))
    assert (line, body) == ("HTTP/1.1 500 Internal Server Error", b"")
    assert "LookupError: our fault" in capsys.readouterr().err


async def test_no_header_can_smuggle_another(site, capsys) -> None:
    async def answer(request: HttpRequest, read_body: ReadBody) -> HttpReply:
        return HttpReply(200, b"", "text/xml\r\nX-Evil: 1")

    site.runtime.answer = answer
    line, fields, _ = head(await spoken(site.port, get()))
    assert line == "HTTP/1.1 500 Internal Server Error"
    assert "x-evil" not in fields
    assert "control character" in capsys.readouterr().err


async def test_running_exchanges_finish_when_the_listeners_close(site) -> None:
    begun, finish = asyncio.Event(), asyncio.Event()

    async def answer(request: HttpRequest, read_body: ReadBody) -> HttpReply:
        begun.set()
        await finish.wait()
        return HttpReply(200, b"done", "text/plain")

    site.runtime.answer = answer
    running = asyncio.create_task(spoken(site.port, get(last=False)))
    await begun.wait()
    closing = asyncio.create_task(site.listeners.close(drain=5))
    with pytest.raises(ConnectionError):
        await connect_until_refused(site.port)
    finish.set()
    assert (await running).endswith(b"done")
    await closing


async def test_a_body_still_arrives_when_the_listeners_close(site) -> None:
    begun = asyncio.Event()

    async def answer(request: HttpRequest, read_body: ReadBody) -> HttpReply:
        begun.set()
        return HttpReply(200, await read_body(100), "text/plain")

    site.runtime.answer = answer
    reader, writer = await asyncio.open_connection("127.0.0.1", site.port)
    writer.write(get("/x", "Content-Length: 4", method="POST", last=False))
    await begun.wait()
    closing = asyncio.create_task(site.listeners.close(drain=5))
    with pytest.raises(ConnectionError):
        await connect_until_refused(site.port)
    writer.write(b"late")
    assert (await reader.read()).endswith(b"late")
    writer.close()
    await closing


async def pieces(request: HttpRequest, read_body: ReadBody) -> HttpReply:
    made = (b"%06d," % number for number in range(50_000))
    return HttpReply(200, content_type="text/plain", stream=made)


async def test_a_large_reply_comes_in_chunks_and_the_connection_stays(site):
    site.runtime.answer = pieces
    reply = await spoken(site.port, get(last=False), get())
    first, _, rest = reply.partition(b"\r\n\r\n")
    assert b"Transfer-Encoding: chunked" in first
    assert b"Content-Length" not in first
    body, second = unchunked(rest)
    assert body == b"".join(b"%06d," % number for number in range(50_000))
    assert second.startswith(b"HTTP/1.1 200")


async def test_a_large_reply_to_an_old_client_ends_with_the_connection(site):
    site.runtime.answer = pieces
    reply = await spoken(site.port, b"GET /x HTTP/1.0\r\nHost: h\r\nConnection: keep-alive\r\n\r\n")
    _, fields, body = head(reply)
    assert "transfer-encoding" not in fields
    assert len(body) == 350_000


async def test_no_body_for_head_of_a_large_reply(site):
    site.runtime.answer = pieces
    assert head(await spoken(site.port, get(method="HEAD")))[2] == b""


async def broken(request: HttpRequest, read_body: ReadBody) -> HttpReply:
    def made():
        yield b"x" * 40_000
        raise ValueError("a bug in the middle")

    return HttpReply(200, stream=made())


async def test_a_large_reply_that_breaks_does_not_look_whole(site, capsys):
    site.runtime.answer = broken
    with contextlib.suppress(ConnectionResetError):
        assert not (await spoken(site.port, get())).endswith(b"0\r\n\r\n")
    assert "a bug in the middle" in capsys.readouterr().err


def unchunked(text: bytes) -> tuple[bytes, bytes]:
    body = b""
    while True:
        size, _, text = text.partition(b"\r\n")
        length = int(size, 16)
        if not length:
            return body, text[2:]
        body, text = body + text[:length], text[length + 2 :]
