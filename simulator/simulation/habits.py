"""What played participants do unasked: object to a change request as soon as it is requested, and take it back later.

requested ─ pace ─► objects, when it has the role ─► accepted ─ withdraws after ─► takes the objection back
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from simulator.asexml.model import Element
from simulator.base.turn import Event, Turn
from simulator.market import acts
from simulator.scenario.model import Participant
from simulator.scenario.story import Objecting
from simulator.world.changes import ChangeRequest, Objection
from simulator.world.events import ChangeRequestLodged, ChangeRequestMoved, ObjectionLodged
from simulator.world.requests import FINISHED
from simulator.world.world import World

Act = Callable[[Turn, str, str, Element], None]
"""Sends a transaction of CATS to AEMO: turn, participant, what makes the act one of a kind, payload."""


class Habits:
    """The habits of a story. Nothing is kept: what is to come is scheduled, what was done is in the world."""

    def __init__(self, declared: Iterable[Participant], world: World, act: Act) -> None:
        self._members = {member.participant_id: member for member in declared if member.objects}
        self._world = world
        self._act = act

    @property
    def any(self) -> bool:
        """Whether anybody has a habit."""
        return bool(self._members)

    def notice(self, turn: Turn, event: Event) -> None:
        """Something happened: a habit may follow."""
        if isinstance(event, ChangeRequestLodged) and event.request.status == "REQ":
            self._requested(turn, event.request)
        elif isinstance(event, ChangeRequestMoved) and event.cause == "data complete":
            self._requested(turn, self._world.requests.get(event.request_id))
        elif isinstance(event, ObjectionLodged):
            self._objected(turn, event.objection)

    def fire(self, turn: Turn, kind: str, key: str) -> None:
        """A pace has passed (``object``), or an objection is to be taken back (``withdraw``)."""
        if kind == "withdraw":
            self._withdraw(turn, self._world.requests.objection(key))
            return
        participant, number, request_id = key.split("/")
        request = self._world.requests.get(request_id)
        if request is not None and request.status not in FINISHED:
            self._object(turn, participant, self._members[participant].objects[int(number)], request)

    def _requested(self, turn: Turn, request: ChangeRequest | None) -> None:
        if request is None or request.status in FINISHED:
            return
        for member, number, habit in self._awakened(request):
            if member.pace:
                key = f"{member.participant_id}/{number}/{request.request_id}"
                turn.schedule(turn.now + member.pace, "habits", "object", key)
            else:
                self._object(turn, member.participant_id, habit, request)

    def _awakened(self, request: ChangeRequest) -> Iterator[tuple[Participant, int, Objecting]]:
        for member in self._members.values():
            for number, habit in enumerate(member.objects):
                fits = not habit.reasons or request.reason in habit.reasons
                if fits and acts.concerned(self._world, request, habit.role, member.participant_id):
                    yield member, number, habit

    def _object(self, turn: Turn, participant: str, habit: Objecting, request: ChangeRequest) -> None:
        key = f"object/{habit.role}/{habit.code}/{request.request_id}"
        self._act(turn, participant, key, acts.objection(request, habit.role, habit.code))

    def _objected(self, turn: Turn, objection: Objection) -> None:
        member = self._members.get(objection.party)
        for habit in () if member is None else member.objects:
            if (habit.role, habit.code) == (objection.role, objection.code) and habit.withdraws_after is not None:
                turn.schedule(turn.now + habit.withdraws_after, "habits", "withdraw", objection.objection_id)
                return

    def _withdraw(self, turn: Turn, objection: Objection | None) -> None:
        if objection is None or objection.withdrawn:
            return
        request = self._world.requests.get(objection.request_id)
        if request is not None and request.status not in FINISHED:
            payload = acts.objection_withdrawal(objection)
            self._act(turn, objection.party, f"withdraw/{objection.objection_id}", payload)
