"""Text that somebody else wrote, made fit for a report."""

from __future__ import annotations

_LINES = "\n\t"


def printable(text: str) -> str:
    """What XML and HTML can hold and people can read; each character that is neither shows as a replacement mark."""
    if text.isprintable():
        return text
    return "".join(each if each.isprintable() or each in _LINES else "\ufffd" for each in text)
