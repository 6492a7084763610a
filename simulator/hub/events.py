"""Everything that can happen to a message in the hub, in the past participle. The journal keeps exactly these."""

from __future__ import annotations

from datetime import datetime

from simulator.asexml.model import Message
from simulator.base.turn import Event


class MessageReceived(Event, frozen=True, tag=True):
    """A participant's message was taken over: its receipt is a promise to process it."""

    sender: str
    context_id: str
    message_id: str
    group: str
    release: str
    receipt_id: str
    digest: str
    body: bytes
    transactions: tuple[tuple[str, str], ...] = ()
    """(transaction id, transaction name) in order."""
    priority: str | None = None
    acknowledgement_id: str = ""
    """MessageID of the acknowledgement that answered it: a repeat is answered with the same."""


class MessageLost(MessageReceived, frozen=True, tag=True):
    """A message was answered with an Accept, and a fault lost it: the hub knows nothing of it."""


class AnswerStruck(Event, frozen=True, tag=True):
    """A message was taken over; the answer that tells its sender so was struck by a fault, as ``why`` says."""

    sender: str
    message_id: str
    why: str


class MessageRefused(Event, frozen=True, tag=True):
    """A message was answered with a Reject: nothing else came of it."""

    sender: str
    context_id: str
    message_id: str | None
    code: int
    rule: str
    explanation: str
    line: int | None = None
    digest: str = ""
    """Identifies the content, as `MessageReceived.digest` does; "" where it could not be read."""


class DuplicateReceived(Event, frozen=True, tag=True):
    """A MessageID came again; ``same_content`` False is a finding about the sender."""

    sender: str
    context_id: str
    message_id: str
    same_content: bool


class FindingOverlooked(Event, frozen=True, tag=True):
    """A message was taken over though it has this against it: the workspace is not strict."""

    sender: str
    context_id: str
    message_id: str
    code: int
    rule: str
    explanation: str
    line: int | None = None
    acknowledges: bool = False
    """Whether the message is one of acknowledgements; then, as of `AcknowledgementRefused`, what it named."""
    initiating_message_id: str | None = None
    unknown: str | None = None


class MessageQueued(Event, frozen=True, tag=True):
    """A message for a participant waits in its hub queue, to be seen from ``visible_at`` on."""

    to: str
    context_id: str
    message: Message
    visible_at: datetime


class MessageAppeared(Event, frozen=True, tag=True):
    """A message that was to be seen later can be seen now.

    ``stamp`` (`simulator.hub.order`) is that of what this comes of, where it is not the act under way.
    """

    to: str
    context_id: str
    stamp: tuple[int, str] | None = None


class MessageFetched(Event, frozen=True, tag=True):
    """A queued message was handed over for the first time."""

    to: str
    context_id: str


class MessageAcknowledged(Event, frozen=True, tag=True):
    """A valid MACK removed a message from its queue."""

    by: str
    context_id: str
    message_id: str
    """MessageID of the message that carried the MACK."""
    status: str


class AcknowledgementReceived(Event, frozen=True, tag=True):
    """A message of valid MACKs was taken over; a repeat of it is answered with the same receipt."""

    sender: str
    context_id: str
    message_id: str
    receipt_id: str
    digest: str
    group: str
    release: str
    acknowledgement_id: str


class AcknowledgementRefused(Event, frozen=True, tag=True):
    """A badack: an acknowledgement that fails validation. What it meant stays queued."""

    by: str
    context_id: str
    message_id: str | None
    initiating_message_id: str | None
    code: int
    rule: str
    explanation: str
    unknown: str | None = None
    """The message it acknowledges that does not wait, where that is the fault."""


class StopFileRaised(Event, frozen=True, tag=True):
    """A stop file stands for a participant, or for a participant group. One raised by hand is cleared by hand."""

    unit: str
    kind: str
    alert_type: str = "B2MStopFile"
    count: int = 0
    by_hand: bool = False


class StopFileCleared(Event, frozen=True, tag=True):
    """A stop file no longer stands."""

    unit: str
    kind: str
    alert_type: str = "B2MStopFile"
    count: int = 0


class LimitSet(Event, frozen=True, tag=True):
    """A limit is another from now on: of a participant or a group, or of all (``unit`` empty)."""

    unit: str
    kind: str
    lower: int
    upper: int


class MessageKept(Event, frozen=True, tag=True):
    """AEMO owes a message that a stop file keeps it from producing: it stays unseen until the stop clears.

    ``stamp`` as of `MessageAppeared`.
    """

    to: str
    context_id: str
    stamp: tuple[int, str] | None = None


class ReadDateAnswered(Event, frozen=True, tag=True):
    """A queued message answers a change of a next scheduled read date: flow control counts these by themselves."""

    to: str
    context_id: str


class RequestWaits(Event, frozen=True, tag=True):
    """A transaction of a message that was taken over waits until it is ``due``, or for a stop file to clear."""

    sender: str
    message_id: str
    index: int
    kind: str
    due: datetime | None = None


class RequestTaken(Event, frozen=True, tag=True):
    """The oldest request of a kind that a stop file held waits its turn: ``due`` None is at once."""

    sender: str
    kind: str
    due: datetime | None = None


class RequestProcessed(Event, frozen=True, tag=True):
    """The oldest request of a kind that waited its turn was processed."""

    sender: str
    kind: str


class SignInFailed(Event, frozen=True, tag=True):
    """A wrong password; enough of them in a row lock the user out."""

    user: str


class SignedIn(Event, frozen=True, tag=True):
    """A right password after wrong ones: the count starts again."""

    user: str


class ThrottlingBegan(Event, frozen=True, tag=True):
    """A participant called an API too often: it may call again at ``until``."""

    participant: str
    api: str
    until: datetime


class ThrottlingEnded(Event, frozen=True, tag=True):
    """A participant that called an API too often may call it again."""

    participant: str
    api: str


HUB_EVENTS = (
    MessageReceived,
    MessageLost,
    AnswerStruck,
    MessageRefused,
    DuplicateReceived,
    FindingOverlooked,
    MessageQueued,
    MessageAppeared,
    MessageFetched,
    MessageAcknowledged,
    AcknowledgementReceived,
    AcknowledgementRefused,
    StopFileRaised,
    StopFileCleared,
    LimitSet,
    MessageKept,
    ReadDateAnswered,
    RequestWaits,
    RequestTaken,
    RequestProcessed,
    SignInFailed,
    SignedIn,
    ThrottlingBegan,
    ThrottlingEnded,
)
