"""The extra ports of workspaces, whose TLS is at fault: opened as a story asks, closed with it, told to who asks."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

import msgspec

from simulator.base.clock import wall_time
from simulator.base.errors import BadValue
from simulator.devca import Certificates
from simulator.scenario.model import Scenario, TlsPort
from simulator.simulation.mishaps import Struck
from simulator.web.listeners import OF_A_STORY, CannotStart, Listeners, url_of
from simulator.web.tls_faults import WITHOUT_TLS, Broken, Client, clients_of, context_of

if TYPE_CHECKING:
    from simulator.runtime import Runtime
    from simulator.web.app import App


class OpenPort(msgspec.Struct, frozen=True):
    """An extra port that is open."""

    fault: str
    rule: str
    url: str
    clients: tuple[Client, ...] = ()

    def told(self) -> dict[str, object]:
        """JSON-ready."""
        clients = [
            {"participant": each.participant, "certificate": str(each.certificate), "key": str(each.key)}
            for each in self.clients
        ]
        return {"fault": self.fault, "rule": self.rule, "url": self.url, "clients": clients}


@dataclass(slots=True)
class TlsPorts:
    """Every extra port of a server, listening at ``host``; ``sans`` are further names of the server."""

    app: App
    certificates: Certificates
    host: str
    sans: tuple[str, ...] = ()
    _listeners: dict[str, Listeners] = field(default_factory=dict)
    _noting: set[asyncio.Task[object]] = field(default_factory=set)

    async def attach(self, workspace: str, runtime: Runtime) -> None:
        """Open what the story of a workspace asks for, and follow it to other stories. Raises `BadValue`."""
        runtime.on_tell = partial(self._follow, workspace, runtime)
        await self._follow(workspace, runtime, runtime.scenario)

    async def drop(self, workspace: str) -> None:
        """Close the extra ports of a workspace."""
        listeners = self._listeners.pop(workspace, None)
        if listeners is not None:
            await listeners.close(drain=0)

    async def close(self) -> None:
        """Close them all."""
        for workspace in tuple(self._listeners):
            await self.drop(workspace)
        await asyncio.gather(*self._noting, return_exceptions=True)

    async def _follow(self, workspace: str, runtime: Runtime, scenario: Scenario) -> None:
        """Another story's ports instead of those there are; where one cannot be, those there were come back."""
        await self.drop(workspace)
        try:
            runtime.tls_ports = await self._opened_for(workspace, runtime, scenario)
        except BadValue:
            runtime.tls_ports = ()
            if scenario is not runtime.scenario:
                runtime.tls_ports = await self._opened_for(workspace, runtime, runtime.scenario)
            raise

    async def _opened_for(
        self, workspace: str, runtime: Runtime, scenario: Scenario
    ) -> tuple[Mapping[str, object], ...]:
        wanted = scenario.given.tls_ports
        if not wanted:
            return ()
        listeners = self._listeners[workspace] = Listeners(self.app, workspace)
        try:
            return tuple([(await self._opened(listeners, runtime, scenario, each)).told() for each in wanted])
        except CannotStart as error:
            await self.drop(workspace)
            raise BadValue(str(error), rule="given.tls-port") from error
        except BaseException:
            await self.drop(workspace)
            raise

    async def _opened(self, listeners: Listeners, runtime: Runtime, scenario: Scenario, wanted: TlsPort) -> OpenPort:
        fault, now = wanted.fault.fault, wall_time()
        began = partial(self._began, runtime, Struck(wanted.fault, OF_A_STORY))
        context, protocol = None, None
        if fault.name not in WITHOUT_TLS:
            names = (self.certificates, self.sans, now, self.app.handshake_refused, began)
            context = await asyncio.to_thread(context_of, fault.name, *names)
        elif fault.name != "no TLS":
            silence = wanted.fault.period("for").total_seconds() if fault.settings else 0.0
            protocol = partial(self._broken, silence, began)
        port = await listeners.open(self.host, wanted.port, context, protocol, OF_A_STORY)
        participants = tuple(each.participant_id for each in scenario.given.participants if each.users)
        clients = await asyncio.to_thread(clients_of, fault.name, self.certificates, participants, now)
        url = url_of(self.host, port)
        shown = url.replace("https:", "http:", 1) if fault.name == "no TLS" else url
        return OpenPort(fault.name, fault.rule, shown, tuple(clients))

    def _broken(self, silence: float, began: Callable[[], None]) -> Broken:
        return Broken(silence, self.app.timers, began)

    def _began(self, runtime: Runtime, struck: Struck) -> None:
        """A client met the fault: noted like every other firing."""
        task: asyncio.Task[object] = asyncio.ensure_future(runtime.note_handshake(struck))
        self._noting.add(task)
        task.add_done_callback(self._noting.discard)
