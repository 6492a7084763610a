"""What the e-Hub's APIs share: mandatory headers, content types, acknowledgements and queue reports as answers."""

from __future__ import annotations

from collections.abc import Iterable

from simulator.apis.face import Call
from simulator.asexml.content import ENVELOPE_SIMPLE
from simulator.asexml.encode import element_xml, moment, write, write_event
from simulator.asexml.model import Element, Message, Transaction, element, optional, spliced
from simulator.base.errors import Refused
from simulator.base.http import HttpReply, HttpRequest
from simulator.hub import post
from simulator.hub.checks import MARKET
from simulator.hub.commands import Acknowledged, Delivered, Listed, Reply, TransportError
from simulator.hub.queue import Entry
from simulator.hub.strictness import overlooks
from simulator.hub.switches import Switches

API_KEYS = ("x-apikey", "Ocp-Apim-Subscription-Key", "x-eHub-APIKey")
"""The three spellings AEMO's API descriptions declare; any of them is taken, none is needed by default."""
DISPENSABLE = frozenset(("Accept", "X-market"))
"""Mandatory headers without which a request can still be understood."""
XML_TYPES = ("application/xml", "text/xml")
KNOWN_GROUPS = frozenset(ENVELOPE_SIMPLE["TransactionGroup"].removeprefix("one of ").split(", "))


def demand_verb(request: HttpRequest, verb: str) -> None:
    """405 for any other verb."""
    if request.method != verb:
        raise Refused(405, "http.verb", f"{request.method[:20]} is not allowed here, {verb} is")


def demand_headers(request: HttpRequest, names: Iterable[str], switches: Switches) -> str:
    """400 for the first mandatory header that is missing or empty; else what was overlooked."""
    overlooked = ""
    held = request.headers.get
    for name in names:
        if (held(name) or "").strip():
            continue
        if name not in DISPENSABLE or not overlooks(switches.strictness, "http.mandatory-header"):
            raise Refused(400, "http.mandatory-header", f"Mandatory HTTP header {name} is missing")
        overlooked = f"overlooked http.mandatory-header: {name} is missing"
    return overlooked


def demand_market(request: HttpRequest, switches: Switches) -> None:
    """400 for a request without a body whose X-market is not NEM, where a scenario asks for it."""
    market = request.headers.get("X-market")
    if switches.market_of_reads == "400" and market != MARKET:
        raise Refused(400, "http.market", f"X-market is {market!r}, this interface serves {MARKET}")


def demand_api_key(request: HttpRequest, switches: Switches) -> None:
    """401 without an API key, where a scenario asks for one."""
    if switches.require_api_key == "yes" and not has_api_key(request):
        raise Refused(401, "gate.api-key", f"none of {', '.join(API_KEYS)} is there")


def has_api_key(request: HttpRequest) -> bool:
    """Whether any of the API key spellings is present (the query spelling is ``subscription-key``)."""
    return any(request.headers.get(name) for name in API_KEYS) or request.parameter("subscription-key") is not None


def content_type(accept: str | None) -> str:
    """The type asked for among `XML_TYPES`; ``application/xml`` when neither is."""
    if accept is None or accept == "application/xml":
        return "application/xml"
    asked = [part.partition(";")[0].strip().lower() for part in accept.split(",")]
    return next((kind for kind in asked if kind in XML_TYPES), "application/xml")


def group_filter(group: str | None, switches: Switches) -> str | None:
    """The transactionGroup parameter; an unknown group is answered 500 as B2B does, unless switched off."""
    if group is None or group == "":
        return None
    if group not in KNOWN_GROUPS and switches.unknown_group_filter == "500":
        raise Refused(500, "queue.unknown-group", f"transactionGroup {group[:20]!r} is not known")
    return group


def render(call: Call, reply: Reply) -> HttpReply:
    """Any reply of the hub as HTTP."""
    match reply:
        case Acknowledged():
            why = f"{call.overlooked}; {reply.why}" if call.overlooked and reply.why else call.overlooked or reply.why
            return HttpReply(
                200,
                write(reply.message),
                call.content_type,
                rule=reply.rule,
                why=why,
                nearest=reply.nearest,
                rules=reply.rules,
            )
        case Delivered():
            return HttpReply(200, reply.entry.body, call.content_type, rule=reply.rule)
        case Listed():
            return HttpReply(200, write(queue_report(reply)), call.content_type, rule="queue.list")
        case TransportError():
            why = f"event {reply.event.code}: {reply.event.explanation}"
            return HttpReply(200, write_event(reply.release, reply.event), call.content_type, rule=reply.rule, why=why)
        case _:
            return HttpReply(200, b"", call.content_type)


def queue_report(listed: Listed) -> Message:
    """A HubQueueReport (aseXML r37 hub management) of what is queued."""
    entries = "".join([entry.listed or _metadata(entry) for entry in listed.entries])
    count = f"<ResultCount>{len(listed.entries)}</ResultCount>"
    parts: tuple[Element, ...] = (spliced(f"{count}<MessageDetails>{entries}</MessageDetails>"),)
    if listed.group:
        asked = element("Parameter", element("Name", "transactionGroup"), element("Value", listed.group))
        parts = (element("RequestParameters", asked), *parts)
    report = Element("HubQueueReport", None, parts, {"version": "r37"})
    now = listed.now
    transaction = Transaction(listed.transaction_id, now, report)
    header = post.header(listed.participant, listed.message_id, now, "HMGT", "High")
    return Message(listed.release, header, (transaction,))


def _metadata(entry: Entry) -> str:
    """An entry as the report shows it, the same however often it is asked for."""
    head = entry.message.header
    kind = "Transaction Message" if entry.message.transactions else "Transaction Acknowledgement"
    item = element(
        "MessageMetaData",
        element("TransactionGroup", head.transaction_group),
        optional("Priority", head.priority),
        element("FromParticipantID", head.sender),
        element("MessageID", head.message_id),
        element("MessageType", kind),
        element("MessageContextID", entry.context_id),
        element("ReceivedDateTime", moment(entry.received_at)),
    )
    entry.listed = shown = element_xml(item)
    return shown
