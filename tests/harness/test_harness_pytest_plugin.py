"""The pytest plugin, in pytest processes of its own: fixtures, marker, complaints, reports, xdist, a target."""

from __future__ import annotations

import errno
import shutil
import signal
import socket
import struct
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import parallel_suite
import pytest
from msgspec.structs import replace

from simulator import Simulator, pytest_plugin
from simulator.harness.line import ControlError

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

STRICT = """
scenario: Nobody may poll
given:
  participants: [{id: RETAILA, roles: [FRMP], user: RETAILAB, password: secret}]
when:
  - {name: Nobody polls, request: {operation: getQueueMetaData}, strict: true, answer: [{set: polled}]}
"""
PORT = """
def test_port(ehubsim):
    assert ehubsim.plain_url is None or "/w/" not in ehubsim.plain_url
    with ehubsim.blocking_client() as hub:
        assert hub.queue() == ()
"""
QUICK = [word for name in ("cacheprovider", "faker", "hypothesispytest", "aiohttp") for word in ("-p", f"no:{name}")]


@pytest.fixture(scope="module")
def target() -> Iterator[Simulator]:
    """A server elsewhere. All it imports is imported before pytester begins, which forgets what came after."""
    with Simulator(STORIES / "cats.yaml") as opened:
        opened.certificates("RETAILA")
        with opened.workspace(STORIES / "cats.yaml"):
            yield opened


@pytest.fixture(autouse=True)
def imported(target: Simulator) -> None:
    """For every test of this module, whichever comes first."""


@pytest.fixture
def project(pytester: pytest.Pytester) -> pytest.Pytester:
    """A project of a user's, with a scenario beside its tests."""
    shutil.copy(STORIES / "cats.yaml", pytester.path)
    options = "asyncio_mode = auto\nasyncio_default_fixture_loop_scope = function\nfilterwarnings = error\n"
    pytester.makeini(f"[pytest]\n{options}")
    return pytester


def run(project: pytest.Pytester, tests: str, *arguments: str) -> pytest.RunResult:
    project.makepyfile(IMPORTS + tests)
    return project.runpytest_subprocess(*QUICK, "-rfE", *arguments, timeout=120)


def test_what_passes_and_what_does_not(project: pytest.Pytester) -> None:
    """Synchronous and asynchronous tests; what the simulator complains about; scenarios that are none."""
    (project.path / "wrong.yaml").write_text("scenario: S\nsed: 7\n")
    (project.path / "strict.yaml").write_text(STRICT)
    tests = """
@pytest.mark.ehubsim_expects("http.path")
def test_lost_on_purpose(ehubsim):
    ask(ehubsim.plain_url + "/NEMRetail/nothing")

def test_lost_and_said_so(ehubsim):
    ehubsim.expect_refusal("http.path")
    ask(ehubsim.plain_url + "/NEMRetail/nothing")

def test_lost(ehubsim):
    ask(ehubsim.plain_url + "/NEMRetail/nothing")

def test_bug(ehubsim, monkeypatch):
    monkeypatch.setattr(Simulation, "handle", lambda self, command, turn: 1 / 0)
    with ehubsim.blocking_client(retry=Retry(attempts=1)) as hub, pytest.raises(ClientError):
        hub.queue()

def test_lost_and_reset(ehubsim):
    ask(ehubsim.plain_url + "/NEMRetail/nothing")
    ehubsim.reset()

def test_lost_and_wrong_besides(ehubsim):
    ask(ehubsim.plain_url + "/NEMRetail/nothing")
    assert False

def test_lost_long_ago(ehubsim, monkeypatch):
    monkeypatch.setattr(exchanges, "EXCHANGES_KEPT", 1)
    ask(ehubsim.plain_url + "/NEMRetail/nothing")
    with ehubsim.blocking_client() as hub:
        hub.queue()

@pytest.mark.ehubsim_expects("http.pth")
def test_expects_nothing_known(ehubsim): pass

@pytest.mark.ehubsim_scenario("strict.yaml")
def test_strict(ehubsim):
    with ehubsim.blocking_client() as hub:
        assert not hub.queue()

@pytest.mark.ehubsim_scenario("strict.yaml")
@pytest.mark.ehubsim_expects("Nobody polls")
def test_strict_expected(ehubsim):
    with ehubsim.blocking_client() as hub:
        assert not hub.queue()
    assert ehubsim.verdict().outcome == "fail"

@pytest.mark.ehubsim_scenario("strict.yaml")
def test_strict_unmet(ehubsim):
    with ehubsim.blocking_client() as hub:
        hub.alerts()
    assert ehubsim.verdict().outcome == "pass"

@pytest.mark.ehubsim_scenario("none.yaml")
def test_none(ehubsim): pass

@pytest.mark.ehubsim_scenario("wrong.yaml")
def test_wrong(ehubsim): pass

@pytest.mark.ehubsim_scenario
def test_which(ehubsim): pass

@pytest.mark.ehubsim_scenario(5)
def test_number(ehubsim): pass

@pytest.mark.ehubsim_scenario("scenario: S\\n" * 500)
def test_text(ehubsim): pass
"""
    imports = """
from simulator.client import ClientError, Retry
from simulator.hub import exchanges
from simulator.simulation import Simulation
"""
    result = run(project, imports + CONVERSATION % 3 + tests, "-p", "no:xdist")
    result.assert_outcomes(passed=8, failed=6, errors=6)
    told = [
        line
        for line in result.outlines
        if line.startswith("E ") and line.endswith("the marker is ehubsim_scenario(file)")
    ]
    assert len(told) == 2
    result.stdout.fnmatch_lines_random(
        [
            "*GET /NEMRetail/nothing was answered 404: http.path*",
            "*1 requests that are no longer kept were answered by http.path*",
            "*1 earlier ones are no longer kept*",
            "*the simulator met a bug*",
            "*ZeroDivisionError*",
            "*no scenario none.yaml*",
            "*no scenario scenario: S beside test_*",
            "*wrong.yaml:2:1*did you mean*",
            "*the marker is*",
            "*there is no rule 'http.pth'*",
            "*ehubsim complaints*",
            "*strict.yaml:6:5: strict rule 'Nobody polls' was met, times: 1*",
        ]
    )


def test_under_xdist_on_the_controllers_server(project: pytest.Pytester) -> None:
    """One server for all workers, and what happened in the report of a test that fails."""
    tests = (
        CONVERSATION % 10
        + """
@pytest.mark.parametrize("number", range(4))
def test_one_server(ehubsim, number):
    assert ehubsim.name.startswith("pytest-gw")
    with open("servers", "a") as file:
        file.write(ehubsim.url.partition("/w/")[0] + "\\n")

@pytest.mark.ehubsim_scenario("cats.yaml")
def test_failing(ehubsim):
    with ehubsim.blocking_client() as hub:
        hub.submit(request_of(ehubsim))
    assert False
"""
    )
    result = run(project, tests, "-n", "2")
    result.assert_outcomes(passed=15, failed=1)
    result.stdout.fnmatch_lines(
        [
            "*ehubsim exchanges*",
            "*RETAILA*POST /NEMRetail/B2MMessagingPull/v1/submitMessages  200  hub.accept"
            "  (*cats.yaml:38:5: rule 'The first change request is refused' answered)",
            "*ehubsim diagram*",
            "*p1->>p2: 09:00:00 received CATS RETAILA-MSG-1",
        ]
    )
    assert len(set((project.path / "servers").read_text().splitlines())) == 1


def test_the_same_tests_on_a_target(target: Simulator, project: pytest.Pytester) -> None:
    result = run(project, CONVERSATION % 2, "-p", "no:xdist", f"--ehubsim-target={target.plain_url}")
    result.assert_outcomes(passed=3, errors=0)
    served = target._served
    assert served is not None
    assert [name for name, _ in served.workspaces] == ["workspace-1"]


NOWHERE = """
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest

def test_nowhere(ehubsim):
    with pytest.raises(HTTPError):
        urlopen(ehubsim.plain_url + "/nowhere")
"""


def test_a_target_with_a_slash_behind_it(target: Simulator, project: pytest.Pytester) -> None:
    """A path of the workspace begins behind one slash: else what nobody answers belongs to no test's workspace."""
    result = run(project, NOWHERE, "-p", "no:xdist", f"--ehubsim-target={target.plain_url}/")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*ehubsim: GET /nowhere was answered 404*"])


def test_a_target_that_is_none(project: pytest.Pytester) -> None:
    result = run(project, CONVERSATION % 1, "-p", "no:xdist", "--ehubsim-target=http://127.0.0.1:1")
    result.assert_outcomes(errors=2)
    result.stdout.fnmatch_lines(["*the control API at http://127.0.0.1:1 cannot be reached*"])


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--ehubsim-target=localhost:9319"], "'localhost:9319' is no base URL; https://127.0.0.1:9319 is one"),
        (["--ehubsim-target=https://127.0.0.1:9319/w/mine/"], "/w/mine/ is a workspace; each test makes its own"),
        (["--ehubsim-target=https://127.0.0.1:9319", "--ehubsim-ca=none.pem"], "there is no file none.pem"),
    ],
)
def test_options_that_cannot_be_are_refused_before_any_test(
    project: pytest.Pytester, arguments: list[str], told: str
) -> None:
    with pytest.raises(pytest.UsageError, match=told):
        project.parseconfigure(*arguments)


def test_a_target_over_tls(project: pytest.Pytester) -> None:
    """Its CA and its control token are wanted; who gives none is told which option does."""
    server = Simulator(STORIES / "cats.yaml", certificates=project.path / "certs")
    server._settings = replace(server._settings, plain_port=0, control_token="abc")
    with server:
        where, ca = f"--ehubsim-target={server.url}/", f"--ehubsim-ca={project.path / 'certs' / 'ca.pem'}"
        refused = run(project, CONVERSATION % 1, "-p", "no:xdist", where)
        refused.stdout.fnmatch_lines(["*CERTIFICATE_VERIFY_FAILED*; --ehubsim-ca FILE names the CA to trust*"])
        refused = run(project, CONVERSATION % 1, "-p", "no:xdist", where, ca)
        refused.stdout.fnmatch_lines(["*; --ehubsim-token TOKEN gives the target's control token"])
        port = "@pytest.mark.ehubsim_port\n" + PORT
        good = run(project, CONVERSATION % 1 + port, "-p", "no:xdist", where, ca, "--ehubsim-token=abc")
    refused.assert_outcomes(errors=2)
    good.assert_outcomes(passed=3)


@pytest.mark.parametrize("status", [200, 404])
def test_a_target_without_a_control_api(project: pytest.Pytester, status: int) -> None:
    """Somebody answers there, but not as ehubsim does: every test says so."""

    class Other(BaseHTTPRequestHandler):
        def do_PUT(self) -> None:
            self.send_response(status)
            self.end_headers()
            self.wfile.write(b"<html>")

        def log_message(self, *arguments: object) -> None:
            """Silent."""

    with HTTPServer(("127.0.0.1", 0), Other) as other, ThreadPoolExecutor(1) as thread:
        serving = thread.submit(other.serve_forever, 0.01)
        where = f"http://127.0.0.1:{other.server_port}"
        result = run(project, CONVERSATION % 1, "-p", "no:xdist", f"--ehubsim-target={where}")
        other.shutdown()
        serving.result()
    result.assert_outcomes(errors=2)
    result.stdout.fnmatch_lines([f"*{where}*is no control API of ehubsim*"])


def test_a_target_that_never_answers_is_waited_for_once(project: pytest.Pytester) -> None:
    project.makeconftest("from simulator.harness import line\nline.TIMEOUT = 0.01")
    with socket.create_server(("127.0.0.1", 0)) as silent:
        where = f"http://127.0.0.1:{silent.getsockname()[1]}"
        result = run(project, CONVERSATION % 2, "-p", "no:xdist", f"--ehubsim-target={where}")
    result.assert_outcomes(errors=3)
    assert str(result.stdout).count("cannot be reached: timed out (it was waited for once)") >= 2


def test_a_server_that_gets_stuck_in_a_test_is_waited_for_once(project: pytest.Pytester) -> None:
    """Neither the report of that test, nor its end, nor the next test waits for what another has waited for."""
    tests = """
import threading

from simulator import pytest_plugin
from simulator.harness import line

goes_on = threading.Event()

@pytest.fixture(scope="session", autouse=True)
def at_the_end():
    yield
    goes_on.set()

def test_stuck(ehubsim, request):
    begun = threading.Event()
    loop = request.config.stash[pytest_plugin._SESSION]._server._thread._loop
    loop.call_soon_threadsafe(lambda: (begun.set(), goes_on.wait()))
    begun.wait()
    line.TIMEOUT = 0.01
    assert False

def test_next(ehubsim): pass
"""
    result = run(project, tests, "-p", "no:xdist")
    result.assert_outcomes(failed=1, errors=2)
    result.stdout.fnmatch_lines(["the server does not tell what happened: * cannot be reached: timed out"])
    told = str(result.stdout)
    assert told.count("cannot be reached: timed out") == 1 + told.count("timed out (it was waited for once)")


def test_a_worker_is_told_why_there_is_no_server() -> None:
    def served() -> None:
        raise TimeoutError("the server has not started")

    door = pytest_plugin.Door(served)
    with pytest.raises(ControlError, match="no server could be started: the server has not started") as told:
        pytest_plugin._knock(door.port)
    assert isinstance(told.value.__cause__, TimeoutError)
    door.close()
    with pytest.raises(ControlError, match="does not tell where a server is"):
        pytest_plugin._knock(door.port)


def test_a_door_that_is_closed_is_left_and_starts_nothing() -> None:
    asked: list[None] = []
    door = pytest_plugin.Door(lambda: asked.append(None))
    door.close()
    assert not door._thread.is_alive()
    assert not asked


def test_a_worker_that_is_gone_keeps_the_others_from_nothing() -> None:
    gone = threading.Event()

    def served() -> dict[str, str]:
        gone.wait()
        return {"url": "http://127.0.0.1:1"}

    door = pytest_plugin.Door(served)
    with socket.create_connection(("127.0.0.1", door.port)) as caller:
        caller.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    gone.set()
    assert pytest_plugin._knock(door.port) == {"url": "http://127.0.0.1:1"}
    door.close()


def test_the_door_stays_open_whatever_happens_to_sockets(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests may set a default for sockets; for a moment there may be no file left for another caller."""
    monkeypatch.setattr(pytest_plugin, "_KNOCK_SECONDS", 5.0)
    monkeypatch.setattr(pytest_plugin, "_AGAIN", 0.001)
    accept, refused = socket.socket.accept, threading.Event()

    def full(at: socket.socket) -> tuple[socket.socket, object]:
        if not refused.is_set():
            refused.set()
            raise OSError(errno.EMFILE, "too many open files")
        return accept(at)

    monkeypatch.setattr(socket.socket, "accept", full)
    socket.setdefaulttimeout(0.001)
    try:
        door = pytest_plugin.Door(lambda: {"url": "http://127.0.0.1:1"})
        assert refused.wait(10.0)
        door._thread.join(0.05)
    finally:
        socket.setdefaulttimeout(None)
    assert pytest_plugin._knock(door.port) == {"url": "http://127.0.0.1:1"}
    door.close()
    assert not door._thread.is_alive()


def test_many_tests_at_once_say_the_same_ids(tmp_path: Path) -> None:
    parallel_suite.write(tmp_path, 24)
    done = parallel_suite.run(tmp_path, 4)
    assert "24 passed" in done.stdout, done.stdout + done.stderr


def test_a_round_that_stands_still_is_ended(tmp_path: Path) -> None:
    parallel_suite.write(tmp_path, 24)
    assert parallel_suite.run(tmp_path, 4, seconds=0.0).returncode == -signal.SIGABRT


def test_the_scenario_of_the_ini_file(project: pytest.Pytester) -> None:
    """And nothing of ours is imported for tests that do not ask for it."""
    tests = """
import sys

def test_light():
    assert {"simulator.runtime", "aiohttp", "lxml"} & set(sys.modules) == set()

def test_told(ehubsim):
    assert ehubsim.scenario.file.endswith("cats.yaml")
"""
    project.makeini("[pytest]\nehubsim_scenario = cats.yaml\n")
    project.makepyfile(tests)
    result = project.runpytest_subprocess(*QUICK, "-p", "no:asyncio", "-p", "no:xdist")
    result.assert_outcomes(passed=2)


def test_the_marker_gives_a_workspace_a_port(project: pytest.Pytester) -> None:
    tests = """
@pytest.mark.ehubsim_port
def test_mine(ehubsim):
    assert "/w/" not in ehubsim.url
    with ehubsim.blocking_client() as hub:
        hub.queue()

def test_usual(ehubsim):
    assert "/w/" in ehubsim.url
"""
    run(project, tests).assert_outcomes(passed=2)
