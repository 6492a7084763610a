"""How the stories of flow control go: stop files raised and cleared, a bad acknowledgement, a throttled gateway."""

from __future__ import annotations

from plays_standing import message as changes
from plays_standing import next_read
from stage import Actor, Stage, codes, day, passes

from simulator.client.alerts import alerts
from simulator.client.messages import change_request, nmi_standing_data
from simulator.market.acts import Change


async def causes(actor: Actor) -> list[str]:
    return [alert.cause for alert in await actor.client.run(alerts(actor.client.session))]


async def win(actor: Actor, nmi: str) -> str:
    """A change request that asks for a customer; the id of its transaction."""
    return await actor.send(change_request(actor.envelope(), nmi, proposed_date=day("2026-03-16")))


def responses(actor: Actor) -> list[str | None]:
    """What the change responses that were taken answer, in the order they were queued."""
    found = (each for message in actor.taken for each in message.iter("Transaction"))
    return [each.get("initiatingTransactionID") for each in found if each[0].tag == "CATSChangeResponse"]


async def slow_consumer(stage: Stage) -> None:
    retailer = stage.actor("RETAILA")
    sent = [await win(retailer, nmi) for nmi in stage.world.base.points]
    assert await causes(retailer) == ["OUTBOX FILE"]
    assert len(await retailer.queue()) == 10
    await retailer.take()
    assert retailer.client.calls["getQueueMetaData"] > len(sent) / 10, "no listing shows more than ten"
    assert (await causes(retailer), responses(retailer)) == ([], sent)
    passes(await stage.house.verdict())


async def change_request_flood(stage: Stage) -> None:
    retailer = stage.actor("RETAILA")
    for nmi in stage.world.base.points:
        await win(retailer, nmi)
        await retailer.take()
    assert (await causes(retailer), len(responses(retailer))) == (["CR"], 12)
    await stage.until("2026-03-03T00:00:00")
    await retailer.take()
    assert (await causes(retailer), len(responses(retailer))) == ([], 20)


async def limit_raised(stage: Stage) -> None:
    retailer = stage.actor("RETAILA")
    for nmi in stage.world.base.points:
        await win(retailer, nmi)
        await retailer.take()
    assert (await causes(retailer), len(responses(retailer))) == (["CR"], 3)
    await stage.wait(hours=3)
    await retailer.take()
    assert (await causes(retailer), len(responses(retailer))) == ([], 5)


async def next_read_stop(stage: Stage) -> None:
    provider = stage.actor("METERCO")
    points = [stage.world.point(nmi) for nmi in stage.world.base.points]
    asked = [
        Change("5071", point.nmi, day("2026-03-02"), meters=(next_read(point.meters[0]),)) for point in points if point
    ]
    await provider.send(changes(provider.envelope(), *asked))
    assert (await causes(provider), await provider.take()) == (["NSRD NOTIFICATION"], [])
    await stage.wait(seconds=250)
    assert await causes(provider) == ["NSRD NOTIFICATION"]
    await stage.wait(seconds=10)
    assert await causes(provider) == []
    await stage.wait(seconds=40)
    await provider.take()
    answered = [each for message in provider.taken for each in message.iter("CATSChangeResponse")]
    assert [codes(each) for each in answered] == [["0"]] * 30


async def bad_acknowledgement(stage: Stage) -> None:
    retailer = stage.actor("RETAILA")
    await retailer.send(nmi_standing_data(retailer.envelope(), next(iter(stage.world.base.points))))
    (entry,) = await retailer.queue()
    bad = await retailer.client.run(retailer.client.session.acknowledge(entry.context_id, "NEVER-SENT"))
    assert [event.code for event in bad.events] == [7]
    (told,) = await causes(retailer)
    assert entry.context_id in told
    assert await retailer.queue() == (entry,)
    assert [each.outcome for each in (await stage.house.verdict()).findings] == ["cannot know", "fail"]
    await retailer.take()
    assert (await causes(retailer), await retailer.queue()) == ([], ())
    passes(await stage.house.verdict())


async def throttled(stage: Stage) -> None:
    retailer = stage.actor("RETAILA")
    nmi = next(iter(stage.world.base.points))
    await retailer.send(nmi_standing_data(retailer.envelope(), nmi))
    refused = await retailer.party.call("GET", "getQueueMetaData")
    assert (refused.status, refused.body) == (429, b"")
    assert await causes(retailer) == [], "the other API has a bucket of its own"
    begun = stage.house.clock.now()
    assert len(await retailer.queue()) == 1
    assert stage.house.clock.now() > begun, "the client waits, and asks again"


PLAYS = {
    "slow-consumer": slow_consumer,
    "change-request-flood": change_request_flood,
    "limit-raised": limit_raised,
    "next-read-stop": next_read_stop,
    "bad-acknowledgement": bad_acknowledgement,
    "throttled": throttled,
}
