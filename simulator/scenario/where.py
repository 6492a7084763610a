"""A place in a scenario file, so that every answer can name its line."""

from __future__ import annotations

import msgspec


class Where(msgspec.Struct, frozen=True):
    """A place in a scenario file."""

    file: str
    line: int
    column: int = 1

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"
