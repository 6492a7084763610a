"""Messages that are queued together become the same as messages queued one by one: live, and after a restart."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from kit import Party, change_request, macks, message, other, point, runtime, scenario, transactions
from simulator.hub.flow import Flow
from simulator.hub.letters import Letters
from simulator.hub.limits import CR_NOTIFICATION, OUTBOX_FILE, Group, Limit, Limits
from simulator.hub.switches import Switches
from simulator.runtime import Runtime
from simulator.scenario.criteria import After, StateMatch
from simulator.scenario.model import MessageMatch, Reject, Rule, Scenario, Where

NMIS = tuple(f"410203456{digit}" for digit in range(5))
GENEROUS, NARROW = Limit(900, 1_000), Limit(4, 6)
LIMITS = (
    Limits({OUTBOX_FILE: GENEROUS, CR_NOTIFICATION: GENEROUS}),
    Limits({OUTBOX_FILE: NARROW, CR_NOTIFICATION: GENEROUS}),
    Limits({OUTBOX_FILE: GENEROUS, CR_NOTIFICATION: NARROW}),
    Limits({OUTBOX_FILE: NARROW}, groups=(Group("ours", ("RETAILA", "RETAILC")),)),
)
COUNTING = Rule(
    "counts",
    Where("t", 1),
    MessageMatch("CATSChangeRequest"),
    (Reject(1100, "enough"),),
    state=StateMatch(after=(After(event="message queued", times=9),)),
)
STEPS = st.lists(st.tuples(st.sampled_from("aacckd"), st.integers(0, 4)), min_size=4, max_size=14)


class OneByOne(Flow):
    """Never at ease."""

    def at_ease(self, letters: Letters) -> bool:
        return False


async def told(house: Runtime, steps: list[tuple[str, int]]) -> None:
    """Change requests of two retailers, acknowledgements, days."""
    parties = {"a": Party(house), "c": other(house)}
    for number, (what, which) in enumerate(steps):
        if what == "d":
            await house.advance(timedelta(days=which))
        elif what == "k":
            for entry in (await parties["a"].queue())[: which + 1]:
                mack = macks(entry["MessageID"], own=f"ACK-{number}-{entry['MessageID']}"[:36])
                await parties["a"].acknowledge(mack, entry["MessageContextID"])
        else:
            who = parties[what].participant
            asked = transactions(change_request(NMIS[which], party=who), first=f"{who}-T{number}-")
            text = message(asked, message_id=f"{who}-MSG-{number}", sender=who)
            await parties[what].submit(text, f"catsm_{who.lower()}_{number}")


def seen(house: Runtime) -> tuple[object, ...]:
    """What everybody is shown."""
    simulation, now = house.simulation, house.clock.now()
    flow, queue = simulation.hub.flow, simulation.hub.queue
    members = [member.participant_id for member in house.scenario.given.participants]
    return (
        list(house.journal.replay()),
        [record.ranked() for record in simulation.ledger.ranked()],
        [(flow.counted(each, now), flow.kept(each)) for each in members],
        [[(entry.context_id, entry.body, entry.stamp) for entry in queue(each).entries()] for each in members],
        simulation.market.sequence.place(now),
    )


def story(limits: Limits, bundling: str, rules: tuple[Rule, ...]) -> Scenario:
    points = tuple(point(nmi) for nmi in NMIS)
    switches = replace(Switches(), notification_bundling=bundling)
    return replace(scenario(*rules, points=points, switches=switches), limits=limits)


@settings(max_examples=12)
@given(STEPS, st.sampled_from(LIMITS), st.sampled_from(["one a message", "by receiver"]), st.booleans())
async def test_together_is_as_one_by_one(
    steps: list[tuple[str, int]], limits: Limits, bundling: str, counting: bool
) -> None:
    asked = story(limits, bundling, (COUNTING,) if counting else ())
    together, single = runtime(asked), runtime(asked)
    single.simulation.hub.flow.__class__ = OneByOne
    for house in (together, single):
        await told(house, steps)
    again = runtime(asked, together.journal)
    shown = seen(together)
    assert shown == seen(single)
    assert shown == seen(again)


async def test_where_nothing_is_in_the_way_messages_are_queued_together(monkeypatch: pytest.MonkeyPatch) -> None:
    house = runtime(story(LIMITS[0], "one a message", ()))
    rounds: list[int] = []
    apply = house.simulation.apply_round
    monkeypatch.setattr(house.simulation, "apply_round", lambda events: (rounds.append(len(events)), apply(events)))
    await told(house, [("a", 0), ("a", 1), ("a", 2)])
    assert rounds[-2:] == [1, 3]
