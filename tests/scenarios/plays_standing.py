"""How the stories of standing data go: new NMIs, meters, next scheduled reads."""

from __future__ import annotations

from msgspec.structs import replace
from stage import Stage, codes, day, statuses

from simulator.asexml.model import Message, Transaction
from simulator.client.messages import Envelope, change_request
from simulator.market import acts
from simulator.market.acts import Change
from simulator.market.standing import is_nmi
from simulator.world.changes import Patch
from simulator.world.model import Address, DataStream, Meter

HOUSE, TERRACE = "4102034567", "4102035671"
NEW_HOUSE, SECOND_HOUSE = "4102038888", "4102039999"
SMART = Patch(
    "SM900001",
    {"installation_type": "COMMS4D", "read_type": "RWDA", "status": "C"},
    (Patch("E1", {"suffix": "E1", "unit": "KWH", "status": "C"}),),
)
MASTER = {"jurisdiction": "NSW", "classification": "SMALL", "tni": "NTNI", "dlf": "NDLF", "status": "G"}


def message(envelope: Envelope, *changes: Change) -> Message:
    """One message with a change request for each; the builder gives the envelope."""
    made = change_request(envelope, HOUSE, proposed_date=envelope.at.date())
    transactions = tuple(
        Transaction(f"{envelope.message_id}-T{number}", envelope.at, acts.change_request(change))
        for number, change in enumerate(changes, 1)
    )
    return Message(made.release, made.header, transactions)


def house(nmi: str, number: str, **more: object) -> Change:
    address = Address("GLEBE", "NSW", "2037", number, street_name="GLEBE POINT", street_type="RD")
    return Change("2000", nmi, day("2026-03-16"), master=MASTER, address=address, **more)  # type: ignore[arg-type]


async def new_connection(stage: Stage) -> None:
    network = stage.actor("NETWORKA")
    roles = {"LNSP": "NETWORKA", "FRMP": "RETAILA", "LR": "RETAILB", "RP": "MCCO", "MDP": "METERCO", "MPB": "MPBCO"}
    whole = replace(
        house(NEW_HOUSE, "14", roles=tuple(roles.items())),
        reason="2500",
        meters=(SMART,),
        streams=(DataStream("E1"),),
    )
    first = await network.request(message(network.envelope(), whole))
    some = tuple((role, party) for role, party in roles.items() if role not in ("MDP", "MPB"))
    second = await network.request(message(network.envelope(), house(SECOND_HOUSE, "16", roles=some)))
    assert codes(await network.answer(message(network.envelope(), house(HOUSE, "12", roles=some)))) == ["202"]
    await network.take()
    assert statuses(network.taken, second) == ["PVAL"]
    await stage.until("2026-03-20")
    await network.take()
    assert statuses(network.taken, first)[-1] == "COM"
    assert statuses(network.taken, second) == ["PVAL", "REQ", "PEN", "COM"]
    for nmi in (NEW_HOUSE, SECOND_HOUSE):
        assert is_nmi(nmi)
        assert stage.world.holder(nmi, "FRMP", day("2026-03-20")) == "RETAILA"
        assert stage.world.holder(nmi, "MDP", day("2026-03-20")) == "METERCO"
    made = stage.world.point(NEW_HOUSE)
    assert made is not None
    assert [meter.serial for meter in made.meters] == ["SM900001"]
    assert [stream.suffix for stream in made.data_streams] == ["E1"]


async def meter_change(stage: Stage) -> None:
    provider = stage.actor("MPBCO")
    old = Patch("BA200002", {"status": "R"})
    new = replace_serial("SM200009")
    change = Change("3004", TERRACE, day("2026-03-04"), meters=(old, new))
    request = await provider.request(message(provider.envelope(), change))
    await stage.until("2026-03-04")
    await provider.take()
    assert statuses(provider.taken, request)[-1] == "COM"
    now = stage.world.point(TERRACE)
    assert now is not None
    assert {meter.serial: meter.status for meter in now.meters} == {"BA200002": "R", "SM200009": "C"}
    gone = Change("3050", TERRACE, day("2026-03-06"), meters=(replace_serial("SM200010"),))
    assert codes(await provider.answer(message(provider.envelope(), gone))) == ["200"]


def replace_serial(serial: str) -> Patch:
    return Patch(serial, SMART.fields, SMART.parts)


async def next_read_flood(stage: Stage) -> None:
    provider = stage.actor("METERCO")
    nmis = list(stage.world.base.points)
    told = []
    for begin in range(0, len(nmis), 50):
        meters = [stage.world.point(nmi) for nmi in nmis[begin : begin + 50]]
        changes = [
            Change("5071", point.nmi, day("2026-03-02"), meters=(next_read(point.meters[0]),))
            for point in meters
            if point is not None
        ]
        await provider.send(message(provider.envelope(), *changes))
        told += await provider.take()
    responses = [each for message in told for each in message.iter("CATSChangeResponse")]
    assert [codes(each) for each in responses] == [["0"]] * 200
    done = [each for message in told for each in message.iter("CATSNotification")]
    assert {each.findtext("ChangeRequest/ChangeStatusCode") for each in done} == {"COM"}
    assert len(done) == 200
    for point in stage.world.points():
        assert point.meters[0].next_scheduled_read == day("2026-06-01")


def next_read(meter: Meter) -> Patch:
    return Patch(meter.serial, {"next_scheduled_read": "2026-06-01"})


PLAYS = {
    "new-connection": new_connection,
    "meter-change": meter_change,
    "next-read-flood": next_read_flood,
}
