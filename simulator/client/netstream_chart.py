"""Readings as a chart: a line for each usage point and type, gaps open, qualities marked. Needs the extra ``chart``."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import groupby, pairwise
from pathlib import Path
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

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
_FIRST = datetime.min.replace(tzinfo=UTC)
_FORMATS = (".png", ".svg", ".pdf")


class _Point(NamedTuple):
    """A reading on the time line. ``value`` None: none is there."""

    start: datetime
    end: datetime
    value: float | None
    qualities: tuple[str, ...]


def draw(rows: Rows, out: Path, zone: str = "Australia/Sydney") -> None:
    """Draw readings into a file; its suffix says how. ``zone`` is that of their clock. Raises `ClientError` (usage)."""
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
    where = ZoneInfo(zone)
    grouped = groupby(rows, key=lambda row: (row.point, row.reading_type))
    series = [(key, list(_placed(found, where))) for key, found in grouped]
    for number, (key, points) in enumerate(series[:_MOST_LINES]):
        _line(axes, _label(key, len(series)), points, _COLOURS[number % len(_COLOURS)])
    drawn = [point for _, points in series[:_MOST_LINES] for point in points]
    _doubts(axes, drawn)
    _gaps(axes, [points for _, points in series[:_MOST_LINES]])
    _dress(axes, rows, len(series), where)
    _limit(axes, drawn)
    figure.legend(loc="outside lower left", frameon=False, fontsize=9, ncols=4)
    # no date in the file: the same readings are the same picture
    figure.savefig(out, dpi=150, metadata={"Date": None} if out.suffix.lower() == ".svg" else None)


def _placed(rows: Iterable[Row], where: ZoneInfo) -> Iterator[_Point]:
    """Local times as moments: of two equal hours of the night of a clock change the second comes after the first."""
    before = _FIRST
    for row in rows:
        shown = row.start or row.end
        if shown is None:
            continue
        before = start = _moment(shown, before, where)
        value = None if row.value is None else float(row.value)
        yield _Point(start, start if row.end is None else _moment(row.end, start, where), value, row.qualities)


def _moment(shown: datetime, before: datetime, where: ZoneInfo) -> datetime:
    if shown.tzinfo is not None:
        return shown
    found = shown.replace(tzinfo=where).astimezone(UTC)
    return found if found >= before else shown.replace(tzinfo=where, fold=1).astimezone(UTC)


def _line(axes: Any, label: str, points: list[_Point], colour: str) -> None:
    """Steps, as energy is that of an interval; broken where a reading is missing."""
    times, values = [], []
    for time, value in _steps(points):
        times.append(time)
        values.append(value)
    axes.plot(times, values, drawstyle="steps-post", color=colour, linewidth=1.6, label=label)
    if len(points) <= 3000:
        axes.fill_between(times, values, step="post", color=colour, alpha=0.12, linewidth=0)


def _steps(points: list[_Point]) -> Iterator[tuple[datetime, float]]:
    before: datetime | None = None
    nothing = value = float("nan")
    for point in points:
        if before is not None and point.start > before:
            yield before, nothing
        value = nothing if point.value is None else point.value
        yield point.start, value
        before = point.end
    if before is not None:
        yield before, value


def _doubts(axes: Any, points: list[_Point]) -> None:
    """Shade what is not as measured, and say why, each quality once."""
    doubtful = [point for point in points if point.qualities and point.value is not None]
    for number, code in enumerate(dict.fromkeys(point.qualities[0] for point in doubtful)):
        spans = ((point.start, point.end) for point in doubtful if point.qualities[0] == code)
        look = {"color": _DOUBTS[number % len(_DOUBTS)], "alpha": 0.2, "linewidth": 0}
        _shade(axes, spans, f"{code} {_quality(code)}", look)


def _gaps(axes: Any, series: list[list[_Point]]) -> None:
    """Hatch where no reading is."""
    spans = [(point.start, point.end) for points in series for point in points if point.value is None]
    spans += [(one.end, other.start) for points in series for one, other in pairwise(points) if other.start > one.end]
    look = {"facecolor": "none", "edgecolor": "#8a8a8a", "hatch": "///", "alpha": 0.45, "linewidth": 0}
    _shade(axes, spans, "no reading", look)


def _shade(axes: Any, spans: Iterable[tuple[datetime, datetime]], label: str, look: dict[str, Any]) -> None:
    told: str | None = label
    for start, end in _runs(spans):
        axes.axvspan(start, end, label=told, **look)
        told = None


def _runs(spans: Iterable[tuple[datetime, datetime]]) -> Iterator[tuple[datetime, datetime]]:
    """Overlapping and touching spans as one."""
    open_: tuple[datetime, datetime] | None = None
    for start, end in sorted(spans):
        if open_ is not None and start <= open_[1]:
            open_ = (open_[0], max(end, open_[1]))
            continue
        if open_ is not None:
            yield open_
        open_ = (start, end)
    if open_ is not None:
        yield open_


def _limit(axes: Any, points: list[_Point]) -> None:
    """From 0 on. What is flagged and out of all proportion does not flatten the rest: it is told at the edge."""
    values = [point.value for point in points if point.value is not None] or [0.0]
    if not 0 < max(values) < 2 * min(values):  # what never comes near nothing, as voltage, need not start there
        axes.set_ylim(bottom=min(0.0, *values))
    sound = max((point.value for point in points if point.value is not None and not point.qualities), default=0.0)
    beyond = [point for point in points if point.qualities and point.value is not None and point.value > 4 * sound > 0]
    if not beyond:
        return
    axes.set_ylim(top=1.2 * sound)
    for point in beyond[:5]:
        place = {"xy": (point.start, 1.2 * sound), "xytext": (4, -4), "textcoords": "offset points"}
        axes.annotate(f"\N{UPWARDS ARROW} {point.value:g}", fontsize=9, va="top", **place)


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


def _dress(axes: Any, rows: Rows, count: int, where: ZoneInfo) -> None:
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
    locator = untyped.AutoDateLocator(tz=where)
    axes.xaxis.set_major_locator(locator)
    axes.xaxis.set_major_formatter(untyped.ConciseDateFormatter(locator, tz=where))
    axes.margins(x=0)
    axes.grid(visible=True, axis="y", color="#d8d8d8", linewidth=0.6)
    axes.spines[["top", "right"]].set_visible(False)


def _length(step: timedelta) -> str:
    minutes = int(step.total_seconds() // 60)
    return "day" if minutes == 1440 else f"{minutes} min"
