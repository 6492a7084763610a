"""Workspaces by name: a whole simulation each, with a journal stream, a clock and a ledger of its own.

Only what never changes is shared: workspaces of one scenario stand on the same `world.world.Base`.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from typing import Protocol

from msgspec.structs import replace

from simulator import ahead
from simulator.asexml.schemas import Schemas
from simulator.base.clock import Clock
from simulator.base.errors import BadValue, Refused
from simulator.hub.strictness import STRICTNESS
from simulator.runtime import Runtime
from simulator.scenario.model import Scenario
from simulator.stores.journal import Journal
from simulator.world.world import Base

DEFAULT_WORKSPACE = "default"
MOST = 10_000
"""So many may be alive at once."""
MARKETS_KEPT = 32
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


class Ports(Protocol):
    """Ports that belong to a workspace."""

    async def attach(self, workspace: str, runtime: Runtime) -> None:
        """Open what its story asks for. Raises `BadValue` where one cannot be."""

    async def drop(self, workspace: str) -> None:
        """Close what is open for it."""


@dataclass(slots=True)
class Workspaces:
    """Every workspace but the default one. ``journal`` opens the stream of a name; ``rate`` is the pace of clocks."""

    journal: Callable[[str], Journal]
    schemas: Schemas
    rate: float
    on_bug: Callable[[str], None] | None = None
    on_end: Callable[[str], Awaitable[None]] | None = None
    """Told when a workspace of that name is gone: its ports close."""
    tls_ports: Ports | None = None
    _alive: dict[str, Runtime] = field(default_factory=dict)
    _changing: set[str] = field(default_factory=set)
    _markets: dict[int, tuple[Scenario, Base]] = field(default_factory=dict)
    """The markets of the scenarios used last, by the identity of the scenario, which is kept for that."""

    def __len__(self) -> int:
        return len(self._alive)

    def __iter__(self) -> Iterator[tuple[str, Runtime]]:
        return iter(tuple(self._alive.items()))

    def find(self, name: str) -> Runtime | None:
        """The workspace of that name."""
        return self._alive.get(name)

    async def make(
        self, name: str, scenario: Scenario, rate: float | None = None, strictness: str | None = None
    ) -> Runtime:
        """A fresh workspace; one that has the name is dropped first. Left out, pace and strictness are as usual.

        Raises `Refused` for a name that is none, for too many, and while another caller makes or drops the same one;
        `JournalFailed` when its journal cannot be opened, `BadValue` when a port of its own cannot.
        """
        if _NAME.fullmatch(name) is None:
            raise Refused(400, "workspace.name", "a name is 1 to 64 letters, digits, '.', '_' or '-', and begins well")
        if name == DEFAULT_WORKSPACE:
            raise Refused(409, "workspace.default", "the default workspace is there as long as the server is")
        if len(self._alive) + len(self._changing) >= MOST and name not in self._alive:
            raise Refused(503, "workspace.too-many", f"{MOST} workspaces are alive; drop some")
        story = scenario if strictness is None else _judged(scenario, strictness)
        self._begin(name)
        try:
            await self._end(name)
            made = await self._open(name, scenario, story, self.rate if rate is None else rate)
            self._alive[name] = made
            if self.tls_ports is not None:
                await self.tls_ports.attach(name, made)
        except BadValue:
            await self._end(name)
            raise
        finally:
            self._changing.discard(name)
        return made

    async def drop(self, name: str) -> bool:
        """Forget a workspace and its journal stream; whether there was one."""
        if name not in self._alive:
            return False
        self._begin(name)
        try:
            await self._end(name)
        finally:
            self._changing.discard(name)
        return True

    async def close(self) -> None:
        """Let go of every journal; what durable ones hold stays."""
        while self._alive:
            await self._alive.popitem()[1].close()

    def share(self, runtime: Runtime) -> None:
        """Let workspaces to come stand on the market that this one stands on, if their scenario is the same."""
        self._keep(runtime.scenario, runtime)

    def _keep(self, scenario: Scenario, runtime: Runtime) -> None:
        self._markets.pop(id(scenario), None)
        self._markets[id(scenario)] = (scenario, runtime.simulation.base)
        if len(self._markets) > MARKETS_KEPT:
            del self._markets[next(iter(self._markets))]

    def _begin(self, name: str) -> None:
        if name in self._changing:
            raise Refused(409, "workspace.busy", f"workspace {name!r} is being made or dropped by somebody else")
        self._changing.add(name)

    async def _open(self, name: str, scenario: Scenario, story: Scenario, rate: float) -> Runtime:
        """``story`` is the scenario as it is judged here."""
        journal = self.journal(name)
        try:
            if next(journal.replay(), None) is not None:
                # A workspace of an earlier process: its story ended with it.
                await journal.durable(journal.clear())
            _, base = self._markets.get(id(scenario), (scenario, None))
            runtime = Runtime.open(story, journal, Clock(scenario.clock, rate), self.schemas, base=base)
        except BaseException:
            await journal.close()
            raise
        runtime.on_bug = self.on_bug
        self._keep(scenario, runtime)
        ahead.begin_streets(runtime.simulation)
        return runtime

    async def _end(self, name: str) -> None:
        runtime = self._alive.pop(name, None)
        if runtime is None:
            return
        runtime.end()
        if self.on_end is not None:
            await self.on_end(name)
        if self.tls_ports is not None:
            await self.tls_ports.drop(name)
        if runtime.ready:
            runtime.journal.clear()
        await runtime.close()


def _judged(scenario: Scenario, strictness: str) -> Scenario:
    """The same story, judged otherwise."""
    if strictness not in STRICTNESS:
        raise BadValue(
            f"strictness {strictness[:20]!r} is none of {', '.join(STRICTNESS)}", rule="workspace.strictness"
        )
    return replace(scenario, switches=replace(scenario.switches, strictness=strictness))
