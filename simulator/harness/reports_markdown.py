"""The report of a run as Markdown, for ``$GITHUB_STEP_SUMMARY``: verdict, evidence, and a Mermaid diagram."""

from __future__ import annotations

import re
from collections.abc import Iterator

from simulator.harness.trial import MARKS, MOST_EVIDENCE, Trial
from simulator.harness.written import printable
from simulator.scenario.verdict import Finding
from simulator.web.diagram import mermaid

SIGNS = {"pass": "✅", "fail": "❌", "cannot know": "❔"}
_OUTCOME_SIGNS = {"passed": "✅", "cannot know": "❔"}
_SPECIAL = re.compile(r"([\\`*_{}\[\]<>()#+!|~$&@])")
MOST_BUG = 4_000


def markdown(trial: Trial) -> str:
    """The whole summary; it ends in a blank line, so that others can follow it."""
    return "\n".join(_lines(trial)) + "\n\n"


def _lines(trial: Trial) -> Iterator[str]:
    yield f"## {_OUTCOME_SIGNS.get(trial.outcome, '❌')} {_text(trial.scenario)}: {trial.outcome}"
    yield ""
    if trial.about:
        yield from (_text(trial.about), "")
    yield f"{_code(trial.command.shown)} {_text(trial.command.words)} after {trial.seconds:.1f} s; {trial.counted()}."
    yield ""
    yield from _table(trial)
    for finding in trial.verdict.findings:
        if finding.outcome != "pass":
            yield from _finding(finding)
    for bug in trial.happened.bugs:
        yield from ("**The simulator met a fault of its own, please report it:**", "", *_block(bug[-MOST_BUG:]), "")
    if trial.happened.messages:
        yield from ("<details><summary>What happened</summary>", "", "```mermaid")
        yield printable(mermaid(trial.happened.messages)).rstrip("\n")
        yield from ("```", "", "</details>")


def _table(trial: Trial) -> Iterator[str]:
    if trial.verdict.findings:
        yield "| | expectation | |"
        yield "|---|---|---|"
        for each in trial.verdict.findings:
            yield f"| {SIGNS[each.outcome]} | {_text(each.expectation)} | {MARKS[each.outcome]} |"
        yield ""
    if trial.verdict.queues:
        yield _text(trial.verdict.counted)
        yield ""


def _finding(finding: Finding) -> Iterator[str]:
    yield f"**{_text(finding.expectation)}** ({_text(finding.where)}): {_text(finding.why)}"
    yield ""
    for piece in finding.evidence[:MOST_EVIDENCE]:
        message = f" {_code(piece.message)}" if piece.message else ""
        yield f"* {piece.at:%Y-%m-%d %H:%M:%S} {_text(piece.what)}{message}"
    more = len(finding.evidence) - MOST_EVIDENCE
    if more > 0:
        yield f"* … and {more} more"
    yield ""


def _text(text: str) -> str:
    """Text that Markdown shows as it is, in one line."""
    return _SPECIAL.sub(r"\\\1", " ".join(printable(text).split()))


def _code(text: str) -> str:
    """Text in a code span that no text can end early."""
    shown = " ".join(printable(text).split())
    fence = "`" * (1 + max(map(len, re.findall("`+", shown)), default=0))
    return f"{fence} {shown} {fence}" if "`" in shown else f"`{shown}`"


def _block(text: str) -> tuple[str, ...]:
    shown = printable(text)
    fence = "`" * max(3, 1 + max(map(len, re.findall("`+", shown)), default=0))
    return (fence, *shown.splitlines(), fence)
