"""The ledger: what became of every message, in and out, step by step.

Evidence, bounded, with what was evicted counted. It keeps the events as they are; what it shows is made when asked for.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec

from simulator.asexml.encode import write
from simulator.asexml.model import Element
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
    StopFileCleared,
    StopFileRaised,
)
from simulator.hub.order import Order
from simulator.hub.queue import NOBODY, Stamp

_ACKNOWLEDGEMENT = "TransactionAcknowledgement"
FINISHED_KEPT = 4_000
BYTES_KEPT = 8 * 1024 * 1024
"""What is kept of messages that nothing is owed to any more: so many, of so many bytes (`Record.size`)."""
STOPS_KEPT = 1_000


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


def _size(first: Event) -> int:
    match first:
        case MessageReceived(body=body):
            return len(body)
        case MessageQueued(message=message):
            return sum([_text_of(each.payload) for each in message.transactions])
        case _:
            return 0


def _text_of(element: Element) -> int:
    """How much text an element carries."""
    size = len(element.text) if element.text else 0
    for child in element.children:
        if child.children:
            size += _text_of(child)
        elif child.text:
            size += len(child.text)
    return size


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


def is_step(event: Event) -> bool:
    """Whether it is a step of a message."""
    return type(event) in _STEPS


def identity(event: Event) -> dict[str, str | None]:
    """Which message an event begins; empty for one that does not."""
    told = _IDENTITY.get(type(event))
    return {} if told is None else dict(zip(_NAMES, told(event), strict=True))


def _goes_by(record: Record, name: str) -> bool:
    told = record.identity()
    return name in (told["messageId"], told["messageContextId"])


class StopStep(msgspec.Struct, frozen=True, gc=False):
    """A stop file was raised or cleared, as step ``number`` of the ledger."""

    number: int
    event: StopFileRaised | StopFileCleared


class Ledger:
    """Records by key. Finished ones make room for new ones; ``evicted`` counts those gone.

    ``stops`` tells what became of stop files, oldest first; ``stops_evicted`` counts what it no longer tells.
    """

    def __init__(self, order: Order | None = None) -> None:
        self._order = order or Order()
        self._records: dict[str, Record] = {}
        self._finished: deque[Record] = deque()
        self._alike: dict[str, int] = {}
        self._bytes = 0
        self.evicted = 0
        self.stops: deque[StopStep] = deque()
        self.stops_evicted = 0
        self.steps = 0
        """How many steps were noted."""
        self.changes: Mapping[type[Event], Callable[[Any], None]] = {
            MessageQueued: self._queued,
            MessageReceived: self._received,
            MessageLost: self._lost,
            AnswerStruck: self._answered,
            MessageFetched: self._reached,
            MessageAppeared: self._appeared,
            MessageKept: self._appeared,
            MessageAcknowledged: self._acknowledged,
            MessageRefused: self._refused,
            AcknowledgementRefused: self._badack,
            DuplicateReceived: self._repeated,
            FindingOverlooked: self._repeated,
            RequestWaits: self._waits,
            StopFileRaised: self._stop,
            StopFileCleared: self._stop,
        }
        """Event type → what makes an event of it true."""

    def records(self) -> Iterator[Record]:
        """Every record that is kept, as they arrived."""
        return iter(tuple(self._records.values()))

    def ranked(self) -> list[Record]:
        """Every record that is kept, in the order of ranks."""
        return sorted(self._records.values(), key=lambda record: record.rank)

    def find(self, name: str) -> Record | None:
        """The record of a key, or the latest one with that MessageID or context id."""
        known = self._records.get(name)
        if known is not None:
            return known
        found = (record for record in self._records.values() if _goes_by(record, name))
        return max(found, key=lambda record: record.rank, default=None)

    def _queued(self, event: MessageQueued) -> None:
        key = f"{event.to}/{event.context_id}"
        self.steps += 1
        self._records[key] = Record(key, event, (), self.steps, (), self._order.stamp)

    def queued(self, events: Sequence[MessageQueued], stamps: Sequence[Stamp]) -> None:
        """Messages were queued together, each with the stamp of its rank."""
        records, step = self._records, self.steps
        for event, stamp in zip(events, stamps, strict=True):
            step += 1
            key = f"{event.to}/{event.context_id}"
            records[key] = Record(key, event, (), step, (), stamp)
        self.steps = step

    def _received(self, event: MessageReceived) -> None:
        self._finished_at_once(f"{event.sender}/{event.message_id}", event)

    def _lost(self, event: MessageLost) -> None:
        self._finished_at_once(self._free(f"{event.sender}/{event.message_id}/lost-{event.at.isoformat()}"), event)

    def _answered(self, event: AnswerStruck) -> None:
        self._note(f"{event.sender}/{event.message_id}", event)

    def _refused(self, event: MessageRefused) -> None:
        name = event.message_id or event.context_id
        self._finished_at_once(self._free(f"{event.sender}/{name}/refused-{event.at.isoformat()}"), event)

    def _badack(self, event: AcknowledgementRefused) -> None:
        if self._note(f"{event.by}/{event.context_id}", event) is None:
            name = event.message_id or event.context_id
            self._finished_at_once(self._free(f"{event.by}/{name}/badack-{event.at.isoformat()}"), event)

    def _free(self, key: str) -> str:
        """A key of its own: what is refused twice at one moment, as under a held clock, is two refusals."""
        if key not in self._records:
            return key
        number = self._alike.get(key, 1) + 1
        while f"{key}-{number}" in self._records:
            number += 1
        self._alike[key] = number
        return f"{key}-{number}"

    def _reached(self, event: MessageFetched) -> None:
        self._note(f"{event.to}/{event.context_id}", event)

    def _appeared(self, event: MessageAppeared | MessageKept) -> None:
        self._note(f"{event.to}/{event.context_id}", event, event.stamp)

    def _repeated(self, event: DuplicateReceived | FindingOverlooked) -> None:
        """A finding about the sender; an acknowledgement message has no record of its own until it has one to tell."""
        key = f"{event.sender}/{event.message_id}"
        if self._note(key, event) is None:
            self._finished_at_once(key, event)

    def _waits(self, event: RequestWaits) -> None:
        """Told once for each kind in a message, however many of its transactions wait."""
        key = f"{event.sender}/{event.message_id}"
        record = self._records.get(key)
        told = () if record is None else record.later
        if not any(isinstance(each, RequestWaits) and each.kind == event.kind for each in told):
            self._note(key, event)

    def _acknowledged(self, event: MessageAcknowledged) -> None:
        record = self._note(f"{event.by}/{event.context_id}", event)
        if record is not None:
            self._finish(record)

    def _stop(self, event: StopFileRaised | StopFileCleared) -> None:
        self.steps += 1
        self.stops.append(StopStep(self.steps, event))
        if len(self.stops) > STOPS_KEPT:
            self.stops.popleft()
            self.stops_evicted += 1

    def _note(self, key: str, event: Event, stamp: Stamp | None = None) -> Record | None:
        """Note an event on the record it belongs to, with a stamp that is not that of what happens now."""
        record = self._records.get(key)
        if record is not None:
            record.later = (*record.later, event)
            record.numbers = (*record.numbers, record.changed)
            record.stamps = (*record.stamps, stamp or self._order.stamp)
            self.steps += 1
            record.changed = self.steps
        return record

    def _finished_at_once(self, key: str, event: Event) -> None:
        self.steps += 1
        record = self._records[key] = Record(key, event, (), self.steps, (), self._order.stamp)
        self._finish(record)

    def _finish(self, record: Record) -> None:
        """Nothing more is owed to this one: it may make room."""
        record.size = _size(record.first)
        self._finished.append(record)
        self._bytes += record.size
        while len(self._finished) > FINISHED_KEPT or self._bytes > BYTES_KEPT:
            gone = self._finished.popleft()
            self._bytes -= gone.size
            if self._records.get(gone.key) is gone:
                del self._records[gone.key]
                self._alike.pop(gone.key, None)
                self.evicted += 1
