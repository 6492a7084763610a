"""The only place that keeps meter readings: as loaded, by NMI; the newest version of a key holds, the rest is history.

What is kept are the values of meter data files themselves (`simulator.asexml.mdff_model`): a day's values stay the one
text they came as (a 5-minute day as 288 decimals would weigh twenty times as much) and become decimals when asked.
"""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping, Sequence
from datetime import date, datetime

from simulator.asexml.mdff_model import Accumulation, IntervalDay, LegacyConsumption
from simulator.base.clock import MARKET_ZONE

Reading = IntervalDay | Accumulation | LegacyConsumption
Key = tuple[str, date]
"""Suffix, and the market day a reading is of or begins on: what a newer version of a reading replaces."""
_OLDEST = datetime(1, 1, 2, tzinfo=MARKET_ZONE)


def version(reading: Reading) -> datetime:
    """When the metering data provider made it; the oldest time there is where it does not say."""
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
    """All readings of one simulation."""

    __slots__ = ("_loads", "_of")

    def __init__(self) -> None:
        self._of: dict[str, dict[Key, tuple[Reading, ...]]] = {}
        self._loads: dict[str, list[tuple[datetime, int]]] = {}
        """NMI → when, and which by its ``id`` (none is ever dropped), of all that was loaded in the course of time."""

    def load(self, readings: Sequence[Reading], at: datetime | None = None) -> None:
        """Take readings over, at a market time or (None) from the beginning. What a NMI had is replaced, never
        changed: who looks at it still sees what it was."""
        fresh: dict[str, dict[Key, tuple[Reading, ...]]] = {}
        for reading in readings:
            keyed = fresh.get(reading.nmi)
            if keyed is None:
                keyed = fresh[reading.nmi] = dict(self._of.get(reading.nmi, ()))
            place = key(reading)
            older = keyed.get(place)
            keyed[place] = (reading,) if older is None else _by_version(older, reading)
            if at is not None:
                self._loads.setdefault(reading.nmi, []).append((at, id(reading)))
        self._of.update(fresh)

    def as_at(self, nmi: str, moment: datetime) -> Readings:
        """What was loaded of a NMI up to a moment; where nothing came later, everything there is."""
        loads = self._loads.get(nmi, ())
        later = {which for at, which in loads if at > moment}
        if not later:
            return self
        then = Readings()
        kept = ((place, _without(versions, later)) for place, versions in self._of[nmi].items())
        then._of[nmi] = {place: versions for place, versions in kept if versions}
        return then

    def frozen(self) -> Mapping[str, Mapping[Key, tuple[Reading, ...]]]:
        """Everything as it stands now, by NMI and key, every version; it stays so."""
        return dict(self._of)

    def holding(self, nmi: str, suffix: str, day: date) -> Reading | None:
        """The newest version of a key."""
        versions = self._of.get(nmi, {}).get((suffix, day))
        return versions[-1] if versions else None

    def of(self, nmi: str) -> Iterator[Reading]:
        """The newest version of everything a NMI has, in the order the keys first came."""
        return (versions[-1] for versions in self._of.get(nmi, {}).values())

    def days(self, nmi: str) -> Iterator[IntervalDay]:
        """The interval readings among them."""
        return (reading for reading in self.of(nmi) if isinstance(reading, IntervalDay))

    def accumulations(self, nmi: str) -> Iterator[Accumulation | LegacyConsumption]:
        """The accumulation readings among them."""
        return (reading for reading in self.of(nmi) if not isinstance(reading, IntervalDay))

    def history(self, nmi: str, suffix: str, day: date) -> tuple[Reading, ...]:
        """Every version of a key, oldest first."""
        return self._of.get(nmi, {}).get((suffix, day), ())

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Readings) and self._of == other._of

    __hash__ = None  # type: ignore[assignment] # it changes


def _without(versions: tuple[Reading, ...], which: Container[int]) -> tuple[Reading, ...]:
    return tuple(each for each in versions if id(each) not in which)


def _by_version(older: tuple[Reading, ...], newer: Reading) -> tuple[Reading, ...]:
    if version(older[-1]) <= version(newer):
        return (*older, newer)
    return tuple(sorted((*older, newer), key=version))
