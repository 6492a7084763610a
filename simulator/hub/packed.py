"""Messages to which nothing is owed any more, many in one deflated text: the only place that packs the ledger.

    Record ×32 ──pack──► one block of bytes ◄── Packed ×32 ──opened──► Record, equal to what it was

What one of AEMO's messages takes as values, some 2,300 bytes, is 150 in the company of others like it. What a
participant sent is text as it stands, and stays as it is: nobody who submits waits for a deflation.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator, Sequence
from functools import cache

import msgspec

from simulator.hub.events import (
    AcknowledgementRefused,
    AnswerStruck,
    DuplicateReceived,
    FindingOverlooked,
    MessageAcknowledged,
    MessageAppeared,
    MessageFetched,
    MessageKept,
    MessageQueued,
    RequestWaits,
)
from simulator.hub.queue import Stamp
from simulator.hub.record import Record

TOGETHER = 32
"""So many are packed at once."""
LARGE = 8 * 1024
"""What carries more text is not packed: the bytes that are kept bound it, and nobody waits for its deflation."""
Later = (
    MessageAppeared
    | MessageKept
    | MessageFetched
    | MessageAcknowledged
    | AcknowledgementRefused
    | AnswerStruck
    | DuplicateReceived
    | FindingOverlooked
    | RequestWaits
)
"""What the ledger notes on a record that it has."""
_Told = tuple[MessageQueued, tuple[Later, ...], tuple[int, ...], Stamp, tuple[Stamp, ...]]


class Packed(msgspec.Struct, gc=False):
    """A record in a block, with what it is found and makes room by."""

    key: str
    _changed: int
    size: int
    block: bytes
    place: int
    wide: Record | None = None
    """The record, from when on something more happened to it."""

    @property
    def changed(self) -> int:
        """The number of its last step."""
        return self._changed if self.wide is None else self.wide.changed

    def widen(self) -> Record:
        """The record, to be changed."""
        if self.wide is None:
            self.wide, self.block = _record(self, _told(self.block)), b""
        return self.wide


def can_be_packed(record: Record) -> bool:
    """Whether it is a message of AEMO's, and not a large one."""
    return type(record.first) is MessageQueued and record.size <= LARGE


def pack(records: Sequence[Record]) -> Sequence[Record | Packed]:
    """The same records in one block, each in its place; as they are where a text of theirs cannot be written."""
    try:
        told = [(each.first, each.later, each.numbers, each.stamp, each.stamps) for each in records]
        block = zlib.compress(msgspec.json.encode(told), 1)
    except UnicodeEncodeError:  # half a surrogate pair: the journal has U+FFFD for it, the ledger tells what was sent
        return records
    return [Packed(each.key, each.changed, each.size, block, place) for place, each in enumerate(records)]


def opened(records: Iterable[Record | Packed]) -> Iterator[Record]:
    """What was packed as it was; every block is inflated once."""
    blocks: dict[bytes, Sequence[_Told]] = {}
    for each in records:
        if isinstance(each, Record):
            yield each
        elif each.wide is not None:
            yield each.wide
        else:
            if each.block not in blocks:
                blocks[each.block] = _told(each.block)
            yield _record(each, blocks[each.block])


def naming(records: Iterable[Record | Packed], name: str) -> Iterator[Record | Packed]:
    """Those that may go by that name: of what is packed, where its block has it somewhere."""
    try:
        written = msgspec.json.encode(name)[1:-1]
    except UnicodeEncodeError:
        written = None
    blocks: dict[bytes, bool] = {}
    for each in records:
        if isinstance(each, Packed) and each.wide is None:
            if each.block not in blocks:
                blocks[each.block] = written is not None and written in zlib.decompress(each.block)
            if not blocks[each.block]:
                continue
        yield each


def _record(packed: Packed, block: Sequence[_Told]) -> Record:
    first, later, numbers, stamp, stamps = block[packed.place]
    return Record(packed.key, first, later, packed.changed, numbers, stamp, stamps, packed.size)


def _told(block: bytes) -> Sequence[_Told]:
    return _decoder().decode(zlib.decompress(block))


@cache
def _decoder() -> msgspec.json.Decoder[list[_Told]]:
    return msgspec.json.Decoder(list[_Told])
