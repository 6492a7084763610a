"""What happened in a workspace, as the control API shows it: messages and exchanges, filtered, waited for by cursor.

An answer's ``cursor`` is the next request's ``after``; ``wait=PT5S`` holds the request until something matches.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from simulator.hub.record import FINDINGS, STEPS, is_called, names_step
from simulator.runtime import Runtime
from simulator.scenario.mistakes import nearest
from simulator.web.problems import Problem
from simulator.web.waiting import cursor, duration, until

WAITING = ("after", "wait")
EXCHANGE_FILTERS = ("method", "path", "participant", "status", "rule")
"""Keys of an exchange that ``GET exchanges`` takes as query parameters."""


async def messages(runtime: Runtime, given: Mapping[str, str]) -> dict[str, Any]:
    """Messages to which something happened after the cursor, by rank. ``step`` names one they went through."""
    filters = dict(given)
    seconds, after = duration(filters.pop("wait", None)), cursor(filters.pop("after", None))
    step = _step(filters.pop("step", None))

    def look() -> list[dict[str, Any]]:
        found = runtime.messages(after, ranked=False, **filters)
        return [each for each in found if step is None or any(is_called(one["what"], step) for one in each["timeline"])]

    found = await until(runtime, look, seconds)
    ledger, forgotten = runtime.simulation.ledger, runtime.simulation.hub.forgotten
    return {
        "messages": found,
        "cursor": ledger.steps,
        "evicted": ledger.evicted,
        "repeatsForgotten": forgotten,
        "marketEvicted": dict(runtime.simulation.market.evicted),
    }


def _step(name: str | None) -> str | None:
    """A `Problem` (422) for what no step is called: nothing would ever match."""
    if name is None or names_step(name):
        return name
    known = nearest(name, (*STEPS, *FINDINGS))
    raise Problem(422, f"step={name[:40]!r} is no step of a message; {known}", "control.step")


async def exchanges(runtime: Runtime, given: Mapping[str, str]) -> dict[str, Any]:
    """Exchanges noted after the cursor, by rank, with what the simulator itself did wrong (``bugs``).

    ``strict``: the strict rules of the scenario that were met. ``evicted``: how many after the cursor are no longer
    kept; ``evictedRules``: how many of the story are not, by the rule that answered them; ``restarted``: whether those
    of an earlier process are not there either, which nobody counted.
    """
    after = cursor(given.get("after"))
    asked = {name: value for name, value in given.items() if name in EXCHANGE_FILTERS}

    def look() -> list[dict[str, Any]]:
        summaries = (exchange.summary() for exchange in runtime.exchanges.ranked(after))
        return [each for each in summaries if all(str(each[name]) == value for name, value in asked.items())]

    found = await until(runtime, look, duration(given.get("wait")))
    kept = runtime.exchanges
    evicted = min(kept.evicted, kept.cursor - len(kept) - after)
    return {
        "exchanges": found,
        "cursor": kept.cursor,
        "evicted": max(0, evicted),
        "evictedRules": dict(kept.evicted_by),
        "restarted": kept.restarted,
        "bugs": list(runtime.bugs),
        "strict": [
            {"rule": each.rule, "where": each.where, "times": each.times}
            for each in runtime.simulation.engine.met()
            if each.times
        ],
    }
