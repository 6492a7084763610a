"""What the hub checks of a message before it takes it over, and which fault it answers when there are several.

The order is a switch (`assume.fault-order`), by default: 5 inflate, 6 size, 1 well-formed, 9 group, 8 market, 7 header,
4 version, 3 transaction, 2 schema.
Source: standard event codes 0-9; context id rules of the e-Hub API descriptions.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

from simulator.asexml import releases
from simulator.asexml.content import TRANSACTIONS
from simulator.asexml.model import AseEvent, Finding, Header, Received
from simulator.base.errors import BadValue
from simulator.base.ids import ContextId
from simulator.hub.limits import kind_of, stopped_by
from simulator.hub.switches import Switches

ENVELOPE = frozenset((5, 6, 1, 9, 8, 7))
"""Faults that are answered even when the MessageID was seen before."""
OPERATOR = "NEMMCO"
GROUPS = frozenset(("CATS", "NMID", "MDMT"))
MARKET = "NEM"
_NOBODY = frozenset[str]()
_SMALL = 16_384
"""Bytes of a message whose header may be remembered."""
_LETTERS = {"High": "h", "Medium": "m", "Low": "l"}


def first(findings: tuple[Finding, ...], switches: Switches) -> Finding | None:
    """The finding that is answered: by the order of codes, then by where it stands."""
    if not findings:
        return None
    order = [int(code) for code in switches.fault_order.split()]
    return min(findings, key=lambda finding: (order.index(finding.code), finding.line or 0))


def tolerated(received: Received, switches: Switches) -> tuple[Finding, ...]:
    """What the codec found, less what a switch has us overlook."""
    if switches.version_attribute == "ignore":
        return tuple(finding for finding in received.findings if finding.rule != "asexml.version")
    return received.findings


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
    judge = _alike_findings if 0 < received.size <= _SMALL else _alike_findings.__wrapped__
    alike = judge(
        header.transaction_group,
        bool(received.message_acknowledgements),
        (header.market, market),
        (header.sender, header.receiver, header.security_context),
        participant,
        users.get(participant, _NOBODY),
    )
    return alike + _context_findings(header, context_id)


@lru_cache(maxsize=256)
def _alike_findings(
    group: str,
    acknowledges: bool,
    markets: tuple[str | None, str | None],
    parties: tuple[str, str, str | None],
    participant: str,
    users: frozenset[str],
) -> tuple[Finding, ...]:
    """What most messages of a participant have in common, judged once. ``markets``: of the header, and X-market."""
    found: list[Finding] = []
    _check_group(group, acknowledges, found)
    _check_market(markets, found)
    _check_parties(parties, participant, users, found)
    return tuple(found)


def _check_group(group: str, acknowledges: bool, found: list[Finding]) -> None:
    if group not in GROUPS and not (group == "MSGS" and acknowledges):
        text = f"TransactionGroup {group!r} is none of {', '.join(sorted(GROUPS))}"
        found.append(Finding(9, "hub.group", text, element="TransactionGroup"))


def _check_market(markets: tuple[str | None, str | None], found: list[Finding]) -> None:
    for where, value in zip(("Market", "X-market"), markets, strict=True):
        if value is not None and value != MARKET:
            text = f"{where} is {value!r}, this interface serves {MARKET}"
            found.append(Finding(8, "hub.market", text, element="Market"))


def _check_parties(
    parties: tuple[str, str, str | None], participant: str, users: frozenset[str], found: list[Finding]
) -> None:
    sender, receiver, context = parties
    if sender != participant:
        text = f"From is {sender!r}, the request is {participant}'s"
        found.append(Finding(7, "hub.from", text, element="From"))
    if receiver != OPERATOR:
        text = f"To is {receiver!r}, messages of this interface go to {OPERATOR}"
        found.append(Finding(7, "hub.to", text, element="To"))
    if context is None or context.upper() == f"{participant}BATCH":
        return
    if context.upper() not in users:
        text = f"SecurityContext {context!r} is no user of {participant}"
        found.append(Finding(7, "hub.security-context", text, element="SecurityContext"))


def _context_findings(header: Header, context_id: str) -> tuple[Finding, ...]:
    """``catsm_retaila_1`` must agree with the header's group, priority and sender."""
    try:
        priority = header.priority if header.priority and ContextId.fits(context_id) else None
        letter = _LETTERS.get(priority or ContextId.parse(context_id).priority, "?")
    except BadValue as bad:
        return (Finding(7, "hub.context-form", str(bad)),)
    expected = f"{header.transaction_group}{letter}_{header.sender}_".lower()
    if not context_id.startswith(expected):
        text = f"messageContextID {context_id!r} does not begin with {expected!r} as the header asks"
        return (Finding(7, "hub.context-mismatch", text),)
    return ()


def undescribed_findings(received: Received, switches: Switches) -> tuple[Finding, ...]:
    """Event 3 for transactions that are read at envelope depth, where a scenario asks for it."""
    if switches.undescribed_transactions == "accept":
        return ()
    return tuple(
        Finding(3, "hub.undescribed", f"{transaction.name} is not supported here", transaction.view.line)
        for transaction in received.transactions
        if transaction.name not in TRANSACTIONS
    )


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
    if received.findings:
        return ()
    carried = received.transactions or received.transaction_acknowledgements
    if received.message_acknowledgements or received.is_event or not carried:
        text = "submitMessages carries transactions or transaction acknowledgements, and nothing else"
        return (Finding(7, "hub.not-transactions", text),)
    return ()


def stopped_finding(received: Received, stops: frozenset[str], switches: Switches) -> Finding | None:
    """What is sent while a stop file of its kind stands, where a scenario has it refused instead of held."""
    if not stops or switches.stopped_inbound == "hold":
        return None
    kinds = [kind for kind in map(kind_of, received.transactions) if kind is not None]
    standing = sorted({stop for kind in kinds for stop in stops & stopped_by(kind)})
    return Finding(100, "flow.stopped", f"a stop file stands: {', '.join(standing)}") if standing else None


def fault_event(fault: Finding, release: str) -> AseEvent:
    """The standard event of a fault; version faults list what is supported."""
    where = f"line {fault.line}" if fault.line is not None else None
    supported: tuple[str, ...] = ()
    if fault.code == 4:
        known = releases.versions(release).get(fault.element or "")
        supported = (known if fault.rule == "asexml.version" and known else releases.newest,)
    kind = "Message" if fault.code < 100 else "Processing"
    return AseEvent(fault.code, "Fatal", kind, fault.element, where, fault.explanation, supported)
