"""What a played participant owes for a message it is sent: pure functions, the house sends what they return.

A metering data provider that is asked for an actual change date supplies it (CR1500) when that day has come.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, datetime

import msgspec

from simulator.asexml.model import Element, Message, Transaction, element
from simulator.market.standing import nmi_element, standing_data
from simulator.world.calendar import midnight
from simulator.world.changes import ChangeRequest
from simulator.world.world import World

_NEXT_SCHEDULED_READ = "NS"


class Owed(msgspec.Struct, frozen=True):
    """Transactions to be sent to AEMO as one message, at market time ``when`` (None: at once)."""

    group: str
    priority: str
    transactions: tuple[Transaction, ...]
    when: datetime | None = None


def owed(participant: str, message: Message, world: World) -> tuple[Owed, ...]:
    """What ``participant`` owes for a message that was queued for it; empty for most."""
    made_at = message.header.message_date
    if made_at is None:
        return ()
    return tuple(
        debt
        for transaction in message.transactions
        for debt in _DUTIES.get(transaction.payload.name, _nothing)(participant, transaction, world, made_at)
    )


def _nothing(participant: str, transaction: Transaction, world: World, made_at: datetime) -> Iterator[Owed]:
    yield from ()


def _actual_date(participant: str, transaction: Transaction, world: World, made_at: datetime) -> Iterator[Owed]:
    """Answer a ``CATSDataRequest`` for the actual change date."""
    request = world.requests.get(_text(transaction.payload, "InitiatingRequestID"))
    if request is None or not request.waits_for_read:
        return
    read_on = read_day(request, world)
    when = max(midnight(read_on), made_at)
    number = f"{participant}-{transaction.transaction_id}"[:36]
    yield Owed("CATS", "Medium", (Transaction(number, when, _supply(request, read_on)),), when)


def read_day(request: ChangeRequest, world: World) -> date:
    """The day of the read that completes a request: the next scheduled one where asked for, else as proposed."""
    point = world.point(request.nmi)
    if request.read_type == _NEXT_SCHEDULED_READ and point is not None:
        reads = [meter.next_scheduled_read for meter in point.meters if meter.next_scheduled_read is not None]
        return min((each for each in reads if each >= request.effective), default=request.effective)
    return request.effective


def _supply(request: ChangeRequest, read_on: date) -> Element:
    return element(
        "CATSChangeRequest",
        Element("ChangeReasonCode", "1500"),
        Element("ActualChangeDate", read_on.isoformat()),
        Element("InitiatingRequestID", request.request_id),
        standing_data(nmi_element(request.nmi, True)),
    )


def _text(parent: Element, name: str) -> str | None:
    return next((child.text for child in parent.children if child.name == name), None)


_DUTIES: dict[str, Callable[[str, Transaction, World, datetime], Iterator[Owed]]] = {"CATSDataRequest": _actual_date}
