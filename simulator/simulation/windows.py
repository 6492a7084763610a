"""What ends by itself in time: an application's token, and the wait of a participant that called too often.

    opened ──► scheduled ──► fired: TokenExpired, ThrottlingEnded

Nothing rests on these ends (a token says when it expires, a bucket fills with time): they are told, so that whoever
moves the clock sees them among everything that came due.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from simulator.base.turn import Event, Turn
from simulator.hub.events import ThrottlingBegan, ThrottlingEnded
from simulator.hub.order import Acted
from simulator.netstream.events import TokenExpired, TokenIssued

_TOKEN, _THROTTLING = "token", "throttling"


class Windows:
    """What is open. Of one holder those with the same end are one, so there are as many as moments they end at."""

    def __init__(self) -> None:
        self._open: dict[tuple[str, str], set[datetime]] = {}
        self.changes: Mapping[type[Event], Callable[[Any], None]] = {
            TokenIssued: lambda event: self._begun(_TOKEN, event.client, event.until),
            TokenExpired: lambda event: self._ended(_TOKEN, event.client),
            ThrottlingBegan: lambda event: self._begun(_THROTTLING, _call(event), event.until),
            ThrottlingEnded: lambda event: self._ended(_THROTTLING, _call(event)),
        }
        """Event type → what makes an event of it true."""

    def issue(self, turn: Turn, client: str, until: datetime) -> None:
        """An application was given a token."""
        self._begin(turn, _TOKEN, client, TokenIssued(turn.now, client, until))

    def throttle(self, turn: Turn, participant: str, api: str, until: datetime) -> None:
        """A participant was refused for calling too often."""
        began = ThrottlingBegan(turn.now, participant, api, until)
        self._begin(turn, _THROTTLING, participant, began)

    def fire(self, turn: Turn, kind: str, key: str) -> None:
        """The one that ends soonest is over."""
        if kind == _TOKEN:
            turn.emit(TokenExpired(turn.now, key))
        else:
            turn.emit(ThrottlingEnded(turn.now, *key.split("/", 1)))

    def _begin(self, turn: Turn, kind: str, who: str, began: TokenIssued | ThrottlingBegan) -> None:
        key = who if isinstance(began, TokenIssued) else _call(began)
        if began.until <= turn.now or began.until in self._open.get((kind, key), ()):
            return
        turn.emit(Acted(turn.now, who))
        turn.emit(began)
        turn.schedule(began.until, "windows", kind, key)

    def _begun(self, kind: str, key: str, until: datetime) -> None:
        self._open.setdefault((kind, key), set()).add(until)

    def _ended(self, kind: str, key: str) -> None:
        ends = self._open[kind, key]
        ends.remove(min(ends))
        if not ends:
            del self._open[kind, key]


def _call(event: ThrottlingBegan | ThrottlingEnded) -> str:
    return f"{event.participant}/{event.api}"
