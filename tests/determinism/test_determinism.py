"""Same scenario, seed, clock and requests: the same bytes, whoever comes first, in whatever process."""

from __future__ import annotations

import asyncio
import itertools
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from told import Told, digests, story, tell

from kit import CODEC, SCHEMAS, parse, runtime
from simulator.asexml.usual import Spelling, Usual, Values
from simulator.market.sequence import LATER
from simulator.runtime import Runtime
from simulator.stores.opening import open_journal

PROGRAM = Path(__file__).with_name("told.py")


def one_after_the_other(count: int) -> int:
    return 0


@pytest.fixture(scope="module")
def first() -> Told:
    return asyncio.run(tell(one_after_the_other))


def test_the_day_reaches_everything(first: Told) -> None:
    """What is compared is not empty: answers of every kind, played participants, changes completed."""
    kinds = {type(event).__name__ for event in first.events}
    assert {"ReportMade", "ChangeRequestMoved", "AnswerGiven"} & kinds
    bodies = b"".join(body for heard in first.answers.values() for _, _, body in heard)
    for word in (
        b"<ChangeStatusCode>COM",
        b"NMIStandingDataResponse",
        b"NMIDiscoveryResponse",
        b"ReportResponse",
        b'duplicate="Yes"',
        b"not well formed",
        b"intervalBlock",
    ):
        assert word in bodies, word
    assert {status for heard in first.answers.values() for status, _, _ in heard} >= {200, 400}
    assert any(key.startswith("RETAILB/") for key in first.ledger)


def test_what_several_did_at_one_moment_comes_to_one_queue_and_is_told_by_rank(first: Told) -> None:
    """Otherwise nothing is proved: the third is told of all three at one moment, and sees numbers of their doings."""
    listing, *rest = (body for _, _, body in first.answers["COORDCO"])
    told_of = [entry.findtext("ReceivedDateTime") for entry in parse(listing).iter("MessageMetaData")]
    assert len(told_of) >= 3
    assert len(set(told_of)) == 1
    numbers = [int(each) for body in rest for each in re.findall(rb"<SequenceNumber>(\d+)</SequenceNumber>", body)]
    assert sum(number > LATER for number in numbers) > 6
    moments = [json.loads(each)["at"] for each in first.exchanges]
    assert moments == sorted(moments)
    assert "participant" in first.diagram


@settings(max_examples=12)
@given(st.lists(st.integers(0, 11), min_size=1, max_size=60))
def test_who_comes_first_makes_no_difference(first: Told, numbers: list[int]) -> None:
    """Each client's answers, and each message's record, byte by byte."""
    chosen = itertools.cycle(numbers)
    other = asyncio.run(tell(lambda count: next(chosen) % count))
    assert other.same == first.same


NOTICES = "outgoing: {transaction: CATSNotification}"
UNSEEN = {
    "kept by a stop file": """\
at:
  - {after: PT0S, raise stop file: {participant: COORDCO, cause: CR NOTIFICATION}}
  - {after: PT10M, clear stop file: {participant: COORDCO, cause: CR NOTIFICATION}}
""",
    "held by a rule": f"""\
when: [{{name: later, {NOTICES}, answer: [{{hold: later}}]}}]
at: [{{after: PT20M, release: later}}]
""",
    "late": f"when: [{{name: late, {NOTICES}, chance: 0.5, answer: [{{delay: PT5M}}, {{duplicate: 2}}]}}]\n",
}


@pytest.mark.parametrize("more", UNSEEN.values(), ids=UNSEEN)
def test_nor_where_messages_are_unseen_for_a_while(more: str) -> None:
    """Then they can be seen in the order of what had them queued."""
    right = asyncio.run(tell(one_after_the_other, more=more))
    assert {"MessageAppeared"} <= {type(event).__name__ for event in right.events}
    assert asyncio.run(tell(lambda count: count - 1, more=more)).same == right.same


def test_nor_whether_messages_are_parsed_or_spelt_as_usual(monkeypatch: pytest.MonkeyPatch, first: Told) -> None:
    """One process may have had many messages like these, another none."""
    unparsed: list[bytes] = []
    found = Usual.found

    def counted(known: Usual, body: bytes) -> tuple[Spelling, Values] | None:
        told = found(known, body)
        unparsed.extend([body] if told is not None else [])
        return told

    monkeypatch.setattr(SCHEMAS, "usual", Usual())
    monkeypatch.setattr(Usual, "found", counted)
    monkeypatch.setattr("simulator.asexml.usual.ALIKE", 1)
    right = asyncio.run(tell(one_after_the_other))
    assert len(unparsed) > 3
    assert right.same == first.same
    monkeypatch.setattr(Usual, "found", lambda known, body: None)
    assert asyncio.run(tell(one_after_the_other)).kept == right.kept


@settings(max_examples=2)
@given(st.lists(st.integers(0, 11), min_size=5, max_size=60))
def test_nor_do_restarts(first: Told, numbers: list[int]) -> None:
    """In the middle of a moment, too: ranks and SequenceNumbers come from the journal."""
    chosen = itertools.cycle(numbers)

    with TemporaryDirectory() as folder:
        place = f"sqlite:{Path(folder) / 'told.db'}"

        async def restart(house: Runtime) -> Runtime:
            await house.close()
            return runtime(story(), open_journal(place, "default", CODEC))

        other = asyncio.run(tell(lambda count: next(chosen) % count, journal=place, restart=restart))
    assert other.kept == first.kept


def test_the_same_once_more_is_the_same_journal(first: Told) -> None:
    assert digests(asyncio.run(tell(one_after_the_other))) == digests(first)


def test_another_seed_is_another_story(first: Told) -> None:
    other = asyncio.run(tell(one_after_the_other, seed=8))
    assert all(other.answers[name] != heard for name, heard in first.answers.items())


@pytest.mark.parametrize("seed", ["0", "1", "4242"])
def test_fresh_processes_agree_whatever_they_hash_with(first: Told, seed: str) -> None:
    environment = {**os.environ, "PYTHONHASHSEED": seed}
    done = subprocess.run([sys.executable, str(PROGRAM)], env=environment, capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == digests(first)


def test_nor_who_completes_those_that_change_places() -> None:
    """Each of three retailers asks once, and what comes of it for one receiver waits for what comes of the others."""
    notices = "outgoing: {transaction: CATSNotification, participant: COORDCO}"
    swap = f"when: [{{name: turned, {notices}, answer: [{{reorder: 3}}]}}]\n"
    right = asyncio.run(tell(one_after_the_other, more=swap))
    assert sum(type(event).__name__ == "PlacesChanged" for event in right.events) == 3
    for turns in (lambda count: count - 1, lambda count: count // 2):
        assert asyncio.run(tell(turns, more=swap)).same == right.same
