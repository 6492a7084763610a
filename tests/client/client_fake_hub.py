"""A naive hub in plain Python that shares no code with the server, and a driver for flows that can crash."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from itertools import count
from typing import Any
from xml.sax.saxutils import quoteattr

from simulator.base.draw import Draw
from simulator.client.account import PULL, Account
from simulator.client.alerts import ALERTS
from simulator.client.errors import ClientError, Kind
from simulator.client.inbox import Inbox
from simulator.client.retry import Retry
from simulator.client.values import (
    Delivered,
    Done,
    Flow,
    Handle,
    HttpAnswer,
    HttpCall,
    Keep,
    Note,
    Pause,
    Rejection,
    Step,
    advance,
)

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=timezone(timedelta(hours=10)))
STAMP = "2026-03-02T09:00:00+10:00"


def account(**options: Any) -> Account:
    values = {"now": lambda: NOW, "draw": Draw(1), "retry": Retry(attempts=4), **options}
    return Account("https://hub.example:9319/w/one", "RETAILA", "RETAILAB", "secret", **values)


def ticking() -> Callable[[], datetime]:
    """A clock that never says the same twice."""
    seconds = count()
    return lambda: NOW + timedelta(seconds=next(seconds))


def envelope(
    message_id: str, content: str, *, group: str = "CATS", priority: str = "Medium", to: str = "RETAILA"
) -> bytes:
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<ase:aseXML xmlns:ase="urn:aseXML:r46" '
        'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:schemaLocation='
        '"urn:aseXML:r46 http://www.nemmco.com.au/aseXML/schemas/r46/aseXML_r46.xsd"><Header>'
        f"<From>NEMMCO</From><To>{to}</To><MessageID>{message_id}</MessageID><MessageDate>{STAMP}</MessageDate>"
        f"<TransactionGroup>{group}</TransactionGroup><Priority>{priority}</Priority><Market>NEM</Market></Header>"
        f"{content}</ase:aseXML>"
    ).encode()


def change_response(number: int | str, *, message_id: str | None = None, request: str = "1000000001") -> bytes:
    """A queued message as AEMO would send it."""
    content = (
        f'<Transactions><Transaction transactionID="CATS-{number}" transactionDate="{STAMP}" '
        f'initiatingTransactionID="T{number}"><CATSChangeResponse version="r29"><RequestID>{request}</RequestID>'
        '<Event severity="Information"><Code>0</Code></Event></CATSChangeResponse></Transaction></Transactions>'
    )
    return envelope(message_id or f"NEMMCO-MSG-{number}", content)


def acknowledgement(message_id: str, *, status: str = "Accept", duplicate: bool = False, why: str = "") -> bytes:
    receipt = f' receiptID="NEMMCO-MSGR-{abs(hash(message_id)) % 10**9}"' if status == "Accept" else ""
    repeat = ' duplicate="Yes"' if duplicate else ""
    event = (
        f'<Event class="Message" severity="Error"><Code>7</Code><Explanation>{why}</Explanation></Event>' if why else ""
    )
    content = (
        f"<Acknowledgements><MessageAcknowledgement initiatingMessageID={quoteattr(message_id)}{receipt} "
        f'receiptDate="{STAMP}" status="{status}"{repeat}>{event}</MessageAcknowledgement></Acknowledgements>'
    )
    return envelope(f"ACK-{abs(hash((message_id, status))) % 10**9}", content)


@dataclass
class Queued:
    message_id: str | None
    body: bytes
    group: str = "CATS"
    kind: str = "Transaction Message"


@dataclass
class FakeHub:
    """What a participant may rely on, and no more: repeatable gets, removal by MACK, repeats answered alike.

    ``forgetful`` answers a repeated MACK for a removed message with a Reject instead. ``alerts`` are (type, cause) of
    what stands; None: the hub has no getAlerts.
    """

    queue: dict[str, Queued] = field(default_factory=dict)
    forgetful: bool = False
    refuse_macks: bool = False
    alerts: list[tuple[str, str]] | None = field(default_factory=list)
    keep_after_mack: bool = False
    calls: list[HttpCall] = field(default_factory=list)
    macks: list[tuple[str, str, str, bytes]] = field(default_factory=list)
    submitted: dict[str, bytes] = field(default_factory=dict)
    scripted: list[HttpAnswer | ClientError] = field(default_factory=list)
    accepted_macks: dict[str, bytes] = field(default_factory=dict)

    def put(self, number: int, **content: Any) -> str:
        context_id = f"catsm_nemmco_{number}"
        self.queue[context_id] = Queued(f"NEMMCO-MSG-{number}", change_response(number, **content))
        return context_id

    def answer(self, call: HttpCall) -> HttpAnswer:
        self.calls.append(call)
        if self.scripted:
            scripted = self.scripted.pop(0)
            if isinstance(scripted, ClientError):
                raise scripted
            return scripted
        operation = {
            ("POST", PULL + "submitMessages"): self._submit,
            ("POST", PULL + "submitMessageAcknowledgements"): self._acknowledge,
            ("GET", PULL + "getMessages"): self._get,
            ("GET", PULL + "getQueueMetaData"): self._list,
            ("GET", ALERTS): self._alerts,
        }.get((call.method, call.path))
        return HttpAnswer(404) if operation is None else operation(call)

    def _submit(self, call: HttpCall) -> HttpAnswer:
        message_id = ET.fromstring(call.body).findtext("Header/MessageID") or ""
        repeat = message_id in self.submitted
        self.submitted.setdefault(message_id, call.body)
        return HttpAnswer(200, {}, acknowledgement(message_id, duplicate=repeat))

    def _get(self, call: HttpCall) -> HttpAnswer:
        queued = self.queue.get(dict(call.query)["messageContextID"])
        return HttpAnswer(404) if queued is None else HttpAnswer(200, {"content-type": "application/xml"}, queued.body)

    def _list(self, call: HttpCall) -> HttpAnswer:
        group = dict(call.query).get("transactionGroup")
        shown = {c: q for c, q in self.queue.items() if group in (None, q.group)}
        lines = "".join(self._line(context_id, queued) for context_id, queued in shown.items())
        content = (
            f'<Transactions><Transaction transactionID="HMGT-1" transactionDate="{STAMP}">'
            f'<HubQueueReport version="r37">'
            f"<ResultCount>{len(shown)}</ResultCount><MessageDetails>{lines}</MessageDetails></HubQueueReport>"
            "</Transaction></Transactions>"
        )
        return HttpAnswer(200, {}, envelope("LISTING", content, group="HMGT"))

    def _alerts(self, call: HttpCall) -> HttpAnswer:
        if self.alerts is None:
            return HttpAnswer(404)
        standing = "".join(
            f"<FlowControlAlert><AlertType>{kind}</AlertType><ParticipantID>RETAILA</ParticipantID>"
            f"<Cause>{cause}</Cause><StopDateTime>{STAMP}</StopDateTime></FlowControlAlert>"
            for kind, cause in self.alerts
        )
        content = (
            f'<Transactions><Transaction transactionID="HMGT-2" transactionDate="{STAMP}">'
            f'<HubFlowControlReport version="r37"><ResultCount>{len(self.alerts)}</ResultCount>'
            f"<FlowControlStandingData>{standing}</FlowControlStandingData></HubFlowControlReport>"
            "</Transaction></Transactions>"
        )
        return HttpAnswer(200, {}, envelope("ALERTS", content, group="HMGT"))

    @staticmethod
    def _line(context_id: str, queued: Queued) -> str:
        message_id = f"<MessageID>{queued.message_id}</MessageID>" if queued.message_id else ""
        return (
            f"<MessageMetaData><TransactionGroup>{queued.group}</TransactionGroup><Priority>Medium</Priority>"
            f"<FromParticipantID>NEMMCO</FromParticipantID>{message_id}<MessageType>{queued.kind}</MessageType>"
            f"<MessageContextID>{context_id}</MessageContextID><ReceivedDateTime>{STAMP}</ReceivedDateTime>"
            "</MessageMetaData>"
        )

    def _acknowledge(self, call: HttpCall) -> HttpAnswer:
        tree = ET.fromstring(call.body)
        mack = tree.find("Acknowledgements/MessageAcknowledgement")
        assert mack is not None
        own, named = tree.findtext("Header/MessageID") or "", mack.get("initiatingMessageID") or ""
        context_id = dict(call.headers)["messageContextID"]
        self.macks.append((context_id, own, mack.get("status") or "", call.body))
        if own in self.accepted_macks and not self.forgetful:
            assert self.accepted_macks[own] == call.body, "the same MessageID with other content"
            return HttpAnswer(200, {}, acknowledgement(own))
        queued = self.queue.get(context_id)
        if self.refuse_macks or queued is None or queued.message_id != named:
            return HttpAnswer(200, {}, acknowledgement(own, status="Reject", why=f"nothing waits for {named}"))
        self.accepted_macks[own] = call.body
        if not self.keep_after_mack:
            del self.queue[context_id]
        return HttpAnswer(200, {}, acknowledgement(own))


class Crash(BaseException):
    """The process ended here."""


class Recorder:
    """A handler that counts."""

    def __init__(self, result: Rejection | None = None) -> None:
        self.keys: list[str] = []
        self.delivered: list[Delivered] = []
        self.result = result

    def __call__(self, delivered: Delivered) -> Rejection | None:
        self.keys.append(delivered.key)
        self.delivered.append(delivered)
        return self.result


Around = Callable[[Step, Callable[[], Any]], Any]


@dataclass
class Script:
    """Drives a flow against a hub. ``crash_at`` (step number, "before" or "after") ends it there, like a kill would."""

    hub: FakeHub
    inbox: Inbox | None = None
    handler: Callable[[Delivered], Any] | None = None
    crash_at: tuple[int, str] | None = None
    around: Around | None = None
    steps: int = 0
    notes: list[Note] = field(default_factory=list)
    pauses: list[float] = field(default_factory=list)
    last: Step | None = None

    def drive(self, flow: Flow[Any]) -> Any:
        result: Any = None
        error: ClientError | None = None
        try:
            while not isinstance(step := advance(flow, result, error), Done):
                result, error = None, None
                self.steps += 1
                self.last = step
                self._crash("before")
                try:
                    result = self.around(step, lambda s=step: self._perform(s)) if self.around else self._perform(step)
                except ClientError as failure:
                    error = failure
                self._crash("after")
            return step.result
        finally:
            flow.close()

    def _crash(self, where: str) -> None:
        if self.crash_at == (self.steps, where):
            raise Crash

    def _perform(self, step: Step) -> Any:
        match step:
            case HttpCall():
                return self.hub.answer(step)
            case Handle():
                assert self.handler is not None
                return self.handler(step.delivered)
            case Keep():
                assert self.inbox is not None
                return step.operation(self.inbox)
            case Pause():
                self.pauses.append(step.seconds)
            case Note():
                self.notes.append(step)
        return None


def lost() -> ClientError:
    return ClientError(Kind.LOST, "the answer was lost")
