"""What AEMO answers to ``ReplicationRequest`` (C1): the rows of a table that were touched after a SequenceNumber.

A table goes by its database name or by the name of its block, in any case. There are no blocks in the schema: an answer
holds what fits a message, and the rest is asked for with the largest number seen.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from functools import cache, partial

from msgspec.structs import replace

from simulator.asexml.content_replication import DATED, TABLES
from simulator.asexml.model import Element
from simulator.base.turn import Turn
from simulator.market import replication_codes as codes
from simulator.market import replication_nmi as nmis
from simulator.market import replication_requests as registers
from simulator.market import report_asking, report_making
from simulator.market.desk import Request
from simulator.market.events import AnswerGiven
from simulator.market.operator import Operator, event, written
from simulator.market.replication_rows import ALWAYS, BEGINNING, content, instant, row
from simulator.market.report_making import LINES_A_TURN
from simulator.market.report_model import Report
from simulator.market.report_tables import refuse, severity
from simulator.market.report_values import Asked, Line
from simulator.market.rules import Rejection
from simulator.market.sequence import STRIDE
from simulator.world.calendar import DAY

_NEEDED = ("TableName", "CreationFromDate", "CreationToDate", "LastSequenceNumber")


def replication_request(op: Operator, turn: Turn, request: Request) -> None:
    """Answer a ``ReplicationRequest``."""
    asked = report_asking.asked(turn, request, "ReplicationParameters", "TableName")
    name = database_name(asked.name)
    asked = replace(asked, name=name or asked.name, replicates=True)
    if request.rejection:
        first = request.rejection[0]
        events = tuple(map(written, request.rejection))
        _refuse(op, turn, asked, Rejection("scenario.reject", first.code, first.explanation or ""), events)
        return
    problem = _problem(asked, name)
    if problem is not None:
        _refuse(op, turn, asked, problem, (event(problem, severity=severity(problem.rule)),))
        return
    report_making.make(op, turn, asked, table(asked.name))


@cache
def _names() -> dict[str, str]:
    by_block = {block.upper(): name for name, (block, _) in TABLES.items()}
    return by_block | {name.upper(): name for name in TABLES}


def database_name(given: str) -> str | None:
    """The database table that a request names, by either of its names; None for one that is not replicated."""
    return _names().get(given.upper())


def _problem(asked: Asked, name: str | None) -> Rejection | None:
    for needed in _NEEDED:
        if not asked.text(needed):
            return refuse("c1.parameters", f"[{needed}] is missing")
    if name is None:
        return refuse("c1.unknown-table", f"[{asked.name[:80]}] is no table that is replicated")
    return next(report_asking.misread(asked, "c1.parameters"), None)


def _refuse(op: Operator, turn: Turn, asked: Asked, why: Rejection, events: tuple[Element, ...]) -> None:
    turn.emit(AnswerGiven(turn.now, asked.sender, asked.transaction_id, why.code, why.rule, why.explanation))
    report_making.send(op, turn, asked, 1, report_making.notification(asked, (), events))


# What the rows of a table come from


@cache
def table(name: str) -> Report:
    """The report that replicates a database table."""
    block, kind = TABLES[name]
    if block in nmis.NAMES:
        place = nmis.NAMES.index(block)
        return Report(
            name,
            _NEEDED,
            nmis.subjects,
            partial(_nmi_lines, place),
            nmis.first_after,
            next=nmis.next_held,
            lost=nmis.lost,
        )
    register = registers.REGISTERS.get(name)
    if register is not None:
        return Report(
            name,
            _NEEDED,
            lambda op, asked: register.entries(op).end,
            partial(_register_lines, register, block, kind),
            next=lambda op, asked, index: registers.next_kept(op, register, index),
            lost=partial(registers.lost, register),
            step=2_000,
        )
    if name == "MSATS_NATIONAL_CALENDER":
        return Report(name, _NEEDED, _calendar_days, partial(_calendar_lines, block, kind), step=100)
    rows = _WORLD.get(name) or partial(_active, name)
    return Report(
        name, _NEEDED, lambda op, asked: len(rows(op)), partial(_listed_lines, rows, block, kind), step=LINES_A_TURN
    )


_WORLD: dict[str, Callable[[Operator], Sequence[tuple[str, codes.Fields]]]] = {
    "CATS_PARTICIPANTS": lambda op: codes.active(codes.participants(op)),
    "CATS_PARTICIPANT_ROLES": lambda op: codes.active(codes.participant_roles(op)),
    "CATS_NMI_RANGES": lambda op: codes.active(codes.ranges(op)),
}


def _active(name: str, op: Operator) -> Sequence[tuple[str, codes.Fields]]:
    return codes.code_rows(op, name)


def _nmi_lines(place: int, op: Operator, asked: Asked, index: int) -> Iterator[Line]:
    nmi, _ = nmis.nmi_at(op, index)
    if not nmis.concerned(op, asked.sender, nmi, asked.size - op.history.begun_with(op.world)):
        return
    for number, kept in nmis.rows_at(op, asked, index):
        if kept.held.table == place and created_within(asked, kept.created):
            yield Line(number, nmis.NAMES[place], kept.text((index + 1) * STRIDE))


def _register_lines(
    register: registers.Register, block: str, kind: str, op: Operator, asked: Asked, index: int
) -> Iterator[Line]:
    for made in registers.rows_of(op, asked.sender, register, index):
        if made.number > asked.after and created_within(asked, made.created):
            created, maintained = instant(made.created), instant(made.maintained)
            text = row(kind, made.number, made.text, created=created, maintained=maintained, status=made.status)
            yield Line(made.number, block, text)


def _listed_lines(
    rows: Callable[[Operator], Sequence[tuple[str, codes.Fields]]],
    block: str,
    kind: str,
    op: Operator,
    asked: Asked,
    index: int,
) -> Iterator[Line]:
    status, fields = rows(op)[index]
    if index + 1 > asked.after:
        yield from _line(block, kind, asked, index + 1, fields, status)


def _calendar_days(op: Operator, asked: Asked) -> int:
    return codes.calendar_days(asked.today)[1]


def _calendar_lines(block: str, kind: str, op: Operator, asked: Asked, index: int) -> Iterator[Line]:
    day = codes.calendar_days(asked.today)[0] + index * DAY
    for number, fields in codes.holidays(op, day):
        if number > asked.after:
            yield from _line(block, kind, asked, number, fields, "A")


def _line(block: str, kind: str, asked: Asked, number: int, fields: codes.Fields, status: str) -> Iterator[Line]:
    """A row that was there when the story began; by its type it has dates or not."""
    if created_within(asked, None):
        valid = ALWAYS if kind in DATED else ""
        text = content(*fields)
        yield Line(
            number, block, row(kind, number, text, created=BEGINNING, maintained=BEGINNING, status=status, valid=valid)
        )


def created_within(asked: Asked, created: datetime | None) -> bool:
    """CreationFromDate and CreationToDate; rows a story began with have the date of our beginning."""
    at = _BEGINNING if created is None else created
    begin, end = asked.moment("CreationFromDate"), asked.moment("CreationToDate")
    return (begin is None or begin <= at) and (end is None or at <= end)


_BEGINNING = datetime.fromisoformat(BEGINNING)
