"""What MSATS remembers of its rows: what touched which, and when. The order is that of `simulator.market.sequence`."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime
from heapq import heappop, heappush
from typing import Any

from msgspec.structs import replace

from simulator.asexml.model import Element
from simulator.base.turn import Event
from simulator.hub.events import MessageQueued
from simulator.hub.order import Order
from simulator.hub.queue import Stamp
from simulator.market.replication_kept import Fold
from simulator.market.replication_log import Change, Discovered, Log, Mark, Recent, Refusal, Told, Touched, insert
from simulator.market.replication_told import DISCOVERIES, ROWS, SHOWN, TOGETHER, discovered, shown_after, shown_of
from simulator.market.report_jobs import ReportBegun
from simulator.market.sequence import Sequence as Sequencer
from simulator.world.changes import ChangeRequest
from simulator.world.events import (
    ChangeRequestLodged,
    ChangeRequestMoved,
    ChangeRequestRefused,
    ConnectionPointChanged,
    ObjectionLodged,
    ObjectionWithdrawn,
)
from simulator.world.model import ConnectionPoint, Dated
from simulator.world.population import Population
from simulator.world.world import World


class History:
    """Everything that happened to the rows of one simulation, by place. Places never change."""

    __slots__ = (
        "_appliers",
        "_created",
        "_kept",
        "_listed",
        "_order",
        "_touches",
        "answered",
        "changes",
        "codes",
        "count",
        "discoveries",
        "folded",
        "folds",
        "forgotten",
        "latest_folded",
        "lodged_at",
        "objections",
        "refusals",
        "requests",
        "rows_evicted",
        "rows_gone",
        "rows_gone_to",
        "sequence",
        "told",
    )

    def __init__(self, order: Order | None = None) -> None:
        self.sequence = Sequencer(order or Order())
        self._listed: Sequence[str] | None = None
        self.changes: Log[Mark] = Log()
        """Every change that is kept, and the marks of those that rows still go by."""
        self.count = 0
        """How many changes there ever were."""
        self._kept: dict[str, list[Change]] = {}
        self._order: list[tuple[int, str]] = []
        """Place and NMI of the changes that are kept, a heap."""
        self.folds: dict[str, Fold] = {}
        """NMI → what its changes that made room left."""
        self.folded = self.rows_evicted = 0
        """How many changes made room, and how many rows that no longer held."""
        self.latest_folded: Mark | None = None
        self.rows_gone: tuple[int, datetime] | None = None
        """Up to which number rows made room, and when they were touched at the latest."""
        self.rows_gone_to: date | None = None
        """The last day for which a dated row held that made room."""
        self.codes: dict[str, dict[tuple[str, ...], tuple[int, int, tuple[tuple[str, str], ...]]]] = {}
        """Table → codes that changed connection points brought in: by name, at which place first and last, and how."""
        self.requests: Log[Touched] = Log()
        self.objections: Log[Touched] = Log()
        self.forgotten: Touched | None = None
        """Of what touched the change requests that made room, the last."""
        self.refusals: Recent[Refusal] = Recent()
        self._created: list[Mark] = []
        """What created NMIs since the story began."""
        self._touches: dict[str, list[Touched]] = {}
        self.lodged_at: dict[str, datetime] = {}
        self.told: dict[str, Recent[Told]] = {name: Recent() for name in SHOWN}
        self.discoveries: Recent[Discovered] = Recent()
        self.answered: dict[str, str] = {}
        """ObjectionID → the transaction that lodged it."""
        self._appliers = self._applied()

    def _applied(self) -> dict[type[Event], Callable[[Any, World], None]]:
        return {
            ConnectionPointChanged: self._change,
            ChangeRequestRefused: self._refuse,
            ChangeRequestLodged: self._lodge,
            ChangeRequestMoved: self._move,
            ObjectionLodged: self._object,
            ObjectionWithdrawn: lambda event, world: self._objected(event.at, event.objection_id, world),
            ReportBegun: self._begin_report,
        }

    def begun_with(self, world: World) -> int:
        """How many NMIs the story began with."""
        return len(world.base.points)

    def of(self, nmi: str, known: int) -> list[Change]:
        """The changes of a NMI up to the place ``known``, as far as they have not made room."""
        return [change for change in self._kept.get(nmi, ()) if change.place < known]

    def knows(self, nmi: str, known: int) -> bool:
        """Whether it is still known what a NMI was after the changes up to that place."""
        fold = self.folds.get(nmi)
        return fold is None or fold.last.place < known

    def gone(self, nmi: str) -> int:
        """How many rows of a NMI made room."""
        fold = self.folds.get(nmi)
        return sum(len(each.outgrew) for each in self._kept.get(nmi, ())) + (0 if fold is None else fold.gone)

    def changed(self, nmi: str) -> bool:
        """Whether a NMI is not as the story began."""
        return nmi in self._kept or nmi in self.folds

    def changes_by(self, moment: datetime) -> int:
        """The place up to which changes had happened by then."""
        return self.changes.up_to(moment, bisect_right, _when)

    def changes_before(self, moment: datetime) -> int:
        """The place up to which changes had happened before then."""
        return self.changes.up_to(moment, bisect_left, _when)

    def changes_numbered(self, number: int) -> int:
        """The place up to which changes have no number from there on."""
        return self.changes.up_to(number, bisect_left, _first_number)

    def is_latest(self, touched: Touched, by: datetime | None = None) -> bool:
        """Whether nothing touched it since (``by``: until then)."""
        after = (each for each in reversed(self._touches[touched.key]) if by is None or each.at <= by)
        return next(after, None) is touched

    def nmis(self, world: World) -> int:
        """How many NMIs there are."""
        return len(world.base.points) + len(self._created)

    def nmi(self, world: World, index: int) -> str:
        """A NMI by its place: those the story began with, then those created since."""
        points = world.base.points
        if index >= len(points):
            return self._created[index - len(points)].nmi
        if isinstance(points, Population):
            return points.at(index)
        if self._listed is None:
            self._listed = tuple(points)
        return self._listed[index]

    def place(self, world: World, nmi: str) -> int | None:
        """The place of a NMI among those the story began with; None for one that was created since."""
        points = world.base.points
        if isinstance(points, Population):
            return points.place(nmi)
        if nmi not in points:
            return None
        if self._listed is None:
            self._listed = tuple(points)
        return self._listed.index(nmi)

    def next_of(self, world: World, nmi: str, index: int) -> int:
        """The first subject (NMIs the story began with, then changes) from there on that is about a NMI; where there
        is none, what lies beyond all of them."""
        begun_with, place = self.begun_with(world), self.place(world, nmi)
        if place is not None and place >= index:
            return place
        fold = self.folds.get(nmi)
        marks: list[Mark] = [] if fold is None else fold.marks()
        later = (begun_with + each.place for each in (*marks, *self._kept.get(nmi, ())))
        return next((each for each in later if each >= index), begun_with + self.changes.end)

    def next_held(self, world: World, index: int) -> int:
        """The first subject from there on that something is held about."""
        begun_with = self.begun_with(world)
        return index if index < begun_with else begun_with + self.changes.next(index - begun_with)

    # What makes room

    def latest(self, nmi: str) -> Change:
        """The last change of a NMI that has just changed."""
        return self._kept[nmi][-1]

    def outgrow(self, point: ConnectionPoint, gone: tuple[Dated, ...]) -> None:
        """Dated rows made room with the last change of a NMI, which is that point without them."""
        own = self._kept[point.nmi]
        change = own[-1] = replace(own[-1], new=point, outgrew=gone)
        self.changes.put(change)
        self.rows_evicted += len(gone)
        shown = change.old is not None and all(row in (*change.old.roles, *change.old.data_streams) for row in gone)
        self._gone(change.first_number - 1 if shown else change.last_number, change.at)
        last = max(row.to_date for row in gone)
        self.rows_gone_to = last if self.rows_gone_to is None else max(last, self.rows_gone_to)

    def crowded(self, most: int) -> Change | None:
        """The oldest change, where there are more than so many."""
        return self._kept[self._order[0][1]][0] if len(self._order) > most else None

    def fold(self, change: Change, fold: Fold, gone: bool) -> None:
        """The oldest change makes room; ``gone``: and rows that had its number or an older one."""
        old = self.folds.get(change.nmi)
        before = set() if old is None else {mark.place for mark in old.marks()}
        after = {mark.place: mark for mark in fold.marks()}
        for place in (before | {change.place}) - after.keys():
            self.changes.drop(place)
        if change.place in after:
            self.changes.put(after[change.place])
        self.folds[change.nmi] = fold
        self.folded += 1
        if self.latest_folded is None or change.place > self.latest_folded.place:
            self.latest_folded = fold.last
        self.rows_evicted += fold.gone - (0 if old is None else old.gone) - len(change.outgrew)
        heappop(self._order)
        del self._kept[change.nmi][0]
        if not self._kept[change.nmi]:
            del self._kept[change.nmi]
        if gone:
            self._gone(change.last_number, change.at)

    def _gone(self, number: int, at: datetime) -> None:
        if self.rows_gone is None or number > self.rows_gone[0]:
            self.rows_gone = number, at

    def forget(self, request: ChangeRequest, objections: Sequence[str], world: World) -> None:
        """A change request made room, with everything about it."""
        stranger = world.point(request.nmi) is None and next(world.requests.unfinished(request.nmi), None) is None
        for log, key in ((self.requests, request.request_id), *((self.objections, each) for each in objections)):
            for touched in self._touches.pop(key, ()):
                log.drop(touched.place)
                if stranger:
                    self.sequence.forget(request.nmi, touched.place)
                if self.forgotten is None or touched.place > self.forgotten.place:
                    self.forgotten = touched
            self.lodged_at.pop(key, None)
            self.answered.pop(key, None)

    def apply(self, event: Event, world: World) -> None:
        """Remember an event. ``world`` is as it was before."""
        remember = self._appliers.get(type(event))
        if remember is not None:
            remember(event, world)

    def _change(self, event: ConnectionPointChanged, world: World) -> None:
        nmi, old, request = event.point.nmi, world.point(event.point.nmi), world.requests.get(event.because)
        own = self._kept.setdefault(nmi, [])
        fold = self.folds.get(nmi)
        before = own[-1].parties if own else _holders(old) if fold is None else fold.parties
        parties = before + tuple(each for each in _holders(event.point) if each not in before)
        place = self.sequence.place(event.at, nmi, parties)
        came_of = ("", event.at.date()) if request is None else (request.reason, request.effective)
        change = Change(place, event.at, nmi, old, event.point, event.because, *came_of, parties)
        own.append(change)
        heappush(self._order, (place, nmi))
        self.changes.insert(change)
        self.count += 1
        if old is None:
            insert(self._created, Mark(place, event.at, nmi))

    def _lodge(self, event: ChangeRequestLodged, world: World) -> None:
        self._touch(self.requests, event.at, event.request, world, event.request.request_id, event.request.status)

    def _move(self, event: ChangeRequestMoved, world: World) -> None:
        request = world.requests.get(event.request_id)
        self._touch(self.requests, event.at, request, world, event.request_id, event.status)

    def _refuse(self, event: ChangeRequestRefused, world: World) -> None:
        self.refusals.insert(Refusal(self.sequence.place(event.at, None, (event.sender,)), event))

    def _begin_report(self, event: ReportBegun, world: World) -> None:
        """What touches rows while a report of them is made comes after all it may tell."""
        if event.rows:
            self.sequence.show_all(event.asked.sender, event.at)

    def _object(self, event: ObjectionLodged, world: World) -> None:
        request = world.requests.get(event.objection.request_id)
        self._touch(self.objections, event.at, request, world, event.objection.objection_id)

    def _objected(self, at: datetime, objection_id: str, world: World) -> None:
        objection = world.requests.objection(objection_id)
        request = None if objection is None else world.requests.get(objection.request_id)
        self._touch(self.objections, at, request, world, objection_id)

    def send(self, event: MessageQueued) -> None:
        """Remember a message that was sent."""
        for transaction in event.message.transactions:
            name = transaction.payload.name
            told = self.told.get(name)
            if told is not None:
                shown, asked = shown_of(transaction.payload), transaction.initiating_transaction_id
                place = self.sequence.place(event.at, None, (event.to,))
                told.insert(Told(place, event.at, event.to, transaction.transaction_id, asked, shown))
                if name == "CATSObjectionResponse":
                    self.answered[shown[0]] = asked or ""
            elif name in DISCOVERIES:
                place = self.sequence.place(event.at, None, (event.to,))
                self.discoveries.insert(discovered(place, event, transaction.payload))
            elif name in ROWS:
                self.sequence.show(event.to, event.at)

    def send_round(self, events: Sequence[MessageQueued]) -> list[Stamp]:
        """Remember messages that were sent at one moment, in order; returns what the rank of each is stamped with."""
        name = events[0].message.transactions[0].payload.name
        kinds = {(len(each.message.transactions), each.message.transactions[0].payload.name) for each in events}
        if name not in TOGETHER or kinds != {(1, name)}:
            return [self._stamped(event) for event in events]
        told, before = self.told[name], Element("")
        fields: tuple[str, ...] = ()
        places = self.sequence.places(events[0].at, [event.to for event in events])
        for event, (place, _) in zip(events, places, strict=True):
            (sent,) = event.message.transactions
            fields, before = shown_after(sent.payload, before, fields), sent.payload
            asked = sent.initiating_transaction_id
            told.insert(Told(place, event.at, event.to, sent.transaction_id, asked, fields))
        return [stamp for _, stamp in places]

    def _stamped(self, event: MessageQueued) -> Stamp:
        self.send(event)
        return self.sequence.stamp

    def _touch(
        self, log: Log[Touched], at: datetime, request: ChangeRequest | None, world: World, key: str, status: str = ""
    ) -> None:
        """A request was lodged or moved on, or an objection to it: whoever has to do with its NMI may see that."""
        nmi, seen_by = (None, ()) if request is None else (request.nmi, _parties(request, world))
        touched = Touched(self.sequence.place(at, nmi, seen_by), at, key, status)
        log.insert(touched)
        insert(self._touches.setdefault(key, []), touched)
        self.lodged_at.setdefault(key, at)


def _holders(point: ConnectionPoint | None) -> tuple[str, ...]:
    return () if point is None else tuple(dict.fromkeys(row.party for row in point.roles))


def _when(mark: Mark) -> datetime:
    return mark.at


def _first_number(mark: Mark) -> int:
    return mark.first_number


def _parties(request: ChangeRequest, world: World) -> Iterator[str]:
    """Who may see a change request: its initiator, whom it nominates, and who holds or held a role at its NMI."""
    yield request.initiator
    for _, party in request.proposal.roles:
        yield party
    point = world.point(request.nmi)
    for row in () if point is None else point.roles:
        yield row.party
