"""Reads GetMeterReadings and MeterReadings from XML, leniently: any namespace, any order, missing optional parts.

Hardened: size, no DOCTYPE (so no entities), no network, depth and text bounded by the parser.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from lxml import etree

from simulator.base.errors import BadValue
from simulator.cim.faults import CimError, Fault, Faults
from simulator.cim.json_in import MOST_BYTES, read_reason
from simulator.cim.model import GetMeterReadings, MeterReadings
from simulator.cim.reading import Node, Walk
from simulator.cim.scalars import read_boolean, read_integer, read_moment, read_number, read_text
from simulator.cim.shapes import GET_METER_READINGS, METER_READINGS, Kind, Member

_NIL = "{http://www.w3.org/2001/XMLSchema-instance}nil"
_LARGE = 32
_DOCTYPE = ("cim.xml-doctype", "a DOCTYPE is not accepted")
_READERS = {
    Kind.TEXT: read_text,
    Kind.MOMENT: read_moment,
    Kind.BOOLEAN: read_boolean,
    Kind.INTEGER: read_integer,
    Kind.NUMBER: read_number,
    Kind.REASON: read_reason,
}


def read_request(body: bytes, limit: int = MOST_BYTES) -> GetMeterReadings:
    """A GetMeterReadings document; raises `CimError` with every fault."""
    request: GetMeterReadings = _read(body, limit, ("GetMeterReadings",), GET_METER_READINGS)
    return request


def read_response(body: bytes, limit: int = 16 * MOST_BYTES) -> MeterReadings:
    """A MeterReadings (or MeterReadings2) document; raises `CimError` with every fault."""
    response: MeterReadings = _read(body, limit, ("MeterReadings", "MeterReadings2"), METER_READINGS)
    return response


def _read(body: bytes, limit: int, roots: tuple[str, ...], shape: Any) -> Any:
    root = _parsed(body, limit, roots[0])
    source = _Xml()
    if source.local(root) not in [name.lower() for name in roots]:
        found = etree.QName(root).localname[:80]
        raise CimError((Fault(roots[0], "cim.xml-root", f"must be the root element, not {found}"),))
    faults = Faults()
    value = Walk(source, faults).shape(shape, root, roots[0])
    faults.check()
    return value


def _parsed(body: bytes, limit: int, path: str) -> etree._Element:
    if len(body) > limit:
        raise CimError((Fault(path, "cim.too-big", f"has {len(body):,} bytes; {limit:,} are read"),))
    if b"<!DOCTYPE" in body:
        raise CimError((Fault(path, *_DOCTYPE),))
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, remove_comments=True, remove_pis=True
    )
    try:
        root = etree.fromstring(body, parser)
    except etree.XMLSyntaxError as bad:
        raise CimError((Fault(path, "cim.xml", f"is not XML: {bad.msg or 'it is empty'}"),)) from None
    if root.getroottree().docinfo.internalDTD is not None:
        raise CimError((Fault(path, *_DOCTYPE),))  # written in an encoding that hid it
    return root


class _Xml:
    """Parsed XML as a source of members."""

    __slots__ = ("_large", "_locals")

    def __init__(self) -> None:
        self._locals: dict[str, str] = {}
        self._large: dict[etree._Element, Mapping[str, Sequence[Node]]] = {}

    def local(self, node: Node) -> str:
        """The name without its namespace, in lower case."""
        tag = node.tag
        found = self._locals.get(tag)
        if found is None:
            found = self._locals[tag] = tag.rpartition("}")[2].lower()
        return found

    def children(self, node: Node, key: str) -> Sequence[Node]:
        if len(node) > _LARGE:  # gone through once, not once for each member it may have
            found = self._large.get(node)
            if found is None:
                found = self._large[node] = self.members(node)
            return found.get(key, ())
        return [child for child in node if self.local(child) == key and child.get(_NIL) not in ("true", "1")]

    def members(self, node: Node) -> Mapping[str, Sequence[Node]]:
        found: dict[str, list[Node]] = {}
        for child in node:
            if child.get(_NIL) not in ("true", "1"):
                found.setdefault(self.local(child), []).append(child)
        return found

    def is_complex(self, node: Node) -> bool:
        return True

    def unspecified(self, node: Node, member: Member) -> bool:
        return False

    def mrid(self, node: Node) -> str | None:
        if len(node) != 1 or self.local(node[0]) != "mrid" or len(node[0]) or node[0].attrib:
            return None
        text: str = node[0].text or ""
        return text if text.isascii() and text.isprintable() else None

    def scalar(self, node: Node, kind: Kind) -> Any:
        if kind is Kind.REF:
            return self._reference(node)
        return _READERS[kind](node.text or "")

    def _reference(self, node: Node) -> str:
        """The attribute ``ref``; also an mRID inside, or the text."""
        inside = self.children(node, "mrid")
        text: str = node.get("ref") or (inside[0].text if inside else node.text) or ""
        if not text.strip():
            raise BadValue('must be a reference such as ref="0.0.6.4.…"', rule="cim.reference")
        return read_text(text.strip())
