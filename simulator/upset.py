"""One exchange in a story whose rules look at requests: what strikes it, and what then becomes of its reply.

admitted ─► request rule? ─┬─ instead ──────────────────────────────────────────────► FaultFired ─► reply
                           └─ read ─► message rule? ─► handled ─► fetch rule? ─► altered ─► FaultFired ─► reply
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Protocol, TypeVar

from msgspec.structs import replace

from simulator.apis.face import Call, Face, Service, Visit
from simulator.asexml.model import Received
from simulator.base.http import HttpReply, HttpRequest
from simulator.base.pausing import Pausing
from simulator.base.turn import Event, Turn
from simulator.hub.commands import Acknowledge, Acknowledged, Command, Delivered, Reply, Submit
from simulator.hub.gate import Caller
from simulator.scenario.facts import RequestFacts
from simulator.scenario.faults_reply import altered, instead, whole
from simulator.scenario.nearest import Explanation
from simulator.scenario.vocabulary import RENAMED
from simulator.simulation import Simulation
from simulator.simulation.mishaps import SWALLOWING, Missed, Struck

Made = TypeVar("Made")
_OVER_AT_ONCE = "token expired at once"


class Host(Protocol):
    """What is needed of the workspace."""

    simulation: Simulation

    async def submit(self, command: Command) -> Reply:
        """Hand a command to the simulation."""
        ...

    def now(self) -> datetime:
        """Market time, never behind what has already happened."""
        ...

    async def wake(self) -> list[Event]:
        """Let everything happen that is due."""
        ...

    async def in_turn(self, act: Callable[[Turn], Made]) -> tuple[list[Event], Made]:
        """Do something at the moment it is."""
        ...


class Upset:
    """One exchange, and what goes wrong with it. The first rule that strikes is the only one that does."""

    def __init__(self, host: Host, request: HttpRequest) -> None:
        self._host = host
        self._request = request
        self._mishaps = host.simulation.mishaps
        self._struck: Struck | None = None
        self._nearest: object = ""
        self.rules: tuple[str, ...] = ()
        """Which rules about requests and handed-over messages had a say."""
        self._participant = ""
        self._operation = ""
        self._message: Submit | None = None
        """What was taken over, and is answered."""

    async def answer(
        self, face: Face, call: Call, caller: Caller, read: Callable[[], Awaitable[tuple[Received, bytes]]]
    ) -> HttpReply:
        """A request of the e-Hub that has passed the gate."""
        self._participant, self._operation = caller.participant, RENAMED.get(call.operation, call.operation)
        if self._host.simulation.heap.due(self._host.now()) is not None:
            await self._host.wake()
        await self._ask(self._mishaps.on_request, facts=self._facts(call, caller))
        if (early := await self._instead()) is not None:
            return early
        if self._name == "wrong message":
            call = replace(call, context_id=self._mishaps.other(caller.participant, call.context_id))
        received, body = await read() if call.takes_body else (None, b"")
        if received is not None:
            if self._struck is None and self._mishaps.messages:
                await self._ask(self._mishaps.on_message, received=received, operation=self._operation)
            if (early := await self._instead()) is not None:
                return early
        command = face.command(call, caller, received, body)
        if (swallowed := await self._swallowed(face, call, command)) is not None:
            return swallowed
        reply = await self._host.submit(command)
        if isinstance(reply, Delivered):
            await self._handed_over(reply)
        if isinstance(reply, Acknowledged):
            self._acknowledged(command, reply)
        return await self._altered(face.render(call, reply))

    def _acknowledged(self, command: Command, reply: Acknowledged) -> None:
        if isinstance(command, Submit) and reply.rule in _TAKEN_OVER:
            self._message = command
        if reply.rules or (reply.rule == "hub.accept" and self._host.simulation.engine.answers):
            self._nearest = _nearer(self._nearest, reply.nearest)

    async def serve(self, service: Service, visit: Visit, read_body: Callable[[], Awaitable[bytes]]) -> HttpReply:
        """A request of a service that it has admitted, with the name of its client, where there is one."""
        request, body = self._request, None
        self._operation = service.operation(request.path)
        if not service.reads(request.path):
            body = await read_body()  # it tells who asks
        self._participant = service.client(request, body or b"", visit)
        reply = await self._served(service, visit, body, read_body)
        return replace(reply, client=self._participant)

    async def _served(
        self, service: Service, visit: Visit, body: bytes | None, read_body: Callable[[], Awaitable[bytes]]
    ) -> HttpReply:
        request = self._request
        certificate = None if request.peer is None else request.peer.participant
        about = (service.name, self._operation, "", certificate, None, None, request.headers, None)
        facts = RequestFacts(*about, client=self._participant)
        await self._ask(self._mishaps.on_request, facts=facts)
        if (early := await self._instead()) is not None:
            return early
        if body is None:
            body = await read_body()
        asked = service.question(request, body, visit) if self._mishaps.questions and self._struck is None else None
        if asked is not None:
            await self._ask(self._mishaps.on_request, facts=replace(facts, question=asked))
            if (early := await self._instead()) is not None:
                return early
        at = visit if self._name != _OVER_AT_ONCE else _before_its_end(visit)
        reply = await steadily(service.answer(request, body, at))
        return await self._altered(reply)

    @property
    def struck(self) -> bool:
        """Whether a fault struck it."""
        return self._struck is not None

    @property
    def nearest(self) -> object:
        """Why no rule had a say, where none had and some are about such things."""
        return "" if self.struck else self._nearest

    @property
    def _name(self) -> str:
        return "" if self._struck is None else self._struck.mishap.fault.name

    def _facts(self, call: Call, caller: Caller) -> RequestFacts:
        peer = self._request.peer
        group = call.group
        if group is None and call.context_id is not None:
            group = call.context_id[:4].upper()
        who = (caller.participant, None if peer is None else peer.participant)
        return RequestFacts(call.api, self._operation, *who, group, call.context_id, self._request.headers)

    async def _ask(self, which: Callable[..., Struck | Missed | None], **about: Any) -> None:
        def asked(turn: Turn) -> Struck | Missed | None:
            mark = len(turn.events)
            made = which(turn, **about)
            self.rules += self._host.simulation.beside.told(turn.events[mark:])
            return made

        found = (await self._host.in_turn(asked))[1]
        self._struck = None if isinstance(found, Missed) else found
        self._nearest = found.nearest if isinstance(found, Missed) else ""

    async def _instead(self) -> HttpReply | None:
        reply = None if self._struck is None else instead(self._struck.mishap, self._request)
        return None if reply is None else await self._told(reply)

    async def _swallowed(self, face: Face, call: Call, command: Command) -> HttpReply | None:
        if self._name not in SWALLOWING or not isinstance(command, Submit | Acknowledge):
            return None
        made = (await self._host.in_turn(partial(self._mishaps.swallowed, command=command)))[1]
        return None if made is None else await self._told(face.render(call, made))

    async def _handed_over(self, reply: Delivered) -> None:
        """A message leaves the hub: rules about it are asked where none about the request struck."""
        to, entry = self._participant, reply.entry
        if self._struck is None and self._mishaps.fetches:
            await self._ask(self._mishaps.on_fetched, to=to, entry=entry)
        if self._name == "duplicate delivery":
            await self._host.in_turn(partial(self._mishaps.repeat, to=to, entry=entry))

    async def _altered(self, reply: HttpReply) -> HttpReply:
        """The reply as the fault has it; one in which it finds nothing to upset goes out as it is."""
        if self._struck is None:
            return replace(reply, nearest=self._nearest) if self._nearest else reply
        if self._name in DONE:
            return await self._told(reply)
        made = instead(self._struck.mishap, self._request)
        if made is None:
            reply = await steadily(whole(self._struck.mishap, reply))
            if reply.stream is not None:
                return replace(reply, why=f"{self._struck.by}: {reply.why}")
            made = altered(self._struck.mishap, reply)
        if made is None:
            await self._found_nothing(self._struck)
            return reply
        return await self._told(made)

    async def _found_nothing(self, struck: Struck) -> None:
        beside, fault = self._host.simulation.beside, struck.mishap.fault

        def say(turn: Turn) -> tuple[str, ...]:
            mark = len(turn.events)
            beside.failed(turn, struck.by, f"{fault.name} finds nothing to upset in the reply")
            return beside.told(turn.events[mark:])

        self.rules += (await self._host.in_turn(say))[1]

    async def _told(self, reply: HttpReply) -> HttpReply:
        """The fault took effect: noted before anybody hears of it."""
        struck = self._struck
        if struck is None:
            return reply
        await self._host.in_turn(partial(self._fire, struck))
        fault = struck.mishap.fault
        return replace(reply, rule=fault.rule, why=f"{struck.by}: {fault.meaning}", nearest="")

    def _fire(self, struck: Struck, turn: Turn) -> None:
        self._mishaps.fire(turn, struck, self._participant, self._operation)
        if self._message is not None:
            self._mishaps.untold(turn, struck, self._message)


def _nearer(before: object, told: object) -> object:
    """Of an accepted message: the rule with a fault that all but struck it, where it is nearer than what is told."""
    if isinstance(before, Explanation) and isinstance(told, Explanation) and before.rule.message is not None:
        return before.or_nearer(told)
    return ""


async def steadily(work: Pausing[Made]) -> Made:
    """What comes of work in steps; whoever has asked something meanwhile is served in its pauses."""
    while True:
        try:
            next(work)
        except StopIteration as end:
            found: Made = end.value
            return found
        await asyncio.sleep(0)


_TAKEN_OVER = frozenset(("hub.accept", "hub.duplicate"))
DONE = frozenset(("duplicate delivery", "wrong message", _OVER_AT_ONCE))
"""Faults whose reply is made already."""


def _before_its_end(visit: Visit) -> Visit:
    """A visit so long ago that a token issued then has expired."""
    lifetime = visit.simulation.netstream.switches.token_lifetime
    return Visit(visit.simulation, visit.now - timedelta(seconds=lifetime + 1))
