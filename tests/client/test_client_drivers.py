"""Both drivers against a hand-made server on loopback, over TLS: the same script for each."""

from __future__ import annotations

import asyncio
import gzip
import socket
import ssl
import subprocess
import sys
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import trustme
from client_fake_hub import NOW, Recorder, change_response
from client_stub import Stub, serving
from cryptography.hazmat.primitives import serialization

import simulator.client
from simulator.client import blocking, messages
from simulator.client.aio import HubClient as AioHubClient
from simulator.client.errors import ClientError, Kind
from simulator.client.file_inbox import FileInbox
from simulator.client.retry import Retry
from simulator.client.values import HttpAnswer, Rejection

CREDENTIALS = ("RETAILA", "RETAILAB", "secret")


class Files:
    """Certificates of one authority, as files."""

    def __init__(self, directory: Path) -> None:
        self.authority = trustme.CA()
        self.ca = self._write(directory / "ca.pem", self.authority.cert_pem.bytes())
        self.certificate, self.key = self._leaf(directory, "RETAILA")

    @staticmethod
    def _write(path: Path, content: bytes) -> str:
        path.write_bytes(content)
        return str(path)

    def _leaf(self, directory: Path, name: str) -> tuple[str, str]:
        leaf = self.authority.issue_cert(f"{name.lower()}@example.org")
        certificate = self._write(directory / f"{name}.pem", b"".join(p.bytes() for p in leaf.cert_chain_pems))
        return certificate, self._write(directory / f"{name}.key", leaf.private_key_pem.bytes())

    def server(self, *names: str, client_authority: trustme.CA | None = None, tls13: bool = True) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.authority.issue_cert(*(names or ("127.0.0.1",))).configure_cert(context)
        if not tls13:
            context.maximum_version = ssl.TLSVersion.TLSv1_2
        if client_authority is not None:
            client_authority.configure_trust(context)
            context.verify_mode = ssl.CERT_REQUIRED
        return context


@pytest.fixture(scope="module")
def files(tmp_path_factory) -> Files:
    return Files(tmp_path_factory.mktemp("tls"))


@pytest.fixture(scope="module")
def other_files(tmp_path_factory) -> Files:
    return Files(tmp_path_factory.mktemp("other"))


class AsIfBlocking:
    """The asyncio client called like the blocking one, on a loop of its own."""

    def __init__(self, client: AioHubClient, loop: asyncio.AbstractEventLoop) -> None:
        self._client = client
        self._loop = loop

    def __getattr__(self, name: str) -> Any:
        return lambda *args, **named: self._loop.run_until_complete(getattr(self._client, name)(*args, **named))


@pytest.fixture(params=["aio", "blocking"])
def connect(request):
    """Makes clients of one driver; pauses are noted in ``connect.pauses`` and take no time."""
    loop = asyncio.new_event_loop()
    made: list[Any] = []

    def make(url: str, **options: Any) -> Any:
        values = {"timeout": 20.0, "retry": Retry(attempts=1), "now": lambda: NOW, **options}
        if request.param == "blocking":
            client: Any = blocking.HubClient(url, *CREDENTIALS, sleep=make.pauses.append, **values)
        else:

            async def sleep(seconds: float) -> None:
                make.pauses.append(seconds)

            client = AsIfBlocking(AioHubClient(url, *CREDENTIALS, sleep=sleep, **values), loop)
        made.append(client)
        return client

    make.pauses = []
    yield make
    for client in made:
        client.close()
    loop.run_until_complete(asyncio.sleep(0))
    loop.close()


@pytest.fixture
def plain():
    with serving() as stub:
        yield stub


def request(message_id: str = "RETAILA-MSG-1"):
    stamp = messages.Envelope("RETAILA", message_id, NOW)
    return messages.change_request(stamp, "4102034567", proposed_date=date(2026, 3, 20))


def kind_of(client: Any) -> tuple[Kind, str]:
    with pytest.raises(ClientError) as caught:
        client.queue()
    assert "\n" not in str(caught.value)
    return caught.value.kind, str(caught.value)


# The good path


@pytest.mark.parametrize("tls13", [True, False])
def test_everything_over_mutual_tls(connect, files, tls13, tmp_path):
    with serving(files.server(client_authority=files.authority, tls13=tls13)) as stub:
        client = connect(stub.url, ca=files.ca, certificate=files.certificate, key=files.key)
        assert client.submit(request()).accepted
        assert client.submit(request()).duplicate
        stub.hub.put(1)
        stub.hub.put(2)
        stub.hub.put(3)
        first = client.queue()[0]
        delivered = client.get(first.context_id)
        assert delivered.body == change_response(1)
        assert client.acknowledge(delivered).accepted
        assert len(client.queue()) == 2
        handler = Recorder()
        with FileInbox(tmp_path) as inbox:
            assert client.drain(handler, inbox=inbox).acknowledged == 2
        assert handler.keys == ["NEMMCO/NEMMCO-MSG-2", "NEMMCO/NEMMCO-MSG-3"]
        assert not stub.hub.queue
        assert stub.connections == 1, "the connection is kept alive"


def test_a_drain_without_an_inbox_remembers_within_the_client(connect, plain):
    client, handler = connect(plain.url), Recorder()
    plain.hub.put(1)
    client.drain(handler)
    plain.hub.put(1)
    assert client.drain(handler).repeated == 1
    assert len(handler.keys) == 1


def test_the_wire_shows_the_documented_headers_once_each(connect, plain):
    connect(plain.url + "/w/one", api_key="k1").submit(request(), "catsm_retaila_1")
    ((method, path, headers),) = plain.requests
    names = [name.lower() for name, _ in headers]
    assert (method, path) == ("POST", "/w/one/NEMRetail/B2MMessagingPull/v1/submitMessages")
    assert len(names) == len(set(names))
    found = dict(headers)
    assert found["messageContextID"] == "catsm_retaila_1"
    assert found["X-initiatingParticipantID"] == "RETAILA"
    assert found["Accept-Encoding"] == "identity"
    assert found["Content-Type"] == "application/xml"
    assert found["Ocp-Apim-Subscription-Key"] == "k1"
    assert "Transfer-Encoding" not in found


def test_query_values_are_quoted(connect, plain):
    with pytest.raises(ClientError):
        connect(plain.url).get("a b&c=d%/ä".replace("ä", "+"))
    assert plain.requests[0][1].endswith("getMessages?messageContextID=a%20b%26c%3Dd%25%2F%2B")
    assert plain.hub.calls[0].query == (("messageContextID", "a b&c=d%/+"),)


def test_pauses_are_the_injected_sleep(connect, plain):
    plain.hub.scripted = [plain_answer(503), plain_answer(429, retry_after="3")]
    assert connect(plain.url, retry=Retry(attempts=3)).queue() == ()
    assert len(connect.pauses) == 2
    assert connect.pauses[1] >= 3


def plain_answer(status: int, **headers: str):
    return HttpAnswer(status, headers)


def test_what_a_handler_raises_passes_through_whatever_it_is(connect, plain):
    plain.hub.put(1)

    def handler(delivered):
        raise StopIteration

    with pytest.raises((StopIteration, RuntimeError)):
        connect(plain.url).drain(handler)
    assert plain.hub.queue
    assert not plain.hub.macks


def test_a_client_error_of_the_handler_is_the_handlers(connect, plain):
    plain.hub.put(1)

    def handler(delivered):
        raise ClientError(Kind.LOST, "the handler's own call failed")

    with pytest.raises(ClientError, match="the handler's own"):
        connect(plain.url).drain(handler, until_empty=False)
    assert not connect.pauses


def test_a_handler_may_reject(connect, plain):
    plain.hub.put(1)
    assert connect(plain.url).drain(lambda delivered: Rejection(1100, "no")).rejected == 1


# TLS that fails, one line each


def test_a_server_we_do_not_trust(connect, files, other_files):
    with serving(files.server()) as stub:
        assert kind_of(connect(stub.url, ca=other_files.ca))[0] is Kind.UNTRUSTED
        kind, text = kind_of(connect(stub.url))
        assert kind is Kind.UNTRUSTED
        assert "give the CA" in text


def test_a_certificate_for_another_name(connect, files):
    with serving(files.server("hub.example.org")) as stub:
        kind, text = kind_of(connect(stub.url, ca=files.ca))
        assert kind is Kind.WRONG_NAME
        assert f"127.0.0.1:{stub.server_port}" in text


@pytest.mark.parametrize("tls13", [True, False])
def test_a_server_that_wants_a_client_certificate(connect, files, tls13):
    with serving(files.server(client_authority=files.authority, tls13=tls13)) as stub:
        kind, text = kind_of(connect(stub.url, ca=files.ca))
        assert kind in (Kind.CERTIFICATE, Kind.LOST)
        assert "client certificate" in text


@pytest.mark.parametrize("tls13", [True, False])
def test_a_client_certificate_of_another_authority(connect, files, other_files, tls13):
    with serving(files.server(client_authority=files.authority, tls13=tls13)) as stub:
        client = connect(stub.url, ca=files.ca, certificate=other_files.certificate, key=other_files.key)
        kind, text = kind_of(client)
        assert kind in (Kind.CERTIFICATE, Kind.LOST)
        assert "our client certificate" in text


def test_tls_to_a_plain_port(connect, plain):
    kind, text = kind_of(connect(plain.url.replace("http:", "https:")))
    assert kind in (Kind.TLS, Kind.LOST)
    assert "TLS" in text


def test_plain_to_a_tls_port(connect, files):
    with serving(files.server()) as stub:
        assert kind_of(connect(stub.url.replace("https:", "http:")))[0] is Kind.LOST


def test_files_that_cannot_be_used(connect, files, other_files, tmp_path):
    garbage = tmp_path / "garbage.pem"
    garbage.write_text("-----BEGIN CERTIFICATE-----\nnothing\n-----END CERTIFICATE-----\n")
    missing = str(tmp_path / "missing.pem")
    mistakes = (
        ({"ca": missing}, "does not exist"),
        ({"ca": str(garbage)}, "CA file"),
        ({"certificate": missing}, "does not exist"),
        ({"certificate": str(garbage)}, "cannot be used"),
        ({"certificate": files.certificate, "key": other_files.key}, "key values mismatch"),
        ({"certificate": files.certificate, "key": missing}, "does not exist"),
        ({"key": files.key}, "without its certificate"),
    )
    for options, why in mistakes:
        with pytest.raises(ClientError, match=why) as caught:
            connect("https://127.0.0.1:1", **options)
        assert "\n" not in str(caught.value)


def test_an_encrypted_key_is_refused_and_never_asked_for(connect, files, tmp_path):
    key = serialization.load_pem_private_key(Path(files.key).read_bytes(), None)
    locked = tmp_path / "locked.key"
    locked.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.BestAvailableEncryption(b"secret"),
        )
    )
    with pytest.raises(ClientError, match="cannot be used"):
        connect("https://127.0.0.1:1", certificate=files.certificate, key=str(locked))


# Connections that fail


def test_nobody_listens(connect):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    kind, text = kind_of(connect(f"http://127.0.0.1:{port}"))
    assert kind is Kind.UNREACHABLE
    assert "refused" in text


@pytest.mark.parametrize("host", ["no-such-host.invalid", "a" * 70 + ".invalid", ".."])
def test_a_host_nobody_knows(connect, host):
    kind, _ = kind_of(connect(f"https://{host}"))
    assert kind in (Kind.UNREACHABLE, Kind.LOST)


def test_a_server_that_never_answers(connect):
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        kind, text = kind_of(connect(f"http://127.0.0.1:{silent.getsockname()[1]}", timeout=0.05))
    assert kind is Kind.TIMEOUT
    assert "0.05 s" in text


def test_a_lost_answer_is_its_own_kind(connect, plain):
    def hang_up(handler) -> bool:
        handler.close_connection = True
        return True

    plain.raw = hang_up
    assert kind_of(connect(plain.url))[0] is Kind.LOST


def test_an_answer_cut_short_is_lost(connect, plain):
    def cut(handler) -> bool:
        handler.send_response(200)
        handler.send_header("Content-Length", "100")
        handler.end_headers()
        handler.wfile.write(b"only this")
        handler.close_connection = True
        return True

    plain.raw = cut
    assert kind_of(connect(plain.url))[0] is Kind.LOST


def test_a_kept_connection_that_the_server_closed_is_made_again(connect, plain):
    def close_silently(handler) -> bool:
        handler.close_connection = True
        return False

    plain.raw = close_silently
    client = connect(plain.url, retry=Retry(attempts=2))
    plain.hub.put(1)
    for _ in range(3):
        assert len(client.queue()) == 1


def test_an_answer_beyond_the_limit_is_not_read(connect, plain):
    def flood(handler) -> bool:
        handler.reply(200, b"x" * (17 * 1024 * 1024))
        return True

    plain.raw = flood
    with pytest.raises(ClientError) as caught:
        connect(plain.url).get("catsm_nemmco_1")
    assert caught.value.kind is Kind.TOO_BIG


def test_a_redirect_is_not_followed(connect, plain):
    def redirect(handler) -> bool:
        handler.reply(307, Location=f"{plain.url}/elsewhere")
        return True

    plain.raw = redirect
    with pytest.raises(ClientError, match="redirects are not followed"):
        connect(plain.url).queue()
    assert len(plain.requests) == 1


def test_a_compressed_answer_is_not_inflated(connect, plain):
    def squeeze(handler) -> bool:
        handler.reply(200, gzip.compress(b"x" * 10_000_000), Content_Encoding="gzip")
        return True

    plain.raw = squeeze
    assert kind_of(connect(plain.url))[0] is Kind.ANSWER


# What is particular to each


async def test_the_asyncio_client_awaits_a_handler_that_is_a_coroutine(plain: Stub, tmp_path):
    plain.hub.put(1)
    keys = []

    async def handler(delivered):
        await asyncio.sleep(0)
        keys.append(delivered.key)
        return Rejection(1100)

    with FileInbox(tmp_path) as inbox:
        async with AioHubClient(plain.url, *CREDENTIALS) as client:
            assert (await client.drain(handler, inbox=inbox)).rejected == 1
    assert keys == ["NEMMCO/NEMMCO-MSG-1"]


async def test_a_cancelled_drain_is_finished_by_the_next(plain: Stub, tmp_path):
    plain.hub.put(1)
    started = asyncio.Event()
    starts = []

    async def handler(delivered):
        starts.append(delivered.starts)
        if len(starts) == 1:
            started.set()
            await asyncio.Event().wait()

    with FileInbox(tmp_path) as inbox:
        async with AioHubClient(plain.url, *CREDENTIALS) as client:
            task = asyncio.create_task(client.drain(handler, inbox=inbox))
            await started.wait()
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            await client.drain(handler, inbox=inbox)
    assert starts == [1, 2]
    assert not plain.hub.queue


def test_an_answer_that_drips_is_given_up(plain: Stub, monkeypatch):
    """The socket's timeout starts anew with every byte; the deadline of the whole call does not."""
    ticks = iter(range(0, 10_000, 10))
    monkeypatch.setattr(blocking.time, "monotonic", lambda: float(next(ticks)))
    plain.hub.put(1)
    client = blocking.HubClient(plain.url, *CREDENTIALS, timeout=5.0, retry=Retry(attempts=1))
    assert kind_of(client)[0] is Kind.TIMEOUT
    client.close()


def test_the_environment_of_run_is_enough(plain: Stub):
    environ = {
        "EHUBSIM_URL": plain.url,
        "EHUBSIM_PARTICIPANT": "RETAILA",
        "EHUBSIM_USER": "RETAILAB",
        "EHUBSIM_PASSWORD": "secret",
        "EHUBSIM_CA": "",
    }
    with blocking.HubClient.from_environment(environ, market="NEM") as client:
        assert client.queue() == ()
        assert client.account.ca is None
    with pytest.raises(ClientError, match="EHUBSIM_URL, EHUBSIM_PASSWORD"):
        blocking.HubClient.from_environment({"EHUBSIM_PARTICIPANT": "RETAILA", "EHUBSIM_USER": "u"})


def test_the_package_hands_out_its_names_lazily():
    assert simulator.client.HubClient is AioHubClient
    assert simulator.client.FileInbox is FileInbox
    assert all(getattr(simulator.client, name) for name in simulator.client.__all__)
    with pytest.raises(AttributeError):
        simulator.client.Nothing  # noqa: B018


@pytest.mark.parametrize("module", ["simulator.client", "simulator.client.blocking", "simulator.client.verbs"])
def test_without_asyncio_nothing_of_aiohttp_is_imported(module):
    code = f"import sys, {module}; sys.exit('aiohttp' in sys.modules or 'asyncio' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False, timeout=60).returncode == 0
