"""HTTP as values: what a face parses and what it answers. No sockets."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Mapping
from datetime import datetime
from typing import Any

import msgspec


class Headers(Mapping[str, str]):
    """Header fields whose names are compared without case. Any other mapping that does so may stand in for it."""

    __slots__ = ("_fields",)

    def __init__(self, fields: Mapping[str, str] | None = None) -> None:
        self._fields = {name.lower(): (name, value) for name, value in (fields or {}).items()}

    def __getitem__(self, name: str) -> str:
        return self._fields[name.lower()][1]

    def __iter__(self) -> Iterator[str]:
        return (name for name, _ in self._fields.values())

    def __len__(self) -> int:
        return len(self._fields)


class Peer(msgspec.Struct, frozen=True):
    """A client certificate that TLS has accepted: the participant and environment it was issued for."""

    participant: str
    environment: str
    serial: str = ""


class HttpRequest(msgspec.Struct, frozen=True, gc=False):
    """The head of a request. ``path`` is decoded and relative to the workspace; ``query`` keeps order and repeats.

    ``prefix`` is what stood before the path, for answers that name an address (``/w/default``).
    """

    method: str
    path: str
    query: tuple[tuple[str, str], ...] = ()
    headers: Mapping[str, str] = msgspec.field(default_factory=Headers)
    peer: Peer | None = None
    secure: bool = True
    prefix: str = ""

    def parameter(self, name: str) -> str | None:
        """The first query parameter of that exact name (names are significant in case)."""
        return next((value for key, value in self.query if key == name), None)


class WirePlan(msgspec.Struct, frozen=True, gc=False):
    """How a reply goes onto the wire where a fault has it go otherwise than usual. Seconds are of real time.

    ``keeps`` bytes of ``part`` (``head`` or ``body``; None: half) are sent and the rest is not; then come ``silent``
    seconds of nothing, then the connection ends as ``ends`` says: ``close``, ``reset``, ``unannounced`` (closed, though
    the reply promised to stay), or as usual. ``instead`` is sent in place of all, ``before`` and ``behind`` around it.
    ``framing`` is how the body is told to end; ``skew`` is added to the Date header.
    """

    wait: float = 0.0
    head_over: float = 0.0
    body_over: float = 0.0
    part: str = ""
    keeps: int | None = None
    silent: float = 0.0
    ends: str = ""
    instead: bytes | None = None
    before: bytes = b""
    behind: bytes = b""
    framing: str = "length"
    first_line: bytes | None = None
    skew: float = 0.0


class HttpReply(msgspec.Struct, frozen=True):
    """A whole answer. ``rule`` names the rule that decided it, ``why`` says it to people; neither travels on the wire.

    ``asked`` is evidence of what was asked for, a value of the API's own; it does not travel either.
    ``client`` is who asked, where the API finds that out by itself.
    ``expires`` is when what it hands out to ``client`` ends.
    ``rules`` tells which rules of the scenario had a say in it; ``nearest`` explains, as text, why none had.
    ``stream`` stands for ``body`` where an answer is large: pieces over a snapshot, made as they are asked for.
    ``feed`` stands for it where the answer goes on for as long as both sides want.
    ``wire`` is there when a fault upsets how it is sent.
    """

    status: int
    body: bytes = b""
    content_type: str | None = None
    headers: tuple[tuple[str, str], ...] = ()
    rule: str = ""
    why: str = ""
    stream: Iterator[bytes] | None = None
    wire: WirePlan | None = None
    feed: AsyncIterator[bytes] | None = None
    asked: Any = None
    nearest: object = ""
    client: str = ""
    expires: datetime | None = None
    rules: tuple[str, ...] = ()
