"""What the interface promises of scenario files and this version has not got. Such a key is a mistake today."""

from __future__ import annotations

from collections.abc import Mapping

LATER: Mapping[str, Mapping[str, str]] = {
    "the file": {
        "then": "verdicts on the system under test",
    },
    "an entry of the timeline": dict.fromkeys(("set", "send", "change"), "further entries of the timeline"),
    "a rule": {
        "request": "rules on HTTP requests",
        "fault": "faults",
        "state": "rules on state",
    },
    "message": dict.fromkeys(
        ("group", "priority", "nmi", "role", "release", "receiver", "xpath"), "wider matching of messages"
    ),
    "an answer": dict.fromkeys(
        ("accept", "partial", "reorder", "duplicate", "drop", "template", "send", "change", "set"),
        "further reactions",
    ),
    "delivery": {"push": "the push-push API"},
}
"""What the interface promises and this version has not got: key → what it comes with. Such a key is a mistake today."""
