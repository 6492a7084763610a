"""``ehubsim register``: the register of behaviour printed, or put into a README."""

from __future__ import annotations

import sys
from pathlib import Path

import msgspec

from simulator.register import markdown, register, section

GOOD, FAILED = 0, 1


def show(as_json: bool, into: Path | None) -> int:
    """Print it, or renew the tables between the marks of a file; 1 when the file has no marks or cannot be written."""
    if into is not None:
        return _renew(into)
    print(msgspec.json.format(msgspec.json.encode(list(register().values()))).decode() if as_json else markdown())
    return GOOD


def _renew(file: Path) -> int:
    try:
        text = file.read_text("utf-8")
        renewed = section(text)
        if renewed != text:
            file.write_text(renewed, "utf-8")
    except (OSError, ValueError) as error:
        print(f"ehubsim: {file}: {error}", file=sys.stderr)
        return FAILED
    return GOOD
