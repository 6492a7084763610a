"""Another story begins while an exchange is under way: it ends in its own story, and leaves nothing in the new one."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

import kit
from simulator.asexml.decode import read
from simulator.base.errors import StoryOver
from simulator.base.turn import Event
from simulator.config import ANY_PORT, Settings
from simulator.runtime import Runtime
from simulator.scenario.loader import load
from simulator.simulation.events import Begun
from simulator.web.start import Served, start

STORY = """\
scenario: {name}
clock: "2026-03-02T09:00:00+10:00"
given:
  participants:
    - {{id: RETAILA, roles: [FRMP], user: ALICE, password: secret}}
    - {{id: RETAILB, roles: [FRMP], played: auto}}
  nmis: [{{nmi: "4102034567", jurisdiction: NSW, frmp: RETAILB}}]
  netstream: {{clients: [{{id: app-1, secret: s3cret}}]}}
when: [{rule}]
"""
RULES = {
    "no fault": "",
    "a fault of the reply": "{request: {operation: submitMessages}, fault: reset after processing}",
    "a fault of the message": "{message: {transaction: CATSChangeRequest}, fault: rejected though processed}",
    "a message that is lost": "{request: {operation: submitMessages}, fault: accepted but lost}",
}
ALICE = base64.b64encode(b"ALICE:secret").decode()
SUBMIT = {
    "X-initiatingParticipantID": "RETAILA",
    "X-market": "NEM",
    "Accept": "application/xml",
    "Authorization": f"Basic {ALICE}",
    "messageContextID": "catsm_retaila_1",
    "Content-Type": "application/xml",
}
SIGN_IN = {"grant_type": "client_credentials", "client_id": "app-1", "client_secret": "s3cret"}
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


def story(rule: str, name: str = "Under way") -> str:
    return STORY.format(name=name, rule=rule)


@pytest.fixture
async def serve(tmp_path: Path) -> AsyncIterator[Callable[..., Any]]:
    running: list[Served] = []

    async def served(rule: str) -> Served:
        settings = Settings(
            port=0, plain_port=ANY_PORT, certs=tmp_path / "certs", clock="held", journal="memory:?keep=yes"
        )
        running.append(await start(settings, load(story(rule), "under-way.yaml")))
        return running[-1]

    yield served
    for each in running:
        await each.close()


class UnderWay:
    """A request of which the server has taken the head, and waits for the body."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, body: bytes) -> None:
        self._reader, self._writer, self._body = reader, writer, body

    @classmethod
    async def begin(cls, served: Served, path: str, headers: dict[str, str], body: bytes) -> UnderWay:
        reader, writer = await asyncio.open_connection("127.0.0.1", port(served))
        await write(writer, "POST", path, {**headers, "Expect": "100-continue"}, len(body))
        async with asyncio.timeout(10):
            assert await reader.readuntil(b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"
        return cls(reader, writer, body)

    async def end(self) -> bytes:
        """Send the body; everything that is answered."""
        self._writer.write(self._body)
        try:
            async with asyncio.timeout(10):
                return await self._reader.read()
        except ConnectionResetError:
            return b""
        finally:
            self._writer.close()


def port(served: Served) -> int:
    return int((served.plain_url or "").rpartition(":")[2])


async def write(writer: asyncio.StreamWriter, method: str, path: str, headers: dict[str, str], length: int) -> None:
    told = {"Host": f"127.0.0.1:{writer.get_extra_info('peername')[1]}", "Connection": "close", **headers}
    lines = [f"{method} {path} HTTP/1.1", *(f"{name}: {value}" for name, value in told.items())]
    writer.write("\r\n".join([*lines, f"Content-Length: {length}", "", ""]).encode())
    await writer.drain()


async def ask(served: Served, method: str, path: str, body: str = "") -> dict[str, Any]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port(served))
    await write(writer, method, path, {}, len(body))
    writer.write(body.encode())
    async with asyncio.timeout(10):
        head, _, told = (await reader.read()).partition(b"\r\n\r\n")
    writer.close()
    assert head.startswith(b"HTTP/1.1 200 "), head
    found: dict[str, Any] = json.loads(told)
    return found


async def begin_anew(served: Served, how: str, rule: str) -> None:
    if how == "reset":
        await ask(served, "POST", "/_sim/reset")
    else:
        await ask(served, "PUT", "/_sim/scenario", story(rule, "Another"))


async def left(served: Served) -> tuple[list[Any], list[Any], list[Event]]:
    """What there is in the story that is told now: exchanges, messages, events beside its beginning."""
    exchanges = (await ask(served, "GET", "/_sim/exchanges"))["exchanges"]
    messages = (await ask(served, "GET", "/_sim/messages"))["messages"]
    events = [each for each in served.runtime.journal.replay() if not isinstance(each, Begun)]
    return exchanges, messages, events


@pytest.mark.parametrize("how", ["reset", "PUT"])
@pytest.mark.parametrize("rule", RULES)
async def test_a_message_that_is_under_way_is_no_part_of_the_next_story(
    serve: Callable[..., Any], how: str, rule: str
) -> None:
    served = await serve(RULES[rule])
    request = await UnderWay.begin(served, f"{kit.BASE}submitMessages", SUBMIT, kit.transfer().encode())
    await begin_anew(served, how, RULES[rule])
    answer = await request.end()
    assert await left(served) == ([], [], [])
    if rule == "a fault of the reply":
        assert answer == b""
    else:
        assert answer.startswith(b"HTTP/1.1 200 OK")
        assert b'initiatingMessageID="RETAILA-MSG-1"' in answer
        assert (b'status="Reject"' in answer) is (rule == "a fault of the message")
    assert list(served.runtime.simulation.hub.queue("RETAILA").entries()) == []


@pytest.mark.parametrize("how", ["reset", "PUT"])
async def test_a_sign_in_that_is_under_way_is_no_part_of_the_next_story(serve: Callable[..., Any], how: str) -> None:
    served = await serve(RULES["no fault"])
    tenant = served.runtime.scenario.given.netstream.tenant
    form = urlencode({**SIGN_IN, "scope": "https://graph.microsoft.com/.default"}).encode()
    request = await UnderWay.begin(served, f"/{tenant}/oauth2/v2.0/token", FORM, form)
    await begin_anew(served, how, RULES["no fault"])
    assert (await request.end()).startswith(b"HTTP/1.1 200 OK")
    assert await left(served) == ([], [], [])


async def test_the_next_story_begins_with_the_next_exchange(serve: Callable[..., Any]) -> None:
    """The same message is no repeat of the one that was under way, whichever of them ends first."""
    served = await serve(RULES["no fault"])
    early = await UnderWay.begin(served, f"{kit.BASE}submitMessages", SUBMIT, kit.transfer().encode())
    await begin_anew(served, "reset", "")
    late = await UnderWay.begin(served, f"{kit.BASE}submitMessages", SUBMIT, kit.transfer().encode())
    assert b"duplicate" not in await early.end()
    assert b"duplicate" not in await late.end()
    exchanges, messages, _ = await left(served)
    assert [each["rule"] for each in exchanges] == ["hub.accept"]
    assert [each["messageId"] for each in messages if each["from"] == "RETAILA"] == ["RETAILA-MSG-1"]


STOP = b'{"participant": "RETAILA", "cause": "CR"}'
BY_HAND = {
    "messages": kit.message(
        kit.transactions('<CATSChangeWithdrawal version="r29"><RequestID>2</RequestID></CATSChangeWithdrawal>'),
        sender="NEMMCO",
        to="RETAILA",
    ).encode(),
    "stop-files": STOP,
    "clock": b'{"advance": "P1D"}',
}


@pytest.mark.parametrize("how", ["reset", "PUT"])
@pytest.mark.parametrize("resource", BY_HAND)
async def test_what_is_done_by_hand_is_refused_when_its_story_is_over(
    serve: Callable[..., Any], how: str, resource: str
) -> None:
    served = await serve(RULES["no fault"])
    early = await UnderWay.begin(served, f"/_sim/{resource}", {}, BY_HAND[resource])
    await begin_anew(served, how, RULES["no fault"])
    began = served.runtime.clock.now()
    head, _, problem = (await early.end()).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 409 "), head
    assert json.loads(problem)["rule"] == "control.story-over"
    assert await left(served) == ([], [], [])
    assert served.runtime.clock.now() == began
    late = await UnderWay.begin(served, f"/_sim/{resource}", {}, BY_HAND[resource])
    assert (await late.end()).startswith((b"HTTP/1.1 200 ", b"HTTP/1.1 201 "))


@pytest.mark.parametrize("act", ["advance", "inject", "raise", "clear", "verdict"])
async def test_a_reset_while_what_is_due_happens_leaves_nothing_by_hand_in_the_next_story(
    act: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It comes between two pieces of long work, where the loop is free for others."""
    house = kit.runtime()
    received = read(BY_HAND["messages"], house.schemas)
    acts: dict[str, Callable[[], Awaitable[object]]] = {
        "advance": lambda: house.advance(timedelta(days=1)),
        "inject": lambda: house.inject(received),
        "raise": lambda: house.raise_stop_file("RETAILA", "CR", "B2MStopFile"),
        "clear": lambda: house.clear_stop_file("RETAILA.CR"),
        "verdict": house.verdict,
    }
    caught_up = Runtime._catch_up

    async def interrupted(house: Runtime) -> list[Event]:
        await house.reset()
        return await caught_up(house)

    monkeypatch.setattr(Runtime, "_catch_up", interrupted)
    with pytest.raises(StoryOver):
        await acts[act]()
    assert [type(each) for each in house.journal.replay()] == [Begun]
    assert house.clock.now() == kit.START
    assert len(house.simulation.hub.queue("RETAILA")) == 0
