"""What a scenario's ``then:`` comes to: pass, fail with its evidence, or *cannot know*. Values, and nothing else.

A judgement is never a false pass: what was evicted, or has not happened yet, cannot be known.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal

import msgspec

Outcome = Literal["pass", "fail", "cannot know"]
QUEUE_WORDS = ("lost", "duplicated", "unexpected", "recovered")
"""What may become of a message beside arriving once, as Jepsen's queue checkers call it."""


class Evidence(msgspec.Struct, frozen=True):
    """One thing that happened. ``message`` is the ledger's key of the message concerned, where there is one."""

    at: datetime
    what: str
    message: str | None = None

    def summary(self) -> dict[str, str | None]:
        """JSON-ready."""
        return {"at": self.at.isoformat(), "what": self.what, "message": self.message}


class Finding(msgspec.Struct, frozen=True):
    """How one expectation came out, and why. ``where`` is its place in the scenario: ``file:line:column``."""

    expectation: str
    where: str
    outcome: Outcome
    why: str
    evidence: tuple[Evidence, ...] = ()
    diagram: str = ""
    """Mermaid text of the messages concerned, where the shell has drawn it."""

    @property
    def messages(self) -> tuple[str, ...]:
        """Ledger keys of the messages concerned, each once."""
        return tuple(dict.fromkeys(each.message for each in self.evidence if each.message is not None))

    def summary(self) -> dict[str, Any]:
        """JSON-ready."""
        return {
            "expectation": self.expectation,
            "where": self.where,
            "outcome": self.outcome,
            "why": self.why,
            "evidence": [each.summary() for each in self.evidence],
            **({"diagram": self.diagram} if self.diagram else {}),
        }


class Verdict(msgspec.Struct, frozen=True):
    """Everything a scenario expects, judged at one moment. ``queues`` counts messages by `QUEUE_WORDS`.

    ``unknown``: kind of evidence → why not all of it was there. What counts is then a least number.
    """

    scenario: str
    findings: tuple[Finding, ...]
    queues: Mapping[str, int] = msgspec.field(default_factory=dict)
    unknown: Mapping[str, str] = msgspec.field(default_factory=dict)

    @property
    def counted(self) -> str:
        """The queues in words, and why there may have been more; "" where nothing is counted."""
        words = ", ".join(f"{count} {word}" for word, count in self.queues.items())
        return f"{words}; at least: {'; '.join(self.unknown.values())}" if words and self.unknown else words

    @property
    def outcome(self) -> Outcome:
        """Fail if any expectation fails, else *cannot know* if any cannot be known, else pass."""
        outcomes = {finding.outcome for finding in self.findings}
        if "fail" in outcomes:
            return "fail"
        return "cannot know" if "cannot know" in outcomes else "pass"

    def summary(self) -> dict[str, Any]:
        """JSON-ready."""
        return {
            "scenario": self.scenario,
            "outcome": self.outcome,
            "findings": [finding.summary() for finding in self.findings],
            "queues": dict(self.queues),
            "unknown": dict(self.unknown),
        }


def read_verdict(summary: Mapping[str, Any]) -> Verdict:
    """The verdict that a summary tells of."""
    findings = tuple(
        Finding(
            each["expectation"],
            each["where"],
            each["outcome"],
            each["why"],
            tuple(Evidence(datetime.fromisoformat(e["at"]), e["what"], e["message"]) for e in each["evidence"]),
            each.get("diagram", ""),
        )
        for each in summary["findings"]
    )
    return Verdict(summary["scenario"], findings, dict(summary["queues"]), dict(summary.get("unknown", {})))
