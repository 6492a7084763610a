"""One HTTP exchange from end to end: admit → read → handle → render → note. The only place that orders these.

The order of checks is fixed here and nowhere else: path (404) and verb (405) → mandatory headers (400) → certificate
and credentials (500, 401) → identity → right → throttle (429) → size and inflating (events 6, 5) → decoding → the hub.
"""

from __future__ import annotations

import traceback
from collections.abc import Awaitable, Callable, Iterator
from datetime import datetime
from functools import partial
from typing import Protocol, TypeVar

from msgspec.structs import replace

from simulator import ahead
from simulator.apis import catalogue
from simulator.apis.face import Call, Service, Visit
from simulator.asexml.decode import head, parsed, usual
from simulator.asexml.inflate import Unreadable, inflate
from simulator.asexml.model import Finding, Received
from simulator.asexml.schemas import Schemas
from simulator.base.clock import Clock
from simulator.base.errors import NotReady, Refused
from simulator.base.http import HttpReply, HttpRequest
from simulator.base.turn import Event, Turn
from simulator.hub.commands import Command, NoteSignIn, Reply
from simulator.hub.exchanges import Exchange, bounded, shared
from simulator.hub.gate import Caller, WrongPassword
from simulator.hub.throttle import Throttled
from simulator.simulation import Simulation
from simulator.simulation.mishaps import Struck
from simulator.stores.journal import JournalFailed
from simulator.upset import Upset, steadily

Made = TypeVar("Made")
ReadBody = Callable[[int], Awaitable[bytes]]


NEAREST = "X-Ehubsim-Nearest-Rule"
"""The header that explains, where a scenario has ``explain``, why no rule had a say."""


class Host(Protocol):
    """What an exchange needs of the workspace it happens in, in the story that it began in."""

    simulation: Simulation

    @property
    def clock(self) -> Clock:
        """The workspace's."""
        ...

    @property
    def schemas(self) -> Schemas:
        """What messages are held against."""
        ...

    @property
    def failure(self) -> str | None:
        """Why the workspace is halted."""
        ...

    async def submit(self, command: Command) -> Reply:
        """Hand a command to the simulation."""
        ...

    async def in_turn(self, act: Callable[[Turn], Made]) -> tuple[list[Event], Made]:
        """Do something at the moment it is."""
        ...

    async def wake(self) -> list[Event]:
        """Let everything happen that is due."""
        ...

    def now(self) -> datetime:
        """Market time, never behind what has already happened."""
        ...

    def bug(self, text: str) -> None:
        """Keep a fault of ours."""
        ...

    def note(self, exchange: Exchange) -> None:
        """An exchange of the story is over."""
        ...


class Exchanges:
    """Answers HTTP requests in one story of a workspace."""

    __slots__ = ("_host",)

    def __init__(self, host: Host) -> None:
        self._host = host

    async def exchange(self, request: HttpRequest, read_body: ReadBody) -> HttpReply:
        """Answer one request. ``read_body(limit)`` gives up to ``limit + 1`` bytes of the raw body. Never raises."""
        arrived = self._host.clock.now()
        try:
            reply = await self._answer(request, read_body, arrived)
        except Refused as refusal:
            reply = self._refusal(refusal)
        except (NotReady, JournalFailed) as halted:
            reply = HttpReply(500, rule="runtime.halted", why=str(halted))
        except (ConnectionError, TimeoutError):
            raise
        except Exception:  # a bug of ours: kept, shown, answered 500
            bug = traceback.format_exc()
            self._host.bug(bug)
            reply = HttpReply(500, rule="runtime.bug", why=bug.strip().rpartition("\n")[2])
        self._note(request, reply, arrived)
        if reply.nearest and self._host.simulation.scenario.explain:
            reply = replace(reply, headers=(*reply.headers, (NEAREST, _one_line(str(reply.nearest)))))
        return reply

    async def _answer(self, request: HttpRequest, read_body: ReadBody, arrived: datetime) -> HttpReply:
        host = self._host
        service = catalogue.service(request.path)
        if service is not None:
            return await self._serve(service, request, read_body)
        face = catalogue.find(request.path)
        call = face.parse(request, host.simulation.switches)
        if host.failure is not None:
            raise NotReady(host.failure)
        caller = await self._admit(call, request, arrived)
        if host.simulation.mishaps.watchful:
            upset = Upset(host, request)
            reading = partial(self._read, call, request, read_body)
            reply = await self._told(upset, upset.answer(face, call, caller, reading))
            if upset.struck:
                return reply  # wrong on purpose
        else:
            received, body = await self._read(call, request, read_body) if call.takes_body else (None, b"")
            reply = face.render(call, await host.submit(face.command(call, caller, received, body)))
        if host.schemas.official_releases:
            self._judge(reply)
        return reply

    async def _told(self, upset: Upset, answering: Awaitable[HttpReply]) -> HttpReply:
        """With the rules that had a say; a request that is refused behind the gate is told the nearest one as well."""
        try:
            reply = await answering
        except Refused as refusal:
            reply = replace(self._refusal(refusal), nearest=upset.nearest)
        return replace(reply, rules=(*upset.rules, *reply.rules)) if upset.rules else reply

    def _judge(self, reply: HttpReply) -> None:
        """What we write must satisfy the official schemas a user holds; where it does not, that is a bug of ours."""
        for finding in self._host.schemas.official_findings(reply.body) if reply.status == 200 else ():
            self._host.bug(f"written message, line {finding.line}: {finding.rule}: {finding.explanation}")

    async def _serve(self, service: Service, request: HttpRequest, read_body: ReadBody) -> HttpReply:
        """A service answers by itself, from a simulation in which everything due by now has happened."""
        await self._host.wake()
        visit = Visit(self._host.simulation, self._host.now())
        admitted = service.admit(request, visit)
        if isinstance(admitted, HttpReply):
            return replace(admitted, client=service.client(request, b"", visit))
        if service.reads(request.path):
            await ahead.before_readings()
        if self._host.simulation.mishaps.watchful:
            upset = Upset(self._host, request)
            reply = await self._told(upset, upset.serve(service, visit, partial(read_body, admitted)))
        else:
            body = await read_body(admitted) if admitted else b""
            reply = await steadily(service.answer(request, body, visit))
        if reply.expires is not None:
            await self._happens(partial(self._host.simulation.windows.issue, client=reply.client, until=reply.expires))
        return reply if reply.stream is None else replace(reply, stream=self._watched(reply.stream))

    def _watched(self, stream: Iterator[bytes]) -> Iterator[bytes]:
        """A bug in the middle of a large answer is kept like any other."""
        try:
            yield from stream
        except Exception:
            self._host.bug(traceback.format_exc())
            raise

    async def _admit(self, call: Call, request: HttpRequest, now: datetime) -> Caller:
        """The gate; failed sign-ins are events, because a lock-out survives a restart."""
        host = self._host
        gate = host.simulation.gate
        try:
            caller = gate.check(call.authorization, call.participant, request.peer, request.secure, now)
        except WrongPassword as wrong:
            await host.submit(NoteSignIn(wrong.user, succeeded=False))
            raise
        if gate.recovering(caller.user):
            await host.submit(NoteSignIn(caller.user, succeeded=True))
        group = call.group
        if group is None and call.context_id is not None:
            group = call.context_id[:4].upper()
        gate.check_right(caller, group)
        try:
            gate.throttle.take(caller.participant, call.api, now)
        except Throttled as refused:
            window = host.simulation.windows.throttle
            await self._happens(partial(window, participant=caller.participant, api=call.api, until=refused.until))
            raise
        return caller

    async def _happens(self, act: Callable[[Turn], None]) -> None:
        """Something is to be told of, behind everything that is due by now."""
        await self._host.wake()
        await self._host.in_turn(act)

    async def _read(self, call: Call, request: HttpRequest, read_body: ReadBody) -> tuple[Received, bytes]:
        """Size, inflating, decoding, validation, and what will be slow: before the simulation is asked."""
        switches = self._host.simulation.switches
        limit = switches.size_limit
        raw = await read_body(limit)
        try:
            body = inflate(raw, request.headers.get("Content-Encoding"), limit)
        except Unreadable as unreadable:
            if unreadable.finding.code == 6 and switches.too_big == "413":
                raise Refused(413, "hub.too-big", unreadable.finding.explanation) from None
            return _unreadable(unreadable), b""
        schemas = self._host.schemas
        received = usual(body, schemas)
        if received is None:
            await ahead.before_reading(schemas, body)
            received = parsed(body, schemas, unknown_release=switches.unknown_release)
        await ahead.before(self._host.simulation, received)
        return received, body

    def _refusal(self, refusal: Refused) -> HttpReply:
        """The one place where a refusal becomes HTTP: no body, unless the switch asks for the generic page's JSON."""
        switches = self._host.simulation.switches
        if refusal.status == 401 and switches.error_bodies == "json":
            body = b'{"Exception": "Unauthorised: Invalid Username or Password"}'
            return HttpReply(401, body, "application/json", rule=refusal.rule, why=refusal.reason)
        status = switches.status(refusal.rule, refusal.status)
        return HttpReply(status, rule=refusal.rule, why=refusal.reason)

    async def handshake(self, struck: Struck) -> None:
        """A client met a fault of TLS; whether a request comes of it is not known yet."""
        host = self._host
        if host.failure is not None:
            return
        await host.in_turn(lambda turn: host.simulation.mishaps.fire(turn, struck, "", "TLS"))
        fault = struck.mishap.fault
        told = (fault.rule, f"{struck.by}: {fault.meaning}")
        host.note(Exchange(host.clock.now(), "TLS", "", "", 0, *told))

    def _presumed(self, request: HttpRequest) -> str:
        """Whose request it must be that does not say so: its certificate's, or its user's participant."""
        if request.peer is not None:
            return request.peer.participant
        return self._host.simulation.gate.owner(request.headers.get("Authorization"))

    def _note(self, request: HttpRequest, reply: HttpReply, arrived: datetime) -> None:
        host = self._host
        participant = bounded(request.headers.get("X-initiatingParticipantID") or self._presumed(request))
        context_id = bounded((request.parameter("messageContextID") if request.query else None) or "")
        now = host.clock.now()
        host.note(
            Exchange(
                now,
                request.method,
                shared(bounded(request.path)),
                shared(participant),
                reply.status,
                reply.rule,
                bounded(reply.why),
                host.simulation.ledger.steps,
                context_id,
                reply.asked,
                reply.nearest,
                reply.rules,
                arrived,
                reply.client,
                host.simulation.order.depth(reply.client or participant, now),
            )
        )


def _one_line(text: str) -> str:
    """As a header field may be."""
    plain = text[:500].encode("ascii", "backslashreplace").decode()
    return "".join(each if each.isprintable() else " " for each in plain)


def _unreadable(unreadable: Unreadable) -> Received:
    """What can still be said of a body that is too big or does not inflate."""
    release, header = head(unreadable.beginning) if unreadable.beginning else (None, None)
    finding: Finding = unreadable.finding
    message_id = header.message_id if header is not None else None
    return Received(release, header, "", 0, findings=(finding,), message_id=message_id)
