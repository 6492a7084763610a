"""What happens in Netstream: readings that arrive late, tokens that expire. The journal keeps exactly these."""

from __future__ import annotations

from datetime import datetime

from simulator.base.turn import Event


class ReadingsReported(Event, frozen=True, tag=True):
    """Readings that were missing or substituted have arrived. Who asks from now on is given them."""

    nmi: str
    start: datetime
    end: datetime | None = None
    suffix: str | None = None


class TokenIssued(Event, frozen=True, tag=True):
    """An application has a token that is good until ``until``; one event for all of it with the same end."""

    client: str
    until: datetime


class TokenExpired(Event, frozen=True, tag=True):
    """An application's oldest token that was good is no longer."""

    client: str


NETSTREAM_EVENTS: tuple[type[Event], ...] = (ReadingsReported, TokenIssued, TokenExpired)
