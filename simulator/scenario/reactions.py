"""What a rule does, as small named values; a rule has several in the order of its file.

What becomes of AEMO's answer: `Accept`, `Reject`, `Partial`, `Template`, `Drop`. When and how often it is seen: `Hold`,
`Delay`, `Reorder`, `Duplicate`. What happens beside it: `Send`, `ChangeWorld`, `SetFlag`.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

import msgspec


class Accept(msgspec.Struct, frozen=True):
    """``accept``: the market answers as it would without rules; no later rule is asked."""


class Reject(msgspec.Struct, frozen=True):
    """``reject``: a business event with its code and explanation."""

    code: int
    explanation: str
    severity: str = "Error"


class Partial(msgspec.Struct, frozen=True):
    """``partial``: some rows of meter data, or some transactions of a message, are refused; the rest goes its way.

    ``every`` second, third … one; those at ``places`` (the first is 1); those of ``nmis``.
    """

    code: int
    explanation: str
    severity: str = "Error"
    every: int | None = None
    places: tuple[int, ...] = ()
    nmis: tuple[str, ...] = ()


class Delay(msgspec.Struct, frozen=True):
    """``delay``: whatever AEMO sends in answer is seen that much later."""

    by: timedelta


class Hold(msgspec.Struct, frozen=True):
    """``hold``: whatever AEMO sends in answer stays unseen until ``release`` names it in the timeline."""

    name: str


class Reorder(msgspec.Struct, frozen=True):
    """``reorder``: answers wait until there are so many, or for so long at most; then the last is seen first."""

    of: int
    within: timedelta


class Duplicate(msgspec.Struct, frozen=True):
    """``duplicate``: whatever AEMO sends in answer is queued so many times in all, the MessageID always the same."""

    times: int


class Drop(msgspec.Struct, frozen=True):
    """``drop``: the market does what it does, and nobody is told."""


class Template(msgspec.Struct, frozen=True):
    """``template``: the payload of AEMO's answer as a Jinja2 template of XML."""

    text: str


class Send(msgspec.Struct, frozen=True):
    """``send``: AEMO sends one more message. ``to`` None: to whom the rule is about."""

    template: Template
    to: str | None = None
    group: str | None = None
    priority: str = "Medium"


class ChangeWorld(msgspec.Struct, frozen=True):
    """``change``: standing data of a NMI is another from now on; nobody is told. Keys are those of the model."""

    nmi: str | None
    roles: Mapping[str, str] = msgspec.field(default_factory=dict)
    master: Mapping[str, str] = msgspec.field(default_factory=dict)


class SetFlag(msgspec.Struct, frozen=True):
    """``set``: flags with their values; None takes one away."""

    flags: Mapping[str, str | None]


Answer = Accept | Reject | Partial | Delay | Hold | Reorder | Duplicate | Drop | Template | Send | ChangeWorld | SetFlag
