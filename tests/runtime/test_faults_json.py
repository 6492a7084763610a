"""Faults of JSON and of time, as a client of Netstream and a participant meet them."""

from __future__ import annotations

import gzip
import json
from datetime import timedelta
from typing import Any

import pytest
from fault_stage import fired, house, nothing_told, portal, rule, shown

import kit
from netstream_kit import asking
from simulator.base.http import HttpReply
from simulator.scenario import faults_http, faults_json, faults_reply, faults_xml
from simulator.scenario.criteria import NetstreamMatch
from simulator.scenario.faults import BY_NAME, FAULTS, JSON, Hook, Level, Mishap
from simulator.simulation.mishaps import LASTING, SWALLOWING
from simulator.upset import DONE, steadily

ASKED = json.dumps(asking()).encode()


async def answered(fault: str, **headers: str) -> HttpReply:
    """The readings under a fault."""
    client = portal(rule(fault, "GetMeterReadings"))
    reply = await client.post(ASKED, **headers)
    assert reply.status == 200
    assert [event.rule for event in fired(client)] == [reply.rule]
    return reply


def leaves(tree: Any) -> list[Any]:
    if isinstance(tree, dict):
        return [leaf for value in tree.values() for leaf in leaves(value)]
    return [leaf for value in tree for leaf in leaves(value)] if isinstance(tree, list) else [tree]


@pytest.mark.parametrize("fault", ["cut off JSON", "not JSON", "trailing comma"])
async def test_what_is_no_json_does_not_parse(fault: str) -> None:
    reply = await answered(fault)
    with pytest.raises(ValueError, match=r"Expecting|Unterminated|Illegal|delimiter"):
        json.loads(reply.body)
    assert reply.content_type == "application/json; charset=utf-8"


async def test_a_key_stands_there_twice() -> None:
    pairs: list[list[tuple[str, object]]] = []
    json.loads((await answered("duplicate keys")).body, object_pairs_hook=lambda found: pairs.append(found) or {})
    names = [name for name, _ in pairs[-1]]
    assert len(names) == len(set(names)) + 1


async def test_types_are_others() -> None:
    usual = json.loads((await portal().post(ASKED)).body)
    found = json.loads((await answered("wrong types")).body)

    def value(tree: Any) -> Any:
        return tree["meterReading"][0]["intervalBlockInts"][0]["values"][0]["value"]

    assert isinstance(value(usual), float)
    assert value(found) == str(value(usual))
    assert [leaf for leaf in leaves(found) if isinstance(leaf, bool)] == [
        leaf for leaf in leaves(usual) if isinstance(leaf, bool)
    ]


async def test_values_are_nan_or_null() -> None:
    body = (await answered("NaN")).body
    assert b"NaN" in body
    strange: list[str] = []
    json.loads(body, parse_constant=strange.append)
    assert set(strange) == {"NaN"}
    found = leaves(json.loads((await answered("nulls")).body))
    assert {type(leaf) for leaf in found} <= {type(None), bool}


async def test_members_are_missing_or_unexpected() -> None:
    plain = portal()
    usual = json.loads((await plain.post(ASKED)).body)
    missing = json.loads((await answered("missing member")).body)
    (gone,) = set(usual) - set(missing)
    assert isinstance(usual[gone], list)
    surprised = json.loads((await answered("unexpected member")).body)
    assert set(surprised) - set(usual) == {"surprise"}
    assert json.loads((await answered("empty object")).body) == {}


async def test_local_times_are_marked_as_utc() -> None:
    client = portal(rule("local times as UTC", "GetMeterReadings", times=1))
    marked = json.loads((await client.post(ASKED)).body)
    usual = json.loads((await client.post(ASKED)).body)

    def times(tree: Any) -> list[str]:
        return [leaf for leaf in leaves(tree) if isinstance(leaf, str) and leaf[10:11] == "T"]

    assert times(usual)
    assert times(marked) == [f"{each}Z" for each in times(usual)]


async def test_a_compressed_answer_is_upset_inside() -> None:
    reply = await answered("empty object", Accept_Encoding="gzip")
    assert ("Content-Encoding", "gzip") in reply.headers
    assert gzip.decompress(reply.body) == b"{}"


async def test_xml_is_left_alone_by_faults_of_json() -> None:
    client = portal(rule("empty object", "GetMeterReadings"))
    reply = await client.post(ASKED, Accept="application/xml")
    assert reply.body.startswith(b"<?xml")
    assert fired(client) == []


@pytest.mark.parametrize("fault", JSON, ids=lambda fault: fault.name)
def test_no_body_makes_a_fault_stumble(fault) -> None:
    for body in (b"", b"[]", b"{}", b"1", b"null", b"{", b"\xff", b'{"a":[1,"2",null,true,{"b":1.5}]}'):
        made = faults_json.changed(Mishap(fault), body)
        assert made is None or isinstance(made, bytes)


# Statuses at Netstream


async def test_a_status_has_the_form_of_netstream() -> None:
    refused = await portal(rule("bad request", "GetMeterReadings")).post(ASKED)
    assert (refused.status, refused.content_type) == (400, "application/problem+json; charset=utf-8")
    assert json.loads(refused.body)["status"] == 400
    refused = await portal(rule("unauthorised", "GetMeterReadings")).post(ASKED)
    assert (refused.status, refused.body, refused.headers) == (401, b"", (("WWW-Authenticate", "Bearer"),))
    refused = await portal(rule("unsupported media type", "GetMeterReadings")).post(ASKED)
    assert json.loads(refused.body)["title"] == "Unsupported Media Type"
    refused = await portal(rule("too many requests", "GetMeterReadings")).post(ASKED)
    assert (refused.status, refused.body) == (429, b"")


async def test_a_question_is_struck_by_what_it_asks() -> None:
    client = portal(rule("reset after processing", netstream=NetstreamMatch(client="app-1")))
    assert nothing_told(await client.post(ASKED))
    assert shown(client)[:2] == (200, "fault.reset-after-processing")
    other = portal(rule("reset after processing", netstream=NetstreamMatch(client="app-9")))
    assert (await other.post(ASKED)).rule == "netstream.readings"


async def test_a_large_answer_is_upset_as_a_whole() -> None:
    client = portal(rule("slow body", "GetMeterReadings"))
    reply = await client.post(ASKED)
    assert reply.wire is not None
    assert reply.wire.body_over == 5
    assert "meterReading" in json.loads(reply.body)


@pytest.mark.parametrize("less", [0, 1])
@pytest.mark.parametrize("fault", ["slow body", "trailing comma", "gzip unasked"])
async def test_an_answer_that_is_too_large_for_a_fault_goes_out_as_it_is_and_says_why(
    monkeypatch: pytest.MonkeyPatch, fault: str, less: int
) -> None:
    sound = await portal().post(ASKED)
    monkeypatch.setattr(faults_reply, "MOST_ALTERED", len(sound.body) - less)
    client = portal(rule(fault, "GetMeterReadings"))
    reply = await client.post(ASKED)
    if less:
        assert (reply.status, reply.body, reply.wire, reply.headers) == (200, sound.body, None, sound.headers)
        why = f"upset: {fault} did not strike: no fault alters a reply of more than {len(sound.body) - 1} bytes"
        assert shown(client) == (200, "netstream.readings", why)
        assert fired(client) == []
    else:
        assert shown(client)[:2] == (200, BY_NAME[fault].rule)
        assert [event.rule for event in fired(client)] == [BY_NAME[fault].rule]


@pytest.mark.parametrize("fault", sorted(faults_http.WITHOUT_BODY))
async def test_an_answer_that_is_not_sent_may_be_of_any_size(monkeypatch: pytest.MonkeyPatch, fault: str) -> None:
    monkeypatch.setattr(faults_reply, "MOST_ALTERED", 0)
    client = portal(rule(fault, "GetMeterReadings"))
    reply = await client.post(ASKED)
    assert (reply.body, reply.rule) == (b"", BY_NAME[fault].rule)
    sent = [] if reply.wire is None else [reply.wire.instead]
    assert sent in ([], [b""]) or fault == "garbage"


async def test_the_limit_of_what_a_fault_alters_is_16_mib() -> None:
    """A reply of one byte more goes on as a stream of the same bytes."""
    pieces = [b"x" * 1_048_576] * 16
    mishap = Mishap(BY_NAME["slow body"])
    kept = await steadily(faults_reply.whole(mishap, HttpReply(200, stream=iter(pieces))))
    assert (kept.stream, len(kept.body)) == (None, 16_777_216)
    let_go = await steadily(faults_reply.whole(mishap, HttpReply(200, stream=iter([*pieces, b"y", b"z"]))))
    assert let_go.stream is not None
    assert b"".join(let_go.stream) == b"x" * 16_777_216 + b"yz"
    assert let_go.why == "slow body did not strike: no fault alters a reply of more than 16777216 bytes"


# Tokens


@pytest.mark.parametrize("fault", ["token expired", "token not yet valid"])
async def test_a_token_is_refused_once(fault: str) -> None:
    client = portal(rule(fault, "GetMeterReadings", times=1))
    refused = await client.post(ASKED)
    assert (refused.status, refused.body) == (401, b"")
    assert refused.headers[0][1].startswith('Bearer error="invalid_token", error_description="The token ')
    assert (await client.post(ASKED)).status == 200


async def test_a_token_has_ended_when_it_is_issued() -> None:
    client = portal(rule("token expired at once", "token", times=1))
    issued = await client.sign_in()
    assert issued.status == 200
    assert json.loads(issued.body)["expires_in"] > 0
    assert (await client.post(ASKED)).rule == "netstream.token-expired"
    await client.sign_in()
    assert (await client.post(ASKED)).status == 200


# Faults that last


async def asked(party: kit.Party) -> int:
    return (await party.call("GET", "getQueueMetaData")).status


@pytest.mark.parametrize(
    ("fault", "status", "lasts"), [("outage", 500, 5), ("maintenance", 503, 5), ("throttling burst", 429, 5)]
)
async def test_a_fault_lasts_so_long_in_market_time(fault: str, status: int, lasts: int) -> None:
    party = house(rule(fault, "getQueueMetaData"))
    assert await asked(party) == status
    await party.house.advance(timedelta(minutes=lasts, seconds=-1))
    assert await asked(party) == status
    await party.house.advance(timedelta(seconds=1))
    assert await asked(party) == 200
    assert len(fired(party)) == 2


async def test_maintenance_says_when_to_come_again() -> None:
    party = house(rule("maintenance", "getQueueMetaData", **{"for": timedelta(hours=1)}))
    reply = await party.call("GET", "getQueueMetaData")
    assert (reply.status, reply.headers) == (503, (("Retry-After", "3600"),))


async def test_a_hub_that_flaps_is_down_and_up_in_turns() -> None:
    party = house(rule("flapping", "getQueueMetaData", down=timedelta(minutes=1), up=timedelta(minutes=2), status=502))
    seen = []
    for _ in range(7):
        seen.append(await asked(party))
        await party.house.advance(timedelta(minutes=1))
    assert seen == [502, 200, 200, 502, 200, 200, 502]


def test_every_fault_that_is_not_of_tls_is_made_somewhere() -> None:
    """The families have tests of their own; nothing is listed that no module knows."""
    made = faults_http.NAMES | faults_json.NAMES | faults_xml.NAMES | faults_http.INSTEAD | LASTING | SWALLOWING | DONE
    made |= {fault.name for fault in FAULTS if fault.status}
    assert {fault.name for fault in FAULTS if fault.hook is not Hook.TLS} == made - {""}
    assert {fault.level for fault in FAULTS} == set(Level)
