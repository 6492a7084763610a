"""Sockets: one TLS listener, one plain listener on loopback, and their orderly end."""

from __future__ import annotations

import asyncio
import errno
import socket
import ssl
from collections.abc import Callable
from functools import partial

from aiohttp import web

from simulator.web.app import App
from simulator.web.tls import peer_behind
from simulator.web.wire import Connection

HANDSHAKE_SECONDS = 15.0
DRAIN_SECONDS = 8.0
"""How long running exchanges may take to finish; container engines kill after ten."""
BACKLOG = 1024
OF_A_WORKSPACE = "port="
"""What chooses the port of a workspace."""
OF_A_STORY = "given: tls port"
"""What chooses the ports of its story whose TLS is at fault."""


class CannotStart(Exception):
    """Why nothing is served, in one line."""


class Listeners:
    """The open listeners of one app, or of one workspace in it."""

    def __init__(self, app: App, workspace: str | None = None) -> None:
        self._app = app
        self._workspace = workspace
        self._server = web.Server(app.handle if workspace is None else partial(app.handle, workspace=workspace))
        self._sockets: list[asyncio.Server] = []

    async def open(
        self,
        host: str,
        port: int,
        context: ssl.SSLContext | None,
        protocol: Callable[[], asyncio.Protocol] | None = None,
        flag: str | None = None,
    ) -> int:
        """Listen; returns the port, chosen by the system when 0 was asked. Raises `CannotStart`.

        ``protocol`` is spoken instead of HTTP; ``flag`` is what chooses the port.
        """
        handshake = None if context is None else HANDSHAKE_SECONDS
        try:
            listening = await asyncio.get_running_loop().create_server(
                protocol or self._connection, host, port, ssl=context, ssl_handshake_timeout=handshake, backlog=BACKLOG
            )
        except OSError as error:
            usual = "--plain-port" if context is None else "--port"
            own = None if self._workspace is None else OF_A_WORKSPACE
            raise CannotStart(_reason(host, port, error, flag or own or usual)) from None
        self._sockets.append(listening)
        return int(listening.sockets[0].getsockname()[1])

    def hold(self, port: int) -> bool:
        """Whether one of them is at that port."""
        return any(one.getsockname()[1] == port for each in self._sockets for one in each.sockets)

    def _connection(self) -> Connection:
        return Connection(self._server, peer_behind)

    async def close(self, drain: float = DRAIN_SECONDS) -> None:
        """Accept no more, let running exchanges finish, close every connection."""
        for listening in self._sockets:
            listening.close()
        if self._workspace is None:
            self._app.timers.end()
        await asyncio.sleep(0)
        self._server.pre_shutdown()
        await self._server.shutdown(drain)


async def see_free(host: str, port: int, chosen_by: str) -> None:
    """Bind a port to be and let it go again, without listening. Raises `CannotStart` when it is taken anywhere there.

    Sockets of our own, as not every event loop tells before it listens.
    """
    try:
        lookup = asyncio.get_running_loop().getaddrinfo
        found = await lookup(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except OSError:
        return  # whoever opens it will say
    for family, kind, protocol, _, address in found:
        try:
            with socket.socket(family, kind, protocol) as bound:
                bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                if family == socket.AF_INET6:
                    bound.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
                bound.bind(address)
        except OSError as error:  # an address that this machine does not have is none that is taken
            if error.errno in (errno.EADDRINUSE, errno.EACCES):
                raise CannotStart(_reason(host, port, error, chosen_by)) from None


EVERYWHERE = ("0.0.0.0", "::")  # noqa: S104 - names compared with, not bound to


def url_of(host: str, port: int) -> str:
    """Where a client reaches a TLS listener."""
    shown = "localhost" if host in EVERYWHERE else host
    return f"https://{f'[{shown}]' if ':' in shown else shown}:{port}"


def _reason(host: str, port: int, error: OSError, flag: str) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"port {port} on {host} is taken; choose another with {flag}"
    if error.errno == errno.EACCES:
        return f"port {port} may not be opened by this user; choose one above 1023 with {flag}"
    return f"cannot listen on {host} port {port}: {error.strerror or error}"
