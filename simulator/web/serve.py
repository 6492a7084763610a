"""``ehubsim serve``: the process around a served simulation. Its banner, its log, its signals, its exit code."""

from __future__ import annotations

import asyncio
import gc
import signal
import sys
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from simulator import ahead
from simulator.base.errors import BadValue
from simulator.config import Settings
from simulator.scenario.mistakes import ScenarioMistakes
from simulator.web.banner import banner, write_ready_file
from simulator.web.listeners import CannotStart
from simulator.web.reload import Follower
from simulator.web.scenario_files import read_scenario
from simulator.web.start import Served, start

if TYPE_CHECKING:
    from simulator.scenario.model import Scenario

GOOD, COULD_NOT_START = 0, 3
_ENDING = (signal.SIGINT, signal.SIGTERM)
PROGRESS_EVERY = 1.0
AHEAD_AFTER = 0.5
"""Seconds after which what is slow the first time begins to be done: the first callers are let in before."""
COLLECT_AFTER = 20_000
"""Containers made and not released since the last round."""


def serve(settings: Settings) -> int:
    """Serve until told to stop; 0, or 3 with one line on stderr when it cannot start."""
    try:
        scenario = scenario_of(settings)
        with asyncio.Runner(loop_factory=_loop_factory()) as runner:
            return runner.run(_serving(settings, scenario))
    except CannotStart as reason:
        print(f"ehubsim: {reason}", file=sys.stderr)
        return COULD_NOT_START


def scenario_of(settings: Settings) -> Scenario:
    """What is to be served. Raises `CannotStart` with the first mistake of a file that is no scenario."""
    try:
        return read_scenario(settings.scenario)
    except BadValue as error:
        raise CannotStart(str(error)) from error
    except ScenarioMistakes as error:
        others = len(error.mistakes) - 1
        more = f" (and {others} more: ehubsim check {settings.scenario})" if others else ""
        raise CannotStart(f"{error.mistakes[0]}{more}") from error


async def _serving(settings: Settings, scenario: Scenario) -> int:
    told_to_stop = _stop_signal()
    served = await start(
        settings,
        scenario,
        reread=lambda began: read_scenario(settings.scenario, began),
        log=sys.stdout,
        progress=_progress(),
    )
    settle()
    try:
        tell_ready(settings, served)
        print(banner(served), file=sys.stderr if settings.log == "json" else sys.stdout, flush=True)
        asyncio.get_running_loop().call_later(
            AHEAD_AFTER, ahead.begin, served.runtime.simulation, served.runtime.schemas
        )
        following = _follow(settings, served)
        await told_to_stop.wait()
        if following is not None:
            following.cancel()
    finally:
        await served.close()
    return GOOD


def tell_ready(settings: Settings, served: Served) -> None:
    """Write the ready file, where one is wanted. Raises `CannotStart`."""
    if settings.ready_file is None:
        return
    try:
        write_ready_file(settings.ready_file, served)
    except OSError as error:
        raise CannotStart(f"{settings.ready_file} cannot be written: {error.strerror}") from error


def settle() -> None:
    """Have the collector pass over what a start made, which is there to stay, and come round more rarely.

    What is made for a request is released by counting references; only a fault now and then leaves a cycle. At
    CPython's threshold of 700 the rounds took 7 % of a busy server's time, at this one less than 1 %.
    """
    gc.freeze()
    gc.set_threshold(COLLECT_AFTER, 10, 10)
    gc.enable()


def _follow(settings: Settings, served: Served) -> asyncio.Task[None] | None:
    """A scenario file that changes is told anew; not over a journal on disk, whose story must go on."""
    if settings.scenario is None or not settings.journal.startswith("memory:"):
        return None

    async def tell(scenario: Scenario) -> None:
        await served.runtime.tell(scenario)
        served.workspaces.share(served.runtime)

    def say(line: str) -> None:
        print(line, file=sys.stderr, flush=True)

    return asyncio.create_task(Follower(settings.scenario, tell, say).follow())


def _stop_signal() -> asyncio.Event:
    """Set by the first SIGINT or SIGTERM; the second one then ends the process at once."""
    loop, told = asyncio.get_running_loop(), asyncio.Event()

    def stop() -> None:
        told.set()
        for number in _ENDING:
            loop.remove_signal_handler(number)
            signal.signal(number, signal.SIG_DFL)

    for number in _ENDING:
        try:
            loop.add_signal_handler(number, stop)
        except NotImplementedError:  # Windows: Ctrl-C raises KeyboardInterrupt instead
            signal.signal(number, signal.default_int_handler)
    return told


def _progress() -> Callable[[int, int], None]:
    """Tells about a journal that takes long to replay, once a second."""
    next_line = time.monotonic() + PROGRESS_EVERY

    def tell(done: int, total: int) -> None:
        nonlocal next_line
        if time.monotonic() >= next_line:
            next_line += PROGRESS_EVERY
            print(f"ehubsim: replaying the journal: {done:,} of {total:,} events", file=sys.stderr, flush=True)

    return tell


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    """uvloop when the extra ``speed`` is installed."""
    try:
        import uvloop  # noqa: PLC0415 - an optional extra
    except ImportError:
        return None
    factory: Callable[[], asyncio.AbstractEventLoop] = uvloop.new_event_loop
    return factory
