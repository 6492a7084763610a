"""B2MMessagingPull, clause by clause, in our own words. Each test names the clause it keeps."""

from __future__ import annotations

from datetime import timedelta

import pytest
from lxml import etree

from kit import BASE, Party, macks, other, outcome, parse, runtime, scenario, transfer
from simulator.hub.switches import Switches

MANDATORY = [
    ("POST", "submitMessages", ("messageContextID", "X-initiatingParticipantID", "X-market", "Accept")),
    ("POST", "submitMessageAcknowledgements", ("messageContextID", "X-initiatingParticipantID", "Accept")),
    ("GET", "getMessages", ("X-initiatingParticipantID", "X-market")),
    ("GET", "getQueueMetaData", ("X-initiatingParticipantID", "X-market")),
]
EACH_HEADER = [(verb, operation, name) for verb, operation, names in MANDATORY for name in names]


@pytest.fixture
def party() -> Party:
    return Party(runtime())


async def queued(party: Party) -> dict[str, str]:
    """One message in the queue: the response to a change request."""
    assert outcome(await party.submit(transfer())).status == "Accept"
    return (await party.queue())[0]


# Operations: verbs, headers, status codes, bodies


@pytest.mark.parametrize(("verb", "operation", "header"), EACH_HEADER)
async def test_a_missing_mandatory_header_is_answered_400_without_a_body(party, verb, operation, header):
    """Status list: 400, "mandatory HTTP header missing", no payload."""
    query = (("messageContextID", "catsm_nemmco_1"),) if operation == "getMessages" else ()
    context_id = "catsm_retaila_1" if verb == "POST" else None
    reply = await party.call(verb, operation, b"<x/>", context_id=context_id, query=query, without=header)
    assert (reply.status, reply.body, reply.content_type) == (400, b"", None)


async def test_the_market_header_is_optional_on_acknowledgements(party):
    """Operation table: X-market is optional on submitMessageAcknowledgements of the pull API."""
    entry = await queued(party)
    mack = macks(entry["MessageID"])
    reply = await party.acknowledge(mack, entry["MessageContextID"], without="X-market")
    assert outcome(reply).status == "Accept"


async def test_a_missing_context_parameter_is_answered_400(party):
    """Operation table: messageContextID is a required query parameter of getMessages."""
    reply = await party.call("GET", "getMessages")
    assert (reply.status, reply.body) == (400, b"")


@pytest.mark.parametrize(("verb", "operation"), [(verb, operation) for verb, operation, _ in MANDATORY])
@pytest.mark.parametrize("wrong", ["GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS", "BREW"])
async def test_a_wrong_verb_is_answered_405_without_a_body(party, verb, operation, wrong):
    """Status list: 405, invalid method for the resource, no payload."""
    if wrong == verb:
        return
    reply = await party.call(wrong, operation, context_id="catsm_retaila_1")
    assert (reply.status, reply.body, reply.content_type) == (405, b"", None)


@pytest.mark.parametrize(
    "path", ["/", BASE, BASE + "getmessages", BASE + "getMessages/", "/NEMRetail/B2MMessagingPull/v2/getMessages", "/x"]
)
async def test_an_unknown_path_is_answered_404_without_a_body(party, path):
    """Status list: 404, no resource for the endpoint URI, no payload. Paths are significant in case."""
    reply = await party.call("GET", path)
    assert (reply.status, reply.body, reply.content_type) == (404, b"", None)


async def test_header_names_are_compared_without_case(party):
    """HTTP: field names have no case."""
    headers = {name.upper(): value for name, value in party.headers().items()}
    reply = await party.call("GET", "getQueueMetaData", also=headers)
    assert reply.status == 200


@pytest.mark.parametrize(
    ("accept", "answered"),
    [
        ("application/xml", "application/xml"),
        ("text/xml", "text/xml"),
        ("text/xml; charset=utf-8, */*;q=0.1", "text/xml"),
        ("*/*", "application/xml"),
    ],
)
async def test_the_answer_has_the_content_type_asked_for(party, accept, answered):
    """Accept header: "required response format"; seen are application/xml and text/xml."""
    reply = await party.submit(transfer(), also={"Accept": accept})
    assert (reply.status, reply.content_type) == (200, answered)


# Submitting


async def test_a_submission_is_acknowledged_in_the_calling_thread(party):
    """ "The response is sent in the calling thread": 200 with a MessageAcknowledgement and a receipt."""
    reply = await party.submit(transfer())
    said = outcome(reply)
    assert (said.status, said.initiating, said.duplicate) == ("Accept", "RETAILA-MSG-1", False)
    assert said.receipt is not None
    header = parse(reply.body).find("Header")
    assert header is not None
    assert (header.findtext("From"), header.findtext("To"), header.findtext("TransactionGroup")) == (
        "NEMMCO",
        "RETAILA",
        "CATS",
    )


async def test_the_answer_is_in_the_release_of_the_request(party):
    """A message is one release; AEMO serves each participant in its own."""
    reply = await party.submit(transfer().replace("urn:aseXML:r46", "urn:aseXML:r44").replace("r46", "r44"))
    assert etree.QName(parse(reply.body)).namespace == "urn:aseXML:r44"


async def test_a_repeat_with_equal_content_keeps_its_receipt_and_is_processed_once(party):
    """Acknowledgements carry ``duplicate``: a repeat is acknowledged and flagged."""
    first = outcome(await party.submit(transfer()))
    waiting = await party.queue()
    again = outcome(await party.submit(transfer()))
    assert (again.status, again.receipt, again.duplicate) == ("Accept", first.receipt, True)
    assert await party.queue() == waiting


async def test_a_repeat_with_other_content_is_ignored_and_noted(party):
    """Decision: Accept, duplicate, the new content ignored, a finding in the ledger."""
    first = outcome(await party.submit(transfer()))
    waiting = await party.queue()
    changed = transfer().replace("2026-03-16", "2026-03-17")
    again = outcome(await party.submit(changed))
    assert (again.receipt, again.duplicate) == (first.receipt, True)
    assert await party.queue() == waiting
    record = party.house.message("RETAILA/RETAILA-MSG-1")
    assert record is not None
    assert record["timeline"][-1]["what"] == "repeated with other content"


async def test_the_switch_rejects_a_repeat_with_other_content():
    party = Party(runtime(scenario(switches=Switches(other_content="reject"))))
    await party.submit(transfer())
    assert outcome(await party.submit(transfer().replace("2026-03-16", "2026-03-17"))).codes == (7,)


# The queue


async def test_the_queue_report_describes_each_message(party):
    """HubQueueReport: group, priority, sender, ids, type and time of each queued message."""
    entry = await queued(party)
    assert entry["TransactionGroup"] == "CATS"
    assert entry["FromParticipantID"] == "NEMMCO"
    assert entry["MessageType"] == "Transaction Message"
    assert entry["MessageContextID"].startswith("catsm_nemmco_")
    assert entry["ReceivedDateTime"].startswith("2026-03-02T09:00:00")
    assert entry["ReceivedDateTime"].endswith("+10:00")


async def test_an_empty_queue_is_a_report_of_none(party):
    reply = await party.call("GET", "getQueueMetaData")
    assert parse(reply.body).findtext(".//ResultCount") == "0"


async def test_the_queue_can_be_filtered_by_group(party):
    """getQueueMetaData has an optional transactionGroup."""
    await queued(party)
    assert len(await party.queue("CATS")) > 0
    assert await party.queue("NMID") == []


async def test_an_unknown_group_filter_is_answered_500(party):
    """By analogy with B2B: 500 for an invalid transactionGroup; a switch makes it an empty answer."""
    reply = await party.call("GET", "getQueueMetaData", query=(("transactionGroup", "DOGS"),))
    assert (reply.status, reply.body) == (500, b"")
    lenient = Party(runtime(scenario(switches=Switches(unknown_group_filter="empty"))))
    assert await lenient.queue("DOGS") == []


async def test_getting_a_message_is_repeatable(party):
    """A message stays until it is acknowledged; the same bytes each time."""
    entry = await queued(party)
    first = await party.get(entry["MessageContextID"])
    second = await party.get(entry["MessageContextID"])
    assert first.body == second.body
    assert parse(first.body).findtext("Header/MessageID") == entry["MessageID"]
    assert entry in await party.queue()


async def test_an_unknown_context_is_answered_404(party):
    """By analogy with B2B: 404 for an unknown messageContextID."""
    reply = await party.get("catsm_nemmco_404")
    assert (reply.status, reply.body) == (404, b"")


async def test_the_oldest_message_comes_without_a_context_where_switched(party):
    lenient = Party(runtime(scenario(switches=Switches(missing_context="oldest"))))
    entry = await queued(lenient)
    reply = await lenient.call("GET", "getMessages")
    assert parse(reply.body).findtext("Header/MessageID") == entry["MessageID"]


async def test_nobody_sees_anothers_queue(party):
    entry = await queued(party)
    stranger = other(party.house)
    assert await stranger.queue() == []
    assert (await stranger.get(entry["MessageContextID"])).status == 404


# Acknowledging


async def test_a_valid_acknowledgement_removes_the_message(party):
    """ "Deleted only when the participant has successfully responded with a corresponding MACK"."""
    entry = await queued(party)
    context_id = entry["MessageContextID"]
    await party.get(context_id)
    assert outcome(await party.acknowledge(macks(entry["MessageID"]), context_id)).status == "Accept"
    assert entry not in await party.queue()
    assert (await party.get(context_id)).status == 404


async def test_a_reject_removes_it_too(party):
    """A portal user may reject a queued message: it creates a MACK."""
    entry = await queued(party)
    await party.acknowledge(macks(entry["MessageID"], status="Reject"), entry["MessageContextID"])
    assert entry not in await party.queue()


async def test_an_acknowledgement_may_travel_in_group_msgs(party):
    """The schema says MSGS, AEMO's example says the group of the message: both are taken."""
    entry = await queued(party)
    mack = macks(entry["MessageID"], group="MSGS", priority=None)
    assert outcome(await party.acknowledge(mack, entry["MessageContextID"])).status == "Accept"


async def test_the_same_acknowledgement_again_gets_the_same_answer(party):
    entry = await queued(party)
    first = await party.acknowledge(macks(entry["MessageID"]), entry["MessageContextID"])
    again = await party.acknowledge(macks(entry["MessageID"]), entry["MessageContextID"])
    assert first.body == again.body


async def test_another_acknowledgement_for_a_message_gone_is_a_badack(party):
    entry = await queued(party)
    await party.acknowledge(macks(entry["MessageID"]), entry["MessageContextID"])
    again = await party.acknowledge(macks(entry["MessageID"], own="RETAILA-ACK-2"), entry["MessageContextID"])
    assert outcome(again).status == "Reject"


async def test_acknowledging_unfetched_is_a_switch(party):
    strict = Party(runtime(scenario(switches=Switches(acknowledge_unfetched="reject"))))
    entry = await queued(strict)
    assert outcome(await strict.acknowledge(macks(entry["MessageID"]), entry["MessageContextID"])).status == "Reject"
    await strict.get(entry["MessageContextID"])
    again = macks(entry["MessageID"], own="RETAILA-ACK-2")
    assert outcome(await strict.acknowledge(again, entry["MessageContextID"])).status == "Accept"


async def test_a_change_of_retailer_is_told_step_by_step(party):
    """CATS: response, then a notification at each status; a completed transfer is REQ, PEN, COM."""
    await party.submit(transfer())
    first = await party.clear()
    assert first[0].find(".//CATSChangeResponse") is not None
    await party.house.advance(timedelta(days=30))
    later = await party.clear()
    told = [status.text for message in (*first, *later) for status in message.iter("ChangeStatusCode")]
    assert told == ["REQ", "PEN", "COM"]
