"""The NMI tables: a connection point as the five tables MSATS holds it in, with every row it ever had.

When a change comes in, rows that no longer hold become inactive and new rows are created; what the world holds without
dates (master data, meters, registers) keeps a row for the time before. Scheduled reads are overwritten in place.
"""

from __future__ import annotations

from collections.abc import Container, Iterator
from dataclasses import dataclass, field, replace
from datetime import date, datetime

from simulator.market.operator import Operator
from simulator.market.replication_history import Change, begins
from simulator.market.replication_rows import BEGINNING, content, instant, row, valid_dates
from simulator.market.report_values import Asked, Line
from simulator.market.sequence import LATER, STRIDE
from simulator.market.standing import address_element
from simulator.world.calendar import DAY
from simulator.world.model import OPEN_END, ConnectionPoint

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


@dataclass(frozen=True, slots=True)
class Content:
    """What a row says: its table, what it is about (a role, a serial number), its text, its own dates if it has any."""

    table: int
    key: str
    text: str
    begin: date | None = None
    end: date | None = None


@dataclass(frozen=True, slots=True)
class Kept:
    """A row as it is kept. ``place`` is the change that touched it last (None: none did), ``order`` its place there."""

    held: Content
    place: Change | None
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
    for each in point.roles:
        text = content(nmi, ("Party", each.party), ("Role", each.role))
        yield Content(ROLES, each.role, text, each.from_date, each.to_date)
    for stream in point.data_streams:
        text = content(
            nmi,
            ("Suffix", stream.suffix),
            ("ProfileName", stream.profile),
            ("AveragedDailyLoad", str(stream.average_daily_load)),
            ("DataStreamType", stream.kind),
            ("Status", stream.status),
        )
        yield Content(STREAMS, stream.suffix, text, stream.from_date, stream.to_date)
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


@dataclass(slots=True)
class Ledger:
    """The rows of one NMI while its changes are gone through, in order."""

    rows: list[Kept] = field(default_factory=list)
    order: int = 0

    def begin(self, point: ConnectionPoint) -> None:
        """The rows a story began with."""
        since = begins(point)
        for held in contents(point):
            self._add(held, None, None, held.begin or since, OPEN_END if held.end is None else held.end)

    def change(self, change: Change, effective: date, in_place: bool) -> None:
        """What a change did to the rows. ``in_place``: they are overwritten, as with scheduled reads."""
        self.order = 0
        wanted = dict.fromkeys(contents(change.new))
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

    def _add(self, held: Content, place: Change | None, created: datetime | None, begin: date, end: date) -> None:
        self.rows.append(Kept(held, place, self._next(), begin, end, created))

    def _next(self) -> int:
        self.order += 1
        return self.order


def rows_of(op: Operator, nmi: str, known: int) -> list[Kept]:
    """Every row of a NMI after the first ``known`` changes of the market."""
    changes = op.history.of(nmi, known)
    ledger = Ledger()
    first = changes[0].old if changes else (op.world.base.points.get(nmi))
    if first is not None:
        ledger.begin(first)
    for change in changes:
        ledger.change(change, *_manner(op, change))
    return ledger.rows


def _manner(op: Operator, change: Change) -> tuple[date, bool]:
    """The day a change takes effect, and whether it overwrites in place."""
    request = op.requests.get(change.because)
    if request is None:
        return change.at.date(), False
    reason = op.rules.reasons.get(request.reason)
    return request.effective, reason is not None and reason.family == "next-read"


def versions(op: Operator, nmi: str, known: int) -> list[ConnectionPoint]:
    """A connection point as it was at the beginning and after each of its changes."""
    changes = op.history.of(nmi, known)
    first = changes[0].old if changes else op.world.base.points.get(nmi)
    return [*([] if first is None else [first]), *(change.new for change in changes)]


def subjects(op: Operator, asked: Asked) -> int:
    """The NMIs a story began with, and every change since."""
    return op.history.begun_with(op.world) + len(op.history.changes)


def first_after(op: Operator, asked: Asked) -> int:
    """The first subject that may hold a row after LastSequenceNumber."""
    count = op.history.begun_with(op.world)
    last = asked.after
    if last < LATER:
        return min(max(last // STRIDE - 1, 0), count)
    changes = op.history.changes
    return count + next((at for at, each in enumerate(changes) if each.first_number + STRIDE > last), len(changes))


def next_of_nmi(op: Operator, asked: Asked, index: int) -> int:
    """The next subject from there on that may be about the NMI asked for; with none asked for, any."""
    nmi = asked.text("NMI")
    return op.history.next_of(op.world, nmi, index) if nmi else index


def nmi_at(op: Operator, index: int) -> tuple[str, Change | None]:
    """The NMI of a subject, and the change it stands for if it is one."""
    begun_with = op.history.begun_with(op.world)
    if index < begun_with:
        return op.history.nmi(op.world, index), None
    change = op.history.changes[index - begun_with]
    return change.nmi, change


def rows_at(op: Operator, asked: Asked, index: int) -> Iterator[tuple[int, Kept]]:
    """(SequenceNumber, row) of what was last touched at a subject, in order."""
    nmi, change = nmi_at(op, index)
    first = (index + 1) * STRIDE
    known = asked.size - op.history.begun_with(op.world)
    found = [each for each in rows_of(op, nmi, known) if each.place is change]
    for kept in sorted(found, key=lambda each: each.order):
        number = kept.number(first)
        if number > asked.after:
            yield number, kept


def written(op: Operator, asked: Asked, index: int, names: tuple[str, ...], tables: Container[int]) -> Iterator[Line]:
    """The rows of some tables at a subject, inactive ones among them."""
    first = (index + 1) * STRIDE
    for number, kept in rows_at(op, asked, index):
        if kept.held.table in tables:
            yield Line(number, names[kept.held.table], kept.text(first))


def concerned(op: Operator, party: str, nmi: str, known: int) -> bool:
    """Whether a participant holds, held or will hold a role at a NMI."""
    return any(row.party == party for point in versions(op, nmi, known) for row in point.roles)
