"""The list of bad input, one test an item: each gets its answer, and every queue afterwards is exactly what it was.

Elsewhere: expired and foreign certificates, which never get past TLS (`e2e/test_bad_certificates`), and the byte order
mark, which is no fault (`test_bad_input`).
"""

from __future__ import annotations

import gzip
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace

import pytest

from kit import Party, macks, message, other, outcome, runtime, transactions, transfer
from simulator.base.http import HttpReply, Peer

SUBMITTED, ITS_CONTEXT = transfer(9), "catsm_retaila_9"
LAUGHS = (
    '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "ha">'
    + "".join(f'<!ENTITY {b} "{f"&{a};" * 10}">' for a, b in zip("abcdefgh", "bcdefghi", strict=True))
    + "]><x>&i;</x>"
)
ENTITY = '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><x>&a;</x>'
DISCOVERY = "<NMIDiscoveryRequest><JurisdictionCode>NSW</JurisdictionCode></NMIDiscoveryRequest>"
WRONG_MARKET = transfer().replace("<Market>NEM<", "<Market>VICGAS<")
EVENT, REJECT, ACCEPT = "Event", "Reject", "Accept"
Answer = tuple[str, int] | tuple[str, int, str] | int
"""Status and event code of an acknowledgement, and the rule where a code has many; or an HTTP status without a body."""


@dataclass(frozen=True)
class Scene:
    """A participant with three messages queued, one fetched, one acknowledged before the bad input comes."""

    party: Party
    entry: dict[str, str]
    gone: dict[str, str]


Send = Callable[[Scene], Awaitable[HttpReply]]


def body(raw: bytes | str, **also: str) -> Send:
    named = {name.replace("_", "-"): value for name, value in also.items()}
    return lambda scene: scene.party.submit(raw, also=named)


def submitting(context_id: str) -> Send:
    return lambda scene: scene.party.submit(transfer(), context_id)


def asking(verb: str, operation: str, **more: object) -> Send:
    return lambda scene: scene.party.call(verb, operation, **more)  # type: ignore[arg-type]  # passed on


def shown(peer: Peer | None) -> Send:
    return lambda scene: replace(scene.party, peer=peer).submit(transfer())


def acknowledging(message_id: str) -> Send:
    return lambda scene: scene.party.acknowledge(macks(message_id, own="BAD-1"), scene.entry["MessageContextID"])


async def acknowledged_twice(scene: Scene) -> HttpReply:
    mack = macks(scene.gone["MessageID"], own="AGAIN-1")
    return await scene.party.acknowledge(mack, scene.gone["MessageContextID"])


async def by_another(scene: Scene) -> HttpReply:
    mack = macks(scene.entry["MessageID"], own="THIEF-1", sender="RETAILC")
    return await other(scene.party.house).acknowledge(mack, scene.entry["MessageContextID"])


async def six_guesses(scene: Scene) -> HttpReply:
    guessing = replace(scene.party, password="guess")
    for _ in range(5):
        assert (await guessing.submit(transfer())).rule == "gate.password"
    sixth = await guessing.submit(transfer())
    assert sixth.rule == "gate.locked-out"
    assert (await scene.party.submit(transfer())).status == 401
    return sixth


def without(verb: str, operation: str, header: str) -> Send:
    async def send(scene: Scene) -> HttpReply:
        name, context_id = scene.entry["MessageID"], scene.entry["MessageContextID"]
        if operation == "submitMessages":
            return await scene.party.submit(transfer(), without=header)
        if operation == "submitMessageAcknowledgements":
            return await scene.party.acknowledge(macks(name), context_id, without=header)
        query = (("messageContextID", context_id),) if operation == "getMessages" else ()
        return await scene.party.call(verb, operation, query=query, without=header)

    return send


def padded(size: int) -> bytes:
    whole = transfer().encode()
    return whole.replace(b"</Header>", b"</Header><!--" + b"x" * (size - len(whole) - 7) + b"-->")


ITEMS: list[tuple[str, Send, Answer]] = [
    ("not XML", body(b"hello"), (EVENT, 1)),
    ("empty body", body(b""), (EVENT, 1)),
    ("wrong root", body(b"<hello/>"), (EVENT, 2)),
    ("truncated", body(transfer()[:900]), (REJECT, 1)),
    ("10 MB of nested elements", body(b"<a>" * (10 * 1024 * 1024 // 3)), (EVENT, 6)),
    ("billion laughs", body(LAUGHS), (EVENT, 1)),
    ("external entity", body(ENTITY), (EVENT, 1)),
    ("UTF-16", body(transfer().replace("UTF-8", "UTF-16").encode("utf-16")), (EVENT, 1)),
    ("wrong charset", body(transfer().encode().replace(b"RR", b"\xff\xfe")), (REJECT, 1)),
    ("gzip bomb", body(gzip.compress(b"<a>" * 20_000_000), Content_Encoding="gzip"), (EVENT, 6)),
    ("schema violation", body(transfer().replace("<Role>FRMP</Role>", "<Rolle>FRMP</Rolle>")), (REJECT, 2)),
    ("two faults at once", body(WRONG_MARKET.replace("<From>RETAILA", "<From>RETAILB")), (REJECT, 8)),
    ("transaction of another group", body(message(transactions(DISCOVERY))), (REJECT, 3)),
    ("wrong From", body(transfer().replace("<From>RETAILA", "<From>RETAILB")), (REJECT, 7, "hub.from")),
    ("wrong market", body(WRONG_MARKET), (REJECT, 8, "hub.market")),
    ("1 MB and 1 byte", body(padded(1_048_577)), (REJECT, 6)),
    ("repeated with equal content", lambda scene: scene.party.submit(SUBMITTED, ITS_CONTEXT), (ACCEPT, 0)),
    (
        "repeated with different content",
        lambda scene: scene.party.submit(SUBMITTED.replace("2026-03-16", "2026-03-17"), ITS_CONTEXT),
        (ACCEPT, 0),
    ),
    ("malformed context id", submitting("catsm-retaila-1"), (REJECT, 7, "hub.context-form")),
    ("MACK for an unknown message", acknowledging("NEMMCO-MSG-404"), (REJECT, 7, "hub.mack-unknown")),
    ("MACK twice", acknowledged_twice, (REJECT, 7, "hub.mack-unknown")),
    ("MACK by another participant", by_another, (REJECT, 7, "hub.mack-unknown")),
    *(
        (f"{operation} without {header}", without(verb, operation, header), 400)
        for verb, operation, headers in (
            ("POST", "submitMessages", ("messageContextID", "X-initiatingParticipantID", "X-market", "Accept")),
            ("POST", "submitMessageAcknowledgements", ("messageContextID", "X-initiatingParticipantID", "Accept")),
            ("GET", "getMessages", ("X-initiatingParticipantID", "X-market")),
            ("GET", "getQueueMetaData", ("X-initiatingParticipantID", "X-market")),
        )
        for header in headers
    ),
    ("without Authorization", without("POST", "submitMessages", "Authorization"), 401),
    ("wrong verb", asking("PUT", "submitMessages", body=transfer().encode(), context_id="catsm_retaila_1"), 405),
    ("unknown path", asking("POST", "submitmessages", body=transfer().encode(), context_id="catsm_retaila_1"), 404),
    ("no certificate", shown(None), 500),
    ("certificate of the wrong environment", shown(Peer("RETAILA", "production")), 500),
    ("another participant's certificate", shown(Peer("RETAILC", "ehubsim")), 500),
    ("wrong password six times", six_guesses, 401),
    ("bad password with bad XML", lambda scene: replace(scene.party, password="guess").submit("<<<"), 401),
]


@pytest.fixture
async def scene() -> Scene:
    party = Party(runtime())
    assert outcome(await party.submit(SUBMITTED, ITS_CONTEXT)).status == ACCEPT
    assert outcome(await party.submit(transfer(8, reason="1030"), "catsm_retaila_8")).status == ACCEPT
    gone, entry, *_ = await party.queue()
    await party.get(entry["MessageContextID"])
    assert outcome(await party.acknowledge(macks(gone["MessageID"]), gone["MessageContextID"])).status == ACCEPT
    assert len(await party.queue()) >= 2
    return Scene(party, entry, gone)


def queues(scene: Scene) -> dict[str, list[tuple[str, str, str, bytes]]]:
    """Every queue of the market as it is, whoever may look at it."""
    hub = scene.party.house.simulation.hub
    parties = ("RETAILA", "RETAILB", "RETAILC", "METERCO", "ENERGYP", "MCCO", "MPBCO")
    return {
        who: [(each.context_id, each.message_id, str(each.state), each.body) for each in hub.queue(who).entries()]
        for who in parties
    }


@pytest.mark.parametrize(("name", "send", "answer"), ITEMS, ids=[name for name, _, _ in ITEMS])
async def test_bad_input(scene: Scene, name: str, send: Send, answer: Answer) -> None:
    before = queues(scene)
    changes = len(list(scene.party.house.simulation.market.world.requests.all()))
    reply = await send(scene)
    if isinstance(answer, int):
        assert (reply.status, reply.body, reply.content_type) == (answer, b"", None)
    else:
        said = outcome(reply)
        assert (said.status, said.codes) == (answer[0], (answer[1],) if answer[1] else ())
        assert said.duplicate == (said.status == ACCEPT)
        assert reply.rule in (answer[2:] or (reply.rule,))
    assert queues(scene) == before
    assert len(list(scene.party.house.simulation.market.world.requests.all())) == changes
    assert not scene.party.house.bugs
