"""Every switch of the hub does what its assumption says; the defaults are tested where the rule is."""

from __future__ import annotations

from datetime import timedelta

import pytest
from msgspec.structs import replace

from kit import (
    BASE,
    START,
    Party,
    change_request,
    macks,
    message,
    outcome,
    parse,
    runtime,
    scenario,
    transactions,
    transfer,
)
from simulator.asexml.schemas import Schemas
from simulator.base.errors import Refused
from simulator.base.http import Headers, HttpRequest
from simulator.hub.switches import Switches
from simulator.runtime import Runtime

NOTHING_IS_RIGHT = (
    b'<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" targetNamespace="urn:aseXML:r46">'
    b'<xs:element name="other" type="xs:date"/></xs:schema>'
)
"""A schema set that knows no ``aseXML`` element at all."""


def party(**switches: object) -> Party:
    return Party(runtime(scenario(switches=Switches(**switches))))  # type: ignore[arg-type]


async def test_fault_order():
    both = transfer().replace("<Role>FRMP</Role>", "<Rolle/>").replace("<From>RETAILA", "<From>RETAILB")
    assert outcome(await party().submit(both)).codes == (7,)
    assert outcome(await party(fault_order="5 6 1 2 3 4 7 8 9").submit(both)).codes == (2,)


async def test_size_limit():
    small = party(size_limit=1000)
    assert outcome(await small.submit(transfer())).codes == (6,)


async def test_too_big_as_http():
    reply = await party(size_limit=1000, too_big="413").submit(transfer())
    assert (reply.status, reply.body) == (413, b"")


async def test_security_context():
    foreign = message(transactions(change_request()), security="CAROL")
    assert outcome(await party(security_context="ignore").submit(foreign)).status == "Accept"


async def test_context_reuse():
    lenient = party(context_reuse="accept")
    for number in (1, 2):
        assert outcome(await lenient.submit(transfer(number), "catsm_retaila_1")).status == "Accept"


async def test_repeated_acknowledgement():
    strict = party(repeated_acknowledgement="badack")
    await strict.submit(transfer())
    entry = (await strict.queue())[0]
    mack = macks(entry["MessageID"])
    assert outcome(await strict.acknowledge(mack, entry["MessageContextID"])).status == "Accept"
    assert outcome(await strict.acknowledge(mack, entry["MessageContextID"])).status == "Reject"


async def test_misplaced():
    lenient = party(misplaced="accept")
    assert outcome(await lenient.acknowledge(transfer(), "catsm_retaila_1")).status == "Accept"
    entry = (await lenient.queue())[0]
    assert outcome(await lenient.submit(macks(entry["MessageID"]), entry["MessageContextID"])).status == "Accept"
    assert entry not in await lenient.queue()


async def test_rejected_message():
    keeping = party(rejected_message="keep")
    await keeping.submit(transfer())
    entry = (await keeping.queue())[0]
    mack = macks(entry["MessageID"], status="Reject")
    assert outcome(await keeping.acknowledge(mack, entry["MessageContextID"])).status == "Accept"
    assert entry in await keeping.queue()


async def test_queue_order():
    ordered = party(queue_order="priority")
    await ordered.submit(transfer())
    request = '<NMIStandingDataRequest version="r31"><NMI checksum="3">4102034567</NMI></NMIStandingDataRequest>'
    discovery = message(transactions(request), message_id="RETAILA-MSG-2", group="NMID", priority="High")
    await ordered.submit(discovery, "nmidh_retaila_2")
    assert [entry["Priority"] for entry in await ordered.queue()] == ["High", "Medium", "Medium"]


async def test_transaction_acknowledgements():
    chatty = party(transaction_acknowledgements="every transaction")
    await chatty.submit(transfer())
    first = (await chatty.queue())[0]
    assert first["MessageType"] == "Transaction Acknowledgement"
    body = parse((await chatty.get(first["MessageContextID"])).body)
    acknowledged = body.find(".//TransactionAcknowledgement")
    assert acknowledged is not None
    assert acknowledged.get("initiatingTransactionID") == "RETAILA-T1-1"
    assert acknowledged.get("status") == "Accept"


async def test_undescribed_transactions():
    unknown = message(transactions("<AccountCreationNotification/>"), group="MDMT", priority="Low")
    assert outcome(await party(undescribed_transactions="reject").submit(unknown, "mdmtl_retaila_1")).codes == (3,)


async def test_version_attribute():
    old = transfer().replace('version="r29"', 'version="r10"')
    assert outcome(await party().submit(old)).codes == (4,)
    assert outcome(await party(version_attribute="ignore").submit(old)).status == "Accept"


async def test_editing():
    fixed = party(editing="refuse")
    await fixed.submit(transfer())
    response = parse((await fixed.get((await fixed.queue())[0]["MessageContextID"])).body)
    edited = transfer(2).replace(
        "<NMIStandingData ",
        f"<InitiatingRequestID>{response.findtext('.//RequestID')}</InitiatingRequestID><NMIStandingData ",
    )
    assert outcome(await fixed.submit(edited, "catsm_retaila_2")).status == "Accept"
    answers = [parse((await fixed.get(entry["MessageContextID"])).body) for entry in await fixed.queue()]
    codes = [code.text for answer in answers for code in answer.iterfind(".//CATSChangeResponse/Event/Code")]
    assert codes[0] == "0"
    assert codes[-1] != "0"


async def test_unknown_context_status():
    reply = await party(unknown_context_status=200).get("catsm_nemmco_404")
    assert parse(reply.body).findtext(".//ResultCount") == "0"


async def test_unknown_release():
    future = transfer().replace("r46", "r99")
    assert outcome(await party().submit(future)).status == "Accept"
    said = outcome(await party(unknown_release="reject").submit(future))
    assert (said.status, said.codes) == ("Reject", (4,))


async def test_error_bodies():
    chatty = party(error_bodies="json")
    chatty.password = "guess"
    reply = await chatty.call("GET", "getQueueMetaData")
    assert reply.status == 401
    assert b"Unauthorised" in reply.body


async def test_what_is_written_is_judged_by_the_official_set_when_there_is_one():
    strict = party()
    strict.house.schemas = Schemas({"aseXML_r46.xsd": NOTHING_IS_RIGHT})
    assert (await strict.call("GET", "getQueueMetaData")).status == 200
    assert "written message" in strict.house.bugs[0]


@pytest.mark.parametrize(
    ("switch", "rule", "default"),
    [("slow_body_status", "http.slow-body", 408), ("broken_body_status", "http.broken-body", 400)],
)
async def test_bodies_that_do_not_arrive(switch: str, rule: str, default: int):
    async def read_body(limit: int) -> bytes:
        raise Refused(default, rule, "it does not come")

    for asked, status in ((party(), default), (party(**{switch: 500}), 500)):
        headers = Headers(asked.headers("catsm_retaila_1"))
        request = HttpRequest("POST", BASE + "submitMessages", (), headers, asked.peer)
        reply = await asked.house.exchange(request, read_body)
        assert (reply.status, reply.body, reply.rule) == (status, b"", rule)


async def test_notification_bundling():
    """RETAILB loses the customer and holds no other role; the metering parties hold two, and are told twice or once."""
    counts = []
    for bundling in ("one a message", "by receiver"):
        house = party(notification_bundling=bundling).house
        await Party(house).submit(transfer())
        await house.advance(timedelta(days=30))
        told = [m for m in house.messages(to="MPBCO") if m["from"] == "NEMMCO"]
        notices = sum((house.message(m["id"]) or {})["body"].count("<CATSNotification") for m in told)
        counts.append((len(told), notices))
    (single, notices), (bundled, same) = counts
    assert single == notices == same
    assert bundled < single


@pytest.mark.parametrize(("counted", "days"), [("business days", 4), ("calendar days", 2)])
async def test_transition_times(counted: str, days: int):
    """A request of a Friday, with one day to object: that is Monday, or Saturday; then it is pending at midnight."""
    story = replace(scenario(switches=Switches(transition_times=counted)), clock=START + timedelta(days=4))
    house = runtime(story)
    await Party(house).submit(transfer())
    midnight = (START + timedelta(days=4)).replace(hour=0) + timedelta(days=days)
    await house.set_clock(midnight - timedelta(seconds=1))
    assert not _told(house, "PEN")
    await house.set_clock(midnight)
    assert _told(house, "PEN")


def _told(house: Runtime, status: str) -> bool:
    told = (house.message(each["id"]) or {"body": ""} for each in house.messages(to="RETAILA"))
    return any(f"<ChangeStatusCode>{status}<" in each["body"] for each in told)
