"""``ehubsim demo``: the main job end to end over TLS, shown as it happens; 0 only if every step was as expected.

RETAILA ── change request 1000 ──► AEMO ── response, REQ ──► RETAILA
                                    │  market days pass, the metering provider supplies the actual read
RETAILA ◄───────── PEN, COM ────────┘
DATACO  ── meter data (NEM12) ──► AEMO ── MeterDataResponse ──► DATACO
an app  ── GetMeterReadings ──► Netstream ── the very readings that DATACO delivered
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import TextIO

from simulator.asexml.model import Message, View
from simulator.base.clock import MARKET_ZONE, market_time
from simulator.base.errors import BadValue
from simulator.cim.nem import reading_type_of
from simulator.client import messages
from simulator.client.account import Options
from simulator.client.aio import HubClient, NetstreamClient
from simulator.client.errors import ClientError
from simulator.client.inbox import MemoryInbox
from simulator.client.messages import Envelope
from simulator.client.netstream import NetstreamAccount
from simulator.client.values import Delivered
from simulator.config import Settings
from simulator.web.listeners import CannotStart
from simulator.web.scenario_files import read_scenario, shipped
from simulator.web.start import Served, start

SCENARIO = "demo.yaml"
RETAILER, PROVIDER = "RETAILA", "DATACO"
TRANSFERRED, METERED = "4102035671", "6305888444"
METERED_DAY = date(2026, 2, 27)
_INTERVAL_VALUES = ",".join(f"{0.05 + (slot % 48) / 400:.3f}" for slot in range(288))
NEM12 = "\n".join(
    (
        f"100,NEM12,202603020900,{PROVIDER},NEMMCO",
        f"200,{METERED},E1,E1,E1,N1,M6305888,KWH,5,",
        f"300,{METERED_DAY:%Y%m%d},{_INTERVAL_VALUES},A,,,20260228010000,",
        "900",
    )
)


class Unexpected(Exception):
    """A step did not go as it should; the text says what was expected and what came."""


@dataclass(slots=True)
class Story:
    """The demonstration under way: where it runs, who takes part, and what was seen."""

    served: Served
    out: TextIO
    clients: dict[str, HubClient] = field(default_factory=dict)
    statuses: list[str] = field(default_factory=list)

    @property
    def now(self) -> datetime:
        """Market time."""
        return market_time(self.served.runtime.clock.now())

    def tell(self, who: str, arrow: str, whom: str, what: str) -> None:
        """One line of the flow."""
        print(f"  {self.now:%d %b %H:%M}  {who:>8} {arrow} {whom:<8}  {what}", file=self.out, flush=True)

    def client(self, participant: str) -> HubClient:
        """The reference client of a participant, with its own certificate."""
        known = self.clients.get(participant)
        if known is None:
            member = self.served.runtime.scenario.participant(participant)
            if member is None or not member.users:
                raise Unexpected(f"the scenario declares no user of {participant}")
            user, certificates = member.users[0], self.served.certificates
            known = self.clients[participant] = HubClient(
                self.served.url,
                participant,
                user.name,
                user.password,
                ca=str(certificates.ca),
                certificate=str(certificates.client(participant)),
                key=str(certificates.client_key(participant)),
                now=lambda: self.now,
            )
        return known


def run(out: TextIO = sys.stdout, err: TextIO = sys.stderr) -> int:
    """Run the demonstration: 0 when every step was as expected, 1 when one was not, 3 when it could not start."""
    try:
        asyncio.run(_demonstrate(out))
    except CannotStart as reason:
        print(f"ehubsim: {reason}", file=err)
        return 3
    except (Unexpected, ClientError, BadValue) as wrong:
        print(f"ehubsim demo: {wrong}", file=err)
        return 1
    return 0


async def _demonstrate(out: TextIO) -> None:
    with tempfile.TemporaryDirectory(prefix="ehubsim-demo-") as folder:
        settings = Settings(port=0, plain_port=0, certs=Path(folder), clock="held")
        served = await start(settings, read_scenario(shipped(SCENARIO)))
        story = Story(served, out)
        try:
            print(f"ehubsim demo: {served.runtime.scenario.name}, on {served.url} over mutual TLS", file=out)
            await _transfer(story)
            await _meter_data(story)
            await _readings(story)
            print("Every step was as expected.", file=out)
        finally:
            for client in story.clients.values():
                await client.close()
            await served.close()


async def _transfer(story: Story) -> None:
    """A retailer wins a customer; the meter is read by hand, so completion waits for the actual read."""
    envelope = Envelope(RETAILER, f"{RETAILER}-MSG-1", story.now)
    proposed = (story.now + timedelta(days=14)).date()
    request = messages.change_request(envelope, TRANSFERRED, proposed_date=proposed)
    await _submit(story, RETAILER, request, f"CATSChangeRequest 1000, NMI {TRANSFERRED}, proposed {proposed}")
    await _drain(story, RETAILER)
    _expect("status after the request", story.statuses, ["REQ"])
    for days in (7, 30):
        fired = await story.served.runtime.advance(timedelta(days=days))
        due = [event["due"].split("/")[1] for event in fired if event["type"] == "Fired"]
        print(f"  … {days} days of market time pass; came due: {', '.join(due)}", file=story.out)
        await _drain(story, RETAILER)
    _expect("statuses told", story.statuses, ["REQ", "PEN", "COM"])
    await _check_retailer(story)


async def _check_retailer(story: Story) -> None:
    """A completed transfer is seen by a discovery: standing data now name the new retailer."""
    envelope = Envelope(RETAILER, f"{RETAILER}-MSG-2", story.now)
    await _submit(
        story, RETAILER, messages.nmi_standing_data(envelope, TRANSFERRED), f"NMI standing data of {TRANSFERRED}?"
    )
    taken = await _drain(story, RETAILER)
    roles = {
        (role.text("Role"), role.text("Party"))
        for delivered in taken
        for transaction in delivered.received.transactions
        for role in transaction.view.all("NMIStandingData/RoleAssignments/RoleAssignment")
    }
    if ("FRMP", RETAILER) not in roles:
        raise Unexpected(f"{RETAILER} should be FRMP of {TRANSFERRED} now; told were {sorted(map(str, roles))}")


async def _meter_data(story: Story) -> None:
    envelope = Envelope(PROVIDER, f"{PROVIDER}-MSG-1", story.now)
    notification = messages.meter_data(envelope, NEM12)
    await _submit(story, PROVIDER, notification, f"MeterDataNotification, NEM12, NMI {METERED}, {METERED_DAY}")
    taken = await _drain(story, PROVIDER)
    counts = [
        transaction.view.text("AcceptedCount")
        for delivered in taken
        for transaction in delivered.received.transactions
        if transaction.name == "MeterDataResponse"
    ]
    _expect("accepted records of meter data", counts, ["1"])


async def _readings(story: Story) -> None:
    """The same market seen by the other API: what came as meter data is what Netstream shows."""
    netstream = story.served.runtime.scenario.given.netstream
    app = netstream.clients[0]
    options = Options(ca=str(story.served.certificates.ca), now=lambda: story.now)
    account = NetstreamAccount(story.served.url, netstream.tenant, app.client_id, app.secret, options=options)
    start = datetime.combine(METERED_DAY, time(), MARKET_ZONE)
    asked = f"GetMeterReadings, E1 kWh by 5 minutes, NMI {METERED}, {METERED_DAY}"
    story.tell(app.client_id, "──►", "Netstream", asked)
    async with NetstreamClient(account) as client:
        kind = reading_type_of("E1", "kWh", 5).text
        rows = await client.readings([kind], start, start + timedelta(days=1), usage_points=[METERED])
    total = sum(row.value or Decimal(0) for row in rows)
    story.tell(app.client_id, "◄──", "Netstream", f"{len(rows)} readings, {total} kWh")
    delivered = sum(map(Decimal, _INTERVAL_VALUES.split(",")))
    _expect("readings and their sum", [str(len(rows)), str(total)], ["288", str(delivered)])


async def _submit(story: Story, participant: str, message: Message, what: str) -> None:
    story.tell(participant, "──►", "NEMMCO", what)
    receipt = await story.client(participant).submit(message)
    if not receipt.accepted:
        raise Unexpected(f"{participant}'s message was answered {receipt.status}: {receipt.events}")
    story.tell(participant, "◄──", "NEMMCO", f"accepted, receipt {receipt.receipt_id}")


async def _drain(story: Story, participant: str) -> list[Delivered]:
    """List, get, handle, acknowledge, until the queue is empty; returns what was taken."""
    taken: list[Delivered] = []

    def handle(delivered: Delivered) -> None:
        taken.append(delivered)
        for transaction in delivered.received.transactions:
            story.tell(
                participant, "◄──", "NEMMCO", f"{transaction.name}{_details(transaction.view)}  pulled, acknowledged"
            )
            status = transaction.view.text("ChangeRequest/ChangeStatusCode")
            story.statuses.extend([status] if status else [])

    done = await story.client(participant).drain(handle, inbox=MemoryInbox())
    if done.left or await story.client(participant).queue():
        raise Unexpected(f"the queue of {participant} should be empty: {done.left}")
    return taken


_SHOWN = (
    ("ChangeRequest/ChangeStatusCode", ""),
    ("RequestID", "request "),
    ("AcceptedCount", "accepted "),
    ("NMIStandingData/NMI", "NMI "),
    ("Event/Code", "event "),
)


def _details(view: View) -> str:
    told = [f"{label}{text}" for path, label in _SHOWN if (text := view.text(path))]
    return " " + ", ".join(told) if told else ""


def _expect(what: str, found: Iterable[object], expected: list[str]) -> None:
    if list(found) != expected:
        raise Unexpected(f"{what}: expected {expected}, found {list(found)}")
