"""Workspaces: listed, made and dropped."""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulator.base.clock import clock_rate
from simulator.base.http import HttpReply
from simulator.web.control.asked import Asked
from simulator.web.problems import Problem, json_reply
from simulator.web.scenario_texts import MOST_BYTES

if TYPE_CHECKING:
    from simulator.runtime import Runtime

WORKSPACE_QUERY = ("clock", "file", "strictness")


async def list_workspaces(asked: Asked) -> HttpReply:
    """Who is alive beside the default workspace."""
    return json_reply({"workspaces": [_told(name, runtime) for name, runtime in asked.desk.outside()]})


async def make_workspace(asked: Asked) -> HttpReply:
    """A fresh one; the body is its scenario, else it tells this server's. All parameters are optional."""
    workspaces, given = asked.desk.outside(), asked.parameters(WORKSPACE_QUERY)
    (name,) = asked.named
    rate = clock_rate(given["clock"]) if "clock" in given else None
    body = await asked.body(MOST_BYTES, "control.scenario")
    if body.strip():
        scenario = await asked.desk.texts.scenario(body, given.get("file", "scenario"))
    else:
        scenario = asked.runtime.scenario
    fresh = workspaces.find(name) is None
    made = await workspaces.make(name, scenario, rate, given.get("strictness"))
    return json_reply(_told(name, made), 201 if fresh else 200)


async def drop_workspace(asked: Asked) -> HttpReply:
    """Gone with everything in it."""
    (name,) = asked.named
    if not await asked.desk.outside().drop(name):
        raise Problem(404, f"no workspace is named {name[:64]!r}", "control.no-workspace")
    return json_reply({"status": "dropped"})


def _told(name: str, runtime: Runtime) -> dict[str, object]:
    clock = runtime.clock
    return {
        "name": name,
        "path": f"/w/{name}",
        "scenario": runtime.scenario.name,
        "now": clock.now(),
        "rate": clock.rate,
        "strictness": runtime.simulation.switches.strictness,
    }
