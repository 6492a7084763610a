"""A participant's hub queue: entries in order of appearance, each in a state of the table.

Those that appear at one moment are in the order of their ranks (`simulator.hub.order`), whichever came first. Every
operation but listing is O(1), whatever waits.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

import msgspec

from simulator.asexml.encode import write
from simulator.asexml.model import Message
from simulator.hub.states import State, Trigger, after

Stamp = tuple[int, str]
"""Depth and client: what there is to a rank beside its moment."""
NOBODY: Stamp = (0, "")


class Entry(msgspec.Struct, eq=False, gc=False):
    """One message in a hub queue. ``received_at`` is when it appeared, which is what getQueueMetaData shows.

    While it is unseen, that is when it was queued, or kept by a stop file.
    """

    context_id: str
    message: Message
    received_at: datetime
    state: State = State.QUEUED
    listed: str | None = None
    """How it stands in a queue report, kept by whoever reported it first."""
    _body: bytes | None = None
    stamp: Stamp = NOBODY
    """With ``received_at`` the rank of its appearance, or of what kept it unseen."""

    @property
    def body(self) -> bytes:
        """The message as bytes: written when somebody first asks, the same ever after."""
        if self._body is None:
            self._body = write(self.message)
        return self._body

    @property
    def rank(self) -> tuple[datetime, Stamp]:
        """What entries are sorted by."""
        return self.received_at, self.stamp

    @property
    def group(self) -> str:
        """The transaction group of its header."""
        return self.message.header.transaction_group

    @property
    def message_id(self) -> str:
        """The MessageID of its header."""
        return self.message.header.message_id


def by_priority(entry: Entry) -> int:
    """What entries are sorted by where a scenario has them listed by priority."""
    return ("High", "Medium", "Low").index(entry.message.header.priority or "Medium")


GONE_KEPT = 2_000
"""Context ids of messages that went last: AEMO does not use one again."""


class Queue:
    """What waits for one participant: what it can see, and what will appear later."""

    __slots__ = ("_again", "_by_message", "_gone", "_last", "_last_at", "_later", "_mixed", "_visible")

    def __init__(self) -> None:
        self._gone: dict[str, None] = {}
        self._visible: dict[str, Entry] = {}
        self._later: dict[str, Entry] = {}
        self._by_message: dict[str, str] = {}
        self._again: dict[str, list[str]] = {}
        self._last_at: datetime | None = None
        self._last = NOBODY
        self._mixed = False

    def __len__(self) -> int:
        return len(self._visible)

    def __contains__(self, context_id: str) -> bool:
        """Whether a context id is taken: it waits, seen or not, or it went lately."""
        return context_id in self._visible or context_id in self._later or context_id in self._gone

    def put(self, entry: Entry, visible: bool) -> None:
        """Take an entry in, to be seen now or later."""
        if visible:
            self._visible[entry.context_id] = entry
            self._appeared(entry)
        else:
            self._later[entry.context_id] = entry
        message_id = entry.message.header.message_id
        if message_id in self._by_message:
            self._again.setdefault(message_id, []).append(entry.context_id)
        else:
            self._by_message[message_id] = entry.context_id

    def appear(self, context_id: str, at: datetime, stamp: Stamp = NOBODY) -> None:
        """Let a later entry be seen, behind those that already are."""
        entry = self._later.pop(context_id)
        entry.received_at, entry.stamp = at, stamp
        self._visible[context_id] = entry
        self._appeared(entry)

    def _appeared(self, entry: Entry) -> None:
        """Look whether an entry came before one of the same moment that it ranks after."""
        at, stamp = entry.received_at, entry.stamp
        if stamp < self._last and at == self._last_at:
            self._mixed = True
        else:
            self._last_at, self._last = at, stamp

    def get(self, context_id: str) -> Entry | None:
        """The entry a participant can see under a context id."""
        return self._visible.get(context_id)

    def waiting(self, context_id: str) -> Entry:
        """The entry of a context id that nobody can see yet."""
        return self._later[context_id]

    def by_message(self, message_id: str, context_id: str = "") -> Entry | None:
        """The entry a participant can see with a MessageID; where several have it, the one of that context id."""
        found = self._visible.get(self._by_message.get(message_id, ""))
        again = self._again.get(message_id)
        if again is None:
            return found
        seen = [entry for each in again if (entry := self._visible.get(each)) is not None]
        several = seen if found is None else [found, *seen]
        named = (entry for entry in several if entry.context_id == context_id)
        return next(named, several[0] if several else None)

    def entries(self, group: str | None = None) -> Iterator[Entry]:
        """What can be seen, oldest first, of one transaction group or of all."""
        if self._mixed:
            ranked = sorted(self._visible.values(), key=lambda entry: entry.rank)
            self._visible = {entry.context_id: entry for entry in ranked}
            self._mixed = False
        visible = self._visible.values()
        return iter(visible) if group is None else (entry for entry in visible if entry.group == group)

    def trigger(self, context_id: str, trigger: Trigger) -> None:
        """Move an entry along the state table; a removed one leaves."""
        entry = self._visible[context_id]
        state = after(entry.state, trigger)
        if state is None:
            raise LookupError(f"{context_id} is {entry.state} and cannot {trigger}")
        entry.state = state
        if state is State.REMOVED:
            del self._visible[context_id]
            self._forget(entry)
            self._gone[context_id] = None
            if len(self._gone) > GONE_KEPT:
                del self._gone[next(iter(self._gone))]

    def _forget(self, entry: Entry) -> None:
        """No message goes by that MessageID any more, unless it is queued several times."""
        message_id, again = entry.message_id, self._again.get(entry.message_id)
        if again is None:
            del self._by_message[message_id]
            return
        if self._by_message[message_id] == entry.context_id:
            self._by_message[message_id] = again.pop(0)
        else:
            again.remove(entry.context_id)
        if not again:
            del self._again[message_id]
