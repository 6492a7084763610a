"""The list of faults as data, and how a scenario file asks for one."""

from __future__ import annotations

import re
from collections import Counter
from datetime import timedelta

import pytest

from simulator.scenario.faults import BY_NAME, FAULTS, LONGEST, Hook, Level, Mishap
from simulator.scenario.keys_faults import FAULT, TLS_FAULT
from simulator.scenario.mistakes import Notes, ScenarioMistakes
from simulator.scenario.source import compose

DOCUMENTED = {400, 401, 403, 404, 405, 411, 413, 415, 422, 429, 500, 502, 503}
"""aemo-b2m §1.4 (B2M's own list and the e-Hub's generic ones), netstream-cim §2."""


def asked(text: str) -> Mishap:
    notes = Notes("f.yaml")
    found = FAULT.read(compose(text, notes), notes)
    notes.refuse_if_any()
    assert isinstance(found, Mishap)
    return found


def mistake(text: str) -> str:
    notes = Notes("f.yaml")
    FAULT.read(compose(text, notes), notes)
    with pytest.raises(ScenarioMistakes) as caught:
        notes.refuse_if_any()
    return str(caught.value)


def test_every_level_has_faults_and_every_name_is_its_own() -> None:
    assert {fault.level for fault in FAULTS} == set(Level)
    assert len(FAULTS) >= 40
    assert [name for name, count in Counter(fault.name for fault in FAULTS).items() if count > 1] == []
    assert [rule for rule, count in Counter(fault.rule for fault in FAULTS).items() if count > 1] == []


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_a_fault_says_what_it_does_in_a_sentence(fault) -> None:
    assert re.fullmatch(r"fault\.[a-z0-9-]+", fault.rule)
    assert 15 < len(fault.meaning) < 100
    assert not fault.meaning.endswith(".")
    assert (fault.level is Level.TLS) is (fault.hook is Hook.TLS)


def test_every_documented_status_has_a_name() -> None:
    assert {fault.status for fault in FAULTS} >= DOCUMENTED


@pytest.mark.parametrize("fault", [each for each in FAULTS if each.hook is not Hook.TLS], ids=lambda fault: fault.name)
def test_one_word_is_enough(fault) -> None:
    assert asked(fault.name) == Mishap(fault)
    for setting in fault.settings:
        assert asked(fault.name).value(setting.name) == setting.default


def test_settings_may_be_given_by_name_or_the_first_alone() -> None:
    assert asked("{slow body: {over: PT10S}}").period("over") == timedelta(seconds=10)
    assert asked("{slow body: PT10S}").period("over") == timedelta(seconds=10)
    assert asked("{status: 429}").number("status") == 429
    assert asked("{outage: {for: PT1H, status: 503}}") == Mishap(
        BY_NAME["outage"], {"for": timedelta(hours=1), "status": 503}
    )


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("slow bdy", "did you mean 'slow body'?"),
        ("{slow body: {ovr: PT1S}}", "f.yaml:1:14: unknown key 'ovr' in slow body; did you mean 'over'?"),
        ("{slow body: PT11M}", "a period of real time up to PT10M"),
        ("{slow body: PT10M1S}", "a period of real time up to PT10M"),
        ("{status: 42}", "a number from 200 to 599"),
        ("{slow body: {}}", "write at least one of over"),
        ("{late reply: PT1S, slow body: PT1S}", "write one of"),
        ("[slow body]", "a list stands here"),
        ("expired certificate", "'expired certificate' stands here"),
    ],
)
def test_what_is_wrong_is_told_where_it_stands(text: str, told: str) -> None:
    assert told in mistake(text)


def test_faults_of_tls_are_asked_for_elsewhere() -> None:
    notes = Notes("f.yaml")
    assert TLS_FAULT.read(compose("expired certificate", notes), notes) == Mishap(BY_NAME["expired certificate"])
    assert TLS_FAULT.read(compose("{handshake silence: PT9S}", notes), notes).period("for") == timedelta(seconds=9)
    TLS_FAULT.read(compose("slow body", notes), notes)
    with pytest.raises(ScenarioMistakes, match="slow body"):
        notes.refuse_if_any()


def test_real_time_is_bounded() -> None:
    real = [setting for fault in FAULTS for setting in fault.settings if setting.kind == "real period"]
    assert real
    assert asked("{slow body: PT10M}").period("over") == LONGEST
    assert all(isinstance(each.default, timedelta) and each.default <= LONGEST for each in real)
