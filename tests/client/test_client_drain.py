"""The drain: every crash point, every odd message, nothing lost, nothing handled twice without cause."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from client_fake_hub import (
    STAMP,
    Crash,
    FakeHub,
    Queued,
    Recorder,
    Script,
    account,
    change_response,
    envelope,
    lost,
    ticking,
)

from simulator.client.drain import Drain, DrainOptions
from simulator.client.errors import ClientError, Kind
from simulator.client.file_inbox import FileInbox
from simulator.client.inbox import Inbox, MemoryInbox, State
from simulator.client.session import Session
from simulator.client.values import Handle, HttpAnswer, HttpCall, Keep, Pause, Rejection


@pytest.fixture
def hub() -> FakeHub:
    return FakeHub()


SESSION = Session(account(now=ticking()))


@pytest.fixture
def session() -> Session:
    return SESSION


def drained(session: Session, script: Script, **options):
    return script.drive(Drain(session, DrainOptions(**options)).run())


def events_of(body: bytes) -> list[tuple[str | None, str | None]]:
    return [(e.findtext("Code"), e.findtext("Explanation")) for e in ET.fromstring(body).iter("Event")]


# The good path


def test_the_loop_is_metadata_get_inbox_handler_mack(hub, session):
    context_id = hub.put(1)
    seen: list[str] = []

    def watch(step, perform):
        if isinstance(step, HttpCall):
            seen.append(step.path.rsplit("/", 1)[1])
        elif isinstance(step, Handle):
            assert inbox.unfinished(None)[0].state is State.HANDLING
            seen.append("handler")
        return perform()

    inbox, handler = MemoryInbox(), Recorder()
    result = drained(session, Script(hub, inbox, handler, around=watch))
    assert seen == ["getQueueMetaData", "getMessages", "handler", "submitMessageAcknowledgements", "getQueueMetaData"]
    assert handler.keys == ["NEMMCO/NEMMCO-MSG-1"]
    assert handler.delivered[0].context_id == context_id
    assert handler.delivered[0].starts == 1
    assert (result.handled, result.acknowledged, result.left) == (1, 1, {})
    assert not hub.queue


def test_messages_are_handled_in_the_queues_order_each_acknowledged_before_the_next(hub, session):
    for number in (3, 1, 2):
        hub.put(number)
    handler = Recorder()
    order: list[str] = []

    def watch(step, perform):
        if isinstance(step, Handle):
            order.append(f"handle {step.delivered.context_id}")
        if isinstance(step, HttpCall) and step.method == "POST":
            order.append(f"ack {dict(step.headers)['messageContextID']}")
        return perform()

    drained(session, Script(hub, MemoryInbox(), handler, around=watch))
    assert order == [f"{what} catsm_nemmco_{n}" for n in (3, 1, 2) for what in ("handle", "ack")]


def test_what_arrives_while_draining_is_drained_too(hub, session):
    hub.put(1)

    def handler(delivered):
        if delivered.message_id == "NEMMCO-MSG-1":
            hub.put(2)

    assert drained(session, Script(hub, MemoryInbox(), handler)).acknowledged == 2
    assert not hub.queue


def test_an_empty_queue_ends_at_once(hub, session):
    assert drained(session, Script(hub, MemoryInbox(), Recorder())).handled == 0
    assert len(hub.calls) == 1


def test_a_group_limits_the_drain_and_what_it_finishes(hub, session):
    inbox, handler = MemoryInbox(), Recorder()
    cats = hub.put(1)
    content = (
        f'<Transactions><Transaction transactionID="NMID-2" transactionDate="{STAMP}" initiatingTransactionID="T2">'
        '<NMIDiscoveryResponse version="r17"><Event severity="Information"><Code>0</Code></Event>'
        "</NMIDiscoveryResponse>"
        "</Transaction></Transactions>"
    )
    hub.queue["nmidh_nemmco_2"] = Queued("N-2", envelope("N-2", content, group="NMID", priority="High"), "NMID")
    with pytest.raises(Crash):
        drained(session, Script(hub, inbox, handler, crash_at=(6, "before")), group="CATS")
    assert [e.arrival.group for e in inbox.unfinished(None)] == ["CATS"]
    other = Recorder()
    drained(session, Script(hub, inbox, other), group="NMID")
    assert [d.context_id for d in other.delivered] == ["nmidh_nemmco_2"]
    assert cats in hub.queue
    drained(session, Script(hub, inbox, handler), group="CATS")
    assert not hub.queue


# Crashes


def inboxes(kind: str, directory: Path):
    """Opens the inbox anew, as a restarted process would; the one in memory stands for one that survives as it is."""
    memory = MemoryInbox()
    return (lambda: FileInbox(directory)) if kind == "file" else (lambda: memory)


def close(inbox: Inbox) -> None:
    if isinstance(inbox, FileInbox):
        inbox.close()


@pytest.mark.parametrize("forgetful", [False, True], ids=["repeats answered alike", "repeats refused"])
@pytest.mark.parametrize("kind", ["memory", "file"])
def test_a_crash_at_any_step_loses_nothing_and_repeats_only_an_interrupted_handler(kind, forgetful, tmp_path):
    """Before and after every single step of draining two messages: then a second drain finishes the work."""
    ended_whole = False
    interrupted = 0
    step = 0
    while not ended_whole:
        step += 1
        for where in ("before", "after"):
            hub, handler = FakeHub(forgetful=forgetful), Recorder()
            hub.put(1)
            hub.put(2)
            reopen = inboxes(kind, tmp_path / f"{step}{where}")
            inbox = reopen()
            script = Script(hub, inbox, handler, crash_at=(step, where))
            try:
                drained(SESSION, script)
                ended_whole = True
            except Crash:
                pass
            in_doubt = [e.key for e in inbox.unfinished(None) if e.state is State.HANDLING]
            ran_before = list(handler.keys)
            close(inbox)

            inbox = reopen()
            result = drained(SESSION, Script(hub, inbox, handler))
            assert not inbox.unfinished(None)
            close(inbox)

            assert not hub.queue, "every message was acknowledged"
            assert result.left == {}
            for key in ("NEMMCO/NEMMCO-MSG-1", "NEMMCO/NEMMCO-MSG-2"):
                again = key in in_doubt and key in ran_before
                interrupted += again
                assert handler.keys.count(key) == 1 + again
            assert [d.starts for d in handler.delivered].count(2) == len(in_doubt)
            assert len({own for _, own, _, _ in hub.macks}) == 2, "a MACK sent again keeps its MessageID"
    assert interrupted == 4, "after the handler, and before its outcome is noted, for each of two messages"


def test_an_interrupted_handler_is_told_so_and_gets_the_same_key(hub, session):
    hub.put(1)
    inbox, keys = MemoryInbox(), []

    def handler(delivered):
        keys.append((delivered.key, delivered.starts))
        if len(keys) == 1:
            raise RuntimeError("database away")

    with pytest.raises(RuntimeError, match="database away"):
        drained(session, Script(hub, inbox, handler))
    assert hub.queue
    assert not hub.macks
    drained(session, Script(hub, inbox, handler))
    assert keys == [("NEMMCO/NEMMCO-MSG-1", 1), ("NEMMCO/NEMMCO-MSG-1", 2)]
    assert not hub.queue


def test_work_begun_is_finished_without_another_get(hub, session):
    hub.put(1)
    inbox = MemoryInbox()
    with pytest.raises(Crash):
        drained(session, Script(hub, inbox, Recorder(), around=crash_on(Handle)))
    hub.calls.clear()
    handler = Recorder()
    drained(session, Script(hub, inbox, handler))
    assert not [call for call in hub.calls if call.path.endswith("getMessages")]
    assert handler.keys == ["NEMMCO/NEMMCO-MSG-1"]


def crash_on(kind: type, *, after: bool = False):
    def around(step, perform):
        if isinstance(step, kind):
            if after:
                perform()
            raise Crash
        return perform()

    return around


def test_a_mack_whose_answer_was_lost_is_sent_again_as_the_same_bytes(hub, session):
    hub.put(1)
    lost_once: list[bool] = []

    def lose(step, perform):
        result = perform()
        if isinstance(step, HttpCall) and step.path.endswith("Acknowledgements") and not lost_once:
            lost_once.append(True)
            raise lost()
        return result

    result = drained(session, Script(hub, MemoryInbox(), Recorder(), around=lose))
    assert len(hub.macks) == 2
    assert hub.macks[0] == hub.macks[1]
    assert result.acknowledged == 1


def test_a_lost_answer_on_a_hub_that_refuses_the_repeat_is_settled_by_the_queue(session):
    hub = FakeHub(forgetful=True)
    hub.put(1)
    lost_once: list[bool] = []

    def lose(step, perform):
        result = perform()
        if isinstance(step, HttpCall) and step.path.endswith("Acknowledgements") and not lost_once:
            lost_once.append(True)
            raise lost()
        return result

    inbox = MemoryInbox()
    result = drained(session, Script(hub, inbox, Recorder(), around=lose))
    assert (result.gone, result.left) == (1, {})
    assert not inbox.unfinished(None)


# Repeats


def test_the_same_message_under_another_context_id_is_acknowledged_but_not_handled(hub, session):
    hub.put(1)
    hub.queue["catsm_nemmco_77"] = Queued("NEMMCO-MSG-1", change_response(1))
    handler = Recorder()
    script = Script(hub, MemoryInbox(), handler)
    result = drained(session, script)
    assert handler.keys == ["NEMMCO/NEMMCO-MSG-1"]
    assert (result.acknowledged, result.repeated) == (2, 1)
    assert not hub.queue
    assert len({own for _, own, _, _ in hub.macks}) == 2, "another MACK, another MessageID"
    assert b'duplicate="Yes"' in hub.macks[1][3]
    assert "repeated" in [note.what for note in script.notes]


def test_a_repeat_in_a_later_drain_is_known_too_and_gets_the_first_outcome(hub, session):
    inbox = MemoryInbox()
    hub.put(1)
    drained(session, Script(hub, inbox, Recorder(Rejection(1100, "not ours"))))
    hub.queue["catsm_nemmco_77"] = Queued("NEMMCO-MSG-1", change_response(1))
    handler = Recorder()
    drained(session, Script(hub, inbox, handler))
    assert not handler.keys
    assert [status for _, _, status, _ in hub.macks] == ["Reject", "Reject"]
    assert events_of(hub.macks[1][3]) == [("1100", "not ours")]


def test_the_mack_of_a_repeat_is_the_same_bytes_after_a_crash_too(hub, session):
    inbox = MemoryInbox()
    hub.put(1)
    drained(session, Script(hub, inbox, Recorder()))
    hub.queue["catsm_nemmco_77"] = Queued("NEMMCO-MSG-1", change_response(1))

    def around(step, perform):
        result = perform()
        if isinstance(step, HttpCall) and step.method == "POST":
            raise Crash
        return result

    with pytest.raises(Crash):
        drained(session, Script(hub, inbox, Recorder(), around=around))
    drained(session, Script(hub, inbox, Recorder()))
    assert len(hub.macks) == 3
    assert hub.macks[1] == hub.macks[2]


def test_other_content_under_a_used_message_id_is_not_lost(hub, session):
    hub.put(1)
    hub.queue["catsm_nemmco_77"] = Queued("NEMMCO-MSG-1", change_response(1, request="1000000002"))
    handler = Recorder()
    script = Script(hub, MemoryInbox(), handler)
    drained(session, script)
    assert len(handler.keys) == 2
    assert handler.keys[0] == "NEMMCO/NEMMCO-MSG-1"
    assert handler.keys[1].startswith("NEMMCO/NEMMCO-MSG-1#")
    assert "conflict" in [note.what for note in script.notes]
    assert not hub.queue


def test_a_message_the_hub_lists_again_after_its_mack_gets_another_mack_and_is_not_handled_again(hub, session):
    """A hub that was reset, or that lost our MACK: the old MACK's MessageID would be taken for a repeat."""
    inbox, handler = MemoryInbox(), Recorder()
    hub.put(1)
    drained(session, Script(hub, inbox, handler))
    hub.put(1)
    result = drained(session, Script(hub, inbox, handler))
    assert handler.keys == ["NEMMCO/NEMMCO-MSG-1"]
    assert (result.acknowledged, result.repeated) == (1, 1)
    assert hub.macks[0][1] != hub.macks[1][1]
    assert not hub.queue


def test_a_hub_that_accepts_macks_and_removes_nothing_does_not_spin(session):
    hub = FakeHub(keep_after_mack=True)
    hub.put(1)
    handler = Recorder()
    drained(session, Script(hub, MemoryInbox(), handler))
    assert len(handler.keys) == 1
    assert len(hub.macks) == 1


# What cannot be read


def broken(number: int) -> Queued:
    body = change_response(number).replace(b"<RequestID>1000000001</RequestID>", b"<Unknown/>")
    return Queued(f"NEMMCO-MSG-{number}", body)


def test_a_message_that_breaks_the_schema_is_rejected_with_event_2_and_reported(hub, session):
    hub.queue["catsm_nemmco_1"] = broken(1)
    hub.put(2)
    handler = Recorder()
    script = Script(hub, MemoryInbox(), handler)
    result = drained(session, script)
    assert handler.keys == ["NEMMCO/NEMMCO-MSG-2"]
    assert hub.macks[0][2] == "Reject"
    assert events_of(hub.macks[0][3])[0][0] == "2"
    assert (result.rejected, result.acknowledged) == (1, 1)
    (note,) = [note for note in script.notes if note.what == "unreadable"]
    assert note.delivered is not None
    assert note.delivered.body == broken(1).body
    assert not hub.queue


def test_a_message_that_is_no_xml_is_rejected_with_event_1_by_the_message_id_the_hub_lists(hub, session):
    hub.queue["catsm_nemmco_1"] = Queued("NEMMCO-MSG-1", b"<ase:aseXML")
    drained(session, Script(hub, MemoryInbox(), Recorder()))
    assert hub.macks[0][2] == "Reject"
    assert events_of(hub.macks[0][3])[0][0] == "1"
    assert b'initiatingMessageID="NEMMCO-MSG-1"' in hub.macks[0][3]
    assert not hub.queue


def test_a_gateways_error_page_does_not_get_a_message_rejected(hub, session):
    """What cannot be read is fetched a second time before anything is said about it."""
    hub.put(1)
    pages = [b"<html>busy</html>", b"try again"]

    def around(step, perform):
        if isinstance(step, HttpCall) and step.path.endswith("getMessages") and pages:
            return HttpAnswer(200, {}, pages.pop(0))
        return perform()

    result = drained(session, Script(hub, MemoryInbox(), Recorder(), around=around))
    assert "different bytes" in result.left["catsm_nemmco_1"]
    assert not hub.macks
    pages.append(b"<html>busy</html>")
    handler = Recorder()
    assert drained(session, Script(hub, MemoryInbox(), handler, around=around)).acknowledged == 1
    assert handler.keys == ["NEMMCO/NEMMCO-MSG-1"]


def test_a_message_nobody_can_name_is_left_and_reported(hub, session):
    hub.queue["catsm_nemmco_1"] = Queued(None, b"<ase:aseXML")
    hub.put(2)
    handler = Recorder()
    result = drained(session, Script(hub, MemoryInbox(), handler))
    assert list(hub.queue) == list(result.left) == ["catsm_nemmco_1"]
    assert handler.keys == ["NEMMCO/NEMMCO-MSG-2"]


def test_unreadable_messages_may_be_left_or_handled_instead(hub, session):
    hub.queue["catsm_nemmco_1"] = broken(1)
    handler = Recorder()
    result = drained(session, Script(hub, MemoryInbox(), handler), unreadable="leave")
    assert "catsm_nemmco_1" in result.left
    assert not hub.macks
    drained(session, Script(hub, MemoryInbox(), handler), unreadable="handle")
    assert handler.delivered[0].received.findings
    assert not hub.queue


def test_an_unknown_way_with_unreadable_messages_is_refused():
    with pytest.raises(ClientError, match="reject, leave, handle"):
        DrainOptions(unreadable="ignore")


def test_a_queued_mack_is_handled_and_not_acknowledged(hub, session):
    """Messages that carry message acknowledgements are not themselves acknowledged; reading them consumes them."""
    content = (
        '<Acknowledgements><MessageAcknowledgement initiatingMessageID="MINE-1" receiptID="R" '
        f'receiptDate="{STAMP}" status="Accept"/></Acknowledgements>'
    )
    hub.queue["catsm_retaila_1"] = Queued(
        "NEMMCO-MSG-1", envelope("NEMMCO-MSG-1", content), kind="Message Acknowledgement"
    )
    handler = Recorder()

    def consume(step, perform):
        result = perform()
        if isinstance(step, HttpCall) and step.path.endswith("getMessages"):
            hub.queue.clear()
        return result

    inbox = MemoryInbox()
    drained(session, Script(hub, inbox, handler, around=consume))
    assert handler.delivered[0].received.message_acknowledgements[0].initiating_message_id == "MINE-1"
    assert not hub.macks
    assert not inbox.unfinished(None)


# What the handler says


def test_a_rejection_by_the_handler_becomes_a_reject_mack(hub, session):
    hub.put(1)
    result = drained(session, Script(hub, MemoryInbox(), Recorder(Rejection(1100, "x" * 1000))))
    assert hub.macks[0][2] == "Reject"
    code, explanation = events_of(hub.macks[0][3])[0]
    assert code == "1100"
    assert explanation == "x" * 240
    assert (result.rejected, result.acknowledged) == (1, 0)
    assert not hub.queue


def test_a_handler_that_returns_something_else_is_a_mistake_that_acknowledges_nothing(hub, session):
    hub.put(1)
    with pytest.raises(TypeError, match="None or a Rejection, not bool"):
        drained(session, Script(hub, MemoryInbox(), lambda delivered: True))
    assert hub.queue


# What the hub says


def test_a_refused_mack_leaves_the_message_and_is_not_tried_twice_in_one_drain(hub, session):
    hub.put(1)
    hub.put(2)
    hub.refuse_macks = True
    inbox, handler = MemoryInbox(), Recorder()
    result = drained(session, Script(hub, inbox, handler))
    assert len(hub.macks) == 2
    assert set(result.left) == {"catsm_nemmco_1", "catsm_nemmco_2"}
    assert "code 7" in result.left["catsm_nemmco_1"]
    hub.refuse_macks = False
    again = drained(session, Script(hub, inbox, handler))
    assert len(handler.keys) == 2, "handled once each"
    assert len({own for _, own, _, _ in hub.macks}) == 4, "a MACK after a refusal is another one"
    assert again.acknowledged == 2
    assert not hub.queue


def test_a_message_gone_between_listing_and_get_is_passed_over(hub, session):
    hub.put(1)
    hub.put(2)

    def vanish(step, perform):
        result = perform()
        if isinstance(step, HttpCall) and step.path.endswith("getQueueMetaData"):
            hub.queue.pop("catsm_nemmco_1", None)
        return result

    handler = Recorder()
    result = drained(session, Script(hub, MemoryInbox(), handler, around=vanish))
    assert handler.keys == ["NEMMCO/NEMMCO-MSG-2"]
    assert result.gone == 1


@pytest.mark.parametrize("status", [400, 401, 403, 404, 405])
def test_a_final_status_ends_the_drain_and_leaves_the_work_for_the_next(hub, session, status):
    hub.put(1)
    inbox, handler = MemoryInbox(), Recorder()

    def refuse(step, perform):
        if isinstance(step, HttpCall) and step.method == "POST":
            return HttpAnswer(status)
        return perform()

    with pytest.raises(ClientError) as caught:
        drained(session, Script(hub, inbox, handler, around=refuse))
    assert caught.value.status == status
    drained(session, Script(hub, inbox, handler))
    assert handler.keys == ["NEMMCO/NEMMCO-MSG-1"]
    assert not hub.queue


def test_throttling_slows_the_drain_down_and_changes_nothing_else(hub, session):
    for number in range(5):
        hub.put(number)
    throttled: list[int] = []

    def throttle(step, perform):
        if isinstance(step, HttpCall) and len(throttled) < 2 * len(hub.calls) + 1:
            throttled.append(1)
            return HttpAnswer(429)
        return perform()

    handler = Recorder()
    script = Script(hub, MemoryInbox(), handler, around=throttle)
    assert drained(session, script).acknowledged == 5
    assert len(handler.keys) == 5
    assert script.pauses


# Going on for ever


def test_without_until_empty_it_looks_again_and_survives_what_passes(hub, session):
    looks: list[float] = []

    def around(step, perform):
        if isinstance(step, Pause):
            looks.append(step.seconds)
            if len(looks) == 1:
                hub.put(1)
                hub.scripted = [HttpAnswer(503)] * 4
            if len(looks) > 6:
                raise Crash
        return perform()

    handler = Recorder()
    script = Script(hub, MemoryInbox(), handler, around=around)
    with pytest.raises(Crash):
        drained(session, script, until_empty=False, every=17)
    assert handler.keys == ["NEMMCO/NEMMCO-MSG-1"]
    assert looks.count(17) >= 3
    assert any("503" in note.text for note in script.notes)


def test_a_refused_mack_is_not_repeated_at_every_look(hub, session):
    hub.put(1)
    hub.refuse_macks = True
    looks: list[float] = []

    def around(step, perform):
        if isinstance(step, Pause):
            looks.append(step.seconds)
            if len(looks) > 5:
                raise Crash
        return perform()

    with pytest.raises(Crash):
        drained(session, Script(hub, MemoryInbox(), Recorder(), around=around), until_empty=False)
    assert len(hub.macks) == 1


def test_a_wrong_password_ends_even_an_endless_drain(hub, session):
    hub.scripted = [HttpAnswer(401)]
    with pytest.raises(ClientError) as caught:
        drained(session, Script(hub, MemoryInbox(), Recorder()), until_empty=False)
    assert caught.value.status == 401
    assert len(hub.calls) == 1


def test_an_inbox_that_fails_ends_the_drain_before_anything_is_acknowledged(hub, session):
    hub.put(1)

    def around(step, perform):
        if isinstance(step, Keep):
            raise ClientError(Kind.INBOX, "disk full")
        return perform()

    with pytest.raises(ClientError, match="disk full"):
        drained(session, Script(hub, MemoryInbox(), Recorder(), around=around), until_empty=False)
    assert not hub.macks
    assert hub.queue
