"""Codes that a story's connection points use and no table lists: the only place that finds them for replication.

Whoever loads every C1 table can resolve every code of standing data: a node, a loss factor, a network tariff or an
embedded network that a scenario or a change request made up stands in its table, after those listed there, in the order
it came up. Grown points use listed codes only. A loss factor that nobody described is 1.0.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping

from simulator.market.operator import Operator
from simulator.market.replication_log import Change
from simulator.world.model import ConnectionPoint
from simulator.world.population import Population

Fields = tuple[tuple[str, str], ...]
_SAYS = ("Description", "Used by NMIs of this market")


def _nodes(point: ConnectionPoint) -> Iterator[Fields]:
    yield ("Code", point.tni), _SAYS


def _loss_factors(point: ConnectionPoint) -> Iterator[Fields]:
    yield ("Code", point.dlf), _SAYS, ("Jurisdiction", point.jurisdiction), ("Value", "1.0")


def _embedded_networks(point: ConnectionPoint) -> Iterator[Fields]:
    if point.parent and point.address is not None:
        place = (("State", point.address.state), ("PostCode", point.address.postcode))
        yield ("Identifier", point.parent), _SAYS, ("Locality", point.address.suburb), *place


def _tariffs(point: ConnectionPoint) -> Iterator[Fields]:
    network = next((row.party for row in reversed(point.roles) if row.role == "LNSP"), "")
    for meter in point.meters:
        for register in meter.registers:
            if network and register.network_tariff not in ("", "N/A"):
                yield ("LNSP", network), ("Code", register.network_tariff), _SAYS


_USED: Mapping[str, Callable[[ConnectionPoint], Iterator[Fields]]] = {
    "CATS_TNI_CODES": _nodes,
    "CATS_DLF_CODES": _loss_factors,
    "CATS_EMB_NET_ID_CODES": _embedded_networks,
    "CATS_NETWORKTARIFF_CODES": _tariffs,
}
_NAMED_BY = frozenset({"Code", "Identifier", "LNSP"})


def invented(op: Operator, table: str, listed: Iterable[Fields]) -> list[Fields]:
    """Rows of a table for what connection points use and it does not list; none for any other table."""
    used = _USED.get(table)
    if used is None:
        return []
    changes = op.history.count
    held = op.used_codes.get(table)
    if held is None or held[0] != changes:
        known = set(map(_name, listed))
        rows = {_name(fields): fields for point in _written(op) for fields in used(point)}
        brought = sorted(op.history.codes.get(table, {}).items(), key=lambda each: each[1][0])
        rows |= {name: fields for name, (_, _, fields) in brought}
        held = op.used_codes[table] = changes, [fields for name, fields in rows.items() if name not in known]
    return held[1]


def note(op: Operator, change: Change) -> None:
    """A connection point has changed: the codes it brings in are kept, however old the change gets."""
    for table, used in _USED.items():
        codes = op.history.codes.setdefault(table, {})
        for fields in used(change.new):
            first, last, known = codes.get(_name(fields), (change.place, change.place, fields))
            latest = fields if change.place >= last else known
            codes[_name(fields)] = min(first, change.place), max(last, change.place), latest


def _name(fields: Fields) -> tuple[str, ...]:
    return tuple(value for column, value in fields if column in _NAMED_BY)


def _written(op: Operator) -> Collection[ConnectionPoint]:
    """Hand-written points."""
    points = op.world.base.points
    return points.written if isinstance(points, Population) else points.values()
