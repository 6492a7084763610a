"""A hand-made server on loopback, over TLS or plain: ``http.server`` in front of the naive hub. No simulator code."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from client_fake_hub import FakeHub

from simulator.client.values import HttpCall

Raw = Callable[[BaseHTTPRequestHandler], bool]
"""Answers a request by hand; returns whether it did."""


class Stub(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, context: ssl.SSLContext | None) -> None:
        super().__init__(("127.0.0.1", 0), Answer)
        self.context = context
        self.hub = FakeHub()
        self.raw: Raw | None = None
        self.requests: list[tuple[str, str, list[tuple[str, str]]]] = []
        self.connections = 0

    @property
    def url(self) -> str:
        return f"{'https' if self.context else 'http'}://127.0.0.1:{self.server_port}"

    def finish_request(self, request: Any, client_address: Any) -> None:
        self.connections += 1
        try:
            if self.context is not None:
                request = self.context.wrap_socket(request, server_side=True)
            super().finish_request(request, client_address)
        except OSError:
            return
        finally:
            request.close()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """The tests look at what the client saw."""


class Answer(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Stub

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        self.server.requests.append((self.command, self.path, list(self.headers.items())))
        if self.server.raw is not None and self.server.raw(self):
            return
        headers = tuple((k, v) for k, v in self.headers.items())
        named = tuple(("messageContextID", v) if k.lower() == "messagecontextid" else (k, v) for k, v in headers)
        path, query = parts.path.removeprefix("/w/one"), tuple(parse_qsl(parts.query))
        answer = self.server.hub.answer(HttpCall(self.command, path, query, named, body))
        self.reply(answer.status, answer.body, **answer.headers)

    do_POST = do_GET  # noqa: N815  # the name http.server asks for

    def reply(self, status: int, body: bytes = b"", **headers: str) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the name the base class has
        """Quiet."""


@contextmanager
def serving(context: ssl.SSLContext | None = None) -> Iterator[Stub]:
    stub = Stub(context)
    thread = threading.Thread(target=stub.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield stub
    finally:
        stub.shutdown()
        stub.server_close()
        thread.join()
