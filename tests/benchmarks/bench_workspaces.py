"""What a workspace costs: made, used once and dropped; a reset; and a request within a thousand that are alive.

``python tests/benchmarks/bench_workspaces.py``: medians in milliseconds, and the last as a ratio of two rates that are
measured in turns in the same run (it should be at least 0.95).
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from statistics import median

sys.path.insert(0, str(Path(__file__).parents[1]))

import kit
from simulator.runtime import Runtime
from simulator.stores.opening import open_journal
from simulator.workspaces import Workspaces

ALIVE, ROUNDS, REQUESTS = 1_000, 200, 100


async def timed(work: Callable[[int], Awaitable[object]], rounds: int) -> float:
    """The median of so many rounds, in milliseconds."""
    took = []
    for number in range(rounds):
        begun = time.perf_counter()
        await work(number)
        took.append(time.perf_counter() - begun)
    return median(took) * 1_000


async def submissions(house: Runtime, first: int) -> float:
    """Seconds that some submissions take."""
    party = kit.Party(house)
    begun = time.perf_counter()
    for number in range(first, first + REQUESTS):
        reply = await party.submit(kit.transfer(number), f"catsm_retaila_{number}")
        assert reply.status == 200
    return time.perf_counter() - begun


async def measure(place: str) -> None:
    """Everything for one kind of journal."""
    held = open_journal(place, "default", kit.CODEC)  # a server's default workspace holds the file open
    workspaces = Workspaces(lambda name: open_journal(place, f"w/{name}", kit.CODEC), kit.SCHEMAS, 0)
    story = kit.scenario()

    async def life(number: int) -> None:
        house = await workspaces.make(f"life{number}", story)
        assert (await kit.Party(house).submit(kit.transfer())).status == 200
        await workspaces.drop(f"life{number}")

    print(f"{place.partition(':')[0]:7} made, used, dropped {await timed(life, ROUNDS):7.2f} ms")
    alone = kit.runtime(story, open_journal(place, "alone", kit.CODEC))
    houses = [await workspaces.make(f"alive{number}", story) for number in range(ALIVE)]
    print(f"{'':7} reset               {await timed(lambda _: houses[1].reset(), ROUNDS):7.2f} ms")
    ratios = []
    for turn in range(15):
        without = await submissions(alone, turn * REQUESTS + 1)
        ratios.append(without / await submissions(houses[0], turn * REQUESTS + 1))
    print(f"{'':7} requests within {ALIVE:,} alive, against alone: {median(ratios):.2f}")
    await workspaces.close()
    await alone.close()
    await held.close()


async def main() -> None:
    """Both kinds."""
    await measure("memory:")
    with tempfile.TemporaryDirectory() as folder:
        await measure(f"sqlite:{Path(folder) / 'journal.sqlite'}")


asyncio.run(main())
