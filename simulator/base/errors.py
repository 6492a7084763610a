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


class StoryOver(Exception):
    """Something was to be done in a story, and another began before it was: nothing is done."""

    def __init__(self) -> None:
        super().__init__("another story began (a reset, or another scenario) before this was done: nothing of it was")


class NotReady(Exception):
    """The simulation is halted (its journal failed) or not loaded yet."""
