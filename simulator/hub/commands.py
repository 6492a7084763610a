"""What may be asked of the hub, and what it answers: two small closed sets."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from simulator.asexml.model import AseEvent, Message, Received
from simulator.hub.gate import Caller
from simulator.hub.queue import Entry


@dataclass(frozen=True, slots=True)
class Submit:
    """submitMessages: transactions, or transaction acknowledgements. ``market`` is the X-market header."""

    caller: Caller
    context_id: str
    market: str | None
    received: Received
    body: bytes


@dataclass(frozen=True, slots=True)
class Acknowledge:
    """submitMessageAcknowledgements: ``context_id`` names the message that is acknowledged."""

    caller: Caller
    context_id: str
    market: str | None
    received: Received
    body: bytes


@dataclass(frozen=True, slots=True)
class Fetch:
    """getMessages: one message, by context id; None is the oldest, where the switch allows it."""

    caller: Caller
    context_id: str | None
    group: str | None = None


@dataclass(frozen=True, slots=True)
class ListQueue:
    """getQueueMetaData: what is queued, of one group or of all."""

    caller: Caller
    group: str | None = None


@dataclass(frozen=True, slots=True)
class NoteSignIn:
    """A sign-in went wrong, or went right after it had gone wrong."""

    user: str
    succeeded: bool


Command = Submit | Acknowledge | Fetch | ListQueue | NoteSignIn


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """The hub's acknowledgement, given in the calling thread."""

    message: Message
    rule: str


@dataclass(frozen=True, slots=True)
class TransportError:
    """No message could be made out, so there is nothing to acknowledge: a root-level event."""

    release: str
    event: AseEvent
    rule: str


@dataclass(frozen=True, slots=True)
class Delivered:
    """A queued message, handed over."""

    entry: Entry
    rule: str = "queue.fetch"


@dataclass(frozen=True, slots=True)
class Listed:
    """Queue entries in order, and the message they are reported in (its transaction is made by the face)."""

    entries: tuple[Entry, ...]
    participant: str
    group: str | None
    message_id: str
    transaction_id: str
    release: str
    now: datetime


@dataclass(frozen=True, slots=True)
class Noted:
    """Nothing to say."""


Reply = Acknowledged | TransportError | Delivered | Listed | Noted
