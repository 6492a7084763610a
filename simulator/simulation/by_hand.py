"""What the timeline has AEMO do, as if somebody at the market operator did it by hand: no participant has a part in it.

stop file, limit ─► flow control     outage ─► mishaps     release ─► steering     set, send, change ─► beside
"""

from __future__ import annotations

from simulator.base.turn import Turn
from simulator.hub.flow import Flow
from simulator.scenario.story import Action, Aemo, Outage, Release, SetLimit, StopFile
from simulator.simulation.beside import Beside
from simulator.simulation.mishaps import Mishaps
from simulator.simulation.steering import Steering


class ByHand:
    """Does it, and says in words what was done."""

    def __init__(self, flow: Flow, steering: Steering, mishaps: Mishaps, beside: Beside) -> None:
        self._flow = flow
        self._steering = steering
        self._mishaps = mishaps
        self._beside = beside

    def do(self, turn: Turn, action: Action, entry: str) -> str | None:
        """What was done; None where a participant has to do it."""
        match action:
            case Release():
                return f"{self._steering.release(turn, action.hold)} messages released"
            case Outage():
                return self._mishaps.begin_outage(turn, entry, action)
            case Aemo():
                return self._beside.by_itself(turn, action.act, entry)
            case StopFile():
                return self._stop(turn, action)
            case SetLimit():
                self._flow.set_limit(turn, action.cause, action.limit, action.participant)
                return f"{action.cause}: stopped at {action.limit.upper}, cleared below {action.limit.lower}"
        return None

    def _stop(self, turn: Turn, action: StopFile) -> str:
        which = (action.participant, action.cause, action.alert_type)
        if action.stands:
            return f"{self._flow.raise_by_hand(turn, *which)} stands"
        return "cleared" if self._flow.clear_by_hand(turn, *which) else f"no {action.cause} stands"
