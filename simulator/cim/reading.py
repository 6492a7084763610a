"""Reads values by walking the tables of members: the same walk for JSON and XML, each of which is a `Source`.

Lenient: order and unknown members do not matter, a single value may stand for a list of one. Faults name their path.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, Protocol

from simulator.base.errors import BadValue
from simulator.cim.faults import Faults
from simulator.cim.model import Identified, IntervalBlock
from simulator.cim.series import GOOD, RemarkIndex, Remarks, Values, runs_of
from simulator.cim.shapes import IDENTIFIED, INTERVAL, PENDING_CALCULATION, QUALITY_NOTE, Kind, Member, Shape

Node = Any
"""A piece of what was parsed: only its `Source` looks into it."""


class Source(Protocol):
    """A form of message, parsed: what the walk asks of it."""

    def children(self, node: Node, key: str) -> Sequence[Node]:
        """The members whose name is that in lower case."""
        ...

    def members(self, node: Node) -> Mapping[str, Sequence[Node]]:
        """All members, by their names in lower case."""
        ...

    def is_complex(self, node: Node) -> bool:
        """Whether it may have members."""
        ...

    def scalar(self, node: Node, kind: Kind) -> Any:
        """Its single value; raises `BadValue` when it is none of that kind."""
        ...

    def unspecified(self, node: Node, member: Member) -> bool:
        """Whether a flag says that the member is to be ignored."""
        ...

    def mrid(self, node: Node) -> str | None:
        """Its mRID, where that is a plain text and there is nothing else in it."""
        ...


BLOCK_NAMES = ("IntervalBlocks", "IntervalBlockInts")
_ROW_NAMES = ("IntervalReadings", "values")
_READING_TYPE = Member("ReadingType", "reading_type", Kind.REF, required=True)
_PERIOD = Member("timePeriod", "period", INTERVAL)
_PENDING = Member("PendingCalculation", "pending", PENDING_CALCULATION)


class Walk:
    """One message being read."""

    __slots__ = ("_faults", "_source")

    def __init__(self, source: Source, faults: Faults) -> None:
        self._source = source
        self._faults = faults

    def shape(self, shape: Shape, node: Node, path: str) -> Any:
        """The value of a shape; None, and a fault, when there is nothing like it."""
        if not self._source.is_complex(node):
            names = ", ".join(member.xml for member in shape.members[:6])
            self._faults.add(path, "cim.object", f"must have members: {names}…")
            return None
        found = {member.attribute: self.member(member, node, path) for member in shape.members}
        return (
            None
            if any(v is None and m.required for m, v in zip(shape.members, found.values(), strict=True))
            else (shape.make(**found))
        )

    def member(self, member: Member, node: Node, path: str) -> Any:
        """A member of a node: a tuple of values where it may be there many times, else its value or None."""
        source = self._source
        if member.kind is Kind.BLOCK:
            return tuple(self._blocks(node, path))
        found = () if source.unspecified(node, member) else source.children(node, member.key)
        place = f"{path}.{member.xml}"
        if member.many:
            each = self._many(member, found, place)
            return tuple([value for value in each if value is not None])
        if len(found) > 1:
            self._faults.add(place, "cim.too-many", f"is there {len(found)} times, and may be there once")
        if not found:
            if member.required:
                self._faults.add(place, "cim.required", "is required")
            return None
        return self._value(member, found[0], place)

    def _many(self, member: Member, found: Sequence[Node], place: str) -> Iterator[Any]:
        """Thousands are identified in one request, and nearly all by their mRID alone: those take no walk."""
        by_mrid = member.kind is IDENTIFIED
        for number, one in enumerate(found):
            mrid = self._source.mrid(one) if by_mrid else None
            yield Identified(mrid) if mrid is not None else self._value(member, one, f"{place}[{number}]")

    def _value(self, member: Member, node: Node, path: str) -> Any:
        if isinstance(member.kind, Shape):
            return self.shape(member.kind, node, path)
        try:
            return self._source.scalar(node, member.kind)
        except BadValue as bad:
            self._faults.add(path, bad.rule, str(bad))
            return None

    def _blocks(self, node: Node, path: str) -> Iterator[IntervalBlock]:
        for name in BLOCK_NAMES:
            for number, block in enumerate(self._source.children(node, name.lower())):
                found = self._block(block, node, f"{path}.{name}[{number}]")
                if found is not None:
                    yield found

    def _block(self, node: Node, parent: Node, path: str) -> IntervalBlock | None:
        """A block; where it does not name its reading type, the meter reading around it may."""
        if not self._source.is_complex(node):
            self._faults.add(path, "cim.object", "must have members: ReadingType, values…")
            return None
        named = node if self._source.children(node, _READING_TYPE.key) else parent
        reading_type = self.member(_READING_TYPE, named, path)
        reader = _Rows(self, self._source, self._faults, path)
        for name in _ROW_NAMES:
            reader.name = name
            for number, row in enumerate(self._source.children(node, name.lower())):
                reader.row(row, number)
        values = reader.values_of()
        if reading_type is None or values is None:
            return None
        return IntervalBlock(
            reading_type,
            values,
            RemarkIndex.of(reader.remarks),
            runs_of(reader.times),
            self.member(_PERIOD, node, path),
            self.member(_PENDING, node, path),
        )


class _Rows:
    """The rows of one block: values, times and remarks, gathered."""

    __slots__ = ("_faults", "_path", "_source", "_walk", "name", "numbers", "remarks", "times")

    def __init__(self, walk: Walk, source: Source, faults: Faults, path: str) -> None:
        self._walk = walk
        self._source = source
        self._faults = faults
        self._path = path
        self.name = ""
        self.numbers: list[Decimal | None] = []
        self.times: list[datetime] = []
        self.remarks: list[Remarks] = []

    def row(self, node: Node, number: int) -> None:
        """Take one row: an object, or a bare number."""
        source = self._source
        if not source.is_complex(node):
            self.numbers.append(self._number(node, number))
            self.remarks.append(GOOD)
            return
        members = source.members(node)
        found = members.get("value")
        self.numbers.append(self._number(found[0], number) if found else None)
        self.remarks.append(self._remarks(members, number) if len(members) > 1 or not found else GOOD)
        time = self._time(members, number)
        if time is not None:
            self.times.append(time)

    def _time(self, members: Mapping[str, Sequence[Node]], number: int) -> datetime | None:
        """The stamp of a row, or the end of its period."""
        stamp, period = members.get("timestamp"), members.get("timeperiod")
        if stamp:
            moment: datetime | None = self._scalar(stamp[0], Kind.MOMENT, "timeStamp", number)
            return moment
        if not period:
            return None
        found = self._walk.shape(INTERVAL, period[0], f"{self._place(number)}.timePeriod")
        end: datetime | None = None if found is None else found.end
        return end

    def _place(self, number: int) -> str:
        return f"{self._path}.{self.name}[{number}]"

    def _number(self, node: Node, number: int) -> Decimal | None:
        value: Decimal | None = self._scalar(node, Kind.NUMBER, "value", number)
        return value

    def _scalar(self, node: Node, kind: Kind, name: str, number: int) -> Any:
        try:
            return self._source.scalar(node, kind)
        except BadValue as bad:
            self._faults.add(f"{self._place(number)}.{name}", bad.rule, str(bad))
            return None

    def _remarks(self, members: Mapping[str, Sequence[Node]], number: int) -> Remarks:
        notes, reported = members.get("readingqualities", ()), members.get("reporteddatetime")
        source = members.get("source")
        if not (notes or reported or source):
            return GOOD
        place = f"{self._place(number)}.ReadingQualities"
        each = (self._walk.shape(QUALITY_NOTE, note, f"{place}[{at}]") for at, note in enumerate(notes))
        return Remarks(
            tuple(note for note in each if note is not None),
            self._scalar(reported[0], Kind.MOMENT, "reportedDateTime", number) if reported else None,
            self._scalar(source[0], Kind.TEXT, "source", number) if source else None,
        )

    def values_of(self) -> Values | None:
        """All values; None, and a fault, when they do not fit one block."""
        if self.times and len(self.times) != len(self.numbers):
            self._faults.add(self._path, "cim.time-stamp", "either all readings have a timeStamp, or none has")
        try:
            return Values.of(self.numbers)
        except BadValue as bad:
            self._faults.add(self._path, bad.rule, str(bad))
            return None
