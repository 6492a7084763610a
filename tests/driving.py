"""Flows of the reference client, driven over `Runtime.exchange` as HTTP values: nothing is waited for on a socket."""

from __future__ import annotations

from typing import Any, TypeVar

from simulator.base.http import Headers, HttpReply, HttpRequest, Peer
from simulator.client.errors import ClientError
from simulator.client.inbox import MemoryInbox
from simulator.client.values import Done, Flow, Handle, HttpAnswer, HttpCall, Keep, Note, Pause, advance
from simulator.runtime import Runtime

T = TypeVar("T")


class Driving:
    """Drives flows against one simulation. What a flow waits, notes and hands over is a subclass's to say."""

    def __init__(self, house: Runtime, peer: Peer | None, *, secure: bool) -> None:
        self.inbox = MemoryInbox()
        self._house = house
        self._peer = peer
        self._secure = secure

    async def drive(self, flow: Flow[T]) -> T:
        """Drive a flow to its end. Raises `ClientError`."""
        result: Any = None
        error: ClientError | None = None
        while not isinstance(step := advance(flow, result, error), Done):
            result, error = None, None
            match step:
                case HttpCall():
                    result = await self.call(step)
                case Keep():
                    result = step.operation(self.inbox)
                case Handle():
                    self.handle(step)
                case Note():
                    self.note(step)
                case Pause():
                    await self.pause(step)
        return step.result

    async def call(self, call: HttpCall) -> HttpAnswer:
        """One call of the client's."""
        request = HttpRequest(
            call.method, call.path, tuple(call.query), Headers(dict(call.headers)), self._peer, self._secure
        )

        async def read_body(limit: int) -> bytes:
            return (call.body or b"")[: limit + 1]

        reply = await self._house.exchange(request, read_body)
        fields = {name.lower(): value for name, value in reply.headers}
        return HttpAnswer(reply.status, {"content-type": reply.content_type or "", **fields}, _body(reply))

    def handle(self, step: Handle) -> None:
        """A message was fetched."""

    def note(self, step: Note) -> None:
        """The client has something to say."""

    async def pause(self, step: Pause) -> None:
        """The client waits."""
        raise AssertionError(f"nothing is waited for here: {step}")


def _body(reply: HttpReply) -> bytes:
    assert reply.wire is None, "a story with faults of the network is told over a network"
    return reply.body if reply.stream is None else b"".join(reply.stream)
