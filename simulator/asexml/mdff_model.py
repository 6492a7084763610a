"""The values of meter data files: what NEM12, NEM13 and the older MDMT columns say, and what is wrong with them.

Times are market time (+10:00, no daylight saving). Numbers are kept as the text that was sent and handed over as
`Decimal`; identifiers are text. Source: AEMO's MDFF specification v1.06.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal
from typing import TypeAlias

import msgspec

Day: TypeAlias = date
"""`date` is also the name of a field."""


class Header(msgspec.Struct, frozen=True):
    """Record 100: who made the file for whom, and when (to the minute)."""

    version: str
    made_at: datetime
    sender: str = ""
    receiver: str = ""


class NmiDataDetails(msgspec.Struct, frozen=True):
    """Record 200: the register that the days below belong to. ``unit`` in AEMO's spelling (kWh), length in minutes."""

    nmi: str
    configuration: str
    register_id: str
    suffix: str
    stream_id: str
    serial: str
    unit: str
    interval_length: int
    next_read_date: date | None = None

    @property
    def count(self) -> int:
        """Intervals of a day."""
        return 1440 // self.interval_length


class IntervalEvent(msgspec.Struct, frozen=True):
    """Quality of the intervals ``start`` to ``end`` of a day, both included, counted from 1 (record 400)."""

    start: int
    end: int
    quality: str
    reason: int | None = None
    description: str = ""


class B2bDetails(msgspec.Struct, frozen=True):
    """Record 500: the field visit behind a day. ``index_read`` is what the dial showed, as text."""

    transaction_code: str
    service_order: str
    read_at: datetime
    index_read: str = ""


def number_text(value: Decimal) -> str:
    """A number as meter data files write it: never with an exponent."""
    return format(value, "f")


class IntervalDay(msgspec.Struct, frozen=True):
    """Record 300 with its 400s and 500s: one day of one register.

    ``text`` holds the values as they were sent, joined by commas; ``quality`` is a flag, for E, F and S followed by
    the method (``S52``). ``line`` is where the 300 stood in the file, 0 for a day that was not read from one.
    """

    details: NmiDataDetails
    date: date
    text: str
    quality: str
    reason: int | None = None
    description: str = ""
    updated_at: datetime | None = None
    loaded_at: datetime | None = None
    events: tuple[IntervalEvent, ...] = ()
    visits: tuple[B2bDetails, ...] = ()
    line: int = 0

    @classmethod
    def of(
        cls, details: NmiDataDetails, day: Day, values: Iterable[Decimal], updated_at: datetime, quality: str = "A"
    ) -> IntervalDay:
        """A day of numbers; `msgspec.structs.replace` adds what else is to be said."""
        return cls(details, day, ",".join(map(number_text, values)), quality, updated_at=updated_at)

    @property
    def values(self) -> tuple[Decimal, ...]:
        """The interval values, first interval first, exactly as sent. Made anew on each look."""
        return tuple(map(Decimal, self.text.split(",")))

    @property
    def nmi(self) -> str:
        """The NMI."""
        return self.details.nmi

    @property
    def suffix(self) -> str:
        """The NMI suffix (E1, B1)."""
        return self.details.suffix

    @property
    def interval_length(self) -> int:
        """Minutes of an interval."""
        return self.details.interval_length

    @property
    def unit(self) -> str:
        """The unit in AEMO's spelling (kWh)."""
        return self.details.unit

    @property
    def spans(self) -> tuple[IntervalEvent, ...]:
        """Qualities over the whole day: the 400 records, or the 300's own quality for all intervals."""
        whole = IntervalEvent(1, self.details.count, self.quality, self.reason, self.description)
        return self.events or (whole,)

    def qualities(self) -> tuple[str, ...]:
        """One quality per interval."""
        return tuple(span.quality for span in self.spans for _ in range(span.start, span.end + 1))


class RegisterRead(msgspec.Struct, frozen=True):
    """One end of an accumulation: what the dial showed, when, and how good that is."""

    text: str
    read_at: datetime
    quality: str
    reason: int | None = None
    description: str = ""

    @property
    def value(self) -> Decimal:
        """What the dial showed."""
        return Decimal(self.text)


class Accumulation(msgspec.Struct, frozen=True):
    """Record 250 (NEM13) with its 550: what went through an accumulation register between two reads.

    ``direction`` is E (export: from the grid) or I (import: into the grid).
    """

    nmi: str
    configuration: str
    register_id: str
    suffix: str
    stream_id: str
    serial: str
    direction: str
    previous: RegisterRead
    current: RegisterRead
    quantity: Decimal
    unit: str
    next_read_date: date | None = None
    updated_at: datetime | None = None
    loaded_at: datetime | None = None
    visit: AccumulationVisit | None = None
    line: int = 0


class AccumulationVisit(msgspec.Struct, frozen=True):
    """Record 550: the field visits behind the two reads of an accumulation."""

    previous_code: str
    previous_order: str
    current_code: str
    current_order: str


class LegacyConsumption(msgspec.Struct, frozen=True):
    """A row of the older MDMT columns for consumption; the dates are both included."""

    nmi: str
    suffix: str
    version: datetime
    from_date: date
    to_date: date
    status: str
    text: str
    line: int = 0

    @property
    def value(self) -> Decimal:
        """The consumption, exactly as sent."""
        return Decimal(self.text)


class LegacyInterval(msgspec.Struct, frozen=True):
    """A row of the older MDMT columns for intervals: one day, one status letter for each period."""

    nmi: str
    suffix: str
    version: datetime
    date: date
    statuses: str
    text: str
    line: int = 0

    @property
    def values(self) -> tuple[Decimal, ...]:
        """The values, first period first, exactly as sent. Made anew on each look."""
        return tuple(map(Decimal, self.text.split(",")))

    @property
    def interval_length(self) -> int:
        """Minutes of a period."""
        return 1440 // len(self.statuses)


Record = IntervalDay | Accumulation | LegacyConsumption | LegacyInterval


class Fault(msgspec.Struct, frozen=True):
    """One thing wrong, by which rule, and what would be right.

    It stands in ``line``, in the field of that name at ``position`` (from 1, the record indicator; 0 is the record).
    ``row`` is the line of the 200, 250, 300 or legacy row that is refused because of it (a record that belongs to none
    is its own), None for a fault of the file; ``key`` names that row to people (NMI, suffix, day) as far as legible.
    """

    line: int
    field: str
    position: int
    rule: str
    explanation: str
    row: int | None = None
    key: str = ""


class MeterData(msgspec.Struct, frozen=True):
    """A meter data file as read. A row with a fault is not among the records.

    ``dialect`` is NEM12, NEM13, MDMT (the older columns) or None when it was none of them; ``accepted`` and ``refused``
    count 300 or 250 records or legacy rows; ``unreported`` counts faults beyond the limit of `Limits.faults`.
    """

    dialect: str | None
    header: Header | None
    records: tuple[Record, ...]
    faults: tuple[Fault, ...]
    accepted: int
    refused: int
    unreported: int = 0


class Limits(msgspec.Struct, frozen=True):
    """Bounds of a file: characters of a line, records, and faults that are told one by one.

    The defaults suit a message of 1 MB, which holds fewer than 100,000 well-formed records.
    """

    line: int = 65_536
    records: int = 250_000
    faults: int = 1_000


class Switches(msgspec.Struct, frozen=True):
    """What the facts leave open.

    ``trailing_commas``: exports that pad records with empty fields are read (rule ``mdff.trailing-comma`` otherwise).
    ``broken_frame``: rows of a file without its 100 or 900 are kept; by default such a file is refused whole.
    ``duplicates``: a second row with the key of an accepted one is kept; by default it is refused (``mdff.duplicate``).
    ``estimate_time``: reads of a forward estimate must be timed 00:00:00; off, for AEMO's own example breaks it.
    """

    trailing_commas: bool = True
    broken_frame: bool = False
    duplicates: bool = False
    estimate_time: bool = False
