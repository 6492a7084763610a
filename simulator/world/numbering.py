"""Numbers of grown things, scattered so that neighbours do not look alike, and read back without a table.

The ``n``-th point of a grown market has a NMI, a meter serial number and a delivery point that are one-to-one with
``n``: none comes twice, and each leads straight back to its point.
"""

from __future__ import annotations

from simulator.base.draw import Draw
from simulator.world.defaults import nmi_ranges

MOST_GROWN = 900_000
"""Points one market can grow. The smallest NMI range has a million numbers; those above step in for NMIs taken."""
_NMI_LENGTH, _SERIAL_LENGTH = 10, 8
_FIRST_DELIVERY_POINT, _DELIVERY_POINTS = 10**7, 9 * 10**7
_MULTIPLIERS = (179_424_673, 373_587_883, 472_882_027, 573_259_391, 694_847_533)
"""Primes: without a factor in common with any size below."""


class Scatter:
    """A one-to-one walk through ``range(size)``, another one for another seed."""

    __slots__ = ("_add", "_back", "_multiply", "size")

    def __init__(self, size: int, draw: Draw, name: str) -> None:
        chance = draw.of("scatter", name)
        self.size = size
        self._multiply = chance.choice(_MULTIPLIERS)
        self._add = chance.below(size)
        self._back = pow(self._multiply, -1, size)

    def forth(self, number: int) -> int:
        """Where a number goes."""
        return (number * self._multiply + self._add) % self.size

    def back(self, scattered: int) -> int:
        """The number that went there."""
        return (scattered - self._add) * self._back % self.size


class Numbering:
    """The numbers of one grown market."""

    __slots__ = ("_delivery_points", "_prefixes", "_serials")

    def __init__(self, draw: Draw) -> None:
        self._prefixes = {
            prefix: Scatter(10 ** (_NMI_LENGTH - len(prefix)), draw, f"nmi {prefix}") for prefix in nmi_ranges()
        }
        self._serials = Scatter(10**_SERIAL_LENGTH, draw, "serial")
        self._delivery_points = Scatter(_DELIVERY_POINTS, draw, "delivery point")

    def nmi(self, prefix: str, number: int) -> str:
        """The NMI of that number in the range of a prefix (`nmi_ranges`)."""
        return f"{prefix}{self._prefixes[prefix].forth(number):0{_NMI_LENGTH - len(prefix)}}"

    def of_nmi(self, nmi: str) -> int | None:
        """The number that a NMI would have; None when it is in no range."""
        for length in (4, 3, 2):
            scatter = self._prefixes.get(nmi[:length])
            if scatter is not None:
                rest = nmi[length:]
                return scatter.back(int(rest)) if len(nmi) == _NMI_LENGTH and _digits(rest) else None
        return None

    def serial(self, number: int) -> str:
        """The digits of a meter serial number."""
        return f"{self._serials.forth(number):0{_SERIAL_LENGTH}}"

    def of_serial(self, serial: str) -> int | None:
        """The number of a meter serial number, from its last digits."""
        digits = serial[-_SERIAL_LENGTH:]
        return self._serials.back(int(digits)) if len(digits) == _SERIAL_LENGTH and _digits(digits) else None

    def delivery_point(self, number: int) -> str:
        """A delivery point identifier."""
        return str(_FIRST_DELIVERY_POINT + self._delivery_points.forth(number))

    def of_delivery_point(self, text: str) -> int | None:
        """The number of a delivery point identifier."""
        digits = int(text) if len(text) == 8 and _digits(text) else 0
        return self._delivery_points.back(digits - _FIRST_DELIVERY_POINT) if digits >= _FIRST_DELIVERY_POINT else None


def _digits(text: str) -> bool:
    return text.isascii() and text.isdigit()
