"""What a played metering data provider does every day: it sends AEMO the readings of its meters, as NEM12 files.

midnight ─ its hour ─► the days that are over, complete and not yet sent ─► MeterDataNotification ─► the next midnight

A day of which readings are missing, or are still to be replaced, waits until they have arrived.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import date, datetime

from simulator.asexml import mdff
from simulator.asexml.mdff_model import Header, IntervalDay
from simulator.asexml.model import Element, element
from simulator.base.turn import Turn
from simulator.scenario.model import Participant
from simulator.world.calendar import DAY, midnight
from simulator.world.metering import Metering
from simulator.world.world import holders

ROWS = 200
"""Days of a register in one file: well below a megabyte, five-minute readings too."""
LOOKS_BACK = 35
"""Days after which a day that is not complete is given up."""
Send = Callable[[Turn, str, str, Element], None]
"""Sends a transaction of MDMT to AEMO: turn, participant, what makes it one of a kind, payload."""


class Deliveries:
    """The daily work of providers. Nothing is kept: what comes is scheduled, what was sent is in the world."""

    def __init__(self, declared: Iterable[Participant], metering: Metering, send: Send) -> None:
        self._hours = {
            member.participant_id: member.delivers_readings
            for member in declared
            if member.played and member.delivers_readings is not None
        }
        self._metering = metering
        self._send = send

    @property
    def any(self) -> bool:
        """Whether anybody delivers readings every day."""
        return bool(self._hours)

    def begin(self, turn: Turn) -> None:
        """The first morning of each: today's, unless its hour is past."""
        for participant in self._hours:
            self._next(turn, participant, turn.now.date(), turn.now.date())

    def fire(self, turn: Turn, kind: str, key: str) -> None:
        """The hour has come (``deliver``)."""
        participant, _, began = key.partition("/")
        today, first = turn.now.date(), date.fromisoformat(began) - DAY
        for number, days in enumerate(_files(self._due(participant, first, today, turn.now))):
            header = Header("NEM12", turn.now, participant, "NEMMCO")
            payload = element("MeterDataNotification", element("CSVIntervalData", mdff.write_nem12(header, days)))
            self._send(turn, participant, f"readings/{today.isoformat()}/{number}", payload)
        self._next(turn, participant, today + DAY, date.fromisoformat(began))

    def _next(self, turn: Turn, participant: str, day: date, began: date) -> None:
        hour = self._hours.get(participant)
        if hour is None:
            return
        at = midnight(day) + hour
        if at < turn.now:
            at += DAY
        turn.schedule(at, "deliveries", "deliver", f"{participant}/{began.isoformat()}")

    def _due(self, participant: str, first: date, today: date, now: datetime) -> Iterator[IntervalDay]:
        first = max(first, today - LOOKS_BACK * DAY)
        for point in self._metering.world.points():
            for number in range((today - first).days):
                day = first + number * DAY
                if holders(point, day).get("MDP") == participant:
                    yield from self._complete(point.nmi, day, now)

    def _complete(self, nmi: str, day: date, now: datetime) -> Iterator[IntervalDay]:
        """The registers' days that can be sent and have not been."""
        held = self._metering.world.readings
        begin, end = midnight(day), midnight(day + DAY)
        pending = any(
            late.nmi == nmi and late.reported is not None and late.reported > now and late.start < end
            for late in self._metering.late()
            if late.end is None or late.end > begin
        )
        for each in () if pending else self._metering.file_days(nmi, day, day, now):
            missing = each.quality == "N" or any(event.quality == "N" for event in each.events)
            if not missing and held.holding(nmi, each.suffix, day) is None:
                yield each


def _files(days: Iterator[IntervalDay]) -> Iterator[list[IntervalDay]]:
    """As many days as go into one file."""
    some: list[IntervalDay] = []
    for day in days:
        some.append(day)
        if len(some) == ROWS:
            yield some
            some = []
    if some:
        yield some
