"""How the stories of meter data go."""

from __future__ import annotations

from decimal import Decimal

from lxml import etree
from stage import Actor, Stage, codes, day

from simulator.client.messages import meter_data

SMART, BASIC, FOREIGN = "4102034567", "2001985732", "4102036789"
HEADER = "100,NEM12,202603020800,METERCO,NEMMCO"


def interval(
    nmi: str = SMART, suffix: str = "E1", value: str = "0.125", version: str = "20260302010000", quality: str = "A"
) -> str:
    """A day of five-minute readings."""
    details = f"200,{nmi},E1B1,{suffix},{suffix},N1,SM100001,KWH,5,"
    return f"{details}\n300,20260301,{','.join([value] * 288)},{quality},,,{version},"


def nem12(*days: str) -> str:
    return "\n".join([HEADER, *days, "900"])


def nem13() -> str:
    """A read of a meter that counts on, and the one before."""
    row = f"250,{BASIC},11,11,11,,BA400001,E,100,20260201080000,A,,,250,20260301080000,A,,,150,KWH,,20260302010000,"
    return "\n".join(["100,NEM13,202603020800,METERCO,NEMMCO", row, "900"])


async def load(provider: Actor, text: str) -> tuple[int, list[str]]:
    """Deliver; how many records were accepted, and the codes of the answer."""
    answer: etree._Element = await provider.answer(meter_data(provider.envelope(), text))
    return int(answer.findtext("AcceptedCount") or "-1"), codes(answer)


async def meter_data_good(stage: Stage) -> None:
    provider = stage.actor("METERCO")
    assert await load(provider, nem12(interval(), interval(suffix="B1", value="1.5"))) == (2, ["0"])
    assert await load(provider, nem13()) == (1, ["0"])
    held = stage.world.readings.holding(SMART, "B1", day("2026-03-01"))
    assert held is not None
    assert held.values == (Decimal("1.5"),) * 288
    assert stage.world.readings.holding(BASIC, "11", day("2026-02-01")) is not None


async def meter_data_partly(stage: Stage) -> None:
    provider = stage.actor("METERCO")
    accepted, told = await load(provider, nem12(interval(), interval(FOREIGN, value="9"), interval(suffix="B1")))
    assert (accepted, told) == (2, ["202"])
    assert stage.world.readings.holding(SMART, "E1", day("2026-03-01")) is not None
    assert stage.world.readings.holding(FOREIGN, "E1", day("2026-03-01")) is None


async def meter_data_refused(stage: Stage) -> None:
    provider = stage.actor("METERCO")
    accepted, told = await load(provider, nem12(interval("4102099999"), interval(suffix="E7")))
    assert (accepted, sorted(told)) == (0, ["200", "202"])
    assert stage.world.readings.holding(SMART, "E7", day("2026-03-01")) is None


async def meter_data_corrected(stage: Stage) -> None:
    provider = stage.actor("METERCO")
    first, second = nem12(interval()), nem12(interval(value="0.25", version="20260303010000", quality="F14"))
    assert await load(provider, first) == (1, ["0"])
    corrected = second.replace("F14,,,", "F14,76,,")
    assert await load(provider, corrected) == (1, ["0"])
    held = stage.world.readings.holding(SMART, "E1", day("2026-03-01"))
    assert held is not None
    assert held.values == (Decimal("0.25"),) * 288
    assert await load(provider, first) == (0, ["202"])
    assert await load(provider, corrected) == (0, ["202"])
    assert len(stage.world.readings.history(SMART, "E1", day("2026-03-01"))) == 2


PLAYS = {
    "meter-data-good": meter_data_good,
    "meter-data-partly": meter_data_partly,
    "meter-data-refused": meter_data_refused,
    "meter-data-corrected": meter_data_corrected,
}
