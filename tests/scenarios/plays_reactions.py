"""How the stories go in which a rule answers in AEMO's place, or has the answer go another way."""

from __future__ import annotations

from dataclasses import replace

from lxml import etree
from plays_readings import interval, load, nem12
from stage import Actor, Stage, codes, day, passes

import kit
from simulator.client.messages import change_request, nmi_discovery, nmi_standing_data
from simulator.simulation.beside import ReactionFailed
from simulator.simulation.steering import MessageDropped

HOUSE, OTHER = "4102034567", "4102036789"


async def asked(actor: Actor, nmi: str = HOUSE, **more: str) -> list[str]:
    """Ask about a house; the codes of the answer, the one that tells of the previous read aside."""
    return told(await actor.answer(nmi_standing_data(actor.envelope(), nmi, **more)))


def told(answer: etree._Element) -> list[str]:
    return [code for code in codes(answer) if code != "1021"]


async def asked_in_turn(actor: Actor, *nmis: str) -> list[str]:
    """Ask about several; the ids of the transactions."""
    return [await actor.send(nmi_standing_data(actor.envelope(), nmi)) for nmi in nmis]


async def answered(actor: Actor) -> list[str]:
    """Which transactions the messages that are there answer, in their order; all are taken."""
    taken = [each for message in await actor.take() for each in message.iter("Transaction")]
    return [each.get("initiatingTransactionID", "") for each in taken]


async def accept(stage: Stage) -> None:
    retailer = stage.actor("RETAILA")
    assert await asked(retailer) == ["0"]
    assert await asked(retailer, OTHER) == ["1404"]


async def reject(stage: Stage) -> None:
    retailer = stage.actor("RETAILA")
    assert await asked(retailer) == ["1939", "1404"]
    assert await asked(retailer, reason="TRI") == ["0"]


async def partly(stage: Stage) -> None:
    provider = stage.actor("METERCO")
    text = nem12(*(interval(nmi, suffix) for nmi, suffix in ((HOUSE, "E1"), (OTHER, "E1"), (HOUSE, "B1"))))
    assert await load(provider, text) == (2, ["202"])
    held = [stage.world.readings.holding(nmi, "E1", day("2026-03-01")) for nmi in (HOUSE, OTHER)]
    assert [each is not None for each in held] == [True, False]


async def partly_requested(stage: Stage) -> None:
    retailer = stage.actor("RETAILA")
    requests = [kit.change_request(nmi=nmi) for nmi in (HOUSE, OTHER, HOUSE)]
    body = kit.message(kit.transactions(*requests, first="RETAILA-T"), message_id="RETAILA-MSG-1")
    assert kit.outcome(await retailer.party.submit(body)).status == "Accept"
    answers = [each for message in await retailer.take() for each in message.iter("Transaction")]
    responses = [each for each in answers if each[0].tag == "CATSChangeResponse"]
    refused = {each.get("initiatingTransactionID"): "1100" in codes(each) for each in responses}
    assert refused == {"RETAILA-T1": False, "RETAILA-T2": True, "RETAILA-T3": False}


async def hold(stage: Stage) -> None:
    retailer = stage.actor("RETAILA")
    held, free = await asked_in_turn(retailer, HOUSE, OTHER)
    assert await answered(retailer) == [free]
    await stage.wait(minutes=29)
    assert await answered(retailer) == []
    await stage.wait(minutes=1)
    assert await answered(retailer) == [held]


async def delay(stage: Stage) -> None:
    retailer = stage.actor("RETAILA")
    await retailer.request(change_request(retailer.envelope(), HOUSE, proposed_date=day("2026-03-12")))
    await stage.wait(minutes=9, seconds=59)
    assert await retailer.take() == []
    await stage.wait(seconds=1)
    (late,) = await retailer.take()
    assert late.find(".//CATSNotification") is not None


async def reorder(stage: Stage) -> None:
    retailer = stage.actor("RETAILA")
    first, second = await asked_in_turn(retailer, HOUSE, OTHER)
    assert await answered(retailer) == []
    (third,) = await asked_in_turn(retailer, HOUSE)
    assert await answered(retailer) == [third, second, first]
    await stage.wait(minutes=10)
    (fourth,) = await asked_in_turn(retailer, HOUSE)
    await stage.wait(minutes=4, seconds=59)
    assert await answered(retailer) == []
    await stage.wait(seconds=1)
    assert await answered(retailer) == [fourth]


async def duplicate(stage: Stage) -> None:
    retailer = stage.actor("RETAILA")
    await asked_in_turn(retailer, HOUSE)
    first, second = await retailer.queue()
    assert first.message_id == second.message_id
    assert first.context_id != second.context_id
    bodies = [(await retailer.get(each)).body for each in (first, second)]
    assert bodies[0] == bodies[1]
    for each, left in ((second, [first]), (first, [])):
        receipt = await retailer.client.run(retailer.client.session.acknowledge(each.context_id, each.message_id))
        assert receipt.accepted
        assert list(await retailer.queue()) == left
    assert await asked(retailer) == ["0"]


async def drop(stage: Stage) -> None:
    retailer = stage.actor("RETAILA")
    await asked_in_turn(retailer, HOUSE)
    assert await retailer.take() == []
    (dropped,) = [event for event in stage.events() if isinstance(event, MessageDropped)]
    assert (dropped.by, dropped.to) == ("Never heard of again", "RETAILA")
    assert await asked(retailer) == ["0"]


async def template(stage: Stage) -> None:
    retailer = stage.actor("RETAILA")
    answer = await retailer.answer(nmi_discovery(retailer.envelope(), "NSW", meter_serial="NOWHERE"))
    assert [each.text for each in answer.iter("NMI")] == ["4103999999"]
    assert answer.findtext("Event/Explanation") == "RETAILA asked in NSW on 2026-03-02"


async def send(stage: Stage) -> None:
    retailer, late = stage.actor("RETAILA"), stage.actor("RETAILC")
    (question,) = await asked_in_turn(retailer, HOUSE)
    messages = await retailer.take()
    answers = [each.get("initiatingTransactionID") for message in messages for each in message.iter("Transaction")]
    assert answers == [question, None]
    assert messages[1].findtext(".//Event/Explanation") == "The neighbour of 4102034567, of RETAILB"
    await stage.wait(minutes=10)
    (message,) = await late.take()
    assert message.findtext(".//Event/Explanation") == "At 2026-03-02T09:10:00+10:00"


async def change(stage: Stage) -> None:
    retailer = stage.actor("RETAILA")

    async def shown() -> tuple[str | None, str | None]:
        answer = await retailer.answer(nmi_standing_data(retailer.envelope(), HOUSE, reason="TRI"))
        party = answer.xpath("string(.//RoleAssignment[Role='FRMP']/Party)")
        return answer.findtext(".//MasterData/Status"), str(party)

    assert await shown() == ("A", "RETAILB")
    assert await shown() == ("D", "RETAILB")
    await stage.wait(hours=3)
    assert await shown() == ("D", "RETAILC")
    assert [event for event in stage.events() if isinstance(event, ReactionFailed)] == []


async def flags(stage: Stage) -> None:
    retailer, opener = stage.actor("RETAILA"), stage.actor("RETAILC")
    said = [await _explained(retailer)]
    assert await asked(opener) == ["0"]
    said.append(await _explained(retailer))
    await stage.wait(hours=2)
    said.append(await _explained(retailer))
    assert said == ["The door is closed", "Come back at eleven", "Success"]


async def _explained(actor: Actor) -> str:
    answer = await actor.answer(nmi_standing_data(actor.envelope(), HOUSE))
    return [each.text or "" for each in answer.iter("Explanation")][-1]


async def turns(stage: Stage) -> None:
    retailer, lucky = stage.actor("RETAILA"), stage.actor("RETAILC")
    assert [await asked(retailer) for _ in range(6)] == [["1404"], ["1404"], ["0"], ["1404"], ["0"], ["1404"]]
    drawn = [(await asked(lucky))[0] for _ in range(20)]
    assert 3 < drawn.count("1404") < 17


async def per_nmi(stage: Stage) -> None:
    retailer, other = stage.actor("RETAILA"), stage.actor("RETAILC")
    assert [await asked(retailer), await asked(other)] == [["1404"], ["0"]]
    assert [await asked(other, OTHER), await asked(retailer, OTHER)] == [["1404"], ["0"]]


async def per_conversation(stage: Stage) -> None:
    retailer = stage.actor("RETAILA")
    await asked_in_turn(retailer, HOUSE, OTHER)
    waiting = await retailer.queue()
    tries = [(await retailer.party.get(each.context_id)).status for each in (*waiting, *waiting)]
    assert tries == [503, 503, 200, 200]


async def queue_depth(stage: Stage) -> None:
    retailer, other = stage.actor("RETAILA"), stage.actor("RETAILC")
    await asked_in_turn(retailer, HOUSE, HOUSE, HOUSE)
    await asked_in_turn(retailer, HOUSE)
    assert await asked(other) == ["0"]
    messages = [etree.fromstring((await retailer.get(each)).body) for each in await retailer.queue()]
    assert [told(message) for message in messages] == [["0"], ["0"], ["0"], ["1404"]]
    await retailer.take()
    assert await asked(retailer) == ["0"]


async def after(stage: Stage) -> None:
    retailer, other = stage.actor("RETAILA"), stage.actor("RETAILC")
    said = [await _explained(retailer) for _ in range(4)]
    first, closed = "Acknowledge something first", "Closed for good"
    assert said == [first, first, "Success", "Success"], "after two were acknowledged; then the flag is set"
    assert await _explained(retailer) == closed
    assert [await asked(other) for _ in range(4)] == [["1404"], ["0"], ["1404"], ["0"]]
    assert await _explained(retailer) == "Success", "the flag is gone, and set anew"
    assert await _explained(retailer) == closed


async def requests(stage: Stage) -> None:
    retailer, other = stage.actor("RETAILA").party, stage.actor("RETAILC").party
    old = {"User-Agent": "oldhub/1.2"}
    replies = [
        await retailer.call("GET", "getQueueMetaData", also=old),
        await retailer.call("GET", "getQueueMetaData"),
        await other.call("GET", "getQueueMetaData"),
        await other.call("GET", "getQueueMetaData"),
        await retailer.get("catsm_nemmco_gone"),
        await retailer.get("catsm_nemmco_other"),
    ]
    assert [each.status for each in replies] == [429, 200, 503, 200, 504, 404]
    passes(await stage.house.verdict())
    assert await retailer.queue("MDMT") == []
    (finding,) = (await stage.house.verdict()).findings
    assert (finding.outcome, finding.expectation) == ("fail", "nobody meets 'Nobody asks for meter data'")


async def envelope(stage: Stage) -> None:
    retailer, other = stage.actor("RETAILA"), stage.actor("RETAILC")

    async def said(actor: Actor, **worn: str) -> list[str]:
        answer = await actor.answer(nmi_standing_data(replace(actor.envelope(), **worn), HOUSE))
        return [each.text or "" for each in answer.iter("Explanation")][-1:]

    assert await said(retailer) == ["Success"]
    assert await said(retailer, release="r45") == ["Ask in r46"]
    assert await said(other, release="r45") == await said(other, priority="Low") == ["Please telephone"]
    patient = await retailer.send(nmi_standing_data(replace(retailer.envelope(), priority="Low"), HOUSE))
    assert await answered(retailer) == []
    await stage.wait(minutes=30)
    assert await answered(retailer) == [patient]


PLAYS = {
    "reaction-accept": accept,
    "reaction-reject": reject,
    "reaction-partial": partly,
    "reaction-partial-requests": partly_requested,
    "reaction-hold": hold,
    "reaction-delay": delay,
    "reaction-reorder": reorder,
    "reaction-duplicate": duplicate,
    "reaction-drop": drop,
    "reaction-template": template,
    "reaction-send": send,
    "reaction-change": change,
    "reaction-flags": flags,
    "reaction-turns": turns,
    "reaction-per-nmi": per_nmi,
    "reaction-per-conversation": per_conversation,
    "reaction-queue-depth": queue_depth,
    "reaction-after": after,
    "reaction-request": requests,
    "reaction-envelope": envelope,
}
