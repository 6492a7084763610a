"""The machine: a request that was read becomes an answer that is made piece by piece over a snapshot."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from simulator.base.draw import Draw
from simulator.base.pausing import Pausing
from simulator.base.turn import Turn
from simulator.cim.model import GetMeterReadings
from simulator.netstream.answer import Answer, Mentioned, Part
from simulator.netstream.directory import Directory
from simulator.netstream.events import ReadingsReported
from simulator.netstream.local_time import zone
from simulator.netstream.model import Client, Given
from simulator.netstream.request import Asked, judged
from simulator.netstream.switches import NetstreamSwitches
from simulator.netstream.tokens import Issuer
from simulator.world.metering import Metering


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

    def read(self, request: GetMeterReadings, client: Client, now: datetime) -> Pausing[Answer]:
        """The readings asked for; raises `simulator.netstream.request.NotAnswered`."""
        points, meters = (any(each.mrid for each in some) for some in (request.usage_points, request.end_devices))
        yield from self.directory.listed(points, meters)
        asked = yield from judged(request, client, self.directory, self.switches, now)
        mentioned = Mentioned()
        return Answer(self._readings(asked, now, mentioned), mentioned)

    def _readings(self, asked: Asked, now: datetime, mentioned: Mentioned) -> Iterator[Part | None]:
        from simulator.netstream.readings import Maker  # noqa: PLC0415 - brings numpy, which only answers need

        visible = now - timedelta(minutes=self.switches.reporting_delay)
        seen = self.metering.snapshot(visible)
        maker = Maker(self.metering, self.directory, self.switches, seen, mentioned, asked.qualities)
        for subject in asked.subjects:
            where = zone("market" if self.switches.local_time == "market" else self.directory.zone(subject.point))
            yield from maker.part(subject, asked.types, asked.stretches(where), where)
            yield None
