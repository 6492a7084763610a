"""What many tests share: a small market, raw messages written by hand, and calls as HTTP values.

Messages here are plain text on purpose: they do not come from our own encoder.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from lxml import etree

from simulator.asexml.schemas import Schemas
from simulator.base.clock import MARKET_ZONE, Clock
from simulator.base.http import Headers, HttpReply, HttpRequest, Peer
from simulator.base.ids import Nmi
from simulator.hub.switches import Switches
from simulator.runtime import ALL_EVENTS, Runtime
from simulator.scenario.model import Given, Participant, Rule, Scenario, User
from simulator.stores.codec import EventCodec
from simulator.stores.journal import Journal
from simulator.stores.opening import open_journal
from simulator.world.model import ConnectionPoint, Meter, Register, RoleAssignment

SCHEMA_PLACE = "http://www.nemmco.com.au/aseXML/schemas"
BASE = "/NEMRetail/B2MMessagingPull/v1/"
START = datetime(2026, 3, 2, 9, 0, tzinfo=MARKET_ZONE)
"""A Monday morning in market time."""
SCHEMAS = Schemas()
CODEC = EventCodec(ALL_EVENTS)


def point(nmi: str = "4102034567", installation: str = "COMMS4D", jurisdiction: str = "NSW") -> ConnectionPoint:
    roles = {
        "FRMP": "RETAILB",
        "LNSP": "ENERGYP",
        "LR": "ENERGYP",
        "RP": "MCCO",
        "MDP": "METERCO",
        "MPB": "MPBCO",
        "MPC": "MPBCO",
    }
    meter = Meter("M1", (Register("E1", "E1"),), installation, "RWDA" if installation.startswith("COMMS") else "MV3")
    assigned = tuple(RoleAssignment(role, party, date(2020, 1, 1)) for role, party in roles.items())
    return ConnectionPoint(nmi, jurisdiction, roles=assigned, meters=(meter,))


def scenario(
    *rules: Rule, points: tuple[ConnectionPoint, ...] | None = None, switches: Switches | None = None, seed: int = 7
) -> Scenario:
    participants = (
        Participant("RETAILA", ("FRMP",), (User("ALICE", "secret"), User("NMIONLY", "secret", ("NMID",)))),
        Participant("RETAILC", ("FRMP",), (User("CAROL", "secret"),)),
        Participant("RETAILB", ("FRMP",), played=True),
    )
    given = Given(participants, (point(),) if points is None else points)
    return Scenario(
        "test market", release="r46", seed=seed, clock=START, given=given, when=rules, switches=switches or Switches()
    )


def runtime(story: Scenario | None = None, journal: Journal | None = None, clock: Clock | None = None) -> Runtime:
    """A running workspace with a held clock."""
    story = story or scenario()
    journal = journal or open_journal("memory:?keep=yes", "default", CODEC)
    return Runtime.open(story, journal, clock or Clock(story.clock or START, rate=0), SCHEMAS)


@dataclass(slots=True)
class Party:
    """A participant's system, as values: it calls a runtime and reads what comes back."""

    house: Runtime
    participant: str = "RETAILA"
    user: str = "ALICE"
    password: str = "secret"
    peer: Peer | None = field(default_factory=lambda: Peer("RETAILA", "ehubsim"))
    secure: bool = True

    def headers(self, context_id: str | None = None) -> dict[str, str]:
        credentials = base64.b64encode(f"{self.user}:{self.password}".encode()).decode()
        known = {
            "X-initiatingParticipantID": self.participant,
            "X-market": "NEM",
            "Accept": "application/xml",
            "Authorization": f"Basic {credentials}",
        }
        return known if context_id is None else {**known, "messageContextID": context_id}

    async def call(
        self,
        method: str,
        operation: str,
        body: bytes = b"",
        *,
        context_id: str | None = None,
        query: tuple[tuple[str, str], ...] = (),
        without: str | None = None,
        also: Mapping[str, str] | None = None,
    ) -> HttpReply:
        headers = {**self.headers(context_id), **(also or {})}
        headers = {name: value for name, value in headers.items() if name != without}
        path = operation if operation.startswith("/") else BASE + operation
        request = HttpRequest(method, path, query, Headers(headers), self.peer, self.secure)

        async def read_body(limit: int) -> bytes:
            return body[: limit + 1]

        return await self.house.exchange(request, read_body)

    async def submit(self, body: bytes | str, context_id: str = "catsm_retaila_1", **more: object) -> HttpReply:
        raw = body.encode() if isinstance(body, str) else body
        return await self.call("POST", "submitMessages", raw, context_id=context_id, **more)  # type: ignore[arg-type]

    async def acknowledge(self, body: bytes | str, context_id: str, **more: object) -> HttpReply:
        raw = body.encode() if isinstance(body, str) else body
        return await self.call("POST", "submitMessageAcknowledgements", raw, context_id=context_id, **more)  # type: ignore[arg-type]

    async def get(self, context_id: str, **more: object) -> HttpReply:
        return await self.call("GET", "getMessages", query=(("messageContextID", context_id),), **more)  # type: ignore[arg-type]

    async def queue(self, group: str | None = None) -> list[dict[str, str]]:
        """The queue as getQueueMetaData tells it: one mapping an entry."""
        query = () if group is None else (("transactionGroup", group),)
        reply = await self.call("GET", "getQueueMetaData", query=query)
        assert reply.status == 200, reply
        entries = parse(reply.body).iter("MessageMetaData")
        return [{child.tag: child.text or "" for child in entry} for entry in entries]

    async def clear(self) -> list[etree._Element]:
        """Fetch and acknowledge everything; returns the messages."""
        messages = []
        for number, entry in enumerate(await self.queue()):
            context_id, message_id = entry["MessageContextID"], entry["MessageID"]
            messages.append(parse((await self.get(context_id)).body))
            mack = macks(message_id, own=f"{self.participant}-ack-{context_id}"[-36:], sender=self.participant)
            reply = await self.acknowledge(mack, context_id)
            assert outcome(reply).status == "Accept", (number, reply.body)
        return messages


def other(house: Runtime) -> Party:
    """Another participant of the same market."""
    return Party(house, "RETAILC", "CAROL", peer=Peer("RETAILC", "ehubsim"))


def parse(body: bytes) -> etree._Element:
    return etree.fromstring(body)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What an acknowledgement says. ``status`` is "Event" for a root-level event."""

    status: str
    codes: tuple[int, ...]
    initiating: str | None
    receipt: str | None
    duplicate: bool


def outcome(reply: HttpReply) -> Outcome:
    assert reply.status == 200, (reply, reply.rule)
    root = parse(reply.body)
    codes = tuple(int(code.text or "-1") for code in root.iter("Code"))
    mack = root.find("Acknowledgements/MessageAcknowledgement")
    if mack is None:
        assert etree.QName(root).localname == "Event", reply.body
        return Outcome("Event", codes, None, None, False)
    initiating, receipt = mack.get("initiatingMessageID"), mack.get("receiptID")
    return Outcome(mack.get("status", ""), codes, initiating, receipt, mack.get("duplicate") == "Yes")


def message(
    content: str,
    *,
    message_id: str = "RETAILA-MSG-1",
    sender: str = "RETAILA",
    to: str = "NEMMCO",
    group: str = "CATS",
    priority: str | None = "Medium",
    market: str | None = "NEM",
    security: str | None = None,
    release: str = "r46",
) -> str:
    """A message around ``content`` (a Transactions or Acknowledgements element)."""
    optional = "".join(
        f"<{name}>{value}</{name}>"
        for name, value in (("Priority", priority), ("SecurityContext", security), ("Market", market))
        if value is not None
    )
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><ase:aseXML xmlns:ase="urn:aseXML:{release}" '
        'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" '
        f'xsi:schemaLocation="urn:aseXML:{release} {SCHEMA_PLACE}/{release}/aseXML_{release}.xsd">\n'
        f"<Header><From>{sender}</From><To>{to}</To><MessageID>{message_id}</MessageID>"
        f"<MessageDate>2026-03-02T09:00:00+10:00</MessageDate><TransactionGroup>{group}</TransactionGroup>{optional}</Header>\n"
        f"{content}</ase:aseXML>"
    )


def transactions(*payloads: str, first: str = "RETAILA-T") -> str:
    dated = 'transactionDate="2026-03-02T09:00:00+10:00"'
    inside = "".join(
        f'<Transaction transactionID="{first}{number}" {dated}>{payload}</Transaction>\n'
        for number, payload in enumerate(payloads, 1)
    )
    return f"<Transactions>{inside}</Transactions>"


def change_request(
    nmi: str = "4102034567", reason: str = "1000", proposed: str = "2026-03-16", party: str = "RETAILA"
) -> str:
    checksum = Nmi.parse(nmi).checksum
    return (
        f'<CATSChangeRequest version="r29"><ChangeReasonCode>{reason}</ChangeReasonCode>'
        f"<ProposedDate>{proposed}</ProposedDate>"
        "<MeterReadTypeCode>RR</MeterReadTypeCode>"
        f'<NMIStandingData xsi:type="ase:ElectricityStandingData" version="r43"><NMI checksum="{checksum}">{nmi}</NMI>'
        f"<RoleAssignments><RoleAssignment><Party>{party}</Party><Role>FRMP</Role></RoleAssignment></RoleAssignments>"
        "</NMIStandingData></CATSChangeRequest>"
    )


def transfer(number: int = 1, **more: str) -> str:
    """A whole message with one change request."""
    return message(
        transactions(change_request(**more), first=f"RETAILA-T{number}-"), message_id=f"RETAILA-MSG-{number}"
    )


def macks(
    *initiating: str, own: str = "RETAILA-ACK-1", status: str = "Accept", sender: str = "RETAILA", **more: str
) -> str:
    """A message of message acknowledgements."""
    inside = "".join(
        f'<MessageAcknowledgement initiatingMessageID="{name}" receiptID="{f"R-{name}"[:36]}" '
        f'receiptDate="2026-03-02T09:00:01+10:00" status="{status}"/>'
        for name in initiating
    )
    return message(f"<Acknowledgements>{inside}</Acknowledgements>", message_id=own, sender=sender, **more)
