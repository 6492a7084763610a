"""What AEMO answers to ``MeterDataNotification``: row by row, good rows load and every refused one has its event.

Both groups (MDMT, MTRD) and both dialects (MDFF, the older columns) are taken. The readings land in the world.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from functools import partial

from simulator.asexml import mdff
from simulator.asexml.encode import moment
from simulator.asexml.model import Element, View
from simulator.base.turn import Turn
from simulator.market.desk import Request
from simulator.market.events import AnswerGiven
from simulator.market.operator import SUCCESS, Operator, event, written
from simulator.market.rules import Rejection
from simulator.world.calendar import DAY
from simulator.world.events import ReadingsLoaded
from simulator.world.model import ConnectionPoint, DataStream
from simulator.world.readings import Reading, key, version
from simulator.world.world import holders

KINDS = ("CSVIntervalData", "CSVConsumptionData", "CSVProfileData")
_INTERVAL, _CONSUMPTION = "Interval", "Consumption"


@dataclass(slots=True)
class Delivery:
    """What became of one notification: what loads, and per refused row why not."""

    accepted: list[Reading] = field(default_factory=list)
    refused: list[tuple[str, Rejection]] = field(default_factory=list)
    spans: dict[tuple[str, str], list[tuple[date, date]]] = field(default_factory=dict)
    """Periods of accumulation per NMI and suffix, loaded ones and accepted ones, in order."""


def meter_data(op: Operator, turn: Turn, request: Request) -> None:
    """Answer a ``MeterDataNotification``."""
    delivery = Delivery()
    if request.rejection:
        first = request.rejection[0]
        delivery.refused.append(("", Rejection("scenario.reject", first.code, first.explanation or "")))
        events = tuple(map(written, request.rejection))
    else:
        _judge(op, request, turn.now.date(), delivery)
        events = tuple(_event(op, where, why) for where, why in delivery.refused) or (SUCCESS,)
    _respond(op, turn, request, delivery, events)


def _respond(op: Operator, turn: Turn, request: Request, delivery: Delivery, events: tuple[Element, ...]) -> None:
    asked = request.transaction.transaction_id
    number = turn.draw.digits(12, "mdmt", request.sender, asked)
    if delivery.accepted:
        turn.emit(_loaded(turn, request, number, delivery.accepted))
    if delivery.refused:
        why = delivery.refused[0][1]
        turn.emit(AnswerGiven(turn.now, request.sender, asked, why.code, why.rule, why.explanation))
    content = (
        Element("ActivityID", number),
        Element("AcceptedCount", str(_count(delivery.accepted, op.switches.accepted_count))),
        Element("LoadDate", moment(turn.now)),
        *events,
    )
    op.answer(turn, request, number, Element("MeterDataResponse", None, content))


def _count(accepted: list[Reading], unit: str) -> int:
    """Rule ``assume.accepted-count``: records, or the values they hold (a record of intervals has one each)."""
    if unit == "records":
        return len(accepted)
    return sum(len(each.values) if isinstance(each, mdff.IntervalDay) else 1 for each in accepted)


def _loaded(turn: Turn, request: Request, number: str, readings: list[Reading]) -> ReadingsLoaded:
    return ReadingsLoaded(
        turn.now,
        request.sender,
        number,
        tuple(each for each in readings if isinstance(each, mdff.IntervalDay)),
        tuple(each for each in readings if isinstance(each, mdff.Accumulation)),
        tuple(each for each in readings if isinstance(each, mdff.LegacyConsumption)),
    )


def _judge(op: Operator, request: Request, today: date, delivery: Delivery) -> None:
    view, rules = request.transaction.view, op.rules
    text = next((found for kind in KINDS if (found := view.text(kind))), None)
    if text is None:
        delivery.refused.append(("", rules.refuse("mdm.no-data", "there is no meter data in the notification")))
        return
    data = mdff.read(text)
    counted = _miscounted(view, data, text)
    if counted is not None:
        delivery.refused.append(("", rules.refuse("mdm.record-count", counted)))
        return
    for where, why in _faults(data):
        delivery.refused.append((where, rules.refuse("mdm.row", why)))
    judge = partial(_row_problem, op, request.sender, today, delivery)
    for place, record in enumerate(data.records, 1):
        reading = _interval_day(record) if isinstance(record, mdff.LegacyInterval) else record
        problem = _unwanted(request, place, reading.nmi) or judge(reading)
        if problem is None:
            delivery.accepted.append(reading)
        else:
            delivery.refused.append((f"{reading.nmi},{reading.suffix},{key(reading)[1]:%Y%m%d}", problem))


def _miscounted(view: View, data: mdff.MeterData, text: str) -> str | None:
    """RecordCount equals the rows; whether header and detail records count is not settled, so all lines do as well."""
    told = view.text("RecordCount")
    rows = data.accepted + data.refused
    if not told or told.strip() in (str(rows), str(sum(1 for line in text.splitlines() if line.strip()))):
        return None
    return f"RecordCount is {told}, there are {rows} rows"


def _faults(data: mdff.MeterData) -> Iterator[tuple[str, str]]:
    """One fault per refused row (the first), and every fault of the file as a whole."""
    told: set[int] = set()
    for fault in data.faults:
        if fault.row is None or fault.row not in told:
            told.add(fault.row or 0)
            place = f"line {fault.line}" + (f", {fault.field}" if fault.field else "")
            yield fault.key, f"{place}: {fault.explanation} ({fault.rule})"


def _unwanted(request: Request, place: int, nmi: str) -> Rejection | None:
    """Why a scenario refuses a row."""
    refusals = request.refusals
    if refusals is None or not refusals.chosen(place, nmi):
        return None
    return Rejection("scenario.reject", refusals.event.code, refusals.event.explanation or "")


def _row_problem(op: Operator, sender: str, today: date, delivery: Delivery, reading: Reading) -> Rejection | None:
    begin, end = _period(reading)
    point = op.world.point(reading.nmi)
    if point is None:
        return op.rules.refuse("mdm.nmi-unknown", f"NMI {reading.nmi} is not known")
    if end > today:
        return op.rules.refuse("mdm.future", f"{end} lies in the future")
    problem = _rights_problem(op, sender, point, reading, begin)
    if problem is not None:
        return problem
    held = op.world.readings.holding(reading.nmi, *key(reading))
    if held is not None:
        return _version_problem(op, held, reading)
    return None if isinstance(reading, mdff.IntervalDay) else _overlap(op, delivery, reading, (begin, end))


def _rights_problem(op: Operator, sender: str, point: ConnectionPoint, reading: Reading, day: date) -> Rejection | None:
    provider = holders(point, day).get("MDP")
    if provider != sender:
        return op.rules.refuse("mdm.not-mdp", f"the MDP of NMI {point.nmi} on {day} is {provider}, not {sender}")
    stream = _stream(point, reading.suffix, day)
    if stream is None:
        registers = (register for meter in point.meters for register in meter.registers)
        if all(register.suffix != reading.suffix for register in registers):
            return op.rules.refuse("mdm.suffix", f"{reading.suffix} is no data stream of NMI {point.nmi} on {day}")
        return None
    kind = _INTERVAL if isinstance(reading, mdff.IntervalDay) else _CONSUMPTION
    if stream.kind != kind:
        return op.rules.refuse("mdm.kind", f"{reading.suffix} is a data stream of {stream.kind} data, this is {kind}")
    return None


def _stream(point: ConnectionPoint, suffix: str, day: date) -> DataStream | None:
    for each in point.data_streams:
        if each.suffix == suffix and each.status == "A" and each.from_date <= day <= each.to_date:
            return each
    return None


def _version_problem(op: Operator, held: Reading, reading: Reading) -> Rejection | None:
    if version(held) == version(reading):
        return op.rules.refuse("mdm.same-version", f"the version of {version(held):%Y%m%d%H%M%S} is loaded")
    if version(held) > version(reading):
        return op.rules.refuse("mdm.older-version", f"the newer version of {version(held):%Y%m%d%H%M%S} is loaded")
    return None


def _overlap(op: Operator, delivery: Delivery, reading: Reading, span: tuple[date, date]) -> Rejection | None:
    """Accumulations of a data stream may touch but not overlap, in the world or within the notification."""
    place = (reading.nmi, reading.suffix)
    spans = delivery.spans.get(place)
    if spans is None:
        loaded = (each for each in op.world.readings.accumulations(reading.nmi) if each.suffix == reading.suffix)
        spans = delivery.spans[place] = sorted(map(_period, loaded))
    at = bisect_left(spans, span)
    for first, last in spans[max(at - 1, 0) : at + 1]:
        if span[0] < last and first < span[1]:
            return op.rules.refuse("mdm.overlap", f"{span[0]} to {span[1]} overlaps {first} to {last}")
    spans.insert(at, span)
    return None


def _period(reading: Reading) -> tuple[date, date]:
    """The first day of a reading and its last; for accumulations the days of the two reads."""
    if isinstance(reading, mdff.IntervalDay):
        return reading.date, reading.date
    if isinstance(reading, mdff.Accumulation):
        return reading.previous.read_at.date(), reading.current.read_at.date()
    return reading.from_date, min(reading.to_date, date.max - DAY) + DAY


def _interval_day(row: mdff.LegacyInterval) -> mdff.IntervalDay:
    """A row of the older columns as a 300 record: one quality for the day, or V with one event per run of statuses."""
    details = mdff.NmiDataDetails(row.nmi, row.suffix, row.suffix, row.suffix, "", "", "kWh", row.interval_length)
    statuses = row.statuses
    if statuses == statuses[0] * len(statuses):
        return mdff.IntervalDay(details, row.date, row.text, statuses[0], updated_at=row.version, line=row.line)
    starts = [at for at in range(len(statuses)) if at == 0 or statuses[at] != statuses[at - 1]]
    ends = [*starts[1:], len(statuses)]
    runs = tuple(mdff.IntervalEvent(at + 1, to, statuses[at]) for at, to in zip(starts, ends, strict=True))
    return mdff.IntervalDay(details, row.date, row.text, "V", updated_at=row.version, events=runs, line=row.line)


def _event(op: Operator, where: str, why: Rejection) -> Element:
    severity = "Warning" if why.rule == "mdm.same-version" else "Error"
    return event(why, where or None, severity)
