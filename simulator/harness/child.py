"""COMMAND as a process under our care: started, passed our signals, ended with all it left running.

signal ──► us ──► COMMAND's process group        SIGTERM unheeded for the grace ──► SIGKILL
Its standard input, output and error are ours, untouched. On a terminal COMMAND stays in our process group, where the
terminal's own Ctrl-C and Ctrl-Z reach it as if we were not there; elsewhere it gets a group of its own.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import shlex
import signal
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

SHELL_SIGNAL = 128
"""Shells report a process that signal n killed as 128 + n."""
_LOOK_EVERY = 0.02
_WINDOWS = sys.platform == "win32"
_PASSED_ON = () if _WINDOWS else (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@dataclass(frozen=True, slots=True)
class Ended:
    """How COMMAND came to its end: by itself with ``code``, by ``signal``, or never begun for a ``reason``."""

    command: tuple[str, ...]
    code: int
    signal: int | None = None
    killed: bool = False
    """It did not heed SIGTERM, and had to be killed."""
    reason: str = ""
    leftovers: bool = False
    """Processes it had started outlived it, and were ended."""

    @property
    def good(self) -> bool:
        """Whether it did what it should, as far as it says."""
        return self.code == 0

    @property
    def words(self) -> str:
        """For people: ``ended with exit code 2``, ``was killed by SIGSEGV (139)``."""
        if self.reason:
            return f"could not be started: {self.reason}"
        if self.killed:
            return f"did not end when told to, and was killed ({self.code})"
        if self.signal is not None:
            return f"was killed by {_name(self.signal)} ({self.code})"
        return f"ended with exit code {self.code}"

    @property
    def shown(self) -> str:
        """The command as a shell would take it."""
        return shlex.join(self.command)


def _name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


async def run(command: Sequence[str], environment: Mapping[str, str], grace: float = 5.0) -> Ended:
    """Start a command and stay with it to its end, and to the end of what it left running. Never raises for it.

    ``grace``: seconds between SIGTERM and SIGKILL; CI services kill everything some seconds after their own SIGTERM.
    """
    words, alone = tuple(command), not _WINDOWS and not _on_a_terminal()
    care = _Care(grace, alone)
    with care.of_signals():
        try:
            group: dict[str, Any] = {"process_group": 0} if alone else {}
            process = await asyncio.create_subprocess_exec(*words, env=dict(environment), **group)
        except (OSError, ValueError) as error:
            return Ended(words, 127, reason=_reason(error, words[0]))
        care.begin(process)
        status = await process.wait()
        left = await care.end()
    if status < 0:
        return Ended(words, SHELL_SIGNAL - status, -status, killed=care.killed, leftovers=left)
    return Ended(words, status, leftovers=left)


def _reason(error: Exception, program: str) -> str:
    match error:
        case FileNotFoundError():
            return f"there is no program {program!r}"
        case PermissionError():
            return f"{program!r} may not be executed"
        case OSError():
            return f"{program!r}: {error.strerror or error}"
        case _:
            return f"{program!r}: {error}"


def _on_a_terminal() -> bool:
    """Whether our standard input is a terminal that we are in the foreground of."""
    try:
        return os.isatty(0) and os.tcgetpgrp(0) == os.getpgrp()
    except OSError:
        return False


class _Care:
    """Signals that reach us are passed on; who does not heed them is killed. ``alone``: in a group of its own."""

    def __init__(self, grace: float, alone: bool) -> None:
        self.killed = False
        self._grace = grace
        self._alone = alone
        self._process: asyncio.subprocess.Process | None = None
        self._early: list[int] = []
        self._told: list[int] = []
        self._timer: asyncio.TimerHandle | None = None

    @contextlib.contextmanager
    def of_signals(self) -> Iterator[None]:
        """Within, our signals are COMMAND's."""
        loop = asyncio.get_running_loop()
        before = {number: signal.getsignal(number) for number in _PASSED_ON}
        for number in _PASSED_ON:
            loop.add_signal_handler(number, self._pass_on, number)
        try:
            yield
        finally:
            if self._timer is not None:
                self._timer.cancel()
            for number, handler in before.items():
                loop.remove_signal_handler(number)
                signal.signal(number, handler)

    def begin(self, process: asyncio.subprocess.Process) -> None:
        """It runs; what reached us while it was being started is for it, too."""
        self._process = process
        for number in self._early:
            self._pass_on(number)

    async def end(self) -> bool:
        """The command has ended: end what it left running in its group, too; whether there was anything."""
        if not self._alone or not self._send(signal.SIGTERM):
            return False
        loop = asyncio.get_running_loop()
        give_up = loop.time() + self._grace
        while self._send(0):
            await asyncio.sleep(_LOOK_EVERY)
            if loop.time() >= give_up:
                self._send(signal.SIGKILL)
                break
        return True

    def _pass_on(self, number: int) -> None:
        if self._process is None:
            self._early.append(number)
            return
        self._told.append(number)
        if self._alone or number != signal.SIGINT:  # the terminal has told everybody of its Ctrl-C
            self._send(number)
        if self._timer is None and (number != signal.SIGINT or self._told.count(number) > 1):
            self._timer = asyncio.get_running_loop().call_later(self._grace, self._kill)

    def _kill(self) -> None:
        self.killed = self._send(signal.SIGKILL)

    def _send(self, number: int) -> bool:
        """Whether there was somebody to get it. A zombie that nobody has waited for counts as somebody."""
        process = self._process
        if process is None:
            return False
        try:
            if self._alone:
                os.killpg(process.pid, number)
            else:
                process.send_signal(number)
        except (ProcessLookupError, PermissionError):
            return False
        return True
