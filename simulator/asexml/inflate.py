"""The only place that inflates a compressed body, and never by more than it was told to.

``gzip`` (several members allowed), ``deflate`` (with zlib header, or raw as some senders do) and ``identity``.
"""

from __future__ import annotations

import zlib

from simulator.asexml.model import Finding

BEGINNING = 65536
"""Bytes of a too big body that are kept, so that its header can still be read."""
_MOST_CODINGS = 2
_GZIP, _ZLIB, _RAW = 31, 15, -15


class Unreadable(Exception):
    """The body cannot be had: event 5 (``asexml.inflate``) or 6 (``asexml.too-big``, with its ``beginning``)."""

    def __init__(self, finding: Finding, beginning: bytes = b"") -> None:
        super().__init__(finding.explanation)
        self.finding = finding
        self.beginning = beginning


def inflate(body: bytes, encoding: str | None, limit: int) -> bytes:
    """The body as sent before ``Content-Encoding``; at most ``limit`` bytes. Raises `Unreadable`."""
    if encoding is None and len(body) <= limit:
        return body
    codings = [name.strip().lower() for name in (encoding or "").split(",")]
    codings = [name for name in codings if name not in ("", "identity")]
    if len(codings) > _MOST_CODINGS:
        raise _corrupt(f"{len(codings)} content codings; at most {_MOST_CODINGS} are undone")
    for name in reversed(codings):
        body = _undone(body, name, limit)
    if len(body) > limit:
        raise _too_big(body, limit)
    return body


def _undone(body: bytes, coding: str, limit: int) -> bytes:
    if coding in ("gzip", "x-gzip"):
        return _members(body, limit)
    if coding == "deflate":
        if not _has_zlib_header(body):
            return _stream(body, _RAW, limit)
        try:
            return _stream(body, _ZLIB, limit)
        except Unreadable as failure:
            if failure.finding.code == 6:
                raise
            return _stream(body, _RAW, limit)
    raise _corrupt(f"content coding {coding[:40]!r} is none of gzip, deflate, identity")


def _has_zlib_header(body: bytes) -> bool:
    return len(body) >= 2 and body[0] & 0x0F == 8 and (body[0] << 8 | body[1]) % 31 == 0


def _stream(body: bytes, form: int, limit: int) -> bytes:
    inflated, left = _one(body, form, limit)
    if left:
        raise _corrupt(f"{len(left)} bytes follow the end of the compressed data")
    return inflated


def _members(body: bytes, limit: int) -> bytes:
    """Gzip members one after another are one body (RFC 1952); anything else after the first is not."""
    inflated, left = _one(body, _GZIP, limit)
    parts, total = [inflated], len(inflated)
    while left:
        if not left.startswith(b"\x1f\x8b"):
            raise _corrupt(f"{len(left)} bytes follow the end of the compressed data")
        inflated, left = _one(left, _GZIP, limit - total, b"".join(parts))
        parts.append(inflated)
        total += len(inflated)
    return b"".join(parts)


def _one(body: bytes, form: int, limit: int, before: bytes = b"") -> tuple[bytes, bytes]:
    """One compressed stream and what follows it; inflates ``limit`` bytes and one more at most."""
    stream = zlib.decompressobj(form)
    try:
        inflated = stream.decompress(body, limit + 1)
    except zlib.error as error:
        raise _corrupt(f"the compressed data is damaged ({error})") from None
    if len(inflated) > limit:
        raise _too_big(before[:BEGINNING] + inflated, len(before) + limit)
    if not stream.eof:
        raise _corrupt("the compressed data ends too early")
    return inflated, stream.unused_data


def _corrupt(why: str) -> Unreadable:
    return Unreadable(Finding(5, "asexml.inflate", why))


def _too_big(body: bytes, limit: int) -> Unreadable:
    return Unreadable(Finding(6, "asexml.too-big", f"more than {limit} bytes after inflating"), body[:BEGINNING])
