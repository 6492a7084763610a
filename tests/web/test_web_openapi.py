"""The control API's description of itself: whole, valid in shape, and true of what is answered."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import kit
from simulator.base.http import Headers, HttpReply, HttpRequest
from simulator.devca import Certificates
from simulator.register import register
from simulator.stores.memory import MemoryJournal
from simulator.web.control import Control
from simulator.web.control.routes import ROUTES, operations
from simulator.web.openapi import PARAMETERS, Operation
from simulator.workspaces import Workspaces

OPERATIONS = list(operations())
VALUES = {"{id}": "RETAILA-MSG-1", "{name}": "one", "{participant}": "RETAILA"}


@pytest.fixture
def control(tmp_path: Path) -> Control:
    (tmp_path / "ca.pem").write_bytes(b"pem")
    return Control(Certificates(tmp_path), runtime=kit.runtime())


async def ask(control: Control, verb: str, path: str, *query: tuple[str, str]) -> HttpReply:
    async def read_body(limit: int) -> bytes:
        return b""

    return await control.exchange(HttpRequest(verb, f"/_sim/{path}", query, Headers({"Host": "x"})), read_body)


def path_of(operation: Operation) -> str:
    path = operation.path
    for name, value in VALUES.items():
        path = path.replace(name, value)
    return path


async def test_every_resource_and_verb_is_described(control: Control) -> None:
    reply = await ask(control, "GET", "openapi.json")
    told = json.loads(reply.body)
    assert told["openapi"] == "3.1.0"
    described = {(path, verb.upper()) for path, verbs in told["paths"].items() for verb in verbs}
    assert described == {(f"/_sim/{route.shown}", verb) for route in ROUTES for verb in route.verbs}
    for verbs in told["paths"].values():
        for operation in verbs.values():
            assert operation["summary"]
            assert all({"name", "in", "schema"} <= set(parameter) for parameter in operation["parameters"])


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda each: f"{each.verb} {each.path}")
async def test_answers_are_as_described(control: Control, operation: Operation) -> None:
    """Whatever is asked without a body: an answer of the type described, or a problem."""
    reply = await ask(control, operation.verb, path_of(operation))
    assert reply.rule != "control.unknown"
    if reply.status in operation.status:
        assert (reply.content_type or "").partition(";")[0] == operation.answers
    else:
        assert reply.status >= 400
        assert reply.content_type == "application/problem+json"
        assert {"type", "title", "status", "detail", "rule"} <= set(json.loads(reply.body))


@pytest.mark.parametrize(
    "operation", [each for each in OPERATIONS if each.query], ids=lambda each: f"{each.verb} {each.path}"
)
async def test_query_parameters_are_as_described(control: Control, operation: Operation) -> None:
    control.workspaces = None if operation.path != "workspaces/{name}" else _workspaces()
    reply = await ask(control, operation.verb, path_of(operation), ("colour", "red"))
    told = json.loads(reply.body)
    assert told["rule"] == "control.filter"
    assert told["detail"].partition("known are ")[2].split(", ") == list(operation.query)


def _workspaces() -> Workspaces:
    return Workspaces(lambda name: MemoryJournal(), kit.SCHEMAS, 0)


async def test_there_is_a_description_before_anything_is_loaded(tmp_path: Path) -> None:
    assert (await ask(Control(Certificates(tmp_path)), "GET", "openapi.json")).status == 200


@pytest.mark.parametrize("name", ["area", "basis"])
def test_what_the_register_may_be_asked_for_is_described(name: str) -> None:
    assert PARAMETERS[name]["schema"] == {"enum": sorted({getattr(entry, name) for entry in register().values()})}
