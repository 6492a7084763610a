"""One simulation put on the network: certificates, listeners, journal, runtime, in the order that fails early.

Listeners open before the journal is replayed: a port that is taken is told at once, and ``health`` answers meanwhile.
"""

from __future__ import annotations

import asyncio
import secrets
import ssl
from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import TextIO

import msgspec

from simulator.base.clock import Clock, clock_rate, wall_time
from simulator.base.errors import BadValue
from simulator.config import Settings
from simulator.devca import Certificates, ensure
from simulator.runtime import ALL_EVENTS, Runtime
from simulator.scenario.model import Scenario
from simulator.simulation.events import Begun
from simulator.stores import EventCodec, Journal, JournalFailed, open_journal
from simulator.web.app import App, tell_bug
from simulator.web.control import Control
from simulator.web.exchange_log import ExchangeLog
from simulator.web.listeners import EVERYWHERE, CannotStart, Listeners, url_of
from simulator.web.ports import PLAIN_HOST, Ports
from simulator.web.scenario_texts import told_again
from simulator.web.schema_files import read_schemas
from simulator.web.tls import server_context
from simulator.web.tls_ports import TlsPorts
from simulator.workspaces import DEFAULT_WORKSPACE, Workspaces

Progress = Callable[[int, int], None]


class Served(msgspec.Struct, frozen=True):
    """A simulation that answers on the network."""

    url: str
    plain_url: str | None
    control_token: str | None
    certificates: Certificates
    runtime: Runtime
    listeners: Listeners
    workspaces: Workspaces
    ports: Ports
    tls_ports: TlsPorts
    log: ExchangeLog | None = None

    async def close(self) -> None:
        """Finish running exchanges, then let go of the journals and the log."""
        for each in (self.runtime, *(runtime for _, runtime in self.workspaces)):
            each.end()
        await self.tls_ports.close()
        await self.ports.close_all()
        await self.listeners.close()
        await self.workspaces.close()
        await self.runtime.close()
        if self.log is not None:
            await asyncio.to_thread(self.log.close)


async def start(
    settings: Settings,
    scenario: Scenario,
    *,
    reread: Callable[[datetime], Scenario] | None = None,
    log: TextIO | None = None,
    progress: Progress | None = None,
) -> Served:
    """Serve a scenario as the settings say. ``log`` gets a line per exchange. Raises `CannotStart`.

    ``reread`` gives the scenario as it was on the day its journal began, for stories that go on another day.
    """
    clock = Clock(scenario.clock, clock_rate(settings.clock))
    certificates = _certificates(settings, scenario)
    token = settings.control_token or (None if settings.loopback else secrets.token_urlsafe(24))
    control = Control(certificates, token)
    app = App(control, clock.now, log=None if log is None else ExchangeLog(log, settings.log))
    listeners = Listeners(app)
    context = server_context(certificates.server, certificates.server_key, certificates.ca, app.handshake_refused)
    ports = Ports(partial(Listeners, app), settings.host, context, plain=bool(settings.plain_port))
    try:
        url, plain_url = await _listen(listeners, settings, context)
        runtime = await _runtime(settings, scenario, clock, progress, reread)
    except BaseException:
        await listeners.close(drain=0)
        raise
    if runtime.scenario.text:
        control.certificates = certificates = _certificates(settings, runtime.scenario)
    workspaces = _workspaces(settings, runtime, clock.rate)
    workspaces.on_end = ports.close
    tls_ports = workspaces.tls_ports = TlsPorts(app, certificates, settings.host, tuple(settings.sans))
    await _attach(tls_ports, runtime, listeners)
    control.runtime, control.workspaces, control.ports = runtime, workspaces, ports
    app.workspaces = workspaces
    app.open(runtime)
    return Served(url, plain_url, token, certificates, runtime, listeners, workspaces, ports, tls_ports, app.log)


async def _attach(tls_ports: TlsPorts, runtime: Runtime, listeners: Listeners) -> None:
    """Open the ports at fault that the story asks for; nothing is served where one cannot be."""
    try:
        await tls_ports.attach(DEFAULT_WORKSPACE, runtime)
    except BadValue as error:
        await listeners.close(drain=0)
        await runtime.close()
        raise CannotStart(str(error)) from error


def _workspaces(settings: Settings, runtime: Runtime, rate: float) -> Workspaces:
    def journal(name: str) -> Journal:
        return open_journal(settings.journal, f"w/{name}", EventCodec(ALL_EVENTS))

    workspaces = Workspaces(journal, runtime.schemas, rate, tell_bug)
    workspaces.share(runtime)
    return workspaces


def _certificates(settings: Settings, scenario: Scenario) -> Certificates:
    participants = [participant.participant_id for participant in scenario.given.participants]
    names = [*settings.sans, *([] if settings.host in EVERYWHERE else [settings.host])]
    try:
        return ensure(settings.certs, participants, names, wall_time())
    except BadValue as error:
        raise CannotStart(str(error)) from error


async def _listen(listeners: Listeners, settings: Settings, context: ssl.SSLContext) -> tuple[str, str | None]:
    url = url_of(settings.host, await listeners.open(settings.host, settings.port, context))
    if not settings.plain_port:
        return url, None
    return url, f"http://{PLAIN_HOST}:{await listeners.open(PLAIN_HOST, max(0, settings.plain_port), None)}"


async def _runtime(
    settings: Settings,
    scenario: Scenario,
    clock: Clock,
    progress: Progress | None,
    reread: Callable[[datetime], Scenario] | None,
) -> Runtime:
    try:
        schemas = read_schemas(settings.schemas)
        journal = open_journal(settings.journal, DEFAULT_WORKSPACE, EventCodec(ALL_EVENTS))
    except (JournalFailed, BadValue) as error:
        raise CannotStart(str(error)) from error
    try:
        begun = next(journal.replay(), None)
        if isinstance(begun, Begun) and begun.text:
            scenario = told_again(begun)
            clock.begin(scenario.clock)
        elif begun is not None and reread is not None:
            scenario = reread(begun.at)
        if settings.journal.startswith("memory:"):
            return Runtime.open(scenario, journal, clock, schemas)
        return await asyncio.to_thread(Runtime.open, scenario, journal, clock, schemas, progress)
    except (JournalFailed, BadValue) as error:
        await journal.close()
        raise CannotStart(f"journal {settings.journal}: {error}") from error
