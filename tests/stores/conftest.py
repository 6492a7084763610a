"""Where journals of these tests are, and that none is left open."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from journal_kit import Watched


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "journal.sqlite"


@pytest.fixture(autouse=True)
def _watched() -> Iterator[None]:
    yield
    Watched.opened.clear()
