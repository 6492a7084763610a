"""The C4 report that AEMO sends of itself: after a transfer or a change of roles new parties are told what MSATS holds.

That it is sent, to which roles, and its priority are documented (MSATS user guides, C4); that it is Detailed, about the
one NMI, from the day of the change on, and refers to the change request as notifications do, is ours
(``assume.automatic-master``).
"""

from __future__ import annotations

from collections.abc import Iterator

from simulator.asexml.model import Element, Transaction, element
from simulator.base.turn import Turn
from simulator.market import replication_nmi as nmis
from simulator.market.operator import CATS, SUCCESS, Operator
from simulator.market.report_making import replication_results
from simulator.market.report_values import Line
from simulator.market.sequence import STRIDE
from simulator.world.changes import ChangeRequest
from simulator.world.model import OPEN_END

FAMILIES = frozenset({"transfer", "role"})
"""Kinds of change after which it is sent: the 1000s, 1060 and 1061 among them, and changes of roles."""
ROLES = ("FRMP", "LNSP", "LR", "MDP", "MPB", "NSP2", "RP")
"""Roles whose new holders get it."""


def tell(op: Operator, turn: Turn, request: ChangeRequest) -> None:
    """A request has completed: send its C4 reports."""
    if op.switches.automatic_master == "off" or op.rules.reasons[request.reason].family not in FAMILIES:
        return
    new = [(role, party) for role, party in request.proposal.roles if role in ROLES]
    if not new:
        return
    results = replication_results(list(_active(op, request)))
    for role, party in new:
        number = turn.draw.of("master", request.request_id, party, role).digits(12)
        content = element("ReportResponse", _parameters(turn, request, role, party), results, SUCCESS)
        sent = Transaction(f"CATS-{number}", turn.now, content, request.transaction_id)
        op.desk.send(turn, party, CATS, "Low", (sent,))


def _parameters(turn: Turn, request: ChangeRequest, role: str, party: str) -> Element:
    return element(
        "ReportParameters",
        Element("ReportName", "Master"),
        Element("FromDate", request.effective.isoformat()),
        Element("ToDate", (request.actual_end or OPEN_END).isoformat()),
        Element("AsAtDate", turn.now.date().isoformat()),
        Element("LastSequenceNumber", "0"),
        Element("NMI", request.nmi),
        Element("Participant", party),
        Element("Role", role),
        Element("ReportType", "Detailed"),
        xsi_type="ase:CATSMasterReportParameters",
    )


def _active(op: Operator, request: ChangeRequest) -> Iterator[Line]:
    """The rows that hold at any time from the day of the change on, table by table."""
    place = op.history.place(op.world, request.nmi)
    first = 0 if place is None else (place + 1) * STRIDE
    end = request.actual_end or OPEN_END
    rows = nmis.rows_of(op, request.nmi, op.history.changes.end)
    shown = [each for each in rows if each.status == "A" and each.begin <= end and each.end >= request.effective]
    for kept in sorted(shown, key=lambda each: (each.held.table, each.number(first))):
        yield Line(kept.number(first), nmis.C4_NAMES[kept.held.table], kept.text(first))
