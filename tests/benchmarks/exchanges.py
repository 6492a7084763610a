"""The exchanges that `bench_memory` repeats: what a system under test submits, and everything it is sent for that.

Every kind is done when each queue of a participant under test is empty: all pulled, all acknowledged. As little as can
be is done besides: texts are filled in, not written; queues are read by pattern; one acknowledgement message answers
for a whole queue.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta

import msgspec
from msgspec.structs import replace

from kit import Party, change_request, macks, message, other, point, runtime, scenario, transactions
from simulator.base.draw import Draw
from simulator.base.http import Peer
from simulator.base.ids import Nmi
from simulator.hub.limits import KINDS, Limit, Limits
from simulator.runtime import Runtime
from simulator.scenario.model import Participant, User
from simulator.stores.journal import Journal
from simulator.world.calendar import DAY, midnight
from simulator.world.model import Meter, Register

POINTS = 500
"""NMIs that are changed over and over."""
AT_ONCE = 50
"""So many change requests are under way at once, lodged in one message; so many messages wait to be pulled."""
_NMI = "4102034567"
_CONTEXT = re.compile(rb"<MessageID>([^<]+)</MessageID><MessageType>[^<]+</MessageType><MessageContextID>([^<]+)<")
_DISCOVERY = (
    '<NMIStandingDataRequest version="r31">'
    f'<NMI checksum="{Nmi.parse(_NMI).checksum}">{_NMI}</NMI></NMIStandingDataRequest>'
)


@dataclass(slots=True)
class Street:
    """The participants under test, and the house they call."""

    house: Runtime
    parties: dict[str, Party]
    acknowledged: int = 0

    async def submit(self, by: str, text: str, context_id: str) -> None:
        """Hand a message in, which is taken."""
        reply = await self.parties[by].submit(text, context_id)
        assert b'status="Accept"' in reply.body, (context_id, reply.body)

    async def clear(self, group: str, *only: str) -> None:
        """Everybody under test (or ``only`` those) pulls and acknowledges everything that waits."""
        for name in only or tuple(self.parties):
            party = self.parties[name]
            waiting = _CONTEXT.findall((await party.call("GET", "getQueueMetaData")).body)
            await asyncio.gather(*(party.get(context.decode()) for _, context in waiting))
            if not waiting:
                continue
            self.acknowledged += len(waiting)
            own = f"{name}-ACK-{self.acknowledged}"
            answer = macks(*(each.decode() for each, _ in waiting), own=own, sender=name, group=group)
            reply = await party.acknowledge(answer, waiting[0][1].decode())
            assert b'status="Accept"' in reply.body, reply.body


def nmi(place: int) -> str:
    """One of the NMIs."""
    return f"41{place:08d}"


def street(journal: Journal) -> Street:
    """Two retailers and a metering data provider under test, and a market without stop files."""
    meter = Meter("M1", (Register("E1", "E1"), Register("B1", "B1")))
    given = (point(_NMI), *(point(nmi(place)) for place in range(POINTS)))
    story = scenario(points=tuple(msgspec.structs.replace(each, meters=(meter,)) for each in given))
    provider = Participant("METERCO", ("MDP",), (User("MAX", "secret"),))
    market = replace(story.given, participants=(*story.given.participants, provider))
    house = runtime(replace(story, given=market, limits=Limits(dict.fromkeys(KINDS, Limit(10**9, 10**9)))), journal)
    data = Party(house, "METERCO", "MAX", peer=Peer("METERCO", "ehubsim"))
    return Street(house, {"RETAILA": Party(house), "RETAILC": other(house), "METERCO": data})


async def asked(house: Street, number: int) -> int:
    """Questions about standing data and their answers: an exchange each."""
    return await _answered(house, number, "NMID", "High", _DISCOVERY)


async def refused(house: Street, number: int) -> int:
    """Change requests that are refused: an exchange each."""
    return await _answered(house, number, "CATS", "Medium", change_request(proposed="1999-01-01"))


async def _answered(house: Street, number: int, group: str, priority: str, payload: str) -> int:
    """Messages that AEMO answers at once, each with one message."""
    numbers = range(number, number + AT_ONCE)
    contents = [transactions(payload, first=f"T{each}-") for each in numbers]
    told = [
        message(content, message_id=f"RETAILA-MSG-{each}", group=group, priority=priority)
        for each, content in zip(numbers, contents, strict=True)
    ]
    stem = f"{group}{priority[0]}_retaila_".lower()
    await asyncio.gather(
        *(house.submit("RETAILA", text, f"{stem}{each}") for each, text in zip(numbers, told, strict=True))
    )
    await house.clear(group, "RETAILA")
    return AT_ONCE


async def changed(house: Street, number: int) -> int:
    """NMIs change to the other retailer: lodged, told to everybody, completed. As many exchanges as requests."""
    runtime = house.house
    new = ("RETAILA", "RETAILC")[number // POINTS % 2]
    proposed = (runtime.now() + timedelta(days=5)).date()
    points = [nmi(each % POINTS) for each in range(number, number + AT_ONCE)]
    wanted = (change_request(each, "1000", proposed.isoformat(), new) for each in points)
    text = message(transactions(*wanted, first=f"T{number}-"), message_id=f"{new}-MSG-{number}", sender=new)
    await house.submit(new, text, f"catsm_{new.lower()}_{number}")
    await runtime.set_clock(midnight(proposed + DAY))
    await house.clear("CATS")
    held = runtime.simulation.market.world.holder(points[0], "FRMP", proposed)
    assert held == new, (held, new)
    return AT_ONCE


async def corrected(house: Street, number: int) -> int:
    """The metering data provider delivers days it delivered before, in newer versions: an exchange each."""
    return await _deliver(house, number, number // POINTS % DAYS)


async def delivered(house: Street, number: int) -> int:
    """The metering data provider delivers days that nobody had before: an exchange each."""
    return await _deliver(house, number, number // POINTS)


async def _deliver(house: Street, number: int, back: int) -> int:
    """A day of some NMIs, so many days back."""
    begun = house.house.clock.now()
    day, made = begun.date() - (back + 1) * DAY, begun - timedelta(days=10_000) + timedelta(seconds=number)
    for each in range(number, number + AT_ONCE):
        values = ",".join(_VALUES[each % 997 : each % 997 + 288])
        text = _NEM12.format(nmi=nmi(each % POINTS), day=f"{day:%Y%m%d}", values=values, made=f"{made:%Y%m%d%H%M%S}")
        payload = (
            f'<MeterDataNotification version="r25"><CSVIntervalData>{text}</CSVIntervalData></MeterDataNotification>'
        )
        content = transactions(payload, first=f"T{each}-")
        told = message(content, message_id=f"METERCO-MSG-{each}", sender="METERCO", group="MDMT", priority="Low")
        await house.submit("METERCO", told, f"mdmtl_meterco_{each}")
    await house.clear("MDMT", "METERCO")
    if number == 0:
        assert house.house.simulation.market.world.readings.holding(nmi(0), "E1", day) is not None
    return AT_ONCE


DAYS = 5
"""Days of every NMI that are delivered again and again: 2,500 days are the market's, and stay."""
_NEM12 = "100,NEM12,202603020900,METERCO,NEMMCO\n200,{nmi},E1B1,E1,E1,N1,M1,KWH,5,\n300,{day},{values},A,,,{made},\n900"
_CHANCE = Draw(7).of("bench")
_VALUES = tuple(f"{_CHANCE.below(3000) / 1000:.3f}" for _ in range(1_300))

KINDS_OF_EXCHANGE: Mapping[str, Callable[[Street, int], Awaitable[int]]] = {
    "nmid": asked,
    "cats": refused,
    "change": changed,
    "readings": corrected,
    "days": delivered,
}
"""What is repeated; each takes the number to begin with, and returns how many exchanges it made."""
