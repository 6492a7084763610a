"""The sequence diagram of a report: our own SVG, drawn from the steps of a flow. No script, no network, any size.

A long flow is folded: its beginning, its end and what is in trouble are drawn openly, stretches between them when
somebody opens them. Colours are classes of the page that holds it (`reports_html`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape

from simulator.harness.reports_flow import Flow, Step
from simulator.harness.written import printable

OPEN_UP_TO = 80
"""A flow of so many steps is not folded."""
ENDS, AROUND, SHORTEST_FOLD, MOST_TROUBLE = 25, 3, 8, 60
MOST_DRAWN = 1_500
"""Steps that are drawn in all, folded ones included; more are counted."""
_GUTTER, _MARGIN, _WIDTH = 172, 270, 1270
_NEAR, _FAR = 118, 230
"""How near lifelines stand to each other: so that all of them fit the width, if that can be."""
_HEAD, _ROW, _DAY, _FOOT = 40, 30, 26, 10
_LONGEST_LABEL, _LONGEST_NAME = 86, 24
_DASHED = ("answer", "fetched", "queued")


@dataclass(frozen=True, slots=True)
class Stretch:
    """A part of a flow: steps with their numbers, drawn openly or folded."""

    numbers: range
    folded: bool


@dataclass(frozen=True, slots=True)
class Marks:
    """Which steps are evidence: step number → numbers of the findings they speak against."""

    findings: Mapping[int, Sequence[int]]


def stretches(flow: Flow, marks: Marks) -> list[Stretch]:
    """A flow cut into what is drawn openly and what is folded."""
    count = len(flow.steps)
    if count <= OPEN_UP_TO:
        return [Stretch(range(count), folded=False)] if count else []
    shown = set(range(ENDS)) | set(range(count - ENDS, count))
    trouble = [n for n, step in enumerate(flow.steps) if n in marks.findings or step.trouble]
    for number in trouble[:MOST_TROUBLE]:
        shown |= set(range(max(0, number - AROUND), min(count, number + AROUND + 1)))
    return list(_cut(count, shown))


def _cut(count: int, shown: set[int]) -> Iterator[Stretch]:
    begin = 0
    for fold in _folds(count, shown):
        yield Stretch(range(begin, fold.start), folded=False)
        yield Stretch(fold, folded=True)
        begin = fold.stop
    yield Stretch(range(begin, count), folded=False)


def _folds(count: int, shown: set[int]) -> Iterator[range]:
    """Gaps in what is shown that are worth folding."""
    begin = 0
    for number in (*sorted(shown), count):
        if number - begin >= SHORTEST_FOLD:
            yield range(begin, number)
        begin = number + 1


def drawing(flow: Flow, stretch: Stretch, marks: Marks) -> str:
    """A stretch as one inline SVG."""
    gaps = max(1, len(flow.participants) - 1)
    apart = min(_FAR, max(_NEAR, (_WIDTH - _GUTTER - _MARGIN) // gaps))
    place = {name: _GUTTER + apart * number for number, name in enumerate(flow.participants)}
    width = max(place.values()) + _MARGIN
    rows: list[str] = []
    y, day = float(_HEAD), ""
    for number in stretch.numbers:
        step = flow.steps[number]
        if step.when[:10] != day:
            day = step.when[:10]
            rows.append(_day(y, width, day))
            y += _DAY
        rows.append(_row(step, number, y, width, place, marks.findings.get(number, ())))
        y += _ROW
    height = y + _FOOT
    heads = "".join(_lifeline(name, x, height) for name, x in place.items())
    about = f"Sequence diagram: {', '.join(map(_name, place))}; {len(stretch.numbers)} steps"
    return (
        f'<svg viewBox="0 0 {width} {height:g}" width="{width}" height="{height:g}" role="img" '
        f'aria-label="{escape(about)}">{heads}{"".join(rows)}</svg>'
    )


def _lifeline(name: str, x: int, height: float) -> str:
    shown = _name(name)
    half = max(44, len(shown) * 4 + 10)
    return (
        f'<path class="life" d="M{x} 32V{height:g}"/><rect class="head" x="{x - half}" y="6" width="{2 * half}" '
        f'height="26" rx="5"/><text class="who" x="{x}" y="24">{shown}</text>'
    )


def _day(y: float, width: int, day: str) -> str:
    return (
        f'<rect class="day" x="0" y="{y + 2:g}" width="{width}" height="{_DAY - 6}"/>'
        f'<text class="date" x="8" y="{y + 16:g}">{escape(day)}</text>'
    )


def _row(step: Step, number: int, y: float, width: int, place: Mapping[str, int], findings: Sequence[int]) -> str:
    begin, end = place[step.source], place[step.target]
    if begin == end:
        end += 60
    line = y + _ROW - 7
    left = min(begin, end) + 10
    label = _text(step.label, _LONGEST_LABEL)
    band = f'<rect class="band" x="0" y="{y:g}" width="{width}" height="{_ROW}"/>' if findings else ""
    badges = "".join(_badge(finding, place_, line) for place_, finding in enumerate(findings[:3]))
    arrow = _note(begin, end, line) if step.kind == "note" else _arrow(step, begin, end, line)
    return (
        f'<g id="step-{number}" class="{step.kind}">{band}{arrow}<text class="at" x="8" y="{line:g}">'
        f'{_text(step.when[11:19], 8)}</text><text class="label" x="{left}" y="{line - 6:g}">{label}'
        f"<title>{_text(step.label, 1000)}</title></text>{badges}</g>"
    )


def _arrow(step: Step, begin: int, end: int, y: float) -> str:
    back = -9 if end > begin else 9
    dashed = ' class="dash"' if step.kind in _DASHED else ""
    tip = f"M{end} {y:g}l{back} -4.5v9z"
    hollow = ' class="hollow"' if step.kind == "queued" else ' class="tip"'
    cross = ""
    if step.kind == "refused":
        middle = end + 3 * back
        cross = f'<path class="cross" d="M{middle - 5} {y - 5:g}l10 10m0 -10l-10 10"/>'
    return f'<path{dashed} d="M{begin} {y:g}H{end + back}"/><path{hollow} d="{tip}"/>{cross}'


def _note(begin: int, end: int, y: float) -> str:
    left, right = min(begin, end), max(begin, end)
    return f'<path class="brace" d="M{left} {y - 4:g}v4H{right}v-4"/>'


def _badge(finding: int, place: int, y: float) -> str:
    x = 80 + 19 * place
    return (
        f'<a href="#finding-{finding}"><circle class="badge" cx="{x}" cy="{y - 4:g}" r="8.5"/>'
        f'<text class="count" x="{x}" y="{y:g}">{finding}</text></a>'
    )


def _name(name: str) -> str:
    return _text(name, _LONGEST_NAME)


def _text(text: str, longest: int) -> str:
    return escape(printable(text if len(text) <= longest else text[: longest - 1] + "…"))


def evidence(flow: Flow, keys: Iterable[tuple[int, str | None, str]]) -> Marks:
    """Where evidence stands in a flow: of (finding, ledger key, market time) those that are there."""
    by_key: dict[str, list[int]] = {}
    for number, step in enumerate(flow.steps):
        if step.key:
            by_key.setdefault(step.key, []).append(number)
    found: dict[int, list[int]] = {}
    for finding, key, when in keys:
        of_message = by_key.get(key or "", [])
        for number in [n for n in of_message if flow.steps[n].when == when] or of_message[:1]:
            if finding not in found.setdefault(number, []):
                found[number].append(finding)
    return Marks(found)
