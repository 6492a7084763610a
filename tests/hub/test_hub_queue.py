from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kit import START
from simulator.asexml.model import Header, Message, Transaction, element
from simulator.hub.queue import Entry, Queue, Stamp
from simulator.hub.states import State, Trigger


def entry(number: int, group: str = "CATS") -> Entry:
    head = Header("NEMMCO", "RETAILA", f"NEMMCO-MSG-{number}", START, group, "Medium")
    content = Transaction(f"CATS-{number}", START, element("CATSChangeResponse"))
    return Entry(f"catsm_nemmco_{number}", Message("r46", head, (content,)), START)


def stamped(number: int, at: datetime, stamp: Stamp) -> Entry:
    made = entry(number)
    made.received_at, made.stamp = at, stamp
    return made


def test_entries_come_in_order_of_appearance():
    queue = Queue()
    queue.put(entry(1), visible=False)
    queue.put(entry(2), visible=True)
    queue.appear("catsm_nemmco_1", START + timedelta(hours=1))
    assert [e.context_id for e in queue.entries()] == ["catsm_nemmco_2", "catsm_nemmco_1"]
    assert [e.received_at for e in queue.entries()] == [START, START + timedelta(hours=1)]


def test_what_appears_later_is_taken_but_not_seen():
    queue = Queue()
    queue.put(entry(1), visible=False)
    assert "catsm_nemmco_1" in queue
    assert queue.get("catsm_nemmco_1") is None
    assert queue.by_message("NEMMCO-MSG-1") is None
    assert len(queue) == 0


def test_groups_are_told_apart():
    queue = Queue()
    queue.put(entry(1), visible=True)
    queue.put(entry(2, "NMID"), visible=True)
    assert [e.message_id for e in queue.entries("NMID")] == ["NEMMCO-MSG-2"]


def test_an_acknowledged_entry_is_gone_under_both_names():
    queue = Queue()
    queue.put(entry(1), visible=True)
    queue.trigger("catsm_nemmco_1", Trigger.FETCH)
    found = queue.get("catsm_nemmco_1")
    assert found is not None
    assert found.state is State.DELIVERED
    queue.trigger("catsm_nemmco_1", Trigger.ACKNOWLEDGE)
    assert queue.get("catsm_nemmco_1") is None
    assert queue.by_message("NEMMCO-MSG-1") is None
    with pytest.raises(KeyError):
        queue.trigger("catsm_nemmco_1", Trigger.FETCH)


def test_a_body_is_written_once():
    waiting = entry(1)
    assert waiting.body is waiting.body


@given(st.permutations([(1, "A"), (2, "A"), (3, "A"), (1, "B"), (5, "B"), (0, "")]), st.integers(0, 6))
def test_entries_of_one_moment_are_in_the_order_of_ranks_whichever_came_first(stamps, looked_after):
    queue = Queue()
    queue.put(stamped(100, START - timedelta(minutes=1), (9, "Z")), visible=True)
    for number, stamp in enumerate(stamps):
        if number == looked_after:
            assert len(list(queue.entries())) == number + 1
        queue.put(stamped(number, START, stamp), visible=True)
    queue.put(stamped(101, START + timedelta(minutes=1), (0, "")), visible=True)
    listed = list(queue.entries())
    assert [entry.stamp for entry in listed] == [(9, "Z"), *sorted(stamps), (0, "")]
    assert next(queue.entries("CATS")) is listed[0]


def test_what_one_act_queued_stays_in_its_order_and_what_appears_takes_the_rank_of_its_appearance():
    queue = Queue()
    queue.put(entry(9), visible=False)
    for number in (3, 2, 1):
        queue.put(stamped(number, START, (4, "B")), visible=True)
    queue.appear("catsm_nemmco_9", START, (5, "A"))
    queue.put(stamped(4, START, (4, "A")), visible=True)
    assert [each.message_id.rpartition("-")[2] for each in queue.entries()] == ["4", "3", "2", "1", "9"]


def test_context_ids_of_the_last_that_went_are_not_used_again(monkeypatch):
    monkeypatch.setattr("simulator.hub.queue.GONE_KEPT", 2)
    queue = Queue()
    for number in range(4):
        queue.put(entry(number), visible=True)
        queue.trigger(f"catsm_nemmco_{number}", Trigger.ACKNOWLEDGE)
    assert [f"catsm_nemmco_{number}" in queue for number in range(4)] == [False, False, True, True]
