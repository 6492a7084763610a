"""What one ``ehubsim run`` came to, as a value: what ran, what happened, how it is judged. Reports are made of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from simulator.harness.child import Ended
from simulator.scenario.verdict import Finding, Verdict

MARKS = {"pass": "passed", "fail": "FAILED", "cannot know": "cannot know"}


@dataclass(frozen=True, slots=True)
class Happened:
    """The evidence of a run, as the control API shows it; what was evicted is counted."""

    messages: tuple[Mapping[str, Any], ...] = ()
    exchanges: tuple[Mapping[str, Any], ...] = ()
    bugs: tuple[str, ...] = ()
    messages_evicted: int = 0
    exchanges_evicted: int = 0


@dataclass(frozen=True, slots=True)
class Trial:
    """One run. ``began`` and ``ended`` are market time, ``seconds`` what it took COMMAND by the clock on the wall."""

    scenario: str
    about: str
    file: str
    seed: int
    began: datetime
    ended: datetime
    seconds: float
    command: Ended
    verdict: Verdict
    happened: Happened = Happened()
    first: str = ""
    """The participant that COMMAND acted for."""

    @property
    def good(self) -> bool:
        """COMMAND and verdict are good, and the simulator met no fault of its own."""
        return self.command.good and self.verdict.outcome == "pass" and not self.happened.bugs

    @property
    def outcome(self) -> str:
        """``passed``, ``FAILED``, or ``cannot know`` when nothing worse is to be said."""
        if self.good:
            return MARKS["pass"]
        if self.command.good and not self.happened.bugs:
            return MARKS[self.verdict.outcome]
        return MARKS["fail"]

    def counted(self) -> str:
        """``12 expectations: 10 passed, 1 FAILED, 1 cannot know``."""
        findings = self.verdict.findings
        if not findings:
            return "no expectations"
        counts = {mark: sum(MARKS[each.outcome] == mark for each in findings) for mark in MARKS.values()}
        shown = ", ".join(f"{count} {mark}" for mark, count in counts.items() if count)
        return f"{len(findings)} expectation{'s' if len(findings) > 1 else ''}: {shown}"


def lines(trial: Trial) -> list[str]:
    """The verdict for a terminal: every expectation, and of those that are not good the evidence."""
    told = [f"COMMAND {trial.command.words}"]
    if trial.command.leftovers:
        told.append("processes that COMMAND left running were ended")
    for finding in trial.verdict.findings:
        told += _finding(finding)
    told += [f"the simulator met a fault of its own, please report it:\n{bug}" for bug in trial.happened.bugs]
    return [*told, f"{trial.outcome} ({trial.counted()})"]


def _finding(finding: Finding) -> list[str]:
    told = [f"{MARKS[finding.outcome]}: {finding.expectation}"]
    if finding.outcome == "pass":
        return told
    told.append(f"  {finding.where}: {finding.why}")
    shown = finding.evidence[:MOST_EVIDENCE]
    told += [f"  {each.at.isoformat(' ', 'seconds')}  {each.what}" for each in shown]
    more = len(finding.evidence) - len(shown)
    return [*told, f"  … and {more} more"] if more else told


MOST_EVIDENCE = 10
"""Pieces of evidence that a terminal shows of one expectation."""


def exchange_line(exchange: Mapping[str, Any]) -> str:
    """One exchange of the log: market time, who, what, the status, the rule that answered, and why it refused."""
    why = f": {exchange['why']}" if exchange.get("why") else ""
    return (
        f"{exchange['at']}  {exchange['participant'] or '-':10}  {exchange['method']} {exchange['path']}  "
        f"{exchange['status']}  {exchange['rule']}{why}"
    )
