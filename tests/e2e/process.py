"""A served simulator as its users start it: a process, known by what it prints and how it ends."""

from __future__ import annotations

import json
import os
import ssl
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPResponse, HTTPSConnection
from pathlib import Path
from typing import IO, Any
from urllib.parse import urlsplit

ROOT = Path(__file__).parents[2]
QUEUE = "/NEMRetail/B2MMessagingPull/v1/getQueueMetaData"


def environment(**more: str) -> dict[str, str]:
    """The environment without what would steer the simulator."""
    return {name: value for name, value in os.environ.items() if not name.startswith("EHUBSIM_")} | more


def ehubsim(*arguments: str, folder: Path, **more: str) -> subprocess.CompletedProcess[str]:
    """One command to its end."""
    command = [sys.executable, "-m", "simulator", *arguments]
    return subprocess.run(
        command, cwd=folder, env=environment(**more), capture_output=True, text=True, timeout=60, check=False
    )


@dataclass
class Served:
    """A server process that said it is serving."""

    process: subprocess.Popen[str]
    banner: list[str]
    facts: dict[str, Any]

    def ask(self, method: str, path: str, body: bytes | None = None, **headers: str) -> HTTPResponse:
        """One request over TLS with the first participant's certificate, by the standard library alone."""
        connection = self.connection()
        connection.request(method, path, body, {name.replace("_", "-"): value for name, value in headers.items()})
        reply = connection.getresponse()
        reply.content = reply.read()  # type: ignore[attr-defined]  # kept for after the connection
        connection.close()
        return reply

    def connection(self) -> HTTPConnection:
        """A connection of its own, trusting our CA, showing the first participant's certificate."""
        participant = self.facts["participants"][0]
        context = ssl.create_default_context(cafile=self.facts["ca"])
        context.load_cert_chain(participant["certificate"], participant["key"])
        url = urlsplit(self.facts["url"])
        return HTTPSConnection(url.hostname or "", url.port, context=context, timeout=20)

    def ended(self) -> tuple[int, str, str]:
        """Exit code and what was still printed."""
        out, err = self.process.communicate(timeout=20)
        return self.process.returncode, out, err


@contextmanager
def serving(folder: Path, *arguments: str, **more: str) -> Iterator[Served]:
    """``ehubsim serve`` on free ports, in a folder of its own."""
    ready = folder / "ready.json"
    command = [
        sys.executable,
        "-m",
        "simulator",
        "serve",
        "--port",
        "0",
        "--plain-port",
        "0",
        "--ready-file",
        str(ready),
    ]
    pipe = subprocess.PIPE
    with subprocess.Popen(
        [*command, *arguments], cwd=folder, env=environment(**more), stdout=pipe, stderr=pipe, text=True
    ) as process:
        try:
            banner = _banner(process, process.stderr if "json" in arguments else process.stdout)
            yield Served(process, banner, json.loads(ready.read_text()))
        finally:
            process.kill()


def _banner(process: subprocess.Popen[str], stream: IO[str] | None) -> list[str]:
    assert stream is not None
    lines: list[str] = []
    while not lines or not lines[-1].startswith("Serving."):
        line = stream.readline()
        if not line:
            raise AssertionError(f"it did not start: {lines} {process.communicate()}")
        lines.append(line.rstrip("\n"))
    return lines
