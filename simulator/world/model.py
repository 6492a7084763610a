"""The things of the pretend market, as frozen values. Identifiers are text; dates are market days.

Shapes follow MSATS standing data: master data, dated role assignments, data streams, meters, registers.
Values and codes: research on CATS standing data code lists (documented in the CDR energy standard unless noted).
"""

from __future__ import annotations

from datetime import date

import msgspec

OPEN_END = date(9999, 12, 31)


class Register(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """A register of a meter. ``register_id`` and ``suffix`` are usually alike (E1, B1); ``unit`` in capitals (KWH)."""

    register_id: str
    suffix: str
    unit: str = "KWH"
    network_tariff: str = "N/A"
    time_of_day: str = "INTERVAL"
    multiplier: str = "1"
    dial_format: str = "8.0"
    controlled_load: str = "NO"
    consumption_type: str = "Actual"
    status: str = "C"


class Meter(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """A meter with its registers. ``installation_type`` COMMS4D, BASIC, MRIM …; ``read_type`` RWDA, MV3 …"""

    serial: str
    registers: tuple[Register, ...] = ()
    installation_type: str = "COMMS4D"
    read_type: str | None = "RWDA"
    interval: int = 5
    """Minutes, for interval meters."""
    status: str = "C"
    manufacturer: str | None = None
    model: str | None = None
    next_scheduled_read: date | None = None


class DataStream(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """A data stream: what MDM expects readings for. ``kind`` is Interval or Consumption."""

    suffix: str
    kind: str = "Interval"
    profile: str = "NOPROF"
    average_daily_load: int = 0
    status: str = "A"
    from_date: date = date(1, 1, 1)
    to_date: date = OPEN_END


class RoleAssignment(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """Who holds a role from one market day to another (both included), as MSATS's dated rows keep it."""

    role: str
    party: str
    from_date: date = date(1, 1, 1)
    to_date: date = OPEN_END


class Address(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """A structured address, in capitals as MSATS shows it."""

    suburb: str
    state: str
    postcode: str
    house_number: str | None = None
    house_suffix: str | None = None
    street_name: str | None = None
    street_type: str | None = None
    flat_type: str | None = None
    flat_number: str | None = None
    lot_number: str | None = None
    building: str | None = None
    delivery_point: str | None = None


class ConnectionPoint(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """Everything MSATS holds about one NMI. Replaced whole by `world.events.ConnectionPointChanged`."""

    nmi: str
    jurisdiction: str
    classification: str = "SMALL"
    status: str = "A"
    tni: str = "NTNI"
    dlf: str = "NDLF"
    address: Address | None = None
    customer_class: str | None = "RESIDENTIAL"
    customer_threshold: str | None = "LOW"
    roles: tuple[RoleAssignment, ...] = ()
    data_streams: tuple[DataStream, ...] = ()
    meters: tuple[Meter, ...] = ()
    parent: str | None = None
    """Embedded network identifier of the parent, for child NMIs."""


ROWS_KEPT = 10
"""Rows a connection point keeps of each role, and of each data stream, once there is no room for more
(``assume.history-kept``).
"""
Dated = RoleAssignment | DataStream


def outgrown(point: ConnectionPoint) -> tuple[Dated, ...]:
    """Dated rows there is no room for: of a role or a data stream that has too many the oldest, never an open one."""
    rows: tuple[Dated, ...] = (*point.roles, *point.data_streams)
    if len(rows) <= ROWS_KEPT:
        return ()
    alike: dict[tuple[bool, str], list[Dated]] = {}
    for row in rows:
        what = (True, row.role) if isinstance(row, RoleAssignment) else (False, row.suffix)
        alike.setdefault(what, []).append(row)
    oldest = (sorted(each, key=lambda row: row.from_date)[:-ROWS_KEPT] for each in alike.values())
    return tuple(row for each in oldest for row in each if row.to_date < OPEN_END)


def without(point: ConnectionPoint, gone: tuple[Dated, ...]) -> ConnectionPoint:
    """A connection point without some of its dated rows."""
    roles = tuple(row for row in point.roles if row not in gone)
    streams = tuple(row for row in point.data_streams if row not in gone)
    return msgspec.structs.replace(point, roles=roles, data_streams=streams)
