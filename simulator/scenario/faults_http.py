"""What faults of the network and of HTTP make of a request and of a reply. Pure: the shell carries out the plan."""

from __future__ import annotations

import gzip
from collections.abc import Callable, Mapping

from msgspec.structs import replace

from simulator.base.http import HttpReply, HttpRequest, WirePlan
from simulator.scenario.faults import Mishap

NETSTREAM = "/api/cim17/"
_HTML = (
    b"<!DOCTYPE html>\n<html><head><title>Gateway</title></head><body><h1>Please try again later</h1></body></html>\n"
)
_GARBAGE = b"\x15\x03\x01\x00\x02\x02\x28\x00\xff\xfe no HTTP at all\r\n\r\n"
_INTERIM = b"HTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </style.css>; rel=preload\r\n\r\n"
_PROBLEMS: Mapping[int, tuple[str, str]] = {
    400: ("One or more validation errors occurred.", "15.5.1"),
    403: ("Forbidden", "15.5.4"),
    404: ("Not Found", "15.5.5"),
    406: ("Not Acceptable", "15.5.7"),
    413: ("Payload Too Large", "15.5.14"),
    415: ("Unsupported Media Type", "15.5.16"),
    422: ("Unprocessable Entity", "15.5.21"),
    500: ("An error occurred while processing your request.", "15.6.1"),
}
"""ASP.NET's problem details by status, with the section of RFC 9110 they point to (netstream-cim §2)."""


def refusal(request: HttpRequest, status: int) -> HttpReply:
    """A status as documented: the e-Hub's without a body, Netstream's as ASP.NET Core writes them."""
    if not request.path.startswith(NETSTREAM):
        return HttpReply(status)
    if status == 401:
        return HttpReply(401, headers=(("WWW-Authenticate", "Bearer"),))
    if status not in _PROBLEMS:
        return HttpReply(status)
    title, section = _PROBLEMS[status]
    body = f'{{"type":"https://tools.ietf.org/html/rfc9110#section-{section}","title":"{title}","status":{status}}}'
    return HttpReply(status, body.encode(), "application/problem+json; charset=utf-8")


def instead(mishap: Mishap, request: HttpRequest) -> HttpReply | None:
    """The reply of a fault that lets nothing be handled; None when the fault is none of these."""
    fault = mishap.fault
    if fault.name == "status":
        return refusal(request, mishap.number("status") or 500)
    if fault.name in _INSTEAD:
        return _INSTEAD[fault.name](mishap)
    return refusal(request, fault.status) if fault.status else None


_INSTEAD: Mapping[str, Callable[[Mishap], HttpReply]] = {
    "reset before processing": lambda mishap: _silent(WirePlan(instead=b"", ends="reset")),
    "closed before processing": lambda mishap: _silent(WirePlan(instead=b"", ends="close")),
    "never answers": lambda mishap: _silent(_silence(mishap)),
    "redirect": lambda mishap: HttpReply(302, headers=(("Location", mishap.text("to")),)),
    "error page": lambda mishap: HttpReply(200, _HTML, "text/html; charset=utf-8"),
    "token expired": lambda mishap: _invalid_token("The token expired"),
    "token not yet valid": lambda mishap: _invalid_token("The token is not valid before tomorrow"),
    "outage": lambda mishap: HttpReply(mishap.number("status") or 500),
    "flapping": lambda mishap: HttpReply(mishap.number("status") or 500),
    "maintenance": lambda mishap: HttpReply(503, headers=(("Retry-After", str(_whole(mishap, "for"))),)),
    "throttling burst": lambda mishap: HttpReply(429),
}


def _invalid_token(reason: str) -> HttpReply:
    challenge = f'Bearer error="invalid_token", error_description="{reason}"'
    return HttpReply(401, headers=(("WWW-Authenticate", challenge),))


def _whole(mishap: Mishap, name: str) -> int:
    return int(mishap.period(name).total_seconds())


def _silent(plan: WirePlan) -> HttpReply:
    """Nothing is told; 0 is what logs show where no status was sent."""
    return HttpReply(0, wire=plan)


def _silence(mishap: Mishap) -> WirePlan:
    return WirePlan(instead=b"", silent=mishap.period("for").total_seconds(), ends="close")


def altered(mishap: Mishap, reply: HttpReply) -> HttpReply | None:
    """A reply as the fault has it; None when the fault is none of HTTP or the network."""
    name = mishap.fault.name
    if name in _PLANS:
        return replace(reply, wire=_PLANS[name](mishap))
    return _REPLIES[name](mishap, reply) if name in _REPLIES else None


def _seconds(mishap: Mishap, name: str) -> float:
    return mishap.period(name).total_seconds()


def _cut(mishap: Mishap, ends: str, silent: float = 0.0) -> WirePlan:
    return WirePlan(part="body", keeps=mishap.number("after"), ends=ends, silent=silent)


_PLANS: Mapping[str, Callable[[Mishap], WirePlan]] = {
    "late reply": lambda mishap: WirePlan(wait=_seconds(mishap, "by")),
    "slow headers": lambda mishap: WirePlan(head_over=_seconds(mishap, "over")),
    "slow body": lambda mishap: WirePlan(body_over=_seconds(mishap, "over")),
    "stalled body": lambda mishap: _cut(mishap, "close", _seconds(mishap, "for")),
    "truncated headers": lambda mishap: WirePlan(part="head", ends="close"),
    "truncated body": lambda mishap: _cut(mishap, "close"),
    "reset after processing": lambda mishap: WirePlan(instead=b"", ends="reset"),
    "reset within body": lambda mishap: _cut(mishap, "reset"),
    "closed after processing": lambda mishap: WirePlan(instead=b"", ends="close"),
    "never answers after processing": _silence,
    "closed unannounced": lambda mishap: WirePlan(ends="unannounced"),
    "garbage": lambda mishap: WirePlan(instead=_GARBAGE, ends="close"),
    "stray bytes": lambda mishap: WirePlan(behind=_GARBAGE),
    "content length too long": lambda mishap: WirePlan(framing="too long", ends="close"),
    "content length too short": lambda mishap: WirePlan(framing="too short"),
    "two content lengths": lambda mishap: WirePlan(framing="two lengths"),
    "chunked reply": lambda mishap: WirePlan(framing="chunks"),
    "broken chunk": lambda mishap: WirePlan(framing="broken chunk", ends="close"),
    "unfinished chunks": lambda mishap: WirePlan(framing="unfinished chunks", ends="close"),
    "bad status line": lambda mishap: WirePlan(first_line=b"HTTP/1.1 OK two hundred", ends="close"),
    "interim replies": lambda mishap: WirePlan(before=_INTERIM),
    "HTTP 1.0 reply": lambda mishap: WirePlan(first_line=b"HTTP/1.0", ends="close"),
}


def _status_after(mishap: Mishap, reply: HttpReply) -> HttpReply:
    return HttpReply(mishap.number("status") or 500)


def _encoded(reply: HttpReply, body: bytes, coding: str) -> HttpReply:
    others = tuple(each for each in reply.headers if each[0].lower() != "content-encoding")
    return replace(reply, body=body, headers=(*others, ("Content-Encoding", coding)))


_REPLIES: Mapping[str, Callable[[Mishap, HttpReply], HttpReply]] = {
    "status after processing": _status_after,
    "empty 200": lambda mishap, reply: HttpReply(200, b"", reply.content_type),
    "wrong content type": lambda mishap, reply: replace(reply, content_type=mishap.text("type")),
    "no content type": lambda mishap, reply: replace(reply, content_type=None),
    "gzip unasked": lambda mishap, reply: _encoded(reply, gzip.compress(reply.body, mtime=0), "gzip"),
    "broken gzip": lambda mishap, reply: _encoded(reply, gzip.compress(reply.body, mtime=0)[:-9] + b"\0", "gzip"),
    "unknown encoding": lambda mishap, reply: _encoded(reply, reply.body, "x-rot13"),
    "huge header": lambda mishap, reply: replace(reply, headers=(*reply.headers, ("X-Padding", "x" * 65_536))),
}
NAMES = frozenset((*_PLANS, *_REPLIES))
"""Every fault that leaves handling alone and changes the reply here."""
WITHOUT_BODY = frozenset(
    (
        "reset after processing",
        "closed after processing",
        "never answers after processing",
        "garbage",
        "status after processing",
        "empty 200",
    )
)
"""Faults that send nothing of the reply's body: it need not be made, however large it is."""
INSTEAD = frozenset((*_INSTEAD, "status"))
"""Every fault that lets nothing be handled, beside those that are a status alone."""
