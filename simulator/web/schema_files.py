"""The only place that reads the official aseXML schema set, which the user holds and we do not."""

from __future__ import annotations

from pathlib import Path

from simulator.asexml.schemas import Schemas
from simulator.base.errors import BadValue

MOST_FILES = 2_000
MOST_BYTES = 64 * 1024 * 1024


def read_schemas(directory: Path | None) -> Schemas:
    """Every ``.xsd`` below a directory, by file name; without one, our own tables alone. Raises `BadValue`."""
    if directory is None:
        return Schemas()
    files: dict[str, bytes] = {}
    size = 0
    try:
        for path in sorted(directory.rglob("*.xsd")):
            files[path.name] = path.read_bytes()
            size += len(files[path.name])
            if len(files) > MOST_FILES or size > MOST_BYTES:
                raise BadValue(f"schemas {directory}: more than a schema set", rule="schemas.size")
    except OSError as error:
        raise BadValue(f"schemas {directory} cannot be read: {error.strerror or error}", rule="schemas.file") from None
    if not files:
        raise BadValue(f"schemas {directory}: no .xsd file there", rule="schemas.none")
    return Schemas(files)
