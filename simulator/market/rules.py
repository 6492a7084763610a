"""The business rules as the market asks for them: dictionaries made once from the tables, every question one look-up.

A `Rules` is a value: a scenario that brings its own extracts makes another one with `Rules.of`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cache

import msgspec

from simulator.market.discovery_rules import DiscoveryRules
from simulator.market.tables import Row, Tables, shipped, spread
from simulator.world.model import ConnectionPoint

NOTIFICATION, DATA_REQUEST = "NOTF", "RDAT"
"""TransactionTypeCode: AEMO's values are not published; these two are ours."""
Place = tuple[str, str]
"""Jurisdiction and NMI classification: what periods and objections depend on."""
NEW, CURRENT = "N", "C"
_NO_ROLES: frozenset[str] = frozenset()
_SECTIONS = {
    "CATS_INBOUND_CHANGE_REQUEST": "",
    "CATS_NMI_DATA": "MasterData",
    "CATS_NMI_PARTICIPANT_RELATIONS": "RoleAssignments",
    "CATS_NMI_DATA_STREAM": "DataStreams",
    "CATS_METER_REGISTER": "MeterRegister",
}


class Rejection(msgspec.Struct, frozen=True):
    """Why something was refused: the rule kept, the event code AEMO would send, and what would be right."""

    rule: str
    code: int
    explanation: str


class Periods(msgspec.Struct, frozen=True):
    """Business days of a change reason in a jurisdiction and NMI class."""

    lodgement: int
    clearance: int
    notification: int
    prospective: int
    retrospective: int


class Notice(msgspec.Struct, frozen=True, gc=False):
    """A role that is told, as new (N) or current (C) holder."""

    role: str
    status: str


class Fields(msgspec.Struct, frozen=True):
    """What the initiator must (RI) and may (RI, OI) give: section → field names; for RoleAssignments, roles.

    ``*`` stands for any field of a section. The section ``""`` is the change request itself. ``removed`` fields (source
    ``RM``, a code of ours) MSATS no longer holds: the shipped tables name none, for the list is not published.
    """

    required: Mapping[str, tuple[str, ...]]
    allowed: Mapping[str, frozenset[str]]
    removed: frozenset[str] = frozenset()

    @property
    def roles(self) -> frozenset[str]:
        """The roles it may nominate parties for."""
        return self.allowed.get("RoleAssignments", _NO_ROLES)


class Reason(msgspec.Struct, frozen=True):
    """A change reason code. ``dates`` pro, ret or any; ``completes`` on its ``date``, on a ``read``, or ``at once``."""

    code: str
    description: str
    family: str
    dates: str
    completes: str
    initiators: tuple[Notice, ...] = ()
    fields: Fields = msgspec.field(default_factory=lambda: Fields({}, {}))

    @property
    def needs_meter(self) -> bool:
        """Whether the meters it names must be installed at the NMI."""
        return self.family in ("meter-change", "next-read")

    @property
    def creates(self) -> bool:
        """Whether it makes a NMI that must not exist yet."""
        return self.family == "create"


class Rules(msgspec.Struct, frozen=True):
    """All business rules of one market."""

    tables: Tables
    reasons: Mapping[str, Reason]
    codes: Mapping[str, frozenset[str]]
    """Code lists by table name: ``roles``, ``nmi_status_codes``, …"""
    unbound: frozenset[str]
    """Objection codes that are not bound to the logging period."""
    _periods: Mapping[tuple[str, str, str], Periods]
    _notices: Mapping[tuple[str, str, str], tuple[Notice, ...]]
    _objections: frozenset[tuple[str, ...]]
    _events: Mapping[str, int]
    _manual: frozenset[str]
    discovery: DiscoveryRules
    """Who may discover what."""

    @classmethod
    def of(cls, tables: Tables) -> Rules:
        """Rules from tables."""
        by_place = ("ChangeReasonCode", "JurisdictionCode", "NMIClassificationCode")
        return cls(
            tables,
            _reasons(tables),
            {name: frozenset(row["Code"] for row in rows) for name, rows in tables.items() if "Code" in rows[0]},
            frozenset(row["Code"] for row in tables["objection_codes"] if row.get("BoundToLogging") == "No"),
            {(a, b, c): _periods(row) for (a, b, c), row in spread(tables["jurisdictional_rules"], *by_place)},
            _notices(tables["notification_rules"]),
            frozenset(
                key for key, _ in spread(tables["objection_rules"], *by_place, "ObjectionCode", "Role", "RoleStatus")
            ),
            {row["Rule"]: int(row["Code"]) for row in tables["event_rules"]},
            frozenset(row["Code"] for row in tables["meter_installation_types"] if row["ManualRead"] == "Yes"),
            DiscoveryRules.of(tables),
        )

    def switching(self, choice: str) -> Rules:
        """These rules; of transfers, those since the reform of October 2021 or those before (rule
        ``assume.switching-rules``): ``before 2021`` tells the losing retailer everything, and gives it five days."""
        if choice == "since 2021":
            return self
        return _shipped_before_the_reform() if self.tables is shipped() else _before_the_reform(self.tables)

    def periods(self, reason: str, place: Place) -> Periods:
        """Exact jurisdiction and class first, then ALL; a reason without a row has no periods at all."""
        known = self._periods
        jurisdiction, classification = place
        return (
            known.get((reason, jurisdiction, classification))
            or known.get((reason, jurisdiction, "ALL"))
            or known.get((reason, "ALL", classification))
            or known.get((reason, "ALL", "ALL"))
            or _NO_PERIODS
        )

    def notices(self, reason: str, status: str) -> tuple[Notice, ...]:
        """Who is notified of that status."""
        return self._notices.get((reason, status, NOTIFICATION), ())

    def data_requests(self, reason: str, status: str) -> tuple[Notice, ...]:
        """Who is asked for the actual change date on reaching that status."""
        return self._notices.get((reason, status, DATA_REQUEST), ())

    def may_object(self, reason: str, place: Place, objection: str, notice: Notice) -> bool:
        """Whether a role may lodge that objection against a change of a NMI of that kind."""
        return any(
            (reason, where, kind, objection, notice.role, notice.status) in self._objections
            for where in (place[0], "ALL")
            for kind in (place[1], "ALL")
        )

    def manually_read(self, point: ConnectionPoint) -> bool:
        """Whether a metering data provider must supply the date of the read for this NMI."""
        for meter in point.meters:
            if meter.installation_type in self._manual and meter.status != "R":
                remote = meter.installation_type == "MRIM" and (meter.read_type or "").startswith("RWD")
                if not remote:
                    return True
        return False

    def refuse(self, rule: str, explanation: str) -> Rejection:
        """A rejection with the event code of its rule."""
        return Rejection(rule, self._events[rule], explanation)

    def code(self, rule: str) -> int:
        """The event code of a rule."""
        return self._events[rule]


@cache
def shipped_rules() -> Rules:
    """The rules of the package's own tables."""
    return Rules.of(shipped())


@cache
def _shipped_before_the_reform() -> Rules:
    return _before_the_reform(shipped())


def _before_the_reform(tables: Tables) -> Rules:
    """A table that a participant brought stays: it says itself how things are."""
    own = shipped()
    older = {
        name: tables[f"{name}_legacy"]
        for name in ("notification_rules", "jurisdictional_rules")
        if tables[name] is own[name]
    }
    return Rules.of({**tables, **older})


_NO_PERIODS = Periods(0, 0, 0, 0, 0)


def _periods(row: Row) -> Periods:
    columns = (
        "ObjectionLodgementPeriod",
        "ObjectionClearancePeriod",
        "NotificationPeriod",
        "ProspectiveDays",
        "RetrospectiveDays",
    )
    return Periods(*(int(row[column] or 0) for column in columns))


def _notices(rows: Iterable[Row]) -> dict[tuple[str, str, str], tuple[Notice, ...]]:
    found: dict[tuple[str, str, str], tuple[Notice, ...]] = {}
    columns = ("ChangeReasonCode", "ChangeStatusCode", "TransactionTypeCode", "Role", "RoleStatus")
    for (reason, status, kind, role, role_status), _ in spread(rows, *columns):
        key = (reason, status, kind)
        found[key] = (*found.get(key, ()), Notice(role, role_status))
    return found


def _reasons(tables: Tables) -> dict[str, Reason]:
    listed = {row["Code"]: row for row in tables["change_reason_codes"]}
    initiators: dict[str, tuple[Notice, ...]] = {}
    for (code, role, status), _ in spread(tables["initiation_rules"], "ChangeReasonCode", "Role", "RoleStatus"):
        initiators[code] = (*initiators.get(code, ()), Notice(role, status))
    provided: dict[str, list[Row]] = {}
    for (code,), row in spread(tables["field_validation"], "ChangeReasonCode"):
        provided.setdefault(code, []).append(row)
    return {code: _reason(code, row, initiators.get(code, ()), provided.get(code, ())) for code, row in listed.items()}


def _reason(code: str, row: Row, initiators: tuple[Notice, ...], provided: Sequence[Row]) -> Reason:
    family, dates, completes = (row.get(column, "") for column in ("Family", "Dates", "Completes"))
    return Reason(code, row["Description"], family, dates, completes, initiators, _fields(provided))


def _fields(rows: Sequence[Row]) -> Fields:
    required: dict[str, tuple[str, ...]] = {}
    allowed: dict[str, frozenset[str]] = {}
    removed = {name for row in rows if row["DataSourceCode"] == "RM" for name in row["Field"].split()}
    for row in rows:
        section = _SECTIONS.get(row["Table"])
        if section is None or row["DataSourceCode"] not in ("RI", "OI"):
            continue
        names = (row["ProvideRole"] if section == "RoleAssignments" else row["Field"]).split()
        allowed[section] = allowed.get(section, frozenset()).union(names)
        if row["DataSourceCode"] == "RI":
            required[section] = (*required.get(section, ()), *names)
    return Fields(required, allowed, frozenset(removed))
