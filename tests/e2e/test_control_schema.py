"""The control API held to its own description by schemathesis: a live server, few examples, always the same ones."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
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


OPERATIONS = {found.ok().label: found.ok() for found in DESCRIPTION.get_all_operations()}


def test_every_operation_is_asked() -> None:
    """By name: tests of one name are one to the scheduler that spreads them over processes."""
    assert len(OPERATIONS) == len([each for each in operations() if f"/_sim/{each.path}" != ENDLESS])


@pytest.mark.parametrize("label", OPERATIONS)
def test_what_is_answered_is_what_is_described(server: str, label: str) -> None:
    freely = [positive_data_acceptance] if label in DOCUMENTS else []

    @settings(max_examples=15, derandomize=True, database=None, suppress_health_check=list(HealthCheck))
    @given(case=OPERATIONS[label].as_strategy())
    def answered_as_described(case: schemathesis.Case) -> None:
        case.query.pop("wait", None)  # nobody waits here for what does not come
        case.call_and_validate(base_url=server, excluded_checks=freely)

    answered_as_described()
