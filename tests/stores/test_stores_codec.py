from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from msgspec import inspect

from journal_kit import CODEC, NOW, TYPES, Crossed, Noted, Strange, noted
from simulator.base.draw import Chance, Draw
from simulator.base.turn import Event
from simulator.simulation import ALL_EVENTS
from simulator.stores import EventCodec, JournalFailed

SCALARS: dict[type[inspect.Type], Callable[[Chance], object]] = {
    inspect.NoneType: lambda _: None,
    inspect.BoolType: lambda chance: chance.below(2) == 1,
    inspect.IntType: lambda chance: chance.below(2**40) - 2**39,
    inspect.FloatType: lambda chance: chance.uniform() * 1000,
    inspect.StrType: lambda chance: "".join(chance.choice(CHARACTERS) for _ in range(chance.below(6))),
    inspect.BytesType: lambda chance: bytes(chance.below(256) for _ in range(chance.below(9))),
    inspect.DecimalType: lambda chance: Decimal(chance.below(10**9)).scaleb(-chance.below(9)),
    inspect.TimeDeltaType: lambda chance: timedelta(microseconds=chance.below(10**15)),
    inspect.DateTimeType: lambda chance: NOW + timedelta(microseconds=chance.below(10**15)),
    inspect.DateType: lambda chance: date.fromordinal(1 + chance.below(date.max.toordinal())),
}
CHARACTERS = 'aZ09 _\n\r\t\0<&"\\\u2028é€😀'


def any_value(of: inspect.Type, chance: Chance, depth: int = 0) -> Any:
    """Any value of a type, as its annotations tell it; not deeper than a few levels."""
    match of:
        case inspect.UnionType(types):
            return any_value(types[-1] if depth > 5 else chance.choice(types), chance, depth)
        case inspect.StructType(cls, fields):
            values = {f.name: any_value(f.type, chance, depth + 1) for f in fields if f.required or chance.below(4)}
            return cls(**values)
        case inspect.VarTupleType(item):
            return tuple(any_value(item, chance, depth + 1) for _ in range(0 if depth > 5 else chance.below(3)))
        case inspect.TupleType(items):
            return tuple(any_value(item, chance, depth + 1) for item in items)
        case inspect.DictType(key, value):
            count = 0 if depth > 5 else chance.below(3)
            return {any_value(key, chance, depth + 1): any_value(value, chance, depth + 1) for _ in range(count)}
    return SCALARS[type(of)](chance)


@pytest.mark.parametrize("kind", ALL_EVENTS, ids=lambda kind: kind.__name__)
def test_every_event_of_the_simulation_comes_back_as_it_was(kind: type[Event]) -> None:
    described = inspect.type_info(kind)
    codec = EventCodec(ALL_EVENTS)
    for number in range(30):
        events = [any_value(described, Draw(number).of(kind.__name__))]
        assert codec.decode(codec.encode(events)) == events


def test_no_two_events_go_by_one_name() -> None:
    names = [kind.__name__ for kind in ALL_EVENTS]
    assert len(names) == len(set(names))


def test_one_line_an_event() -> None:
    lines = CODEC.encode([Noted(NOW, 1, "a\nb"), Crossed(NOW)])
    assert lines.endswith(b"\n")
    assert [msgspec.json.decode(line)["type"] for line in lines.splitlines()] == ["Noted", "Crossed"]
    assert CODEC.decode(lines) == [Noted(NOW, 1, "a\nb"), Crossed(NOW)]


def test_a_codec_of_one_type() -> None:
    codec = EventCodec((Noted,))
    assert codec.decode(codec.encode(noted(1))) == noted(1)


def test_an_event_nobody_told_of_is_refused_before_it_is_written() -> None:
    with pytest.raises(JournalFailed, match="does not know events of type Strange"):
        CODEC.encode([*noted(1), Strange(NOW)])


def test_a_value_that_cannot_be_written_is_refused() -> None:
    with pytest.raises(JournalFailed, match="an event cannot be written"):
        CODEC.encode([Noted(NOW, 1, object())])  # type: ignore[arg-type]  # on purpose
    with pytest.raises(JournalFailed, match="an event cannot be written"):
        CODEC.encode([Noted(NOW, 1, "\ud800"), Noted(NOW, 1, object())])  # type: ignore[arg-type]  # on purpose


def test_a_text_that_is_none_halts_nothing() -> None:
    odd = [Noted(NOW, 1, "a\ud800b\udcff😀"), Noted(NOW, 2, "plain")]
    assert CODEC.decode(CODEC.encode(odd)) == [Noted(NOW, 1, "a�b�😀"), Noted(NOW, 2, "plain")]


@pytest.mark.parametrize("kind", ALL_EVENTS, ids=lambda kind: kind.__name__)
def test_only_the_odd_text_of_an_event_is_another(kind: type[Event], monkeypatch) -> None:
    described, codec = inspect.type_info(kind), EventCodec(ALL_EVENTS)
    for number in range(10):
        made = []
        for odd in ("\udcff", "�"):
            monkeypatch.setitem(globals(), "CHARACTERS", odd + "aé")
            made.append(any_value(described, Draw(number).of(kind.__name__)))
        assert codec.decode(codec.encode(made[:1])) == made[1:]


@pytest.mark.parametrize(
    "lines",
    [
        b'{"type":"Noted"}\n',
        b'{"type":"Later","at":"2026-03-02T09:00:00+10:00"}\n',
        b'{"type":"Noted","at":"2026-03-02T09:00:00+10:00","number":"one"}\n',
        b'{"type":"Noted","at":"2026-03-02T09:00:00+10:00","number":1',
        b"\xff\n",
        b"[1]\n",
        b"nonsense",
    ],
)
def test_lines_that_are_no_events_are_refused(lines: bytes) -> None:
    with pytest.raises(JournalFailed, match="an event cannot be read") as caught:
        CODEC.decode(lines)
    assert "\n" not in str(caught.value)


def test_types_may_gain_fields() -> None:
    line = b'{"type":"Noted","at":"2026-03-02T09:00:00+10:00","number":1,"of_a_later_version":true}\n'
    assert CODEC.decode(line) == noted(1)
    assert EventCodec(TYPES).decode(b"") == []
