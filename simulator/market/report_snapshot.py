"""Snapshot: several tables at once, as they were at a moment. Only what was active then; LastSequenceNumber is of each.

Tables go by the names C1 knows.
"""

from __future__ import annotations

from collections.abc import Iterable

from msgspec.structs import replace

from simulator.market import replication
from simulator.market import replication_nmi as nmis
from simulator.market.operator import Operator
from simulator.market.report_asking import foreign
from simulator.market.report_model import Report
from simulator.market.report_tables import refuse
from simulator.market.report_values import Asked, Line
from simulator.market.rules import Rejection

_ACTIVE = "<RowStatus>A</RowStatus>"
_MOST_TABLES = 100


def _problem(op: Operator, asked: Asked) -> Rejection | None:
    if not asked.tables:
        return refuse("report.parameters", "[Tables] names no table")
    if len(asked.tables) > _MOST_TABLES:
        return refuse("report.parameters", f"[Tables] names more than {_MOST_TABLES} tables")
    for name in asked.tables:
        if replication.database_name(name) is None:
            return refuse("c1.unknown-table", f"[{name[:80]}] is no table that is replicated")
    return foreign(asked)


def _tables(asked: Asked) -> list[str]:
    """The tables asked for, each once."""
    names = (replication.database_name(name) for name in asked.tables)
    return list(dict.fromkeys(name for name in names if name is not None))


def _part(asked: Asked, name: str, size: int = 0) -> Asked:
    """The question as one for a single table, of rows created until then."""
    fields = {"CreationToDate": asked.text("AsAtDateTime"), "LastSequenceNumber": asked.text("LastSequenceNumber")}
    return replace(asked, name=name, fields=fields, size=size)


def _parts(op: Operator, asked: Asked) -> tuple[int, ...]:
    return tuple(_size(op, asked, name) for name in _tables(asked))


def _size(op: Operator, asked: Asked, name: str) -> int:
    """How many subjects a table has; of NMI tables only what had happened by then."""
    table = replication.table(name)
    moment = asked.moment("AsAtDateTime")
    if table.subjects is nmis.subjects and moment is not None:
        return op.history.begun_with(op.world) + op.history.changes_by(moment)
    return table.subjects(op, _part(asked, name))


def _next(op: Operator, asked: Asked, index: int) -> int:
    """The next subject from there on that something is held about, in whatever table."""
    begin = 0
    for name, size in zip(_tables(asked), asked.parts, strict=True):
        table = replication.table(name)
        within = index - begin
        if within < size:
            within = within if table.next is None else table.next(op, _part(asked, name, size), max(within, 0))
            if within < size:
                return begin + within
            index = begin + size
        begin += size
    return begin


def _lost(op: Operator, asked: Asked) -> str:
    """What may be missing of any table."""
    found: list[str] = []
    for name, size in zip(_tables(asked), asked.parts, strict=True):
        table, part = replication.table(name), _part(asked, name, size)
        if table.subjects is nmis.subjects:
            found += nmis.lost_as_of(op, size - op.history.begun_with(op.world)), nmis.lost_in(op, None)
        else:
            found.append(table.lost(op, part))
    return "; ".join(dict.fromkeys(filter(None, found)))


def _lines(op: Operator, asked: Asked, index: int) -> Iterable[Line]:
    for name, size in zip(_tables(asked), asked.parts, strict=True):
        if index < size:
            found = replication.table(name).lines(op, _part(asked, name, size), index)
            return [line for line in found if _ACTIVE in line.text]
        index -= size
    return ()


SNAPSHOT = Report(
    "Snapshot", ("Participant", "AsAtDateTime"), lines=_lines, check=_problem, parts=_parts, next=_next, lost=_lost
)
