"""What the client hands to its caller, and what a flow asks of its driver. Values only; nothing here does anything.

A flow is a generator: it yields a step, is sent the step's result (or thrown a `ClientError`), and returns its own.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Generic, TypeAlias, TypeVar
from urllib.parse import quote, urlencode

from simulator.asexml.model import AseEvent, Received
from simulator.client.errors import ClientError

if TYPE_CHECKING:
    from simulator.client.inbox import Inbox

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class QueueEntry:
    """One line of a HubQueueReport: a message that waits. Only type, context id and time are always there."""

    context_id: str
    message_type: str
    received: str
    group: str | None = None
    priority: str | None = None
    sender: str | None = None
    message_id: str | None = None
    initiating_message_id: str | None = None


@dataclass(frozen=True, slots=True)
class Receipt:
    """The hub's acknowledgement of something submitted. ``status`` is Accept or Reject."""

    status: str
    receipt_id: str | None = None
    duplicate: bool = False
    events: tuple[AseEvent, ...] = ()
    message_id: str | None = None
    context_id: str | None = None

    @property
    def accepted(self) -> bool:
        """Accepted, now or when it was sent before (``duplicate`` says so)."""
        return self.status == "Accept"


@dataclass(frozen=True, slots=True)
class Delivered:
    """A message taken from the hub queue.

    ``key`` (``sender/MessageID``) stays the same however often the message comes: the handler's idempotency key.
    ``starts`` above 1 means that an earlier run of the handler was interrupted.
    """

    context_id: str
    body: bytes
    received: Received
    key: str
    starts: int = 1

    @property
    def message_id(self) -> str | None:
        """The MessageID, None where it could not be read."""
        return self.received.message_id

    @property
    def sender(self) -> str | None:
        """The From participant, None where it could not be read."""
        return self.received.header.sender if self.received.header else None


@dataclass(frozen=True, slots=True)
class Rejection:
    """What a handler returns to have a message acknowledged with status Reject."""

    code: int
    explanation: str | None = None


@dataclass(slots=True)
class Drained:
    """What a drain did. ``left`` holds context ids still queued, each with the reason."""

    handled: int = 0
    acknowledged: int = 0
    rejected: int = 0
    repeated: int = 0
    gone: int = 0
    left: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class HttpCall:
    """A request to be made. ``path`` is relative to the base URL; at most ``limit`` bytes of answer are wanted."""

    method: str
    path: str
    query: tuple[tuple[str, str], ...] = ()
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    limit: int = 16 * 1024 * 1024

    def target(self, prefix: str) -> str:
        """Path and query as they stand in the request line; ``prefix`` is the base URL's path."""
        query = f"?{urlencode(self.query, quote_via=quote)}" if self.query else ""
        return quote(prefix + self.path, safe="/%") + query


@dataclass(frozen=True, slots=True)
class HttpAnswer:
    """A whole answer. Header names are in lower case."""

    status: int
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class Pause:
    """Wait this many seconds."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Keep:
    """An operation on the durable inbox."""

    operation: Callable[[Inbox], object]


@dataclass(frozen=True, slots=True)
class Handle:
    """Hand a message to the caller's handler; the result is what the handler returned."""

    delivered: Delivered


@dataclass(frozen=True, slots=True)
class Note:
    """Progress to show: ``what`` is one word, ``text`` a line for people."""

    what: str
    text: str
    context_id: str = ""
    delivered: Delivered | None = None


Step: TypeAlias = HttpCall | Pause | Keep | Handle | Note
Flow: TypeAlias = Generator[Step, Any, T]


@dataclass(frozen=True, slots=True)
class Done(Generic[T]):
    """A flow has ended with this result."""

    result: T


def advance(flow: Flow[T], result: object, error: ClientError | None) -> Step | Done[T]:
    """The next step of a flow, after the result (or the failure) of the last one."""
    try:
        return flow.send(result) if error is None else flow.throw(error)
    except StopIteration as end:
        return Done(end.value)


def keep(operation: Callable[[Inbox], T]) -> Flow[T]:
    """Have the driver run an inbox operation, and give its result its type back."""
    result: T = yield Keep(operation)
    return result
