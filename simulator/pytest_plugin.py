"""The pytest plugin: a fresh workspace a test, on one server a session, under xdist the controller's.

controller ── a door (a socket that costs nothing) ──► the first worker that knocks has the server started
worker     ── PUT workspaces/… ──► test ──► what the simulator complains about fails it ──► DELETE

Nothing but pytest and the standard library is imported until a test asks for a fixture of ours.
"""

# ruff: noqa: PLC0415 - the imports inside the functions are the point: most sessions never use this plugin

from __future__ import annotations

import itertools
import json
import re
import shutil
import socket
import ssl
import tempfile
import threading
from collections.abc import Generator, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from simulator.harness.simulator import Place, Simulator
    from simulator.harness.workspace import Workspace, WorkspaceClock

MARKER = "ehubsim_scenario(file): the scenario this test's workspace tells; relative to the test's file or the root"
PORT = "ehubsim_port: this test's workspace has a port of its own, for systems that cannot prefix a path"
EXPECTS = "ehubsim_expects(*rules): refusals that are part of this test, by rule id or by name of a strict rule"
_LOCAL = "127.0.0.1"
_KNOCK_SECONDS = 120.0
_LETTING_GO = 10.0
_AGAIN = 0.1


def pytest_addoption(parser: pytest.Parser) -> None:
    """``--ehubsim-target`` and what belongs to it; ``ehubsim_scenario`` in the ini-file."""
    group = parser.getgroup("ehubsim", "ehubsim: a simulator of AEMO's e-Hub")
    group.addoption("--ehubsim-target", metavar="URL", help="use the ehubsim server at this base URL, start none")
    group.addoption("--ehubsim-ca", metavar="FILE", help="PEM file of the CA to trust for an https target")
    group.addoption("--ehubsim-token", metavar="TOKEN", help="the target's control token")
    parser.addini("ehubsim_scenario", "scenario of tests without the marker, relative to the root directory")


def pytest_configure(config: pytest.Config) -> None:
    """Say which markers are ours; have the session's server found by whoever needs it."""
    config.addinivalue_line("markers", MARKER)
    config.addinivalue_line("markers", EXPECTS)
    config.addinivalue_line("markers", PORT)
    _check_target(config)
    config.stash[_SESSION] = Session(config)


def _check_target(config: pytest.Config) -> None:
    """What can be wrong with the options, before any test."""
    target, ca = config.getoption("ehubsim_target"), config.getoption("ehubsim_ca")
    if target is not None and re.fullmatch(r"https?://[^/?#\s]+(/[^?#\s]*)?", target) is None:
        raise pytest.UsageError(f"--ehubsim-target: {target!r} is no base URL; https://127.0.0.1:9319 is one")
    if target is not None and re.search(r"/w/[^/]+/?$", target):
        raise pytest.UsageError(f"--ehubsim-target: {target} is a workspace; each test makes its own on the server")
    if ca is not None and not Path(ca).is_file():
        raise pytest.UsageError(f"--ehubsim-ca: there is no file {ca}")


def pytest_unconfigure(config: pytest.Config) -> None:
    """Stop what was started."""
    session = config.stash.get(_SESSION, None)
    if session is not None:
        session.close()


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """The controller of xdist tells each worker where its door is."""
    node.workerinput["ehubsim_door"] = node.config.stash[_SESSION].door.port


class Session:
    """What tests of one pytest process share: where the server is, and a folder for certificates."""

    def __init__(self, config: pytest.Config) -> None:
        worker: dict[str, Any] | None = getattr(config, "workerinput", None)
        self._config = config
        self._knock_at: int | None = worker["ehubsim_door"] if worker is not None else None
        self._worker = worker["workerid"] if worker is not None else "main"
        self._numbers = itertools.count(1)
        self._lock = threading.Lock()
        self._door: Door | None = None
        self._server: Simulator | None = None
        self._place: Place | None = None
        self._folder: Path | None = None
        self._silent: str | None = None

    @property
    def door(self) -> Door:
        """Where workers find out about the server."""
        if self._door is None:
            self._door = Door(self._served)
        return self._door

    @property
    def place(self) -> Place:
        """Where the server is: the target, the controller's, or one of this process."""
        if self._place is None:
            from simulator.harness.simulator import Place

            target = self._config.getoption("ehubsim_target")
            if target is not None:
                base = target.rstrip("/")
                plain = base if base.startswith("http://") else None
                self._place = Place(base, plain, self._config.getoption("ehubsim_token"))
            elif self._knock_at is not None:
                self._place = Place(**_knock(self._knock_at))
            else:
                self._place = Place(**self._served())
        return self._place

    @contextmanager
    def asking(self) -> Iterator[None]:
        """Around everything that asks the server: one that did not answer once is not waited for again and again.

        Fails the test, in one line, when the server refuses or does not answer, or cannot be started.
        """
        from simulator.harness.line import ControlError

        if self._silent is not None:
            pytest.fail(f"ehubsim: {self._silent} (it was waited for once)", pytrace=False)
        try:
            yield
        except (ControlError, TimeoutError) as error:
            if isinstance(error, TimeoutError) or isinstance(error.__cause__, TimeoutError):
                self._silent = str(error)
            pytest.fail(f"ehubsim: {error}{_hint(error)}", pytrace=False)

    def workspace(self, scenario: Path | None, port: bool = False) -> Workspace:
        """A fresh one."""
        with self.asking():
            return self._opened(scenario, port)

    def _opened(self, scenario: Path | None, port: bool) -> Workspace:
        from simulator.harness.simulator import open_workspace

        if self._folder is None:
            self._folder = Path(tempfile.mkdtemp(prefix="ehubsim-"))
        name = f"pytest-{self._worker}-{next(self._numbers)}"
        if self._config.getoption("ehubsim_target") is not None:
            name = f"{name}-{self._folder.name[-8:]}"
        ca = self._config.getoption("ehubsim_ca")
        return open_workspace(self.place, name, scenario, self._folder, port=port, ca=ca)

    def _served(self) -> dict[str, Any]:
        """The server of this process, started when first asked for."""
        from simulator.harness.simulator import Simulator

        with self._lock:
            if self._server is None:
                server = Simulator()
                self._server = server.__enter__()
            place = self._server.place
        return {"url": place.url, "plain_url": place.plain_url, "token": place.token}

    def close(self) -> None:
        """Stop the server, close the door, forget certificates."""
        if self._door is not None:
            self._door.close()
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)
        if self._server is not None:
            self._server.drop()


class Door:
    """A socket on loopback. Who connects is told, as JSON, where the server is, which is started by the first."""

    def __init__(self, served: Any) -> None:
        self._served = served
        self._closing = threading.Event()
        self._socket = socket.create_server((_LOCAL, 0))
        self._socket.settimeout(None)  # whatever default the tests set: a worker may knock at any time
        self.port: int = self._socket.getsockname()[1]
        self._thread = threading.Thread(target=self._answer, name="ehubsim door", daemon=True)
        self._thread.start()

    def _answer(self) -> None:
        while not self._closing.is_set():
            try:
                caller, _ = self._socket.accept()
            except OSError:  # closed, or no file is left for this caller: the system lets him wait at the door
                self._closing.wait(_AGAIN)
                continue
            with caller:
                if self._closing.is_set():
                    return
                try:
                    told = self._served()
                except Exception as error:  # a worker's tests are to fail with the reason
                    told = {"error": str(error), "late": isinstance(error, TimeoutError)}
                with suppress(OSError):  # a worker that is gone: the others are not
                    caller.sendall(json.dumps(told).encode())

    def close(self) -> None:
        """Nobody is let in any more. A last caller ends the wait for callers, which to close a socket need not."""
        self._closing.set()
        with suppress(OSError):
            socket.create_connection((_LOCAL, self.port), _LETTING_GO).close()
        self._thread.join(_LETTING_GO)
        self._socket.close()


def _knock(port: int) -> dict[str, Any]:
    """Where the server of the controller is. Raises `ControlError`."""
    from simulator.harness.line import ControlError

    try:
        with socket.create_connection((_LOCAL, port), _KNOCK_SECONDS) as caller:
            told: dict[str, Any] = json.loads(b"".join(iter(lambda: caller.recv(4096), b"")))
    except (OSError, ValueError) as error:
        raise ControlError(f"the pytest that started this worker does not tell where a server is: {error}") from error
    if "error" in told:
        late = TimeoutError() if told["late"] else None
        raise ControlError(f"no server could be started: {told['error']}") from late
    return told


_SESSION = pytest.StashKey[Session]()
_WORKSPACE = pytest.StashKey["Workspace"]()


@pytest.fixture
def ehubsim(request: pytest.FixtureRequest) -> Iterator[Workspace]:
    """A fresh workspace of the session's server, with a held clock; see `simulator.harness.workspace.Workspace`."""
    session, port = request.config.stash[_SESSION], request.node.get_closest_marker("ehubsim_port") is not None
    workspace = session.workspace(_scenario(request), port)
    try:
        for marker in request.node.iter_markers("ehubsim_expects"):
            workspace.expect_refusal(*marker.args)
        request.node.stash[_WORKSPACE] = workspace
        yield workspace
        del request.node.stash[_WORKSPACE]
    finally:
        with session.asking():
            workspace.drop()


def _hint(error: Exception) -> str:
    if getattr(error, "status", 0) == 401:
        return "; --ehubsim-token TOKEN gives the target's control token"
    if isinstance(error.__cause__, ssl.SSLCertVerificationError):
        return "; --ehubsim-ca FILE names the CA to trust, of ehubsim serve it is certs-dev/ca.pem"
    return ""


@pytest.fixture
def ehubsim_clock(ehubsim: Workspace) -> WorkspaceClock:
    """The clock of this test's workspace."""
    return ehubsim.clock


def _scenario(request: pytest.FixtureRequest) -> Path | None:
    marker = request.node.get_closest_marker("ehubsim_scenario")
    root = request.config.rootpath
    if marker is None:
        named = request.config.getini("ehubsim_scenario")
        return root / named if named else None
    if len(marker.args) != 1 or marker.kwargs or not isinstance(marker.args[0], str | Path):
        raise pytest.UsageError(f"the marker is {MARKER.partition(':')[0]}")
    for folder in (request.path.parent, root):
        if _is_file(folder / marker.args[0]):
            return folder / Path(marker.args[0])
    named = str(marker.args[0]).partition("\n")[0][:80]
    raise pytest.UsageError(f"there is no scenario {named} beside {request.path.name} or in {root}")


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:  # a scenario's text is longer than a name may be
        return False


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, None, None]:
    """A test during which the simulator met a bug, a request nobody answers, or a strict rule, is not passed."""
    yield
    workspace = item.stash.get(_WORKSPACE, None)
    if workspace is None:
        return
    with item.config.stash[_SESSION].asking():
        complaints = workspace.complaints()
    if complaints:
        pytest.fail("ehubsim: " + "\n".join(complaints), pytrace=False)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """What happened between the system under test and the simulator, in the report of a test that failed."""
    report = yield
    workspace = item.stash.get(_WORKSPACE, None)
    if workspace is not None and call.when == "call" and report.failed:
        report.sections.extend(_sections(item.config.stash[_SESSION], workspace, report.longreprtext))
    return report


def _sections(session: Session, workspace: Workspace, told: str) -> list[tuple[str, str]]:
    try:
        with session.asking():
            gone = workspace.evicted()
            earlier = [f"{gone} earlier ones are no longer kept"] if gone else []
            exchanges = "\n".join([*earlier, *map(_told, workspace.exchanges())]) or "none"
            sections = [("ehubsim exchanges", exchanges), ("ehubsim diagram", workspace.diagram())]
            complaints = "\n".join(workspace.complaints())
    except pytest.fail.Exception as silent:
        return [("ehubsim", f"the server does not tell what happened: {silent}")]
    return sections if complaints in told else [("ehubsim complaints", complaints), *sections]


def _told(exchange: dict[str, Any]) -> str:
    who, why = exchange["participant"] or "-", f": {exchange['why']}" if exchange["why"] else ""
    rules = "".join(f"  ({each})" for each in exchange.get("rules", ()))
    return (
        f"{exchange['at']}  {who:10}  {exchange['method']} {exchange['path']}  {exchange['status']}  "
        f"{exchange['rule']}{why}{rules}"
    )
