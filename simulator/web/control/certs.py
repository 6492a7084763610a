"""Certificates to take away, for containers and CI."""

from __future__ import annotations

import asyncio

from simulator.base.clock import wall_time
from simulator.base.http import HttpReply
from simulator.devca import bundle, ensure
from simulator.web.control.asked import Asked
from simulator.web.problems import Problem


async def ca(asked: Asked) -> HttpReply:
    """The CA to trust."""
    return HttpReply(200, asked.desk.certificates.ca.read_bytes(), "application/x-pem-file")


async def client_bundle(asked: Asked) -> HttpReply:
    """A participant's certificate and key."""
    certificates, (participant,) = asked.desk.certificates, asked.named
    if participant not in certificates.participants:
        scenario = None if asked.desk.runtime is None else asked.desk.runtime.scenario
        if scenario is None or scenario.participant(participant) is None:
            raise Problem(404, f"no participant {participant!r} has a certificate here", "control.no-bundle")
        certificates = await asyncio.to_thread(ensure, certificates.directory, [participant], [], wall_time())
    content = bundle(certificates.directory, participant)
    return HttpReply(200, content, "application/zip", (("Cache-Control", "no-store"),))
