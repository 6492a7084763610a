"""What an emulated API is: a face that turns a request into a call, a call into a command, a reply into an answer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from simulator.asexml.model import Received
from simulator.base.http import HttpReply, HttpRequest
from simulator.hub.commands import Command, Reply
from simulator.hub.gate import Caller
from simulator.hub.switches import Switches


@dataclass(frozen=True, slots=True)
class Call:
    """A request whose path, verb and headers are as documented. ``takes_body`` says whether a body belongs to it."""

    api: str
    operation: str
    participant: str
    authorization: str | None
    takes_body: bool
    market: str | None = None
    context_id: str | None = None
    group: str | None = None
    content_type: str = "application/xml"


class Face(Protocol):
    """One emulated API."""

    @property
    def name(self) -> str:
        """AEMO's name of the API."""
        ...

    @property
    def paths(self) -> tuple[str, ...]:
        """Every path it answers, relative to the workspace."""
        ...

    def parse(self, request: HttpRequest, switches: Switches) -> Call:
        """Check verb, parameters and headers; raises `Refused` (405, 400, …)."""
        ...

    def command(self, call: Call, caller: Caller, received: Received | None, body: bytes) -> Command:
        """What the call asks of the hub."""
        ...

    def render(self, call: Call, reply: Reply) -> HttpReply:
        """The answer as HTTP."""
        ...
