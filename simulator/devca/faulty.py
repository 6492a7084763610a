"""Certificates that are wrong on purpose: the only place that makes them. Loads ``cryptography`` when one is made."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from simulator.base.errors import BadValue
from simulator.devca.directory import SERVER_NAMES, Certificates
from simulator.devca.files import content, locked, write

if TYPE_CHECKING:
    from simulator.devca.authority import Issued

_PAST = (timedelta(days=-9), timedelta(days=8))
_FUTURE = (timedelta(days=1), timedelta(days=300))
_NOW = (timedelta(days=-2), timedelta(days=300))
FAULTY_SERVERS: Mapping[str, tuple[timedelta, timedelta]] = {
    "expired certificate": _PAST,
    "not yet valid certificate": _FUTURE,
    "foreign certificate": _NOW,
    "self-signed certificate": _NOW,
    "wrong host certificate": _NOW,
    "wrong purpose certificate": _NOW,
    "weak certificate": _NOW,
}
"""Fault → when the server's certificate begins, counted from now, and how long it lasts."""
FAULTY_CLIENTS: Mapping[str, tuple[timedelta, timedelta]] = {
    "expired client certificate": _PAST,
    "not yet valid client certificate": _FUTURE,
    "foreign client certificate": _NOW,
    "wrong purpose client certificate": _NOW,
}
ELSEWHERE = "another-host"


def faulty_server(fault: str, certificates: Certificates, sans: tuple[str, ...], now: datetime) -> Issued:
    """A server certificate with its key. Raises `BadValue` where the CA's key is not there to sign it."""
    from simulator.devca.authority import Leaf, issue, new_authority, new_weak_key  # noqa: PLC0415 - cryptography

    starts, lasts = FAULTY_SERVERS[fault]
    if fault == "self-signed certificate":
        return new_authority(now)
    names = (ELSEWHERE,) if fault == "wrong host certificate" else (*SERVER_NAMES, *sans)
    purpose = "client" if fault == "wrong purpose certificate" else "server"
    leaf = Leaf(ELSEWHERE if names == (ELSEWHERE,) else "localhost", purpose, sans=names, starts=starts, lasts=lasts)
    key = new_weak_key() if fault == "weak certificate" else None
    return issue(new_authority(now) if "foreign" in fault else _authority(certificates), leaf, now, key)


def faulty_client(fault: str, certificates: Certificates, participant: str, now: datetime) -> tuple[Path, Path]:
    """A participant's client certificate and key, as files beside the good ones: ``RETAILA.expired.pem``."""
    from simulator.devca.authority import Leaf, issue, new_authority  # noqa: PLC0415 - cryptography

    starts, lasts = FAULTY_CLIENTS[fault]
    purpose = "server" if "purpose" in fault else "client"
    authority = new_authority(now) if "foreign" in fault else _authority(certificates)
    made = issue(authority, Leaf(participant, purpose, starts=starts, lasts=lasts), now)
    stem = f"{participant}.{fault.removesuffix(' client certificate').replace(' ', '-')}"
    paths = certificates.directory / f"{stem}.pem", certificates.directory / f"{stem}.key"
    with locked(certificates.directory):
        write(paths[1], made.key, secret=True)
        write(paths[0], made.certificate)
    return paths


def new_stranger(now: datetime) -> bytes:
    """The certificate of a CA that nobody has a certificate of."""
    from simulator.devca.authority import new_authority  # noqa: PLC0415 - cryptography

    return new_authority(now).certificate


def _authority(certificates: Certificates) -> Issued:
    from simulator.devca.authority import Issued  # noqa: PLC0415 - cryptography

    key = content(certificates.directory / "ca.key")
    if key is None:
        reason = f"there is no ca.key in {certificates.directory}: no certificate at fault can be signed"
        raise BadValue(reason, rule="certs.no-ca-key")
    return Issued(certificates.ca.read_bytes(), key)
