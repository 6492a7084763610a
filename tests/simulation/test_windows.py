"""What ends by itself is told when it does: access tokens, and the waits of those who called too often."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from kit import START, Party, other, runtime, scenario
from netstream_kit import CLIENT, SMALL, Portal, story
from simulator.hub.throttle import Throttle, Throttled, Throttling

NOW = datetime(2026, 3, 2, tzinfo=UTC)


def ends(fired: list[dict]) -> list[tuple[str, str]]:
    """Type and holder of what ended by itself, in order."""
    return [(each["type"], each.get("client") or each["participant"]) for each in fired if each["type"] in ENDS]


ENDS = ("TokenExpired", "ThrottlingEnded")


def tired(**throttling: float) -> Party:
    return Party(runtime(replace(scenario(), throttle=Throttling(**throttling))))


async def test_moving_the_clock_tells_the_end_of_a_token():
    portal = Portal.open(story())
    await portal.sign_in()
    assert ends(await portal.house.advance(timedelta(seconds=3598))) == []
    (fired, expired, _) = await portal.house.advance(timedelta(seconds=1))
    assert fired["type"] == "Fired"
    assert expired == {"type": "TokenExpired", "at": fired["at"], "client": CLIENT.client_id}
    assert ends(await portal.house.advance(timedelta(days=1))) == []


async def test_tokens_of_one_end_are_one_and_each_application_has_its_own():
    portal = Portal.open(story())
    for client in (CLIENT, CLIENT, SMALL, CLIENT):
        await portal.sign_in(client)
    await portal.house.advance(timedelta(minutes=1))
    await portal.sign_in()
    told = ends(await portal.house.advance(timedelta(hours=2)))
    assert told == [
        ("TokenExpired", CLIENT.client_id),
        ("TokenExpired", SMALL.client_id),
        ("TokenExpired", CLIENT.client_id),
    ]


async def test_a_token_that_was_refused_has_no_end():
    portal = Portal.open(story())
    await portal.sign_in(client_secret="wrong")
    assert ends(await portal.house.advance(timedelta(hours=2))) == []


async def test_an_end_is_told_after_a_restart():
    portal = Portal.open(story())
    await portal.sign_in()
    again = runtime(portal.house.scenario, portal.house.journal)
    assert ends(await again.advance(timedelta(hours=1))) == [("TokenExpired", CLIENT.client_id)]


async def test_moving_the_clock_tells_when_one_may_call_again():
    caller = tired(rate=0.1)
    for _ in range(5):
        await caller.call("GET", "getQueueMetaData")
    (fired, ended, _) = await caller.house.advance(timedelta(seconds=10))
    assert fired["type"] == "Fired"
    assert ended == {"type": "ThrottlingEnded", "at": fired["at"], "participant": "RETAILA", "api": "B2MMessagingPull"}
    assert (await caller.call("GET", "getQueueMetaData")).status == 200


@pytest.mark.parametrize("order", list(permutations(("RETAILA", "RETAILC", "RETAILA"))))
async def test_whoever_came_first_what_ends_is_told_in_one_order(order: tuple[str, ...]):
    caller = tired(rate=0.1)
    parties = {"RETAILA": caller, "RETAILC": other(caller.house)}
    for name in (*order, *order, "RETAILC"):
        await parties[name].call("GET", "getQueueMetaData")
    told = ends(await caller.house.advance(timedelta(minutes=1)))
    assert told == [("ThrottlingEnded", "RETAILA"), ("ThrottlingEnded", "RETAILC")]


@pytest.mark.parametrize("seconds", [7, 3_600, 86_400, 365 * 86_400])
async def test_whoever_asks_again_and_again_waits_for_the_one_same_end(seconds: int):
    """However rarely one may call, rounding moves no end: nothing more is kept, and nobody may call sooner."""
    caller = tired(rate=1 / seconds)
    assert (await caller.call("GET", "getQueueMetaData")).status == 200
    for _ in range(seconds - 1 if seconds == 7 else 20):
        for _ in range(3):
            assert (await caller.call("GET", "getQueueMetaData")).status == 429
        caller = Party(runtime(caller.house.scenario, caller.house.journal))
        assert len(caller.house.simulation.heap) == 1
        assert ends(await caller.house.advance(timedelta(seconds=1))) == []
    (due,) = caller.house.simulation.heap
    assert due.when == START + timedelta(seconds=seconds)
    told = ends(await caller.house.set_clock(due.when))
    assert told == [("ThrottlingEnded", "RETAILA")]
    assert (await caller.call("GET", "getQueueMetaData")).status == 200
    assert (await caller.call("GET", "getQueueMetaData")).status == 429


def allows(throttle: Throttle, when: datetime) -> datetime | None:
    """None when a call is taken; else from when on one is."""
    try:
        throttle.take("A", "API", when)
    except Throttled as refused:
        return refused.until
    return None


@given(
    st.integers(1, 50),
    st.sampled_from((1, 3, 7, 60, 3600, 86_400)),
    st.integers(1, 4),
    st.lists(st.integers(0, 2_000_000), max_size=8),
)
def test_the_end_is_the_first_moment_at_which_a_call_is_taken(
    requests: int, seconds: int, burst: int, waits: list[int]
) -> None:
    throttling = Throttling(requests / seconds, burst)
    throttle, now = Throttle(throttling), NOW
    for wait in (*waits, *[0] * (burst + 1)):
        now += timedelta(microseconds=wait)
        until = allows(throttle, now)
    assert until is not None
    assert until > now
    early = until - timedelta(microseconds=10 + seconds // requests)  # a thousandth of a millionth of a call is none
    if early > now:
        assert allows(throttle, early) is not None
    assert allows(throttle, until) is None


def test_a_wait_beyond_the_calendar_ends_with_it():
    throttle = Throttle(Throttling(1e-14))
    assert allows(throttle, NOW) is None
    assert allows(throttle, NOW) == datetime.max.replace(tzinfo=UTC)
