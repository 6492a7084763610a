"""The timeline of a story: what others do at a market time, scheduled when the story begins.

Begun ─► Scheduled, one for each entry ─ its time comes ─► EntryReached(outcome) and the act, through the hub
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import date, timedelta

from msgspec.structs import replace

from simulator.asexml.model import Element
from simulator.base.turn import Event, Turn
from simulator.market import acts
from simulator.scenario.story import (
    DayOrPeriod,
    Entry,
    Object,
    Submit,
    SupplyRead,
    Withdraw,
    WithdrawObjection,
)
from simulator.simulation.by_hand import ByHand
from simulator.simulation.habits import Act
from simulator.world.changes import ChangeRequest
from simulator.world.world import World, holders

Done = tuple[str, Element]
"""A participant and what it sends."""


class EntryReached(Event, frozen=True, tag=True):
    """The time of an entry has come. ``outcome`` says what was done, or why nothing could be."""

    entry: str
    outcome: str


TIMELINE_EVENTS = (EntryReached,)


class _Impossible(Exception):
    """Why an entry cannot be done as the market stands."""


class Timeline:
    """The entries of a story. Nothing is kept: what is to come is scheduled."""

    def __init__(
        self,
        entries: Sequence[Entry],
        world: World,
        plays: Callable[[str], bool],
        act: Act,
        by_hand: ByHand,
    ) -> None:
        self._entries = tuple(entries)
        self._world = world
        self._plays = plays
        self._act = act
        self._by_hand = by_hand

    def begin(self, turn: Turn) -> None:
        """Schedule every entry."""
        for number, entry in enumerate(self._entries):
            when = turn.now + entry.when if isinstance(entry.when, timedelta) else max(entry.when, turn.now)
            turn.schedule(when, "timeline", "entry", str(number))

    def fire(self, turn: Turn, kind: str, key: str) -> None:
        """The time of an entry has come. One that the file has no longer, after a restart, is passed over."""
        if int(key) >= len(self._entries):
            return
        entry = self._entries[int(key)]
        told = self._by_hand.do(turn, entry.action, entry.name)
        if told is not None:
            turn.emit(EntryReached(turn.now, entry.name, told))
            return
        try:
            done = list(self._done(entry, turn.now.date()))
        except _Impossible as problem:
            turn.emit(EntryReached(turn.now, entry.name, str(problem)))
            return
        told = ", ".join(f"{participant} sends {payload.name}" for participant, payload in done)
        turn.emit(EntryReached(turn.now, entry.name, told))
        for number, (participant, payload) in enumerate(done):
            self._act(turn, participant, f"entry/{key}/{number}", payload)

    def _done(self, entry: Entry, today: date) -> Iterator[Done]:
        """What is sent, and by whom."""
        match entry.action:
            case Object() as action:
                yield self._object(action)
            case WithdrawObjection() as action:
                yield from self._withdraw_objections(action)
            case Withdraw() as action:
                request = self._request(action.nmi, action.reason)
                yield self._played(request.initiator), acts.withdrawal(request)
            case SupplyRead() as action:
                yield self._supply_read(action, today)
            case Submit() as action:
                yield self._submit(action, today)

    def _object(self, action: Object) -> Done:
        request = self._request(action.nmi, action.reason)
        party = action.participant or acts.holder(self._world, request, action.role)
        if party is None:
            raise _Impossible(f"nobody is {action.role} of NMI {action.nmi}")
        return self._played(party), acts.objection(request, action.role, action.code)

    def _withdraw_objections(self, action: WithdrawObjection) -> Iterator[Done]:
        request = self._request(action.nmi, None)
        found = list(acts.standing(self._world, request, action.participant, action.role, action.code))
        if not found:
            raise _Impossible(f"no such objection stands against request {request.request_id}")
        for each in found:
            yield self._played(each.party), acts.objection_withdrawal(each)

    def _submit(self, action: Submit, today: date) -> Done:
        proposed, actual = _day(action.proposed, today), _day(action.actual, today)
        answered = self._request(action.change.nmi, None).request_id if action.answers else None
        change = replace(action.change, proposed=proposed, actual=actual, answers=answered)
        return self._played(action.participant), acts.change_request(change)

    def _supply_read(self, action: SupplyRead, today: date) -> Done:
        waiting = [each for each in self._world.requests.unfinished(action.nmi) if each.waits_for_read]
        if not waiting:
            raise _Impossible(f"no change request of NMI {action.nmi} waits for a read")
        request, point = waiting[-1], self._world.point(action.nmi)
        current = None if point is None else holders(point, request.effective).get("MDP")
        party = action.participant or dict(request.proposal.roles).get("MDP") or current
        if party is None:
            raise _Impossible(f"NMI {action.nmi} has no metering data provider")
        return self._played(party), acts.actual_read(request, _day(action.read_on, today) or today)

    def _request(self, nmi: str, reason: str | None) -> ChangeRequest:
        request = acts.unfinished(self._world, nmi, reason)
        if request is None:
            raise _Impossible(f"NMI {nmi} has no unfinished change request{f' {reason}' if reason else ''}")
        return request

    def _played(self, party: str) -> str:
        if not self._plays(party):
            raise _Impossible(f"{party} is not played: its own system acts for it")
        return party


def _day(given: DayOrPeriod | None, today: date) -> date | None:
    return today + given if isinstance(given, timedelta) else given
