"""What stays in memory of exchanges that are over: submitted, answered, pulled and acknowledged, with a SQLite journal.

``python tests/benchmarks/bench_memory.py [EXCHANGES] [--kind KIND] [--journal sqlite|memory] [--where]`` prints
resident memory above that of the fresh simulation, as it grows, and what a million exchanges come to if the slope of
the second half went on. That is worth something once what is bounded is full: of kind nmid, cats and readings after
40,000 exchanges, of kind change after 130,000 (so ask for 300,000). Ends with 1 above 32 MB. No stop file stands in the
way. Kinds are those of `exchanges`.
``--where`` names the lines whose memory is held at the end of what was taken since the middle, by tracemalloc (slow).
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import sys
import tempfile
import time
import tracemalloc
from itertools import combinations
from pathlib import Path
from statistics import median

sys.path[:0] = [str(Path(__file__).parents[1]), str(Path(__file__).parents[2])]

from exchanges import KINDS_OF_EXCHANGE, street  # noqa: E402
from kit import CODEC  # noqa: E402
from simulator.stores.opening import open_journal  # noqa: E402
from simulator.web.serve import settle  # noqa: E402
from under_test import memory  # noqa: E402

MILLION = 1_000_000
WANTED = 32 * 1024 * 1024
CHECKPOINTS = 10


async def grow(count: int, kind: str, journal: str, where: bool) -> float:
    """Bytes above the fresh simulation that a million exchanges come to."""
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:{folder}/journal.sqlite" if journal == "sqlite" else "memory:"
        house, exchange = street(open_journal(url, "default", CODEC)), KINDS_OF_EXCHANGE[kind]
        number = await exchange(house, 0)
        gc.collect()
        settle()
        fresh, told = memory(), []
        begun = time.perf_counter()
        while len(told) < CHECKPOINTS:
            number += await exchange(house, number)
            if number >= count * (len(told) + 1) // CHECKPOINTS:
                gc.collect()
                told.append(memory() - fresh)
                print(f"{number:>9,} exchanges  {told[-1] / 2**20:7.1f} MB", flush=True)
                if where and len(told) == CHECKPOINTS // 2:
                    tracemalloc.start()
        print(f"{number / (time.perf_counter() - begun):,.0f} exchanges a second")
        if where:
            for line in tracemalloc.take_snapshot().statistics("lineno")[:25]:
                print(line)
        await house.house.close()
    return told[-1] + max(0.0, slope(told[CHECKPOINTS // 2 - 1 :])) * CHECKPOINTS / count * max(0, MILLION - count)


def slope(told: list[float]) -> float:
    """Growth from one figure to the next: the median over all pairs, which one odd figure does not move."""
    pairs = combinations(enumerate(told), 2)
    return median((late - early) / (place - before) for (before, early), (place, late) in pairs)


def main() -> int:
    """Measure, print, judge."""
    parser = argparse.ArgumentParser()
    parser.add_argument("count", nargs="?", type=int, default=100_000)
    parser.add_argument("--kind", choices=tuple(KINDS_OF_EXCHANGE), default="nmid")
    parser.add_argument("--journal", choices=("sqlite", "memory"), default="sqlite")
    parser.add_argument("--where", action="store_true")
    given = parser.parse_args()
    grown = asyncio.run(grow(given.count, given.kind, given.journal, given.where))
    print(f"a million come to {grown / 2**20:.1f} MB (wanted at most {WANTED / 2**20:.0f})")
    return 0 if grown <= WANTED else 1


if __name__ == "__main__":
    sys.exit(main())
