"""What a request that was answered fetched: names as they were written, resolved to usage points and minutes.

Readings that were not there yet when it was answered were not fetched, whatever its period says.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

from simulator.cim.model import Identified, Name
from simulator.hub.exchanges import ReadingsAsked
from simulator.netstream.directory import Directory
from simulator.netstream.local_time import minute, zone
from simulator.netstream.model import UsagePoint
from simulator.netstream.netstream import Netstream

Stretch = tuple[str, int, int]
"""A usage point by name, and a stretch of UTC minutes."""


def stretches(asked: ReadingsAsked, at: datetime, netstream: Netstream) -> Iterator[Stretch]:
    """Each usage point of a request with each of its periods, as far as readings were there at that moment."""
    directory, switches = netstream.directory, netstream.switches
    client = directory.client(asked.client)
    there = minute(at, zone("market")) - switches.reporting_delay
    for point in dict.fromkeys(_points(asked, directory)):
        if client is None or not directory.entitled(client, point):
            continue
        where = zone("market" if switches.local_time == "market" else directory.zone(point))
        periods = sorted((minute(start, where), min(minute(end, where), there)) for start, end in asked.periods)
        yield from ((point.name, start, end) for start, end in _joined(periods))


def named_point(name: str, directory: Directory) -> UsagePoint | None:
    """The usage point of an mRID, a name or a NMI."""
    return directory.point(Identified(name)) or directory.point(_by_name(name))


def _by_name(name: str) -> Identified:
    return Identified(None, (Name(name),))


def _points(asked: ReadingsAsked, directory: Directory) -> Iterator[UsagePoint]:
    for name in asked.points:
        point = named_point(name, directory)
        if point is not None:
            yield point
    for name in asked.groups:
        yield from directory.members(Identified(name)) or directory.members(_by_name(name)) or ()
    for name in asked.meters:
        device = directory.device(Identified(name)) or directory.device(_by_name(name))
        if device is not None:
            yield device.point
    for name in asked.meter_groups:
        devices = directory.devices(Identified(name)) or directory.devices(_by_name(name)) or ()
        yield from (device.point for device in devices)


def _joined(periods: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """One request answers an overlap once."""
    found: list[tuple[int, int]] = []
    for start, end in periods:
        if found and start <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], end))
        elif start < end:
            found.append((start, end))
    return found
