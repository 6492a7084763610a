"""Extracts of rule tables that a user brings: C1 answers as they come from MSATS, or CSV files like the package's own.

    aseXML: every ReplicationBlock, by its tableName       CSV: one table, by the name of the file (objection_rules.csv)

Text in, rows out, each with its line; what is wrong is told with its line as well. Inactive rows are passed over.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from pathlib import PurePath

import msgspec
from lxml import etree

from simulator.asexml import hardening
from simulator.asexml.judging import local_name

CONFIDENCE = "participant"


class Fault(msgspec.Struct, frozen=True):
    """What is wrong with an extract, and what would be right."""

    file: str
    line: int
    what: str
    right: str


class Line(msgspec.Struct, frozen=True):
    """One row of an extract."""

    file: str
    number: int
    cells: Mapping[str, str]


class Table(msgspec.Struct, frozen=True):
    """A table that can be replaced: its name in the package, its columns, and the names MSATS has for some of them."""

    name: str
    columns: tuple[str, ...]
    renamed: Mapping[str, str] = msgspec.field(default_factory=dict)
    optional: tuple[str, ...] = ()


_CODES = ("Code", "Description")
TABLES: Mapping[str, Table] = {
    "CATSChangeReasonCodes": Table("change_reason_codes", _CODES, optional=("Family", "Dates", "Completes")),
    "CATSChangeStatusCodes": Table("change_status_codes", _CODES),
    "CATSObjectionCodes": Table("objection_codes", _CODES, optional=("BoundToLogging",)),
    "CATSReadTypeCodes": Table("read_type_codes", _CODES),
    "JurisdictionCodes": Table("jurisdiction_codes", _CODES),
    "NMIClassificationCodes": Table("nmi_classification_codes", _CODES),
    "NMIStatusCodes": Table("nmi_status_codes", _CODES),
    "MeterInstallationTypeCodes": Table("meter_installation_types", (*_CODES, "ManualRead")),
    "RoleIdentifiers": Table("roles", _CODES, {"Identifier": "Code"}),
    "ErrorCodes": Table("error_codes", _CODES, optional=("Class",)),
    "CATSTransactionTypeCodes": Table("transaction_type_codes", _CODES),
    "CATSChangeInitiationRules": Table("initiation_rules", ("ChangeReasonCode", "Role", "RoleStatus")),
    "CATSJurisdictionalRules": Table(
        "jurisdictional_rules",
        (
            "ChangeReasonCode",
            "JurisdictionCode",
            "NMIClassificationCode",
            "ObjectionLodgementPeriod",
            "ObjectionClearancePeriod",
            "NotificationPeriod",
            "ProspectiveDays",
            "RetrospectiveDays",
        ),
    ),
    "CATSNotificationRules": Table(
        "notification_rules",
        ("ChangeReasonCode", "ChangeStatusCode", "Role", "RoleStatus", "TransactionTypeCode"),
    ),
    "CATSObjectionRules": Table(
        "objection_rules",
        ("ChangeReasonCode", "JurisdictionCode", "NMIClassificationCode", "ObjectionCode", "Role", "RoleStatus"),
    ),
    "CATSTransactionFieldValidations": Table(
        "field_validation", ("ChangeReasonCode", "Table", "Field", "DataSourceCode"), optional=("ProvideRole",)
    ),
    "NMISearchRules": Table(
        "discovery_search_rules",
        (
            "JurisdictionCode",
            "Role",
            "SearchOnDPID",
            "SearchOnAddress",
            "SearchOnMeterIdentifier",
            "NMIReturnCount",
        ),
        optional=("OwnOnly",),
    ),
    "NMIAccessRules": Table("discovery_access_rules", ("JurisdictionCode", "Role", "Table", "Field")),
    "NationalCalendar": Table("national_calendar", ("Date",), optional=("Type",)),
    "": Table("event_rules", ("Rule", "Code")),
}
"""MSATS's name of a block → the table it replaces. Event codes by rule are ours alone: MSATS replicates none."""

BY_NAME: Mapping[str, Table] = {table.name: table for table in TABLES.values()}
_BLOCKS: Mapping[str, Table] = {name.upper(): table for name, table in TABLES.items() if name}
_MOST_FAULTS = 20


class Extracts:
    """Rows by table, and every fault, of all the files that were read."""

    def __init__(self) -> None:
        self.rows: dict[str, list[Line]] = {}
        self.faults: list[Fault] = []

    def read(self, file: str, text: str) -> None:
        """Take a file in."""
        if text.lstrip("\ufeff \t\r\n").startswith("<"):
            self._read_xml(file, text.encode())
        else:
            self._read_csv(file, text.removeprefix("\ufeff"))

    def _fault(self, file: str, line: int, what: str, right: str) -> None:
        self.faults.append(Fault(file, line, what, right))

    # aseXML

    def _read_xml(self, file: str, body: bytes) -> None:
        refused = hardening.refusal(body)
        if refused is not None:
            self._fault(file, refused.line or 1, refused.explanation, "give the answer as it came from MSATS")
            return
        try:
            root = etree.fromstring(body, hardening.parser())
        except (etree.XMLSyntaxError, ValueError) as error:
            found = hardening.not_well_formed(error)
            self._fault(file, found.line or 1, found.explanation, "give the answer as it came from MSATS")
            return
        blocks = [node for node in root.iter() if local_name(node) == "ReplicationBlock"]
        known = [(node, table) for node in blocks if (table := _BLOCKS.get(node.get("tableName", "").upper()))]
        if not known:
            named = ", ".join(sorted({node.get("tableName", "?") for node in blocks})) or "none"
            what = f"no rule table is in it (blocks: {named[:200]})"
            self._fault(file, 1, what, f"known here: {', '.join(name for name in TABLES if name)}")
        for node, table in known:
            for row in node:
                self._take(file, int(row.sourceline or 1), table, {local_name(cell): _text(cell) for cell in row})

    # CSV

    def _read_csv(self, file: str, text: str) -> None:
        name = PurePath(file).stem
        table = BY_NAME.get(name)
        if table is None:
            what = f"{name!r} is no rule table, and the file is no aseXML"
            self._fault(file, 1, what, f"name it after its table: {', '.join(f'{each}.csv' for each in BY_NAME)}")
            return
        lines = csv.reader(text.splitlines())
        header = next(lines, [])
        missing = [column for column in table.columns if column not in header]
        if missing:
            self._fault(file, 1, f"no column {missing[0]}", f"begin with {','.join(table.columns)}")
            return
        for cells in lines:
            if not cells:
                continue
            if len(cells) != len(header):
                what = f"{len(cells)} cells under {len(header)} columns"
                self._fault(file, lines.line_num, what, "quote a text with a comma in it")
                continue
            self._take(file, lines.line_num, table, dict(zip(header, cells, strict=True)))

    # Both

    def _take(self, file: str, line: int, table: Table, given: Mapping[str, str]) -> None:
        if given.get("RowStatus", "A") != "A" or len(self.faults) > _MOST_FAULTS:
            return
        cells = {table.renamed.get(name, name): text.strip() for name, text in given.items()}
        empty = next((column for column in table.columns if not cells.get(column) and column != "Description"), None)
        if empty is not None:
            self._fault(file, line, f"a row of {table.name} without {empty}", "give the row as MSATS replicates it")
            return
        wrong = next(_unusable(table, cells), None)
        if wrong is not None:
            self._fault(file, line, *wrong)
            return
        kept = {name: cells.get(name, "") for name in (*table.columns, *table.optional)}
        kept |= {"confidence": CONFIDENCE, "source": file, "ToDate": cells.get("ToDate", "")}
        self.rows.setdefault(table.name, []).append(Line(file, line, kept))


def _text(node: etree._Element) -> str:
    return "".join(str(part) for part in node.itertext())


_NUMBERS = (
    "ObjectionLodgementPeriod",
    "ObjectionClearancePeriod",
    "NotificationPeriod",
    "ProspectiveDays",
    "RetrospectiveDays",
    "NMIReturnCount",
)


def _unusable(table: Table, cells: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """What a cell cannot be."""
    numbers = ("Code",) if table.name in ("event_rules", "error_codes") else _NUMBERS
    for name in numbers:
        text = cells.get(name, "0")
        if not (text.isascii() and text.isdigit() and len(text) <= 5):
            yield f"{name} is {text[:40]!r}", "write a whole number of up to five digits"
    if cells.get("RoleStatus", "N") not in ("N", "C", "N C", "C N"):
        yield f"RoleStatus is {cells['RoleStatus'][:40]!r}", "write N (new) or C (current)"
    if table.name == "meter_installation_types" and cells["ManualRead"] not in ("Yes", "No"):
        yield f"ManualRead is {cells['ManualRead'][:40]!r}", "write Yes or No"
