"""Faults of TLS as handshakes meet them: a client of the standard library, with the CA it was told to trust."""

from __future__ import annotations

import asyncio
import json
import os
import socket
import ssl
import stat
from base64 import b64encode
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from msgspec.structs import replace

from kit import scenario
from simulator.base.errors import BadValue
from simulator.base.http import HttpRequest
from simulator.config import ANY_PORT, Settings
from simulator.scenario.faults import BY_NAME, TLS, Mishap
from simulator.scenario.model import TlsPort
from simulator.simulation.mishaps import FaultFired
from simulator.web.banner import banner, facts
from simulator.web.control import Control
from simulator.web.start import CannotStart, Served, start
from simulator.web.wire_plan import Timers

GET = (
    b"GET /NEMRetail/B2MMessagingPull/v1/getQueueMetaData HTTP/1.1\r\nHost: h\r\nConnection: close\r\n"
    b"Authorization: Basic " + b64encode(b"ALICE:secret") + b"\r\n"
    b"X-initiatingParticipantID: RETAILA\r\nX-market: NEM\r\n\r\n"
)
SERVED = b"HTTP/1.1 200"
NO_CERTIFICATE = b"HTTP/1.1 500"


@dataclass
class At:
    """A port at fault, and who meets it."""

    served: Served
    port: dict

    def context(self, *, own: bool = True) -> ssl.SSLContext:
        context = ssl.create_default_context(cafile=str(self.served.certificates.ca))
        if own:
            mine = [each for each in self.port["clients"] if each["participant"] == "RETAILA"]
            certificates = self.served.certificates
            usual = (str(certificates.client("RETAILA")), str(certificates.client_key("RETAILA")))
            context.load_cert_chain(*((mine[0]["certificate"], mine[0]["key"]) if mine else usual))
        return context

    def _spoken(self, context: ssl.SSLContext | None, *, ragged: bool) -> bytes:
        where = urlsplit(self.port["url"])
        with socket.create_connection(("127.0.0.1", where.port), timeout=10) as plain:
            if context is None:
                plain.sendall(GET)
                return plain.recv(65536)
            with context.wrap_socket(plain, server_hostname="localhost", suppress_ragged_eofs=not ragged) as secure:
                secure.sendall(GET)
                said = b""
                while piece := secure.recv(65536):
                    said += piece
                return said

    async def spoken(self, context: ssl.SSLContext | None = None, *, ragged: bool = False) -> bytes:
        return await asyncio.to_thread(self._spoken, context, ragged=ragged)

    async def fired(self) -> list[str]:
        """Firings that are noted, once there is one."""
        runtime = self.served.runtime
        async with asyncio.timeout(10):
            while not runtime.exchanges.noted:
                seen = asyncio.Event()
                runtime.watchers.add(seen.set)
                await seen.wait()
        return [event.rule for event in runtime.journal.replay() if isinstance(event, FaultFired)]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("certs")


@pytest.fixture
async def at(request: pytest.FixtureRequest, folder: Path) -> AsyncIterator[At]:
    story = scenario()
    port = TlsPort(Mishap(BY_NAME[request.param]))
    story = replace(story, given=replace(story.given, tls_ports=(port,)))
    settings = Settings(port=0, plain_port=ANY_PORT, certs=folder, clock="held", journal="memory:?keep=yes")
    served = await start(settings, story)
    yield At(served, dict(served.runtime.tls_ports[0]))
    await served.close()


def of(*names: str) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("at", names, indirect=True, ids=lambda name: name)


@pytest.mark.parametrize(
    ("at", "reason"),
    [
        ("expired certificate", "certificate has expired"),
        ("not yet valid certificate", "not yet valid"),
        ("foreign certificate", "unable to get local issuer|self-signed certificate in certificate chain"),
        ("self-signed certificate", "self-signed certificate"),
        ("wrong host certificate", "Hostname mismatch"),
        ("wrong purpose certificate", "unsuitable certificate purpose"),
    ],
    indirect=["at"],
    ids=lambda value: value.replace(" ", "-"),
)
async def test_a_client_that_checks_refuses_the_server(at: At, reason: str) -> None:
    with pytest.raises(ssl.SSLCertVerificationError, match=reason):
        await at.spoken(at.context())
    assert await at.fired() == [at.port["rule"]]


@of("weak certificate")
async def test_a_key_of_1024_bits_is_too_weak(at: At) -> None:
    with pytest.raises(ssl.SSLError, match=r"(?i)key_?.?too.?(small|weak)|EE certificate key"):
        await at.spoken(at.context())


@pytest.mark.parametrize(
    ("at", "fits", "others"),
    [
        ("only TLS 1.2", ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3),
        ("only TLS 1.3", ssl.TLSVersion.TLSv1_3, ssl.TLSVersion.TLSv1_2),
    ],
    indirect=["at"],
    ids=["1.2", "1.3"],
)
async def test_one_version_alone(at: At, fits: ssl.TLSVersion, others: ssl.TLSVersion) -> None:
    context = at.context()
    context.minimum_version = context.maximum_version = fits
    assert (await at.spoken(context)).startswith(b"HTTP/1.1 ")
    context = at.context()
    context.minimum_version = context.maximum_version = others
    with pytest.raises(ssl.SSLError, match=r"VERSION|ALERT"):
        await at.spoken(context)


@of("only TLS 1.1")
async def test_a_version_that_is_too_old(at: At) -> None:
    with pytest.raises(ssl.SSLError, match=r"PROTOCOL|VERSION|HANDSHAKE"):
        await at.spoken(at.context())


@of("no common cipher")
async def test_no_cipher_in_common(at: At) -> None:
    with pytest.raises(ssl.SSLError, match=r"HANDSHAKE_FAILURE|VERSION"):
        await at.spoken(at.context())


@of("handshake reset")
async def test_a_handshake_that_is_reset(at: At) -> None:
    with pytest.raises(ConnectionResetError):
        await at.spoken(at.context())
    assert await at.fired() == ["fault.handshake-reset"]


@of("handshake silence")
async def test_a_handshake_that_nobody_answers(at: At) -> None:
    seconds: list[float] = []

    async def at_once(asked: float) -> None:
        seconds.append(asked)

    at.served.tls_ports.app.timers = Timers(at_once)
    with pytest.raises((ssl.SSLEOFError, ConnectionResetError)):
        await at.spoken(at.context())
    assert seconds == [60.0]


@of("no TLS")
async def test_a_port_without_tls(at: At) -> None:
    assert at.port["url"].startswith("http://")
    assert (await at.spoken()).startswith(b"HTTP/1.1 ")
    with pytest.raises((ssl.SSLError, ConnectionResetError)):
        await at.spoken(at.context())


@of("client certificate demanded")
async def test_a_client_without_certificate_is_refused_by_tls(at: At) -> None:
    assert (await at.spoken(at.context())).startswith(SERVED)
    with pytest.raises(ssl.SSLError, match="CERTIFICATE_REQUIRED"):
        await at.spoken(at.context(own=False))


@of("wrong CA list")
async def test_our_certificate_is_not_of_the_ca_that_is_asked_for(at: At) -> None:
    with pytest.raises(ssl.SSLError, match="UNKNOWN_CA"):
        await at.spoken(at.context())


@of("client certificate not asked for")
async def test_a_certificate_nobody_asks_for_is_not_shown(at: At) -> None:
    assert (await at.spoken(at.context())).startswith(NO_CERTIFICATE)


@pytest.mark.parametrize(
    ("at", "alert"),
    [
        ("expired client certificate", "CERTIFICATE_EXPIRED"),
        ("not yet valid client certificate", "BAD_CERTIFICATE"),
        ("foreign client certificate", "UNKNOWN_CA"),
        ("wrong purpose client certificate", "UNSUPPORTED_CERTIFICATE"),
    ],
    indirect=["at"],
    ids=lambda value: value.replace(" ", "-"),
)
async def test_a_certificate_that_was_handed_out_is_refused(at: At, alert: str) -> None:
    with pytest.raises(ssl.SSLError, match=alert):
        await at.spoken(at.context())
    assert (await at.spoken(at.context(own=False))).startswith(NO_CERTIFICATE)
    assert {stat.S_IMODE(os.stat(each["key"]).st_mode) for each in at.port["clients"]} == {0o600}
    assert {each["participant"] for each in at.port["clients"]} == {"RETAILA", "RETAILC"}


@of("no close notify")
async def test_an_end_without_a_word(at: At) -> None:
    context = at.context()
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    with pytest.raises(ssl.SSLEOFError):
        await at.spoken(context, ragged=True)


def test_every_fault_of_tls_is_tested_here() -> None:
    text = Path(__file__).read_text("utf-8")
    assert [fault.name for fault in TLS if f'"{fault.name}"' not in text] == []


async def test_ports_follow_the_story(folder: Path) -> None:
    story = scenario()
    expired = replace(story, given=replace(story.given, tls_ports=(TlsPort(Mishap(BY_NAME["expired certificate"])),)))
    served = await start(Settings(port=0, plain_port=ANY_PORT, certs=folder, clock="held"), story)
    try:
        assert served.runtime.tls_ports == ()
        await served.runtime.tell(expired)
        (port,) = served.runtime.tls_ports
        at = At(served, dict(port))
        with pytest.raises(ssl.SSLCertVerificationError, match="expired"):
            await at.spoken(at.context())
        workspace = await served.workspaces.make("mine", expired)
        (own,) = workspace.tls_ports
        assert own["url"] != port["url"]
        inside = At(served, dict(own))
        loose = inside.context()
        loose.check_hostname, loose.verify_mode = False, ssl.CERT_NONE
        assert (await inside.spoken(loose)).startswith(SERVED)
        assert [each.path.rpartition("/")[2] for each in workspace.exchanges if each.status] == ["getQueueMetaData"]
        await served.workspaces.drop("mine")
        with pytest.raises(ConnectionError):
            await inside.spoken(loose)
        await served.runtime.tell(story)
        assert served.runtime.tls_ports == ()
        with pytest.raises(ConnectionError):
            await at.spoken(at.context())
    finally:
        await served.close()


async def test_a_port_that_is_taken_is_told(folder: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        number = taken.getsockname()[1]
        story = scenario()
        port = TlsPort(Mishap(BY_NAME["expired certificate"]), number)
        story = replace(story, given=replace(story.given, tls_ports=(port,)))
        with pytest.raises(
            CannotStart, match=f"port {number} on 127.0.0.1 is taken; choose another with given: tls port"
        ):
            await start(Settings(port=0, plain_port=ANY_PORT, certs=folder), story)


async def test_a_story_whose_port_is_taken_is_not_told(folder: Path) -> None:
    expired, foreign = (TlsPort(Mishap(BY_NAME[f"{name} certificate"])) for name in ("expired", "foreign"))
    story = scenario()
    first = replace(story, given=replace(story.given, tls_ports=(expired,)))
    served = await start(Settings(port=0, plain_port=ANY_PORT, certs=folder, clock="held"), first)
    try:
        with socket.create_server(("127.0.0.1", 0)) as taken:
            ports = (foreign, replace(foreign, port=taken.getsockname()[1]))
            second = replace(story, given=replace(story.given, tls_ports=ports))
            with pytest.raises(BadValue, match="is taken"):
                await served.runtime.tell(second)
        assert served.runtime.scenario is first
        (port,) = served.runtime.tls_ports
        assert port["fault"] == "expired certificate"
        at = At(served, dict(port))
        with pytest.raises(ssl.SSLCertVerificationError, match="expired"):
            await at.spoken(at.context())
    finally:
        await served.close()


async def test_ports_are_told_to_people_and_programs(folder: Path) -> None:
    ports = tuple(TlsPort(Mishap(BY_NAME[name])) for name in ("no TLS", "expired client certificate"))
    story = scenario()
    story = replace(story, given=replace(story.given, tls_ports=ports))
    served = await start(Settings(port=0, plain_port=ANY_PORT, certs=folder, clock="held"), story)
    try:
        plain, expired = served.runtime.tls_ports
        assert facts(served)["tls_ports"] == [plain, expired]
        said = banner(served)
        assert f"{plain['url']}  no TLS" in said
        assert f"{expired['url']}  expired client certificate" in said
        assert str(folder / "RETAILA.expired.pem") in said
        read = served.runtime
        reply = await Control(served.certificates, None, read).exchange(HttpRequest("GET", "/_sim/ready"), no_body)
        assert json.loads(reply.body)["tlsPorts"] == [plain, expired]
    finally:
        await served.close()


async def no_body(limit: int) -> bytes:
    return b""
