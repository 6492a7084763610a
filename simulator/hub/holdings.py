"""What the hub holds: queues, receipts, context ids in use. State changes here and only here, by `Holdings.changes`."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec

from simulator.base.turn import Event
from simulator.hub.events import (
    AcknowledgementReceived,
    AcknowledgementRefused,
    MessageAcknowledged,
    MessageAppeared,
    MessageFetched,
    MessageKept,
    MessageQueued,
    MessageReceived,
    RequestProcessed,
    RequestWaits,
)
from simulator.hub.order import Order
from simulator.hub.queue import Entry, Queue, Stamp
from simulator.hub.states import State, Trigger

BADACKS_KEPT = 1_000
"""Bad acknowledgements remembered of a participant; those of no queued message make room first."""


class Seen(msgspec.Struct, frozen=True, gc=False):
    """What is remembered of a message that was taken over. Thousands are: its texts stand in one."""

    sender: str
    message_id: str
    at: datetime
    group: str
    release: str
    _texts: str
    """Context id, receipt id, acknowledgement id and digest, a line each; the last three have no line ends."""

    @property
    def context_id(self) -> str:
        """The context id it came with."""
        return self._texts.rsplit("\n", 3)[0]

    @property
    def receipt_id(self) -> str:
        """The receipt that was given for it."""
        return self._texts.rsplit("\n", 3)[1]

    @property
    def acknowledgement_id(self) -> str:
        """MessageID of the acknowledgement that answered it."""
        return self._texts.rsplit("\n", 3)[2]

    @property
    def digest(self) -> str:
        """What its content is known again by."""
        return self._texts.rpartition("\n")[2]


Taken = MessageReceived | AcknowledgementReceived
"""What makes a message one that was seen."""


class _Queues(dict[str, Queue]):
    """Hub queues by participant; an empty one is made on first use."""

    def __missing__(self, participant: str) -> Queue:
        made = self[participant] = Queue()
        return made


class Holdings:
    """Queues by participant; what was taken over, by sender and MessageID; context ids in use, by sender."""

    def __init__(self, repeats_known: int, order: Order) -> None:
        self._order = order
        self.queues = _Queues()
        self.forgotten = 0
        """Messages whose receipts made room: a repeat of one is taken for a new message."""
        self._repeats_known = repeats_known
        self.seen: defaultdict[str, dict[str, Seen]] = defaultdict(dict)
        self.contexts: defaultdict[str, dict[str, str]] = defaultdict(dict)
        self._remembered: deque[Seen] = deque()
        """Of each that is seen, what was remembered first, the oldest first."""
        self._waiting: dict[tuple[str, str], deque[str]] = {}
        self._owed: dict[tuple[str, str], int] = {}
        self._badacks: dict[str, dict[str, AcknowledgementRefused]] = {}
        self.changes: Mapping[type[Event], Callable[[Any], None]] = {
            MessageQueued: self._put,
            MessageReceived: self._remember,
            AcknowledgementReceived: self._remember,
            MessageAcknowledged: self._remove,
            MessageFetched: self._hand_over,
            MessageAppeared: self._appear,
            MessageKept: self._keep,
            AcknowledgementRefused: self._badack,
            RequestWaits: self._wait,
            RequestProcessed: self._process,
        }
        """Event type → what makes an event of it true."""

    def queue(self, participant: str) -> Queue:
        """The hub queue of a participant; an empty one is made on first use."""
        return self.queues[participant]

    def badacks_of(self, participant: str, now: datetime) -> list[AcknowledgementRefused]:
        """Bad acknowledgements that nothing has put right; those of no queued message are shown on their day only."""
        queue = self.queue(participant)
        known = self._badacks.get(participant, {}).items()
        return [badack for context, badack in known if context in queue or badack.at.date() == now.date()]

    def _put(self, event: MessageQueued) -> None:
        at = min(event.at, event.visible_at)
        entry = Entry(event.context_id, event.message, at, stamp=self._order.stamp)
        self.queues[event.to].put(entry, event.visible_at <= event.at)

    def put(self, events: Sequence[MessageQueued], stamps: Sequence[Stamp]) -> None:
        """Messages were queued together, each with the stamp of its rank: they can be seen."""
        queues = self.queues
        for event, stamp in zip(events, stamps, strict=True):
            entry = Entry(event.context_id, event.message, event.at, State.QUEUED, None, None, stamp)
            queues[event.to].put(entry, True)

    def _remove(self, event: MessageAcknowledged) -> None:
        queue, order = self.queues[event.by], self._order
        entry = queue.get(event.context_id)
        if entry is not None and entry.received_at == event.at and entry.stamp > order.stamp:
            order.go_on(event.at, entry.stamp[0])  # played participants take what they can see as it appears
        queue.trigger(event.context_id, Trigger.ACKNOWLEDGE)
        if event.by in self._badacks:
            self._badacks[event.by].pop(event.context_id, None)

    def _hand_over(self, event: MessageFetched) -> None:
        queue = self.queues[event.to]
        queue.trigger(event.context_id, Trigger.FETCH)
        entry = queue.get(event.context_id)
        if entry is not None:
            self._order.handed(event.at, event.to, entry)

    def _appear(self, event: MessageAppeared) -> None:
        self.queue(event.to).appear(event.context_id, event.at, event.stamp or self._order.stamp)

    def _keep(self, event: MessageKept) -> None:
        entry = self.queue(event.to).waiting(event.context_id)
        entry.received_at, entry.stamp = event.at, event.stamp or self._order.stamp

    def _badack(self, event: AcknowledgementRefused) -> None:
        queue, known = self.queue(event.by), self._badacks.setdefault(event.by, {})
        meant = queue.get(event.context_id) or queue.by_message(event.initiating_message_id or "")
        if meant is not None:
            queue.trigger(meant.context_id, Trigger.BADACK)
        context = event.context_id if meant is None else meant.context_id
        known.pop(context, None)
        known[context] = event
        if len(known) > BADACKS_KEPT:
            del known[next((old for old in known if queue.get(old) is None), context)]

    def _remember(self, event: Taken) -> None:
        while len(self._remembered) - len(self._owed) >= self._repeats_known:
            self._forget()
        sender, message_id, context_id = event.sender, event.message_id, event.context_id
        known = self.seen[sender]
        texts = f"{context_id}\n{event.receipt_id}\n{event.acknowledgement_id}\n{event.digest}"
        made = Seen(sender, message_id, event.at, event.group, event.release, texts)
        if message_id not in known:
            self._remembered.append(made)
        known[message_id] = made
        if isinstance(event, MessageReceived):
            self.contexts[sender][context_id] = message_id

    def _wait(self, event: RequestWaits) -> None:
        """A request waits to be processed; within a lane of ``simulation.inbound`` they go on as they came."""
        self._waiting.setdefault((event.sender, event.kind), deque()).append(event.message_id)
        key = event.sender, event.message_id
        self._owed[key] = self._owed.get(key, 0) + 1

    def _process(self, event: RequestProcessed) -> None:
        key = event.sender, self._waiting[event.sender, event.kind].popleft()
        self._owed[key] -= 1
        if not self._owed[key]:
            del self._owed[key]

    def _forget(self) -> None:
        """The oldest receipt makes room, unless something of its message still waits to be processed: then it counts
        as the latest, and the next one is asked. What is queued is not here.
        """
        oldest = self._remembered.popleft()
        sender, message_id = oldest.sender, oldest.message_id
        if (sender, message_id) in self._owed:
            self._remembered.append(oldest)
            return
        context_id, contexts = self.seen[sender].pop(message_id).context_id, self.contexts[sender]
        if contexts.get(context_id) == message_id:
            del contexts[context_id]
        self.forgotten += 1
