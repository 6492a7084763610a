"""What happens in Netstream: readings that arrive late. The journal keeps exactly these."""

from __future__ import annotations

from datetime import datetime

from simulator.base.turn import Event


class ReadingsReported(Event, frozen=True, tag=True):
    """Readings that were missing or substituted have arrived. Who asks from now on is given them."""

    nmi: str
    start: datetime
    end: datetime | None = None
    suffix: str | None = None


NETSTREAM_EVENTS: tuple[type[Event], ...] = (ReadingsReported,)
