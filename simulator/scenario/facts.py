"""What rules judge, as values: a transaction of a message, a message of AEMO's, the head of a request, a question.

The shell and the simulation make them; rules only read them.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Protocol

import msgspec
from lxml import etree

from simulator.asexml import hardening
from simulator.asexml.encode import write
from simulator.asexml.model import Message, Received, ReceivedTransaction, View
from simulator.hub.checks import OPERATOR


class MessageFacts(msgspec.Struct, frozen=True):
    """One transaction of a message that a participant sent."""

    sender: str
    transaction: ReceivedTransaction
    receiver: str = OPERATOR
    message_id: str = ""
    group: str = ""
    release: str = ""
    priority: str | None = None
    place: int = 1
    """Which transaction of its message it is."""

    @property
    def party(self) -> str:
        """Who it is about, AEMO aside."""
        return self.sender

    @property
    def transactions(self) -> tuple[str, ...]:
        """Its name."""
        return (self.transaction.name,)

    @property
    def views(self) -> tuple[View, ...]:
        """Its payload."""
        return (self.transaction.view,)

    @property
    def identity(self) -> tuple[str, ...]:
        """What makes it one of a kind."""
        return self.sender, self.message_id, self.transaction.transaction_id

    @property
    def conversation(self) -> str:
        """The request it belongs to: the one it names, the transaction it answers, else itself."""
        named = self.transaction.view.text("InitiatingRequestID") or self.transaction.view.text("RequestID")
        return named or self.transaction.initiating_transaction_id or self.transaction.transaction_id


def sent(received: Received) -> tuple[MessageFacts, ...]:
    """The transactions of a message that was read; none where it has no header."""
    head = received.header
    if head is None:
        return ()
    told = (head.message_id, head.transaction_group, received.release or "", head.priority)
    numbered = enumerate(received.transactions, 1)
    return tuple(MessageFacts(head.sender, each, head.receiver, *told, place) for place, each in numbered)


class OutgoingFacts:
    """A message that is about to be queued for a participant. Its payloads are written when a rule asks for them."""

    __slots__ = ("_views", "message", "to")

    def __init__(self, to: str, message: Message) -> None:
        self.to = to
        self.message = message
        self._views: tuple[View, ...] | None = None

    @property
    def party(self) -> str:
        """Who it is about, AEMO aside."""
        return self.to

    @property
    def sender(self) -> str:
        """Whom it is from."""
        return self.message.header.sender

    @property
    def receiver(self) -> str:
        """Whom it is for."""
        return self.to

    @property
    def group(self) -> str:
        """Its transaction group."""
        return self.message.header.transaction_group

    @property
    def priority(self) -> str | None:
        """Its priority."""
        return self.message.header.priority

    @property
    def release(self) -> str:
        """Its aseXML release."""
        return self.message.release

    @property
    def transactions(self) -> tuple[str, ...]:
        """The names of its transactions; none where it carries acknowledgements."""
        return tuple(dict.fromkeys(view.name for view in self.views))

    @property
    def views(self) -> tuple[View, ...]:
        """Its payloads."""
        if self._views is None:
            root = etree.fromstring(write(self.message), hardening.parser())
            self._views = tuple(View(node[0]) for node in root.iterfind("Transactions/Transaction"))
        return self._views

    @property
    def identity(self) -> tuple[str, ...]:
        """What makes it one of a kind."""
        return self.to, self.message.header.message_id

    @property
    def conversation(self) -> str:
        """The transaction that its first one answers, else its own."""
        for each in self.message.transactions:
            return each.initiating_transaction_id or each.transaction_id
        tacks = self.message.transaction_acknowledgements
        return tacks[0].initiating_transaction_id if tacks else self.message.header.message_id


class Question(msgspec.Struct, frozen=True):
    """What a GetMeterReadings asks for: mRIDs and names as written, the first and the last day of its periods."""

    client: str = ""
    usage_points: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    reading_types: tuple[str, ...] = ()
    first: date | None = None
    last: date | None = None


class RequestFacts(msgspec.Struct, frozen=True):
    """The head of an HTTP request that has passed the gate. ``header`` names are compared without case.

    ``participant`` is who it says it is from, ``certificate`` whom TLS knows, ``client`` whose it is that is no
    participant's; ``question`` is there for Netstream's GetMeterReadings once its body is read.
    """

    api: str
    operation: str
    participant: str = ""
    certificate: str | None = None
    group: str | None = None
    context_id: str | None = None
    header: Mapping[str, str] = msgspec.field(default_factory=dict)
    question: Question | None = None
    client: str = ""

    @property
    def party(self) -> str:
        """Who it is about."""
        return self.participant or self.client or (self.question.client if self.question is not None else "")

    @property
    def identity(self) -> tuple[str, ...]:
        """What makes it one of a kind: nothing but who asks; the count of what they asked comes to it."""
        return (self.party,)

    @property
    def conversation(self) -> str:
        """The message it is about."""
        return self.context_id or ""


Facts = MessageFacts | OutgoingFacts | RequestFacts


class Surroundings(Protocol):
    """What rules may ask of the rest of the house."""

    def depth(self, participant: str) -> int:
        """How many messages a participant's queue shows."""
        ...

    def roles(self, participant: str) -> tuple[str, ...]:
        """The roles a participant is declared with."""
        ...
