"""The NMI tables: a connection point as the five tables MSATS holds it in, with every row it ever had.

When a change comes in, rows that no longer hold become inactive and new rows are created; what the world holds without
dates (master data, meters, registers) keeps a row for the time before. Scheduled reads are overwritten in place.
"""

from __future__ import annotations

from collections.abc import Container, Iterator
from datetime import date

from simulator.market.operator import Operator
from simulator.market.replication_kept import C4_NAMES, KINDS, MASTER, NAMES, ROLES, Kept, Ledger, contents, folded
from simulator.market.replication_log import Change, Mark
from simulator.market.report_values import Asked, Line
from simulator.market.sequence import LATER, STRIDE
from simulator.world.model import ConnectionPoint

__all__ = ["C4_NAMES", "KINDS", "MASTER", "NAMES", "ROLES", "contents"]


def rows_of(op: Operator, nmi: str, known: int) -> list[Kept]:
    """Every row of a NMI after the changes up to the place ``known``; none where that is no longer known."""
    return _ledger(op, nmi, op.history.of(nmi, known)).rows if op.history.knows(nmi, known) else []


def _ledger(op: Operator, nmi: str, changes: list[Change]) -> Ledger:
    """The rows of a NMI after some of its changes, the oldest that are kept."""
    fold = op.history.folds.get(nmi)
    ledger = Ledger()
    if fold is not None:
        ledger.rows = fold.rows()
    elif (first := changes[0].old if changes else op.world.base.points.get(nmi)) is not None:
        ledger.begin(first)
    for change in changes:
        ledger.change(change, change.effective, _in_place(op, change))
    return ledger


def _in_place(op: Operator, change: Change) -> bool:
    """Whether a change overwrites rows in place."""
    reason = op.rules.reasons.get(change.reason)
    return reason is not None and reason.family == "next-read"


def versions(op: Operator, nmi: str, known: int) -> list[ConnectionPoint]:
    """A connection point as it was at the beginning and after each of its changes, as far as that is known."""
    if not op.history.knows(nmi, known):
        return []
    changes, fold = op.history.of(nmi, known), op.history.folds.get(nmi)
    if fold is not None:
        return [fold.point, *(change.new for change in changes)]
    first = changes[0].old if changes else op.world.base.points.get(nmi)
    return [*([] if first is None else [first]), *(change.new for change in changes)]


def make_room(op: Operator, change: Change) -> None:
    """The oldest change of a NMI that is kept makes room; its rows that still hold stay, with their numbers."""
    old = op.history.folds.get(change.nmi)
    gone = 0 if old is None else old.gone
    fold = folded(_ledger(op, change.nmi, [change]), change, gone)
    op.history.fold(change, fold, fold.gone > gone)


def subjects(op: Operator, asked: Asked) -> int:
    """The NMIs a story began with, and the place of every change since."""
    return op.history.begun_with(op.world) + op.history.changes.end


def first_after(op: Operator, asked: Asked) -> int:
    """The first subject that may hold a row after LastSequenceNumber."""
    count = op.history.begun_with(op.world)
    last = asked.after
    if last < LATER:
        return min(max(last // STRIDE - 1, 0), count)
    return count + op.history.changes_numbered(last - STRIDE + 1)


def lost(op: Operator, asked: Asked) -> str:
    """What may be missing of the rows after LastSequenceNumber: those that no longer hold, after so many changes."""
    gone = op.history.rows_gone
    if gone is None or asked.after >= gone[0]:
        return ""
    return f"rows that no longer hold and were touched up to {gone[1]:%Y-%m-%d} are kept of recent changes only"


def lost_as_of(op: Operator, known: int) -> str:
    """What may be missing of what was known after the changes up to that place."""
    late = sum(1 for fold in op.history.folds.values() if fold.last.place >= known)
    return f"what {late} NMIs were then is no longer kept" if late else ""


def lost_in(op: Operator, begin: date | None) -> str:
    """What may be missing of the dated rows that held on a day, or later."""
    last = op.history.rows_gone_to
    if last is None or (begin is not None and begin > last):
        return ""
    return f"some dated rows that held up to {last:%Y-%m-%d} are no longer kept"


def next_of_nmi(op: Operator, asked: Asked, index: int) -> int:
    """The next subject from there on that may be about the NMI asked for; with none asked for, that is held."""
    nmi = asked.text("NMI")
    return op.history.next_of(op.world, nmi, index) if nmi else next_held(op, asked, index)


def next_held(op: Operator, asked: Asked, index: int) -> int:
    """The next subject from there on that something is held about."""
    return op.history.next_held(op.world, index)


def nmi_at(op: Operator, index: int) -> tuple[str, Mark | None]:
    """The NMI of a subject, and the change it stands for if it is one; "" for one of which nothing is held."""
    begun_with = op.history.begun_with(op.world)
    if index < begun_with:
        return op.history.nmi(op.world, index), None
    mark = op.history.changes[index - begun_with]
    return ("" if mark is None else mark.nmi), mark


def rows_at(op: Operator, asked: Asked, index: int) -> Iterator[tuple[int, Kept]]:
    """(SequenceNumber, row) of what was last touched at a subject, in order."""
    nmi, mark = nmi_at(op, index)
    first = (index + 1) * STRIDE
    known = asked.size - op.history.begun_with(op.world)
    found = [each for each in rows_of(op, nmi, known) if each.place is mark] if nmi else []
    for kept in sorted(found, key=lambda each: each.order):
        number = kept.number(first)
        if number > asked.after:
            yield number, kept


def written(op: Operator, asked: Asked, index: int, names: tuple[str, ...], tables: Container[int]) -> Iterator[Line]:
    """The rows of some tables at a subject, inactive ones among them."""
    first = (index + 1) * STRIDE
    for number, kept in rows_at(op, asked, index):
        if kept.held.table in tables:
            yield Line(number, names[kept.held.table], kept.text(first))


def concerned(op: Operator, party: str, nmi: str, known: int) -> bool:
    """Whether a participant holds, held or will hold a role at a NMI."""
    if not op.history.knows(nmi, known):
        return False
    changes, fold = op.history.of(nmi, known), op.history.folds.get(nmi)
    if changes or fold is not None:
        return party in (changes[-1].parties if changes else fold.parties if fold is not None else ())
    return any(row.party == party for point in versions(op, nmi, known) for row in point.roles)
