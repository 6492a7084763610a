"""A suite as a user's project has one, of any number of tests, all of which say the same ids to one server.

``python tests/harness/parallel_suite.py [ROUNDS] [TESTS] [WORKERS]`` runs it again and again (20 rounds of 200 tests by
4 workers) and stops at the first round that is not green.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

STORIES = Path(__file__).parents[2] / "scenarios"
OPTIONS = "[pytest]\nasyncio_mode = auto\nasyncio_default_fixture_loop_scope = function\nfilterwarnings = error\n"
SUITE = '''
import asyncio
from datetime import date

import pytest

from simulator.client.messages import Envelope, change_request

TOLD = ["CATSChangeResponse", "CATSChangeResponse", "CATSNotification"]


def request(workspace, number):
    envelope = Envelope("RETAILA", f"RETAILA-MSG-{number}", workspace.clock.now)
    return change_request(envelope, "4102034567", proposed_date=date(2026, 3, 16))


def names(delivered):
    return [each.name for each in delivered.received.transactions]


@pytest.mark.ehubsim_scenario("cats.yaml")
@pytest.mark.parametrize("number", range(%(each)d))
def test_in_turn(ehubsim, ehubsim_clock, number):
    """The first change request is refused, the second is not: nobody else's was counted."""
    assert list(ehubsim.messages) == []
    told = []
    with ehubsim.blocking_client() as hub:
        for message in (1, 2):
            assert hub.submit(request(ehubsim, message)).accepted
        ehubsim_clock.advance(minutes=number + 1)
        hub.drain(lambda delivered: told.extend(names(delivered)))
    assert sorted(told) == TOLD
    assert ehubsim_clock.now.minute == number + 1


@pytest.mark.ehubsim_scenario("cats.yaml")
@pytest.mark.parametrize("number", range(%(each)d))
async def test_at_once(ehubsim, number):
    async with ehubsim.client() as hub:
        for message in (1, 2):
            assert (await hub.submit(request(ehubsim, message))).accepted
        told = []
        await hub.drain(lambda delivered: told.extend(names(delivered)))
    assert sorted(told) == TOLD
    assert len(await ehubsim.messages.awaited(to="RETAILA", step="acknowledged")) == 3


@pytest.mark.ehubsim_scenario("cats.yaml")
@pytest.mark.parametrize("number", range(%(each)d))
async def test_waits(ehubsim, number):
    """Somebody waits for what somebody else does meanwhile."""
    waiting = asyncio.create_task(ehubsim.messages.awaited(30, from_="RETAILA", step="received"))
    async with ehubsim.client() as hub:
        await hub.submit(request(ehubsim, 1))
    (found,) = await waiting
    assert found["messageId"] == "RETAILA-MSG-1"


@pytest.mark.parametrize("number", range(%(each)d))
@pytest.mark.ehubsim_expects("http.path")
def test_of_the_quick_start(ehubsim, number):
    with ehubsim.blocking_client() as hub:
        assert hub.queue() == ()
    ehubsim.reset()
    assert ehubsim.exchanges() == []
'''
STILL, LETTING_GO = 600.0, 30.0
"""Seconds that a round may take; that its processes may take to tell where they are."""
SUMMARY = re.compile(r"(\d+) passed in")


def write(folder: Path, tests: int) -> None:
    """A project of so many tests, a multiple of four."""
    (folder / "test_market.py").write_text(SUITE % {"each": tests // 4})
    (folder / "pytest.ini").write_text(OPTIONS)
    shutil.copy(STORIES / "cats.yaml", folder)


def run(folder: Path, workers: int, seconds: float = STILL) -> subprocess.CompletedProcess[str]:
    """One round. One that stands still is ended; where each of its threads was is told on stderr."""
    command = [sys.executable, "-m", "pytest", "-q", "-n", str(workers), "-p", "no:cacheprovider"]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    pipe = subprocess.PIPE
    with subprocess.Popen(
        command, cwd=folder, env=environment, stdout=pipe, stderr=pipe, text=True, start_new_session=True
    ) as process:
        try:
            told = process.communicate(timeout=seconds)
        except subprocess.TimeoutExpired:
            told = _ended(process)
    return subprocess.CompletedProcess(command, process.returncode, *told)


def _ended(process: subprocess.Popen[str]) -> tuple[str, str]:
    """Controller and workers tell their stacks (pytest's faulthandler does) and end; what does not end is killed."""
    os.killpg(process.pid, signal.SIGABRT)
    try:
        return process.communicate(timeout=LETTING_GO)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        return process.communicate()


def main(rounds: int = 20, tests: int = 200, workers: int = 4) -> int:
    """Run rounds until one is not green."""
    with tempfile.TemporaryDirectory() as folder:
        write(Path(folder), tests)
        for number in range(1, rounds + 1):
            begun = time.perf_counter()
            done = run(Path(folder), workers)
            passed = SUMMARY.search(done.stdout)
            if done.returncode or passed is None or int(passed[1]) != tests:
                print(done.stdout[-5_000:], done.stderr[-50_000:])
                return 1
            print(f"round {number}: {passed[1]} passed, {time.perf_counter() - begun:.1f} s", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:])))
