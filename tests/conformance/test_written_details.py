"""What AEMO writes, detail by detail: header, severity, class, version. Each test names the clause it keeps."""

from __future__ import annotations

from datetime import timedelta

import pytest
from lxml import etree

from kit import (
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
from simulator.asexml.model import TransactionAcknowledgement
from simulator.base.http import HttpReply
from simulator.hub.switches import Switches
from simulator.scenario.model import MessageMatch, Reject, Rule, Where

REQUEST = '<NMIStandingDataRequest version="r31"><NMI checksum="3">4102034567</NMI></NMIStandingDataRequest>'
DISCOVERY = message(transactions(REQUEST, first="RETAILA-D"), message_id="RETAILA-MSG-D", group="NMID", priority="High")
DESCRIPTION = "Australian Energy Market Operator Limited"


@pytest.fixture
def party() -> Party:
    return Party(runtime())


async def queued(party: Party) -> list[etree._Element]:
    """Everything of a discovery, a transfer up to its completion, and a withdrawal that comes too late."""
    assert outcome(await party.submit(DISCOVERY, "nmidh_retaila_1")).status == "Accept"
    assert outcome(await party.submit(transfer())).status == "Accept"
    told = await party.clear()
    await party.house.advance(timedelta(days=20))
    number = next(filter(None, (each.findtext(".//RequestID") for each in told)))
    payload = f'<CATSChangeWithdrawal version="r29"><RequestID>{number}</RequestID></CATSChangeWithdrawal>'
    late = message(transactions(payload, first="RETAILA-W"), message_id="RETAILA-MSG-W")
    assert outcome(await party.submit(late, "catsm_retaila_2")).status == "Accept"
    for entry in await party.queue():
        told.append(parse((await party.get(entry["MessageContextID"])).body))
    return told


def event_of(reply: HttpReply) -> etree._Element:
    root = parse(reply.body)
    return root if etree.QName(root).localname == "Event" else next(root.iter("Event"))


async def test_success_events_say_information(party: Party) -> None:
    """Event: severity is Fatal when it is left out, so success must say Information."""
    events = [event for told in await queued(party) for event in told.iter("Event") if event.findtext("Code") == "0"]
    assert {etree.QName(event.getparent()).localname for event in events} == {
        "NMIStandingDataResponse",
        "CATSChangeResponse",
        "ReportResponse",
    }
    assert [event.get("severity") for event in events] == ["Information"] * len(events)
    assert [event.findtext("Explanation") for event in events] == ["Success"] * len(events)


@pytest.mark.parametrize("severity", ["Error", "Fatal"])
async def test_refusals_say_how_bad_it_is(severity: str) -> None:
    refusal = Rule("no", Where("t", 1), MessageMatch("CATSChangeRequest"), (Reject(1100, "not today", severity),))
    strict = Party(runtime(scenario(refusal)))
    await strict.submit(transfer())
    (told,) = await strict.clear()
    event = told.find(".//CATSChangeResponse/Event")
    assert event is not None
    assert (event.get("severity"), event.findtext("Code")) == (severity, "1100")


async def test_refusals_of_the_market_are_errors(party: Party) -> None:
    """1100 and its like: severity Error."""
    body = message(transactions(change_request(nmi="4102034571")))
    await party.submit(body)
    event = (await party.clear())[0].find(".//CATSChangeResponse/Event")
    assert event is not None
    assert event.get("severity") == "Error"


@pytest.mark.parametrize("group", [None, "CATS"])
async def test_the_queue_report_has_its_version(party: Party, group: str | None) -> None:
    """HubQueueReport: version r37, where hub management came in."""
    await party.submit(transfer())
    query = () if group is None else (("transactionGroup", group),)
    reply = await party.call("GET", "getQueueMetaData", query=query)
    report = parse(reply.body).find("Transactions/Transaction/HubQueueReport")
    assert report is not None
    assert report.get("version") == "r37"


BAD = [
    ("wrong From", transfer().replace("<From>RETAILA", "<From>RETAILB"), 7),
    ("schema violation", transfer().replace("<Role>FRMP</Role>", ""), 2),
    ("unknown group", transfer().replace("<TransactionGroup>CATS", "<TransactionGroup>DOGS"), 9),
    ("no message at all", "hello", 1),
]


@pytest.mark.parametrize(("name", "body", "code"), BAD, ids=[name for name, _, _ in BAD])
async def test_the_event_of_a_refused_message(party: Party, name: str, body: str, code: int) -> None:
    """Reject: the event is of class Message and Fatal, whether in an acknowledgement or alone."""
    for reply in (await party.submit(body), await party.acknowledge(body, "catsm_nemmco_1")):
        event = event_of(reply)
        assert (event.get("class"), event.get("severity"), event.findtext("Code")) == ("Message", "Fatal", str(code))
        assert event.findtext("Explanation")


async def test_the_event_of_a_bad_acknowledgement(party: Party) -> None:
    event = event_of(await party.acknowledge(macks("NEMMCO-MSG-404"), "catsm_nemmco_404"))
    assert (event.get("class"), event.get("severity"), event.findtext("Code")) == ("Message", "Fatal", "7")


async def test_the_hubs_acknowledgement_keeps_the_group_with_priority_low(party: Party) -> None:
    """Seen in AEMO's own example: the group of what is acknowledged, priority Low; accepted, repeated, refused."""
    replies = [(await party.submit(DISCOVERY, "nmidh_retaila_1"), "NMID") for _ in range(2)]
    replies.append((await party.submit(transfer()), "CATS"))
    replies.append((await party.submit(transfer(2).replace("<To>NEMMCO", "<To>RETAILB")), "CATS"))
    entry = (await party.queue("NMID"))[0]
    mack = macks(entry["MessageID"], group="NMID", priority="High")
    replies.append((await party.acknowledge(mack, entry["MessageContextID"]), "NMID"))
    for reply, group in replies:
        header = parse(reply.body).find("Header")
        assert header is not None
        assert (header.findtext("TransactionGroup"), header.findtext("Priority")) == (group, "Low")


async def test_everything_from_the_operator_says_who_that_is(party: Party) -> None:
    """From NEMMCO, described as the Australian Energy Market Operator Limited."""
    replies = [
        await party.submit(transfer(3), "catsm_retaila_3"),
        await party.submit(transfer(4).replace("<Role>FRMP</Role>", ""), "catsm_retaila_4"),
        await party.acknowledge(macks("NEMMCO-MSG-404"), "catsm_nemmco_404"),
        await party.call("GET", "getQueueMetaData"),
        await party.call("GET", "/HubMessageManagement/v2/getAlerts", query=(("alertType", "B2MStopFile"),)),
    ]
    written = [parse(reply.body) for reply in replies] + await queued(Party(runtime()))
    for root in written:
        sender = root.find("Header/From")
        assert sender is not None
        assert (sender.text, sender.get("description")) == ("NEMMCO", DESCRIPTION)


async def test_what_is_queued_has_the_operators_security_context(party: Party) -> None:
    """SecurityContext NEMMCOBATCH: on responses, notifications and transaction acknowledgements alike."""
    told = await queued(party)
    kinds = {etree.QName(node).localname for root in told for node in root.iterfind("Transactions/Transaction/*")}
    kinds |= {etree.QName(node).localname for root in told for node in root.iterfind("Acknowledgements/*")}
    assert kinds == {
        "NMIStandingDataResponse",
        "CATSChangeResponse",
        "CATSNotification",
        "ReportResponse",
        "TransactionAcknowledgement",
    }
    assert {root.findtext("Header/SecurityContext") for root in told} == {"NEMMCOBATCH"}


@pytest.mark.parametrize(("query", "status"), [(("subscription-key", "k"), 200), (("subscriptionkey", "k"), 401)])
async def test_the_api_key_may_be_a_query_parameter(query: tuple[str, str], status: int) -> None:
    """Gateways take the key as ``subscription-key`` in the query too."""
    strict = Party(runtime(scenario(switches=Switches(require_api_key="yes"))))
    assert (await strict.call("GET", "getQueueMetaData", query=(query,))).status == status


@pytest.mark.parametrize("market", ["VICGAS", "nem", "NEM2"])
async def test_another_market_in_the_header_is_event_8(party: Party, market: str) -> None:
    """X-market is NEM on this interface (rule hub.market); optional on acknowledgements, but not free there."""
    await party.submit(transfer(9), "catsm_retaila_9")
    before = await party.queue()
    context_id = before[0]["MessageContextID"]
    submitted = await party.submit(transfer(), also={"X-market": market})
    acknowledged = await party.acknowledge(macks(before[0]["MessageID"]), context_id, also={"X-market": market})
    for reply in (submitted, acknowledged):
        said = outcome(reply)
        assert (said.status, said.codes, reply.rule) == ("Reject", (8,), "hub.market")
    assert await party.queue() == before


async def test_queue_reports_of_one_moment_that_tell_something_else_are_other_messages(party: Party) -> None:
    """No MessageID is used for two messages, also under a clock that stands."""
    told: dict[str, bytes] = {}
    await party.submit(transfer(9), "catsm_retaila_9")
    for entry in [{}, *await party.queue()]:
        if entry:
            mack = macks(entry["MessageID"], own=f"ACK-{entry['MessageID']}"[:36])
            await party.acknowledge(mack, entry["MessageContextID"])
        body = (await party.call("GET", "getQueueMetaData")).body
        assert told.setdefault(parse(body).findtext("Header/MessageID") or "", body) == body
    assert len(told) > 2


async def test_so_are_those_that_tell_what_others_sent_meanwhile(party: Party) -> None:
    """The caller has done much at this moment already, so that what it is sent ranks before its next doing."""
    story = party.house.simulation
    await party.submit(transfer(9), "catsm_retaila_9")
    for _ in range(9):
        await party.submit(transfer(9), "catsm_retaila_9")
    accepted = TransactionAcknowledgement("RETAILA-TX-9", party.house.clock.now(), "Accept")
    told: dict[str, bytes] = {}
    for _ in range(3):
        body = (await party.call("GET", "getQueueMetaData")).body
        assert told.setdefault(parse(body).findtext("Header/MessageID") or "", body) == body
        turn = story.turn(party.house.clock.now())
        story.hub.send(turn, "RETAILA", "CATS", "Medium", acknowledgements=(accepted,))
    assert len(told) == 3
