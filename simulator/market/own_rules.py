"""The rules of a user: the package's tables with those replaced that the user's extracts hold.

A replaced table is replaced whole, but for what MSATS does not replicate: what a change reason means to this market
(family, dates, when it completes), whether an objection is bound to the logging period, and whether a role discovers
its own NMIs only come from the package's row
of that code, else of the nearest code. Event codes by rule are replaced one by one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date

import msgspec

from simulator.market.extracts import Extracts, Fault, Line
from simulator.market.proposal import MASTER, METER, REGISTER
from simulator.market.rules import DATA_REQUEST, NOTIFICATION, Rules
from simulator.market.tables import Row, Tables, shipped, spread

_OURS = {
    "change_reason_codes": ("Code", "Family", "Dates", "Completes"),
    "objection_codes": ("Code", "BoundToLogging"),
    "discovery_search_rules": ("Role", "OwnOnly"),
}
"""Table → its key, and the columns MSATS does not replicate."""
_NOT_TABLES = ("transaction_type_codes", "national_calendar", "event_rules")


class OwnRules(msgspec.Struct, frozen=True):
    """What a user's extracts make of the market: its rules, and its days off where a calendar is among them."""

    rules: Rules
    days_off: Mapping[str, frozenset[date]] | None = None

    @property
    def tables(self) -> Tables:
        """Those that are other than the package's own."""
        return {name: rows for name, rows in self.rules.tables.items() if rows != shipped()[name]}


def own_rules(extracts: Extracts, on: date | None) -> OwnRules | None:
    """Rules as of a day (None: all rows count); None, with faults added to ``extracts``, when something is wrong."""
    rows = {name: _in_force(lines, on) for name, lines in extracts.rows.items()}
    tables: dict[str, Sequence[Row]] = dict(shipped())
    for name, lines in rows.items():
        if name not in _NOT_TABLES:
            tables[name] = _with_ours(name, lines)
    if "notification_rules" in rows:
        told = _notifications(rows["notification_rules"], rows.get("transaction_type_codes", ()), extracts.faults)
        tables["notification_rules"] = told
    if "field_validation" in rows:
        tables["field_validation"] = tuple(_fields(rows["field_validation"]))
    tables["event_rules"] = _events(rows.get("event_rules", ()), extracts.faults)
    days_off = _calendar(rows.get("national_calendar", ()), extracts.faults)
    return None if extracts.faults else OwnRules(Rules.of(_whole(tables)), days_off)


def _in_force(lines: Iterable[Line], on: date | None) -> list[Line]:
    """Rows that have not ended by that day; a row without a last day never ends."""
    return [line for line in lines if on is None or not line.cells["ToDate"] or line.cells["ToDate"][:10] >= str(on)]


def _whole(tables: Tables) -> Tables:
    """A table of which nothing is left in force is as if it had not been brought."""
    return {name: rows or shipped()[name] for name, rows in tables.items()}


def _with_ours(name: str, lines: Sequence[Line]) -> tuple[Row, ...]:
    if name not in _OURS:
        return tuple(line.cells for line in lines)
    key, *columns = _OURS[name]
    known = {code: row for (code,), row in spread(shipped()[name], key)}
    return tuple(
        {
            **line.cells,
            **{column: line.cells.get(column) or _nearest(known, line.cells[key])[column] for column in columns},
        }
        for line in lines
    )


def _nearest(known: Mapping[str, Row], code: str) -> Row:
    """The row of a code, else of the code that begins most like it."""
    return known.get(code) or known[max(known, key=lambda each: _alike(each, code))]


def _alike(one: str, other: str) -> int:
    return next((at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))


def _notifications(lines: Sequence[Line], kinds: Sequence[Line], faults: list[Fault]) -> tuple[Row, ...]:
    """Rules of notification. MSATS's codes of transaction types are not published: their descriptions tell."""
    told = {NOTIFICATION: NOTIFICATION, DATA_REQUEST: DATA_REQUEST}
    told |= {each.cells["Code"]: _kind(each.cells["Description"]) for each in kinds}
    rows = []
    for line in lines:
        code = line.cells["TransactionTypeCode"]
        if code not in told:
            what = f"TransactionTypeCode {code[:40]!r} is not known"
            right = "add the extract of CATS_TRANS_TYPE_CODES: its descriptions tell notifications from data requests"
            faults.append(Fault(line.file, line.number, what, right))
            break
        if told[code]:
            rows.append({**line.cells, "TransactionTypeCode": told[code]})
    return tuple(rows)


def _kind(description: str) -> str:
    text = description.lower()
    if "notif" in text:
        return NOTIFICATION
    return DATA_REQUEST if "data" in text and "request" in text else ""


_FIELDS = {
    name.upper(): name
    for name in (
        *MASTER, *METER, *REGISTER, "NMI", "Address", "SerialNumber", "RegisterID", "RegisterConfiguration", "Party",
        "ProposedDate", "ActualChangeDate", "MeterReadTypeCode", "ActualEndDate", "InitiatingRequestID",
        "ProfileName", "AveragedDailyLoad", "DataStreamType",
    )
}  # fmt: skip


def _fields(lines: Iterable[Line]) -> Iterator[Row]:
    """Field rules, by the names of our elements. MSATS's spelling of tables and fields is not known: capitals,
    underscores and ``INBOUND`` make no difference; a field that is no element here could not be given: passed over."""
    for line in lines:
        table = line.cells["Table"].upper()
        if table != "CATS_INBOUND_CHANGE_REQUEST":
            table = table.replace("INBOUND_", "")
        names = [
            _FIELDS.get(each.replace("_", "").upper(), each if each == "*" else "")
            for each in line.cells["Field"].split()
        ]
        if all(names):
            yield {**line.cells, "Table": table, "Field": " ".join(names)}


def _events(lines: Sequence[Line], faults: list[Fault]) -> tuple[Row, ...]:
    given = {line.cells["Rule"]: line for line in lines}
    known = shipped()["event_rules"]
    for rule, line in given.items():
        if not any(row["Rule"] == rule for row in known):
            faults.append(Fault(line.file, line.number, f"rule {rule[:60]!r} is not known", "see event_rules.csv"))
    return tuple({**row, **_code(given.get(row["Rule"]))} for row in known)


def _code(line: Line | None) -> Mapping[str, str]:
    return {name: line.cells[name] for name in ("Code", "confidence", "source")} if line is not None else {}


def _calendar(lines: Sequence[Line], faults: list[Fault]) -> Mapping[str, frozenset[date]] | None:
    """Days off by jurisdiction. What MSATS writes as Type is not known: a jurisdiction means that one, all else all."""
    if not lines:
        return None
    places = {row["Code"] for row in shipped()["jurisdiction_codes"]}
    days: dict[str, set[date]] = {"ALL": set()}
    for line in lines:
        try:
            day = date.fromisoformat(line.cells["Date"][:10])
        except ValueError:
            what = f"Date is {line.cells['Date'][:40]!r}"
            faults.append(Fault(line.file, line.number, what, "write a date such as 2026-01-26"))
            continue
        place = line.cells["Type"].upper()
        days.setdefault(place if place in places else "ALL", set()).add(day)
    return {place: frozenset(found | days["ALL"]) for place, found in days.items()}
