"""A command under our care: how it ends, what it is told, and what becomes of processes it leaves behind."""

from __future__ import annotations

import asyncio
import os
import select
import signal
import sys
from pathlib import Path

import pytest

from simulator.harness.child import Ended, run

PYTHON = sys.executable
STUBBORN = "import signal; signal.signal(signal.{0}, signal.SIG_IGN); open('ready', 'w').close(); signal.pause()"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    os.mkfifo("ready")
    os.mkfifo("child")
    return tmp_path


async def ended(program: str, grace: float = 5.0, **environment: str) -> Ended:
    return await run((PYTHON, "-c", program), {"PATH": os.environ["PATH"], **environment}, grace)


async def told(name: str) -> str:
    """What a process writes into a pipe of that name, once it has."""
    return await asyncio.to_thread(Path(name).read_text)


@pytest.mark.parametrize("code", [0, 1, 77, 130])
async def test_it_ends_by_itself(code: int) -> None:
    found = await ended(f"raise SystemExit({code})")
    assert (found.code, found.signal, found.good) == (code, None, code == 0)
    assert found.words == f"ended with exit code {code}"


async def test_its_environment_is_what_it_is_given(folder: Path) -> None:
    assert (await ended("import os; open('seen', 'w').write(os.environ['EHUBSIM_URL'])", EHUBSIM_URL="there")).good
    assert (folder / "seen").read_text() == "there"


async def test_a_signal_that_killed_it_is_told_as_shells_do() -> None:
    found = await ended("import os, signal; os.kill(os.getpid(), signal.SIGSEGV)")
    assert (found.code, found.signal, found.killed) == (139, signal.SIGSEGV, False)
    assert found.words == "was killed by SIGSEGV (139)"


@pytest.mark.parametrize(
    ("command", "reason"),
    [
        (("no-such-program-here",), "there is no program 'no-such-program-here'"),
        (("./note",), "'./note' may not be executed"),
        (("./broken",), "'./broken': Exec format error"),
        (("bad\0name",), "embedded null byte"),
    ],
)
async def test_what_cannot_be_started_says_why(folder: Path, command: tuple[str, ...], reason: str) -> None:
    (folder / "note").write_text("words")
    (folder / "broken").write_bytes(b"\x7fELF")
    (folder / "broken").chmod(0o700)
    found = await run(command, os.environ)
    assert not found.good
    assert reason in found.words
    assert found.words.startswith("could not be started: ")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
async def test_our_signals_are_its_own(number: signal.Signals) -> None:
    """Also those of its children: they are one process group."""
    program = f"""
import signal, subprocess, sys
def heed(number, frame):
    child.wait()
    sys.exit(42)
child = subprocess.Popen([sys.executable, "-c", "import signal; open('child', 'w').close(); signal.pause()"])
signal.signal({int(number)}, heed)
open("ready", "w").close()
signal.pause()
"""
    running = asyncio.create_task(ended(program))
    await told("ready")
    await told("child")
    before = signal.getsignal(signal.SIGTERM)
    os.kill(os.getpid(), number)
    found = await running
    assert (found.code, found.leftovers) == (42, False)
    assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL
    assert before is not signal.SIG_DFL


async def test_who_does_not_heed_sigterm_is_killed() -> None:
    running = asyncio.create_task(ended(STUBBORN.format("SIGTERM"), grace=0.2))
    await told("ready")
    os.kill(os.getpid(), signal.SIGTERM)
    found = await running
    assert (found.code, found.signal, found.killed) == (137, signal.SIGKILL, True)
    assert found.words == "did not end when told to, and was killed (137)"


async def test_one_ctrl_c_may_be_ignored_two_may_not() -> None:
    running = asyncio.create_task(ended(STUBBORN.format("SIGINT"), grace=0.05))
    await told("ready")
    os.kill(os.getpid(), signal.SIGINT)
    await asyncio.wait({running}, timeout=0.2)
    assert not running.done()
    os.kill(os.getpid(), signal.SIGINT)
    assert (await running).killed


@pytest.mark.parametrize("heeds", [True, False])
async def test_what_it_left_running_is_ended(folder: Path, heeds: bool) -> None:
    left = "import os, signal; open('child', 'w').write(str(os.getpid())); signal.pause()"
    if not heeds:
        left = left.replace("; open", "; signal.signal(signal.SIGTERM, signal.SIG_IGN); open")
    program = f"""
import subprocess, sys
subprocess.Popen([sys.executable, "-c", {left!r}])
open("left", "w").write(open("child").read())
"""
    found = await ended(program, grace=0.2)
    assert (found.good, found.leftovers) == (True, True)
    assert await asyncio.to_thread(gone, int((folder / "left").read_text()))


def gone(process: int) -> bool:
    """Whether it ends; one of which nobody takes note has ended, too."""
    try:
        handle = os.pidfd_open(process)
    except ProcessLookupError:
        return True
    try:
        return bool(select.select([handle], [], [], 20)[0])
    finally:
        os.close(handle)
