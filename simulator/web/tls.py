"""TLS of the one listener: the client certificate is optional here, and demanded per API by the hub's gate.

A certificate that is shown must be good: one of another CA, an expired one, or one not meant for clients ends in a TLS
alert. Resumed sessions carry the client's certificate with them (OpenSSL keeps it in the ticket), so a peer is a peer.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable
from pathlib import Path

from simulator.base.http import Peer
from simulator.devca import peer_of

_HAS_ALERT = ("UNSUPPORTED_PROTOCOL", "NO_SHARED_CIPHER", "PEER_DID_NOT_RETURN_A_CERTIFICATE")


def server_context(
    certificate: Path,
    key: Path,
    ca: Path,
    tell: Callable[[str], None] = lambda reason: None,
    ciphers: str | None = None,
) -> ssl.SSLContext:
    """TLS 1.2 or newer with our certificate; client certificates are verified against ``ca`` when shown.

    ``tell`` hears why a handshake was refused. ``ciphers`` other than the usual also set which keys are strong enough.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    if ciphers is not None:
        context.set_ciphers(ciphers)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.verify_mode = ssl.CERT_OPTIONAL
    context.load_cert_chain(certificate, key)
    context.load_verify_locations(ca)
    context.set_alpn_protocols(["http/1.1"])
    context.sslobject_class = _alerting(tell)
    return context


def _alerting(tell: Callable[[str], None]) -> type[ssl.SSLObject]:
    """Event loops drop the alert of a failed handshake. Asked to come again, they send it first, and fail then."""

    class Alerting(ssl.SSLObject):
        """Tells why a handshake failed, and lets its alert out."""

        failure: ssl.SSLError | None = None

        def do_handshake(self) -> None:
            if self.failure is not None:
                raise self.failure
            try:
                super().do_handshake()
            except (ssl.SSLWantReadError, ssl.SSLWantWriteError):
                raise
            except ssl.SSLError as failure:
                tell(_reason(failure))
                if not isinstance(failure, ssl.SSLCertVerificationError) and failure.reason not in _HAS_ALERT:
                    raise
                self.failure = failure
                raise ssl.SSLWantReadError(ssl.SSL_ERROR_WANT_READ, "the alert is to be sent") from failure

    return Alerting


def _reason(failure: ssl.SSLError) -> str:
    if isinstance(failure, ssl.SSLCertVerificationError):
        return f"the client certificate is refused: {failure.verify_message}"
    return (failure.reason or "handshake broken off").replace("_", " ").lower()


def peer_behind(transport: asyncio.BaseTransport) -> Peer | None:
    """Who showed a certificate on this connection."""
    connection = transport.get_extra_info("ssl_object")
    return None if connection is None else peer_of(connection.getpeercert())
