"""Where grown markets stand: real suburbs with state and post code, and streets grown from a seed.

Suburb, state and post code are facts collected for this table; which distributor serves a place is recalled (R).
Names of streets and buildings are Faker's (locale ``en_AU``), seeded street by street: the order in which streets are
asked for changes none of them. Another version of Faker may have other names.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

import msgspec

from simulator.base.draw import Draw

if TYPE_CHECKING:
    from faker import Faker

STREET_TYPES = ("ST", "ST", "ST", "RD", "RD", "DR", "CT", "CR", "PL", "TCE", "WAY", "AV")
BUILDING_KINDS = ("HOUSE", "COURT", "GARDENS", "TOWERS", "LODGE", "TERRACE")
_REDRAWN = 4
"""So often a name that a place has already is drawn again; after that, a street gets two names."""


class Place(msgspec.Struct, frozen=True, eq=False):
    """A suburb. ``network`` is the participant id of its distributor. There is one value of each place."""

    suburb: str
    state: str
    postcode: str
    network: str


class Street(msgspec.Struct, frozen=True):
    """A street of a place. One with a ``building`` has flats in its first house."""

    name: str
    kind: str
    first_number: int
    building: str | None = None


@cache
def places() -> Mapping[str, tuple[Place, ...]]:
    """State → its places, from the package's table."""
    text = files("simulator.world").joinpath("data/places.csv").read_text("utf-8")
    found: dict[str, tuple[Place, ...]] = {}
    for row in csv.reader(text.splitlines()[1:]):
        place = Place(*row)
        found[place.state] = (*found.get(place.state, ()), place)
    return found


class Streets:
    """The streets of every place, each made when first asked for."""

    __slots__ = ("_draw", "_faker", "_made", "_names")

    def __init__(self, draw: Draw) -> None:
        self._draw = draw
        self._faker: Faker | None = None
        self._made: dict[Place, list[Street]] = {}
        self._names: dict[Place, set[str]] = {}

    def street(self, place: Place, number: int) -> Street:
        """The street of that number, from 0. Those before it are made first, so that no name comes twice."""
        made = self._made.setdefault(place, [])
        while len(made) <= number:
            made.append(self._make(place, len(made)))
        return made[number]

    def _make(self, place: Place, number: int) -> Street:
        chance = self._draw.of("street", place.suburb, place.state, place.postcode, str(number))
        faker = self._seeded(chance.below(2**32))
        name = self._new_name(faker, place, number)
        kind, first_number = chance.choice(STREET_TYPES), 1 + chance.below(60)
        if chance.below(3):
            return Street(name, kind, first_number)
        return Street(name, kind, first_number, f"{_plain(faker.last_name())} {chance.choice(BUILDING_KINDS)}")

    def _new_name(self, faker: Faker, place: Place, number: int) -> str:
        taken = self._names.setdefault(place, set())
        for attempt in range(_REDRAWN):
            name = _plain(faker.last_name() if attempt < _REDRAWN - 1 else f"{faker.first_name()} {faker.last_name()}")
            if name not in taken:
                break
        else:
            name = f"{name} {number}"
        taken.add(name)
        return name

    def _seeded(self, seed: int) -> Faker:
        if self._faker is None:
            from faker import Faker  # noqa: PLC0415 - slow to import, and only grown markets need it

            self._faker = Faker("en_AU")
        self._faker.seed_instance(seed)
        return self._faker


def _plain(name: str) -> str:
    """Capitals and blanks only, as MSATS shows addresses."""
    return "".join(letter for letter in name.upper() if letter.isascii() and (letter.isalpha() or letter == " "))
