"""The house rules that a program can hold: lint, types, layers, sizes, and what must not be in the repository."""

from __future__ import annotations

import ast
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TOOLS = Path(sys.executable).parent
PACKAGE = sorted((ROOT / "simulator").rglob("*.py"))
TESTS = sorted((ROOT / "tests").rglob("*.py"))
TEXTS = (".py", ".md", ".toml", ".yaml", ".yml", ".json", ".csv", ".txt", ".cfg", ".sh", "")
LONGEST_FUNCTION = 40
LONGEST_MODULE = 400


def run(*command: str, cwd: Path = ROOT) -> str:
    """Both outputs of a tool, with its exit code in front."""
    plain = {name: value for name, value in os.environ.items() if name != "FORCE_COLOR"} | {"COLUMNS": "200"}
    words = [str(TOOLS / command[0]), *command[1:]]
    done = subprocess.run(words, cwd=cwd, env=plain, capture_output=True, text=True, check=False)
    return f"{done.returncode}\n{done.stdout}{done.stderr}"


def content(command: str) -> None:
    """Fail with what a tool of the house says, unless it is content."""
    told = run(*command.split())
    if not told.startswith("0\n"):
        pytest.fail(told[-20_000:], pytrace=False)


def test_lint() -> None:
    content("ruff check --no-cache .")


def test_format() -> None:
    content("ruff format --no-cache --check .")


def test_types() -> None:
    content("mypy")


def test_layers() -> None:
    content("lint-imports --no-cache")


@pytest.mark.parametrize(
    ("module", "line", "contract"),
    [
        ("simulator/hub/planted.py", "import asyncio", "The core does no I/O"),
        ("simulator/base/planted.py", "import simulator.hub", "The layers of the house"),
        ("simulator/client/planted.py", "import simulator.web.control", "The client is an outsider"),
        ("simulator/runtime.py", "import aiohttp", "aiohttp in the web layer"),
        ("simulator/planted.py", "", "The layers of the house"),
        ("simulator/apis/planted.py", "", "Faces know nothing of each other"),
        ("simulator/base/http.py", "import simulator.base.turn, simulator.base.clock", "No cycles"),
    ],
)
def test_the_contracts_bite(tmp_path: Path, module: str, line: str, contract: str) -> None:
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    shutil.copytree(ROOT / "simulator", tmp_path / "simulator", ignore=shutil.ignore_patterns("__pycache__"))
    planted = tmp_path / module
    planted.write_text((planted.read_text() if planted.exists() else "") + f"\n{line}\n")
    if "turn" in line:
        turn = tmp_path / "simulator/base/turn.py"
        turn.write_text(turn.read_text() + "\nimport simulator.base.http\n")
    told = run("lint-imports", "--no-cache", cwd=tmp_path)
    assert told.startswith("1\n")
    assert re.search(rf"{re.escape(contract)}.* BROKEN", told)


def functions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def test_functions_stop_at_40_lines() -> None:
    long = [
        f"{path.relative_to(ROOT)}:{node.lineno} {node.name} has {node.end_lineno - node.lineno + 1}"
        for path in PACKAGE
        for node in functions(path)
        if node.end_lineno is not None and node.end_lineno - node.lineno + 1 > LONGEST_FUNCTION
    ]
    assert long == []


def test_modules_stop_at_400_lines() -> None:
    sizes = {str(path.relative_to(ROOT)): len(path.read_text().splitlines()) for path in PACKAGE}
    assert {name: size for name, size in sizes.items() if size > LONGEST_MODULE} == {}


def test_no_catch_all_names() -> None:
    """A Manager, a Helper, utils and common are drawers for what nobody named."""
    drawers = re.compile(r"(?i)(^|_)(utils?|common|helpers?|managers?|misc)($|_)")
    classes = re.compile(r"^class \w*(Manager|Helper|Utils?)\b", re.MULTILINE)
    assert [path.name for path in PACKAGE if drawers.search(path.stem)] == []
    assert [path.name for path in PACKAGE if classes.search(path.read_text())] == []


def found(pattern: str, paths: list[Path]) -> list[str]:
    search = re.compile(pattern)
    return [
        f"{path.relative_to(ROOT)}:{number}: {line.strip()}"
        for path in paths
        for number, line in enumerate(path.read_text(errors="replace").splitlines(), 1)
        if search.search(line)
    ]


def test_nothing_is_left_to_do_later() -> None:
    assert found(r"\b(TO" r"DO|FIX" r"ME|XX" r"X|HA" r"CK)\b|raise NotImplemented" r"Error", PACKAGE + TESTS) == []


def test_exceptions_from_the_tools_name_their_code_and_reason() -> None:
    bare = r"#\s*no" r"qa\s*($|[^:])|#\s*type:\s*ig" r"nore(?!\[)"
    unexplained = r"#\s*no" r"qa: [A-Z0-9, ]+$|#\s*type:\s*ig" r"nore\[[\w, -]+\]$"
    assert found(bare, PACKAGE + TESTS) == []
    assert found(unexplained, PACKAGE) == []


def test_tests_never_sleep_nor_look_away() -> None:
    away = (
        r"time\.sl"
        r"eep\(|asyncio\.sl"
        r"eep\([^0)]|mark\.(sk"
        r"ip|xf"
        r"ail)|pytest\.(sk"
        r"ip|xf"
        r"ail|importors"
        r"kip)"
    )
    assert found(away, TESTS) == []


def repository_texts() -> list[Path]:
    """Every text of the repository as far as it is ours to commit."""
    top = ["simulator", "tests", "scenarios", ".ci", "certs-dev"]
    inside = [path for name in top for path in (ROOT / name).rglob("*") if path.is_file()]
    beside = [path for path in ROOT.iterdir() if path.is_file()]
    generated = {"__pycache__", "certs-dev"}
    return sorted(
        path
        for path in inside + beside
        if path.suffix in TEXTS and not generated & set(path.relative_to(ROOT).parts[:-1])
    )


def test_no_path_of_a_developers_machine_is_in_the_repository() -> None:
    places = {str(ROOT), str(Path.home()), str(TOOLS)} - {"/", "."}
    anyones = r"/(?:home|Users)/[a-z]\w*/"
    assert found("|".join([anyones, *(re.escape(place) + r"\b" for place in sorted(places))]), repository_texts()) == []


def test_no_schema_of_aemo_and_no_key_is_in_the_repository() -> None:
    """The aseXML licence forbids redistribution; keys are made, never committed."""
    names = [
        path for name in ("simulator", "tests", "scenarios") for path in (ROOT / name).rglob("*") if path.is_file()
    ]
    assert [path for path in names if path.suffix in (".xsd", ".key", ".pem", ".p12", ".pfx")] == []
    assert "certs-dev/*\n!certs-dev/README.md\n" in (ROOT / ".gitignore").read_text()


def test_the_core_logs_nothing_and_prints_nothing() -> None:
    shell = {"web", "client", "harness", "cli.py", "__main__.py"}
    core = [path for path in PACKAGE if path.relative_to(ROOT / "simulator").parts[0] not in shell]
    printing = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path in core
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("print", "open", "input")
    ]
    assert printing == []
