"""Reading types: codes, meaning, descriptions."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.base.errors import BadValue
from simulator.cim import codes, reading_type
from simulator.cim.nem import CATALOGUE
from simulator.cim.reading_type import ReadingType, from_description

HALF_HOURS = "0.0.5.4.1.1.12.0.0.0.0.0.0.0.224.3.72.0"

# the code, and its standard description: worked examples, and what the grammar gives for codes seen on real systems
DESCRIBED = [
    (HALF_HOURS, "thirtyMinute deltaData forward electricitySecondaryMetered energy phasesABC (kWh)"),
    (
        "0.0.4.4.1.1.12.0.0.0.0.0.0.0.224.3.72.0",
        "twentyfourHour deltaData forward electricitySecondaryMetered energy phasesABC (kWh)",
    ),
    (
        "0.0.2.1.15.1.12.0.0.0.0.0.0.0.0.3.73.0",
        "fifteenMinute bulkQuantity quadrant1 electricitySecondaryMetered energy (kVArh)",
    ),
    (
        "0.0.6.4.19.1.12.0.0.0.0.0.0.0.224.3.72.0",
        "fiveMinute deltaData reverse electricitySecondaryMetered energy phasesABC (kWh)",
    ),
    ("0.0.7.4.1.9.58.0.0.0.0.0.0.0.0.0.42.0", "sixtyMinute deltaData forward potableWater volume (m3)"),
    (
        "8.8.5.6.1.1.8.0.0.0.0.0.0.0.224.3.38.0",
        "billingPeriod maximum thirtyMinute indicating forward electricitySecondaryMetered demand phasesABC (kW)",
    ),
    ("0.0.0.12.0.1.158.0.0.0.0.0.0.0.128.-3.29.0", "instantaneous electricitySecondaryMetered voltage phaseA (mV)"),
    ("0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0", ""),
]


@pytest.mark.parametrize(("code", "description"), DESCRIBED)
def test_code_and_description(code: str, description: str) -> None:
    assert ReadingType.parse(code).description == description
    assert from_description(description).text == code


def test_every_position_has_its_meaning() -> None:
    found = ReadingType.parse("13.8.5.6.1.1.8.3.4.5.6.7.2.1.224.-3.61.36")
    assert found.macro_period is codes.MacroPeriod.monthly
    assert found.aggregate is codes.Aggregate.maximum
    assert found.measuring_period is codes.MeasuringPeriod.thirtyMinute
    assert found.accumulation is codes.Accumulation.indicating
    assert found.flow_direction is codes.FlowDirection.forward
    assert found.commodity is codes.Commodity.electricitySecondaryMetered
    assert found.measurement_kind is codes.MeasurementKind.demand
    assert (found.interharmonic_numerator, found.interharmonic_denominator) == (3, 4)
    assert (found.argument_numerator, found.argument_denominator) == (5, 6)
    assert (found.tou, found.cpp, found.consumption_tier, found.currency) == (7, 2, 1, 36)
    assert found.phases is codes.Phases.phasesABC
    assert found.multiplier is codes.Multiplier.milli
    assert found.unit is codes.Unit.VA
    assert found.symbol == "mVA"


def test_unknown_and_vendor_codes_are_kept() -> None:
    code = "1002.99.104.98.97.26.996.0.0.0.0.0.0.0.95.5.400.0"
    found = ReadingType.parse(code)
    assert (found.text, found.macro_period, found.unit) == (code, 1002, 400)
    assert found.description == (
        "macroPeriod1002 aggregate99 measuringPeriod104 accumulation98 flowDirection97 commodity26 "
        "measurementKind996 phases95 (multiplier5unit400)"
    )
    assert ReadingType.parse("1001.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0").macro_period is codes.MacroPeriod.yearly


def test_netstreams_words_turn_export_to_the_customer() -> None:
    assert ReadingType.parse(HALF_HOURS).netstream_text == "thirtyMinute deltaData export energy PhaseABC (kWh)"
    back = ReadingType.parse(HALF_HOURS.replace(".4.1.1.", ".4.19.1."))
    assert back.netstream_text == "thirtyMinute deltaData import energy PhaseABC (kWh)"


@pytest.mark.parametrize(
    ("code", "minutes", "calendar", "interval"),
    [
        ("0.0.6.4.1.1.12", 5, None, True),
        ("0.0.31.4.1.1.12", 20, None, True),
        ("0.0.83.4.1.1.12", 180, None, True),
        ("0.8.50.6.1.1.8", 60, None, True),
        ("0.8.70.6.1.1.8", 30, None, True),
        ("0.0.4.4.1.1.12", None, "day", True),
        ("11.0.0.4.1.1.12", None, "day", True),
        ("13.8.5.6.1.1.8", None, "month", True),
        ("1001.0.0.4.1.1.12", None, "year", True),
        ("0.0.0.1.1.1.12", None, None, False),
        ("8.0.0.4.1.1.12", None, None, False),
        ("0.0.100.4.1.1.12", None, None, False),
    ],
)
def test_what_comes_in_intervals(code: str, minutes: int | None, calendar: str | None, interval: bool) -> None:
    found = ReadingType.parse(f"{code}.0.0.0.0.0.0.0.0.3.72.0")
    assert (found.minutes, found.calendar_period, found.is_interval) == (minutes, calendar, interval)


@pytest.mark.parametrize(
    "text",
    [
        "", "0", HALF_HOURS + ".0", HALF_HOURS[:-2], HALF_HOURS + ".", "." + HALF_HOURS, HALF_HOURS.replace("5", "5x"),
        HALF_HOURS.replace("5", "-5"), HALF_HOURS.replace("5", "05"), HALF_HOURS.replace("5", "5.0"),
        HALF_HOURS.replace(".3.", ".+3."), HALF_HOURS.replace(".3.", ".-0."), HALF_HOURS.replace("5", "٥"),
        HALF_HOURS + "\n", " " + HALF_HOURS, HALF_HOURS.replace("72", "9" * 10), "0." * 100_000,
        "3.0.129.160", HALF_HOURS.replace(".", ","),
    ],
)  # fmt: skip
def test_other_forms_are_refused(text: str) -> None:
    with pytest.raises(BadValue, match="18 integers") as refused:
        ReadingType.parse(text)
    assert refused.value.rule == "cim.reading-type"
    assert len(str(refused.value)) < 300


number = st.integers(0, 999_999_999)
any_code = st.tuples(*[number] * 15, st.integers(-999, 999), number, number).map(
    lambda parts: ".".join(map(str, parts))
)


@given(any_code)
def test_text_is_written_as_it_was_read(code: str) -> None:
    assert str(ReadingType.parse(code)) == code


@st.composite
def described(draw: st.DrawFn) -> str:
    """Codes that a description tells whole: known ones or not, nothing where the grammar has no word."""
    kinds = {0: codes.MacroPeriod, 1: codes.Aggregate, 2: codes.MeasuringPeriod, 3: codes.Accumulation}
    kinds |= {4: codes.FlowDirection, 5: codes.Commodity, 6: codes.MeasurementKind, 14: codes.Phases}
    parts = ["0"] * 18
    for place, kind in kinds.items():
        parts[place] = str(draw(st.sampled_from([int(member) for member in kind]) | st.integers(500_000, 999_999)))
    parts[15] = str(draw(st.sampled_from([int(member) for member in codes.Multiplier])))
    parts[16] = str(draw(st.sampled_from([int(member) for member in codes.Unit if member])))
    return ".".join(parts)


@given(described())
def test_descriptions_are_read_back(code: str) -> None:
    assert from_description(ReadingType.parse(code).description).text == code


@pytest.mark.parametrize(
    "text",
    ["forward deltaData", "deltaData deltaData", "nonsense", "energy (kXh)", "macroPeriod", "macroPeriodx", "none"],
)
def test_words_without_a_place_are_refused(text: str) -> None:
    with pytest.raises(BadValue) as refused:
        from_description(text)
    assert refused.value.rule == "cim.reading-type-description"


def test_no_word_has_two_meanings_in_one_position_and_units_differ() -> None:
    symbols = [reading_type._symbol(power, unit) for power in codes.MULTIPLIER_SYMBOLS for unit in codes.Unit if unit]
    assert len(set(symbols)) == len(symbols)


def test_the_catalogue_is_made_of_known_codes() -> None:
    assert len(set(CATALOGUE)) == len(CATALOGUE)
    for code in CATALOGUE:
        assert not any(sign.isdigit() for sign in ReadingType.parse(code).description.replace("m3", ""))


def test_the_cache_is_bounded() -> None:
    reading_type._parsed.cache_clear()
    for unit in range(20_000):
        ReadingType.parse(f"0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.{unit}.0")
    info = reading_type._parsed.cache_info()
    assert info.currsize == info.maxsize == 16_384
