"""The only place that knows how certificates name things. A client's: CN is the participant, OU the environment.

AEMO signs real client certificates; ours are signed by our own CA, and this form of their subject is our own too.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator, Mapping
from typing import Any

from simulator.base.http import Peer

ENVIRONMENT = "ehubsim"
ORGANIZATION = "ehubsim development"


def peer_of(certificate: Mapping[str, Any] | bytes | None) -> Peer | None:
    """The peer of an accepted client certificate, as ``getpeercert()`` gives it: the dict form, or DER.

    None when there is no certificate, or when its subject has not exactly one CN and one OU. Whether the environment is
    the right one is for the caller to say. The dict form needs no import; DER loads ``cryptography``.
    """
    if not certificate:
        return None
    if isinstance(certificate, bytes):
        from simulator.devca.authority import subject_of  # noqa: PLC0415 - keeps cryptography off the serve path

        subject, serial = subject_of(certificate)
    else:
        subject, serial = list(_subject(certificate)), str(certificate.get("serialNumber", ""))
    names = [value for kind, value in subject if kind == "commonName"]
    units = [value for kind, value in subject if kind == "organizationalUnitName"]
    return Peer(names[0], units[0], serial) if len(names) == len(units) == 1 else None


def _subject(certificate: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for relative_name in certificate.get("subject", ()):
        yield from relative_name


def normal_san(name: str) -> str:
    """The one spelling a subject alternative name is compared by."""
    try:
        return str(ipaddress.ip_address(name))
    except ValueError:
        return name.rstrip(".").lower()
