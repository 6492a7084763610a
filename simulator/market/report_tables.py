"""What we hold about reports as data: row limits, roles, priorities, event codes by rule, and code tables of C1.

Each row has its confidence and source, as in `simulator.market.tables`.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files

import msgspec

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
    """A table of ours, by the name of its file."""
    text = files("simulator.market").joinpath(f"data/report_{name}.csv").read_text("utf-8")
    return tuple(csv.DictReader(text.splitlines()))


def assumed(rule: str) -> str:
    """The value of an assumption about reports that is one."""
    return next(row["Value"] for row in read("assumptions") if row["Rule"] == rule)


@cache
def limits() -> Mapping[str, Limits]:
    """Report name → its limits; ``C1`` is table replication."""
    return {
        row["Report"]: Limits(int(row["Rows"]), int(row["Days"] or 0), frozenset(row["Roles"].split()), row["Priority"])
        for row in read("limits")
    }


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
