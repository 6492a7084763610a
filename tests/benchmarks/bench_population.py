"""What a grown market costs: until it is usable, every point touched, memory, and searching it.

Run ``python tests/benchmarks/bench_population.py [count]``. Bounds for 100,000 NMIs: usable in under 2 s, at most
300 MB once all were touched.
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


if __name__ == "__main__":
    bench(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000)
