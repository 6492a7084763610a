"""Who may use the control API: the only place that decides it."""

from __future__ import annotations

import hmac
from urllib.parse import urlsplit

from simulator.base.http import HttpRequest
from simulator.web.problems import Problem


def admit(request: HttpRequest, token: str | None) -> None:
    """The token, and no web page of another origin (a browser would send its requests to loopback gladly)."""
    origin = request.headers.get("Origin")
    if origin is not None and urlsplit(origin).netloc != request.headers.get("Host"):
        raise Problem(403, "requests from web pages of another origin are refused", "control.origin")
    if token is None:
        return
    scheme, _, given = request.headers.get("Authorization", "").partition(" ")
    right = hmac.compare_digest(given.strip().encode(errors="surrogateescape"), token.encode())
    if scheme.lower() != "bearer" or not right:
        raise Problem(401, "the control token is missing or wrong", "control.token")
