"""NEM13, the accumulation data: the only place that knows 250 records and the 550 that may follow each.

Source: AEMO's MDFF specification v1.06.
"""

from __future__ import annotations

import re
from decimal import Decimal

from msgspec.structs import replace

from simulator.asexml.mdff_codes import TRANSACTION_CODES
from simulator.asexml.mdff_fields import Fields, Log, Row
from simulator.asexml.mdff_model import Accumulation, AccumulationVisit, RegisterRead, Switches

_SUFFIX = re.compile(r"[A-Z0-9]{2}")
_STREAM = re.compile(r"(?:[A-Z0-9]{2})?")
_DIRECTION = re.compile(r"[EI]")
_CODE = re.compile(f"[{''.join(TRANSACTION_CODES)}]?")
_NEM12_RECORDS = ("200", "300", "400", "500")


class Nem13:
    """Reads the records between 100 and 900, one at a time, and hands over each accumulation once it is complete."""

    def __init__(self, log: Log, switches: Switches) -> None:
        self._log = log
        self._switches = switches
        self._seen: set[tuple[object, ...]] | None = None if switches.duplicates else set()
        self._row: Row | None = None
        self._pending: Accumulation | None = None

    def record(self, line: int, kind: str, text: str) -> Accumulation | None:
        """Take one record; the accumulation that is complete now, if it is a good one."""
        if kind == "550":
            self._visit(line, text)
            return None
        done = self.finish()
        if kind == "250":
            self._start(line, text)
        else:
            self._unknown(line, kind)
        return done

    def lost(self, line: int) -> Accumulation | None:
        """A record could not be told: a 550 after it belongs to nobody."""
        return self.finish()

    def finish(self) -> Accumulation | None:
        """The pending accumulation, judged: handed over when neither it nor its 550 has a fault."""
        row, done = self._row, self._pending
        self._row = self._pending = None
        if row is None:
            return None
        if done is not None and not row.bad and self._seen is not None:
            self._check_duplicate(row, done, self._seen)
        if done is None or row.bad:
            self._log.refused += 1
            return None
        self._log.accepted += 1
        return done

    def _unknown(self, line: int, kind: str) -> None:
        fields = Fields(self._log, Row(line), line, [kind])
        if kind in _NEM12_RECORDS:
            self._log.refused += kind == "300"
            fields.fault(0, "RecordIndicator", "mdff.mixed", f"{kind} is a NEM12 record: never in a NEM13 file")
        else:
            known = "a record of a NEM13 file: 100, 250, 550, 900"
            fields.fault(0, "RecordIndicator", "mdff.record-indicator", f"{kind[:40]!r} is not {known}")

    def _start(self, line: int, text: str) -> None:
        row = self._row = Row(line)
        fields = Fields(self._log, row, line, text.split(","))
        if not fields.counted(23, self._switches.trailing_commas):
            return
        row.key = f"{fields[1][:10]},{fields[4][:2]},{fields[14][:8]}"
        direction = fields.form(7, "DirectionIndicator", _DIRECTION, "mdff.direction", "E (export) or I (import)")
        pending = Accumulation(
            nmi=fields.nmi(1),
            configuration=fields.text(2, "NMIConfiguration", 240),
            register_id=fields.text(3, "RegisterID", 10),
            suffix=fields.form(4, "NMISuffix", _SUFFIX, "mdff.suffix", "a suffix such as 11: two of A-Z, 0-9"),
            stream_id=fields.form(5, "MDMDataStreamIdentifier", _STREAM, "mdff.stream", "two of A-Z, 0-9, or nothing"),
            serial=fields.text(6, "MeterSerialNumber", 12),
            direction=direction,
            previous=self._read(fields, 8, "Previous", forbidden="VE"),
            current=self._read(fields, 13, "Current", forbidden="V"),
            quantity=Decimal(fields.number(18, "Quantity", signed=direction == "I")),
            unit=fields.unit(19),
            next_read_date=fields.day_if_any(20, "NextScheduledReadDate"),
            updated_at=fields.moment(21, "UpdateDateTime"),
            loaded_at=fields.moment_if_any(22, "MSATSLoadDateTime"),
            line=line,
        )
        if not row.bad:
            self._check_order(fields, pending)
        self._pending = None if row.bad else pending

    def _read(self, fields: Fields, at: int, end: str, forbidden: str) -> RegisterRead:
        text = fields.number(at, f"{end}RegisterRead")
        read_at = fields.moment(at + 1, f"{end}RegisterReadDateTime")
        quality = fields.quality(at + 2, f"{end}QualityMethod", forbidden)
        reason, description = fields.reason(at + 3, f"{end}Reason", quality)
        if self._switches.estimate_time and quality[:1] == "E" and not fields[at + 1].endswith("000000"):
            right = "a forward estimate is timed 00:00:00"
            fields.fault(at + 1, f"{end}RegisterReadDateTime", "mdff.estimate-time", right)
        return RegisterRead(text, read_at, quality, reason, description)

    @staticmethod
    def _check_order(fields: Fields, pending: Accumulation) -> None:
        if pending.previous.read_at > pending.current.read_at:
            why = "the previous read must not be later than the current one"
            fields.fault(14, "CurrentRegisterReadDateTime", "mdff.read-order", why)

    def _check_duplicate(self, row: Row, done: Accumulation, seen: set[tuple[object, ...]]) -> None:
        key = (done.nmi, done.register_id, done.suffix, done.serial, done.previous.read_at, done.current.read_at)
        if key in seen:
            fields = Fields(self._log, row, row.line, [])
            fields.fault(-1, "", "mdff.duplicate", "this register and period stand in the file before")
        seen.add(key)

    def _visit(self, line: int, text: str) -> None:
        if self._row is None:
            fields = Fields(self._log, Row(line), line, [])
            fields.fault(-1, "", "mdff.order", "a 550 record must follow the 250 record it describes")
            return
        fields = Fields(self._log, self._row, line, text.split(","))
        if self._pending is not None and self._pending.visit is not None:
            fields.fault(-1, "", "mdff.order", "a 250 record has one 550 record at most")
        if not fields.counted(5, self._switches.trailing_commas):
            return
        what = f"one of {', '.join(TRANSACTION_CODES)}, or nothing"
        visit = AccumulationVisit(
            fields.form(1, "PreviousTransCode", _CODE, "mdff.trans-code", what),
            fields.text(2, "PreviousRetServiceOrder", 15),
            fields.form(3, "CurrentTransCode", _CODE, "mdff.trans-code", what),
            fields.text(4, "CurrentRetServiceOrder", 15),
        )
        if self._pending is not None:
            self._pending = replace(self._pending, visit=visit)
