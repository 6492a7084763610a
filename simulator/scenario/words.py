"""The events that ``after`` can wait for, in words, and whom each is about."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from simulator.base.turn import Event
from simulator.hub import events as hub
from simulator.market.events import AnswerGiven
from simulator.netstream import events as netstream
from simulator.world import events as world


class Word(msgspec.Struct, frozen=True):
    """An event: its type, and the scopes it is counted for beside the whole simulation; ``party``: one is whoever it
    is about."""

    kind: type[Event]
    about: Callable[[Any], tuple[str | None, ...]]
    party: bool = True


EVENTS: Mapping[str, Word] = {
    "message received": Word(hub.MessageReceived, lambda event: (event.sender,)),
    "message refused": Word(hub.MessageRefused, lambda event: (event.sender,)),
    "message repeated": Word(hub.DuplicateReceived, lambda event: (event.sender,)),
    "message queued": Word(hub.MessageQueued, lambda event: (event.to,)),
    "message fetched": Word(hub.MessageFetched, lambda event: (event.to,)),
    "message acknowledged": Word(hub.MessageAcknowledged, lambda event: (event.by,)),
    "bad acknowledgement": Word(hub.AcknowledgementRefused, lambda event: (event.by,)),
    "stop file raised": Word(hub.StopFileRaised, lambda event: (event.unit,)),
    "stop file cleared": Word(hub.StopFileCleared, lambda event: (event.unit,)),
    "sign-in failed": Word(hub.SignInFailed, lambda event: (), party=False),
    "throttling began": Word(hub.ThrottlingBegan, lambda event: (event.participant,)),
    "throttling ended": Word(hub.ThrottlingEnded, lambda event: (event.participant,)),
    "token issued": Word(netstream.TokenIssued, lambda event: (), party=False),
    "token expired": Word(netstream.TokenExpired, lambda event: (), party=False),
    "change requested": Word(world.ChangeRequestLodged, lambda event: (event.request.initiator, event.request.nmi)),
    "change refused": Word(world.ChangeRequestRefused, lambda event: (event.sender,)),
    "objection lodged": Word(world.ObjectionLodged, lambda event: (event.objection.party,)),
    "objection withdrawn": Word(world.ObjectionWithdrawn, lambda event: (), party=False),
    "standing data changed": Word(world.ConnectionPointChanged, lambda event: (event.point.nmi,), party=False),
    "meter data loaded": Word(world.ReadingsLoaded, lambda event: (event.by,)),
    "question answered": Word(AnswerGiven, lambda event: (event.sender,)),
}


def scopes(word: str, event: Event) -> tuple[str, ...]:
    """The scopes an event counts for."""
    return ("", *(scope for scope in EVENTS[word].about(event) if scope))
