"""The live feed: what it tells, in which order, from where on, what it does in a silence, and its end."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

import kit
from simulator import feed as live
from simulator.base.clock import wall_time
from simulator.base.http import Headers, HttpReply, HttpRequest
from simulator.config import Settings
from simulator.devca import Certificates
from simulator.runtime import Runtime
from simulator.web.app import App
from simulator.web.control import Control
from simulator.web.feeding import events
from simulator.web.start import Served, start

Told = tuple[int, str, dict[str, Any]]


def read(piece: bytes) -> list[Told]:
    """(number, kind, data) of every event of a piece; a gap has number 0."""
    found = []
    for block in piece.decode().strip().split("\n\n"):
        fields = dict(line.split(": ", 1) for line in block.split("\n"))
        found.append((int(fields.get("id", 0)), fields["event"], json.loads(fields["data"])))
    return found


async def begin(house: Runtime, after: int | None = None, heartbeat: float = 60) -> AsyncIterator[bytes]:
    """A feed that has greeted."""
    pieces = events(house, after, heartbeat)
    assert await anext(pieces) == b"retry: 1000\n\n"
    return pieces


async def test_steps_exchanges_due_events_and_clock_moves_are_told_in_order() -> None:
    house = kit.runtime()
    pieces = await begin(house)
    await kit.Party(house).submit(kit.transfer())
    told = read(await anext(pieces))
    kinds = [kind for _, kind, _ in told]
    assert [number for number, _, _ in told] == list(range(1, len(told) + 1))
    assert (kinds[0], kinds[-1]) == ("message", "exchange")
    first, last = told[0][2], told[-1][2]
    assert (first["type"], first["from"], first["to"], first["messageId"]) == (
        "MessageReceived",
        "RETAILA",
        "NEMMCO",
        "RETAILA-MSG-1",
    )
    assert "body" not in first
    assert (last["rule"], last["status"], last["participant"]) == ("hub.accept", 200, "RETAILA")
    assert {data["type"] for _, kind, data in told if kind == "message"} >= {"MessageReceived", "MessageQueued"}
    await house.advance(timedelta(days=9))
    later = read(await anext(pieces))
    assert {"due", "clock", "message", "event"} <= {kind for _, kind, _ in later}
    assert later[-1][1:] == ("clock", {"type": "ClockMoved", "at": house.now().isoformat()})


async def test_a_reader_goes_on_where_it_was() -> None:
    house = kit.runtime()
    pieces = await begin(house)
    await kit.Party(house).submit(kit.transfer())
    whole = read(await anext(pieces))
    assert read(await anext(await begin(house, after=2))) == whole[2:]
    assert read(await anext(await begin(house, after=0))) == whole


async def test_nothing_is_kept_before_somebody_looks() -> None:
    house = kit.runtime()
    await kit.Party(house).submit(kit.transfer())
    assert house.feed is None
    pieces = await begin(house)
    await house.reset()
    assert next(kind for _, kind, _ in read(await anext(pieces))) == "begun"


async def test_what_is_missed_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "KEPT", 5)
    house = kit.runtime()
    pieces = await begin(house)
    for _ in range(9):
        await kit.Party(house).queue()
    told = read(await anext(pieces))
    assert told[0] == (0, "gap", {"missed": 4})
    assert [number for number, _, _ in told[1:]] == [5, 6, 7, 8, 9]
    assert len(house.feed.since(0, house.journal.safe)) == 5  # type: ignore[union-attr]


async def test_a_number_of_an_earlier_process_is_told_to_be_one() -> None:
    house = kit.runtime()
    pieces = await begin(house, after=70)
    assert read(await anext(pieces)) == [(0, "gap", {"missed": None})]
    await kit.Party(house).queue()
    assert [number for number, _, _ in read(await anext(pieces))] == [1]


async def test_after_a_restart_no_number_of_before_is_taken_for_one_of_now() -> None:
    house = kit.runtime()
    house.exchanges.go_on(1_000)
    live = await begin(house)
    for _ in range(9):
        await kit.Party(house).queue()
    told = read(await anext(live))
    assert [number for number, _, _ in told] == list(range(1_001, 1_010))
    pieces = await begin(house, after=7)
    assert read(await anext(pieces)) == [(0, "gap", {"missed": None})]
    assert read(await anext(pieces)) == told
    assert read(await anext(await begin(house, after=1_008))) == told[-1:]


async def test_silence_is_broken_by_comments() -> None:
    pieces = await begin(kit.runtime(), heartbeat=0)
    assert [await anext(pieces), await anext(pieces)] == [b": still here\n\n"] * 2


async def test_it_ends_with_the_workspace_and_with_its_journal() -> None:
    house, halted = kit.runtime(), kit.runtime()
    pieces = await begin(house)
    house.end()
    assert [piece async for piece in pieces] == []
    pieces = await begin(halted)
    halted.failure = "the disk is full"
    assert [piece async for piece in pieces] == [b"event: halted\ndata: {}\n\n"]


async def ask(control: Control, query: tuple[tuple[str, str], ...] = (), **headers: str) -> HttpReply:
    fields = {name.replace("_", "-"): value for name, value in headers.items()}
    request = HttpRequest("GET", "/_sim/events", query, Headers({"Host": "localhost", **fields}))

    async def no_body(limit: int) -> bytes:
        return b""

    return await App(control, wall_time).answer(request, no_body)


async def test_where_to_go_on_is_a_header_or_a_parameter(tmp_path: Path) -> None:
    house = kit.runtime()
    control = Control(Certificates(tmp_path), runtime=house)
    house.watched()
    for _ in range(3):
        await kit.Party(house).queue()
    for reply in (await ask(control, Last_Event_ID="2"), await ask(control, (("after", "2"),))):
        assert (reply.status, reply.content_type) == (200, "text/event-stream")
        assert reply.feed is not None
        await anext(reply.feed)
        assert [number for number, _, _ in read(await anext(reply.feed))] == [3]
    assert (await ask(control, Last_Event_ID="x")).rule == "control.cursor"


@pytest.fixture
async def served(tmp_path: Path) -> AsyncIterator[Served]:
    begun = await start(Settings(port=0, plain_port=-1, certs=tmp_path / "certs", clock="held"), kit.scenario())
    yield begun
    await begun.close()


async def connect(served: Served, head: bytes) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    assert served.plain_url is not None
    reader, writer = await asyncio.open_connection("127.0.0.1", int(served.plain_url.rpartition(":")[2]))
    writer.write(head)
    await writer.drain()
    return reader, writer


async def test_over_the_wire_it_comes_in_chunks_and_ends_in_order(served: Served) -> None:
    reader, writer = await connect(served, b"GET /_sim/events HTTP/1.1\r\nHost: localhost\r\n\r\n")
    head = await reader.readuntil(b"\r\n\r\n")
    assert b"200 OK" in head
    assert b"Content-Type: text/event-stream" in head
    assert b"Transfer-Encoding: chunked" in head
    assert b"retry: 1000" in await reader.readuntil(b"\n\n")
    await kit.Party(served.runtime).queue()
    assert b"event: exchange" in await reader.readuntil(b"\n\n")
    served.runtime.end()
    assert (await reader.readuntil(b"0\r\n\r\n")).endswith(b"0\r\n\r\n")
    writer.close()


async def test_of_a_workspace_and_over_http_1_0(served: Served) -> None:
    house = await served.workspaces.make("one", kit.scenario())
    reader, writer = await connect(served, b"GET /w/one/_sim/events HTTP/1.0\r\nHost: localhost\r\n\r\n")
    assert b"chunked" not in await reader.readuntil(b"\r\n\r\n")
    await reader.readuntil(b"\n\n")
    await kit.Party(served.runtime).queue()
    await kit.Party(house).queue()
    assert b"event: exchange" in await reader.readuntil(b"\n\n")
    assert served.runtime.feed is None
    await served.workspaces.drop("one")
    assert await reader.read() == b""
    writer.close()


async def test_head_of_a_feed_has_no_feed(served: Served) -> None:
    reader, writer = await connect(served, b"HEAD /_sim/events HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    assert (await reader.read()).endswith(b"\r\n\r\n")
    writer.close()
