"""Nothing leaks between workspaces: whatever happens in two of them in turns is what happens in each of them alone."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from datetime import timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

import kit
from simulator.hub.switches import Switches
from simulator.runtime import Runtime
from simulator.stores.memory import MemoryJournal
from simulator.workspaces import Workspaces

Act = Callable[[Runtime, int], Coroutine[Any, Any, object]]
STORY = kit.scenario(points=(kit.point(), kit.point("4102035671")), switches=Switches(lockout_after=3))
NMIS = ("4102034567", "4102035671")


async def submit(house: Runtime, number: int) -> object:
    reply = await kit.Party(house).submit(kit.transfer(number, nmi=NMIS[number % 2]), f"catsm_retaila_{number}")
    return reply.status, reply.rule, reply.body


async def rival(house: Runtime, number: int) -> object:
    reply = await kit.other(house).submit(
        kit.message(
            kit.transactions(kit.change_request(NMIS[number % 2], party="RETAILC")),
            message_id=f"RETAILC-MSG-{number}",
            sender="RETAILC",
        ),
        f"catsm_retailc_{number}",
    )
    return reply.status, reply.rule, reply.body


async def clear(house: Runtime, number: int) -> object:
    party = (kit.Party, kit.other)[number % 2](house)
    return [etree.tostring(each) for each in await party.clear()]


async def fail_to_sign_in(house: Runtime, number: int) -> object:
    reply = await kit.Party(house, password="wrong").call("GET", "getQueueMetaData")
    return reply.status, reply.rule


async def sign_in(house: Runtime, number: int) -> object:
    reply = await kit.other(house).call("GET", "getQueueMetaData")
    return reply.status, reply.rule, reply.body


async def advance(house: Runtime, number: int) -> object:
    return await house.advance(timedelta(days=number * 4))


async def reset(house: Runtime, number: int) -> object:
    return await house.reset()


async def spoil(house: Runtime, number: int) -> object:
    reply = await kit.Party(house).submit(kit.transfer(number).replace("<Market>NEM", "<Market>GAS"), "catsm_retaila_9")
    return reply.status, reply.rule, reply.body


ACTS: tuple[Act, ...] = (submit, rival, clear, fail_to_sign_in, sign_in, advance, reset, spoil)
Step = tuple[str, Act, int]
steps = st.lists(
    st.tuples(st.sampled_from(("one", "two")), st.sampled_from(ACTS), st.integers(1, 5)), min_size=2, max_size=14
)


async def acted(house: Runtime, act: Act, number: int) -> object:
    """What an act leads to; a party that is locked out cannot clear its queue."""
    try:
        return await act(house, number)
    except AssertionError as refused:
        return str(refused).partition("\n")[0]


async def played(told: list[Step]) -> dict[str, list[object]]:
    """What every step led to, and what was there at the end, by workspace."""
    workspaces = Workspaces(lambda name: MemoryJournal(), kit.SCHEMAS, 0.0)
    houses = {name: await workspaces.make(name, STORY) for name in dict.fromkeys(name for name, _, _ in told)}
    found: dict[str, list[object]] = {name: [] for name in houses}
    for name, act, number in told:
        found[name].append(await acted(houses[name], act, number))
    for name, house in houses.items():
        found[name] += [list(house.messages()), [each.summary() for each in house.exchanges], house.now(), house.bugs]
    await workspaces.close()
    return found


@settings(max_examples=60, derandomize=True)
@given(steps)
async def test_two_workspaces_in_turns_are_each_as_alone(told: list[Step]) -> None:
    together = await played(told)
    for name in together:
        alone = await played([step for step in told if step[0] == name])
        assert alone == {name: together[name]}


async def test_two_workspaces_of_one_scenario_share_what_never_changes() -> None:
    """Without sharing, the property would hold and mean less."""
    workspaces = Workspaces(lambda name: MemoryJournal(), kit.SCHEMAS, 0.0)
    one, two = await workspaces.make("one", STORY), await workspaces.make("two", STORY)
    assert one.simulation.base is two.simulation.base
    together = await played([("one", submit, 2), ("two", submit, 2), ("one", advance, 5), ("two", clear, 2)])
    assert together["one"][0] == together["two"][0]
    assert len(together["one"]) == len(together["two"]) == 6
    await workspaces.close()
