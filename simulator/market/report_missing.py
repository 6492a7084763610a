"""What is missing: RM11 (MissingData), RM37 (HighPriorityMissingData), RM38 (DataStreamMissingData) and RM39
(MismatchData).

RM11's columns and its limits on dates are documented; the others are made like it, and what they are about is assumed
(``assume.rm37-content`` and on).
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

from simulator.market.operator import Operator
from simulator.market.report_model import Report, numbered, titled
from simulator.market.report_readings import (
    CONSUMPTION,
    INTERVAL,
    Held,
    accumulations,
    as_at_lost,
    data_type,
    days_of_nmis,
    known_suffixes,
    of_each,
    period,
    period_problem,
    received,
)
from simulator.market.report_tables import assumed, refuse
from simulator.market.report_values import Asked, Line
from simulator.market.rules import Rejection
from simulator.world.model import ConnectionPoint, DataStream

_HEADER = titled("MDP", "NMI", "Suffix", "SettlementDate", "SequenceNumber")
_OLDEST_START = timedelta(6)
"""RM11 begins six days before today at the latest."""


def _problem(op: Operator, asked: Asked) -> Rejection | None:
    first, last = period(asked)
    if first > asked.today - _OLDEST_START:
        return refuse("report.dates", f"[FromDate] {first} is later than six days before today")
    if last > asked.today:
        return refuse("report.dates", f"[ToDate] {last} lies in the future")
    return period_problem(op, asked)


def _missing(op: Operator, asked: Asked, point: ConnectionPoint, day: date, held: Held) -> Iterator[Line]:
    wanted = [each for each in _expected(point, day) if data_type(asked) in ("", each.kind[:1])]
    there = known_suffixes(op, asked, point, day, [each.suffix for each in wanted if each.kind[:1] == INTERVAL])
    there |= {each.suffix for each, _ in accumulations(op, asked, point.nmi, day)}
    for stream in wanted:
        if stream.suffix not in there:
            yield _line(held, point.nmi, stream.suffix, day)


def _chosen(asked: Asked, point: ConnectionPoint, held: Held) -> bool:
    """Second-tier NMIs are those whose retailer is not the local one; RM37 leaves out customers of some classes."""
    selection = asked.text("NMISelection")
    if asked.name == "DataStreamMissingData":
        selection = assumed("assume.rm38-content")
    if selection == "SecondTierNMIs" and held.get("FRMP") == held.get("LR"):
        return False
    return asked.name != "HighPriorityMissingData" or point.classification not in assumed("assume.rm37-content").split()


def _expected(point: ConnectionPoint, day: date) -> Iterator[DataStream]:
    return (each for each in point.data_streams if each.status == "A" and each.from_date <= day <= each.to_date)


def _mismatched(op: Operator, asked: Asked, point: ConnectionPoint, day: date, held: Held) -> Iterator[Line]:
    """Readings that were received for what is no active data stream: of that kind, if the kind matters
    (``assume.rm39-content``)."""
    kinds = slice(None if assumed("assume.rm39-content") == "suffix and kind" else 1)
    expected = {(stream.suffix, stream.kind[:1])[kinds] for stream in _expected(point, day)}
    there = [(each.suffix, INTERVAL) for each in received(op, asked, point.nmi).days(point.nmi) if each.date == day]
    there += [(each.suffix, CONSUMPTION) for each, _ in accumulations(op, asked, point.nmi, day)]
    for suffix, kind in dict.fromkeys(there):
        if (suffix, kind)[kinds] not in expected:
            yield _line(held, point.nmi, suffix, day)


def _line(held: Held, nmi: str, suffix: str, day: date) -> Line:
    return Line(0, "", f"{held.get('MDP', '')},{nmi},{suffix},{day:%Y/%m/%d}")


def _report(name: str, *needs: str, mismatch: bool = False) -> Report:
    return Report(
        name,
        ("FromDate", "ToDate", "AsAtDate", *needs),
        days_of_nmis,
        of_each(_mismatched) if mismatch else of_each(_missing, _chosen),
        check=_problem if name == "MissingData" else period_problem,
        lost=as_at_lost,
        finish=numbered,
        header=_HEADER,
        step=200,
        visits=4 if mismatch else 40,
    )


MISSING = _report("MissingData", "DataType", "NMISelection")
HIGH_PRIORITY = _report("HighPriorityMissingData")
DATA_STREAM = _report("DataStreamMissingData")
MISMATCH = _report("MismatchData", mismatch=True)
