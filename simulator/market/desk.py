"""What the market is handed and what it may ask of the house: the border between the market and the simulation."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import msgspec

from simulator.asexml.model import AseEvent, ReceivedTransaction, Transaction, TransactionAcknowledgement
from simulator.base.turn import Turn


class Refusals(msgspec.Struct, frozen=True, gc=False):
    """Which rows of meter data, or transactions of a message, a scenario wants refused, and with which event."""

    event: AseEvent
    every: int | None = None
    places: tuple[int, ...] = ()
    nmis: tuple[str, ...] = ()

    def chosen(self, place: int, nmi: str) -> bool:
        """Whether the one at that place (the first is 1), of that NMI, is to be refused."""
        counted = self.every is not None and place % self.every == 0
        return counted or place in self.places or nmi in self.nmis


class Request(msgspec.Struct, frozen=True, gc=False):
    """One transaction addressed to AEMO.

    ``release`` is the one to answer in; ``rejection``, when not empty, is how a scenario wants it refused.
    """

    sender: str
    group: str
    release: str
    transaction: ReceivedTransaction
    rejection: tuple[AseEvent, ...] = ()
    refusals: Refusals | None = None
    """How a scenario wants rows of meter data refused."""


class Desk(Protocol):
    """Sends what the market decides."""

    def send(
        self,
        turn: Turn,
        to: str,
        group: str,
        priority: str,
        transactions: Sequence[Transaction],
        *,
        release: str | None = None,
    ) -> None:
        """Queue a message from NEMMCO; without a release, in the receiver's own."""
        ...

    def send_all(
        self, turn: Turn, group: str, priority: str, letters: Sequence[tuple[str, tuple[Transaction, ...]]]
    ) -> None:
        """Queue a message for each receiver, in the order given, in its own release; their numbers all differ."""
        ...

    def acknowledge(
        self,
        turn: Turn,
        to: str,
        group: str,
        acknowledgement: TransactionAcknowledgement,
        *,
        release: str | None = None,
    ) -> None:
        """Queue a TACK, for a transaction that has no response."""
        ...
