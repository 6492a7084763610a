"""What a workspace costs: made, used once and dropped; a reset; and a request within a thousand that are alive.

``python tests/benchmarks/bench_workspaces.py``: medians in milliseconds, and the last as a ratio of two rates that are
measured in turns, in a process with one workspace and in one with a thousand (it should be at least 0.95).
"""

from __future__ import annotations

import asyncio
import subprocess
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
from simulator.web.serve import settle
from simulator.workspaces import Workspaces

ALIVE, ROUNDS, REQUESTS, TURNS = 1_000, 200, 100, 41


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
    house = await workspaces.make("reset", story)
    print(f"{'':7} reset               {await timed(lambda _: house.reset(), ROUNDS):7.2f} ms")
    await workspaces.close()
    await held.close()


async def work(place: str, alive: int) -> None:
    """A process of the comparison: for each line that is read, the seconds that some submissions take."""
    held = open_journal(place, "default", kit.CODEC)
    workspaces = Workspaces(lambda name: open_journal(place, f"w/{name}", kit.CODEC), kit.SCHEMAS, 0)
    story = kit.scenario()
    houses = [await workspaces.make(f"alive{number}", story) for number in range(alive)]
    settle()
    for turn, _ in enumerate(sys.stdin):
        print(await submissions(houses[-1], turn * REQUESTS + 1), flush=True)
    await workspaces.close()
    await held.close()


def compare(places: tuple[str, str]) -> float:
    """How fast one of a thousand is, against the only one; each has a ``place`` for its journals."""
    told = [(place, str(alive)) for place, alive in zip(places, (1, ALIVE), strict=True)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True, "bufsize": 1}
    workers = [subprocess.Popen([sys.executable, __file__, *each], **pipes) for each in told]
    ratios = []
    for turn in range(TURNS):
        took = {}
        for worker in workers if turn % 2 else reversed(workers):
            worker.stdin.write("go\n")
            took[worker] = float(worker.stdout.readline())
        ratios.append(took[workers[0]] / took[workers[1]])
    for worker in workers:
        worker.communicate()
    return median(ratios[1:])


def main() -> None:
    """Both kinds."""
    with tempfile.TemporaryDirectory() as folder:
        for kind, name in (("memory:", ""), ("sqlite:", f"{folder}/{{}}.sqlite")):
            asyncio.run(measure(kind + name.format("lives")))
            ratio = compare((kind + name.format("one"), kind + name.format("thousand")))
            print(f"{'':7} requests within {ALIVE:,} alive, against alone: {ratio:.2f}")


if __name__ == "__main__":
    if sys.argv[1:]:
        asyncio.run(work(sys.argv[1], int(sys.argv[2])))
    else:
        main()
