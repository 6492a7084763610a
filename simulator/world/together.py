"""Readings made of those of two directions, interval by interval: apparent, net and total energy. Needs numpy.

A meter that has both registers has these as well. Sums over longer periods are sums of these.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from types import MappingProxyType

import numpy as np

from simulator.cim.series import MISSING
from simulator.world.irregularities import Condition
from simulator.world.profiles import Integers
from simulator.world.stretch import Stretch, added, cut


def _root(one: Integers, other: Integers) -> Integers:
    squares = one.astype(np.float64) ** 2 + other.astype(np.float64) ** 2
    found: Integers = np.floor(np.sqrt(squares) + 0.5).astype(np.int64)
    return found


def _less(one: Integers, other: Integers) -> Integers:
    return one - other


def _more(one: Integers, other: Integers) -> Integers:
    return one + other


_MADE: MappingProxyType[str, Callable[[Integers, Integers], Integers]] = MappingProxyType(
    {"apparent": _root, "net": _less, "total": _more}
)


def together(made: str, one: Stretch | None, other: Stretch | None) -> Stretch | None:
    """Readings of one and the other, where there are both.

    ``apparent``: VAh of Wh and VArh, the root of the sum of their squares. ``net``: what came from the grid less what
    went into it. ``total``: their sum.
    """
    if one is None or other is None:
        return None
    first = max(one.first, other.first)
    last = min(each.first + each.minutes * len(each.numbers) for each in (one, other))
    parts = [cut(each, first, last) for each in (one, other)]
    total = added(parts, 2)
    if total is None or first >= last:
        return None
    numbers = [part.finer(total.decimals).numbers for part in parts]
    there = (numbers[0] != MISSING) & (numbers[1] != MISSING)
    found = _MADE[made](*(np.where(there, each, 0) for each in numbers))
    if there.all():
        return replace(total, numbers=found)
    null = Condition("Null", "N")
    kinds = total.kinds if null in total.kinds else (*total.kinds, null)
    states = np.zeros(len(found), dtype=np.int16) if total.states is None else total.states
    states = np.where(there, states, kinds.index(null)).astype(np.int16)
    return replace(total, numbers=np.where(there, found, MISSING), kinds=kinds, states=states)
