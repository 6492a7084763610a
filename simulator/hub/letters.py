"""Messages of AEMO's to several participants, of one moment: the only place that makes them together.

Which of them may be made together `simulator.hub.flow` says; all others are sent one by one, to the same end.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from simulator.asexml.model import Transaction
from simulator.hub import post
from simulator.hub.events import MessageQueued
from simulator.hub.members import Membership
from simulator.hub.queue import Queue

Letters = Sequence[tuple[str, tuple[Transaction, ...]]]
"""To whom, and what: a message each. Those to the same receiver have first transactions of different numbers."""


def queued_together(
    now: datetime,
    group: str,
    priority: str,
    letters: Letters,
    release: str | None,
    members: Membership,
    queues: Mapping[str, Queue],
) -> list[MessageQueued] | None:
    """The events of their being queued, to be seen at once; None when one of them has to look for a number."""
    stem, queued = post.stem(group, priority), []
    for to, transactions in letters:
        serial = post.serial(transactions)
        if serial is None or (context := stem + serial) in queues[to]:
            return None
        written_in = release or members.releases.get(to, members.release)
        message = post.message(to, serial, now, group, priority, written_in, transactions)
        queued.append(MessageQueued(now, to, context, message, now))
    return queued
