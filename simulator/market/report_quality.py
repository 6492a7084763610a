"""How good readings are and were: RM9 (ActualvsEstimate) and RM13 (NMIDataStreamsHistory).

The columns of both are ours (``assume.rm9-columns``, ``assume.rm13-columns``). RM9 counts intervals, and for
accumulations reads, by quality; RM13 shows every version of the readings of a NMI, the newest as active.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal

from simulator.asexml.mdff_model import Accumulation, IntervalDay
from simulator.market.operator import Operator
from simulator.market.report_columns import Columns
from simulator.market.report_model import Report, numbered, sums
from simulator.market.report_readings import (
    CONSUMPTION,
    INTERVAL,
    Held,
    accumulations,
    as_at_lost,
    data_type,
    days_of_nmis,
    interval_days,
    last_day,
    of_each,
    period_problem,
    received,
)
from simulator.market.report_values import Asked, Line
from simulator.world.model import ConnectionPoint
from simulator.world.readings import Reading, key, version

_QUALITIES = "AEFSN"


def _qualities(op: Operator, asked: Asked, point: ConnectionPoint, day: date, held: Held) -> Iterator[Line]:
    provider, wanted = held.get("MDP", ""), data_type(asked)
    if wanted in ("", INTERVAL):
        for each in interval_days(op, asked, point, day):
            yield _count(provider, INTERVAL, day, each.qualities())
    if wanted in ("", CONSUMPTION):
        for read, _ in accumulations(op, asked, point.nmi, day):
            if last_day(read) == day:
                yield _count(provider, CONSUMPTION, day, (_quality(read),))


def _count(provider: str, kind: str, day: date, qualities: Sequence[str]) -> Line:
    counted = Counter(each[:1] for each in qualities)
    return Line(0, f"{provider},{kind},{day:%Y/%m/%d}", ",".join(str(counted[letter]) for letter in _QUALITIES))


def _quality(reading: Reading) -> str:
    if isinstance(reading, IntervalDay):
        return reading.quality[:1]
    return reading.current.quality[:1] if isinstance(reading, Accumulation) else reading.status[:1]


_COUNTED = Columns(
    "assume.rm9-columns",
    (
        "MDP",
        "DataType",
        "SettlementDate",
        "Actual",
        "Estimated",
        "FinalSubstituted",
        "Substituted",
        "Null",
        "SequenceNumber",
    ),
)
ACTUAL_VS_ESTIMATE = Report(
    "ActualvsEstimate",
    ("FromDate", "ToDate", "AsAtDate"),
    days_of_nmis,
    of_each(_qualities),
    check=period_problem,
    lost=as_at_lost,
    finish=sums,
    header=_COUNTED.header,
    laid=_COUNTED.laid,
    summed=True,
    step=200,
    visits=4,
)


def _versions(op: Operator, asked: Asked, point: ConnectionPoint, day: date, held: Held) -> Iterator[Line]:
    wanted = data_type(asked)
    if wanted in ("", INTERVAL):
        for each in interval_days(op, asked, point, day):
            yield from _history(op, asked, each, INTERVAL)
    if wanted in ("", CONSUMPTION):
        for read, _ in accumulations(op, asked, point.nmi, day):
            if last_day(read) == day:
                yield from _history(op, asked, read, CONSUMPTION)


def _history(op: Operator, asked: Asked, newest: Reading, kind: str) -> Iterator[Line]:
    suffix, begin = key(newest)
    older = received(op, asked, newest.nmi).history(newest.nmi, suffix, begin)
    for reading in older or (newest,):
        status = "A" if reading is (older or (newest,))[-1] else "H"
        end = last_day(reading)
        fields = (newest.nmi, suffix, kind, f"{begin:%Y/%m/%d}", f"{end:%Y/%m/%d}", f"{version(reading):%Y%m%d%H%M%S}")
        yield Line(0, "", ",".join((*fields, _quality(reading), status, format(_total(reading), "f"))))


def _total(reading: Reading) -> Decimal:
    if isinstance(reading, IntervalDay):
        return sum(reading.values, Decimal(0))
    return reading.quantity if isinstance(reading, Accumulation) else reading.value


def _versions_lost(op: Operator, asked: Asked) -> str:
    """Versions may have made room, whenever it is asked as of."""
    gone = op.world.readings.evicted
    versions = f"{gone} versions of meter data that newer ones replaced are no longer kept" if gone else ""
    return versions or as_at_lost(op, asked)


_KEPT = Columns(
    "assume.rm13-columns",
    (
        "NMI",
        "Suffix",
        "DataType",
        "FromDate",
        "ToDate",
        "MDPVersionDate",
        "Status",
        "RecordStatus",
        "Value",
        "SequenceNumber",
    ),
)
STREAMS_HISTORY = Report(
    "NMIDataStreamsHistory",
    ("FromDate", "ToDate", "AsAtDate", "NMI", "DataType"),
    days_of_nmis,
    of_each(_versions),
    check=period_problem,
    lost=_versions_lost,
    finish=numbered,
    header=_KEPT.header,
    laid=_KEPT.laid,
    visits=4,
)
