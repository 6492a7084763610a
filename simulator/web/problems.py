"""What control resources answer with: JSON, or a problem (RFC 9457); and how they read what they are sent."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from http import HTTPStatus
from typing import TypeVar

import msgspec

from simulator.base.http import HttpReply

BODY_LIMIT = 64 * 1024
ReadBody = Callable[[int], Awaitable[bytes]]
T = TypeVar("T")


class Problem(Exception):
    """An error of the control API. ``more`` are further members of the problem."""

    def __init__(
        self, status: int, detail: str, rule: str, allow: str | None = None, more: Mapping[str, object] | None = None
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.rule = rule
        self.allow = allow
        self.more = more or {}

    def reply(self) -> HttpReply:
        """As RFC 9457 writes it."""
        title = HTTPStatus(self.status).phrase
        body = {"type": "about:blank", "title": title, "status": self.status, "detail": self.detail, "rule": self.rule}
        headers = (("Allow", self.allow),) if self.allow else ()
        if self.status == HTTPStatus.UNAUTHORIZED:
            headers = (*headers, ("WWW-Authenticate", 'Bearer realm="ehubsim control"'))
        content = msgspec.json.encode({**body, **self.more})
        return HttpReply(self.status, content, "application/problem+json", headers, self.rule)


def json_reply(value: object, status: int = 200) -> HttpReply:
    """A value as JSON."""
    return HttpReply(status, msgspec.json.encode(value), "application/json")


async def bounded(read_body: ReadBody, limit: int, rule: str) -> bytes:
    """The whole body; a `Problem` when it is larger than ``limit`` bytes."""
    body = await read_body(limit)
    if len(body) > limit:
        raise Problem(413, f"more than {limit} bytes", rule)
    return body


async def read_json(read_body: ReadBody, kind: type[T], rule: str) -> T:
    """The body as a value of that kind; a `Problem` when it is something else."""
    body = await bounded(read_body, BODY_LIMIT, rule)
    try:
        return msgspec.json.decode(body, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Problem(400, f"the body is not what is asked for: {error}", rule) from None
