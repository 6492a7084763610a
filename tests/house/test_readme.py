"""The README is executed: commands are run and their output compared, Python is run, scenarios are loaded.

A ``python`` block is the ``example.py`` of the commands after it. ``console`` blocks hold commands after ``$`` and what
they print; ``…`` stands for anything, also for whole lines. Every command ends with exit code 0, unless the last line
after it says ``[exit 1]`` or another. A command that starts with ``ehubsim serve`` is started and
left running for the blocks after it. ``sh`` blocks are the two set-up commands: they must be the promised ones, and the
build runs them.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from simulator.hub.states import mermaid
from simulator.register import section
from simulator.scenario.loader import load

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```$", README, re.DOTALL | re.MULTILINE)
KINDS = {"console", "python", "yaml", "sh", "mermaid", "text"}
WORKFLOW = "\njobs:\n"
"""What a job of GitHub Actions has, and no scenario; `test_readme_workflow` runs it."""
SETUP = [
    "python3 -m venv .venv && .venv/bin/pip install -q . && .venv/bin/ehubsim demo",
    "python3 -m venv .venv && .venv/bin/pip install -q '.[test]' && .venv/bin/pytest",
]


def blocks(kind: str) -> list[str]:
    return [text for found, text in BLOCKS if found == kind]


def free_port() -> str:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return str(probe.getsockname()[1])


class Session:
    """One shell session of the README, on ports of its own, in a folder of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.ports = {"9319": free_port(), "9380": free_port()}
        self.served: list[subprocess.Popen[str]] = []
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        self.environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")},
            "PATH": path,
            "EHUBSIM_PORT": self.ports["9319"],
            "EHUBSIM_PLAIN_PORT": self.ports["9380"],
            "COLUMNS": "200",
        }
        shutil.copytree(ROOT / "scenarios", folder / "scenarios")

    def ported(self, text: str) -> str:
        for written, used in self.ports.items():
            text = text.replace(written, used)
        return text

    def run(self, command: str) -> tuple[str, int]:
        """What a command prints, and its exit code."""
        if command.startswith("ehubsim serve"):
            return self.serve(command), 0
        if command.startswith("export "):
            settings = (word.partition("=") for word in shlex.split(self.ported(command))[1:])
            self.environment |= {name: value for name, _, value in settings}
            return "", 0
        done = subprocess.run(
            ["bash", "-o", "pipefail", "-c", self.ported(command)],
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        return done.stdout + done.stderr, done.returncode

    def serve(self, command: str) -> str:
        self.stop()
        running = subprocess.Popen(
            ["bash", "-c", "exec " + self.ported(command.removesuffix("&").strip())],
            cwd=self.folder,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.served.append(running)
        assert running.stdout is not None
        printed = []
        for line in running.stdout:
            printed.append(line)
            if line.startswith("Serving"):
                return "".join(printed)
        self.served.remove(running)
        running.communicate(timeout=30)
        raise AssertionError(f"$ {command}\ndid not begin to serve:\n{''.join(printed)}")

    def stop(self) -> None:
        while self.served:
            running = self.served.pop()
            running.send_signal(signal.SIGTERM)
            running.communicate(timeout=30)
            assert running.returncode == 0


@pytest.fixture
def session(tmp_path: Path) -> Iterator[Session]:
    opened = Session(tmp_path / "session")
    yield opened
    opened.stop()


def exchanges(block: str) -> list[tuple[str, str]]:
    """(command, expected output) pairs; a command goes on while its lines end in a backslash."""
    found: list[tuple[str, str]] = []
    lines = iter(block.splitlines(keepends=True))
    for line in lines:
        if line.startswith("$ "):
            command = line[2:]
            while command.endswith("\\\n"):
                command += next(lines)
            found.append((command.strip(), ""))
        else:
            command, expected = found[-1]
            found[-1] = (command, expected + line)
    return found


def matches(expected: str, printed: str) -> bool:
    pattern = ".*?".join(re.escape(part) for part in expected.strip().split("…"))
    return re.fullmatch(pattern, printed.strip(), re.DOTALL) is not None


def ending(expected: str) -> tuple[str, int]:
    """The expected output without its last line where that tells the exit code; and the exit code."""
    told = re.search(r"^\[exit (\d+)\]\s*\Z", expected, re.MULTILINE)
    return (expected, 0) if told is None else (expected[: told.start()], int(told[1]))


def check(session: Session, command: str, expected: str) -> None:
    """Run a command and hold it to what the README shows."""
    shown, code = ending(expected)
    printed, ended = session.run(command)
    story = f"$ {command}\nexpected, ending with {code}:\n{shown}\nwas, ending with {ended}:\n{printed}"
    assert ended == code, story
    assert matches(session.ported(shown), printed), story


def test_every_block_is_of_a_kind_that_is_checked():
    assert {kind for kind, _ in BLOCKS} <= KINDS
    assert README.count("```") == 2 * len(BLOCKS)


def test_the_set_up_commands_are_the_promised_ones():
    assert [block.strip() for block in blocks("sh")] == SETUP


def test_the_commands_print_what_the_readme_shows(session):
    ran = 0
    for kind, block in BLOCKS:
        if kind == "python":
            (session.folder / "example.py").write_text(session.ported(block))
        if kind != "console":
            continue
        for command, expected in exchanges(block):
            check(session, command, expected)
            ran += 1
    assert ran > 5


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        ("false", "…\n"),
        ("ehubsim check none.yaml", "…\n"),
        ("ehubsim check none.yaml | cat", "…\n"),
        ("ehubsim serve none.yaml &", "…\n"),
        ("true", "…\n[exit 1]\n"),
        ("ehubsim check --bogus", "…\n[exit 1]\n"),
        ("echo one", "two…\n"),
        ("echo one; false", "two…\n[exit 1]\n"),
    ],
)
def test_no_failure_hides_behind_what_may_be_anything(session, command: str, expected: str):
    with pytest.raises(AssertionError, match=re.escape(f"$ {command}")):
        check(session, command, expected)


@pytest.mark.parametrize(
    ("command", "expected"),
    [("echo one", "o…\n"), ("echo one; exit 3", "one\n[exit 3]\n"), ("exit 3", "[exit 3]\n"), ("true", "")],
)
def test_an_exit_code_is_told_in_the_last_line(session, command: str, expected: str):
    check(session, command, expected)


def test_every_python_block_is_run_by_a_command():
    commands = re.findall(r"^\$ (?:python|pytest -q) example\.py$", "".join(blocks("console")), re.MULTILINE)
    assert len(blocks("python")) == len(commands)


@pytest.mark.parametrize("block", [block for block in blocks("yaml") if WORKFLOW not in block])
def test_scenarios_shown_are_scenarios(block):
    assert load(block, "README.md").name


def test_the_state_diagram_is_the_state_table():
    assert blocks("mermaid") == [mermaid() + "\n"]


def test_every_bench_is_named():
    built = README.partition("## How it is built\n")[2].partition("\n## ")[0]
    there = {path.name for path in (ROOT / "tests" / "benchmarks").glob("bench_*.py")}
    assert set(re.findall(r"\bbench_\w+[.]py", built)) == there


def test_the_tables_are_those_of_the_register():
    assert section(README) == README, "renew them: ehubsim register --into README.md"
