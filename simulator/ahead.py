"""What is slow the first time is done ahead, in a thread: the only place that knows what an exchange would wait for.

    half a second after all is served . the schema of the story's release (60 ms), holidays (100 ms) and names (50 ms),
                                       the streets of a large market (450 ms), and numpy where a played provider
                                       delivers readings every day
    another story, another workspace . the streets of a large market
    before a restart goes on ......... numpy, where reports wait in the journal; holidays, where change requests do
    before a message is read ......... the schema of its release
    before a turn that needs it ...... the streets, for a search by address; numpy (70 ms), for readings; holidays, for
                                       messages of CATS, and when the clock is moved over what is due

An exchange that comes too early waits for the thread, and nobody waits with it. Nothing is put in place that would not
be the same without it. numpy weighs much and is not needed by every story: an idle server stays small.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from contextlib import suppress
from datetime import date
from functools import partial
from importlib import import_module
from threading import Event, Lock, Thread
from typing import TYPE_CHECKING

from simulator.asexml import releases
from simulator.asexml.model import Received
from simulator.market.reports import OF_READINGS
from simulator.simulation import LONG_WORK
from simulator.world.calendar import Calendar
from simulator.world.population import Population

if TYPE_CHECKING:
    from simulator.asexml.model import ReceivedTransaction
    from simulator.asexml.schemas import Schemas
    from simulator.simulation import Simulation


FIRST_DAY = date(2026, 1, 1)
"""Some weekday, to ask about."""
LARGE = 2_000
"""So many grown connection points have streets that take long to find."""
_WANT_NUMPY = ("simulator.cim.rows_numpy", "simulator.netstream.readings", "simulator.world.stretch")
_RELEASE = re.compile(rb"urn:aseXML:(r\w{1,9})[\"']")
_BEGINNING = 2_048
"""In so many bytes of a message the release is looked for; wherever else it stands, its schema is made when it is."""
_DAYS = Event()
"""Set once holidays are imported."""
_READINGS = Event()
"""Set once what readings need is imported: modules belong to the process, not to a simulation."""
_STREETS = Lock()
"""Whoever comes while streets are looked up waits for them instead of looking them up as well."""


def begin(simulation: Simulation, schemas: Schemas) -> Thread:
    """Begin with everything a story may need soon; ends with the process at the latest."""
    return _thread(partial(_everything, simulation, schemas))


def begin_streets(simulation: Simulation) -> Thread | None:
    """Begin with the streets of another story's market, if there are many; None where there is nothing to do."""
    points = simulation.base.points
    if not isinstance(points, Population) or points.prepared or len(points) < LARGE:
        return None
    return _thread(partial(_streets, points))


def after_restart(simulation: Simulation) -> None:
    """A journal may hold reports that are half made, or asked for and not begun: they go on as soon as time does."""
    if any(due.owner == "market" for due in simulation.heap):
        _days()
    if any(due.kind in LONG_WORK or due.owner == "inbound" for due in simulation.heap):
        _readings()


async def before_reading(schemas: Schemas, body: bytes) -> None:
    """Wait, off the loop, for the schema that a message will be held against."""
    found = _RELEASE.search(body, 0, _BEGINNING)
    told = found[1].decode() if found is not None else ""
    release = told if releases.is_known(told) else releases.newest
    if not schemas.holds(release):
        await asyncio.to_thread(schemas.own, release)


async def before_moving(simulation: Simulation) -> None:
    """Wait, off the loop, for what may be needed when the clock is moved."""
    if len(simulation.heap):
        await _before_days()


async def _before_days() -> None:
    if not _DAYS.is_set():
        await asyncio.to_thread(_days)


async def before(simulation: Simulation, received: Received) -> None:
    """Wait, off the loop, for what the turn of a message will need."""
    if received.header is not None and received.header.transaction_group == "CATS" and not _DAYS.is_set():
        await _before_days()
    for transaction in received.transactions:
        if transaction.name == "NMIDiscoveryRequest":
            points = simulation.base.points
            if isinstance(points, Population) and not points.prepared and transaction.view.first("Address"):
                await asyncio.to_thread(_streets, points)
        elif transaction.name == "ReportRequest" and _reads(transaction):
            await before_readings()


async def before_readings() -> None:
    """Wait, off the loop, for what readings need."""
    if not _READINGS.is_set():
        await asyncio.to_thread(_readings)


def _reads(transaction: ReceivedTransaction) -> bool:
    return (transaction.view.text("ReportParameters/ReportName") or "").strip() in OF_READINGS


def _thread(work: Callable[[], None]) -> Thread:
    thread = Thread(target=work, name="ahead", daemon=True)
    thread.start()
    return thread


def _everything(simulation: Simulation, schemas: Schemas) -> None:
    schemas.own(simulation.scenario.release)
    _days()
    points = simulation.base.points
    if isinstance(points, Population):
        _streets(points)
    if simulation.deliveries.any:
        _readings()


def _days() -> None:
    """A library that is missing or broken is told of by whoever needs it."""
    with suppress(ImportError):
        Calendar().is_business_day(FIRST_DAY, "NSW")
    _DAYS.set()


def _streets(points: Population) -> None:
    with _STREETS:
        points.prepare()


def _readings() -> None:
    with suppress(ImportError):
        for name in _WANT_NUMPY:
            import_module(name)
    _READINGS.set()
