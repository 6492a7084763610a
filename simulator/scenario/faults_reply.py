"""A reply under a fault, whatever the fault is of: the only place that knows which module does what."""

from __future__ import annotations

import gzip
import zlib
from itertools import chain

from msgspec.structs import replace

from simulator.base.http import HttpReply, HttpRequest, WirePlan
from simulator.base.pausing import Pausing
from simulator.scenario import faults_http, faults_json, faults_xml
from simulator.scenario.faults import Mishap

__all__ = ["MOST_ALTERED", "altered", "instead", "whole"]

MOST_ALTERED = 16_777_216
"""Bytes of a reply that a fault can alter; a larger one, made as it is written, goes out as it is."""


def instead(mishap: Mishap, request: HttpRequest) -> HttpReply | None:
    """The reply where nothing is handled; None where the request is to be handled."""
    return faults_http.instead(mishap, request)


def whole(mishap: Mishap, reply: HttpReply) -> Pausing[HttpReply]:
    """The same reply, with the body that its stream makes: a fault of it needs all of it, and its length.

    One of more than `MOST_ALTERED` bytes goes on as a stream, and says why. What a fault sends nothing of is not made.
    """
    if reply.stream is None:
        return reply
    if mishap.fault.name in faults_http.WITHOUT_BODY:
        return replace(reply, stream=None)
    pieces, size = [], 0
    for piece in reply.stream:
        pieces.append(piece)
        size += len(piece)
        if size > MOST_ALTERED:
            why = f"{mishap.fault.name} did not strike: no fault alters a reply of more than {MOST_ALTERED} bytes"
            return replace(reply, stream=chain(pieces, reply.stream), why=why)
        yield
    return replace(reply, body=b"".join(pieces), stream=None)


def altered(mishap: Mishap, reply: HttpReply) -> HttpReply | None:
    """A reply that is there as a whole, as the fault has it; None where it finds nothing to upset in it."""
    made = faults_http.altered(mishap, reply)
    return made if made is not None else _message(mishap, reply)


def _message(mishap: Mishap, reply: HttpReply) -> HttpReply | None:
    """Faults of what is in the body; it is inflated for that and compressed again."""
    zipped = ("Content-Encoding", "gzip") in reply.headers
    try:
        body = gzip.decompress(reply.body) if zipped else reply.body
    except (OSError, EOFError, zlib.error):
        return None
    changed = faults_xml.changed(mishap, body)
    if changed is None:
        changed = faults_json.changed(mishap, body)
    if changed is None:
        return None
    skew = mishap.period("by").total_seconds() if mishap.fault.name == "clock skew" else 0.0
    wire = WirePlan(skew=skew) if skew else reply.wire
    return replace(reply, body=gzip.compress(changed, mtime=0) if zipped else changed, wire=wire)
