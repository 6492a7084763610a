"""The only reader of aseXML messages: bytes to a `Received`, with every fault named. No bytes make it raise.

What is spelt like a message that was found without fault need not be parsed (`simulator.asexml.usual`). Of all else the
order is: refuse (encoding, DOCTYPE) → parse → limits → envelope → schema → what only the whole message shows (group,
release). The judging is in `simulator.asexml.judging`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from functools import lru_cache
from hashlib import blake2b

from lxml import etree

from simulator.asexml import hardening, releases
from simulator.asexml.content import TRANSACTIONS
from simulator.asexml.judging import judged, local_name, root_name
from simulator.asexml.model import (
    AseEvent,
    Finding,
    Header,
    MessageAcknowledgement,
    Received,
    ReceivedTransaction,
    TransactionAcknowledgement,
    View,
)
from simulator.asexml.schemas import Schemas
from simulator.asexml.splicing import canonical, splice
from simulator.asexml.usual import Filled, Spelling, Values
from simulator.base.clock import MARKET_ZONE, market_time

__all__ = ["UNREADABLE_DATE", "canonical", "head", "parsed", "read", "splice", "usual"]

UNREADABLE_DATE = datetime(1, 1, 1, tzinfo=MARKET_ZONE)
"""Stands for a receiptDate that cannot be read; the message has a finding then."""

HEAD = 65536
"""Bytes `head` looks at."""

_DIGEST = blake2b(digest_size=16)
_PARSER = hardening.parser()
_MOST_NUMBER = 10**15


def read(body: bytes, schemas: Schemas, *, unknown_release: str = "lenient") -> Received:
    """A message as far as it can be read; ``findings`` empty means it is valid. Never raises, whatever the bytes.

    ``unknown_release``: ``lenient`` reads a release we hold no models for with the newest ones (the envelope
    strictly, of the payload only what is missing); ``reject`` makes it a finding of event 4.
    """
    return usual(body, schemas) or parsed(body, schemas, unknown_release=unknown_release)


def usual(body: bytes, schemas: Schemas) -> Received | None:
    """A message that is spelt like one without fault: no schema is asked. None where it has to be parsed."""
    found = schemas.usual.found(body)
    return None if found is None else _filled(body, *found)


def parsed(body: bytes, schemas: Schemas, *, unknown_release: str = "lenient") -> Received:
    """As `read`, by the parser and the schema of its release."""
    refused = hardening.refusal(body)
    if refused is not None:
        return _unread(body, refused)
    try:
        root = etree.fromstring(body, _PARSER)
    except (etree.XMLSyntaxError, ValueError) as error:
        return _unread(body, hardening.not_well_formed(error))
    excess = hardening.excess(root, body)
    if excess is not None:
        return _unread(body, excess)
    received = _received(body, root, schemas, unknown_release)
    if received.transactions and not received.findings and received.release is not None:
        _learn(body, received.release, received.transactions[0].name, schemas)
    return received


def _learn(body: bytes, release: str, name: str, schemas: Schemas) -> None:
    """Have the spelling of a message without fault noted, where our own tables are what judged it."""
    if schemas.official(release) is None and releases.is_known(release) and name in TRANSACTIONS:
        schemas.usual.learn(body, release, name, _parts)


def _parts(root: etree._Element) -> tuple[Header | None, list[ReceivedTransaction]]:
    """Header and transactions of a message without fault: they are all that is in it."""
    return _header(root[0])[0], _transactions(root[1])


def _filled(body: bytes, spelt: Spelling, values: Values) -> Received:
    """A message spelt like one without fault, with values of the right types: what was read of that one, and these."""
    sender, receiver, message_id, date, *kind = spelt.header(values)
    header = Header(sender, receiver, message_id, _usual_moment(date), *kind)
    transactions = []
    for told, like in spelt.carried:
        name, number, day, initiating, version = told(values)
        view = View(None, Filled(like, values, body))
        transactions.append(ReceivedTransaction(name, number, day, initiating, version, view))
    return Received(spelt.release, header, _digest(body), len(body), tuple(transactions), message_id=message_id)


def _unread(body: bytes, finding: Finding) -> Received:
    release, header, message_id = _salvage(body) if finding.rule == "asexml.well-formed" else (None, None, None)
    return Received(release, header, _digest(body), len(body), findings=(finding,), message_id=message_id)


def _digest(body: bytes) -> str:
    digest = _DIGEST.copy()
    digest.update(body)
    return digest.hexdigest()


def _received(body: bytes, root: etree._Element, schemas: Schemas, unknown_release: str) -> Received:
    release, name = root_name(str(root.tag))
    header: Header | None = None
    message_id: str | None = None
    transactions: list[ReceivedTransaction] = []
    macks: list[MessageAcknowledgement] = []
    tacks: list[TransactionAcknowledgement] = []
    events: tuple[AseEvent, ...] = ()
    odd: list[Finding] = []
    is_event = name == "Event" and release is not None
    if is_event:
        events = _events((root,), odd)
    else:
        for part in root:
            name = local_name(part)
            if name == "Header":
                header, message_id = _header(part)
            elif name == "Transactions":
                transactions += _transactions(part)
            elif name == "Acknowledgements":
                _acknowledgements(part, macks, tacks, odd)
    findings = judged(body, root, schemas, unknown_release, header, transactions) or tuple(odd)
    return Received(
        release, header, _digest(body), len(body), tuple(transactions), tuple(macks), tuple(tacks), findings,
        is_event, message_id, events,
    )  # fmt: skip


def _header(node: etree._Element | list[etree._Element]) -> tuple[Header | None, str | None]:
    """The header, None unless it says from whom, to whom, which message and which group; and the MessageID."""
    fields = {str(child.tag): child.text or "" for child in reversed(node)}
    if "{" in "".join(fields):
        fields = {local_name(child): child.text or "" for child in reversed(node)}
    message_id = fields.get("MessageID")
    try:
        header = Header(
            fields["From"],
            fields["To"],
            fields["MessageID"],
            _moment(fields.get("MessageDate")),
            fields["TransactionGroup"],
            fields.get("Priority"),
            fields.get("SecurityContext"),
            fields.get("Market", "NEM"),
            _description(node),
        )
    except KeyError:
        return None, message_id
    return header, message_id


def _description(node: Iterable[etree._Element]) -> str | None:
    """What is said of the sender beside its id."""
    for child in node:
        if local_name(child) == "From":
            return child.get("description")
    return None


def _moment(text: str | None) -> datetime | None:
    """An xsd:dateTime as market time; None for what Python's calendar cannot hold."""
    if text is None or "T" not in text:
        return None
    try:
        if "T24:00:00" in text:
            return market_time(datetime.fromisoformat(text.replace("T24:", "T00:").strip())) + timedelta(days=1)
        return market_time(datetime.fromisoformat(text.strip()))
    except (ValueError, OverflowError):
        return None


_usual_moment = lru_cache(maxsize=256)(_moment)
"""Messages of one second have it in common."""


def _transactions(node: etree._Element) -> list[ReceivedTransaction]:
    found = []
    for each in node:
        get = each.get
        for payload in each:
            found.append(
                ReceivedTransaction(
                    local_name(payload),
                    get("transactionID", ""),
                    get("transactionDate", ""),
                    get("initiatingTransactionID"),
                    payload.get("version"),
                    View(payload),
                )
            )
            break
    return found


def _acknowledgements(
    node: etree._Element,
    macks: list[MessageAcknowledgement],
    tacks: list[TransactionAcknowledgement],
    odd: list[Finding],
) -> None:
    for child in node:
        name, get = local_name(child), child.get
        date = _moment(get("receiptDate"))
        if date is None:
            odd.append(_unusable(child, "receiptDate", "is not a date and time this calendar has"))
            date = UNREADABLE_DATE
        status, receipt, duplicate = get("status", ""), get("receiptID"), get("duplicate") == "Yes"
        events = _events(child, odd)
        if name == "MessageAcknowledgement":
            initiating = get("initiatingMessageID", "")
            macks.append(MessageAcknowledgement(initiating, date, status, receipt, duplicate, events))
        elif name == "TransactionAcknowledgement":
            initiating, count = get("initiatingTransactionID", ""), _number(child, get("acceptedCount"), odd)
            tacks.append(TransactionAcknowledgement(initiating, date, status, receipt, duplicate, count, events))


def _unusable(node: etree._Element, what: str, why: str) -> Finding:
    name = local_name(node)
    return Finding(2, "asexml.value", f"{name}: {what} {why}", node.sourceline, name)


def _number(node: etree._Element, text: str | None, odd: list[Finding]) -> int | None:
    """A count of up to 15 digits; schemas allow any number of them, no counter does."""
    digits = (text or "").strip().removeprefix("+")
    if digits.isascii() and digits.isdigit() and len(digits) <= 18 and int(digits) < _MOST_NUMBER:
        return int(digits)
    if text is not None:
        odd.append(_unusable(node, f"'{digits[:40]}'", "is not a number of up to 15 digits"))
    return None


def _events(nodes: Iterable[etree._Element], odd: list[Finding]) -> tuple[AseEvent, ...]:
    return tuple(event for child in nodes if (event := _event(child, odd)) is not None)


def _event(node: etree._Element, odd: list[Finding]) -> AseEvent | None:
    """An event with the schema's own defaults spelt out: class Application, severity Fatal."""
    fields: dict[str, str] = {}
    versions: tuple[str, ...] = ()
    for child in node:
        fields[local_name(child)] = child.text or ""
        if child.tag == "SupportedVersions":
            versions = tuple(version.text or "" for version in child)
    code = _number(node, fields.get("Code", ""), odd)
    if code is None:
        return None
    severity, kind = node.get("severity", "Fatal"), node.get("class", "Application")
    said = (fields.get("KeyInfo"), fields.get("Context"), fields.get("Explanation"))
    return AseEvent(code, severity, kind, *said, versions)


def head(body: bytes) -> tuple[str | None, Header | None]:
    """Release and header from the beginning of a body that is too big or broken; looks at 64 kB at most."""
    release, header, _ = _salvage(body)
    return release, header


def _salvage(body: bytes) -> tuple[str | None, Header | None, str | None]:
    beginning = body[:HEAD]
    if hardening.refusal(beginning) is not None:
        return None, None, None
    release: str | None = None
    node: etree._Element | None = None
    fields: list[etree._Element] = []
    for event, element in _pulled(beginning):
        release = release or root_name(str(element.tag))[0]
        if event == "start":
            node = element if node is None and local_name(element) == "Header" else node
        elif element is node:
            break
        elif node is not None:
            fields.append(element)
    return release, *_header(fields)


def _pulled(beginning: bytes) -> Iterator[tuple[str, etree._Element]]:
    """Events until the beginning is used up or the fault is met; what stands before the fault is still delivered."""
    parser = hardening.pull_parser()
    for at in range(0, len(beginning), 1024):
        try:
            parser.feed(beginning[at : at + 1024])
        except etree.XMLSyntaxError:
            yield from _left(parser)
            return
        yield from _left(parser)


def _left(parser: etree.XMLPullParser[etree._Element]) -> Iterator[tuple[str, etree._Element]]:
    try:
        for event, element in parser.read_events():
            if isinstance(element, etree._Element):
                yield event, element
    except etree.XMLSyntaxError:
        return
