"""Fields of meter data records: the only place that reads them from text and says what is wrong with one."""

from __future__ import annotations

import re
from datetime import date, datetime
from functools import lru_cache

from simulator.asexml.mdff_codes import FLAGS, METHOD_FLAGS, METHODS, REASON_FLAGS, UNITS
from simulator.asexml.mdff_model import Fault, Header, Limits
from simulator.base.clock import MARKET_ZONE
from simulator.base.errors import BadValue
from simulator.base.ids import Nmi

_NUMBER = re.compile(r"(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)")
_EXPONENT = re.compile(r"[+-]?[0-9.]+[eE][+-]?[0-9]+")
_QUALITY = re.compile(r"([A-Z])([0-9]{2})?")
_DIGITS = b"0123456789"
NO_DAY = date.min
NO_MOMENT = datetime.min.replace(tzinfo=MARKET_ZONE)


@lru_cache(maxsize=4096)
def _day(text: str) -> date | None:
    try:
        return date(int(text[:4]), int(text[4:6]), int(text[6:]))
    except ValueError:
        return None


@lru_cache(maxsize=4096)
def _moment(text: str) -> datetime | None:
    hour, minute, second = (int(text[at : at + 2] or "0") for at in (8, 10, 12))
    try:
        return datetime(int(text[:4]), int(text[4:6]), int(text[6:8]), hour, minute, second, tzinfo=MARKET_ZONE)
    except ValueError:
        return None


def read_day(text: str) -> date | None:
    """CCYYMMDD, or None."""
    return _day(text) if len(text) == 8 and text.isascii() and text.isdigit() else None


def read_moment(text: str, length: int = 14) -> datetime | None:
    """CCYYMMDDhhmmss (or the 12 digits without seconds) as market time, or None."""
    return _moment(text) if len(text) == length and text.isascii() and text.isdigit() else None


def plain_numbers(joined: str, count: int) -> bool:
    """Whether that many non-negative plain decimals, joined by commas, stand there; in C from end to end.

    Without its digits the text is commas and points only, no field has two points, and no field is without a digit.
    """
    if joined.count(",") != count - 1 or not joined.isascii():
        return False
    framed = b",%b," % joined.encode("ascii")
    marks = framed.translate(None, _DIGITS)
    return not (marks.strip(b",.") or b".." in marks or b",," in framed or b",.," in framed)


def number_trouble(text: str, signed: bool = False) -> tuple[str, str] | None:
    """Rule and explanation when the text is no plain decimal number; None when it is one."""
    if _NUMBER.fullmatch(text) or (signed and text[:1] == "-" and _NUMBER.fullmatch(text[1:])):
        return None
    if not text:
        return "mdff.value-missing", "a number is required"
    shown = repr(text[:40])
    if _EXPONENT.fullmatch(text):
        return "mdff.value-exponent", f"{shown}: write the number without an exponent"
    if text[0] == "-" and _NUMBER.fullmatch(text[1:]):
        return "mdff.value-negative", f"{shown}: must not be negative"
    return "mdff.value", f"{shown} is not a plain decimal number such as 12.345"


def nmi_trouble(text: str) -> str | None:
    """What is wrong with a NMI, in words."""
    try:
        Nmi.parse(text)
    except BadValue as bad:
        return str(bad)
    return None


class Log:
    """What came of a file: its faults up to the limit, the rest counted, and the rows taken and refused."""

    __slots__ = ("_limit", "accepted", "faults", "framed", "header", "refused", "unreported")

    def __init__(self, limits: Limits | None = None) -> None:
        self._limit = (limits or Limits()).faults
        self.faults: list[Fault] = []
        self.unreported = 0
        self.accepted = 0
        self.refused = 0
        self.framed = True
        self.header: Header | None = None

    def add(self, fault: Fault) -> None:
        """Note a fault."""
        if len(self.faults) < self._limit:
            self.faults.append(fault)
        else:
            self.unreported += 1

    def frame(self, line: int, rule: str, explanation: str) -> None:
        """Note a fault that breaks the file as a whole."""
        self.framed = False
        self.add(Fault(line, "RecordIndicator", 1, rule, explanation))


class Row:
    """What stands or falls together: a 200, a 250 or a 300 with its details, or a legacy row. Line 0 is the frame."""

    __slots__ = ("bad", "key", "line")

    def __init__(self, line: int, key: str = "") -> None:
        self.line = line
        self.key = key
        self.bad = False


class Fields:
    """The fields of one record. Each look at a faulty one is noted, refuses the row, and gives a placeholder."""

    __slots__ = ("_fields", "_line", "_log", "row")

    def __init__(self, log: Log, row: Row, line: int, fields: list[str]) -> None:
        self._log = log
        self.row = row
        self._line = line
        self._fields = fields

    def __getitem__(self, at: int) -> str:
        return self._fields[at]

    def fault(self, at: int, name: str, rule: str, explanation: str) -> None:
        """Refuse the row: ``at`` counts fields from 0, -1 is the record itself."""
        self.row.bad = True
        self._log.add(Fault(self._line, name, at + 1, rule, explanation, self.row.line or None, self.row.key))

    def counted(self, count: int, tolerant: bool) -> bool:
        """Whether the record has its number of fields; empty ones more are cut off where that is tolerated."""
        fields = self._fields
        if len(fields) == count:
            return True
        padded = len(fields) > count and not any(fields[count:])
        if padded and tolerant:
            del fields[count:]
            return True
        rule = "mdff.trailing-comma" if padded else "mdff.field-count"
        self.fault(-1, "", rule, f"a {fields[0][:8]} record has {count} fields, here are {len(fields)}")
        return False

    def text(self, at: int, name: str, longest: int) -> str:
        """A field of so many characters at most."""
        text = self._fields[at]
        if len(text) > longest:
            self.fault(at, name, "mdff.length", f"{text[:40]!r}… is longer than {longest} characters")
        return text

    def form(self, at: int, name: str, pattern: re.Pattern[str], rule: str, what: str) -> str:
        """A field of a form given in words."""
        text = self._fields[at]
        if pattern.fullmatch(text) is None:
            self.fault(at, name, rule, f"{text[:40]!r} is not {what}")
        return text

    def nmi(self, at: int) -> str:
        """A NMI."""
        trouble = nmi_trouble(self._fields[at])
        if trouble is not None:
            self.fault(at, "NMI", "mdff.nmi", trouble)
        return self._fields[at]

    def unit(self, at: int) -> str:
        """A unit of measure, in AEMO's spelling."""
        text = self._fields[at]
        unit = UNITS.get(text.upper()) if len(text) <= 5 else None
        if unit is None:
            self.fault(at, "UOM", "mdff.uom", f"{text[:40]!r} is none of {', '.join(UNITS.values())}")
        return unit or ""

    def day(self, at: int, name: str) -> date:
        """A day that must be there."""
        text = self._fields[at]
        day = read_day(text)
        if day is None:
            self.fault(at, name, "mdff.date", f"{text[:40]!r} is not a day as CCYYMMDD")
        return day or NO_DAY

    def day_if_any(self, at: int, name: str) -> date | None:
        """A day that may be left out."""
        return self.day(at, name) if self._fields[at] else None

    def moment(self, at: int, name: str, length: int = 14) -> datetime:
        """A time that must be there."""
        text = self._fields[at]
        moment = read_moment(text, length)
        if moment is None:
            self.fault(at, name, "mdff.datetime", f"{text[:40]!r} is not a time as {'CCYYMMDDhhmmss'[:length]}")
        return moment or NO_MOMENT

    def moment_if_any(self, at: int, name: str) -> datetime | None:
        """A time that may be left out."""
        return self.moment(at, name) if self._fields[at] else None

    def number(self, at: int, name: str, signed: bool = False) -> str:
        """A plain decimal number, as its text."""
        text = self._fields[at]
        trouble = number_trouble(text, signed)
        if trouble is not None:
            self.fault(at, name, *trouble)
            return "0"
        return text

    def quality(self, at: int, name: str, forbidden: str = "") -> str:
        """A flag, with its method where it must have one; ``forbidden`` flags are not allowed in this place."""
        text = self._fields[at]
        form = _QUALITY.fullmatch(text)
        if form is None or form[1] not in FLAGS:
            what = "a flag (A, E, F, N, S, V), after E, F and S followed by two digits"
            self.fault(at, name, "mdff.quality-flag", f"{text[:40]!r} is not {what}")
            return ""
        if form[1] in forbidden:
            self.fault(at, name, "mdff.quality-here", f"{text!r}: {FLAGS[form[1]]} is not allowed in {name} here")
        elif (form[1] in METHOD_FLAGS) != (form[2] is not None):
            wanted = "must have a method" if form[2] is None else "has no method"
            self.fault(at, name, "mdff.quality-method", f"{text!r}: {FLAGS[form[1]]} {wanted}")
        elif form[2] is not None and int(form[2]) not in METHODS:
            self.fault(at, name, "mdff.quality-method", f"{text!r}: there is no method {form[2]}")
        return text

    def reason(self, at: int, name: str, quality: str) -> tuple[int | None, str]:
        """A reason code and the description after it, as the quality asks for them."""
        code, description = self._fields[at], self._fields[at + 1]
        if not code:
            if quality[:1] in REASON_FLAGS and quality:
                self.fault(at, f"{name}Code", "mdff.reason-required", f"{quality!r} needs a reason code")
            return None, description
        if len(code) > 2 or not (code.isascii() and code.isdigit()):
            self.fault(at, f"{name}Code", "mdff.reason-code", f"{code[:40]!r} is not a reason code from 0 to 99")
            return None, description
        if quality[:1] == "V":
            self.fault(at, f"{name}Code", "mdff.reason-here", "V has no reason code; its 400 records have")
        if int(code) == 0 and not description:
            self.fault(at + 1, f"{name}Description", "mdff.reason-description", "reason 0 needs a description")
        return int(code), description
