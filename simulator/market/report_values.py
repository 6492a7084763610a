"""The values of reports: what was asked for, and the lines an answer is made of."""

from __future__ import annotations

from datetime import date, datetime, time

import msgspec

from simulator.base.clock import MARKET_ZONE, market_time
from simulator.market.report_tables import assumed

Fields = dict[str, str]


class Asked(msgspec.Struct, frozen=True, omit_defaults=True):
    """A request for a report or a table, as far as its answer depends on it.

    ``name`` is the report's or the database table's; ``echo`` its parameters, canonical XML; ``size`` how many
    subjects there were when it was asked, ``parts`` how many of each table where there are several.
    """

    sender: str
    group: str
    release: str
    transaction_id: str
    at: datetime
    name: str
    fields: Fields
    echo: str
    tables: tuple[str, ...] = ()
    size: int = 0
    parts: tuple[int, ...] = ()
    replicates: bool = False
    """Whether it asks for a table (C1) rather than a report."""

    @property
    def today(self) -> date:
        """The market day it was asked on."""
        return self.at.date()

    def text(self, name: str) -> str:
        """A parameter; "" when it was not given."""
        return self.fields.get(name, "")

    def day(self, name: str) -> date | None:
        """A date, or the market day of a time; None when it is neither."""
        moment = self.moment(name)
        return None if moment is None else moment.date()

    def moment(self, name: str) -> datetime | None:
        """A time; of a date its first moment; None when it is neither."""
        try:
            return market_time(datetime.fromisoformat(self.text(name)))
        except (ValueError, OverflowError):
            return None

    @property
    def as_at(self) -> datetime:
        """The moment as of which something is told: AsAtDate; midnight, and a date without a time, mean a whole
        day or none of it (`whole_days`); by default now."""
        moment = self.moment("AsAtDate")
        if moment is None:
            return self.at
        if moment.time() == time.min and whole_days():
            moment = datetime.combine(moment.date(), time.max, MARKET_ZONE)
        return min(moment, self.at)

    def count(self, name: str) -> int | None:
        """A number from 0; None when it is none."""
        text = self.text(name)
        return int(text) if text.isascii() and text.isdigit() and len(text) <= 18 else None

    def flag(self, name: str) -> bool:
        """Whether a yes-or-no parameter says yes."""
        return self.text(name).upper() in ("Y", "YES", "TRUE", "1")

    @property
    def after(self) -> int:
        """LastSequenceNumber: only what comes after it is wanted."""
        return self.count("LastSequenceNumber") or 0


def whole_days() -> bool:
    """Whether what is as at a day has that day in it (``assume.report-as-at``)."""
    return assumed("assume.report-as-at") == "the end of the day"


class Line(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One row of an answer: ``block`` is the replication table it goes under, "" in a CSV; ``text`` is as written."""

    sequence: int
    block: str
    text: str
