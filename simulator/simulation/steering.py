"""What becomes of AEMO's messages on their way into a queue: the only place that drops, doubles, delays and holds them.

rule ─ drop ─► nobody is told          rule ─ duplicate n ─► queued n times, with one MessageID
rule ─ delay ─► seen later             rule ─ hold NAME ─► unseen ─ release NAME ─► seen, and so are later ones
rule ─ reorder n ─► unseen until there are n, or some time has passed ─► seen, the last first

Those that changed places at one moment were all seen after the deepest act that one of them came of, and after whatever
else is as deep: whoever completed them makes no difference.

A rule about the message itself (``outgoing``) goes before the one that answers; of what it leaves open (when a message
is seen, how often it is queued) that one has its say.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from msgspec.structs import replace

from simulator.asexml.model import Message, Transaction, TransactionAcknowledgement
from simulator.base.turn import Event, Turn
from simulator.hub import post
from simulator.hub.hub import UNTIL_RELEASED, Hub
from simulator.hub.letters import Letters
from simulator.hub.order import BY_HAND
from simulator.scenario.engine import NO_REACTION, Engine, Reaction
from simulator.scenario.facts import OutgoingFacts
from simulator.scenario.reactions import Delay, Drop, Hold, Reorder
from simulator.simulation.beside import Beside


class MessageHeld(Event, frozen=True, tag=True):
    """A message of AEMO's is held back under a name."""

    hold: str
    to: str
    context_id: str


class HoldReleased(Event, frozen=True, tag=True):
    """What was held back under a name can be seen; nothing is held under it any more."""

    hold: str


class MessageWaits(Event, frozen=True, tag=True):
    """A message of AEMO's waits for others, to change places with them. ``by`` names the rule."""

    by: str
    to: str
    context_id: str


class PlacesChanged(Event, frozen=True, tag=True):
    """Messages that waited for one another can be seen, the last first."""

    by: str
    to: str


class MessageDropped(Event, frozen=True, tag=True):
    """AEMO would have sent a message, and a rule dropped it."""

    by: str
    to: str
    message_id: str


STEERING_EVENTS = (MessageHeld, HoldReleased, MessageWaits, PlacesChanged, MessageDropped)


class Steering:
    """Sends what AEMO sends, the way rules want it."""

    def __init__(self, hub: Hub, engine: Engine, beside: Beside) -> None:
        self._hub = hub
        self._engine = engine
        self._beside = beside
        self._reaction = NO_REACTION
        self._held: dict[str, list[tuple[str, str]]] = {}
        self._released: set[str] = set()
        self._waiting: dict[tuple[str, str], list[str]] = {}
        self._changed: dict[tuple[str, str], int] = {}
        """Rule and receiver → how often messages changed places."""

    def under(self, reaction: Reaction, answer: Callable[[], None]) -> None:
        """Let AEMO answer one transaction; everything it sends meanwhile goes the way ``reaction`` says."""
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
        if self._reaction is NO_REACTION and not self._engine.steers:
            if acknowledgements:
                self._hub.send(turn, to, group, priority, transactions, acknowledgements, release=release)
            else:
                self._hub.send_all(turn, group, priority, ((to, tuple(transactions)),), release=release)
            return
        context, message = self._hub.made(turn, to, group, priority, transactions, acknowledgements, release)
        facts = OutgoingFacts(to, message)
        found = self._engine.on_outgoing(turn, facts)
        reaction = _both(found, self._reaction)
        if found.template is not None and message.transactions:
            payload = self._beside.payload(turn, found, facts, found.template)
            if payload is not None:
                given = replace(message.transactions[0], payload=payload)
                message = replace(message, transactions=(given, *message.transactions[1:]))
        self._queue(turn, context, message, to, reaction)
        if found is not NO_REACTION:
            self._reaction, kept = NO_REACTION, self._reaction
            self._beside.do(turn, found, facts)
            self._reaction = kept

    def send_all(self, turn: Turn, group: str, priority: str, letters: Letters) -> None:
        """Queue a message from NEMMCO for each receiver, in the order given."""
        if self._reaction is NO_REACTION and not self._engine.steers:
            self._hub.send_all(turn, group, priority, letters)
            return
        for to, transactions in letters:
            self.send(turn, to, group, priority, transactions)

    def _queue(self, turn: Turn, context: str, message: Message, to: str, reaction: Reaction) -> None:
        rule = "" if reaction.rule is None else reaction.rule.name
        if reaction.drop:
            turn.emit(MessageDropped(turn.now, rule, to, message.header.message_id))
            return
        hold = None if reaction.hold in self._released else reaction.hold
        unseen = hold is not None or reaction.reorder is not None
        visible_at = UNTIL_RELEASED if unseen else turn.now + reaction.delay
        contexts = [context, *(post.another_context(turn.draw, to, message, n) for n in range(1, reaction.copies))]
        for each in contexts:
            self._hub.queue_up(turn, to, each, message, visible_at)
            if hold is not None:
                turn.emit(MessageHeld(turn.now, hold, to, each))
            elif reaction.reorder is not None:
                self._wait(turn, rule, to, each, reaction)

    def _wait(self, turn: Turn, rule: str, to: str, context: str, reaction: Reaction) -> None:
        assert reaction.reorder is not None
        turn.emit(MessageWaits(turn.now, rule, to, context))
        waiting = self._waiting[rule, to]
        if len(waiting) >= reaction.reorder.of:
            self._change_places(turn, rule, to)
        elif len(waiting) == 1:
            group = self._changed.get((rule, to), 0)
            turn.schedule(turn.now + reaction.reorder.within, "steering", "reorder", f"{to}/{group}/{rule}")

    def fire(self, turn: Turn, kind: str, key: str) -> None:
        """Messages have waited long enough for others; unless those came, and they are seen already."""
        to, group, rule = key.split("/", 2)
        if (rule, to) in self._waiting and self._changed.get((rule, to), 0) == int(group):
            self._change_places(turn, rule, to)

    def _change_places(self, turn: Turn, rule: str, to: str) -> None:
        group = self._ranked((to, each) for each in self._waiting[rule, to])
        last = self._hub.queue(to).waiting(group[-1][1])
        stamp = (last.stamp[0], BY_HAND + rule) if last.received_at == turn.now else None
        for _, context in reversed(group):
            self._hub.release(turn, to, context, stamp)
        turn.emit(PlacesChanged(turn.now, rule, to))

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
        waiting = self._ranked(self._held.get(hold, ()))
        for to, context_id in waiting:
            self._hub.release(turn, to, context_id)
        turn.emit(HoldReleased(turn.now, hold))
        return len(waiting)

    def _ranked(self, unseen: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
        """Messages by receiver and context id, in the order of what had them queued, whichever came first."""
        return sorted(unseen, key=lambda each: self._hub.queue(each[0]).waiting(each[1]).rank)

    def apply(self, event: Event) -> None:
        """Make an event true."""
        if isinstance(event, MessageHeld):
            self._held.setdefault(event.hold, []).append((event.to, event.context_id))
        elif isinstance(event, HoldReleased):
            self._held.pop(event.hold, None)
            self._released.add(event.hold)
        elif isinstance(event, MessageWaits):
            self._waiting.setdefault((event.by, event.to), []).append(event.context_id)
        elif isinstance(event, PlacesChanged):
            self._waiting.pop((event.by, event.to), None)
            self._changed[event.by, event.to] = self._changed.get((event.by, event.to), 0) + 1


def _both(message: Reaction, answer: Reaction) -> Reaction:
    """How a message goes by the rule about it, and by the one that answers with it."""
    if message is NO_REACTION or answer is NO_REACTION:
        return answer if message is NO_REACTION else message
    when = message.rule is not None and any(
        isinstance(each, Drop | Delay | Hold | Reorder) for each in message.rule.answer
    )
    copies = message.copies if message.copies > 1 else answer.copies
    return replace(message if when else answer, copies=copies)
