"""The ledger: what became of every message, in and out, step by step.

Evidence, bounded, with what was evicted counted.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from simulator.asexml.encode import write
from simulator.asexml.model import Message
from simulator.base.turn import Event
from simulator.hub.events import (
    AcknowledgementRefused,
    DuplicateReceived,
    MessageAcknowledged,
    MessageAppeared,
    MessageFetched,
    MessageQueued,
    MessageReceived,
    MessageRefused,
)

FINISHED_KEPT = 10_000
BYTES_KEPT = 32 * 1024 * 1024


@dataclass(slots=True)
class Record:
    """One message: who sent it to whom under which ids, and what happened to it when."""

    key: str
    sender: str
    receiver: str
    message_id: str | None
    context_id: str
    group: str | None
    steps: list[tuple[datetime, str, str]] = field(default_factory=list)
    raw: bytes = b""
    message: Message | None = None

    def body(self) -> str:
        """The message as text: as it was received, or as it would be written."""
        return (self.raw if self.message is None else write(self.message)).decode("utf-8", "replace")

    def summary(self) -> dict[str, Any]:
        """JSON-ready, without the body."""
        steps = [{"at": at.isoformat(), "what": what, "detail": detail} for at, what, detail in self.steps]
        return {
            "id": self.key,
            "from": self.sender,
            "to": self.receiver,
            "messageId": self.message_id,
            "messageContextId": self.context_id,
            "transactionGroup": self.group,
            "timeline": [{key: value for key, value in step.items() if value} for step in steps],
        }


class Ledger:
    """Records by key. Finished ones make room for new ones; ``evicted`` counts those gone."""

    def __init__(self, operator: str = "NEMMCO") -> None:
        self._operator = operator
        self._records: dict[str, Record] = {}
        self._finished: deque[Record] = deque()
        self._bytes = 0
        self.evicted = 0
        self._notes: dict[type[Event], Callable[[Any], None]] = {
            MessageQueued: self._queued,
            MessageReceived: self._received,
            MessageFetched: self._fetched,
            MessageAppeared: self._appeared,
            MessageAcknowledged: self._acknowledged,
            MessageRefused: self._refused,
            AcknowledgementRefused: self._badack,
            DuplicateReceived: self._repeated,
        }

    def records(self) -> Iterator[Record]:
        """Every record that is kept, oldest first."""
        return iter(tuple(self._records.values()))

    def find(self, name: str) -> Record | None:
        """The record of a key, or the latest one with that MessageID or context id."""
        known = self._records.get(name)
        if known is not None:
            return known
        alike = (r for r in reversed(tuple(self._records.values())) if name in (r.message_id, r.context_id))
        return next(alike, None)

    def apply(self, event: Event) -> None:
        """Note an event on the record it belongs to."""
        note = self._notes.get(type(event))
        if note is not None:
            note(event)

    def _fetched(self, event: MessageFetched) -> None:
        self._note(f"{event.to}/{event.context_id}", event.at, "fetched", "")

    def _appeared(self, event: MessageAppeared) -> None:
        self._note(f"{event.to}/{event.context_id}", event.at, "visible", "")

    def _repeated(self, event: DuplicateReceived) -> None:
        what = "repeated" if event.same_content else "repeated with other content"
        self._note(f"{event.sender}/{event.message_id}", event.at, what, event.context_id)

    def _queued(self, event: MessageQueued) -> None:
        head = event.message.header
        key = f"{event.to}/{event.context_id}"
        record = Record(key, head.sender, event.to, head.message_id, event.context_id, head.transaction_group)
        record.message = event.message
        record.steps.append((event.at, "queued", ""))
        self._records[key] = record

    def _received(self, event: MessageReceived) -> None:
        key = f"{event.sender}/{event.message_id}"
        record = Record(key, event.sender, self._operator, event.message_id, event.context_id, event.group)
        record.raw = event.body
        record.steps.append((event.at, "received", event.receipt_id))
        self._records[key] = record
        self._finish(record)

    def _refused(self, event: MessageRefused) -> None:
        key = f"{event.sender}/{event.message_id or event.context_id}/refused-{event.at.isoformat()}"
        record = Record(key, event.sender, self._operator, event.message_id, event.context_id, None)
        record.steps.append((event.at, f"refused: event {event.code} {event.rule}", event.explanation))
        self._records[key] = record
        self._finish(record)

    def _badack(self, event: AcknowledgementRefused) -> None:
        detail = f"event {event.code} {event.rule}: {event.explanation}"
        if not self._note(f"{event.by}/{event.context_id}", event.at, "badack", detail):
            key = f"{event.by}/{event.message_id or event.context_id}/badack-{event.at.isoformat()}"
            record = Record(key, event.by, self._operator, event.message_id, event.context_id, None)
            record.steps.append((event.at, "badack", detail))
            self._records[key] = record
            self._finish(record)

    def _acknowledged(self, event: MessageAcknowledged) -> None:
        what = "acknowledged" if event.status == "Accept" else "acknowledged with Reject"
        key = f"{event.by}/{event.context_id}"
        self._note(key, event.at, what, event.message_id)
        if (record := self._records.get(key)) is not None:
            self._finish(record)

    def _note(self, key: str, at: datetime, what: str, detail: str) -> bool:
        record = self._records.get(key)
        if record is None:
            return False
        record.steps.append((at, what, detail))
        return True

    def _finish(self, record: Record) -> None:
        """Nothing more is owed to this one: it may make room."""
        self._finished.append(record)
        self._bytes += len(record.raw)
        while len(self._finished) > FINISHED_KEPT or self._bytes > BYTES_KEPT:
            gone = self._finished.popleft()
            self._bytes -= len(gone.raw)
            if self._records.get(gone.key) is gone:
                del self._records[gone.key]
                self.evicted += 1
