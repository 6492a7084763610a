"""Writes GetMeterReadings and MeterReadings as JSON in the .NET shape: camel case, ``…Specified`` flags, no NaN.

Interval blocks come compact by default (``intervalBlockInts``: one period, many values), as Netstream was seen to send
them; what is inside ``values`` was not seen, so it is a switch. Large answers come in pieces: join them or stream them.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from typing import Any

import msgspec

from simulator.cim.model import GetMeterReadings, IntervalBlock, MeterReadings
from simulator.cim.rows import Layout, rows
from simulator.cim.scalars import moment_text, number_text
from simulator.cim.series import Remarks
from simulator.cim.shapes import (
    DEFAULTS,
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

_encode = msgspec.json.Encoder().encode


class JsonStyle(msgspec.Struct, frozen=True):
    """What is not known of Netstream's JSON; each default with the reason we have for it.

    ``compact``: blocks as ``intervalBlockInts`` (seen), not the standard ``intervalBlocks``. ``objects``: ``values``
    are objects with value and qualities, for they follow a complex member, where the schema's order puts complex
    ones; else plain numbers. ``quoted``: values as text, as the 2013 schema types them. ``trim``: no zeros at the end
    of decimals, as peers write. ``nulls``: absent members are written as null, as ASP.NET does unless told otherwise.
    """

    compact: bool = True
    objects: bool = True
    quoted: bool = False
    trim: bool = True
    nulls: bool = False


STYLE = JsonStyle()


def write_request(request: GetMeterReadings, style: JsonStyle = STYLE) -> bytes:
    """A GetMeterReadings object."""
    return _object(GET_METER_READINGS, request, style)


def write_response(response: MeterReadings, style: JsonStyle = STYLE) -> bytes:
    """A MeterReadings object, whole."""
    return b"".join(_shape(METER_READINGS, response, style))


def response_pieces(response: MeterReadings, style: JsonStyle = STYLE) -> Iterator[bytes]:
    """A MeterReadings object in pieces, made as they are asked for."""
    return _shape(METER_READINGS, response, style)


def _shape(shape: Shape, value: Any, style: JsonStyle) -> Iterator[bytes]:
    """In pieces: each of what is large is one or more of its own."""
    comma = b"{"
    for member in shape.members:
        content = getattr(value, member.attribute)
        if content is None or content == ():
            text = _absent(member) if style.nulls or member.always else b""
        elif member.kind in LARGE:
            yield b'%b"%b":[' % (comma, _name(member, style))
            yield from _large(member.kind, content, style)
            text, comma = b"]", b""
        else:
            text = _given(member, content, style)
        if text:
            yield comma + text
            comma = b","
    yield b"{}" if comma == b"{" else b"}"


def _large(kind: Kind | Shape, content: Any, style: JsonStyle) -> Iterator[bytes]:
    comma = b""
    for item in content:
        if item is None:
            yield b""
            continue
        yield comma
        if isinstance(kind, Shape):
            yield from _shape(kind, item, style)
        else:
            yield from (_compact_block if style.compact else _standard_block)(item, style)
        comma = b","


def _name(member: Member, style: JsonStyle) -> bytes:
    return b"intervalBlockInts" if member.kind is Kind.BLOCK and style.compact else member.json.encode()


def _absent(member: Member) -> bytes:
    name = member.json.encode()
    if member.many:
        return b'"%b":[]' % name
    if not member.flagged:
        return b'"%b":null' % name
    return b'"%b":%b,"%bSpecified":false' % (name, _encode(DEFAULTS[member.kind]), name)


def _given(member: Member, content: Any, style: JsonStyle) -> bytes:
    name = member.json.encode()
    if member.many:
        return b'"%b":[%b]' % (name, b",".join([_value(member.kind, item, style) for item in content]))
    flag = b',"%bSpecified":true' % name if member.flagged else b""
    return b'"%b":%b%b' % (name, _value(member.kind, content, style), flag)


def _value(kind: Kind | Shape, value: Any, style: JsonStyle) -> bytes:
    return _object(kind, value, style) if isinstance(kind, Shape) else _scalar(kind, value, style)


def _scalar(kind: Kind, value: Any, style: JsonStyle) -> bytes:
    if kind is Kind.REF:
        return b'{"ref":%b}' % _encode(value)
    if isinstance(value, datetime):
        return b'"%b"' % moment_text(value).encode()
    if isinstance(value, Decimal):
        text = (number_text(value) if style.trim else format(value, "f")).encode()
        return b'"%b"' % text if style.quoted else text
    # a schema integer has no bounds, so .NET keeps it as text
    return _encode(str(value) if kind is Kind.INTEGER else value)


def _object(shape: Shape, value: Any, style: JsonStyle) -> bytes:
    parts = []
    for member in shape.members:
        content = getattr(value, member.attribute)
        if content is not None and content != ():
            parts.append(_given(member, content, style))
        elif style.nulls or member.always:
            parts.append(_absent(member))
    return b"{%b}" % b",".join(parts)


def _compact_block(block: IntervalBlock, style: JsonStyle) -> Iterator[bytes]:
    yield b"{"
    if block.pending is not None:
        yield b'"pendingCalculation":%b,' % _object(PENDING_CALCULATION, block.pending, style)
    if block.period is not None:
        yield b'"timePeriod":%b,' % _object(INTERVAL, block.period, style)
    yield b'"values":['
    yield from _listed(rows(block, _objects(block, style) if style.objects else _numbers(block, style)))
    yield b'],"readingType":{"ref":%b}}' % _encode(block.reading_type)


def _standard_block(block: IntervalBlock, style: JsonStyle) -> Iterator[bytes]:
    yield b'{"intervalReadings":['
    yield from _listed(rows(block, _objects(block, style, stamped=True)))
    yield b"],"
    if block.pending is not None:
        yield b'"pendingCalculation":%b,' % _object(PENDING_CALCULATION, block.pending, style)
    yield b'"readingType":{"ref":%b}}' % _encode(block.reading_type)


def _listed(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """Every row ends in a comma; the last one's is taken away."""
    last = next(chunks, None)
    for chunk in chunks:
        yield last or b""
        last = chunk
    if last is not None:
        yield last[:-1]


def _numbers(block: IntervalBlock, style: JsonStyle) -> Layout:
    kinds = len(block.remarks.kinds)
    mark = b'"' if style.quoted else b""
    return Layout((b"",) * kinds, (b",",) * kinds, None, (mark, mark), b"null", style.trim)


def _objects(block: IntervalBlock, style: JsonStyle, stamped: bool = False) -> Layout:
    stamped = stamped and bool(block.times)
    mark = b'"' if style.quoted else b""
    return Layout(
        heads=tuple(_head(remarks) for remarks in block.remarks.kinds),
        tails=tuple(_tail(remarks, style) for remarks in block.remarks.kinds),
        stamp=(b'"timeStamp":"', b'","timeStampSpecified":true,') if stamped else None,
        value=(b'"value":' + mark, mark),
        missing=b'"value":null',
        trim=style.trim,
    )


def _head(remarks: Remarks) -> bytes:
    head = b"{"
    if remarks.reported_at is not None:
        at = moment_text(remarks.reported_at).encode()
        head += b'"reportedDateTime":"%b","reportedDateTimeSpecified":true,' % at
    if remarks.source is not None:
        head += b'"source":%b,' % _encode(remarks.source)
    return head


def _tail(remarks: Remarks, style: JsonStyle) -> bytes:
    if not remarks.qualities:
        return b',"readingQualities":[]},' if style.nulls else b"},"
    notes = b",".join(_object(QUALITY_NOTE, note, style) for note in remarks.qualities)
    return b',"readingQualities":[%b]},' % notes
