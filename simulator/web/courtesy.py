"""Small exchanges go first: the only place that says when a large reply may go on being made.

A large reply is made a slice at a time. Between two slices whoever has just asked something is answered, from end to
end; of several large replies one is made at a time, so that nobody waits for more than one slice.
"""

from __future__ import annotations

import asyncio
import time
from types import TracebackType

SLICE = 0.00005
"""Seconds after which a large reply pauses, once the piece that is begun is made; most pieces take longer."""
ROUNDS = 3
"""Rounds of the loop from bytes that arrive to the exchange that they begin, at least."""
PATIENCE = 0.004
"""Seconds that a slice waits for others, and that an exchange is waited for: one that waits itself must not hold it."""
AROUND = 0.05
"""Seconds for which whoever has asked something is taken to be around, and about to ask again."""
SLICES, REST = 8, 0.001
"""While somebody is around, a large reply rests so many seconds after so many slices: a process that never rests is
made to, by an operating system with others to serve, and then for longer and in the middle of somebody's exchange.
"""


class Courtesy:
    """The exchanges of one server that are under way. Entered around the making of each slice of a large reply."""

    __slots__ = ("_made", "_making", "_newest", "_under_way")

    def __init__(self) -> None:
        self._under_way = 0
        self._made = 0
        self._newest = 0.0
        self._making = asyncio.Lock()

    def begun(self) -> None:
        """An exchange has begun."""
        self._under_way += 1
        self._newest = time.perf_counter()

    def ended(self) -> None:
        """Its answer is known, and about to be written."""
        self._under_way -= 1

    async def __aenter__(self) -> None:
        """Wait until this reply's turn comes and nobody is to be answered first."""
        await self._making.acquire()
        try:
            since, rounds = time.perf_counter(), 0
            while rounds < ROUNDS or self._wanted(since):
                await asyncio.sleep(0)
                rounds += 1
            self._made += 1
            if self._made % SLICES == 0 and since < self._newest + AROUND:
                await asyncio.sleep(REST)
        except BaseException:
            self._making.release()
            raise

    def _wanted(self, since: float) -> bool:
        now = time.perf_counter()
        return self._under_way > 0 and now < self._newest + PATIENCE and now < since + PATIENCE

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """The slice is made."""
        self._making.release()
