"""Rows of replication tables as text: the only place that writes ``Row``.

Rows are kept as the text that is sent: their size is known, splitting an answer costs nothing, and writing it little.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime

from simulator.asexml.encode import element_xml
from simulator.asexml.model import Element
from simulator.market.report_tables import assumed

BEGINNING = f"{assumed('assume.replication-beginning')}T00:00:00+10:00"
"""CreationDate of rows that were there when the story began: ours (`assume.replication-beginning`)."""


def instant(moment: datetime) -> str:
    """A time as replication rows show it: seconds, +10:00."""
    return moment.isoformat(timespec="seconds")


def midnight_of(day: date) -> str:
    """The first moment of a market day, as replication rows show it."""
    return f"{day.isoformat()}T00:00:00+10:00"


def content(*fields: tuple[str, str | None] | Element | None) -> str:
    """Fields in schema order; those without a value are left out, as the schema allows."""
    parts: list[str] = []
    for field in fields:
        if isinstance(field, Element):
            parts.append(element_xml(field))
        elif field is not None and field[1] is not None:
            parts.append(element_xml(Element(field[0], field[1])))
    return "".join(parts)


def row(
    kind: str, number: int, inside: str, *, created: str, maintained: str, status: str = "A", valid: str = ""
) -> str:
    """A row of type ``kind``. ``valid`` holds FromDate and ToDate, which only dated rows have (`valid_dates`)."""
    return (
        f'<Row xsi:type="ase:{kind}"><SequenceNumber>{number}</SequenceNumber><CreationDate>{created}</CreationDate>'
        f"<MaintenanceDate>{maintained}</MaintenanceDate><RowStatus>{status}</RowStatus>{valid}{inside}</Row>"
    )


def valid_dates(begin: date, end: date) -> str:
    """FromDate and ToDate of a dated row."""
    return f"<FromDate>{midnight_of(begin)}</FromDate><ToDate>{midnight_of(end)}</ToDate>"


ALWAYS = valid_dates(date(2000, 1, 1), date(9999, 12, 31))
"""The dates of a row that holds from our beginning on."""


def block(name: str, rows: Iterable[str]) -> str:
    """``ReplicationBlock`` of a table."""
    return f'<ReplicationBlock tableName="{name}">{"".join(rows)}</ReplicationBlock>'
