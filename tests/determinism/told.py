"""A market day of every kind of exchange, told to a runtime: what each client was answered, byte by byte.

``python told.py`` prints digests of answers, ledger and journal, for processes that are compared.
"""

from __future__ import annotations

import asyncio
import base64
import json
import sys
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from hashlib import blake2b
from pathlib import Path
from urllib.parse import urlencode

import msgspec

sys.path.insert(0, str(Path(__file__).parents[1]))

from lxml import etree

from kit import BASE, CODEC, macks, parse, runtime
from kit import message as written
from simulator.asexml.content_reports import REPORTS
from simulator.asexml.encode import write
from simulator.asexml.model import Element, Message, Transaction, element
from simulator.base.http import Headers, HttpReply, HttpRequest, Peer
from simulator.base.turn import Event
from simulator.client.messages import Envelope, change_request, nmi_discovery, nmi_standing_data
from simulator.runtime import Runtime
from simulator.scenario.loader import load
from simulator.scenario.model import Scenario
from simulator.stores.opening import open_journal
from simulator.web.diagram import mermaid

STORY = """
scenario: Three retailers and an app, who have nothing to do with each other, and one whom all of them lead to be told
release: r46
seed: {seed}
clock: "2026-03-02T09:00:00+10:00"
given:
  participants:
    - {{id: RETAILA, roles: [FRMP], user: ALICE, password: secret}}
    - {{id: RETAILC, roles: [FRMP], user: CAROL, password: secret}}
    - {{id: RETAILD, roles: [FRMP], user: DAVE, password: secret}}
    - {{id: COORDCO, roles: [RP], user: CORA, password: secret}}
    - {{id: RETAILB, roles: [FRMP, LR], played: auto}}
  nmis:
    - {{nmi: "4102034567", jurisdiction: NSW, frmp: RETAILB, mc: COORDCO,
       meters: [{{serial: M1, registers: [E1], interval: 5}}]}}
    - {{nmi: "4102035671", jurisdiction: NSW, frmp: RETAILB, mc: COORDCO,
       meters: [{{serial: M2, registers: [E1], interval: 30}}]}}
    - {{nmi: "6305888444", jurisdiction: VIC, frmp: RETAILB, mc: COORDCO,
       meters: [{{serial: M3, registers: [E1], interval: 30}}]}}
  population: {{count: 40, jurisdiction: SA, frmp: RETAILB}}
  netstream: {{clients: [{{id: app-1, secret: s3cret, usage point groups: [all]}}]}}
then:
  - {{name: all is acknowledged at once, every: delivered message, acknowledged within: PT0S}}
  - {{name: no id for two messages, never: {{submit: same message id with other content}}}}
"""
RETAILERS = (("RETAILA", "ALICE", "4102034567"), ("RETAILC", "CAROL", "4102035671"), ("RETAILD", "DAVE", "6305888444"))
TABLES = ("CATS_INBOUND_CHANGE_REQUEST", "CATS_OUTBOUND_NOTIFICATIONS", "CATS_NMI_PARTICIPANT_RELATIONS")
FIVE = "0.0.6.4.1.1.12.0.0.0.0.0.0.0.224.3.72.0"
Heard = list[tuple[int, tuple[tuple[str, str], ...], bytes]]
Steps = AsyncGenerator[None, None]
"""A client at work: after each exchange it lets others come first."""


def story(seed: int = 7, more: str = "") -> Scenario:
    return load(STORY.format(seed=seed) + more, "told.yaml")


@dataclass
class Client:
    """Somebody who talks to the simulator, and all that was answered."""

    house: Runtime
    heard: Heard = field(default_factory=list)

    async def call(self, request: HttpRequest, body: bytes = b"") -> HttpReply:
        async def read_body(limit: int) -> bytes:
            return body[: limit + 1]

        reply = await self.house.exchange(request, read_body)
        assert not self.house.bugs, self.house.bugs[-1]
        content = reply.body if reply.stream is None else b"".join(reply.stream)
        self.heard.append((reply.status, reply.headers, content))
        return msgspec.structs.replace(reply, body=content, stream=None)


@dataclass
class Retailer(Client):
    """A participant: asks, is asked, and takes what it is sent."""

    name: str = ""
    user: str = ""
    nmi: str = ""
    count: int = 0
    known: dict[str, int] = field(default_factory=dict)
    """The largest SequenceNumber it was told, by table."""

    async def hub(self, method: str, operation: str, body: bytes = b"", **more: str) -> HttpReply:
        credentials = base64.b64encode(f"{self.user}:secret".encode()).decode()
        headers = {
            "X-initiatingParticipantID": self.name,
            "X-market": "NEM",
            "Accept": "application/xml",
            "Authorization": f"Basic {credentials}",
        }
        query = tuple(more.items()) if method == "GET" else ()
        given = Headers(headers if method == "GET" else headers | more)
        return await self.call(HttpRequest(method, BASE + operation, query, given, Peer(self.name, "ehubsim")), body)

    def envelope(self) -> Envelope:
        self.count += 1
        return Envelope(self.name, f"{self.name}-MSG-{self.count}", self.house.clock.now())

    async def send(self, message: Message) -> None:
        head = message.header
        group, priority, number = head.transaction_group, (head.priority or "M")[0], head.message_id.rpartition("-")[2]
        context_id = f"{group}{priority}_{self.name}_{number}".lower()
        await self.hub("POST", "submitMessages", write(message), messageContextID=context_id)

    def report(self) -> Message:
        name = "MSATSLimits"
        parameters = element("ReportParameters", element("ReportName", name), xsi_type=f"ase:{REPORTS[name]}")
        return self.asking(element("ReportRequest", parameters))

    def replication(self, table: str) -> Message:
        """What was touched since it last asked."""
        given = {
            "TableName": table,
            "CreationFromDate": "1970-01-01T00:00:00+10:00",
            "CreationToDate": "2030-01-01T00:00:00+10:00",
            "LastSequenceNumber": str(self.known.get(table, 0)),
        }
        parameters = element("ReplicationParameters", *(element(name, value) for name, value in given.items()))
        return self.asking(element("ReplicationRequest", parameters))

    def asking(self, payload: Element) -> Message:
        made = change_request(self.envelope(), self.nmi, proposed_date=self.house.clock.now().date())
        asked = made.transactions[0]
        return Message(made.release, made.header, (Transaction(asked.transaction_id, asked.transaction_date, payload),))

    async def ask(self) -> Steps:
        """Everything that can be asked, something that is refused, and something twice."""
        proposed = (self.house.clock.now() + timedelta(days=10)).date()
        request = change_request(self.envelope(), self.nmi, proposed_date=proposed)
        for message in (
            request,
            nmi_standing_data(self.envelope(), self.nmi, reason="TRI"),
            nmi_discovery(self.envelope(), "SA", meter_serial="none"),
            self.report(),
            *map(self.replication, TABLES),
            request,
            *map(self.replication, TABLES),
        ):
            await self.send(message)
            yield
        await self.hub("POST", "submitMessages", b"<broken", messageContextID=f"catsm_{self.name}_9".lower())
        yield
        await self.hub("POST", "submitMessages", written("<Nothing/>", sender=self.name).encode())

    async def take(self) -> Steps:
        """The queue, and everything in it fetched, fetched again, and acknowledged."""
        listed = await self.hub("GET", "getQueueMetaData")
        yield
        for entry in parse(listed.body).iter("MessageMetaData"):
            context_id, message_id = (entry.findtext(name) or "" for name in ("MessageContextID", "MessageID"))
            for _ in range(2):
                got = await self.hub("GET", "getMessages", messageContextID=context_id)
                yield
            self.learn(parse(got.body))
            mack = macks(message_id, own=f"{self.name}-{context_id}"[-36:], sender=self.name)
            await self.hub("POST", "submitMessageAcknowledgements", mack.encode(), messageContextID=context_id)
            yield

    def learn(self, message: etree._Element) -> None:
        """Keep the largest SequenceNumber of an answer to a replication request."""
        for answer in message.iter("ReplicationNotification"):
            numbers = [int(each.text or "") for each in answer.iter("SequenceNumber")]
            table = answer.findtext("ReplicationParameters/TableName") or ""
            self.known[table] = max([self.known.get(table, 0), *numbers])

    async def look(self) -> Steps:
        """What others did that is its business: one by one from its queue, and as rows."""
        await self.hub("GET", "getQueueMetaData")
        for message in map(self.replication, TABLES):
            yield
            await self.send(message)
        async for _ in self.take():
            yield


@dataclass
class Reader(Client):
    """An app of Netstream."""

    async def read(self) -> Steps:
        tenant = self.house.scenario.given.netstream.tenant
        form = {"grant_type": "client_credentials", "client_id": "app-1", "client_secret": "s3cret"}
        body = urlencode(form | {"scope": "https://graph.microsoft.com/.default"}).encode()
        kind = Headers({"Content-Type": "application/x-www-form-urlencoded"})
        reply = await self.call(HttpRequest("POST", f"/{tenant}/oauth2/v2.0/token", headers=kind), body)
        token = json.loads(reply.body)["access_token"]
        yield
        day = {"start": "2026-02-27T00:00:00", "end": "2026-02-28T00:00:00"}
        for nmi in ("4102034567", "4102035671", "0000000000"):
            asked = {
                "reading": [{"timePeriod": {"startSpecified": True, "endSpecified": True, **day}}],
                "readingQuality": [],
                "readingType": [{"mRID": FIVE}],
                "usagePoint": [{"names": [{"name": nmi}]}],
            }
            given = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
            path = "/api/cim17/9/MeterReadings2/get"
            await self.call(HttpRequest("POST", path, headers=Headers(given)), json.dumps(asked).encode())
            yield


Turns = Callable[[int], int]
"""Of so many who could go on, who does."""


async def act(parts: Sequence[Steps], turns: Turns) -> None:
    """Clients at work at the same time: in each step one of them goes on."""
    waiting = list(parts)
    while waiting:
        chosen = waiting[turns(len(waiting))]
        try:
            await anext(chosen)
        except StopAsyncIteration:
            waiting.remove(chosen)


@dataclass(frozen=True)
class Told:
    """What came of it: by client what it was answered; by key, in its order, what the ledger tells; what else is told;
    the journal.
    """

    answers: dict[str, Heard]
    ledger: dict[str, bytes]
    exchanges: list[bytes]
    diagram: str
    verdict: bytes
    due: list[bytes]
    events: list[Event]

    @property
    def same(self) -> tuple[object, ...]:
        """What is the same whoever comes first, in the order it is told."""
        return self.answers, list(self.ledger.items()), self.exchanges, self.diagram, self.verdict, self.due

    @property
    def kept(self) -> tuple[object, ...]:
        """What of it is the same after restarts."""
        return self.answers, list(self.ledger.items()), self.diagram, self.due


Restart = Callable[[Runtime], Awaitable[Runtime]]


async def going_on(house: Runtime) -> Runtime:
    """Nobody restarts anything."""
    return house


async def tell(
    turns: Turns, seed: int = 7, journal: str = "memory:?keep=yes", restart: Restart = going_on, more: str = ""
) -> Told:
    """The whole day and the three weeks after it; who is when is for ``turns`` to say. ``more`` ends the story."""
    house = runtime(story(seed, more), open_journal(journal, "default", CODEC))
    retailers = [Retailer(house, name=name, user=user, nmi=nmi) for name, user, nmi in RETAILERS]
    coordinator = Retailer(house, name="COORDCO", user="CORA", nmi=RETAILERS[0][2])
    reader = Reader(house)
    due: list[bytes] = []

    async def stage(*parts: Steps) -> None:
        nonlocal house
        await act(parts, turns)
        house = await restart(house)
        for each in (*retailers, coordinator, reader):
            each.house = house

    await stage(*(each.ask() for each in retailers), reader.read())
    await stage(coordinator.look())
    await stage(*(each.take() for each in retailers), reader.read())
    for days in (1, 10, 11):
        due += [msgspec.json.encode(each) for each in await house.advance(timedelta(days=days))]
        await stage(*(each.take() for each in retailers), reader.read())
        await stage(coordinator.look())
        await stage(coordinator.take())
    ledger = {each["id"]: msgspec.json.encode(house.message(each["id"])) for each in house.messages()}
    answers = {each.name: each.heard for each in (*retailers, coordinator)} | {"app-1": reader.heard}
    exchanges = [msgspec.json.encode(each.summary()) for each in house.exchanges.ranked()]
    diagram, verdict = mermaid(house.messages(ranked=True)), msgspec.json.encode((await house.verdict()).summary())
    told = Told(answers, ledger, exchanges, diagram, verdict, due, list(house.journal.replay()))
    await house.close()
    return told


def digest(value: object) -> str:
    return blake2b(msgspec.json.encode(value), digest_size=16).hexdigest()


def digests(told: Told) -> dict[str, str]:
    named = {**told.answers, "told": told.same, "journal": told.events}
    return {name: digest(value) for name, value in named.items()}


if __name__ == "__main__":
    print(json.dumps(digests(asyncio.run(tell(lambda count: 0)))))
