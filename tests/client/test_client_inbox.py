"""One suite over both inboxes; then what only the one on disk promises."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from simulator.asexml.model import AseEvent
from simulator.client.errors import ClientError, Kind
from simulator.client.file_inbox import FileInbox
from simulator.client.inbox import Arrival, MemoryInbox, Outcome, State

ACCEPT = Outcome("Accept", (AseEvent(0, "Information", "Message"),))
REJECT = Outcome("Reject", (AseEvent(2, "Error", "Message", explanation="käse"),))


def arrival(number: int = 1, *, context: str | None = None, digest: str | None = None, group: str = "CATS") -> Arrival:
    name = context or f"catsm_nemmco_{number}"
    return Arrival(name, "NEMMCO", f"M-{number}", digest or f"d{number}", group, b"<body/>", "r46", "Medium")


@pytest.fixture(params=["memory", "file"])
def open_inbox(request, tmp_path):
    """Opens an inbox that remembers two acknowledged messages; the one on disk is really opened anew each time."""
    opened: list[FileInbox] = []
    memory = MemoryInbox(remember=2)

    def opener():
        for inbox in opened:
            inbox.close()
        if request.param == "memory":
            return memory
        opened.append(FileInbox(tmp_path / "inbox", remember=2))
        return opened[-1]

    yield opener
    for inbox in opened:
        inbox.close()


def test_a_message_goes_through_its_states_and_each_survives(open_inbox):
    entry = open_inbox().receive(arrival())
    assert (entry.state, entry.key, entry.starts) == (State.RECEIVED, "NEMMCO/M-1", 0)
    assert open_inbox().unfinished(None) == (entry,)
    begun = open_inbox().begin(entry)
    assert (begun.state, begun.starts) == (State.HANDLING, 1)
    assert open_inbox().unfinished(None) == (begun,)
    done = open_inbox().finish(begun, REJECT, b"<mack/>")
    assert (done.state, done.outcome, done.acknowledgement) == (State.HANDLED, REJECT, b"<mack/>")
    assert open_inbox().unfinished(None) == (done,)
    over = open_inbox().acknowledged(done)
    assert (over.state, over.arrival.body, over.acknowledgement) == (State.ACKNOWLEDGED, b"", None)
    assert open_inbox().unfinished(None) == ()


def test_what_is_known_comes_back_as_it_stands(open_inbox):
    inbox = open_inbox()
    begun = inbox.begin(inbox.receive(arrival()))
    assert inbox.receive(arrival()) == begun
    assert inbox.receive(arrival(), REJECT) == begun


def test_a_second_start_is_counted(open_inbox):
    inbox = open_inbox()
    entry = inbox.begin(inbox.receive(arrival()))
    assert open_inbox().begin(entry).starts == 2


def test_a_repeat_under_another_context_id_takes_over_the_outcome(open_inbox):
    inbox = open_inbox()
    inbox.acknowledged(inbox.finish(inbox.begin(inbox.receive(arrival())), REJECT, b"<mack/>"))
    repeat = open_inbox().receive(arrival(context="catsm_nemmco_77"))
    assert (repeat.state, repeat.outcome, repeat.repeat, repeat.key) == (State.HANDLED, REJECT, True, "NEMMCO/M-1")
    assert repeat.acknowledgement is None


def test_other_content_under_a_used_message_id_is_a_message_of_its_own(open_inbox):
    inbox = open_inbox()
    inbox.receive(arrival())
    other = inbox.receive(arrival(context="catsm_nemmco_77", digest="0123456789abcdef"))
    assert (other.state, other.key, other.repeat) == (State.RECEIVED, "NEMMCO/M-1#0123456789ab", False)


def test_the_same_message_id_of_another_sender_is_another_message(open_inbox):
    inbox = open_inbox()
    inbox.receive(arrival())
    other = inbox.receive(replace(arrival(context="catsm_other_1", digest="x"), sender="OTHER"))
    assert other.key == "OTHER/M-1"


def test_an_outcome_given_on_arrival_skips_the_handler(open_inbox):
    assert open_inbox().receive(arrival(), REJECT).state is State.HANDLED
    assert [(e.state, e.outcome) for e in open_inbox().unfinished(None)] == [(State.HANDLED, REJECT)]


def test_a_refused_mack_is_dropped_and_counted_and_replaced(open_inbox):
    inbox = open_inbox()
    entry = inbox.refused(inbox.finish(inbox.begin(inbox.receive(arrival())), ACCEPT, b"<mack/>"))
    assert (entry.state, entry.refusals, entry.acknowledgement, entry.outcome) == (State.HANDLED, 1, None, ACCEPT)
    assert open_inbox().renew(entry, b"<other/>").acknowledgement == b"<other/>"


def test_unfinished_is_in_order_of_arrival_and_by_group(open_inbox):
    inbox = open_inbox()
    for number, group in ((3, "CATS"), (1, "NMID"), (2, "CATS")):
        inbox.receive(arrival(number, group=group))
    assert [e.arrival.message_id for e in inbox.unfinished(None)] == ["M-3", "M-1", "M-2"]
    assert [e.arrival.message_id for e in open_inbox().unfinished("CATS")] == ["M-3", "M-2"]


def fill(inbox, numbers, group: str = "CATS"):
    for number in numbers:
        entry = inbox.receive(arrival(number, group=group))
        inbox.acknowledged(inbox.finish(inbox.begin(entry), ACCEPT, b"<mack/>"))


def test_old_acknowledged_messages_are_forgotten_once_the_hub_lists_them_no_more(open_inbox):
    inbox = open_inbox()
    fill(inbox, range(1, 6))
    inbox.receive(arrival(6))
    assert inbox.forget({"catsm_nemmco_1"}, None) == 2
    assert open_inbox().receive(arrival(1)).state is State.ACKNOWLEDGED, "still listed"
    assert open_inbox().receive(arrival(4)).state is State.ACKNOWLEDGED, "one of the remembered"
    assert open_inbox().receive(arrival(2)).state is State.RECEIVED, "forgotten"
    assert [e.arrival.message_id for e in open_inbox().unfinished(None)] == ["M-6", "M-2"]


def test_forgetting_keeps_to_the_group_that_was_listed(open_inbox):
    inbox = open_inbox()
    fill(inbox, range(1, 5), "CATS")
    fill(inbox, range(11, 15), "NMID")
    assert inbox.forget(set(), "CATS") == 2
    assert inbox.forget(set(), "NMID") == 2
    assert inbox.forget(set(), "CATS") == 0


# On disk


def test_a_second_process_or_inbox_on_the_same_file_is_refused(tmp_path):
    with FileInbox(tmp_path), pytest.raises(ClientError, match="in use by another process") as caught:
        FileInbox(tmp_path)
    assert caught.value.kind is Kind.INBOX
    FileInbox(tmp_path).close()


@pytest.mark.parametrize("content", [b"", b"no database at all" * 100])
def test_a_file_that_is_no_inbox(tmp_path, content):
    (tmp_path / "inbox.sqlite").write_bytes(content)
    if not content:
        FileInbox(tmp_path).close()
        return
    with pytest.raises(ClientError, match="cannot be used"):
        FileInbox(tmp_path)


@pytest.mark.parametrize("statement", ["PRAGMA user_version=99", "PRAGMA application_id=1"])
def test_an_inbox_of_another_format_is_refused_and_left_alone(tmp_path, statement):
    FileInbox(tmp_path).close()
    database = sqlite3.connect(tmp_path / "inbox.sqlite")
    database.execute(statement)
    database.commit()
    database.close()
    before = (tmp_path / "inbox.sqlite").read_bytes()
    with pytest.raises(ClientError, match="no inbox of format 1"):
        FileInbox(tmp_path)
    assert (tmp_path / "inbox.sqlite").read_bytes() == before


def test_somebody_elses_database_is_not_written_to(tmp_path):
    database = sqlite3.connect(tmp_path / "inbox.sqlite")
    database.execute("CREATE TABLE theirs (x)")
    database.commit()
    database.close()
    with pytest.raises(ClientError, match="no inbox of format 1"):
        FileInbox(tmp_path)


def test_a_directory_that_cannot_be_made_says_so(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(ClientError, match="cannot be used") as caught:
        FileInbox(tmp_path / "file" / "inbox")
    assert caught.value.kind is Kind.INBOX


def test_a_full_disk_keeps_what_was_kept_and_refuses_the_rest(tmp_path):
    with FileInbox(tmp_path) as inbox:
        inbox.receive(arrival(1))
        inbox._database.execute("PRAGMA max_page_count=16")
        big = replace(arrival(2), body=b"x" * 200_000)
        with pytest.raises(ClientError, match="full"):
            inbox.receive(big)
        assert [e.arrival.message_id for e in inbox.unfinished(None)] == ["M-1"]
        inbox._database.execute("PRAGMA max_page_count=100000")
        assert inbox.receive(big).state is State.RECEIVED


CHILD = """
import os, signal, sys
from simulator.client.file_inbox import FileInbox
from simulator.client.inbox import Arrival, Outcome
inbox = FileInbox(sys.argv[1])
for number in range(1, 4):
    entry = inbox.receive(Arrival(f"c{number}", "NEMMCO", f"M-{number}", f"d{number}", "CATS", b"<body/>"))
    if number > 1: entry = inbox.begin(entry)
    if number > 2: entry = inbox.finish(entry, Outcome(), b"<mack/>")
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_what_was_done_before_a_kill_is_there_afterwards(tmp_path: Path):
    child = subprocess.run([sys.executable, "-c", CHILD, str(tmp_path)], check=False, env=os.environ, timeout=60)
    assert child.returncode == -signal.SIGKILL
    with FileInbox(tmp_path) as inbox:
        found = [(e.arrival.message_id, e.state) for e in inbox.unfinished(None)]
    assert found == [("M-1", State.RECEIVED), ("M-2", State.HANDLING), ("M-3", State.HANDLED)]


def test_every_step_is_flushed(tmp_path):
    with FileInbox(tmp_path) as inbox:
        assert inbox._database.execute("PRAGMA synchronous").fetchone() == (2,)
        assert inbox._database.execute("PRAGMA journal_mode").fetchone() == ("wal",)


def test_the_directory_of_a_new_inbox_is_for_its_owner_only(tmp_path):
    FileInbox(tmp_path / "new").close()
    assert (tmp_path / "new").stat().st_mode & 0o077 == 0
