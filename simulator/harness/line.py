"""A line to the control API of a server, in this process or any other: blocking calls, JSON in and out.

The only place of the harness that speaks HTTP. A connection for each call: lines may be used from any thread.
"""

from __future__ import annotations

import io
import ssl
import zipfile
from dataclasses import dataclass, replace
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

import msgspec

TIMEOUT = 90.0
"""Seconds a call may take; longer than the longest wait the control API grants."""


class ControlError(Exception):
    """The control API refused, or could not be reached; ``rule`` says why and ``mistakes`` those of a scenario."""

    def __init__(self, reason: str, status: int = 0, rule: str = "", mistakes: tuple[str, ...] = ()) -> None:
        super().__init__("\n".join(mistakes) or reason)
        self.status = status
        self.rule = rule
        self.mistakes = mistakes


@dataclass(frozen=True, slots=True)
class Line:
    """Where a control API is. ``prefix`` is the workspace's, ``ca`` a PEM file to trust instead of the system's."""

    base: str
    prefix: str = ""
    token: str | None = None
    ca: str | None = None

    def within(self, workspace: str) -> Line:
        """The line to a workspace of the same server."""
        return replace(self, prefix=f"/w/{workspace}")

    def get(self, resource: str, **query: object) -> Any:
        """The JSON of a resource. Raises `ControlError`."""
        return self._decoded(self.raw("GET", resource, None, query))

    def call(self, method: str, resource: str, body: bytes | None = None, **query: object) -> Any:
        """What a resource answers to an order. Raises `ControlError`."""
        return self._decoded(self.raw(method, resource, body or b"", query))

    def _decoded(self, content: bytes) -> Any:
        try:
            return msgspec.json.decode(content)
        except (msgspec.DecodeError, UnicodeDecodeError):
            raise ControlError(f"what answers at {self.base} is no control API of ehubsim") from None

    def raw(
        self, method: str, resource: str, body: bytes | None = None, query: dict[str, object] | None = None
    ) -> bytes:
        """The bytes of an answer. Raises `ControlError` for a problem, and when nobody answers."""
        given = {name: str(value) for name, value in (query or {}).items() if value is not None}
        target = f"{urlsplit(self.base).path.rstrip('/')}{self.prefix}/_sim/{quote(resource)}"
        headers = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        connection = self._connection()
        try:
            connection.request(method, target + (f"?{urlencode(given)}" if given else ""), body, headers)
            answer = connection.getresponse()
            content = answer.read()
        except (OSError, HTTPException) as error:
            raise ControlError(f"the control API at {self.base} cannot be reached: {error}") from error
        finally:
            connection.close()
        if answer.status >= 400:
            raise _problem(answer.status, content, f"{self.base}{target}")
        return content

    def certificates(self, participant: str, folder: Path) -> tuple[str, str, str]:
        """CA, certificate and key of a participant as PEM files in ``folder``, fetched when they are not there."""
        paths = tuple(folder / name for name in ("ca.pem", f"{participant}.pem", f"{participant}.key"))
        if not all(path.is_file() for path in paths):
            archive = zipfile.ZipFile(io.BytesIO(self.raw("GET", f"certs/{participant}.zip")))
            for path in paths:
                path.touch(mode=0o600)
                path.write_bytes(archive.read(path.name))
        ca, certificate, key = map(str, paths)
        return ca, certificate, key

    def _connection(self) -> HTTPConnection:
        parts = urlsplit(self.base)
        host, port = parts.hostname or "localhost", parts.port
        if parts.scheme == "https":
            return HTTPSConnection(host, port, timeout=TIMEOUT, context=ssl.create_default_context(cafile=self.ca))
        return HTTPConnection(host, port, timeout=TIMEOUT)


def _problem(status: int, content: bytes, target: str) -> ControlError:
    try:
        told = msgspec.json.decode(content, type=dict[str, Any])
    except (msgspec.DecodeError, UnicodeDecodeError):
        return ControlError(f"{target} answered {status}: it is no control API of ehubsim", status)
    reason, rule = str(told.get("detail", "")), str(told.get("rule", ""))
    return ControlError(f"{reason} ({rule})", status, rule, tuple(map(str, told.get("mistakes", ()))))
