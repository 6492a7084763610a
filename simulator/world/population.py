"""Grown markets: any number of connection points from a seed, each made when it is first asked for and found without
an index over all of them: what a point is found by leads straight back to its number.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import chain, islice
from typing import overload

from simulator.base.draw import Draw
from simulator.world.defaults import nmi_ranges
from simulator.world.growth import FLATS, Growth, Part, address_of
from simulator.world.model import ConnectionPoint
from simulator.world.numbering import MOST_GROWN, Numbering
from simulator.world.places import Place, Streets, places
from simulator.world.search import Key
from simulator.world.world import Base

KEPT = 131_072
"""Points kept once made. Of more, those not asked for longest are made again when needed: the same again."""


def grown_base(
    points: Iterable[ConnectionPoint], growths: Sequence[Growth], seed: int, parties: Mapping[str, Iterable[str]]
) -> Base:
    """The base of a story: hand-written points first, then what grows. No NMI comes twice."""
    written = Base(points, parties)
    if not growths:
        return written
    population = Population(written, growths, Draw(seed))
    return Base.over(population, parties, population.find)


class Population(Mapping[str, ConnectionPoint]):
    """Hand-written points and grown ones, by NMI. Raises `ValueError` for more than `MOST_GROWN`."""

    __slots__ = (
        "_aside",
        "_count",
        "_draw",
        "_numbering",
        "_parts",
        "_point",
        "_prefixes",
        "_search",
        "_streets",
        "_written",
    )

    def __init__(self, written: Base, growths: Sequence[Growth], draw: Draw) -> None:
        self._written = written
        self._draw = draw
        self._numbering = Numbering(draw)
        self._streets = Streets(draw)
        self._parts = tuple(_parts(growths, written.declared))
        self._count = self._parts[-1].stop if self._parts else 0
        if self._count > MOST_GROWN:
            raise ValueError(f"a population of {self._count} is more than {MOST_GROWN}")
        self._prefixes = dict(_prefixes(self._parts))
        self._aside = self._step_aside()
        self._point: Callable[[str], ConnectionPoint] = lru_cache(KEPT)(self._grow)
        self._search: _Search | None = None

    # The mapping

    def __len__(self) -> int:
        return len(self._written.points) + self._count

    def __iter__(self) -> Iterator[str]:
        yield from self._written.points
        yield from map(self.nmi, range(self._count))

    def __getitem__(self, nmi: str) -> ConnectionPoint:
        return self._written.points.get(nmi) or self._point(nmi)

    def __contains__(self, nmi: object) -> bool:
        return isinstance(nmi, str) and (nmi in self._written.points or self.number(nmi) is not None)

    @property
    def written(self) -> Collection[ConnectionPoint]:
        """The hand-written points."""
        return self._written.points.values()

    def at(self, place: int) -> str:
        """The NMI at a place in the order of iteration, without going through those before it."""
        written = self._written.points
        return next(islice(written, place, None)) if place < len(written) else self.nmi(place - len(written))

    def place(self, nmi: str) -> int | None:
        """The place of a NMI in the order of iteration; None for one that is not here."""
        written = self._written.points
        if nmi in written:
            return list(written).index(nmi)
        number = self.number(nmi)
        return None if number is None else len(written) + number

    # Numbers

    def nmi(self, number: int) -> str:
        """The NMI of a grown point."""
        return self._aside.get(number) or self._usual(number)

    def number(self, nmi: str) -> int | None:
        """The number of a grown point; None for any other NMI."""
        number = self._numbering.of_nmi(nmi)
        if number is None:
            return None
        if number >= MOST_GROWN:
            return next((moved for moved, given in self._aside.items() if given == nmi), None)
        return number if number < self._count and self.nmi(number) == nmi else None

    def _usual(self, number: int) -> str:
        place, _, _ = self._part(number).whereabouts(number)
        return self._numbering.nmi(self._prefixes[place], number)

    def _part(self, number: int) -> Part:
        return next(part for part in self._parts if number < part.stop)

    def _step_aside(self) -> dict[int, str]:
        """Points whose NMI a hand-written one has, and the NMI they get instead: the next beyond all others."""
        taken, moved, spare = self._written.points, {}, MOST_GROWN
        for nmi in taken:
            number = self._numbering.of_nmi(nmi)
            if number is None or number >= self._count or self._usual(number) != nmi:
                continue
            prefix = self._prefixes[self._part(number).whereabouts(number)[0]]
            while (other := self._numbering.nmi(prefix, spare)) in taken:
                spare += 1
            moved[number] = other
            spare += 1
        return moved

    def _grow(self, nmi: str) -> ConnectionPoint:
        number = self.number(nmi)
        if number is None:
            raise KeyError(nmi)
        part = self._part(number)
        place, street, position = part.whereabouts(number)
        delivery_point = self._numbering.delivery_point(number)
        address = address_of(place, self._streets.street(place, street), position, delivery_point)
        chance = self._draw.of("point", str(number))
        return part.point(nmi, place, address, self._numbering.serial(number), chance)

    # Searching

    def find(self, key: Key) -> Sequence[str]:
        """NMIs of a search key (`simulator.world.search`), hand-written ones first."""
        kind, text = key
        written = self._written.find(key)
        if kind == "meter":
            return [*written, *self._of_meter(text)]
        if kind == "delivery point":
            return [*written, *self._of_delivery_point(text)]
        if self._search is None:
            self._search = _Search(self._parts, self._streets)
        return _Postings(written, self._search.find(key), self.nmi)

    @property
    def prepared(self) -> bool:
        """Whether the index over streets is built."""
        return self._search is not None

    def prepare(self) -> None:
        """Build the index over streets before it is asked for. Safe in a thread of its own: it grows streets of its
        own, the same as everybody's, and puts the finished index in place in one step."""
        if self._search is None:
            self._search = _Search(self._parts, Streets(self._draw))

    def _of_meter(self, serial: str) -> Iterator[str]:
        number = self._numbering.of_serial(serial)
        if number is not None and number < self._count:
            nmi = self.nmi(number)
            if self._point(nmi).meters[0].serial == serial:
                yield nmi

    def _of_delivery_point(self, text: str) -> Iterator[str]:
        number = self._numbering.of_delivery_point(text)
        if number is not None and number < self._count:
            yield self.nmi(number)


def _parts(growths: Iterable[Growth], declared: Mapping[str, str]) -> Iterator[Part]:
    first, living = 0, dict.fromkeys(places(), 0)
    for growth in growths:
        part = Part(growth, first, living[growth.jurisdiction], declared)
        first = part.stop
        living[growth.jurisdiction] += growth.count
        yield part


def _prefixes(parts: Iterable[Part]) -> Iterator[tuple[Place, str]]:
    """Each place and the NMI prefix it has: a distributor's ranges go round its places."""
    of_network: dict[tuple[str, str], list[str]] = {}
    for prefix, (state, network) in nmi_ranges().items():
        of_network.setdefault((state, network), []).append(prefix)
    for part in parts:
        seen: dict[str, int] = {}
        for place in part.places:
            turn = seen[place.network] = seen.get(place.network, -1) + 1
            ranges = of_network[place.state, place.network]
            yield place, ranges[turn % len(ranges)]


class _Search:
    """Where streets, buildings, suburbs and post codes are: an index over streets, not over points."""

    __slots__ = ("_found",)

    def __init__(self, parts: Iterable[Part], streets: Streets) -> None:
        self._found: dict[Key, list[range]] = {}
        for part in parts:
            for number, place in enumerate(part.places):
                there = part.of_place(number)
                self._note("suburb", place.suburb, there)
                self._note("postcode", place.postcode, there)
                self._note_streets(part, number, place, streets)

    def _note_streets(self, part: Part, number: int, place: Place, streets: Streets) -> None:
        for each in part.streets():
            street = streets.street(place, each)
            self._note("street", street.name, part.of_street(number, each))
            if street.building is not None:
                self._note("building", street.building, part.of_street(number, each, FLATS))

    def _note(self, kind: str, text: str, numbers: range) -> None:
        if numbers:
            self._found.setdefault((kind, text), []).append(numbers)

    def find(self, key: Key) -> Sequence[range]:
        return self._found.get(key, ())


class _Postings(Sequence[str]):
    """NMIs of many points, each written out when it is looked at."""

    __slots__ = ("_first", "_name", "_ranges")

    def __init__(self, first: Sequence[str], ranges: Sequence[range], name: Callable[[int], str]) -> None:
        self._first, self._ranges, self._name = first, ranges, name

    def __len__(self) -> int:
        return len(self._first) + sum(map(len, self._ranges))

    def __iter__(self) -> Iterator[str]:
        yield from self._first
        yield from map(self._name, chain.from_iterable(self._ranges))

    @overload
    def __getitem__(self, index: int) -> str: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[str]: ...
    def __getitem__(self, index: int | slice) -> str | Sequence[str]:
        return list(self)[index]
