"""Inflating: what real senders send, what attackers send."""

from __future__ import annotations

import gzip
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.asexml.inflate import BEGINNING, Unreadable, inflate

LIMIT = 1_048_576
TEXT = b"<a>made up</a>" * 100


def raw(data: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-15)
    return packer.compress(data) + packer.flush()


def failure(body: bytes, encoding: str | None, limit: int = LIMIT) -> Unreadable:
    with pytest.raises(Unreadable) as caught:
        inflate(body, encoding, limit)
    return caught.value


@pytest.mark.parametrize(
    ("body", "encoding"),
    [
        (TEXT, None),
        (TEXT, ""),
        (TEXT, "identity"),
        (gzip.compress(TEXT), "gzip"),
        (gzip.compress(TEXT), " X-GZIP "),
        (zlib.compress(TEXT), "deflate"),
        (raw(TEXT), "deflate"),
        (gzip.compress(zlib.compress(TEXT)), "deflate, gzip"),
        (gzip.compress(gzip.compress(TEXT)), "gzip,identity,gzip"),
        (gzip.compress(TEXT[:50]) + gzip.compress(TEXT[50:]), "gzip"),
    ],
)
def test_what_was_packed_comes_out(body: bytes, encoding: str | None) -> None:
    assert inflate(body, encoding, LIMIT) == TEXT


@given(st.binary(max_size=2000), st.sampled_from([gzip.compress, zlib.compress, raw]))
@settings(max_examples=60)
def test_any_bytes_survive_packing(data: bytes, pack: object) -> None:
    coding = "gzip" if pack is gzip.compress else "deflate"
    assert inflate(pack(data), coding, LIMIT) == data  # type: ignore[operator]


@pytest.mark.parametrize(
    ("body", "encoding"),
    [
        (b"", "gzip"),
        (b"not packed", "gzip"),
        (b"not packed", "deflate"),
        (b"", "deflate"),
        (gzip.compress(TEXT)[:-1], "gzip"),
        (gzip.compress(TEXT)[:20], "gzip"),
        (gzip.compress(TEXT) + b"\0", "gzip"),
        (gzip.compress(TEXT) + b"\x1f\x8b", "gzip"),
        (zlib.compress(TEXT) + b"x", "deflate"),
        (raw(TEXT) + b"x", "deflate"),
        (zlib.compress(TEXT)[:-2], "deflate"),
        (TEXT, "br"),
        (TEXT, "gzip, gzip, gzip"),
        (TEXT, "compress"),
    ],
)
def test_what_cannot_be_inflated_is_event_5(body: bytes, encoding: str) -> None:
    found = failure(body, encoding).finding
    assert (found.code, found.rule) == (5, "asexml.inflate")


@pytest.mark.parametrize(
    ("body", "encoding"),
    [
        (b"a" * (LIMIT + 1), None),
        (gzip.compress(b"a" * 50_000_000), "gzip"),
        (zlib.compress(b"a" * (LIMIT + 1)), "deflate"),
        (raw(b"a" * (LIMIT + 1)), "deflate"),
        (gzip.compress(gzip.compress(b"a" * 50_000_000)), "gzip, gzip"),
        (gzip.compress(b"a" * LIMIT) + gzip.compress(b"b"), "gzip"),
        (gzip.compress(b"a" * 600_000) * 40, "gzip"),
    ],
)
def test_more_than_the_limit_is_event_6_with_the_beginning_kept(body: bytes, encoding: str | None) -> None:
    caught = failure(body, encoding)
    assert (caught.finding.code, caught.finding.rule) == (6, "asexml.too-big")
    assert caught.finding.explanation == f"more than {LIMIT} bytes after inflating"
    assert caught.beginning == b"a" * BEGINNING


def test_exactly_the_limit_is_fine() -> None:
    assert len(inflate(gzip.compress(b"a" * LIMIT), "gzip", LIMIT)) == LIMIT
    assert len(inflate(b"a" * LIMIT, None, LIMIT)) == LIMIT


@given(st.binary(max_size=200), st.sampled_from(["gzip", "deflate", "gzip, deflate", "zip", None]))
@settings(max_examples=100)
def test_no_bytes_make_it_fail_otherwise(body: bytes, encoding: str | None) -> None:
    try:
        length, code = len(inflate(body, encoding, 1000)), 5
    except Unreadable as caught:
        length, code = 0, caught.finding.code
    assert length <= 1000
    assert code in (5, 6)
