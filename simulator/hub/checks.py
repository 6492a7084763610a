"""What the hub checks of a message before it takes it over, and which fault it answers when there are several.

The order is decided where the facts are silent: 5 inflate, 6 size, 1 well-formed, 9 group, 8 market, 7 header,
4 version, 3 transaction, 2 schema (`assume.fault-order`).
Source: standard event codes 0-9; context id rules of the e-Hub API descriptions.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from simulator.asexml.model import Finding, Header, Received
from simulator.base.errors import BadValue
from simulator.base.ids import ContextId

ORDER = (5, 6, 1, 9, 8, 7, 4, 3, 2)
ENVELOPE = frozenset((5, 6, 1, 9, 8, 7))
"""Faults that are answered even when the MessageID was seen before."""
OPERATOR = "NEMMCO"
GROUPS = frozenset(("CATS", "NMID", "MDMT"))
MARKET = "NEM"


def first(findings: tuple[Finding, ...]) -> Finding | None:
    """The finding that is answered: by the order above, then by where it stands."""
    return min(findings, key=_rank) if findings else None


def _rank(finding: Finding) -> tuple[int, int]:
    return (ORDER.index(finding.code) if finding.code in ORDER else len(ORDER), finding.line or 0)


def envelope_findings(
    received: Received,
    participant: str,
    context_id: str,
    market: str | None,
    users: Mapping[str, frozenset[str]],
) -> tuple[Finding, ...]:
    """What the header has against it, seen with what HTTP said: group, market, sender, receiver, security context."""
    header = received.header
    if header is None:
        return ()
    return (
        *_group(header, received),
        *_market(header, market),
        *_parties(header, participant, users),
        *_context(header, context_id),
    )


def _group(header: Header, received: Received) -> Iterator[Finding]:
    allowed = GROUPS | {"MSGS"} if received.message_acknowledgements else GROUPS
    if header.transaction_group not in allowed:
        text = f"TransactionGroup {header.transaction_group!r} is none of {', '.join(sorted(GROUPS))}"
        yield Finding(9, "hub.group", text, element="TransactionGroup")


def _market(header: Header, market: str | None) -> Iterator[Finding]:
    for where, value in (("Market", header.market), ("X-market", market)):
        if value not in (None, MARKET):
            yield Finding(8, "hub.market", f"{where} is {value!r}, this interface serves {MARKET}", element="Market")


def _parties(header: Header, participant: str, users: Mapping[str, frozenset[str]]) -> Iterator[Finding]:
    if header.sender != participant:
        text = f"From is {header.sender!r}, the request is {participant}'s"
        yield Finding(7, "hub.from", text, element="From")
    if header.receiver != OPERATOR:
        text = f"To is {header.receiver!r}, messages of this interface go to {OPERATOR}"
        yield Finding(7, "hub.to", text, element="To")
    context = header.security_context
    if context is not None and context.upper() not in users.get(participant, frozenset()):
        text = f"SecurityContext {context!r} is no user of {participant}"
        yield Finding(7, "hub.security-context", text, element="SecurityContext")


def _context(header: Header, context_id: str) -> Iterator[Finding]:
    """``catsm_retaila_1`` must agree with the header's group, priority and sender."""
    try:
        context = ContextId.parse(context_id)
    except BadValue as bad:
        yield Finding(7, "hub.context-form", str(bad))
        return
    letters = {"High": "h", "Medium": "m", "Low": "l"}
    letter = letters.get(header.priority or context.priority, context.priority[0].lower())
    expected = f"{header.transaction_group}{letter}_{header.sender}_".lower()
    if not context.text.startswith(expected):
        text = f"messageContextID {context_id!r} does not begin with {expected!r} as the header asks"
        yield Finding(7, "hub.context-mismatch", text)


def acknowledgement_findings(received: Received) -> tuple[Finding, ...]:
    """submitMessageAcknowledgements carries message acknowledgements and nothing else."""
    if received.findings:
        return ()
    if received.transactions or received.transaction_acknowledgements or not received.message_acknowledgements:
        text = "only MessageAcknowledgements go to submitMessageAcknowledgements; the rest goes to submitMessages"
        return (Finding(7, "hub.not-acknowledgements", text),)
    return ()


def submission_findings(received: Received) -> tuple[Finding, ...]:
    """submitMessages carries transactions or transaction acknowledgements, never message acknowledgements."""
    if received.message_acknowledgements or received.is_event:
        text = "MessageAcknowledgements go to submitMessageAcknowledgements"
        return (Finding(7, "hub.not-transactions", text),)
    return ()
