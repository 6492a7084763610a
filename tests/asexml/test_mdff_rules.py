"""One case per documented rule of meter data files: what is changed in a good file, and the fault it brings."""

import pytest

from simulator.asexml import mdff

VALUES = ",".join(f"0.{n:03}" for n in range(48))
UPDATED = "20260303121500"
DAY = f"300,20260302,{VALUES},A,,,{UPDATED},"
VARIABLE = f"300,20260303,{VALUES},V,,,{UPDATED},20260303130000"
NEM12 = f"""100,NEM12,202603030000,MDP1,RETAILA
200,4102034567,E1B1,E1,E1,N1,M0001,kWh,30,20260601
{DAY}
{VARIABLE}
400,1,20,A,,
400,21,40,S14,0,Storm
400,41,48,F52,76,
500,S,S0001,20260303101500,001123.5
900
"""
NEM13 = """100,NEM13,202603030000,MDP1,RETAILA
250,4102034567,1141,01,11,11,M0001,E,000021.2,20251001103230,A,,,000534.5,20260101100030,S64,77,,343.5,kWh,20260401,\
20260102125010,20260103000130
550,N,,A,S0002
900
"""


def faults_of(text: str, **switches: bool) -> list[tuple[str, int, int, int | None]]:
    """Rule, line, position and row of each fault."""
    data = mdff.read(text, mdff.Switches(**switches))
    return [(fault.rule, fault.line, fault.position, fault.row) for fault in data.faults]


def test_the_good_files_are_good() -> None:
    assert faults_of(NEM12) == []
    assert faults_of(NEM13) == []
    assert (mdff.read(NEM12).accepted, mdff.read(NEM12).refused) == (2, 0)
    assert (mdff.read(NEM13).accepted, mdff.read(NEM13).refused) == (1, 0)


# what to replace, by what, and the faults: rule, line, position, row
NEM12_CASES = [
    ("200,4102034567", "200,410203456", ("mdff.nmi", 2, 2, 2)),
    ("200,4102034567", "200,410203456I", ("mdff.nmi", 2, 2, 2)),
    ("E1B1,", "E1" * 121 + ",", ("mdff.length", 2, 3, 2)),
    ("E1B1,E1,", "E1B1,E1234567890,", ("mdff.length", 2, 4, 2)),
    (",E1,N1,", ",E,N1,", ("mdff.suffix", 2, 5, 2)),
    (",E1,N1,", ",11,N1,", ("mdff.suffix", 2, 5, 2)),
    (",E1,N1,", ",E1,N,", ("mdff.stream", 2, 6, 2)),
    ("M0001,", "M000123456789,", ("mdff.length", 2, 7, 2)),
    ("kWh,", "kWhh,", ("mdff.uom", 2, 8, 2)),
    ("kWh,", ",", ("mdff.uom", 2, 8, 2)),
    (",20260601\n", ",20260631\n", ("mdff.date", 2, 10, 2)),
    ("300,20260302,", "300,20260230,", ("mdff.date", 3, 2, 3)),
    ("300,20260302,", "300,2026032,", ("mdff.date", 3, 2, 3)),
    ("300,20260302,", "300,,", ("mdff.date", 3, 2, 3)),
    ("300,20260302,0.000,", "300,20260302,-0.001,", ("mdff.value-negative", 3, 3, 3)),
    ("300,20260302,0.000,", "300,20260302,1e3,", ("mdff.value-exponent", 3, 3, 3)),
    ("300,20260302,0.000,", "300,20260302,1E+3,", ("mdff.value-exponent", 3, 3, 3)),
    ("300,20260302,0.000,", "300,20260302,NaN,", ("mdff.value", 3, 3, 3)),
    ("300,20260302,0.000,", "300,20260302,1_0,", ("mdff.value", 3, 3, 3)),
    ("300,20260302,0.000,", "300,20260302,+1,", ("mdff.value", 3, 3, 3)),
    ("300,20260302,0.000,", "300,20260302,1.2.3,", ("mdff.value", 3, 3, 3)),
    ("300,20260302,0.000,", "300,20260302,.,", ("mdff.value", 3, 3, 3)),
    ("300,20260302,0.000,", "300,20260302, 1,", ("mdff.value", 3, 3, 3)),
    ("300,20260302,0.000,", "300,20260302,\u0661,", ("mdff.value", 3, 3, 3)),
    ("300,20260302,0.000,", "300,20260302,,", ("mdff.value-missing", 3, 3, 3)),
    ("300,20260302,0.000,0.001", "300,20260302,0.000", ("mdff.interval-count", 3, 0, 3)),
    ("300,20260302,", "300,20260302,0.5,", ("mdff.interval-count", 3, 0, 3)),
    (f"A,,,{UPDATED},", f"A,,,{UPDATED}", ("mdff.interval-count", 3, 0, 3)),
    (f"A,,,{UPDATED},", f"X,,,{UPDATED},", ("mdff.quality-flag", 3, 51, 3)),
    (f"A,,,{UPDATED},", f",,,{UPDATED},", ("mdff.quality-flag", 3, 51, 3)),
    (f"A,,,{UPDATED},", f"A11,,,{UPDATED},", ("mdff.quality-method", 3, 51, 3)),
    (f"A,,,{UPDATED},", f"N14,,,{UPDATED},", ("mdff.quality-method", 3, 51, 3)),
    (f"A,,,{UPDATED},", f"E,,,{UPDATED},", ("mdff.quality-method", 3, 51, 3)),
    (f"A,,,{UPDATED},", f"S50,1,,{UPDATED},", ("mdff.quality-method", 3, 51, 3)),
    (f"A,,,{UPDATED},", f"S14,,,{UPDATED},", ("mdff.reason-required", 3, 52, 3)),
    (f"A,,,{UPDATED},", f"F14,,,{UPDATED},", ("mdff.reason-required", 3, 52, 3)),
    (f"A,,,{UPDATED},", f"S14,100,,{UPDATED},", ("mdff.reason-code", 3, 52, 3)),
    (f"A,,,{UPDATED},", f"A,x,,{UPDATED},", ("mdff.reason-code", 3, 52, 3)),
    (f"A,,,{UPDATED},", f"A,0,,{UPDATED},", ("mdff.reason-description", 3, 53, 3)),
    (f"V,,,{UPDATED},", f"V,76,,{UPDATED},", ("mdff.reason-here", 4, 52, 4)),
    (f"A,,,{UPDATED},", f"A,79,,{UPDATED},", ("mdff.event-required", 3, 0, 3)),
    (f"A,,,{UPDATED},", f"A,89,,{UPDATED},", ("mdff.event-required", 3, 0, 3)),
    (f"A,,,{UPDATED},", f"A,61,,{UPDATED},", ("mdff.event-required", 3, 0, 3)),
    (f"A,,,{UPDATED},", f"V,,,{UPDATED},", ("mdff.event-required", 3, 0, 3)),
    (f"A,,,{UPDATED},", "A,,,20260303126000,", ("mdff.datetime", 3, 54, 3)),
    (f"A,,,{UPDATED},", "A,,,,", ("mdff.datetime", 3, 54, 3)),
    (f"A,,,{UPDATED},", f"A,,,{UPDATED},2026", ("mdff.datetime", 3, 55, 3)),
    ("400,1,20,", "400,2,20,", ("mdff.event-order", 5, 2, 4)),
    ("400,21,40,", "400,20,40,", ("mdff.event-order", 6, 2, 4)),
    ("400,21,40,", "400,22,40,", ("mdff.event-order", 6, 2, 4)),
    ("400,41,48,", "400,41,49,", ("mdff.event-order", 7, 3, 4)),
    ("400,41,48,", "400,41,40,", ("mdff.event-order", 7, 3, 4)),
    ("400,41,48,", "400,41,47,", ("mdff.event-coverage", 4, 0, 4)),
    ("400,41,48,", "400,41,end,", ("mdff.event-interval", 7, 3, 4)),
    ("400,41,48,F52,76,", "400,41,48,V,,", ("mdff.quality-here", 7, 4, 4)),
    ("400,41,48,F52,76,", "400,41,48,F52,,", ("mdff.reason-required", 7, 5, 4)),
    ("400,41,48,F52,76,", "400,41,48,F52,0,", ("mdff.reason-description", 7, 6, 4)),
    ("400,41,48,F52,76,", "400,41,48,F52,76", ("mdff.field-count", 7, 0, 4)),
    ("400,41,48,F52,76,", "400,41,48,F52,76,a,b", ("mdff.field-count", 7, 0, 4)),
    ("500,S,", "500,X,", ("mdff.trans-code", 8, 2, 4)),
    ("500,S,S0001,", "500,S,S000123456789012,", ("mdff.length", 8, 3, 4)),
    ("20260303101500,0", "20260303251500,0", ("mdff.datetime", 8, 4, 4)),
    ("001123.5", "0011230000000000", ("mdff.length", 8, 5, 4)),
    ("500,S,S0001", "500,S,S0001,x", ("mdff.field-count", 8, 0, 4)),
]


@pytest.mark.parametrize(
    ("old", "new", "fault"), NEM12_CASES, ids=[f"{c[2][0]}-{n}" for n, c in enumerate(NEM12_CASES)]
)
def test_a_rule_of_nem12(old: str, new: str, fault: tuple[str, int, int, int]) -> None:
    assert old in NEM12
    data = mdff.read(NEM12.replace(old, new, 1))
    assert (data.faults[0].rule, data.faults[0].line, data.faults[0].position, data.faults[0].row) == fault
    if fault[1] == 2:  # a refused 200 takes its two days with it
        assert [f.rule for f in data.faults[1:]] == ["mdff.details-refused"] * 2
        assert [f.row for f in data.faults[1:]] == [3, 4]
        assert (data.accepted, data.refused, data.records) == (0, 2, ())
    else:
        assert len(data.faults) == 1
        assert (data.accepted, data.refused, len(data.records)) == (1, 1, 1)


def test_an_unknown_interval_length_refuses_the_days_unread() -> None:
    data = mdff.read(NEM12.replace(",30,20260601", ",20,20260601"))
    assert [f.rule for f in data.faults] == ["mdff.interval-length", *["mdff.details-refused"] * 2]
    assert data.faults[0].key == "4102034567,E1"
    assert data.faults[2].key == "4102034567,E1,20260303"


@pytest.mark.parametrize("length", [1, 5, 10, 15, 30])
def test_interval_lengths(length: int) -> None:
    values = ",".join(["0.1"] * (1440 // length))
    register = f"200,4102034567,E1,E1,E1,,,kwh,{length},"
    text = f"100,NEM12,202603030000,M,R\n{register}\n300,20260302,{values},A,,,{UPDATED},\n900"
    data = mdff.read(text)
    assert data.faults == ()
    (day,) = data.records
    assert isinstance(day, mdff.IntervalDay)
    assert (len(day.values), day.unit) == (1440 // length, "kWh")


def test_every_fault_of_a_record_is_told() -> None:
    text = NEM12.replace("300,20260302,0.000,0.001,", "300,20269999,x,-1,").replace(f"A,,,{UPDATED}", "Q,999,,never")
    found = [(rule, position) for rule, line, position, row in faults_of(text)]
    assert found == [
        ("mdff.date", 2),
        ("mdff.value", 3),
        ("mdff.value-negative", 4),
        ("mdff.quality-flag", 51),
        ("mdff.reason-code", 52),
        ("mdff.datetime", 54),
    ]
    names = [fault.field for fault in mdff.read(text).faults]
    assert names[1:3] == ["IntervalValue1", "IntervalValue2"]


# records out of place
def test_a_day_without_its_register() -> None:
    text = f"100,NEM12,202603030000,M,R\n{DAY}\n900\n"
    assert faults_of(text) == [("mdff.order", 2, 0, 2)]
    assert mdff.read(text).refused == 1


def test_a_register_without_days() -> None:
    text = NEM12.replace("900\n", "200,4102034567,E1B1,B1,B1,N1,M0001,kWh,30,\n900\n")
    assert faults_of(text) == [("mdff.order", 9, 0, 9)]
    assert mdff.read(text).accepted == 2


@pytest.mark.parametrize("record", ["400,1,48,A,,", "500,S,S0001,20260303101500,1"])
def test_details_without_a_day(record: str) -> None:
    text = NEM12.replace("\n300,20260302", f"\n{record}\n300,20260302", 1)
    assert faults_of(text) == [("mdff.order", 3, 0, 3)]
    assert mdff.read(text).accepted == 2


def test_quality_after_the_visit() -> None:
    text = NEM12.replace("900\n", "400,1,48,A,,\n900\n")
    assert faults_of(text) == [("mdff.order", 9, 0, 4)]


def test_an_unknown_record_leaves_the_next_days_to_nobody() -> None:
    text = NEM12.replace("200,", "2O0,", 1)
    assert faults_of(text) == [
        ("mdff.record-indicator", 2, 1, 2),
        ("mdff.details-refused", 3, 0, 3),
        ("mdff.details-refused", 4, 0, 4),
    ]
    assert mdff.read(text).refused == 2


def test_the_two_kinds_are_never_mixed() -> None:
    accumulation = NEM13.splitlines()[1]
    mixed = NEM12.replace("900\n", f"{accumulation}\n900\n")
    assert faults_of(mixed) == [("mdff.mixed", 9, 1, 9)]
    assert (mdff.read(mixed).accepted, mdff.read(mixed).refused) == (2, 1)
    mixed = NEM13.replace("900\n", f"{DAY}\n900\n")
    assert faults_of(mixed) == [("mdff.mixed", 4, 1, 4)]
    assert (mdff.read(mixed).accepted, mdff.read(mixed).refused) == (1, 1)


def test_the_same_day_twice() -> None:
    text = NEM12.replace(DAY, f"{DAY}\n{DAY}")
    assert faults_of(text) == [("mdff.duplicate", 4, 0, 4)]
    assert mdff.read(text).accepted == 2
    assert mdff.read(text, mdff.Switches(duplicates=True)).accepted == 3


# the frame
@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", ("mdff.empty", 1, 1, None)),
        (" \n\r\n", ("mdff.empty", 1, 1, None)),
        (NEM12.replace("100,NEM12", "100,NEM11"), ("mdff.version", 1, 2, None)),
        (NEM12.replace("100,NEM12", "100,nem12"), ("mdff.version", 1, 2, None)),
        (NEM12.replace("202603030000", "20260303"), ("mdff.datetime", 1, 3, None)),
        (NEM12.replace("MDP1", "METERDATA01"), ("mdff.length", 1, 4, None)),
        (NEM12.replace(",MDP1,RETAILA", ",MDP1"), ("mdff.field-count", 1, 0, None)),
        (NEM12.split("\n", 1)[1], ("mdff.header", 1, 1, None)),
        (NEM13.split("\n", 1)[1], ("mdff.header", 1, 1, None)),
        (NEM12.replace("900\n", ""), ("mdff.end", 1, 1, None)),
        (NEM12 + "900\n", ("mdff.after-end", 10, 1, None)),
        (NEM12 + NEM12, ("mdff.after-end", 10, 1, None)),
        (NEM12.replace("900\n", NEM12), ("mdff.header", 9, 1, None)),
        (NEM13.replace("100,NEM13", "100,"), ("mdff.version", 1, 2, None)),
        ("<html>", ("mdff.header", 1, 1, None)),
    ],
)
def test_a_broken_frame_refuses_the_file(text: str, fault: tuple[str, int, int, None]) -> None:
    data = mdff.read(text)
    assert (data.faults[0].rule, data.faults[0].line, data.faults[0].position, data.faults[0].row) == fault
    assert (data.accepted, data.records) == (0, ())


def test_rows_of_a_broken_frame_are_kept_on_demand() -> None:
    cut = NEM12.replace("900\n", "")
    assert mdff.read(cut).refused == 2
    assert mdff.read(cut, mdff.Switches(broken_frame=True)).accepted == 2
    headless = NEM13.split("\n", 1)[1]
    assert mdff.read(headless, mdff.Switches(broken_frame=True)).accepted == 1


def test_900_has_nothing_else() -> None:
    assert faults_of(NEM12.replace("900\n", "900,1\n")) == [("mdff.field-count", 9, 0, None)]
    assert faults_of(NEM12.replace("900\n", "900,\n")) == []
    assert faults_of(NEM12.replace("900\n", "900,\n"), trailing_commas=False) == [("mdff.trailing-comma", 9, 0, None)]


def test_a_file_without_rows() -> None:
    data = mdff.read("100,NEM12,202603030000,MDP1,RETAILA\n900\n")
    assert (data.dialect, data.accepted, data.refused, data.faults) == ("NEM12", 0, 0, ())


def test_trailing_commas_are_a_switch() -> None:
    padded = "".join(line + ",,,\n" for line in NEM12.splitlines())
    assert faults_of(padded) == []
    assert mdff.read(padded).records == mdff.read(NEM12).records
    strict = faults_of(padded, trailing_commas=False)
    assert {rule for rule, *_ in strict} == {"mdff.trailing-comma", "mdff.details-refused"}


# NEM13
NEM13_CASES = [
    ("250,4102034567", "250,41020345670", "mdff.nmi", 2),
    (",1141,", "," + "11" * 121 + ",", "mdff.length", 3),
    (",01,11,11,", ",01234567890,11,11,", "mdff.length", 4),
    (",01,11,11,", ",01,1,11,", "mdff.suffix", 5),
    (",01,11,11,", ",01,11,1,", "mdff.stream", 6),
    (",M0001,", ",M000123456789,", "mdff.length", 7),
    (",E,000021.2", ",X,000021.2", "mdff.direction", 8),
    ("000021.2,", ",", "mdff.value-missing", 9),
    ("20251001103230", "20251301103230", "mdff.datetime", 10),
    ("20251001103230,A,", "20251001103230,E64,", "mdff.quality-here", 11),
    ("20251001103230,A,", "20251001103230,V,", "mdff.quality-here", 11),
    ("20251001103230,A,", "20251001103230,S,1", "mdff.quality-method", 11),
    ("20251001103230,A,", "20251001103230,A14,", "mdff.quality-method", 11),
    ("20251001103230,A,", "20251001103230,S64,", "mdff.reason-required", 12),
    ("000534.5", "-534.5", "mdff.value-negative", 14),
    ("20260101100030", "20250101100030", "mdff.read-order", 15),
    (",S64,77,", ",V,,", "mdff.quality-here", 16),
    (",S64,77,", ",S64,0,", "mdff.reason-description", 18),
    (",343.5,", ",-343.5,", "mdff.value-negative", 19),
    (",343.5,", ",3e2,", "mdff.value-exponent", 19),
    (",kWh,", ",horses,", "mdff.uom", 20),
    (",20260401,", ",20260431,", "mdff.date", 21),
    ("20260102125010", "", "mdff.datetime", 22),
    ("20260103000130", "x", "mdff.datetime", 23),
    (",20260103000130", "", "mdff.field-count", 0),
]


@pytest.mark.parametrize(("old", "new", "rule", "position"), NEM13_CASES)
def test_a_rule_of_nem13(old: str, new: str, rule: str, position: int) -> None:
    assert old in NEM13
    data = mdff.read(NEM13.replace(old, new, 1))
    assert [(f.rule, f.line, f.position, f.row) for f in data.faults] == [(rule, 2, position, 2)]
    assert (data.accepted, data.refused, data.records) == (0, 1, ())


@pytest.mark.parametrize(
    ("old", "new", "rule", "position"),
    [
        ("550,N,", "550,X,", "mdff.trans-code", 2),
        ("550,N,,A,", "550,N,1234567890123456,A,", "mdff.length", 3),
        ("550,N,,A,", "550,N,,AA,", "mdff.trans-code", 4),
        ("A,S0002", "A,S000212345678901", "mdff.length", 5),
        ("550,N,,A,S0002", "550,N,,A", "mdff.field-count", 0),
    ],
)
def test_a_rule_of_550(old: str, new: str, rule: str, position: int) -> None:
    assert faults_of(NEM13.replace(old, new)) == [(rule, 3, position, 2)]
    assert mdff.read(NEM13.replace(old, new)).refused == 1


def test_order_of_nem13() -> None:
    accumulation, visit = NEM13.splitlines()[1:3]
    start = "100,NEM13,202603030000,MDP1,RETAILA\n"
    assert faults_of(f"{start}{visit}\n{accumulation}\n900") == [("mdff.order", 2, 0, 2)]
    assert faults_of(f"{start}{accumulation}\n{visit}\n{visit}\n900") == [("mdff.order", 4, 0, 2)]
    assert faults_of(f"{start}{accumulation}\n{accumulation}\n900") == [("mdff.duplicate", 3, 0, 3)]
    assert faults_of(f"{start}251,\n{accumulation}\n900") == [("mdff.record-indicator", 2, 1, 2)]


def test_generation_may_be_negative() -> None:
    data = mdff.read(NEM13.replace(",E,000021.2", ",I,000021.2").replace(",343.5,", ",-343.5,"))
    assert data.faults == ()
    (row,) = data.records
    assert isinstance(row, mdff.Accumulation)
    assert str(row.quantity) == "-343.5"


def test_forward_estimates_are_timed_at_midnight_where_that_is_asked() -> None:
    estimate = NEM13.replace("S64,77,", "E64,77,")
    assert faults_of(estimate) == []
    assert faults_of(estimate, estimate_time=True) == [("mdff.estimate-time", 2, 15, 2)]
    assert faults_of(estimate.replace("20260101100030", "20260101000000"), estimate_time=True) == []
