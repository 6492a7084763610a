"""The hub under load, as ratios against a bare aiohttp handler in the same run.

``python tests/benchmarks/bench_hub.py [submit metadata get tls cycle depth]`` (all without arguments)

16 keep-alive connections; server on core 0, load on core 1; rounds interleaved, medians compared. The bare handler
reads the same body and returns as many fixed bytes. Rates are per second of the server's CPU (see `load.rate`);
``wall`` among the arguments makes them rates of wall time.
"""

from __future__ import annotations

import base64
import json
import re
import ssl
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

from load import CONNECTIONS, Talk, compare, cpu_seconds, pin, rate
from simulator.base.clock import wall_time
from simulator.base.ids import Nmi
from simulator.devca import ensure
from under_test import RETAILERS, nmi

HERE = Path(__file__).parent
BASE = "/NEMRetail/B2MMessagingPull/v1/"
SECONDS = 3.0
NUMBERS = count(1)
"""Numbers for distinct messages over the whole run."""


class Server:
    """A server of `under_test` in its own process."""

    def __init__(self, kind: str, **options: object) -> None:
        command = [sys.executable, str(HERE / "under_test.py"), kind, json.dumps(options)]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=HERE)
        self.ports = self._line()
        self.pid = None if "wall" in sys.argv else self.ports["pid"]

    def _line(self) -> dict[str, int]:
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError("the server did not start")
        return json.loads(line)

    def memory(self) -> int:
        """Its resident bytes, after a collection."""
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        return self._line()["rss"]


@contextmanager
def server(kind: str, **options: object) -> Iterator[Server]:
    running = Server(kind, **options)
    try:
        yield running
    finally:
        running.process.stdin.close()
        running.process.wait(timeout=60)


def request(verb: str, operation: str, who: str, body: bytes = b"", context: str = "", query: str = "") -> bytes:
    credentials = base64.b64encode(f"{who}:secret".encode()).decode()
    lines = [
        f"{verb} {BASE}{operation}{query} HTTP/1.1",
        "Host: localhost",
        f"X-initiatingParticipantID: {who}",
        "X-market: NEM",
        "Accept: application/xml",
        f"Authorization: Basic {credentials}",
    ]
    if verb == "POST":
        lines += [f"messageContextID: {context}", "Content-Type: application/xml", f"Content-Length: {len(body)}"]
    return "\r\n".join((*lines, "", "")).encode() + body


def message(who: str, number: int, group: str, priority: str, content: str) -> bytes:
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<ase:aseXML xmlns:ase="urn:aseXML:r46" '
        'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:schemaLocation="urn:aseXML:r46 '
        'http://www.nemmco.com.au/aseXML/schemas/r46/aseXML_r46.xsd">\n'
        f"  <Header>\n    <From>{who}</From>\n    <To>NEMMCO</To>\n    <MessageID>{who}-MSG-{number}</MessageID>\n"
        "    <MessageDate>2026-03-02T09:00:00+10:00</MessageDate>\n"
        f"    <TransactionGroup>{group}</TransactionGroup>\n    <Priority>{priority}</Priority>\n"
        f"    <SecurityContext>{who}BATCH</SecurityContext>\n    <Market>NEM</Market>\n  </Header>\n{content}"
        "</ase:aseXML>\n"
    ).encode()


def transaction(who: str, number: int, payload: str) -> str:
    return (
        f'  <Transactions>\n    <Transaction transactionID="{who}-T{number}" '
        f'transactionDate="2026-03-02T09:00:00+10:00">\n{payload}    </Transaction>\n  </Transactions>\n'
    )


def change_request(who: str, number: int) -> bytes:
    """2 kB: a change of retailer that nominates every party."""
    point = nmi(number)
    roles = {"FRMP": who, "RP": "MCCO", "MDP": "METERCO", "MPB": "MPBCO", "MPC": "MPBCO"}
    parties = "".join(
        f"            <RoleAssignment>\n              <Party>{party}</Party>\n              <Role>{role}</Role>\n"
        "            </RoleAssignment>\n"
        for role, party in roles.items()
    )
    payload = (
        '      <CATSChangeRequest version="r29">\n        <ChangeReasonCode>1000</ChangeReasonCode>\n'
        "        <ProposedDate>2026-03-16</ProposedDate>\n        <MeterReadTypeCode>RR</MeterReadTypeCode>\n"
        '        <NMIStandingData xsi:type="ase:ElectricityStandingData" version="r43">\n'
        f'          <NMI checksum="{Nmi.parse(point).checksum}">{point}</NMI>\n          <RoleAssignments>\n{parties}'
        "          </RoleAssignments>\n        </NMIStandingData>\n      </CATSChangeRequest>\n"
    )
    return message(who, number, "CATS", "Medium", transaction(who, number, payload))


def standing_data_request(who: str, number: int) -> bytes:
    point = nmi(1)
    checksum = Nmi.parse(point).checksum
    payload = f'<NMIStandingDataRequest version="r31"><NMI checksum="{checksum}">{point}</NMI></NMIStandingDataRequest>'
    return message(who, number, "NMID", "High", transaction(who, number, payload))


def acknowledgement(who: str, number: int, message_id: str) -> bytes:
    content = (
        f'<Acknowledgements><MessageAcknowledgement initiatingMessageID="{message_id}" receiptID="{who}-R{number}" '
        'receiptDate="2026-03-02T09:00:01+10:00" status="Accept"/></Acknowledgements>'
    )
    return message(who, number, "NMID", "High", content)


def submitted(who: str, number: int) -> bytes:
    return request("POST", "submitMessages", who, change_request(who, number), f"catsm_{who.lower()}_{number}")


def asked(who: str, number: int) -> bytes:
    body = standing_data_request(who, number)
    return request("POST", "submitMessages", who, body, f"nmidh_{who.lower()}_{number}")


def submitting(connection: int) -> Talk:
    """Distinct change requests; a refusal ends the bench."""
    who = RETAILERS[connection]
    while True:
        answer = yield submitted(who, next(NUMBERS))
        if b'status="Accept"' not in answer and answer.strip(b"x"):
            raise RuntimeError(answer.decode())


def repeating(one: bytes) -> Talk:
    while True:
        yield one


def entries(answer: bytes) -> list[tuple[str, str]]:
    """(context id, MessageID) of a queue report."""
    contexts = re.findall(rb"<MessageContextID>([^<]+)", answer)
    return [
        (c.decode(), m.decode()) for c, m in zip(contexts, re.findall(rb"<MessageID>([^<]+)", answer)[1:], strict=True)
    ]


def cycling(connection: int) -> Talk:
    """submit → metadata → get → acknowledge, each connection a participant of its own."""
    who = RETAILERS[connection]
    while True:
        yield asked(who, next(NUMBERS))
        context, message_id = entries((yield request("GET", "getQueueMetaData", who)))[0]
        yield request("GET", "getMessages", who, query=f"?messageContextID={context}")
        number = next(NUMBERS)
        body = acknowledgement(who, number, message_id)
        yield request("POST", "submitMessageAcknowledgements", who, body, context)


def filling(connection: int, each: int) -> Talk:
    """Queue ``each`` messages for one participant per connection."""
    for _ in range(each):
        yield asked(RETAILERS[connection], next(NUMBERS))


def queued(port: int, who: str, tls: ssl.SSLContext | None = None) -> list[tuple[str, str]]:
    found: list[bytes] = []

    def talk(connection: int) -> Talk:
        found.append((yield request("GET", "getQueueMetaData", who)))

    rate(port, talk, 60.0, tls)
    return entries(found[0])


def at_depth(port: int) -> object:
    """submit, get, acknowledge at a constant depth; context ids were listed once before."""
    known = [queued(port, who) for who in RETAILERS]

    def talk(connection: int) -> Talk:
        who = RETAILERS[connection]
        for context, message_id in known[connection]:
            yield asked(who, next(NUMBERS))
            yield request("GET", "getMessages", who, query=f"?messageContextID={context}")
            number = next(NUMBERS)
            yield request(
                "POST", "submitMessageAcknowledgements", who, acknowledgement(who, number, message_id), context
            )

    return talk


def client_context(certs: Path, who: str) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=str(certs / "ca.pem"))
    context.load_cert_chain(certs / f"{who}.pem", certs / f"{who}.key")
    return context


def told(name: str, ratio: float, ours: float, reference: float, wanted: float, than: str = "bare") -> None:
    verdict = "ok" if ratio >= wanted else "SHORT"
    print(
        f"{name:34} {ratio:5.2f} of {than} (wanted {wanted:.2f}, {verdict}): {ours:6.0f}/s against {reference:6.0f}/s",
        flush=True,
    )


def http_benches(certs: Path, names: set[str]) -> None:
    """submit, metadata, get, over plain HTTP and mutual TLS."""
    common = {"certs": str(certs), "journal": "memory:", "played": False, "points": 400_000}
    with server("hub", **common) as ours:
        who = RETAILERS[0]
        wires = {"plain": None} | ({"tls": client_context(certs, who)} if "tls" in names else {})
        for wire, tls in wires.items():  # before any submission, which would fill the queue that is listed
            _reading(ours, wire, certs, names, who, tls)
        for wire, tls in wires.items():
            if "submit" in names or wire == "tls":
                _submitting(ours, wire, certs, tls)


def _reading(ours: Server, wire: str, certs: Path, names: set[str], who: str, tls: ssl.SSLContext | None) -> None:
    plain = ours.ports["plain"]
    while len(queued(plain, who)) < 10:
        _few(plain, lambda c: filling(0, 1) if c == 0 else iter_none())
    context, _ = queued(plain, who)[0]
    for name, one in (
        ("metadata", request("GET", "getQueueMetaData", who)),
        ("get", request("GET", "getMessages", who, query=f"?messageContextID={context}")),
    ):
        if name in names:
            size = len(_answer(plain, one))
            with server("bare", certs=str(certs), size=size) as bare:
                figures = compare(
                    lambda one=one: rate(ours.ports[wire], lambda c: repeating(one), SECONDS, tls, ours.pid),
                    lambda one=one: rate(bare.ports[wire], lambda c: repeating(one), SECONDS, tls, bare.pid),
                )
            told(f"{name} ({size} bytes, {wire})", *figures, 0.50)


def _submitting(ours: Server, wire: str, certs: Path, tls: ssl.SSLContext | None) -> None:
    size = len(change_request("R0", 1))
    with server("bare", certs=str(certs), size=700) as bare:
        # over mutual TLS every connection shows R0's certificate, so every connection is R0
        talk = submitting if tls is None else (lambda c: submitting(0))
        figures = compare(
            lambda: rate(ours.ports[wire], talk, SECONDS, tls, ours.pid),
            lambda: rate(bare.ports[wire], talk, SECONDS, tls, bare.pid),
        )
    told(f"submitMessages ({size} bytes, {wire})", *figures, 0.30 if tls is None else 0.50)


def iter_none() -> Talk:
    yield request("GET", "getQueueMetaData", RETAILERS[1])


def _few(port: int, talk: object) -> None:
    rate(port, talk, 60.0)


def _answer(port: int, one: bytes) -> bytes:
    found: list[bytes] = []

    def talk(connection: int) -> Talk:
        found.append((yield one))

    rate(port, talk, 60.0)
    return found[0]


def cycle_bench(certs: Path) -> None:
    """SQLite against memory over the full cycle."""
    common = {"certs": str(certs), "played": True, "points": 100}
    with tempfile.TemporaryDirectory() as folder:
        disk = f"sqlite:{folder}/journal.sqlite"
        with server("hub", journal="memory:", **common) as memory, server("hub", journal=disk, **common) as sqlite:
            figures = compare(
                lambda: rate(sqlite.ports["plain"], cycling, SECONDS, None, sqlite.pid),
                lambda: rate(memory.ports["plain"], cycling, SECONDS, None, memory.pid),
            )
    told("cycle, SQLite journal", *figures, 0.50, "memory")


def depth_bench(certs: Path) -> None:
    """100,000 queued against 100, and the memory of a queued message."""
    common = {"certs": str(certs), "journal": "memory:", "played": True, "points": 100}
    rates = []
    for depth in (96, 100_000):
        with server("hub", **common) as ours:
            port = ours.ports["plain"]
            before = ours.memory()
            _few(port, lambda c, depth=depth: filling(c, depth // CONNECTIONS))
            if depth > 1000:
                each = (ours.memory() - before) / depth
                body = len(
                    _answer(
                        port, request("GET", "getMessages", "R0", query=f"?messageContextID={queued(port, 'R0')[0][0]}")
                    )
                )
                print(
                    f"memory per queued message          {each:5.0f} bytes, its body is {body} (wanted ≤ body + 2048)",
                    flush=True,
                )
            rates.append(_depth_rate(ours, depth))
    told("throughput at depth 100,000", rates[1] / rates[0], rates[1], rates[0], 0.90, "depth 96")


def _depth_rate(ours: Server, depth: int) -> float:
    """A shallow queue is cycled many times, because each cycle is short."""
    port = ours.ports["plain"]
    if depth > 1000:
        return rate(port, at_depth(port), SECONDS, None, ours.pid)
    before, count = cpu_seconds(ours.pid), 0
    for _ in range(60):
        rate(port, at_depth(port), SECONDS)
        count += 3 * depth
    return count / (cpu_seconds(ours.pid) - before)


def main() -> None:
    names = set(sys.argv[1:]) - {"wall"} or {"submit", "metadata", "get", "tls", "cycle", "depth"}
    pin(1)
    with tempfile.TemporaryDirectory() as folder:
        certs = Path(folder)
        ensure(certs, RETAILERS, ("localhost",), wall_time())
        if names & {"submit", "metadata", "get", "tls"}:
            http_benches(certs, names)
        if "cycle" in names:
            cycle_bench(certs)
        if "depth" in names:
            depth_bench(certs)


if __name__ == "__main__":
    main()
