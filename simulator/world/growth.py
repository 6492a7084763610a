"""What grows: connection points by kind and share, and the standing data each gets.

The ``n``-th point depends on the seed and ``n`` alone, never on who else was asked for, nor on how many there are.
What is left open is `PLAUSIBLE`: a market to test with, not AEMO's figures.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from itertools import accumulate
from typing import Generic, TypeVar

import msgspec

from simulator.base.draw import Chance
from simulator.world.defaults import PLAYED, Default
from simulator.world.model import Address, ConnectionPoint, DataStream, Meter, Register, RoleAssignment
from simulator.world.places import Place, Street, places

T = TypeVar("T")
Shares = tuple[tuple[str, int], ...]
"""(value, weight): how many of each there are, in proportion."""

PLAUSIBLE = (
    Default("grown.meters", "Installation types in Victoria", "VICAMI 90, COMMS4D 7, BASIC 3"),
    Default("grown.meters", "Installation types elsewhere", "COMMS4D 45, BASIC 45, MRIM 10"),
    Default("grown.registers", "Registers of an interval meter", "E1 65, E1 and B1 25, E1 and E2 10"),
    Default("grown.registers", "Registers of an accumulation meter", "11 80, 11 and 41 20"),
    Default("grown.customers", "Customer classes", "RESIDENTIAL 88, BUSINESS 12; businesses LOW 80, MEDIUM 15, HIGH 5"),
    Default("grown.next-read", "Next scheduled read of a meter read on foot", "1 to 91 days after the beginning"),
    Default("grown.streets", "Points of a street", "48; in one street of three the first 12 are flats of one house"),
)


class Growth(msgspec.Struct, frozen=True):
    """So many connection points of one kind; what is left empty is plausible.

    ``roles``: role → its holders by share; a role not named has the holder a hand-written point would have.
    ``beginning`` is the day the story begins; without one, no read is scheduled.
    """

    count: int
    jurisdiction: str
    roles: Mapping[str, Shares] = msgspec.field(default_factory=dict)
    classifications: Shares = (("SMALL", 1),)
    statuses: Shares = (("A", 1),)
    installation_types: Shares = ()
    customer_classes: Shares = (("RESIDENTIAL", 88), ("BUSINESS", 12))
    beginning: date | None = None


class _Weighted(Generic[T]):
    """Values that come up by their weights."""

    __slots__ = ("_sums", "_values")

    def __init__(self, values: Sequence[tuple[T, int]]) -> None:
        self._values = tuple(value for value, _ in values)
        self._sums = tuple(accumulate(weight for _, weight in values))

    def pick(self, chance: Chance) -> T:
        if len(self._values) == 1:
            return self._values[0]
        return self._values[bisect_right(self._sums, chance.below(self._sums[-1]))]


STREET, FLATS, TWIN = 48, 12, 16
"""Points of a street; how many of them are flats, where there are any; every 16th house shares its number with the one
before, and has the suffix A."""
_VICTORIAN: Shares = (("VICAMI", 90), ("COMMS4D", 7), ("BASIC", 3))
_ELSEWHERE: Shares = (("COMMS4D", 45), ("BASIC", 45), ("MRIM", 10))
_READ_TYPES = {"BASIC": "MV3M", "MRIM": "MV3", "VICAMI": "RWDC"}
_INTERVALS = {"VICAMI": 30, "MRIM": 30}
_SERIAL_LETTERS = {"BASIC": "B", "MRIM": "R", "VICAMI": "V"}
_THRESHOLDS = _Weighted((("LOW", 80), ("MEDIUM", 15), ("HIGH", 5)))

_E1, _B1, _E2 = Register("E1", "E1"), Register("B1", "B1"), Register("E2", "E2", controlled_load="YES")
_ALL_DAY = Register("11", "11", time_of_day="ALLDAY", dial_format="5.0", consumption_type="Cumulative")
_CONTROLLED = Register(
    "41", "41", time_of_day="CONTROLLED", dial_format="5.0", controlled_load="YES", consumption_type="Cumulative"
)
_Installed = tuple[tuple[Register, ...], tuple[DataStream, ...]]


def _installed(kind: str, profile: str, *registers: Register) -> tuple[_Installed, ...]:
    """The same registers, with the data streams of four sizes of customers."""
    sizes = (6, 12, 18, 30)
    return tuple(
        (registers, tuple(DataStream(each.suffix, kind, profile, size) for each in registers)) for size in sizes
    )


_INTERVAL_METERS = _Weighted(
    (
        (_installed("Interval", "NOPROF", _E1), 65),
        (_installed("Interval", "NOPROF", _E1, _B1), 25),
        (_installed("Interval", "NOPROF", _E1, _E2), 10),
    )
)
_ACCUMULATION_METERS = _Weighted(
    (
        (_installed("Consumption", "NSLP", _ALL_DAY), 80),
        (_installed("Consumption", "NSLP", _ALL_DAY, _CONTROLLED), 20),
    )
)


class Part:
    """One growth within a population: its points are the numbers from ``first`` to before ``stop``.

    Points go round the places of the state, and within a place along its streets.
    """

    __slots__ = (
        "_classes",
        "_first",
        "_growth",
        "_kinds",
        "_meters",
        "_only",
        "_origin",
        "_rows",
        "_several",
        "_statuses",
        "places",
        "state",
        "stop",
    )

    def __init__(self, growth: Growth, first: int, before: int, declared: Mapping[str, str]) -> None:
        """``before`` points of other growths live in this state already: the streets go on where they end."""
        self._first, self._origin, self.stop = first, first - before, first + growth.count
        self.state = growth.jurisdiction
        self.places = places()[self.state]
        self._growth = growth
        self._kinds = _Weighted(growth.classifications)
        self._statuses = _Weighted(growth.statuses)
        self._classes = _Weighted(growth.customer_classes)
        usual = _VICTORIAN if self.state == "VIC" else _ELSEWHERE
        self._meters = _Weighted(growth.installation_types or usual)
        holders = _holders(growth, declared)
        self._only = {role: shares[0][0] for role, shares in holders.items() if len(shares) == 1}
        self._several = {role: _Weighted(shares) for role, shares in holders.items() if len(shares) > 1}
        self._rows: dict[tuple[str, ...], tuple[RoleAssignment, ...]] = {}

    def whereabouts(self, number: int) -> tuple[Place, int, int]:
        """The place of a point, the number of its street there, and its turn in that street."""
        turn, place = divmod(number - self._origin, len(self.places))
        street, position = divmod(turn, STREET)
        return self.places[place], street, position

    def streets(self) -> range:
        """The numbers of the streets its points are in, in some place or other."""
        around = STREET * len(self.places)
        return range((self._first - self._origin) // around, (self.stop - 1 - self._origin) // around + 1)

    def of_place(self, place: int) -> range:
        """The points of a place."""
        return self._turns(place, 0, self.stop)

    def of_street(self, place: int, street: int, positions: int = STREET) -> range:
        """The points of a street of a place; ``positions`` only counts the first of them."""
        return self._turns(place, street * STREET, street * STREET + positions)

    def _turns(self, place: int, begin: int, end: int) -> range:
        around = len(self.places)
        origin = self._origin + place
        start = max(origin + begin * around, self._first + (origin - self._first) % around)
        return range(start, max(start, min(origin + end * around, self.stop)), around)

    def point(self, nmi: str, place: Place, address: Address, serial: str, chance: Chance) -> ConnectionPoint:
        """A point with all its standing data. What is drawn is drawn in a fixed order."""
        installation, customer = self._meters.pick(chance), self._classes.pick(chance)
        metered = _ACCUMULATION_METERS if installation == "BASIC" else _INTERVAL_METERS
        registers, streams = chance.choice(metered.pick(chance))
        return ConnectionPoint(
            nmi,
            place.state,
            self._kinds.pick(chance),
            self._statuses.pick(chance),
            address=address,
            customer_class=customer,
            customer_threshold=_THRESHOLDS.pick(chance) if customer == "BUSINESS" else "LOW",
            roles=self._roles(place.network, chance),
            data_streams=streams,
            meters=(self._meter(installation, serial, registers, chance),),
        )

    def _roles(self, network: str, chance: Chance) -> tuple[RoleAssignment, ...]:
        parties = (network, *(holders.pick(chance) for holders in self._several.values()))
        rows = self._rows.get(parties)
        if rows is None:
            held = {"LNSP": network} | self._only | dict(zip(self._several, parties[1:], strict=True))
            rows = tuple(RoleAssignment(role, party) for role, party in held.items())
            self._rows[parties] = rows
        return rows

    def _meter(self, installation: str, serial: str, registers: tuple[Register, ...], chance: Chance) -> Meter:
        next_read = None
        if installation in ("BASIC", "MRIM") and self._growth.beginning is not None:
            next_read = self._growth.beginning + timedelta(days=1 + chance.below(91))
        return Meter(
            f"{_SERIAL_LETTERS.get(installation, 'S')}{serial}",
            registers,
            installation,
            _READ_TYPES.get(installation, "RWDA"),
            _INTERVALS.get(installation, 5),
            next_scheduled_read=next_read,
        )


def _holders(growth: Growth, declared: Mapping[str, str]) -> dict[str, Shares]:
    """Role → its holders: as given, else as a hand-written point has them; the distributor goes by the place."""
    held = dict(growth.roles)
    for role, played in PLAYED.items():
        if role not in held and (role != "LNSP" or role in declared):
            held[role] = ((declared.get(role, played), 1),)
    return held


def address_of(place: Place, street: Street, position: int, delivery_point: str) -> Address:
    """The address of a point by its turn in a street."""
    number, suffix, flat, building = street.first_number, None, None, None
    if street.building is not None and position < FLATS:
        flat, building = str(position + 1), street.building
    elif street.building is not None:
        number += position - FLATS + 1
    else:
        twins, turn = divmod(position, TWIN)
        number += position - twins - (turn == TWIN - 1)
        suffix = "A" if turn == TWIN - 1 else None
    return Address(
        place.suburb,
        place.state,
        place.postcode,
        str(number),
        suffix,
        street.name,
        street.kind,
        None if flat is None else "U",
        flat,
        None,
        building,
        delivery_point,
    )
