"""The only place for limits on what we are willing to parse. Every body is assumed to be an attacker's.

Before parsing: encoding and DOCTYPE, by looking at the first bytes. After parsing: depth, attributes. The size of a
body is limited by whoever reads it off the wire. The parser itself resolves no entities, loads no DTD, and has no
network.
"""

from __future__ import annotations

import re

from lxml import etree

from simulator.asexml.model import Finding

MOST_DEPTH = 64
MOST_ATTRIBUTES = 64
MOST_ATTRIBUTE_LENGTH = 4096
MOST_DECLARATION = 1024
"""Bytes of an XML declaration, blanks included."""

_BOM = b"\xef\xbb\xbf"
_USUAL = b'<?xml version="1.0" encoding="UTF-8"'
_ENCODING = re.compile(rb"encoding\s*=\s*([\"'])(.*?)\1", re.DOTALL)
_ENCODINGS = frozenset((b"utf-8", b"us-ascii", b"ascii", b"iso-8859-1"))
_BLANK = b" \t\r\n"
_PROLOG = re.compile(rb"(?s)(?:\xef\xbb\xbf)?(?:[ \t\r\n]++|<\?.*?\?>|<!--.*?-->)*+")
_TOO_DEEP = etree.XPath("boolean(" + "/*" * (MOST_DEPTH + 1) + ")")
_TOO_MANY = etree.XPath(f"boolean(//@*[{MOST_ATTRIBUTES + 1}])")
_TOO_LONG = etree.XPath(f"boolean(//@*[string-length() > {MOST_ATTRIBUTE_LENGTH}])")


def parser() -> etree.XMLParser[etree._Element]:
    """A parser for whole messages.

    Comments and processing instructions mean nothing in aseXML: dropping them keeps ``12<!-- -->34`` one text.
    """
    return etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
        remove_blank_text=True,
    )


def pull_parser() -> etree.XMLPullParser[etree._Element]:
    """A parser for beginnings of messages, with the same limits."""
    return etree.XMLPullParser(
        ("start", "end"),
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )


def not_well_formed(error: Exception) -> Finding:
    """Event 1 from what the parser raised."""
    line = error.lineno if isinstance(error, etree.XMLSyntaxError) else None
    text = str(getattr(error, "msg", None) or error).partition(", line ")[0]
    return Finding(1, "asexml.well-formed", f"not well formed: {text[:200]}", line)


def refusal(body: bytes) -> Finding | None:
    """Why a body is not parsed at all (event 1), or None."""
    if body.startswith(_USUAL):
        root = body.find(b"<", len(_USUAL)) + 1
        if body[root : root + 1] not in (b"!", b"?"):
            return None
    start = body[len(_BOM) :] if body.startswith(_BOM) else body
    if not start[:4096].strip(_BLANK):
        return Finding(1, "asexml.empty", "the body is empty", 1)
    if not start.lstrip(_BLANK).startswith(b"<") or b"\0" in start[:64]:
        return Finding(1, "asexml.encoding", "the body is not XML in UTF-8", 1)
    return _encoding(start) or (_doctype(body) if b"<!DOCTYPE" in body else None)


def _encoding(start: bytes) -> Finding | None:
    """Only encodings in which ASCII is ASCII get to the parser: in others nothing that we look for looks like itself.

    Everything up to the next ``<`` counts, so that no quoting hides a second encoding from us and not from the parser.
    """
    if not start.startswith((b"<?xml ", b"<?xml\t", b"<?xml\r", b"<?xml\n")):
        return None
    declaration, _, _ = start[1:MOST_DECLARATION].partition(b"<")
    if b"?>" not in declaration:
        text = f"the XML declaration does not end within {MOST_DECLARATION} bytes"
        return Finding(1, "asexml.declaration", text, 1)
    for declared in _ENCODING.finditer(declaration):
        if declared[2].lower() not in _ENCODINGS:
            name = ascii(declared[2][:40].decode("latin-1"))
            return Finding(1, "asexml.encoding", f"encoding {name} is not read; aseXML messages are in UTF-8", 1)
    return None


def _doctype(body: bytes) -> Finding | None:
    """A DOCTYPE can only stand before the root element; the same letters in a comment or CDATA are harmless."""
    found = _PROLOG.match(body)
    at = found.end() if found is not None else 0
    if not body.startswith(b"<!DOCTYPE", at):
        return None
    line = body.count(b"\n", 0, at) + 1
    return Finding(1, "asexml.doctype", "a DOCTYPE is not accepted: aseXML messages have none", line)


def excess(root: etree._Element, body: bytes) -> Finding | None:
    """Why a parsed body is refused after all (event 1), or None. Small messages cannot exceed anything: no walk."""
    if body.count(b"<") > MOST_DEPTH * 2 and _TOO_DEEP(root):
        return Finding(1, "asexml.depth", f"elements are nested more than {MOST_DEPTH} deep", None)
    if body.count(b"=") > MOST_ATTRIBUTES and _TOO_MANY(root):
        return Finding(1, "asexml.attributes", f"an element has more than {MOST_ATTRIBUTES} attributes", None)
    if len(body) > MOST_ATTRIBUTE_LENGTH and _TOO_LONG(root):
        text = f"an attribute is longer than {MOST_ATTRIBUTE_LENGTH} characters"
        return Finding(1, "asexml.attribute-length", text, None)
    return None
