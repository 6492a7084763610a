"""How much AEMO lets pile up of each kind before it raises a stop file. The only place for the defaults.

Kinds: Hub Message Management page of the e-Hub documentation. Defaults: a real ``MSATSLimits`` answer (2016).
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from simulator.asexml.model import ReceivedTransaction

CR, CR_NOTIFICATION = "CR", "CR NOTIFICATION"
NSRD_NOTIFICATION, NSRD_RESPONSE = "NSRD NOTIFICATION", "NSRD RESPONSE"
OUTBOX_FILE, REPORT = "OUTBOX FILE", "REPORT"
KINDS = (CR, CR_NOTIFICATION, NSRD_NOTIFICATION, NSRD_RESPONSE, OUTBOX_FILE, REPORT)
BY_DAY = frozenset((CR, CR_NOTIFICATION))
"""Kinds that count what happened on a business day: they begin again at midnight market time."""
INBOUND = (CR, NSRD_NOTIFICATION, REPORT)
"""Kinds of what participants send and AEMO processes."""


class Limit(msgspec.Struct, frozen=True):
    """A stop file is raised when the count reaches ``upper``, and cleared when it is below ``lower``."""

    lower: int
    upper: int


SEEN: Mapping[str, Limit] = {
    CR: Limit(1_300, 1_300),
    CR_NOTIFICATION: Limit(7_500, 7_500),
    NSRD_NOTIFICATION: Limit(100_000, 100_000),
    NSRD_RESPONSE: Limit(80, 100),
    OUTBOX_FILE: Limit(200, 200),
    REPORT: Limit(80, 100),
}


class Group(msgspec.Struct, frozen=True):
    """A participant group: its members are counted together, and its limits are theirs."""

    name: str
    members: tuple[str, ...]
    limits: Mapping[str, Limit] = msgspec.field(default_factory=dict)


class Limits(msgspec.Struct, frozen=True):
    """The limits of one simulation, by kind; what is not named is as seen.

    ``participants`` have limits of their own, ``groups`` those of the group.
    """

    kinds: Mapping[str, Limit] = msgspec.field(default_factory=dict)
    participants: Mapping[str, Mapping[str, Limit]] = msgspec.field(default_factory=dict)
    groups: tuple[Group, ...] = ()

    def own(self, unit: str, kind: str) -> Limit | None:
        """The limit a participant, or a group named as `group_unit` does, has for itself."""
        return (self.participants.get(unit) or self._by_group().get(unit) or {}).get(kind)

    def of(self, unit: str, kind: str) -> Limit:
        """The limit that holds for a participant or a group."""
        return self.own(unit, kind) or self.kinds.get(kind) or SEEN[kind]

    def _by_group(self) -> dict[str, Mapping[str, Limit]]:
        return {group_unit(group.name): group.limits for group in self.groups}


def group_unit(name: str) -> str:
    """What a group is counted under: never a participant id."""
    return f"group {name}"


_REQUESTS = {"CATSChangeRequest": CR, "ReportRequest": REPORT, "ReplicationRequest": REPORT}
_READ_DATES = frozenset(("5070", "5071"))
"""Change reasons of next scheduled read dates: what NSRD counts."""
_STOPPED_BY = {
    CR: frozenset((CR,)),
    NSRD_NOTIFICATION: frozenset((CR, NSRD_NOTIFICATION, NSRD_RESPONSE)),
    REPORT: frozenset((REPORT,)),
}


def kind_of(asked: ReceivedTransaction) -> str | None:
    """The kind a request of a participant is; None for what no stop file is about."""
    kind = _REQUESTS.get(asked.name)
    if kind == CR and asked.view.text("ChangeReasonCode") in _READ_DATES:
        return NSRD_NOTIFICATION
    return kind


def stopped_by(kind: str) -> frozenset[str]:
    """The stop files that hold requests of a kind: a change of a read date is a change request as well."""
    return _STOPPED_BY[kind]
