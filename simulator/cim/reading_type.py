"""Reading types, the 18-part codes of IEC 61968-9: text, values with meaning, and the standard description.

    0.0.6.4.1.1.12.0.0.0.0.0.0.0.224.3.72.0
    fiveMinute deltaData forward electricitySecondaryMetered energy phasesABC (kWh)

The only place that reads and writes them. A code is an opaque key first (utilities tell types apart by positions that
mean nothing to others), so nothing is normalised: what was parsed is written again as it was.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import IntEnum
from functools import lru_cache

import msgspec

from simulator.base.errors import BadValue
from simulator.cim.codes import (
    CALENDAR_PERIODS,
    MINUTES,
    MULTIPLIER_SYMBOLS,
    UNIT_SYMBOLS,
    Accumulation,
    Aggregate,
    Commodity,
    FlowDirection,
    MacroPeriod,
    MeasurementKind,
    MeasuringPeriod,
    Multiplier,
    Phases,
    Unit,
)

RULE = "cim.reading-type"
WHAT = "18 integers joined by points, such as 0.0.6.4.1.1.12.0.0.0.0.0.0.0.224.3.72.0"
_LONGEST = 180
_FORM = re.compile(
    r"(?:(?:0|[1-9][0-9]{0,8})\.){15}(?:0|-?[1-9][0-9]{0,2})\.(?:0|[1-9][0-9]{0,8})\.(?:0|[1-9][0-9]{0,8})"
)
_KINDS: tuple[tuple[str, type[IntEnum]], ...] = (
    ("macro_period", MacroPeriod),
    ("aggregate", Aggregate),
    ("measuring_period", MeasuringPeriod),
    ("accumulation", Accumulation),
    ("flow_direction", FlowDirection),
    ("commodity", Commodity),
    ("measurement_kind", MeasurementKind),
    ("phases", Phases),
)
_UNIT_NAMES = {int(member): member.name for member in Unit}
_CAMEL = {field: re.sub("_(.)", lambda found: found[1].upper(), field) for field, _ in _KINDS}


class ReadingType(msgspec.Struct, frozen=True, kw_only=True):
    """A decoded reading type. Known codes are members of their enumeration, others stay plain integers.

    ``multiplier`` is a power of ten; ``currency`` an ISO 4217 number (0 none, 36 AUD).
    """

    macro_period: MacroPeriod | int = MacroPeriod.none
    aggregate: Aggregate | int = Aggregate.none
    measuring_period: MeasuringPeriod | int = MeasuringPeriod.none
    accumulation: Accumulation | int = Accumulation.none
    flow_direction: FlowDirection | int = FlowDirection.none
    commodity: Commodity | int = Commodity.none
    measurement_kind: MeasurementKind | int = MeasurementKind.none
    interharmonic_numerator: int = 0
    interharmonic_denominator: int = 0
    argument_numerator: int = 0
    argument_denominator: int = 0
    tou: int = 0
    cpp: int = 0
    consumption_tier: int = 0
    phases: Phases | int = Phases.none
    multiplier: Multiplier | int = Multiplier.none
    unit: Unit | int = Unit.none
    currency: int = 0

    @staticmethod
    def parse(text: str) -> ReadingType:
        """Decode a code; raises `BadValue` (``cim.reading-type``) for any other form. Cached: ask often."""
        if len(text) > _LONGEST:
            raise BadValue(f"{text[:60]!r}… is not a reading type: {WHAT}", rule=RULE)
        return _parsed(text)

    @property
    def text(self) -> str:
        """The code as dotted text."""
        return ".".join(map(str, map(int, msgspec.structs.astuple(self))))

    def __str__(self) -> str:
        return self.text

    @property
    def symbol(self) -> str:
        """Multiplier and unit, as in kWh; "" for neither."""
        return _symbol(int(self.multiplier), int(self.unit))

    @property
    def description(self) -> str:
        """The standard description: the literal names that are not none, then multiplier and unit in parentheses."""
        words = [word for field, _ in _KINDS if (word := _word(field, getattr(self, field)))]
        return " ".join((*words, f"({self.symbol})") if self.symbol else words)

    @property
    def netstream_text(self) -> str:
        """The description as Netstream's pages show it: no commodity, export for forward, import for reverse.

        Seen for one code only, so for reading by people, never for matching.
        """
        said = {"forward": "export", "reverse": "import"}
        words = [_word(field, getattr(self, field)) for field, _ in _KINDS if field != "commodity"]
        spoken = (said.get(word, word.replace("phases", "Phase").replace("phase", "Phase")) for word in words if word)
        return " ".join((*spoken, f"({self.symbol})") if self.symbol else spoken)

    @property
    def minutes(self) -> int | None:
        """Minutes of an interval of fixed length; None for calendar days and longer, and for registers."""
        return None if self.calendar_period is not None else MINUTES.get(int(self.measuring_period))

    @property
    def calendar_period(self) -> str | None:
        """day, month or year where the intervals follow the calendar."""
        period = CALENDAR_PERIODS.get(int(self.macro_period))
        return period or ("day" if self.measuring_period == MeasuringPeriod.twentyfourHour else None)

    @property
    def is_interval(self) -> bool:
        """Whether its readings come in intervals; otherwise they are a register's."""
        return self.minutes is not None or self.calendar_period is not None


_FIELDS = ReadingType.__struct_fields__
_KIND_OF: dict[str, type[IntEnum]] = dict([*_KINDS, ("multiplier", Multiplier), ("unit", Unit)])
_ENUMS: tuple[dict[int, IntEnum], ...] = tuple(
    {int(member): member for member in _KIND_OF[field]} if field in _KIND_OF else {} for field in _FIELDS
)


@lru_cache(maxsize=16_384)
def _parsed(text: str) -> ReadingType:
    if _FORM.fullmatch(text) is None:
        raise BadValue(f"{text!r} is not a reading type: {WHAT}", rule=RULE)
    codes = map(int, text.split("."))
    return ReadingType(**{f: known.get(code, code) for f, known, code in zip(_FIELDS, _ENUMS, codes, strict=True)})


def _word(field: str, code: int) -> str:
    """The literal name; a number of its own for an unknown code; "" for none."""
    if not code:
        return ""
    return code.name if isinstance(code, IntEnum) else f"{_CAMEL[field]}{code}"


def _symbol(multiplier: int, unit: int) -> str:
    power = MULTIPLIER_SYMBOLS.get(multiplier, f"multiplier{multiplier}")
    if not unit:
        return power
    return power + UNIT_SYMBOLS.get(unit, _UNIT_NAMES.get(unit, f"unit{unit}"))


def _symbols() -> dict[str, tuple[int, int]]:
    units = [int(unit) for unit in Unit if unit]
    powers = [0, *(power for power in MULTIPLIER_SYMBOLS if power)]
    pairs = [*((power, unit) for power in powers for unit in units), *((power, 0) for power in powers)]
    return {_symbol(*pair): pair for pair in reversed(pairs)}


_SYMBOLS = _symbols()


def from_description(text: str) -> ReadingType:
    """The reading type that has this standard description; what it does not mention is 0.

    Raises `BadValue` (``cim.reading-type-description``) at the first word that has no place where it stands.
    """
    words = text[:1000].split()
    codes: dict[str, int] = {}
    if words and words[-1][0] == "(" and words[-1][-1] == ")":
        symbol = words.pop()[1:-1]
        if symbol not in _SYMBOLS:
            raise BadValue(f"{symbol[:40]!r} is no unit of reading types", rule="cim.reading-type-description")
        codes["multiplier"], codes["unit"] = _SYMBOLS[symbol]
    rest = _placed(words, codes)
    if rest is not None:
        raise BadValue(
            f"{rest[:40]!r} has no place here; the order is macroPeriod aggregate measuringPeriod accumulation "
            "flowDirection commodity measurementKind phases (unit)",
            rule="cim.reading-type-description",
        )
    return ReadingType.parse(".".join(str(codes.get(field, 0)) for field in _FIELDS))


def _placed(words: list[str], codes: dict[str, int]) -> str | None:
    """Give each word the first position it fits, from left to right; the first one without a place is handed back."""
    fields: Iterator[tuple[str, type[IntEnum]]] = iter(_KINDS)
    for word in words:
        for field, kind in fields:
            code = _code(word, field, kind)
            if code:
                codes[field] = code
                break
        else:
            return word
    return None


def _code(word: str, field: str, kind: type[IntEnum]) -> int:
    if word in kind.__members__:
        return kind[word]
    number = word.removeprefix(_CAMEL[field])
    return int(number) if number != word and number.isdecimal() and len(number) <= 9 else 0
