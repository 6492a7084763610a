"""How AEMO writes a message: header, identifiers, context id. The only place that makes messages from NEMMCO.

Spelling as seen in real traffic: From NEMMCO with its description, MessageID ``NEMMCO-MSG-<n>``, SecurityContext
``NEMMCOBATCH``, receipts ``NEMMCO-MSGR-<n>``, responses ``CATS-<n>`` with the same n as their message.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache

from simulator.asexml.model import Header, Message, MessageAcknowledgement, Transaction, TransactionAcknowledgement
from simulator.base.draw import Draw
from simulator.base.ids import ContextId
from simulator.base.turn import Turn
from simulator.hub.checks import OPERATOR
from simulator.hub.queue import Queue

DESCRIPTION = "Australian Energy Market Operator Limited"
SECURITY_CONTEXT = "NEMMCOBATCH"
DIGITS = 12
"""Of a number drawn by key: 9e11 values, so that 100,000 messages share one with a chance below 1 in 100."""


def number(draw: Draw, *key: str) -> str:
    """A number that belongs to a key, the same whoever comes first."""
    return draw.digits(DIGITS, *key)


@lru_cache(maxsize=256)
def stem(group: str, priority: str) -> str:
    """What a context id of AEMO's begins with, up to its number."""
    return ContextId.compose(group, priority, OPERATOR, "0").text[:-1]


def free_serial(
    turn: Turn,
    to: str,
    stem: str,
    taken: Queue,
    transactions: Sequence[Transaction],
    acknowledgements: Sequence[TransactionAcknowledgement],
) -> str:
    """The number a message shares with its first transaction; another where it has none, or its context id is taken."""
    found, attempt = serial(transactions), 0
    while found is None or stem + found in taken:
        first = transactions[0].transaction_id if transactions else acknowledgements[0].initiating_transaction_id
        found = number(turn.draw, "message", to, first, turn.now.isoformat(), str(attempt))
        attempt += 1
    return found


def another_context(draw: Draw, to: str, message: Message, number_of_copy: int) -> str:
    """One more context id for a message that is queued several times."""
    head = message.header
    serial_number = number(draw, "again", to, head.message_id, str(number_of_copy))
    return stem(head.transaction_group, head.priority or "Medium") + serial_number


def header(to: str, message_id: str, now: datetime, group: str, priority: str, security: str | None = None) -> Header:
    """A header from NEMMCO."""
    return Header(OPERATOR, to, message_id, now, group, priority, security, "NEM", DESCRIPTION)


def serial(transactions: Sequence[Transaction]) -> str | None:
    """The number of the first transaction (``CATS-42`` → ``42``), which its message and context id share."""
    tail = transactions[0].transaction_id.rpartition("-")[2] if transactions else ""
    return tail if tail.isdigit() and len(tail) <= 15 else None


def message(
    to: str,
    serial_number: str,
    now: datetime,
    group: str,
    priority: str,
    release: str,
    transactions: tuple[Transaction, ...] = (),
    acknowledgements: tuple[TransactionAcknowledgement, ...] = (),
) -> Message:
    """A message that carries transactions or transaction acknowledgements."""
    head = Header(
        OPERATOR, to, f"NEMMCO-MSG-{serial_number}", now, group, priority, SECURITY_CONTEXT, "NEM", DESCRIPTION
    )
    return Message(release, head, transactions, (), acknowledgements)


def acknowledgement(
    to: str, message_id: str, now: datetime, group: str, release: str, content: MessageAcknowledgement
) -> Message:
    """The hub's acknowledgement of a message: it keeps the group of what it acknowledges, with priority Low."""
    return Message(release, header(to, message_id, now, group, "Low"), (), (content,))
