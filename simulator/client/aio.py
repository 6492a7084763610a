"""The client for asyncio: the flows of `session` and `drain` driven by aiohttp, which only this module uses."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from datetime import datetime
from types import TracebackType
from typing import Any, TypeVar, Unpack

import aiohttp
from yarl import URL

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
Handler = Callable[[Delivered], Rejection | Awaitable[Rejection | None] | None]


class HubClient:
    """A participant's client of the e-Hub, to be used as ``async with HubClient(…) as client``.

    ``sleep`` waits that many seconds; ``progress`` is shown every `Note`.
    """

    def __init__(
        self,
        base_url: str,
        participant: str,
        user: str,
        password: str,
        *,
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
        progress: Callable[[Note], object] | None = None,
        **options: Unpack[Options],
    ) -> None:
        self._start(Account(base_url, participant, user, password, **options), sleep, progress)

    def _start(
        self, account: Account, sleep: Callable[[float], Awaitable[object]], progress: Callable[[Note], object] | None
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
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
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

    async def close(self) -> None:
        """Close every connection."""
        await self._wire.close()

    async def __aenter__(self) -> HubClient:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def submit(self, message: Message | bytes, context_id: str | None = None) -> Receipt:
        """Submit a message; see `Session.submit`. Raises `ClientError`."""
        return await self._drive(self.session.submit(message, context_id))

    async def submit_when_clear(
        self, message: Message | bytes, context_id: str | None = None, every: float = 10.0
    ) -> Receipt:
        """Submit once no stop file stands that would hold it, looking every so many seconds. Raises `ClientError`."""
        return await self._drive(submit_when_clear(self.session, message, context_id, every))

    async def alerts(self, alert_type: str = B2M) -> tuple[Alert, ...]:
        """Stop files and bad acknowledgements that stand against us. Raises `ClientError`."""
        return await self._drive(alerts(self.session, alert_type))

    async def watch(self, every: float = 10.0, alert_type: str = B2M) -> None:
        """Look for alerts for ever; ``progress`` is told what is raised and cleared. Raises `ClientError`."""
        await self._drive(watch(self.session, every, alert_type))

    async def queue(self, group: str | None = None) -> tuple[QueueEntry, ...]:
        """What waits in our hub queue. Raises `ClientError`."""
        return await self._drive(self.session.queue(group))

    async def get(self, context_id: str) -> Delivered:
        """A queued message; it stays queued until acknowledged. Raises `ClientError`."""
        return await self._drive(self.session.get(context_id))

    async def acknowledge(
        self,
        delivered: Delivered | str,
        message_id: str | None = None,
        status: str = "Accept",
        events: Iterable[AseEvent] = (),
        acknowledgement_id: str | None = None,
    ) -> Receipt:
        """Acknowledge a message; see `Session.acknowledge`. Raises `ClientError`."""
        return await self._drive(self.session.acknowledge(delivered, message_id, status, events, acknowledgement_id))

    async def drain(
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

        The handler (a function or a coroutine function) returns None (Accept) or a `Rejection`. What it raises passes
        through, and the message is handed to it again by the next drain on the same ``inbox``. Without one, a memory
        of this client is used. ``progress`` is told of alerts, looked for every so many seconds (0: never).
        """
        run = Drain(self.session, DrainOptions(group, until_empty, every, unreadable, alerts)).run()
        return await self._drive(run, handler, inbox if inbox is not None else self._inbox)

    async def run(self, flow: Flow[T]) -> T:
        """Drive any other flow of calls over this client's connection."""
        return await self._drive(flow)

    async def _drive(self, flow: Flow[T], handler: Handler | None = None, inbox: Inbox | None = None) -> T:
        result: Any = None
        error: ClientError | None = None
        try:
            while not isinstance(step := advance(flow, result, error), Done):
                result, error = None, None
                match step:
                    case Handle() if handler is not None:
                        result = handler(step.delivered)
                        if inspect.isawaitable(result):
                            result = await result
                    case Note() if self.progress is not None:
                        self.progress(step)
                    case Pause():
                        await self._sleep(step.seconds)
                    case HttpCall() | Keep():
                        try:
                            result = await self._perform(step, inbox)
                        except ClientError as failure:
                            error = failure
            return step.result
        finally:
            flow.close()

    async def _perform(self, step: HttpCall | Keep, inbox: Inbox | None) -> object:
        if isinstance(step, HttpCall):
            return await self._wire.call(step)
        if inbox is None:
            raise TypeError("this flow needs an inbox")
        if isinstance(inbox, MemoryInbox):
            return step.operation(inbox)
        return await asyncio.to_thread(step.operation, inbox)  # it waits for the disk


class NetstreamClient:
    """A client of Netstream: gets and renews its token, asks in chunks, hands over rows."""

    def __init__(self, account: NetstreamAccount) -> None:
        self.session = NetstreamSession(account)
        self._driver = HubClient.of(account.wire)

    async def close(self) -> None:
        """Close the connections."""
        await self._driver.close()

    async def __aenter__(self) -> NetstreamClient:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def readings(
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
        return await self._driver.run(self.session.readings(wanted))


class _Wire:
    """One aiohttp session, made on the first call."""

    def __init__(self, account: Account) -> None:
        self._account = account
        self._context = client_context(account)
        self._session: aiohttp.ClientSession | None = None

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()
            self._session = None

    def _open(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(ssl=self._context or True, limit=16),
                timeout=aiohttp.ClientTimeout(total=self._account.timeout),
                auto_decompress=False,
                cookie_jar=aiohttp.DummyCookieJar(),
            )
        return self._session

    async def call(self, step: HttpCall) -> HttpAnswer:
        """Raises `ClientError` for everything that is no HTTP answer."""
        parts = self._account.split
        url = URL(f"{parts.scheme}://{parts.netloc}{step.target(self._account.prefix)}", encoded=True)
        try:
            async with self._open().request(
                step.method,
                url,
                headers=step.headers,
                data=step.body or None,
                allow_redirects=False,
            ) as response:
                body = await _bounded(response, step.limit)
                return HttpAnswer(response.status, {k.lower(): v for k, v in response.headers.items()}, body)
        except (aiohttp.ClientError, OSError, UnicodeError) as error:
            raise explained(error, self._account) from None


async def _bounded(response: aiohttp.ClientResponse, limit: int) -> bytes:
    body = bytearray()
    async for chunk in response.content.iter_any():
        body += chunk
        if len(body) > limit:
            raise ClientError(Kind.TOO_BIG, f"the answer is larger than {limit} bytes")
    return bytes(body)
