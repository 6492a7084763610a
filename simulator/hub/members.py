"""Who is on the hub, as far as the hub cares: users, and the release each participant is written to in."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec


class Membership(msgspec.Struct, frozen=True):
    """Who is on the hub: users by participant (upper case) and the release each participant receives."""

    users: Mapping[str, frozenset[str]] = msgspec.field(default_factory=dict)
    releases: Mapping[str, str] = msgspec.field(default_factory=dict)
    release: str = "r46"

    def release_for(self, participant: str) -> str:
        """The release AEMO writes to a participant in."""
        return self.releases.get(participant, self.release)
