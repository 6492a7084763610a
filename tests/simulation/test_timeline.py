"""The timeline of a story: others act at their time, through the same hub, the same after a restart."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

import pytest
from lxml import etree

from kit import CODEC, START, Party, outcome, runtime, transfer
from simulator.runtime import Runtime
from simulator.scenario.loader import load
from simulator.simulation.timeline import EntryReached
from simulator.stores.opening import open_journal

MARKET = f"""\
scenario: What others do
seed: 7
clock: "{START.isoformat()}"
given:
  participants:
    - {{id: RETAILA, roles: [FRMP], user: ALICE, password: secret}}
    - {{id: METERCO, roles: [MDP], played: auto, never answers: false}}
  nmis:
    - {{nmi: "6305888444", jurisdiction: VIC, frmp: RETAILB,
       mdp: METERCO, meters: [{{serial: M, installation type: BASIC}}]}}
"""
NMI = "6305888444"


def story(at: str = "", mdp: str = "", participants: str = "", when: str = "") -> Runtime:
    text = MARKET.replace("never answers: false", mdp or "never answers: false").replace(
        "  nmis:", f"{participants}  nmis:"
    )
    timeline = "".join(f"  - {{{line}}}\n" for line in at.splitlines())
    rules = "".join(f"  - {{{line}}}\n" for line in when.splitlines())
    text += f"when:\n{rules}" * bool(rules) + f"at:\n{timeline}" * bool(timeline)
    return runtime(load(text, "story.yaml"), open_journal("memory:?keep=yes", "default", CODEC))


async def lodge(house: Runtime, number: int = 1, **more: str) -> None:
    given = {"nmi": NMI, "proposed": "2026-03-16", **more}
    reply = await Party(house).submit(transfer(number, **given), f"catsm_retaila_{number}")
    assert outcome(reply).status == "Accept"


def status(house: Runtime) -> str:
    return [each.status for each in house.simulation.market.world.requests.all()][-1]


def reached(house: Runtime) -> list[str]:
    return [event.outcome for event in house.journal.replay() if isinstance(event, EntryReached)]


def statuses(messages: list[etree._Element]) -> Iterator[str]:
    for message in messages:
        for status in message.iter("ChangeStatusCode"):
            yield status.text or ""


async def test_the_current_retailer_objects_and_takes_it_back() -> None:
    house = story(
        f'after: PT1H, object: {{nmi: "{NMI}", role: FRMP, code: DEBT}}\n'
        f'after: P1D, withdraw objection: {{nmi: "{NMI}", code: DEBT}}'
    )
    await lodge(house)
    assert status(house) == "REQ"
    await house.advance(timedelta(hours=1))
    assert status(house) == "OBJ"
    await house.advance(timedelta(hours=23))
    assert status(house) == "REQ"
    assert reached(house) == ["RETAILB sends CATSObjectionRequest", "RETAILB sends CATSObjectionWithdrawal"]
    told = list(statuses(await Party(house).clear()))
    assert told == ["REQ", "OBJ", "REQ"]


async def test_the_metering_data_provider_supplies_the_read_only_when_the_story_says_so() -> None:
    house = story(f'after: P20D, supply read: {{nmi: "{NMI}"}}', mdp="never answers: true")
    await lodge(house)
    await house.advance(timedelta(days=19))
    assert status(house) == "PEN"
    await house.advance(timedelta(days=1))
    assert status(house) == "COM"
    assert house.simulation.market.world.holder(NMI, "FRMP", date(2026, 3, 22)) == "RETAILA"
    assert house.simulation.market.world.holder(NMI, "FRMP", date(2026, 3, 21)) == "RETAILB"


async def test_another_retailer_wins_the_customer_and_takes_its_request_back() -> None:
    house = story(
        f'after: PT1H, submit: {{participant: RETAILC, reason: "1000", nmi: "{NMI}", proposed: P10D, '
        "read type: SP, roles: {FRMP: RETAILC}}\n"
        f'at: "2026-03-02T12:00:00+10:00", withdraw: {{nmi: "{NMI}", reason: "1000"}}'
    )
    await house.advance(timedelta(hours=1))
    assert status(house) == "REQ"
    (request,) = house.simulation.market.world.requests.all()
    assert (request.initiator, request.proposed) == ("RETAILC", date(2026, 3, 12))
    await house.advance(timedelta(hours=2))
    assert status(house) == "CAN"


async def test_a_distributor_changes_standing_data() -> None:
    house = story(
        f'after: PT1H, submit: {{participant: EASTERN, reason: "5050", nmi: "{NMI}", proposed: P1D, status: D, '
        'address: {suburb: Lilydale, state: VIC, postcode: "3140", street name: Main}}'
    )
    await house.advance(timedelta(days=2))
    assert status(house) == "COM"
    point = house.simulation.market.world.point(NMI)
    assert point is not None
    assert point.address is not None
    assert (point.status, point.address.street_name) == ("D", "MAIN")


async def test_held_answers_are_seen_once_they_are_released() -> None:
    house = story(
        "after: PT2H, release: night", when="message: {transaction: CATSChangeRequest}, answer: [{hold: night}]"
    )
    await lodge(house)
    assert await Party(house).queue() == []
    await house.advance(timedelta(hours=2))
    assert list(statuses(await Party(house).clear())) == ["REQ"]
    assert reached(house)[0].endswith(" messages released")


@pytest.mark.parametrize(
    ("act", "why"),
    [
        (f'object: {{nmi: "{NMI}", role: FRMP, code: DEBT}}', f"NMI {NMI} has no unfinished change request"),
        (f'withdraw: {{nmi: "{NMI}", reason: "1030"}}', f"NMI {NMI} has no unfinished change request 1030"),
        (f'supply read: {{nmi: "{NMI}"}}', f"no change request of NMI {NMI} waits for a read"),
    ],
)
async def test_what_cannot_be_done_is_told(act: str, why: str) -> None:
    house = story(f"after: PT1M, {act}")
    await house.advance(timedelta(minutes=1))
    assert reached(house) == [why]


@pytest.mark.parametrize(
    ("act", "why"),
    [
        (f'withdraw: {{nmi: "{NMI}"}}', "RETAILA is not played: its own system acts for it"),
        (f'object: {{nmi: "{NMI}", role: FRMP, code: X, participant: RETAILB, reason: "1030"}}', "1030"),
        (f'object: {{nmi: "{NMI}", role: DRSP, code: X}}', f"nobody is DRSP of NMI {NMI}"),
        (f'withdraw objection: {{nmi: "{NMI}"}}', "no such objection stands against request"),
    ],
)
async def test_what_cannot_be_done_to_a_request_is_told(act: str, why: str) -> None:
    house = story(f"after: PT1M, {act}")
    await lodge(house)
    await house.advance(timedelta(minutes=1))
    (told,) = reached(house)
    assert why in told
    assert status(house) == "REQ"


async def test_a_restart_in_between_changes_nothing() -> None:
    at = (
        f'after: PT1H, object: {{nmi: "{NMI}", role: FRMP, code: DEBT}}\n'
        f'after: P1D, withdraw objection: {{nmi: "{NMI}"}}'
    )
    straight, interrupted = story(at), story(at)
    for house in (straight, interrupted):
        await lodge(house)
        await house.advance(timedelta(hours=1))
    interrupted = Runtime.open(interrupted.scenario, interrupted.journal, interrupted.clock, interrupted.schemas)
    for house in (straight, interrupted):
        await house.advance(timedelta(days=60))
    assert list(straight.journal.replay()) == list(interrupted.journal.replay())
    assert status(straight) == "COM"


async def test_an_entry_that_the_file_has_no_longer_is_passed_over() -> None:
    house = story(f'after: PT1H, withdraw: {{nmi: "{NMI}"}}')
    fewer = Runtime.open(story().scenario, house.journal, house.clock, house.schemas)
    await fewer.advance(timedelta(hours=1))
    assert reached(fewer) == []


OBJECTOR = "    - {id: RETAILB, roles: [FRMP], played: auto, objects: {role: FRMP, code: DEBT, %s}}\n"


async def test_a_retailer_in_the_habit_objects_and_withdraws() -> None:
    house = story(participants=OBJECTOR % 'to: ["1000"], withdraws after: PT2H')
    await lodge(house)
    assert status(house) == "OBJ"
    await house.advance(timedelta(hours=2))
    assert status(house) == "REQ"


async def test_a_habit_keeps_its_pace_and_its_reasons() -> None:
    house = story(participants=(OBJECTOR % 'to: ["1000"]').replace("auto,", "auto, pace: PT20M,"))
    await lodge(house, reason="1030")
    await house.advance(timedelta(minutes=20))
    assert status(house) == "REQ"
    await lodge(house, 2)
    assert status(house) == "REQ"
    await house.advance(timedelta(minutes=20))
    assert status(house) == "OBJ"


async def test_a_habit_without_the_role_does_nothing() -> None:
    house = story(participants=(OBJECTOR % 'to: ["1000"]').replace("RETAILB", "RETAILX"))
    await lodge(house)
    assert status(house) == "REQ"


async def test_a_request_that_ends_before_the_pace_has_passed_is_left_alone() -> None:
    house = story(
        f'after: PT1M, submit: {{participant: RETAILC, reason: "1000", nmi: "{NMI}", proposed: P10D, '
        "read type: SP, roles: {FRMP: RETAILC}}\n"
        f'after: PT2M, withdraw: {{nmi: "{NMI}"}}',
        participants=(OBJECTOR % 'to: ["1000"]').replace("auto,", "auto, pace: PT20M,"),
    )
    await house.advance(timedelta(hours=1))
    assert status(house) == "CAN"
    assert list(house.simulation.market.world.requests.objections()) == []


async def test_who_never_answers_still_takes_what_it_is_sent() -> None:
    house = story(mdp="never answers: true")
    await lodge(house)
    await house.advance(timedelta(days=90))
    assert status(house) == "PEN"
    assert len(house.simulation.hub.queue("METERCO")) == 0
    told = await Party(house).clear()
    assert any(message.find(".//CATSChangeAlert") is not None for message in told)
