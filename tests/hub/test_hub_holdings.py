"""What the hub remembers of what is over, and for how long; what it promised it never forgets."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from kit import START, Party, outcome, runtime, scenario, transfer
from simulator.hub.events import AcknowledgementReceived, MessageReceived, RequestProcessed, RequestWaits
from simulator.hub.holdings import Holdings
from simulator.hub.limits import CR
from simulator.hub.order import Order
from simulator.hub.switches import Switches
from simulator.scenario.model import Scenario

KNOWN = 3


def story() -> Scenario:
    return replace(scenario(), switches=Switches(repeats_known=KNOWN))


async def test_a_repeat_is_known_as_long_as_its_receipt_is_remembered() -> None:
    party = Party(runtime(story()))
    receipts = [
        outcome(await party.submit(transfer(number), f"catsm_retaila_{number}")) for number in range(1, KNOWN + 2)
    ]
    hub = party.house.simulation.hub
    assert hub.forgotten == 1
    again = outcome(await party.submit(transfer(2), "catsm_retaila_2"))
    assert (again.duplicate, again.receipt) == (True, receipts[1].receipt)
    forgotten = outcome(await party.submit(transfer(1), "catsm_retaila_1"))
    assert (forgotten.duplicate, forgotten.status) == (False, "Accept")
    assert hub.forgotten == 2


async def test_what_is_queued_is_never_forgotten_for_want_of_room() -> None:
    """However many come after it, a message stays until it is acknowledged, also over a restart."""
    party = Party(runtime(story()))
    await party.submit(transfer(1), "catsm_retaila_1")
    first = (await party.queue())[0]
    for number in range(2, 5 * KNOWN):
        await party.submit(transfer(number), f"catsm_retaila_{number}")
    assert first in await party.queue()
    assert party.house.simulation.hub.forgotten == 5 * KNOWN - 1 - KNOWN
    again = Party(runtime(story(), party.house.journal))
    assert await again.queue() == await party.queue()
    assert again.house.simulation.hub.forgotten == party.house.simulation.hub.forgotten


async def test_a_message_that_waits_to_be_processed_is_not_forgotten() -> None:
    """Its repeat has the same receipt and is not processed twice; once it is processed it makes room like any other."""
    party = Party(runtime(replace(story(), processing={CR: timedelta(minutes=1)})))
    hub, clock = party.house.simulation.hub, party.house
    receipt = outcome(await party.submit(transfer(1), "catsm_retaila_1")).receipt
    for number in range(2, 4 * KNOWN):
        await party.submit(transfer(number), f"catsm_retaila_{number}")
    assert hub.forgotten == 0
    again = outcome(await party.submit(transfer(1), "catsm_retaila_1"))
    assert (again.duplicate, again.receipt) == (True, receipt)
    await clock.advance(timedelta(minutes=4 * KNOWN))
    assert len(await party.queue()) >= 4 * KNOWN - 1
    await party.submit(transfer(99), "catsm_retaila_99")
    assert hub.forgotten == 4 * KNOWN - KNOWN
    restarted = Party(runtime(party.house.scenario, party.house.journal))
    assert restarted.house.simulation.hub.forgotten == hub.forgotten


async def test_a_context_id_is_free_again_with_the_message_it_was_used_for() -> None:
    party = Party(runtime(story()))
    await party.submit(transfer(1), "catsm_retaila_1")
    assert outcome(await party.submit(transfer(9), "catsm_retaila_1")).status == "Reject"
    for number in range(2, KNOWN + 2):
        await party.submit(transfer(number), f"catsm_retaila_{number}")
    assert outcome(await party.submit(transfer(9), "catsm_retaila_1")).status == "Accept"


def test_what_waits_longer_than_what_came_after_it_counts_as_the_latest_and_makes_room_once_it_is_processed() -> None:
    held = Holdings(KNOWN, Order())

    def take(*numbers: int) -> list[str]:
        for number in numbers:
            name = f"M{number}"
            held.changes[MessageReceived](MessageReceived(START, "A", name, name, "CATS", "r46", "R", "d", b""))
            if number == 0:
                held.changes[RequestWaits](RequestWaits(START, "A", name, 0, CR))
        return list(held.seen["A"])

    assert take(0, 1, 2, 3, 4) == ["M0", "M2", "M3", "M4"]
    held.changes[RequestProcessed](RequestProcessed(START, "A", CR))
    assert take(5) == ["M0", "M4", "M5"]
    assert take(6, 7) == ["M5", "M6", "M7"]
    assert held.contexts["A"] == {name: name for name in ("M5", "M6", "M7")}


TEXTS = st.text(st.characters(exclude_characters="\n"), max_size=20)
TAKEN = st.builds(
    AcknowledgementReceived,
    st.just(START),
    st.sampled_from(["A", "B"]),
    st.sampled_from(["one", "two\nlines", ""]),
    st.sampled_from(["M1", "M2", "M3", "M4", "M5"]),
    TEXTS,
    TEXTS,
    st.just("CATS"),
    st.just("r46"),
    TEXTS,
)
NAMES = ("context_id", "receipt_id", "acknowledgement_id", "digest", "at", "group", "release", "sender", "message_id")


@given(st.lists(TAKEN, max_size=12))
def test_what_was_seen_is_told_as_it_was_and_the_oldest_makes_room(events: list[AcknowledgementReceived]) -> None:
    held = Holdings(KNOWN, Order())
    plain: dict[tuple[str, str], AcknowledgementReceived] = {}
    for event in events:
        held.changes[AcknowledgementReceived](event)
        if len(plain) >= KNOWN:
            del plain[next(iter(plain))]
        plain[event.sender, event.message_id] = event
        found = {(sender, name): seen for sender, known in held.seen.items() for name, seen in known.items()}
        assert found.keys() == plain.keys()
        for key, seen in found.items():
            assert [getattr(seen, name) for name in NAMES] == [getattr(plain[key], name) for name in NAMES]
