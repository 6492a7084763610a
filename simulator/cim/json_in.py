"""Reads GetMeterReadings and MeterReadings from JSON, as ASP.NET would: names without case, unknown members ignored.

Hardened: size, depth, members given twice, NaN and Infinity, lone surrogates, numbers of absurd size.
A ``…Specified`` flag does not matter where the value is there (the published example contradicts its own flags), unless
flags are to be honoured, or the value is what .NET writes for nothing.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

from simulator.base.errors import BadValue
from simulator.cim.codes import READING_REASONS
from simulator.cim.faults import CimError, Fault, Faults
from simulator.cim.model import GetMeterReadings, MeterReadings
from simulator.cim.reading import Node, Walk
from simulator.cim.scalars import read_boolean, read_integer, read_moment, read_number, read_text
from simulator.cim.shapes import DEFAULTS, GET_METER_READINGS, METER_READINGS, Kind, Member

MOST_BYTES = 16 * 1024 * 1024


def read_request(body: bytes, honour_flags: bool = False, limit: int = MOST_BYTES) -> GetMeterReadings:
    """A GetMeterReadings object; raises `CimError` with every fault."""
    request: GetMeterReadings = _read(body, honour_flags, limit, "GetMeterReadings", GET_METER_READINGS)
    return request


def read_response(body: bytes, honour_flags: bool = False, limit: int = 16 * MOST_BYTES) -> MeterReadings:
    """A MeterReadings object; raises `CimError` with every fault."""
    response: MeterReadings = _read(body, honour_flags, limit, "MeterReadings", METER_READINGS)
    return response


def _read(body: bytes, honour_flags: bool, limit: int, root: str, shape: Any) -> Any:
    tree = _parsed(body, root, limit)
    faults = Faults()
    found = Walk(_Json(honour_flags), faults).shape(shape, tree, root)
    faults.check()
    return found


class _Object(dict[str, Any]):
    """Members by name in lower case; ``twice`` names one that was there more than once."""

    twice: str | None = None


class _Maker:
    """Makes the objects of one document, and remembers whether any had a member twice."""

    __slots__ = ("twice",)

    def __init__(self) -> None:
        self.twice = False

    def __call__(self, pairs: list[tuple[str, Any]]) -> _Object:
        if len(pairs) == 1:  # most are an mRID alone
            ((name, value),) = pairs
            return _Object(((name.lower(), value),))
        found = _Object([(name.lower(), value) for name, value in pairs])
        if len(found) != len(pairs):
            names = [name.lower() for name, _ in pairs]
            found.twice = next(name for name, _ in pairs if names.count(name.lower()) > 1)
            self.twice = True
        return found


def _no_constant(name: str) -> None:
    raise BadValue(f"{name} is not JSON", rule="cim.json-number")


def _parsed(body: bytes, root: str, limit: int) -> Any:
    if len(body) > limit:
        raise CimError((Fault(root, "cim.too-big", f"has {len(body):,} bytes; {limit:,} are read"),))
    made = _Maker()
    try:
        tree = json.loads(body, object_pairs_hook=made, parse_float=Decimal, parse_constant=_no_constant)
    except BadValue as bad:
        raise CimError((Fault(root, bad.rule, str(bad)),)) from None
    except json.JSONDecodeError as bad:
        where = f"line {bad.lineno}, column {bad.colno}"
        raise CimError((Fault(root, "cim.json", f"is not JSON: {bad.msg} at {where}"),)) from None
    except RecursionError:
        raise CimError((Fault(root, "cim.json-depth", "is nested too deeply"),)) from None
    except ValueError:
        raise CimError((Fault(root, "cim.json", "is not JSON in UTF-8"),)) from None
    if made.twice:
        raise CimError((next(_twice(tree, root)),))
    return tree


def _twice(node: Any, path: str) -> Iterator[Fault]:
    """Members that are there twice. Not recursive: the tree may be nearly as deep as the parser allows."""
    waiting = [(node, path)]
    while waiting:
        here, place = waiting.pop()
        if isinstance(here, _Object):
            if here.twice is not None:
                yield Fault(f"{place}.{here.twice[:80]}", "cim.json-twice", "is there twice in one object")
            waiting.extend(
                (value, f"{place}.{name[:80]}") for name, value in here.items() if isinstance(value, dict | list)
            )
        elif isinstance(here, list):
            waiting.extend((value, f"{place}[{at}]") for at, value in enumerate(here) if isinstance(value, dict | list))


class _Json:
    """Parsed JSON as a source of members."""

    __slots__ = ("_honour_flags",)

    def __init__(self, honour_flags: bool) -> None:
        self._honour_flags = honour_flags

    def children(self, node: Node, key: str) -> Sequence[Node]:
        return _listed(node.get(key))

    def members(self, node: Node) -> Mapping[str, Sequence[Node]]:
        return {key: _listed(value) for key, value in node.items()}

    def is_complex(self, node: Node) -> bool:
        return isinstance(node, _Object)

    def unspecified(self, node: Node, member: Member) -> bool:
        if not member.flagged:
            return False
        flag = node.get(f"{member.key}specified")
        if self._honour_flags:
            return flag is not True
        return flag is False and node.get(member.key) == DEFAULTS[member.kind]

    def mrid(self, node: Node) -> str | None:
        if not isinstance(node, _Object) or len(node) != 1:
            return None
        text = node.get("mrid")
        return text if isinstance(text, str) and text.isascii() and text.isprintable() else None

    def scalar(self, node: Node, kind: Kind) -> Any:
        if kind is Kind.NUMBER:
            return _number(node)
        if kind is Kind.BOOLEAN:
            return node if isinstance(node, bool) else read_boolean(_quoted(node, kind))
        if kind is Kind.INTEGER:
            return read_integer(
                str(node) if isinstance(node, int) and not isinstance(node, bool) else _quoted(node, kind)
            )
        if kind is Kind.REF:
            return _reference(node)
        text = _quoted(node, kind)
        if kind is Kind.MOMENT:
            return read_moment(text)
        return read_reason(text) if kind is Kind.REASON else read_text(text)


def _listed(found: Any) -> Sequence[Node]:
    """null is nothing, a single value a list of one."""
    if isinstance(found, list):
        return [item for item in found if item is not None]
    return () if found is None else (found,)


def _number(node: Node) -> Decimal:
    if isinstance(node, str):
        return read_number(node)
    if isinstance(node, bool) or not isinstance(node, int | Decimal):
        raise BadValue("must be a number", rule="cim.number")
    return Decimal(node) if isinstance(node, int) and abs(node) < 10**40 else read_number(str(node))


def _quoted(node: Node, kind: Kind) -> str:
    if not isinstance(node, str):
        what = (
            "an object"
            if isinstance(node, dict)
            else "a list"
            if isinstance(node, list)
            else json.dumps(node, default=str)
        )
        raise BadValue(f"must be a {kind.value} in quotes, not {what[:40]}", rule="cim.text")
    return node


def _reference(node: Node) -> str:
    """``{"ref": "…"}``; also a bare text, or an object with the mRID."""
    if isinstance(node, _Object):
        node = node.get("ref", node.get("mrid"))
    if not isinstance(node, str) or not node:
        raise BadValue('must be a reference such as {"ref": "0.0.6.4.…"}', rule="cim.reference")
    return read_text(node)


def read_reason(text: str) -> str:
    """A ReadingReasonKind, compared without case; raises `BadValue` (``cim.reason``)."""
    found = next((reason for reason in READING_REASONS if reason.lower() == text.strip().lower()), None)
    if found is None:
        raise BadValue(f"{text[:40]!r} is none of {', '.join(READING_REASONS)}", rule="cim.reason")
    return found
