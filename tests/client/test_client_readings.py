"""What becomes of readings: a DataFrame, and a chart whose lines, gaps and qualities are where they belong."""

from __future__ import annotations

import sys
from datetime import datetime, timedelta
from decimal import Decimal
from math import isnan
from pathlib import Path

import pandas as pd
import pytest
from matplotlib.figure import Figure

from simulator.client.errors import ClientError
from simulator.client.netstream_chart import draw
from simulator.client.netstream_rows import Row, Rows

ENERGY = "0.0.5.4.1.1.12.0.0.0.0.0.0.0.224.3.72.0"
HALF_HOUR = timedelta(minutes=30)
local = datetime.fromisoformat


def row(start: datetime, value: str | None = "0.5", *qualities: str, end: datetime | None = None) -> Row:
    number = None if value is None else Decimal(value)
    return Row("4102034567", None, ENERGY, start, end or start + HALF_HOUR, number, "kWh", qualities)


def rows(first: datetime, *values: str | None) -> Rows:
    return Rows(row(first + HALF_HOUR * number, value) for number, value in enumerate(values))


def test_a_frame() -> None:
    frame = Rows([row(local("2026-03-02T00:00"), "0.25", "3.8.0"), row(local("2026-03-02T00:30"), None)]).frame()
    assert list(frame.columns) == list(Row.__struct_fields__)
    assert frame["value"].dtype == float
    assert frame["value"][0] == 0.25
    assert pd.isna(frame["value"][1])
    assert frame["start"][1] == pd.Timestamp(2026, 3, 2, 0, 30)
    assert frame["qualities"][0] == ("3.8.0",)
    by_hour = frame.set_index("start")["value"].resample("1h").sum()
    assert list(by_hour) == [0.25]


def test_a_frame_of_nothing_has_its_columns() -> None:
    frame = Rows().frame()
    assert (len(frame), list(frame.columns)) == (0, list(Row.__struct_fields__))


def test_without_pandas_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(ClientError, match=r"ehubsim\[dataframe\]"):
        Rows().frame()


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> list[Figure]:
    """Figures, instead of files."""
    figures: list[Figure] = []
    monkeypatch.setattr(Figure, "savefig", lambda figure, *_, **__: figures.append(figure))
    return figures


def spans(figure: Figure, label: str) -> list[tuple[float, float]]:
    """Where a shade begins and ends, in hours from the first moment drawn."""
    (axes,) = figure.axes
    begin = min(axes.lines[0].get_xdata(orig=False))
    named = [patch for patch in axes.patches if patch.get_label() == label]
    look = {patch.get_edgecolor() for patch in named}
    found = [patch.get_extents() for patch in axes.patches if patch.get_edgecolor() in look]
    turned = [box.transformed(axes.transData.inverted()) for box in found]
    return [(round((box.x0 - begin) * 24, 2), round((box.x1 - begin) * 24, 2)) for box in turned]


def test_a_gap_is_hatched_and_open(drawn: list[Figure]) -> None:
    morning = rows(local("2026-03-02T00:00"), "1", "2")
    later = rows(local("2026-03-02T04:00"), "3", None, "4")
    draw(Rows([*morning, *later]), Path("day.png"))
    assert spans(drawn[0], "no reading") == [(1.0, 4.0), (4.5, 5.0)]
    values = list(drawn[0].axes[0].lines[0].get_ydata())
    assert [value for value in values if not isnan(value)] == [1, 2, 3, 4, 4]


def test_qualities_are_shaded_and_told_once(drawn: list[Figure]) -> None:
    first = local("2026-03-02T00:00")
    some = [row(first), row(first + HALF_HOUR, "1", "3.8.0"), row(first + 2 * HALF_HOUR), row(first + 3 * HALF_HOUR)]
    draw(Rows([*some, row(first + 4 * HALF_HOUR, "1", "3.8.0")]), Path("day.png"))
    assert spans(drawn[0], "3.8.0 estimated") == [(0.5, 1.0), (2.0, 2.5)]
    legend = [text.get_text() for text in drawn[0].legends[0].get_texts()]
    assert legend == ["from the grid", "3.8.0 estimated"]


def test_an_overflow_does_not_flatten_the_rest(drawn: list[Figure]) -> None:
    first = local("2026-03-02T00:00")
    draw(Rows([row(first, "2"), row(first + HALF_HOUR, "65.535", "1.4.1")]), Path("day.png"))
    (axes,) = drawn[0].axes
    assert axes.get_ylim() == (0, pytest.approx(2.4))
    assert [text.get_text() for text in axes.texts] == ["\N{UPWARDS ARROW} 65.535"]


@pytest.mark.parametrize(
    ("day", "hours", "shown"),
    [
        (local("2025-10-05T00:00"), 23, ["01:30 03:00", "03:00 03:30"]),
        (local("2026-04-05T00:00"), 25, ["01:30 02:00", "02:00 02:30", "02:30 02:00", "02:00 02:30", "02:30 03:00"]),
    ],
)
def test_a_day_of_a_clock_change_is_as_long_as_it_was(
    drawn: list[Figure], day: datetime, hours: int, shown: list[str]
) -> None:
    night = [[day.replace(hour=int(each[:2]), minute=int(each[3:])) for each in pair.split()] for pair in shown]
    before = [day + HALF_HOUR * number for number in range(3)]
    after = [night[-1][1] + HALF_HOUR * number for number in range(48)]
    told = [row(start) for start in before] + [row(start, end=end) for start, end in night]
    told += [row(start) for start in after if start.date() == day.date()]
    draw(Rows(told), Path("day.svg"))
    times = list(drawn[0].axes[0].lines[0].get_xdata(orig=False))
    assert times == sorted(times)
    assert (times[-1] - times[0]) * 24 == pytest.approx(hours)
    assert spans(drawn[0], "no reading") == []
