"""A shipped scenario on the stage: its clock is held, whoever has a user acts, and all that was said can be judged.

Whoever acts is the reference client: its builders make the messages, its flows hand them in, list, get and acknowledge.
Everything written is read back under our schemas.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path

from lxml import etree
from reference import ReferenceClient

from kit import CODEC, SCHEMAS, Party, runtime
from simulator.asexml import xsd
from simulator.asexml.decode import read
from simulator.asexml.encode import write
from simulator.asexml.model import Message
from simulator.asexml.schemas import Schemas
from simulator.base.clock import MARKET_ZONE
from simulator.base.http import Peer
from simulator.base.turn import Event
from simulator.client.messages import Envelope
from simulator.client.values import Delivered, QueueEntry
from simulator.hub.events import MessageQueued, MessageReceived, MessageRefused
from simulator.hub.record import names_step
from simulator.market.events import AnswerGiven
from simulator.runtime import Runtime
from simulator.scenario.loader import load
from simulator.scenario.verdict import Verdict
from simulator.stores.opening import open_journal
from simulator.world.events import ChangeRequestLodged, ChangeRequestMoved, ChangeRequestRefused, ObjectionLodged
from simulator.world.world import World

SHIPPED = Path(__file__).parents[2] / "scenarios"
OFFICIAL = Schemas({"aseXML_r46.xsd": xsd.schema("r46")})
"""A schema set as ``--schemas`` takes it, which judges whatever is read and written; AEMO's own is not ours to have
here, so it is made of our content models."""
Reached = set[tuple[str, str]]
"""(kind, code): what a story reaches of events, change reasons, statuses, objections and rules."""


class Stage:
    """One scenario, running."""

    def __init__(self, name: str) -> None:
        story = load((SHIPPED / f"{name}.yaml").read_text("utf-8"), f"{name}.yaml")
        self.house: Runtime = runtime(story, open_journal("memory:?keep=yes", "default", CODEC))
        self.house.schemas = OFFICIAL

    @property
    def world(self) -> World:
        return self.house.simulation.market.world

    def actor(self, participant: str) -> Actor:
        """The participant that a test acts for."""
        member = self.house.scenario.participant(participant)
        assert member is not None
        user = member.users[0]
        who = (self.house, participant, user.name, user.password)
        return Actor(self, ReferenceClient(*who), Party(*who, Peer(participant, "ehubsim"), secure=True))

    async def until(self, day: str) -> None:
        """Let time pass to nine o'clock of a market day, or to a point in time."""
        when = datetime.fromisoformat(day if "T" in day else f"{day}T09:00:00").replace(tzinfo=MARKET_ZONE)
        await self.house.set_clock(when)

    async def wait(self, **period: float) -> None:
        await self.house.advance(timedelta(**period))

    def events(self) -> list[Event]:
        return list(self.house.journal.replay())

    def nameless(self) -> set[str]:
        """Steps in the ledger by whose names nobody could ask for them."""
        told = {step["what"] for each in self.house.messages() for step in each["timeline"]}
        return {what for what in told if not names_step(what)}

    def end(self) -> Reached:
        """The story is over: everything written reads clean, and nothing went wrong inside. What was reached."""
        assert not self.house.bugs, self.house.bugs[0]
        assert not self.nameless(), "simulator.hub.record.STEPS lacks them"
        reached: Reached = set()
        for event in self.events():
            if isinstance(event, MessageQueued):
                body = write(event.message)
                received = read(body, SCHEMAS)
                assert received.findings == (), (received.findings, body)
                reached |= {("transaction", each.payload.name) for each in event.message.transactions}
                for told in etree.fromstring(body).iterfind(".//Event"):
                    reached |= {("event", told.findtext("Code") or ""), *_beside_success(told)}
            else:
                reached |= set(_reached(event))
        return reached


_BESIDE_SUCCESS = {
    "Not applicable": "nmid.previous-read",
    "No record fits": "report.none",
    "There are more rows": "report.row-limit",
}
"""How the explanations of events begin that are no refusal, and their rules."""


def _beside_success(told: etree._Element) -> Iterable[tuple[str, str]]:
    said = told.findtext("Explanation") or ""
    return [("rule", rule) for begins, rule in _BESIDE_SUCCESS.items() if said.startswith(begins)]


def _reached(event: Event) -> Iterable[tuple[str, str]]:
    match event:
        case ChangeRequestLodged(request=request):
            yield from (("reason", request.reason), ("status", request.status))
        case ChangeRequestMoved(status=status):
            yield "status", status
        case ObjectionLodged(objection=objection):
            yield "objection", objection.code
        case ChangeRequestRefused(rule=rule) | AnswerGiven(rule=rule) if rule:
            yield "rule", rule
        case MessageRefused(rule=rule, code=code):
            yield from (("rule", rule), ("event", str(code)))
        case MessageReceived(transactions=transactions):
            yield from (("transaction", name) for _, name in transactions)


@dataclass(slots=True)
class Actor:
    """The system of a participant: numbers what it sends, and takes what it is sent.

    ``client`` is the reference client; ``party`` makes calls by hand, for what no good client does.
    """

    stage: Stage
    client: ReferenceClient
    party: Party
    count: int = 0
    replies: str = "Response"
    """What the names of the answers it waits for end with."""
    taken: list[etree._Element] = field(default_factory=list)

    def envelope(self) -> Envelope:
        """The next message's."""
        self.count += 1
        name = self.party.participant
        return Envelope(name, f"{name}-MSG-{self.count}", self.stage.house.clock.now())

    async def send(self, message: Message) -> str:
        """Hand a message in, which must be taken over; the id of its first transaction."""
        findings = read(write(message), SCHEMAS).findings
        assert findings == (), findings
        receipt = await self.client.run(self.client.session.submit(message))
        assert receipt.accepted, receipt
        return message.transactions[0].transaction_id

    async def queue(self) -> tuple[QueueEntry, ...]:
        """What waits, as the hub lists it."""
        return await self.client.run(self.client.session.queue())

    async def get(self, entry: QueueEntry) -> Delivered:
        """A message of the list; it stays where it is."""
        return await self.client.run(self.client.session.get(entry.context_id))

    async def take(self) -> list[etree._Element]:
        """Drain the queue: whatever waits is fetched and acknowledged. Returns it."""
        found: list[etree._Element] = []

        def handle(delivered: Delivered) -> None:
            assert delivered.received.findings == ()
            found.append(etree.fromstring(delivered.body))

        done = await self.client.drain(handle)
        assert not done.left, done
        assert done.acknowledged == len(found) + done.repeated, done
        self.taken += found
        return found

    async def answer(self, message: Message) -> etree._Element:
        """Hand a message in and take its response, which must be there at once: the transaction's payload."""
        asked = await self.send(message)
        for each in await self.take():
            for transaction in each.iter("Transaction"):
                if transaction.get("initiatingTransactionID") == asked and str(transaction[0].tag).endswith(
                    self.replies
                ):
                    return transaction[0]
        raise AssertionError(f"nothing answers {asked}")

    async def request(self, message: Message) -> str:
        """Hand a change request in, which must be accepted; its RequestID."""
        answer = await self.answer(message)
        assert codes(answer) == ["0"], etree.tostring(answer)
        return answer.findtext("RequestID") or ""


def codes(payload: etree._Element) -> list[str]:
    """The codes of a response's events."""
    return [code.text or "" for code in payload.iter("Code")]


def statuses(messages: Iterable[etree._Element], request_id: str) -> list[str]:
    """The statuses that notifications told of a request, in order."""
    return [
        told.findtext("ChangeRequest/ChangeStatusCode") or ""
        for message in messages
        for told in message.iter("CATSNotification")
        if told.findtext("ChangeRequest/RequestID") == request_id
    ]


def passes(verdict: Verdict) -> None:
    """Everything that is expected was found as expected."""
    assert verdict.findings
    assert {each.outcome for each in verdict.findings} == {"pass"}, verdict.findings


def day(text: str) -> date:
    return date.fromisoformat(text)
