"""The ledger as a Mermaid sequence diagram: who sent, fetched and acknowledged what, in the order of ranks.

sender ─►> receiver   received by the hub          hub -) participant     queued
hub ─ ─►> participant fetched                      participant ─►> hub    acknowledged
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

MOST_STEPS = 500
"""A diagram shows this many steps, the last ones; more could not be read anyway."""
_SPECIAL = str.maketrans({"#": "#35;", ";": "#59;", "\n": " ", "\r": " ", "<": "#lt;", ">": "#gt;"})
_STRUCK, _NOWHERE = "answer struck", ("refused", "lost")
_ARROWS = {"received": "->>", "queued": "-)", "fetched": "-->>"}


def mermaid(summaries: Iterable[Mapping[str, Any]]) -> str:
    """Summaries of messages (`simulator.hub.record.Record.ranked`) as Mermaid text, each step a line."""
    told = list(summaries)
    steps = [(step["at"], step, message) for message in told for step in message["timeline"]]
    steps.sort(key=lambda each: (each[0], each[1].get("rank", ())))
    shown = steps[-MOST_STEPS:]
    names = dict.fromkeys(message[end] for _, _, message in shown for end in ("from", "to"))
    aliases = {name: f"p{number}" for number, name in enumerate(names, 1)}
    lines = ["sequenceDiagram", *(f"    participant {alias} as {_plain(name)}" for name, alias in aliases.items())]
    if len(steps) > len(shown):
        lines.append(f"    Note over p1: {len(steps) - len(shown)} earlier steps are not shown")
    day = ""
    for at, step, message in shown:
        if at[:10] != day and aliases:
            day = at[:10]
            lines.append(f"    Note over {','.join(sorted({'p1', f'p{len(aliases)}'}))}: {day}")
        lines.append("    " + _line(step, message, aliases))
    return "\n".join(lines) + "\n"


def _line(step: dict[str, str], message: Mapping[str, Any], aliases: dict[str, str]) -> str:
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
    return text.translate(_SPECIAL)
