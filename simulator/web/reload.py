"""Follows a scenario file while it is served: a good change is told from its beginning, a bad one leaves all as it is.

The only place that looks at a file again and again. Journals on disk are not begun anew because somebody saved a file.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path

from simulator.base.errors import BadValue, NotReady
from simulator.scenario.mistakes import ScenarioMistakes
from simulator.scenario.model import Scenario
from simulator.stores.journal import JournalFailed
from simulator.web.scenario_files import read_scenario

EVERY = 0.5
"""Seconds between two looks."""
Stamp = tuple[int, int, int]


@dataclass(slots=True)
class Follower:
    """What a file looked like when it was read last, and what is done with a change of it.

    ``tell`` takes over a scenario; ``say`` gets one line for people, or all mistakes of a file that is refused.
    """

    path: Path
    tell: Callable[[Scenario], Awaitable[None]]
    say: Callable[[str], None]
    _seen: Stamp | None = field(init=False)

    def __post_init__(self) -> None:
        self._seen = self._stamp()

    async def look(self) -> bool:
        """Read the file if it changed since; whether it is told now."""
        stamp = self._stamp()
        if stamp is None or stamp == self._seen:
            return False
        self._seen = stamp
        try:
            scenario = await asyncio.to_thread(read_scenario, self.path)
            await self.tell(scenario)
        except (BadValue, ScenarioMistakes, NotReady, JournalFailed) as error:
            self.say(f"{error}\nehubsim: {self.path} was not taken over; what was told before goes on")
            return False
        self.say(f"ehubsim: {self.path} changed; {scenario.name} begins anew")
        return True

    async def follow(self) -> None:
        """Look until cancelled."""
        while True:
            await asyncio.sleep(EVERY)
            await self.look()

    def _stamp(self) -> Stamp | None:
        """Editors replace files: a moment without one is no change."""
        try:
            found = self.path.stat()
        except OSError:
            return None
        return found.st_mtime_ns, found.st_size, found.st_ino
