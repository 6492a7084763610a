"""Flow control in scenario files: limits, processing, throttle, stop files in the timeline, and their mistakes."""

from datetime import timedelta

import pytest

from simulator.hub.limits import CR, OUTBOX_FILE, REPORT, Group, Limit, Limits
from simulator.hub.throttle import Throttling
from simulator.scenario.loader import load
from simulator.scenario.mistakes import ScenarioMistakes
from simulator.scenario.story import SetLimit, StopFile

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
  - {after: PT3M, set limit: {cause: OUTBOX FILE, lower: 3, upper: 9, participant: RETAILA}}
  - {after: PT4M, set limit: {cause: CR, upper: 9}}
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
        SetLimit(OUTBOX_FILE, Limit(3, 9), "RETAILA"),
        SetLimit(CR, Limit(9, 9)),
    ]


def test_a_throttle_of_one_request_a_second() -> None:
    assert load("scenario: x\nthrottle: {requests: 1}", "f.yaml").throttle == Throttling(1.0, 1)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("limits: {OUTBOX FILE: {lower: 9, upper: 3}}", "lower limit of OUTBOX FILE is above the upper one"),
        ("limits: {groups: [{name: G, members: [A]}, {name: G, members: [B]}]}", "group 'G' a second time"),
        ("limits: {groups: [{name: G, members: [A]}, {name: H, members: [A]}]}", "A is in two groups"),
        (
            "limits: {participants: {A: {CR: 3}}, groups: [{name: G, members: [A]}]}",
            "2:28: A is in a group: the group's limits are its own",
        ),
        ("at: [{after: PT1M, set limit: {cause: CR, lower: 9, upper: 3}}]", "lower limit of CR is above"),
        ("at: [{after: PT1M, set limit: {cause: CR}}]", "upper"),
        ("at: [{after: PT1M, set limit: {cause: CR, upper: 3, lower: 0}}]", "0"),
        ("at: [{after: PT1M, set limit: {upper: 3, lower: 9}}]", "cause"),
        ("at: [{after: PT1M, set limit: 3}]", "3"),
        ("limits: {OUTBOX: 3}", "unknown key 'OUTBOX'"),
        ("limits: {CR: 0}", "0"),
        ("processing: {OUTBOX FILE: PT1M}", "OUTBOX FILE"),
        ("throttle: {requests: 1, per: PT0S}", "a throttle without a time"),
        ("at: [{after: PT1M, raise stop file: {participant: RETAILA, cause: DOGS}}]", "DOGS"),
    ],
)
def test_mistakes_are_told(text: str, told: str) -> None:
    assert any(told in each for each in mistakes(f"scenario: x\n{text}\n"))
