"""The only place that finds NMIs by something other than the NMI: address parts, meter serial, delivery point."""

from __future__ import annotations

from collections.abc import Iterable

from simulator.world.model import Address, ConnectionPoint

Key = tuple[str, str]
"""A kind (``street``, ``suburb``, ``postcode``, ``building``, ``lot``, ``meter``, ``delivery point``) and a value."""


def normal(text: str) -> str:
    """Capitals, single blanks: how MSATS compares address texts."""
    return " ".join(text.upper().split())


def address_keys(address: Address) -> list[Key]:
    """Every key an address can be found by."""
    parts = (
        ("street", address.street_name),
        ("suburb", address.suburb),
        ("postcode", address.postcode),
        ("building", address.building),
        ("lot", address.lot_number),
    )
    return [(kind, normal(text)) for kind, text in parts if text]


def search_keys(point: ConnectionPoint) -> list[Key]:
    """Every key a connection point can be found by; removed meters do not count."""
    keys = [("meter", normal(meter.serial)) for meter in point.meters if meter.status != "R"]
    if point.address is not None:
        keys += address_keys(point.address)
        if point.address.delivery_point:
            keys.append(("delivery point", point.address.delivery_point))
    return keys


def postings(points: Iterable[ConnectionPoint]) -> dict[Key, list[str]]:
    """The index of many points: key → NMIs."""
    index: dict[Key, list[str]] = {}
    for point in points:
        for key in search_keys(point):
            index.setdefault(key, []).append(point.nmi)
    return index
