"""The rows of the NMI tables as they are kept, and what is left of them when old changes make room.

A fold holds no texts: rows are written from the point they are of, and only what a number and a date were is noted.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import lru_cache

import msgspec
from msgspec.structs import replace

from simulator.market.replication_log import Change, Mark
from simulator.market.replication_rows import BEGINNING, content, instant, row, valid_dates
from simulator.market.standing import address_element
from simulator.world.calendar import DAY
from simulator.world.model import OPEN_END, ConnectionPoint, DataStream, Dated, RoleAssignment

MASTER, ROLES, STREAMS, METERS, REGISTERS = range(5)
KINDS = (
    "ElectricityNMIMasterRow",
    "ElectricityNMIRoleRow",
    "ElectricityNMIDataStreamRow",
    "ElectricityNMIMeterRow",
    "ElectricityNMIMeterRegisterRow",
)
NAMES = (
    "ElectricityNMIMaster",
    "ElectricityNMIRoles",
    "ElectricityNMIDataStreams",
    "ElectricityNMIMeters",
    "ElectricityNMIMeterRegisters",
)
"""Block names of C1."""
C4_NAMES = (*NAMES[:4], "ElectricityNMIRegisterConfiguration")
"""Block names of C4: real answers call the registers so, whatever the schema's comment says."""


class Content(msgspec.Struct, frozen=True):
    """What a row says: its table, what it is about (a role, a serial number), its text, its own dates if it has any."""

    table: int
    key: str
    text: str
    begin: date | None = None
    end: date | None = None


class Kept(msgspec.Struct, frozen=True):
    """A row as it is kept. ``place`` is the change that touched it last (None: none did), ``order`` its place there."""

    held: Content
    place: Mark | None
    order: int
    begin: date
    end: date
    created: datetime | None = None
    status: str = "A"
    past: bool = False
    """Whether it was made for the time before a change: later changes leave it alone."""

    def number(self, first: int) -> int:
        """Its SequenceNumber; ``first`` is that of the NMI it began with."""
        return (first if self.place is None else self.place.first_number) + self.order

    def text(self, first: int) -> str:
        """It as written."""
        made = BEGINNING if self.created is None else instant(self.created)
        return row(
            KINDS[self.held.table],
            self.number(first),
            self.held.text,
            created=made,
            maintained=made if self.place is None else instant(self.place.at),
            status=self.status,
            valid=valid_dates(self.begin, self.end),
        )


def contents(point: ConnectionPoint) -> Iterator[Content]:
    """What the five tables say of a connection point."""
    nmi = ("NMI", point.nmi)
    yield Content(MASTER, "", _master(point))
    yield from dated(point.nmi, (*point.roles, *point.data_streams))
    for meter in point.meters:
        read = meter.next_scheduled_read
        text = content(
            nmi,
            ("SerialNumber", meter.serial),
            ("NextScheduledReadDate", read.isoformat() if read else None),
            ("InstallationTypeCode", meter.installation_type),
            ("Manufacturer", meter.manufacturer),
            ("Model", meter.model),
            ("ReadTypeCode", meter.read_type),
            ("Status", meter.status),
        )
        yield Content(METERS, meter.serial, text)
    yield from _registers(point)


def dated(nmi: str, rows: Iterable[Dated]) -> Iterator[Content]:
    """What the tables say of roles and data streams."""
    return (_role(nmi, each) if isinstance(each, RoleAssignment) else _stream(nmi, each) for each in rows)


@lru_cache(512)
def _role(nmi: str, row: RoleAssignment) -> Content:
    text = content(("NMI", nmi), ("Party", row.party), ("Role", row.role))
    return Content(ROLES, row.role, text, row.from_date, row.to_date)


@lru_cache(512)
def _stream(nmi: str, row: DataStream) -> Content:
    text = content(
        ("NMI", nmi),
        ("Suffix", row.suffix),
        ("ProfileName", row.profile),
        ("AveragedDailyLoad", str(row.average_daily_load)),
        ("DataStreamType", row.kind),
        ("Status", row.status),
    )
    return Content(STREAMS, row.suffix, text, row.from_date, row.to_date)


def _registers(point: ConnectionPoint) -> Iterator[Content]:
    for meter in point.meters:
        for register in meter.registers:
            text = content(
                ("NMI", point.nmi),
                ("SerialNumber", meter.serial),
                ("RegisterID", register.register_id),
                ("NetworkTariffCode", register.network_tariff),
                ("UnitOfMeasure", register.unit),
                ("TimeOfDay", register.time_of_day),
                ("Multiplier", register.multiplier),
                ("DialFormat", register.dial_format),
                ("Suffix", register.suffix),
                ("ControlledLoad", register.controlled_load),
                ("ConsumptionType", register.consumption_type),
                ("Status", register.status),
            )
            yield Content(REGISTERS, f"{meter.serial}/{register.register_id}", text)


def _master(point: ConnectionPoint) -> str:
    return content(
        ("NMI", point.nmi),
        ("JurisdictionCode", point.jurisdiction),
        ("NMIClassificationCode", point.classification),
        ("TransmissionNodeIdentifier", point.tni),
        ("DistributionLossFactorCode", point.dlf),
        ("ParentEmbeddedNetworkIdentifier", point.parent),
        address_element(point.address),
        ("Status", point.status),
        ("CustomerClassificationCode", point.customer_class),
        ("CustomerThresholdCode", point.customer_threshold),
    )


def begins(point: ConnectionPoint) -> date:
    """The first day MSATS holds anything about a connection point."""
    return min((row.from_date for row in point.roles), default=date.min)


@dataclass(slots=True)
class Ledger:
    """The rows of one NMI while its changes are gone through, in order."""

    rows: list[Kept] = field(default_factory=list)
    order: int = 0
    held: dict[Content, None] = field(default_factory=dict)
    """What the tables say after the last change, in their order."""

    def begin(self, point: ConnectionPoint) -> None:
        """The rows a story began with."""
        since = begins(point)
        for held in contents(point):
            self._add(held, None, None, held.begin or since, OPEN_END if held.end is None else held.end)

    def change(self, change: Change, effective: date, in_place: bool) -> None:
        """What a change did to the rows. ``in_place``: they are overwritten, as with scheduled reads."""
        self.order = 0
        outgrew = set(dated(change.nmi, change.outgrew))
        wanted = self.held = dict.fromkeys((*contents(change.new), *outgrew))
        holding = [at for at, each in enumerate(self.rows) if each.status == "A" and not each.past]
        gone = [at for at in holding if self.rows[at].held not in wanted]
        kept = {self.rows[at].held for at in holding}
        new = [held for held in wanted if held not in kept]
        if in_place:
            new = [held for held in new if not self._overwrite(held, gone, change)]
        for at in gone:
            self._retire(at, change, effective)
        for held in new:
            end = OPEN_END if held.end is None else held.end
            self._add(held, change, change.at, held.begin or effective, end)
        if outgrew:
            self.rows = [each for each in self.rows if each.status != "A" or each.held not in outgrew]

    def _overwrite(self, held: Content, gone: list[int], change: Change) -> bool:
        """Put a row in the place of the one about the same thing; False where there is none."""
        for at in gone:
            old = self.rows[at]
            if (old.held.table, old.held.key) == (held.table, held.key):
                self.rows[at] = replace(old, held=held, place=change, order=self._next())
                gone.remove(at)
                return True
        return False

    def _retire(self, at: int, change: Change, effective: date) -> None:
        """A row no longer holds; without dates of its own it leaves one for the time before."""
        old = self.rows[at]
        self.rows[at] = replace(old, place=change, order=self._next(), status="I")
        if old.held.begin is None and old.begin < effective:
            self.rows.append(Kept(old.held, change, self._next(), old.begin, effective - DAY, change.at, past=True))

    def _add(self, held: Content, place: Mark | None, created: datetime | None, begin: date, end: date) -> None:
        self.rows.append(Kept(held, place, self._next(), begin, end, created))

    def _next(self) -> int:
        self.order += 1
        return self.order


class Stamp(msgspec.Struct, frozen=True):
    """A row without its text: the place of that among the contents of its point, and what else there is to it."""

    content: int
    place: Mark | None
    order: int
    begin: date
    end: date
    created: datetime | None


class Fold(msgspec.Struct, frozen=True):
    """What is left of the changes of a NMI that made room, up to the ``last`` of them: the point and the rows that held
    after it, who ever held a role, and how many rows that no longer held made room with them.
    """

    last: Mark
    point: ConnectionPoint
    stamps: tuple[Stamp, ...]
    parties: tuple[str, ...]
    gone: int

    def marks(self) -> list[Mark]:
        """The changes that its rows still go by, in order."""
        found = {stamp.place.place: stamp.place for stamp in self.stamps if stamp.place is not None}
        return [found[place] for place in sorted(found)]

    def rows(self) -> list[Kept]:
        """The rows that held."""
        held = tuple(dict.fromkeys(contents(self.point)))
        return [
            Kept(held[each.content], each.place, each.order, each.begin, each.end, each.created) for each in self.stamps
        ]


def folded(ledger: Ledger, change: Change, before: int) -> Fold:
    """The fold after a change, of every row there was then; ``before`` had gone already."""
    mark = Mark(change.place, change.at, change.nmi)
    stay = [each for each in ledger.rows if each.status == "A" and not each.past]
    places = {held: at for at, held in enumerate(ledger.held)}
    stamps = tuple(
        Stamp(
            places[each.held],
            mark if each.place is change else each.place,
            each.order,
            each.begin,
            each.end,
            each.created,
        )
        for each in stay
    )
    return Fold(mark, change.new, stamps, change.parties, before + len(ledger.rows) - len(stay) + len(change.outgrew))
