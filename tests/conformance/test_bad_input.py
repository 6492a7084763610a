"""Bad input: each gets the documented or decided answer, none an undocumented 500, and the queue stays what it was."""

from __future__ import annotations

import gzip
import zlib
from datetime import timedelta

import pytest

from kit import BASE, Party, change_request, macks, message, other, outcome, runtime, scenario, transactions, transfer
from simulator.base.http import Headers, HttpRequest, Peer
from simulator.hub.switches import Switches

LAUGHS = (
    '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "ha">'
    + "".join(f'<!ENTITY {b} "{f"&{a};" * 10}">' for a, b in zip("abcdefgh", "bcdefghi", strict=True))
    + "]><x>&i;</x>"
)
ENTITY = '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><x>&a;</x>'
NESTED = b"<a>" * (10 * 1024 * 1024 // 3)
PADDING = "<!--" + "x" * 1_048_576 + "-->"

BODIES = [
    ("not XML", b"hello", 1),
    ("empty", b"", 1),
    ("wrong root", b"<hello/>", 2),
    ("truncated", transfer()[:900].encode(), 1),
    ("nested elements, 10 MB", NESTED, 6),
    ("nested elements, 1 MB", NESTED[:1_000_000], 1),
    ("billion laughs", LAUGHS.encode(), 1),
    ("external entity", ENTITY.encode(), 1),
    ("UTF-16", transfer().replace("UTF-8", "UTF-16").encode("utf-16"), 1),
    ("wrong charset", transfer().encode().replace(b"RR", b"\xff\xfe"), 1),
    ("schema violation", transfer().replace("<Role>FRMP</Role>", "<Rolle>FRMP</Rolle>").encode(), 2),
    ("order violation", transfer().replace("<ChangeReasonCode>1000</ChangeReasonCode>", "").encode(), 2),
    (
        "transaction of another group",
        message(
            transactions("<NMIDiscoveryRequest><JurisdictionCode>NSW</JurisdictionCode></NMIDiscoveryRequest>")
        ).encode(),
        3,
    ),
    ("unknown group", transfer().replace("<TransactionGroup>CATS", "<TransactionGroup>DOGS").encode(), 9),
    ("group of another interface", transfer().replace("<TransactionGroup>CATS", "<TransactionGroup>SORD").encode(), 9),
    ("wrong From", transfer().replace("<From>RETAILA", "<From>RETAILB").encode(), 7),
    ("wrong To", transfer().replace("<To>NEMMCO", "<To>RETAILB").encode(), 7),
    ("wrong market", transfer().replace("<Market>NEM<", "<Market>VICGAS<").encode(), 8),
    ("foreign security context", message(transactions(change_request()), security="CAROL").encode(), 7),
    ("a version of another release", transfer().replace('version="r29"', 'version="r10"').encode(), 4),
    ("1 MB and 1 byte", (transfer() + "x" * (1_048_577 - len(transfer()))).encode(), 6),
    ("acknowledgements among messages", macks("NEMMCO-MSG-1").encode(), 7),
]
WITHOUT_MESSAGE = {
    "not XML",
    "empty",
    "wrong root",
    "nested elements, 10 MB",
    "nested elements, 1 MB",
    "billion laughs",
    "external entity",
    "UTF-16",
}


@pytest.fixture
def party() -> Party:
    return Party(runtime())


@pytest.mark.parametrize(("name", "body", "code"), BODIES, ids=[name for name, _, _ in BODIES])
async def test_a_bad_body_is_rejected_with_its_event(party, name, body, code):
    before = await party.queue()
    said = outcome(await party.submit(body))
    assert said.codes[0] == code
    assert said.receipt is None
    assert said.status == ("Event" if name in WITHOUT_MESSAGE else "Reject")
    assert await party.queue() == before
    assert party.house.bugs == party.house.bugs.__class__()


@pytest.mark.parametrize(("name", "body", "code"), BODIES[:-1], ids=[name for name, _, _ in BODIES[:-1]])
async def test_a_bad_acknowledgement_leaves_the_queue_as_it_was(party, name, body, code):
    await party.submit(transfer(7), "catsm_retaila_7")
    before = await party.queue()
    said = outcome(await party.acknowledge(body, before[0]["MessageContextID"]))
    assert said.status in ("Reject", "Event")
    assert await party.queue() == before


@pytest.mark.parametrize("size", [1_048_576, 1_048_577])
async def test_the_size_limit_is_exact(party, size):
    body = transfer().encode()
    padded = body.replace(b"</Header>", b"</Header><!--" + b"x" * (size - len(body) - 7) + b"-->")
    assert len(padded) == size
    said = outcome(await party.submit(padded))
    assert (said.status, said.codes) == (("Accept", ()) if size == 1_048_576 else ("Reject", (6,)))


async def test_two_faults_are_answered_by_the_decided_order(party):
    both = transfer().replace("<Market>NEM<", "<Market>VICGAS<").replace("<From>RETAILA", "<From>RETAILB")
    assert outcome(await party.submit(both)).codes == (8,)
    three = both.replace("<TransactionGroup>CATS", "<TransactionGroup>DOGS")
    assert outcome(await party.submit(three)).codes == (9,)


@pytest.mark.parametrize(
    ("coding", "pack"),
    [("gzip", gzip.compress), ("deflate", zlib.compress), ("x-gzip", gzip.compress), ("GZIP", gzip.compress)],
)
async def test_compressed_bodies_are_inflated(party, coding, pack):
    reply = await party.submit(pack(transfer().encode()), also={"Content-Encoding": coding})
    assert outcome(reply).status == "Accept"


@pytest.mark.parametrize(
    ("coding", "body", "code"),
    [
        ("gzip", b"no gzip at all", 5),
        ("gzip", gzip.compress(transfer().encode())[:-9], 5),
        ("deflate", b"\x00\x01\x02", 5),
        ("br", b"anything", 5),
        ("gzip", gzip.compress(b"<a>" * 20_000_000), 6),
    ],
)
async def test_bodies_that_do_not_inflate_are_event_5_and_bombs_event_6(party, coding, body, code):
    said = outcome(await party.submit(body, also={"Content-Encoding": coding}))
    assert (said.status, said.codes) == ("Event", (code,))


async def test_a_byte_order_mark_is_no_fault(party):
    assert outcome(await party.submit(b"\xef\xbb\xbf" + transfer().encode())).status == "Accept"


@pytest.mark.parametrize(
    "context_id",
    [
        "catsx_retaila_1",
        "CATSM_RETAILA_1",
        "catsm_retaila",
        "catsm_retaila_" + "9" * 19,
        "catsm-retaila-1",
        "ü",
        "catsm_retailb_1",
        "nmidm_retaila_1",
        "catsh_retaila_1",
    ],
)
async def test_a_context_id_that_is_malformed_or_disagrees_is_event_7(party, context_id):
    said = outcome(await party.submit(transfer(), context_id))
    assert (said.status, said.codes) == ("Reject", (7,))


async def test_a_context_id_used_for_another_message_is_event_7(party):
    await party.submit(transfer(1), "catsm_retaila_1")
    assert outcome(await party.submit(transfer(2), "catsm_retaila_1")).codes == (7,)


async def test_a_refused_message_may_be_corrected_under_the_same_ids(party):
    broken = transfer().replace("<Role>FRMP</Role>", "")
    assert outcome(await party.submit(broken)).status == "Reject"
    assert outcome(await party.submit(transfer())).status == "Accept"


async def test_an_acknowledgement_for_an_unknown_message_is_a_badack(party):
    said = outcome(await party.acknowledge(macks("NEMMCO-MSG-404"), "catsm_nemmco_404"))
    assert said.status == "Reject"


async def test_an_acknowledgement_by_another_participant_changes_nothing(party):
    await party.submit(transfer())
    before = await party.queue()
    stranger = other(party.house)
    mack = macks(before[0]["MessageID"], sender="RETAILC", own="RETAILC-ACK-1")
    assert outcome(await stranger.acknowledge(mack, before[0]["MessageContextID"])).status == "Reject"
    assert await party.queue() == before


async def test_an_acknowledgement_under_the_wrong_context_is_a_badack_and_noted(party):
    await party.submit(transfer(1), "catsm_retaila_1")
    await party.submit(transfer(2), "catsm_retaila_2")
    first, second = (await party.queue())[:2]
    said = outcome(await party.acknowledge(macks(first["MessageID"]), second["MessageContextID"]))
    assert said.status == "Reject"
    record = party.house.message(second["MessageContextID"])
    assert record is not None
    assert record["timeline"][-1]["what"] == "badack"


async def test_several_acknowledgements_stand_or_fall_together(party):
    await party.submit(transfer(1), "catsm_retaila_1")
    await party.submit(transfer(2), "catsm_retaila_2")
    entries = await party.queue()
    names = [entry["MessageID"] for entry in entries]
    context_id = entries[0]["MessageContextID"]
    assert outcome(await party.acknowledge(macks(*names, "NEMMCO-MSG-404"), context_id)).status == "Reject"
    assert await party.queue() == entries
    assert outcome(await party.acknowledge(macks(*names, own="RETAILA-ACK-2"), context_id)).status == "Accept"
    assert await party.queue() == []


# Identity


async def test_no_authorization_is_401_without_a_body(party):
    reply = await party.call("GET", "getQueueMetaData", without="Authorization")
    assert (reply.status, reply.body) == (401, b"")


@pytest.mark.parametrize("value", ["Bearer x", "Basic", "Basic !!!", "Basic " + "x" * 9000, "basic Tm9ib2R5OngK"])
async def test_credentials_that_are_none_are_401(party, value):
    reply = await party.call("GET", "getQueueMetaData", also={"Authorization": value})
    assert (reply.status, reply.body) == (401, b"")


async def test_a_wrong_password_six_times_locks_out_and_time_lets_in_again(party):
    wrong = Party(party.house, password="guess")
    for _ in range(5):
        assert (await wrong.call("GET", "getQueueMetaData")).status == 401
    sixth = await party.call("GET", "getQueueMetaData")
    assert (sixth.status, sixth.rule) == (401, "gate.locked-out")
    await party.house.advance(timedelta(minutes=30))
    assert (await party.call("GET", "getQueueMetaData")).status == 200


async def test_a_good_password_starts_the_count_again(party):
    wrong = Party(party.house, password="guess")
    for _ in range(3):
        for _ in range(4):
            assert (await wrong.call("GET", "getQueueMetaData")).status == 401
        assert (await party.call("GET", "getQueueMetaData")).status == 200


async def test_a_bad_password_with_bad_xml_is_401_and_nothing_is_read(party):
    wrong = Party(party.house, password="guess")
    read = []

    async def read_body(limit: int) -> bytes:
        read.append(limit)
        return b"<<<"

    headers = Headers(wrong.headers("catsm_retaila_1"))
    request = HttpRequest("POST", BASE + "submitMessages", (), headers, wrong.peer)
    assert (await party.house.exchange(request, read_body)).status == 401
    assert read == []


@pytest.mark.parametrize("peer", [None, Peer("RETAILC", "ehubsim"), Peer("RETAILA", "production")])
async def test_no_or_another_certificate_is_500_without_a_body(party, peer):
    """Status list: 500, "certificate/key do not match or incorrect"."""
    reply = await Party(party.house, peer=peer).call("GET", "getQueueMetaData")
    assert (reply.status, reply.body) == (500, b"")


async def test_the_plain_port_waives_the_certificate(party):
    assert (await Party(party.house, peer=None, secure=False).call("GET", "getQueueMetaData")).status == 200


async def test_another_participants_identity_is_401(party):
    reply = await party.call("GET", "getQueueMetaData", also={"X-initiatingParticipantID": "RETAILC"})
    assert (reply.status, reply.body, reply.rule) == (401, b"", "gate.identity")


async def test_a_user_without_the_right_is_401(party):
    limited = Party(party.house, user="NMIONLY")
    assert (await limited.submit(transfer())).rule == "gate.right"
    assert (await limited.call("GET", "getQueueMetaData", query=(("transactionGroup", "CATS"),))).status == 401
    assert (await limited.call("GET", "getQueueMetaData", query=(("transactionGroup", "NMID"),))).status == 200


@pytest.mark.parametrize("name", ["x-apikey", "Ocp-Apim-Subscription-Key", "x-eHub-APIKey"])
async def test_every_spelling_of_the_api_key_is_taken(name):
    party = Party(runtime(scenario(switches=Switches(require_api_key="yes"))))
    assert (await party.call("GET", "getQueueMetaData")).status == 401
    assert (await party.call("GET", "getQueueMetaData", also={name: "k"})).status == 200
