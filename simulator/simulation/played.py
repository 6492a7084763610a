"""Played participants: they acknowledge what they are sent and do what their role owes, through the same hub.

    a message of theirs appears ─ pace ─► MessageAcknowledged ─► what it owes ─ at its time ─► Submit, as anybody's

Whoever a scenario does not declare is played, at once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import islice

from simulator.asexml.decode import read
from simulator.asexml.encode import write
from simulator.asexml.model import Element, Header, Message, Transaction
from simulator.asexml.schemas import Schemas
from simulator.base.ids import ContextId
from simulator.base.turn import Event, Turn
from simulator.hub.commands import Reply, Submit
from simulator.hub.events import MessageAppeared, MessageQueued
from simulator.hub.gate import Caller
from simulator.hub.hub import Hub
from simulator.market.played import Owed, owed
from simulator.scenario.model import Participant
from simulator.simulation.habits import Habits
from simulator.world.world import World

CHAIN_LIMIT = 100_000
"""Messages played participants may exchange within one turn before it is called a loop."""


class DutyTaken(Event, frozen=True, tag=True):
    """A played participant will send transactions at a market time."""

    duty: str
    participant: str
    group: str
    priority: str
    release: str
    transactions: tuple[Transaction, ...]


class DutyDone(Event, frozen=True, tag=True):
    """It sent them. ``outcome`` is the rule the hub answered by."""

    duty: str
    outcome: str


PLAYED_EVENTS = (DutyTaken, DutyDone)


class Played:
    """The participants nobody else plays. ``submit`` hands a message to the hub as if it had come over HTTP;
    ``release`` is the aseXML release of what they send unasked."""

    def __init__(
        self,
        declared: Iterable[Participant],
        hub: Hub,
        world: World,
        schemas: Schemas,
        submit: Callable[[Submit, Turn], Reply],
        release: str = "r46",
    ) -> None:
        self._declared = {participant.participant_id: participant for participant in declared}
        self._clients = frozenset(name for name, each in self._declared.items() if not each.played)
        self._hub = hub
        self._world = world
        self._schemas = schemas
        self._submit = submit
        self._release = release
        self.habits = Habits(self._declared.values(), world, self.act)
        self._duties: dict[str, DutyTaken] = {}

    def plays(self, participant: str) -> bool:
        """Whether a participant is played."""
        return participant not in self._clients

    def apply(self, event: Event) -> None:
        """Keep the duties that are still to be done."""
        if isinstance(event, DutyTaken):
            self._duties[event.duty] = event
        elif isinstance(event, DutyDone):
            self._duties.pop(event.duty, None)

    def attend(self, turn: Turn, mark: int) -> None:
        """Let played participants receive what this turn queued for them since ``mark``; it may queue more."""
        habits, clients = self.habits.any, self._clients
        for count, event in enumerate(islice(turn.events, mark, None)):
            if (
                isinstance(event, (MessageQueued, MessageAppeared))
                and event.to not in clients
                and (isinstance(event, MessageAppeared) or event.visible_at <= turn.now)
            ):
                self._appeared(turn, event.to, event.context_id, self._declared.get(event.to))
            if habits:
                self.habits.notice(turn, event)
            if count >= CHAIN_LIMIT:
                raise RuntimeError(f"played participants exchanged {CHAIN_LIMIT} messages in one turn")

    def fire(self, turn: Turn, kind: str, key: str) -> None:
        """A pace has passed (``receive``) or a duty is due (``duty``)."""
        if kind == "receive":
            participant, _, context_id = key.partition("/")
            self._receive(turn, participant, context_id)
        elif (duty := self._duties.get(key)) is not None:
            self._perform(turn, duty)

    def _appeared(self, turn: Turn, to: str, context_id: str, declared: Participant | None) -> None:
        """A played participant can see a message: it takes it, at its pace."""
        if declared is None or not declared.pace:
            self._receive(turn, to, context_id)
        else:
            turn.schedule(turn.now + declared.pace, "played", "receive", f"{to}/{context_id}")

    def _receive(self, turn: Turn, participant: str, context_id: str) -> None:
        entry = self._hub.queue(participant).get(context_id)
        if entry is None:
            return
        message = entry.message
        self._hub.acknowledge_as(participant, context_id, f"{participant}-{message.header.message_id}"[:36], turn)
        if (declared := self._declared.get(participant)) is not None and declared.never_answers:
            return
        for index, debt in enumerate(owed(participant, message, self._world)):
            self._take(turn, participant, f"{participant}/{context_id}/{index}", debt, message.release)

    def act(self, turn: Turn, participant: str, key: str, payload: Element) -> None:
        """Let a played participant send one transaction of CATS. ``key`` makes the act one of a kind."""
        self._send(turn, participant, key, "CATS", payload)

    def send_readings(self, turn: Turn, participant: str, key: str, payload: Element) -> None:
        """Let it send one of MDMT."""
        self._send(turn, participant, key, "MDMT", payload)

    def _send(self, turn: Turn, participant: str, key: str, group: str, payload: Element) -> None:
        duty = f"{participant}/{key}"
        number = f"{participant}-{turn.draw.digits(15, 'act', duty)}"
        debt = Owed(group, "Medium", (Transaction(number, turn.now, payload),))
        self._take(turn, participant, duty, debt, self._release)

    def _take(self, turn: Turn, participant: str, duty: str, debt: Owed, release: str) -> None:
        transactions = tuple(debt.transactions)
        turn.emit(DutyTaken(turn.now, duty, participant, debt.group, debt.priority, release, transactions))
        if debt.when is None or debt.when <= turn.now:
            self._perform(turn, self._duties[duty])
        else:
            turn.schedule(debt.when, "played", "duty", duty)

    def _perform(self, turn: Turn, duty: DutyTaken) -> None:
        serial = turn.draw.digits(12, "played", duty.duty)
        head = Header(
            duty.participant,
            "NEMMCO",
            f"{duty.participant}-{serial}",
            turn.now,
            duty.group,
            duty.priority,
            f"{duty.participant}BATCH" if duty.participant in self._declared else None,
        )
        body = write(Message(duty.release, head, duty.transactions))
        context = ContextId.compose(duty.group, duty.priority, duty.participant, serial).text
        caller = Caller(duty.participant, f"{duty.participant}BATCH")
        reply = self._submit(Submit(caller, context, "NEM", read(body, self._schemas), body), turn)
        turn.emit(DutyDone(turn.now, duty.duty, getattr(reply, "rule", "")))
