"""The only place that turns events into bytes and back: one JSON object a line, told apart by its ``type``.

Instants keep their offset, bytes are base64; what is no text becomes U+FFFD. An event type keeps its name and may gain
fields with defaults; anything else is another format and asks for another number in `simulator.stores.sqlite_file`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Union

import msgspec

from simulator.base.turn import Event
from simulator.stores.journal import JournalFailed


class EventCodec:
    """Writes and reads events of the given types, and of no other."""

    __slots__ = ("_decoder", "_encoder", "_types")

    def __init__(self, types: tuple[type[Event], ...]) -> None:
        self._types = frozenset(types)
        self._encoder = msgspec.json.Encoder()
        self._decoder: msgspec.json.Decoder[Event] = msgspec.json.Decoder(Union[types])  # noqa: UP007 - made of a value

    def encode(self, events: Sequence[Event]) -> bytes:
        """One line an event, each ended by a newline. Raises `JournalFailed` for what could not be read back."""
        for event in events:
            if type(event) not in self._types:
                raise JournalFailed(f"the journal does not know events of type {type(event).__name__}")
        try:
            return self._lines(events)
        except (TypeError, ValueError, msgspec.MsgspecError) as error:
            raise JournalFailed(f"an event cannot be written: {error}") from error

    def _lines(self, events: Sequence[Event]) -> bytes:
        try:
            return self._encoder.encode_lines(events)
        except UnicodeEncodeError:
            return self._encoder.encode_lines([_writable(msgspec.to_builtins(event)) for event in events])

    def decode(self, lines: bytes) -> list[Event]:
        """The events of such lines. Raises `JournalFailed` when one is not an event this version knows."""
        try:
            return self._decoder.decode_lines(lines)
        except (ValueError, msgspec.MsgspecError) as error:
            raise JournalFailed(f"an event cannot be read, it is damaged or another version's: {error}") from error


def _writable(value: object) -> object:
    """The same with U+FFFD for lone surrogates, which no JSON can hold: one odd text must not halt a simulation."""
    match value:
        case str():
            return value.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
        case dict():
            return {_writable(name): _writable(each) for name, each in value.items()}
        case list() | tuple():
            return [_writable(each) for each in value]
        case _:
            return value
