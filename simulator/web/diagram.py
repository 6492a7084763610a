"""The ledger as a Mermaid sequence diagram: who sent, fetched and acknowledged what, in the order of ranks.

sender ─►> receiver   received by the hub          hub -) participant     queued
hub ─ ─►> participant fetched                      participant ─►> hub    acknowledged
Note                  what happened without a message
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

MOST_STEPS = 500
"""A diagram shows this many steps, the last ones; more could not be read anyway."""
_Step = tuple[str, Mapping[str, Any], Mapping[str, Any] | None]
"""When, what, and of which message, if of any."""
_TESTED = "the system under test"
_SPECIAL = str.maketrans({"#": "#35;", ";": "#59;", "\n": " ", "\r": " ", "<": "#lt;", ">": "#gt;"})
_STRUCK, _NOWHERE = "answer struck", ("refused", "lost")
_ARROWS = {"received": "->>", "queued": "-)", "fetched": "-->>"}


def mermaid(summaries: Iterable[Mapping[str, Any]], notes: Iterable[tuple[str, str]] = ()) -> str:
    """Summaries of messages (`simulator.hub.record.Record.ranked`) as Mermaid text, each step a line.

    ``notes`` are what happened besides: market time (ISO 8601) and text, told behind the steps of their moment.
    """
    steps = _steps(summaries, notes)
    shown = steps[-MOST_STEPS:]
    names = dict.fromkeys(message[end] for _, _, message in shown if message for end in ("from", "to"))
    aliases = {name: f"p{number}" for number, name in enumerate(names or ([_TESTED] if shown else []), 1)}
    lines = ["sequenceDiagram", *(f"    participant {alias} as {_plain(name)}" for name, alias in aliases.items())]
    if len(steps) > len(shown):
        lines.append(f"    Note over p1: {len(steps) - len(shown)} earlier steps are not shown")
    day = ""
    across = f"Note over {','.join(sorted({'p1', f'p{len(aliases)}'}))}"
    for at, step, message in shown:
        if at[:10] != day:
            day = at[:10]
            lines.append(f"    {across}: {day}")
        line = f"{across}: {at[11:19]} {_plain(step['what'])}" if message is None else _line(step, message, aliases)
        lines.append(f"    {line}")
    return "\n".join(lines) + "\n"


def within(summary: Mapping[str, Any], since: datetime | None, until: datetime | None) -> Mapping[str, Any]:
    """A message with the steps of a stretch of market time; ``until`` does not belong to it."""
    if since is None and until is None:
        return summary
    known = ((datetime.fromisoformat(step["at"]), step) for step in summary["timeline"])
    kept = [step for at, step in known if (since is None or at >= since) and (until is None or at < until)]
    return {**summary, "timeline": kept}


def _steps(summaries: Iterable[Mapping[str, Any]], notes: Iterable[tuple[str, str]]) -> list[_Step]:
    """All of it in order."""
    steps: list[_Step] = [(step["at"], step, message) for message in summaries for step in message["timeline"]]
    steps.sort(key=lambda each: (each[0], each[1].get("rank", ())))
    steps += [(at, {"what": text}, None) for at, text in notes]
    return sorted(steps, key=lambda each: each[0])


def _line(step: Mapping[str, str], message: Mapping[str, Any], aliases: dict[str, str]) -> str:
    sender, receiver = aliases[message["from"]], aliases[message["to"]]
    what, time = step["what"], step["at"][11:19]
    label = _plain(f"{what} {message['transactionGroup'] or ''} {message['messageId'] or message['messageContextId']}")
    label = f"{time} {' '.join(label.split())}"
    if what in _ARROWS:
        return f"{sender}{_ARROWS[what]}{receiver}: {label}"
    if what.startswith("acknowledged"):
        return f"{receiver}->>{sender}: {label}"
    detail = _plain(step.get("detail", ""))
    if what == _STRUCK:
        return f"{receiver}-x{sender}: {label} {detail}".rstrip()
    if what.startswith(_NOWHERE):
        return f"{sender}-x{receiver}: {label} {detail}".rstrip()
    return f"Note over {sender},{receiver}: {label} {detail}".rstrip()


def _plain(text: str) -> str:
    return text.translate(_SPECIAL).replace("%%", "#37;#37;")  # what somebody sent sets nothing up
