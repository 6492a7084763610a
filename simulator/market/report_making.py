"""Making a report: the only place that decides how much of one is made in a turn, and what of it goes into a message.

    asked ─► done in this turn and fits a message ─► sent
         └─► begun ─► "report-block" due at once: a piece more ─► … ─► "report-block": a block sent ─► … ─► done

So nothing holds the loop: a turn works on few subjects, and writes one message at most.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import groupby

import msgspec
from msgspec.structs import replace

from simulator.asexml.model import Element, Transaction, element
from simulator.base.turn import Turn
from simulator.market.operator import SUCCESS, Operator, event
from simulator.market.replication_rows import block as replication_block
from simulator.market.report_asking import echoed
from simulator.market.report_jobs import Job, ReportBegun, ReportBlockSent, ReportContinued, summed
from simulator.market.report_model import VISITED, Report
from simulator.market.report_tables import assumed, limits, refuse, severity
from simulator.market.report_values import Asked, Line

BLOCK_SIZE = 1_000_000
"""Bytes of results in one message: 1 MB less what is around them."""
LINES_A_TURN = 400
"""How many lines are made in one turn, about."""
Find = Callable[[Asked], Report]


class Piece(msgspec.Struct, frozen=True):
    """What one turn found: the lines of the subjects up to ``position``; ``done`` when there is nothing more to do."""

    position: int
    lines: list[Line]
    done: bool


def make(op: Operator, turn: Turn, asked: Asked, report: Report) -> None:
    """Begin a report; a short one is answered at once."""
    if report.whole is not None:
        result = report.whole(op, asked)
        send(op, turn, asked, 1, report_response(asked, result, (1, 1), _told(result is None)))
        return
    asked = _sized(op, asked, report)
    piece = _piece(op, asked, report, report.start(op, asked), 0, 0)
    if piece.done:
        lines = list(summed(piece.lines).values()) if report.summed else piece.lines
        blocks = _blocks(asked, report, lines)
        if len(blocks) == 1:
            _send_block(op, turn, asked, report, blocks, 1)
            return
    job = op.jobs.next_id(asked.sender)
    turn.emit(ReportBegun(turn.now, job, asked, report.summed, report.header is None))
    turn.emit(ReportContinued(turn.now, job, asked.size if piece.done else piece.position, tuple(piece.lines)))
    turn.schedule(turn.now, "market", "report-block", job)


def _sized(op: Operator, asked: Asked, report: Report) -> Asked:
    """What was asked, with how many subjects there are now: later ones are not of this report."""
    if report.parts is not None:
        parts = report.parts(op, asked)
        return replace(asked, parts=parts, size=sum(parts))
    return replace(asked, size=report.subjects(op, asked))


def go_on(op: Operator, turn: Turn, key: str, find: Find) -> None:
    """Another turn of a report: a piece more, or the next block of one whose lines are all there."""
    job = op.jobs.get(key)
    if job is None:
        return
    report = find(job.asked)
    if job.position < job.asked.size:
        found = sum(map(_size, job.lines)) if job.asked.replicates else 0
        piece = _piece(op, job.asked, report, job.position, len(job.lines), found)
        position = job.asked.size if piece.done else piece.position
        turn.emit(ReportContinued(turn.now, key, position, tuple(piece.lines)))
        turn.schedule(turn.now, "market", "report-block", key)
        return
    _next_block(op, turn, key, job, report)


def _next_block(op: Operator, turn: Turn, key: str, job: Job, report: Report) -> None:
    if job.blocks is None:
        job.blocks = _blocks(job.asked, report, job.lines)
    number, total = job.sent + 1, len(job.blocks)
    _send_block(op, turn, job.asked, report, job.blocks, number)
    turn.emit(ReportBlockSent(turn.now, key, number, total))
    if number < total:
        turn.schedule(turn.now, "market", "report-block", key)


def _piece(op: Operator, asked: Asked, report: Report, position: int, rows: int, size: int) -> Piece:
    """Go on from a subject until there is enough for a turn. ``rows`` and ``size`` are what is found already."""
    lines: list[Line] = []
    visits = 0
    enough = _enough(asked, report) - rows
    for _ in range(report.step):
        index = position if report.next is None else report.next(op, asked, position)
        if index >= asked.size:
            position = asked.size
            break
        found = list(report.lines(op, asked, index))
        position = index + 1
        visits += bool(found) and found[0] is VISITED
        lines += found[1:] if found and found[0] is VISITED else found
        if len(lines) >= enough and not report.summed:
            return Piece(position, lines, True)
        if len(lines) >= LINES_A_TURN or visits >= report.visits:
            break
    full = asked.replicates and size + sum(map(_size, lines)) > BLOCK_SIZE
    if report.summed:
        lines = list(summed(lines).values())
    return Piece(position, lines, full or position >= asked.size)


def _enough(asked: Asked, report: Report) -> int:
    """Lines after which nobody need look further: one more than are shown, so that it can be said that there are more.

    Numbers of CSV lines are their places, so those that are known already have to be counted again.
    """
    return row_limit(asked) + 1 + (asked.after if report.header is not None else 0)


def row_limit(asked: Asked) -> int:
    """How many rows an answer may have."""
    most = limits()["C1" if asked.replicates else asked.name].rows
    return min(most, asked.count("MaximumRows") or most)


def _blocks(asked: Asked, report: Report, lines: list[Line]) -> list[list[Line]]:
    """Lines by message, as many as fit each; C1 has no blocks: what does not fit is asked for by its number."""
    finished = report.finish(asked, lines)
    shown = finished[: row_limit(asked)]
    blocks: list[list[Line]] = [[]]
    room = BLOCK_SIZE
    for line in shown:
        size = _size(line)
        if size > room and blocks[-1]:
            blocks.append([])
            room = BLOCK_SIZE
        blocks[-1].append(line)
        room -= size
    if asked.replicates:
        blocks = blocks[:1]
    if sum(map(len, blocks)) < len(finished):
        blocks[-1].append(_MORE)
    return blocks


_MORE = Line(-1, "", "")
"""Marks a block that is not the end of what there is."""


def _size(line: Line) -> int:
    text = line.text
    return 1 + (len(text) if text.isascii() else len(text.encode()))


def _send_block(
    op: Operator, turn: Turn, asked: Asked, report: Report, blocks: Sequence[list[Line]], number: int
) -> None:
    lines = blocks[number - 1]
    op.history.sequence.rest_on_rows(turn, (line.sequence for line in lines))
    more = bool(lines) and lines[-1] is _MORE
    shown = lines[:-1] if more else lines
    missing = _missing(report.lost(op, asked))
    if asked.replicates:
        payload = notification(asked, shown, _told(False, shown if more else None) + missing)
    else:
        result = replication_results(shown) if report.header is None else _csv(report, report.header(shown), shown)
        events = _told(result is None, shown if more else None) + missing
        payload = report_response(asked, result, (number, len(blocks)), events)
    send(op, turn, asked, number, payload)


def _told(nothing: bool, cut: Sequence[Line] | None = None) -> tuple[Element, ...]:
    """The events of an answer: success; that there is nothing; that there is more."""
    if nothing:
        none = refuse("report.none", "No record fits the parameters")
        return (event(none, severity=severity(none.rule)),)
    if cut is None:
        return (SUCCESS,)
    last = max((line.sequence for line in cut), default=0)
    go_on_after = f"There are more rows: ask again with LastSequenceNumber {last}" if last else "There are more rows"
    more = refuse("report.row-limit", go_on_after)
    return SUCCESS, event(more, severity=severity(more.rule))


def _missing(what: str) -> tuple[Element, ...]:
    """The event that tells what may be missing because it made room; none where nothing is."""
    if not what:
        return ()
    gone = refuse("report.not-kept", f"Not all is here: {what}")
    return (event(gone, severity=severity(gone.rule)),)


def report_response(asked: Asked, result: Element | None, block: tuple[int, int], events: Sequence[Element]) -> Element:
    """``ReportResponse``. ``block`` is (number, total); a single one is not numbered."""
    number, total = block
    numbered = element(
        "ResultBlock", Element("TotalBlockNumber", str(total)), Element("CurrentBlockNumber", str(number))
    )
    return element("ReportResponse", echoed(asked), numbered if total > 1 else None, result, *events)


def notification(asked: Asked, lines: Sequence[Line], events: Sequence[Element]) -> Element:
    """``ReplicationNotification``."""
    echo = (Element("", asked.echo),) if asked.echo else ()
    return Element("ReplicationNotification", None, (*echo, *_replication_blocks(lines), *events))


def _replication_blocks(lines: Sequence[Line]) -> Iterator[Element]:
    order: dict[str, int] = {}
    for line in lines:
        order.setdefault(line.block, len(order))
    for name, rows in groupby(sorted(lines, key=lambda line: order[line.block]), lambda line: line.block):
        yield Element("", replication_block(name, (line.text for line in rows)))


def replication_results(lines: Sequence[Line]) -> Element | None:
    """``ReportResults`` of rows of tables; nothing where there is none."""
    if not lines:
        return None
    typed = {"xsi:type": "ase:ReplicationReportFormat"}
    return Element("ReportResults", None, tuple(_replication_blocks(lines)), typed)


def _csv(report: Report, header: str, lines: Sequence[Line]) -> Element | None:
    """``ReportResults`` of lines of a CSV; of none, what is assumed."""
    if not lines and assumed("assume.report-none") != "the header":
        return None
    text = "\n".join((header, *(report.laid(line.text) for line in lines)))
    return Element("ReportResults", None, (Element("CSVData", text),), {"xsi:type": "ase:CSVReportFormat"})


def send(op: Operator, turn: Turn, asked: Asked, number: int, payload: Element) -> None:
    """Send a message of an answer, in the release the question came in."""
    serial = turn.draw.digits(12, "report", asked.sender, asked.transaction_id, str(number))
    transaction = Transaction(f"{asked.group}-{serial}", turn.now, payload, asked.transaction_id)
    known = limits().get("C1" if asked.replicates else asked.name)
    priority = "Low" if known is None else known.priority
    op.desk.send(turn, asked.sender, asked.group, priority, (transaction,), release=asked.release)
