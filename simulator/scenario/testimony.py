"""What a judge is told: deliveries, sendings, bad acknowledgements, stop files, exchanges, and how much is not known.

Values made from the ledger and the exchange log; the only place that reads those for a judgement.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime

import msgspec

from simulator.asexml.model import Received
from simulator.base.turn import Event
from simulator.hub.events import (
    AcknowledgementRefused,
    AnswerStruck,
    DuplicateReceived,
    FindingOverlooked,
    MessageAcknowledged,
    MessageAppeared,
    MessageFetched,
    MessageLost,
    MessageQueued,
    MessageReceived,
    MessageRefused,
    StopFileRaised,
)
from simulator.hub.exchanges import Exchange
from simulator.hub.ledger import StopStep
from simulator.hub.record import Record
from simulator.scenario.verdict import Evidence

B2M = "B2MStopFile"


class Delivery(msgspec.Struct, frozen=True):
    """A message for a participant. ``seen_from`` None: it cannot be seen yet. ``wants`` whether it is acknowledged."""

    key: str
    to: str
    context_id: str
    message_id: str
    transactions: tuple[str, ...]
    wants: bool
    seen_from: datetime | None
    fetched: datetime | None = None
    acknowledged: datetime | None = None
    step: int = 0
    """The ledger's step of its acknowledgement."""

    def told(self, at: datetime, what: str) -> Evidence:
        """This message as evidence."""
        return Evidence(at, f"{self.message_id} {what}", self.key)


class Sending(msgspec.Struct, frozen=True):
    """A message of a participant that the hub took over, or said so. ``step`` is the ledger's."""

    key: str
    sender: str
    message_id: str
    at: datetime
    step: int
    message: MessageReceived
    lost: bool = False
    """Whether the hub lost it, though it told otherwise: a fault of the scenario."""
    struck: str = ""
    """The fault that struck the answer to it, where one did: whether its sender knows that it arrived."""

    @property
    def remark(self) -> str:
        """Why its sender may not know what became of it; "" where nothing kept it from that."""
        if self.lost:
            return "its sender was told Accept, and the hub lost it"
        return f"its answer was struck by {self.struck}" if self.struck else ""

    def told(self, what: str) -> Evidence:
        """This message as evidence."""
        remark = f"; {self.remark}" if self.remark else ""
        return Evidence(self.at, f"{self.message_id} {what}{remark}", self.key)


class Refusal(msgspec.Struct, frozen=True):
    """A message or an acknowledgement that the hub refused, or overlooked, at a step of the ledger.

    ``initiating`` is the first message it acknowledges, ``unknown`` the one that did not wait where that is the fault.
    """

    key: str
    sender: str
    context_id: str
    message_id: str
    at: datetime
    code: int
    rule: str
    why: str
    acknowledges: bool
    step: int
    initiating: str | None = None
    unknown: str | None = None
    digest: str = ""
    overlooked: bool = False
    """Whether it was taken all the same."""

    def told(self) -> Evidence:
        """This refusal as evidence."""
        what = "bad acknowledgement" if self.acknowledges else "message"
        return Evidence(self.at, f"{what} {self.message_id}: event {self.code} {self.why}", self.key)


class Repeat(msgspec.Struct, frozen=True):
    """A MessageID that came again."""

    key: str
    sender: str
    message_id: str
    at: datetime
    same_content: bool


class Standing(msgspec.Struct, frozen=True):
    """A stop file from step ``first`` to step ``last`` (None: it still stands), for these participants."""

    kind: str
    members: frozenset[str]
    at: datetime
    first: int
    last: int | None = None
    cleared: datetime | None = None

    def holds(self, step: int) -> bool:
        """Whether it stood at that step of the ledger."""
        return self.first < step and (self.last is None or step < self.last)


class Fetch(msgspec.Struct, frozen=True):
    """Readings of a usage point that were asked for and given: reading type, and a stretch of UTC minutes."""

    at: datetime
    client: str
    point: str
    reading_type: str
    start: int
    end: int
    struck: bool = False
    """Whether a fault struck the answer: nobody can tell what of it was of use."""


class Met(msgspec.Struct, frozen=True):
    """A rule of the scenario that nobody should meet (``strict: true``), and how often somebody did."""

    rule: str
    where: str
    times: int

    @property
    def why(self) -> str:
        """In words."""
        often = {0: "never", 1: "once", 2: "twice"}.get(self.times, f"{self.times} times")
        return f"this strict rule was met {often}"


class Testimony(msgspec.Struct, frozen=True):
    """Everything known at a moment of market time. ``tested`` are the participants under judgement.

    ``lost``: how much was evicted or never kept, by what it was: messages, exchanges, stop files.
    """

    now: datetime
    tested: frozenset[str]
    deliveries: tuple[Delivery, ...] = ()
    sendings: tuple[Sending, ...] = ()
    refusals: tuple[Refusal, ...] = ()
    repeats: tuple[Repeat, ...] = ()
    standings: tuple[Standing, ...] = ()
    exchanges: tuple[Exchange, ...] = ()
    fetches: tuple[Fetch, ...] = ()
    points: Mapping[str, str | None] = msgspec.field(default_factory=dict)
    """NMI or name of a usage point, as a scenario expects it → what `Fetch.point` calls it; None: there is no such."""
    met: tuple[Met, ...] = ()
    """Strict rules; their counts are never evicted."""
    lost: Mapping[str, str] = msgspec.field(default_factory=dict)
    """Kind of evidence → why not all of it is there."""
    clock_stands: bool = False
    """Whether time passes only when somebody moves the clock."""
    roles: Mapping[str, tuple[str, ...]] = msgspec.field(default_factory=dict)
    """Participant → the roles it is declared with."""
    read: Callable[[MessageReceived], Received] | None = None
    """Reads what was sent; needed where the content of messages is judged."""


def told(records: Iterable[Record]) -> tuple[list[Delivery], list[Sending], list[Refusal], list[Repeat]]:
    """What the ledger's records say."""
    deliveries: list[Delivery] = []
    sendings: list[Sending] = []
    refusals: list[Refusal] = []
    repeats: list[Repeat] = []
    for record in records:
        first = record.first
        if isinstance(first, MessageQueued):
            deliveries.append(_delivery(record, first))
        elif isinstance(first, MessageReceived):
            sendings.append(_sending(record, first))
        for step, event in record.steps():
            if isinstance(event, MessageRefused | AcknowledgementRefused | FindingOverlooked):
                refusals.append(_refusal(record.key, step, event))
            elif isinstance(event, DuplicateReceived):
                repeats.append(Repeat(record.key, event.sender, event.message_id, event.at, event.same_content))
    return deliveries, sendings, refusals, repeats


def _sending(record: Record, first: MessageReceived) -> Sending:
    step = next(record.steps())[0]
    struck = next((event.why for event in record.later if isinstance(event, AnswerStruck)), "")
    lost = isinstance(first, MessageLost)
    return Sending(record.key, first.sender, first.message_id, first.at, step, first, lost, struck)


def _delivery(record: Record, queued: MessageQueued) -> Delivery:
    message = queued.message
    gone = next(((step, event.at) for step, event in record.steps() if isinstance(event, MessageAcknowledged)), None)
    return Delivery(
        record.key,
        queued.to,
        queued.context_id,
        message.header.message_id,
        tuple(each.transaction_id for each in message.transactions),
        bool(message.transactions) or not message.message_acknowledgements,
        queued.at if queued.visible_at <= queued.at else _first(record, MessageAppeared),
        _first(record, MessageFetched),
        None if gone is None else gone[1],
        0 if gone is None else gone[0],
    )


def _first(record: Record, kind: type[Event]) -> datetime | None:
    return next((event.at for event in record.later if isinstance(event, kind)), None)


def _refusal(key: str, step: int, event: MessageRefused | AcknowledgementRefused | FindingOverlooked) -> Refusal:
    badack = isinstance(event, AcknowledgementRefused)
    sender = event.by if isinstance(event, AcknowledgementRefused) else event.sender
    return Refusal(
        key,
        sender,
        event.context_id,
        event.message_id or event.context_id,
        event.at,
        event.code,
        event.rule,
        event.explanation,
        badack or (isinstance(event, FindingOverlooked) and event.acknowledges),
        step,
        None if isinstance(event, MessageRefused) else event.initiating_message_id,
        None if isinstance(event, MessageRefused) else event.unknown,
        event.digest if isinstance(event, MessageRefused) else "",
        isinstance(event, FindingOverlooked),
    )


def standings(steps: Iterable[StopStep], members: Mapping[str, tuple[str, ...]]) -> list[Standing]:
    """From what became of stop files: when which stood. ``members`` are those of participant groups, by unit."""
    open_: dict[tuple[str, str], Standing] = {}
    found: list[Standing] = []
    for step in steps:
        event, key = step.event, (step.event.unit, step.event.kind)
        if event.alert_type != B2M:
            continue
        if isinstance(event, StopFileRaised):
            who = frozenset(members.get(event.unit, (event.unit,)))
            open_.setdefault(key, Standing(event.kind, who, event.at, step.number))
        elif key in open_:
            stood = open_.pop(key)
            found.append(Standing(stood.kind, stood.members, stood.at, stood.first, step.number, event.at))
    return sorted([*found, *open_.values()], key=lambda each: each.first)
