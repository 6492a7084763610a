"""The machine: a request that was read becomes an answer that is made piece by piece over a snapshot."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from simulator.base.draw import Draw
from simulator.base.turn import Turn
from simulator.cim.definitions import quality_definition, type_definition
from simulator.cim.model import GetMeterReadings, Identified, MeterReading, QualityDefinition, TypeDefinition
from simulator.netstream.directory import Directory
from simulator.netstream.events import ReadingsReported
from simulator.netstream.local_time import zone
from simulator.netstream.model import Client, Given
from simulator.netstream.request import Asked, judged
from simulator.netstream.switches import NetstreamSwitches
from simulator.netstream.tokens import Issuer
from simulator.world.metering import Metering


class Answer:
    """A MeterReadings whose readings are made as they are asked for; definitions are known when they are all made.

    Has the members of `simulator.cim.model.MeterReadings`, for its writers.
    """

    end_device_event_types: tuple[Identified, ...] = ()

    def __init__(self, readings: Iterator[MeterReading]) -> None:
        first = next(readings, None)
        self.meter_readings = () if first is None else self._noted(first, readings)
        self._types: dict[str, None] = {}
        self._qualities: dict[str, None] = {}

    def _noted(self, first: MeterReading, others: Iterator[MeterReading]) -> Iterator[MeterReading]:
        self._note(first)
        yield first
        for reading in others:
            self._note(reading)
            yield reading

    def _note(self, reading: MeterReading) -> None:
        for block in reading.interval_blocks:
            self._types.setdefault(block.reading_type)
            self._qualities.update((note.code, None) for kind in block.remarks.kinds for note in kind.qualities)
        for single in reading.readings:
            self._types.setdefault(single.reading_type)
            self._qualities.update((note.code, None) for note in single.qualities)

    @property
    def reading_types(self) -> tuple[TypeDefinition, ...]:
        """Definitions of the reading types so far."""
        return tuple(map(type_definition, self._types))

    @property
    def reading_quality_types(self) -> tuple[QualityDefinition, ...]:
        """Definitions of the quality codes so far."""
        return tuple(map(quality_definition, self._qualities))


class Netstream:
    """Netstream as one simulation has it."""

    def __init__(self, given: Given, metering: Metering, switches: NetstreamSwitches, draw: Draw) -> None:
        self.given = given
        self.switches = switches
        self.metering = metering
        self.directory = Directory(given, metering.world, metering.exchanged())
        self.issuer = Issuer(given.tenant, draw, given.audience)

    def begin(self, turn: Turn) -> None:
        """Late readings are to be told of when they arrive."""
        for number, late in enumerate(self.metering.late()):
            if late.reported is not None and late.reported > turn.now:
                turn.schedule(late.reported, "netstream", "reported", str(number))

    def fire(self, turn: Turn, kind: str, key: str) -> None:
        """They arrive."""
        late = self.metering.late()[int(key)]
        turn.emit(ReadingsReported(turn.now, late.nmi, late.start, late.end, late.suffix))

    def read(self, request: GetMeterReadings, client: Client, now: datetime) -> Answer:
        """The readings asked for; raises `simulator.netstream.request.NotAnswered`."""
        asked = judged(request, client, self.directory, self.switches, now)
        return Answer(self._readings(asked, now))

    def _readings(self, asked: Asked, now: datetime) -> Iterator[MeterReading]:
        from simulator.netstream.readings import Maker  # noqa: PLC0415 - brings numpy, which only answers need

        visible = now - timedelta(minutes=self.switches.reporting_delay)
        maker = Maker(self.metering, self.directory, self.switches, self.metering.snapshot(visible))
        for subject in asked.subjects:
            where = zone("market" if self.switches.local_time == "market" else self.directory.zone(subject.point))
            found = maker.meter_reading(subject, asked.types, asked.stretches(where), where)
            if found is not None:
                yield found
