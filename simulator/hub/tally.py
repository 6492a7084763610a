"""A count of flow control beside the limit that holds for it, so that counting looks at one thing."""

from __future__ import annotations

from datetime import date

import msgspec


class Tally(msgspec.Struct, gc=False):
    """A count with the limit that holds for it. A ``daily`` one is of the business day ``day``."""

    upper: int
    lower: int
    daily: bool
    day: date | None = None
    count: int = 0
