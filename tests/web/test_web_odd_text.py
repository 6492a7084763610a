"""Bytes that are no text, in the head of a request: answered like any other wrong value, and kept by every journal."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import AsyncIterator, Iterable
from pathlib import Path
from typing import Any

import pytest

import kit
from simulator.config import Settings
from simulator.web.start import Served, start

CREDENTIALS = base64.b64encode(b"ALICE:secret")
MEMBER = (b"X-initiatingParticipantID: RETAILA", b"X-market: NEM", b"Accept: application/xml")
ODD = [b"catsm_\xff_1", b"\xff", b"\xed\xa0\x80", b"catsm_retaila_\xc3", "\ufffe".encode(), "é😀".encode()]


@pytest.fixture
async def served(tmp_path: Path) -> AsyncIterator[Served]:
    journal = f"sqlite:{tmp_path / 'journal.sqlite'}"
    settings = Settings(port=0, plain_port=-1, certs=tmp_path / "certs", journal=journal, clock="held")
    running = await start(settings, kit.scenario())
    yield running
    await running.close()


async def asked(served: Served, line: bytes, *fields: bytes, body: bytes = b"") -> tuple[int, bytes]:
    """One request, written byte for byte on a plain socket: status and body."""
    assert served.plain_url is not None
    reader, writer = await asyncio.open_connection("127.0.0.1", int(served.plain_url.rpartition(":")[2]))
    head = [line + b" HTTP/1.1", b"Host: h", b"Connection: close", b"Content-Length: %d" % len(body), *fields]
    writer.write(b"\r\n".join([*head, b"", body]))
    async with asyncio.timeout(10):
        reply = await reader.read()
    writer.close()
    return int(reply.split()[1]), reply.partition(b"\r\n\r\n")[2]


def refused(messages: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    return [each for each in messages if each["timeline"][0]["what"].startswith("refused: event 7")]


async def submitted(served: Served, context_id: bytes, body: str) -> bytes:
    line = b"POST " + kit.BASE.encode() + b"submitMessages"
    fields = (*MEMBER, b"Authorization: Basic " + CREDENTIALS, b"messageContextID: " + context_id)
    status, said = await asked(served, line, *fields, body=body.encode())
    assert status == 200
    return said


@pytest.mark.parametrize("context_id", ODD)
async def test_a_context_id_that_is_no_text_is_event_7_and_the_simulation_goes_on(served, context_id: bytes) -> None:
    assert b"<Code>7</Code>" in await submitted(served, context_id, kit.transfer())
    assert b'status="Accept"' in await submitted(served, b"catsm_retaila_2", kit.transfer(2))
    for resource in (b"messages", b"exchanges"):
        status, told = await asked(served, b"GET /_sim/" + resource)
        assert (status, b"\\ud" in told) == (200, False)
    assert refused(json.loads((await asked(served, b"GET /_sim/messages"))[1])["messages"])
    assert served.runtime.ready
    assert not served.runtime.bugs


@pytest.mark.parametrize("name", [b"X-initiatingParticipantID", b"X-market", b"Accept", b"Authorization", b"X-Other"])
async def test_no_other_header_halts_it_either(served, name: bytes) -> None:
    fields = {each.partition(b": ")[0]: each for each in (*MEMBER, b"Authorization: Basic " + CREDENTIALS)}
    line = b"GET " + kit.BASE.encode() + b"getQueueMetaData"
    status, _ = await asked(served, line, *{**fields, name: name + b": \xff\xfe"}.values())
    assert status in {200, 400, 401, 406, 500}
    assert (await asked(served, b"GET /_sim/exchanges", name + b": \xff"))[0] in {200, 401}
    assert served.runtime.ready
    assert not served.runtime.bugs


@pytest.mark.parametrize(
    "target", [b"/\xff", b"/a?b=\xff", b"/%ff%ed%a0%80?%ff=%ed%a0%80", b"/_sim/messages/%ed%a0%80"]
)
async def test_nor_does_a_path_or_a_query(served, target: bytes) -> None:
    assert (await asked(served, b"GET " + target))[0] in {400, 404}
    assert (await asked(served, b"GET /_sim/exchanges"))[0] == 200
    assert served.runtime.ready
    assert not served.runtime.bugs


async def test_text_beyond_ascii_arrives_as_it_was_sent(served) -> None:
    said = await submitted(served, "catsm_retailé_1".encode(), kit.transfer())
    assert b"<Code>7</Code>" in said
    (kept,) = refused(served.runtime.messages())
    assert kept["messageContextId"] == "catsm_retailé_1"
