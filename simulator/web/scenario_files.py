"""The only place that reads scenario files from disk or from the package, and tells people what is wrong with them."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

from simulator.base.clock import wall_time
from simulator.base.errors import BadValue

if TYPE_CHECKING:
    from datetime import datetime

    from simulator.scenario.model import Scenario

MOST_BYTES = 64 * 1024 * 1024
QUICKSTART = "quickstart.yaml"


def shipped(name: str) -> Path:
    """A scenario that comes with the package: beside the modules when installed, in the repository when developed."""
    package = Path(str(files("simulator")))
    installed = package / "shipped" / name
    return installed if installed.is_file() else package.parent / "scenarios" / name


def read_scenario(path: Path | None, today: datetime | None = None) -> Scenario:
    """The scenario of a file, or the quick-start; its relative dates count from ``today`` (now) unless it has a clock.

    Raises `BadValue` when the file cannot be read, `scenario.mistakes.ScenarioMistakes` with all that is wrong in it.
    """
    from simulator.scenario.loader import load  # noqa: PLC0415 - brings the YAML parser; only commands that read pay

    found = path or shipped(QUICKSTART)
    name = str(path) if path is not None else QUICKSTART
    return load(_text(found), name, today=today or wall_time(), read_file=lambda beside: _text(found.parent / beside))


def scenario_text(path: Path | None) -> bytes:
    """The bytes of a scenario file, or of the quick-start. Raises `BadValue` when it cannot be read."""
    return _text(path or shipped(QUICKSTART)).encode()


def _text(path: Path) -> str:
    try:
        with path.open("rb") as file:
            content = file.read(MOST_BYTES + 1)
        if len(content) > MOST_BYTES:
            raise BadValue(f"{path} is larger than {MOST_BYTES} bytes", rule="scenario.size")
        return content.decode("utf-8-sig")
    except OSError as error:
        raise BadValue(f"scenario {path} cannot be read: {error.strerror or error}", rule="scenario.file") from None
    except UnicodeDecodeError as error:
        place = f"byte {error.start}"
        raise BadValue(f"scenario {path} is not UTF-8 at {place}", rule="scenario.encoding") from None


def check(paths: Iterable[Path]) -> int:
    """Print every mistake of every file, and what can never happen in good ones; 0 when there is no mistake, else 1."""
    from simulator.scenario.mistakes import ScenarioMistakes  # noqa: PLC0415 - see read_scenario
    from simulator.scenario.never import warnings  # noqa: PLC0415 - see read_scenario

    wrong = False
    for path in paths:
        try:
            scenario = read_scenario(path)
        except (BadValue, ScenarioMistakes) as error:
            wrong = True
            print(error)
        else:
            for each in warnings(scenario):
                print(f"{each.where}: warning: {each.what}; {each.right}")
            print(f"{path}: good: {scenario.name}", file=sys.stderr)
    return 1 if wrong else 0
