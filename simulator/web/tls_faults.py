"""TLS that is at fault, on purpose: certificates, versions, ciphers and handshakes of extra ports. One fault a port.

Certificates are made for the port as it opens; only those that a participant is to use stay on disk.
"""

from __future__ import annotations

import asyncio
import ssl
import tempfile
import warnings
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from simulator.devca import Certificates
from simulator.devca.faulty import FAULTY_CLIENTS, FAULTY_SERVERS, faulty_client, faulty_server, new_stranger
from simulator.web.tls import server_context
from simulator.web.wire_plan import reset

if TYPE_CHECKING:
    from simulator.web.wire_plan import Timers

Tell = Callable[[str], None]
Began = Callable[[], None]
_LOOSE = "ALL:@SECLEVEL=0"
WITHOUT_TLS = frozenset(("handshake reset", "handshake silence", "no TLS"))
"""Faults whose port does not speak TLS at all."""


class Client(msgspec.Struct, frozen=True):
    """A client certificate that a participant is to use at a port."""

    participant: str
    certificate: Path
    key: Path


def context_of(
    name: str, certificates: Certificates, sans: tuple[str, ...], now: datetime, tell: Tell, began: Began
) -> ssl.SSLContext:
    """The TLS of a port. ``began`` is called as a handshake begins, ``tell`` hears why one failed."""
    with tempfile.TemporaryDirectory(prefix="ehubsim-") as folder:
        context = server_context(*_files(name, certificates, sans, now, Path(folder)), tell, _CIPHERS.get(name))
    if name in _CHANGES:
        _CHANGES[name](context)
    context.sslobject_class = _noticing(context.sslobject_class, began, silent_end=name == "no close notify")
    return context


def _files(
    name: str, certificates: Certificates, sans: tuple[str, ...], now: datetime, folder: Path
) -> tuple[Path, Path, Path]:
    """The server's certificate, its key, and the CA that client certificates must be of."""
    if name == "wrong CA list":
        (folder / "ca.pem").write_bytes(new_stranger(now))
        return certificates.server, certificates.server_key, folder / "ca.pem"
    if name not in FAULTY_SERVERS:
        return certificates.server, certificates.server_key, certificates.ca
    leaf = faulty_server(name, certificates, sans, now)
    certificate, key = folder / "server.pem", folder / "server.key"
    certificate.write_bytes(leaf.certificate)
    key.write_bytes(leaf.key)  # the directory is the owner's alone
    return certificate, key, certificates.ca


def clients_of(name: str, certificates: Certificates, participants: tuple[str, ...], now: datetime) -> list[Client]:
    """The client certificates at fault that belong to a port: written beside the good ones."""
    if name not in FAULTY_CLIENTS:
        return []
    return [Client(each, *faulty_client(name, certificates, each, now)) for each in participants]


def _only(version: ssl.TLSVersion) -> Callable[[ssl.SSLContext], None]:
    def change(context: ssl.SSLContext) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # old versions are what is wanted here
            context.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
            context.maximum_version = version
            context.minimum_version = version

    return change


def _verifying(mode: ssl.VerifyMode) -> Callable[[ssl.SSLContext], None]:
    def change(context: ssl.SSLContext) -> None:
        context.verify_mode = mode

    return change


_CIPHERS: Mapping[str, str] = {
    "weak certificate": _LOOSE,
    "only TLS 1.1": _LOOSE,
    "no common cipher": "eNULL:@SECLEVEL=0",
}
"""OpenSSL loads weak keys and speaks old versions only when it is told not to mind; ``eNULL`` no client offers."""
_CHANGES: Mapping[str, Callable[[ssl.SSLContext], None]] = {
    "only TLS 1.1": _only(ssl.TLSVersion.TLSv1_1),
    "only TLS 1.2": _only(ssl.TLSVersion.TLSv1_2),
    "only TLS 1.3": _only(ssl.TLSVersion.TLSv1_3),
    "no common cipher": _only(ssl.TLSVersion.TLSv1_2),
    "client certificate demanded": _verifying(ssl.CERT_REQUIRED),
    "client certificate not asked for": _verifying(ssl.CERT_NONE),
    "wrong CA list": _verifying(ssl.CERT_REQUIRED),
}


def _noticing(kind: type[ssl.SSLObject], began: Began, *, silent_end: bool) -> type[ssl.SSLObject]:
    class Noticing(kind):  # type: ignore[misc, valid-type]  # any class of TLS objects may be given
        """Tells when a handshake begins; may end without a word."""

        heard = False

        def do_handshake(self) -> None:
            if not self.heard:
                self.heard = True
                began()
            super().do_handshake()

        def unwrap(self) -> None:
            if not silent_end:
                super().unwrap()

    return Noticing


class Broken(asyncio.Protocol):
    """A port that takes what a client says and ends the connection, at once or after a silence. It speaks no TLS."""

    def __init__(self, silence: float, timers: Timers, began: Began) -> None:
        self._silence = silence
        self._timers = timers
        self._began = began
        self._waiting: asyncio.Task[None] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """A client is there."""
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """The client begins."""
        if self._waiting is not None:
            return
        self._began()
        if self._silence:
            self._waiting = asyncio.ensure_future(self._hold())
        else:
            reset(self._transport)  # type: ignore[arg-type]  # asyncio hands over a transport of sockets

    def connection_lost(self, exc: Exception | None) -> None:
        """The client is gone."""
        if self._waiting is not None:
            self._waiting.cancel()

    async def _hold(self) -> None:
        await self._timers.wait(self._silence)
        self._transport.close()
