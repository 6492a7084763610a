"""Killed at any point: all that was acknowledged is there, in order, once."""

from __future__ import annotations

import asyncio
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from journal_kit import numbers, sqlite_journal
from simulator.base.draw import Draw

WORKER = """
import asyncio, os, sys
from pathlib import Path
from journal_kit import noted, sqlite_journal

async def main():
    journal = sqlite_journal(Path(sys.argv[1]))
    list(journal.replay())
    turn = asyncio.Lock()

    async def caller(size):
        while True:
            async with turn:
                first = journal.append([]) + 1
                position = journal.append(noted(*range(first, first + size)))
            await journal.durable(position)
            os.write(1, f"{position}\\n".encode())

    await asyncio.gather(*(caller(size) for size in (1, 2, 5, 11)))

asyncio.run(main())
"""
ROUNDS = 6


@pytest.mark.parametrize("seed", [1])
def test_what_was_acknowledged_is_there_once_and_in_order(seed: int, tmp_path: Path) -> None:
    path = tmp_path / "journal.sqlite"
    chance = Draw(seed).of("kill")
    acknowledged = 0
    for _ in range(ROUNDS):
        acknowledged = max(acknowledged, _killed_after(path, chance.below(400)))
        found = asyncio.run(_replayed(path))
        assert found == list(range(1, len(found) + 1))
        assert len(found) >= acknowledged
    assert acknowledged > 0


def _killed_after(path: Path, lines: int) -> int:
    """Let a process append until so many acknowledgements were seen, kill it; the highest position it acknowledged."""
    command = [sys.executable, "-c", WORKER, str(path)]
    with subprocess.Popen(command, cwd=Path(__file__).parents[1], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        seen = [int(process.stdout.readline()) for _ in range(lines)]
        process.kill()
        seen += [int(line) for line in process.stdout.read().splitlines(keepends=True) if line.endswith("\n")]
    assert process.returncode == -signal.SIGKILL
    return max(seen, default=0)


async def _replayed(path: Path) -> list[int]:
    journal = sqlite_journal(path)
    try:
        return numbers([*journal.replay()])
    finally:
        await journal.close()
