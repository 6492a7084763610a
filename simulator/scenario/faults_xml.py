"""What faults make of XML that goes out. Pure: bytes in, other bytes out, None where there is nothing to upset.

They work on the canonical spelling of `simulator.asexml.encode`, whose texts never hold a bare ``<``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime

from simulator.asexml.encode import write_event
from simulator.asexml.model import AseEvent
from simulator.base.ids import Nmi
from simulator.scenario.faults import Mishap

NOBODY = b"NOBODY"
"""A participant that no market has."""
OTHER_NMI = Nmi.parse("6408091979")
_MARK = b"\xef\xbb\xbf"
_DOCTYPE = b'<!DOCTYPE message [<!ENTITY aemo "NEMMCO">]>\n'
_UTF_8 = re.compile(rb'(?<=\A<\?xml version="1\.0" )encoding="(?:UTF|utf)-8"')
_DEFAULT_NAMESPACE = re.compile(rb' xmlns="[^"]*"')
_RELEASE = re.compile(rb"urn:aseXML:(r\d+(?:_[a-z]\d)?)")
_ENTRY = re.compile(rb"<MessageMetaData>.*?</MessageMetaData>", re.DOTALL)
_DETAILS = re.compile(rb"<MessageDetails/>|<MessageDetails>(.*)</MessageDetails>", re.DOTALL)
_COUNT = re.compile(rb"<ResultCount>(\d+)</ResultCount>")
_MACK = re.compile(
    rb'(<MessageAcknowledgement [^>]*? status=")(Accept|Reject)("[^>/]*)(?:/>|>.*?</MessageAcknowledgement>)', re.DOTALL
)
"""Up to the status, the status, the rest of the attributes."""
_RECEIPT = re.compile(rb' receiptID="[^"]*"')
_LOCAL = rb"\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,6})?"
_TIME = re.compile(_LOCAL + rb"(?:Z|[+-]\d\d:\d\d)")
_ANY_TIME = re.compile(_LOCAL + rb"(?:Z|[+-]\d\d:\d\d)?")
"""Netstream's times, in XML or JSON, are those of the clock on the wall, without an offset."""
_PHANTOM = (
    b"<MessageMetaData><TransactionGroup>CATS</TransactionGroup><Priority>Medium</Priority>"
    b"<FromParticipantID>NEMMCO</FromParticipantID><MessageID>NEMMCO-MSG-PHANTOM</MessageID>"
    b"<MessageType>Transaction Message</MessageType><MessageContextID>catsm_nemmco_phantom</MessageContextID>"
    b"<ReceivedDateTime>2026-01-01T00:00:00.000+10:00</ReceivedDateTime></MessageMetaData>"
)


def changed(mishap: Mishap, body: bytes) -> bytes | None:
    """A message as the fault has it; None where the fault is no fault of XML, or finds nothing of its kind."""
    change = _CHANGES.get(mishap.fault.name)
    found = None if change is None or not body else change(mishap, body)
    return None if found == body else found


def _text(name: bytes, text: bytes) -> Callable[[Mishap, bytes], bytes]:
    """The first element of that name has another text."""
    pattern = re.compile(rb"(<%b(?: [^>]*)?>)[^<]*(</%b>)" % (name, name))
    return lambda mishap, body: pattern.sub(rb"\g<1>" + text + rb"\g<2>", body, count=1)


def _attribute(name: bytes, value: bytes) -> Callable[[Mishap, bytes], bytes]:
    """Every attribute of that name has another value."""
    pattern = re.compile(rb'( %b=")[^"]*"' % name)
    return lambda mishap, body: pattern.sub(rb"\g<1>" + value + b'"', body)


def _malformed(mishap: Mishap, body: bytes) -> bytes:
    return body.rpartition(b"</")[0]


def _document_type(mishap: Mishap, body: bytes) -> bytes:
    declaration, end, rest = body.partition(b"?>\n")
    return declaration + end + _DOCTYPE + rest.replace(b">NEMMCO<", b">&aemo;<", 1)


def _other_namespace(mishap: Mishap, body: bytes) -> bytes:
    """aseXML's, wherever it is named; of what is none of it, the default one."""
    if b"urn:aseXML:" in body:
        return body.replace(b"urn:aseXML:", b"urn:elsewhere:")
    return _DEFAULT_NAMESPACE.sub(b' xmlns="urn:elsewhere:1"', body, count=1)


def _other_release(mishap: Mishap, body: bytes) -> bytes:
    found, wanted = _RELEASE.search(body), mishap.text("release").encode()
    if found is None:
        return body
    head, end, rest = body.partition(b"<Header>")
    return re.sub(rb"\b%b\b|(?<=_)%b\b" % (found[1], found[1]), wanted, head) + end + rest


def _event(mishap: Mishap, body: bytes) -> bytes:
    found = _RELEASE.search(body)
    if found is None or b"<Header>" not in body:
        return body
    event = AseEvent(5, severity="Fatal", event_class="Message", explanation="The body could not be inflated")
    return write_event(found[1].decode(), event)


def _for_another(mishap: Mishap, body: bytes) -> bytes:
    if b" initiatingMessageID=" not in body:
        return body
    named = _attribute(b"initiatingMessageID", NOBODY + b"-MSG-1")(mishap, body)
    return _text(b"To", NOBODY)(mishap, named)


def _phantom(mishap: Mishap, body: bytes) -> bytes:
    more = _COUNT.sub(lambda found: b"<ResultCount>%d</ResultCount>" % (int(found[1]) + 1), body, count=1)
    return _DETAILS.sub(lambda found: b"<MessageDetails>" + (found[1] or b"") + _PHANTOM + b"</MessageDetails>", more)


def _hidden(mishap: Mishap, body: bytes) -> bytes:
    if _DETAILS.search(body) is None:
        return body
    return _DETAILS.sub(b"<MessageDetails/>", _COUNT.sub(b"<ResultCount>0</ResultCount>", body, count=1))


def _reversed(mishap: Mishap, body: bytes) -> bytes:
    entries = _ENTRY.findall(body)
    return _ENTRY.sub(lambda found: entries.pop(), body)


def _rejected(mishap: Mishap, body: bytes) -> bytes:
    event = b'<Event class="Message" severity="Fatal"><Code>%d</Code></Event>' % (mishap.number("code") or 0)

    def reject(found: re.Match[bytes]) -> bytes:
        if found[2] == b"Reject":
            return found[0]
        return b"%bReject%b>%b</MessageAcknowledgement>" % (_RECEIPT.sub(b"", found[1]), found[3], event)

    return _MACK.sub(reject, body)


def _accepted(mishap: Mishap, body: bytes) -> bytes:
    def accept(found: re.Match[bytes]) -> bytes:
        if found[2] == b"Accept":
            return found[0]
        begun = found[1].replace(b" receiptDate=", b' receiptID="NEMMCO-MSGR-0" receiptDate=')
        return b"%bAccept%b/>" % (begun, found[3])

    return _MACK.sub(accept, body)


def _failed(mishap: Mishap, body: bytes) -> bytes:
    told = b"<Code>%d</Code>" % (mishap.number("code") or 0)
    return re.sub(rb'severity="Information">(\s*)<Code>0</Code>', rb'severity="Error">\1' + told, body)


def _next(name: bytes) -> Callable[[Mishap, bytes], bytes]:
    """The number after it."""
    pattern = re.compile(rb"<%b>(\d+)</%b>" % (name, name))
    return lambda mishap, body: pattern.sub(lambda found: b"<%b>%d</%b>" % (name, int(found[1]) + 1, name), body)


def _other_nmi(mishap: Mishap, body: bytes) -> bytes:
    told = f'<NMI checksum="{OTHER_NMI.checksum}">{OTHER_NMI}</NMI>'.encode()
    return re.sub(rb'<NMI checksum="\d">[^<]*</NMI>', told, body)


def _checksum(mishap: Mishap, body: bytes) -> bytes:
    return re.sub(rb'(<NMI checksum=")(\d)"', lambda found: b'%b%d"' % (found[1], (int(found[2]) + 1) % 10), body)


def _times(times: re.Pattern[bytes], change: Callable[[Mishap, datetime], str]) -> Callable[[Mishap, bytes], bytes]:
    def changed_times(mishap: Mishap, body: bytes) -> bytes:
        def told(found: re.Match[bytes]) -> bytes:
            try:
                return change(mishap, datetime.fromisoformat(found[0].decode())).encode()
            except (ValueError, OverflowError):
                return found[0]

        return times.sub(told, body)

    return changed_times


def _later(mishap: Mishap, moment: datetime) -> str:
    later = moment + mishap.period("by")
    return later.isoformat(timespec="milliseconds" if later.tzinfo is not None or later.microsecond else "seconds")


def _in_utc(mishap: Mishap, moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


_CHANGES: Mapping[str, Callable[[Mishap, bytes], bytes]] = {
    "malformed XML": _malformed,
    "cut off XML": lambda mishap, body: body[: len(body) * 2 // 3],
    "wrong encoding": lambda mishap, body: _UTF_8.sub(b'encoding="UTF-16"', body, count=1),
    "byte order mark": lambda mishap, body: _MARK + body,
    "document type": _document_type,
    "other namespace": _other_namespace,
    "other release": _other_release,
    "unknown element": lambda mishap, body: body.replace(b"<Header>", b"<Header><Surprise>1</Surprise>", 1),
    "missing header": lambda mishap, body: re.sub(rb"<Header>.*?</Header>", b"", body, flags=re.DOTALL),
    "event instead of message": _event,
    "wrong initiating message id": _attribute(b"initiatingMessageID", NOBODY + b"-SENT-THIS"),
    "acknowledgement for another": _for_another,
    "wrong initiating transaction id": _attribute(b"initiatingTransactionID", NOBODY + b"-ASKED-THIS"),
    "wrong receiver": _text(b"To", NOBODY),
    "wrong sender": _text(b"From", NOBODY),
    "wrong message id": _text(b"MessageID", b"NEMMCO-MSG-OTHER"),
    "phantom message": _phantom,
    "hidden messages": _hidden,
    "out of order": _reversed,
    "rejected though processed": _rejected,
    "accepted though rejected": _accepted,
    "failure for success": _failed,
    "unknown status": _text(b"ChangeStatusCode", b"ZZZ"),
    "wrong request id": _next(b"RequestID"),
    "wrong NMI": _other_nmi,
    "wrong checksum": _checksum,
    "clock skew": _times(_ANY_TIME, _later),
    "times in UTC": _times(_TIME, _in_utc),
}
NAMES = frozenset(_CHANGES)
