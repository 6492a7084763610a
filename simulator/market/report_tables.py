"""What we hold about reports as data: row limits, roles, priorities, event codes by rule, and code tables of C1.

Each row has its confidence and source, as in `simulator.market.tables`.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping, Sequence
from datetime import date
from functools import cache
from importlib.resources import files

import msgspec

from simulator.base.errors import BadValue
from simulator.market.rules import Rejection
from simulator.market.tables import Row


class Limits(msgspec.Struct, frozen=True):
    """How many rows and, of readings, days a report may have, which roles may ask for it (none named: any), and the
    priority it is sent in.
    """

    rows: int
    days: int
    roles: frozenset[str]
    priority: str


@cache
def read(name: str) -> tuple[Row, ...]:
    """A table of ours, by the name of its file; a spreadsheet may have written it."""
    text = (
        files("simulator.market").joinpath(f"data/report_{name}.csv").read_text("utf-8-sig")
    )  # as spreadsheets write it
    return tuple(csv.DictReader(text.splitlines()))


@cache
def assumptions() -> Mapping[str, str]:
    """Assumption about reports → its value. `BadValue` where one is none of its choices."""
    return {row["Rule"]: _allowed(row) for row in read("assumptions")}


_LISTED = r"(JurisdictionCode|NMIClassificationCode)=[^\s|]+( [^\s|]+)*"
_SHAPES: Mapping[str, str] = {
    "a date": r"\d{4}-\d\d-\d\d",
    "a number": r"[1-9]\d{0,17}",
    "numbers": r"\d{1,18}( \d{1,18})*",
    "four words": r"\S+( \S+){3}",
    "classes": r"\S+( \S+)*",
    "columns": r'[^\s,"]+( [^\s,"]+)*',
    "tables": r"\S+( \S+)*",
    "systems": r"[^\s|]+( [^\s|]+)+(\|[^\s|]+( [^\s|]+)+)*",
    "words for any": rf"(?!(.*)=.*\|\1=){_LISTED}(\|{_LISTED})?",
}
"""What a choice may stand for; whoever knows the columns, the tables and so on looks at them itself."""


def _allowed(row: Row) -> str:
    """The value of a row, if it is one of its ``Choices``; of a fixed row there is none."""
    value, choices = row["Value"], row["Choices"].split("|")
    if choices == [""] or any(_is(each, value) for each in choices):
        return value
    raise unusable(row["Rule"], f"[{value}] is not {', '.join(choices[:-1])}{' or ' * (len(choices) > 1)}{choices[-1]}")


def _is(choice: str, value: str) -> bool:
    if not re.fullmatch(_SHAPES.get(choice, re.escape(choice)), value):
        return False
    try:
        return choice != "a date" or bool(date.fromisoformat(value))
    except ValueError:
        return False


def unusable(rule: str, why: str) -> BadValue:
    """The error of an assumption whose value means nothing."""
    return BadValue(f"report_assumptions.csv: {rule}: {why}", rule)


def assumed(rule: str) -> str:
    """The value of an assumption about reports that is one."""
    found = assumptions().get(rule)
    if found is None:
        raise unusable(rule, "there is no such row")
    return found


@cache
def limits() -> Mapping[str, Limits]:
    """Report name → its limits; ``C1`` is table replication."""
    return {
        row["Report"]: Limits(_number(row, "Rows"), _days(row), frozenset(row["Roles"].split()), row["Priority"])
        for row in read("limits")
    }


def _days(row: Row) -> int:
    """A number of days; 0 of what is no report of readings."""
    assume = row["Days"] == "assumed"
    return int(assumed("assume.report-days")) if assume else _number(row, "Days") if row["Days"] else 0


def _number(row: Row, column: str) -> int:
    """Raises `BadValue` for a cell that is none."""
    if not _is("a number", row[column]):
        raise BadValue(f"report_limits.csv: {row['Report']}: {column} [{row[column]}] is not a number", row["Report"])
    return int(row[column])


@cache
def _rules() -> Mapping[str, Row]:
    return {row["Rule"]: row for row in read("rules")}


def refuse(rule: str, explanation: str) -> Rejection:
    """A rejection with the event code of its rule."""
    return Rejection(rule, int(_rules()[rule]["Code"]), explanation)


def severity(rule: str) -> str:
    """How severe the event of a rule is."""
    return _rules()[rule]["Severity"]


@cache
def codes() -> Mapping[str, Sequence[Row]]:
    """Database table → its codes, where they are no table of business rules."""
    found: dict[str, list[Row]] = {}
    for row in read("codes"):
        found.setdefault(row["Table"], []).append(row)
    return found
