"""A small Netstream: usage points, a client, and calls as HTTP values."""

from __future__ import annotations

import gzip
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from msgspec import structs
from msgspec.structs import replace

import kit
from simulator.base.clock import MARKET_ZONE, Clock
from simulator.base.http import Headers, HttpReply, HttpRequest
from simulator.netstream.model import Client, Given, Group, guid
from simulator.netstream.switches import NetstreamSwitches
from simulator.runtime import Runtime
from simulator.scenario.model import GivenReadings, Scenario
from simulator.world.irregularities import Irregularity
from simulator.world.model import ConnectionPoint, Meter, Register

NOW = datetime(2026, 3, 20, 9, 0, tzinfo=MARKET_ZONE)
HOUSE, FLAT, SHOP = "4102034567", "4102035678", "4102036789"
SOLAR = (Register("E1", "E1"), Register("B1", "B1"))
CLIENT = Client("app-1", "s3cret", ("all",))
SMALL = Client("app-2", "s4cret", ("North",))
GIVEN = Given(
    clients=(CLIENT, SMALL),
    groups=(Group("North", guid("group", "North"), (HOUSE, FLAT)), Group("South", guid("group", "South"), (SHOP,))),
)
READINGS = "/api/cim17/9/MeterReadings2/get"
TOKEN = f"/{GIVEN.tenant}/oauth2/v2.0/token"
THIRTY = "0.0.5.4.1.1.12.0.0.0.0.0.0.0.224.3.72.0"
FIVE = "0.0.6.4.1.1.12.0.0.0.0.0.0.0.224.3.72.0"
DAILY = "0.0.4.4.1.1.12.0.0.0.0.0.0.0.224.3.72.0"
SOLAR_THIRTY = "0.0.5.4.19.1.12.0.0.0.0.0.0.0.224.3.72.0"


def meter_point(
    nmi: str, serial: str = "", registers: tuple[Register, ...] = SOLAR, interval: int = 5, jurisdiction: str = "NSW"
) -> ConnectionPoint:
    meter = Meter(serial or f"M{nmi[-4:]}", registers, interval=interval)
    return ConnectionPoint(nmi, jurisdiction, meters=(meter,))


POINTS = (meter_point(HOUSE), meter_point(FLAT, registers=(Register("E1", "E1"),)), meter_point(SHOP, interval=30))


def story(
    *odd: Irregularity,
    points: tuple[ConnectionPoint, ...] = POINTS,
    given: Given = GIVEN,
    seed: int = 7,
    now: datetime = NOW,
    readings: GivenReadings | None = None,
    **switches: Any,
) -> Scenario:
    made = kit.scenario(points=points, seed=seed)
    market = replace(made.given, netstream=given, readings=readings or GivenReadings(odd=odd))
    return replace(made, clock=now, given=market, netstream_switches=NetstreamSwitches(**switches))


def point_of(nmi: str) -> dict[str, Any]:
    return {"mRID": guid("usage-point", nmi)}


def named(name: str) -> dict[str, Any]:
    return {"names": [{"name": name}]}


def period(start: str | None, end: str | None = None) -> dict[str, Any]:
    found = {"startSpecified": start is not None, "endSpecified": end is not None}
    return {"timePeriod": found | ({"start": start} if start else {}) | ({"end": end} if end else {})}


def asking(
    *types: str, start: str | None = "2026-03-02T00:00:00", end: str | None = "2026-03-03T00:00:00", **more: Any
) -> dict[str, Any]:
    """A request for the house, unless something else is named."""
    about = more if more else {"usagePoint": [point_of(HOUSE)]}
    wanted = [{"mRID": each} for each in types or (THIRTY,)]
    return {"reading": [period(start, end)], "readingQuality": [], "readingType": wanted, **about}


@dataclass
class Portal:
    """A client program, as values."""

    house: Runtime
    token: str | None = None

    @classmethod
    def open(cls, scenario: Scenario | None = None) -> Portal:
        scenario = scenario or story()
        return cls(kit.runtime(scenario, clock=Clock(scenario.clock, rate=0)))

    async def call(
        self, method: str, path: str, body: bytes = b"", headers: Mapping[str, str] | None = None
    ) -> HttpReply:
        async def read_body(limit: int) -> bytes:
            return body[: limit + 1]

        reply = await self.house.exchange(HttpRequest(method, path, headers=Headers(headers or {})), read_body)
        assert not self.house.bugs, self.house.bugs[-1]
        return reply if reply.stream is None else structs.replace(reply, body=b"".join(reply.stream), stream=None)

    async def sign_in(self, client: Client = CLIENT, path: str = TOKEN, **fields: str) -> HttpReply:
        form = {
            "grant_type": "client_credentials",
            "client_id": client.client_id,
            "client_secret": client.secret,
            "scope": "https://graph.microsoft.com/.default",
            **fields,
        }
        body = urlencode({name: value for name, value in form.items() if value}).encode()
        reply = await self.call("POST", path, body, {"Content-Type": "application/x-www-form-urlencoded"})
        if reply.status == 200:
            self.token = json.loads(reply.body)["access_token"]
        return reply

    async def post(self, body: bytes, content_type: str = "application/json", **headers: str) -> HttpReply:
        if self.token is None:
            assert (await self.sign_in()).status == 200
        given = {"Authorization": f"Bearer {self.token}", "Content-Type": content_type}
        return await self.call(
            "POST", READINGS, body, {**given, **{k.replace("_", "-"): v for k, v in headers.items()}}
        )

    async def ask(self, request: dict[str, Any], **headers: str) -> dict[str, Any]:
        reply = await self.post(json.dumps(request).encode(), **headers)
        assert reply.status == 200, (reply.status, reply.body)
        body = gzip.decompress(reply.body) if ("Content-Encoding", "gzip") in reply.headers else reply.body
        found: dict[str, Any] = json.loads(body)
        return found

    async def refused(self, request: dict[str, Any], **headers: str) -> tuple[int, dict[str, Any]]:
        reply = await self.post(json.dumps(request).encode(), **headers)
        return reply.status, json.loads(reply.body) if reply.body else {}


def blocks(answer: dict[str, Any], at: int = 0) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = answer["meterReading"][at]["intervalBlockInts"]
    return found


def numbers(block: dict[str, Any]) -> list[float]:
    return [each.get("value") for each in block["values"]]
