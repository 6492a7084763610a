"""The description of the control API (OpenAPI 3.1), made from the routes themselves: none can be left out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from simulator.hub.record import FINDINGS, STEPS
from simulator.hub.strictness import STRICTNESS

_CURSOR = {"type": "integer", "minimum": 0, "maximum": 10**18 - 1}
_AREAS = ("asexml", "cim", "ehub", "events", "faults", "market", "mdff", "netstream", "reports", "simulator")
PARAMETERS: Mapping[str, Mapping[str, Any]] = {
    "after": {"description": "the cursor of an earlier answer", "schema": _CURSOR},
    "wait": {
        "description": "hold the request until something matches: an ISO 8601 duration up to PT60S",
        "schema": {"type": "string", "format": "duration"},
    },
    "clock": {
        "description": "real, held, or a speed such as 60x",
        "schema": {"type": "string", "pattern": "^(real|held|[1-9][0-9]{0,5}x)$"},
    },
    "port": {
        "description": "give it a port of its own, any free one for 0",
        "schema": {"type": "integer", "minimum": 0, "maximum": 65535},
    },
    "strictness": {"description": "how strictly it judges", "schema": {"enum": list(STRICTNESS)}},
    "file": {"description": "the name mistakes are told by", "schema": {"type": "string"}},
    "step": {
        "description": "only messages that went through this step; of a finding its beginning will do",
        "schema": {
            "type": "string",
            "anyOf": [{"enum": [*STEPS, *FINDINGS]}, {"pattern": f"^({'|'.join(FINDINGS)}): event [0-9]+( |$)"}],
        },
    },
    "area": {
        "description": "only behaviours of this area",
        "schema": {"enum": list(_AREAS)},
    },
    "basis": {
        "description": "only behaviours that rest on this",
        "schema": {"enum": ["assumed", "documented", "own", "seen"]},
    },
    "since": {
        "description": "only steps at this market time or later",
        "schema": {"type": "string", "format": "date-time"},
    },
    "until": {
        "description": "only steps before this market time",
        "schema": {"type": "string", "format": "date-time"},
    },
    "contextId": {"description": "the messageContextID to queue it under", "schema": {"type": "string"}},
}
"""Query parameters that are not simply a text to compare with."""
PROBLEM = {
    "type": "object",
    "required": ["type", "title", "status", "detail", "rule"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "rule": {"type": "string", "description": "the rule that decided"},
        "mistakes": {"type": "array", "items": {"type": "string"}},
    },
}
_IN_PATH: Mapping[str, tuple[str, Mapping[str, Any]]] = {
    "name": (
        "the workspace: 1 to 64 letters, digits, '.', '_' or '-'",
        {"type": "string", "pattern": "^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$"},
    ),
    "id": ("an id of the ledger, a MessageID or a messageContextID", {"type": "string", "minLength": 1}),
    "participant": ("a participant of the scenario", {"type": "string", "pattern": "^[A-Za-z0-9_]{1,10}$"}),
}


class Operation(msgspec.Struct, frozen=True):
    """One verb of a resource. ``path`` is below ``/_sim/``, with ``{name}`` where it varies."""

    path: str
    verb: str
    about: str
    query: tuple[str, ...] = ()
    body: str | None = None
    answers: str = "application/json"
    status: tuple[int, ...] = (200,)
    schema: Mapping[str, Any] | None = None
    """Of the body, where it is no document with rules of its own."""


def document(operations: Iterable[Operation], version: str) -> dict[str, Any]:
    """The whole description, JSON-ready."""
    paths: dict[str, dict[str, Any]] = {}
    for operation in operations:
        paths.setdefault(f"/_sim/{operation.path}", {})[operation.verb.lower()] = _described(operation)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "ehubsim control API",
            "version": version,
            "description": "Never part of an emulated API. Of a workspace below /w/{workspace}/_sim/.",
        },
        "paths": paths,
        "components": {
            "schemas": {"Problem": PROBLEM},
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
        "security": [{}, {"token": []}],
    }


def _described(operation: Operation) -> dict[str, Any]:
    problem = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    good = {str(status): {"description": "as asked", "content": {operation.answers: {}}} for status in operation.status}
    described: dict[str, Any] = {
        "summary": operation.about,
        "parameters": [*_path_parameters(operation.path), *map(_query_parameter, operation.query)],
        "responses": {**good, "default": {"description": "a problem (RFC 9457)", "content": problem}},
    }
    if operation.body is not None:
        shape = {} if operation.schema is None else {"schema": operation.schema}
        described["requestBody"] = {"required": operation.schema is not None, "content": {operation.body: shape}}
    return described


def _path_parameters(path: str) -> Iterable[dict[str, Any]]:
    for name, (about, schema) in _IN_PATH.items():
        if f"{{{name}}}" in path:
            yield {"name": name, "in": "path", "required": True, "description": about, "schema": schema}


def _query_parameter(name: str) -> dict[str, Any]:
    return {"name": name, "in": "query", **PARAMETERS.get(name, {"schema": {"type": "string"}})}
