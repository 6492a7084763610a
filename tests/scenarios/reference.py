"""The reference client inside the process: its own flows, driven over `Runtime.exchange` as HTTP values.

What it waits, the held clock goes on; what it keeps is in a memory that lasts as long as it does.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import TypeVar

from driving import Driving
from simulator.base.http import Peer
from simulator.client.account import Account
from simulator.client.drain import Drain, DrainOptions
from simulator.client.session import Session
from simulator.client.values import Delivered, Drained, Flow, Handle, HttpAnswer, HttpCall, Pause
from simulator.runtime import Runtime

T = TypeVar("T")
Handler = Callable[[Delivered], None]


class ReferenceClient(Driving):
    """The client of one participant. ``calls`` counts what it asked of the hub, by operation."""

    def __init__(self, house: Runtime, participant: str, user: str, password: str) -> None:
        super().__init__(house, Peer(participant, "ehubsim"), secure=True)
        account = Account("http://127.0.0.1", participant, user, password, now=house.clock.now)
        self.session = Session(account)
        self.calls: dict[str, int] = {}
        self._handler: Handler | None = None

    async def drain(self, handler: Handler) -> Drained:
        """The client's whole loop, until nothing is left: metadata, get, inbox, handler, MACK."""
        return await self.run(Drain(self.session, DrainOptions()).run(), handler)

    async def run(self, flow: Flow[T], handler: Handler | None = None) -> T:
        """Drive any flow to its end. Raises `ClientError`."""
        self._handler = handler
        return await self.drive(flow)

    async def call(self, call: HttpCall) -> HttpAnswer:
        """One call, counted."""
        operation = call.path.rpartition("/")[2]
        self.calls[operation] = self.calls.get(operation, 0) + 1
        return await super().call(call)

    def handle(self, step: Handle) -> None:
        """Whoever drains gets the message."""
        assert self._handler is not None
        self._handler(step.delivered)

    async def pause(self, step: Pause) -> None:
        """Market time passes."""
        await self._house.advance(timedelta(seconds=step.seconds))
