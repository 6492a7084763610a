"""NEM12, the interval data: the only place that knows how 200, 300, 400 and 500 records follow one another.

    200 register ─┬─ 300 day ─┬─ 400 quality of a run of intervals (start at 1, contiguous, to the last)
                  │           └─ 500 field visit
                  └─ 300 day …

Source: AEMO's MDFF specification v1.06.
"""

from __future__ import annotations

import re

from msgspec.structs import replace

from simulator.asexml.mdff_codes import EVENT_REASONS, INTERVAL_LENGTHS, TOLERATED_LENGTHS, TRANSACTION_CODES
from simulator.asexml.mdff_fields import Fields, Log, Row, plain_numbers, read_day, read_moment
from simulator.asexml.mdff_model import B2bDetails, IntervalDay, IntervalEvent, NmiDataDetails, Switches

_SUFFIX = re.compile(r"[A-Z][A-Z0-9]")
_STREAM = re.compile(r"(?:[A-Z0-9]{2})?")
_COUNT = re.compile(r"[0-9]{1,4}")
_CODE = re.compile(f"[{''.join(TRANSACTION_CODES)}]")
_LENGTHS = {str(length): length for length in (*INTERVAL_LENGTHS, *TOLERATED_LENGTHS)}
_NEM13_RECORDS = ("250", "550")


class _Block:
    """A 200 record and what follows it. Without details its days are refused; without a length they cannot be read."""

    __slots__ = ("days", "details", "length", "row")

    def __init__(self, row: Row, details: NmiDataDetails | None = None, length: int | None = None) -> None:
        self.row = row
        self.details = details
        self.length = length
        self.days = 0


class _Day:
    """A 300 record whose 400 and 500 records may still follow.

    ``covered`` is the last interval its 400 records describe, None once that cannot be told.
    """

    __slots__ = ("count", "covered", "day", "detailed", "events", "row", "visits")

    def __init__(self, row: Row) -> None:
        self.row = row
        self.count: int | None = None
        self.day: IntervalDay | None = None
        self.events: list[IntervalEvent] = []
        self.visits: list[B2bDetails] = []
        self.covered: int | None = 0
        self.detailed = False


class Nem12:
    """Reads the records between 100 and 900, one at a time, and hands over each day once it is complete."""

    def __init__(self, log: Log, switches: Switches) -> None:
        self._log = log
        self._tolerant = switches.trailing_commas
        self._seen: set[tuple[object, ...]] | None = None if switches.duplicates else set()
        self._block: _Block | None = None
        self._day: _Day | None = None

    def record(self, line: int, kind: str, text: str) -> IntervalDay | None:
        """Take one record; the day that is complete now, if it is a good one."""
        if kind in ("400", "500"):
            self._detail(line, kind, text)
            return None
        done = self._close()
        if kind == "300":
            self._start_day(line, text)
        elif kind == "200":
            self._end_block()
            self._block = self._start_block(line, text)
        else:
            self._unknown(line, kind)
        return done

    def finish(self) -> IntervalDay | None:
        """The last day, if it is a good one."""
        done = self._close()
        self._end_block()
        return done

    def lost(self, line: int) -> IntervalDay | None:
        """A record could not be told: what follows until the next 200 may belong to any register, so to none."""
        done = self._close()
        self._block = _Block(Row(line))
        self._block.days = 1
        return done

    def _unknown(self, line: int, kind: str) -> None:
        fields = Fields(self._log, Row(line), line, [kind])
        if kind in _NEM13_RECORDS:
            self._log.refused += kind == "250"
            fields.fault(0, "RecordIndicator", "mdff.mixed", f"{kind} is a NEM13 record: never in a NEM12 file")
        else:
            known = "a record of a NEM12 file: 100, 200, 300, 400, 500, 900"
            fields.fault(0, "RecordIndicator", "mdff.record-indicator", f"{kind[:40]!r} is not {known}")
        self.lost(line)

    def _start_block(self, line: int, text: str) -> _Block:
        row = Row(line)
        fields = Fields(self._log, row, line, text.split(","))
        if not fields.counted(10, self._tolerant):
            return _Block(row)
        row.key = f"{fields[1][:10]},{fields[4][:2]}"
        length = _LENGTHS.get(fields[8])
        if length is None:
            right = f"none of {', '.join(_LENGTHS)} minutes"
            fields.fault(8, "IntervalLength", "mdff.interval-length", f"{fields[8][:40]!r} is {right}")
        details = NmiDataDetails(
            nmi=fields.nmi(1),
            configuration=fields.text(2, "NMIConfiguration", 240),
            register_id=fields.text(3, "RegisterID", 10),
            suffix=fields.form(4, "NMISuffix", _SUFFIX, "mdff.suffix", "a letter, then a letter or digit"),
            stream_id=fields.form(5, "MDMDataStreamIdentifier", _STREAM, "mdff.stream", "two of A-Z, 0-9, or nothing"),
            serial=fields.text(6, "MeterSerialNumber", 12),
            unit=fields.unit(7),
            interval_length=length or 0,
            next_read_date=fields.day_if_any(9, "NextScheduledReadDate"),
        )
        return _Block(row, None if row.bad else details, length)

    def _end_block(self) -> None:
        block = self._block
        if block is not None and not block.days and not block.row.bad:
            fields = Fields(self._log, block.row, block.row.line, [])
            fields.fault(-1, "", "mdff.order", "a 200 record must be followed by its 300 records")

    def _start_day(self, line: int, text: str) -> None:
        block = self._block
        row = Row(line, text[4:12])
        day = self._day = _Day(row)
        if block is None:
            fields = Fields(self._log, row, line, [])
            fields.fault(-1, "", "mdff.order", "a 300 record must follow the 200 record of its register")
            return
        block.days += 1
        if block.row.key:
            row.key = f"{block.row.key},{row.key}"
        if block.details is None:
            why = f"the record on line {block.row.line} was refused, and its days with it"
            Fields(self._log, row, line, []).fault(-1, "", "mdff.details-refused", why)
        if block.length:
            self._read_day(day, text, block)

    def _read_day(self, day: _Day, text: str, block: _Block) -> None:
        count = day.count = 1440 // (block.length or 1)
        trimmed = self._trimmed(day, text, count)
        if trimmed is None:
            return
        _, first, rest = trimmed.split(",", 2)
        values, quality, reason, description, updated, loaded = rest.rsplit(",", 5)
        on, at, load = read_day(first), read_moment(updated), read_moment(loaded)
        usual = quality == "A" and not reason and on is not None and at is not None and (load is not None or not loaded)
        if usual and plain_numbers(values, count) and on is not None:
            if block.details is not None:
                line = day.row.line
                day.day = IntervalDay(block.details, on, values, "A", None, description, at, load, (), (), line)
        else:
            self._read_fully(day, trimmed.split(","), count, block)

    def _trimmed(self, day: _Day, text: str, count: int) -> str | None:
        """The record with exactly its fields; None, and a fault, where there are more or fewer."""
        spare = text.count(",") - count - 6
        if not spare:
            return text
        padded = spare > 0 and not text[-spare:].strip(",")
        if padded and (trimmed := text[:-spare]).rsplit(",", 5)[1][:1].isdigit():
            padded = False  # a value stands where the quality should: a value too many, not a comma
        if padded and self._tolerant:
            return trimmed
        rule = "mdff.trailing-comma" if padded else "mdff.interval-count"
        right = f"this day has {count} values and 7 other fields, {count + 7} in all"
        fields = Fields(self._log, day.row, day.row.line, [])
        fields.fault(-1, "", rule, f"{right}; here are {count + 7 + spare}")
        return None

    def _read_fully(self, day: _Day, parts: list[str], count: int, block: _Block) -> None:
        """Field by field, for days that are not plainly actual or have faults."""
        fields = Fields(self._log, day.row, day.row.line, parts)
        on = fields.day(1, "IntervalDate")
        values = ",".join(parts[2 : count + 2])
        if not plain_numbers(values, count):
            for interval in range(1, count + 1):
                fields.number(interval + 1, f"IntervalValue{interval}")
        quality = fields.quality(count + 2, "QualityMethod")
        reason, description = fields.reason(count + 3, "Reason", quality)
        updated = fields.moment(count + 5, "UpdateDateTime")
        loaded = fields.moment_if_any(count + 6, "MSATSLoadDateTime")
        day.detailed = quality == "V" or (quality == "A" and reason in EVENT_REASONS)
        if block.details is not None and not day.row.bad:
            line = day.row.line
            head = (block.details, on, values, quality, reason, description, updated, loaded)
            day.day = IntervalDay(*head, line=line)

    def _detail(self, line: int, kind: str, text: str) -> None:
        day = self._day
        if day is None:
            fields = Fields(self._log, Row(line), line, [kind])
            fields.fault(-1, "", "mdff.order", f"a {kind} record must follow the 300 record it describes")
            return
        fields = Fields(self._log, day.row, line, text.split(","))
        if kind == "500":
            self._visit(day, fields)
        elif day.visits:
            fields.fault(-1, "", "mdff.order", "the 400 records of a day come before its 500 records")
        else:
            self._event(day, fields)

    def _event(self, day: _Day, fields: Fields) -> None:
        if not fields.counted(6, self._tolerant):
            day.covered = None
            return
        start, end = self._span(day, fields)
        quality = fields.quality(3, "QualityMethod", forbidden="V")
        reason, description = fields.reason(4, "Reason", quality)
        day.events.append(IntervalEvent(start, end, quality, reason, description))

    @staticmethod
    def _span(day: _Day, fields: Fields) -> tuple[int, int]:
        """Start and end interval, which must go on from the last 400 record."""
        what = "the number of an interval"
        first = fields.form(1, "StartInterval", _COUNT, "mdff.event-interval", what)
        last = fields.form(2, "EndInterval", _COUNT, "mdff.event-interval", what)
        if not (_COUNT.fullmatch(first) and _COUNT.fullmatch(last)):
            day.covered = None
            return 0, 0
        start, end = int(first), int(last)
        if day.covered is not None and start != day.covered + 1:
            right = f"the 400 records of a day are contiguous: {day.covered + 1} comes next, not {start}"
            fields.fault(1, "StartInterval", "mdff.event-order", right)
        if end < start or (day.count is not None and end > day.count):
            right = f"EndInterval {end} must be {start} to {day.count or 'the last interval'}"
            fields.fault(2, "EndInterval", "mdff.event-order", right)
        day.covered = end if end >= start else None
        return start, end

    def _visit(self, day: _Day, fields: Fields) -> None:
        if not fields.counted(5, self._tolerant):
            return
        code = fields.form(1, "TransCode", _CODE, "mdff.trans-code", f"one of {', '.join(TRANSACTION_CODES)}")
        order = fields.text(2, "RetServiceOrder", 15)
        read_at = fields.moment(3, "ReadDateTime")
        day.visits.append(B2bDetails(code, order, read_at, fields.text(4, "IndexRead", 15)))

    def _close(self) -> IntervalDay | None:
        """The pending day, judged: handed over when neither it nor a record below it has a fault."""
        day, self._day = self._day, None
        if day is None:
            return None
        if day.events or day.detailed:
            self._check_events(day)
        done = day.day
        if done is not None and not day.row.bad and self._seen is not None:
            self._check_duplicate(day, done)
        if done is None or day.row.bad:
            self._log.refused += 1
            return None
        self._log.accepted += 1
        if day.events or day.visits:
            return replace(done, events=tuple(day.events), visits=tuple(day.visits))
        return done

    def _check_events(self, day: _Day) -> None:
        fields = Fields(self._log, day.row, day.row.line, [])
        if not day.events and day.covered == 0:
            why = "a day of quality V, or A with reason 61, 79 or 89, needs 400 records"
            fields.fault(-1, "", "mdff.event-required", why)
        elif day.covered is not None and day.count is not None and day.covered < day.count:
            why = f"the 400 records end at interval {day.covered}; they must go on to {day.count}"
            fields.fault(-1, "", "mdff.event-coverage", why)

    def _check_duplicate(self, day: _Day, done: IntervalDay) -> None:
        details = done.details
        key = (details.nmi, details.register_id, details.suffix, details.serial, done.date)
        if self._seen is None or key not in self._seen:
            if self._seen is not None:
                self._seen.add(key)
            return
        fields = Fields(self._log, day.row, day.row.line, [])
        fields.fault(-1, "", "mdff.duplicate", "this register and day stand in the file before")
