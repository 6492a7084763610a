"""Who is asked for: mRIDs and names to usage points and meters, and what a client is entitled to."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

import msgspec

from simulator.base.pausing import Pausing, done
from simulator.cim.model import Identified
from simulator.netstream.local_time import ZONES
from simulator.netstream.model import EVERYTHING, Client, Given, Group, UsagePoint, guid
from simulator.world.world import World

DEFAULT_ZONE = "Australia/Sydney"
_LISTED, _GROWN = 100, 10
"""Usage points whose mRIDs are listed in one step; fewer where their meters are wanted, as they must be grown."""


class Device(msgspec.Struct, frozen=True):
    """A meter, and the usage point it stands at."""

    serial: str
    mrid: str
    point: UsagePoint


class Directory:
    """The usage points, meters and groups of one simulation. ``exchanged``: meters that come later, by serial."""

    def __init__(self, given: Given, world: World, exchanged: Mapping[str, str]) -> None:
        self._given = given
        self._exchanged = exchanged
        self._world = world
        self._by_nmi = {point.nmi: point for point in given.points if point.nmi is not None}
        self._virtual = {point.name: point for point in given.points if point.nmi is None}
        self._by_name = {point.name: point for point in given.points}
        self._groups = {group.name: group for group in given.groups}
        self._clients = {client.client_id: client for client in given.clients}
        self._mrids: dict[str, str] | None = None
        self._serials: dict[str, str] | None = None

    def client(self, client_id: str) -> Client | None:
        """The registered application of that id."""
        return self._clients.get(client_id)

    # Usage points

    def point(self, asked: Identified, by_name: bool = True) -> UsagePoint | None:
        """The usage point of an mRID, else of a name: its own, or its NMI."""
        if asked.mrid is not None:
            return self._named(self._point_mrids().get(asked.mrid.strip().lower()))
        names = (name.name.strip() for name in asked.names) if by_name else ()
        return next((found for name in names if (found := self._named(name)) is not None), None)

    def _named(self, name: str | None) -> UsagePoint | None:
        if name is None:
            return None
        given = self._by_name.get(name)
        if given is None or given.nmi is not None:
            return self.physical(name if given is None or given.nmi is None else given.nmi)
        return given

    def physical(self, nmi: str) -> UsagePoint | None:
        """The usage point of a NMI, as given where it was."""
        if nmi not in self._world.changes() and nmi not in self._world.base.points:
            return None
        return self._by_nmi.get(nmi) or UsagePoint(nmi, guid("usage-point", nmi), nmi)

    def zone(self, point: UsagePoint) -> str:
        """The zone of a usage point's clock: as given, else that of its jurisdiction."""
        if point.zone is not None:
            return point.zone
        held = None if point.nmi is None else self._world.point(point.nmi)
        return DEFAULT_ZONE if held is None else ZONES.get(held.jurisdiction, DEFAULT_ZONE)

    def listed(self, points: bool, meters: bool) -> Pausing[None]:
        """List the mRIDs of usage points, of meters, where that was not yet done: it takes long in a large market."""
        if points and self._mrids is None:
            self._mrids = yield from self._listed_points()
        if meters and self._serials is None:
            self._serials = yield from self._listed_meters()

    def _listed_points(self) -> Pausing[dict[str, str]]:
        found = {}
        for number, nmi in enumerate(self._world.base.points, 1):
            if nmi not in self._by_nmi:
                found[guid("usage-point", nmi)] = nmi
            if not number % _LISTED:
                yield
        return found | {point.mrid.lower(): point.name for point in self._given.points}

    def _listed_meters(self) -> Pausing[dict[str, str]]:
        found = {guid("meter", serial): serial for serial in self._exchanged}
        for number, point in enumerate(self._world.base.points.values(), 1):
            found.update((guid("meter", meter.serial), meter.serial) for meter in point.meters)
            if not number % _GROWN:
                yield
        return found

    def _point_mrids(self) -> dict[str, str]:
        """mRID → name or NMI; the NMIs of the beginning are listed once, newer ones as they come."""
        if self._mrids is None:
            self._mrids = done(self._listed_points())
        for nmi in self._world.changes():
            if nmi not in self._by_nmi:
                self._mrids.setdefault(guid("usage-point", nmi), nmi)
        return self._mrids

    def parts(self, point: UsagePoint, seen: frozenset[str] = frozenset()) -> Iterator[str]:
        """The NMIs whose readings make up a usage point: its own, or those of its children and theirs."""
        if point.nmi is not None:
            yield point.nmi
        for name in point.children:
            child = self._named(name)
            if child is not None and child.name not in seen:
                yield from self.parts(child, seen | {child.name})

    def members(self, asked: Identified, by_name: bool = True) -> Iterator[UsagePoint] | None:
        """The usage points of a group; None for an unknown one. The group ``all`` always exists."""
        group = _found(asked, (*self._given.groups, Group(EVERYTHING, guid("group", EVERYTHING))), by_name)
        return None if group is None else self._of_group(group)

    def _of_group(self, group: Group) -> Iterator[UsagePoint]:
        names: Iterable[str] = group.members
        if group.name == EVERYTHING and EVERYTHING not in self._groups:
            begun = self._world.base.points
            names = (*begun, *(nmi for nmi in self._world.changes() if nmi not in begun), *self._virtual)
        yield from (found for name in names if (found := self._named(name)) is not None)

    # Meters

    def device(self, asked: Identified, by_name: bool = True) -> Device | None:
        """The meter of an mRID, else of a name: its serial number."""
        if asked.mrid is not None:
            serial = self._meter_mrids().get(asked.mrid.strip().lower())
            return None if serial is None else self._device(serial)
        names = (name.name.strip() for name in asked.names) if by_name else ()
        return next((found for name in names if (found := self._device(name)) is not None), None)

    def _device(self, serial: str) -> Device | None:
        later = self._exchanged.get(serial)
        nmis = (later,) if later is not None else self._world.find(("meter", " ".join(serial.upper().split())))
        for nmi in nmis:
            point = self.physical(nmi)
            if point is not None:
                return Device(serial, guid("meter", serial), point)
        return None

    def _meter_mrids(self) -> dict[str, str]:
        if self._serials is None:
            self._serials = done(self._listed_meters())
        for point in self._world.changes().values():
            self._serials.update((guid("meter", meter.serial), meter.serial) for meter in point.meters)
        return self._serials

    def devices(self, asked: Identified, by_name: bool = True) -> tuple[Device, ...] | None:
        """The meters of a meter group; None for an unknown one."""
        group = _found(asked, self._given.meter_groups, by_name)
        found = map(self._device, () if group is None else group.members)
        return None if group is None else tuple(device for device in found if device is not None)

    # Entitlement

    def entitled(self, client: Client, point: UsagePoint) -> bool:
        """Whether a client may see a usage point: through any of its groups."""
        return any(self._holds(name, point) for name in client.groups)

    def _holds(self, name: str, point: UsagePoint) -> bool:
        group = self._groups.get(name)
        if group is None:
            return name == EVERYTHING
        return point.name in group.members or (point.nmi is not None and point.nmi in group.members)


def _found(asked: Identified, groups: Iterable[Group], by_name: bool) -> Group | None:
    if asked.mrid is not None:
        wanted = asked.mrid.strip().lower()
        return next((group for group in groups if group.mrid.lower() == wanted), None)
    names = {name.name.strip() for name in asked.names} if by_name else set()
    return next((group for group in groups if group.name in names), None)
