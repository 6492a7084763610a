"""The judge: what a scenario expects, held against everything that is known. Pure: evidence in, judgement out."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from simulator.scenario import expect, judge_conduct, judge_queue, judge_readings
from simulator.scenario.expect import Expectation
from simulator.scenario.judged import Judged
from simulator.scenario.testimony import Met, Testimony
from simulator.scenario.verdict import Finding, Verdict

JUDGES: Mapping[type[Any], Callable[[Any, frozenset[str], Testimony], Judged]] = {
    expect.Acknowledged: judge_queue.acknowledged,
    expect.Repaired: judge_queue.repaired,
    expect.HandledOnce: judge_queue.handled_once,
    expect.Correlated: judge_queue.correlated,
    expect.QueueEmpty: judge_queue.queue_empty,
    expect.OneContent: judge_conduct.one_content,
    expect.Valid: judge_conduct.valid,
    expect.Sent: judge_conduct.sent,
    expect.StopsSending: judge_conduct.stops_sending,
    expect.BacksOff: judge_conduct.backs_off,
    expect.Polls: judge_conduct.polls,
    expect.Fetched: judge_readings.fetched,
}
"""Who judges which form."""


def judge(scenario: str, expectations: Iterable[Expectation], testimony: Testimony) -> Verdict:
    """Every expectation of a scenario, and every strict rule of it, judged at the testimony's moment."""
    findings = (*(_finding(each, testimony) for each in expectations), *map(_unmet, testimony.met))
    return Verdict(scenario, findings, judge_queue.queue_words(testimony), dict(testimony.lost))


def _unmet(met: Met) -> Finding:
    return Finding(f"nobody meets {met.rule!r}", met.where, "fail" if met.times else "pass", met.why)


def _finding(expectation: Expectation, testimony: Testimony) -> Finding:
    named = expectation.participant
    who = testimony.tested if named is None else frozenset((named,))
    return JUDGES[type(expectation.form)](expectation.form, who, testimony).finding(expectation)
