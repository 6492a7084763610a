"""The tables of business rules as data: the only place that reads the package's CSV files.

Each file is shaped like the table MSATS replicates (C1), with two columns more: ``confidence`` (D documented, C seen in
code or messages, R+ R R- recalled) and ``source``. Cells of key columns may list several values, separated by blanks.
The shipped values are community defaults wherever the confidence is R: they are not AEMO's data.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from importlib.resources import files
from itertools import product

Row = Mapping[str, str]
Tables = Mapping[str, Sequence[Row]]

TABLES = (
    "change_reason_codes",
    "change_status_codes",
    "discovery_access_rules",
    "discovery_reasons",
    "discovery_search_rules",
    "error_codes",
    "event_rules",
    "field_validation",
    "initiation_rules",
    "jurisdiction_codes",
    "jurisdictional_rules",
    "jurisdictional_rules_legacy",
    "meter_installation_types",
    "nmi_classification_codes",
    "nmi_status_codes",
    "notification_rules",
    "notification_rules_legacy",
    "objection_codes",
    "objection_rules",
    "read_type_codes",
    "roles",
)


@cache
def shipped() -> Tables:
    """Every table of the package, read once."""
    return {name: _read(name) for name in TABLES}


def _read(name: str) -> tuple[Row, ...]:
    text = files("simulator.market").joinpath(f"data/{name}.csv").read_text("utf-8")
    return tuple(csv.DictReader(text.splitlines()))


def spread(rows: Iterable[Row], *columns: str) -> Iterator[tuple[tuple[str, ...], Row]]:
    """Every combination of what the cells of ``columns`` list, with its row."""
    for row in rows:
        for key in product(*(row[column].split() for column in columns)):
            yield key, row
