"""The only place that keeps meter readings: as loaded, by NMI; the newest version of a key holds, the rest is history.

What is kept are the values of meter data files themselves (`simulator.asexml.mdff_model`). A day's values stay the one
text they came as (a 5-minute day as 288 decimals would weigh twenty times as much), deflated while nobody asks. Of
versions that a newer one replaced only the latest are kept; what was replaced before them is counted.
"""

from __future__ import annotations

import zlib
from collections import deque
from collections.abc import Container, Iterator, Mapping, Sequence
from datetime import date, datetime

import msgspec
from msgspec.structs import replace

from simulator.asexml.mdff_model import Accumulation, IntervalDay, LegacyConsumption, NmiDataDetails
from simulator.base.clock import MARKET_ZONE

Reading = IntervalDay | Accumulation | LegacyConsumption
Key = tuple[str, date]
"""Suffix, and the market day a reading is of or begins on: what a newer version of a reading replaces."""
REPLACED_KEPT = 1_000
"""So many versions that a newer one replaced are kept, the latest (``assume.versions-kept``)."""
_OLDEST = datetime(1, 1, 2, tzinfo=MARKET_ZONE)
_SHORT = 100


class Packed(msgspec.Struct, frozen=True, gc=False):
    """A day whose text is deflated."""

    day: IntervalDay
    text: bytes


Held = Packed | Accumulation | LegacyConsumption | IntervalDay


def unpacked(held: Held) -> Reading:
    """A reading as it came."""
    if isinstance(held, Packed):
        return replace(held.day, text=zlib.decompress(held.text).decode())
    return held


def version(reading: Held) -> datetime:
    """When the metering data provider made it; the oldest time there is where it does not say."""
    if isinstance(reading, Packed):
        reading = reading.day
    made = reading.version if isinstance(reading, LegacyConsumption) else reading.updated_at
    return made or _OLDEST


def key(reading: Reading) -> Key:
    """What a newer version of this reading replaces."""
    if isinstance(reading, IntervalDay):
        return reading.suffix, reading.date
    if isinstance(reading, Accumulation):
        return reading.suffix, reading.previous.read_at.date()
    return reading.suffix, reading.from_date


class Readings:
    """All readings of one simulation. ``evicted`` counts the replaced versions that made room, ``known_from`` is when
    the last of them was replaced: as of earlier moments not everything is known."""

    __slots__ = ("_details", "_loads", "_of", "_replaced", "evicted", "known_from")

    def __init__(self) -> None:
        self._of: dict[str, dict[Key, tuple[Held, ...]]] = {}
        self._loads: dict[str, dict[int, datetime]] = {}
        """NMI → which, by its ``id``, was loaded when, of all that was loaded in the course of time and is kept."""
        self._replaced: deque[tuple[str, Key, datetime | None]] = deque()
        self._details: dict[NmiDataDetails, NmiDataDetails] = {}
        self.evicted = 0
        self.known_from: datetime | None = None

    def load(self, readings: Sequence[Reading], at: datetime | None = None) -> None:
        """Take readings over, at a market time or (None) from the beginning. What a NMI had is replaced, never
        changed: who looks at it still sees what it was."""
        fresh: dict[str, dict[Key, tuple[Held, ...]]] = {}
        for reading in readings:
            keyed = fresh.get(reading.nmi)
            if keyed is None:
                keyed = fresh[reading.nmi] = dict(self._of.get(reading.nmi, ()))
            place, held = key(reading), self._packed(reading)
            older = keyed.get(place)
            if older is None:
                keyed[place] = (held,)
            else:
                keyed[place] = _by_version(older, held)
                self._replaced.append((reading.nmi, place, at))
            if at is not None:
                self._loads.setdefault(reading.nmi, {})[id(held)] = at
        while len(self._replaced) > REPLACED_KEPT:
            nmi, place, replaced = self._replaced.popleft()
            keyed = fresh.get(nmi)
            if keyed is None:
                keyed = fresh[nmi] = dict(self._of[nmi])
            self._let_go(keyed, nmi, place, replaced)
        self._of.update(fresh)

    def _packed(self, reading: Reading) -> Held:
        """As it is kept: days of one register share what is said of it."""
        if not isinstance(reading, IntervalDay):
            return reading
        details = self._details.setdefault(reading.details, reading.details)
        if len(reading.text) < _SHORT:
            return reading if reading.details is details else replace(reading, details=details)
        return Packed(replace(reading, details=details, text=""), zlib.compress(reading.text.encode(), 1))

    def _let_go(self, keyed: dict[Key, tuple[Held, ...]], nmi: str, place: Key, replaced: datetime | None) -> None:
        """The oldest version of a key makes room."""
        gone, *stay = keyed[place]
        keyed[place] = tuple(stay)
        self._loads.get(nmi, {}).pop(id(gone), None)
        self.evicted += 1
        if replaced is not None:
            self.known_from = replaced

    def as_at(self, nmi: str, moment: datetime) -> Readings:
        """What was loaded of a NMI up to a moment; where nothing came later, everything there is."""
        later = {which for which, at in self._loads.get(nmi, {}).items() if at > moment}
        if not later:
            return self
        then = Readings()
        kept = ((place, _without(versions, later)) for place, versions in self._of[nmi].items())
        then._of[nmi] = {place: versions for place, versions in kept if versions}
        return then

    def frozen(self) -> Mapping[str, Mapping[Key, tuple[Held, ...]]]:
        """Everything as it stands now, by NMI and key, every version that is kept (`unpacked`); it stays so."""
        return dict(self._of)

    def holding(self, nmi: str, suffix: str, day: date) -> Reading | None:
        """The newest version of a key."""
        versions = self._of.get(nmi, {}).get((suffix, day))
        return unpacked(versions[-1]) if versions else None

    def of(self, nmi: str) -> Iterator[Reading]:
        """The newest version of everything a NMI has, in the order the keys first came."""
        return (unpacked(versions[-1]) for versions in self._of.get(nmi, {}).values())

    def days(self, nmi: str) -> Iterator[IntervalDay]:
        """The interval readings among them."""
        return (reading for reading in self.of(nmi) if isinstance(reading, IntervalDay))

    def accumulations(self, nmi: str) -> Iterator[Accumulation | LegacyConsumption]:
        """The accumulation readings among them."""
        newest = (versions[-1] for versions in self._of.get(nmi, {}).values())
        return (held for held in newest if isinstance(held, (Accumulation, LegacyConsumption)))

    def history(self, nmi: str, suffix: str, day: date) -> tuple[Reading, ...]:
        """Every version of a key that is kept, oldest first."""
        return tuple(map(unpacked, self._of.get(nmi, {}).get((suffix, day), ())))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Readings) and self._of == other._of

    __hash__ = None  # type: ignore[assignment] # it changes


def _without(versions: tuple[Held, ...], which: Container[int]) -> tuple[Held, ...]:
    return tuple(each for each in versions if id(each) not in which)


def _by_version(older: tuple[Held, ...], newer: Held) -> tuple[Held, ...]:
    if version(older[-1]) <= version(newer):
        return (*older, newer)
    return tuple(sorted((*older, newer), key=version))
