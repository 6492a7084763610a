"""Everything that can go wrong for the client, each as one clear line and a kind a program can branch on."""

from __future__ import annotations

from enum import StrEnum


class Kind(StrEnum):
    """What went wrong."""

    USAGE = "usage"
    UNTRUSTED = "server-untrusted"
    WRONG_NAME = "server-name"
    CERTIFICATE = "certificate-refused"
    TLS = "tls"
    UNREACHABLE = "unreachable"
    TIMEOUT = "timeout"
    LOST = "connection-lost"
    TOO_BIG = "too-big"
    STATUS = "status"
    NOT_FOUND = "not-found"
    ANSWER = "unreadable-answer"
    INBOX = "inbox"


PASSING = frozenset({Kind.UNREACHABLE, Kind.TIMEOUT, Kind.LOST})
"""Kinds that may go away by themselves."""


class ClientError(Exception):
    """One line that says what failed. ``status`` is the HTTP status where there was one.

    ``retry_after`` is the number of seconds the hub asked to wait, if it did.
    """

    def __init__(self, kind: Kind, text: str, *, status: int | None = None, retry_after: float | None = None) -> None:
        super().__init__(text)
        self.kind = kind
        self.status = status
        self.retry_after = retry_after

    @property
    def rule(self) -> str:
        """The rule id of this kind of failure."""
        return f"client.{self.kind}"

    @property
    def temporary(self) -> bool:
        """Whether the same call may be made again: 429, 5xx, no connection, a lost answer; no other status.

        A 401 is final because repeating it locks the user out (aemo-b2m §1.3).
        """
        if self.status is not None:
            return self.status == 429 or self.status >= 500
        return self.kind in PASSING
