"""Codes and rules as replication tables: what our own tables hold, in the columns of MSATS.

Rules come from the rules in force, so a participant's own extracts come back as they went in; codes that are no rules
come from ``report_codes.csv``; participants, calendar and NMI ranges from the world.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date
from functools import cache, lru_cache
from itertools import product

from simulator.market.operator import Operator
from simulator.market.replication_invented import invented
from simulator.market.report_tables import codes
from simulator.market.tables import Tables, spread
from simulator.world.calendar import DAY
from simulator.world.defaults import PLAYED, nmi_ranges

Fields = tuple[tuple[str, str], ...]
"""What a row says, in schema order."""
_CODES = {
    "CATS_CHANGE_REASON_CODES": "change_reason_codes",
    "CATS_CR_STATUS_CODES": "change_status_codes",
    "CATS_ERROR_CODES": "error_codes",
    "CATS_JURISDICTION_CODES": "jurisdiction_codes",
    "CATS_NMI_CLASS_CODES": "nmi_classification_codes",
    "CATS_NMI_STATUS_CODES": "nmi_status_codes",
    "CATS_OBJECTION_CODES": "objection_codes",
    "CATS_READ_TYPE_CODES": "read_type_codes",
}
"""Tables of nothing but code and description, and where they come from."""


def _named(row: Mapping[str, str], *columns: str) -> Fields:
    return tuple((column, row.get(column, "")) for column in columns)


def _installation_types(tables: Tables) -> Iterator[Fields]:
    for row in tables["meter_installation_types"]:
        yield _named(row, "Code", "Description", "ManualRead")


def _roles(tables: Tables) -> Iterator[Fields]:
    for row in tables["roles"]:
        yield ("Identifier", row["Code"]), ("Description", row["Description"])


def _spread(name: str, listed: Sequence[str], *columns: str) -> Callable[[Tables], Iterator[Fields]]:
    """A table of rules: one row for each combination of what its ``listed`` columns hold."""

    def rows(tables: Tables) -> Iterator[Fields]:
        for key, row in spread(tables[name], *listed):
            yield _named({**row, **dict(zip(listed, key, strict=True))}, *columns)

    return rows


def _objection_rules(tables: Tables) -> Iterator[Fields]:
    meaning = {row["Code"]: row["Description"] for row in tables["objection_codes"]}
    columns = ("ChangeReasonCode", "JurisdictionCode", "Role", "RoleStatus", "NMIClassificationCode", "ObjectionCode")
    for key, _ in spread(tables["objection_rules"], *columns):
        yield (*zip(columns, key, strict=True), ("Description", meaning.get(key[5], "")))


def _field_validation(tables: Tables) -> Iterator[Fields]:
    for row in tables["field_validation"]:
        roles = row.get("ProvideRole", "").split() or [""]
        for reason, name, role in product(row["ChangeReasonCode"].split(), row["Field"].split(), roles):
            given = {**row, "ChangeReasonCode": reason, "Field": name, "TransactionTypeCode": "CR"}
            columns = ("TransactionTypeCode", "ChangeReasonCode", "Field", "Table", "DataSourceCode")
            provided = (("ProvideRole", role),) if role else ()
            must = "Y" if row["DataSourceCode"] == "RI" else "N"
            yield (*_named(given, *columns), *provided, ("MustComplete", must))


_INITIATION = ("ChangeReasonCode", "Role", "RoleStatus")
_NOTIFICATION = ("ChangeReasonCode", "Role", "RoleStatus", "ChangeStatusCode", "TransactionTypeCode")
_ACCESS = ("JurisdictionCode", "Role", "Table", "Field")
_SEARCH = ("SearchOnDPID", "SearchOnAddress", "SearchOnMeterIdentifier", "NMIReturnCount")
_BY_PLACE = ("ChangeReasonCode", "JurisdictionCode", "NMIClassificationCode")
_RULES: dict[str, Callable[[Tables], Iterator[Fields]]] = {
    "CATS_METER_INSTALL_TYPE_CODES": _installation_types,
    "CATS_ROLES": _roles,
    "CATS_CR_INITIATION_RULES": _spread("initiation_rules", _INITIATION, *_INITIATION),
    "CATS_JURISDICTIONAL_RULES": _spread(
        "jurisdictional_rules",
        _BY_PLACE,
        "ChangeReasonCode",
        "JurisdictionCode",
        "ObjectionLodgementPeriod",
        "ObjectionClearancePeriod",
        "NotificationPeriod",
        "ProspectiveDays",
        "RetrospectiveDays",
        "NMIClassificationCode",
    ),
    "CATS_NOTIFICATION_RULES": _spread("notification_rules", _NOTIFICATION, *_NOTIFICATION),
    "CATS_OBJECTION_RULES": _objection_rules,
    "CATS_DISCOVERY_ACCESS_RULES": _spread("discovery_access_rules", _ACCESS, *_ACCESS),
    "CATS_DISCOVERY_SEARCH_RULES": _spread("discovery_search_rules", _ACCESS[:2], *_ACCESS[:2], *_SEARCH),
    "CATS_TRANS_FIELD_VALIDATION": _field_validation,
}


class _Held:
    """A table of one set of tables, as a key: tables are compared by which object they are."""

    __slots__ = ("name", "tables")

    def __init__(self, tables: Tables, name: str) -> None:
        self.tables = tables
        self.name = name

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Held) and self.tables is other.tables and self.name == other.name

    def __hash__(self) -> int:
        return hash((id(self.tables), self.name))


def code_rows(op: Operator, name: str) -> Sequence[tuple[str, Fields]]:
    """(RowStatus, fields) of every row of a table of codes or rules, in an order that does not change."""
    listed = _code_rows(_Held(op.rules.tables, name))
    made_up = invented(op, name, (fields for _, fields in listed))
    return (*listed, *active(made_up)) if made_up else listed


@lru_cache(maxsize=128)
def _code_rows(held: _Held) -> tuple[tuple[str, Fields], ...]:
    made = _RULES.get(held.name)
    if made is not None:
        return tuple(("A", fields) for fields in made(held.tables))
    source = _CODES.get(held.name)
    if source is not None:
        return tuple(("A", _named(row, "Code", "Description")) for row in held.tables[source])
    return tuple((row["RowStatus"], _fields(row["Fields"])) for row in codes().get(held.name, ()))


def _fields(text: str) -> Fields:
    pairs = (part.partition("=") for part in text.split("|"))
    return tuple((name, value) for name, _, value in pairs)


def active(rows: Sequence[Fields]) -> Sequence[tuple[str, Fields]]:
    """Rows that all hold."""
    return [("A", fields) for fields in rows]


def participants(op: Operator) -> Sequence[Fields]:
    """Whoever is declared, played, or a distributor of the NMI ranges. Telephone numbers are those kept for fiction."""
    return [
        (("ParticipantID", party), ("Name", party), ("ContactPhoneArea", "02"), ("ContactPhone", "55500000"))
        for party in _parties(op)
    ]


def participant_roles(op: Operator) -> Sequence[Fields]:
    """Who is registered for which role."""
    declared = op.world.base.parties
    pairs = [(party, role) for party, roles in declared.items() for role in sorted(roles)]
    pairs += [(party, role) for role, party in PLAYED.items() if party not in declared]
    pairs += [(party, "LNSP") for party in _distributors() if party not in declared]
    return [(("ParticipantID", party), ("Role", role)) for party, role in pairs]


def _parties(op: Operator) -> list[str]:
    return list(dict.fromkeys((*op.world.base.parties, *PLAYED.values(), *_distributors())))


@cache
def _distributors() -> tuple[str, ...]:
    return tuple(dict.fromkeys(party for _, party in nmi_ranges().values()))


def ranges(op: Operator) -> Sequence[Fields]:
    """The NMI ranges of distributors."""
    return [
        (
            ("Participant", party),
            ("NMIBlockFrom", prefix.ljust(10, "0")),
            ("NMIBlockTo", prefix.ljust(10, "9")),
            ("NMIRangesAttribute", place),
        )
        for prefix, (place, party) in nmi_ranges().items()
    ]


_PLACES = ("ACT", "NSW", "QLD", "SA", "TAS", "VIC")
FIRST_DAY = date(2000, 1, 1)
"""The day numbers of calendar rows are counted from."""


def calendar_days(today: date) -> tuple[date, int]:
    """The first day the calendar table covers and how many: last year to the year after next."""
    first = date(max(today.year - 1, FIRST_DAY.year), 1, 1)
    return first, (date(min(today.year + 3, date.max.year), 1, 1) - first).days


def holidays(op: Operator, day: date) -> Iterable[tuple[int, Fields]]:
    """(number, fields) of the calendar rows of a day: the jurisdictions it is a public holiday in; ALL where in all."""
    if day.weekday() >= 5:
        return
    off = [place for place in _PLACES if not op.calendar.is_business_day(day, place)]
    shown = ["ALL"] if len(off) == len(_PLACES) else off
    first = ((day - FIRST_DAY) // DAY + 1) * 10
    for place in shown:
        number = first + (0 if place == "ALL" else 1 + _PLACES.index(place))
        yield number, (("Date", day.isoformat()), ("Type", place), ("Description", "Public holiday"))
