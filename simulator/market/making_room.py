"""What of the market's past makes room for what comes: the only place that decides when, and that counts it.

    finished change requests, with objections ... the last `Switches.history_kept` are kept; unfinished ones always
    what connection points were before .......... the same number of changes, of all NMIs
    dated rows of a role or a data stream ....... all, until there were so many changes; then the last
                                                  `simulator.world.model.ROWS_KEPT` of a NMI that changes again

A thousand of each, with what the ledger, exchange log and SQLite hold, are 27 MB from 132,000 exchanges on, measured
to 220,000 (``bench_memory.py --kind change``). What a connection point is now is always known, with the SequenceNumbers
of its rows. Room is made as events are applied, so that a restart lets go of the same.
"""

from __future__ import annotations

from collections.abc import Mapping

from simulator.base.turn import Event
from simulator.market import replication_nmi
from simulator.market.operator import Operator
from simulator.market.replication_invented import note
from simulator.world.events import ChangeRequestLodged, ChangeRequestMoved, ConnectionPointChanged
from simulator.world.model import ConnectionPoint

AFTER = frozenset((ChangeRequestLodged, ChangeRequestMoved, ConnectionPointChanged))
"""Events after which something may have to make room."""


def make_room(op: Operator, event: Event) -> None:
    """An event was applied: what there is too much of goes, the oldest first."""
    most = op.switches.history_kept
    if isinstance(event, ConnectionPointChanged):
        _changed(op, event.point, most)
        return
    for request, objections in op.requests.make_room(most):
        op.history.forget(request, objections, op.world)


def _changed(op: Operator, point: ConnectionPoint, most: int) -> None:
    history = op.history
    note(op, history.latest(point.nmi))
    if history.count <= most:
        return
    left, gone = op.world.outgrow(point.nmi)
    if gone:
        history.outgrow(left, gone)
    while (oldest := history.crowded(most)) is not None:
        replication_nmi.make_room(op, oldest)


def evicted(op: Operator) -> Mapping[str, int]:
    """How many of each kind made room."""
    return {
        "changeRequests": op.requests.evicted,
        "changes": op.history.folded,
        "rows": op.history.rows_evicted,
        "meterDataVersions": op.world.readings.evicted,
        "transactions": op.history.refusals.dropped + sum(each.dropped for each in op.history.told.values()),
        "discoveries": op.history.discoveries.dropped,
    }
