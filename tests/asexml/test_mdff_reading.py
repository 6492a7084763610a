"""What meter data files give: values, qualities, identifiers as text, dialects, limits, and round trips."""

import tracemalloc
from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from simulator.asexml import mdff
from simulator.asexml.mdff_fields import plain_numbers
from simulator.base.clock import MARKET_ZONE
from simulator.base.errors import BadValue

STAMP = datetime(2026, 3, 3, 12, 15, tzinfo=MARKET_ZONE)
HEADER = mdff.Header("NEM12", STAMP, "MDP1", "RETAILA")
DETAILS = mdff.NmiDataDetails("0012345670", "E1B1", "E1", "E1", "N1", "007", "kWh", 30)
ZEROS = ",".join(["0"] * 48)


def day_text(*details: str, quality: str = "A,,") -> str:
    rows = "\n".join(details)
    return (
        f"100,NEM12,202603030000,MDP1,RETAILA\n200,0012345670,E1B1,E1,E1,,007,KWH,30,\n"
        f"300,20260302,{ZEROS},{quality},20260303121500,\n{rows}\n900\n"
    )


def only_day(text: str) -> mdff.IntervalDay:
    data = mdff.read(text)
    assert data.faults == ()
    (day,) = data.records
    assert isinstance(day, mdff.IntervalDay)
    return day


def test_identifiers_are_text_and_times_are_market_time() -> None:
    day = only_day(day_text())
    assert (day.nmi, day.suffix, day.details.serial, day.unit, day.interval_length) == (
        "0012345670",
        "E1",
        "007",
        "kWh",
        30,
    )
    assert day.updated_at == STAMP
    assert day.updated_at.utcoffset() == timedelta(hours=10)
    assert (day.date, day.loaded_at, day.line) == (date(2026, 3, 2), None, 3)


def test_values_are_exact_decimals() -> None:
    text = day_text().replace(ZEROS, "0.10,.5,7.," + ",".join(["123456789012345678901234567890.123"] * 45))
    values = only_day(text).values
    assert [str(v) for v in values[:3]] == ["0.10", "0.5", "7"]
    assert values[3] == Decimal("123456789012345678901234567890.123")


def test_qualities_of_a_day() -> None:
    assert only_day(day_text()).spans == (mdff.IntervalEvent(1, 48, "A"),)
    day = only_day(day_text("400,1,2,A,,", "400,3,48,S14,76,Modem", quality="V,,"))
    assert day.spans == (mdff.IntervalEvent(1, 2, "A"), mdff.IntervalEvent(3, 48, "S14", 76, "Modem"))
    assert day.qualities() == ("A", "A", *["S14"] * 46)
    assert day.quality == "V"


def test_a_visit() -> None:
    day = only_day(day_text("500,S,S0001,20260302101500,001123.5"))
    at = datetime(2026, 3, 2, 10, 15, tzinfo=MARKET_ZONE)
    assert day.visits == (mdff.B2bDetails("S", "S0001", at, "001123.5"),)


def test_accumulation() -> None:
    text = (
        "100,NEM13,202603030000,MDP1,RETAILA\r\n"
        "250,4102034567,1141,01,11,11,M0001,E,000021.2,20251001103230,A,,,000534.5,20260101100030,S64,77,Late,343.5,KWH,"
        "20260401,20260102125010,20260103000130\r\n550,N,,A,S0002\r\n900\r\n"
    )
    data = mdff.read(text)
    (row,) = data.records
    assert isinstance(row, mdff.Accumulation)
    assert (row.previous.text, row.previous.value) == ("000021.2", Decimal("21.2"))
    assert (row.current.quality, row.current.reason, row.current.description) == ("S64", 77, "Late")
    assert (row.quantity, row.unit, row.direction) == (Decimal("343.5"), "kWh", "E")
    assert row.visit == mdff.AccumulationVisit("N", "", "A", "S0002")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("100,NEM12,2026", "NEM12"),
        ("\ufeff\r\n  100,NEM13,2026\n900", "NEM13"),
        ("100,NEM13", "NEM13"),
        ("NMI,Suffix,MDPVersionDate", "MDMT"),
        ("100,NEM14,", None),
        ("200,4102034567", None),
        ("", None),
        ("<xml/>", None),
    ],
)
def test_dialects(text: str, found: str | None) -> None:
    assert mdff.dialect(text) == found


def test_line_ends_blank_lines_and_a_mark_at_the_start_do_not_matter() -> None:
    text = day_text()
    wanted = only_day(text)
    for variant in (text.replace("\n", "\r\n"), "\ufeff" + text, text.replace("900", "\n\n900"), text.rstrip()):
        assert replace(only_day(variant), line=3) == wanted
    assert replace(only_day(f"\n      {text}  "), line=3) == wanted


def test_it_reads_a_stream_row_by_row() -> None:
    log = mdff.Log()
    stream = mdff.rows(iter(day_text().splitlines()), log)
    first = next(stream)
    assert isinstance(first, mdff.IntervalDay)
    assert next(stream, None) is None
    assert (log.accepted, log.framed, log.header) == (
        1,
        True,
        mdff.Header("NEM12", datetime(2026, 3, 3, tzinfo=MARKET_ZONE), "MDP1", "RETAILA"),
    )


# bad input
def test_a_line_too_long_is_dropped_and_what_follows_is_nobodys() -> None:
    text = day_text().replace("200,0012345670", "200," + "1" * 70_000)
    data = mdff.read(text)
    assert [fault.rule for fault in data.faults] == ["mdff.line-length", "mdff.details-refused"]
    assert data.accepted == 0


def test_faults_are_told_up_to_a_limit_and_counted_beyond() -> None:
    text = day_text().replace(ZEROS, ",".join(["x"] * 48))
    data = mdff.read(text, limits=mdff.Limits(faults=10))
    assert (len(data.faults), data.unreported, data.refused) == (10, 38, 1)


def test_too_many_records() -> None:
    data = mdff.read(day_text(*["400,1,1,A,,"] * 50), limits=mdff.Limits(records=20))
    assert "mdff.too-many-records" in [fault.rule for fault in data.faults]
    assert data.accepted == 0


def test_a_hostile_megabyte_stays_small() -> None:
    hostile = "100,NEM12,202603030000,M,R\n200,0012345670,E1,E1,E1,,,kWh,30,\n" + "400,,,,,,\n" * 100_000
    tracemalloc.start()
    data = mdff.read(hostile)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert (len(data.faults), data.accepted) == (1_000, 0)
    assert data.unreported > 90_000
    assert peak < 40_000_000


@settings(max_examples=60)
@given(st.text(alphabet="0123456789,.\nAVSEN kWh-e100200300400500900250550NEM12\u0661\x00", max_size=300))
def test_no_text_raises(text: str) -> None:
    for start in (
        "",
        "100,NEM12,202603030000,M,R\n",
        "100,NEM13,202603030000,M,R\n",
        "NMI,Suffix,MDPVersionDate,FromDate,ToDate,Status,Reading\n",
    ):
        data = mdff.read(start + text)
        assert len(data.records) == data.accepted


@settings(max_examples=200)
@given(st.lists(st.text(alphabet="0123456789.-+e x_\u0661", max_size=6), min_size=1, max_size=6))
def test_plain_numbers_agree_with_decimal(fields: list[str]) -> None:
    def plain(text: str) -> bool:
        if not text or text.strip("0123456789."):
            return False
        try:
            return Decimal(text) >= 0
        except ArithmeticError:
            return False

    assert plain_numbers(",".join(fields), len(fields)) == all(map(plain, fields))


# round trips
texts = st.text(alphabet="ABCxyz 0189-_'&<>é", max_size=10).map(str.strip)
numbers = st.decimals(min_value=0, max_value=10**9, places=3, allow_nan=False)
moments = st.integers(0, 3_000_000_000).map(lambda seconds: datetime.fromtimestamp(seconds, MARKET_ZONE))
days = st.dates(date(2000, 1, 1), date(2099, 12, 31))
qualities = st.sampled_from(
    [("A", None, ""), ("N", None, ""), ("E52", None, ""), ("S14", 1, ""), ("F74", 0, "free text")]
)
details = st.builds(
    mdff.NmiDataDetails,
    nmi=st.from_regex(r"[A-HJ-NP-Z0-9]{10}", fullmatch=True),
    configuration=texts,
    register_id=texts,
    suffix=st.from_regex(r"[A-Z][A-Z0-9]", fullmatch=True),
    stream_id=st.sampled_from(["", "N1"]),
    serial=texts,
    unit=st.sampled_from(sorted(mdff.UNITS.values())),
    interval_length=st.sampled_from([5, 15, 30]),
    next_read_date=st.none() | days,
)


@st.composite
def interval_days(draw: st.DrawFn) -> mdff.IntervalDay:
    register = draw(details)
    values = draw(st.lists(numbers, min_size=3, max_size=3)) * (register.count // 3)
    day = mdff.IntervalDay.of(register, draw(days), values, draw(moments))
    cut = draw(st.integers(1, register.count))
    if cut < register.count:
        first, last = (draw(qualities) for _ in range(2))
        events = (mdff.IntervalEvent(1, cut, *first), mdff.IntervalEvent(cut + 1, register.count, *last))
        day = replace(day, quality="V", events=events)
    else:
        quality, reason, description = draw(qualities)
        day = replace(day, quality=quality, reason=reason, description=description)
    visits = st.builds(mdff.B2bDetails, st.sampled_from("ACDEGNORS"), texts, moments, texts)
    return replace(day, loaded_at=draw(st.none() | moments), visits=tuple(draw(st.lists(visits, max_size=2))))


@settings(max_examples=40)
@given(
    st.lists(interval_days(), max_size=4, unique_by=lambda day: (day.nmi, day.date)), st.sampled_from(["\n", "\r\n"])
)
def test_nem12_reads_back_as_written(written: list[mdff.IntervalDay], newline: str) -> None:
    data = mdff.read(mdff.write_nem12(replace(HEADER, made_at=STAMP), written, newline))
    assert data.faults == ()
    read = [replace(row, line=0) for row in data.records if isinstance(row, mdff.IntervalDay)]
    assert read == written
    assert data.header == HEADER


reads = st.builds(
    lambda number, at, quality: mdff.RegisterRead(str(number), at, *quality),
    numbers,
    moments,
    qualities.filter(lambda quality: quality[0][0] != "E"),
)
visits = st.builds(mdff.AccumulationVisit, st.sampled_from(["", "N"]), texts, st.sampled_from("AS"), texts)


@st.composite
def accumulations(draw: st.DrawFn) -> mdff.Accumulation:
    register = draw(details)
    where = (register.nmi, register.configuration, register.register_id, register.suffix, "", register.serial)
    direction = draw(st.sampled_from("EI"))
    previous, current = sorted((draw(reads), draw(reads)), key=lambda end: end.read_at)
    quantity = draw(numbers) * (-1 if direction == "I" else 1)
    row = mdff.Accumulation(*where, direction, previous, current, quantity, register.unit, register.next_read_date)
    return replace(row, updated_at=draw(moments), visit=draw(st.none() | visits))


@settings(max_examples=40)
@given(st.lists(accumulations(), max_size=4, unique_by=lambda row: row.nmi))
def test_nem13_reads_back_as_written(written: list[mdff.Accumulation]) -> None:
    data = mdff.read(mdff.write_nem13(mdff.Header("NEM13", STAMP, "M", "R"), written))
    assert data.faults == ()
    assert [replace(row, line=0) for row in data.records if isinstance(row, mdff.Accumulation)] == written


def test_a_comma_cannot_be_written() -> None:
    day = replace(mdff.IntervalDay.of(DETAILS, date(2026, 3, 2), [Decimal(0)] * 48, STAMP), description="a, b")
    with pytest.raises(BadValue, match="comma") as refused:
        mdff.write_nem12(HEADER, [day])
    assert refused.value.rule == "mdff.comma"


def test_one_200_record_for_days_of_one_register() -> None:
    day = mdff.IntervalDay.of(DETAILS, date(2026, 3, 2), [Decimal("1E-7")] * 48, STAMP)
    twice = [day, replace(day, date=date(2026, 3, 3)), replace(day, details=replace(DETAILS, suffix="B1"))]
    text = mdff.write_nem12(HEADER, twice)
    assert [line[:3] for line in text.splitlines()] == ["100", "200", "300", "300", "200", "300", "900"]
    assert ",0.0000001," in text


def test_every_reason_and_method_has_a_text() -> None:
    assert sorted(mdff.REASONS) == list(range(100))
    assert all(mdff.REASONS.values())
    assert all(mdff.METHODS.values())
    assert set(mdff.FLAGS) == set("AEFNSV")
