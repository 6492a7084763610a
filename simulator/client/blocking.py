"""The client for programs without asyncio: the flows of `session` and `drain` driven by ``http.client``.

Same names and results as the asyncio client, without await. One call at a time; a connection is kept alive between
calls. Nothing of aiohttp is imported.
"""

from __future__ import annotations

import http.client
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from threading import Lock
from types import TracebackType
from typing import Any, TypeVar, Unpack

from simulator.asexml.model import AseEvent, Message
from simulator.client.account import Account, Options, from_environment
from simulator.client.alerts import B2M, Alert, alerts, submit_when_clear, watch
from simulator.client.drain import Drain, DrainOptions
from simulator.client.errors import ClientError, Kind
from simulator.client.inbox import Inbox, MemoryInbox
from simulator.client.netstream import NetstreamAccount, NetstreamSession, Wanted
from simulator.client.netstream_rows import Rows
from simulator.client.session import Session
from simulator.client.tls import client_context, explained
from simulator.client.values import (
    Delivered,
    Done,
    Drained,
    Flow,
    Handle,
    HttpAnswer,
    HttpCall,
    Keep,
    Note,
    Pause,
    QueueEntry,
    Receipt,
    Rejection,
    advance,
)

T = TypeVar("T")
Handler = Callable[[Delivered], Rejection | None]
_CHUNK = 64 * 1024


class HubClient:
    """A participant's client of the e-Hub. ``sleep`` waits that many seconds; ``progress`` is shown every `Note`."""

    def __init__(
        self,
        base_url: str,
        participant: str,
        user: str,
        password: str,
        *,
        sleep: Callable[[float], object] = time.sleep,
        progress: Callable[[Note], object] | None = None,
        **options: Unpack[Options],
    ) -> None:
        self._start(Account(base_url, participant, user, password, **options), sleep, progress)

    def _start(
        self, account: Account, sleep: Callable[[float], object], progress: Callable[[Note], object] | None
    ) -> None:
        self.account = account
        self.session = Session(account)
        self._wire = _Wire(account)
        self._sleep = sleep
        self.progress = progress
        self._inbox: Inbox = MemoryInbox()

    @classmethod
    def of(
        cls,
        account: Account,
        *,
        sleep: Callable[[float], object] = time.sleep,
        progress: Callable[[Note], object] | None = None,
    ) -> HubClient:
        """A client for an account that is put together already."""
        client = cls.__new__(cls)
        client._start(account, sleep, progress)
        return client

    @classmethod
    def from_environment(cls, environ: Mapping[str, str], **options: Unpack[Options]) -> HubClient:
        """A client from the ``EHUBSIM_…`` variables of ``ehubsim run``. Raises `ClientError` naming what is missing."""
        return cls.of(from_environment(environ, **options))

    def close(self) -> None:
        """Close the connection."""
        self._wire.close()

    def __enter__(self) -> HubClient:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def submit(self, message: Message | bytes, context_id: str | None = None) -> Receipt:
        """Submit a message; see `Session.submit`. Raises `ClientError`."""
        return self._drive(self.session.submit(message, context_id))

    def submit_when_clear(
        self, message: Message | bytes, context_id: str | None = None, every: float = 10.0
    ) -> Receipt:
        """Submit once no stop file stands that would hold it, looking every so many seconds. Raises `ClientError`."""
        return self._drive(submit_when_clear(self.session, message, context_id, every))

    def alerts(self, alert_type: str = B2M) -> tuple[Alert, ...]:
        """Stop files and bad acknowledgements that stand against us. Raises `ClientError`."""
        return self._drive(alerts(self.session, alert_type))

    def watch(self, every: float = 10.0, alert_type: str = B2M) -> None:
        """Look for alerts for ever; ``progress`` is told what is raised and cleared. Raises `ClientError`."""
        self._drive(watch(self.session, every, alert_type))

    def queue(self, group: str | None = None) -> tuple[QueueEntry, ...]:
        """What waits in our hub queue. Raises `ClientError`."""
        return self._drive(self.session.queue(group))

    def get(self, context_id: str) -> Delivered:
        """A queued message; it stays queued until acknowledged. Raises `ClientError`."""
        return self._drive(self.session.get(context_id))

    def acknowledge(
        self,
        delivered: Delivered | str,
        message_id: str | None = None,
        status: str = "Accept",
        events: Iterable[AseEvent] = (),
        acknowledgement_id: str | None = None,
    ) -> Receipt:
        """Acknowledge a message; see `Session.acknowledge`. Raises `ClientError`."""
        return self._drive(self.session.acknowledge(delivered, message_id, status, events, acknowledgement_id))

    def drain(
        self,
        handler: Handler,
        *,
        inbox: Inbox | None = None,
        until_empty: bool = True,
        group: str | None = None,
        every: float = 10.0,
        unreadable: str = "reject",
        alerts: float = 60.0,
    ) -> Drained:
        """Take every queued message, hand it to ``handler``, acknowledge it; see `drain`.

        The handler returns None (Accept) or a `Rejection`. What it raises passes through, and the message is handed to
        it again by the next drain on the same ``inbox``. Without one, a memory of this client is used.
        ``progress`` is told of alerts, looked for every so many seconds (0: never).
        """
        run = Drain(self.session, DrainOptions(group, until_empty, every, unreadable, alerts)).run()
        return self._drive(run, handler, inbox if inbox is not None else self._inbox)

    def run(self, flow: Flow[T]) -> T:
        """Drive any other flow of calls over this client's connection."""
        return self._drive(flow)

    def _drive(self, flow: Flow[T], handler: Handler | None = None, inbox: Inbox | None = None) -> T:
        result: Any = None
        error: ClientError | None = None
        try:
            while not isinstance(step := advance(flow, result, error), Done):
                result, error = None, None
                match step:
                    case Handle() if handler is not None:
                        result = handler(step.delivered)
                    case Note() if self.progress is not None:
                        self.progress(step)
                    case Pause():
                        self._sleep(step.seconds)
                    case HttpCall() | Keep():
                        try:
                            result = self._perform(step, inbox)
                        except ClientError as failure:
                            error = failure
            return step.result
        finally:
            flow.close()

    def _perform(self, step: HttpCall | Keep, inbox: Inbox | None) -> object:
        if isinstance(step, HttpCall):
            return self._wire.call(step)
        if inbox is None:
            raise TypeError("this flow needs an inbox")
        return step.operation(inbox)


class NetstreamClient:
    """A client of Netstream: gets and renews its token, asks in chunks, hands over rows."""

    def __init__(self, account: NetstreamAccount) -> None:
        self.session = NetstreamSession(account)
        self._driver = HubClient.of(account.wire)

    def close(self) -> None:
        """Close the connections."""
        self._driver.close()

    def __enter__(self) -> NetstreamClient:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def readings(
        self,
        reading_types: Sequence[str],
        start: datetime,
        end: datetime | None = None,
        *,
        usage_points: Sequence[str] = (),
        groups: Sequence[str] = (),
        meters: Sequence[str] = (),
    ) -> Rows:
        """Readings in ``(start, end]``; an end left out is now. Names (NMIs, serial numbers) or mRIDs.

        Times without an offset are local to each usage point. Raises `ClientError`.
        """
        wanted = Wanted(reading_types, start, end, usage_points, groups, meters)
        return self._driver.run(self.session.readings(wanted))


class _Wire:
    """One connection, kept alive, made again when it is gone. Calls wait for each other."""

    def __init__(self, account: Account) -> None:
        self._account = account
        self._context = client_context(account)
        self._connection: http.client.HTTPConnection | None = None
        self._lock = Lock()

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def call(self, step: HttpCall) -> HttpAnswer:
        """Raises `ClientError` for everything that is no HTTP answer."""
        with self._lock:
            while True:
                kept_alive = self._connection is not None
                try:
                    return self._exchange(step)
                except ClientError:
                    self.close()
                    raise
                except (OSError, http.client.HTTPException, UnicodeError) as error:
                    self.close()
                    failure = explained(error, self._account)
                    if not (kept_alive and failure.kind is Kind.LOST):
                        raise failure from None
                    # The server closed a connection it had kept alive: every call may be repeated, so go again at once.
                except BaseException:
                    self.close()
                    raise

    def _exchange(self, step: HttpCall) -> HttpAnswer:
        deadline = time.monotonic() + self._account.timeout
        if self._connection is None:
            self._connection = self._connect()
        target = step.target(self._account.prefix)
        self._connection.request(step.method, target, body=step.body or None, headers=dict(step.headers))
        response = self._connection.getresponse()
        body = _bounded(response, step.limit, deadline)
        response.close()  # read whole: this ends the answer, not the connection
        if response.will_close:
            self.close()
        return HttpAnswer(response.status, {name.lower(): value for name, value in response.getheaders()}, body)

    def _connect(self) -> http.client.HTTPConnection:
        parts, timeout = self._account.split, self._account.timeout
        host, port = parts.hostname or "", parts.port
        if self._context is None:
            return http.client.HTTPConnection(host, port, timeout=timeout)
        return http.client.HTTPSConnection(host, port, timeout=timeout, context=self._context)


def _bounded(response: http.client.HTTPResponse, limit: int, deadline: float) -> bytes:
    chunks: list[bytes] = []
    size = 0
    while chunk := response.read1(_CHUNK):
        chunks.append(chunk)
        size += len(chunk)
        if size > limit:
            raise ClientError(Kind.TOO_BIG, f"the answer is larger than {limit} bytes")
        if time.monotonic() > deadline:
            raise TimeoutError
    if response.length:
        raise http.client.IncompleteRead(b"", response.length)
    return b"".join(chunks)
