"""429: inbound requests exceeded the throttling limits. Off by default; a scenario switches it on."""

from __future__ import annotations

from datetime import timedelta

from msgspec.structs import replace

from kit import Party, other, outcome, parse, runtime, scenario, transfer
from simulator.hub.throttle import Throttling

ALERTS = "/HubMessageManagement/v2/getAlerts"


def party(throttling: Throttling | None) -> Party:
    return Party(runtime(replace(scenario(), throttle=throttling)))


async def statuses(caller: Party, times: int, operation: str = "getQueueMetaData") -> list[int]:
    return [(await caller.call("GET", operation)).status for _ in range(times)]


async def test_nobody_is_throttled_by_default():
    assert await statuses(party(None), 20) == [200] * 20


async def test_one_request_a_second_of_market_time():
    """The generic page's number, for each participant and API; the answer has no body."""
    caller = party(Throttling())
    assert await statuses(caller, 3) == [200, 429, 429]
    refused = await caller.submit(transfer())
    assert (refused.status, refused.body, refused.content_type) == (429, b"", None)
    await caller.house.advance(timedelta(milliseconds=999))
    assert await statuses(caller, 1) == [429]
    await caller.house.advance(timedelta(milliseconds=1))
    assert await statuses(caller, 2) == [200, 429]


async def test_what_was_refused_was_not_done():
    caller = party(Throttling(burst=1))
    await statuses(caller, 1)
    await caller.submit(transfer())
    await caller.house.advance(timedelta(seconds=1))
    assert outcome(await caller.submit(transfer())).duplicate is False


async def test_a_burst_is_saved_up_and_no_more():
    caller = party(Throttling(rate=0.5, burst=3))
    assert await statuses(caller, 4) == [200, 200, 200, 429]
    await caller.house.advance(timedelta(hours=1))
    assert await statuses(caller, 4) == [200, 200, 200, 429]


async def test_each_participant_and_each_api_has_a_bucket_of_its_own():
    caller = party(Throttling())
    assert await statuses(caller, 1) == [200]
    assert await statuses(other(caller.house), 1) == [200]
    assert await statuses(caller, 2, ALERTS) == [200, 429]


async def test_only_the_apis_that_are_named():
    caller = party(Throttling(apis=frozenset(("HubMessageManagement",))))
    assert await statuses(caller, 3) == [200] * 3
    assert await statuses(caller, 2, ALERTS) == [200, 429]


async def test_a_caller_who_is_not_let_in_uses_nothing_up():
    """Identity is judged before the throttle."""
    caller = party(Throttling())
    assert (await caller.call("GET", "getQueueMetaData", without="Authorization")).status == 401
    reply = await caller.call("GET", "getQueueMetaData")
    assert parse(reply.body).findtext(".//ResultCount") == "0"


async def test_a_restart_forgets_what_nobody_was_refused_for():
    """What only asks leaves no event: a journal cannot tell how often it was asked."""
    caller = party(Throttling(burst=2))
    assert outcome(await caller.submit(transfer())).status == "Accept"
    assert await statuses(caller, 1) == [200]
    again = Party(runtime(caller.house.scenario, caller.house.journal))
    assert await statuses(again, 3) == [200, 200, 429]
    assert len(await other(again.house).queue()) == 0


async def test_who_was_refused_waits_over_a_restart_too():
    caller = party(Throttling(rate=0.1, burst=2))
    assert await statuses(caller, 3) == [200, 200, 429]
    await caller.house.advance(timedelta(seconds=4))
    again = Party(runtime(caller.house.scenario, caller.house.journal))
    assert await statuses(again, 1) == [429]
    assert [each["type"] for each in await again.house.advance(timedelta(seconds=5))] == ["ClockMoved"]
    assert await statuses(again, 1) == [429]
    told = await again.house.advance(timedelta(seconds=1))
    assert [each["type"] for each in told] == ["Fired", "ThrottlingEnded", "ClockMoved"]
    assert await statuses(again, 2) == [200, 429]


async def test_a_story_without_the_throttle_goes_on_from_the_journal_of_one_with_it():
    caller = party(Throttling())
    assert await statuses(caller, 2) == [200, 429]
    again = Party(runtime(replace(caller.house.scenario, throttle=None), caller.house.journal))
    assert await statuses(again, 5) == [200] * 5
