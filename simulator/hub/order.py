"""The order of what happens, whoever came first: the only place that gives out ranks.

    rank = (market time, depth, client)           compared in this order; Lamport's clock, one for each client

    an act of a client ......... one deeper than what it did, and was handed, before
    each row it touches ........ one deeper again (`simulator.market.sequence`)
    a message it is handed ..... its next act is deeper than that message
    a row it is shown .......... its next act is deeper than what touched that row
    what came due .............. an act of whoever set it at this very moment; else of the market, before every client's

Whatever rests on something ranks after it. Clients that have nothing to do with each other have the same ranks in
whatever order they come. On a clock that runs, moments differ, and ranks are the order of arrival. Ranks come from
events and nothing else: a restart gives the same ones.

Who acts is told by the event that comes of it, so that nothing more is journalled; where none tells, `Acted` does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from simulator.base.turn import Event, Turn
from simulator.hub.events import (
    AcknowledgementReceived,
    AcknowledgementRefused,
    AnswerStruck,
    DuplicateReceived,
    MessageLost,
    MessageReceived,
    MessageRefused,
)
from simulator.hub.queue import NOBODY, Entry, Stamp

MARKET = ""
"""Whose acts are those that come due."""
BY_HAND = "~"
"""Whose acts are those of the control API; no participant is called so."""


class Acted(Event, frozen=True, tag=True):
    """Somebody does something that no other event tells it by: what follows is its doing."""

    by: str


class Rested(Event, frozen=True, tag=True):
    """Somebody was shown, or is answered by, what others did at this very moment: it goes on from that depth."""

    by: str
    depth: int


ORDER_EVENTS: tuple[type[Event], ...] = (Acted, Rested)


class Order:
    """The clocks of one simulation. ``clients`` are the participants that act by themselves, over HTTP; ``others`` may
    have something done: played participants that somebody acts for, applications of Netstream."""

    __slots__ = ("_at", "_clients", "_depths", "changes", "places", "stamp")

    def __init__(self, clients: Iterable[str] = (), others: Iterable[str] = ()) -> None:
        self._clients = frozenset(clients)
        names = sorted({MARKET, BY_HAND, *self._clients, *others})
        self.places: Mapping[str, int] = {name: place for place, name in enumerate(names)}
        """Everybody who may act, in the order of ranks."""
        self._at: datetime | None = None
        self._depths: dict[str, int] = {}
        self.stamp: Stamp = NOBODY
        """Depth and client of what happens now."""
        self.changes: Mapping[type[Event], Callable[[Any], None]] = {
            MessageReceived: self._sent,
            MessageRefused: self._sent,
            MessageLost: self._sent,
            DuplicateReceived: self._sent,
            AnswerStruck: lambda event: self.act(event.at, event.sender),
            AcknowledgementReceived: lambda event: self.act(event.at, event.sender),
            AcknowledgementRefused: lambda event: self.act(event.at, event.by),
            Acted: lambda event: self.act(event.at, event.by),
            Rested: self._rested,
        }
        """Event type → what makes an event of it true; to be done before anything else is."""

    def depth(self, client: str, at: datetime) -> int:
        """How deep a client is at a moment."""
        return self._depths.get(client, self._depths.get(MARKET, 0)) if at == self._at else 0

    def tells(self, participant: str) -> bool:
        """Whether what comes of a participant's message tells who acts: it is not played."""
        return participant in self._clients

    def shown(self, turn: Turn, to: str, entries: Sequence[Entry]) -> None:
        """A queue report names these messages, oldest first."""
        if entries and entries[-1].received_at == turn.now:
            deepest = entries[-1].stamp[0]  # entries are in the order of ranks
            if deepest > self.depth(to, turn.now):
                turn.emit(Rested(turn.now, to, deepest))

    # The only way state changes

    def act(self, at: datetime, client: str) -> None:
        """A client does something."""
        if at is not self._at and at != self._at:
            self._begin(at)
        depths = self._depths
        depth = (depths[client] if client in depths else depths.get(MARKET, 0)) + 1
        depths[client] = depth
        self.stamp = (depth, client)

    def go_on(self, at: datetime, beyond: int = 0) -> Stamp:
        """The next thing that comes of the act: one deeper, and deeper than ``beyond``; returns its stamp."""
        if at is not self._at and at != self._at:
            self._begin(at)
        depth, client = self.stamp
        depth = (beyond if beyond > depth else depth) + 1
        if depth > self._depths.get(client, 0):
            self._depths[client] = depth
        self.stamp = (depth, client)
        return self.stamp

    def go_on_by(self, at: datetime, count: int) -> Stamp:
        """So many things come of the act, each one deeper; returns the stamp of the last."""
        if at is not self._at and at != self._at:
            self._begin(at)
        depth, client = self.stamp
        depth += count
        self._depths[client] = max(depth, self._depths.get(client, 0))
        self.stamp = (depth, client)
        return self.stamp

    def fired(self, at: datetime, since: datetime, setter: str) -> None:
        """What came due was set at that moment, by somebody's act."""
        self.act(at, setter if since == at else MARKET)

    def handed(self, at: datetime, client: str, entry: Entry) -> None:
        """A client fetches a message for the first time."""
        if entry.received_at == at:
            self.learn(at, client, entry.stamp[0])
        self.act(at, client)

    def learn(self, at: datetime, client: str, depth: int) -> None:
        """What a client does next is deeper than that."""
        if at != self._at:
            self._begin(at)
        self._depths[client] = max(depth, self.depth(client, at))

    def _rested(self, event: Rested) -> None:
        self.learn(event.at, event.by, event.depth)
        self.act(event.at, event.by)

    def _begin(self, at: datetime) -> None:
        """Another moment: nobody has done anything yet."""
        self._at = at
        self._depths.clear()
        self.stamp = NOBODY

    def _sent(self, event: MessageReceived | MessageRefused | DuplicateReceived) -> None:
        """A played participant's message is part of what made it send one."""
        if event.sender in self._clients:
            self.act(event.at, event.sender)
