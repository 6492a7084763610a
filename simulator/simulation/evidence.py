"""What a simulation and its exchange log have to say to the judge. The only place that gathers a testimony."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from functools import lru_cache

from simulator.asexml.decode import read
from simulator.asexml.model import Received
from simulator.asexml.schemas import Schemas
from simulator.hub.events import MessageReceived
from simulator.hub.exchanges import Exchange, ExchangesKept
from simulator.hub.limits import group_unit
from simulator.netstream.fetched import named_point, stretches
from simulator.scenario.expect import Fetched
from simulator.scenario.faults import FAULTS, SOUND
from simulator.scenario.model import Scenario
from simulator.scenario.testimony import Fetch, Testimony, standings, told
from simulator.simulation.simulation import Simulation

_FAULTS = frozenset(fault.rule for fault in FAULTS if fault.name not in SOUND)
READ_KEPT = 100
"""So many messages are kept as they were read, while a judgement asks for them again and again."""


def testimony(simulation: Simulation, exchanges: ExchangesKept, now: datetime, rate: float) -> Testimony:
    """Everything known at ``now`` of what happened so far. ``rate`` is that of the clock: 0 stands.

    A snapshot: it may be judged in another thread while the simulation goes on.
    """
    scenario, ledger = simulation.scenario, simulation.ledger
    members = {group_unit(group.name): group.members for group in scenario.limits.groups}
    deliveries, sendings, refusals, repeats = told(ledger.ranked())
    asked = any(isinstance(each.form, Fetched) for each in scenario.then)
    participants = scenario.given.participants

    schemas = Schemas()  # of its own: what was taken over has been validated, and another thread may read it

    @lru_cache(READ_KEPT)
    def reading(message: MessageReceived) -> Received:
        return read(message.body, schemas, unknown_release="lenient")

    return Testimony(
        now,
        frozenset(each.participant_id for each in participants if not each.played),
        tuple(deliveries),
        tuple(sendings),
        tuple(refusals),
        tuple(repeats),
        tuple(standings(ledger.stops, members)),
        tuple(exchanges.ranked()),
        tuple(_fetches(exchanges.ranked(), simulation)) if asked else (),
        dict(_points(scenario, simulation)) if asked else {},
        simulation.engine.met(),
        _lost(simulation, exchanges),
        rate == 0,
        {each.participant_id: each.roles for each in participants},
        reading,
    )


def _lost(simulation: Simulation, exchanges: ExchangesKept) -> dict[str, str]:
    ledger = simulation.ledger
    lost = {}
    if ledger.evicted:
        lost["messages"] = f"{ledger.evicted} finished messages were evicted from the ledger"
    if forgotten := simulation.hub.forgotten:
        lost["repeats"] = f"{forgotten} older messages are no longer known: a repeat of one is a new message"
    if ledger.stops_evicted:
        lost["stop files"] = f"{ledger.stops_evicted} older stop files were evicted from the ledger"
    if exchanges.restarted:
        lost["exchanges"] = "exchanges from before the restart are not kept"
    elif exchanges.evicted:
        lost["exchanges"] = f"{exchanges.evicted} exchanges were evicted from the exchange log"
    return lost


def _fetches(exchanges: Iterable[Exchange], simulation: Simulation) -> Iterator[Fetch]:
    for exchange in exchanges:
        asked = exchange.asked
        if asked is None or exchange.status != 200:
            continue
        struck = exchange.rule in _FAULTS
        for point, start, end in stretches(asked, exchange.at, simulation.netstream):
            for reading_type in dict.fromkeys(asked.types):
                yield Fetch(exchange.at, asked.client, point, reading_type, start, end, struck)


def _points(scenario: Scenario, simulation: Simulation) -> Iterator[tuple[str, str | None]]:
    """The usage points that readings are expected of, by the names they are expected under."""
    directory = simulation.netstream.directory
    for each in scenario.then:
        if isinstance(each.form, Fetched):
            for name in each.form.points or tuple(simulation.base.points):
                point = named_point(name, directory)
                yield name, None if point is None else point.name
