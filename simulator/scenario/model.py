"""A scenario as values: what the loader makes of a file and everything else works from. No YAML here.

One value per key of the file. ``Where`` says where in the file a thing stands, so that every answer can name its line.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from simulator.asexml.mdff_model import Accumulation, IntervalDay
from simulator.hub.limits import Limits
from simulator.hub.switches import Switches
from simulator.hub.throttle import Throttling
from simulator.market.own_rules import OwnRules
from simulator.netstream.model import Given as NetstreamGiven
from simulator.netstream.switches import NetstreamSwitches
from simulator.scenario.story import Entry, Objecting
from simulator.world.growth import Growth
from simulator.world.irregularities import Irregularity
from simulator.world.model import ConnectionPoint


@dataclass(frozen=True, slots=True)
class Where:
    """A place in a scenario file."""

    file: str
    line: int
    column: int = 1

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


@dataclass(frozen=True, slots=True)
class User:
    """A URM user of a participant. ``rights`` are transaction groups; ``("*",)`` is all of them."""

    name: str
    password: str
    rights: tuple[str, ...] = ("*",)


@dataclass(frozen=True, slots=True)
class Participant:
    """A market participant. ``played`` participants act by themselves, at ``pace`` after they are asked."""

    participant_id: str
    roles: tuple[str, ...] = ()
    users: tuple[User, ...] = ()
    played: bool = False
    pace: timedelta = timedelta(0)
    never_answers: bool = False
    objects: tuple[Objecting, ...] = ()
    delivery: Mapping[str, str] = field(default_factory=dict)
    """Transaction group → ``pull`` (``push`` comes with the push-push API); a group not named is pulled."""
    release: str | None = None
    certificate: bool = True
    """Whether the emulated API demands this participant's client certificate on the TLS port."""


@dataclass(frozen=True, slots=True)
class GivenReadings:
    """Readings that are there when the story begins, and what is odd about those that grow from the seed."""

    days: tuple[IntervalDay, ...] = ()
    accumulations: tuple[Accumulation, ...] = ()
    odd: tuple[Irregularity, ...] = ()


@dataclass(frozen=True, slots=True)
class Given:
    """The market as the story begins."""

    participants: tuple[Participant, ...] = ()
    points: tuple[ConnectionPoint, ...] = ()
    population: tuple[Growth, ...] = ()
    netstream: NetstreamGiven = field(default_factory=NetstreamGiven)
    readings: GivenReadings = field(default_factory=GivenReadings)


@dataclass(frozen=True, slots=True)
class Reject:
    """The reaction ``reject``: a business event with its code and explanation."""

    code: int
    explanation: str
    severity: str = "Error"


@dataclass(frozen=True, slots=True)
class Delay:
    """The reaction ``delay``: whatever AEMO sends in answer is seen that much later."""

    by: timedelta


@dataclass(frozen=True, slots=True)
class Hold:
    """The reaction ``hold``: whatever AEMO sends in answer stays unseen until ``release`` names it in the timeline."""

    name: str


Answer = Reject | Delay | Hold


@dataclass(frozen=True, slots=True)
class MessageMatch:
    """What a rule asks of a message: every criterion given must hold. Keys of ``fields`` are element names or paths."""

    transaction: str | None = None
    sender: str | None = None
    fields: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Rule:
    """One entry of ``when:``; the first without differences answers. ``times`` None is always."""

    name: str
    where: Where
    message: MessageMatch
    answer: tuple[Answer, ...]
    times: int | None = None


@dataclass(frozen=True, slots=True)
class Scenario:
    """One story."""

    name: str
    about: str = ""
    release: str = "r46"
    seed: int = 0
    clock: datetime | None = None
    given: Given = Given()
    when: tuple[Rule, ...] = ()
    at: tuple[Entry, ...] = ()
    own_rules: OwnRules | None = None
    """The user's own rule tables, where the file names any."""
    limits: Limits = field(default_factory=Limits)
    throttle: Throttling | None = None
    processing: Mapping[str, timedelta] = field(default_factory=dict)
    """Kind of request → how long AEMO takes to process one; a kind not named takes no time."""
    switches: Switches = field(default_factory=Switches)
    netstream_switches: NetstreamSwitches = field(default_factory=NetstreamSwitches)
    file: str = "<memory>"

    def participant(self, participant_id: str) -> Participant | None:
        """The declared participant of that id."""
        return next((p for p in self.given.participants if p.participant_id == participant_id), None)
