"""Large replies are made in slices, and give way to small exchanges."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest

from simulator.base.http import HttpReply, HttpRequest
from simulator.web import courtesy as module
from simulator.web.courtesy import Courtesy


@pytest.fixture
def courtesy(monkeypatch: pytest.MonkeyPatch) -> Courtesy:
    """One for which time stands still."""
    monkeypatch.setattr(module.time, "perf_counter", lambda: 1000.0)
    return Courtesy()


async def rounds(count: int = 20) -> None:
    for _ in range(count):
        await asyncio.sleep(0)


async def test_a_slice_waits_for_an_exchange_that_is_under_way(courtesy: Courtesy) -> None:
    made = []

    async def large() -> None:
        async with courtesy:
            made.append("slice")

    courtesy.begun()
    making = asyncio.create_task(large())
    await rounds()
    assert made == []
    courtesy.ended()
    await making
    assert made == ["slice"]


async def test_an_exchange_that_itself_waits_is_not_waited_for_long(
    courtesy: Courtesy, monkeypatch: pytest.MonkeyPatch
) -> None:
    courtesy.begun()
    monkeypatch.setattr(module.time, "perf_counter", lambda: 1000.0 + module.PATIENCE)
    async with asyncio.timeout(5):
        async with courtesy:
            pass


async def test_of_two_large_replies_one_is_made_at_a_time(courtesy: Courtesy) -> None:
    inside, seen = 0, []

    async def large() -> None:
        nonlocal inside
        for _ in range(5):
            async with courtesy:
                inside += 1
                seen.append(inside)
                inside -= 1

    await asyncio.gather(large(), large(), large())
    assert seen == [1] * 15


async def test_one_that_is_given_up_leaves_the_way_free(courtesy: Courtesy) -> None:
    courtesy.begun()
    waiting = asyncio.create_task(courtesy.__aenter__())
    await rounds()
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)
    courtesy.ended()
    async with asyncio.timeout(5):
        async with courtesy:
            pass


async def test_others_are_answered_between_two_slices(site) -> None:
    """Five small ones, one after another, are answered long before a large reply of 400 slices is whole."""
    order: list[str] = []

    def pieces() -> Iterator[bytes]:
        for number in range(400):
            order.append(f"slice {number}")
            yield b"x" * 40_000

    async def answer(request: HttpRequest, read_body: object) -> HttpReply:
        order.append(request.path)
        return HttpReply(200, stream=pieces()) if request.path == "/large" else HttpReply(200, b"small")

    site.runtime.answer = answer
    reader, writer = await asyncio.open_connection("127.0.0.1", site.port)
    writer.write(b"GET /large HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    await reader.readuntil(b"\r\n\r\n")
    swallowing = asyncio.create_task(reader.read())
    other_reader, other = await asyncio.open_connection("127.0.0.1", site.port)
    for number in range(5):
        other.write(b"GET /small%d HTTP/1.1\r\nHost: x\r\n\r\n" % number)
        await other_reader.readuntil(b"small")
    other.close()
    await swallowing
    writer.close()
    assert [each for each in order if each.startswith("/small")] == [f"/small{number}" for number in range(5)]
    assert order.index("/small4") < len(order) - 100


@pytest.mark.parametrize(("since", "rests"), [(0.0, 2), (module.AROUND * 2, 0)])
async def test_it_rests_now_and_then_while_somebody_is_around(
    courtesy: Courtesy, monkeypatch: pytest.MonkeyPatch, since: float, rests: int
) -> None:
    courtesy.begun()
    courtesy.ended()
    monkeypatch.setattr(module.time, "perf_counter", lambda: 1000.0 + since)
    rested = []

    async def sleep(seconds: float) -> None:
        rested.append(seconds)

    monkeypatch.setattr(module.asyncio, "sleep", sleep)
    for _ in range(2 * module.SLICES):
        async with courtesy:
            pass
    assert rested.count(module.REST) == rests
