"""The reports about a participant's standing with the hub: ``MSATSLimits`` and ``ParticipantSystemStatus``.

The numbers are those of a real answer; what is counted is handed in by whoever counts (`Counting`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache

import msgspec

from simulator.asexml.model import Element, element, optional
from simulator.base.clock import MARKET_ZONE
from simulator.hub.events import StopFileRaised
from simulator.hub.flow import B2M
from simulator.hub.limits import INBOUND
from simulator.market.operator import Operator
from simulator.market.replication_rows import instant
from simulator.market.report_model import Report
from simulator.market.report_tables import assumed
from simulator.market.report_values import Asked
from simulator.world.calendar import midnight


class Count(msgspec.Struct, frozen=True):
    """What is counted of one kind: limits, how many there are, in the group if there is one, whether stopped."""

    lower: int
    upper: int
    actual: int = 0
    group_actual: int | None = None
    stopped: bool = False


KINDS = ("Cr", "CrNotification", "NsrdNotification", "NsrdResponse", "OutboxFile", "Report")
SEEN: Mapping[str, Count] = {
    "Cr": Count(1_300, 1_300),
    "CrNotification": Count(7_500, 7_500),
    "NsrdNotification": Count(100_000, 100_000),
    "NsrdResponse": Count(80, 100),
    "OutboxFile": Count(200, 200),
    "Report": Count(80, 100),
}
"""The limits of a real answer (2016)."""
_DEFAULT = frozenset({"Cr", "CrNotification"})
"""Kinds whose lower limit goes by the name DefaultLimit in a real answer."""
Counting = Callable[[Operator, Asked], Mapping[str, Count]]


def known_counts(op: Operator, asked: Asked) -> Mapping[str, Count]:
    """What the hub counts; without a hub, the change requests a participant lodged this business day."""
    if op.flow is not None:
        counted = op.flow.counted(asked.sender, asked.at)
        return {
            name: Count(each.limit.lower, each.limit.upper, each.actual, each.in_group, each.stopped)
            for name, each in zip(KINDS, counted.values(), strict=True)
        }
    today = midnight(asked.today)
    lodged = sum(
        1
        for request in op.requests.all()
        if request.initiator == asked.sender and op.history.lodged_at[request.request_id] >= today
    )
    return {**SEEN, "Cr": Count(1_300, 1_300, lodged, None, lodged >= 1_300)}


def msats_limits(op: Operator, asked: Asked, counts: Counting = known_counts) -> Element:
    """``ReportResults`` of MSATSLimits."""
    held = counts(op, asked)
    limits = element("MsatsLimits", Element("Participant", asked.sender), *(_limit(kind, held[kind]) for kind in KINDS))
    return Element("ReportResults", None, (limits,), {"xsi:type": "ase:CATSMsatsLimitsReportFormat"})


def _limit(kind: str, count: Count) -> Element:
    lower = "DefaultLimit" if kind in _DEFAULT else "LowerLimit"
    return element(
        kind,
        Element(lower, str(count.lower)),
        Element("UpperLimit", str(count.upper)),
        Element("ParticipantActual", str(count.actual)),
        optional("GroupActual", None if count.group_actual is None else str(count.group_actual)),
        Element("StopFlag", "Y" if count.stopped else "N"),
    )


@cache
def _systems(text: str) -> tuple[tuple[str, str, tuple[str, ...]], ...]:
    found = (each.split() for each in text.split("|"))
    return tuple((system, mode, tuple(groups)) for system, mode, *groups in found)


def systems_told() -> tuple[tuple[str, str, tuple[str, ...]], ...]:
    """(system, mode, transaction groups): invented, for no real answer is known (`assume.system-status`)."""
    return _systems(assumed("assume.system-status"))


def words() -> Sequence[str]:
    """What runs, what is stopped, an in-box and an out-box are called (`assume.system-words`)."""
    return assumed("assume.system-words").split()


def participant_system_status(op: Operator, asked: Asked) -> Element:
    """``ReportResults`` of ParticipantSystemStatus: everything runs since midnight, but what a stop file stops."""
    systems = [
        element(
            "ParticipantSystemStatus",
            Element("System", system),
            Element("ModeType", mode),
            element("TransactionGroups", *(Element("TransactionGroup", each) for each in groups)) if groups else None,
            Element("Status", words()[0]),
            Element("StartTime", instant(midnight(asked.today))),
            Element("HeartbeatTime", instant(asked.at.astimezone(MARKET_ZONE))),
        )
        for system, mode, groups in systems_told()
    ]
    stops = () if op.flow is None else op.flow.standing(B2M, asked.sender)
    systems += [_stopped(stop, asked) for _, stop in stops]
    statuses = Element("ParticipantSystemsStatus", None, tuple(systems))
    return Element("ReportResults", None, (statuses,), {"xsi:type": "ase:CATSParticipantSystemStatusReportFormat"})


def _stopped(stop: StopFileRaised, asked: Asked) -> Element:
    """A row for each stop file that stands, in the words of the alert."""
    _, stopped, inbox, outbox = words()
    return element(
        "ParticipantSystemStatus",
        Element("System", "MSATS"),
        Element("ModeType", "Batch"),
        element("TransactionGroups", Element("TransactionGroup", "CATS")),
        Element("Box", inbox if stop.kind in INBOUND else outbox),
        Element("Status", stopped),
        Element("Reason", stop.kind),
        Element("StartTime", instant(stop.at)),
        Element("HeartbeatTime", instant(asked.at.astimezone(MARKET_ZONE))),
    )


MSATS_LIMITS = Report("MSATSLimits", whole=msats_limits)
PARTICIPANT_SYSTEM_STATUS = Report("ParticipantSystemStatus", whole=participant_system_status)
