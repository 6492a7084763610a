"""Single values as text: dates with time, numbers, yes and no. The only place that reads and writes them."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal

from simulator.base.errors import BadValue

MOMENT_RULE = "cim.date-time"
_MOMENT = re.compile(
    r"([0-9]{4})-([0-9]{2})-([0-9]{2})"
    r"(?:T([0-9]{2}):([0-9]{2})(?::([0-9]{2})(?:\.([0-9]{1,9}))?)?(Z|[+-][0-9]{2}:[0-9]{2})?)?",
    re.IGNORECASE,
)
_NUMBER = re.compile(r"[+-]?(?:[0-9]{1,40}(?:\.[0-9]{0,40})?|\.[0-9]{1,40})(?:[eE][+-]?[0-9]{1,2})?")
_INTEGER = re.compile(r"[+-]?[0-9]{1,18}")
_UNREADABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


def read_moment(text: str) -> datetime:
    """``2026-03-01T00:00:00+11:00``; without an offset naive; a day alone is its midnight.

    Raises `BadValue` (``cim.date-time``). Fractions are kept to the microsecond; 24:00:00 is the next midnight.
    """
    if len(text) == 19 and text[7] + text[10] == "-T" and text.isascii():
        try:
            return datetime.fromisoformat(text)
        except ValueError:
            pass  # the longer way finds the words for it
    found = _MOMENT.fullmatch(text.strip()) if len(text) <= 64 else None
    if found is None:
        raise _not_a_moment(text)
    year, month, day, *clock, zone = found.groups()
    hours, minutes, seconds = (int(part or 0) for part in clock[:3])
    fraction = int((clock[3] or "").ljust(6, "0")[:6])
    late = (hours, minutes, seconds, fraction) == (24, 0, 0, 0)
    try:
        shown = time(0 if late else hours, minutes, seconds, fraction)
        moment = datetime.combine(date(int(year), int(month), int(day)), shown, _zone(zone))
        return moment + timedelta(days=1) if late else moment
    except (ValueError, OverflowError):
        raise _not_a_moment(text) from None


def _not_a_moment(text: str) -> BadValue:
    return BadValue(f"{text[:40]!r} is not a time such as 2026-03-01T00:00:00+11:00", rule=MOMENT_RULE)


def _zone(text: str | None) -> timezone | None:
    if text is None:
        return None
    if text in ("Z", "z"):
        return UTC
    minutes = int(text[1:3]) * 60 + int(text[4:])
    if minutes > 14 * 60 or int(text[4:]) > 59:
        raise ValueError(text)
    return timezone(timedelta(minutes=-minutes if text[0] == "-" else minutes))


def moment_text(moment: datetime) -> str:
    """The time as it stands: with its offset when it has one, Z for none, fractions only where there are any."""
    plain = f"{moment.year:04}-{moment.month:02}-{moment.day:02}T{moment.hour:02}:{moment.minute:02}:{moment.second:02}"
    return plain + moment_end(moment)


def moment_end(moment: datetime) -> str:
    """What is written behind the seconds: fraction and offset."""
    fraction = f".{moment.microsecond:06}".rstrip("0") if moment.microsecond else ""
    offset = moment.utcoffset()
    if offset is None:
        return fraction
    minutes = round(offset.total_seconds() / 60)
    if not minutes:
        return f"{fraction}Z"
    return f"{fraction}{'-' if minutes < 0 else '+'}{abs(minutes) // 60:02}:{abs(minutes) % 60:02}"


def read_number(text: str) -> Decimal:
    """A decimal number of a sane size, also with an exponent; raises `BadValue` (``cim.number``)."""
    if len(text) > 100 or _NUMBER.fullmatch(text.strip()) is None:
        raise BadValue(f"{text[:40]!r} is not a number such as 12.345", rule="cim.number")
    return Decimal(text.strip())


def read_integer(text: str) -> int:
    """A whole number of up to 18 digits; raises `BadValue` (``cim.integer``)."""
    if len(text) > 40 or _INTEGER.fullmatch(text.strip()) is None:
        raise BadValue(f"{text[:40]!r} is not a whole number", rule="cim.integer")
    return int(text)


def read_boolean(text: str) -> bool:
    """true, false, 1, 0; raises `BadValue` (``cim.boolean``)."""
    if text.strip() not in ("true", "false", "1", "0"):
        raise BadValue(f"{text[:40]!r} is neither true nor false", rule="cim.boolean")
    return text.strip() in ("true", "1")


def read_text(text: str) -> str:
    """Text that both JSON and XML can carry; raises `BadValue` (``cim.text``)."""
    if not text.isascii() or not text.isprintable():
        odd = _UNREADABLE.search(text)
        if odd is not None:
            raise BadValue(f"character U+{ord(odd[0]):04X} cannot be sent", rule="cim.text")
    return text


def number_text(number: Decimal) -> str:
    """Without an exponent, and without zeros at the end of its decimals."""
    text = format(number, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text
