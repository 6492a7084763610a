"""What every journal promises, asked of each of them."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import datetime, timedelta, timezone
from itertools import count
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from journal_kit import CODEC, NOW, Crossed, Noted, noted, numbers
from simulator.base.turn import Event
from simulator.stores import Journal, JournalFailed, open_journal

Opener = Callable[[], Journal]
KINDS = ("memory:?keep=yes", "sqlite:{}", "sqlite:{}?durable=full")


@pytest.fixture(params=KINDS)
def opener(request: pytest.FixtureRequest, tmp_path: Path) -> Opener:
    """Opens a fresh journal at every call."""
    fresh = count()
    return lambda: open_journal(request.param.format(tmp_path / f"{next(fresh)}.sqlite"), "main", CODEC)


@pytest.fixture
async def journal(opener: Opener) -> AsyncIterator[Journal]:
    """A fresh journal, closed when the test is over."""
    opened = opener()
    yield opened
    await opened.close()


async def test_a_new_journal_is_empty(journal: Journal) -> None:
    assert list(journal.replay()) == []
    assert journal.safe == 0
    await journal.durable(0)


async def test_positions_count_events(journal: Journal) -> None:
    assert journal.append(noted(1, 2, 3)) == 3
    assert journal.append([]) == 3
    assert journal.append(noted(4)) == 4
    await journal.durable(4)
    assert journal.safe == 4
    assert journal.append([]) == 4
    assert journal.safe == 4


async def test_events_come_back_in_order_and_as_they_were(journal: Journal) -> None:
    events = [
        Noted(NOW, 2**53 + 1, "two\nlines \u2028 \x00 ü", bytes(range(256))),
        Crossed(NOW + timedelta(microseconds=1), (("a", "b"), ("", "\n"))),
        Noted(datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=-5, minutes=-30))), -1),
    ]
    await journal.durable(journal.append(events[:2]))
    await journal.durable(journal.append(events[2:]))
    assert list(journal.replay()) == events
    assert list(journal.replay()) == events


async def test_a_replay_is_what_was_durable_when_it_began(journal: Journal) -> None:
    await journal.durable(journal.append(noted(*range(100))))
    replay = journal.replay()
    first = next(replay)
    await journal.durable(journal.append(noted(100)))
    assert numbers([first, *replay]) == list(range(100))


async def test_the_list_that_was_handed_in_is_not_kept(journal: Journal) -> None:
    events = noted(1)
    position = journal.append(events)
    events.clear()
    await journal.durable(position)
    assert numbers([*journal.replay()]) == [1]


async def test_nobody_may_wait_for_what_was_never_given_out(journal: Journal) -> None:
    journal.append(noted(1))
    with pytest.raises(ValueError, match="position 2 was never given out"):
        await journal.durable(2)


async def test_many_callers_wait_at_once(journal: Journal) -> None:
    order: list[int] = []

    async def call(number: int) -> None:
        position = journal.append(noted(number, -number))
        order.append(number)
        await journal.durable(position)
        assert journal.safe >= position

    await asyncio.gather(*(call(number) for number in range(1, 201)))
    assert numbers([*journal.replay()]) == [signed for number in order for signed in (number, -number)]


async def test_many_may_wait_for_one_position_in_any_order(journal: Journal) -> None:
    first, last = journal.append(noted(1)), journal.append(noted(2))
    await asyncio.gather(*(journal.durable(position) for position in (last, first, last, first)))
    assert journal.safe >= last


async def test_a_cancelled_waiter_harms_nobody(journal: Journal) -> None:
    position = journal.append(noted(1))
    waiters = [asyncio.ensure_future(journal.durable(position)) for _ in range(3)]
    await asyncio.sleep(0)
    waiters[1].cancel()
    done = await asyncio.gather(*waiters, return_exceptions=True)
    assert (done[0], done[2]) == (None, None)
    assert numbers([*journal.replay()]) == [1]


async def test_clear_forgets_and_positions_go_on(journal: Journal) -> None:
    await journal.durable(journal.append(noted(1, 2)))
    position = journal.clear()
    assert position > 2
    await journal.durable(position)
    assert list(journal.replay()) == []
    assert journal.append(noted(3)) == position + 1
    await journal.durable(position + 1)
    assert numbers([*journal.replay()]) == [3]


async def test_clear_keeps_its_place_among_appends(journal: Journal) -> None:
    before = journal.append(noted(1))
    early = asyncio.ensure_future(journal.durable(before))
    journal.clear()
    journal.append(noted(2))
    journal.clear()
    journal.append(noted(3))
    await journal.durable(journal.append(noted(4)))
    await early
    assert numbers([*journal.replay()]) == [3, 4]


async def test_progress_ends_with_everything(journal: Journal) -> None:
    seen: list[tuple[int, int]] = []
    assert list(journal.replay(lambda *step: seen.append(step))) == []
    assert seen == []
    await journal.durable(journal.clear())
    for number in range(100):
        await journal.durable(journal.append(noted(number, number)))
    assert len(list(journal.replay(lambda *step: seen.append(step)))) == 200
    assert seen == sorted(seen)
    assert seen[-1] == (200, 200)


async def test_after_close_nothing_is_taken(opener: Opener) -> None:
    journal = opener()
    journal.append(noted(1))
    await journal.close()
    with pytest.raises(JournalFailed, match="closed"):
        journal.append(noted(2))
    with pytest.raises(JournalFailed, match="closed"):
        journal.clear()
    assert journal.safe == 1
    await journal.close()


async def test_journals_share_nothing(opener: Opener) -> None:
    one, other = opener(), opener()
    await one.durable(one.append(noted(1)))
    await other.durable(other.append(noted(2, 3)))
    assert (numbers([*one.replay()]), numbers([*other.replay()])) == ([1], [2, 3])
    assert (one.safe, other.safe) == (1, 2)
    await one.close()
    await other.close()


EVENTS = st.one_of(
    st.builds(
        Noted,
        st.datetimes(timezones=st.sampled_from([timezone(timedelta(hours=h)) for h in (-12, 0, 10)])),
        st.integers(-(2**63), 2**63 - 1),
        st.text(max_size=20),
        st.binary(max_size=50),
    ),
    st.builds(
        Crossed, st.just(NOW), st.lists(st.tuples(st.text(max_size=5), st.text(max_size=5)), max_size=3).map(tuple)
    ),
)
STEPS = st.lists(st.one_of(st.lists(EVENTS, max_size=5), st.sampled_from(["clear", "wait", "replay"])), max_size=12)


@pytest.mark.parametrize("kind", KINDS[:2])
@given(steps=STEPS)
@settings(max_examples=40)
def test_any_story_is_kept(kind: str, steps: list[list[Event] | str]) -> None:
    asyncio.run(_tell(kind, steps))


async def _tell(kind: str, steps: list[list[Event] | str]) -> None:
    with tempfile.TemporaryDirectory() as directory:
        journal = open_journal(kind.format(Path(directory, "j.sqlite")), "main", CODEC)
        expected: list[Event] = []
        position = 0
        for step in [*steps, "replay"]:
            if step == "clear":
                expected.clear()
                position = journal.clear()
            elif isinstance(step, str):
                await journal.durable(position)
                assert step == "wait" or list(journal.replay()) == expected
            else:
                expected += step
                assert journal.append(step) == position + len(step)
                position += len(step)
        await journal.close()


async def test_a_reset_is_one_step_for_whoever_waits(journal: Journal) -> None:
    async def story(act: Callable[[], int]) -> None:
        await journal.durable(act())

    acts: list[Awaitable[None]] = []
    for number in range(30):
        acts.append(story(lambda n=number: journal.append(noted(n))))
        if number % 7 == 0:
            acts.append(story(journal.clear))
    await asyncio.gather(*acts)
    assert numbers([*journal.replay()]) == [29]
