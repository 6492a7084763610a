"""Runs as values, for tests of reports."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from simulator.base.clock import MARKET_ZONE
from simulator.harness.child import Ended
from simulator.harness.trial import Happened, Trial
from simulator.scenario.verdict import Evidence, Finding, Verdict

BEGAN = datetime(2026, 3, 2, 9, 0, tzinfo=MARKET_ZONE)
NASTY = "<script>alert('x')</script> \"&amp;\" ]]> \x00\x1b[31m \u202e | `` $ {{ }} \ud800"
"""Text that somebody wrote who meant harm: markup, terminal codes, direction marks, half a character."""


def step(number: int, what: str, detail: str = "") -> dict[str, Any]:
    at = (BEGAN + timedelta(seconds=number)).isoformat()
    return {"at": at, "what": what, "detail": detail, "rank": (number, "RETAILA", number)}


def message(number: int, *steps: dict[str, Any], outward: bool = False, **more: Any) -> dict[str, Any]:
    """The ledger's summary of one, to the hub or from it."""
    sender, receiver = ("NEMMCO", "RETAILA") if outward else ("RETAILA", "NEMMCO")
    told = {
        "id": f"RETAILA/{number}",
        "from": sender,
        "to": receiver,
        "messageId": f"MSG-{number}",
        "messageContextId": f"catsm_{number}",
        "transactionGroup": "CATS",
        "transactions": ["CATSChangeRequest"],
        "timeline": list(steps),
    }
    return {**told, **more}


def exchange(number: int, status: int = 200, **more: Any) -> dict[str, Any]:
    at = (BEGAN + timedelta(seconds=number)).isoformat()
    path = "/NEMRetail/B2MMessagingPull/v1/getMessages"
    rule, why = ("queue.fetch", "") if status < 400 else ("gate.throttle", "too many")
    told = {"at": at, "method": "GET", "path": path, "participant": "RETAILA", "status": status, "rule": rule}
    return {**told, "why": why, "rank": (number, "RETAILA", number), **more}


def conversation(count: int, begin: int = 1) -> tuple[dict[str, Any], ...]:
    """Messages that are queued, fetched and acknowledged, one after the other."""
    found = []
    for number in range(count):
        first = begin + 3 * number
        acknowledged = step(first + 2, "acknowledged", f"MACK-{first}")
        steps = step(first, "queued"), step(first + 1, "fetched"), acknowledged
        found.append(message(first, *steps, outward=True))
    return tuple(found)


PASSED = Finding("all is acknowledged", "story.yaml:31:5", "pass", "3 of 3")
FAILED = Finding(
    "no id for two messages",
    "story.yaml:32:5",
    "fail",
    "MSG-1 came twice",
    (Evidence(BEGAN + timedelta(seconds=2), "MSG-1 came again with other content", "RETAILA/1"),),
)
UNKNOWN = Finding("back-off is respected", "story.yaml:33:5", "cannot know", "12 exchanges were evicted")


def trial(*findings: Finding, **more: Any) -> Trial:
    """A run of a command that did well, judged by these findings."""
    told = (
        message(1, step(1, "received", "NEMMCO-MSGR-1"), step(2, "repeated with other content")),
        *conversation(1, 3),
    )
    happened = Happened(told, (exchange(1), exchange(9, 429)))
    queues = {"lost": 0, "duplicated": 1, "unexpected": 0, "recovered": 0}
    verdict = Verdict("Two customers", findings, queues if findings else {})
    command = Ended(("pytest", "-q", "a test.py"), 0)
    made = Trial(
        scenario="Two customers",
        about="One story.",
        file="story.yaml",
        seed=7,
        began=BEGAN,
        ended=BEGAN + timedelta(days=14),
        seconds=1.25,
        command=command,
        verdict=verdict,
        happened=happened,
        first="RETAILA",
    )
    return replace(made, **more)
