"""How the stories go that say what they expect: played well, everything passes."""

from __future__ import annotations

from plays_flow import causes, win
from stage import Stage, passes


async def judged_transfer(stage: Stage) -> None:
    retailer = stage.actor("RETAILA")
    await win(retailer, "4102034567")
    await stage.wait(minutes=2)
    assert len(await retailer.take()) == 2
    for night in ("2026-03-04", "2026-03-16"):
        await stage.until(f"{night}T00:02:00")
        assert await retailer.take()
    passes(await stage.house.verdict())


async def judged_flow_control(stage: Stage) -> None:
    retailer = stage.actor("RETAILA")
    first, second = stage.world.base.points
    assert (await retailer.party.call("GET", "getQueueMetaData")).status == 429
    await stage.wait(minutes=1)
    await win(retailer, first)
    await retailer.take()
    await stage.wait(minutes=19)
    while await causes(retailer) == ["CR"]:
        await stage.wait(minutes=10)
    await win(retailer, second)
    await retailer.take()
    passes(await stage.house.verdict())


PLAYS = {"judged-transfer": judged_transfer, "judged-flow-control": judged_flow_control}
