"""Which scenario a simulation tells."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from msgspec.structs import replace

from simulator.base.http import HttpReply
from simulator.web.control.asked import Asked
from simulator.web.problems import json_reply
from simulator.web.scenario_texts import MOST_BYTES

if TYPE_CHECKING:
    from simulator.market.own_rules import OwnRules
    from simulator.scenario.model import Scenario

REDACTED = "***"
SCENARIO_QUERY = ("file",)


async def scenario(asked: Asked) -> HttpReply:
    """What is loaded, passwords masked."""
    return json_reply(_masked(asked.runtime.scenario))


async def tell(asked: Asked) -> HttpReply:
    """The body is the scenario to tell from now on, from its beginning; one with mistakes changes nothing."""
    runtime, given = asked.runtime, asked.parameters(SCENARIO_QUERY)
    body = await asked.body(MOST_BYTES, "control.scenario")
    story = await asked.desk.texts.scenario(body, given.get("file", "scenario"))
    await runtime.tell(replace(story, text=body.decode("utf-8-sig")))
    if asked.desk.workspaces is not None:
        asked.desk.workspaces.share(runtime)
    return json_reply({"status": "told", "scenario": story.name, "now": runtime.clock.now()})


def _masked(scenario: Scenario) -> object:
    participants = tuple(
        replace(p, users=tuple(replace(user, password=REDACTED) for user in p.users))
        for p in scenario.given.participants
    )
    shown = replace(scenario, text="", given=replace(scenario.given, participants=participants), own_rules=None)
    return {**msgspec.to_builtins(shown), "own_rules": _tables(scenario.own_rules)}


def _tables(own: OwnRules | None) -> object:
    """The user's own tables as they count, and the days off of each place."""
    if own is None:
        return None
    days_off = {place: sorted(map(str, days)) for place, days in (own.days_off or {}).items()}
    return {"tables": own.tables, "days_off": days_off}
