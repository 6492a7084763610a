"""The pretend market: an immutable `Base`, shared by every simulation of a scenario, and one overlay each.

The only place where the market's standing data changes, and only by applying an event.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date

from simulator.base.turn import Event
from simulator.world.defaults import complete
from simulator.world.events import ConnectionPointChanged, ReadingsLoaded
from simulator.world.model import ConnectionPoint, Dated, outgrown, without
from simulator.world.readings import Readings
from simulator.world.requests import ChangeRequests
from simulator.world.search import Key, postings, search_keys


def holders(point: ConnectionPoint, day: date) -> dict[str, str]:
    """Role → participant, on that market day."""
    return {each.role: each.party for each in point.roles if each.from_date <= day <= each.to_date}


def held_between(point: ConnectionPoint, role: str, first: date, last: date) -> list[str]:
    """Who holds a role on any of these market days, in the order of the rows, each once."""
    rows = (each for each in point.roles if each.role == role and each.from_date <= last and each.to_date >= first)
    return list(dict.fromkeys(each.party for each in rows))


class Base:
    """The market as a story begins. Never changes.

    ``parties`` maps a declared participant to the roles it is registered for (none given: any role).
    """

    __slots__ = ("_finder", "_index", "declared", "parties", "points", "story")

    def __init__(
        self, points: Iterable[ConnectionPoint] = (), parties: Mapping[str, Iterable[str]] | None = None
    ) -> None:
        """From the sparse points of a scenario: `complete` fills in what they leave out."""
        self.declared: Mapping[str, str] = _first_holders(parties or {})
        """Role → the first declared participant that is registered for it."""
        self.parties: Mapping[str, frozenset[str]] = {name: frozenset(roles) for name, roles in (parties or {}).items()}
        self.points: Mapping[str, ConnectionPoint] = {point.nmi: complete(point, self.declared) for point in points}
        self.story = ""
        """A digest of the scenario's ``given``: a journal goes on with the market it began with."""
        self._index: dict[Key, list[str]] | None = None
        self._finder: Callable[[Key], Sequence[str]] = self._indexed

    @classmethod
    def over(
        cls,
        points: Mapping[str, ConnectionPoint],
        parties: Mapping[str, Iterable[str]] | None = None,
        find: Callable[[Key], Sequence[str]] | None = None,
    ) -> Base:
        """Over points that are complete, taken as they are: the mapping may grow them when they are asked for.

        ``find`` gives the NMIs of a search key where the mapping knows without an index over all of its points.
        """
        base = cls((), parties)
        base.points = points
        base._finder = find or base._indexed
        return base

    def find(self, key: Key) -> Sequence[str]:
        """The NMIs of that search key; see `simulator.world.search`."""
        return self._finder(key)

    def _indexed(self, key: Key) -> Sequence[str]:
        return self.index.get(key, ())

    @property
    def index(self) -> Mapping[Key, list[str]]:
        """The search index, built when first asked for."""
        if self._index is None:
            self._index = postings(self.points.values())
        return self._index


def _first_holders(parties: Mapping[str, Iterable[str]]) -> dict[str, str]:
    first: dict[str, str] = {}
    for name, roles in parties.items():
        for role in roles:
            first.setdefault(role, name)
    return first


class World:
    """The market of one simulation, as it stands now."""

    __slots__ = ("_found", "_overlay", "_rekeyed", "base", "readings", "requests")

    def __init__(self, base: Base) -> None:
        self.base = base
        self.readings = Readings()
        self.requests = ChangeRequests()
        self._overlay: dict[str, ConnectionPoint] = {}
        self._rekeyed: dict[str, list[Key]] = {}
        self._found: dict[Key, dict[str, None]] = {}

    def point(self, nmi: str) -> ConnectionPoint | None:
        """What MSATS holds about a NMI."""
        return self._overlay.get(nmi) or self.base.points.get(nmi)

    def holder(self, nmi: str, role: str, on_date: date) -> str | None:
        """The participant that holds a role on a market day."""
        point = self.point(nmi)
        return None if point is None else holders(point, on_date).get(role)

    def registered(self, party: str, role: str) -> bool:
        """Whether a participant may hold a role. Whoever is not declared is played, and may hold any."""
        roles = self.base.parties.get(party)
        return not roles or role in roles

    def roles_of(self, party: str) -> frozenset[str]:
        """The roles a declared participant is registered for; empty when it is free to hold any."""
        return self.base.parties.get(party, frozenset())

    def points(self) -> Iterator[ConnectionPoint]:
        """Every connection point, those of the base first."""
        for nmi in self.base.points:
            yield self._overlay.get(nmi) or self.base.points[nmi]
        yield from (point for nmi, point in self._overlay.items() if nmi not in self.base.points)

    def find(self, key: Key) -> Iterator[str]:
        """NMIs of that search key; see `simulator.world.search`."""
        yield from (nmi for nmi in self.base.find(key) if nmi not in self._rekeyed)
        yield from self._found.get(key, ())

    def candidates(self, key: Key) -> int:
        """At most how many NMIs `find` gives: what it costs to look there."""
        return len(self.base.find(key)) + len(self._found.get(key, ()))

    def changes(self) -> Mapping[str, ConnectionPoint]:
        """The connection points that are not as the story began."""
        return self._overlay

    def apply(self, event: Event) -> None:
        """Make an event true; events of others are none of our business."""
        if isinstance(event, ConnectionPointChanged):
            self._change(event.point)
        elif isinstance(event, ReadingsLoaded):
            self.readings.load((*event.days, *event.accumulations, *event.consumption), event.at)
        else:
            self.requests.apply(event)

    def _change(self, point: ConnectionPoint) -> None:
        old = self.point(point.nmi)
        self._overlay[point.nmi] = point
        if old is None or old.address != point.address or old.meters != point.meters:
            self._rekey(point)

    def outgrow(self, nmi: str) -> tuple[ConnectionPoint, tuple[Dated, ...]]:
        """Let the dated rows of a changed NMI go that there is no room for; returns what is left, and them."""
        point = self._overlay[nmi]
        gone = outgrown(point)
        if gone:
            point = self._overlay[nmi] = without(point, gone)
        return point, gone

    def _rekey(self, point: ConnectionPoint) -> None:
        for key in self._rekeyed.get(point.nmi, ()):
            self._found[key].pop(point.nmi, None)
        self._rekeyed[point.nmi] = keys = search_keys(point)
        for key in keys:
            self._found.setdefault(key, {})[point.nmi] = None
