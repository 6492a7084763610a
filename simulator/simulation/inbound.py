"""What AEMO has not processed yet: requests that wait their turn, and requests that a stop file holds.

    taken over ─┬─ nothing in the way ─────────────────────────────► answered at once
                ├─ a processing rate ─► RequestWaits(due) ─ its time ─► RequestProcessed ─► answered
                └─ a stop file stands ─► RequestWaits(no due) ─ it clears ─► RequestTaken ─► as above

One lane for each participant and kind: within a lane the order of arrival is kept.
Sources: the kinds of stop files count unprocessed requests and reports; holding and rates are assumptions.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from operator import itemgetter
from typing import Any

import msgspec

from simulator.asexml.decode import read
from simulator.asexml.model import Received, ReceivedTransaction
from simulator.asexml.schemas import Schemas
from simulator.base.turn import Event, Turn
from simulator.hub.checks import OPERATOR
from simulator.hub.events import (
    MessageQueued,
    MessageReceived,
    ReadDateAnswered,
    RequestProcessed,
    RequestTaken,
    RequestWaits,
    StopFileCleared,
)
from simulator.hub.flow import Flow
from simulator.hub.limits import NSRD_NOTIFICATION, kind_of, stopped_by
from simulator.scenario.facts import MessageFacts

Lane = tuple[str, str]
"""A participant, and the kind of what it asks."""
Answer = Callable[[Turn, MessageFacts], object]
"""Answers a transaction."""


class _Waiting(msgspec.Struct, frozen=True, gc=False):
    """A transaction that waits, by the message it came in."""

    message: MessageReceived
    index: int


class Inbound:
    """The lanes of one simulation. ``rates``: kind → how long AEMO takes for one; a kind not named takes no time."""

    def __init__(self, flow: Flow, rates: Mapping[str, timedelta], schemas: Schemas, answer: Answer) -> None:
        self._flow = flow
        self._rates = dict(rates)
        self._schemas = schemas
        self._answer = answer
        self._latest: MessageReceived | None = None
        self._in_turn: dict[Lane, deque[_Waiting]] = {}
        self._held: dict[Lane, deque[_Waiting]] = {}
        self._free: dict[Lane, datetime] = {}
        self._opened = False
        self._read: tuple[MessageReceived, Received] | None = None
        self.changes: Mapping[type[Event], Callable[[Any], None]] = {
            MessageReceived: self._received,
            RequestWaits: self._waits,
            RequestTaken: self._taken,
            RequestProcessed: self._processed,
            StopFileCleared: self._cleared,
        }

    def stops(self, sender: str) -> frozenset[str]:
        """The kinds of stop files that stand for a participant, before its message is counted."""
        return self._flow.stops_of(sender)

    def defers(
        self, turn: Turn, sender: str, message_id: str, index: int, asked: ReceivedTransaction, stops: frozenset[str]
    ) -> bool:
        """Whether a transaction is answered later; it then waits."""
        if not stops and not self._rates and not self._held:
            return False
        kind = kind_of(asked)
        if kind is None:
            return False
        lane = (sender, kind)
        if stops.intersection(stopped_by(kind)) or self._held.get(lane):
            turn.emit(RequestWaits(turn.now, sender, message_id, index, kind))
            return True
        due = self._due(lane, turn.now)
        if due is None:
            return False
        turn.emit(RequestWaits(turn.now, sender, message_id, index, kind, due))
        turn.schedule(due, "inbound", "process", f"{sender}/{kind}")
        return True

    def _due(self, lane: Lane, now: datetime) -> datetime | None:
        rate = self._rates.get(lane[1])
        return None if rate is None else max(now, self._free.get(lane, now)) + rate

    def go_on(self, turn: Turn) -> None:
        """Take what no stop file holds any more, until one rises again."""
        while self._opened:
            self._opened = False
            for lane in sorted(self._held, key=itemgetter(0)):  # nobody's before another's because it came first
                self._take(turn, lane)

    def _take(self, turn: Turn, lane: Lane) -> None:
        sender, kind = lane
        while self._held.get(lane) and not self.stops(sender).intersection(stopped_by(kind)):
            due = self._due(lane, turn.now)
            turn.emit(RequestTaken(turn.now, sender, kind, due))
            if due is None:
                self._process(turn, lane)
            else:
                turn.schedule(due, "inbound", "process", f"{sender}/{kind}")
            self._flow.settle(turn)

    def fire(self, turn: Turn, kind: str, key: str) -> None:
        """The turn of a request has come."""
        sender, _, asked = key.partition("/")
        self._process(turn, (sender, asked))
        self._flow.settle(turn)
        self.go_on(turn)

    def _process(self, turn: Turn, lane: Lane) -> None:
        waiting = self._in_turn[lane][0]
        message = waiting.message
        turn.emit(RequestProcessed(turn.now, *lane))
        if self._read is None or self._read[0] is not message:
            self._read = (message, read(message.body, self._schemas, unknown_release="lenient"))
        asked = self._read[1].transactions[waiting.index]
        head = (message.message_id, message.group, message.release, message.priority)
        self._answer(turn, MessageFacts(message.sender, asked, OPERATOR, *head, waiting.index + 1))

    # The only way state changes

    def _received(self, event: MessageReceived) -> None:
        self._latest = event

    def _waits(self, event: RequestWaits) -> None:
        if self._latest is None or self._latest.message_id != event.message_id:
            raise LookupError(f"message {event.message_id} was not the latest to be taken over")
        lane, waiting = (event.sender, event.kind), _Waiting(self._latest, event.index)
        (self._held if event.due is None else self._in_turn).setdefault(lane, deque()).append(waiting)
        if event.due is not None:
            self._free[lane] = event.due

    def _taken(self, event: RequestTaken) -> None:
        lane = (event.sender, event.kind)
        self._in_turn.setdefault(lane, deque()).append(self._held[lane].popleft())
        if not self._held[lane]:
            del self._held[lane]
        if event.due is not None:
            self._free[lane] = event.due

    def _processed(self, event: RequestProcessed) -> None:
        self._in_turn[event.sender, event.kind].popleft()

    def _cleared(self, event: StopFileCleared) -> None:
        self._opened = self._opened or bool(self._held)

    def unprocessed(self, sender: str) -> int:
        """How many transactions of a participant wait, in turn or held."""
        lanes = (*self._in_turn.items(), *self._held.items())
        return sum(len(waiting) for (whose, _), waiting in lanes if whose == sender)


def changes_read_date(asked: ReceivedTransaction) -> bool:
    """Whether a transaction changes a next scheduled read date."""
    return kind_of(asked) == NSRD_NOTIFICATION


def answers(turn: Turn, mark: int, sender: str, transaction_id: str) -> None:
    """Note which messages of a turn answer a change of a read date."""
    for event in turn.events[mark:]:
        if isinstance(event, MessageQueued) and event.to == sender:
            given = event.message.transactions
            if given and given[0].initiating_transaction_id == transaction_id:
                turn.emit(ReadDateAnswered(turn.now, sender, event.context_id))
