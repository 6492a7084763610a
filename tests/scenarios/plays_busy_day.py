"""How the busy day goes: two hundred transactions of every kind, some of them wrong, and a week to see them through."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import chain

from plays_questions import address, asking, report
from plays_readings import nem12
from plays_standing import message
from stage import Actor, Stage, codes, day

from simulator.asexml.model import Message
from simulator.client.messages import change_request, meter_data, nmi_discovery, nmi_standing_data, withdrawal
from simulator.market.acts import Change
from simulator.world.changes import Patch
from simulator.world.model import ConnectionPoint
from simulator.world.requests import FINISHED

PROPOSED = day("2026-03-06")


def transfer(nmi: str, reason: str = "1000", **more: object) -> Change:
    given = {"proposed": PROPOSED, "read_type": "SP", "roles": (("FRMP", "RETAILA"),), **more}
    return Change(reason, nmi, **given)  # type: ignore[arg-type]


def customers(stage: Stage, state: str, retailer: str) -> list[ConnectionPoint]:
    """Connection points of a retailer in a state, in the order of the market."""
    today = stage.house.clock.now().date()
    found = (point for point in stage.world.points() if point.jurisdiction == state)
    return [point for point in found if stage.world.holder(point.nmi, "FRMP", today) == retailer]


async def busy_day(stage: Stage) -> None:
    retailer, provider = stage.actor("RETAILA"), stage.actor("METERCO")
    sent: Counter[str] = Counter()
    everything = chain(requests(stage, retailer), questions(stage, retailer), deliveries(stage, provider))
    for actor, made in everything:
        await actor.send(made)
        sent.update(transaction.payload.name for transaction in made.transactions)
        await stage.wait(minutes=7)
    await retailer.take()
    edited, withdrawn = second_thoughts(stage, retailer)
    for made in (*edited, *withdrawn):
        await retailer.send(made)
        sent.update(transaction.payload.name for transaction in made.transactions)
    assert sum(sent.values()) == 200
    assert len(sent) == 6, sent
    await stage.until("2026-03-16")
    await retailer.take()
    await provider.take()
    judged(stage, [*retailer.taken, *provider.taken], len(withdrawn), len(edited))


def requests(stage: Stage, retailer: Actor) -> Iterator[tuple[Actor, Message]]:
    """95 change requests: eighty transfers, five move-ins, ten that are wrong."""
    nsw, vic = customers(stage, "NSW", "RETAILB"), customers(stage, "VIC", "RETAILB")
    changes = [transfer(point.nmi) for point in (*nsw[:50], *vic[:30])]
    changes += [transfer(point.nmi, "1030") for point in nsw[50:55]]
    changes += [transfer("4102000000"), transfer("NAAAMYS582"), transfer(vic[0].nmi), transfer(nsw[55].nmi, "9999")]
    changes += [transfer(nsw[56].nmi, proposed=day("2026-03-02")), transfer(nsw[57].nmi, proposed=day("2027-03-02"))]
    changes += [transfer(nsw[58].nmi, roles=(("FRMP", "RETAILB"),)), transfer(nsw[59].nmi, read_type=None)]
    changes += [transfer(nsw[60].nmi, roles=(("FRMP", "RETAILA"), ("RP", "METERCO")))]
    changes += [transfer(nsw[61].nmi, master={"status": "D"})]
    for begin in range(0, len(changes), 19):
        yield retailer, message(retailer.envelope(), *changes[begin : begin + 19])


def questions(stage: Stage, retailer: Actor) -> Iterator[tuple[Actor, Message]]:
    """50 of them: searches by meter and by address, standing data with and without a reason, reports."""
    for number, point in enumerate(customers(stage, "NSW", "RETAILB")[:40]):
        envelope, where = retailer.envelope(), point.address
        if number % 4 == 0:
            yield retailer, nmi_discovery(envelope, "NSW", meter_serial=point.meters[0].serial)
        elif number % 4 == 1 and where is not None:
            yield retailer, nmi_discovery(envelope, "NSW", address=address(where.suburb, where.street_name))
        else:
            yield retailer, nmi_standing_data(envelope, point.nmi, reason="OTR" if number % 4 == 2 else None)
    for _ in range(5):
        yield retailer, asking(retailer, report("MSATSLimits"))
        yield retailer, asking(retailer, report("ParticipantSystemStatus"))


def deliveries(stage: Stage, provider: Actor) -> Iterator[tuple[Actor, Message]]:
    """40: half-hourly readings of Victoria, five of them of somebody else's meters, and new dates for Queensland."""
    mine, foreign = customers(stage, "VIC", "RETAILB")[:20], customers(stage, "NSW", "RETAILB")[:5]
    for point in (*mine, *foreign):
        serial = point.meters[0].serial
        values = ",".join(["0.250"] * 48)
        row = f"200,{point.nmi},E1,E1,E1,N1,{serial},KWH,30,\n300,20260301,{values},A,,,20260302010000,"
        yield provider, meter_data(provider.envelope(), nem12(row))
    dates = [
        Change("5071", point.nmi, day("2026-03-02"), meters=(_read_on(point),))
        for point in customers(stage, "QLD", "RETAILA")[:15]
    ]
    yield provider, message(provider.envelope(), *dates)


def _read_on(point: ConnectionPoint) -> Patch:
    return Patch(point.meters[0].serial, {"next_scheduled_read": "2026-06-01"})


def second_thoughts(stage: Stage, retailer: Actor) -> tuple[list[Message], list[Message]]:
    """Ten requests are edited, five withdrawn."""
    mine = [each for each in stage.world.requests.all() if each.reason == "1000" and each.status not in FINISHED]
    edited = [
        change_request(
            retailer.envelope(), each.nmi, proposed_date=day("2026-03-10"), initiating_request_id=each.request_id
        )
        for each in mine[:10]
    ]
    return edited, [withdrawal(retailer.envelope(), each.request_id) for each in mine[10:15]]


def judged(stage: Stage, taken: list[object], withdrawn: int, edited: int) -> None:
    every = Counter((each.reason, each.status) for each in stage.world.requests.all())
    assert every == {
        ("1000", "COM"): 80 - withdrawn,
        ("1000", "CAN"): withdrawn + edited,
        ("1030", "COM"): 5,
        ("5071", "COM"): 15,
    }
    assert len(list(stage.world.requests.objections())) == 30, "one for every customer in Victoria"
    answers = Counter(
        (transaction[0].tag, tuple(codes(transaction[0])) == ("0",))
        for each in taken
        for transaction in each.iter("Transaction")  # type: ignore[attr-defined] # lxml elements
        if str(transaction[0].tag).endswith("Response")
    )
    assert answers["CATSChangeResponse", True] == 80 + 5 + 15 + edited
    assert answers["CATSChangeResponse", False] == 10
    assert answers["MeterDataResponse", True] == 20
    assert answers["MeterDataResponse", False] == 5
    assert answers["NMIDiscoveryResponse", True] + answers["NMIDiscoveryResponse", False] == 20
    assert answers["NMIStandingDataResponse", True] + answers["NMIStandingDataResponse", False] == 20
    won = 80 - withdrawn + 5
    assert answers["ReportResponse", True] == 10 + won, "what was asked for, and one for every customer won"


PLAYS = {"busy-day": busy_day}
