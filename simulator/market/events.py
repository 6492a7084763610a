"""What the market answered without anything having changed, and the list of all events the journal keeps for it."""

from __future__ import annotations

from simulator.base.turn import Event
from simulator.market.report_jobs import JOB_EVENTS
from simulator.world.events import WORLD_EVENTS


class AnswerGiven(Event, frozen=True, tag=True):
    """A question or a delivery that changes nothing was answered; ``rule`` says why not with success."""

    sender: str
    transaction_id: str
    code: int
    rule: str = ""
    explanation: str = ""


MARKET_EVENTS: tuple[type[Event], ...] = (*WORLD_EVENTS, AnswerGiven, *JOB_EVENTS)
