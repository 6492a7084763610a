import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field

import pytest

from simulator.base.clock import wall_time
from simulator.base.http import HttpReply, HttpRequest
from simulator.web.app import App
from simulator.web.listeners import Listeners

Answerer = Callable[[HttpRequest, Callable[[int], Awaitable[bytes]]], Awaitable[HttpReply]]


@dataclass
class Scripted:
    """Stands where a runtime stands: notes what it is asked, answers as told."""

    answer: Answerer | None = None
    asked: list[HttpRequest] = field(default_factory=list)
    exchanges: list[object] = field(default_factory=list)

    async def exchange(self, request: HttpRequest, read_body: Callable[[int], Awaitable[bytes]]) -> HttpReply:
        self.asked.append(request)
        if self.answer is None:
            return HttpReply(404, rule="test.nothing")
        return await self.answer(request, read_body)


@dataclass
class Site:
    """A plain listener in front of a scripted runtime."""

    runtime: Scripted
    control: Scripted
    app: App
    port: int
    listeners: Listeners

    async def nobody_connected(self) -> None:
        """Every connection to have ended by itself."""
        await asyncio.wait([connection._task_handler for connection in self.listeners._server.connections])


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    runtime, control = Scripted(), Scripted()
    app = App(control, wall_time, runtime)
    listeners = Listeners(app)
    port = await listeners.open("127.0.0.1", 0, None)
    yield Site(runtime, control, app, port, listeners)
    await listeners.close(drain=1)
