"""What ``then:`` may say: every form becomes a value; what does not go together is told at its place."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from scenario_told import expect as told_of

from simulator.base.clock import MARKET_ZONE
from simulator.scenario import expect
from simulator.scenario.criteria import MessageMatch
from simulator.scenario.loader import load

GIVEN = """\
scenario: x
given:
  participants:
    - {id: RETAILA, roles: [FRMP], user: ALICE, password: secret}
    - {id: RETAILB, roles: [FRMP], played: auto}
  netstream: {clients: [{id: app-1, secret: s}]}
then:
"""
DAY = datetime(2026, 3, 2, tzinfo=MARKET_ZONE), datetime(2026, 3, 3, tzinfo=MARKET_ZONE)
READINGS = 'readings of: all, from: "2026-03-02T00:00:00+10:00", to: "2026-03-03T00:00:00+10:00"'


@pytest.mark.parametrize(
    ("written", "form"),
    [
        ("every: delivered message, acknowledged within: PT5M", expect.Acknowledged(timedelta(minutes=5))),
        ("every: bad acknowledgement, repaired within: PT1H", expect.Repaired(timedelta(hours=1))),
        ("never: {submit: same message id with other content}", expect.OneContent()),
        ("never: {submit: invalid message}", expect.Valid()),
        ("never: {submit: while a stop file stands}", expect.StopsSending()),
        ("never: {submit: while a stop file stands}, grace: PT1M", expect.StopsSending(timedelta(minutes=1))),
        ("never: {submit: {transaction: ReportRequest}}", expect.Sent(MessageMatch("ReportRequest"), None, 0)),
        ("never: {handle: same message twice}", expect.HandledOnce()),
        ("never: {refer to: what was never sent}", expect.Correlated()),
        ("sent: {fields: {A: b}}", expect.Sent(MessageMatch(fields={"A": "b"}), 1)),
        ("sent: {group: CATS}, exactly: 2", expect.Sent(MessageMatch(group="CATS"), 2, 2)),
        ("sent: {from: RETAILA}, at least: 1, at most: 3", expect.Sent(MessageMatch(sender="RETAILA"), 1, 3)),
        ("after status: 429, no request for: PT2S", expect.BacksOff(("429",), timedelta(seconds=2))),
        (
            "after status: [429, 5xx], no request for: PT2S, at most: 1",
            expect.BacksOff(("429", "5xx"), timedelta(seconds=2), 1),
        ),
        ("polls: getAlerts, no more often than: PT1M", expect.Polls("getAlerts", timedelta(minutes=1))),
        (READINGS, expect.Fetched((), *DAY)),
        (
            READINGS.replace("all", '["4102034567"]') + ", reading types: [a], client: app-1, fetched: at least once",
            expect.Fetched(("4102034567",), *DAY, ("a",), "app-1", once=False),
        ),
        ("queue: empty", expect.QueueEmpty()),
    ],
)
def test_every_form_becomes_a_value_and_has_a_title(written: str, form: expect.Form) -> None:
    (found,) = load(f"{GIVEN}  - {{{written}}}\n", "f.yaml").then
    assert found == expect.Expectation(form.title, "f.yaml:8:5", form)
    assert form.title


def test_an_expectation_may_have_a_name_and_a_participant() -> None:
    (found,) = load(GIVEN + "  - {name: done, participant: RETAILA, queue: empty}\n", "f.yaml").then
    assert (found.name, found.participant) == ("done", "RETAILA")


@pytest.mark.parametrize(
    ("keys", "told"),
    [
        (
            "every: ^delivered message",
            "'delivered message' without 'acknowledged within'; add 'acknowledged within: PT5M'",
        ),
        ("every: ^bad acknowledgement", "'bad acknowledgement' without 'repaired within'; add 'repaired within: PT5M'"),
        (
            "every: delivered message, acknowledged within: PT5M, repaired within: ^PT5M",
            "'repaired within' of a delivered message; write 'every: bad acknowledgement'",
        ),
        ("queue: empty, at most: ^1", "'at most' of nothing; it goes with 'sent' or 'after status'"),
        ("sent: {from: A}, exactly: 1, at most: ^1", "'exactly' and 'at most'; keep one of them"),
        ("sent: {from: A}, at least: ^2, at most: 1", "more at least than at most; write a smaller number"),
        (
            "never: {submit: invalid message}, grace: ^PT1M",
            "a grace without a stop file; it goes with 'never: {submit: while a stop file stands}'",
        ),
        (
            'readings of: all, from: "2026-03-02T00:00Z", to: ^"2026-03-02T00:00Z"',
            "'to' is not after 'from'; write a later time",
        ),
        (READINGS + ", client: ^app-9", "no Netstream client 'app-9'; declare it in 'given', or leave it out"),
        (
            READINGS + ", participant: ^RETAILA",
            "readings are fetched by Netstream clients; write 'client' instead, or leave it out",
        ),
        ("queue: empty, participant: ^RETAILX", "RETAILX is not declared; declare it in 'given', or leave it out"),
        (
            "queue: empty, participant: ^RETAILB",
            "RETAILB is played: it is not under test; name one that is not, or leave it out",
        ),
    ],
)
def test_words_that_do_not_go_together(keys: str, told: str) -> None:
    told_of(f"{GIVEN}  - {{{keys}}}\n", told)


def test_a_name_is_given_once() -> None:
    text = GIVEN + "  - {name: done, queue: empty}\n  - {name: ^done, queue: empty}\n"
    told_of(text, "expectation 'done' a second time; give it another name")


def test_periods_are_told_as_they_are_written() -> None:
    for text in ("PT5M", "P1DT2H", "PT1H30M", "PT45S", "P2D", "PT0S"):
        (found,) = load(GIVEN + f"  - {{polls: getAlerts, no more often than: {text}}}\n", "f.yaml").then
        assert found.name.endswith(text)
