"""One line per exchange, for people or machines; credentials never get this far.

Only the head's harmless parts are shown: verb, path, participant, and query parameters that are no keys. A thread
writes them: whoever was given the other end of a pipe and never reads it must not hold up the server.
"""

from __future__ import annotations

import io
import json
import re
from dataclasses import dataclass, field
from datetime import datetime
from queue import Empty, SimpleQueue
from threading import Thread
from typing import TextIO
from urllib.parse import quote

from simulator.base.http import HttpReply, HttpRequest
from simulator.hub.exchanges import bounded

MOST_WAITING = 10_000
"""Lines that wait to be written; more are counted and left out."""
CLOSE_SECONDS = 2.0
"""How long lines that still wait at the end may take to be written."""
_SECRET = re.compile(r"key|secret|token|password|assertion|credential|code", re.IGNORECASE)


def shown_target(request: HttpRequest) -> str:
    """Path and query as one line of printable text, values of secret parameters masked; what is cut says so."""
    query = "&".join(
        f"{quote(name)}={'***' if _SECRET.search(name) else quote(value)}" for name, value in request.query
    )
    return bounded(quote(request.path, safe="/:@!$'()*+,;=-._~") + ("?" + query if query else ""))


@dataclass(slots=True)
class ExchangeLog:
    """Writes lines of the form ``text`` or ``json`` to a stream, until the stream goes away or the log is closed."""

    stream: TextIO
    form: str
    _open: bool = True
    _waiting: SimpleQueue[str | None] = field(default_factory=SimpleQueue)
    """None ends the thread."""
    _writer: Thread | None = None
    _left_out: int = 0
    _told: int = 0

    def note(self, at: datetime, request: HttpRequest, reply: HttpReply, seconds: float) -> None:
        """One exchange: market time, who, what, the rule that answered, and why it refused."""
        self._write((_json if self.form == "json" else _text)(at, request, reply, seconds))

    def note_handshake(self, at: datetime, reason: str) -> None:
        """A TLS handshake that was refused: no exchange came of it."""
        if self.form == "json":
            self._write(json.dumps({"at": at.isoformat(timespec="milliseconds"), "tls": reason}))
        else:
            self._write(f"{at.isoformat(' ', 'milliseconds')}  TLS handshake refused: {_printable(reason)}")

    def close(self, seconds: float = CLOSE_SECONDS) -> None:
        """Write what waits; give up after some seconds when nobody reads it. The stream stays open."""
        self._open = False
        if self._writer is not None:
            self._waiting.put(None)
            self._writer.join(seconds)

    def _write(self, line: str) -> None:
        if not self._open:
            return
        if self._waiting.qsize() >= MOST_WAITING:
            self._left_out += 1
            return
        self._waiting.put(line)
        if self._writer is None:
            self._writer = Thread(target=self._work, name="exchange log", daemon=True)
            self._writer.start()

    def _work(self) -> None:
        more = True
        while more:
            lines = self._next_lines()
            more = lines[-1] is not None
            text = "".join([f"{line}\n" for line in (*lines, *self._gap()) if line is not None])
            try:
                _put(self.stream, text)
            except (OSError, ValueError):
                self._open = more = False

    def _next_lines(self) -> list[str | None]:
        lines = [self._waiting.get()]
        try:
            while lines[-1] is not None:
                lines.append(self._waiting.get_nowait())
        except Empty:
            pass
        return lines

    def _gap(self) -> list[str]:
        """How many lines were left out since this was last told."""
        count = self._left_out - self._told
        self._told += count
        if not count:
            return []
        return [
            json.dumps({"leftOut": count}) if self.form == "json" else f"… {count} lines left out: nobody read them"
        ]


def _put(stream: TextIO, text: str) -> None:
    """All of it, past the stream's buffer where it has one: the end of the process waits for who is in there."""
    buffer = getattr(stream, "buffer", None)
    raw = getattr(buffer, "raw", buffer)
    if not isinstance(raw, io.RawIOBase):
        stream.write(text)
        stream.flush()
        return
    left = memoryview(text.encode(stream.encoding or "utf-8", "backslashreplace"))
    while left:
        written = raw.write(left)
        if written is None:
            raise BlockingIOError("the stream takes nothing now and does not wait")
        left = left[written:]


def _text(at: datetime, request: HttpRequest, reply: HttpReply, seconds: float) -> str:
    clock = at.isoformat(" ", "milliseconds")
    line = f"{clock}  {_participant(request) or '-':10}  {request.method} {shown_target(request)}"
    reason = f": {_printable(bounded(reply.why))}" if reply.why else ""
    rule = f"  {reply.rule}{reason}" if reply.rule else ""
    said = "".join(f"  ({_printable(str(each))})" for each in (*reply.rules, reply.nearest) if each)
    return f"{line}  {reply.status}  {_size(reply)}  {seconds * 1000:.1f} ms{rule}{said}"


def _json(at: datetime, request: HttpRequest, reply: HttpReply, seconds: float) -> str:
    return json.dumps(
        {
            "at": at.isoformat(timespec="milliseconds"),
            "participant": _participant(request),
            "certificate": request.peer.participant if request.peer else None,
            "method": request.method,
            "target": shown_target(request),
            "status": reply.status,
            "bytes": None if _streams(reply) else len(reply.body),
            "ms": round(seconds * 1000, 1),
            "rule": reply.rule or None,
            "why": bounded(reply.why) or None,
            "rules": list(reply.rules) or None,
            "nearest": str(reply.nearest) or None,
        }
    )


def _size(reply: HttpReply) -> str:
    return "streamed" if _streams(reply) else f"{len(reply.body)} B"


def _streams(reply: HttpReply) -> bool:
    """How many bytes it will have is not known when its line is written."""
    return reply.stream is not None or reply.feed is not None


def _participant(request: HttpRequest) -> str | None:
    claimed = request.headers.get("X-initiatingParticipantID")
    return None if claimed is None else _printable(claimed[:40])


def _printable(text: str) -> str:
    return text if text.isprintable() else ascii(text)
