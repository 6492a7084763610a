"""What a request is for: the control API, a workspace, or an emulated API. The thin waist between wire and runtime."""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol, cast

from msgspec.structs import replace

from simulator.base.http import HttpReply, HttpRequest
from simulator.web.courtesy import Courtesy
from simulator.web.feeding import FeedAnswer
from simulator.web.problems import Problem
from simulator.web.wire import Answer, Connection, body_reader, request_of
from simulator.web.wire_plan import PlannedAnswer, Timers
from simulator.workspaces import DEFAULT_WORKSPACE

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from datetime import datetime

    from aiohttp import web

    from simulator.runtime import Runtime
    from simulator.web.exchange_log import ExchangeLog
    from simulator.workspaces import Workspaces


class Handles(Protocol):
    """Anything that answers requests: the runtime, the control API."""

    async def exchange(self, request: HttpRequest, read_body: Callable[[int], Awaitable[bytes]]) -> HttpReply:
        """The whole answer; never raises for bad input."""
        ...


class Controls(Handles, Protocol):
    """The control API, of the default workspace or ``within`` another one."""

    def within(self, workspace: str, runtime: Runtime) -> Handles:
        """The same for a workspace."""
        ...


@dataclass(slots=True)
class App:
    """Hands each request to who answers it. ``runtime`` is None while the journal is still being replayed."""

    control: Controls
    now: Callable[[], datetime]
    runtime: Handles | None = None
    log: ExchangeLog | None = None
    workspaces: Workspaces | None = None
    timers: Timers = field(default_factory=Timers)
    courtesy: Courtesy = field(default_factory=Courtesy)

    def open(self, runtime: Runtime) -> None:
        """From now on the runtime answers."""
        self.runtime = runtime
        runtime.on_bug = tell_bug

    def handshake_refused(self, reason: str) -> None:
        """Someone was turned away before any request."""
        if self.log is not None:
            self.log.note_handshake(self.now(), reason)

    async def handle(self, request: web.BaseRequest, workspace: str | None = None) -> web.StreamResponse:
        """One exchange, for aiohttp's low-level server; ``workspace`` where the port is one's own."""
        connection = cast("Connection", request.protocol)
        connection.heard = True
        head = request_of(request, connection)
        begun = time.perf_counter()
        self.courtesy.begun()
        try:
            reply = await self.answer(head, body_reader(request), workspace)
        finally:
            self.courtesy.ended()
        if self.log is not None:
            self.log.note(self.now(), head, reply, time.perf_counter() - begun)
        return self._written(request, reply)

    def _written(self, request: web.BaseRequest, reply: HttpReply) -> web.StreamResponse:
        if reply.feed is not None:
            return FeedAnswer(request, reply, reply.feed)
        if reply.wire is None:
            return Answer(request, reply, courtesy=self.courtesy)
        return PlannedAnswer(request, reply, reply.wire, self.timers)

    async def answer(
        self, request: HttpRequest, read_body: Callable[[int], Awaitable[bytes]], workspace: str | None = None
    ) -> HttpReply:
        """Control, a workspace, or nothing of the kind. On the port of a ``workspace`` all is that one's."""
        path = request.path
        if workspace is not None and workspace != DEFAULT_WORKSPACE:
            return await self._of(workspace, request, read_body)
        if path.startswith("/w/"):
            return await self._in_workspace(request, read_body)
        if _is_control(path):
            return await self.control.exchange(request, read_body)
        if self.runtime is None:
            return HttpReply(500, rule="web.loading")
        return await self.runtime.exchange(request, read_body)

    async def _in_workspace(self, request: HttpRequest, read_body: Callable[[int], Awaitable[bytes]]) -> HttpReply:
        name, slash, rest = request.path.removeprefix("/w/").partition("/")
        if not slash or rest.startswith("w/"):
            return HttpReply(404, rule="web.no-workspace")
        inner = replace(request, path="/" + rest, prefix=f"{request.prefix}/w/{name}")
        if name == DEFAULT_WORKSPACE:
            return await self.answer(inner, read_body)
        return await self._of(name, inner, read_body)

    async def _of(self, name: str, request: HttpRequest, read_body: Callable[[int], Awaitable[bytes]]) -> HttpReply:
        """A workspace's answer to a path of its own."""
        runtime = None if self.workspaces is None else self.workspaces.find(name)
        if runtime is None:
            return _nowhere(name, request.path)
        if _is_control(request.path):
            return await self.control.within(name, runtime).exchange(request, read_body)
        return await runtime.exchange(request, read_body)


def _is_control(path: str) -> bool:
    return path.startswith("/_sim/") or path == "/_sim"


def _nowhere(name: str, path: str) -> HttpReply:
    """There is no such workspace; its control API would say so in its own words."""
    why = f"no workspace is named {name[:64]!r}"
    if _is_control(path):
        return Problem(404, why, "web.no-workspace").reply()
    return HttpReply(404, rule="web.no-workspace", why=why)


def tell_bug(bug: str) -> None:
    """A fault of ours is never silent."""
    print(f"ehubsim: this is a fault of the simulator, please report it:\n{bug}", file=sys.stderr, flush=True)
