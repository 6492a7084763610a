"""What a rule does, as small named values; a rule has several in the order of its file.

What becomes of AEMO's answer: `Accept`, `Reject`, `Partial`, `Template`, `Drop`. When and how often it is seen: `Hold`,
`Delay`, `Reorder`, `Duplicate`. What happens beside it: `Send`, `ChangeWorld`, `SetFlag`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta


@dataclass(frozen=True, slots=True)
class Accept:
    """``accept``: the market answers as it would without rules; no later rule is asked."""


@dataclass(frozen=True, slots=True)
class Reject:
    """``reject``: a business event with its code and explanation."""

    code: int
    explanation: str
    severity: str = "Error"


@dataclass(frozen=True, slots=True)
class Partial:
    """``partial``: some rows of meter data, or some transactions of a message, are refused; the rest goes its way.

    ``every`` second, third … one; those at ``places`` (the first is 1); those of ``nmis``.
    """

    code: int
    explanation: str
    severity: str = "Error"
    every: int | None = None
    places: tuple[int, ...] = ()
    nmis: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Delay:
    """``delay``: whatever AEMO sends in answer is seen that much later."""

    by: timedelta


@dataclass(frozen=True, slots=True)
class Hold:
    """``hold``: whatever AEMO sends in answer stays unseen until ``release`` names it in the timeline."""

    name: str


@dataclass(frozen=True, slots=True)
class Reorder:
    """``reorder``: answers wait until there are so many, or for so long at most; then the last is seen first."""

    of: int
    within: timedelta


@dataclass(frozen=True, slots=True)
class Duplicate:
    """``duplicate``: whatever AEMO sends in answer is queued so many times in all, the MessageID always the same."""

    times: int


@dataclass(frozen=True, slots=True)
class Drop:
    """``drop``: the market does what it does, and nobody is told."""


@dataclass(frozen=True, slots=True)
class Template:
    """``template``: the payload of AEMO's answer as a Jinja2 template of XML."""

    text: str


@dataclass(frozen=True, slots=True)
class Send:
    """``send``: AEMO sends one more message. ``to`` None: to whom the rule is about."""

    template: Template
    to: str | None = None
    group: str | None = None
    priority: str = "Medium"


@dataclass(frozen=True, slots=True)
class ChangeWorld:
    """``change``: standing data of a NMI is another from now on; nobody is told. Keys are those of the model."""

    nmi: str | None
    roles: Mapping[str, str] = field(default_factory=dict)
    master: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class SetFlag:
    """``set``: flags with their values; None takes one away."""

    flags: Mapping[str, str | None]


Answer = Accept | Reject | Partial | Delay | Hold | Reorder | Duplicate | Drop | Template | Send | ChangeWorld | SetFlag
