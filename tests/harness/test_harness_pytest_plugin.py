"""The pytest plugin, in pytest processes of its own: fixtures, marker, complaints, reports, xdist, a target."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from simulator import Simulator

pytest_plugins = "pytester"
STORIES = Path(__file__).parents[2] / "scenarios"
IMPORTS = """
import urllib.error
import urllib.request
from datetime import date

import pytest

from simulator.client.messages import Envelope, change_request

def request_of(workspace):
    envelope = Envelope("RETAILA", "RETAILA-MSG-1", workspace.clock.now)
    return change_request(envelope, "4102034567", proposed_date=date(2026, 3, 16))

def ask(url):
    try:
        urllib.request.urlopen(url).close()
    except urllib.error.HTTPError as error:
        error.close()
"""
CONVERSATION = """
@pytest.mark.ehubsim_scenario("cats.yaml")
@pytest.mark.parametrize("number", range(%d))
def test_in_turn(ehubsim, ehubsim_clock, number):
    assert list(ehubsim.messages) == []
    with ehubsim.blocking_client() as hub:
        assert hub.submit(request_of(ehubsim)).accepted
        ehubsim_clock.advance(days=1)
        assert hub.queue()
    assert len(ehubsim.messages.find(from_="RETAILA")) == 1

@pytest.mark.ehubsim_scenario("cats.yaml")
async def test_at_once(ehubsim):
    async with ehubsim.client() as hub:
        assert (await hub.submit(request_of(ehubsim))).accepted
    assert len(ehubsim.messages.find(from_="RETAILA")) == 1
"""


@pytest.fixture
def project(pytester: pytest.Pytester) -> pytest.Pytester:
    """A project of a user's, with a scenario beside its tests."""
    shutil.copy(STORIES / "cats.yaml", pytester.path)
    pytester.makeini("[pytest]\nasyncio_mode = auto\nasyncio_default_fixture_loop_scope = function\nfilterwarnings = error\n")
    return pytester


def run(project: pytest.Pytester, tests: str, *arguments: str) -> pytest.RunResult:
    project.makepyfile(IMPORTS + tests)
    return project.runpytest_subprocess("-p", "no:cacheprovider", "-rfE", *arguments, timeout=60)


def test_synchronous_and_asynchronous_tests(project: pytest.Pytester) -> None:
    run(project, CONVERSATION % 3, "-p", "no:xdist").assert_outcomes(passed=4)


def test_under_xdist_on_the_controllers_server(project: pytest.Pytester) -> None:
    tests = (
        CONVERSATION % 10
        + """
@pytest.mark.parametrize("number", range(4))
def test_one_server(ehubsim, number):
    assert ehubsim.name.startswith("pytest-gw")
    with open("servers", "a") as file:
        file.write(ehubsim.url.partition("/w/")[0] + "\\n")
"""
    )
    run(project, tests, "-n", "2").assert_outcomes(passed=15)
    assert len(set((project.path / "servers").read_text().splitlines())) == 1


def test_a_request_nobody_answers_fails_the_test(project: pytest.Pytester) -> None:
    tests = """
def test_lost(ehubsim):
    ask(ehubsim.plain_url + "/NEMRetail/nothing")

@pytest.mark.ehubsim_expects("http.path")
def test_lost_on_purpose(ehubsim):
    ask(ehubsim.plain_url + "/NEMRetail/nothing")

def test_lost_and_said_so(ehubsim):
    ehubsim.expect_refusal("http.path")
    ask(ehubsim.plain_url + "/NEMRetail/nothing")
"""
    result = run(project, tests, "-p", "no:xdist")
    result.assert_outcomes(passed=2, failed=1)
    result.stdout.fnmatch_lines(["*GET /NEMRetail/nothing was answered 404: http.path*"])


def test_a_bug_of_the_simulators_fails_the_test(project: pytest.Pytester) -> None:
    tests = """
from simulator.simulation import Simulation

def test_met(ehubsim, monkeypatch):
    monkeypatch.setattr(Simulation, "handle", lambda self, command, turn: 1 / 0)
    with ehubsim.blocking_client(retry=Retry(attempts=1)) as hub, pytest.raises(ClientError):
        hub.queue()
"""
    tests = "from simulator.client import ClientError, Retry\n" + tests
    result = run(project, tests, "-p", "no:xdist")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*the simulator met a bug*", "*ZeroDivisionError*"])


def test_the_report_of_a_failure_tells_what_happened(project: pytest.Pytester) -> None:
    tests = """
@pytest.mark.ehubsim_scenario("cats.yaml")
def test_failing(ehubsim):
    with ehubsim.blocking_client() as hub:
        hub.submit(request_of(ehubsim))
    assert False
"""
    for arguments in (("-p", "no:xdist"), ("-n", "1")):
        result = run(project, tests, *arguments)
        result.assert_outcomes(failed=1)
        result.stdout.fnmatch_lines(
            [
                "*ehubsim exchanges*",
                "*RETAILA*POST /NEMRetail/B2MMessagingPull/v1/submitMessages  200  hub.accept",
                "*ehubsim diagram*",
                "*p1->>p2: 09:00:00 received CATS RETAILA-MSG-1",
            ]
        )


def test_the_same_tests_on_a_target(project: pytest.Pytester) -> None:
    with Simulator() as target:
        result = run(project, CONVERSATION % 2, "-p", "no:xdist", f"--ehubsim-target={target.plain_url}")
        result.assert_outcomes(passed=3, errors=0)
        served = target._served
        assert served is not None
        assert len(served.workspaces) == 0


def test_a_target_that_is_none(project: pytest.Pytester) -> None:
    result = run(project, CONVERSATION % 1, "-p", "no:xdist", "--ehubsim-target=http://127.0.0.1:1")
    result.assert_outcomes(errors=2)
    result.stdout.fnmatch_lines(["*the control API at http://127.0.0.1:1 cannot be reached*"])


def test_scenarios_that_are_not_there_or_wrong(project: pytest.Pytester) -> None:
    (project.path / "wrong.yaml").write_text("scenario: S\nsed: 7\n")
    tests = """
@pytest.mark.ehubsim_scenario("none.yaml")
def test_none(ehubsim): pass

@pytest.mark.ehubsim_scenario("wrong.yaml")
def test_wrong(ehubsim): pass

@pytest.mark.ehubsim_scenario
def test_which(ehubsim): pass
"""
    result = run(project, tests, "-p", "no:xdist")
    result.assert_outcomes(errors=3)
    result.stdout.fnmatch_lines_random(["*no scenario none.yaml*", "*wrong.yaml:2:1*did you mean*", "*the marker is*"])


def test_the_scenario_of_the_ini_file(project: pytest.Pytester) -> None:
    project.makeini("[pytest]\nehubsim_scenario = cats.yaml\n")
    tests = "def test_it(ehubsim, pytestconfig):\n    assert ehubsim.scenario.file.endswith('cats.yaml')\n"
    run(project, tests, "-p", "no:xdist").assert_outcomes(passed=1)


def test_who_does_not_use_it_does_not_pay(project: pytest.Pytester) -> None:
    tests = """
def test_light():
    import sys
    assert {"simulator.runtime", "aiohttp", "lxml"} & set(sys.modules) == set()
"""
    project.makepyfile(tests)
    result = project.runpytest_subprocess("-p", "no:cacheprovider", "-p", "no:aiohttp", "-p", "no:xdist")
    result.assert_outcomes(passed=1)
