"""A bad acknowledgement as an event: what it was for, and what of it did not wait."""

from __future__ import annotations

from datetime import datetime

from simulator.asexml.model import Finding
from simulator.hub.commands import Acknowledge
from simulator.hub.events import AcknowledgementRefused
from simulator.hub.queue import Queue


def refused_acknowledgement(
    command: Acknowledge, fault: Finding, now: datetime, queue: Queue
) -> AcknowledgementRefused:
    """What a refused acknowledgement message comes to; ``queue`` is its sender's."""
    initiating, unknown = named_by(command, fault, queue)
    return AcknowledgementRefused(
        now,
        command.caller.participant,
        command.context_id,
        command.received.message_id,
        initiating,
        fault.code,
        fault.rule,
        fault.explanation,
        unknown,
    )


def named_by(command: Acknowledge, fault: Finding, queue: Queue) -> tuple[str | None, str | None]:
    """The first message that acknowledgements name, and the one that did not wait where that is the fault."""
    named = [mack.initiating_message_id for mack in command.received.message_acknowledgements]
    missing = (each for each in named if queue.by_message(each) is None) if fault.rule == "hub.mack-unknown" else ()
    return (named[0] if named else None), next(iter(missing), None)
