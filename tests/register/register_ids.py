"""Every rule id in the program's text, and those that tests saw it answer with."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import simulator

ROOT = Path(simulator.__file__).parent
ID = re.compile(r"[a-z][a-z0-9_]*\.[A-Za-z][A-Za-z0-9-]*")
NO_RULES = re.compile(r"(openapi|story)\.json|(ca|server)\.(key|pem)|.*\.(csv|py|sqlite|svg|yaml|zip)|simulator\..*")
"""Names of files and packages, which look the same."""


@cache
def written() -> frozenset[str]:
    """Ids written in the program; docstrings do not count."""
    ids = (text for text in _texts() if ID.fullmatch(text) and not NO_RULES.fullmatch(text))
    return frozenset(ids) - set(composed())


def composed() -> dict[str, str]:
    """Beginnings of ids that are put together when they are answered → where."""
    found = {}
    for path, tree in _trees():
        for node in ast.walk(tree):
            if isinstance(node, ast.JoinedStr) and isinstance(node.values[0], ast.Constant):
                text = str(node.values[0].value)
                if re.fullmatch(r"[a-z]+\.[A-Za-z-]*", text):
                    found[text] = path.relative_to(ROOT).as_posix()
            elif isinstance(node, ast.Constant) and re.fullmatch(r"[a-z]+\.", str(node.value)):
                found[node.value] = path.relative_to(ROOT).as_posix()
    return found


def entra_codes() -> set[int]:
    """The numbers of `EntraError`."""
    calls = (node for _, tree in _trees() for node in ast.walk(tree) if isinstance(node, ast.Call))
    named = (call for call in calls if ast.unparse(call.func).endswith("EntraError"))
    return {call.args[0].value for call in named if isinstance(call.args[0], ast.Constant)}  # type: ignore[misc]


def _texts() -> Iterator[str]:
    for _, tree in _trees():
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                yield node.value


@cache
def _trees() -> tuple[tuple[Path, ast.Module], ...]:
    return tuple((path, ast.parse(path.read_text("utf-8"))) for path in sorted(ROOT.rglob("*.py")))
