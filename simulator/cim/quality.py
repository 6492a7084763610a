"""Reading quality codes, ``system.category.subcategory``: the only place that reads, writes and explains them.

Names are ours after the tables of open implementations; numbers without a name (vendors start at 1001) are kept.
A reading without a quality is good. Source: IEC 61968-9, and what real systems were seen to send.
"""

from __future__ import annotations

import re
from enum import IntEnum
from functools import lru_cache
from types import MappingProxyType

import msgspec

from simulator.base.errors import BadValue

RULE = "cim.quality"
WHAT = "three integers joined by points, such as 3.8.0"
_FORM = re.compile(r"(?:0|[1-9][0-9]{0,8})(?:\.(?:0|[1-9][0-9]{0,8})){2}")

System = IntEnum(
    "System",
    {
        "notApplicable": 0,
        "endDevice": 1,
        "meteringSystem": 2,
        "meterDataManagement": 3,
        "other": 4,
        "external": 5,
    },
)

Category = IntEnum(
    "Category",
    {
        "valid": 0,
        "diagnostics": 1,
        "powerQuality": 2,
        "tamper": 3,
        "dataCollection": 4,
        "reasonability": 5,
        "validation": 6,
        "edited": 7,
        "estimated": 8,
        "oscillatory": 9,  # obsolete
        "questionable": 10,
        "derived": 11,
        "projected": 12,
    },
)

SUBCATEGORIES = MappingProxyType(
    {
        (0, 0): "data valid", (0, 1): "validated",
        (1, 0): "diagnostics", (1, 1): "battery low", (1, 3): "sensor failure", (1, 4): "watchdog", (1, 5): "parity",
        (1, 6): "CRC", (1, 7): "RAM", (1, 8): "ROM", (1, 9): "clock error",
        (2, 0): "power quality flag", (2, 1): "excessive outages", (2, 2): "power quality counter",
        (2, 3): "service disconnect switching", (2, 32): "power fail",
        (3, 0): "revenue protection", (3, 1): "cover opened", (3, 2): "logical disconnect", (3, 4): "reverse rotation",
        (4, 0): "alarm", (4, 1): "overflow", (4, 2): "partial interval", (4, 3): "long interval",
        (4, 4): "skipped interval", (4, 5): "test data", (4, 6): "configuration changed", (4, 7): "not recording",
        (4, 8): "reset occurred", (4, 9): "clock changed", (4, 10): "load control", (4, 16): "DST in effect",
        (4, 64): "clock set forward", (4, 128): "clock set backward", (4, 129): "failed probe",
        (4, 130): "customer read", (4, 131): "manual read", (4, 259): "DST change",
        (5, 256): "outside expected range", (5, 257): "error code", (5, 258): "suspect",
        (5, 259): "known missing read",
        (6, 0): "validation failed", (6, 1): "zero usage", (6, 2): "usage on inactive meter", (6, 3): "above maximum",
        (6, 4): "below minimum", (6, 5): "above percentage", (6, 6): "below percentage", (6, 9): "ToU sum check",
        (7, 0): "manually edited", (7, 1): "added", (7, 3): "rejected",
        (8, 0): "estimated",
        (10, 0): "indeterminate", (10, 1): "manually accepted",
        (11, 0): "derived, deterministic", (11, 1): "inferred",
        (12, 0): "projected",
    }
)  # fmt: skip


class Quality(msgspec.Struct, frozen=True):
    """A decoded quality code. Known systems and categories are members, others stay plain integers."""

    system: System | int = System.notApplicable
    category: Category | int = Category.valid
    subcategory: int = 0

    @staticmethod
    def parse(text: str) -> Quality:
        """Decode ``3.8.0``; raises `BadValue` (``cim.quality``) for any other form."""
        if len(text) > 32:
            raise BadValue(f"{text[:32]!r}… is not a quality code: {WHAT}", rule=RULE)
        return _parsed(text)

    @property
    def text(self) -> str:
        """The code as dotted text."""
        return f"{int(self.system)}.{int(self.category)}.{self.subcategory}"

    def __str__(self) -> str:
        return self.text

    @property
    def is_good(self) -> bool:
        """Whether it says that the value is valid."""
        return self.category == Category.valid

    @property
    def description(self) -> str:
        """``meterDataManagement estimated: estimated``; unknown numbers stand as numbers."""
        system = self.system.name if isinstance(self.system, IntEnum) else f"system{self.system}"
        category = self.category.name if isinstance(self.category, IntEnum) else f"category{self.category}"
        rule = f"estimated by rule {self.subcategory}" if self.category == Category.estimated else ""
        what = SUBCATEGORIES.get((int(self.category), self.subcategory)) or rule or f"subcategory {self.subcategory}"
        return f"{system} {category}: {what}"


_SYSTEMS = {int(member): member for member in System}
_CATEGORIES = {int(member): member for member in Category}


@lru_cache(maxsize=4096)
def _parsed(text: str) -> Quality:
    if _FORM.fullmatch(text) is None:
        raise BadValue(f"{text!r} is not a quality code: {WHAT}", rule=RULE)
    system, category, subcategory = map(int, text.split("."))
    return Quality(_SYSTEMS.get(system, system), _CATEGORIES.get(category, category), subcategory)
