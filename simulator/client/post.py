"""What the client writes by itself: context ids of submissions, and the MACKs that remove messages from the queue.

A MACK and its retry are the same bytes: its ids are grown from what it acknowledges, and a drain keeps it in its inbox.
"""

from __future__ import annotations

from hashlib import blake2b

from simulator.asexml.model import AseEvent, Header, Message, MessageAcknowledgement
from simulator.base.errors import BadValue
from simulator.base.ids import PRIORITIES, ContextId
from simulator.client.account import Account
from simulator.client.errors import ClientError, Kind
from simulator.client.inbox import Entry, Outcome
from simulator.client.values import Rejection

AEMO = "NEMMCO"
GROUP_PRIORITIES = {"CATS": "Medium", "NMID": "High", "MDMT": "Low"}
"""What a message without Priority travels as (aemo-b2m §2.1, 10)."""
_GROUPS = """CATS MDMT MSGS NMID FLTS SORD NETB MTRD CUST NOTF SITE FLDW OUTG BAR NMIF MKTW HSMD OWNP EMMS ERFT IAIT
    MRSR OWNX NPNX PTPE HMGT"""
GROUPS = frozenset(_GROUPS.split())
"""Transaction groups a header may name; a MACK for a message with any other goes out as MSGS (aemo-b2m §4)."""
ACCEPTED = Outcome("Accept", (AseEvent(0, "Information", "Message"),))


def context_id_for(header: Header) -> str:
    """The messageContextID of a submission: the same for the same MessageID. Raises `ClientError` (usage)."""
    priority = header.priority or GROUP_PRIORITIES.get(header.transaction_group, "Medium")
    if priority not in PRIORITIES.values():
        raise ClientError(Kind.USAGE, f"no messageContextID can be made for priority {priority!r}; give one")
    unique = blake2b(header.message_id.encode(), digest_size=9).hexdigest()
    try:
        return ContextId.compose(header.transaction_group[:4], priority, header.sender, unique).text
    except BadValue as error:
        raise ClientError(Kind.USAGE, f"no messageContextID can be made from the header; give one: {error}") from None


def rejection(code: int, explanation: str | None = None) -> Outcome:
    """The outcome that rejects a message; explanations are kept short."""
    return Outcome(
        "Reject", (AseEvent(code, "Error", "Message", explanation=(explanation or None) and explanation[:240]),)
    )


def outcome_of(result: object) -> Outcome:
    """What a handler's result means for the MACK: None accepts, a `Rejection` rejects; raises `TypeError` otherwise."""
    if result is None:
        return ACCEPTED
    if isinstance(result, Rejection):
        return rejection(result.code, result.explanation)
    raise TypeError(f"a handler returns None or a Rejection, not {type(result).__name__}")


def message_acknowledgement(account: Account, entry: Entry, outcome: Outcome) -> Message:
    """The message that carries our MACK for a message. Its ids depend on nothing but what it acknowledges and says."""
    arrival = entry.arrival
    moment = account.now()
    key = (arrival.context_id, arrival.sender, arrival.message_id, arrival.digest, outcome.status, str(entry.refusals))
    accepted = outcome.status == "Accept"
    mack = MessageAcknowledgement(
        arrival.message_id,
        moment,
        outcome.status,
        account.make_id("receipt", *key) if accepted else None,
        duplicate=entry.repeat,
        events=outcome.events,
    )
    header = Header(
        account.participant,
        AEMO,
        account.make_id("mack", *key),
        moment,
        arrival.group if arrival.group in GROUPS else "MSGS",
        arrival.priority if arrival.priority in PRIORITIES.values() else None,
        account.security_context,
        account.market,
    )
    return Message(arrival.release or account.release, header, message_acknowledgements=(mack,))
