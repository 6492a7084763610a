"""Writes GetMeterReadings and MeterReadings as XML: the element order of the 2013 schema, strictly.

The namespaces are the 2013 edition's; Netstream's own were not seen, so they are a setting. Interval blocks come in the
standard form by default, the only published one. Large answers come in pieces: join them or stream them.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from typing import Any
from xml.sax.saxutils import escape, quoteattr

import msgspec

from simulator.cim.model import GetMeterReadings, IntervalBlock, MeterReadings
from simulator.cim.rows import Layout, rows
from simulator.cim.scalars import moment_text, number_text, read_text
from simulator.cim.series import Remarks
from simulator.cim.shapes import (
    GET_METER_READINGS,
    INTERVAL,
    LARGE,
    METER_READINGS,
    PENDING_CALCULATION,
    QUALITY_NOTE,
    Kind,
    Member,
    Shape,
)

REQUEST_NAMESPACE = "http://iec.ch/TC57/2011/GetMeterReadings#"
RESPONSE_NAMESPACE = "http://iec.ch/TC57/2011/MeterReadings#"


class XmlStyle(msgspec.Struct, frozen=True):
    """What is not known of Netstream's XML. ``namespace`` None is the 2013 edition's; "" is none at all.

    ``compact`` writes blocks as ``IntervalBlockInts`` (period and values), ``root`` names the response's root,
    ``trim`` leaves out zeros at the end of decimals.
    """

    namespace: str | None = None
    root: str = "MeterReadings"
    compact: bool = False
    trim: bool = True


STYLE = XmlStyle()
_DECLARATION = '<?xml version="1.0" encoding="utf-8"?>\n'


def write_request(request: GetMeterReadings, style: XmlStyle = STYLE) -> bytes:
    """A GetMeterReadings document."""
    return b"".join(_document("GetMeterReadings", REQUEST_NAMESPACE, GET_METER_READINGS, request, style))


def write_response(response: MeterReadings, style: XmlStyle = STYLE) -> bytes:
    """A MeterReadings document, whole."""
    return b"".join(response_pieces(response, style))


def response_pieces(response: MeterReadings, style: XmlStyle = STYLE) -> Iterator[bytes]:
    """A MeterReadings document in pieces, made as they are asked for."""
    return _document(style.root, RESPONSE_NAMESPACE, METER_READINGS, response, style)


def _document(root: str, namespace: str, shape: Shape, value: Any, style: XmlStyle) -> Iterator[bytes]:
    chosen = namespace if style.namespace is None else style.namespace
    declared = f" xmlns={quoteattr(chosen)}" if chosen else ""
    yield f"{_DECLARATION}<{root}{declared}>".encode()
    yield from _members(shape, value, style)
    yield f"</{root}>".encode()


def _members(shape: Shape, value: Any, style: XmlStyle) -> Iterator[bytes]:
    """In pieces: each of what is large is one or more of its own."""
    for member in shape.members:
        content = getattr(value, member.attribute)
        if content is None:
            continue
        large = member.kind in LARGE
        for item in content if member.many else (content,):
            if item is None:
                yield b""
            elif large:
                yield from _large(member, item, style)
            else:
                yield _element(member, item, style).encode()


def _large(member: Member, item: Any, style: XmlStyle) -> Iterator[bytes]:
    if isinstance(member.kind, Shape):
        yield f"<{member.xml}>".encode()
        yield from _members(member.kind, item, style)
        yield f"</{member.xml}>".encode()
    else:
        yield from (_compact_block if style.compact else _standard_block)(item, style)


def _element(member: Member, value: Any, style: XmlStyle) -> str:
    kind = member.kind
    if kind is Kind.REF:
        return f"<{member.xml} ref={quoteattr(read_text(value))}/>"
    text = _inner(kind, value, style) if isinstance(kind, Shape) else _text(value, style)
    return f"<{member.xml}>{text}</{member.xml}>"


def _text(value: Any, style: XmlStyle) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return moment_text(value)
    if isinstance(value, Decimal):
        return number_text(value) if style.trim else format(value, "f")
    # a carriage return would come back as a line feed
    return escape(read_text(str(value)), {"\r": "&#13;"})


def _inner(shape: Shape, value: Any, style: XmlStyle) -> str:
    parts = []
    for member in shape.members:
        content = getattr(value, member.attribute)
        if content is not None:
            parts += [_element(member, item, style) for item in (content if member.many else (content,))]
    return "".join(parts)


def _reading_type(block: IntervalBlock) -> bytes:
    return f"<ReadingType ref={quoteattr(read_text(block.reading_type))}/>".encode()


def _pending(block: IntervalBlock, style: XmlStyle) -> bytes:
    if block.pending is None:
        return b""
    return f"<PendingCalculation>{_inner(PENDING_CALCULATION, block.pending, style)}</PendingCalculation>".encode()


def _standard_block(block: IntervalBlock, style: XmlStyle) -> Iterator[bytes]:
    yield b"<IntervalBlocks>"
    yield from rows(block, _layout(block, style, "IntervalReadings", stamped=bool(block.times)))
    yield b"%b%b</IntervalBlocks>" % (_pending(block, style), _reading_type(block))


def _compact_block(block: IntervalBlock, style: XmlStyle) -> Iterator[bytes]:
    yield b"<IntervalBlockInts>%b" % _pending(block, style)
    if block.period is not None:
        yield f"<timePeriod>{_inner(INTERVAL, block.period, style)}</timePeriod>".encode()
    yield from rows(block, _layout(block, style, "values", stamped=False))
    yield _reading_type(block) + b"</IntervalBlockInts>"


def _layout(block: IntervalBlock, style: XmlStyle, name: str, stamped: bool) -> Layout:
    return Layout(
        heads=tuple(f"<{name}>{_head(remarks)}".encode() for remarks in block.remarks.kinds),
        tails=tuple(_tail(remarks, style) + f"</{name}>".encode() for remarks in block.remarks.kinds),
        stamp=(b"<timeStamp>", b"</timeStamp>") if stamped else None,
        value=(b"<value>", b"</value>"),
        missing=b"",
        trim=style.trim,
    )


def _head(remarks: Remarks) -> str:
    reported = remarks.reported_at
    head = "" if reported is None else f"<reportedDateTime>{moment_text(reported)}</reportedDateTime>"
    return head if remarks.source is None else f"{head}<source>{_text(remarks.source, STYLE)}</source>"


def _tail(remarks: Remarks, style: XmlStyle) -> bytes:
    notes = (_inner(QUALITY_NOTE, note, style) for note in remarks.qualities)
    return "".join(f"<ReadingQualities>{note}</ReadingQualities>" for note in notes).encode()
