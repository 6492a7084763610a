"""TLS of the one listener: the client certificate is optional here, and demanded per API by the hub's gate.

A certificate that is shown must be good: one of another CA, an expired one, or one not meant for clients ends in a TLS
alert. Resumed sessions carry the client's certificate with them (OpenSSL keeps it in the ticket), so a peer is a peer.
"""

from __future__ import annotations

import asyncio
import ssl
from pathlib import Path

from simulator.base.http import Peer
from simulator.devca import peer_of


def server_context(certificate: Path, key: Path, ca: Path) -> ssl.SSLContext:
    """TLS 1.2 or newer with our certificate; client certificates are verified against ``ca`` when shown."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.verify_mode = ssl.CERT_OPTIONAL
    context.load_cert_chain(certificate, key)
    context.load_verify_locations(ca)
    context.set_alpn_protocols(["http/1.1"])
    return context


def peer_behind(transport: asyncio.BaseTransport) -> Peer | None:
    """Who showed a certificate on this connection."""
    connection = transport.get_extra_info("ssl_object")
    return None if connection is None else peer_of(connection.getpeercert())
