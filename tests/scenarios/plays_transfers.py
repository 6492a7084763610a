"""How the stories of changes of retailer go."""

from __future__ import annotations

from lxml import etree
from stage import Stage, codes, day, statuses

from simulator.asexml.encode import write
from simulator.client.messages import change_request
from simulator.hub.events import MessageQueued

NEIGHBOUR = "6305888445"
HOUSE, TERRACE, VICTORIAN, FLAT = "4102034567", "4102035671", "6305888444", "2001985732"


async def transfer_actual_read(stage: Stage) -> None:
    retailer = stage.actor("RETAILA")
    request = await retailer.request(change_request(retailer.envelope(), TERRACE, proposed_date=day("2026-03-16")))
    await stage.until("2026-03-15")
    await retailer.take()
    assert statuses(retailer.taken, request) == ["REQ", "PEN"]
    assert stage.world.holder(TERRACE, "FRMP", day("2026-03-16")) == "RETAILB"
    await stage.until("2026-03-16")
    await retailer.take()
    assert statuses(retailer.taken, request) == ["REQ", "PEN", "COM"]
    done = [each for each in retailer.taken if each.find(".//CATSNotification") is not None][-1]
    assert done.findtext(".//ActualChangeDate") == "2026-03-16"
    assert done.findtext(".//MasterData/Status") == "A", "the new retailer is told what it needs"
    assert stage.world.holder(TERRACE, "FRMP", day("2026-03-16")) == "RETAILA"
    assert stage.world.holder(TERRACE, "FRMP", day("2026-03-15")) == "RETAILB"


async def transfer_proposed_date(stage: Stage) -> None:
    retailer = stage.actor("RETAILA")
    request = await retailer.request(change_request(retailer.envelope(), HOUSE, proposed_date=day("2026-03-12")))
    await stage.until("2026-03-11")
    assert stage.world.holder(HOUSE, "FRMP", day("2026-03-12")) == "RETAILB"
    await stage.until("2026-03-12")
    await retailer.take()
    assert statuses(retailer.taken, request) == ["REQ", "PEN", "COM"]
    assert stage.world.holder(HOUSE, "FRMP", day("2026-03-12")) == "RETAILA"
    assert "CATSDataRequest" not in _transactions(stage), "nobody is asked for a read"
    (master,) = [each for message in retailer.taken for each in message.iter("ReportResponse")]
    assert (master.findtext(".//ReportName"), master.findtext(".//Role")) == ("Master", "FRMP")
    tables = {block.get("tableName"): len(block) for block in master.iter("ReplicationBlock")}
    assert tables == {
        "ElectricityNMIMaster": 1,
        "ElectricityNMIRoles": 6,
        "ElectricityNMIDataStreams": 2,
        "ElectricityNMIMeters": 1,
        "ElectricityNMIRegisterConfiguration": 2,
    }
    parties = {
        row.findtext("Role"): row.findtext("Party") for row in master.iter("Row") if row.find("Party") is not None
    }
    assert parties["FRMP"] == "RETAILA", "the rows of the time before are no business of the new retailer's"


async def transfer_objected_withdrawn(stage: Stage) -> None:
    retailer = stage.actor("RETAILA")
    request = await retailer.request(change_request(retailer.envelope(), VICTORIAN, proposed_date=day("2026-03-12")))
    await stage.wait(minutes=10)
    await retailer.take()
    assert statuses(retailer.taken, request) == ["REQ", "OBJ"]
    raised = retailer.taken[-1].find(".//Objection")
    assert raised is not None
    assert (raised.findtext("Participant"), raised.findtext("ObjectionAction")) == ("RETAILB", "Raised")
    await stage.wait(hours=2)
    await retailer.take()
    assert statuses(retailer.taken, request) == ["REQ", "OBJ", "REQ"]
    assert retailer.taken[-1].findtext(".//ObjectionAction") == "Withdrawn"
    await stage.until("2026-03-12")
    await retailer.take()
    assert statuses(retailer.taken, request) == ["REQ", "OBJ", "REQ", "PEN", "COM"]
    assert stage.world.holder(VICTORIAN, "FRMP", day("2026-03-12")) == "RETAILA"


async def transfer_objected_cancelled(stage: Stage) -> None:
    retailer = stage.actor("RETAILA")
    request = await retailer.request(change_request(retailer.envelope(), VICTORIAN, proposed_date=day("2026-03-12")))
    await stage.until("2026-03-31")
    await retailer.take()
    assert statuses(retailer.taken, request) == ["REQ", "OBJ", "CAN"]
    assert stage.world.holder(VICTORIAN, "FRMP", day("2026-03-31")) == "RETAILB"


async def transfer_second_thoughts(stage: Stage) -> None:
    retailer = stage.actor("RETAILA")
    request = await retailer.request(change_request(retailer.envelope(), VICTORIAN, proposed_date=day("2026-03-12")))
    await stage.wait(hours=3)
    await retailer.take()
    assert statuses(retailer.taken, request) == ["REQ", "OBJ", "REQ"]
    await stage.until("2026-03-12")
    await retailer.take()
    assert statuses(retailer.taken, request) == ["REQ", "OBJ", "REQ", "PEN", "COM"]
    told = [each.message for each in stage.events() if isinstance(each, MessageQueued) and each.to == "PLAYMDP"]
    notices = [
        etree.fromstring(write(each)) for each in told if each.transactions[0].payload.name == "CATSNotification"
    ]
    about = [each for each in notices if each.findtext(".//NMI") == NEIGHBOUR]
    assert [each.findtext(".//ChangeStatusCode") for each in about] == ["REQ", "CAN"]
    assert NEIGHBOUR not in {each.text for message in retailer.taken for each in message.iter("NMI")}
    assert stage.world.holder(VICTORIAN, "FRMP", day("2026-03-12")) == "RETAILA"
    assert stage.world.holder(NEIGHBOUR, "FRMP", day("2026-03-12")) == "RETAILA"


async def transfer_retrospective(stage: Stage) -> None:
    retailer = stage.actor("RETAILA")
    wrong = change_request(retailer.envelope(), TERRACE, proposed_date=day("2026-03-02"), read_type="PR")
    assert codes(await retailer.answer(wrong)) != ["0"], "a prospective reason does not reach back"
    message = change_request(
        retailer.envelope(), TERRACE, reason="1010", actual_change_date=day("2026-03-02"), read_type="PR"
    )
    request = await retailer.request(message)
    await stage.until("2026-03-18")
    await retailer.take()
    assert statuses(retailer.taken, request)[-1] == "COM"
    held = [stage.world.holder(TERRACE, "FRMP", day(each)) for each in ("2026-03-01", "2026-03-02")]
    assert held == ["RETAILB", "RETAILA"]


async def transfer_reversal(stage: Stage) -> None:
    retailer = stage.actor("RETAILA")
    await retailer.request(change_request(retailer.envelope(), HOUSE, proposed_date=day("2026-03-05")))
    await stage.until("2026-03-06")
    assert stage.world.holder(HOUSE, "FRMP", day("2026-03-06")) == "RETAILA"
    await stage.until("2026-03-12")
    await retailer.take()
    assert stage.world.holder(HOUSE, "FRMP", day("2026-03-12")) == "RETAILB"
    assert stage.world.holder(HOUSE, "FRMP", day("2026-03-05")) == "RETAILB"
    reversal = [
        (told.findtext("Role"), told.findtext("RoleStatus"), told.findtext("ChangeRequest/ChangeStatusCode"))
        for message in retailer.taken
        for told in message.iter("CATSNotification")
        if told.findtext("ChangeRequest/ChangeData/ChangeReasonCode") == "1060"
    ]
    assert reversal == [("FRMP", "C", "COM")], "the losing retailer learns of it when it is done"


async def request_edited(stage: Stage) -> None:
    retailer = stage.actor("RETAILA")
    first = await retailer.request(change_request(retailer.envelope(), HOUSE, proposed_date=day("2026-04-12")))
    correction = change_request(
        retailer.envelope(), HOUSE, proposed_date=day("2026-03-12"), initiating_request_id=first
    )
    second = await retailer.request(correction)
    await retailer.take()
    assert statuses(retailer.taken, first) == ["REQ", "CAN"]
    await stage.until("2026-03-12")
    await retailer.take()
    assert statuses(retailer.taken, second) == ["REQ", "PEN", "COM"]
    assert statuses(retailer.taken, first) == ["REQ", "CAN"]
    assert stage.world.holder(HOUSE, "FRMP", day("2026-03-12")) == "RETAILA"


async def move_in(stage: Stage) -> None:
    retailer = stage.actor("RETAILA")
    message = change_request(retailer.envelope(), FLAT, reason="1030", proposed_date=day("2026-03-06"), read_type="SP")
    request = await retailer.request(message)
    await stage.until("2026-03-06")
    await retailer.take()
    assert statuses(retailer.taken, request) == ["REQ", "PEN", "COM"]
    told = {
        message.findtext(".//NMIStatus")
        for message in retailer.taken
        if message.find(".//CATSNotification") is not None
    }
    assert told == {"D"}
    assert stage.world.holder(FLAT, "FRMP", day("2026-03-06")) == "RETAILA"


async def read_overdue(stage: Stage) -> None:
    retailer = stage.actor("RETAILA")
    request = await retailer.request(change_request(retailer.envelope(), TERRACE, proposed_date=day("2026-03-09")))
    await stage.until("2026-03-16T23:59:00")
    await retailer.take()
    assert statuses(retailer.taken, request) == ["REQ", "PEN"]
    assert "CATSChangeAlert" not in _transactions(stage)
    await stage.until("2026-03-17")
    (alert,) = await retailer.take()
    told = {
        name: alert.findtext(f".//CATSChangeAlert/{name}") for name in ("InitiatingRequestID", "Role", "Participant")
    }
    assert told == {"InitiatingRequestID": request, "Role": "MDP", "Participant": "METERCO"}
    assert _transactions(stage).count("CATSChangeAlert") == 2, "both retailers are alerted"
    await stage.until("2026-03-23")
    assert await retailer.take() == [], "once"
    await stage.until("2026-03-24")
    await retailer.take()
    assert statuses(retailer.taken, request) == ["REQ", "PEN", "COM"]
    assert stage.world.holder(TERRACE, "FRMP", day("2026-03-18")) == "RETAILB"
    assert stage.world.holder(TERRACE, "FRMP", day("2026-03-19")) == "RETAILA"


async def before_the_reform(stage: Stage) -> None:
    winner, loser = stage.actor("RETAILA"), stage.actor("RETAILB")
    request = await winner.request(change_request(winner.envelope(), HOUSE, proposed_date=day("2026-03-12")))
    (notice,) = await loser.take()
    assert statuses([notice], request) == ["REQ"], "who loses the customer learns of it at once"
    assert notice.findtext(".//ObjectionEndDate") == "2026-03-09", "five business days for objections"
    await stage.until("2026-03-12")
    await winner.take()
    await loser.take()
    assert statuses(winner.taken, request) == statuses(loser.taken, request) == ["REQ", "PEN", "COM"]


def _transactions(stage: Stage) -> list[str]:
    return [
        transaction.payload.name
        for event in stage.events()
        if isinstance(event, MessageQueued)
        for transaction in event.message.transactions
    ]


PLAYS = {
    "transfer-actual-read": transfer_actual_read,
    "transfer-proposed-date": transfer_proposed_date,
    "transfer-objected-withdrawn": transfer_objected_withdrawn,
    "transfer-objected-cancelled": transfer_objected_cancelled,
    "transfer-retrospective": transfer_retrospective,
    "transfer-reversal": transfer_reversal,
    "transfer-second-thoughts": transfer_second_thoughts,
    "request-edited": request_edited,
    "move-in": move_in,
    "read-overdue": read_overdue,
    "before-the-reform": before_the_reform,
}
