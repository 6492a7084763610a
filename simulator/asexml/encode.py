"""The only writer of aseXML messages: values to bytes, always the same bytes for the same value.

Canonical spelling: UTF-8 with a declaration, prefixes ``ase`` and ``xsi`` declared on the root, elements without
namespace, the header's fields in the schema's order, times in market time with milliseconds.
"""

from __future__ import annotations

import re
from datetime import date, datetime
from functools import lru_cache

from simulator.asexml import releases
from simulator.asexml.model import (
    AseEvent,
    Element,
    Header,
    Message,
    MessageAcknowledgement,
    Transaction,
    TransactionAcknowledgement,
)
from simulator.base.clock import MARKET_ZONE, market_time

AEMO = "NEMMCO"
AEMO_DESCRIPTION = "Australian Energy Market Operator Limited"
"""What AEMO's own messages say of their sender."""

_STANDING_DATA = "ElectricityStandingData"
_CONTROLS = "\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff"
_UNWRITABLE = re.compile(f"[{_CONTROLS}]")
_NO_TEXT = re.compile(f"[&<>\r{_CONTROLS}]")
"""What cannot stand in a text as it is."""
_NOT_QUOTED = re.compile(f'[&<>"\r\n\t{_CONTROLS}]')
_TWO = tuple(f"{number:02}" for number in range(60))
_THREE = tuple(f"{number:03}" for number in range(1000))
_SPLICED_VERSION = re.compile(r'(<\w+ xsi:type="ase:(\w+)") version="[^"]*"')


def moment(value: datetime) -> str:
    """A time as we write it: market time, milliseconds, ``+10:00``. Most are of the same few days."""
    at = value if value.tzinfo is MARKET_ZONE else market_time(value)
    time = f"{_TWO[at.hour]}:{_TWO[at.minute]}:{_TWO[at.second]}.{_THREE[at.microsecond // 1000]}"
    return f"{_day(at.toordinal())}T{time}+10:00"


@lru_cache(maxsize=256)
def _day(ordinal: int) -> str:
    return date.fromordinal(ordinal).isoformat()


def write(message: Message) -> bytes:
    """A message as bytes. Either its transactions or, when it has none, its acknowledgements are written."""
    header = message.header
    parts = [_opening(message.release, header.sender, header.sender_description, header.receiver), _header(header)]
    if message.transactions:
        versions = releases.versions(message.release)
        parts.append("<Transactions>")
        parts += [_transaction(each, versions) for each in message.transactions]
        parts.append("</Transactions>")
    else:
        parts.append("<Acknowledgements>")
        parts += [_message_acknowledgement(each) for each in message.message_acknowledgements]
        parts += [_transaction_acknowledgement(each) for each in message.transaction_acknowledgements]
        parts.append("</Acknowledgements>")
    parts.append("</ase:aseXML>\n")
    return "".join(parts).encode()


def write_event(release: str, event: AseEvent) -> bytes:
    """An ``ase:Event`` as a document of its own: a fault of transport, where no message could be made out."""
    written = _event(event)
    inside = written[len("<Event") : -len("</Event>")]
    return f"{_start(release, 'Event')[:-1]}{inside}</ase:Event>\n".encode()


def element_xml(element: Element) -> str:
    """An element as canonical XML text, exactly as it stands: no ``version`` is added."""
    parts: list[str] = []
    _write(element, parts, {})
    return "".join(parts)


def event_element(event: AseEvent) -> Element:
    """An event as an element, for payloads that carry events."""
    return Element("", _event(event))


@lru_cache(maxsize=64)
def _start(release: str, root: str) -> str:
    namespace = releases.namespace(release)
    location = f"{namespace} http://www.nemmco.com.au/aseXML/schemas/{release}/aseXML_{release}.xsd"
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<ase:{root} xmlns:ase="{namespace}"'
        f' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:schemaLocation="{location}">'
    )


def _text(value: str) -> str:
    """Text, escaped; characters XML cannot carry become U+FFFD, a carriage return a reference (readers drop it)."""
    if value.isalnum() or _NO_TEXT.search(value) is None:
        return value
    value = value.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return _UNWRITABLE.sub("\ufffd", value).replace("\r", "&#13;")


def _quoted(value: str) -> str:
    if value.isalnum() or _NOT_QUOTED.search(value) is None:
        return value
    return _text(value).replace('"', "&quot;").replace("\n", "&#10;").replace("\t", "&#9;")


def _header(header: Header) -> str:
    sent = moment(header.message_date) if header.message_date is not None else ""
    return (
        f"<MessageID>{_text(header.message_id)}</MessageID><MessageDate>{sent}</MessageDate>"
        f"{_ending(header.transaction_group, header.priority, header.security_context, header.market)}"
    )


@lru_cache(maxsize=256)
def _opening(release: str, sender: str, description: str | None, receiver: str) -> str:
    """The beginning of a message, up to its MessageID: what all from one to another have in common."""
    description = description or (AEMO_DESCRIPTION if sender == AEMO else None)
    described = f' description="{_quoted(description)}"' if description is not None else ""
    parties = f"<From{described}>{_text(sender)}</From><To>{_text(receiver)}</To>"
    return f"{_start(release, 'aseXML')}<Header>{parties}"


@lru_cache(maxsize=256)
def _ending(group: str, priority: str | None, security_context: str | None, market: str | None) -> str:
    """The end of a header, which most messages have in common."""
    given = (("Priority", priority), ("SecurityContext", security_context), ("Market", market))
    rest = "".join([f"<{name}>{_text(value)}</{name}>" for name, value in given if value is not None])
    return f"<TransactionGroup>{_text(group)}</TransactionGroup>{rest}</Header>"


def _transaction(transaction: Transaction, versions: dict[str, str]) -> str:
    initiating = transaction.initiating_transaction_id
    parts = [
        f'<Transaction transactionID="{_quoted(transaction.transaction_id)}"'
        f' transactionDate="{moment(transaction.transaction_date)}"'
    ]
    parts.append(">" if initiating is None else f' initiatingTransactionID="{_quoted(initiating)}">')
    payload = transaction.payload
    _write(_versioned(payload, versions.get(payload.name)), parts, versions)
    parts.append("</Transaction>")
    return "".join(parts)


def _versioned(element: Element, version: str | None) -> Element:
    held = element.attributes
    if version is None or (held is not None and "version" in held):
        return element
    return Element(element.name, element.text, element.children, {**(held or {}), "version": version})


def _typed(element: Element, versions: dict[str, str]) -> Element:
    """Standing data says which kind it is and of which version, when whoever made it has not."""
    held = element.attributes or {}
    typed = held if "xsi:type" in held else {"xsi:type": f"ase:{_STANDING_DATA}", **held}
    version = versions.get(typed["xsi:type"].rpartition(":")[2])
    return _versioned(Element(element.name, element.text, element.children, typed), version)


def _write(element: Element, parts: list[str], versions: dict[str, str]) -> None:
    name, text, children, held = element.name, element.text, element.children, element.attributes
    if not name:
        parts.append(_carried(text or "", versions))
        return
    if name == "NMIStandingData" and versions:
        held = _typed(element, versions).attributes
    start = name if held is None else name + "".join([f' {key}="{_quoted(value)}"' for key, value in held.items()])
    if children:
        parts.append(f"<{start}>")
        for child in children:
            if child.children or child.attributes is not None or not child.text or not child.name:
                _write(child, parts, versions)
            else:  # a plain leaf, as most are: spares it the call
                parts.append(f"<{child.name}>{_text(child.text)}</{child.name}>")
        parts.append(f"</{name}>")
    else:
        parts.append(f"<{start}>{_text(text)}</{name}>" if text else f"<{start}/>")


def _carried(text: str, versions: dict[str, str]) -> str:
    """Spliced XML; what another release called the version of a type is put right for this one, or left out."""
    if ' version="' not in text or not versions:
        return text

    def version(found: re.Match[str]) -> str:
        known = versions.get(found[2])
        return found[1] if known is None else f'{found[1]} version="{known}"'

    return _SPLICED_VERSION.sub(version, text)


def _event(event: AseEvent) -> str:
    kind = "" if event.event_class is None else f' class="{_quoted(event.event_class)}"'
    text = f'<Event{kind} severity="{_quoted(event.severity)}"><Code>{event.code}</Code>'
    if event.key_info is not None:
        text += f"<KeyInfo>{_text(event.key_info)}</KeyInfo>"
    if event.context is not None:
        text += f"<Context>{_text(event.context[:80])}</Context>"
    if event.explanation is not None:
        text += f"<Explanation>{_text(event.explanation)}</Explanation>"
    if event.supported_versions:
        versions = "".join(f"<Version>{_text(version)}</Version>" for version in event.supported_versions)
        text += f"<SupportedVersions>{versions}</SupportedVersions>"
    return text + "</Event>"


def _receipt(receipt_id: str | None, date: datetime, status: str, duplicate: bool) -> str:
    receipt = "" if receipt_id is None else f' receiptID="{_quoted(receipt_id)}"'
    again = ' duplicate="Yes"' if duplicate else ""
    return f'{receipt} receiptDate="{moment(date)}" status="{_quoted(status)}"{again}'


def _closed(name: str, start: str, events: tuple[AseEvent, ...]) -> str:
    return f"{start}>{''.join(map(_event, events))}</{name}>" if events else start + "/>"


def _message_acknowledgement(mack: MessageAcknowledgement) -> str:
    receipt = _receipt(mack.receipt_id, mack.receipt_date, mack.status, mack.duplicate)
    start = f'<MessageAcknowledgement initiatingMessageID="{_quoted(mack.initiating_message_id)}"{receipt}'
    return _closed("MessageAcknowledgement", start, mack.events)


def _transaction_acknowledgement(tack: TransactionAcknowledgement) -> str:
    receipt = _receipt(tack.receipt_id, tack.receipt_date, tack.status, tack.duplicate)
    count = "" if tack.accepted_count is None else f' acceptedCount="{tack.accepted_count}"'
    start = (
        f'<TransactionAcknowledgement initiatingTransactionID="{_quoted(tack.initiating_transaction_id)}"'
        f"{receipt}{count}"
    )
    return _closed("TransactionAcknowledgement", start, tack.events)
