"""Faults of aseXML, of the queue and of business, parsed by a client that shares no code with the hub."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from fault_stage import fired, house, nothing_told, rule, shown
from lxml import etree

import kit
from simulator.asexml.decode import read
from simulator.asexml.schemas import Schemas
from simulator.base.ids import Nmi
from simulator.scenario.criteria import MessageMatch

SCHEMAS = Schemas()
MESSAGE = "RETAILA-MSG-1"


async def submitted(fault: str, **more: object) -> bytes:
    """The reply to a submitMessages under a fault of what goes out."""
    party = house(rule(fault, "submitMessages", **more))
    reply = await party.submit(kit.transfer())
    assert (reply.status, reply.rule) == (200, f"fault.{fault.lower().replace(' ', '-')}")
    assert [(event.by, event.rule) for event in fired(party)] == [("upset", reply.rule)]
    return reply.body


async def fetched(fault: str, **more: object) -> bytes:
    """A CATSChangeResponse under a fault."""
    party = house(rule(fault, "getMessages", **more))
    await party.submit(kit.transfer())
    entries = await party.queue()
    replies = [(await party.get(entry["MessageContextID"])) for entry in entries]
    found = [reply.body for reply in replies if reply.rule.startswith("fault.")]
    assert found, [reply.rule for reply in replies]
    return found[0]


def header(body: bytes) -> dict[str, str]:
    root = kit.parse(body)
    found = root.find("Header")
    return {child.tag: child.text or "" for child in (() if found is None else found)}


@pytest.mark.parametrize("fault", ["malformed XML", "cut off XML"])
async def test_what_is_not_well_formed_cannot_be_read(fault: str) -> None:
    body = await submitted(fault)
    with pytest.raises(etree.XMLSyntaxError):
        kit.parse(body)
    assert [finding.code for finding in read(body, SCHEMAS).findings] == [1]


async def test_the_declaration_names_another_encoding() -> None:
    body = await submitted("wrong encoding")
    assert body.startswith(b'<?xml version="1.0" encoding="UTF-16"?>')
    with pytest.raises(etree.XMLSyntaxError):
        kit.parse(body)


async def test_a_byte_order_mark_comes_first() -> None:
    body = await submitted("byte order mark")
    assert body.startswith(b"\xef\xbb\xbf<?xml")
    assert header(body)["From"] == "NEMMCO"


async def test_a_document_type_with_an_entity() -> None:
    body = await submitted("document type")
    assert b"<!DOCTYPE message [<!ENTITY aemo" in body
    assert header(body)["From"] == "NEMMCO"
    strict = etree.XMLParser(resolve_entities=False)
    assert etree.fromstring(body, strict).find("Header/From").text is None


async def test_another_namespace_and_another_release() -> None:
    root = kit.parse(await submitted("other namespace"))
    assert root.tag == "{urn:elsewhere:r46}aseXML"
    body = await submitted("other release", release="r38")
    assert kit.parse(body).tag == "{urn:aseXML:r38}aseXML"
    assert b"r46" not in body.partition(b"<Header>")[0]


async def test_the_header_is_strange_or_missing() -> None:
    assert header(await submitted("unknown element"))["Surprise"] == "1"
    assert header(await submitted("missing header")) == {}


async def test_an_event_instead_of_the_message() -> None:
    root = kit.parse(await submitted("event instead of message"))
    assert root.tag == "{urn:aseXML:r46}Event"
    assert root.findtext("Code") == "5"


def mack(body: bytes) -> etree._Element:
    found = kit.parse(body).find("Acknowledgements/MessageAcknowledgement")
    assert found is not None
    return found


async def test_an_acknowledgement_of_another_message() -> None:
    body = await submitted("wrong initiating message id")
    assert mack(body).get("initiatingMessageID") == "NOBODY-SENT-THIS"
    assert header(body)["To"] == "RETAILA"
    body = await submitted("acknowledgement for another")
    assert mack(body).get("initiatingMessageID") == "NOBODY-MSG-1"
    assert header(body)["To"] == "NOBODY"


async def test_a_message_of_somebody_else() -> None:
    assert header(await submitted("wrong receiver"))["To"] == "NOBODY"
    assert header(await submitted("wrong sender"))["From"] == "NOBODY"
    assert header(await fetched("wrong message id"))["MessageID"] == "NEMMCO-MSG-OTHER"


async def test_an_answer_to_another_transaction() -> None:
    root = kit.parse(await fetched("wrong initiating transaction id"))
    assert root.find("Transactions/Transaction").get("initiatingTransactionID") == "NOBODY-ASKED-THIS"


async def test_an_acknowledgement_tells_the_opposite() -> None:
    body = await submitted("rejected though processed", code=101)
    told = mack(body)
    assert (told.get("status"), told.get("receiptID")) == ("Reject", None)
    assert told.findtext("Event/Code") == "101"
    assert read(body, SCHEMAS).findings == ()

    party = house(rule("accepted though rejected", "submitMessages"))
    reply = await party.submit(kit.transfer().replace("NEMMCO", "NOBODYS"))
    told = mack(reply.body)
    assert told.get("status") == "Accept"
    assert told.get("receiptID")
    assert len(told) == 0
    assert await party.queue() == []


async def test_what_is_processed_is_processed_whatever_is_told() -> None:
    party = house(rule("rejected though processed", "submitMessages"))
    await party.submit(kit.transfer())
    assert await party.queue()


async def test_codes_and_numbers_of_a_response_are_others() -> None:
    usual = kit.parse(await fetched("times in UTC"))
    body = kit.parse(await fetched("failure for success"))
    assert [code.text for code in usual.iter("Code")] == ["0"]
    assert [code.text for code in body.iter("Code")] == ["99999"]
    assert [event.get("severity") for event in body.iter("Event")] == ["Error"]
    other = kit.parse(await fetched("wrong request id"))
    assert [int(each.text) for each in other.iter("RequestID")] == [
        int(each.text) + 1 for each in usual.iter("RequestID")
    ]


async def notified(fault: str) -> etree._Element:
    """The first CATSNotification under a fault."""
    party = house(rule(fault, "getMessages"))
    await party.submit(kit.transfer())
    for entry in await party.queue():
        root = kit.parse((await party.get(entry["MessageContextID"])).body)
        if root.find(".//CATSNotification") is not None:
            return root
    raise AssertionError("no notification came")


async def test_a_notification_tells_of_another_nmi_or_status() -> None:
    assert {each.text for each in (await notified("unknown status")).iter("ChangeStatusCode")} == {"ZZZ"}
    for nmi in (await notified("wrong NMI")).iter("NMI"):
        assert nmi.text != "4102034567"
        assert Nmi.parse(nmi.text).checksum == nmi.get("checksum")
    for nmi in (await notified("wrong checksum")).iter("NMI"):
        assert nmi.text == "4102034567"
        assert Nmi.parse(nmi.text).checksum != nmi.get("checksum")


async def test_every_time_is_off() -> None:
    right = datetime.fromisoformat(header(await fetched("unknown element"))["MessageDate"])
    body = await fetched("clock skew", by=timedelta(hours=3))
    assert datetime.fromisoformat(header(body)["MessageDate"]) - right == timedelta(hours=3)
    party = house(rule("clock skew", "submitMessages", by=timedelta(days=1)))
    reply = await party.submit(kit.transfer())
    assert reply.wire is not None
    assert reply.wire.skew == 86_400
    told = datetime.fromisoformat(mack(reply.body).get("receiptDate") or "")
    assert told - kit.START == timedelta(days=1)


async def test_times_are_told_in_utc() -> None:
    body = await submitted("times in UTC")
    told = header(body)["MessageDate"]
    assert told.endswith("Z")
    assert datetime.fromisoformat(told) == kit.START
    assert b"+10:00" not in body


# The queue


async def entries(party: kit.Party) -> list[str]:
    return [entry["MessageContextID"] for entry in await party.queue()]


async def test_a_phantom_is_listed_and_cannot_be_fetched() -> None:
    party = house(rule("phantom message", "getQueueMetaData"))
    assert await entries(party) == ["catsm_nemmco_phantom"]
    assert (await party.get("catsm_nemmco_phantom")).status == 404
    await party.submit(kit.transfer())
    assert len(await entries(party)) > 1
    reply = await party.call("GET", "getQueueMetaData")
    assert kit.parse(reply.body).findtext(".//ResultCount") == str(len(await entries(party)))
    assert read(reply.body, SCHEMAS).findings == ()


async def test_messages_are_hidden_or_listed_backwards() -> None:
    plain = house()
    await plain.submit(kit.transfer())
    usual = await entries(plain)
    assert len(usual) > 1
    party = house(
        rule("out of order", "getQueueMetaData", times=1), rule("hidden messages", "getQueueMetaData", name="b")
    )
    await party.submit(kit.transfer())
    assert await entries(party) == usual[::-1]
    reply = await party.call("GET", "getQueueMetaData")
    assert kit.parse(reply.body).findtext(".//ResultCount") == "0"
    assert await entries(party) == []
    assert (await party.get(usual[0])).status == 200


async def test_a_message_disappears_and_comes_back() -> None:
    party = house(rule("disappearing message", times=1, operation="getMessages"))
    await party.submit(kit.transfer())
    first = (await entries(party))[0]
    assert [(await party.get(first)).status, (await party.get(first)).status] == [404, 200]


async def test_another_message_is_handed_over() -> None:
    party = house(rule("wrong message", "getMessages"))
    await party.submit(kit.transfer())
    listed = await party.queue()
    got = header((await party.get(listed[0]["MessageContextID"])).body)["MessageID"]
    assert got == listed[1]["MessageID"]
    assert shown(party)[1] == "fault.wrong-message"


async def test_a_message_comes_twice() -> None:
    party = house(rule("duplicate delivery", "getMessages", times=1))
    await party.submit(kit.transfer())
    before = await party.queue()
    first = kit.parse((await party.get(before[0]["MessageContextID"])).body)
    after = await party.queue()
    assert len(after) == len(before) + 1
    assert after[-1]["MessageContextID"] not in {entry["MessageContextID"] for entry in before}
    again = kit.parse((await party.get(after[-1]["MessageContextID"])).body)

    def named(root: etree._Element) -> list[str | None]:
        return [each.get("transactionID") for each in root.iter("Transaction")]

    assert named(again) == named(first)
    await party.clear()
    assert await party.queue() == []


async def test_an_acknowledgement_is_accepted_and_forgotten() -> None:
    party = house(rule("acknowledgement lost", "submitMessageAcknowledgements", times=1))
    await party.submit(kit.transfer())
    first = (await party.queue())[0]
    context, message = first["MessageContextID"], first["MessageID"]
    await party.get(context)
    reply = await party.acknowledge(kit.macks(message), context)
    assert kit.outcome(reply).status == "Accept"
    assert context in await entries(party)
    reply = await party.acknowledge(kit.macks(message, own="RETAILA-ACK-2"), context)
    assert kit.outcome(reply).status == "Accept"
    assert context not in await entries(party)


async def test_a_message_is_accepted_and_never_processed() -> None:
    party = house(rule("accepted but lost", "submitMessages", times=1))
    reply = await party.submit(kit.transfer())
    told = kit.outcome(reply)
    assert (told.status, told.initiating, told.duplicate) == ("Accept", MESSAGE, False)
    assert told.receipt
    assert read(reply.body, SCHEMAS).findings == ()
    assert await party.queue() == []
    again = kit.outcome(await party.submit(kit.transfer()))
    assert (again.status, again.duplicate) == ("Accept", False)
    assert await party.queue()


async def test_what_would_be_refused_is_refused_all_the_same() -> None:
    party = house(rule("accepted but lost", "submitMessages"))
    assert kit.outcome(await party.submit(kit.transfer()[:-20])).codes == (1,)
    assert fired(party) == []


# Who is struck


async def test_a_rule_on_a_message_strikes_only_that_message() -> None:
    match = MessageMatch(transaction="CATSChangeRequest", fields={"ChangeReasonCode": "1010"})
    party = house(rule("reset before processing", message=match))
    assert kit.outcome(await party.submit(kit.transfer())).status == "Accept"
    before = len(await party.queue())
    reply = await party.submit(kit.transfer(2, reason="1010"), "catsm_retaila_2")
    assert nothing_told(reply)
    assert len(await party.queue()) == before
    assert shown(party)[:2] == (200, "queue.list")
    assert [event.rule for event in fired(party)] == ["fault.reset-before-processing"]


async def test_a_rule_on_what_aemo_sends_strikes_when_it_is_fetched() -> None:
    party = house(rule("wrong receiver", outgoing=MessageMatch(transaction="CATSNotification")))
    await party.submit(kit.transfer())
    told = {}
    for entry in await party.queue():
        reply = await party.get(entry["MessageContextID"])
        root = kit.parse(reply.body)
        told[root.find("Transactions/Transaction")[0].tag] = (root.findtext("Header/To"), reply.rule)
    assert told["CATSChangeResponse"] == ("RETAILA", "queue.fetch")
    assert told["CATSNotification"] == ("NOBODY", "fault.wrong-receiver")


async def test_a_fault_that_finds_nothing_to_upset_has_not_fired() -> None:
    party = house(rule("phantom message", "submitMessages"))
    reply = await party.submit(kit.transfer())
    assert reply.rule == "hub.accept"
    assert fired(party) == []


async def test_a_caller_who_is_not_let_in_is_refused_as_ever() -> None:
    party = house(rule("internal server error", None))
    party.password = "wrong"
    assert (await party.call("GET", "getQueueMetaData")).status == 401
    assert fired(party) == []
    party.password = "secret"
    assert (await party.call("GET", "getQueueMetaData")).status == 500
    assert shown(party) == (500, "fault.internal-server-error", shown(party)[2])
    assert shown(party)[2].startswith("upset: 500")


@pytest.mark.parametrize(
    "fault", ["reset after processing", "closed after processing", "never answers after processing"]
)
async def test_after_processing_means_processed_and_not_told(fault: str) -> None:
    party = house(rule(fault, "submitMessages", times=1))
    assert nothing_told(await party.submit(kit.transfer()))
    assert await party.queue()
    again = kit.outcome(await party.submit(kit.transfer()))
    assert (again.status, again.duplicate) == ("Accept", True)


@pytest.mark.parametrize("fault", ["reset before processing", "closed before processing", "never answers"])
async def test_before_processing_means_nothing_happened(fault: str) -> None:
    party = house(rule(fault, "submitMessages", times=1))
    assert nothing_told(await party.submit(kit.transfer()))
    assert await party.queue() == []
    again = kit.outcome(await party.submit(kit.transfer()))
    assert (again.status, again.duplicate) == ("Accept", False)


async def test_firings_are_kept_over_a_restart() -> None:
    party = house(rule("outage", None, **{"for": timedelta(minutes=5)}))
    assert (await party.call("GET", "getQueueMetaData")).status == 500
    house_again = kit.runtime(party.house.scenario, party.house.journal)
    house_again.clock.set(kit.START + timedelta(minutes=5))
    party.house = house_again
    assert (await party.call("GET", "getQueueMetaData")).status == 200
