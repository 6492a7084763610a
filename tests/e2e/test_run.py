"""``ehubsim run`` as a process: what COMMAND is told, what it says, how it all ends, and which reports there are."""

from __future__ import annotations

import json
import os
import pty
import shutil
import signal
import socket
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from process import environment

SCENARIOS = Path(__file__).parents[2] / "scenarios"
PYTHON = sys.executable
TELL = "import json, os, sys; json.dump(dict(os.environ), open('told.json', 'w'))"
GIVEN = {
    "EHUBSIM_PARTICIPANT": "RETAILA",
    "EHUBSIM_USER": "RETAILAB",
    "EHUBSIM_PASSWORD": "secret",
    "EHUBSIM_API_KEY": "ehubsim-RETAILA",
}
ASK = """
import os, ssl, urllib.request
context = ssl.create_default_context(cafile=os.environ["EHUBSIM_CA"])
context.load_cert_chain(os.environ["EHUBSIM_CLIENT_CERT"], os.environ["EHUBSIM_CLIENT_KEY"])
urllib.request.urlopen(os.environ["EHUBSIM_URL"] + "/_sim/ready", context=context).close()
"""
ON_TERMINAL = """
import os, sys
terminal = os.open(sys.argv[1], os.O_RDWR)
for number in (0, 1, 2):
    os.dup2(terminal, number)
os.execv(sys.argv[2], sys.argv[2:])
"""
"""Of a session of its own, the first terminal that is opened is the controlling one."""


@pytest.fixture(scope="module")
def certs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("certs")


@pytest.fixture
def folder(tmp_path: Path, certs: Path) -> Path:
    (tmp_path / "certs-dev").symlink_to(certs)
    shutil.copy(SCENARIOS / "cats.yaml", tmp_path)
    shutil.copy(SCENARIOS / "netstream-solar-day.yaml", tmp_path)
    return tmp_path


def words(*arguments: str, scenario: str = "cats.yaml", ports: tuple[str, ...] = ("0", "0")) -> list[str]:
    chosen = ("--port", ports[0], "--plain-port", ports[1]) if ports else ()
    return [PYTHON, "-m", "simulator", "run", scenario, *chosen, *arguments]


def run(folder: Path, *arguments: str, given: str = "", **more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        words(*arguments),
        cwd=folder,
        env=environment(**more),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        input=given,
    )


def test_the_command_is_told_where_and_who_to_be(folder: Path) -> None:
    done = run(folder, "--", PYTHON, "-c", TELL + ASK, EHUBSIM_PLAIN_URL="http://elsewhere", MINE="stays")
    assert (done.returncode, done.stdout) == (0, ""), done.stderr
    told = json.loads((folder / "told.json").read_text())
    assert {name: told[name] for name in GIVEN} == GIVEN
    assert told["MINE"] == "stays"
    assert "EHUBSIM_PLAIN_URL" not in told, "there is no plain port here, whatever was inherited"
    assert told["EHUBSIM_URL"].startswith("https://127.0.0.1:")
    assert all(Path(told[f"EHUBSIM_{name}"]).is_absolute() for name in ("CA", "CLIENT_CERT", "CLIENT_KEY"))
    assert [line.partition(" on ")[0] for line in done.stderr.splitlines()] == [
        "ehubsim: Two customers change retailer",
        "ehubsim: COMMAND ended with exit code 0",
        "ehubsim: passed (no expectations)",
    ]


def test_netstream_and_the_control_token_are_told_too(folder: Path) -> None:
    command = words("--host", "0.0.0.0", "--ready-file", "ready.json", "--", PYTHON, "-c", TELL)
    command[4] = "netstream-solar-day.yaml"
    assert subprocess.run(command, cwd=folder, env=environment(), timeout=60, check=False).returncode == 0
    told, ready = (json.loads((folder / name).read_text()) for name in ("told.json", "ready.json"))
    (app,) = ready["netstream"]
    assert told["EHUBSIM_NETSTREAM_TENANT"] == app["tenant"]
    assert told["EHUBSIM_NETSTREAM_CLIENT_ID"] == app["client_id"] == "app-1"
    assert told["EHUBSIM_NETSTREAM_CLIENT_SECRET"] == app["client_secret"] == "s3cret"
    assert told["EHUBSIM_CONTROL_TOKEN"] == ready["control_token"] != ""


def test_what_it_reads_and_says_is_left_alone(folder: Path) -> None:
    program = "import sys; print(sys.stdin.read()[::-1], end=''); print('to err', file=sys.stderr); sys.exit(3)"
    done = run(folder, "--", PYTHON, "-c", program, given="abc")
    assert (done.returncode, done.stdout) == (1, "cba")
    lines = done.stderr.splitlines()
    assert lines[1:] == ["to err", "ehubsim: COMMAND ended with exit code 3", "ehubsim: FAILED (no expectations)"]


def test_words_of_the_command_are_its_own(folder: Path) -> None:
    done = run(folder, "--", PYTHON, "-c", "import sys; print(sys.argv[1:])", "--port", "x", "--", "serve", "--help")
    assert (done.returncode, done.stdout) == (0, "['--port', 'x', '--', 'serve', '--help']\n")


def test_every_report_is_written(folder: Path) -> None:
    (folder / "s.md").write_text("before\n")
    reports = ("--junit", "r.xml", "--html", "r.html", "--markdown", "s.md")
    done = run(folder, *reports, "--", PYTHON, "-c", "raise SystemExit(7)")
    assert done.returncode == 1
    suite = ET.parse(folder / "r.xml").getroot()
    assert (suite.get("tests"), suite.get("failures"), suite.get("errors")) == ("1", "1", "0")
    assert "ended with exit code 7" in (folder / "r.html").read_text()
    assert (folder / "s.md").read_text().startswith("before\n## ❌ Two customers change retailer: FAILED\n")


def test_a_report_that_cannot_be_written_is_no_success(folder: Path) -> None:
    program = "import os; os.mkdir('r.xml')"
    done = run(folder, "--junit", "r.xml", "--", PYTHON, "-c", program)
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1] == "ehubsim: r.xml cannot be written: Is a directory"


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ((), "what to run is missing"),
        (("--",), "what to run is missing"),
        (("--html", "no/such/r.html", "--", "true"), "ehubsim: --html 'no/such/r.html' is not a file in a directory"),
        (("--grace", "soon", "--", "true"), "ehubsim: --grace 'soon' is not a number of seconds"),
        (("--bogus", "--", "true"), "unrecognized arguments: --bogus"),
        (("--clock", "0x", "--", "true"), "ehubsim: --clock '0x'"),
    ],
)
def test_wrong_usage(folder: Path, arguments: tuple[str, ...], told: str) -> None:
    done = run(folder, *arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert told in done.stderr
    assert "Traceback" not in done.stderr


def test_what_cannot_be_started_is_said_in_one_line(folder: Path) -> None:
    done = run(folder, "--junit", "r.xml", "--", "no-such-program")
    assert done.returncode == 3
    assert "ehubsim: COMMAND could not be started: there is no program 'no-such-program'" in done.stderr.splitlines()
    assert ET.parse(folder / "r.xml").getroot().get("failures") == "1"


def test_a_port_that_is_taken_a_scenario_that_is_none_a_journal_of_another_story(folder: Path) -> None:
    (folder / "wrong.yaml").write_text("scenario: S\ncolour: red\n")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        cases = [
            words("--", "true", ports=(port, "0")),
            words("--", "true", scenario="wrong.yaml"),
            words("--", "true", scenario="none.yaml"),
            words("--journal", "sqlite:no/such/folder/j.sqlite", "--", "true"),
        ]
        for command in cases:
            done = subprocess.run(
                command, cwd=folder, env=environment(), capture_output=True, text=True, timeout=60, check=False
            )
            assert (done.returncode, done.stdout, done.stderr.count("\n")) == (3, "", 1), done.stderr


def test_terminated_it_ends_the_command_and_still_reports(folder: Path) -> None:
    program = (
        "import signal, sys\n"
        "signal.signal(signal.SIGTERM, lambda *_: (print('told', flush=True), sys.exit(5)))\n"
        "print('up', flush=True)\n"
        "signal.pause()\n"
    )
    command = words("--junit", "r.xml", "--", PYTHON, "-c", program)
    pipe = subprocess.PIPE
    with subprocess.Popen(command, cwd=folder, env=environment(), stdout=pipe, stderr=pipe, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "up\n"
        process.send_signal(signal.SIGTERM)
        out, err = process.communicate(timeout=30)
    assert (process.returncode, out) == (1, "told\n")
    assert "ehubsim: COMMAND ended with exit code 5" in err
    assert (folder / "r.xml").is_file()


def test_on_a_terminal_ctrl_c_reaches_the_command_once(folder: Path) -> None:
    program = (
        "import signal, sys\n"
        "signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})\n"
        "print('up', sys.stdin.isatty(), flush=True)\n"
        "signal.sigwait({signal.SIGINT})\n"
        "print('again', signal.sigtimedwait({signal.SIGINT}, 0.3), flush=True)\n"
    )
    ours, theirs = pty.openpty()
    command = [PYTHON, "-c", ON_TERMINAL, os.ttyname(theirs), *words("--", PYTHON, "-c", program)]
    with subprocess.Popen(command, cwd=folder, env=environment(), start_new_session=True) as process:
        seen = b""
        while b"up True" not in seen:
            seen += os.read(ours, 1000)
        os.write(ours, b"\x03")
        while b"passed" not in seen:
            seen += os.read(ours, 1000)
        assert process.wait(30) == 0
    assert b"again None" in seen
    os.close(theirs)
    os.close(ours)
