"""The older MDMT columns."""

from datetime import date, datetime
from decimal import Decimal

import pytest
from msgspec.structs import replace

from simulator.asexml import mdff
from simulator.base.clock import MARKET_ZONE

CONSUMPTION = """NMI,Suffix,MDPVersionDate,FromDate,ToDate,Status,Reading
4102034567,11,20260303121500,20260101,20260301,A,446.5
4102034567,12,20260303121500,20260101,20260301,E,.446
"""
PERIODS = ",".join(f"Period{n:02}" for n in range(1, 49))
VALUES = ",".join([".446"] * 48)
INTERVAL = f"""NMI,Suffix,MDPVersionDate,SettlementDate,Status48,{PERIODS}
4102034567,N1,20260303121500,20260302,{"A" * 40}{"S" * 8},{VALUES}
"""


def test_consumption() -> None:
    data = mdff.read(CONSUMPTION)
    assert (data.dialect, data.accepted, data.refused, data.faults) == ("MDMT", 2, 0, ())
    version = datetime(2026, 3, 3, 12, 15, tzinfo=MARKET_ZONE)
    dates = (date(2026, 1, 1), date(2026, 3, 1))
    assert data.records[0] == mdff.LegacyConsumption("4102034567", "11", version, *dates, "A", "446.5", line=2)
    assert isinstance(data.records[1], mdff.LegacyConsumption)
    assert data.records[1].value == Decimal("0.446")


def test_intervals() -> None:
    (row,) = mdff.read(INTERVAL).records
    assert isinstance(row, mdff.LegacyInterval)
    assert row.values == (Decimal("0.446"),) * 48
    assert (row.statuses[39:41], row.interval_length, row.suffix) == ("AS", 30, "N1")


def test_it_reads_back_as_written() -> None:
    for text in (CONSUMPTION, INTERVAL):
        rows = [replace(row, line=0) for row in mdff.read(text).records]
        written = mdff.write_legacy(rows)  # type: ignore[arg-type]  # only legacy rows come of legacy text
        assert [replace(row, line=0) for row in mdff.read(written).records] == rows
        assert written.splitlines()[1:] == text.splitlines()[1:]
    assert mdff.write_legacy([]) == ""


@pytest.mark.parametrize("periods", [96, 288])
def test_days_of_more_periods(periods: int) -> None:
    version = datetime(2026, 3, 3, tzinfo=MARKET_ZONE)
    row = mdff.LegacyInterval("4102034567", "N1", version, date(2026, 3, 2), "A" * periods, ",".join(["1"] * periods))
    data = mdff.read(mdff.write_legacy([row]))
    assert (data.accepted, data.faults) == (1, ())


CASES = [
    (CONSUMPTION, "4102034567,11", "410203456,11", "mdff.nmi", 1),
    (CONSUMPTION, "4102034567,11", "4102034567,1", "mdff.suffix", 2),
    (CONSUMPTION, "11,20260303121500", "11,20260303", "mdff.datetime", 3),
    (CONSUMPTION, "20260101,", "2026-01-01,", "mdff.date", 4),
    (CONSUMPTION, ",20260301,", ",20250301,", "mdff.read-order", 5),
    (CONSUMPTION, ",A,", ",V,", "mdff.status", 6),
    (CONSUMPTION, "446.5", "-446.5", "mdff.value-negative", 7),
    (CONSUMPTION, "446.5", "446.5,1", "mdff.field-count", 0),
    (INTERVAL, "A" * 40, "A" * 39, "mdff.status", 5),
    (INTERVAL, "A" * 40, "A" * 39 + "N", "mdff.status", 5),
    (INTERVAL, ",.446", ",1e1", "mdff.value-exponent", 6),
    (INTERVAL, ",.446", "", "mdff.field-count", 0),
]


@pytest.mark.parametrize(("text", "old", "new", "rule", "position"), CASES)
def test_a_rule(text: str, old: str, new: str, rule: str, position: int) -> None:
    data = mdff.read(text.replace(old, new, 1))
    assert [(f.rule, f.line, f.position, f.row) for f in data.faults] == [(rule, 2, position, 2)]
    assert data.refused == 1


def test_the_same_row_twice() -> None:
    row = CONSUMPTION.splitlines()[1]
    data = mdff.read(f"{CONSUMPTION}{row}\n")
    assert [(f.rule, f.line, f.key) for f in data.faults] == [("mdff.duplicate", 4, "4102034567,11,20260101")]
    assert (data.accepted, data.refused) == (2, 1)


@pytest.mark.parametrize("columns", ["NMI,Suffix", "NMI,Suffix,MDPVersionDate,SettlementDate,Status48,Period01", "NMI"])
def test_unknown_columns_refuse_the_file(columns: str) -> None:
    data = mdff.read(f"{columns}\n4102034567,11,x\n")
    assert [f.rule for f in data.faults] == ["mdff.columns"]
    assert (data.accepted, data.refused) == (0, 1)


def test_column_names_without_case_and_padded() -> None:
    text = CONSUMPTION.replace("Reading\n", "READING,,\n").replace("446.5\n", "446.5,,\n")
    assert mdff.read(text).accepted == 2
