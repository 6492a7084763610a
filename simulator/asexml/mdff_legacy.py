"""The older MDMT columns, read and written: the only place that knows their layout.

    NMI,Suffix,MDPVersionDate,FromDate,ToDate,Status,Reading                  consumption
    NMI,Suffix,MDPVersionDate,SettlementDate,Status48,Period01..Period48      intervals: 48 periods, later 96 and 288

``MDPVersionDate`` is CCYYMMDDhhmmss, days are CCYYMMDD, readings may be written ``.446``.
Source: comments of the aseXML r39 schema, and AEMO's example. Status letters are A, E, F, S, one per period.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from simulator.asexml.mdff_codes import LEGACY_STATUSES
from simulator.asexml.mdff_fields import Fields, Log, Row, plain_numbers
from simulator.asexml.mdff_model import LegacyConsumption, LegacyInterval, Switches

CONSUMPTION = ("NMI", "Suffix", "MDPVersionDate", "FromDate", "ToDate", "Status", "Reading")
INTERVAL = ("NMI", "Suffix", "MDPVersionDate", "SettlementDate")
PERIODS = (48, 96, 288)
_SUFFIX = re.compile(r"[A-Z0-9]{2}")
_STATUS = re.compile(f"[{''.join(sorted(LEGACY_STATUSES))}]")


def interval_columns(periods: int) -> tuple[str, ...]:
    """The column names of a day of so many periods."""
    width = max(2, len(str(periods)))
    return (*INTERVAL, f"Status{periods}", *(f"Period{number:0{width}}" for number in range(1, periods + 1)))


def _layout(header: str) -> int | None:
    """The number of periods that a row of column names announces, 0 for consumption, None for neither."""
    names = tuple(name.strip().lower() for name in header.rstrip(",").split(","))
    if names == tuple(name.lower() for name in CONSUMPTION):
        return 0
    if names[:4] == tuple(name.lower() for name in INTERVAL) and names[4:5] and names[4].startswith("status"):
        return len(names) - 5 if len(names) - 5 in PERIODS else None
    return None


class Legacy:
    """Reads rows one at a time; the first one names the columns."""

    def __init__(self, log: Log, switches: Switches) -> None:
        self._log = log
        self._tolerant = switches.trailing_commas
        self._seen: set[tuple[object, ...]] | None = None if switches.duplicates else set()
        self._periods: int | None = None

    def header(self, line: int, text: str) -> None:
        """Take the row of column names."""
        self._periods = _layout(text)
        if self._periods is None:
            right = f"the columns are {','.join(CONSUMPTION)} or {','.join(INTERVAL)},Status48,Period01..Period48"
            self._log.frame(line, "mdff.columns", right)

    def row(self, line: int, text: str) -> LegacyConsumption | LegacyInterval | None:
        """Take a row of values; None when it is refused."""
        if self._periods is None:
            self._log.refused += 1
            return None
        row = Row(line)
        fields = Fields(self._log, row, line, text.split(","))
        done = self._consumption(fields) if self._periods == 0 else self._interval(fields, self._periods)
        if done is None or row.bad:
            self._log.refused += 1
            return None
        self._log.accepted += 1
        return done

    def _counted(self, fields: Fields, count: int) -> bool:
        if not fields.counted(count, self._tolerant):
            return False
        fields.row.key = f"{fields[0][:10]},{fields[1][:2]},{fields[3][:8]}"
        return True

    def _consumption(self, fields: Fields) -> LegacyConsumption | None:
        if not self._counted(fields, len(CONSUMPTION)):
            return None
        done = LegacyConsumption(
            nmi=fields.nmi(0),
            suffix=fields.form(1, "Suffix", _SUFFIX, "mdff.suffix", "a suffix: two of A-Z, 0-9"),
            version=fields.moment(2, "MDPVersionDate"),
            from_date=fields.day(3, "FromDate"),
            to_date=fields.day(4, "ToDate"),
            status=fields.form(5, "Status", _STATUS, "mdff.status", "one of A, E, F, S"),
            text=fields.number(6, "Reading"),
            line=fields.row.line,
        )
        if not fields.row.bad and done.from_date > done.to_date:
            fields.fault(4, "ToDate", "mdff.read-order", "ToDate must not be before FromDate")
        self._unique(fields, (done.nmi, done.suffix, done.from_date, done.to_date))
        return done

    def _interval(self, fields: Fields, periods: int) -> LegacyInterval | None:
        if not self._counted(fields, 5 + periods):
            return None
        values = [fields[at] for at in range(5, 5 + periods)]
        text = ",".join(values)
        if not plain_numbers(text, periods):
            for period in range(1, periods + 1):
                fields.number(4 + period, f"Period{period:02}")
        done = LegacyInterval(
            nmi=fields.nmi(0),
            suffix=fields.form(1, "Suffix", _SUFFIX, "mdff.suffix", "a suffix: two of A-Z, 0-9"),
            version=fields.moment(2, "MDPVersionDate"),
            date=fields.day(3, "SettlementDate"),
            statuses=self._statuses(fields, periods),
            text=text,
            line=fields.row.line,
        )
        self._unique(fields, (done.nmi, done.suffix, done.date))
        return done

    @staticmethod
    def _statuses(fields: Fields, periods: int) -> str:
        statuses = fields[4]
        if len(statuses) != periods or statuses.strip("".join(LEGACY_STATUSES)):
            right = f"{periods} letters out of A, E, F, S, one for each period"
            fields.fault(4, f"Status{periods}", "mdff.status", f"{statuses[:60]!r} is not {right}")
        return statuses

    def _unique(self, fields: Fields, key: tuple[object, ...]) -> None:
        if fields.row.bad or self._seen is None:
            return
        if key in self._seen:
            fields.fault(-1, "", "mdff.duplicate", "this data stream and day stand in the file before")
        self._seen.add(key)


def write_legacy(rows: Iterable[LegacyConsumption | LegacyInterval], newline: str = "\n") -> str:
    """The older MDMT columns as text; all rows of one kind, and interval rows of one length."""
    lines = list(_lines(rows))
    return newline.join(lines) + newline if lines else ""


def _lines(rows: Iterable[LegacyConsumption | LegacyInterval]) -> Iterator[str]:
    for count, row in enumerate(rows):
        version = f"{row.version:%Y%m%d%H%M%S}"
        columns: tuple[str, ...]
        if isinstance(row, LegacyConsumption):
            columns, tail = CONSUMPTION, f"{row.from_date:%Y%m%d},{row.to_date:%Y%m%d},{row.status},{row.text}"
        else:
            columns, tail = interval_columns(len(row.statuses)), f"{row.date:%Y%m%d},{row.statuses},{row.text}"
        if not count:
            yield ",".join(columns)
        yield f"{row.nmi},{row.suffix},{version},{tail}"
