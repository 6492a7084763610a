"""Whether a simulation is alive, what time it is there, and back to its beginning."""

from __future__ import annotations

from datetime import datetime, timedelta

import msgspec

from simulator.base.clock import LAST_YEAR, market_time
from simulator.base.errors import BadValue
from simulator.base.http import HttpReply
from simulator.web.control.asked import Asked
from simulator.web.problems import Problem, json_reply


class ClockMove(msgspec.Struct, forbid_unknown_fields=True):
    """Body of ``POST clock``: exactly one of the two. ``advance`` is an ISO 8601 duration, ``set`` a date and time."""

    advance: timedelta | None = None
    set: datetime | None = None


CLOCK_MOVE = {
    "oneOf": [
        {
            "type": "object",
            "required": [name],
            "properties": {name: {"type": "string", "format": form}},
            "additionalProperties": False,
        }
        for name, form in (("advance", "duration"), ("set", "date-time"))
    ]
}
"""`ClockMove` as JSON Schema."""


async def health(asked: Asked) -> HttpReply:
    """Alive."""
    return json_reply({"status": "ok"})


async def ready(asked: Asked) -> HttpReply:
    """Whether requests are answered: 503 with the reason while not."""
    runtime = asked.runtime
    if not runtime.ready:
        raise Problem(503, runtime.failure or "halted", "control.halted")
    extra = {"tlsPorts": runtime.tls_ports} if runtime.tls_ports else {}
    return json_reply({"status": "ready", "scenario": runtime.scenario.name, **extra})


async def clock(asked: Asked) -> HttpReply:
    """Market time and how fast it goes."""
    clock = asked.runtime.clock
    return json_reply({"now": clock.now(), "rate": clock.rate})


async def move_clock(asked: Asked) -> HttpReply:
    """Advance or set; answers with what fired on the way."""
    runtime = asked.runtime
    move = await asked.json(ClockMove, "control.clock")
    if (move.advance is None) == (move.set is None):
        wanted = 'give either {"advance": "PT30M"} or {"set": "2026-03-02T09:00:00+10:00"}'
        raise Problem(400, wanted, "control.clock")
    if move.advance is not None:
        fired = await runtime.advance(move.advance, asked.story)
    else:
        assert move.set is not None
        fired = await runtime.set_clock(_market_time(move.set), asked.story)
    return json_reply({"now": runtime.clock.now(), "fired": fired})


async def reset(asked: Asked) -> HttpReply:
    """Back to the scenario's beginning."""
    runtime = asked.runtime
    await runtime.reset()
    return json_reply({"status": "reset", "now": runtime.clock.now()})


def _market_time(when: datetime) -> datetime:
    try:
        return market_time(when)
    except OverflowError:
        raise BadValue(f"market time ends with the year {LAST_YEAR}", rule="clock.range") from None
