"""The market: what is addressed to AEMO is answered here, by transaction; what comes due is taken further.

State changes only in `Market.apply`; what a transaction is answered with is decided by the module of its group.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from collections.abc import Sequence as Several
from typing import Any

from simulator.base.turn import Event, Turn
from simulator.hub.events import MessageQueued
from simulator.hub.flow import Flow
from simulator.hub.order import Order
from simulator.hub.queue import Stamp
from simulator.hub.switches import Switches
from simulator.market import cats, lifecycle, making_room, mdmt, nmid, objections, replication, reports
from simulator.market.desk import Desk, Request
from simulator.market.events import MARKET_EVENTS
from simulator.market.operator import Operator
from simulator.market.replication_history import History
from simulator.market.rules import Rules, shipped_rules
from simulator.market.sequence import Sequence, see_room
from simulator.world.calendar import Calendar
from simulator.world.metering import Metering
from simulator.world.world import World

__all__ = ["ANSWERS", "MARKET_EVENTS", "Market"]

ANSWERS: dict[str, Callable[[Operator, Turn, Request], None]] = {
    "CATSChangeRequest": cats.change_request,
    "CATSChangeWithdrawal": objections.change_withdrawal,
    "CATSObjectionRequest": objections.objection_request,
    "CATSObjectionWithdrawal": objections.objection_withdrawal,
    "NMIDiscoveryRequest": nmid.discovery,
    "NMIStandingDataRequest": nmid.standing_data_request,
    "MeterDataNotification": mdmt.meter_data,
    "ReplicationRequest": replication.replication_request,
    "ReportRequest": reports.report_request,
}
"""Transaction → what answers it. Any other is taken over at envelope depth, without a business answer."""

_DUE: dict[str, Callable[[Operator, Turn, str], None]] = {
    "review": lifecycle.review,
    "remind": lifecycle.remind,
    "report-block": reports.report_block,
}


class Market:
    """AEMO behind the hub. ``rules`` and ``calendar`` are the package's own unless a scenario brings others."""

    __slots__ = ("_operator", "world")

    def __init__(
        self,
        world: World,
        switches: Switches,
        desk: Desk,
        rules: Rules | None = None,
        calendar: Calendar | None = None,
        order: Order | None = None,
    ) -> None:
        see_room(len(world.base.points))
        self.world = world
        history = History(order)
        self._operator = Operator(world, switches, desk, rules or shipped_rules(), calendar or Calendar(), history)

    @property
    def rules(self) -> Rules:
        """The business rules in force."""
        return self._operator.rules

    @property
    def calendar(self) -> Calendar:
        """The business days in force."""
        return self._operator.calendar

    @property
    def sequence(self) -> Sequence:
        """What gives out SequenceNumbers."""
        return self._operator.history.sequence

    def respond(self, turn: Turn, request: Request) -> None:
        """Decide on a transaction: events through ``turn``, answers through the desk."""
        answer = ANSWERS.get(request.transaction.name)
        if answer is not None:
            answer(self._operator, turn, request)

    def fire(self, turn: Turn, kind: str, key: str) -> None:
        """A due thing of owner ``market`` came due."""
        _DUE[kind](self._operator, turn, key)

    def apply(self, event: Event) -> None:
        """Make an event true."""
        self._operator.history.apply(event, self.world)
        self._operator.jobs.apply(event)
        self.world.apply(event)
        if type(event) in making_room.AFTER:
            making_room.make_room(self._operator, event)

    @property
    def evicted(self) -> Mapping[str, int]:
        """What made room so far, by kind: never anything unfinished."""
        return making_room.evicted(self._operator)

    def sent(self, events: Several[MessageQueued]) -> list[Stamp]:
        """Make true that messages were sent, one after the other; returns what each one's rank is stamped with."""
        return self._operator.history.send_round(events)

    @property
    def changes(self) -> Mapping[type[Event], Callable[[Any], None]]:
        """Event type → what makes an event of it true. What was sent is remembered too: replication shows it."""
        return dict.fromkeys(MARKET_EVENTS, self.apply) | {MessageQueued: self._operator.history.send}

    def read_from(self, metering: Metering, flow: Flow | None = None) -> None:
        """Have reports show the readings everybody else shows, and the counts and stop files that alerts show."""
        self._operator.metering = metering
        self._operator.flow = flow
