"""Answers that a rule delays or holds: unseen till then, seen after, the same after a restart."""

from datetime import timedelta

from kit import CODEC, Party, runtime, scenario, transfer
from simulator.base.turn import Turn
from simulator.runtime import Runtime
from simulator.scenario.loader import load
from simulator.scenario.model import Scenario
from simulator.stores.opening import open_journal

RULE = "{{message: {{transaction: CATSChangeRequest, from: RETAILA}}, times: 1, answer: [{}]}}"


def story(answer: str) -> Scenario:
    return scenario(*load(f"scenario: x\nwhen: [{RULE.format(answer)}]\n", "late.yaml").when)


async def waiting(house: Runtime) -> int:
    return len(await Party(house).queue())


async def test_a_delayed_answer_is_seen_when_its_time_has_come() -> None:
    house = runtime(story("{delay: PT30M}"))
    await Party(house).submit(transfer())
    assert await waiting(house) == 0
    await house.advance(timedelta(minutes=29))
    assert await waiting(house) == 0
    await house.advance(timedelta(minutes=1))
    told = await Party(house).clear()
    assert told[0].findtext(".//Event/Code") == "0"
    assert len(told) == 2, "the response and the notification that the request is in"


async def test_a_delayed_refusal() -> None:
    house = runtime(story("{delay: PT5M}, {reject: {code: 1100, explanation: later}}"))
    await Party(house).submit(transfer())
    assert await waiting(house) == 0
    await house.advance(timedelta(minutes=5))
    (told,) = await Party(house).clear()
    assert told.findtext(".//Event/Code") == "1100"


async def test_only_as_many_answers_are_late_as_the_rule_says() -> None:
    house = runtime(story("{delay: PT30M}"))
    await Party(house).submit(transfer())
    await Party(house).submit(transfer(2, reason="1030"), "catsm_retaila_2")
    assert await waiting(house) > 0


async def test_a_held_answer_waits_until_it_is_released_and_later_ones_do_not() -> None:
    journal = open_journal("memory:?keep=yes", "default", CODEC)
    always = RULE.replace("times: 1, ", "")
    house = runtime(scenario(*load(f"scenario: x\nwhen: [{always.format('{hold: night}')}]\n", "f.yaml").when), journal)
    await Party(house).submit(transfer())
    await house.advance(timedelta(days=400))
    seen = await Party(house).queue()
    assert {each["TransactionGroup"] for each in seen} <= {"CATS"}
    held = [step["messageId"] for step in house.messages(to="RETAILA") if "messageId" in step]

    def release(turn: Turn) -> None:
        assert house.simulation.steering.release(turn, "night") == 4
        assert house.simulation.steering.release(turn, "night") == 0

    await house.in_turn(release)
    assert [each["MessageID"] for each in await Party(house).queue()][-2:] == held[:2]
    before = await waiting(house)
    await Party(house).submit(transfer(2, nmi="4102034567", reason="1030", proposed="2027-05-03"), "catsm_retaila_2")
    assert await waiting(house) > before
    again = Runtime.open(house.scenario, journal, house.clock, house.schemas)
    assert await Party(again).queue() == await Party(house).queue()
    assert again.simulation.steering._held == {}
