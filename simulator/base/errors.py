"""The errors that may cross a layer. Business rejections are replies and events, never exceptions."""

from __future__ import annotations


class Refused(Exception):
    """A refusal of the wire: an HTTP status without a body, and the rule that asked for it."""

    def __init__(self, status: int, rule: str, reason: str) -> None:
        super().__init__(f"{status} {rule}: {reason}")
        self.status = status
        self.rule = rule
        self.reason = reason


class BadValue(ValueError):
    """A value that does not have its documented form; ``rule`` names the form."""

    def __init__(self, reason: str, rule: str) -> None:
        super().__init__(reason)
        self.rule = rule


class NotReady(Exception):
    """The simulation is halted (its journal failed) or not loaded yet."""
