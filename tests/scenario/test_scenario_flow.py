"""Flow control in scenario files: limits, processing, throttle, stop files in the timeline, and their mistakes."""

from datetime import timedelta

import pytest

from simulator.hub.limits import CR, OUTBOX_FILE, REPORT, Group, Limit, Limits
from simulator.hub.throttle import Throttling
from simulator.scenario.loader import load
from simulator.scenario.mistakes import ScenarioMistakes
from simulator.scenario.story import StopFile

FULL = """\
scenario: x
limits:
  OUTBOX FILE: {lower: 2, upper: 3}
  CR: 5
  participants: {RETAILA: {REPORT: 7}}
  groups: [{name: BOTH, members: [RETAILB, RETAILC], OUTBOX FILE: 4}]
processing: {REPORT: PT1M}
throttle: {requests: 60, per: PT1M, burst: 2, apis: [B2MMessagingPull]}
at:
  - {after: PT1M, raise stop file: {participant: RETAILA, cause: OUTBOX FILE}}
  - {after: PT2M, clear stop file: {participant: RETAILA, cause: OUTBOX FILE, type: B2BStopFile}}
"""


def mistakes(text: str) -> list[str]:
    with pytest.raises(ScenarioMistakes) as told:
        load(text, "f.yaml")
    return [str(each).removeprefix("f.yaml:") for each in told.value.mistakes]


def test_everything_flow_control_may_say() -> None:
    story = load(FULL, "f.yaml")
    assert story.limits == Limits(
        {OUTBOX_FILE: Limit(2, 3), CR: Limit(5, 5)},
        {"RETAILA": {REPORT: Limit(7, 7)}},
        (Group("BOTH", ("RETAILB", "RETAILC"), {OUTBOX_FILE: Limit(4, 4)}),),
    )
    assert story.processing == {REPORT: timedelta(minutes=1)}
    assert story.throttle == Throttling(1.0, 2, frozenset(("B2MMessagingPull",)))
    assert [entry.action for entry in story.at] == [
        StopFile("RETAILA", OUTBOX_FILE, "B2MStopFile", stands=True),
        StopFile("RETAILA", OUTBOX_FILE, "B2BStopFile", stands=False),
    ]


def test_a_throttle_of_one_request_a_second() -> None:
    assert load("scenario: x\nthrottle: {requests: 1}", "f.yaml").throttle == Throttling(1.0, 1)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("limits: {OUTBOX FILE: {lower: 9, upper: 3}}", "lower limit of OUTBOX FILE is above the upper one"),
        ("limits: {groups: [{name: G, members: [A]}, {name: G, members: [B]}]}", "group 'G' a second time"),
        ("limits: {groups: [{name: G, members: [A]}, {name: H, members: [A]}]}", "A is in two groups"),
        ("limits: {OUTBOX: 3}", "unknown key 'OUTBOX'"),
        ("limits: {CR: 0}", "0"),
        ("processing: {OUTBOX FILE: PT1M}", "OUTBOX FILE"),
        ("throttle: {requests: 1, per: PT0S}", "a throttle without a time"),
        ("at: [{after: PT1M, raise stop file: {participant: RETAILA, cause: DOGS}}]", "DOGS"),
    ],
)
def test_mistakes_are_told(text: str, told: str) -> None:
    assert any(told in each for each in mistakes(f"scenario: x\n{text}\n"))
