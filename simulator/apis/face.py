"""What an emulated API is: a face that turns a request into a call, a call into a command, a reply into an answer."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

import msgspec

from simulator.asexml.model import Received
from simulator.base.http import HttpReply, HttpRequest
from simulator.base.pausing import Pausing
from simulator.hub.commands import Command, Reply
from simulator.hub.gate import Caller
from simulator.hub.switches import Switches
from simulator.scenario.facts import Question
from simulator.simulation import Simulation


class Call(msgspec.Struct, frozen=True, gc=False):
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
    alert_type: str | None = None
    query_participant: str | None = None
    transaction_id: str | None = None
    overlooked: str = ""


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


class Visit(msgspec.Struct, frozen=True):
    """What a service may look at: the simulation, everything due by now handled, and market time."""

    simulation: Simulation
    now: datetime


class Service(Protocol):
    """An emulated API that is no e-Hub: it judges its callers and bodies itself, and only reads the simulation."""

    @property
    def name(self) -> str:
        """Its owner's name of the API."""
        ...

    def serves(self, path: str) -> bool:
        """Whether a path, relative to the workspace, is one of its own."""
        ...

    def operation(self, path: str) -> str:
        """What is asked for at a path of its own."""
        ...

    def reads(self, path: str) -> bool:
        """Whether a path of its own answers with readings."""
        ...

    def client(self, request: HttpRequest, body: bytes, visit: Visit) -> str:
        """Whose request it is; "" where that cannot be made out. The body is needed only for paths without readings."""
        ...

    def question(self, request: HttpRequest, body: bytes, visit: Visit) -> Question | None:
        """What a request asks for, for rules; None where that cannot be made out."""
        ...

    def admit(self, request: HttpRequest, visit: Visit) -> HttpReply | int:
        """Everything that is judged before the body: a refusal, or how many bytes of body are read (0: none)."""
        ...

    def answer(self, request: HttpRequest, body: bytes, visit: Visit) -> Pausing[HttpReply]:
        """The answer. A body that is one byte longer than admitted was too long. Raises `Refused`."""
        ...
