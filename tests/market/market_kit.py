"""A market on the bench: a desk that collects what is sent, a clock that fires what is due, a journal to replay."""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cache

from lxml import etree

from simulator.asexml.decode import canonical, read
from simulator.asexml.encode import write
from simulator.asexml.model import (
    AseEvent,
    Element,
    Header,
    Message,
    Transaction,
    TransactionAcknowledgement,
    View,
    element,
)
from simulator.asexml.schemas import Schemas
from simulator.base.clock import MARKET_ZONE
from simulator.base.draw import Draw
from simulator.base.ids import Nmi
from simulator.base.turn import Event, Fired, Scheduled, Turn
from simulator.hub.switches import Switches
from simulator.market.desk import Request
from simulator.market.market import Market
from simulator.world.calendar import midnight
from simulator.world.model import ConnectionPoint, Meter, Register, RoleAssignment
from simulator.world.world import Base, World

MONDAY = datetime(2026, 3, 2, 9, tzinfo=MARKET_ZONE)
"""A week without public holidays in New South Wales."""
NMI, BASIC_NMI, VIC_NMI = "4102034567", "4102034568", "6305888444"
ROLES = {"FRMP": "RETAILB", "LNSP": "NETWORK", "LR": "LOCAL", "RP": "METERCO", "MDP": "METERDP", "MPB": "METERPB"}
PARTIES = {
    "RETAILA": ("FRMP",),
    "RETAILB": ("FRMP",),
    "RETAILC": ("FRMP",),
    "NETWORK": ("LNSP",),
    "METERCO": ("RP",),
    "METERDP": ("MDP",),
    "METERPB": ("MPB",),
}


@cache
def schemas() -> Schemas:
    return Schemas()


def rows(**changed: str) -> tuple[RoleAssignment, ...]:
    return tuple(RoleAssignment(role, party) for role, party in (ROLES | changed).items())


def points() -> list[ConnectionPoint]:
    remote = Meter("REMOTE1", (Register("E1", "E1"), Register("B1", "B1"), Register("Q1", "Q1", unit="KVARH")))
    basic = Meter("DIAL1", installation_type="BASIC")
    return [
        ConnectionPoint(NMI, "NSW", roles=rows(), meters=(remote,)),
        ConnectionPoint(BASIC_NMI, "NSW", roles=rows(), meters=(basic,)),
        ConnectionPoint(VIC_NMI, "VIC", roles=rows(), meters=(Meter("VIC1", installation_type="BASIC"),)),
    ]


@dataclass(frozen=True)
class Sent:
    """One message of AEMO's."""

    to: str
    group: str
    priority: str
    transactions: tuple[Transaction, ...]
    release: str | None
    at: datetime

    @property
    def name(self) -> str:
        return self.transactions[0].payload.name

    @property
    def payload(self) -> Element:
        return self.transactions[0].payload

    def text(self, path: str) -> str | None:
        return text(self.payload, path)


def inside(parent: Element) -> Iterator[Element]:
    """The children, those that were written out already among them."""
    for child in parent.children:
        if child.name:
            yield child
        else:
            written = etree.fromstring(f'<x xmlns:ase="urn:a" xmlns:xsi="urn:x">{child.text}</x>')
            yield from canonical(View(written)).children


def find(parent: Element, path: str) -> Iterator[Element]:
    first, _, rest = path.partition("/")
    for child in inside(parent):
        if child.name == first:
            yield from find(child, rest) if rest else (child,)


def text(parent: Element, path: str) -> str | None:
    return next((each.text for each in find(parent, path)), None)


@dataclass
class Bench:
    """A market with a clock of its own."""

    given: Sequence[ConnectionPoint] = field(default_factory=points)
    now: datetime = MONDAY
    switches: Switches = field(default_factory=Switches)
    seed: int = 7
    sent: list[Sent] = field(default_factory=list)
    tacks: list[tuple[str, TransactionAcknowledgement]] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.base = Base(self.given, PARTIES)
        self.market = Market(World(self.base), self.switches, self)
        self._heap: list[tuple[datetime, int, Scheduled]] = []
        self._count = 0

    # the desk

    def send(
        self,
        turn: Turn,
        to: str,
        group: str,
        priority: str,
        transactions: Sequence[Transaction],
        *,
        release: str | None = None,
    ) -> None:
        self.sent.append(Sent(to, group, priority, tuple(transactions), release, turn.now))

    def send_all(
        self, turn: Turn, group: str, priority: str, letters: Sequence[tuple[str, tuple[Transaction, ...]]]
    ) -> None:
        for to, transactions in letters:
            self.send(turn, to, group, priority, transactions)

    def acknowledge(
        self,
        turn: Turn,
        to: str,
        group: str,
        acknowledgement: TransactionAcknowledgement,
        *,
        release: str | None = None,
    ) -> None:
        self.tacks.append((to, acknowledgement))

    # the house

    @property
    def world(self) -> World:
        return self.market.world

    def turn(self) -> Turn:
        return Turn(self.now, Draw(self.seed), self._apply)

    def _apply(self, event: Event) -> None:
        self.events.append(event)
        if isinstance(event, Scheduled):
            self._count += 1
            heapq.heappush(self._heap, (event.when, self._count, event))
        else:
            self.market.apply(event)

    def submit(
        self,
        sender: str,
        payload: Element,
        transaction_id: str = "T1",
        *,
        group: str = "CATS",
        release: str = "r46",
        rejection: tuple[AseEvent, ...] = (),
    ) -> list[Sent]:
        """Hand in a transaction the way it comes over the wire; returns what was sent because of it."""
        head = Header(sender, "NEMMCO", f"M-{transaction_id}", self.now, group)
        body = write(Message(release, head, (Transaction(transaction_id, self.now, payload),)))
        received = read(body, schemas())
        assert received.findings == (), received.findings
        mark = len(self.sent)
        request = Request(sender, group, release, received.transactions[0], rejection)
        self.market.respond(self.turn(), request)
        return self.sent[mark:]

    def until(self, day: date) -> list[Sent]:
        """Let time pass to nine o'clock of a market day; returns what was sent meanwhile."""
        return self.at(midnight(day) + timedelta(hours=9))

    def at(self, end: datetime) -> list[Sent]:
        mark = len(self.sent)
        while self._heap and self._heap[0][0] <= end:
            due = heapq.heappop(self._heap)[2]
            self.now = max(due.when, self.now)
            turn = self.turn()
            turn.emit(Fired(self.now, due.due))
            self.market.fire(turn, due.kind, due.key)
        self.now = max(end, self.now)
        return self.sent[mark:]

    def replayed(self) -> World:
        """The world that a restart makes of the journal."""
        market = Market(World(self.base), self.switches, self)
        for event in self.events:
            market.apply(event)
        return market.world

    def status(self, request_id: str) -> str:
        request = self.world.requests.get(request_id)
        assert request is not None
        return request.status

    def told(self, status: str, sent: Sequence[Sent] | None = None) -> list[tuple[str, str, str]]:
        """(participant, role, role status) of every notification of a status."""
        notices = [each for each in (self.sent if sent is None else sent) if each.name == "CATSNotification"]
        return [
            (each.to, each.text("Role") or "", each.text("RoleStatus") or "")
            for each in notices
            if each.text("ChangeRequest/ChangeStatusCode") == status
        ]


def same(one: World, other: World) -> bool:
    return (
        dict(one.changes()) == dict(other.changes())
        and one.requests == other.requests
        and one.readings == other.readings
    )


def change(
    nmi: str = NMI,
    reason: str = "1000",
    proposed: str | None = "2026-03-09",
    roles: Sequence[tuple[str, str]] = (("FRMP", "RETAILA"),),
    *,
    actual: str | None = None,
    actual_end: str | None = None,
    read_type: str | None = "SP",
    answers: str | None = None,
    checksum: str | None = "right",
    sections: Sequence[Element] = (),
    master: Element | None = None,
) -> Element:
    digit = Nmi(nmi).checksum if checksum == "right" else checksum
    parties = [element("RoleAssignment", element("Party", party), element("Role", role)) for role, party in roles]
    data = element(
        "NMIStandingData",
        element("NMI", nmi, checksum=digit),
        master,
        element("RoleAssignments", *parties) if parties else None,
        *sections,
        xsi_type="ase:ElectricityStandingData",
    )
    dated = element("ProposedDate", proposed) if actual is None else element("ActualChangeDate", actual)
    return element(
        "CATSChangeRequest",
        element("ChangeReasonCode", reason),
        dated,
        element("MeterReadTypeCode", read_type) if read_type else None,
        element("ActualEndDate", actual_end) if actual_end else None,
        element("InitiatingRequestID", answers) if answers else None,
        data,
    )


def answer_of(sent: Sequence[Sent]) -> Sent:
    return next(each for each in sent if each.name.endswith("Response"))


def request_id(sent: Sequence[Sent]) -> str:
    found = answer_of(sent).text("RequestID")
    assert found is not None
    return found


def codes(sent: Sequence[Sent]) -> list[str]:
    return [each.text or "" for each in find(answer_of(sent).payload, "Event/Code")]
