"""Who may discover what: the rules of search keys and of fields, shaped like the tables MSATS replicates.

    NMISearchRules   jurisdiction × role → search keys, how many NMIs an answer may hold     (search 1)
    NMIAccessRules   jurisdiction × role × table × field → shown                             (all searches)

A participant has the rights of all roles it is registered for. A row for a jurisdiction goes before those of ALL.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TypeVar

import msgspec
from msgspec.structs import replace

from simulator.asexml.model import Element
from simulator.market.tables import Row, Tables, spread

MOST = 99
"""NMIs one search returns at most, where no rule says otherwise (AEMO Technical Guide to MSATS)."""
KEYS = {
    "DeliveryPointIdentifier": "SearchOnDPID",
    "Address": "SearchOnAddress",
    "MeterSerialNumber": "SearchOnMeterIdentifier",
}
"""Criterion of a search → the column of its rule."""
SECTIONS = {
    "CATS_NMI_DATA": "MasterData",
    "CATS_NMI_PARTICIPANT_RELATIONS": "RoleAssignment",
    "CATS_NMI_DATA_STREAM": "DataStream",
    "CATS_METER_REGISTER": "Meter",
    "CATS_REGISTER_IDENTIFIER": "Register",
}
"""Table of an access rule → the element whose children it lets be seen."""
_KEPT = {
    "RoleAssignment": frozenset({"ROLE", "PARTY"}),
    "DataStream": frozenset({"SUFFIX"}),
    "Meter": frozenset({"SERIALNUMBER", "REGISTERCONFIGURATION"}),
    "Register": frozenset({"REGISTERID"}),
}
"""What names a row is shown with it."""
_ANY = frozenset({"ALL", "*"})
T = TypeVar("T")
Fields = Mapping[str, frozenset[str]]
"""Element → names of its children that may be seen, in capitals without underscores; an element left out may not."""


class SearchRight(msgspec.Struct, frozen=True):
    """What a participant may search by, how many NMIs it is told, and whether they must be its own."""

    keys: frozenset[str]
    most: int
    own_only: bool


class DiscoveryRules(msgspec.Struct, frozen=True):
    """Both tables, by jurisdiction and role."""

    _search: Mapping[tuple[str, str], SearchRight]
    _fields: Mapping[tuple[str, str], Fields]

    @classmethod
    def of(cls, tables: Tables) -> DiscoveryRules:
        """From tables."""
        place = ("JurisdictionCode", "Role")
        search = {(a, b): _right(row) for (a, b), row in spread(tables["discovery_search_rules"], *place)}
        fields: dict[tuple[str, str], dict[str, frozenset[str]]] = {}
        columns = (*place, "Table", "Field")
        for (jurisdiction, role, table, field), _ in spread(tables["discovery_access_rules"], *columns):
            section = SECTIONS.get(table.upper())
            if section is not None:
                held = fields.setdefault((jurisdiction, role), {})
                held[section] = held.get(section, frozenset()) | {plain(field)}
        return cls(search, fields)

    def search(self, roles: Iterable[str], jurisdiction: str) -> SearchRight | None:
        """What somebody with these roles may search by; None for nothing at all."""
        found = [each for role in roles if (each := _for(self._search, jurisdiction, role)) is not None]
        if not found:
            return None
        keys = frozenset[str]().union(*(each.keys for each in found))
        return SearchRight(keys, max(each.most for each in found), all(each.own_only for each in found))

    def fields(self, roles: Iterable[str], jurisdiction: str) -> Fields:
        """What somebody with these roles may see; empty for nothing at all."""
        seen: dict[str, frozenset[str]] = {}
        for role in roles:
            for section, names in (_for(self._fields, jurisdiction, role) or {}).items():
                seen[section] = seen.get(section, frozenset()) | names
        return seen


def _for(known: Mapping[tuple[str, str], T], jurisdiction: str, role: str) -> T | None:
    return known.get((jurisdiction, role)) or known.get(("ALL", role))


def _right(row: Row) -> SearchRight:
    keys = frozenset(name for name, column in KEYS.items() if row[column][:1].upper() in ("Y", "T", "1"))
    return SearchRight(keys, int(row["NMIReturnCount"]), row.get("OwnOnly") == "Yes")


def plain(name: str) -> str:
    """A field's name as it is compared: how MSATS spells it in this table is not known."""
    return name.replace("_", "").upper()


def shown(part: Element | None, fields: Fields) -> Element | None:
    """What may be seen of an element; None for one of which nothing may be."""
    if part is None or all(fields.get(section, frozenset()) & _ANY for section in SECTIONS.values()):
        return part
    children = tuple(_inside(part, fields))
    if not children and part.children:
        return None
    return replace(part, children=children)


def _inside(part: Element, fields: Fields) -> Iterator[Element]:
    names = fields.get(part.name, frozenset()) if part.name in SECTIONS.values() else _ANY
    if not names:
        return
    for child in part.children:
        wanted = names & _ANY or plain(child.name) in names or plain(child.name) in _KEPT.get(part.name, frozenset())
        seen = (shown(child, fields) if child.children and child.name != "Address" else child) if wanted else None
        if seen is not None:
            yield seen
