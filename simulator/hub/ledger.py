"""The ledger: what became of every message, in and out, step by step.

Evidence, bounded, with what was evicted counted. It keeps the events, and what it shows is made when asked for: see
`simulator.hub.record`, and `simulator.hub.packed` for those to which nothing is owed any more.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import msgspec

from simulator.asexml.model import Element
from simulator.base.turn import Event
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
from simulator.hub.packed import TOGETHER, Packed, can_be_packed, naming, opened, pack
from simulator.hub.queue import Stamp
from simulator.hub.record import Record

FINISHED_KEPT = 4_000
BYTES_KEPT = 8 * 1024 * 1024
"""What is kept of messages that nothing is owed to any more: so many, of so many bytes (`Record.size`)."""
STOPS_KEPT = 1_000


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
        self._records: dict[str, Record | Packed] = {}
        self._finished: deque[Record | Packed] = deque()
        """Those to which nothing is owed any more, in that order."""
        self._fresh: deque[Record] = deque()
        """Those of them that came last: nobody looked yet whether they can be packed."""
        self._to_pack = 0
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
        return opened(tuple(self._records.values()))

    def ranked(self, after: int = 0) -> list[Record]:
        """Every record that is kept, in the order of ranks; ``after`` leaves out those to which nothing happened since
        the step of that number."""
        changed = [each for each in self._records.values() if each.changed > after]
        return sorted(opened(changed), key=lambda record: record.rank)

    def find(self, name: str) -> Record | None:
        """The record of a key, or the latest one with that MessageID or context id."""
        known = self._records.get(name)
        if known is not None:
            return next(opened((known,)))
        found = (record for record in opened(naming(self._records.values(), name)) if record.goes_by(name))
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
        record = self._to_change(key)
        told = () if record is None else record.later
        if not any(isinstance(each, RequestWaits) and each.kind == event.kind for each in told):
            self._note(key, event)

    def _acknowledged(self, event: MessageAcknowledged) -> None:
        record = self._note(f"{event.by}/{event.context_id}", event)
        if record is not None:
            self._finish(record)
            self._to_pack += 1
            if self._to_pack >= TOGETHER:
                self._pack()

    def _stop(self, event: StopFileRaised | StopFileCleared) -> None:
        self.steps += 1
        self.stops.append(StopStep(self.steps, event))
        if len(self.stops) > STOPS_KEPT:
            self.stops.popleft()
            self.stops_evicted += 1

    def _note(self, key: str, event: Event, stamp: Stamp | None = None) -> Record | None:
        """Note an event on the record it belongs to, with a stamp that is not that of what happens now."""
        record = self._to_change(key)
        if record is not None:
            record.later = (*record.later, event)
            record.numbers = (*record.numbers, record.changed)
            record.stamps = (*record.stamps, stamp or self._order.stamp)
            self.steps += 1
            record.changed = self.steps
        return record

    def _to_change(self, key: str) -> Record | None:
        """The record of a key, to be changed."""
        known = self._records.get(key)
        return known.widen() if isinstance(known, Packed) else known

    def _finished_at_once(self, key: str, event: Event) -> None:
        self.steps += 1
        record = self._records[key] = Record(key, event, (), self.steps, (), self._order.stamp)
        self._finish(record)

    def _finish(self, record: Record) -> None:
        """Nothing more is owed to this one: it may make room."""
        record.size = _size(record.first)
        self._fresh.append(record)
        self._bytes += record.size
        while len(self._finished) + len(self._fresh) > FINISHED_KEPT or self._bytes > BYTES_KEPT:
            self._evict()

    def _evict(self) -> None:
        """The oldest goes."""
        gone = (self._finished or self._fresh).popleft()
        self._bytes -= gone.size
        if self._records.get(gone.key) is gone:
            del self._records[gone.key]
            self._alike.pop(gone.key, None)
            self.evicted += 1

    def _pack(self) -> None:
        """Those that were finished lately are packed, as far as they can be and go by their key still."""
        self._to_pack = 0
        packed: dict[int, Record | Packed] = {}
        some = [each for each in self._fresh if can_be_packed(each) and self._records.get(each.key) is each]
        for record, made in zip(some, pack(some), strict=True):
            packed[id(record)] = self._records[record.key] = made
        self._finished.extend([packed.get(id(each), each) for each in self._fresh])
        self._fresh.clear()
