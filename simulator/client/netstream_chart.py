"""Readings as a chart: a line for each usage point and type, gaps open, qualities marked. Needs the extra ``chart``."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import groupby
from pathlib import Path
from typing import Any

from simulator.base.errors import BadValue
from simulator.cim.nem import suffix_letter_of
from simulator.cim.quality import Quality
from simulator.cim.reading_type import ReadingType
from simulator.client.errors import ClientError, Kind
from simulator.client.netstream_rows import Row, Rows

_COLOURS = ("#1f6f8b", "#e08e0b", "#5b3a8c", "#2e7d32", "#b3261e", "#6d6875")
_DOUBTS = ("#b3261e", "#5b3a8c", "#c9a400", "#2e7d32", "#444444")
_WORDS = {"E": "from the grid", "B": "into the grid", "Q": "reactive, from the grid", "K": "reactive, into the grid"}
_MOST_LINES = 12
_FORMATS = (".png", ".svg", ".pdf")


def draw(rows: Rows, out: Path) -> None:
    """Draw readings into a file; its suffix says how. Raises `ClientError` (usage)."""
    if out.suffix.lower() not in _FORMATS:
        raise ClientError(Kind.USAGE, f"--chart {out}: the name must end in one of {', '.join(_FORMATS)}")
    if not rows:
        raise ClientError(Kind.NOT_FOUND, "there are no readings to draw")
    try:
        from matplotlib.figure import Figure  # noqa: PLC0415 - an extra
    except ImportError:
        raise ClientError(Kind.USAGE, "--chart needs matplotlib: pip install 'ehubsim[chart]'") from None
    figure = Figure(figsize=(11, 5), layout="constrained")
    axes: Any = figure.add_subplot()
    series = [(key, list(found)) for key, found in groupby(rows, key=lambda row: (row.point, row.reading_type))]
    for number, (key, found) in enumerate(series[:_MOST_LINES]):
        _line(axes, _label(key, len(series)), found, _COLOURS[number % len(_COLOURS)])
    _doubts(axes, rows)
    _dress(axes, rows, len(series))
    # no date in the file: the same readings are the same picture
    figure.savefig(out, dpi=150, metadata={"Date": None} if out.suffix.lower() == ".svg" else None)


def _line(axes: Any, label: str, rows: list[Row], colour: str) -> None:
    """Steps, as energy is that of an interval; broken where a reading is missing."""
    times, values = [], []
    for time, value in _steps(rows):
        times.append(time)
        values.append(value)
    axes.plot(times, values, drawstyle="steps-post", color=colour, linewidth=1.6, label=label)
    if len(rows) <= 3000:
        axes.fill_between(times, values, step="post", color=colour, alpha=0.12, linewidth=0)


def _steps(rows: list[Row]) -> Iterator[tuple[datetime, float]]:
    before: datetime | None = None
    nothing = float("nan")
    value = nothing
    for row in rows:
        start = row.start or row.end
        if start is None:
            continue
        if before is not None and start > before:
            yield before, nothing
        value = nothing if row.value is None else float(row.value)
        yield start, value
        before = row.end or start
    if before is not None:
        yield before, value


def _doubts(axes: Any, rows: Rows) -> None:
    """Shade what is not as measured, and say why, each quality once."""
    doubtful = [row for row in rows if row.qualities and row.start is not None and row.end is not None]
    told: set[str] = set()
    for code in dict.fromkeys(row.qualities[0] for row in doubtful):
        for start, end in _runs([row for row in doubtful if row.qualities[0] == code]):
            label = None if code in told else f"{code} {_quality(code)}"
            told.add(code)
            axes.axvspan(start, end, color=_DOUBTS[(len(told) - 1) % len(_DOUBTS)], alpha=0.2, linewidth=0, label=label)


def _runs(rows: list[Row]) -> Iterator[tuple[datetime, datetime]]:
    start = end = None
    for row in sorted(rows, key=lambda each: each.start or datetime.min):  # noqa: DTZ901 - all have a start
        if end is not None and start is not None and row.start is not None and row.start > end:
            yield start, end
            start = None
        start = start or row.start
        end = row.end
    if start is not None and end is not None:
        yield start, end


def _quality(code: str) -> str:
    try:
        return Quality.parse(code).description.partition(": ")[2]
    except BadValue:
        return ""


def _label(key: tuple[str, str], count: int) -> str:
    point, code = key
    try:
        asked = ReadingType.parse(code)
    except BadValue:
        return f"{point} {code}"
    what = _WORDS.get(suffix_letter_of(asked) or "", asked.description)
    return what if count <= 2 else f"{point} {what}"


def _dress(axes: Any, rows: Rows, count: int) -> None:
    from matplotlib import dates  # noqa: PLC0415 - an extra

    points = list(dict.fromkeys(row.point for row in rows))
    shown = ", ".join(points[:3]) + (f" and {len(points) - 3} more" if len(points) > 3 else "")
    axes.set_title(f"Readings of {shown}", loc="left", fontsize=13, fontweight="bold")
    if count > _MOST_LINES:
        axes.set_title(f"{_MOST_LINES} of {count} series", loc="right", fontsize=9)
    step = next((row.end - row.start for row in rows if row.start and row.end), None)
    each = f" per {_length(step)}" if step else ""
    axes.set_ylabel(f"{' / '.join(dict.fromkeys(row.unit for row in rows))}{each}")
    untyped: Any = dates
    locator = untyped.AutoDateLocator()
    axes.xaxis.set_major_locator(locator)
    axes.xaxis.set_major_formatter(untyped.ConciseDateFormatter(locator))
    axes.margins(x=0)
    axes.set_ylim(bottom=min(0.0, axes.get_ylim()[0]))
    axes.grid(visible=True, axis="y", color="#d8d8d8", linewidth=0.6)
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False, loc="upper left", fontsize=9, ncols=2)


def _length(step: timedelta) -> str:
    minutes = int(step.total_seconds() // 60)
    return "day" if minutes == 1440 else f"{minutes} min"
