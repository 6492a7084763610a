"""What a rule asks, as values: of a message, of an HTTP request, of a Netstream question, of what was before.

Every criterion given must hold. None, or nothing in a mapping, asks nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import msgspec


class Matches(msgspec.Struct, frozen=True):
    """A pattern that a text must match whole; see `simulator.scenario.patterns` for those there may be."""

    pattern: str


class Absent(msgspec.Struct, frozen=True):
    """There must be no such text."""


Wanted = str | tuple[str, ...] | Matches | Absent
"""What a text must be: this one, one of these, one that matches, or none."""


class MessageMatch(msgspec.Struct, frozen=True):
    """A message and one transaction of it. Keys of ``fields`` are element names or paths, of ``xpath`` expressions.

    ``participant``: its sender or its receiver. ``role``: a role its sender is declared with. ``nmi``: any NMI in it.
    """

    transaction: Wanted | None = None
    sender: Wanted | None = None
    receiver: Wanted | None = None
    participant: Wanted | None = None
    role: Wanted | None = None
    nmi: Wanted | None = None
    release: Wanted | None = None
    group: Wanted | None = None
    priority: Wanted | None = None
    fields: Mapping[str, Wanted] = msgspec.field(default_factory=dict)
    xpath: Mapping[str, Wanted | None] = msgspec.field(default_factory=dict)
    """Expression → the text it must have; None: it must find something, or be true."""


class RequestMatch(msgspec.Struct, frozen=True):
    """The head of an HTTP request. ``certificate`` is the participant that its client certificate was issued for."""

    api: Wanted | None = None
    operation: Wanted | None = None
    participant: Wanted | None = None
    certificate: Wanted | None = None
    group: Wanted | None = None
    context_id: Wanted | None = None
    header: Mapping[str, Wanted] = msgspec.field(default_factory=dict)


class NetstreamMatch(msgspec.Struct, frozen=True):
    """A GetMeterReadings. ``covers``: days of which the period asked for has at least one."""

    client: Wanted | None = None
    usage_point: Wanted | None = None
    group: Wanted | None = None
    reading_type: Wanted | None = None
    days: tuple[date, date] | None = None


class After(msgspec.Struct, frozen=True):
    """Something that must have happened: a rule was used, or an event of that word came about."""

    rule: str | None = None
    event: str | None = None
    times: int = 1


class QueueDepth(msgspec.Struct, frozen=True):
    """How many messages a participant's queue shows; without ``of``, that of whom the rule is about."""

    of: str | None = None
    least: int | None = None
    most: int | None = None


class StateMatch(msgspec.Struct, frozen=True):
    """What was before. ``nth``: the first, third … time that everything else fits.

    A flag must have a value that is wanted; None: any.
    """

    nth: tuple[int, ...] = ()
    after: tuple[After, ...] = ()
    queue: QueueDepth | None = None
    flags: Mapping[str, Wanted | None] = msgspec.field(default_factory=dict)
