"""A turn: one command handled at one moment. Deciding code emits events; applying an event is the only way to change.

``turn.emit(event)`` notes the event for the journal and applies it at once, so that the rest of the turn sees it.
``turn.emit_round(events)`` does so with several that belong together; the journal cannot tell the difference.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

import msgspec

from simulator.base.draw import Draw


class Event(msgspec.Struct, frozen=True, tag=True, omit_defaults=True, gc=False):
    """Something that happened, in the past participle. The journal keeps events and nothing else.

    Events hold values and nothing that could hold them, so the cycle collector need not look at them (``gc=False``).
    """

    at: datetime


class Scheduled(Event, frozen=True, tag=True):
    """Something is to happen at market time ``when``: ``owner`` will be handed ``kind`` and ``key``."""

    due: str
    when: datetime
    owner: str
    kind: str
    key: str


class Fired(Event, frozen=True, tag=True):
    """A scheduled thing came due and was handled."""

    due: str


class Turn:
    """The moment a command is handled in: market time, chance, and the events that came of it."""

    __slots__ = ("_apply", "_apply_round", "draw", "events", "now")

    def __init__(
        self,
        now: datetime,
        draw: Draw,
        apply: Callable[[Event], None],
        apply_round: Callable[[Sequence[Any]], None] | None = None,
    ) -> None:
        """``apply_round`` makes of several events what ``apply`` makes of each in turn."""
        self.now = now
        self.draw = draw
        self.events: list[Event] = []
        self._apply = apply
        self._apply_round = apply_round

    def emit(self, event: Event) -> None:
        """Note an event for the journal and make it true."""
        self.events.append(event)
        self._apply(event)

    def emit_round(self, events: Sequence[Event]) -> None:
        """Note events of one type and moment, and make them true together."""
        self.events += events
        if self._apply_round is not None:
            self._apply_round(events)
            return
        for event in events:
            self._apply(event)

    def schedule(self, when: datetime, owner: str, kind: str, key: str) -> None:
        """Have ``owner`` handed ``(kind, key)`` at market time ``when``. The same key scheduled twice fires twice."""
        self.emit(Scheduled(self.now, f"{owner}/{kind}/{key}/{when.isoformat()}", when, owner, kind, key))
