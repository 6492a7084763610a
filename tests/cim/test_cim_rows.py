"""Values, times and remarks of a block; numpy writes the same bytes as Python."""

from array import array
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.base.errors import BadValue
from simulator.cim import rows as plain
from simulator.cim.model import IntervalBlock
from simulator.cim.rows import Layout, fixed_text, rows
from simulator.cim.series import MISSING, QualityNote, RemarkIndex, Remarks, Run, Values, runs_of, times_of

SUMMER = timezone(timedelta(hours=11))
WINTER = timezone(timedelta(hours=10))
NOON = datetime(2026, 3, 1, 12)  # noqa: DTZ001 - local times without an offset are the point
BAD = Remarks((QualityNote("3.8.0"),))


def test_values() -> None:
    values = Values.of([Decimal("1.25"), None, Decimal("-3"), Decimal("0.004"), Decimal("2E+2")])
    assert (values.numbers, values.decimals) == ((1250, MISSING, -3000, 4, 200000), 3)
    assert list(values) == [Decimal("1.250"), None, Decimal(-3), Decimal("0.004"), Decimal(200)]
    assert values == Values(array("q", values.numbers), 3) == Values(np.array(values.numbers), 3)
    assert values != Values((1250,), 3)
    assert Values.of([Decimal("0.10000000000000000")]) == Values((1,), 1)


@pytest.mark.parametrize(
    "value", ["1e30", "0.0000000000001", "1234567890123456789", "NaN", "Infinity", "1e-999999", "1e999999"]
)
def test_values_that_do_not_fit(value: str) -> None:
    with pytest.raises(BadValue) as refused:
        Values.of([Decimal(value)])
    assert refused.value.rule == "cim.value-range"
    with pytest.raises(BadValue, match="decimals"):
        Values((), 13)


@pytest.mark.parametrize(
    ("number", "decimals", "trimmed", "full"),
    [
        (1250, 3, b"1.25", b"1.250"),
        (202000, 3, b"202", b"202.000"),
        (0, 3, b"0", b"0.000"),
        (4, 3, b"0.004", b"0.004"),
        (-30, 3, b"-0.03", b"-0.030"),
        (100, 0, b"100", b"100"),
    ],
)
def test_numbers_as_text(number: int, decimals: int, trimmed: bytes, full: bytes) -> None:
    assert (fixed_text(number, decimals, True), fixed_text(number, decimals, False)) == (trimmed, full)


def test_runs() -> None:
    run = Run(NOON, 1800, 3)
    assert list(run) == [NOON, NOON + timedelta(minutes=30), NOON + timedelta(hours=1)]
    assert runs_of(list(run)) == (run,)
    assert runs_of([]) == ()
    gap = [NOON, NOON + timedelta(minutes=5), NOON + timedelta(minutes=20), NOON + timedelta(minutes=25)]
    assert list(times_of(runs_of(gap))) == gap


def test_the_hour_that_comes_twice_makes_two_runs() -> None:
    # 2026-04-05 03:00 +11:00 is 02:00 +10:00
    start = datetime(2026, 4, 5, 2, tzinfo=SUMMER)
    instants = [(start + timedelta(minutes=30 * n)) for n in range(6)]
    turn = datetime(2026, 4, 5, 2, 30, tzinfo=WINTER)
    shown = [time if time < turn else time.astimezone(WINTER) for time in instants]
    found = runs_of(shown)
    assert [run.count for run in found] == [3, 3]
    assert [time.isoformat() for time in times_of(found)] == [time.isoformat() for time in shown]


moments = st.datetimes(datetime(1900, 1, 1), datetime(2200, 1, 1))  # noqa: DTZ001 - local times
zones = st.sampled_from([None, SUMMER, WINTER, UTC, timezone(timedelta(hours=-9, minutes=-30))])
runs = st.builds(
    Run,
    st.builds(lambda at, zone: at.replace(microsecond=at.microsecond // 1000 * 1000, tzinfo=zone), moments, zones),
    st.sampled_from([1, 60, 300, 1800, 86400, 2_678_400]),
    st.integers(1, 20),
)


@settings(max_examples=60)
@given(st.lists(runs, max_size=5).map(tuple))
def test_times_come_back_as_runs(some: tuple[Run, ...]) -> None:
    assert [t.isoformat() for t in times_of(runs_of(times_of(some)))] == [t.isoformat() for t in times_of(some)]


@st.composite
def blocks(draw: st.DrawFn) -> IntervalBlock:
    times = tuple(draw(st.lists(runs, min_size=1, max_size=4)))
    count = sum(run.count for run in times)
    top = 10 ** draw(st.integers(0, 18)) - 1
    numbers = draw(st.lists(st.just(MISSING) | st.integers(-top, top), min_size=count, max_size=count))
    kinds = tuple(Remarks((QualityNote(f"1.{n}.0"),)) for n in range(draw(st.integers(1, 3))))
    index = draw(st.lists(st.integers(0, len(kinds) - 1), min_size=count, max_size=count)) if len(kinds) > 1 else None
    return IntervalBlock("0.0", Values(tuple(numbers), draw(st.integers(0, 12))), RemarkIndex(kinds, index), times)


def layout_for(block: IntervalBlock, stamped: bool, trim: bool) -> Layout:
    kinds = range(len(block.remarks.kinds))
    heads = tuple(b"<row%d>" % n for n in kinds)
    tails = tuple(b"</row%b>" % (b"x" * n) for n in kinds)
    return Layout(heads, tails, (b"[", b"]") if stamped else None, (b"(", b")"), b"nothing", trim)


@settings(max_examples=150)
@given(blocks(), st.booleans(), st.booleans())
def test_numpy_writes_what_python_writes(block: IntervalBlock, stamped: bool, trim: bool) -> None:
    layout = layout_for(block, stamped, trim)
    index = None if block.remarks.index is None else np.array(block.remarks.index, dtype=np.uint8)
    values = Values(np.array(block.values.numbers, dtype=np.int64), block.values.decimals)
    quick = IntervalBlock("0.0", values, RemarkIndex(block.remarks.kinds, index), block.times)
    assert b"".join(rows(quick, layout)) == b"".join(rows(block, layout))


def test_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    count = 3 * plain.CHUNK + 5
    numbers = np.arange(count)
    times = (Run(NOON, 60, 40_000), Run(NOON.replace(tzinfo=SUMMER), 60, count - 40_000))
    layout = Layout((b"<",), (b">",), (b"", b" "), (b"", b""), b"")
    quick = list(rows(IntervalBlock("0.0", Values(numbers, 2), times=times), layout))
    slow = list(rows(IntervalBlock("0.0", Values(tuple(numbers.tolist()), 2), times=times), layout))
    assert b"".join(quick) == b"".join(slow)
    assert len(quick) > 3


@pytest.mark.parametrize("quick", [True, False])
def test_lengths_must_agree(quick: bool) -> None:
    numbers = np.arange(3) if quick else (0, 1, 2)
    layout = Layout((b"<", b"{"), (b">", b"}"), (b"", b" "), (b"", b""), b"")
    short = IntervalBlock("0.0", Values(numbers, 2), times=(Run(NOON, 60, 2),))
    with pytest.raises(ValueError):  # noqa: PT011 - BadValue or zip's own
        list(rows(short, layout))
    index = IntervalBlock("0.0", Values(numbers, 2), RemarkIndex((Remarks(), BAD), [0, 1]), (Run(NOON, 60, 3),))
    with pytest.raises(ValueError):  # noqa: PT011 - BadValue or zip's own
        list(rows(index, layout))


def test_remarks() -> None:
    index = RemarkIndex.of([Remarks(), BAD, Remarks()])
    assert (index.kinds, index.index) == ((Remarks(), BAD), (0, 1, 0))
    assert RemarkIndex.of([BAD, BAD]) == RemarkIndex((BAD,))
    assert RemarkIndex.of([]) == RemarkIndex()
    assert index == RemarkIndex((BAD, Remarks()), np.array([1, 0, 1]))
    assert index != RemarkIndex((BAD,))
    with pytest.raises(BadValue):
        RemarkIndex((Remarks(), BAD))
    with pytest.raises(BadValue):
        RemarkIndex(())
