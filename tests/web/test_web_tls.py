"""TLS as clients that share no code with us meet it."""

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest

from simulator.base.clock import wall_time
from simulator.base.http import Peer
from simulator.devca import ENVIRONMENT, Certificates, ensure
from simulator.devca.authority import Issued, Leaf, issue, new_authority
from simulator.web.app import App
from simulator.web.listeners import Listeners
from simulator.web.tls import server_context

NOW = wall_time()
REQUEST = b"GET /x HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return ensure(tmp_path_factory.mktemp("certs"), ["RETAILA"], [], NOW)


@dataclass
class Spoken:
    said: bytes
    session: ssl.SSLSession | None
    reused: bool


@dataclass
class Secure:
    port: int
    certificates: Certificates
    asked: list
    refused: list

    def context(self, leaf: Issued | None, tmp_path: Path) -> ssl.SSLContext:
        context = ssl.create_default_context(cafile=str(self.certificates.ca))
        if leaf is not None:
            (tmp_path / "leaf.pem").write_bytes(leaf.certificate)
            (tmp_path / "leaf.key").write_bytes(leaf.key)
            context.load_cert_chain(tmp_path / "leaf.pem", tmp_path / "leaf.key")
        return context

    def participant(self) -> ssl.SSLContext:
        context = ssl.create_default_context(cafile=str(self.certificates.ca))
        context.load_cert_chain(self.certificates.client("RETAILA"), self.certificates.client_key("RETAILA"))
        return context

    def _spoken(self, context: ssl.SSLContext, session: ssl.SSLSession | None) -> Spoken:
        with (
            socket.create_connection(("127.0.0.1", self.port)) as plain,
            context.wrap_socket(plain, server_hostname="localhost", session=session) as secure,
        ):
            secure.sendall(REQUEST)
            said = b""
            while piece := secure.recv(65536):
                said += piece
            return Spoken(said, secure.session, bool(secure.session_reused))

    async def spoken(self, context: ssl.SSLContext, session: ssl.SSLSession | None = None) -> Spoken:
        return await asyncio.to_thread(self._spoken, context, session)


@pytest.fixture
async def secure(site, certificates: Certificates) -> AsyncIterator[Secure]:
    app = App(site.control, wall_time, site.runtime)
    listeners = Listeners(app)
    refused: list[str] = []
    context = server_context(certificates.server, certificates.server_key, certificates.ca, refused.append)
    port = await listeners.open("127.0.0.1", 0, context)
    yield Secure(port, certificates, site.runtime.asked, refused)
    await listeners.close(drain=1)


def authority(certificates: Certificates) -> Issued:
    return Issued(certificates.ca.read_bytes(), (certificates.directory / "ca.key").read_bytes())


async def test_the_certificate_names_the_peer(secure: Secure) -> None:
    spoken = await secure.spoken(secure.participant())
    assert spoken.said.startswith(b"HTTP/1.1 404")
    (asked,) = secure.asked
    assert asked.secure
    assert (asked.peer.participant, asked.peer.environment) == ("RETAILA", ENVIRONMENT)


async def test_no_certificate_is_no_peer_and_up_to_the_api(secure: Secure, tmp_path: Path) -> None:
    await secure.spoken(secure.context(None, tmp_path))
    assert [(asked.peer, asked.secure) for asked in secure.asked] == [(None, True)]


@pytest.mark.parametrize(
    ("leaf", "alert", "reason"),
    [
        (Leaf("RETAILA", starts=timedelta(days=-9), lasts=timedelta(days=8)), "CERTIFICATE_EXPIRED", "has expired"),
        (Leaf("RETAILA", starts=timedelta(days=1)), "BAD_CERTIFICATE", "not yet valid"),
        (Leaf("RETAILA", purpose="server"), "UNSUPPORTED_CERTIFICATE", "purpose"),
        (Leaf("RETAILA", environment="production"), "ALERT", "permitted subtree violation"),
    ],
    ids=["expired", "not yet valid", "no client's", "another environment's"],
)
async def test_a_bad_certificate_ends_in_an_alert(
    secure: Secure, tmp_path: Path, leaf: Leaf, alert: str, reason: str
) -> None:
    bad = issue(authority(secure.certificates), leaf, NOW)
    with pytest.raises(ssl.SSLError, match=alert):
        await secure.spoken(secure.context(bad, tmp_path))
    assert secure.asked == []
    assert [reason in told for told in secure.refused] == [True]


async def test_a_foreign_certificate_ends_in_an_alert(secure: Secure, tmp_path: Path) -> None:
    foreign = issue(new_authority(NOW), Leaf("RETAILA"), NOW)
    with pytest.raises(ssl.SSLError, match="UNKNOWN_CA"):
        await secure.spoken(secure.context(foreign, tmp_path))
    assert secure.asked == []
    assert len(secure.refused) == 1


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
async def test_a_resumed_session_keeps_its_peer(secure: Secure, version: ssl.TLSVersion) -> None:
    context = secure.participant()
    context.minimum_version = context.maximum_version = version
    first = await secure.spoken(context)
    second = await secure.spoken(context, first.session)
    assert second.reused
    expected = Peer("RETAILA", ENVIRONMENT, secure.asked[0].peer.serial)
    assert [asked.peer for asked in secure.asked] == [expected, expected]


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion:DeprecationWarning")
async def test_old_tls_is_refused(secure: Secure) -> None:
    context = secure.participant()
    context.set_ciphers("ALL:@SECLEVEL=0")
    context.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
    context.maximum_version = ssl.TLSVersion.TLSv1_1
    with pytest.raises(ssl.SSLError, match="PROTOCOL"):
        await secure.spoken(context)


async def test_plain_http_on_the_tls_port_is_cut_off_in_silence(secure: Secure, capfd) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", secure.port)
    writer.write(REQUEST)
    assert await reader.read() == b""
    writer.close()
    assert secure.refused == ["http request"]
    assert capfd.readouterr() == ("", "")
