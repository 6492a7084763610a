"""The only place that takes a part of a received message over into one we write.

Canonical spelling: elements without namespace, ``xsi:type="ase:…"``, ``xsi:nil``, no declarations, no comments.
Whatever prefixes the sender used, they are resolved as the names they stand for.
"""

from __future__ import annotations

import re
from functools import lru_cache

from lxml import etree

from simulator.asexml import releases
from simulator.asexml.encode import element_xml
from simulator.asexml.model import Element, View, spliced

_XSI = "http://www.w3.org/2001/XMLSchema-instance"
_TYPE = f"{{{_XSI}}}type"
_NIL = f"{{{_XSI}}}nil"
_DECLARED = re.compile(r' xmlns:(\w+)="([^"]*)"')
_USUAL_START = 512
"""Longer start tags than any of ours are spelt anew: a cache must not be filled with them."""
_IN_ORDER = re.compile(r'<\w+ xsi:type="[^"]*" version="')


def splice(view: View, name: str | None = None) -> Element:
    """The subtree as text in canonical spelling, to be written into another message.

    With ``name`` the outermost element goes by that name and without its attributes: a ``CATSChangeRequest`` becomes
    the ``ChangeData`` of a notification.
    """
    filled = view._filled
    if filled is not None:
        return spliced(filled.written(name, lambda like: _written(like._node, name)))
    return spliced(_written(view._node, name))


def canonical(view: View) -> Element:
    """The subtree as a value."""
    return _canonical(view._node)


def _written(node: etree._Element, name: str | None) -> str:
    quick = _quick(node, name)
    if quick is not None:
        return quick
    whole = _canonical(node)
    return element_xml(whole if name is None else Element(name, whole.text, whole.children))


def _quick(node: etree._Element, name: str | None) -> str | None:
    """lxml's own text when the sender's spelling is ours already; None when it has to be spelt anew."""
    start, end, rest = etree.tostring(node, encoding="unicode", with_tail=False).partition(">")
    spelt = _start(start) if len(start) <= _USUAL_START else None
    if spelt is None or "xmlns" in rest or "\r" in rest:
        return None
    if ' version="' in rest and rest.count(' version="') != len(_IN_ORDER.findall(rest)):
        return None
    return spelt + end + rest if name is None else f"<{name}>{rest[: -len(str(node.tag)) - 1]}{name}>"


@lru_cache(maxsize=256)
def _start(start: str) -> str | None:
    """A start tag without its declarations, when those are the usual two and nothing else in it is to be respelt."""
    name = start.partition(" ")[0]
    declared = dict(_DECLARED.findall(start))
    if ":" in name or len(declared) != 2 or start.count("xmlns") != 2 or start[-1] == "/" or "\r" in start:
        return None
    if declared.get("xsi") != _XSI or releases.release_of(declared.get("ase")) is None:
        return None
    spelt = _DECLARED.sub("", start)
    return spelt if spelt.count(' version="') == len(_IN_ORDER.findall(spelt)) else None


def _canonical(node: etree._Element) -> Element:
    children = tuple(_canonical(child) for child in node if isinstance(child.tag, str))
    text = None if children else node.text
    return Element(str(node.tag).rpartition("}")[2], text, children, _attributes(node) or None)


def _attributes(node: etree._Element) -> dict[str, str]:
    found: dict[str, str] = {}
    if len(node.attrib) == 0:
        return found
    stated = node.get(_TYPE)
    if stated is not None:
        found["xsi:type"] = _type_name(node, stated.strip())
    if node.get("version") is not None:
        found["version"] = node.get("version", "")
    for name, value in node.attrib.items():
        spelt = "xsi:nil" if name == _NIL else str(name)
        if spelt not in found and "}" not in spelt:
            found[spelt] = str(value)
    return found


def _type_name(node: etree._Element, stated: str) -> str:
    """A QName in the sender's prefixes → ``ase:Type``; one that stands for no aseXML name stays without prefix."""
    prefix, colon, local = stated.rpartition(":")
    namespace = node.nsmap.get(prefix if colon else None)
    return f"ase:{local}" if releases.release_of(namespace) is not None else local
