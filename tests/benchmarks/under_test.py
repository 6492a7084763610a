"""The servers a bench loads, each in a process of its own on core 0: ours, and a bare aiohttp handler beside it.

``python under_test.py hub|bare OPTIONS-JSON`` prints one JSON line once it serves.
"""

from __future__ import annotations

import asyncio
import gc
import json
import os
import resource
import socket
import sys
from datetime import date, datetime
from pathlib import Path

from aiohttp import web

from load import pin
from simulator.base.clock import MARKET_ZONE
from simulator.config import Settings
from simulator.hub.limits import KINDS, Limit, Limits
from simulator.scenario.model import Given, Participant, Scenario, User
from simulator.web.serve import settle
from simulator.web.start import start
from simulator.web.tls import server_context
from simulator.world.model import ConnectionPoint, Meter, Register, RoleAssignment

RETAILERS = tuple(f"R{number}" for number in range(16))
OTHERS = {"LNSP": "ENERGYP", "LR": "ENERGYP", "RP": "MCCO", "MDP": "METERCO", "MPB": "MPBCO", "MPC": "MPBCO"}
REGISTERS = tuple(Register(f"{kind}{number}", f"{kind}{number}") for kind in "EB" for number in range(1, 4))


def nmi(number: int) -> str:
    return f"41{number:08d}"


def market(points: int, played: bool) -> Scenario:
    """``points`` NMIs of a losing retailer; the metering parties are declared or played."""
    holders = {"FRMP": "LOSER", **OTHERS}
    roles = tuple(RoleAssignment(role, party, date(2020, 1, 1)) for role, party in holders.items())
    meters = tuple(Meter(f"M{number}", REGISTERS) for number in range(2))
    given = tuple(ConnectionPoint(nmi(n), "NSW", roles=roles, meters=meters) for n in range(points))
    declared = tuple(Participant(name, ("FRMP",), (User(name, "secret"),)) for name in RETAILERS)
    others = () if played else tuple(Participant(name) for name in sorted({*OTHERS.values(), "LOSER"}))
    clock = datetime(2026, 3, 2, 9, tzinfo=MARKET_ZONE)
    lifted = Limits(dict.fromkeys(KINDS, Limit(10**9, 10**9)))
    return Scenario("bench", clock=clock, seed=1, given=Given((*declared, *others), given), limits=lifted)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


async def hub(options: dict) -> None:
    settings = Settings(
        port=free_port(), plain_port=free_port(), certs=Path(options["certs"]), journal=options["journal"], clock="held"
    )
    served = await start(settings, market(options["points"], options["played"]))
    gc.collect()
    settle()
    print(json.dumps({"tls": settings.port, "plain": settings.plain_port, "pid": os.getpid()}), flush=True)
    while await asyncio.to_thread(sys.stdin.readline):
        gc.collect()
        print(json.dumps({"rss": memory()}), flush=True)
    await served.close()


def memory() -> int:
    """Resident bytes of this process."""
    status = Path("/proc/self/status")
    if not status.exists():
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    line = next(line for line in status.read_text().splitlines() if line.startswith("VmRSS"))
    return int(line.split()[1]) * 1024


async def bare(options: dict) -> None:
    body = b"x" * options["size"]

    async def handler(request: web.Request) -> web.Response:
        await request.read()
        return web.Response(body=body, content_type="application/xml")

    app = web.Application()
    app.router.add_route("*", "/{tail:.*}", handler)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    certs = Path(options["certs"])
    tls = server_context(certs / "server.pem", certs / "server.key", certs / "ca.pem")
    ports = {"tls": free_port(), "plain": free_port(), "pid": os.getpid()}
    await web.TCPSite(runner, "127.0.0.1", ports["tls"], ssl_context=tls).start()
    await web.TCPSite(runner, "127.0.0.1", ports["plain"]).start()
    print(json.dumps(ports), flush=True)
    await asyncio.to_thread(sys.stdin.read)
    await runner.cleanup()


if __name__ == "__main__":
    pin(0)
    asyncio.run({"hub": hub, "bare": bare}[sys.argv[1]](json.loads(sys.argv[2])))
