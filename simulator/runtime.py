"""Clock and journal around one simulation: an exchange in, a reply out, never before its events are durable.

The order of checks is fixed here and nowhere else: path (404) and verb (405) → mandatory headers (400) → certificate
and credentials (500, 401) → identity → right → throttle (429) → size and inflating (events 6, 5) → decoding → the hub.
"""

from __future__ import annotations

import asyncio
import traceback
from collections import deque
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Any, TypeVar

import msgspec
from msgspec.structs import replace

from simulator.apis import catalogue
from simulator.apis.face import Call, Service, Visit
from simulator.asexml.decode import head, read
from simulator.asexml.inflate import Unreadable, inflate
from simulator.asexml.model import Finding, Received
from simulator.asexml.schemas import Schemas
from simulator.base.clock import Clock
from simulator.base.errors import BadValue, NotReady, Refused
from simulator.base.http import HttpReply, HttpRequest
from simulator.base.turn import Event, Turn
from simulator.hub.commands import Command, NoteSignIn, Reply
from simulator.hub.gate import Caller, WrongPassword
from simulator.scenario.model import Scenario
from simulator.simulation import ALL_EVENTS, Simulation
from simulator.simulation.events import Begun, told
from simulator.simulation.injected import inject
from simulator.stores.journal import Journal, JournalFailed
from simulator.world.world import Base

__all__ = ["ALL_EVENTS", "Exchange", "Runtime"]

Made = TypeVar("Made")
EXCHANGES_KEPT = 1_000
BUGS_KEPT = 20
ReadBody = Callable[[int], Awaitable[bytes]]
Progress = Callable[[int, int], None]


class Exchange(msgspec.Struct, frozen=True, gc=False):
    """One HTTP exchange as the log shows it: never a credential. ``why`` explains a refusal."""

    at: datetime
    method: str
    path: str
    participant: str
    status: int
    rule: str
    why: str = ""

    def summary(self) -> dict[str, Any]:
        """JSON-ready."""
        return {
            "at": self.at.isoformat(),
            "method": self.method,
            "path": self.path,
            "participant": self.participant,
            "status": self.status,
            "rule": self.rule,
            "why": self.why,
        }


@dataclass(slots=True)
class Runtime:
    """One workspace, running. ``failure`` says why it is halted; ``bugs`` keeps tracebacks of our own faults.

    ``watchers`` are called when there is something new to see, ``exchanged`` counts exchanges, ``ending`` ends waits.
    """

    scenario: Scenario
    journal: Journal
    clock: Clock
    schemas: Schemas
    simulation: Simulation
    failure: str | None = None
    bugs: deque[str] = field(default_factory=lambda: deque(maxlen=BUGS_KEPT))
    exchanges: deque[Exchange] = field(default_factory=lambda: deque(maxlen=EXCHANGES_KEPT))
    on_bug: Callable[[str], None] | None = None
    watchers: set[Callable[[], None]] = field(default_factory=set)
    exchanged: int = 0
    ending: bool = False
    _position: int = 0

    @classmethod
    def open(
        cls,
        scenario: Scenario,
        journal: Journal,
        clock: Clock,
        schemas: Schemas,
        progress: Progress | None = None,
        base: Base | None = None,
    ) -> Runtime:
        """Replay the journal; raises `BadValue` when it tells another story, `JournalFailed` when it cannot be read.

        ``base`` is the market of another simulation of the same scenario, to be shared.
        """
        runtime = cls(scenario, journal, clock, schemas, Simulation(scenario, schemas, base))
        first = True
        for event in journal.replay(progress):
            if first:
                _same_story(event, scenario, runtime.simulation.base.story)
                first = False
            runtime.simulation.apply(event)
        if first:
            runtime._begin()
        latest = runtime.simulation.latest
        if latest is not None and latest > clock.now():
            clock.set(latest)
        return runtime

    @property
    def ready(self) -> bool:
        """Whether requests are answered."""
        return self.failure is None

    # Exchanges

    async def exchange(self, request: HttpRequest, read_body: ReadBody) -> HttpReply:
        """Answer one request. ``read_body(limit)`` gives up to ``limit + 1`` bytes of the raw body. Never raises."""
        try:
            reply = await self._answer(request, read_body)
        except Refused as refusal:
            reply = self._refusal(refusal)
        except (NotReady, JournalFailed) as halted:
            reply = HttpReply(500, rule="runtime.halted", why=str(halted))
        except (ConnectionError, TimeoutError):
            raise
        except Exception:  # a bug of ours: kept, shown, answered 500
            self._bug(traceback.format_exc())
            reply = HttpReply(500, rule="runtime.bug", why=self.bugs[-1].strip().rpartition("\n")[2])
        self._note(request, reply)
        return reply

    async def _answer(self, request: HttpRequest, read_body: ReadBody) -> HttpReply:
        service = catalogue.service(request.path)
        if service is not None:
            return await self._serve(service, request, read_body)
        face = catalogue.find(request.path)
        call = face.parse(request, self.simulation.switches)
        if self.failure is not None:
            raise NotReady(self.failure)
        caller = await self._admit(call, request)
        received, body = await self._read(call, request, read_body) if call.takes_body else (None, b"")
        reply = face.render(call, await self.submit(face.command(call, caller, received, body)))
        if self.schemas.official_releases:
            self._judge(reply)
        return reply

    def _bug(self, text: str) -> None:
        self.bugs.append(text)
        if self.on_bug is not None:
            self.on_bug(text)

    def _judge(self, reply: HttpReply) -> None:
        """What we write must satisfy the official schemas a user holds; where it does not, that is a bug of ours."""
        for finding in self.schemas.official_findings(reply.body) if reply.status == 200 else ():
            self._bug(f"written message, line {finding.line}: {finding.rule}: {finding.explanation}")

    async def _serve(self, service: Service, request: HttpRequest, read_body: ReadBody) -> HttpReply:
        """A service answers by itself, from a simulation in which everything due by now has happened."""
        await self.wake()
        visit = Visit(self.simulation, self._now())
        admitted = service.admit(request, visit)
        if isinstance(admitted, HttpReply):
            return admitted
        body = await read_body(admitted) if admitted else b""
        reply = service.answer(request, body, visit)
        return reply if reply.stream is None else replace(reply, stream=self._watched(reply.stream))

    def _watched(self, stream: Iterator[bytes]) -> Iterator[bytes]:
        """A bug in the middle of a large answer is kept like any other."""
        try:
            yield from stream
        except Exception:
            self._bug(traceback.format_exc())
            raise

    async def _admit(self, call: Call, request: HttpRequest) -> Caller:
        """The gate; failed sign-ins are events, because a lock-out survives a restart."""
        gate = self.simulation.gate
        try:
            caller = gate.check(call.authorization, call.participant, request.peer, request.secure, self.clock.now())
        except WrongPassword as wrong:
            await self.submit(NoteSignIn(wrong.user, succeeded=False))
            raise
        if gate.recovering(caller.user):
            await self.submit(NoteSignIn(caller.user, succeeded=True))
        group = call.group
        if group is None and call.context_id is not None:
            group = call.context_id[:4].upper()
        gate.check_right(caller, group)
        gate.throttle.take(caller.participant, call.api, self.clock.now())
        return caller

    async def _read(self, call: Call, request: HttpRequest, read_body: ReadBody) -> tuple[Received, bytes]:
        """Size, inflating, decoding, validation: before the simulation is asked."""
        limit = self.simulation.switches.size_limit
        raw = await read_body(limit)
        try:
            body = inflate(raw, request.headers.get("Content-Encoding"), limit)
        except Unreadable as unreadable:
            if unreadable.finding.code == 6 and self.simulation.switches.too_big == "413":
                raise Refused(413, "hub.too-big", unreadable.finding.explanation) from None
            return _unreadable(unreadable), b""
        received = read(body, self.schemas, unknown_release=self.simulation.switches.unknown_release)
        return received, body

    # The simulation

    async def submit(self, command: Command) -> Reply:
        """Hand a command to the simulation; returns once everything its reply rests on is durable."""
        if self.failure is not None:
            raise NotReady(self.failure)
        if self.simulation.heap.due(self._now()) is not None:
            await self._catch_up()
        turn = self.simulation.turn(self._now())
        try:
            reply = self.simulation.handle(command, turn)
        finally:
            self._keep(turn)
        await self._durable()
        return reply

    async def wake(self) -> list[Event]:
        """Let everything happen that is due by now; returns the events."""
        return await self._catch_up()

    async def advance(self, by: timedelta) -> list[dict[str, Any]]:
        """Move the clock forward; returns what fired, in order, JSON-ready."""
        self.clock.advance(by)
        return await self._moved()

    async def set_clock(self, to: datetime) -> list[dict[str, Any]]:
        """Move the clock forward to a point in time; returns what fired, in order, JSON-ready."""
        self.clock.set(to)
        return await self._moved()

    async def reset(self) -> None:
        """Back to the scenario's beginning: queues, world, journal, and a held clock's time."""
        await self._begin_anew(Simulation(self.scenario, self.schemas, self.simulation.base))

    async def tell(self, scenario: Scenario) -> None:
        """From now on another story, from its beginning; it replaces the journal's too."""
        simulation = Simulation(scenario, self.schemas)
        self.scenario = scenario
        self.clock.begin(scenario.clock)
        await self._begin_anew(simulation)

    async def inject(self, received: Received, context_id: str | None = None) -> str:
        """Put a message into the queue of whom it is addressed to; returns its context id. Raises `BadValue`."""
        await self._catch_up()
        return (await self._in_turn(lambda turn: inject(self.simulation, turn, received, context_id)))[1]

    async def _begin_anew(self, simulation: Simulation) -> None:
        self.journal.clear()
        simulation.ledger.steps = self.simulation.ledger.steps
        self.simulation = simulation
        self.exchanges.clear()
        self.bugs.clear()
        self.failure = None
        self.clock.restart()
        self._begin()
        await self._durable()

    def end(self) -> None:
        """Let go of everybody who waits for something to happen."""
        self.ending = True
        self._stir()

    async def close(self) -> None:
        """Flush the journal and let go of it."""
        self.end()
        await self.journal.close()

    # What the shell shows

    def messages(self, after: int = 0, **filters: str) -> Iterator[dict[str, Any]]:
        """The ledger's summaries, oldest first; ``filters`` name keys of one (``to``, ``transactionGroup`` …).

        ``after`` leaves out those to which nothing happened since the ledger's step of that number.
        """
        for record in self.simulation.ledger.records():
            if record.changed <= after:
                continue
            summary = record.summary()
            if all(summary.get(name) == value for name, value in filters.items()):
                yield summary

    def message(self, key: str) -> dict[str, Any] | None:
        """One message with its body: by key, MessageID or context id."""
        record = self.simulation.ledger.find(key)
        return None if record is None else {**record.summary(), "body": record.body()}

    # Inside

    def _now(self) -> datetime:
        """The clock's time, never behind what has already happened."""
        now, latest = self.clock.now(), self.simulation.latest
        return latest if latest is not None and latest > now else now

    def _begin(self) -> None:
        turn = self.simulation.turn(self.clock.now())
        self.simulation.begin(turn)
        self._keep(turn)

    async def _moved(self) -> list[dict[str, Any]]:
        """The clock was moved: everything due by its new time happens."""
        events = await self._catch_up()
        return told([*events, *(await self._in_turn(self.simulation.move_clock))[0]])

    async def _catch_up(self) -> list[Event]:
        """Everything due by now; between two pieces of long work the loop is free for others."""
        events, more = await self._in_turn(partial(self.simulation.wake, giving_way=True))
        while more:
            await asyncio.sleep(0)
            made, more = await self._in_turn(partial(self.simulation.wake, giving_way=True))
            events += made
        return events

    async def _in_turn(self, act: Callable[[Turn], Made]) -> tuple[list[Event], Made]:
        if self.failure is not None:
            raise NotReady(self.failure)
        turn = self.simulation.turn(self._now())
        try:
            made = act(turn)
        finally:
            self._keep(turn)
        await self._durable()
        return turn.events, made

    def _keep(self, turn: Turn) -> None:
        """Events go to the journal in the order they were decided; a journal that fails halts the simulation."""
        if not turn.events:
            return
        try:
            self._position = self.journal.append(turn.events)
        except JournalFailed as failed:
            self.failure = str(failed)
            raise
        self._stir()

    def _stir(self) -> None:
        for watcher in tuple(self.watchers) if self.watchers else ():
            watcher()

    async def _durable(self) -> None:
        if self._position <= self.journal.safe:
            return
        try:
            await self.journal.durable(self._position)
        except JournalFailed as failed:
            self.failure = str(failed)
            raise

    def _refusal(self, refusal: Refused) -> HttpReply:
        """The one place where a refusal becomes HTTP: no body, unless the switch asks for the generic page's JSON."""
        if refusal.status == 401 and self.simulation.switches.error_bodies == "json":
            body = b'{"Exception": "Unauthorised: Invalid Username or Password"}'
            return HttpReply(401, body, "application/json", rule=refusal.rule, why=refusal.reason)
        status = self.simulation.switches.status(refusal.rule, refusal.status)
        return HttpReply(status, rule=refusal.rule, why=refusal.reason)

    def _note(self, request: HttpRequest, reply: HttpReply) -> None:
        participant = request.headers.get("X-initiatingParticipantID") or ""
        now = self.clock.now()
        self.exchanges.append(
            Exchange(now, request.method, request.path, participant, reply.status, reply.rule, reply.why)
        )
        self.exchanged += 1
        self._stir()


def _same_story(event: Event, scenario: Scenario, given: str) -> None:
    if not isinstance(event, Begun) or (event.scenario, event.seed) != (scenario.name, scenario.seed):
        told = f"{event.scenario!r} with seed {event.seed}" if isinstance(event, Begun) else "something unknown"
        reason = f"the journal tells {told}, the scenario is {scenario.name!r} with seed {scenario.seed}"
        raise BadValue(f"{reason}: choose another journal, or delete this one", rule="journal.other-story")
    if event.given != given:
        reason = "the journal began with another market: `given` of the scenario was changed since"
        raise BadValue(f"{reason}; choose another journal, or delete this one", rule="journal.other-market")


def _unreadable(unreadable: Unreadable) -> Received:
    """What can still be said of a body that is too big or does not inflate."""
    release, header = head(unreadable.beginning) if unreadable.beginning else (None, None)
    finding: Finding = unreadable.finding
    message_id = header.message_id if header is not None else None
    return Received(release, header, "", 0, findings=(finding,), message_id=message_id)
