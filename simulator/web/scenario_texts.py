"""Scenarios that arrive as text: read whole or refused whole, and read once however often they come."""

from __future__ import annotations

import asyncio
from datetime import date

from msgspec.structs import replace

from simulator.base.clock import wall_time
from simulator.base.errors import BadValue
from simulator.scenario.mistakes import ScenarioMistakes
from simulator.scenario.model import Scenario
from simulator.simulation.events import Begun
from simulator.web.problems import Problem

MOST_BYTES = 16 * 1024 * 1024
KEPT = 32
_QUICK = 32 * 1024
"""Texts up to this size are read at once; longer ones must not keep everybody waiting."""


class ScenarioTexts:
    """Reads scenario texts. The same text is the same `Scenario`, so that those who tell it share a market."""

    def __init__(self) -> None:
        self._read: dict[tuple[bytes, str, date], Scenario] = {}

    async def scenario(self, body: bytes, file: str) -> Scenario:
        """``file`` is the name mistakes are told by. Raises `Problem` (422) with every mistake."""
        now = wall_time()
        key = (body, file, now.date())
        known = self._read.pop(key, None)
        if known is None:
            known = await self._load(body, file)
        self._read[key] = known
        if len(self._read) > KEPT:
            del self._read[next(iter(self._read))]
        return known

    async def _load(self, body: bytes, file: str) -> Scenario:
        from simulator.scenario.loader import load  # noqa: PLC0415 - brings the YAML parser; only who sends texts pays

        try:
            text = body.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            raise Problem(422, f"the scenario is not UTF-8 at byte {error.start}", "scenario.encoding") from None
        try:
            if len(body) <= _QUICK:
                return load(text, file, today=wall_time())
            return await asyncio.to_thread(load, text, file, today=wall_time())
        except ScenarioMistakes as wrong:
            told = [str(mistake) for mistake in wrong.mistakes]
            more = f" (and {len(told) - 1} more)" if len(told) > 1 else ""
            raise Problem(422, told[0] + more, "scenario.mistakes", more={"mistakes": told}) from None


def told_again(begun: Begun) -> Scenario:
    """The scenario that a journal keeps, as it was on the day it began. Raises `BadValue` when it is none any more."""
    from simulator.scenario.loader import load  # noqa: PLC0415 - see above

    try:
        return replace(load(begun.text, begun.file, today=begun.at), text=begun.text)
    except ScenarioMistakes as wrong:
        told = f"it keeps the scenario {begun.scenario!r}, which has mistakes: {wrong.mistakes[0]}"
        raise BadValue(told, rule="scenario.mistakes") from None
