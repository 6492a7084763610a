"""The reference client: an outsider that knows only codecs.

``HubClient`` and ``NetstreamClient`` here are the asyncio ones; those of ``simulator.client.blocking`` have the same
methods without await.
Nothing heavy is imported until a name is asked for.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from simulator.client.account import Account
    from simulator.client.aio import HubClient, NetstreamClient
    from simulator.client.errors import ClientError, Kind
    from simulator.client.file_inbox import FileInbox
    from simulator.client.inbox import Inbox, MemoryInbox
    from simulator.client.netstream import NetstreamAccount
    from simulator.client.netstream_rows import Row, Rows
    from simulator.client.retry import Retry
    from simulator.client.values import Delivered, Drained, QueueEntry, Receipt, Rejection

__all__ = [
    "Account",
    "ClientError",
    "Delivered",
    "Drained",
    "FileInbox",
    "HubClient",
    "Inbox",
    "Kind",
    "MemoryInbox",
    "NetstreamAccount",
    "NetstreamClient",
    "QueueEntry",
    "Receipt",
    "Rejection",
    "Retry",
    "Row",
    "Rows",
]

_HOMES = {
    "account": ("Account",),
    "aio": ("HubClient", "NetstreamClient"),
    "errors": ("ClientError", "Kind"),
    "file_inbox": ("FileInbox",),
    "inbox": ("Inbox", "MemoryInbox"),
    "retry": ("Retry",),
    "netstream": ("NetstreamAccount",),
    "netstream_rows": ("Row", "Rows"),
    "values": ("Delivered", "Drained", "QueueEntry", "Receipt", "Rejection"),
}


def __getattr__(name: str) -> object:
    for module, names in _HOMES.items():
        if name in names:
            return getattr(import_module(f"simulator.client.{module}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
