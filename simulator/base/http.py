"""HTTP as values: what a face parses and what it answers. No sockets."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

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


@dataclass(frozen=True, slots=True)
class Peer:
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


class HttpReply(msgspec.Struct, frozen=True):
    """A whole answer. ``rule`` names the rule that decided it, ``why`` says it to people; neither travels on the wire.

    ``stream`` stands for ``body`` where an answer is large: pieces over a snapshot, made as they are asked for.
    """

    status: int
    body: bytes = b""
    content_type: str | None = None
    headers: tuple[tuple[str, str], ...] = ()
    rule: str = ""
    why: str = ""
    stream: Iterator[bytes] | None = None
