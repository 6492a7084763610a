"""Ranks: what rests on something comes after it, and who has nothing to do with it makes no difference."""

from datetime import datetime, timedelta

from kit import START
from simulator.asexml.model import Header, Message
from simulator.base.draw import Draw
from simulator.base.turn import Turn
from simulator.hub.events import MessageRefused
from simulator.hub.order import MARKET, Acted, Order, Rested
from simulator.hub.queue import Entry, Stamp

LATER = START + timedelta(minutes=1)


def queued(at: datetime, stamp: Stamp) -> Entry:
    head = Header("NEMMCO", "A", "NEMMCO-MSG-1", at, "CATS", "Medium")
    return Entry("catsm_nemmco_1", Message("r46", head), at, stamp=stamp)


def test_each_act_of_a_client_is_one_deeper_and_a_moment_begins_anew() -> None:
    order = Order("AB")
    stamps = []
    for at, client in ((START, "A"), (START, "B"), (START, "A"), (LATER, "A")):
        order.act(at, client)
        stamps.append(order.stamp)
    assert stamps == [(1, "A"), (1, "B"), (2, "A"), (1, "A")]
    assert (order.depth("A", START), order.depth("A", LATER), order.depth("B", LATER)) == (0, 1, 0)


def test_what_follows_a_message_of_this_moment_is_deeper_than_it_is() -> None:
    order = Order("AB")
    order.act(START, "A")
    for _ in range(3):
        order.go_on(START)
    order.handed(START, "B", queued(START, order.stamp))
    assert order.stamp == (5, "B")
    order.handed(LATER, "B", queued(START, (9, "A")))
    assert order.stamp == (1, "B"), "an older message has been there for both of them"


def test_a_queue_report_of_messages_of_this_moment_is_an_event_once() -> None:
    order = Order("AB")
    turn = Turn(START, Draw(7), lambda event: order.changes[type(event)](event))
    order.act(START, "A")
    shown = [queued(START, order.go_on(START))]
    order.shown(turn, "B", shown)
    assert turn.events == [Rested(START, "B", 2)]
    assert order.stamp == (3, "B")
    order.shown(turn, "B", shown)
    order.shown(Turn(LATER, Draw(7), turn.emit), "B", shown)
    order.shown(turn, "A", ())
    assert len(turn.events) == 1


def test_a_played_participants_message_is_part_of_what_led_to_it_unless_somebody_acts_for_it() -> None:
    order = Order("A", "AP")
    refused = MessageRefused(START, "P", "catsm_p_1", None, 1, "hub.malformed", "")
    order.act(START, "A")
    order.changes[MessageRefused](refused)
    assert order.stamp == (1, "A")
    assert order.tells("A")
    assert not order.tells("P")
    order.changes[Acted](Acted(START, "P"))
    assert order.stamp == (1, "P")


def test_what_is_nobodys_is_the_markets_and_everybody_has_a_place() -> None:
    order = Order("BA", ["app-1"])
    assert order.go_on(START) == (1, MARKET)
    assert sorted(order.places, key=order.places.__getitem__) == ["", "A", "B", "app-1", "~"]
