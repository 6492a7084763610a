"""A ``CATSChangeRequest`` as read: the only place that knows where in it things stand.

Who changes retailers by the hundred nominates the same parties every time: such standing data, alike in everything
but its NMI, is read once.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import msgspec

from simulator.asexml.model import View
from simulator.asexml.splicing import splice
from simulator.market.proposal import day, read_roles
from simulator.market.rules import Notice, Place, Reason
from simulator.market.terms import Terms
from simulator.world.changes import Proposal
from simulator.world.model import ConnectionPoint

MOST_KEPT = 1_000
"""Sets of nominated parties that are remembered."""
_NOTHING_ELSE: Mapping[str, View] = {}
_STARTS = 2
"""Start tags up to the NMI's: there is nothing before it."""


class Nomination(msgspec.Struct, gc=False):
    """The parties of standing data that gives nothing but a NMI and parties, as transfers do.

    ``sound``: all of them were found to be registered for their roles, which never changes.
    """

    roles: tuple[tuple[str, str], ...]
    nominated: Mapping[str, str]
    proposal: Proposal
    sound: bool = False


class Submission(msgspec.Struct, gc=False):
    """A change request as read, with what is looked up along the way.

    ``parts`` are the texts of its elements by name; ``xml`` its standing data, to be shown to others, and ``sections``
    the elements of that which are no ``nomination``.
    """

    sender: str
    parts: Mapping[str, str]
    data: View
    xml: str
    sections: Mapping[str, View]
    code: str
    nmi: str
    checksum: str | None
    proposed: date | None
    actual: date | None
    answers: str | None
    roles: tuple[tuple[str, str], ...]
    nominated: Mapping[str, str]
    nomination: Nomination | None
    point: ConnectionPoint | None = None
    reason: Reason | None = None
    initiator: Notice | None = None
    terms: Terms | None = None

    @property
    def effective(self) -> date | None:
        """The day the change is wanted for."""
        return self.actual or self.proposed

    def text(self, name: str) -> str | None:
        """The text of one of its elements, None when absent or empty."""
        return self.parts.get(name) or None

    @property
    def place(self) -> Place:
        """Jurisdiction and class of the NMI, or those it is to be created with."""
        if self.point is not None:
            return self.point.jurisdiction, self.point.classification
        text = self.data.text
        return text("MasterData/JurisdictionCode") or "ALL", text("MasterData/NMIClassificationCode") or "ALL"


class Reader:
    """Reads change requests, and remembers the parties that were nominated together."""

    __slots__ = ("_known",)

    def __init__(self) -> None:
        self._known: dict[str, Nomination] = {}

    def read(self, sender: str, view: View) -> Submission:
        """A change request as far as the checks need it."""
        parts = view.texts()
        data = view.first("NMIStandingData") or view
        xml = splice(data).text or ""
        before, _, parties = xml.partition("</NMI>")
        alike = parties if before.count("<") == _STARTS else ""
        nomination, sections = self._known.get(alike), _NOTHING_ELSE
        if nomination is None:
            sections = data.parts()
            nomination = self._nomination(sections, alike) if alike else None
        roles = read_roles(sections.get("RoleAssignments")) if nomination is None else nomination.roles
        return Submission(
            sender,
            parts,
            data,
            xml,
            sections,
            parts.get("ChangeReasonCode", ""),
            data.text("NMI") or "",
            data.attribute("checksum", "NMI"),
            day(parts.get("ProposedDate")),
            day(parts.get("ActualChangeDate")),
            parts.get("InitiatingRequestID") or None,
            roles,
            dict(roles) if nomination is None else nomination.nominated,
            nomination,
        )

    def _nomination(self, sections: Mapping[str, View], alike: str) -> Nomination | None:
        """The parties, when there is nothing beside them and the NMI; ``alike`` is what stands behind the NMI."""
        if sections.keys() != {"NMI", "RoleAssignments"}:
            return None
        roles = read_roles(sections["RoleAssignments"])
        if not roles:
            return None
        if len(self._known) >= MOST_KEPT:
            self._known.clear()
        made = self._known[alike] = Nomination(roles, dict(roles), Proposal(roles))
        return made
