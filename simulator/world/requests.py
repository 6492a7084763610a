"""The register of change requests and objections: the only place where they change, and only by applying an event."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from typing import Any

import msgspec
from msgspec.structs import replace

from simulator.base.turn import Event
from simulator.world.changes import ChangeRequest, Objection
from simulator.world.events import (
    ActualDateSupplied,
    ChangeRequestLodged,
    ChangeRequestMoved,
    ChangeRequestRefused,
    DataSupplied,
    ObjectionLodged,
    ObjectionWithdrawn,
)

FINISHED = frozenset({"COM", "CAN", "REJ"})
PASSED_KEPT = 5_000
"""RequestIDs and ObjectionIDs that nothing goes by any more (refused, gave data to another request, made room): so
many, the latest, are not given to somebody else. They have fifteen digits drawn from the seed, so that an older one
hardly comes again.
"""


class Past(msgspec.Struct, frozen=True, gc=False):
    """What is left of a request or an objection that made room: whose it was, and how the request ended."""

    request_id: str
    party: str
    status: str


_NOTHING = Past("", "", "")


class ChangeRequests:
    """Change requests and objections of one simulation; every question is one look-up. ``evicted`` counts the requests
    that made room."""

    __slots__ = (
        "_appliers",
        "_finished",
        "_objections",
        "_open",
        "_open_for",
        "_passed",
        "_raised",
        "_requests",
        "evicted",
    )

    def __init__(self) -> None:
        self._requests: dict[str, ChangeRequest] = {}
        self._objections: dict[str, Objection] = {}
        self._open: dict[str, dict[str, None]] = {}
        self._open_for: dict[tuple[str, str, str], str] = {}
        self._passed: dict[str, Past] = {}
        self._finished: deque[str] = deque()
        self._raised: dict[str, list[str]] = {}
        self.evicted = 0
        self._appliers: dict[type[Event], Callable[[Any], None]] = {
            ChangeRequestLodged: self._lodge,
            ChangeRequestMoved: self._move,
            ChangeRequestRefused: self._refuse,
            ActualDateSupplied: self._supply_date,
            DataSupplied: self._supply_roles,
            ObjectionLodged: self._object,
            ObjectionWithdrawn: self._withdraw,
        }

    def get(self, request_id: str | None) -> ChangeRequest | None:
        """The change request of that RequestID."""
        return self._requests.get(request_id) if request_id is not None else None

    def objection(self, objection_id: str | None) -> Objection | None:
        """The objection of that ObjectionID."""
        return self._objections.get(objection_id) if objection_id is not None else None

    def past(self, number: str | None) -> Past | None:
        """What is left of a request or an objection that made room, for a while."""
        past = None if number is None else self._passed.get(number)
        return None if past is _NOTHING else past

    @property
    def unknown(self) -> str:
        """How to say that there is no request of some RequestID."""
        return f"is not known ({self.evicted} older ones are no longer kept)" if self.evicted else "is not known"

    def make_room(self, most: int) -> Iterator[tuple[ChangeRequest, list[str]]]:
        """Let the oldest finished requests go of which there are more than so many; each with its objections. What is
        unfinished never goes."""
        while len(self._finished) > most:
            request = self._requests.pop(self._finished.popleft())
            raised = self._raised.pop(request.request_id, [])
            for number in raised:
                self._pass(number, Past(request.request_id, self._objections.pop(number).party, request.status))
            self._pass(request.request_id, Past(request.request_id, request.initiator, request.status))
            self.evicted += 1
            yield request, raised

    def standing(self, request: ChangeRequest) -> Iterator[Objection]:
        """The objections that stand against a request, oldest first."""
        return (self._objections[each] for each in request.objections)

    def unfinished(self, nmi: str) -> Iterator[ChangeRequest]:
        """The requests of a NMI that have not come to an end, oldest first."""
        return (self._requests[each] for each in self._open.get(nmi, ()))

    def open_for(self, nmi: str, initiator: str, reason: str) -> str | None:
        """The latest unfinished request of that initiator with that reason for a NMI."""
        return self._open_for.get((nmi, initiator, reason))

    def taken(self, number: str) -> bool:
        """Whether a RequestID or ObjectionID was given to somebody already; see `PASSED_KEPT`."""
        return number in self._requests or number in self._objections or number in self._passed

    def all(self) -> Iterator[ChangeRequest]:
        """Every change request that is kept, oldest first."""
        return iter(self._requests.values())

    def objections(self) -> Iterator[Objection]:
        """Every objection that is kept, oldest first."""
        return iter(self._objections.values())

    def apply(self, event: Event) -> None:
        """Make an event true; events of others are none of our business."""
        applier = self._appliers.get(type(event))
        if applier is not None:
            applier(event)

    def _lodge(self, event: ChangeRequestLodged) -> None:
        request = event.request
        self._requests[request.request_id] = request
        if request.status not in FINISHED:
            self._open.setdefault(request.nmi, {})[request.request_id] = None
            self._open_for[request.nmi, request.initiator, request.reason] = request.request_id
        else:
            self._finished.append(request.request_id)

    def _refuse(self, event: ChangeRequestRefused) -> None:
        self._pass(event.request_id)

    def _pass(self, number: str, past: Past = _NOTHING) -> None:
        self._passed[number] = past
        if len(self._passed) > PASSED_KEPT:
            del self._passed[next(iter(self._passed))]

    def _move(self, event: ChangeRequestMoved) -> None:
        old = self._requests[event.request_id]
        self._requests[event.request_id] = replace(old, status=event.status, step=old.step + 1)
        if event.status in FINISHED:
            self._close(old)
            self._finished.append(event.request_id)

    def _close(self, request: ChangeRequest) -> None:
        still_open = self._open.get(request.nmi, {})
        still_open.pop(request.request_id, None)
        if not still_open:
            self._open.pop(request.nmi, None)
        key = (request.nmi, request.initiator, request.reason)
        if self._open_for.get(key) == request.request_id:
            del self._open_for[key]

    def _supply_date(self, event: ActualDateSupplied) -> None:
        self._pass(event.supplied_in)
        self._requests[event.request_id] = replace(self._requests[event.request_id], actual=event.actual)

    def _supply_roles(self, event: DataSupplied) -> None:
        old = self._requests[event.request_id]
        given = {role for role, _ in event.roles}
        proposal = replace(old.proposal, roles=(*old.proposal.roles, *event.roles))
        missing = tuple(role for role in old.missing if role not in given)
        self._pass(event.supplied_in)
        self._requests[event.request_id] = replace(
            old, proposal=proposal, missing=missing, lodging_over=event.lodging_over
        )

    def _object(self, event: ObjectionLodged) -> None:
        objection = event.objection
        old = self._requests[objection.request_id]
        self._objections[objection.objection_id] = objection
        self._raised.setdefault(old.request_id, []).append(objection.objection_id)
        standing = (*old.objections, objection.objection_id)
        self._requests[old.request_id] = replace(old, objections=standing, step=old.step + 1)

    def _withdraw(self, event: ObjectionWithdrawn) -> None:
        objection = self._objections[event.objection_id]
        old = self._requests[objection.request_id]
        self._objections[event.objection_id] = replace(objection, withdrawn=True)
        left = tuple(each for each in old.objections if each != event.objection_id)
        self._requests[old.request_id] = replace(old, objections=left, step=old.step + 1)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ChangeRequests) and (
            self._requests,
            self._objections,
            self._open,
            self._passed,
            self._finished,
        ) == (
            other._requests,
            other._objections,
            other._open,
            other._passed,
            other._finished,
        )

    __hash__ = None  # type: ignore[assignment] # it changes
