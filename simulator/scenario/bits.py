"""Sets of rules as whole numbers: bit n is the rule at place n, so that a thousand are joined and met at once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

FEW = 8
"""So many are put in and taken out one by one."""


def bits(places: Iterable[int]) -> int:
    """The set of these places."""
    found = 0
    many = sorted(places)
    if len(many) <= FEW:
        for place in many:
            found |= 1 << place
        return found
    written = bytearray(many[-1] // 8 + 1)
    for place in many:
        written[place >> 3] |= 1 << (place & 7)
    return int.from_bytes(written, "little")


def places(found: int) -> Iterator[int]:
    """Every place in a set, the lowest first, each when it is asked for."""
    if found.bit_count() > FEW:
        written = f"{found:b}"[::-1]
        at = written.find("1")
        while at >= 0:
            yield at
            at = written.find("1", at + 1)
        return
    while found:
        lowest = found & -found
        yield lowest.bit_length() - 1
        found ^= lowest
