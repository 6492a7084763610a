"""The only place that puts elements of unpublished position where the content tables have them.

Some elements added since r42 are known by name only: any position among their siblings is accepted. A copy of the
message with those elements moved to the place of our listing is what the schema then judges.
"""

from __future__ import annotations

from copy import deepcopy

from lxml import etree

from simulator.asexml import content, releases

_XSI_TYPE = "{http://www.w3.org/2001/XMLSchema-instance}type"


def _type_of(node: etree._Element) -> str:
    stated = node.get(_XSI_TYPE)
    return stated.rpartition(":")[2].strip() if stated is not None else str(node.tag)


def settled(root: etree._Element, release: str) -> etree._Element | None:
    """A copy with floating elements in place; None when the message has none, or all stand in place already."""
    table = content.floating(releases.number(release))
    names = frozenset().union(*table.values())
    if next(root.iter(*names), None) is None:
        return None
    copy = deepcopy(root)
    moved = [_settle(node, release, floats) for node in list(copy.iter()) if (floats := table.get(_type_of(node)))]
    return copy if any(moved) else None


def _settle(node: etree._Element, release: str, floats: frozenset[str]) -> bool:
    """Merge the floating children, in listing order, into the others; the others keep their order, right or wrong."""
    order = content.order_of(_type_of(node), release)
    children = list(node)
    moving = sorted((child for child in children if child.tag in floats), key=lambda child: order[str(child.tag)])
    merged: list[etree._Element] = []
    at = 0
    for other in (child for child in children if child.tag not in floats):
        place = order.get(str(other.tag), -1)
        while at < len(moving) and order[str(moving[at].tag)] < place:
            merged.append(moving[at])
            at += 1
        merged.append(other)
    merged += moving[at:]
    if merged == children:
        return False
    node.extend(merged)
    return True
