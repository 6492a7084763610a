"""Messages written to a directory, one file each, named by context id; whole or not at all."""

from __future__ import annotations

import os
import re
from hashlib import blake2b
from pathlib import Path

from simulator.client.values import Delivered

_SAFE = re.compile(r"[0-9a-z_]{1,50}")


def as_text(text: str) -> str:
    """Text from the hub made fit for one terminal line: control characters shown as such."""
    return "".join(c if c.isprintable() or c == "\n" else f"\\x{ord(c):02x}" for c in text)


class MessageFiles:
    """A directory of messages."""

    def __init__(self, directory: Path) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        self._directory = directory

    def write(self, delivered: Delivered, suffix: str = ".xml") -> Path:
        """Write a message; the same one again replaces the same file. Returns the path; on disk when it returns."""
        name = delivered.context_id
        if not _SAFE.fullmatch(name):
            name = blake2b(name.encode(), digest_size=16).hexdigest()  # a hub must not choose where we write
        path = self._directory / f"{name}{suffix}"
        partial = path.with_name(f".{path.name}.part")
        with partial.open("wb") as file:
            file.write(delivered.body)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
        self._flush_directory()
        return path

    def _flush_directory(self) -> None:
        if os.name != "posix":
            return
        handle = os.open(self._directory, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
