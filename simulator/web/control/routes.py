"""Every control resource, written out: its path below ``/_sim/``, who answers each verb, and what is said of it."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Iterator, Mapping
from typing import Any

import msgspec

from simulator import __version__
from simulator.base.http import HttpReply
from simulator.web.control import certs, happened, judged, metrics, places, registered, state, telling
from simulator.web.control.asked import Asked
from simulator.web.openapi import Operation, document
from simulator.web.problems import json_reply

Handler = Callable[[Asked], Awaitable[HttpReply]]


class Verb(msgspec.Struct, frozen=True):
    """One verb of a resource; what is more to say of it than its path and its docstring."""

    handler: Handler
    query: tuple[str, ...] = ()
    body: str | None = None
    answers: str = "application/json"
    status: tuple[int, ...] = (200,)
    schema: Mapping[str, Any] | None = None


class Route(msgspec.Struct, frozen=True):
    """A control resource. An ``open`` one wants no token."""

    pattern: re.Pattern[str]
    shown: str
    verbs: Mapping[str, Verb]
    open: bool = False


async def openapi(asked: Asked) -> HttpReply:
    """This description."""
    return json_reply(document(operations(), __version__))


def _route(shown: str, open_: bool = False, **verbs: Verb) -> Route:
    pattern = re.escape(shown)
    for name, form in (("id", ".+"), ("name", "[^/]+"), ("participant", "[A-Za-z0-9_]{1,10}")):
        pattern = pattern.replace(re.escape(f"{{{name}}}"), f"({form})")
    return Route(re.compile(pattern), shown, verbs, open_)


ROUTES = (
    _route("openapi.json", GET=Verb(openapi)),
    _route("health", open_=True, GET=Verb(state.health)),
    _route("ready", GET=Verb(state.ready)),
    _route(
        "clock", GET=Verb(state.clock), POST=Verb(state.move_clock, body="application/json", schema=state.CLOCK_MOVE)
    ),
    _route("reset", POST=Verb(state.reset)),
    _route("diagram", GET=Verb(happened.diagram, happened.DIAGRAM_QUERY, answers="text/plain")),
    _route("exchanges", GET=Verb(happened.exchanges, happened.EXCHANGES_QUERY)),
    _route(
        "messages",
        GET=Verb(happened.messages, happened.MESSAGES_QUERY),
        POST=Verb(happened.inject, happened.INJECT_QUERY, "application/xml", status=(201,)),
    ),
    _route("events", GET=Verb(happened.feed, happened.EVENTS_QUERY, answers="text/event-stream")),
    _route("messages/{id}", GET=Verb(happened.message)),
    _route("verdict", GET=Verb(judged.verdict)),
    _route(
        "stop-files",
        GET=Verb(judged.stop_files),
        POST=Verb(judged.raise_stop_file, body="application/json", status=(201,), schema=judged.STOP_FILE),
    ),
    _route("stop-files/{id}", DELETE=Verb(judged.clear_stop_file)),
    _route("workspaces", GET=Verb(places.list_workspaces)),
    _route(
        "workspaces/{name}",
        PUT=Verb(places.make_workspace, places.WORKSPACE_QUERY, "application/yaml", status=(200, 201)),
        DELETE=Verb(places.drop_workspace),
    ),
    _route(
        "scenario",
        GET=Verb(telling.scenario),
        PUT=Verb(telling.tell, telling.SCENARIO_QUERY, "application/yaml"),
    ),
    _route("metrics", GET=Verb(metrics.metrics, answers="text/plain")),
    _route("register", GET=Verb(registered.behaviour, registered.REGISTER_QUERY)),
    _route("certs/ca.pem", GET=Verb(certs.ca, answers="application/x-pem-file")),
    _route("certs/{participant}.zip", GET=Verb(certs.client_bundle, answers="application/zip")),
)


def operations() -> Iterator[Operation]:
    """Everything the control API does."""
    for route in ROUTES:
        for name, verb in route.verbs.items():
            about = (verb.handler.__doc__ or "").partition("\n")[0]
            yield Operation(route.shown, name, about, verb.query, verb.body, verb.answers, verb.status, verb.schema)
