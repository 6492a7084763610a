"""What passing time costs: thirty market days in which 10,000 things come due, against a bare heap drained of as many.

``python tests/benchmarks/bench_due.py`` ends with 1 when the thirty days take a second or more of processor time.
Deliveries to participants appear one by one; each is handled, journalled and told.
"""

from __future__ import annotations

import asyncio
import heapq
import sys
import time
from datetime import timedelta
from pathlib import Path

from msgspec.structs import replace

sys.path[:0] = [str(Path(__file__).parents[1]), str(Path(__file__).parents[2])]

from kit import START, runtime, scenario  # noqa: E402
from simulator.asexml.model import Transaction, element  # noqa: E402
from simulator.base.turn import Fired, Scheduled  # noqa: E402
from simulator.hub.limits import KINDS, Limit, Limits  # noqa: E402
from simulator.runtime import Runtime  # noqa: E402

EVENTS, DAYS, WANTED = 10_000, 30, 1.0
ROUNDS = 3


def moments() -> list[timedelta]:
    """Spread over the thirty days, in no order."""
    return [timedelta(days=DAYS) * ((number * 7919) % EVENTS + 1) / EVENTS for number in range(EVENTS)]


def filled(moment: list[timedelta]) -> Runtime:
    """A simulation in which a message for RETAILA is to appear at each moment. No stop file stands in the way."""
    house = runtime(replace(scenario(), limits=Limits(dict.fromkeys(KINDS, Limit(10**9, 10**9)))))
    turn = house.simulation.turn(START)
    payload = element("CATSNotification", element("Role", "FRMP"))
    for number, after in enumerate(moment, 1):
        told = (Transaction(f"CATS-{number}", START, payload),)
        house.simulation.hub.send(turn, "RETAILA", "CATS", "Medium", told, visible_at=START + after)
    house.journal.append(turn.events)
    return house


def bare(moment: list[timedelta]) -> float:
    """Seconds of processor time to drain a heap of as many values."""
    heap: list[tuple[object, int, Scheduled]] = []
    for number, after in enumerate(moment):
        due = Scheduled(START, str(number), START + after, "market", "review", str(number))
        heapq.heappush(heap, (due.when, number, due))
    begun = time.process_time()
    fired = []
    while heap:
        due = heapq.heappop(heap)[-1]
        fired.append(Fired(due.when, due.due))
    return time.process_time() - begun


def simulated(moment: list[timedelta]) -> float:
    """Seconds of processor time to let thirty days pass."""
    house = filled(moment)
    begun = time.process_time()
    fired = asyncio.run(house.advance(timedelta(days=DAYS)))
    taken = time.process_time() - begun
    assert [each["type"] for each in fired].count("MessageAppeared") == EVENTS
    return taken


def main() -> int:
    """Measure in turns, print, judge."""
    moment = moments()
    drained = min(bare(moment) for _ in range(ROUNDS))
    passed = min(simulated(moment) for _ in range(ROUNDS))
    ratio = f"{passed / drained:.0f} times a bare heap's {drained * 1000:.1f} ms"
    print(
        f"{DAYS} days with {EVENTS:,} deliveries: {passed:.3f} s of processor time, {ratio} (wanted < {WANTED:.0f} s)"
    )
    return 0 if passed < WANTED else 1


if __name__ == "__main__":
    sys.exit(main())
