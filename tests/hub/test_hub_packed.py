"""What the ledger packs is told as it was: record for record, step for step, and makes room in the same order."""

from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.asexml.model import AseEvent, Element, Header, Message, Transaction, TransactionAcknowledgement
from simulator.base.clock import MARKET_ZONE
from simulator.hub import ledger as ledgers
from simulator.hub.events import (
    AcknowledgementRefused,
    MessageAcknowledged,
    MessageAppeared,
    MessageFetched,
    MessageQueued,
    MessageReceived,
)
from simulator.hub.hub import UNTIL_RELEASED
from simulator.hub.ledger import Ledger
from simulator.hub.packed import LARGE, TOGETHER, Packed, opened, pack
from simulator.hub.record import Record

NOW = datetime(2026, 3, 2, 9, tzinfo=MARKET_ZONE)
FRACTION = datetime(2026, 3, 2, 9, 0, 0, 250_001, tzinfo=timezone(timedelta(hours=9, minutes=30)))

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
elements = st.recursive(
    st.builds(Element, texts, st.none() | texts, st.just(()), st.none() | st.dictionaries(texts, texts, max_size=2)),
    lambda inner: st.builds(Element, texts, st.none(), st.lists(inner, max_size=3).map(tuple)),
    max_leaves=8,
)
moments = st.sampled_from([NOW, FRACTION, UNTIL_RELEASED])
stamps = st.tuples(st.integers(0, 2**70), texts)
headers = st.builds(Header, texts, texts, texts, st.none() | moments, texts, st.none() | texts)
tacks = st.builds(
    TransactionAcknowledgement,
    texts,
    moments,
    texts,
    events=st.builds(AseEvent, st.integers(0, 9999)).map(lambda x: (x,)),
)
messages = st.builds(
    Message,
    texts,
    headers,
    st.lists(st.builds(Transaction, texts, moments, elements, st.none() | texts), max_size=2).map(tuple),
    transaction_acknowledgements=st.lists(tacks, max_size=2).map(tuple),
)
records = st.builds(
    Record,
    texts,
    st.builds(MessageQueued, moments, texts, texts, messages, moments),
    st.just((MessageAppeared(NOW, "A", "c", (3, "B")), MessageFetched(FRACTION, "A", "c"))),
    st.integers(1, 2**40),
    st.tuples(st.integers(1, 2**40), st.integers(1, 2**40)),
    stamps,
    st.tuples(stamps, stamps),
    st.integers(0, LARGE),
)


@given(st.lists(records, max_size=4))
def test_what_is_packed_is_opened_as_it_was(several: list[Record]) -> None:
    packed = pack(several)
    assert all(isinstance(each, Packed) for each in packed)
    again = list(opened(packed))
    assert again == several
    assert [str(each.summary()) for each in again] == [str(each.summary()) for each in several]
    assert [each.body() for each in again] == [each.body() for each in several]
    assert [each.rank for each in again] == [each.rank for each in several]
    assert [each.changed for each in packed] == [each.changed for each in several]


def queued(number: int, text: str = "7") -> MessageQueued:
    head = Header("NEMMCO", "RETAILA", f"M{number}", NOW, "CATS")
    told = Message("r46", head, (Transaction(f"T{number}", NOW, Element("CATSNotification", text)),))
    return MessageQueued(NOW, "RETAILA", f"catsm_nemmco_{number}", told, NOW)


def note(ledger: Ledger, *events: object) -> None:
    for event in events:
        ledger.changes[type(event)](event)  # type: ignore[index]


def pull(ledger: Ledger, event: MessageQueued) -> None:
    context = event.context_id
    note(ledger, event, MessageFetched(NOW, "RETAILA", context))
    note(ledger, MessageAcknowledged(NOW + timedelta(minutes=1), "RETAILA", context, "A", "Accept"))


def send(ledger: Ledger, number: int) -> None:
    note(ledger, MessageReceived(NOW, "RETAILA", f"c{number}", f"S{number}", "CATS", "r46", "R", "d", b"<body/>"))


def story(together: int, monkeypatch: pytest.MonkeyPatch, count: int = 3 * TOGETHER + 5) -> Ledger:
    """A ledger of messages in and out, of which so many are packed at once."""
    monkeypatch.setattr(ledgers, "TOGETHER", together)
    ledger = Ledger()
    for number in range(count):
        pull(ledger, queued(number))
        if number % 3 == 0:
            send(ledger, number)
    note(ledger, queued(10**6))
    return ledger


def test_a_ledger_that_packs_tells_what_one_tells_that_does_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ledgers, "FINISHED_KEPT", 2 * TOGETHER)
    plain, ledger = story(10**9, monkeypatch), story(TOGETHER, monkeypatch)
    assert not any(isinstance(each, Packed) for each in plain._records.values())
    assert sum(isinstance(each, Packed) for each in ledger._records.values()) > TOGETHER
    assert list(ledger.records()) == list(plain.records())
    assert [each.ranked() for each in ledger.ranked()] == [each.ranked() for each in plain.ranked()]
    late = plain.steps - 9
    assert ledger.ranked(late) == plain.ranked(late) == [each for each in plain.ranked() if each.changed > late]
    assert (ledger.evicted, ledger.steps) == (plain.evicted, plain.steps)
    assert ledger.evicted > 2 * TOGETHER


def test_what_is_packed_is_found_by_key_message_and_context(monkeypatch: pytest.MonkeyPatch) -> None:
    ledger = story(TOGETHER, monkeypatch)
    record = ledger.find("RETAILA/catsm_nemmco_5")
    assert record is not None
    assert record.body() == Record("", queued(5)).body()
    assert ledger.find("M5") == ledger.find("catsm_nemmco_5") == record
    assert ledger.find("RETAILA/S9") == ledger.find("S9") is not None
    assert (ledger.find("M1000000") or record).later == ()
    assert ledger.find("M4711") is None
    assert ledger.find("\udc80") is None


def test_what_happens_to_a_packed_message_is_noted_on_it_and_it_makes_room_all_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ledger = story(TOGETHER, monkeypatch)
    badack = AcknowledgementRefused(NOW, "RETAILA", "catsm_nemmco_1", "B", "M1", 7, "hub.mack-unknown", "odd \udc80")
    for times in (1, 2):
        note(ledger, badack)
        record = ledger.find("RETAILA/catsm_nemmco_1")
        assert record is not None
        assert record.later[2:] == (badack,) * times
        assert [step for step, _ in record.steps()] == sorted(step for step, _ in record.steps())
        assert ledger.ranked(ledger.steps - 1) == [record]
        assert ledger.find("M1") == record
    monkeypatch.setattr(ledgers, "FINISHED_KEPT", 1)
    pull(ledger, queued(4711))
    assert [each.key for each in ledger.records()] == ["RETAILA/catsm_nemmco_1000000", "RETAILA/catsm_nemmco_4711"]


def test_what_is_large_or_cannot_be_written_stays_as_it_is() -> None:
    ledger = Ledger()
    for number in range(TOGETHER):
        pull(ledger, queued(number, "x" * (LARGE + (number < 2))))
    kinds = [type(each) for each in ledger._records.values()]
    assert kinds == [Record] * 2 + [Packed] * (TOGETHER - 2)
    odd = Ledger()
    for number in range(TOGETHER):
        pull(odd, queued(number, "half \ud800" if number == 3 else "7"))
    assert [type(each) for each in odd._records.values()] == [Record] * TOGETHER
    record = odd.find("M3")
    assert record is not None
    assert isinstance(record.first, MessageQueued)
    assert record.first.message.transactions[0].payload.text == "half \ud800"


@pytest.mark.parametrize("finished", [True, False])
def test_a_record_whose_key_another_took_is_not_packed(finished: bool) -> None:
    ledger = Ledger()
    for number in range(TOGETHER - 1):
        pull(ledger, queued(number))
    if finished:
        pull(ledger, queued(0, "8"))
    else:
        note(ledger, queued(0, "8"))
        pull(ledger, queued(TOGETHER))
    told = [each.first.message.transactions[0].payload.text for each in ledger.records()]  # type: ignore[attr-defined]
    assert told == ["8"] + ["7"] * (TOGETHER - 1 - finished)


def test_what_makes_room_takes_none_with_it_that_has_its_key_since(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ledgers, "FINISHED_KEPT", 2)
    ledger = Ledger()
    for number in (1, 1, 2):
        send(ledger, number)
    assert [each.key for each in ledger.records()] == ["RETAILA/S1", "RETAILA/S2"]
    assert ledger.evicted == 0
    send(ledger, 3)
    assert [each.key for each in ledger.records()] == ["RETAILA/S2", "RETAILA/S3"]
    assert ledger.evicted == 1
