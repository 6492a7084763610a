"""What the steps of a message are called."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from simulator.base.clock import MARKET_ZONE
from simulator.base.turn import Event
from simulator.hub import events
from simulator.hub.record import FINDINGS, STEPS, Record, is_called, is_step, names_step

NOW = datetime(2026, 3, 2, 9, tzinfo=MARKET_ZONE)
EITHER = {"status": ("Accept", "Reject"), "same_content": (True, False), "due": (None, NOW)}
"""Fields that a step's name depends on."""


def made(kind: type[Event]) -> Iterator[Event]:
    """Events of a kind, one for each value of what its name depends on."""
    fields = {**dict.fromkeys(kind.__struct_fields__, ""), "at": NOW, "code": 201, "rule": "some.rule"}
    fields = {name: fields[name] for name in kind.__struct_fields__}
    for name, values in EITHER.items():
        if name in fields:
            yield from (kind(**{**fields, name: value}) for value in values)
            return
    yield kind(**fields)


def test_every_step_has_a_known_name_and_no_other_is_known() -> None:
    kinds = [each for each in vars(events).values() if isinstance(each, type) and issubclass(each, Event)]
    steps = tuple(event for kind in kinds for event in made(kind) if is_step(event))
    told = [step["what"] for step in Record("k", steps[0], steps[1:], 0, (0,) * (len(steps) - 1)).summary()["timeline"]]
    assert [what for what in told if not names_step(what) or not is_called(what, what)] == []
    assert {what.partition(": ")[0] for what in told} == {*STEPS, *FINDINGS}
