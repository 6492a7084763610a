"""What the interface promises of scenario files and this version has not got. Such a key is a mistake today."""

from __future__ import annotations

from collections.abc import Mapping

LATER: Mapping[str, Mapping[str, str]] = {
    "the file": {},
    "delivery": {"push": "the push-push API"},
}
"""What the interface promises and this version has not got: key → what it comes with. Such a key is a mistake today."""
