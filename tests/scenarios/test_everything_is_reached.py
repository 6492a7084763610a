"""Whatever the market can answer is reached by a shipped scenario; what is not is named here, with its reason."""

from __future__ import annotations

from functools import cache
from typing import Any

import pytest
import yaml
from stage import SHIPPED

from simulator.harness import explain
from simulator.market import report_tables
from simulator.market.tables import shipped
from simulator.scenario.keys_match import MESSAGE, NETSTREAM, REQUEST, STATE
from simulator.scenario.keys_rules import ANSWER, RULE
from simulator.scenario.keys_story import ACTIONS

RULES = sorted(row["Rule"] for row in (*shipped()["event_rules"], *report_tables.read("rules")))
NOT_IN_OUR_TABLES = {("rule", "cr.field-removed"), ("event", "1101")}
"""Which fields MSATS no longer holds is not published: our tables name none, those of a participant may
(``test_a_field_that_a_table_calls_removed_is_refused_with_1101``)."""
ONCE_MUCH_MADE_ROOM = {("rule", "report.not-kept")}
"""What no story is long enough for; `tests/market/test_reports_readings.py` makes room sooner."""


@pytest.mark.parametrize(
    "key", [("rule", rule) for rule in RULES] + [("event", row["Code"]) for row in shipped()["error_codes"]]
)
def test_a_shipped_scenario_reaches_it(key: tuple[str, str]) -> None:
    assert (key in explain.recorded()) != (key in NOT_IN_OUR_TABLES | ONCE_MUCH_MADE_ROOM)


@pytest.mark.parametrize(
    "name",
    [
        "CATSChangeResponse",
        "CATSNotification",
        "CATSDataRequest",
        "CATSChangeAlert",
        "CATSObjectionResponse",
        "NMIDiscoveryResponse",
        "NMIStandingDataResponse",
        "MeterDataResponse",
        "ReportResponse",
        "ReplicationNotification",
    ],
)
def test_aemo_sends_it_in_a_shipped_scenario(name: str) -> None:
    assert ("transaction", name) in explain.recorded()


@pytest.mark.parametrize("status", [row["Code"] for row in shipped()["change_status_codes"] if row["Code"] != "INI"])
def test_a_request_gets_there_in_a_shipped_scenario(status: str) -> None:
    assert ("status", status) in explain.recorded()


@cache
def rules(stories: str) -> tuple[dict[str, Any], ...]:
    """The rules of the stories with such names."""
    files = (yaml.safe_load(path.read_text("utf-8")) for path in SHIPPED.glob(f"{stories}.yaml"))
    return tuple(rule for file in files for rule in file.get("when", ()))


@pytest.mark.parametrize("word", [key.name for key in ANSWER.keys])
def test_there_is_a_story_for_each_reaction(word: str) -> None:
    answers = [answer for rule in rules("reaction-*") for answer in rule.get("answer", ())]
    assert any(word == answer or word in answer for answer in answers)


@pytest.mark.parametrize(
    ("part", "word"),
    [
        *[("", key.name) for key in RULE.keys],
        *[("message", key.name) for key in MESSAGE.keys],
        *[("request", key.name) for key in REQUEST.keys],
        *[("netstream", key.name) for key in NETSTREAM.keys],
        *[("state", key.name) for key in STATE.keys],
    ],
)
def test_there_is_a_story_for_whatever_a_rule_may_ask(part: str, word: str) -> None:
    assert any(word in (rule.get(part, ()) if part else rule) for rule in rules("*"))


@pytest.mark.parametrize("word", [key.name for key in ACTIONS])
def test_there_is_a_story_for_whatever_the_timeline_can_do(word: str) -> None:
    files = (yaml.safe_load(path.read_text("utf-8")) for path in SHIPPED.glob("*.yaml"))
    assert any(word in entry for file in files for entry in file.get("at", ()))
