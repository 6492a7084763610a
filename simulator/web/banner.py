"""What ``serve`` prints to paste, and the same as JSON for programs."""

from __future__ import annotations

import json
import os
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from simulator import __version__
from simulator.scenario.model import Participant
from simulator.web.start import Served

QUEUE_PATH = "/NEMRetail/B2MMessagingPull/v1/getQueueMetaData"


def banner(served: Served) -> str:
    """URLs, users, certificates, and a command that works as printed."""
    return "\n".join(_lines(served))


def curl(served: Served, participant: Participant) -> str:
    """getQueueMetaData over TLS with a participant's certificate and first user."""
    certificates, name = served.certificates, participant.participant_id
    user = participant.users[0]
    arguments = [
        *("curl", "--cacert", str(certificates.ca)),
        *("--cert", str(certificates.client(name)), "--key", str(certificates.client_key(name))),
        *("--user", f"{user.name}:{user.password}"),
        *("--header", f"X-initiatingParticipantID: {name}", "--header", "X-market: NEM"),
        served.url + QUEUE_PATH,
    ]
    return shlex.join(arguments)


def _lines(served: Served) -> Iterator[str]:
    scenario, clock = served.runtime.scenario, served.runtime.clock
    pace = {0.0: "held", 1.0: "real time"}.get(clock.rate, f"{clock.rate:g} times as fast")
    yield f"ehubsim {__version__}: {scenario.name} ({scenario.file}, aseXML {scenario.release})"
    if scenario.text:
        yield "  journal      goes on with this story, told over the control API; another begins with another journal"
    yield f"  TLS          {served.url}"
    if served.plain_url is not None:
        yield f"  plain HTTP   {served.plain_url}  (loopback only; client certificates are waived here)"
    yield f"  control      {(served.plain_url or served.url)}/_sim/"
    if served.control_token is not None:
        yield f"  token        {served.control_token}  (control API: Authorization: Bearer …)"
    yield f"  CA           {served.certificates.ca}"
    yield f"  market time  {clock.now().isoformat(' ', 'seconds')}, {pace}"
    for participant in _callers(served):
        user, name = participant.users[0], participant.participant_id
        yield f"  participant  {name}  user {user.name}  password {user.password}"
        yield f"    certificate {served.certificates.client(name)}  key {served.certificates.client_key(name)}"
    for port in served.runtime.tls_ports:
        yield f"  TLS at fault {port['url']}  {port['fault']}"
        for each in port["clients"]:
            yield f"    certificate of {each['participant']} {each['certificate']}  key {each['key']}"
    netstream = served.runtime.scenario.given.netstream
    for client in netstream.clients:
        yield f"  netstream    tenant {netstream.tenant}  client {client.client_id}  secret {client.secret}"
    yield from _try_it(served)


def _try_it(served: Served) -> Iterator[str]:
    first = next(_callers(served), None)
    if first is not None:
        yield "Try:"
        yield "  " + curl(served, first)
    yield "Serving. Ctrl-C ends."


def _callers(served: Served) -> Iterator[Participant]:
    return (p for p in served.runtime.scenario.given.participants if p.users)


def facts(served: Served) -> dict[str, Any]:
    """The banner for programs: the ready file."""
    netstream = served.runtime.scenario.given.netstream
    return {
        "version": __version__,
        "pid": os.getpid(),
        "scenario": served.runtime.scenario.name,
        "url": served.url,
        "plain_url": served.plain_url,
        "control_token": served.control_token,
        "ca": str(served.certificates.ca.absolute()),
        "tls_ports": list(served.runtime.tls_ports),
        "participants": [_facts_of(served, participant) for participant in _callers(served)],
        "netstream": [
            {"tenant": netstream.tenant, "client_id": client.client_id, "client_secret": client.secret}
            for client in netstream.clients
        ],
    }


def _facts_of(served: Served, participant: Participant) -> dict[str, str]:
    name, user = participant.participant_id, participant.users[0]
    certificates = served.certificates
    return {
        "participant": name,
        "user": user.name,
        "password": user.password,
        "certificate": str(certificates.client(name).absolute()),
        "key": str(certificates.client_key(name).absolute()),
    }


def write_ready_file(path: Path, served: Served) -> None:
    """Whole or not at all, readable by the owner alone: it holds credentials. Raises `OSError`."""
    unfinished = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with os.fdopen(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            json.dump(facts(served), file, indent=1)
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)
