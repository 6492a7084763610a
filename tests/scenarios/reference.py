"""The reference client inside the process: its own flows, driven over `Runtime.exchange` as HTTP values.

What it waits, the held clock goes on; what it keeps is in a memory that lasts as long as it does.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any, TypeVar

from simulator.base.http import Headers, HttpReply, HttpRequest, Peer
from simulator.client.account import Account
from simulator.client.drain import Drain, DrainOptions
from simulator.client.errors import ClientError
from simulator.client.inbox import MemoryInbox
from simulator.client.session import Session
from simulator.client.values import Delivered, Done, Drained, Flow, Handle, HttpAnswer, HttpCall, Keep, Pause, advance
from simulator.runtime import Runtime

T = TypeVar("T")
Handler = Callable[[Delivered], None]


class ReferenceClient:
    """The client of one participant. ``calls`` counts what it asked of the hub, by operation."""

    def __init__(self, house: Runtime, participant: str, user: str, password: str) -> None:
        account = Account("http://127.0.0.1", participant, user, password, now=house.clock.now)
        self.session = Session(account)
        self.calls: dict[str, int] = {}
        self._house = house
        self._peer = Peer(participant, "ehubsim")
        self._inbox = MemoryInbox()

    async def drain(self, handler: Handler) -> Drained:
        """The client's whole loop, until nothing is left: metadata, get, inbox, handler, MACK."""
        return await self.run(Drain(self.session, DrainOptions()).run(), handler)

    async def run(self, flow: Flow[T], handler: Handler | None = None) -> T:
        """Drive any flow to its end. Raises `ClientError`."""
        result: Any = None
        error: ClientError | None = None
        while not isinstance(step := advance(flow, result, error), Done):
            result, error = None, None
            match step:
                case HttpCall():
                    result = await self._call(step)
                case Keep():
                    result = step.operation(self._inbox)
                case Handle():
                    assert handler is not None
                    handler(step.delivered)
                case Pause():
                    await self._house.advance(timedelta(seconds=step.seconds))
        return step.result

    async def _call(self, call: HttpCall) -> HttpAnswer:
        operation = call.path.rpartition("/")[2]
        self.calls[operation] = self.calls.get(operation, 0) + 1
        headers = Headers(dict(call.headers))
        request = HttpRequest(call.method, call.path, call.query, headers, self._peer, secure=True)

        async def read_body(limit: int) -> bytes:
            return call.body[: limit + 1]

        reply = await self._house.exchange(request, read_body)
        return HttpAnswer(reply.status, {name.lower(): value for name, value in reply.headers}, _body(reply))


def _body(reply: HttpReply) -> bytes:
    assert reply.wire is None, "a story with faults of the network is told over a network"
    return reply.body if reply.stream is None else b"".join(reply.stream)
