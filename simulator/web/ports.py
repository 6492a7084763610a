"""Ports of a workspace: listeners whose paths are that workspace's, for systems that cannot prefix a path.

They are opened with the workspace and closed with it. A TLS context of one's own makes a port whose TLS is at fault.
"""

from __future__ import annotations

import ssl
from collections.abc import Callable
from dataclasses import dataclass, field

import msgspec

from simulator.web.listeners import Listeners, see_free, url_of

PLAIN_HOST = "127.0.0.1"
DRAIN_SECONDS = 1.0
"""How long exchanges on a port may take to finish when its workspace is dropped."""


class Address(msgspec.Struct, frozen=True):
    """Where a workspace answers without a prefix: over TLS, and over HTTP on loopback where the server does."""

    url: str
    plain_url: str | None


@dataclass(slots=True)
class Ports:
    """The ports of all workspaces. ``listeners`` makes those of a workspace; ``plain`` says whether there is HTTP."""

    listeners: Callable[[str], Listeners]
    host: str
    context: ssl.SSLContext
    plain: bool
    _open: dict[str, list[Listeners]] = field(default_factory=dict)
    _told: dict[str, Address] = field(default_factory=dict)

    def address(self, name: str) -> Address | None:
        """Where a workspace answers, if it has a port."""
        return self._told.get(name)

    async def see_free(self, name: str, port: int, chosen_by: str) -> None:
        """Raises `CannotStart` for a port that a workspace could not have; what it holds now it may have again."""
        if not any(listening.hold(port) for listening in self._open.get(name, ())):
            await see_free(self.host, port, chosen_by)

    async def open(self, name: str, port: int) -> Address:
        """Give a workspace a port, any free one for 0; raises `CannotStart`."""
        url = url_of(self.host, await self.open_with(name, port, self.context))
        plain = None
        if self.plain:
            plain = f"http://{PLAIN_HOST}:{await self._of(name).open(PLAIN_HOST, 0, None)}"
        self._told[name] = Address(url, plain)
        return self._told[name]

    async def open_with(self, name: str, port: int, context: ssl.SSLContext) -> int:
        """A further port of a workspace with TLS of its own; raises `CannotStart`."""
        return await self._of(name).open(self.host, port, context)

    async def close(self, name: str) -> None:
        """Close what a workspace has; nothing for one without a port."""
        self._told.pop(name, None)
        for listening in self._open.pop(name, ()):
            await listening.close(DRAIN_SECONDS)

    async def close_all(self) -> None:
        """Close every port."""
        for name in tuple(self._open):
            await self.close(name)

    def _of(self, name: str) -> Listeners:
        opened = self.listeners(name)
        self._open.setdefault(name, []).append(opened)
        return opened
