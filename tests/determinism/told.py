"""A market day of every kind of exchange, told to a runtime: what each client was answered, byte by byte.

``python told.py`` prints digests of answers, ledger and journal, for processes that are compared.
"""

from __future__ import annotations

import asyncio
import base64
import json
import sys
from collections.abc import AsyncGenerator, Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from hashlib import blake2b
from pathlib import Path
from urllib.parse import urlencode

import msgspec

sys.path.insert(0, str(Path(__file__).parents[1]))

from kit import BASE, CODEC, macks, parse, runtime
from kit import message as written
from simulator.asexml.content_reports import REPORTS
from simulator.asexml.encode import write
from simulator.asexml.model import Message, Transaction, element
from simulator.base.http import Headers, HttpReply, HttpRequest, Peer
from simulator.base.turn import Event
from simulator.client.messages import Envelope, change_request, nmi_discovery, nmi_standing_data
from simulator.runtime import Runtime
from simulator.scenario.loader import load
from simulator.scenario.model import Scenario
from simulator.stores.opening import open_journal

STORY = """
scenario: Three retailers and an app, who have nothing to do with each other
release: r46
seed: {seed}
clock: "2026-03-02T09:00:00+10:00"
given:
  participants:
    - {{id: RETAILA, roles: [FRMP], user: ALICE, password: secret}}
    - {{id: RETAILC, roles: [FRMP], user: CAROL, password: secret}}
    - {{id: RETAILD, roles: [FRMP], user: DAVE, password: secret}}
    - {{id: RETAILB, roles: [FRMP, LR], played: auto}}
  nmis:
    - {{nmi: "4102034567", jurisdiction: NSW, frmp: RETAILB, meters: [{{serial: M1, registers: [E1], interval: 5}}]}}
    - {{nmi: "4102035671", jurisdiction: NSW, frmp: RETAILB, meters: [{{serial: M2, registers: [E1], interval: 30}}]}}
    - {{nmi: "6305888444", jurisdiction: VIC, frmp: RETAILB, meters: [{{serial: M3, registers: [E1], interval: 30}}]}}
  population: {{count: 40, jurisdiction: SA, frmp: RETAILB}}
  netstream: {{clients: [{{id: app-1, secret: s3cret, usage point groups: [all]}}]}}
"""
RETAILERS = (("RETAILA", "ALICE", "4102034567"), ("RETAILC", "CAROL", "4102035671"), ("RETAILD", "DAVE", "6305888444"))
FIVE = "0.0.6.4.1.1.12.0.0.0.0.0.0.0.224.3.72.0"
Heard = list[tuple[int, tuple[tuple[str, str], ...], bytes]]
Steps = AsyncGenerator[None, None]
"""A client at work: after each exchange it lets others come first."""


def story(seed: int = 7) -> Scenario:
    return load(STORY.format(seed=seed), "told.yaml")


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
        made = change_request(self.envelope(), self.nmi, proposed_date=self.house.clock.now().date())
        parameters = element(
            "ReportParameters",
            element("ReportName", "MSATSLimits"),
            xsi_type=f"ase:{REPORTS['MSATSLimits']}",
        )
        asked = made.transactions[0]
        payload = element("ReportRequest", parameters)
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
            request,
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
                await self.hub("GET", "getMessages", messageContextID=context_id)
                yield
            mack = macks(message_id, own=f"{self.name}-{context_id}"[-36:], sender=self.name)
            await self.hub("POST", "submitMessageAcknowledgements", mack.encode(), messageContextID=context_id)
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
    """What came of it: by client what it was answered; by key, in its order, what the ledger tells; the journal."""

    answers: dict[str, Heard]
    ledger: dict[str, bytes]
    events: list[Event]


async def tell(turns: Turns, seed: int = 7) -> Told:
    """The whole day and the three weeks after it; who is when is for ``turns`` to say."""
    house = runtime(story(seed), open_journal("memory:?keep=yes", "default", CODEC))
    retailers = [Retailer(house, name=name, user=user, nmi=nmi) for name, user, nmi in RETAILERS]
    reader = Reader(house)
    await act([*(each.ask() for each in retailers), reader.read()], turns)
    await act([each.take() for each in retailers], turns)
    for days in (1, 10, 11):
        await house.advance(timedelta(days=days))
        await act([*(each.take() for each in retailers), reader.read()], turns)
    ledger = {each["id"]: msgspec.json.encode(house.message(each["id"])) for each in house.messages()}
    answers = {each.name: each.heard for each in retailers} | {"app-1": reader.heard}
    return Told(answers, ledger, list(house.journal.replay()))


def digest(value: object) -> str:
    return blake2b(msgspec.json.encode(value), digest_size=16).hexdigest()


def digests(told: Told) -> dict[str, str]:
    named = {**told.answers, "ledger": list(told.ledger.items()), "journal": told.events}
    return {name: digest(value) for name, value in named.items()}


if __name__ == "__main__":
    print(json.dumps(digests(asyncio.run(tell(lambda count: 0)))))
