"""The only place that decides what is issued anew in a certificate directory. Loading this loads ``cryptography``.

Keys are written once and kept; only certificates are replaced around them, so that no reader ever finds a pair
that does not fit, and whoever trusts a renewed CA's key goes on trusting it.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

from simulator.base.errors import BadValue
from simulator.devca.authority import (
    Issued,
    Leaf,
    Seen,
    is_key,
    issue,
    new_authority,
    new_key,
    seen_authority,
    seen_leaf,
)
from simulator.devca.files import content, write
from simulator.devca.note import Entry, Note, Wanted, digest


def complete(directory: Path, wanted: Iterable[Wanted], now: datetime) -> None:
    """Make or renew what does not serve, and note it. The directory must be locked."""
    note = Note(directory)
    if note.ca(now) is None:
        note.entries["ca"] = _ca(directory, now)
    for one in wanted:
        if note.leaf(one, now) is None:
            note.entries[one.stem] = _leaf(directory, one, note.entries["ca"], now)
    note.save()


def _ca(directory: Path, now: datetime) -> Entry:
    certificate, key = content(directory / "ca.pem"), content(directory / "ca.key")
    if certificate is not None:
        entry = _ca_entry(certificate, _look_at_ca(directory, certificate, key))
        if entry.ca_serves(now):
            return entry
        if not entry.ours:
            raise BadValue(f"{directory / 'ca.pem'} has expired, and only ours are renewed", rule="certs.ca")
    key = key or _kept(directory / "ca.key", new_key())
    made = new_authority(now, key=key).certificate
    write(directory / "ca.pem", made)
    return _ca_entry(made, seen_authority(made, key))


def _look_at_ca(directory: Path, certificate: bytes, key: bytes | None) -> Seen:
    try:
        return seen_authority(certificate, key)
    except ValueError as error:
        reason = f"{directory / 'ca.pem'} or its ca.key is unusable ({error}); delete both to have a new CA made"
        raise BadValue(reason, rule="certs.ca") from error


def _ca_entry(certificate: bytes, seen: Seen) -> Entry:
    return Entry(digest(certificate), seen.not_after, ours=seen.ours)


def _leaf(directory: Path, wanted: Wanted, ca: Entry, now: datetime) -> Entry:
    authority = Issued(content(directory / "ca.pem") or b"", content(directory / "ca.key") or b"")
    certificate, key = content(directory / f"{wanted.stem}.pem"), content(directory / f"{wanted.stem}.key")
    there = _look_at_leaf(Issued(certificate or b"", key or b""), authority, wanted)
    if there is not None and there.leaf_serves(wanted, ca, now):
        return there
    # Servers that share a directory but not their names do not take turns in renaming each other.
    sans = wanted.sans | (there.sans if there is not None else frozenset())
    if not authority.key:
        raise BadValue(f"{directory / 'ca.key'} is missing: {wanted.stem}.pem cannot be issued", rule="certs.ca")
    if key is None or not is_key(key):
        key = _kept(directory / f"{wanted.stem}.key", new_key())
    made = issue(authority, Leaf(wanted.name, wanted.purpose, sans=tuple(sorted(sans))), now, key)
    write(directory / f"{wanted.stem}.pem", made.certificate)
    return _leaf_entry(made, authority, seen_leaf(made, authority.certificate, wanted.name))


def _look_at_leaf(leaf: Issued, authority: Issued, wanted: Wanted) -> Entry | None:
    try:
        return _leaf_entry(leaf, authority, seen_leaf(leaf, authority.certificate, wanted.name))
    except ValueError:
        return None  # missing, unreadable, or another CA's: it is issued anew


def _leaf_entry(leaf: Issued, authority: Issued, seen: Seen) -> Entry:
    return Entry(digest(leaf.certificate, leaf.key, authority.certificate), seen.not_after, seen.sans)


def _kept(path: Path, key: bytes) -> bytes:
    write(path, key, secret=True)
    return key
