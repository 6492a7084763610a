"""What there is in Netstream, as values: usage points, groups, clients. Made from what a scenario gives."""

from __future__ import annotations

import hashlib

import msgspec

EVERYTHING = "all"
"""The group that holds every usage point."""
_URL_NAMESPACE = bytes.fromhex("6ba7b8119dad11d180b400c04fd430c8")


def guid(kind: str, name: str) -> str:
    """The mRID of a thing that was given none: the UUID (version 5, URL namespace) of ``urn:ehubsim:{kind}:{name}``."""
    text = f"urn:ehubsim:{kind}:{name}".encode()
    digest = bytearray(hashlib.sha1(_URL_NAMESPACE + text, usedforsecurity=False).digest()[:16])
    digest[6] = digest[6] & 0x0F | 0x50
    digest[8] = digest[8] & 0x3F | 0x80
    found = digest.hex()
    return f"{found[:8]}-{found[8:12]}-{found[12:16]}-{found[16:20]}-{found[20:]}"


class Client(msgspec.Struct, frozen=True):
    """A registered application. ``groups`` are the usage point groups it is entitled to, by name."""

    client_id: str
    secret: str
    groups: tuple[str, ...] = (EVERYTHING,)


class UsagePoint(msgspec.Struct, frozen=True):
    """A usage point. A physical one has a NMI; a virtual one is the sum of its children (names of usage points)."""

    name: str
    mrid: str
    nmi: str | None = None
    zone: str | None = None
    children: tuple[str, ...] = ()


class Group(msgspec.Struct, frozen=True):
    """A group of usage points, or of meters: names of its members."""

    name: str
    mrid: str
    members: tuple[str, ...] = ()


class Given(msgspec.Struct, frozen=True):
    """The Netstream of a scenario. Every NMI is a usage point; ``points`` say more about some, and add virtual ones."""

    tenant: str = guid("tenant", "netstream")
    audience: str | None = None
    clients: tuple[Client, ...] = ()
    points: tuple[UsagePoint, ...] = ()
    groups: tuple[Group, ...] = ()
    meter_groups: tuple[Group, ...] = ()
