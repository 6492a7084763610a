"""The four operations as flows, against a scripted hub."""

from __future__ import annotations

import base64
import xml.etree.ElementTree as ET
from datetime import date, timedelta

import pytest
from client_fake_hub import NOW, FakeHub, Queued, Script, account, acknowledgement, change_response, envelope, lost

from simulator.asexml.model import AseEvent
from simulator.client import messages
from simulator.client.account import Account
from simulator.client.errors import ClientError, Kind
from simulator.client.retry import Retry, retry_after
from simulator.client.session import Session
from simulator.client.values import HttpAnswer, HttpCall


def request(message_id: str = "RETAILA-MSG-1"):
    stamp = messages.Envelope("RETAILA", message_id, NOW)
    return messages.change_request(stamp, "4102034567", proposed_date=date(2026, 3, 20))


@pytest.fixture
def hub() -> FakeHub:
    return FakeHub()


@pytest.fixture
def session() -> Session:
    return Session(account())


def test_a_submission_carries_the_documented_headers(hub, session):
    receipt = Script(hub).drive(session.submit(request()))
    (call,) = hub.calls
    headers = dict(call.headers)
    assert (call.method, call.path, call.query) == ("POST", "/NEMRetail/B2MMessagingPull/v1/submitMessages", ())
    assert headers["X-initiatingParticipantID"] == "RETAILA"
    assert headers["X-market"] == "NEM"
    assert headers["Accept"] == headers["Content-Type"] == "application/xml"
    assert headers["Authorization"] == "Basic " + base64.b64encode(b"RETAILAB:secret").decode()
    assert headers["messageContextID"] == receipt.context_id
    assert headers["messageContextID"].startswith("catsm_retaila_")
    assert receipt.accepted
    assert receipt.message_id == "RETAILA-MSG-1"


def test_an_api_key_travels_in_the_header_of_the_pull_api(hub):
    Script(hub).drive(Session(account(api_key="k1")).queue())
    assert dict(hub.calls[0].headers)["Ocp-Apim-Subscription-Key"] == "k1"


def test_without_an_api_key_there_is_no_such_header(hub, session):
    Script(hub).drive(session.queue())
    assert not {"ocp-apim-subscription-key", "x-apikey"} & {name.lower() for name, _ in hub.calls[0].headers}


def test_the_made_context_id_depends_on_the_message_id_alone(hub, session):
    first, again, other = (Script(hub).drive(session.submit(request(i))) for i in ("M-1", "M-1", "M-2"))
    assert first.context_id == again.context_id != other.context_id
    assert again.duplicate
    assert again.accepted


def test_a_given_context_id_is_used_as_it_is(hub, session):
    Script(hub).drive(session.submit(request(), "CATSX whatever"))
    assert dict(hub.calls[0].headers)["messageContextID"] == "CATSX whatever"


def test_bytes_are_sent_as_they_are(hub, session):
    body = change_response(1, message_id="MINE")
    assert Script(hub).drive(session.submit(body)).message_id == "MINE"
    assert hub.calls[0].body == body


def test_bytes_without_a_readable_header_need_a_context_id(hub, session):
    with pytest.raises(ClientError, match="give a messageContextID") as caught:
        Script(hub).drive(session.submit(b"no xml"))
    assert caught.value.kind is Kind.USAGE
    hub.scripted = [HttpAnswer(200, {}, acknowledgement("X", status="Reject", why="not well formed"))]
    assert not Script(hub).drive(session.submit(b"no xml", "catsm_retaila_1")).accepted
    assert hub.calls[-1].body == b"no xml"


@pytest.mark.parametrize("context_id", ["catsm_retaila_1\r\nX-evil: 1", "käse", "a\x00b"])
def test_a_context_id_that_no_header_can_hold_is_refused_here(hub, session, context_id):
    with pytest.raises(ClientError) as caught:
        Script(hub).drive(session.submit(request(), context_id))
    assert caught.value.kind is Kind.USAGE
    assert not hub.calls


def test_a_lost_answer_is_asked_for_again_with_the_same_ids_and_the_repeat_counts_as_success(hub, session):
    def lose_first(step, perform):
        result = perform()
        if isinstance(step, HttpCall) and len(hub.calls) == 1:
            raise lost()
        return result

    script = Script(hub, around=lose_first)
    receipt = script.drive(session.submit(request()))
    assert receipt.accepted
    assert receipt.duplicate
    assert hub.calls[0] == hub.calls[1]
    assert len(script.pauses) == 1


def test_a_reject_is_an_answer_not_an_error(hub, session):
    hub.scripted = [HttpAnswer(200, {}, acknowledgement("RETAILA-MSG-1", status="Reject", why="From differs"))]
    receipt = Script(hub).drive(session.submit(request()))
    assert receipt.status == "Reject"
    assert receipt.receipt_id is None
    assert [(e.code, e.explanation) for e in receipt.events] == [(7, "From differs")]


def test_a_root_level_event_is_a_reject(hub, session):
    body = (
        b'<ase:Event xmlns:ase="urn:aseXML:r46" class="Message" severity="Fatal"><Code>1</Code>'
        b"<Explanation>not well formed</Explanation></ase:Event>"
    )
    hub.scripted = [HttpAnswer(200, {}, body)]
    receipt = Script(hub).drive(session.submit(request()))
    assert receipt.status == "Reject"
    assert [(e.code, e.severity, e.explanation) for e in receipt.events] == [(1, "Fatal", "not well formed")]


@pytest.mark.parametrize("body", [b"", b"<html>proxy</html>", change_response(1)])
def test_an_answer_without_an_acknowledgement_is_an_error_of_its_own_kind(hub, session, body):
    hub.scripted = [HttpAnswer(200, {}, body)]
    with pytest.raises(ClientError, match="without an acknowledgement") as caught:
        Script(hub).drive(session.submit(request()))
    assert caught.value.kind is Kind.ANSWER


# The queue


def test_the_queue_is_listed_in_the_hubs_order(hub, session):
    for number in (3, 1, 2):
        hub.put(number)
    entries = Script(hub).drive(session.queue())
    assert [entry.context_id for entry in entries] == ["catsm_nemmco_3", "catsm_nemmco_1", "catsm_nemmco_2"]
    first = entries[0]
    assert (first.message_id, first.sender, first.group, first.priority) == ("NEMMCO-MSG-3", "NEMMCO", "CATS", "Medium")
    assert first.message_type == "Transaction Message"
    assert "messageContextID" not in dict(hub.calls[0].headers)


def test_a_group_is_passed_on_as_the_documented_parameter(hub, session):
    hub.put(1)
    assert Script(hub).drive(session.queue("NMID")) == ()
    assert hub.calls[0].query == (("transactionGroup", "NMID"),)


def test_a_listing_that_is_none_is_an_error(hub, session):
    hub.scripted = [HttpAnswer(200, {}, change_response(1))]
    with pytest.raises(ClientError) as caught:
        Script(hub).drive(session.queue())
    assert caught.value.kind is Kind.ANSWER


def test_a_message_is_fetched_by_query_parameter_and_stays(hub, session):
    context_id = hub.put(5)
    delivered = Script(hub).drive(session.get(context_id))
    assert hub.calls[0].query == (("messageContextID", context_id),)
    assert delivered.body == hub.queue[context_id].body
    assert (delivered.key, delivered.message_id, delivered.sender) == ("NEMMCO/NEMMCO-MSG-5", "NEMMCO-MSG-5", "NEMMCO")
    assert delivered.received.transactions[0].view.text("RequestID") == "1000000001"


def test_a_message_that_is_not_there_is_not_found(hub, session):
    with pytest.raises(ClientError) as caught:
        Script(hub).drive(session.get("catsm_nemmco_9"))
    assert caught.value.kind is Kind.NOT_FOUND
    assert len(hub.calls) == 1


def test_an_empty_listing_instead_of_a_message_is_not_found_too(hub, session):
    hub.scripted = [FakeHub().answer(next(session.queue()))]
    with pytest.raises(ClientError) as caught:
        Script(hub).drive(session.get("catsm_nemmco_9"))
    assert caught.value.kind is Kind.NOT_FOUND


def test_a_compressed_answer_is_refused(hub, session):
    hub.scripted = [HttpAnswer(200, {"content-encoding": "gzip"}, b"\x1f\x8b")]
    with pytest.raises(ClientError, match="compressed"):
        Script(hub).drive(session.queue())
    assert dict(hub.calls[0].headers)["Accept-Encoding"] == "identity"


# Acknowledging


def test_a_mack_names_the_message_and_travels_under_its_context_id(hub, session):
    context_id = hub.put(5)
    delivered = Script(hub).drive(session.get(context_id))
    assert Script(hub).drive(session.acknowledge(delivered)).accepted
    call = hub.calls[-1]
    header = ET.fromstring(call.body).find("Header")
    mack = ET.fromstring(call.body).find("Acknowledgements/MessageAcknowledgement")
    assert dict(call.headers)["messageContextID"] == context_id
    assert call.path.endswith("/submitMessageAcknowledgements")
    assert {child.tag: child.text for child in header} == {
        "From": "RETAILA",
        "To": "NEMMCO",
        "MessageID": header.findtext("MessageID"),
        "MessageDate": header.findtext("MessageDate"),
        "TransactionGroup": "CATS",
        "Priority": "Medium",
        "Market": "NEM",
    }
    assert mack.get("initiatingMessageID") == "NEMMCO-MSG-5"
    assert mack.get("status") == "Accept"
    assert 1 <= len(mack.get("receiptID")) <= 36
    assert [event.get("severity") for event in mack] == ["Information"]
    assert not session.read(call.body).findings
    assert not hub.queue


def test_the_same_acknowledgement_has_the_same_message_id_and_another_has_another(hub, session):
    context_id = hub.put(5)
    delivered = Script(hub).drive(session.get(context_id))
    hub.refuse_macks = True
    for status in ("Accept", "Accept", "Reject"):
        Script(hub).drive(session.acknowledge(delivered, status=status))
    ids = [own for _, own, _, _ in hub.macks]
    assert ids[0] == ids[1] != ids[2]
    assert all(len(own) <= 36 for own in ids)


def test_an_acknowledgement_by_context_id_needs_the_message_id(hub, session):
    context_id = hub.put(5)
    with pytest.raises(ClientError) as caught:
        Script(hub).drive(session.acknowledge(context_id))
    assert caught.value.kind is Kind.USAGE
    assert Script(hub).drive(session.acknowledge(context_id, "NEMMCO-MSG-5", acknowledgement_id="MY-ACK")).accepted
    assert hub.macks[-1][1] == "MY-ACK"
    assert b"<TransactionGroup>CATS</TransactionGroup>" in hub.macks[-1][3]


def test_a_rejecting_mack_carries_its_events_and_no_receipt(hub, session):
    delivered = Script(hub).drive(session.get(hub.put(5)))
    events = (AseEvent(2, "Error", "Message", explanation="Schema validation failure"),)
    Script(hub).drive(session.acknowledge(delivered, status="Reject", events=events))
    mack = ET.fromstring(hub.macks[-1][3]).find("Acknowledgements/MessageAcknowledgement")
    assert (mack.get("status"), mack.get("receiptID"), mack.findtext("Event/Code")) == ("Reject", None, "2")
    assert not hub.queue


def test_a_status_that_is_none_is_refused_here(hub, session):
    with pytest.raises(ClientError, match="Accept or Reject"):
        Script(hub).drive(session.acknowledge("catsm_nemmco_1", "X", status="Partial"))


def test_a_message_without_a_message_id_cannot_be_acknowledged(hub, session):
    hub.queue["catsm_nemmco_1"] = Queued(None, b"<broken")
    delivered = Script(hub).drive(session.get("catsm_nemmco_1"))
    assert delivered.message_id is None
    assert delivered.sender is None
    with pytest.raises(ClientError, match="no readable MessageID"):
        Script(hub).drive(session.acknowledge(delivered))


def test_a_mack_answers_in_the_release_it_was_written_in(hub, session):
    hub.queue["catsm_nemmco_1"] = Queued("M-1", change_response(1, message_id="M-1").replace(b"r46", b"r44"))
    delivered = Script(hub).drive(session.get("catsm_nemmco_1"))
    Script(hub).drive(session.acknowledge(delivered))
    assert b'xmlns:ase="urn:aseXML:r44"' in hub.macks[-1][3]


def test_a_group_no_header_may_name_is_acknowledged_as_msgs(hub, session):
    hub.queue["catsm_nemmco_1"] = Queued("M-1", envelope("M-1", "<Transactions/>", group="WHAT"))
    delivered = Script(hub).drive(session.get("catsm_nemmco_1"))
    Script(hub).drive(session.acknowledge(delivered, status="Reject"))
    assert b"<TransactionGroup>MSGS</TransactionGroup>" in hub.macks[-1][3]


# Back-off


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_what_may_pass_is_tried_again_with_back_off(hub, session, status):
    hub.scripted = [HttpAnswer(status)] * 2
    script = Script(hub)
    assert script.drive(session.queue()) == ()
    assert len(hub.calls) == 3
    assert len(script.pauses) == 2
    assert 0 <= script.pauses[0] <= 1.0
    assert 0 <= script.pauses[1] <= 2.0
    assert str(status) in script.notes[0].text


@pytest.mark.parametrize("status", [301, 400, 401, 403, 404, 405, 413, 422])
def test_what_is_final_is_not_tried_again(hub, session, status):
    hub.scripted = [HttpAnswer(status)]
    script = Script(hub)
    with pytest.raises(ClientError) as caught:
        script.drive(session.queue())
    assert caught.value.status == status
    assert len(hub.calls) == 1
    assert not script.pauses
    assert "\n" not in str(caught.value)


def test_attempts_are_bounded(hub, session):
    hub.scripted = [HttpAnswer(503)] * 10
    with pytest.raises(ClientError) as caught:
        Script(hub).drive(session.queue())
    assert caught.value.status == 503
    assert len(hub.calls) == 4


def test_retry_after_is_honoured(hub, session):
    hub.scripted = [HttpAnswer(429, {"retry-after": "7"})]
    script = Script(hub)
    script.drive(session.queue())
    assert 7 <= script.pauses[0] <= 8


def test_a_retry_after_beyond_patience_ends_the_call(hub, session):
    hub.scripted = [HttpAnswer(429, {"retry-after": "86400"})]
    with pytest.raises(ClientError, match="asked to wait 86400 s"):
        Script(hub).drive(session.queue())


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        (None, None),
        ("0", 0.0),
        ("12", 12.0),
        ("-5", None),
        ("soon", None),
        ("9" * 400, 999_999_999.0),
        ("Sun, 01 Mar 2026 23:00:30 GMT", 30.0),
        ("Sun, 01 Mar 2026 22:00:00 GMT", 0.0),
    ],
)
def test_retry_after_in_seconds_or_as_a_date(value, seconds):
    assert retry_after(value, lambda: NOW) == seconds


def test_pauses_grow_to_the_cap_and_are_never_longer():
    class Most:
        def uniform(self) -> float:
            return 0.999999

    retry = Retry(base=0.5, cap=30)
    pauses = [retry.pause(attempt, Most(), None) for attempt in range(1, 1200)]
    assert pauses[0] == pytest.approx(1.0, abs=1e-3)
    assert pauses == sorted(pauses)
    assert max(pauses) <= 30


def test_two_clients_do_not_wait_alike(hub):
    def pauses(session: Session) -> list[float]:
        hub.scripted = [HttpAnswer(503)] * 3
        script = Script(hub)
        script.drive(session.queue())
        return script.pauses

    first, second = Session(account(draw=None)), Session(account(draw=None, now=lambda: NOW + timedelta(seconds=1)))
    assert pauses(first) != pauses(second)


# Settings


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("ftp://x", "no base URL"),
        ("hub.example", "no base URL"),
        ("https://", "no base URL"),
        ("https://[::1", "no URL"),
        ("https://x:port/", "no URL"),
        ("https://u:p@x/", "no credentials"),
        ("https://x/?a=1", "no credentials"),
        ("http://hub.example", "plain HTTP"),
    ],
)
def test_a_base_url_that_cannot_be_used_says_why(url, why):
    with pytest.raises(ClientError, match=why) as caught:
        Account(url, "RETAILA", "u", "p")
    assert caught.value.kind is Kind.USAGE


@pytest.mark.parametrize("url", ["http://127.0.0.1:9380", "http://localhost", "http://[::1]:1"])
def test_plain_http_is_for_loopback(url):
    assert Account(url, "RETAILA", "u", "p").split.scheme == "http"
    assert Account("http://hub.example", "RETAILA", "u", "p", insecure_plain=True).split.scheme == "http"


@pytest.mark.parametrize(
    "changed",
    [
        {"participant": "retaila"},
        {"participant": ""},
        {"user": "a\nb"},
        {"password": "a\r"},
        {"user": "a:b"},
        {"user": ""},
        {"market": "NEM\r\nX: 1"},
        {"market": ""},
        {"api_key": "ключ"},
        {"release": "46"},
        {"release": "r46 "},
    ],
)
def test_settings_that_no_header_can_hold_are_refused(changed):
    with pytest.raises(ClientError) as caught:
        Account(**{"base_url": "https://x", "participant": "RETAILA", "user": "u", "password": "p", **changed})
    assert caught.value.kind is Kind.USAGE


def test_secrets_are_not_shown():
    shown = repr(account(api_key="k3y"))
    assert "secret" not in shown
    assert "k3y" not in shown


def test_a_workspace_prefix_is_kept():
    call = next(Session(account()).get("catsm_nemmco_1"))
    assert call.target("/w/one") == "/w/one/NEMRetail/B2MMessagingPull/v1/getMessages?messageContextID=catsm_nemmco_1"
    assert call.target("/w/my%20ws").startswith("/w/my%20ws/")
