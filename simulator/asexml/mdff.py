"""Meter data files: NEM12, NEM13 and the older MDMT columns; the only place that knows the frame around the records.

    100 who made it for whom      first, once
    …   rows                      of one kind: NEM12 (200 to 500) or NEM13 (250, 550)
    900                           last, once

`read` takes a whole text, `rows` a stream of lines. Every fault carries line, field, rule id (``mdff.…``) and the row
it refuses; the rest of the file is read on. Nothing here takes more than linear time. Source: MDFF specification v1.06.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain, islice

from simulator.asexml.mdff_codes import FLAGS, METHODS, REASONS, TRANSACTION_CODES, UNITS
from simulator.asexml.mdff_fields import Fields, Log, Row
from simulator.asexml.mdff_legacy import Legacy, write_legacy
from simulator.asexml.mdff_model import (
    Accumulation,
    AccumulationVisit,
    B2bDetails,
    Fault,
    Header,
    IntervalDay,
    IntervalEvent,
    LegacyConsumption,
    LegacyInterval,
    Limits,
    MeterData,
    NmiDataDetails,
    Record,
    RegisterRead,
    Switches,
)
from simulator.asexml.mdff_nem12 import Nem12
from simulator.asexml.mdff_nem13 import Nem13
from simulator.asexml.mdff_write import nem12_lines, nem13_lines, write_nem12, write_nem13

__all__ = [
    "FLAGS", "METHODS", "REASONS", "TRANSACTION_CODES", "UNITS",
    "Accumulation", "AccumulationVisit", "B2bDetails", "Fault", "Header", "IntervalDay", "IntervalEvent",
    "LegacyConsumption", "LegacyInterval", "Limits", "Log", "MeterData", "NmiDataDetails", "Record", "RegisterRead",
    "Switches",
    "dialect", "nem12_lines", "nem13_lines", "read", "rows", "write_legacy", "write_nem12", "write_nem13",
]  # fmt: skip

_VERSIONS = ("NEM12", "NEM13")
_BLANK = " \t\r\n\ufeff"
_LOST = "\0"
"""Stands for a record that was too long to be looked at."""


def dialect(text: str) -> str | None:
    """NEM12, NEM13 or MDMT (the older columns), told by the first fields; None when it is none of them."""
    start = text[:4096].lstrip(_BLANK).split("\n", 1)[0]
    first, second, *_ = [*start.split(","), "", ""]
    if first == "100":
        version = second.strip(_BLANK)
        return version if version in _VERSIONS else None
    return "MDMT" if first.strip().upper() == "NMI" else None


def read(text: str, switches: Switches | None = None, limits: Limits | None = None) -> MeterData:
    """Read a whole meter data file. Never raises for what stands in the text.

    A file whose frame is broken (no 100, no 900, something after it, too many records) is refused whole, unless
    `Switches.broken_frame` says otherwise.
    """
    switches = switches or Switches()
    log = Log(limits)
    kind = dialect(text)
    good = tuple(rows(text.split("\n"), log, switches, limits))
    if not (log.framed or switches.broken_frame):
        good, log.refused, log.accepted = (), log.refused + log.accepted, 0
    return MeterData(kind, log.header, good, tuple(log.faults), log.accepted, log.refused, log.unreported)


def rows(
    lines: Iterable[str], log: Log, switches: Switches | None = None, limits: Limits | None = None
) -> Iterator[Record]:
    """Read a file line by line, each good row handed over as soon as it is complete; faults and totals go to ``log``.

    Whether the frame was whole is known at the end: `Log.framed`.
    """
    numbered = _bounded(lines, log, limits or Limits())
    first = next(numbered, None)
    if first is None:
        log.frame(1, "mdff.empty", "the file is empty")
        return
    if first[1].split(",", 1)[0].strip().upper() == "NMI":
        yield from _legacy_rows(first, numbered, log, switches or Switches())
    else:
        yield from _framed_rows(first, numbered, log, switches or Switches())


def _bounded(lines: Iterable[str], log: Log, limits: Limits) -> Iterator[tuple[int, str]]:
    """Lines that say something, numbered, each within the limits; one that is too long is handed over as `_LOST`."""
    count = 0
    for number, raw in enumerate(lines, 1):
        line = raw.strip(_BLANK)
        if not line:
            continue
        count += 1
        if count > limits.records:
            log.frame(number, "mdff.too-many-records", f"a file has at most {limits.records} records")
            return
        if len(line) > limits.line:
            log.add(Fault(number, "", 0, "mdff.line-length", f"longer than {limits.line} characters", number))
            line = _LOST
        yield number, line


def _legacy_rows(
    first: tuple[int, str], numbered: Iterator[tuple[int, str]], log: Log, switches: Switches
) -> Iterator[Record]:
    reader = Legacy(log, switches)
    reader.header(*first)
    for number, line in numbered:
        if line == _LOST:
            log.refused += 1
            continue
        done = reader.row(number, line)
        if done is not None:
            yield done


def _framed_rows(
    first: tuple[int, str], numbered: Iterator[tuple[int, str]], log: Log, switches: Switches
) -> Iterator[Record]:
    body, rest = _open(first, numbered, log, switches)
    for number, line in rest:
        kind = line[:3] if line[3:4] in (",", "") else line.split(",", 1)[0]
        if kind == "900":
            yield from _some(body.finish())
            _end(number, line, rest, log, switches)
            return
        if kind == "100":
            log.frame(number, "mdff.header", "a file has one 100 record, its first")
        elif line == _LOST:
            yield from _some(body.lost(number))
        else:
            yield from _some(body.record(number, kind, line))
    yield from _some(body.finish())
    log.frame(first[0], "mdff.end", "the last record must be 900: is the file cut off?")


def _some(done: Record | None) -> tuple[Record, ...]:
    return () if done is None else (done,)


def _end(number: int, line: str, rest: Iterator[tuple[int, str]], log: Log, switches: Switches) -> None:
    Fields(log, Row(0), number, line.split(",")).counted(1, switches.trailing_commas)
    extra = next(rest, None)
    if extra is not None:
        log.frame(extra[0], "mdff.after-end", "nothing may follow the 900 record")


def _open(
    first: tuple[int, str], numbered: Iterator[tuple[int, str]], log: Log, switches: Switches
) -> tuple[Nem12 | Nem13, Iterator[tuple[int, str]]]:
    """The reader for the records to come, by the 100 record; where that does not say, by the first record after it."""
    number, line = first
    rest = numbered
    if line.split(",", 1)[0] == "100":
        log.header = _header(number, line, log, switches)
    else:
        log.frame(number, "mdff.header", f"the first record must be 100, not {line[:10]!r}")
        rest = chain([first], numbered)
    version = log.header.version if log.header is not None else None
    if version is None:
        ahead = list(islice(rest, 1))
        rest = chain(ahead, rest)
        version = "NEM13" if ahead and ahead[0][1].startswith(("250,", "550,")) else "NEM12"
    return (Nem13 if version == "NEM13" else Nem12)(log, switches), rest


def _header(number: int, line: str, log: Log, switches: Switches) -> Header | None:
    """The 100 record; None, and the frame broken, where it does not say what the file is."""
    fields = Fields(log, Row(0), number, line.split(","))
    header = None
    if fields.counted(5, switches.trailing_commas):
        if fields[1] not in _VERSIONS:
            fields.fault(1, "VersionHeader", "mdff.version", f"{fields[1][:40]!r} is neither NEM12 nor NEM13")
        made_at = fields.moment(2, "DateTime", length=12)
        sender, receiver = fields.text(3, "FromParticipant", 10), fields.text(4, "ToParticipant", 10)
        header = None if fields.row.bad else Header(fields[1], made_at, sender, receiver)
    log.framed = log.framed and header is not None
    return header
