"""What GetMeterReadings costs: a year of five-minute readings against orjson and lxml; 1,000 usage points streamed.

Run ``python tests/benchmarks/bench_netstream.py`` (needs orjson). Ratios of one run, best of many rounds: processor
time of a whole answer (request read, readings grown from the seed, laid out) over encoding the finished object alone.
The stream comes from a server in a process of its own: its memory above idle, the first byte, and what the hub's
callers notice beside it, in rounds with and without it in turns; the median of their ratios, as other work on the
machine falls into some of them.
"""

from __future__ import annotations

import asyncio
import base64
import json
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path
from statistics import median
from time import perf_counter, thread_time
from typing import Any
from urllib.parse import urlencode

import orjson
from lxml import etree

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "tests"))

from netstream_kit import FIVE, READINGS, SOLAR_THIRTY, THIRTY, TOKEN, Portal, asking, named  # noqa: E402 - see above
from simulator.cim.reading_type import ReadingType  # noqa: E402 - see above

ROUNDS = 30
TURNS = 7
THOUSAND = asking(THIRTY, SOLAR_THIRTY, usagePointGroup=[named("all")])
YEAR = asking(FIVE, start="2025-03-20T00:00:00", end="2026-03-20T00:00:00")


def best(work: Callable[[], object], rounds: int = ROUNDS) -> float:
    """Milliseconds of the quickest round."""
    times = []
    for _ in range(rounds):
        start = thread_time()
        work()
        times.append(thread_time() - start)
    return min(times) * 1000


async def compared(portal: Portal, body: bytes, accept: str, prepare: Callable[[bytes], Callable[[], object]]) -> None:
    """An answer against the encoding of what it holds, in turns."""
    text = (await portal.post(body, Accept=accept)).body
    alone = prepare(text)
    ours, theirs = [], []
    for _ in range(ROUNDS):
        start = thread_time()
        await portal.post(body, Accept=accept)
        ours.append(thread_time() - start)
        theirs.append(best(alone, 3))
    took, base = min(ours) * 1000, min(theirs)
    print(
        f"a year as {accept}: {len(text):,} bytes, {took:.1f} ms; alone {base:.1f} ms; {took / base:.2f} x (bound 2.5)"
    )


def _by_orjson(text: bytes) -> Callable[[], object]:
    finished = json.loads(text)
    return lambda: orjson.dumps(finished)


def _by_lxml(text: bytes) -> Callable[[], object]:
    tree = etree.fromstring(text)
    return lambda: etree.tostring(tree, encoding="utf-8", xml_declaration=True)


async def a_year() -> None:
    """One usage point, 105,120 values."""
    portal = Portal.open()
    await portal.sign_in()
    body = json.dumps(YEAR).encode()
    await compared(portal, body, "application/json", _by_orjson)
    await compared(portal, body, "application/xml", _by_lxml)


@contextmanager
def served() -> Iterator[tuple[int, int]]:
    """The shipped story of a thousand usage points: plain port and process id."""
    with tempfile.TemporaryDirectory() as folder:
        ready, port = Path(folder) / "ready.json", free_port()
        story = str(ROOT / "scenarios/netstream-thousand.yaml")
        options = ["--port", "0", "--plain-port", str(port), "--clock", "held", "--certs", folder]
        command = [sys.executable, "-m", "simulator", "serve", story, *options, "--ready-file", str(ready)]
        running = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        try:
            while not ready.exists() and running.poll() is None:
                threading.Event().wait(0.05)
            yield port, running.pid
        finally:
            running.terminate()
            running.communicate()


def free_port() -> int:
    """A port nobody listens on."""
    import socket  # noqa: PLC0415 - only here

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def resident(pid: int, what: str = "VmRSS") -> float:
    """MiB of a process."""
    line = next(each for each in Path(f"/proc/{pid}/status").read_text().splitlines() if each.startswith(what))
    return int(line.split()[1]) / 1024


def streamed() -> None:
    """1,000 usage points, a day of half-hours, two types; the hub beside it."""
    with served() as (port, pid):
        token = _signed_in(port)
        _read(port, token, asking())
        for _ in range(300):
            _listed(port)
        idle = resident(pid)
        first, total, size = _read(port, token, THOUSAND)
        peak = resident(pid, "VmHWM")
        print(
            f"1,000 usage points: {size:,} bytes in {total * 1000:.0f} ms; first after {first / total:.1%} (bound 10 %)"
        )
        print(f"  memory {peak - idle:.1f} MiB above idle (bound 64)")
        rounds = [_with_and_without(port, token) for _ in range(TURNS)]
        told = ", ".join(f"{beside:.2f} / {alone:.2f}" for alone, beside in rounds)
        ratio = median(beside / alone for alone, beside in rounds)
        print(f"  hub p99 beside / alone, ms: {told}; median {ratio:.2f} x (bound 2)")


def _with_and_without(port: int, token: str) -> tuple[float, float]:
    alone = p99(port)
    with reading(port, token):
        return alone, p99(port)


def p99(port: int) -> float:
    """Milliseconds of the hub's slowest hundredth."""
    times = sorted(_listed(port) for _ in range(1500))
    return times[int(len(times) * 0.99)] * 1000


@contextmanager
def reading(port: int, token: str) -> Iterator[None]:
    """Another process that streams the thousand again and again."""
    running = subprocess.Popen([sys.executable, __file__, str(port), token], stdout=subprocess.PIPE)
    assert running.stdout is not None
    running.stdout.readline()
    try:
        yield
    finally:
        running.kill()
        running.communicate()


def read_for_ever(port: int, token: str) -> None:
    """What that process does."""
    print("reading", flush=True)
    while True:
        _read(port, token, THOUSAND)


_HUB: dict[int, HTTPConnection] = {}


def _listed(port: int) -> float:
    """Seconds of one getQueueMetaData on a connection that is kept."""
    connection = _HUB.setdefault(port, HTTPConnection("127.0.0.1", port))
    who = base64.b64encode(b"RETAILAB:secret").decode()
    headers = {"X-initiatingParticipantID": "RETAILA", "X-market": "NEM", "Authorization": f"Basic {who}"}
    start = perf_counter()
    connection.request("GET", "/NEMRetail/B2MMessagingPull/v1/getQueueMetaData", headers=headers)
    reply = connection.getresponse()
    reply.read()
    assert reply.status == 200
    return perf_counter() - start


def _signed_in(port: int) -> str:
    form = {
        "grant_type": "client_credentials",
        "client_id": "app-1",
        "client_secret": "s3cret",
        "scope": "api://x/.default",
    }
    connection = HTTPConnection("127.0.0.1", port)
    connection.request("POST", TOKEN, urlencode(form), {"Content-Type": "application/x-www-form-urlencoded"})
    found: dict[str, str] = json.loads(connection.getresponse().read())
    connection.close()
    return found["access_token"]


def _read(port: int, token: str, request: dict[str, Any]) -> tuple[float, float, int]:
    """Seconds to the first byte of the body, to the last, and bytes."""
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    connection = HTTPConnection("127.0.0.1", port)
    start = perf_counter()
    connection.request("POST", READINGS, json.dumps(request), headers)
    reply = connection.getresponse()
    size, first = len(reply.read(1)), perf_counter() - start
    while piece := reply.read(65_536):
        size += len(piece)
    connection.close()
    assert reply.status == 200
    return first, perf_counter() - start, size


def decoding() -> None:
    """Microseconds to decode a reading type."""
    codes = [
        f"0.0.{p}.4.{d}.1.12.0.0.0.0.0.0.0.224.3.{u}.0" for p in (1, 2, 4, 5, 6) for d in (1, 19) for u in (71, 72, 73)
    ]
    took = best(lambda: [ReadingType.parse(code) for _ in range(1000) for code in codes])
    print(f"a reading type decoded in {took / len(codes):.2f} µs (bound 2)")


if __name__ == "__main__":
    if len(sys.argv) > 1:
        read_for_ever(int(sys.argv[1]), sys.argv[2])
    asyncio.run(a_year())
    streamed()
    decoding()
