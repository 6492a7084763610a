"""The reference client against the real server, over mutual TLS: both drivers, and the verbs."""

from __future__ import annotations

import argparse
import asyncio
import io
from datetime import date, timedelta
from typing import Any

import pytest
import trustme
from in_thread import NMI, PASSWORD, RETAILER, USER, Site, served
from msgspec.structs import replace

from simulator.asexml import encode
from simulator.base.clock import market_time
from simulator.client import blocking, messages, verbs
from simulator.client.aio import HubClient as AioHubClient
from simulator.client.errors import ClientError, Kind
from simulator.client.file_inbox import FileInbox
from simulator.client.retry import Retry
from simulator.client.values import Delivered, Rejection


@pytest.fixture(scope="module")
def certificates(tmp_path_factory):
    return tmp_path_factory.mktemp("certs")


@pytest.fixture
def site(certificates):
    with served(certificates) as found:
        yield found


class AsIfBlocking:
    """The asyncio client called like the blocking one."""

    def __init__(self, client: AioHubClient, loop: asyncio.AbstractEventLoop) -> None:
        self._client = client
        self._loop = loop

    def __getattr__(self, name: str) -> Any:
        return lambda *args, **named: self._loop.run_until_complete(getattr(self._client, name)(*args, **named))


@pytest.fixture(params=["aio", "blocking"])
def connect(request, site):
    loop = asyncio.new_event_loop()
    made: list[Any] = []
    pauses: list[float] = []

    async def pause(seconds: float) -> None:
        pauses.append(seconds)

    def make(participant: str = RETAILER, user: str = USER, password: str = PASSWORD, **changed: Any) -> Any:
        files = {"ca": site.ca, "certificate": site.certificate(), "key": site.key()}
        options = {"now": site.served.runtime.clock.now, "retry": Retry(attempts=2), **files, **changed}
        who = (site.url, participant, user, password)
        if request.param == "blocking":
            made.append(blocking.HubClient(*who, sleep=pauses.append, **options))
        else:
            made.append(AsIfBlocking(AioHubClient(*who, sleep=pause, **options), loop))
        return made[-1]

    make.pauses = pauses
    yield make
    for client in made:
        client.close()
    loop.run_until_complete(asyncio.sleep(0))
    loop.close()


def change_request(site: Site, message_id: str = "RETAILA-MSG-1"):
    now = market_time(site.served.runtime.clock.now())
    stamp = messages.Envelope(RETAILER, message_id, now)
    return messages.change_request(stamp, NMI, proposed_date=(now + timedelta(days=14)).date())


def names(delivered: Delivered) -> list[str]:
    return [transaction.name for transaction in delivered.received.transactions]


def statuses(taken: list[Delivered]) -> list[str | None]:
    found = [t.view.text("ChangeRequest/ChangeStatusCode") for d in taken for t in d.received.transactions]
    return [status for status in found if status]


def test_submit_queue_get_acknowledge_drain(connect, site, tmp_path):
    client = connect()
    receipt = client.submit(change_request(site))
    assert receipt.accepted
    assert receipt.receipt_id
    assert not receipt.duplicate

    response, notification = client.queue("CATS")
    assert (response.group, response.sender, response.message_type) == ("CATS", "NEMMCO", "Transaction Message")
    first = client.get(response.context_id)
    assert first.received.findings == ()
    assert names(first) == ["CATSChangeResponse"]
    assert first.received.transactions[0].initiating_transaction_id == "RETAILA-MSG-1-T"
    assert client.get(response.context_id).body == first.body, "a get may be repeated"
    assert client.acknowledge(first).accepted
    assert [entry.context_id for entry in client.queue()] == [notification.context_id]

    taken: list[Delivered] = []
    with FileInbox(tmp_path) as inbox:
        assert client.drain(taken.append, inbox=inbox).acknowledged == 1
        for days in (7, 30):
            site.advance(days=days)
            client.drain(taken.append, inbox=inbox)
        assert not inbox.unfinished(None)
    assert statuses(taken) == ["REQ", "PEN", "COM"]
    assert client.queue() == ()
    assert not connect.pauses


def test_a_repeated_submission_is_a_duplicate_with_the_same_receipt(connect, site):
    client, message = connect(), change_request(site)
    first, second = client.submit(message), client.submit(message)
    assert second.accepted
    assert second.duplicate
    assert second.receipt_id == first.receipt_id
    assert len(client.queue()) == 2, "processed once"


def test_a_repeated_mack_is_answered_alike_and_a_mack_for_nothing_is_refused(connect, site):
    client = connect()
    client.submit(change_request(site))
    delivered = client.get(client.queue()[0].context_id)
    assert client.acknowledge(delivered).accepted
    assert client.acknowledge(delivered).accepted
    assert not client.acknowledge(delivered, acknowledgement_id="ANOTHER").accepted
    assert len(client.queue()) == 1


def test_a_drain_that_was_killed_in_the_handler_goes_on_where_it_was(connect, site, tmp_path):
    client, starts = connect(), []
    client.submit(change_request(site))

    def handler(delivered: Delivered) -> None:
        starts.append((delivered.key, delivered.starts))
        if len(starts) == 2:
            raise KeyboardInterrupt

    with FileInbox(tmp_path) as inbox, pytest.raises(KeyboardInterrupt):
        client.drain(handler, inbox=inbox)
    assert len(client.queue()) == 1, "the first is acknowledged, the second is not"
    with FileInbox(tmp_path) as inbox:
        client.drain(handler, inbox=inbox)
    assert [count for _, count in starts] == [1, 1, 2]
    assert starts[1][0] == starts[2][0]
    assert client.queue() == ()


def test_a_handler_that_rejects_removes_the_message_too(connect, site):
    client = connect()
    client.submit(change_request(site))
    done = client.drain(lambda delivered: Rejection(1100, "not for us"))
    assert done.rejected == 2
    assert client.queue() == ()


def test_a_hub_that_was_reset_sends_again_and_nothing_is_handled_twice(connect, site, tmp_path):
    """Same seed, same held clock, same requests: the same bytes come again after a reset."""
    client, taken = connect(), []
    with FileInbox(tmp_path) as inbox:
        client.submit(change_request(site))
        client.drain(taken.append, inbox=inbox)
        site.reset()
        client.submit(change_request(site))
        done = client.drain(taken.append, inbox=inbox)
    assert len(taken) == 2
    assert (done.handled, done.repeated, done.acknowledged) == (0, 2, 2)
    assert client.queue() == ()


def test_a_malformed_submission_is_answered_by_an_event(connect):
    receipt = connect().submit(b"this is no XML", "catsm_retaila_1")
    assert receipt.status == "Reject"
    assert [event.code for event in receipt.events] == [1]


def test_a_schema_violation_is_rejected_with_event_2(connect, site):
    body = encode.write(change_request(site)).replace(b"ChangeReasonCode", b"Unknown")
    receipt = connect().submit(body)
    assert receipt.status == "Reject"
    assert [event.code for event in receipt.events] == [2]
    assert connect().queue() == ()


def test_a_message_from_somebody_else_is_rejected_with_event_7(connect, site):
    message = change_request(site)
    foreign = replace(message, header=replace(message.header, sender="RETAILB"))
    assert [event.code for event in connect().submit(foreign).events] == [7]


def test_what_is_not_queued_is_not_found(connect):
    with pytest.raises(ClientError) as caught:
        connect().get("catsm_nemmco_404")
    assert caught.value.kind is Kind.NOT_FOUND


def refused(client: Any) -> ClientError:
    with pytest.raises(ClientError) as caught:
        client.queue()
    assert "\n" not in str(caught.value)
    return caught.value


def test_a_wrong_password_is_final_and_tried_once(connect, site):
    assert refused(connect(password="wrong")).status == 401
    assert not connect.pauses


def test_no_certificate_and_another_participants_certificate(connect, site):
    assert refused(connect(certificate=None, key=None)).status == 500
    other = {"certificate": site.certificate("DATACO"), "key": site.key("DATACO")}
    assert refused(connect(**other)).status == 500


def test_a_certificate_of_a_foreign_authority(connect, tmp_path):
    leaf = trustme.CA().issue_cert("retaila@example.org")
    (tmp_path / "leaf.pem").write_bytes(leaf.cert_chain_pems[0].bytes())
    (tmp_path / "leaf.key").write_bytes(leaf.private_key_pem.bytes())
    foreign = {"certificate": str(tmp_path / "leaf.pem"), "key": str(tmp_path / "leaf.key")}
    assert refused(connect(**foreign)).kind in (Kind.CERTIFICATE, Kind.LOST)


def test_a_server_whose_authority_we_do_not_have(connect):
    assert refused(connect(ca=None)).kind is Kind.UNTRUSTED


# The command line


def run(site: Site, *words: str, stdin: bytes = b"") -> tuple[int, str, str]:
    environ = {
        "EHUBSIM_URL": site.url,
        "EHUBSIM_CA": site.ca,
        "EHUBSIM_PARTICIPANT": RETAILER,
        "EHUBSIM_USER": USER,
        "EHUBSIM_PASSWORD": PASSWORD,
        "EHUBSIM_CLIENT_CERT": site.certificate(),
        "EHUBSIM_CLIENT_KEY": site.key(),
    }
    parser = argparse.ArgumentParser()
    verbs.add_arguments(parser)
    out, err = io.StringIO(), io.StringIO()
    code = verbs.run(parser.parse_args(words), environ, out, err, io.BytesIO(stdin))
    return code, out.getvalue(), err.getvalue()


def test_the_verbs_from_end_to_end(site, tmp_path):
    stamp = messages.Envelope(RETAILER, "RETAILA-MSG-1", market_time(site.served.runtime.clock.now()))
    request = encode.write(messages.change_request(stamp, NMI, proposed_date=date(2026, 3, 16)))
    code, out, _ = run(site, "submit", "-", stdin=request)
    assert (code, out.split()[0]) == (0, "Accept")
    code, out, _ = run(site, "queue")
    context_id = out.split()[0]
    assert (code, len(out.splitlines())) == (0, 2)
    code, out, _ = run(site, "get", context_id)
    assert (code, "<CATSChangeResponse" in out) == (0, True)
    assert run(site, "ack", context_id)[0] == 0
    code, out, err = run(site, "drain", "--once", "--inbox", str(tmp_path / "inbox"), "--out", str(tmp_path / "out"))
    assert (code, err) == (0, "1 handled, 1 acknowledged, 0 rejected, 0 repeated, 0 left\n")
    assert "CATSNotification" in out
    assert run(site, "queue")[1] == ""
    assert run(site, "get", context_id)[0] == 1
    assert run(site, "queue", "--password", "wrong")[0] == 3
