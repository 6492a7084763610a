"""What a completed change request makes of standing data: pure functions from a connection point to the next.

MSATS ends old rows the day before and begins new ones on the day a change takes effect; meters are patched in place.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from typing import Any, TypeVar

from msgspec.structs import replace

from simulator.market.proposal import day
from simulator.world.calendar import DAY
from simulator.world.changes import ChangeRequest, Patch, Proposal
from simulator.world.model import OPEN_END, ConnectionPoint, DataStream, Meter, Register, RoleAssignment

Row = TypeVar("Row", RoleAssignment, DataStream)


def conflict(point: ConnectionPoint | None, request: ChangeRequest, creates: bool, prospective: bool) -> str | None:
    """Why a request cannot complete any more because other data changed meanwhile; None when it can."""
    if point is None:
        return None if creates else f"NMI {request.nmi} is gone"
    if creates:
        return f"NMI {request.nmi} was created meanwhile"
    if not prospective:
        return None
    for role, _ in request.proposal.roles:
        for row in point.roles:
            if row.role == role and row.from_date >= request.effective and row.from_date > request.lodged_on:
                return f"{role} changed to {row.party} from {row.from_date}"
    return None


def created(request: ChangeRequest) -> ConnectionPoint:
    """The connection point that a completed creation leaves behind."""
    master = request.proposal.master
    new = ConnectionPoint(request.nmi, master.get("jurisdiction", ""), customer_class=None, customer_threshold=None)
    return completed(new, request)


def completed(point: ConnectionPoint, request: ChangeRequest) -> ConnectionPoint:
    """A connection point after a request took effect on its effective day (until its end date, when it has one)."""
    proposal, begin = request.proposal, request.effective
    end = request.actual_end or OPEN_END
    fields: dict[str, Any] = dict(proposal.master)
    if proposal.address is not None:
        fields["address"] = proposal.address
    if proposal.roles:
        fields["roles"] = with_roles(point.roles, proposal, begin, end)
    if proposal.streams:
        fields["data_streams"] = with_streams(point.data_streams, proposal, begin, end)
    if proposal.meters:
        fields["meters"] = tuple(with_meters(point.meters, proposal.meters))
    return replace(point, **fields)


def with_roles(
    rows: tuple[RoleAssignment, ...], proposal: Proposal, begin: date, end: date
) -> tuple[RoleAssignment, ...]:
    """Role rows with the nominated parties from ``begin`` to ``end``."""
    for role, party in proposal.roles:
        kept = [each for row in rows for each in _cut(row, row.role == role, begin, end)]
        rows = (*kept, RoleAssignment(role, party, begin, end))
    return rows


def with_streams(rows: tuple[DataStream, ...], proposal: Proposal, begin: date, end: date) -> tuple[DataStream, ...]:
    """Data stream rows with the proposed ones from ``begin`` to ``end``."""
    for stream in proposal.streams:
        kept = [each for row in rows for each in _cut(row, row.suffix == stream.suffix, begin, end)]
        rows = (*kept, replace(stream, from_date=begin, to_date=end))
    return rows


def with_meters(meters: Iterable[Meter], patches: Iterable[Patch]) -> Iterator[Meter]:
    """Meters with new values; a serial number that is not there yet is a new meter."""
    by_serial = {patch.key: patch for patch in patches}
    for meter in meters:
        patch = by_serial.pop(meter.serial, None)
        yield meter if patch is None else _patched(meter, patch)
    for patch in by_serial.values():
        yield _patched(Meter(patch.key, read_type=None), patch)


def _cut(row: Row, concerned: bool, begin: date, end: date) -> Iterator[Row]:
    """What is left of a row outside ``begin`` to ``end``."""
    if not concerned or row.to_date < begin or row.from_date > end:
        yield row
        return
    if row.from_date < begin:
        yield replace(row, to_date=begin - DAY)
    if row.to_date > end:
        yield replace(row, from_date=end + DAY)


def _patched(meter: Meter, patch: Patch) -> Meter:
    fields: dict[str, Any] = dict(patch.fields)
    if "next_scheduled_read" in fields:
        fields["next_scheduled_read"] = day(fields["next_scheduled_read"])
    if patch.parts:
        fields["registers"] = tuple(_registers(meter.registers, patch.parts))
    return replace(meter, **fields)


def _registers(registers: Iterable[Register], patches: Iterable[Patch]) -> Iterator[Register]:
    by_id: dict[str, dict[str, str]] = {}
    for patch in patches:
        by_id[patch.key] = by_id.get(patch.key, {}) | patch.fields
    for register in registers:
        fields: dict[str, Any] = by_id.pop(register.register_id, {})
        yield replace(register, **fields) if fields else register
    for register_id, given in by_id.items():
        new: dict[str, Any] = {"suffix": register_id, **given}
        yield Register(register_id, **new)
