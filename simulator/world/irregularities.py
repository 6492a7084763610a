"""What goes wrong with readings, as a scenario declares it: gaps, late data, substitutes, failures, clock changes.

The only place that knows what each kind does to generated readings and by which flag it is told. Data that was
received (NEM12 files, MDMT) is left as it came.
"""

from __future__ import annotations

from datetime import datetime
from types import MappingProxyType

import msgspec


class Irregularity(msgspec.Struct, frozen=True):
    """Something odd about the readings of a NMI from one moment to another.

    ``kind`` is one of `KINDS`; without ``suffix`` it is all registers. ``reported`` is when the real readings arrive
    after all. ``meter`` is the serial number of the new meter after an exchange, which has no end.
    """

    nmi: str
    kind: str
    start: datetime
    end: datetime | None = None
    suffix: str | None = None
    reported: datetime | None = None
    meter: str | None = None


class Kind(msgspec.Struct, frozen=True):
    """What is done to a value (``keep``, ``missing``, ``zero``, ``half``, ``week before``, ``most``), its Netstream
    flag, its quality and reason in meter data files, and whether the energy really was what is shown.
    """

    does: str
    flag: str
    quality: str
    reason: int | None = None
    real: bool = False


EXCHANGE = "meter exchange"
KINDS = MappingProxyType(
    {
        "missing": Kind("missing", "Null", "N", 78),
        "substituted": Kind("week before", "Substituted", "S52", 76),
        "final substituted": Kind("week before", "Substituted", "F52", 76, real=True),
        "estimated": Kind("week before", "Estimated", "E52", 76),
        "edited": Kind("keep", "Edited", "F55", 45),
        "power failure": Kind("zero", "Power failure", "A", 43, real=True),
        "skipped": Kind("zero", "Skipped interval", "A", real=True),
        "partial": Kind("half", "Partial interval", "A", real=True),
        "overflow": Kind("most", "Overflow", "A", 41),
        "clock change": Kind("keep", "Clock changed", "A"),
        EXCHANGE: Kind("half", "Partial interval", "A", 72, real=True),
    }
)
MOST_WH = 65_535
"""What an interval shows that overflowed: 16 bits of Wh."""


class Condition(msgspec.Struct, frozen=True):
    """How good a reading is: Netstream's flag (Actual: nothing is wrong), the quality of meter data files, and when it
    arrived, where that was late. ``reason`` and ``description`` are those of the file it came in.
    """

    flag: str = "Actual"
    quality: str = "A"
    reported: datetime | None = None
    reason: int | None = None
    description: str = ""


ACTUAL = Condition()
INCOMPLETE = Condition("Incomplete", "S")
"""A sum to which a part is missing."""
