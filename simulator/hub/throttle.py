"""How often a participant may call an API: a token bucket for each participant and API, on market time.

Kept in memory only, but for what had somebody refused: a call that is taken leaves no event of its own, which would
have every listing wait for the disk. So a refused caller waits its time also over a restart; what somebody else used of
a second is forgotten by one.
Source: 429 "inbound requests exceeded throttling limits"; the generic page's number is one request per second.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from math import ceil

import msgspec

from simulator.base.errors import Refused
from simulator.hub.events import ThrottlingBegan

_WHOLE, _SURELY = 1.0 - 1e-9, 1.0 - 0.5e-9
"""So much of a token is one, as times are whole microseconds; and so much is one whatever the rounding."""
_NO_TIME = 1e-7
"""Seconds that nobody waits longer for: what rounding makes of the end of an hour is that end."""


class Throttling(msgspec.Struct, frozen=True):
    """``rate`` requests a second, ``burst`` of them at once. ``apis``: which APIs; none named is all."""

    rate: float = 1.0
    burst: int = 1
    apis: frozenset[str] = frozenset()


class Throttled(Refused):
    """A call that came too soon. ``until`` is the first moment at which the next one is taken."""

    def __init__(self, reason: str, until: datetime) -> None:
        super().__init__(429, "gate.throttle", reason)
        self.until = until


class Throttle:
    """The buckets of one simulation; without throttling, everybody may call."""

    __slots__ = ("_buckets", "_throttling", "_waits")

    def __init__(self, throttling: Throttling | None) -> None:
        self._throttling = throttling
        self._buckets: dict[tuple[str, str], tuple[float, datetime]] = {}
        self._waits: dict[tuple[str, str], datetime] = {}
        """Until when those wait who were refused: whoever asks meanwhile is told the same end, none calculated anew."""

    def take(self, participant: str, api: str, now: datetime) -> None:
        """Take a token; raises `Throttled` when none is left."""
        limit = self._throttling
        if limit is None or (limit.apis and api not in limit.apis):
            return
        left, since = self._buckets.get((participant, api), (float(limit.burst), now))
        left = min(float(limit.burst), left + limit.rate * max(0.0, (now - since).total_seconds()))
        until = self._waits.get((participant, api), now)
        if until > now or left < _WHOLE:
            reason = f"{participant} may send {api} {limit.rate:g} requests a second, {limit.burst} at once"
            raise Throttled(reason, until if until > now else _later(now, _wait(left, limit.rate)))
        self._buckets[participant, api] = (left - 1.0, now)

    def apply(self, event: ThrottlingBegan) -> None:
        """There is a whole token when the window ends, and none before; after a restart too."""
        if self._throttling is not None:
            self._waits[event.participant, event.api] = event.until
            self._buckets[event.participant, event.api] = (1.0, event.until)


def _wait(left: float, rate: float) -> float:
    """Seconds until there is a token, where so much of one is there."""
    return max((_SURELY - left) / rate, (1.0 - left) / rate - _NO_TIME)


def _later(now: datetime, seconds: float) -> datetime:
    """The moment, in whole microseconds, by which so many seconds have passed; the last there is, beyond that."""
    try:
        return now + timedelta(microseconds=ceil(seconds * 1e6))
    except OverflowError:
        return datetime.max.replace(tzinfo=now.tzinfo)
