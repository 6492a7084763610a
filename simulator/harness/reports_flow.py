"""A run as a flow: who said what to whom, step by step in the order it happened. What the diagram of a report draws.

The ledger tells of messages; the exchange log adds what never became one: refusals, and readings asked of Netstream.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

from simulator.harness.trial import Trial

HUB, NETSTREAM, NOBODY, OTHERS = "NEMMCO", "Netstream", "somebody", "others"
MOST_LIFELINES = 8
Kind = Literal["sent", "answer", "queued", "fetched", "mack", "asked", "odd", "refused", "note"]
_NETSTREAM_PATHS = ("/api/", "/oauth2/", "/.well-known/")
_ODD = ("repeated", "acknowledged with")
_REFUSED = ("refused", "badack")


@dataclass(frozen=True, slots=True)
class Step:
    """One arrow, or a note over both ends. ``key`` is the ledger's of the message concerned, ``when`` market time."""

    when: str
    source: str
    target: str
    kind: Kind
    label: str
    key: str = ""

    @property
    def trouble(self) -> bool:
        """Whether a reader will look for this one."""
        return self.kind in ("odd", "refused")


@dataclass(frozen=True, slots=True)
class Flow:
    """Lifelines from left to right, and the steps between them, oldest first."""

    participants: tuple[str, ...]
    steps: tuple[Step, ...]


def flow(trial: Trial) -> Flow:
    """Everything that is kept."""
    told = [*_of_messages(trial.happened.messages), *_of_exchanges(trial.happened.exchanges)]
    told.sort(key=lambda each: each[0])
    steps = [step for _, step in told]
    names = _lifelines(trial.first, steps)
    known = set(names)
    if OTHERS in known:
        steps = [_among(step, known) for step in steps]
    return Flow(names, tuple(steps))


def _lifelines(first: str, steps: Iterable[Step]) -> tuple[str, ...]:
    """Whom COMMAND acted for, the hub, everybody else, Netstream; beyond some they share one."""
    found = dict.fromkeys(end for step in steps for end in (step.source, step.target))
    order = dict.fromkeys((first, HUB, *found))
    ends = [name for name in order if name in found and name != NETSTREAM]
    if len(ends) > MOST_LIFELINES:
        ends = [*ends[: MOST_LIFELINES - 1], OTHERS]
    return (*ends, NETSTREAM) if NETSTREAM in found else tuple(ends)


def _among(step: Step, known: set[str]) -> Step:
    source, target = (end if end in known else OTHERS for end in (step.source, step.target))
    return replace(step, source=source, target=target)


_Place = tuple[str, tuple[int, str, int], int]
"""Market time, the place among all of that moment, and what comes after what within it."""


def _of_messages(messages: Iterable[Mapping[str, Any]]) -> Iterator[tuple[_Place, Step]]:
    for message in messages:
        for step in message["timeline"]:
            for number, each in enumerate(_told(message, step)):
                yield (step["at"], tuple(step["rank"]), number), each


def _told(message: Mapping[str, Any], step: Mapping[str, Any]) -> Iterator[Step]:
    """What a step of a message looks like: one arrow, and the hub's receipt as another."""
    sender, receiver, key = message["from"], message["to"], message["id"]
    when, what, detail = step["at"], step["what"], step.get("detail", "")
    name = message["messageId"] or message["messageContextId"]
    content = _content(message)
    match what:
        case "received":
            yield Step(when, sender, receiver, "sent", f"{content} · {name}", key)
            yield Step(when, receiver, sender, "answer", f"MACK Accept {detail}", key)
        case "lost":
            yield Step(when, sender, receiver, "sent", f"{content} · {name}", key)
            yield Step(when, receiver, sender, "odd", f"MACK Accept {detail}", key)
        case "answer struck":
            yield Step(when, receiver, sender, "odd", f"{name} answer struck by {detail}", key)
        case "queued":
            yield Step(when, sender, receiver, "queued", f"{content} · {name} waits", key)
        case "fetched":
            yield Step(when, sender, receiver, "fetched", f"{content} · {message['messageContextId']}", key)
        case "acknowledged":
            yield Step(when, receiver, sender, "mack", f"MACK Accept {name} · {detail}", key)
        case _ if what.startswith("acknowledged"):
            yield Step(when, receiver, sender, "odd", f"MACK Reject {name} · {detail}", key)
        case _ if what.startswith(_REFUSED):
            yield Step(when, sender, receiver, "refused", f"{name} · {what}: {detail}", key)
        case _ if what.startswith(_ODD):
            yield Step(when, sender, receiver, "odd", f"{name} {what}", key)
        case _:
            yield Step(when, sender, receiver, "note", f"{name} {what} {detail}".rstrip(), key)


def _content(message: Mapping[str, Any]) -> str:
    names = message["transactions"]
    if not names:
        return message["transactionGroup"] or "message"
    kinds = list(dict.fromkeys(names))
    more = f" and {len(kinds) - 1} more kinds" if len(kinds) > 1 else ""
    return f"{kinds[0]}{more}{f' ×{len(names)}' if len(names) > 1 else ''}"


def _of_exchanges(exchanges: Iterable[Mapping[str, Any]]) -> Iterator[tuple[_Place, Step]]:
    for number, exchange in enumerate(exchanges):
        path, status = exchange["path"], exchange["status"]
        netstream = any(part in path for part in _NETSTREAM_PATHS)
        if status < 400 and not netstream:
            continue
        kind: Kind = "refused" if status >= 400 else "asked"
        rule = f" {exchange['rule']}" if status >= 400 else ""
        label = f"{exchange['method']} {path.rpartition('/')[2]} → {status}{rule}"
        who, whom = exchange["participant"] or NOBODY, NETSTREAM if netstream else HUB
        # A turn notes its steps before the exchange is noted.
        yield (exchange["at"], tuple(exchange["rank"]), 1_000 + number), Step(exchange["at"], who, whom, kind, label)
