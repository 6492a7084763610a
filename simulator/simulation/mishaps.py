"""Where rules and the timeline have things go wrong: which fault strikes a request, and since when faults that last do.

request ─► an outage of the timeline? ─► first rule that fits ─► its time? ─► Struck ─ it took effect ─► FaultFired
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec

from simulator.asexml.model import MessageAcknowledgement, Received
from simulator.base.turn import Event, Turn
from simulator.hub import post
from simulator.hub.commands import Acknowledge, Acknowledged, Submit
from simulator.hub.events import AnswerStruck, MessageLost
from simulator.hub.hub import Hub
from simulator.hub.order import Acted
from simulator.hub.queue import Entry
from simulator.hub.takeover import taken_over
from simulator.scenario.counts import Scoped
from simulator.scenario.engine import Engine, Explanation, RequestReaction
from simulator.scenario.facts import Facts, OutgoingFacts, RequestFacts, sent
from simulator.scenario.faults import BY_NAME, SOUND, Mishap
from simulator.scenario.model import Rule
from simulator.scenario.story import Entry as StoryEntry
from simulator.scenario.story import Outage
from simulator.simulation.beside import Beside

LASTING = frozenset(("outage", "maintenance", "throttling burst"))
SWALLOWING = frozenset(("accepted but lost", "acknowledgement lost"))


class FaultFired(Event, frozen=True, tag=True):
    """A fault took effect on an exchange. ``by`` names the rule, or the entry of the timeline, that asked for it.

    ``scope``: what the rule counts it for; a fault that lasts begins for each by itself.
    """

    by: str
    rule: str
    participant: str
    operation: str
    scope: str = ""


class OutageBegan(Event, frozen=True, tag=True):
    """The timeline has nobody answered well until then."""

    entry: str
    until: datetime
    status: int


MISHAP_EVENTS = (FaultFired, OutageBegan)


class Struck(msgspec.Struct, frozen=True):
    """A fault that strikes an exchange, and the rule that asked for it."""

    mishap: Mishap
    by: str
    scope: str = ""


class Missed(msgspec.Struct, frozen=True):
    """Why no rule had a say in an exchange."""

    nearest: Explanation


class Mishaps:
    """What goes wrong in one simulation. ``watchful``: whether anything can; a story without faults pays nothing."""

    def __init__(
        self, rules: Sequence[Rule], entries: Sequence[StoryEntry], engine: Engine, hub: Hub, beside: Beside
    ) -> None:
        self._engine = engine
        self._hub = hub
        self._beside = beside
        self._since: dict[str, Scoped[datetime]] = {}
        self._outages: tuple[OutageBegan, ...] = ()
        self.fetches = any(rule.outgoing is not None and rule.fault is not None for rule in rules)
        self.messages = any(rule.message is not None and rule.fault is not None for rule in rules)
        self.questions = any(rule.netstream is not None for rule in rules)
        asked = self.questions or any(rule.request is not None for rule in rules)
        outages = any(isinstance(entry.action, Outage) for entry in entries)
        self.watchful = asked or outages or self.messages or self.fetches
        self.changes: Mapping[type[Event], Callable[[Any], None]] = {
            FaultFired: self._fired,
            OutageBegan: self._began,
        }

    # Deciding

    def on_request(self, turn: Turn, facts: RequestFacts) -> Struck | Missed | None:
        """What strikes a request that has passed the gate."""
        outage = self._outage(turn.now)
        if outage is not None and facts.question is None:
            return Struck(Mishap(BY_NAME["outage"], {"status": outage.status}), outage.entry)
        reaction = self._engine.on_request(turn, facts)
        if reaction is not None:
            self._beside.alone(turn, reaction, facts)
        return self._struck(turn, reaction, facts.operation) if reaction is not None else self._missed(turn, facts)

    def on_message(self, turn: Turn, received: Received, operation: str) -> Struck | Missed | None:
        """What strikes a message that was read, before the hub sees it."""
        said = sent(received)
        reaction = self._engine.on_message(turn, said)
        if reaction is not None:
            self._beside.alone(turn, reaction, reaction.about)
        if reaction is None and said:
            return self._missed(turn, said[-1])  # asked last: whose turn it was is told as it was then
        return self._struck(turn, reaction, operation)

    def on_fetched(self, turn: Turn, to: str, entry: Entry) -> Struck | Missed | None:
        """What strikes a message that is handed over."""
        facts = OutgoingFacts(to, entry.message)
        reaction = self._engine.on_fetched(turn, facts)
        if reaction is not None:
            self._beside.alone(turn, reaction, facts)
        return self._struck(turn, reaction, "getMessages") if reaction is not None else self._missed(turn, facts)

    def _outage(self, now: datetime) -> OutageBegan | None:
        """The outage of the timeline that lasts; of several the one that began last."""
        return next((each for each in reversed(self._outages) if now < each.until), None)

    def _missed(self, turn: Turn, facts: Facts) -> Missed | None:
        nearest = self._engine.nearest(turn, facts)
        return None if nearest is None else Missed(nearest)

    def _struck(self, turn: Turn, reaction: RequestReaction | None, operation: str) -> Struck | None:
        if reaction is None or reaction.fault is None:
            return None
        mishap, by = reaction.fault, reaction.rule.name
        only = mishap.fault.only
        if only and operation not in only:
            self._beside.failed(turn, by, f"{mishap.fault.name} strikes nothing in {operation}")
            return None
        if not self._goes_on(mishap, by, reaction.scope, turn.now):
            self._beside.failed(turn, by, f"its {mishap.fault.name} is {_over(mishap)}")
            return None
        return Struck(mishap, by, reaction.scope)

    def _goes_on(self, mishap: Mishap, by: str, scope: str, now: datetime) -> bool:
        """Faults that last count from the first time the rule struck, for each scope of its own."""
        since = self._since.get(by)
        passed = timedelta(0) if since is None else now - since.get(scope, now)
        if mishap.fault.name in LASTING:
            return passed < mishap.period("for")
        if mishap.fault.name == "flapping":
            down, up = mishap.period("down"), mishap.period("up")
            return down + up > timedelta(0) and passed % (down + up) < down
        return True

    def fire(self, turn: Turn, struck: Struck, participant: str, operation: str) -> None:
        """A fault took effect."""
        turn.emit(FaultFired(turn.now, struck.by, struck.mishap.fault.rule, participant, operation, struck.scope))

    def begin_outage(self, turn: Turn, entry: str, outage: Outage) -> str:
        """From now on nobody is answered well; returns what is told of it."""
        until = turn.now + outage.lasts
        turn.emit(OutageBegan(turn.now, entry, until, outage.status))
        return f"{outage.status} until {until.isoformat()}"

    # What faults of the queue do

    def repeat(self, turn: Turn, to: str, entry: Entry) -> None:
        """Queue what a message carries once more: the same transactions under another MessageID and context id."""
        message, head = entry.message, entry.message.header
        turn.emit(Acted(turn.now, to))
        parts = (message.transactions, message.transaction_acknowledgements)
        self._hub.send(turn, to, head.transaction_group, head.priority or "Medium", *parts, release=message.release)

    def swallowed(self, turn: Turn, command: Submit | Acknowledge) -> Acknowledged | None:
        """The acknowledgement of a message that is not processed; None for one that would be refused."""
        received, participant = command.received, command.caller.participant
        header = received.header
        if header is None or received.findings:
            return None
        release, group = received.release or "r46", header.transaction_group
        if isinstance(command, Submit):
            turn.emit(taken_over(MessageLost, command, turn, release, "swallowed"))
        number = post.number(turn.draw, "swallowed", f"{participant}/{header.message_id}")
        content = MessageAcknowledgement(header.message_id, turn.now, "Accept", f"NEMMCO-MSGR-{number}")
        made = post.acknowledgement(participant, f"NEMMCO-MSG-{number}", turn.now, group, release, content)
        return Acknowledged(made, "hub.accept")

    def untold(self, turn: Turn, struck: Struck, command: Submit) -> None:
        """The answer to a message that was taken over is struck, unless all of it comes all the same."""
        if struck.mishap.fault.name in SOUND:
            return
        told = (command.caller.participant, command.received.message_id or "")
        turn.emit(AnswerStruck(turn.now, *told, f"{struck.by}: {struck.mishap.fault.meaning}"))

    def other(self, participant: str, context_id: str | None) -> str | None:
        """The context id of another message that waits; the one asked for where there is none."""
        waiting = (entry.context_id for entry in self._hub.queue(participant).entries())
        return next((each for each in waiting if each != context_id), context_id)

    # What is true

    def _fired(self, event: FaultFired) -> None:
        since = self._since.setdefault(event.by, Scoped())
        since.put(event.scope, since.get(event.scope, event.at))

    def _began(self, event: OutageBegan) -> None:
        self._outages = (*(each for each in self._outages if event.at < each.until), event)


def _over(mishap: Mishap) -> str:
    """How a fault that lasts is spoken of when it does not strike."""
    return "over" if mishap.fault.name in LASTING else "between two times"
