"""The stories of faults, one for each level: every fault of the level strikes in it, in the order of the file."""

from __future__ import annotations

import asyncio
import json
import socket
import ssl
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from stage import SHIPPED, Actor, Stage

from kit import macks, transfer
from netstream_kit import Portal, asking
from simulator.config import ANY_PORT, Settings
from simulator.runtime import Runtime
from simulator.scenario.faults import FAULTS, Level
from simulator.scenario.model import Scenario
from simulator.simulation.mishaps import FaultFired
from simulator.web.scenario_files import read_scenario
from simulator.web.start import start

ASKED = json.dumps(asking(start="2026-03-02T00:00:00", end="2026-03-03T00:00:00")).encode()


def told(level: Level) -> Scenario:
    return read_scenario(SHIPPED / f"fault-{level.lower()}.yaml")


@pytest.mark.parametrize("level", Level)
def test_a_story_has_every_fault_of_its_level(level: Level) -> None:
    story = told(level)
    asked = [rule.fault for rule in story.when] if level is not Level.TLS else [p.fault for p in story.given.tls_ports]
    named = [each.fault.name for each in asked if each is not None]
    assert named == [fault.name for fault in FAULTS if fault.level is level]
    assert all(rule.fault is None or rule.name == rule.fault.fault.name for rule in story.when)


def fired(house: Runtime) -> list[str]:
    return [event.rule for event in house.journal.replay() if isinstance(event, FaultFired)]


def rules(level: Level) -> list[str]:
    return [fault.rule for fault in FAULTS if fault.level is level]


async def ask_often(stage: Stage, count: int) -> Actor:
    """Questions for the queue, until all is well again."""
    retailer = stage.actor("RETAILA")
    for _ in range(count):
        reply = await retailer.party.call("GET", "getQueueMetaData")
        assert reply.rule.startswith("fault."), reply
    assert (await retailer.party.call("GET", "getQueueMetaData")).rule == "queue.list"
    return retailer


async def network(stage: Stage) -> None:
    await ask_often(stage, len(rules(Level.NETWORK)))


async def http(stage: Stage) -> None:
    await ask_often(stage, len(rules(Level.HTTP)))


async def xml(stage: Stage) -> None:
    retailer = await ask_often(stage, len(rules(Level.XML)) - 4)
    for number in (1, 2):
        await retailer.party.submit(transfer(number), f"catsm_retaila_{number}")
    for entry in await retailer.party.queue():
        await retailer.party.get(entry["MessageContextID"])


async def queue(stage: Stage) -> None:
    party = stage.actor("RETAILA").party
    await party.submit(transfer())
    entries = await party.queue()
    contexts = [entry["MessageContextID"] for entry in entries]
    assert contexts[0] == "catsm_nemmco_phantom" or len(contexts) > 2
    assert await party.queue() == []
    assert await party.queue()
    usual = await party.queue()
    for _ in range(3):
        await party.get(usual[0]["MessageContextID"])
    for number in (1, 2):
        mack = macks(usual[0]["MessageID"], own=f"RETAILA-ACK-{number}")
        await party.acknowledge(mack, usual[0]["MessageContextID"])
        assert (usual[0] in await party.queue()) is (number == 1)


async def business(stage: Stage) -> None:
    party = stage.actor("RETAILA").party
    await party.submit(transfer(1))
    await party.submit(transfer(1))
    await party.submit(transfer(2, nmi="4102034567").replace("NEMMCO", "NOBODYS"), "catsm_retaila_2")
    for _ in range(4):
        for entry in await party.queue():
            await party.get(entry["MessageContextID"])


async def time(stage: Stage) -> None:
    party = stage.actor("RETAILA").party
    statuses = [(await party.call("GET", "getQueueMetaData")).status for _ in range(2)]
    statuses.append((await party.get("catsm_nemmco_1")).status)
    statuses.append((await party.acknowledge(macks("X-1"), "catsm_nemmco_1")).status)
    alerts = "/HubMessageManagement/v2/getAlerts"
    statuses.append((await party.call("GET", alerts, query=(("alertType", "B2MStopFile"),))).status)
    statuses.append((await party.submit(transfer())).status)
    assert statuses == [200, 200, 500, 503, 429, 500]
    await stage.wait(minutes=1)
    assert (await party.call("GET", alerts, query=(("alertType", "B2MStopFile"),))).status == 200
    assert (await party.submit(transfer())).status == 200
    await stage.wait(minutes=59)
    assert (await party.acknowledge(macks("X-1"), "catsm_nemmco_1")).status == 200
    client = Portal(stage.house)
    await client.sign_in()
    assert (await client.post(ASKED)).rule == "netstream.token-expired"
    await client.sign_in()
    assert [(await client.post(ASKED)).status for _ in range(2)] == [401, 401]
    assert (await client.post(ASKED)).status == 200


async def json_(stage: Stage) -> None:
    client = Portal(stage.house)
    for fault in rules(Level.JSON):
        assert (await client.post(ASKED)).rule == fault
    assert (await client.post(ASKED)).rule == "netstream.readings"


PLAYS: dict[Level, Callable[[Stage], Awaitable[None]]] = {
    Level.NETWORK: network,
    Level.HTTP: http,
    Level.XML: xml,
    Level.JSON: json_,
    Level.QUEUE: queue,
    Level.BUSINESS: business,
    Level.TIME: time,
}


@pytest.mark.parametrize("level", PLAYS)
async def test_every_fault_of_a_story_strikes(level: Level) -> None:
    stage = Stage(f"fault-{level.lower()}")
    await PLAYS[level](stage)
    assert not stage.house.bugs
    assert not stage.nameless()
    assert set(fired(stage.house)) == set(rules(level))


async def test_every_port_of_the_story_of_tls_is_met(tmp_path: Path) -> None:
    served = await start(Settings(port=0, plain_port=ANY_PORT, certs=tmp_path, clock="held"), told(Level.TLS))

    def meet(url: str) -> None:
        """Whatever comes of it: ended by us, refused, or silent."""
        where = urlsplit(url)
        context = ssl.create_default_context(cafile=str(served.certificates.ca))
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        with socket.create_connection(("127.0.0.1", where.port or 0), timeout=0.5) as plain:
            try:
                context.wrap_socket(plain).close()
            except OSError:
                return

    try:
        ports = served.runtime.tls_ports
        assert [port["rule"] for port in ports] == rules(Level.TLS)
        await asyncio.gather(*(asyncio.to_thread(meet, str(port["url"])) for port in ports))
    finally:
        await served.close()
    shown = {exchange.rule for exchange in served.runtime.exchanges}
    assert shown == set(rules(Level.TLS)) - {"fault.no-tls"}


async def test_the_hub_is_out_for_five_minutes() -> None:
    stage = Stage("fault-hub-outage")
    party = stage.actor("RETAILA").party
    await party.submit(transfer())
    waiting = await party.queue()
    await stage.wait(minutes=10)
    assert (await party.call("GET", "getQueueMetaData")).status == 500
    await stage.wait(minutes=5)
    assert await party.queue() == waiting
    assert fired(stage.house) == ["fault.outage"]
    assert timedelta(minutes=15) == stage.house.clock.now() - stage.house.scenario.clock
