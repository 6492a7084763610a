"""The report of a run as one HTML page that needs nothing else: no network, no script; for a screen, light or dark,
and for paper.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from html import escape
from typing import Any

from simulator import __version__
from simulator.harness.reports_flow import Flow, flow
from simulator.harness.reports_style import STYLE
from simulator.harness.reports_svg import MOST_DRAWN, Marks, Stretch, drawing, evidence, stretches
from simulator.harness.trial import MARKS, Trial
from simulator.harness.written import printable
from simulator.scenario.verdict import Evidence, Finding

OPEN_EVIDENCE, MOST_EVIDENCE = 10, 200
"""Pieces of evidence that are shown of one expectation openly, and when somebody opens them; more are counted."""
MOST_EXCHANGES = 2_000
"""Exchanges that are shown, the last ones."""
_CLASSES = {"pass": "good", "fail": "bad", "cannot know": "unknown"}
_LEGEND = (
    ("sent", "message, acknowledgement"),
    ("answer", "answered, fetched"),
    ("queued", "waits in a queue"),
    ("odd", "repeated, rejected by the receiver"),
    ("refused", "refused"),
)


def page(trial: Trial) -> str:
    """The whole page."""
    drawn = flow(trial)
    marks = _marks(trial, drawn)
    title = _text(f"{trial.scenario}: {trial.outcome}")
    parts = "\n".join((_head(trial), _command(trial), _expectations(trial, marks), _diagram(drawn, marks), _log(trial)))
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n"
        f"<title>{title}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n{parts}\n"
        f"<footer>ehubsim {__version__}</footer>\n</body>\n</html>\n"
    )


def _marks(trial: Trial, drawn: Flow) -> Marks:
    against = [(n, each) for n, each in enumerate(trial.verdict.findings, 1) if each.outcome != "pass"]
    told = [(n, piece.message, piece.at.isoformat()) for n, finding in against for piece in finding.evidence]
    return evidence(drawn, told)


def _head(trial: Trial) -> str:
    state = {"passed": "good", "cannot know": "unknown"}.get(trial.outcome, "bad")
    about = f"<p>{_text(trial.about)}</p>" if trial.about else ""
    return (
        f'<header><p class="verdict {state}">{_text(trial.outcome)}</p><div><h1>{_text(trial.scenario)}</h1>{about}'
        f"<p>{_text(trial.counted())}</p></div></header>"
    )


def _command(trial: Trial) -> str:
    happened, state = trial.happened, "good" if trial.command.good else "bad"
    gone = f" ({happened.messages_evicted} more are no longer kept)" if happened.messages_evicted else ""
    facts = [
        ("Command", f"<code>{_text(trial.command.shown)}</code>"),
        ("", f'<span class="{state}">{_text(trial.command.words)}</span> after {trial.seconds:.1f} s'),
        ("Scenario", f"{_text(trial.file)}, seed {trial.seed}"),
        ("Market time", f"{_moment(trial.began.isoformat())} to {_moment(trial.ended.isoformat())}"),
        ("Messages", f"{len(happened.messages)}{gone}"),
        ("Exchanges", str(len(happened.exchanges) + happened.exchanges_evicted)),
    ]
    if trial.verdict.queues:
        facts.append(("Queues", _text(trial.verdict.counted)))
    if trial.command.leftovers:
        facts.append(("", "Processes that it left running were ended."))
    rows = "".join(f"<dt>{name}</dt><dd>{value}</dd>" for name, value in facts)
    bugs = "".join(f'<pre class="bad">{_text(bug)}</pre>' for bug in happened.bugs)
    told = f"<h2>The simulator met a fault of its own: please report it</h2>{bugs}" if bugs else ""
    return f"<section><dl>{rows}</dl>{told}</section>"


def _expectations(trial: Trial, marks: Marks) -> str:
    findings = trial.verdict.findings
    if not findings:
        return "<section><h2>Expectations</h2><p>The scenario has none (<code>then:</code>).</p></section>"
    steps = {finding: number for number, of in sorted(marks.findings.items(), reverse=True) for finding in of}
    told = "\n".join(_finding(n, finding, steps.get(n)) for n, finding in enumerate(findings, 1))
    return f"<section><h2>Expectations</h2>\n{told}\n</section>"


def _finding(number: int, finding: Finding, step: int | None) -> str:
    state = _CLASSES[finding.outcome]
    pieces, further = finding.evidence[:OPEN_EVIDENCE], finding.evidence[OPEN_EVIDENCE:MOST_EVIDENCE]
    more = len(finding.evidence) - len(pieces) - len(further)
    rest = f"<details><summary>{len(further)} more</summary>{_table(further)}</details>" if further else ""
    rest += f"<p>… and {more} more</p>" if more > 0 else ""
    seen = f' <a href="#step-{step}">In the diagram</a>' if step is not None else ""
    table = f"{_table(pieces)}{rest}" if pieces else ""
    return (
        f'<article id="finding-{number}"{" open" if state != "good" else ""} class="{state}"><h3><b>{number}</b> '
        f"{_text(finding.expectation)} <i>{MARKS[finding.outcome]}</i></h3>"
        f"<p>{_text(finding.why)}{seen} <small>{_text(finding.where)}</small></p>{table}</article>"
    )


def _table(pieces: Iterable[Evidence]) -> str:
    rows = "".join(map(_evidence, pieces))
    return f"<table><thead><tr><th>Market time<th>What<th>Message</tr></thead>{rows}</table>"


def _evidence(piece: Evidence) -> str:
    at = _moment(piece.at.isoformat())
    return f"<tr><td>{at}<td>{_text(piece.what)}<td><code>{_text(piece.message or '')}</code></tr>"


def _diagram(drawn: Flow, marks: Marks) -> str:
    if not drawn.steps:
        return "<section><h2>What happened</h2><p>Nothing was said.</p></section>"
    legend = "".join(f'<li><span class="{kind}"></span>{about}</li>' for kind, about in _LEGEND)
    parts = "\n".join(_stretches(drawn, marks))
    return f'<section class="wide"><h2>What happened</h2><ul class="legend">{legend}</ul>\n{parts}\n</section>'


def _stretches(drawn: Flow, marks: Marks) -> Iterator[str]:
    left = MOST_DRAWN
    for stretch in stretches(drawn, marks):
        shown = Stretch(stretch.numbers[:left], stretch.folded) if stretch.folded else stretch
        if shown.folded:
            left -= len(shown.numbers)
            yield _fold(drawn, stretch, shown, marks)
        else:
            yield f'<div class="flow">{drawing(drawn, shown, marks)}</div>'


def _fold(drawn: Flow, stretch: Stretch, shown: Stretch, marks: Marks) -> str:
    first, last = drawn.steps[stretch.numbers[0]], drawn.steps[stretch.numbers[-1]]
    missing = len(stretch.numbers) - len(shown.numbers)
    about = f"{len(stretch.numbers):,} more steps, {first.when[11:19]} to {last.when[11:19]}"
    rest = f"<p>{missing:,} of them are not drawn; the control API tells them.</p>" if missing else ""
    inside = f'<div class="flow">{drawing(drawn, shown, marks)}</div>' if shown.numbers else ""
    return f"<details><summary>{about}</summary>{inside}{rest}</details>"


def _log(trial: Trial) -> str:
    exchanges, gone = trial.happened.exchanges[-MOST_EXCHANGES:], trial.happened.exchanges_evicted
    gone += len(trial.happened.exchanges) - len(exchanges)
    if not exchanges:
        return "<section><h2>Exchanges</h2><p>There was none.</p></section>"
    rows = "\n".join(map(_exchange, exchanges))
    earlier = f"<p>{gone:,} earlier ones are not shown.</p>" if gone else ""
    return (
        f'<section class="wide"><h2>Exchanges</h2>{earlier}<table class="log"><thead><tr><th>Market time<th>Who'
        f"<th>What<th>Status<th>Rule<th>Why</tr></thead>\n<tbody>{rows}</tbody></table></section>"
    )


def _exchange(exchange: Mapping[str, Any]) -> str:
    state = ' class="bad"' if exchange["status"] >= 400 else ""
    what = _text(f"{exchange['method']} {exchange['path']}")
    rule = f"<code>{_text(exchange['rule'])}</code>" if exchange["rule"] else ""
    return (
        f"<tr{state}><td>{_moment(exchange['at'])}<td>{_text(exchange['participant'])}<td><code>{what}</code>"
        f"<td>{exchange['status']}<td>{rule}<td>{_text(exchange['why'])}</tr>"
    )


def _moment(when: str) -> str:
    """``2026-03-02T09:00:00.123456+10:00`` as people read it; market time has one zone."""
    return escape(when[:23].partition("+")[0].replace("T", " ")).replace(" ", "&nbsp;")


def _text(text: str) -> str:
    return escape(printable(text))
