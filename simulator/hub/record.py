"""One message as the ledger tells of it: its events, step by step, and what they are called. The only place that puts
them into words.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any

import msgspec

from simulator.asexml.encode import write
from simulator.base.turn import Event
from simulator.hub.checks import OPERATOR
from simulator.hub.events import (
    AcknowledgementRefused,
    AnswerStruck,
    DuplicateReceived,
    FindingOverlooked,
    MessageAcknowledged,
    MessageAppeared,
    MessageFetched,
    MessageKept,
    MessageLost,
    MessageQueued,
    MessageReceived,
    MessageRefused,
    RequestWaits,
)
from simulator.hub.queue import NOBODY, Stamp

_ACKNOWLEDGEMENT = "TransactionAcknowledgement"


class Record(msgspec.Struct, gc=False):
    """One message: the event it is known by, and what happened to it since."""

    key: str
    first: Event
    later: tuple[Event, ...] = ()
    changed: int = 0
    """The number of its last step; see `Ledger.steps`."""
    numbers: tuple[int, ...] = ()
    """The numbers of the steps before that."""
    stamp: Stamp = NOBODY
    stamps: tuple[Stamp, ...] = ()
    """Of the first step, and of the later ones: with its time the rank of each."""
    size: int = 0
    """Once nothing is owed to it: bytes as it was received; of what was queued the text it carries, without markup."""

    def steps(self) -> Iterator[tuple[int, Event]]:
        """What happened to it, each step with its number."""
        return zip((*self.numbers, self.changed), (self.first, *self.later), strict=True)

    def body(self) -> str:
        """The message as text: as it was received, or as it would be written."""
        match self.first:
            case MessageQueued() as queued:
                raw = write(queued.message)
            case MessageReceived() as received:
                raw = received.body
            case _:
                raw = b""
        return raw.decode("utf-8", "replace")

    def identity(self) -> dict[str, str | None]:
        """Who sent it to whom under which ids."""
        return identity(self.first)

    def goes_by(self, name: str) -> bool:
        """Whether that is its MessageID or its context id."""
        told = self.identity()
        return name in (told["messageId"], told["messageContextId"])

    def summary(self) -> dict[str, Any]:
        """JSON-ready, without the body."""
        timeline = [_step(event) for event in (self.first, *self.later)]
        return {"id": self.key, **self.identity(), "transactions": self.transactions(), "timeline": timeline}

    @property
    def rank(self) -> tuple[datetime, Stamp, int]:
        """What records are sorted by: the rank of the first step, and which of its client's came first."""
        return self.first.at, self.stamp, self.numbers[0] if self.numbers else self.changed

    def ranked(self) -> dict[str, Any]:
        """The summary with each step's place among those of its moment: steps sort by ``(at, rank)``."""
        told = self.summary()
        stamps, numbers = (self.stamp, *self.stamps), (*self.numbers, self.changed)
        places = ((*stamp, number) for stamp, number in zip(stamps, numbers, strict=True))
        steps = [{**step, "rank": place} for step, place in zip(told["timeline"], places, strict=True)]
        return {**told, "timeline": steps}

    def transactions(self) -> list[str]:
        """Names of what it carries, in order."""
        match self.first:
            case MessageQueued(message=message):
                acknowledged = [_ACKNOWLEDGEMENT] * len(message.transaction_acknowledgements)
                return [each.payload.name for each in message.transactions] + acknowledged
            case MessageReceived(transactions=transactions):
                return [name for _, name in transactions]
            case _:
                return []


def _step(event: Event) -> dict[str, str]:
    what, detail = _STEPS[type(event)](event)
    step = {"at": event.at.isoformat(), "what": what, "detail": detail}
    return {key: value for key, value in step.items() if value}


_NAMES = ("from", "to", "messageId", "messageContextId", "transactionGroup")
_Identity = tuple[str, str, str | None, str, str | None]
_IDENTITY: Mapping[type[Event], Callable[[Any], _Identity]] = {
    MessageQueued: lambda e: (
        e.message.header.sender,
        e.to,
        e.message.header.message_id,
        e.context_id,
        e.message.header.transaction_group,
    ),
    MessageReceived: lambda e: (e.sender, OPERATOR, e.message_id, e.context_id, e.group),
    MessageLost: lambda e: (e.sender, OPERATOR, e.message_id, e.context_id, e.group),
    MessageRefused: lambda e: (e.sender, OPERATOR, e.message_id, e.context_id, None),
    AcknowledgementRefused: lambda e: (e.by, OPERATOR, e.message_id, e.context_id, None),
    DuplicateReceived: lambda e: (e.sender, OPERATOR, e.message_id, e.context_id, None),
    FindingOverlooked: lambda e: (e.sender, OPERATOR, e.message_id, e.context_id, None),
}
_STEPS: Mapping[type[Event], Callable[[Any], tuple[str, str]]] = {
    MessageQueued: lambda e: ("queued", ""),
    MessageReceived: lambda e: ("received", e.receipt_id),
    MessageLost: lambda e: ("lost", f"{e.receipt_id}: accepted and never processed"),
    AnswerStruck: lambda e: ("answer struck", e.why),
    MessageRefused: lambda e: (f"refused: event {e.code} {e.rule}", e.explanation),
    AcknowledgementRefused: lambda e: ("badack", f"event {e.code} {e.rule}: {e.explanation}"),
    MessageAppeared: lambda e: ("visible", ""),
    MessageKept: lambda e: ("kept", "a stop file stands"),
    RequestWaits: lambda e: (
        ("held", f"{e.kind}: until a stop file is cleared")
        if e.due is None
        else ("waits", f"{e.kind}: its turn comes at {e.due.isoformat()}")
    ),
    MessageFetched: lambda e: ("fetched", ""),
    MessageAcknowledged: lambda e: (
        "acknowledged" if e.status == "Accept" else "acknowledged with Reject",
        e.message_id,
    ),
    FindingOverlooked: lambda e: (f"overlooked: event {e.code} {e.rule}", e.explanation),
    DuplicateReceived: lambda e: ("repeated" if e.same_content else "repeated with other content", e.context_id),
}
"""What a step is called, and what more there is to say of it."""
STEPS = (
    "received",
    "lost",
    "answer struck",
    "badack",
    "queued",
    "visible",
    "kept",
    "held",
    "waits",
    "fetched",
    "acknowledged",
    "acknowledged with Reject",
    "repeated",
    "repeated with other content",
)
"""All that a step is called, but for findings."""
FINDINGS = ("refused", "overlooked")
"""How the names of findings begin: ``refused: event 201 RULE``."""
_FINDING = re.compile(rf"({'|'.join(FINDINGS)})(: event [0-9]+( .*)?)?", re.DOTALL)


def names_step(text: str) -> bool:
    """Whether a step may be called so; of a finding's name the beginning will do, without its rule or its event."""
    return text in STEPS or _FINDING.fullmatch(text) is not None


def is_called(what: str, name: str) -> bool:
    """Whether a step that is called ``what`` is meant by a name that `names_step`."""
    return what == name or (_FINDING.fullmatch(name) is not None and what.startswith((f"{name}:", f"{name} ")))


def is_step(event: Event) -> bool:
    """Whether it is a step of a message."""
    return type(event) in _STEPS


def identity(event: Event) -> dict[str, str | None]:
    """Which message an event begins; empty for one that does not."""
    told = _IDENTITY.get(type(event))
    return {} if told is None else dict(zip(_NAMES, told(event), strict=True))
