"""``Simulator``: a server in this process, on a thread and loop of its own, for tests and scripts of any colour."""

from __future__ import annotations

import asyncio
import itertools
import shutil
import sys
import tempfile
import threading
import traceback
from collections.abc import Coroutine, Mapping
from concurrent.futures import wait
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from types import TracebackType
from typing import Any, TypeVar

from msgspec.structs import replace

from simulator.config import ANY_PORT, Settings
from simulator.harness.line import Line
from simulator.harness.workspace import Workspace
from simulator.scenario.model import Scenario
from simulator.web.scenario_files import read_scenario, scenario_text
from simulator.web.start import Served, start

T = TypeVar("T")
_STARTING, _STOPPING = 60.0, 60.0
_LETTING_GO = 10.0


@dataclass(frozen=True, slots=True)
class Place:
    """Where a server is, for lines from any process; JSON-ready."""

    url: str
    plain_url: str | None = None
    token: str | None = None

    @property
    def line(self) -> Line:
        """The line to its control API."""
        return Line(self.plain_url or self.url, "", self.token)


def open_workspace(
    place: Place,
    name: str,
    scenario: Path | None,
    folder: Path,
    *,
    clock: str = "held",
    port: bool = False,
    ca: str | None = None,
) -> Workspace:
    """A fresh workspace of a server, telling the story of a file (the quick-start by default).

    ``folder`` gets certificates; with ``port`` its paths need no prefix. Raises `simulator.harness.line.ControlError`,
    and for a file that is no scenario what `read_scenario` raises.
    """
    text = scenario_text(scenario)
    file = "quickstart.yaml" if scenario is None else str(scenario)
    line = Line(place.line.base, "", place.token, ca)
    made = line.call("PUT", f"workspaces/{name}", text, clock=clock, file=file, port="0" if port else None)
    url, plain = _addresses(place, name, made)
    return Workspace(name, line.within(name), url=url, plain_url=plain, scenario=_story(scenario, text), folder=folder)


def _addresses(place: Place, name: str, made: Mapping[str, Any]) -> tuple[str, str | None]:
    """Where a workspace answers: at a port of its own, or below its prefix."""
    if "url" in made:
        return made["url"], made["plainUrl"]
    return f"{place.url}/w/{name}", None if place.plain_url is None else f"{place.plain_url}/w/{name}"


@lru_cache(32)
def _story(path: Path | None, text: bytes) -> Scenario:
    """The scenario of a file, read once as long as its text stays the same."""
    return read_scenario(path)


class Simulator(Workspace):
    """``with Simulator("story.yaml") as sim`` or ``async with``: a server, and its default workspace.

    ``scenario`` is a file or a `Scenario` (the quick-start by default); ``clock`` is held unless told otherwise; a
    ``journal`` other than memory, and a directory of ``certificates`` to keep, are as on the command line.
    Raises what `read_scenario` raises for a file that is no scenario, `CannotStart` when nothing can be served, and
    `TimeoutError`, with where it is, when a server neither starts nor stops within a minute.
    """

    def __init__(
        self,
        scenario: str | Path | Scenario | None = None,
        *,
        clock: str = "held",
        journal: str = "memory:",
        certificates: Path | None = None,
    ) -> None:
        self._story = scenario if isinstance(scenario, Scenario) else read_scenario(_path(scenario))
        self._kept = certificates
        self._settings = Settings(port=0, plain_port=ANY_PORT, clock=clock, journal=journal)
        self._numbers = itertools.count(1)
        self._thread: _LoopThread | None = None
        self._served: Served | None = None

    def __enter__(self) -> Simulator:
        folder = Path(tempfile.mkdtemp(prefix="ehubsim-"))
        thread = _LoopThread()
        try:
            served = thread.run(start(self._configured(folder), self._story), _STARTING, "started")
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            thread.close()
            raise
        self._thread, self._served = thread, served
        self.place = Place(served.url, served.plain_url, served.control_token)
        super().__init__(
            "default",
            self.place.line,
            url=served.url,
            plain_url=served.plain_url,
            scenario=self._story,
            folder=folder,
        )
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.drop()

    def drop(self) -> None:
        """Stop serving. May be called again."""
        served, thread, self._served, self._thread = self._served, self._thread, None, None
        if served is not None and thread is not None:
            try:
                thread.run(served.close(), _STOPPING, "stopped")
            finally:
                shutil.rmtree(self._folder, ignore_errors=True)
                thread.close()

    def workspace(
        self, scenario: str | Path | None = None, *, name: str | None = None, clock: str = "held", port: bool = False
    ) -> Workspace:
        """A fresh workspace, to be used as a context manager; without a ``scenario`` it tells this simulator's.

        With ``port`` it gets a port of its own: its URLs have no path then.
        A scenario given as values rather than as a file cannot be told again; give one.
        """
        chosen = name or f"workspace-{next(self._numbers)}"
        if scenario is not None:
            return open_workspace(self.place, chosen, _path(scenario), self._folder, clock=clock, port=port)
        made = self._line.call("PUT", f"workspaces/{chosen}", clock=clock, port="0" if port else None)
        line, (url, plain) = self._line.within(chosen), _addresses(self.place, chosen, made)
        return Workspace(chosen, line, url=url, plain_url=plain, scenario=self.scenario, folder=self._folder)

    def _configured(self, folder: Path) -> Settings:
        return replace(self._settings, certs=self._kept or folder / "certs")


class _LoopThread:
    """An event loop that runs on a thread of its own."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="ehubsim", daemon=True)
        self._thread.start()

    def run(self, work: Coroutine[Any, Any, T], seconds: float, done: str) -> T:
        """What the work makes. Raises what it raises; `TimeoutError` when it is not ``done`` so soon."""
        future = asyncio.run_coroutine_threadsafe(work, self._loop)
        if not wait((future,), seconds).done:
            future.cancel()
            raise TimeoutError(self._where(f"the server has not {done} within {seconds:g} s"))
        return future.result()

    def close(self) -> None:
        """Raises `TimeoutError` when the loop cannot be stopped; it ends with the process then."""
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(_LETTING_GO)
        if self._thread.is_alive():
            raise TimeoutError(self._where(f"the server has not stopped within {_LETTING_GO:g} s"))
        self._loop.close()

    def _where(self, problem: str) -> str:
        """What the thread is at, for whoever has to find out why."""
        frame = sys._current_frames().get(self._thread.ident or 0)
        stack = "".join(traceback.format_stack(frame)) if frame is not None else "nowhere\n"
        return f"{problem}; its thread is at\n{stack}"


def _path(scenario: str | Path | None) -> Path | None:
    return None if scenario is None else Path(scenario)
