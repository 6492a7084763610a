"""The only place that knows when a certificate still serves, and the note that remembers what each one says.

The note (``.issued.json``) is kept by digest, so that a start with nothing to do need not parse X.509 and loads no
``cryptography``. The certificates are the truth: whatever the note does not vouch for is looked at.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from datetime import datetime, timedelta
from pathlib import Path

import msgspec

from simulator.devca.files import content, write

RENEW_BEFORE = timedelta(days=365)
_NOTE = ".issued.json"


class Wanted(msgspec.Struct, frozen=True):
    """A leaf the directory is to have: file stem, CN, purpose, and the names it must cover."""

    stem: str
    name: str
    purpose: str = "client"
    sans: frozenset[str] = frozenset()


class Entry(msgspec.Struct, frozen=True):
    """What a certificate says. ``digest`` covers its files (and a leaf's CA); ``ours`` is False for a user's CA."""

    digest: str
    not_after: datetime
    sans: frozenset[str] = frozenset()
    ours: bool = True

    def ca_serves(self, now: datetime) -> bool:
        """A CA of ours is renewed in time. One the user brought is never replaced: it serves until its last day."""
        return self.not_after > (now + RENEW_BEFORE if self.ours else now)

    def leaf_serves(self, wanted: Wanted, ca: Entry, now: datetime) -> bool:
        """A leaf serves while it covers the names and has time left, as far as its CA can give it any."""
        return wanted.sans <= self.sans and self.not_after >= min(now + RENEW_BEFORE, ca.not_after)


def digest(*parts: bytes) -> str:
    """One digest of several files' contents."""
    return hashlib.sha256(b"\0".join(parts)).hexdigest()


class Note:
    """The note of one directory."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self.entries = _read(directory / _NOTE)

    def save(self) -> None:
        """Write it down."""
        write(self._directory / _NOTE, msgspec.json.format(msgspec.json.encode(self.entries), indent=1))

    def vouches_for(self, wanted: Iterable[Wanted], now: datetime) -> bool:
        """Whether nothing needs doing: the CA and every leaf are the files noted, and still serve."""
        return self.ca(now) is not None and all(self.leaf(one, now) is not None for one in wanted)

    def ca(self, now: datetime) -> Entry | None:
        """The entry of the CA, if it is about the file that is there and the CA serves."""
        entry = self.entries.get("ca")
        ca = content(self._directory / "ca.pem")
        known = entry is not None and ca is not None and entry.digest == digest(ca)
        return entry if known and entry is not None and entry.ca_serves(now) else None

    def leaf(self, wanted: Wanted, now: datetime) -> Entry | None:
        """The entry of a leaf, if it is about the files that are there and the leaf serves."""
        entry, ca = self.entries.get(wanted.stem), self.entries.get("ca")
        files = [content(self._directory / name) for name in (f"{wanted.stem}.pem", f"{wanted.stem}.key", "ca.pem")]
        there = [file for file in files if file is not None]
        if entry is None or ca is None or len(there) < 3 or entry.digest != digest(*there):
            return None
        return entry if entry.leaf_serves(wanted, ca, now) else None


def _read(path: Path) -> dict[str, Entry]:
    try:
        return msgspec.json.decode(content(path) or b"{}", type=dict[str, Entry])
    except msgspec.MsgspecError:
        return {}  # an unreadable note vouches for nothing: everything is looked at and noted anew
