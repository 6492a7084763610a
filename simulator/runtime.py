"""Clock and journal around one simulation: a command in, a reply out, never before its events are durable.

What an HTTP exchange is made of is `simulator.exchange`'s to say.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Any, TypeVar

from simulator import ahead
from simulator.asexml.model import Received
from simulator.asexml.schemas import Schemas
from simulator.base.clock import Clock, wall_time
from simulator.base.errors import BadValue, NotReady, StoryOver
from simulator.base.http import HttpReply, HttpRequest
from simulator.base.turn import Event, Turn
from simulator.exchange import Exchanges, ReadBody
from simulator.feed import Feed
from simulator.hub.commands import Command, Reply
from simulator.hub.exchanges import Exchange, ExchangesKept
from simulator.scenario.judge import judge
from simulator.scenario.model import Scenario
from simulator.scenario.verdict import Verdict
from simulator.simulation import ALL_EVENTS, Simulation
from simulator.simulation.events import Begun, told
from simulator.simulation.evidence import testimony
from simulator.simulation.injected import clear_stop, inject, raise_stop
from simulator.simulation.mishaps import Struck
from simulator.stores.journal import Journal, JournalFailed
from simulator.world.world import Base

__all__ = ["ALL_EVENTS", "Exchange", "Runtime"]

Made = TypeVar("Made")
BUGS_KEPT = 20
Progress = Callable[[int, int], None]


@dataclass(slots=True)
class Runtime:
    """One workspace, running. ``failure`` says why it is halted; ``bugs`` keeps tracebacks of our own faults.

    ``watchers`` are called when there is something new to see, ``ending`` ends waits.
    """

    scenario: Scenario
    journal: Journal
    clock: Clock
    schemas: Schemas
    simulation: Simulation
    failure: str | None = None
    bugs: deque[str] = field(default_factory=lambda: deque(maxlen=BUGS_KEPT))
    exchanges: ExchangesKept = field(default_factory=ExchangesKept)
    on_bug: Callable[[str], None] | None = None
    on_tell: Callable[[Scenario], Awaitable[None]] | None = None
    """Called before another story is told: the shell opens its ports, or raises `BadValue`, and nothing changes."""
    tls_ports: tuple[Mapping[str, Any], ...] = ()
    """The extra ports that the shell has open for this workspace, JSON-ready."""
    watchers: set[Callable[[], None]] = field(default_factory=set)
    ending: bool = False
    feed: Feed | None = None
    _position: int = 0
    _told: InStory | None = None

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
        else:
            ahead.after_restart(runtime.simulation)
        if not first:
            runtime.exchanges.go_on(_beyond_all())
        latest = runtime.simulation.latest
        if latest is not None and latest > clock.now():
            clock.set(latest)
        return runtime

    @property
    def ready(self) -> bool:
        """Whether requests are answered."""
        return self.failure is None

    def exchange(self, request: HttpRequest, read_body: ReadBody) -> Coroutine[Any, Any, HttpReply]:
        """Answer one request. ``read_body(limit)`` gives up to ``limit + 1`` bytes of the raw body. Never raises."""
        return Exchanges(self._in_story()).exchange(request, read_body)

    async def note_handshake(self, struck: Struck) -> None:
        """A client met a fault of TLS."""
        await Exchanges(self._in_story()).handshake(struck)

    def _in_story(self) -> InStory:
        """The workspace in the story that is told now."""
        if self._told is None or self._told.simulation is not self.simulation:
            self._told = InStory(self, self.simulation, self.clock, self.schemas)
        return self._told

    # The simulation

    async def submit(self, command: Command) -> Reply:
        """Hand a command to the simulation; returns once everything its reply rests on is durable."""
        return await self._in_story().submit(command)

    async def wake(self) -> list[Event]:
        """Let everything happen that is due by now; returns the events."""
        return await self._catch_up()

    # What is done by hand. ``story`` is the one it is meant for, the current one unless it is given; `StoryOver` is
    # raised, and nothing done, where that is over.

    async def advance(self, by: timedelta, story: Simulation | None = None) -> list[dict[str, Any]]:
        """Move the clock forward; returns what fired, in order, JSON-ready."""
        self._goes_on(story)
        self.clock.advance(by)
        return await self._moved()

    async def set_clock(self, to: datetime, story: Simulation | None = None) -> list[dict[str, Any]]:
        """Move the clock forward to a point in time; returns what fired, in order, JSON-ready."""
        self._goes_on(story)
        self.clock.set(to)
        return await self._moved()

    async def reset(self) -> None:
        """Back to the scenario's beginning: queues, world, journal, and a held clock's time."""
        await self._begin_anew(Simulation(self.scenario, self.schemas, self.simulation.base))

    async def tell(self, scenario: Scenario) -> None:
        """From now on another story, from its beginning; it replaces the journal's too. Raises `BadValue`."""
        simulation = Simulation(scenario, self.schemas)
        if self.on_tell is not None:
            await self.on_tell(scenario)
        self.scenario = scenario
        self.clock.begin(scenario.clock)
        await self._begin_anew(simulation)
        ahead.begin_streets(simulation)

    async def inject(self, received: Received, context_id: str | None = None, story: Simulation | None = None) -> str:
        """Put a message into the queue of whom it is addressed to; returns its context id. Raises `BadValue`."""
        told = await self._caught_up(story)
        return (await self.in_turn(lambda turn: inject(told, turn, received, context_id), told))[1]

    async def raise_stop_file(
        self, participant: str, cause: str, alert_type: str, story: Simulation | None = None
    ) -> str:
        """A stop file stands until it is cleared by hand; returns the name it goes by."""
        told = await self._caught_up(story)
        return (await self.in_turn(lambda turn: raise_stop(told, turn, participant, cause, alert_type), told))[1]

    async def clear_stop_file(self, name: str, story: Simulation | None = None) -> bool | None:
        """Clear a stop file; returns whether one stands again because its count is at its limit. None: none stood."""
        told = await self._caught_up(story)
        return (await self.in_turn(lambda turn: clear_stop(told, turn, name), told))[1]

    async def _begin_anew(self, simulation: Simulation) -> None:
        self.journal.clear()
        simulation.ledger.steps = self.simulation.ledger.steps
        self.simulation = simulation
        self.exchanges.begin_anew()
        self.bugs.clear()
        self.failure = None
        self.clock.restart()
        self._begin()
        await self._durable()

    def end(self) -> None:
        """Let go of everybody who waits for something to happen."""
        self.ending = True
        self.stir()

    async def close(self) -> None:
        """Flush the journal and let go of it."""
        self.end()
        await self.journal.close()

    def bug(self, text: str) -> None:
        """Keep a fault of ours, and tell who listens."""
        self.bugs.append(text)
        if self.on_bug is not None:
            self.on_bug(text)

    # What the shell shows

    def messages(self, after: int = 0, *, ranked: bool = False, **filters: str) -> Iterator[dict[str, Any]]:
        """The ledger's summaries in the order of ranks; ``filters`` name keys of one (``to``, ``transactionGroup`` …).

        ``after`` leaves out those to which nothing happened since the ledger's step of that number. ``ranked`` gives
        each step its place among those of its moment, too.
        """
        for record in self.simulation.ledger.ranked(after):
            summary = record.ranked() if ranked else record.summary()
            if all(summary.get(name) == value for name, value in filters.items()):
                yield summary

    def message(self, key: str) -> dict[str, Any] | None:
        """One message with its body: by key, MessageID or context id."""
        record = self.simulation.ledger.find(key)
        return None if record is None else {**record.summary(), "body": record.body()}

    async def verdict(self, story: Simulation | None = None) -> Verdict:
        """What the scenario expects, judged now, once everything due by now has happened; see `advance`."""
        told = testimony(await self._caught_up(story), self.exchanges, self.now(), self.clock.rate)
        return await asyncio.to_thread(judge, self.scenario.name, self.scenario.then, told)

    # Inside

    def now(self, story: Simulation | None = None) -> datetime:
        """The clock's time, never behind what has already happened. In a story that is over time stands still."""
        simulation = story or self.simulation
        now, latest = self.clock.now(), simulation.latest
        over = simulation is not self.simulation
        return latest if latest is not None and (over or latest > now) else now

    def _begin(self) -> None:
        turn = self.simulation.turn(self.clock.now())
        self.simulation.begin(turn)
        self._keep(turn)

    async def _moved(self) -> list[dict[str, Any]]:
        """The clock was moved: everything due by its new time happens."""
        story = self.simulation
        await ahead.before_moving(story)
        events = await self._catch_up()
        self._goes_on(story)
        return told([*events, *(await self.in_turn(story.move_clock, story))[0]])

    def _goes_on(self, story: Simulation | None) -> None:
        if story is not None and story is not self.simulation:
            raise StoryOver

    async def _caught_up(self, story: Simulation | None) -> Simulation:
        """A story, the current one unless it is given, in which everything due by now has happened."""
        meant = story or self.simulation
        self._goes_on(meant)
        await self._catch_up()
        self._goes_on(meant)
        return meant

    async def _catch_up(self) -> list[Event]:
        """Everything due by now; between two pieces of long work the loop is free for others."""
        story = self.simulation
        events, more = await self.in_turn(partial(story.wake, giving_way=True), story)
        while more and story is self.simulation:
            await asyncio.sleep(0)
            made, more = await self.in_turn(partial(story.wake, giving_way=True), story)
            events += made
        return events

    async def in_turn(self, act: Callable[[Turn], Made], story: Simulation | None = None) -> tuple[list[Event], Made]:
        """Do something at the moment it is; returns its events once they are durable, and what it made.

        ``story`` is the one it belongs to. One that is over goes on for those who are still in it, and is not kept.
        """
        if self.failure is not None:
            raise NotReady(self.failure)
        simulation = story or self.simulation
        turn = simulation.turn(self.now(simulation))
        try:
            made = act(turn)
        finally:
            if simulation is self.simulation:
                self._keep(turn)
        if self._position > self.journal.safe:
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
        if self.feed is not None:
            self.feed.note(turn.events, self._position)
        self.stir()

    def watched(self) -> Feed:
        """The live feed; what happens is noted from the first time it is asked for."""
        if self.feed is None:
            self.feed = Feed(self.exchanges.cursor, self.exchanges.before)
        return self.feed

    def stir(self) -> None:
        """There is something new to see."""
        if self.feed is not None:
            self.feed.look(self.exchanges)
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


@dataclass(slots=True)
class InStory:
    """The workspace as one exchange knows it: the story that it began in, also when another begins meanwhile.

    Nothing of such an exchange becomes part of the other story: no event, no message, no line of the exchange log.
    """

    house: Runtime
    simulation: Simulation
    clock: Clock
    schemas: Schemas

    @property
    def failure(self) -> str | None:
        """Why the workspace is halted."""
        return self.house.failure

    @property
    def over(self) -> bool:
        """Whether another story has begun."""
        return self.simulation is not self.house.simulation

    async def submit(self, command: Command) -> Reply:
        """Hand a command to the simulation; returns once everything its reply rests on is durable."""
        house, simulation = self.house, self.simulation
        if simulation.heap.due(house.now(simulation)) is not None:
            await self.wake()
        return (await house.in_turn(partial(simulation.handle, command), simulation))[1]

    def in_turn(self, act: Callable[[Turn], Made]) -> Coroutine[Any, Any, tuple[list[Event], Made]]:
        """Do something at the moment it is."""
        return self.house.in_turn(act, self.simulation)

    async def wake(self) -> list[Event]:
        """Let everything happen that is due; in a story that is over nothing is any more."""
        return [] if self.over else await self.house.wake()

    def now(self) -> datetime:
        """Market time, never behind what has already happened."""
        return self.house.now(self.simulation)

    def bug(self, text: str) -> None:
        """Keep a fault of ours, whichever story it was met in."""
        self.house.bug(text)

    def note(self, exchange: Exchange) -> None:
        """An exchange is over."""
        house = self.house
        if self.simulation is house.simulation:
            house.exchanges.note(exchange)
            house.stir()


def _beyond_all() -> int:
    """A number that no process before this one can have counted to: nobody notes an exchange each microsecond."""
    return int(wall_time().timestamp() * 1_000_000)


def _same_story(event: Event, scenario: Scenario, given: str) -> None:
    if not isinstance(event, Begun) or (event.scenario, event.seed) != (scenario.name, scenario.seed):
        told = f"{event.scenario!r} with seed {event.seed}" if isinstance(event, Begun) else "something unknown"
        reason = f"the journal tells {told}, the scenario is {scenario.name!r} with seed {scenario.seed}"
        raise BadValue(f"{reason}: choose another journal, or delete this one", rule="journal.other-story")
    if event.given != given:
        reason = "the journal began with another market: `given` of the scenario was changed since"
        raise BadValue(f"{reason}; choose another journal, or delete this one", rule="journal.other-market")
