"""A turn notes events and makes them true at once."""

from datetime import datetime, timedelta

import msgspec

from simulator.base.clock import MARKET_ZONE
from simulator.base.draw import Draw
from simulator.base.turn import Event, Fired, Scheduled, Turn

NOW = datetime(2026, 3, 2, 9, tzinfo=MARKET_ZONE)


def test_an_event_is_applied_before_the_next_is_decided() -> None:
    applied: list[Event] = []
    turn = Turn(NOW, Draw(1), applied.append)
    turn.emit(Fired(NOW, "a"))
    assert applied == [Fired(NOW, "a")]
    turn.emit(Fired(NOW, "b"))
    assert turn.events == applied == [Fired(NOW, "a"), Fired(NOW, "b")]


def test_what_is_scheduled_is_an_event() -> None:
    turn = Turn(NOW, Draw(1), lambda event: None)
    later = NOW + timedelta(minutes=30)
    turn.schedule(later, "market", "complete", "CR-1")
    (event,) = turn.events
    assert event == Scheduled(
        NOW, "market/complete/CR-1/2026-03-02T09:30:00+10:00", later, "market", "complete", "CR-1"
    )


def test_events_survive_the_journal() -> None:
    event = Scheduled(NOW, "d", NOW + timedelta(days=1), "owner", "kind", "key")
    kinds = msgspec.msgpack.Decoder(Scheduled | Fired)
    assert kinds.decode(msgspec.msgpack.encode(event)) == event
    assert kinds.decode(msgspec.msgpack.encode(Fired(NOW, "d"))) == Fired(NOW, "d")
