"""Settlement data: RM16 (Level1SettlementReconciliation) and RM17 (Level3SettlementReconciliation).

RM16 adds up the energy of NMIs by node, kind of data, retailers and provider in half-hours; its header is that of a
real answer. RM17 shows it NMI by NMI (its columns are by analogy, ``assume.rm17-columns``). Which settlement cases
there are is assumed (``assume.settlement-case``); the period is that of the request, whichever is named.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal

from simulator.market.operator import Operator
from simulator.market.report_columns import PERIOD, Columns
from simulator.market.report_model import Report, numbered
from simulator.market.report_readings import (
    CONSUMPTION,
    FIVE_MINUTES,
    HALF_HOURS,
    INTERVAL,
    Held,
    accumulations,
    as_at_lost,
    daily,
    days_of_nmis,
    interval_days,
    net,
    of_each,
    period_problem,
)
from simulator.market.report_tables import assumed, refuse
from simulator.market.report_values import Asked, Line
from simulator.market.rules import Rejection
from simulator.world.model import ConnectionPoint

_GROUP = ("TNI", "DataType", "FRMP", "LR", "MDP")


def _aggregated(op: Operator, asked: Asked, point: ConnectionPoint, day: date, held: Held) -> Iterator[Line]:
    days = interval_days(op, asked, point, day)
    if days:
        yield Line(0, _key(point, INTERVAL, held, day), _values(net(days, HALF_HOURS)))
    for each, count in accumulations(op, asked, point.nmi, day):
        share = daily(each, count, day) / HALF_HOURS
        yield Line(0, _key(point, CONSUMPTION, held, day), _values([share] * HALF_HOURS))


def _key(point: ConnectionPoint, kind: str, held: Held, day: date) -> str:
    return ",".join((point.tni, kind, *(held.get(role, "") for role in _GROUP[2:]), f"{day:%Y/%m/%d}"))


def _values(values: list[Decimal]) -> str:
    return ",".join(format(value, "f") for value in values)


def _by_group(asked: Asked, lines: list[Line]) -> list[Line]:
    """The sums as lines, in the order of their groups; values with three decimals."""
    finished = []
    for line in sorted(lines, key=lambda line: line.block):
        group, _, day = line.block.rpartition(",")
        values = ",".join(format(Decimal(value), ".3f") for value in line.text.split(","))
        finished.append(Line(0, "", f"{group},{asked.at:%Y/%m/%d %H:%M:%S},{day},{values}"))
    return numbered(asked, finished)


def _header(*columns: str, periods: int) -> str:
    return ",".join((*columns, *(f"Period{number:02d}" for number in range(1, periods + 1)), "SeqNo"))


def _problem(op: Operator, asked: Asked) -> Rejection | None:
    """A settlement case that there is not, or what may be wrong with any report of readings."""
    cases, case = assumed("assume.settlement-case"), asked.count("SettlementCase") or 0
    if cases != "any" and case not in map(int, cases.split()):
        return refuse("report.code", f"Value of [SettlementCase] is invalid: {case}")
    return period_problem(op, asked)


LEVEL_1 = Report(
    "Level1SettlementReconciliation",
    ("SettlementCase",),
    days_of_nmis,
    of_each(_aggregated),
    check=_problem,
    lost=as_at_lost,
    finish=_by_group,
    header=lambda lines: _header(*_GROUP, "CreationDT", "SettlementDate", periods=HALF_HOURS),
    summed=True,
    step=200,
    visits=4,
)


def _of_nmi(op: Operator, asked: Asked, point: ConnectionPoint, day: date, held: Held) -> Iterator[Line]:
    days = interval_days(op, asked, point, day)
    if days:
        yield _nmi_line(asked, point, held, INTERVAL, day, net(days, _periods(point)))
    used = [daily(each, count, day) for each, count in accumulations(op, asked, point.nmi, day)]
    if used:
        count = _periods(point)
        yield _nmi_line(asked, point, held, CONSUMPTION, day, [sum(used, Decimal(0)) / count] * count)


def _periods(point: ConnectionPoint) -> int:
    """Five-minute periods where a meter keeps them, else half-hours."""
    return FIVE_MINUTES if any(meter.interval < 15 for meter in point.meters) else HALF_HOURS


def _nmi_line(asked: Asked, point: ConnectionPoint, held: Held, kind: str, day: date, values: list[Decimal]) -> Line:
    group = _key(point, kind, held, day).rpartition(",")[0]
    texts = ",".join(format(value, ".3f") for value in values)
    return Line(0, "", f"{group},{point.nmi},{asked.at:%Y/%m/%d %H:%M:%S},{day:%Y/%m/%d},{texts}")


_SINGLE = Columns(
    "assume.rm17-columns", (*_GROUP, "NMI", "CreationDT", "SettlementDate", PERIOD, "SeqNo"), periods=HALF_HOURS
)
LEVEL_3 = Report(
    "Level3SettlementReconciliation",
    ("SettlementCase", "NMI"),
    days_of_nmis,
    of_each(_of_nmi),
    check=_problem,
    lost=as_at_lost,
    finish=numbered,
    header=_SINGLE.header,
    laid=_SINGLE.laid,
    visits=4,
)
