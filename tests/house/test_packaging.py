"""The build script and the container image, as far as their text can be held to what is promised of them."""

import ast
import json
import os
import re
import subprocess
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).parents[2]
DOCKERFILE = (ROOT / "Dockerfile").read_text()
BUILD = (ROOT / ".ci" / "run").read_text()
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
TEST_COMMAND = "python3 -m venv .venv && .venv/bin/pip install -q '.[test]' && .venv/bin/pytest"


def instructions() -> list[tuple[str, str]]:
    """(instruction, arguments) of the Dockerfile, continuation lines joined, comments dropped."""
    lines = "\n".join(line for line in DOCKERFILE.splitlines() if not line.startswith("#"))
    joined = re.sub(r"\\\n\s*", "", lines)
    return [(word, rest) for word, _, rest in (line.partition(" ") for line in joined.splitlines() if line)]


def last(word: str) -> str:
    return [rest for found, rest in instructions() if found == word][-1]


def test_the_build_runs_the_promised_command() -> None:
    assert BUILD.splitlines()[-1] == TEST_COMMAND
    assert "set -euo pipefail" in BUILD
    assert os.access(ROOT / ".ci" / "run", os.X_OK)
    assert subprocess.run(["bash", "-n", str(ROOT / ".ci" / "run")], check=False).returncode == 0


def constraints() -> dict[str, Version]:
    lines = (ROOT / ".ci" / "constraints.txt").read_text().splitlines()
    pins = [line.split("==") for line in lines if line and not line.startswith("#")]
    return {canonicalize_name(name): Version(version) for name, version in pins}


@pytest.mark.parametrize(
    "text",
    [*PROJECT["dependencies"], *(text for extra in PROJECT["optional-dependencies"].values() for text in extra)],
)
def test_every_dependency_is_pinned_for_the_build_within_its_bounds(text: str) -> None:
    wanted = Requirement(text)
    assert constraints()[canonicalize_name(wanted.name)] in wanted.specifier


@pytest.mark.parametrize("text", PROJECT["dependencies"])
def test_runtime_dependencies_have_lower_and_upper_bounds(text: str) -> None:
    operators = {clause.operator for clause in Requirement(text).specifier}
    assert operators == {">=", "<"}


def test_the_image_is_slim_and_runs_without_root() -> None:
    assert all(re.match(r"python:3\.1[1-9]-slim", rest) for word, rest in instructions() if word == "FROM")
    assert re.fullmatch(r"[1-9]\d*:[1-9]\d*", last("USER"))
    words = [word for word, _ in instructions()]
    assert words.index("USER") < words.index("ENTRYPOINT")


def test_the_image_serves_by_default_and_ends_on_sigterm() -> None:
    assert json.loads(last("ENTRYPOINT")) == ["ehubsim"]
    assert json.loads(last("CMD")) == ["serve", "--host", "0.0.0.0"]
    assert last("STOPSIGNAL") == "SIGTERM"


def test_the_image_writes_in_its_volume_alone() -> None:
    volume = last("VOLUME")
    assert f"EHUBSIM_CERTS={volume}/" in last("ENV")
    assert last("WORKDIR") == volume
    assert "PYTHONDONTWRITEBYTECODE=1" in last("ENV")


def test_the_health_check_asks_health_with_nothing_but_python() -> None:
    words = json.loads(last("HEALTHCHECK").partition("CMD ")[2])
    assert words[:2] == ["python", "-c"]
    assert "/_sim/health" in words[2]
    ast.parse(words[2])


def test_everything_the_image_copies_is_let_through() -> None:
    admitted = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    copied = {
        word.removeprefix("./")
        for name, rest in instructions()
        if name == "COPY" and not rest.startswith("--from")
        for word in rest.split()[:-1]
    }
    assert copied == admitted
    assert all((ROOT / name).exists() for name in copied)
