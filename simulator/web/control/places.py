"""Workspaces: listed, made and dropped."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from simulator.base.clock import clock_rate
from simulator.base.errors import BadValue
from simulator.base.http import HttpReply
from simulator.web.control.asked import Asked, Desk
from simulator.web.listeners import OF_A_STORY, OF_A_WORKSPACE, CannotStart
from simulator.web.problems import Problem, json_reply
from simulator.web.scenario_texts import MOST_BYTES

if TYPE_CHECKING:
    from simulator.runtime import Runtime
    from simulator.scenario.model import Scenario

WORKSPACE_QUERY = ("clock", "file", "port", "strictness")


async def list_workspaces(asked: Asked) -> HttpReply:
    """Who is alive beside the default workspace."""
    return json_reply({"workspaces": [_told(asked.desk, name, runtime) for name, runtime in asked.desk.outside()]})


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
    port = _port(given["port"]) if "port" in given else None
    await _see_free(asked.desk, name, port, scenario)
    fresh = workspaces.find(name) is None
    made = await workspaces.make(name, scenario, rate, given.get("strictness"))
    if port is not None:
        await _open(asked.desk, name, port)
    return json_reply(_told(asked.desk, name, made), 201 if fresh else 200)


def _port(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 5 and int(text) <= 65535):
        raise Problem(400, f"port={text[:20]!r} is no port from 0 to 65535", "control.port")
    return int(text)


async def _see_free(desk: Desk, name: str, port: int | None, scenario: Scenario) -> None:
    """Asked before a workspace of that name goes, so that it stays where the new one could not have its ports."""
    earlier, wanted = desk.outside().find(name), [each.port for each in scenario.given.tls_ports if each.port]
    told = () if earlier is None else tuple(urlsplit(str(each["url"])).port for each in earlier.tls_ports)
    if port and port in wanted:
        raise Problem(
            409,
            f"port {port} is one of the scenario's given: tls port; choose another with port=",
            "control.port-taken",
        )
    if desk.ports is None:
        return
    try:
        if port is not None and port not in told:
            await desk.ports.see_free(name, port, OF_A_WORKSPACE)
    except CannotStart as reason:
        raise Problem(409, str(reason), "control.port-taken") from None
    try:
        for each in wanted:
            if each not in told:
                await desk.ports.see_free(name, each, OF_A_STORY)
    except CannotStart as reason:
        raise BadValue(str(reason), rule="given.tls-port") from None


async def _open(desk: Desk, name: str, port: int) -> None:
    """The workspace is dropped again when its port was taken meanwhile: its address is not the one asked for."""
    try:
        if desk.ports is None:
            raise CannotStart("nothing here opens ports")
        await desk.ports.open(name, port)
    except CannotStart as reason:
        await desk.outside().drop(name)
        raise Problem(409, str(reason), "control.port-taken") from None


async def drop_workspace(asked: Asked) -> HttpReply:
    """Gone with everything in it."""
    (name,) = asked.named
    if not await asked.desk.outside().drop(name):
        raise Problem(404, f"no workspace is named {name[:64]!r}", "control.no-workspace")
    return json_reply({"status": "dropped"})


def _told(desk: Desk, name: str, runtime: Runtime) -> dict[str, object]:
    clock = runtime.clock
    address = None if desk.ports is None else desk.ports.address(name)
    told = {} if address is None else {"url": address.url, "plainUrl": address.plain_url}
    return {
        "name": name,
        "path": f"/w/{name}",
        "scenario": runtime.scenario.name,
        "now": clock.now(),
        "rate": clock.rate,
        "strictness": runtime.simulation.switches.strictness,
        **told,
        **({"tlsPorts": runtime.tls_ports} if runtime.tls_ports else {}),
    }
