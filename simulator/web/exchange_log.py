"""One line per exchange, for people or machines; credentials never get this far.

Only the head's harmless parts are shown: verb, path, participant, and query parameters that are no keys.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import datetime
from typing import TextIO
from urllib.parse import quote

from simulator.base.http import HttpReply, HttpRequest

_SECRET = re.compile(r"key|secret|token|password|assertion|credential|code", re.IGNORECASE)


def shown_target(request: HttpRequest) -> str:
    """Path and query as one line of printable text, values of secret parameters masked."""
    query = "&".join(
        f"{quote(name)}={'***' if _SECRET.search(name) else quote(value)}" for name, value in request.query
    )
    return quote(request.path, safe="/:@!$'()*+,;=-._~") + ("?" + query if query else "")


@dataclass(slots=True)
class ExchangeLog:
    """Writes lines of the form ``text`` or ``json`` to a stream, until the stream goes away."""

    stream: TextIO
    form: str
    _open: bool = True

    def note(self, at: datetime, request: HttpRequest, reply: HttpReply, seconds: float) -> None:
        """One exchange: market time, who, what, the rule that answered, and why it refused."""
        self._write((_json if self.form == "json" else _text)(at, request, reply, seconds))

    def note_handshake(self, at: datetime, reason: str) -> None:
        """A TLS handshake that was refused: no exchange came of it."""
        if self.form == "json":
            self._write(json.dumps({"at": at.isoformat(timespec="milliseconds"), "tls": reason}))
        else:
            self._write(f"{at.isoformat(' ', 'milliseconds')}  TLS handshake refused: {_printable(reason)}")

    def _write(self, line: str) -> None:
        if not self._open:
            return
        try:
            self.stream.write(line + "\n")
            self.stream.flush()
        except (OSError, ValueError):
            self._open = False


def _text(at: datetime, request: HttpRequest, reply: HttpReply, seconds: float) -> str:
    clock = at.isoformat(" ", "milliseconds")
    line = f"{clock}  {_participant(request) or '-':10}  {request.method} {shown_target(request)}"
    reason = f": {_printable(reply.why)}" if reply.why else ""
    rule = f"  {reply.rule}{reason}" if reply.rule else ""
    return f"{line}  {reply.status}  {len(reply.body)} B  {seconds * 1000:.1f} ms{rule}"


def _json(at: datetime, request: HttpRequest, reply: HttpReply, seconds: float) -> str:
    return json.dumps(
        {
            "at": at.isoformat(timespec="milliseconds"),
            "participant": _participant(request),
            "certificate": request.peer.participant if request.peer else None,
            "method": request.method,
            "target": shown_target(request),
            "status": reply.status,
            "bytes": len(reply.body),
            "ms": round(seconds * 1000, 1),
            "rule": reply.rule or None,
            "why": reply.why or None,
        }
    )


def _participant(request: HttpRequest) -> str | None:
    claimed = request.headers.get("X-initiatingParticipantID")
    return None if claimed is None else _printable(claimed[:40])


def _printable(text: str) -> str:
    return text if text.isprintable() else ascii(text)
