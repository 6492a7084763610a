"""The durable inbox: what a drain remembers about every message it took, so that a crash loses and repeats nothing.

    fetched ──receive──► RECEIVED ──begin──► HANDLING ──finish──► HANDLED ──acknowledged──► ACKNOWLEDGED ─forget─► gone
                                                ▲   │                ▲ │                          │
                                                └───┘ after a crash  └─┘ refused: a new MACK      └─► back to HANDLED,
                                                      in the handler                                  if still queued

A step is on disk before the next one is taken. Only HANDLING is ambiguous after a crash: the handler may have run or
not, so it is run again with the same key and ``starts`` one higher. A repeat under another context id goes straight to
HANDLED with the first one's outcome.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Protocol

import msgspec

from simulator.asexml.model import AseEvent

REMEMBERED = 10_000
"""Acknowledged messages that are remembered, without their bodies, to know a repeat when it comes."""


class State(StrEnum):
    """Where a message stands on our side."""

    RECEIVED = "received"
    HANDLING = "handling"
    HANDLED = "handled"
    ACKNOWLEDGED = "acknowledged"


UNFINISHED = (State.RECEIVED, State.HANDLING, State.HANDLED)


class Outcome(msgspec.Struct, frozen=True):
    """What our MACK is to say."""

    status: str = "Accept"
    events: tuple[AseEvent, ...] = ()


@dataclass(frozen=True, slots=True)
class Arrival:
    """A message just fetched, with what its MACK needs to know of it."""

    context_id: str
    sender: str
    message_id: str
    digest: str
    group: str
    body: bytes
    release: str | None = None
    priority: str | None = None
    wants_acknowledgement: bool = True


@dataclass(frozen=True, slots=True)
class Entry:
    """A message as the inbox knows it. ``acknowledgement`` is the MACK, to be sent with the same bytes each time."""

    number: int
    arrival: Arrival
    key: str
    state: State
    starts: int = 0
    refusals: int = 0
    repeat: bool = False
    outcome: Outcome | None = None
    acknowledgement: bytes | None = None

    @property
    def context_id(self) -> str:
        """The context id it was fetched under."""
        return self.arrival.context_id


class Inbox(Protocol):
    """What a drain needs of its memory. Every method returns once its effect is durable."""

    def receive(self, arrival: Arrival, outcome: Outcome | None = None) -> Entry:
        """Take a message in. What is already known comes back as it stands, unchanged.

        ``outcome`` is given where the message is not for the handler, because it could not be read.
        """
        ...

    def begin(self, entry: Entry) -> Entry:
        """The handler is about to run."""
        ...

    def finish(self, entry: Entry, outcome: Outcome, acknowledgement: bytes | None) -> Entry:
        """The handler has run; ``acknowledgement`` is the MACK to send (None: none is due)."""
        ...

    def renew(self, entry: Entry, acknowledgement: bytes) -> Entry:
        """Another MACK takes the place of the last one."""
        ...

    def refused(self, entry: Entry) -> Entry:
        """The hub did not take the MACK, or lists the message still: the next one needs an id of its own."""
        ...

    def acknowledged(self, entry: Entry) -> Entry:
        """The hub took the MACK. The body is not kept any longer."""
        ...

    def unfinished(self, group: str | None) -> tuple[Entry, ...]:
        """What is not acknowledged yet, in order of arrival."""
        ...

    def forget(self, listed: Collection[str], group: str | None) -> int:
        """Drop old acknowledged messages, beyond those remembered, that the hub lists no more; returns how many."""
        ...


def first_entry(number: int, arrival: Arrival, outcome: Outcome | None, known: Collection[Entry]) -> Entry:
    """The entry a new arrival becomes, given the entries with the same sender and MessageID."""
    same = next((entry for entry in known if entry.arrival.digest == arrival.digest), None)
    key = f"{arrival.sender}/{arrival.message_id}"
    if same is None and known:
        key += f"#{arrival.digest[:12]}"  # other content under a used MessageID: a message of its own, lest it be lost
    if same is not None and same.outcome is not None:
        return Entry(number, arrival, same.key, State.HANDLED, repeat=True, outcome=same.outcome)
    state = State.RECEIVED if outcome is None else State.HANDLED
    return Entry(number, arrival, same.key if same else key, state, outcome=outcome)


def begun(entry: Entry) -> Entry:
    """The entry once its handler starts."""
    return replace(entry, state=State.HANDLING, starts=entry.starts + 1)


def finished(entry: Entry, outcome: Outcome, acknowledgement: bytes | None) -> Entry:
    """The entry once its handler has run."""
    return replace(entry, state=State.HANDLED, outcome=outcome, acknowledgement=acknowledgement)


def reopened(entry: Entry) -> Entry:
    """The entry once the hub showed that our MACK did not remove it."""
    return replace(entry, state=State.HANDLED, refusals=entry.refusals + 1, acknowledgement=None)


def settled(entry: Entry) -> Entry:
    """The entry once the hub took our MACK."""
    body_gone = replace(entry.arrival, body=b"")
    return replace(entry, state=State.ACKNOWLEDGED, acknowledgement=None, arrival=body_gone)


class Changing(ABC):
    """What becomes of an entry, wherever it is kept."""

    @abstractmethod
    def _change(self, entry: Entry, change: Callable[[Entry], Entry]) -> Entry:
        """Put another in the place of an entry as it is now; returns that."""

    def begin(self, entry: Entry) -> Entry:
        """See `Inbox`."""
        return self._change(entry, begun)

    def finish(self, entry: Entry, outcome: Outcome, acknowledgement: bytes | None) -> Entry:
        """See `Inbox`."""
        return self._change(entry, lambda now: finished(now, outcome, acknowledgement))

    def renew(self, entry: Entry, acknowledgement: bytes) -> Entry:
        """See `Inbox`."""
        return self._change(entry, lambda now: replace(now, acknowledgement=acknowledgement))

    def refused(self, entry: Entry) -> Entry:
        """See `Inbox`."""
        return self._change(entry, reopened)

    def acknowledged(self, entry: Entry) -> Entry:
        """See `Inbox`."""
        return self._change(entry, settled)


class MemoryInbox(Changing):
    """An inbox that lives as long as the process: for tests, demonstrations, handlers that keep their own record."""

    def __init__(self, remember: int = REMEMBERED) -> None:
        self._entries: dict[tuple[str, str], Entry] = {}
        self._by_id: dict[tuple[str, str], list[tuple[str, str]]] = {}
        self._remember = remember
        self._count = 0

    def receive(self, arrival: Arrival, outcome: Outcome | None = None) -> Entry:
        """See `Inbox`."""
        place = (arrival.context_id, arrival.digest)
        if place in self._entries:
            return self._entries[place]
        same_id = self._by_id.setdefault((arrival.sender, arrival.message_id), [])
        self._count += 1
        known = [self._entries[other] for other in same_id]
        self._entries[place] = first_entry(self._count, arrival, outcome, known)
        same_id.append(place)
        return self._entries[place]

    def _change(self, entry: Entry, change: Callable[[Entry], Entry]) -> Entry:
        place = (entry.context_id, entry.arrival.digest)
        self._entries[place] = change(self._entries[place])
        return self._entries[place]

    def unfinished(self, group: str | None) -> tuple[Entry, ...]:
        """See `Inbox`."""
        return tuple(e for e in self._entries.values() if e.state in UNFINISHED and group in (None, e.arrival.group))

    def forget(self, listed: Collection[str], group: str | None) -> int:
        """See `Inbox`."""
        done = [e for e in self._entries.values() if e.state == State.ACKNOWLEDGED and group in (None, e.arrival.group)]
        old = [e for e in done[: max(0, len(done) - self._remember)] if e.context_id not in listed]
        for entry in old:
            place = (entry.context_id, entry.arrival.digest)
            del self._entries[place]
            same_id = self._by_id[entry.arrival.sender, entry.arrival.message_id]
            same_id.remove(place)
            if not same_id:
                del self._by_id[entry.arrival.sender, entry.arrival.message_id]
        return len(old)
