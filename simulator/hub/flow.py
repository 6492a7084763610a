"""Flow control: what is counted of each kind, and which stop files stand. The only place that raises and clears them.

    MessageReceived ──► CR              MessageQueued, MessageAppeared ──► OUTBOX FILE, CR NOTIFICATION
    MessageAcknowledged ──► OUTBOX FILE, one less

    count reaches the upper limit ─► StopFileRaised        count falls below the lower limit ─► StopFileCleared
    a message AEMO owes a stopped outbox ─► MessageKept    nothing stops it any more, in order ─► MessageAppeared

Counting costs the same whatever waits: one addition an event; a limit is looked at again only where one was crossed.
Sources: B2M stop-file kinds, Hub Message Management page; "stops producing … restarts when reduced", outbox page.
"""

from __future__ import annotations

from bisect import insort
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, timedelta
from operator import itemgetter
from typing import Any

import msgspec

from simulator.asexml.model import Message
from simulator.base.turn import Event, Turn
from simulator.hub.events import (
    LimitSet,
    MessageAcknowledged,
    MessageAppeared,
    MessageKept,
    MessageQueued,
    MessageReceived,
    ReadDateAnswered,
    RequestProcessed,
    RequestTaken,
    RequestWaits,
    StopFileCleared,
    StopFileRaised,
)
from simulator.hub.letters import Letters
from simulator.hub.limits import (
    BY_DAY,
    CR,
    CR_NOTIFICATION,
    KINDS,
    NSRD_RESPONSE,
    OUTBOX_FILE,
    REPORT,
    Limit,
    Limits,
    group_unit,
)
from simulator.hub.order import Order
from simulator.hub.queue import Queue, Stamp
from simulator.hub.tally import Tally

B2M, B2B = "B2MStopFile", "B2BStopFile"
BADACK = "BADACK"
NOTIFICATION = "CATSNotification"
STOPPED = frozenset(("CATSChangeResponse", "CATSObjectionResponse", NOTIFICATION))
"""What a stopped outbox keeps AEMO from producing: responses to CATS requests, and notifications."""
Lane = tuple[str, str]
"""Group and priority as a context id begins with them, and what a message carries: one lane is kept in order."""
Kept = tuple[datetime, Stamp, int, str]
"""Rank, number and context id of a message that is kept."""


class Counted(msgspec.Struct, frozen=True):
    """How one kind stands for a participant; ``in_group`` is None when it is in no group."""

    limit: Limit
    actual: int
    in_group: int | None
    stopped: bool


class Flow:
    """Counts and stop files of one simulation. ``queue`` gives a participant's hub queue."""

    def __init__(self, limits: Limits, queue: Callable[[str], Queue], order: Order, stream_limit: int = 0) -> None:
        self._queue = queue
        self._order = order
        self._stream_limit = stream_limit
        self._streams: dict[tuple[str, str], int] = {}
        self._kept: dict[str, dict[Lane, deque[Kept]]] = {}
        self._lanes: dict[tuple[str, str], Lane] = {}
        self._owed: dict[str, None] = {}
        self._serial = 0
        self._tallies: dict[tuple[str, str], Tally] = {}
        self._sent: dict[str, tuple[Tally, Tally]] = {}
        self._stops: dict[tuple[str, str, str], StopFileRaised] = {}
        self._crossed: dict[tuple[str, str], None] = {}
        self._nsrd: set[tuple[str, str]] = set()
        self._limits = limits
        self._set: dict[tuple[str, str], Limit] = {}
        self._units = {member: group_unit(group.name) for group in limits.groups for member in group.members}
        self._members = {group_unit(group.name): group.members for group in limits.groups}
        self.changes: Mapping[type[Event], Callable[[Any], None]] = {
            MessageReceived: self._received,
            MessageQueued: self._queued,
            MessageAppeared: self._appeared,
            MessageAcknowledged: self._acknowledged,
            StopFileRaised: self._raised,
            StopFileCleared: self._cleared,
            LimitSet: self._set_limit,
            MessageKept: self._keep,
            ReadDateAnswered: self._answered,
            RequestWaits: self._waits,
            RequestTaken: self._taken,
            RequestProcessed: self._processed,
        }

    # What is asked of it

    def stopped(self, participant: str, kind: str) -> bool:
        """Whether a B2M stop file of a kind stands for a participant, or for its group."""
        return bool(self._stops) and (B2M, self._units.get(participant, participant), kind) in self._stops

    def stops_of(self, participant: str) -> frozenset[str]:
        """The kinds of B2M stop files that stand for a participant."""
        if not self._stops:
            return frozenset()
        return frozenset(kind for kind in KINDS if self.stopped(participant, kind))

    def standing(self, alert_type: str, participant: str | None = None) -> list[tuple[str, StopFileRaised]]:
        """(participant, stop file) for every stop file that stands, oldest first: one participant's, or all."""
        stops = sorted(self._stops.items(), key=lambda item: (item[1].at, item[0]))
        return [
            (member, stop)
            for (kind_of_alert, unit, _), stop in stops
            for member in self._members.get(unit, (unit,))
            if kind_of_alert == alert_type and participant in (None, member)
        ]

    def counted(self, participant: str, now: datetime) -> dict[str, Counted]:
        """How every kind stands for a participant."""
        unit = self._units.get(participant, participant)
        return {
            kind: Counted(
                self._limit_of(unit, kind),
                self.count(participant, kind, now.date()),
                None if unit == participant else self.count(unit, kind, now.date()),
                self.stopped(participant, kind),
            )
            for kind in KINDS
        }

    def count(self, unit: str, kind: str, day: date) -> int:
        """The count of a kind for a participant or a group; by-day kinds are those of that day."""
        tally = self._tallies.get((unit, kind))
        return 0 if tally is None or (tally.daily and tally.day != day) else tally.count

    # Deciding

    def settle(self, turn: Turn) -> bool:
        """Raise and clear what the counts ask for, produce what nothing stops any more; whether anything was."""
        mark = len(turn.events)
        while self._crossed or self._owed:
            if self._crossed:
                unit, kind = next(iter(self._crossed))
                del self._crossed[unit, kind]
                if unit not in self._units:
                    self._judge(turn, unit, kind)
                continue
            to = next(iter(self._owed))
            kept = self._next_kept(to)
            if kept is None:
                del self._owed[to]
                continue
            at, stamp, _, context_id = kept
            rests = at == turn.now and stamp > self._order.stamp  # nobody sees it before what it comes of
            turn.emit(MessageAppeared(turn.now, to, context_id, stamp if rests else None))
        return len(turn.events) > mark

    def _judge(self, turn: Turn, unit: str, kind: str) -> None:
        count, limit = self.count(unit, kind, turn.now.date()), self._limit_of(unit, kind)
        stop = self._stops.get((B2M, unit, kind))
        if stop is None and count >= limit.upper:
            turn.emit(StopFileRaised(turn.now, unit, kind, count=count))
            if kind in BY_DAY:
                turn.schedule(_next_midnight(turn.now), "hub", "business-day", f"{unit}/{kind}")
        elif stop is not None and not stop.by_hand and count < limit.lower:
            turn.emit(StopFileCleared(turn.now, unit, kind, count=count))

    def raise_by_hand(self, turn: Turn, participant: str, kind: str, alert_type: str = B2M) -> str:
        """Raise a stop file that stands until it is cleared by hand; returns the name it is cleared under."""
        unit = self._units.get(participant, participant)
        turn.emit(StopFileRaised(turn.now, unit, kind, alert_type, by_hand=True))
        self.settle(turn)
        return stop_name(alert_type, unit, kind)

    def clear_by_hand(self, turn: Turn, participant: str, kind: str, alert_type: str = B2M) -> bool:
        """Clear a stop file; one whose count is at its limit rises again. Returns whether it stood."""
        unit = self._units.get(participant, participant)
        if (alert_type, unit, kind) not in self._stops:
            return False
        turn.emit(StopFileCleared(turn.now, unit, kind, alert_type))
        self._crossed[unit, kind] = None
        self.settle(turn)
        return True

    def by_name(self) -> dict[str, StopFileRaised]:
        """Every stop file that stands, by its name; see `stop_name`."""
        return {stop_name(*key): stop for key, stop in self._stops.items()}

    def set_limit(self, turn: Turn, kind: str, limit: Limit, participant: str | None = None) -> None:
        """Another limit from now on: of a participant, which is its group's if it is in one; or of all."""
        unit = "" if participant is None else self._units.get(participant, participant)
        turn.emit(LimitSet(turn.now, unit, kind, limit.lower, limit.upper))
        self.settle(turn)

    def new_day(self, key: str) -> None:
        """A business day is over: what was counted on it no longer stops anything."""
        unit, _, kind = key.partition("/")
        self._crossed[unit, kind] = None

    # What is sent together

    def at_ease(self, letters: Letters) -> bool:
        """Whether a message to each of these receivers meets no stop file and raises none, however they are counted."""
        if self._stops or self._stream_limit or self._crossed or self._owed or self._units:
            return False
        more = sum([len(transactions) for _, transactions in letters])
        for to, _ in letters:
            if to not in self._sent:
                return False
            files, notices = self._sent[to]
            if files.count + more >= files.upper or notices.count + more >= notices.upper:
                return False
        return True

    def queued(self, events: Sequence[MessageQueued]) -> None:
        """Count messages that can be seen, of which `at_ease` said that they reach no limit."""
        for event in events:
            files, notices = self._sent[event.to]
            files.count += 1
            transactions = event.message.transactions
            if transactions and transactions[0].payload.name == NOTIFICATION:
                if notices.day != (today := event.at.date()):
                    notices.day, notices.count = today, 0
                notices.count += len(transactions)

    # What is kept

    def blocks(self, to: str, context_id: str, message: Message) -> bool:
        """Whether AEMO must not produce a message for a participant now."""
        return bool(self._stops or self._stream_limit) and self._closed(to, _lane(context_id, message))

    def _closed(self, to: str, lane: Lane) -> bool:
        stream, name = lane
        if self._stream_limit and self._streams.get((to, stream), 0) >= self._stream_limit:
            return True
        if name == NOTIFICATION and self.stopped(to, CR_NOTIFICATION):
            return True
        return name in STOPPED and self.stopped(to, OUTBOX_FILE)

    def _next_kept(self, to: str) -> Kept | None:
        """The oldest message kept in a lane that is open again."""
        lanes = self._kept.get(to, {})
        heads = [kept[0] for lane, kept in lanes.items() if not self._closed(to, lane)]
        return min(heads) if heads else None

    def kept(self, to: str) -> int:
        """How many messages AEMO owes a participant and keeps."""
        return sum(map(len, self._kept.get(to, {}).values()))

    # The only way counts change

    def _received(self, event: MessageReceived) -> None:
        asked = [name for _, name in event.transactions].count("CATSChangeRequest")
        if asked:
            self.add(event.sender, CR, asked, event.at)

    def _queued(self, event: MessageQueued) -> None:
        if event.visible_at <= event.at:
            self._seen(event, event.message)

    def _appeared(self, event: MessageAppeared) -> None:
        lane = self._lanes.pop((event.to, event.context_id), None) if self._lanes else None
        if lane is not None:
            self._kept[event.to][lane].popleft()
            if not self._kept[event.to][lane]:
                del self._kept[event.to][lane]
        entry = self._queue(event.to).get(event.context_id)
        if entry is None:
            raise LookupError(f"a message for {event.to} can be seen that is not in its queue")
        self._seen(event, entry.message)

    def _seen(self, event: MessageQueued | MessageAppeared, message: Message) -> None:
        to, at, transactions = event.to, event.at, message.transactions
        self.add(to, OUTBOX_FILE, 1, at)
        if transactions and transactions[0].payload.name == NOTIFICATION:
            self.add(to, CR_NOTIFICATION, len(transactions), at)
        if self._stream_limit:
            stream = (to, _stream(event.context_id))
            self._streams[stream] = self._streams.get(stream, 0) + 1

    def _answered(self, event: ReadDateAnswered) -> None:
        self._nsrd.add((event.to, event.context_id))
        self.add(event.to, NSRD_RESPONSE, 1, event.at)

    def _waits(self, event: RequestWaits) -> None:
        if event.due is not None:
            self._unprocessed(event.sender, event.kind, 1, event.at)
        elif event.kind != REPORT:
            self.add(event.sender, CR, -1, event.at)

    def _taken(self, event: RequestTaken) -> None:
        self._unprocessed(event.sender, event.kind, 1, event.at)
        if event.kind != REPORT:
            self.add(event.sender, CR, 1, event.at)

    def _processed(self, event: RequestProcessed) -> None:
        self._unprocessed(event.sender, event.kind, -1, event.at)

    def _unprocessed(self, sender: str, kind: str, more: int, at: datetime) -> None:
        """Change requests are counted by day; of the other kinds, what is not processed yet."""
        if kind != CR:
            self.add(sender, kind, more, at)

    def _acknowledged(self, event: MessageAcknowledged) -> None:
        self.add(event.by, OUTBOX_FILE, -1, event.at)
        if self._stream_limit:
            self._streams[event.by, _stream(event.context_id)] -= 1
        if event.by in self._kept:
            self._owed[event.by] = None
        if self._nsrd and (event.by, event.context_id) in self._nsrd:
            self._nsrd.discard((event.by, event.context_id))
            self.add(event.by, NSRD_RESPONSE, -1, event.at)

    def add(self, participant: str, kind: str, more: int, at: datetime) -> None:
        """Count for a participant, and for its group if it has one."""
        key = (participant, kind)
        tally = self._tallies.get(key) or self._begin(key)
        before = tally.count
        if tally.daily and tally.day != (today := at.date()):
            tally.day = today
            before = 0
        tally.count = count = before + more
        if count >= tally.upper or count < tally.lower <= before:
            self._crossed[key] = None
        if participant in self._units:
            self.add(self._units[participant], kind, more, at)

    def _begin(self, key: tuple[str, str]) -> Tally:
        limit = self._limit_of(*key)
        tally = self._tallies[key] = Tally(limit.upper, limit.lower, key[1] in BY_DAY)
        files, notices = (self._tallies.get((key[0], kind)) for kind in (OUTBOX_FILE, CR_NOTIFICATION))
        if files is not None and notices is not None:
            self._sent[key[0]] = (files, notices)
        return tally

    def _limit_of(self, unit: str, kind: str) -> Limit:
        found = self._set.get((unit, kind)) or self._limits.own(unit, kind) or self._set.get(("", kind))
        return found or self._limits.of(unit, kind)

    def _set_limit(self, event: LimitSet) -> None:
        self._set[event.unit, event.kind] = Limit(event.lower, event.upper)
        for (unit, kind), tally in sorted(self._tallies.items(), key=itemgetter(0)):
            if kind == event.kind:
                limit = self._limit_of(unit, kind)
                tally.upper, tally.lower = limit.upper, limit.lower
                self._crossed[unit, kind] = None

    def _raised(self, event: StopFileRaised) -> None:
        self._stops[event.alert_type, event.unit, event.kind] = event

    def _cleared(self, event: StopFileCleared) -> None:
        self._stops.pop((event.alert_type, event.unit, event.kind), None)
        for member in self._members.get(event.unit, (event.unit,)):
            if member in self._kept:
                self._owed[member] = None

    def _keep(self, event: MessageKept) -> None:
        entry = self._queue(event.to).waiting(event.context_id)
        lane = self._lanes[event.to, event.context_id] = _lane(event.context_id, entry.message)
        self._serial += 1
        insort(
            self._kept.setdefault(event.to, {}).setdefault(lane, deque()), (*entry.rank, self._serial, event.context_id)
        )


def stop_name(alert_type: str, unit: str, kind: str) -> str:
    """The name of a stop file in the control API: ``B2MStopFile.RETAILA.OUTBOX-FILE``."""
    return f"{alert_type}.{unit}.{kind}".replace(" ", "-")


def _stream(context_id: str) -> str:
    return context_id.partition("_")[0]


def _lane(context_id: str, message: Message) -> Lane:
    return _stream(context_id), message.transactions[0].payload.name if message.transactions else ""


def _next_midnight(now: datetime) -> datetime:
    return now.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
