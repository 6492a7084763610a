"""Quality codes, and the market's words for flows, units and qualities."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.base.errors import BadValue
from simulator.cim import nem
from simulator.cim.quality import Category, Quality, System
from simulator.cim.reading_type import ReadingType


@pytest.mark.parametrize(
    ("code", "system", "category", "description"),
    [
        ("1.0.0", System.endDevice, Category.valid, "endDevice valid: data valid"),
        ("1.2.32", System.endDevice, Category.powerQuality, "endDevice powerQuality: power fail"),
        ("1.4.1", System.endDevice, Category.dataCollection, "endDevice dataCollection: overflow"),
        ("1.4.131", System.endDevice, Category.dataCollection, "endDevice dataCollection: manual read"),
        ("2.5.259", System.meteringSystem, Category.reasonability, "meteringSystem reasonability: known missing read"),
        ("3.8.0", System.meterDataManagement, Category.estimated, "meterDataManagement estimated: estimated"),
        (
            "3.8.17",
            System.meterDataManagement,
            Category.estimated,
            "meterDataManagement estimated: estimated by rule 17",
        ),
        (
            "3.6.4001",
            System.meterDataManagement,
            Category.validation,
            "meterDataManagement validation: subcategory 4001",
        ),
        ("9.77.5", 9, 77, "system9 category77: subcategory 5"),
    ],
)
def test_codes_seen_in_the_wild(code: str, system: int, category: int, description: str) -> None:
    found = Quality.parse(code)
    assert (found.system, found.category, found.description, str(found)) == (system, category, description, code)
    assert found.is_good == (category == 0)


@pytest.mark.parametrize(
    "text", ["", "1", "1.0", "1.0.0.0", "a.b.c", "-1.0.0", "01.0.0", "1..0", "1.0.0 ", "1.0." + "9" * 30]
)
def test_other_forms_are_refused(text: str) -> None:
    with pytest.raises(BadValue, match="three integers") as refused:
        Quality.parse(text)
    assert refused.value.rule == "cim.quality"


@given(st.tuples(*[st.integers(0, 999_999_999)] * 3))
def test_quality_text_is_written_as_it_was_read(parts: tuple[int, int, int]) -> None:
    code = ".".join(map(str, parts))
    assert Quality.parse(code).text == code


# the trap: AEMO's export is energy to the customer, CIM's forward
@pytest.mark.parametrize(
    ("suffix", "unit", "minutes", "code"),
    [
        ("E1", "kWh", 5, "0.0.6.4.1.1.12.0.0.0.0.0.0.0.224.3.72.0"),
        ("B1", "kWh", 5, "0.0.6.4.19.1.12.0.0.0.0.0.0.0.224.3.72.0"),
        ("E2", "KWH", 30, "0.0.5.4.1.1.12.0.0.0.0.0.0.0.224.3.72.0"),
        ("Q1", "kVArh", 15, "0.0.2.4.1.1.12.0.0.0.0.0.0.0.224.3.73.0"),
        ("K1", "kVArh", 60, "0.0.7.4.19.1.12.0.0.0.0.0.0.0.224.3.73.0"),
        ("E1", "MWh", 1440, "0.0.4.4.1.1.12.0.0.0.0.0.0.0.224.6.72.0"),
        ("B1", "Wh", 1, "0.0.3.4.19.1.12.0.0.0.0.0.0.0.224.0.72.0"),
    ],
)
def test_suffix_and_unit(suffix: str, unit: str, minutes: int, code: str) -> None:
    found = nem.reading_type_of(suffix, unit, minutes)
    assert found.text == code
    assert nem.suffix_letter_of(found) == suffix[0]
    assert (nem.unit_of(found) or "").upper() == unit.upper()


@pytest.mark.parametrize(
    ("suffix", "unit", "minutes", "rule"),
    [
        ("X1", "kWh", 5, "cim.suffix"),
        ("E", "kWh", 5, "cim.suffix"),
        ("", "kWh", 5, "cim.suffix"),
        ("E1", "kVArh", 5, "cim.suffix"),
        ("Q1", "kWh", 5, "cim.suffix"),
        ("E1", "kV", 5, "cim.unit"),
        ("E1", "", 5, "cim.unit"),
        ("E1", "kWh", 7, "cim.interval"),
    ],
)
def test_what_has_no_reading_type(suffix: str, unit: str, minutes: int, rule: str) -> None:
    with pytest.raises(BadValue) as refused:
        nem.reading_type_of(suffix, unit, minutes)
    assert refused.value.rule == rule


def test_registers() -> None:
    assert nem.register_type_of("E", "kWh").text == "0.0.0.1.1.1.12.0.0.0.0.0.0.0.224.3.72.0"
    assert nem.register_type_of("I", "kWh", tou=2).text == "0.0.0.1.19.1.12.0.0.0.0.2.0.0.224.3.72.0"
    with pytest.raises(BadValue) as refused:
        nem.register_type_of("B", "kWh")
    assert refused.value.rule == "cim.direction"


def test_what_is_no_stream_of_the_market() -> None:
    volume = ReadingType.parse("0.0.7.4.1.9.58.0.0.0.0.0.0.0.0.0.42.0")
    assert (nem.suffix_letter_of(volume), nem.unit_of(volume)) == (None, None)
    demand = ReadingType.parse("8.8.5.6.1.1.8.0.0.0.0.0.0.0.224.3.38.0")
    assert (nem.suffix_letter_of(demand), nem.unit_of(demand)) == (None, None)


def test_qualities_of_flags_and_of_meter_data_files() -> None:
    for code in (*nem.FLAG_QUALITIES.values(), *nem.MDFF_QUALITIES.values()):
        assert Quality.parse(code).text == code
    assert Quality.parse(nem.FLAG_QUALITIES["Null"]).description.endswith("known missing read")
    assert [Quality.parse(nem.MDFF_QUALITIES[flag]).is_good for flag in "AEFNS"] == [True, False, False, False, False]
