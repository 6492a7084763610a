"""What may be asked of the hub, and what it answers: two small closed sets."""

from __future__ import annotations

from datetime import datetime

import msgspec

from simulator.asexml.model import AseEvent, Message, Received
from simulator.hub.events import AcknowledgementRefused
from simulator.hub.gate import Caller
from simulator.hub.queue import Entry


class Submit(msgspec.Struct, frozen=True, gc=False):
    """submitMessages: transactions, or transaction acknowledgements. ``market`` is the X-market header."""

    caller: Caller
    context_id: str
    market: str | None
    received: Received
    body: bytes


class Acknowledge(msgspec.Struct, frozen=True, gc=False):
    """submitMessageAcknowledgements: ``context_id`` names the message that is acknowledged."""

    caller: Caller
    context_id: str
    market: str | None
    received: Received
    body: bytes


class Fetch(msgspec.Struct, frozen=True, gc=False):
    """getMessages: one message, by context id; None is the oldest, where the switch allows it."""

    caller: Caller
    context_id: str | None
    group: str | None = None


class ListQueue(msgspec.Struct, frozen=True, gc=False):
    """getQueueMetaData: what is queued, of one group or of all."""

    caller: Caller
    group: str | None = None


class ListAlerts(msgspec.Struct, frozen=True, gc=False):
    """getAlerts: which stop files stand. ``query_participant`` narrows B2B's; B2M's are the caller's own."""

    caller: Caller
    alert_type: str
    query_participant: str | None = None
    transaction_id: str | None = None
    """The X-transactionID header."""


class Ping(msgspec.Struct, frozen=True, gc=False):
    """Whether the hub answers at all."""

    caller: Caller


class NoteSignIn(msgspec.Struct, frozen=True, gc=False):
    """A sign-in went wrong, or went right after it had gone wrong."""

    user: str
    succeeded: bool


Command = Submit | Acknowledge | Fetch | ListQueue | ListAlerts | Ping | NoteSignIn


class Acknowledged(msgspec.Struct, frozen=True, gc=False):
    """The hub's acknowledgement, given in the calling thread. ``why`` is what it overlooked, or refused it for.

    ``rules`` tells which rules of the scenario answer what it acknowledges, ``nearest`` explains why none does.
    """

    message: Message
    rule: str
    why: str = ""
    nearest: object = ""
    rules: tuple[str, ...] = ()


class TransportError(msgspec.Struct, frozen=True, gc=False):
    """No message could be made out, so there is nothing to acknowledge: a root-level event."""

    release: str
    event: AseEvent
    rule: str


class Delivered(msgspec.Struct, frozen=True, gc=False):
    """A queued message, handed over."""

    entry: Entry
    rule: str = "queue.fetch"


class Listed(msgspec.Struct, frozen=True, gc=False):
    """Queue entries in order, and the message they are reported in (its transaction is made by the face)."""

    entries: tuple[Entry, ...]
    participant: str
    group: str | None
    message_id: str
    transaction_id: str
    release: str
    now: datetime


class Alert(msgspec.Struct, frozen=True, gc=False):
    """One entry of getAlerts: a stop file, or a badack."""

    alert_type: str
    participant: str
    cause: str
    since: datetime
    stop_file_name: str | None = None


class Alerts(msgspec.Struct, frozen=True, gc=False):
    """What stands, and the message it is reported in. ``badacks`` are shown as PayloadExceptionAlerts."""

    asked: ListAlerts
    alerts: tuple[Alert, ...]
    badacks: tuple[AcknowledgementRefused, ...]
    message_id: str
    transaction_id: str
    release: str
    now: datetime


class Noted(msgspec.Struct, frozen=True, gc=False):
    """Nothing to say."""


Reply = Acknowledged | TransportError | Delivered | Listed | Alerts | Noted
