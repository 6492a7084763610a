"""An answer that is made as it is written: the only place that knows what is told of it when it is complete.

Everything has the members of a value of `simulator.cim.model`, for its writers; a None in a list is a pause, in which
others may be served.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain, islice

from simulator.cim.definitions import quality_definition, type_definition
from simulator.cim.model import (
    EndDeviceEvent,
    Identified,
    Interval,
    IntervalBlock,
    Meter,
    QualityDefinition,
    Reading,
    TypeDefinition,
)


class Mentioned:
    """The reading types and quality codes that an answer has mentioned so far, in order."""

    __slots__ = ("codes", "types")

    def __init__(self) -> None:
        self.types: dict[str, None] = {}
        self.codes: dict[str, None] = {}

    def block(self, block: IntervalBlock) -> IntervalBlock:
        """Note what a block mentions."""
        self.types.setdefault(block.reading_type)
        self.codes.update((note.code, None) for kind in block.remarks.kinds for note in kind.qualities)
        return block

    def reading(self, reading: Reading) -> Reading:
        """Note what a single reading mentions."""
        self.types.setdefault(reading.reading_type)
        self.codes.update((note.code, None) for note in reading.qualities)
        return reading


@dataclass(slots=True)
class Part:
    """A MeterReading whose blocks are made as they are asked for."""

    usage_point: Identified
    meter: Meter | None
    interval_blocks: Iterable[IntervalBlock | None]
    readings: tuple[Reading, ...]
    is_coincident_trigger: bool | None = None
    end_device_events: tuple[EndDeviceEvent, ...] = ()
    values_interval: Interval | None = None


class Answer:
    """A MeterReadings whose readings are made as they are asked for; definitions are known when they are all made."""

    end_device_event_types: tuple[Identified, ...] = ()

    def __init__(self, readings: Iterator[Part | None], mentioned: Mentioned) -> None:
        begun = tuple(islice(readings, 1))  # what goes wrong at once is no answer yet
        self.meter_readings = chain(begun, readings)
        self._mentioned = mentioned

    @property
    def reading_types(self) -> tuple[TypeDefinition, ...]:
        """Definitions of the reading types so far."""
        return tuple(map(type_definition, self._mentioned.types))

    @property
    def reading_quality_types(self) -> tuple[QualityDefinition, ...]:
        """Definitions of the quality codes so far."""
        return tuple(map(quality_definition, self._mentioned.codes))
