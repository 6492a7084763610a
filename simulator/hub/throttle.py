"""How often a participant may call an API: a token bucket for each participant and API, on market time.

Kept in memory only: what was used of a second does not outlive a restart. Most calls only ask and leave no event, so
that the journal cannot tell it, and an event for each would have every listing wait for the disk.
Source: 429 "inbound requests exceeded throttling limits"; the generic page's number is one request per second.
"""

from __future__ import annotations

from datetime import datetime

import msgspec

from simulator.base.errors import Refused


class Throttling(msgspec.Struct, frozen=True):
    """``rate`` requests a second, ``burst`` of them at once. ``apis``: which APIs; none named is all."""

    rate: float = 1.0
    burst: int = 1
    apis: frozenset[str] = frozenset()


class Throttle:
    """The buckets of one simulation; without throttling, everybody may call."""

    __slots__ = ("_buckets", "_throttling")

    def __init__(self, throttling: Throttling | None) -> None:
        self._throttling = throttling
        self._buckets: dict[tuple[str, str], tuple[float, datetime]] = {}

    def take(self, participant: str, api: str, now: datetime) -> None:
        """Take a token; raises `Refused` (429) when none is left."""
        limit = self._throttling
        if limit is None or (limit.apis and api not in limit.apis):
            return
        left, since = self._buckets.get((participant, api), (float(limit.burst), now))
        left = min(float(limit.burst), left + limit.rate * max(0.0, (now - since).total_seconds()))
        if left < 1.0 - 1e-9:
            self._buckets[participant, api] = (left, now)
            reason = f"{participant} may send {api} {limit.rate:g} requests a second, {limit.burst} at once"
            raise Refused(429, "gate.throttle", reason)
        self._buckets[participant, api] = (left - 1.0, now)
