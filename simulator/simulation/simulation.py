"""The house without its shell: hub, market, scenario and played participants around one state, and the due-event heap.

handle(command, turn) ─► everything due by now ─► hub ─► market, for what is addressed to AEMO ─► played participants
apply(event)          ─► every machine, in the same order live and replayed
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import partial
from hashlib import blake2b
from typing import Any

import msgspec
from msgspec.structs import replace

from simulator.asexml.model import Received, Transaction, TransactionAcknowledgement
from simulator.asexml.schemas import Schemas
from simulator.base.draw import Draw
from simulator.base.turn import Event, Fired, Scheduled, Turn
from simulator.hub import post
from simulator.hub.commands import Acknowledged, Command, Reply, Submit
from simulator.hub.events import HUB_EVENTS, MessageQueued
from simulator.hub.gate import GATE_EVENTS, Account, Gate
from simulator.hub.hub import Hub
from simulator.hub.ledger import Ledger
from simulator.hub.members import Membership
from simulator.hub.order import ORDER_EVENTS, Acted, Order
from simulator.market.desk import Request
from simulator.market.market import MARKET_EVENTS, Market
from simulator.market.operator import PRIORITIES
from simulator.market.own_rules import OwnRules
from simulator.market.rules import shipped_rules
from simulator.netstream.events import NETSTREAM_EVENTS
from simulator.netstream.netstream import Netstream
from simulator.scenario.engine import NO_REACTION, SCENARIO_EVENTS, Engine, Reaction
from simulator.scenario.facts import MessageFacts
from simulator.scenario.model import Scenario
from simulator.scenario.readers import nmis
from simulator.simulation.beside import BESIDE_EVENTS, Beside, refusing
from simulator.simulation.by_hand import ByHand
from simulator.simulation.deliveries import Deliveries
from simulator.simulation.due import DueHeap
from simulator.simulation.events import SIMULATION_EVENTS, Begun, ClockMoved
from simulator.simulation.inbound import Inbound, answers, changes_read_date
from simulator.simulation.mishaps import MISHAP_EVENTS, Mishaps
from simulator.simulation.played import PLAYED_EVENTS, Played
from simulator.simulation.steering import STEERING_EVENTS, Steering
from simulator.simulation.timeline import TIMELINE_EVENTS, Timeline
from simulator.simulation.windows import Windows
from simulator.world.calendar import Calendar
from simulator.world.metering import Metering
from simulator.world.population import grown_base
from simulator.world.world import Base, World

ALL_EVENTS: tuple[type[Event], ...] = (
    *SIMULATION_EVENTS,
    *HUB_EVENTS,
    *ORDER_EVENTS,
    *MARKET_EVENTS,
    *SCENARIO_EVENTS,
    *NETSTREAM_EVENTS,
    *STEERING_EVENTS,
    *BESIDE_EVENTS,
    *PLAYED_EVENTS,
    *TIMELINE_EVENTS,
    *MISHAP_EVENTS,
    Scheduled,
    Fired,
)


LONG_WORK = frozenset(("report-block",))
"""Kinds of due things that are pieces of long work: nothing may hold the loop for more than one of them."""


class Simulation:
    """All state of one workspace. The shell may read ``switches``, ``gate``, ``hub``, ``market`` and ``ledger``."""

    def __init__(self, scenario: Scenario, schemas: Schemas, base: Base | None = None) -> None:
        """``base`` is another simulation's of the same scenario, which never changes: none is grown anew."""
        self.scenario = scenario
        self.switches = scenario.switches
        self.draw = Draw(scenario.seed)
        self.gate = Gate(_accounts(scenario), self.switches, scenario.throttle)
        self.order = _order(scenario)
        self.hub = Hub(_membership(scenario), self.switches, scenario.limits, self.order)
        self.base = _base(scenario) if base is None else base
        world = World(self.base)
        self.engine = Engine(scenario.when, _Surroundings(self.hub, scenario))
        self.beside = Beside(self.engine, world, self.order)
        self.steering = Steering(self.hub, self.engine, self.beside)
        self.beside.send = self.steering.send
        world.readings.load((*scenario.given.readings.days, *scenario.given.readings.accumulations))
        self.market = self._market(world)
        self.metering = Metering(world, self.draw, scenario.given.readings.odd)
        self.market.read_from(self.metering, self.hub.flow)
        self.netstream = Netstream(scenario.given.netstream, self.metering, scenario.netstream_switches, self.draw)
        self.mishaps = Mishaps(scenario.when, scenario.at, self.engine, self.hub, self.beside)
        self.ledger = Ledger(self.order)
        self.inbound = Inbound(self.hub.flow, scenario.processing, schemas, self._respond)
        players = (scenario.given.participants, self.hub, world, schemas, self._submitted, scenario.release)
        self.played = Played(*players)
        self.deliveries = Deliveries(scenario.given.participants, self.metering, self.played.send_readings)
        self.beside.attend = self.played.attend
        by_hand = ByHand(self.hub.flow, self.steering, self.mishaps, self.beside)
        self.timeline = Timeline(scenario.at, world, self.played.plays, self.played.act, by_hand)
        self.windows = Windows()
        self.heap = DueHeap(self.order)
        self.latest: datetime | None = None
        self._changes = self._by_machine()
        self._owners = self._by_owner()

    def _by_owner(self) -> dict[str, Callable[[Turn, str, str], None]]:
        """Who schedules what is due → who does it."""
        return {
            "hub": self.hub.fire,
            "inbound": self.inbound.fire,
            "market": self.market.fire,
            "netstream": self.netstream.fire,
            "played": self.played.fire,
            "habits": self.played.habits.fire,
            "steering": self.steering.fire,
            "deliveries": self.deliveries.fire,
            "timeline": self.timeline.fire,
            "windows": self.windows.fire,
        }

    def _market(self, world: World) -> Market:
        """AEMO, with the scenario's own rule tables where it brings any."""
        own = self.scenario.own_rules or OwnRules(shipped_rules())
        rules = own.rules.switching(self.switches.switching_rules)
        calendar = Calendar(own.days_off, every_day=self.switches.transition_times == "calendar days")
        return Market(world, self.switches, self.steering, rules, calendar, self.order)

    def _by_machine(self) -> dict[type[Event], tuple[Callable[[Any], None], ...]]:
        """Event type → what changes with it, in this order."""
        return _by_event(
            self.order.changes,
            self.market.changes,  # before the hub: who is handed a message is handed the rows it tells of
            dict.fromkeys(GATE_EVENTS, self.gate.apply),
            *self.hub.changes,
            self.inbound.changes,
            self.ledger.changes,
            self.engine.changes,
            self.mishaps.changes,
            self.windows.changes,
            dict.fromkeys(STEERING_EVENTS, self.steering.apply),
            dict.fromkeys(PLAYED_EVENTS, self.played.apply),
            {Scheduled: self.heap.push, Fired: self.heap.drop, Begun: self._began},
        )

    def turn(self, now: datetime) -> Turn:
        """A turn at a moment of market time."""
        return Turn(now, self.draw, self.apply, self.apply_round)

    # Deciding

    def handle(self, command: Command, turn: Turn) -> Reply:
        """Everything due first, then the command, then what played participants do about it."""
        self.wake(turn)
        mark = len(turn.events)
        command = self.hub.placed(command)
        if isinstance(command, Submit) and not self.order.tells(command.caller.participant):
            turn.emit(Acted(turn.now, command.caller.participant))
        reply = self.hub.handle(command, turn)
        if len(turn.events) > mark:
            if isinstance(command, Submit) and isinstance(reply, Acknowledged) and reply.rule == "hub.accept":
                nearest, rules = self._answer(command.caller.participant, command.received, turn)
                reply = replace(reply, nearest=nearest, rules=rules) if nearest or rules else reply
            self.inbound.go_on(turn)
            self.played.attend(turn, mark)
        return reply

    def wake(self, turn: Turn, *, giving_way: bool = False) -> bool:
        """Handle everything due by the turn's now, each at its own moment, in order.

        ``giving_way`` stops after a piece of long work, and tells whether something is still due.
        """
        end = turn.now
        while (due := self.heap.due(end)) is not None:
            turn.now = max(due.when, self.latest or due.when)
            mark = len(turn.events)
            turn.emit(Fired(turn.now, due.due))
            self._owners[due.owner](turn, due.kind, due.key)
            self.inbound.go_on(turn)
            self.played.attend(turn, mark)
            if giving_way and due.kind in LONG_WORK:
                break
        turn.now = end
        return self.heap.due(end) is not None

    def begin(self, turn: Turn) -> None:
        """The first event of a journal: which story it is; then what its timeline holds."""
        scenario = self.scenario
        where = scenario.file if scenario.text else ""
        told = (scenario.name, scenario.seed, self.base.story, scenario.text, where)
        turn.emit(Begun(turn.now, *told, steps=self.ledger.steps))
        self.timeline.begin(turn)
        self.netstream.begin(turn)
        self.deliveries.begin(turn)

    def move_clock(self, turn: Turn) -> None:
        """The clock was moved by hand: a restart must not fall behind it."""
        self.wake(turn)
        turn.emit(ClockMoved(turn.now))

    def _answer(self, sender: str, received: Received, turn: Turn) -> tuple[object, tuple[str, ...]]:
        """AEMO answers every transaction of a message it took over; returns why no rule had a say, or which had."""
        header = received.header
        if header is None:
            return "", ()
        missed: list[object] = []
        mark = len(turn.events)
        release = received.release or self.scenario.release
        stops = self.inbound.stops(sender)
        for place, transaction in enumerate(received.transactions, 1):
            if not self.inbound.defers(turn, sender, header.message_id, place - 1, transaction, stops):
                head = (header.message_id, header.transaction_group, release, header.priority)
                missed.append(self._respond(turn, MessageFacts(sender, transaction, header.receiver, *head, place)))
        rules = self.beside.told(turn.events[mark:]) if self.engine.answers or self.engine.steers else ()
        self.settle(turn)
        return missed[0] if missed and all(missed) else "", rules

    def _respond(self, turn: Turn, asked: MessageFacts) -> object:
        """AEMO processes one transaction; returns why no rule had a say in it, "" where one had or there are none."""
        self.market.sequence.rest_on(turn, partial(nmis, asked))
        mark, sender, transaction = len(turn.events), asked.sender, asked.transaction
        if self.switches.transaction_acknowledgements == "every transaction":
            content = TransactionAcknowledgement(
                transaction.transaction_id, turn.now, "Accept", _receipt(turn, sender, transaction.transaction_id)
            )
            self.steering.acknowledge(turn, sender, asked.group, content, release=asked.release)
        reaction = self.engine.react(turn, asked)
        nearest = self.engine.nearest_answer(turn, asked) if reaction is NO_REACTION else None
        self.steering.under(reaction, partial(self._processed, turn, asked, reaction))
        self.beside.do(turn, reaction, asked)
        if changes_read_date(transaction):
            answers(turn, mark, sender, transaction.transaction_id)
        return nearest or ""

    def _processed(self, turn: Turn, asked: MessageFacts, reaction: Reaction) -> None:
        """The market answers, or a rule's template does."""
        answer = None if reaction.template is None else self.beside.payload(turn, reaction, asked, reaction.template)
        if answer is None:
            refused = refusing(reaction, asked)
            request = Request(asked.sender, asked.group, asked.release, asked.transaction, *refused)
            self.market.respond(turn, request)
            return
        transaction_id = asked.transaction.transaction_id
        number = f"{asked.group}-{post.number(turn.draw, 'template answer', asked.sender, transaction_id)}"
        transaction = Transaction(number, turn.now, answer, transaction_id)
        priority = PRIORITIES.get(asked.group, "Medium")
        self.steering.send(turn, asked.sender, asked.group, priority, (transaction,), release=asked.release)

    def settle(self, turn: Turn) -> None:
        """Stop files are raised and cleared; what they held goes on."""
        self.hub.flow.settle(turn)
        self.inbound.go_on(turn)

    def _submitted(self, command: Submit, turn: Turn) -> Reply:
        """A played participant's message goes the way of everybody's."""
        reply = self.hub.handle(command, turn)
        if isinstance(reply, Acknowledged) and reply.rule == "hub.accept":
            self._answer(command.caller.participant, command.received, turn)
        return reply

    # The only way state changes

    def apply(self, event: Event) -> None:
        """Make an event true in every machine that has a use for it."""
        at = event.at
        if at is not self.latest and (self.latest is None or at > self.latest):
            self.latest = at
        for change in self._changes.get(type(event), ()):
            change(event)

    def _began(self, event: Begun) -> None:
        self.ledger.steps = event.steps

    def apply_round(self, events: Sequence[MessageQueued]) -> None:
        """Make messages of one moment true that everybody can see: as `apply` does one by one, machine by machine."""
        if MessageQueued in self.engine.changes:
            for event in events:
                self.apply(event)
            return
        at = events[0].at
        if self.latest is None or at > self.latest:
            self.latest = at
        stamps = self.market.sent(events)
        self.hub.queued(events, stamps)
        self.ledger.queued(events, stamps)


class _Surroundings:
    """What rules may ask of the rest of the house."""

    def __init__(self, hub: Hub, scenario: Scenario) -> None:
        self._hub = hub
        self._roles = {member.participant_id: member.roles for member in scenario.given.participants}

    def depth(self, participant: str) -> int:
        """How many messages a participant's queue shows."""
        return len(self._hub.queue(participant))

    def roles(self, participant: str) -> tuple[str, ...]:
        """The roles a participant is declared with."""
        return self._roles.get(participant, ())


def _receipt(turn: Turn, sender: str, transaction_id: str) -> str:
    return f"NEMMCO-TSR-{post.number(turn.draw, 'transaction receipt', sender, transaction_id)}"


def _by_event(
    *machines: Mapping[type[Event], Callable[[Any], None]],
) -> dict[type[Event], tuple[Callable[[Any], None], ...]]:
    """Event type → the machines that change with it, in the order given."""
    found: dict[type[Event], tuple[Callable[[Any], None], ...]] = {}
    for machine in machines:
        for kind, change in machine.items():
            found[kind] = (*found.get(kind, ()), change)
    return found


def _base(scenario: Scenario) -> Base:
    parties = {member.participant_id: member.roles for member in scenario.given.participants}
    base = grown_base(scenario.given.points, scenario.given.population, scenario.seed, parties)
    told = msgspec.json.encode(scenario.given, order="deterministic", enc_hook=_plain)
    base.story = blake2b(told, digest_size=8).hexdigest()
    return base


def _plain(value: object) -> object:
    """What JSON has no word for: read-only mappings, and values that say what they are."""
    return dict(value) if isinstance(value, Mapping) else repr(value)


def _accounts(scenario: Scenario) -> list[Account]:
    return [
        Account(user.name, user.password, member.participant_id, frozenset(user.rights), member.certificate)
        for member in scenario.given.participants
        for user in member.users
    ]


def _order(scenario: Scenario) -> Order:
    given = scenario.given
    applications = [client.client_id for client in given.netstream.clients]
    members = {member.participant_id: member.played for member in given.participants}
    return Order((name for name, played in members.items() if not played), (*members, *applications))


def _membership(scenario: Scenario) -> Membership:
    members = scenario.given.participants
    users = {m.participant_id: frozenset(user.name.upper() for user in m.users) for m in members}
    releases = {m.participant_id: m.release for m in members if m.release is not None}
    return Membership(users, releases, scenario.release)
