"""The control API held to its own description by schemathesis: a live server, few examples, always the same ones."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis.specs.openapi.checks import positive_data_acceptance

from simulator import Simulator
from simulator.web.control.routes import operations
from simulator.web.openapi import document

STORY = Path(__file__).parents[2] / "scenarios" / "cats.yaml"
ENDLESS = "/_sim/events"
"""A feed that goes on; see ``tests/web/test_web_events.py``."""
DESCRIPTION = schemathesis.openapi.from_dict(document(operations(), "0")).exclude(path=ENDLESS)


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with Simulator(STORY) as opened:
        assert opened.plain_url is not None
        yield opened.plain_url


DOCUMENTS = {
    "POST /_sim/clock",
    "POST /_sim/messages",
    "POST /_sim/stop-files",
    "PUT /_sim/scenario",
    "PUT /_sim/workspaces/{name}",
}
"""What they are sent has rules that no schema tells: time goes forward, aseXML, declared participants, scenarios."""


@DESCRIPTION.parametrize()
@settings(max_examples=15, derandomize=True, deadline=None, database=None, suppress_health_check=list(HealthCheck))
def test_what_is_answered_is_what_is_described(server: str, case: schemathesis.Case) -> None:
    case.query.pop("wait", None)  # nobody waits here for what does not come
    freely = case.operation.label in DOCUMENTS
    case.call_and_validate(base_url=server, excluded_checks=[positive_data_acceptance] if freely else [])
