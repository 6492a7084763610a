"""Where AEMO's answers go late: the only place that delays them, holds them back and releases them.

rule ─ delay ─► seen later            rule ─ hold NAME ─► unseen ─ release NAME ─► seen, and so are later ones
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from simulator.asexml.model import Transaction, TransactionAcknowledgement
from simulator.base.turn import Event, Turn
from simulator.hub.hub import UNTIL_RELEASED, Hub
from simulator.scenario.engine import NO_REACTION, Reaction


class MessageHeld(Event, frozen=True, tag=True):
    """A message of AEMO's is held back under a name."""

    hold: str
    to: str
    context_id: str


class HoldReleased(Event, frozen=True, tag=True):
    """What was held back under a name can be seen; nothing is held under it any more."""

    hold: str


STEERING_EVENTS = (MessageHeld, HoldReleased)


class Steering:
    """Sends what AEMO sends, as late as the rule that answers wants it."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._reaction = NO_REACTION
        self._held: dict[str, list[tuple[str, str]]] = {}
        self._released: set[str] = set()

    def under(self, reaction: Reaction, answer: Callable[[], None]) -> None:
        """Let AEMO answer one transaction; everything it sends meanwhile is as late as ``reaction`` says."""
        self._reaction = reaction
        try:
            answer()
        finally:
            self._reaction = NO_REACTION

    def send(
        self,
        turn: Turn,
        to: str,
        group: str,
        priority: str,
        transactions: Sequence[Transaction] = (),
        acknowledgements: Sequence[TransactionAcknowledgement] = (),
        *,
        release: str | None = None,
    ) -> None:
        """Queue a message from NEMMCO."""
        if self._reaction is NO_REACTION:
            self._hub.send(turn, to, group, priority, transactions, acknowledgements, release=release)
            return
        hold, visible_at = self._reaction.hold, turn.now + self._reaction.delay
        if hold in self._released:
            hold = None
        if hold is not None:
            visible_at = UNTIL_RELEASED
        parts = (transactions, acknowledgements)
        context_id = self._hub.send(turn, to, group, priority, *parts, release=release, visible_at=visible_at)
        if hold is not None:
            turn.emit(MessageHeld(turn.now, hold, to, context_id))

    def acknowledge(
        self,
        turn: Turn,
        to: str,
        group: str,
        acknowledgement: TransactionAcknowledgement,
        *,
        release: str | None = None,
    ) -> None:
        """Queue a transaction acknowledgement from NEMMCO."""
        self.send(turn, to, group, "Medium", (), (acknowledgement,), release=release)

    def release(self, turn: Turn, hold: str) -> int:
        """Let everything be seen that was held back under a name; returns how many messages."""
        waiting = tuple(self._held.get(hold, ()))
        for to, context_id in waiting:
            self._hub.release(turn, to, context_id)
        turn.emit(HoldReleased(turn.now, hold))
        return len(waiting)

    def apply(self, event: Event) -> None:
        """Make an event true."""
        if isinstance(event, MessageHeld):
            self._held.setdefault(event.hold, []).append((event.to, event.context_id))
        elif isinstance(event, HoldReleased):
            self._held.pop(event.hold, None)
            self._released.add(event.hold)
