"""What counting costs: getAlerts and submitMessages with 100,000 unacknowledged messages against 100, in one run.

python tests/benchmarks/bench_flow.py        prints both ratios, ends with 1 when one is above 1.1
"""

from __future__ import annotations

import asyncio
import sys
import time
from pathlib import Path

from msgspec.structs import replace

sys.path[:0] = [str(Path(__file__).parents[1]), str(Path(__file__).parents[2])]

from kit import CODEC, START, Party, message, runtime, scenario, transactions  # noqa: E402 - after the path to it
from simulator.asexml.model import Transaction, element  # noqa: E402 - as above
from simulator.hub.limits import OUTBOX_FILE, Limit, Limits  # noqa: E402 - as above
from simulator.stores.opening import open_journal  # noqa: E402 - as above

FEW, MANY, CALLS, ROUNDS, ALLOWED = 100, 100_000, 400, 6, 1.1
REQUEST = '<NMIStandingDataRequest version="r31"><NMI checksum="3">4102034567</NMI></NMIStandingDataRequest>'


def waiting(count: int) -> Party:
    """A participant with so many messages in its queue."""
    limits = Limits({OUTBOX_FILE: Limit(10**7, 10**7)})
    party = Party(runtime(replace(scenario(), limits=limits), open_journal("memory:", "default", CODEC)))
    hub, turn = party.house.simulation.hub, party.house.simulation.turn(START)
    for number in range(count):
        made = Transaction(f"NMID-{number}", START, element("NMIDiscoveryResponse"))
        hub.send(turn, party.participant, "NMID", "High", (made,))
    return party


async def cost(party: Party, first: int) -> tuple[float, float]:
    """CPU seconds of one getAlerts and of one submitMessages."""
    begin = time.process_time()
    for _ in range(CALLS):
        await party.call("GET", "/HubMessageManagement/v2/getAlerts", query=(("alertType", "B2MStopFile"),))
    between = time.process_time()
    for number in range(first, first + CALLS):
        body = message(transactions(REQUEST), message_id=f"M-{number}", group="NMID", priority="High")
        assert (await party.submit(body, f"nmidh_retaila_m{number}")).status == 200
    return (between - begin) / CALLS, (time.process_time() - between) / CALLS


async def main() -> int:
    """The best of several rounds, few and many in turn."""
    few, many = waiting(FEW), waiting(MANY)
    costs = [(await cost(few, at * CALLS), await cost(many, at * CALLS)) for at in range(ROUNDS)]
    ratios = [min(m[which] for _, m in costs) / min(f[which] for f, _ in costs) for which in (0, 1)]
    print(f"getAlerts {ratios[0]:.2f}, submitMessages {ratios[1]:.2f} times the cost ({MANY} waiting against {FEW})")
    return int(max(ratios) > ALLOWED)


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
