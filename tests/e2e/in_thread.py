"""A real server in this process, on a loop and thread of its own: for clients that block."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

from simulator.config import Settings
from simulator.web.scenario_files import read_scenario, shipped
from simulator.web.start import Served, start

RETAILER, USER, PASSWORD = "RETAILA", "ALICE", "secret"
NMI, CHECKSUM = "4102035671", "4"
PULL = "/NEMRetail/B2MMessagingPull/v1/"


class Site:
    """A served scenario, and the files a participant needs to reach it."""

    def __init__(self, served: Served, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self.served = served
        self.url = served.url
        self.ca = str(served.certificates.ca)

    def certificate(self, participant: str = RETAILER) -> str:
        return str(self.served.certificates.client(participant))

    def key(self, participant: str = RETAILER) -> str:
        return str(self.served.certificates.client_key(participant))

    def advance(self, **duration: float) -> None:
        """Let market time pass."""
        moving = self.served.runtime.advance(timedelta(**duration))
        asyncio.run_coroutine_threadsafe(moving, self._loop).result(30)

    def reset(self) -> None:
        """Back to the scenario's beginning."""
        asyncio.run_coroutine_threadsafe(self.served.runtime.reset(), self._loop).result(30)


@contextmanager
def served(certificates: Path, scenario: str = "demo.yaml") -> Iterator[Site]:
    """Serve a shipped scenario over TLS with a held clock; ``certificates`` may be shared by many."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    settings = Settings(port=0, plain_port=0, certs=certificates, clock="held")
    running = asyncio.run_coroutine_threadsafe(start(settings, read_scenario(shipped(scenario))), loop).result(60)
    try:
        yield Site(running, loop)
    finally:
        asyncio.run_coroutine_threadsafe(running.close(), loop).result(60)
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()
