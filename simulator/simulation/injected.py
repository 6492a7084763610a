"""What is done by hand: messages put into a participant's queue, stop files raised and cleared.

A message comes as a test would have it come: header and ids are kept as given, and no stop file keeps it.
"""

from __future__ import annotations

from datetime import datetime

from simulator.asexml.model import Message, Received, ReceivedTransaction, Transaction
from simulator.asexml.splicing import canonical
from simulator.base.clock import market_time
from simulator.base.errors import BadValue
from simulator.base.ids import ContextId
from simulator.base.turn import Turn
from simulator.hub import post
from simulator.hub.events import MessageQueued
from simulator.hub.order import BY_HAND, Acted
from simulator.simulation.simulation import Simulation

_RULE = "inject.message"


def inject(simulation: Simulation, turn: Turn, received: Received, context_id: str | None = None) -> str:
    """Queue a message for the participant it is addressed to; returns its context id, a new one unless one is given.

    Raises `BadValue` for what is no message, for a MessageID that waits in that queue already, and for a context id
    that does or did lately (`simulator.hub.queue.GONE_KEPT`).
    """
    message = _message(received, turn.now)
    head = message.header
    queue, mark = simulation.hub.queue(head.receiver), len(turn.events)
    if queue.by_message(head.message_id) is not None:
        raise BadValue(f"message {head.message_id!r} waits for {head.receiver} already", rule="inject.message-id")
    if context_id is None:
        number = post.number(turn.draw, "injected", head.receiver, head.message_id, turn.now.isoformat())
        context_id = ContextId.compose(
            head.transaction_group, head.priority or "Medium", head.sender.lower(), number
        ).text
    else:
        context_id = ContextId.parse(context_id).text
    if context_id in queue:
        known = "waits for it, or is one of the last that went"
        raise BadValue(f"{head.receiver} has a message {context_id!r} already: it {known}", rule="inject.context-id")
    turn.emit(Acted(turn.now, BY_HAND))
    turn.emit(MessageQueued(turn.now, head.receiver, context_id, message, turn.now))
    _settle(simulation, turn, mark)
    return context_id


def raise_stop(simulation: Simulation, turn: Turn, participant: str, cause: str, alert_type: str) -> str:
    """A stop file that stands until it is cleared by hand; returns its name."""
    mark = len(turn.events)
    turn.emit(Acted(turn.now, BY_HAND))
    name = simulation.hub.flow.raise_by_hand(turn, participant, cause, alert_type)
    _settle(simulation, turn, mark)
    return name


def clear_stop(simulation: Simulation, turn: Turn, name: str) -> bool | None:
    """Clear the stop file of a name; whether it rose again at once, or None when there was none."""
    flow, mark = simulation.hub.flow, len(turn.events)
    stop = flow.by_name().get(name)
    if stop is None:
        return None
    turn.emit(Acted(turn.now, BY_HAND))
    flow.clear_by_hand(turn, stop.unit, stop.kind, stop.alert_type)
    _settle(simulation, turn, mark)
    return name in flow.by_name()


def _settle(simulation: Simulation, turn: Turn, mark: int) -> None:
    """Counts have changed, messages may be seen: stop files, what they held, and played participants follow."""
    simulation.settle(turn)
    simulation.played.attend(turn, mark)


def _message(received: Received, now: datetime) -> Message:
    if received.findings:
        fault = received.findings[0]
        where = f"line {fault.line}: " if fault.line is not None else ""
        raise BadValue(f"{where}{fault.rule}: {fault.explanation}", rule=_RULE)
    if received.header is None or received.release is None:
        raise BadValue("it has no header", rule=_RULE)
    return Message(
        received.release,
        received.header,
        tuple(_transaction(each, now) for each in received.transactions),
        received.message_acknowledgements,
        received.transaction_acknowledgements,
    )


def _transaction(read: ReceivedTransaction, now: datetime) -> Transaction:
    try:
        date = market_time(datetime.fromisoformat(read.transaction_date)) if read.transaction_date else now
    except (ValueError, OverflowError):
        raise BadValue(f"transactionDate {read.transaction_date[:40]!r} is none", rule=_RULE) from None
    return Transaction(read.transaction_id, date, canonical(read.view), read.initiating_transaction_id)
