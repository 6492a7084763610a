"""The four operations of B2MMessagingPull as flows: generators that do no I/O and are driven by `aio` or `blocking`.

    submit       ── POST submitMessages ──────────────► Receipt
    queue        ── GET getQueueMetaData ─────────────► QueueEntry…
    get          ── GET getMessages?messageContextID= ─► Delivered
    acknowledge  ── POST submitMessageAcknowledgements ► Receipt

The only place that knows the client's side of these operations (aemo-b2m §1.2). Draining the queue is `drain`.
"""

from __future__ import annotations

from collections.abc import Iterable

from msgspec.structs import replace

from simulator.asexml import decode, encode
from simulator.asexml.model import AseEvent, Message, Received, View
from simulator.asexml.schemas import Schemas
from simulator.client.account import PULL, Account
from simulator.client.errors import ClientError, Kind
from simulator.client.inbox import Arrival, Entry, Outcome, State
from simulator.client.post import AEMO, context_id_for, message_acknowledgement
from simulator.client.retry import persistently
from simulator.client.values import Delivered, Flow, HttpAnswer, HttpCall, QueueEntry, Receipt

LISTING_LIMIT = 128 * 1024 * 1024
"""Bytes of a queue listing that are read: some 250,000 entries."""


class Session:
    """The flows of one account."""

    def __init__(self, account: Account) -> None:
        self.account = account
        self._chance = account.chance.of("back-off", account.participant)
        self._schemas = Schemas()

    def read(self, body: bytes) -> Received:
        """Bytes from the hub as values, as far as they can be read."""
        return decode.read(body, self._schemas)

    def call(self, call: HttpCall) -> Flow[HttpAnswer]:
        """One call, repeated where that helps. Raises `ClientError`."""
        answer = yield from persistently(call, self.account.retry, self._chance, self.account.now)
        if answer.headers.get("content-encoding", "identity") != "identity":
            raise ClientError(Kind.ANSWER, "the hub compressed its answer although asked not to")
        return answer

    def submit(self, message: Message | bytes, context_id: str | None = None) -> Flow[Receipt]:
        """Submit a message (values or bytes). Without ``context_id`` one is made that stays the same for its MessageID.

        Repeated after a lost answer with the same ids; a receipt with ``duplicate`` then counts as success.
        """
        body = message if isinstance(message, bytes) else encode.write(message)
        header = self.read(body).header if isinstance(message, bytes) else message.header
        if context_id is None:
            if header is None:
                raise ClientError(Kind.USAGE, "the message has no readable header; give a messageContextID")
            context_id = context_id_for(header)
        return (yield from self._post("submitMessages", context_id, body, header.message_id if header else None))

    def post_acknowledgement(self, context_id: str, body: bytes) -> Flow[Receipt]:
        """Submit a MACK that is made already, under the context id of the message it acknowledges."""
        return (yield from self._post("submitMessageAcknowledgements", context_id, body, self.read(body).message_id))

    def _post(self, operation: str, context_id: str, body: bytes, message_id: str | None) -> Flow[Receipt]:
        headers = self.account.headers(_printable(context_id), body=True)
        answer = yield from self.call(HttpCall("POST", PULL + operation, headers=headers, body=body))
        return _receipt(self.read(answer.body), message_id, context_id)

    def queue(self, group: str | None = None) -> Flow[tuple[QueueEntry, ...]]:
        """What waits in our hub queue, in the hub's order."""
        query = () if group is None else (("transactionGroup", _printable(group)),)
        call = HttpCall("GET", PULL + "getQueueMetaData", query, self.account.headers(), limit=LISTING_LIMIT)
        answer = yield from self.call(call)
        report = _report(self.read(answer.body))
        if report is None:
            raise ClientError(Kind.ANSWER, "getQueueMetaData did not answer with a HubQueueReport")
        return tuple(_queue_entries(report.all("MessageDetails/MessageMetaData")))

    def fetch(self, context_id: str) -> Flow[tuple[bytes, Received]]:
        """The bytes of a queued message and what they say. Raises `ClientError` (not-found) when it is not there."""
        query = (("messageContextID", _printable(context_id)),)
        try:
            answer = yield from self.call(HttpCall("GET", PULL + "getMessages", query, self.account.headers()))
        except ClientError as error:
            if error.status == 404:
                text = f"getMessages: {context_id} is not in the queue"
                raise ClientError(Kind.NOT_FOUND, text, status=404) from None
            raise
        received = self.read(answer.body)
        if _report(received) is not None:
            raise ClientError(Kind.NOT_FOUND, f"getMessages: {context_id} is not in the queue")
        return answer.body, received

    def get(self, context_id: str) -> Flow[Delivered]:
        """A queued message; it stays queued until it is acknowledged."""
        body, received = yield from self.fetch(context_id)
        sender = received.header.sender if received.header else AEMO
        return Delivered(context_id, body, received, f"{sender}/{received.message_id or context_id}")

    def acknowledge(
        self,
        delivered: Delivered | str,
        message_id: str | None = None,
        status: str = "Accept",
        events: Iterable[AseEvent] = (),
        acknowledgement_id: str | None = None,
    ) -> Flow[Receipt]:
        """Acknowledge a message, given as it was delivered or as context id and MessageID.

        The same acknowledgement made again has the same MessageID, unless ``acknowledgement_id`` gives one.
        """
        if status not in ("Accept", "Reject"):
            raise ClientError(Kind.USAGE, f"a MACK says Accept or Reject, not {status!r}")
        arrival = self.arrival(delivered, message_id)
        outcome = Outcome(
            status, tuple(events) or ((AseEvent(0, "Information", "Message"),) if status == "Accept" else ())
        )
        mack = message_acknowledgement(self.account, Entry(0, arrival, "", State.HANDLED), outcome)
        if acknowledgement_id is not None:
            mack = _with_id(mack, acknowledgement_id)
        return (yield from self.post_acknowledgement(arrival.context_id, encode.write(mack)))

    def arrival(self, delivered: Delivered | str, message_id: str | None = None) -> Arrival:
        """What a MACK needs to know of a message. Raises `ClientError` (usage) when it has no MessageID to name."""
        if isinstance(delivered, str):
            if message_id is None:
                raise ClientError(Kind.USAGE, "a MACK needs the MessageID of the message it acknowledges")
            return Arrival(delivered, AEMO, message_id, "", _group_of(delivered), b"")
        received = delivered.received
        found = message_id or received.message_id
        if found is None:
            raise ClientError(Kind.USAGE, f"{delivered.context_id} has no readable MessageID; a MACK cannot name it")
        header = received.header
        sender = header.sender if header else AEMO
        group = header.transaction_group if header else _group_of(delivered.context_id)
        release, priority = received.release, header.priority if header else None
        return Arrival(
            delivered.context_id,
            sender,
            found,
            received.digest,
            group,
            delivered.body,
            release,
            priority,
            _is_due(received),
        )


def _is_due(received: Received) -> bool:
    """Messages that carry message acknowledgements are not themselves acknowledged (asexml §0, 6)."""
    return not received.message_acknowledgements


def _with_id(message: Message, message_id: str) -> Message:
    return replace(message, header=replace(message.header, message_id=message_id))


def _printable(text: str) -> str:
    """Text that may stand in a header or a query; nothing else is asked of it: the hub is to judge."""
    if not (text.isascii() and text.isprintable()):
        raise ClientError(Kind.USAGE, f"{text[:60]!r} holds characters that no header may hold")
    return text


def _group_of(context_id: str) -> str:
    group = context_id.split("_", 1)[0][:-1].upper()
    return group or "MSGS"


def _report(received: Received) -> View | None:
    return next((t.view for t in received.transactions if t.name == "HubQueueReport"), None)


def _queue_entries(lines: Iterable[View]) -> Iterable[QueueEntry]:
    for line in lines:
        context_id = line.text("MessageContextID")
        if not context_id:
            raise ClientError(Kind.ANSWER, "getQueueMetaData listed a message without a MessageContextID")
        yield QueueEntry(
            context_id,
            line.text("MessageType") or "",
            line.text("ReceivedDateTime") or "",
            line.text("TransactionGroup"),
            line.text("Priority"),
            line.text("FromParticipantID"),
            line.text("MessageID"),
            line.text("InitiatingMessageID"),
        )


def _receipt(received: Received, message_id: str | None, context_id: str) -> Receipt:
    if received.is_event:
        return Receipt("Reject", None, False, received.events, message_id, context_id)
    acknowledgements = received.message_acknowledgements
    ours = next((a for a in acknowledgements if a.initiating_message_id == message_id), None)
    found = ours or next(iter(acknowledgements), None)
    if found is None:
        why = f": {received.findings[0].explanation}" if received.findings else ""
        raise ClientError(Kind.ANSWER, f"the hub answered without an acknowledgement{why}")
    return Receipt(found.status, found.receipt_id, found.duplicate, found.events, message_id, context_id)
