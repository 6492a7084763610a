"""A scenario as values: what the loader makes of a file and everything else works from. No YAML here.

One value per key of the file. What rules ask is in `criteria`, what they do in `reactions`.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

import msgspec

from simulator.asexml.mdff_model import Accumulation, IntervalDay
from simulator.hub.limits import Limits
from simulator.hub.switches import Switches
from simulator.hub.throttle import Throttling
from simulator.market.own_rules import OwnRules
from simulator.netstream.model import Given as NetstreamGiven
from simulator.netstream.switches import NetstreamSwitches
from simulator.scenario.criteria import MessageMatch, NetstreamMatch, RequestMatch, StateMatch
from simulator.scenario.expect import Expectation
from simulator.scenario.faults import Mishap
from simulator.scenario.reactions import Answer, Delay, Hold, Reject
from simulator.scenario.story import Entry, Objecting
from simulator.scenario.where import Where
from simulator.world.growth import Growth
from simulator.world.irregularities import Irregularity
from simulator.world.model import ConnectionPoint

__all__ = [
    "Answer",
    "Delay",
    "Given",
    "GivenReadings",
    "Hold",
    "MessageMatch",
    "NetstreamMatch",
    "Participant",
    "Reject",
    "RequestMatch",
    "Rule",
    "Scenario",
    "StateMatch",
    "TlsPort",
    "User",
    "Where",
]


class User(msgspec.Struct, frozen=True):
    """A URM user of a participant. ``rights`` are transaction groups; ``("*",)`` is all of them."""

    name: str
    password: str
    rights: tuple[str, ...] = ("*",)


class Participant(msgspec.Struct, frozen=True):
    """A market participant. ``played`` participants act by themselves, at ``pace`` after they are asked."""

    participant_id: str
    roles: tuple[str, ...] = ()
    users: tuple[User, ...] = ()
    played: bool = False
    pace: timedelta = timedelta(0)
    never_answers: bool = False
    objects: tuple[Objecting, ...] = ()
    delivers_readings: timedelta | None = None
    """How long after each midnight a metering data provider sends what it has read."""
    delivery: Mapping[str, str] = msgspec.field(default_factory=dict)
    """Transaction group → ``pull`` (``push`` comes with the push-push API); a group not named is pulled."""
    release: str | None = None
    certificate: bool = True
    """Whether the emulated API demands this participant's client certificate on the TLS port."""


class GivenReadings(msgspec.Struct, frozen=True):
    """Readings that are there when the story begins, and what is odd about those that grow from the seed."""

    days: tuple[IntervalDay, ...] = ()
    accumulations: tuple[Accumulation, ...] = ()
    odd: tuple[Irregularity, ...] = ()


class TlsPort(msgspec.Struct, frozen=True):
    """An extra port whose TLS is at fault. ``port`` 0 is any free one."""

    fault: Mishap
    port: int = 0


class Given(msgspec.Struct, frozen=True):
    """The market as the story begins."""

    participants: tuple[Participant, ...] = ()
    points: tuple[ConnectionPoint, ...] = ()
    population: tuple[Growth, ...] = ()
    netstream: NetstreamGiven = msgspec.field(default_factory=NetstreamGiven)
    readings: GivenReadings = msgspec.field(default_factory=GivenReadings)
    tls_ports: tuple[TlsPort, ...] = ()


class Rule(msgspec.Struct, frozen=True):
    """One entry of ``when:``; the first without differences answers.

    It is about one thing: a ``message`` a participant sends, an ``outgoing`` one of AEMO's, or a ``request`` (with
    ``netstream``: a GetMeterReadings). ``per``: what counts and flags are kept for (participant, nmi, conversation).
    ``times`` None is always; ``every`` n is each nth that fits; ``chance`` hangs on what fits, not on who comes first.
    """

    name: str
    where: Where
    message: MessageMatch | None = None
    answer: tuple[Answer, ...] = ()
    times: int | None = None
    outgoing: MessageMatch | None = None
    request: RequestMatch | None = None
    netstream: NetstreamMatch | None = None
    state: StateMatch = msgspec.field(default_factory=StateMatch)
    per: str | None = None
    every: int | None = None
    chance: float | None = None
    fault: Mishap | None = None
    """What goes wrong instead of an answer, or beside it."""
    strict: bool = False
    """Whether nobody should ever meet it: that it answered fails the verdict, and a test that did not expect it."""


class Scenario(msgspec.Struct, frozen=True):
    """One story."""

    name: str
    about: str = ""
    release: str = "r46"
    seed: int = 0
    clock: datetime | None = None
    given: Given = Given()
    when: tuple[Rule, ...] = ()
    at: tuple[Entry, ...] = ()
    then: tuple[Expectation, ...] = ()
    own_rules: OwnRules | None = None
    """The user's own rule tables, where the file names any."""
    limits: Limits = msgspec.field(default_factory=Limits)
    throttle: Throttling | None = None
    processing: Mapping[str, timedelta] = msgspec.field(default_factory=dict)
    """Kind of request → how long AEMO takes to process one; a kind not named takes no time."""
    switches: Switches = msgspec.field(default_factory=Switches)
    netstream_switches: NetstreamSwitches = msgspec.field(default_factory=NetstreamSwitches)
    explain: bool = False
    """Whether answers that no rule had a say in carry the nearest one in a header."""
    file: str = "<memory>"
    text: str = ""
    """The whole file, where it was told over the control API; the journal keeps it."""

    def participant(self, participant_id: str) -> Participant | None:
        """The declared participant of that id."""
        return next((p for p in self.given.participants if p.participant_id == participant_id), None)
