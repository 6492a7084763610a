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
    named = [mack.initiating_message_id for mack in command.received.message_acknowledgements]
    missing = (each for each in named if queue.by_message(each) is None) if fault.rule == "hub.mack-unknown" else ()
    return AcknowledgementRefused(
        now,
        command.caller.participant,
        command.context_id,
        command.received.message_id,
        named[0] if named else None,
        fault.code,
        fault.rule,
        fault.explanation,
        next(iter(missing), None),
    )
