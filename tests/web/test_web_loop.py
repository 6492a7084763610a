"""The event loop that serves: uvloop's where the extra ``speed`` is installed, asyncio's own elsewhere."""

from __future__ import annotations

import asyncio
import sys
import tomllib
from pathlib import Path
from types import ModuleType

import pytest
from packaging.requirements import Requirement

from simulator.config import Settings
from simulator.web import serve

ROOT = Path(__file__).parents[2]


class FakeLoop(asyncio.SelectorEventLoop):
    """A loop that can be told from asyncio's own choice."""


@pytest.fixture
def fake_uvloop(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    module = ModuleType("uvloop")
    module.new_event_loop = FakeLoop  # type: ignore[attr-defined]  # it is a fake
    monkeypatch.setitem(sys.modules, "uvloop", module)
    return module


@pytest.fixture
def loops(monkeypatch: pytest.MonkeyPatch) -> list[type]:
    """The kinds of loops that served."""
    seen: list[type] = []

    async def serving(settings: Settings, scenario: object) -> int:
        seen.append(type(asyncio.get_running_loop()))
        return serve.GOOD

    monkeypatch.setattr(serve, "_serving", serving)
    return seen


def test_it_serves_on_uvloop_where_that_is_installed(fake_uvloop: ModuleType, loops: list[type]) -> None:
    assert serve.serve(Settings()) == serve.GOOD
    assert loops == [FakeLoop]


def test_it_serves_on_asyncios_loop_elsewhere(monkeypatch: pytest.MonkeyPatch, loops: list[type]) -> None:
    monkeypatch.setitem(sys.modules, "uvloop", None)
    assert serve.serve(Settings()) == serve.GOOD
    (kind,) = loops
    assert kind.__module__.startswith("asyncio.")


def test_the_extra_has_both_bounds_and_leaves_windows_out() -> None:
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    (uvloop,) = [found for found in map(Requirement, extras["speed"]) if found.name == "uvloop"]
    assert {each.operator for each in uvloop.specifier} == {">=", "<"}
    assert uvloop.marker is not None
    assert [uvloop.marker.evaluate({"sys_platform": system}) for system in ("win32", "linux")] == [False, True]
