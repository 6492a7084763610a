"""The promise that a message is processed, as an event: what is kept of a message that was answered with an Accept."""

from __future__ import annotations

from typing import TypeVar

from simulator.base.turn import Turn
from simulator.hub import post
from simulator.hub.commands import Submit
from simulator.hub.events import MessageReceived

Kind = TypeVar("Kind", bound=MessageReceived)


def taken_over(kind: type[Kind], command: Submit, turn: Turn, release: str, drawn: str = "receipt") -> Kind:
    """An event of that kind, for a message without findings. ``drawn`` names what its receipt is drawn by."""
    received, sender = command.received, command.caller.participant
    header = received.header
    if header is None:
        raise LookupError("a message without findings has a header")
    number = post.number(turn.draw, drawn, f"{sender}/{header.message_id}")
    return kind(
        turn.now,
        sender,
        command.context_id,
        header.message_id,
        header.transaction_group,
        received.release or release,
        f"NEMMCO-MSGR-{number}",
        received.digest,
        command.body,
        tuple([(each.transaction_id, each.name) for each in received.transactions]),
        header.priority,
        f"NEMMCO-MSG-{number}",
    )
