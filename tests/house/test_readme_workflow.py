"""The job of GitHub Actions that the README shows: it is one, and its commands run as they stand."""

from __future__ import annotations

import os
import shlex
import shutil
import stat
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
import yaml
from test_readme import BLOCKS, ROOT, WORKFLOW, free_port

SHELL = ("bash", "--noprofile", "--norc", "-eo", "pipefail")
"""How GitHub runs a step."""


@pytest.fixture(scope="module")
def steps() -> list[dict[str, Any]]:
    (text,) = [text for kind, text in BLOCKS if kind == "yaml" and WORKFLOW in text]
    workflow = yaml.load(text, yaml.BaseLoader)
    assert set(workflow) == {"name", "on", "jobs"}
    (job,) = workflow["jobs"].values()
    assert job["runs-on"] == "ubuntu-latest"
    found: list[dict[str, Any]] = job["steps"]
    return found


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """The working tree as a runner has it after its first steps, without what they install."""
    shutil.copytree(ROOT / "scenarios", tmp_path / "scenarios")
    example = next(text for kind, text in reversed(BLOCKS) if kind == "python" and "pytest" in text)
    (tmp_path / "example.py").write_text(example)
    return tmp_path


def environment(folder: Path) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "EHUBSIM_"))}
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    ports = {"EHUBSIM_PORT": free_port(), "EHUBSIM_PLAIN_PORT": free_port()}
    return {**kept, **ports, "PATH": path, "GITHUB_STEP_SUMMARY": str(folder / "summary.md")}


def test_every_step_uses_an_action_or_runs_something(steps: list[dict[str, Any]]) -> None:
    assert [step["uses"].partition("@")[0] for step in steps if "uses" in step] == [
        "actions/checkout",
        "actions/setup-python",
        "actions/upload-artifact",
    ]
    assert all(("uses" in step) != ("run" in step) for step in steps)
    python = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["requires-python"]
    assert tuple(map(int, steps[1]["with"]["python-version"].split("."))) >= tuple(
        map(int, python.removeprefix(">=").split("."))
    )


def test_what_is_installed_is_this_package_with_what_the_tests_need(steps: list[dict[str, Any]]) -> None:
    installs = [shlex.split(step["run"]) for step in steps if step.get("run", "").startswith("pip ")]
    assert installs == [["pip", "install", ".[test]"]]


def test_its_commands_run_and_leave_what_is_uploaded(steps: list[dict[str, Any]], checkout: Path) -> None:
    ran = 0
    for step in steps:
        if "run" not in step or step["run"].startswith("pip "):
            continue
        script = checkout / "step.sh"
        script.write_text(step["run"])
        script.chmod(script.stat().st_mode | stat.S_IXUSR)
        done = subprocess.run(
            [*SHELL, str(script)],
            cwd=checkout,
            env=environment(checkout),
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        ran += 1
    assert ran == 2
    for pattern in steps[-1]["with"]["path"].splitlines():
        assert list(checkout.glob(pattern)), pattern
    assert ET.parse(checkout / "verdict.xml").getroot().get("failures") == "0"
    assert (checkout / "summary.md").read_text().startswith("## ✅ Two customers change retailer: passed")
