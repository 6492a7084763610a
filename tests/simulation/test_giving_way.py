"""Long work is done in pieces, and others are served between them."""

from __future__ import annotations

import asyncio

from kit import START, Party, runtime
from simulator.base.clock import Clock
from simulator.base.turn import Turn


async def test_others_are_served_between_two_pieces_of_long_work():
    house = runtime(clock=Clock(START, rate=0))
    served: list[str] = []

    def piece(turn: Turn, kind: str, key: str) -> None:
        served.append(key)
        if int(key) < 5:
            turn.schedule(turn.now, "market", "report-block", str(int(key) + 1))

    house.simulation._owners["market"] = piece
    turn = house.simulation.turn(START)
    turn.schedule(START, "market", "report-block", "1")

    async def neighbour() -> None:
        await asyncio.sleep(0)
        served.append("neighbour")

    beside = asyncio.create_task(neighbour())
    assert (await Party(house).call("GET", "getQueueMetaData")).status == 200
    await beside
    assert served.index("neighbour") < served.index("5")
    assert [each for each in served if each != "neighbour"] == ["1", "2", "3", "4", "5"]
