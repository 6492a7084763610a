"""What a grown market costs: until it is usable, every point touched, memory, searching it, answering against it.

Run ``python tests/benchmarks/bench_population.py [count]``. Bounds for 100,000 NMIs: usable in under 2 s, at most
300 MB once all were touched; a change request costs at most 1.2 times what it costs against 100.
"""

from __future__ import annotations

import resource
import sys
from collections.abc import Callable
from time import perf_counter
from typing import TypeVar

T = TypeVar("T")


def megabytes() -> float:
    """The most memory this process has had resident."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def timed(what: str, act: Callable[[], T]) -> T:
    """Do it, and say how long it took."""
    begin = perf_counter()
    made = act()
    print(f"{what:44} {1000 * (perf_counter() - begin):10.2f} ms   {megabytes():6.0f} MB")
    return made


def bench(count: int) -> None:
    """Print every figure."""
    from simulator.world.growth import Growth  # noqa: PLC0415 - importing is part of what is measured
    from simulator.world.population import grown_base  # noqa: PLC0415 - as above
    from simulator.world.world import World  # noqa: PLC0415 - as above

    growths = [Growth(count // 2, "VIC"), Growth(count - count // 2, "NSW")]
    world = timed(f"a market of {count:,} NMIs made", lambda: World(grown_base([], growths, 7, {})))
    first = next(iter(world.base.points))
    point = timed("the first point asked for (Faker imported)", lambda: world.point(first))
    nmis = timed("every NMI written out", lambda: list(world.base.points))
    if point is None or point.address is None or len(set(nmis)) != count:
        raise SystemExit("the market is not what it should be")
    another, address = nmis[count // 3], point.address
    timed("another point asked for", lambda: world.point(another))
    street = timed(
        "a street searched for, for the first time", lambda: list(world.find(("street", address.street_name or "")))
    )
    timed("the same again", lambda: list(world.find(("street", address.street_name or ""))))
    timed("candidates of a suburb", lambda: world.candidates(("suburb", address.suburb)))
    found = timed("a meter searched for", lambda: list(world.find(("meter", point.meters[0].serial))))
    timed("a delivery point searched for", lambda: list(world.find(("delivery point", address.delivery_point or ""))))
    if found != [first] or first not in street:
        raise SystemExit("the search found something else")
    timed("all points touched", lambda: sum(1 for _ in world.points()))
    timed("all points touched again", lambda: sum(1 for _ in world.points()))


class Nowhere:
    """A desk that throws away what the market sends."""

    def send(self, turn: object, to: str, group: str, priority: str, transactions: object, **more: object) -> None:
        """Nothing."""

    def send_all(self, turn: object, group: str, priority: str, letters: object) -> None:
        """Nothing."""

    def acknowledge(self, turn: object, to: str, group: str, acknowledgement: object, **more: object) -> None:
        """Nothing."""


def answering(count: int, requests: int = 100) -> float:
    """Milliseconds that AEMO needs for a change request, the first for its NMI, against so many NMIs."""
    from datetime import datetime, timedelta  # noqa: PLC0415 - importing is no part of what is measured above

    from simulator.asexml.decode import read  # noqa: PLC0415 - as above
    from simulator.asexml.encode import write  # noqa: PLC0415 - as above
    from simulator.asexml.schemas import Schemas  # noqa: PLC0415 - as above
    from simulator.base.clock import MARKET_ZONE  # noqa: PLC0415 - as above
    from simulator.base.draw import Draw  # noqa: PLC0415 - as above
    from simulator.base.turn import Turn  # noqa: PLC0415 - as above
    from simulator.client.messages import Envelope, change_request  # noqa: PLC0415 - as above
    from simulator.hub.switches import Switches  # noqa: PLC0415 - as above
    from simulator.market.desk import Request  # noqa: PLC0415 - as above
    from simulator.market.market import Market  # noqa: PLC0415 - as above
    from simulator.world.growth import Growth  # noqa: PLC0415 - as above
    from simulator.world.population import grown_base  # noqa: PLC0415 - as above
    from simulator.world.world import World  # noqa: PLC0415 - as above

    now = datetime(2026, 3, 2, 9, tzinfo=MARKET_ZONE)
    world = World(grown_base([], [Growth(count, "VIC")], 7, {}))
    market = Market(world, Switches(), Nowhere())
    nmis = list(world.base.points)
    for _ in world.points():
        pass
    schemas, asked = Schemas(), []
    for number, nmi in enumerate(nmis[:: len(nmis) // requests][:requests]):
        made = change_request(Envelope("RETAILA", f"M{number}", now), nmi, proposed_date=(now + timedelta(14)).date())
        received = read(write(made), schemas)
        asked.append(Request("RETAILA", "CATS", "r46", received.transactions[0]))
    begin = perf_counter()
    for request in asked:
        market.respond(Turn(now, Draw(7), market.apply), request)
    taken = perf_counter() - begin
    if len(list(world.requests.all())) != requests:
        raise SystemExit("not every request was accepted")
    return 1000 * taken / requests


if __name__ == "__main__":
    bench(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000)
    few, many = (min(answering(count) for _ in range(5)) for count in (100, 100_000))
    print(f"a change request against 100 NMIs {few:.3f} ms, against 100,000 {many:.3f} ms: {many / few:.2f} times")
