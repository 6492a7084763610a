"""``ehubsim run``: the simulator around a command. Served, run, judged, reported; the command's output is left alone.

What we say ourselves goes to standard error. Exit codes: 0 good, 1 COMMAND or verdict is not, 2 wrong usage, 3 could
not start.
"""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from simulator.base.clock import market_time
from simulator.config import Reports, Settings
from simulator.harness.child import Ended, run
from simulator.harness.reports_html import page
from simulator.harness.reports_junit import junit
from simulator.harness.reports_markdown import markdown
from simulator.harness.trial import Happened, Trial, lines
from simulator.web.banner import facts
from simulator.web.listeners import CannotStart
from simulator.web.scenario_files import read_scenario
from simulator.web.serve import scenario_of, settle, tell_ready
from simulator.web.start import Served, start

if TYPE_CHECKING:
    from simulator.runtime import Runtime
    from simulator.scenario.model import Scenario

GOOD, FAILED, COULD_NOT_START = 0, 1, 3
_PARTICIPANT_VARIABLES = {
    "EHUBSIM_PARTICIPANT": "participant",
    "EHUBSIM_USER": "user",
    "EHUBSIM_PASSWORD": "password",
    "EHUBSIM_CLIENT_CERT": "certificate",
    "EHUBSIM_CLIENT_KEY": "key",
}
_NETSTREAM_VARIABLES = {
    "EHUBSIM_NETSTREAM_TENANT": "tenant",
    "EHUBSIM_NETSTREAM_CLIENT_ID": "client_id",
    "EHUBSIM_NETSTREAM_CLIENT_SECRET": "client_secret",
}
_API_KEY = "ehubsim-{}"
"""The simulator asks at most whether an API key is there, so that any will do."""
VARIABLES = (
    *("EHUBSIM_URL", "EHUBSIM_PLAIN_URL", "EHUBSIM_CA", "EHUBSIM_CONTROL_TOKEN", "EHUBSIM_API_KEY"),
    *_PARTICIPANT_VARIABLES,
    *_NETSTREAM_VARIABLES,
)
"""What COMMAND is told; one that has no value is not there, whatever was inherited."""


def supervise(settings: Settings, wanted: Reports, command: tuple[str, ...], environment: Mapping[str, str]) -> int:
    """Run a command under judgement; our exit code. ``environment`` is what COMMAND inherits."""
    try:
        scenario = scenario_of(settings)
        trial = asyncio.run(_tried(settings, scenario, command, wanted.grace, environment))
    except CannotStart as reason:
        _say(str(reason))
        return COULD_NOT_START
    for line in lines(trial):
        _say(line)
    written = _report(trial, wanted)
    if trial.command.reason:
        return COULD_NOT_START
    return GOOD if trial.good and written else FAILED


async def _tried(
    settings: Settings, scenario: Scenario, command: tuple[str, ...], grace: float, environment: Mapping[str, str]
) -> Trial:
    served = await start(settings, scenario, reread=lambda began: read_scenario(settings.scenario, began))
    try:
        tell_ready(settings, served)
        plain = f" and {served.plain_url}" if served.plain_url is not None else ""
        _say(f"{served.runtime.scenario.name} on {served.url}{plain}")
        settle()
        inherited = {name: value for name, value in environment.items() if name not in VARIABLES}
        began, clock = served.runtime.clock.now(), time.perf_counter()
        ended = await run(command, inherited | variables(served), grace)
        return await _judged(served, ended, began, time.perf_counter() - clock)
    finally:
        await served.close()


def variables(served: Served) -> dict[str, str]:
    """What COMMAND is told: where the simulator is, and who to be: the first participant, the first Netstream app."""
    told = facts(served)
    found = {
        "EHUBSIM_URL": told["url"],
        "EHUBSIM_PLAIN_URL": told["plain_url"],
        "EHUBSIM_CA": told["ca"],
        "EHUBSIM_CONTROL_TOKEN": told["control_token"],
    }
    for first in told["participants"][:1]:
        found |= {variable: first[name] for variable, name in _PARTICIPANT_VARIABLES.items()}
        found["EHUBSIM_API_KEY"] = _API_KEY.format(first["participant"])
    for app in told["netstream"][:1]:
        found |= {variable: app[name] for variable, name in _NETSTREAM_VARIABLES.items()}
    return {name: value for name, value in found.items() if value is not None}


async def _judged(served: Served, ended: Ended, began: datetime, seconds: float) -> Trial:
    runtime, scenario = served.runtime, served.runtime.scenario
    verdict = await runtime.verdict()
    first = next((each.participant_id for each in scenario.given.participants if each.users), "")
    return Trial(
        scenario.name,
        scenario.about,
        scenario.file,
        scenario.seed,
        market_time(began),
        market_time(runtime.clock.now()),
        seconds,
        ended,
        verdict,
        _happened(runtime),
        first,
    )


def _happened(runtime: Runtime) -> Happened:
    messages = tuple(runtime.messages(ranked=True))
    exchanges = tuple({**exchange.summary(), "rank": exchange.place} for exchange in runtime.exchanges.ranked())
    evicted = runtime.simulation.ledger.evicted
    return Happened(messages, exchanges, tuple(runtime.bugs), evicted, runtime.exchanges.evicted)


def _report(trial: Trial, wanted: Reports) -> bool:
    """Write what is wanted; whether all of it could be written."""
    good = True
    for path, write in _writers(trial, wanted):
        try:
            write(path)
        except OSError as error:
            _say(f"{path} cannot be written: {error.strerror or error}")
            good = False
    return good


def _writers(trial: Trial, wanted: Reports) -> Iterator[tuple[Path, Callable[[Path], object]]]:
    """Each report that is wanted: its file, and what writes it. A Markdown summary is added to what is there."""
    if wanted.junit is not None:
        yield wanted.junit, lambda path: path.write_bytes(junit(trial))
    if wanted.html is not None:
        yield wanted.html, lambda path: path.write_text(page(trial), "utf-8")
    if wanted.markdown is not None:
        yield wanted.markdown, lambda path: _add(path, markdown(trial))


def _add(path: Path, text: str) -> None:
    with path.open("a", encoding="utf-8") as file:
        file.write(text)


def _say(text: str) -> None:
    print(f"ehubsim: {text}", file=sys.stderr, flush=True)
