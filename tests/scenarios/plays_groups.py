"""How the stories go that stand for a transaction group, and the quick start."""

from __future__ import annotations

from datetime import timedelta

from plays_questions import FLATS, HOUSE, address, searched
from plays_readings import FOREIGN, interval, load, nem12, nem13
from stage import Stage, codes, day, statuses

from simulator.client.messages import change_request, meter_data, nmi_standing_data

TERRACE = "4102035671"


async def cats(stage: Stage) -> None:
    """The first request is refused by a rule, its repetition goes through; the other waits for a read."""
    retailer = stage.actor("RETAILA")
    first = await retailer.answer(change_request(retailer.envelope(), HOUSE, proposed_date=day("2026-03-16")))
    assert codes(first) == ["1100"]
    again = await retailer.request(change_request(retailer.envelope(), HOUSE, proposed_date=day("2026-03-16")))
    scheduled = change_request(retailer.envelope(), TERRACE, proposed_date=day("2026-03-16"), read_type="NS")
    waiting = await retailer.request(scheduled)
    await stage.until("2026-03-19")
    await retailer.take()
    assert statuses(retailer.taken, again) == ["REQ", "PEN", "COM"]
    assert statuses(retailer.taken, waiting) == ["REQ", "PEN"]
    await stage.until("2026-03-20")
    await retailer.take()
    assert statuses(retailer.taken, waiting) == ["REQ", "PEN", "COM"]
    assert stage.world.holder(TERRACE, "FRMP", day("2026-03-20")) == "RETAILA"
    assert stage.world.holder(TERRACE, "FRMP", day("2026-03-19")) == "RETAILB"


async def nmid(stage: Stage) -> None:
    retailer = stage.actor("RETAILA")
    assert await searched(retailer, "NSW", address=address("GLEBE", "GLEBE POINT", "12")) == ([HOUSE], ["0"])
    assert await searched(retailer, "SA", address=address("NORWOOD", "THE PARADE", "60")) == ([*FLATS], ["0"])
    shop = await retailer.answer(nmi_standing_data(retailer.envelope(), "6305888444"))
    assert shop.findtext(".//MasterData/Status") == "D"


async def mdmt(stage: Stage) -> None:
    provider = stage.actor("METERCO")
    assert await load(provider, nem12(interval(), interval(suffix="B1"), interval(FOREIGN))) == (2, ["202"])
    assert await load(provider, nem13()) == (1, ["0"])


async def quickstart(stage: Stage) -> None:
    """The market that opens when nothing else is named: its clock is that of the machine."""
    retailer = stage.actor("RETAILA")
    today = stage.house.clock.now().date()
    request = await retailer.request(
        change_request(retailer.envelope(), HOUSE, proposed_date=today + timedelta(days=20))
    )
    await stage.wait(days=20)
    await retailer.take()
    assert statuses(retailer.taken, request) == ["REQ", "PEN", "COM"]
    assert await searched(retailer, "NSW", meter_serial="BA200002") == ([TERRACE], ["0"])


async def demo(stage: Stage) -> None:
    retailer, provider = stage.actor("RETAILA"), stage.actor("DATACO")
    request = await retailer.request(change_request(retailer.envelope(), TERRACE, proposed_date=day("2026-03-16")))
    text = nem12(interval("6305888444")).replace("METERCO", "DATACO")
    answer = await provider.answer(meter_data(provider.envelope(), text))
    assert answer.findtext("AcceptedCount") == "1"
    await stage.until("2026-03-16")
    await retailer.take()
    assert statuses(retailer.taken, request) == ["REQ", "PEN", "COM"]


PLAYS = {"cats": cats, "nmid": nmid, "mdmt": mdmt, "quickstart": quickstart, "demo": demo}
