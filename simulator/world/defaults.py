"""The only place that fills in what a scenario leaves out of a connection point; the same input gives the same point.

`DEFAULTS` is the table of all of it, each with its rule id. Nothing here is AEMO's: it is a plausible market.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from types import MappingProxyType

import msgspec
from msgspec.structs import replace

from simulator.world.model import Address, ConnectionPoint, DataStream, Meter, Register, RoleAssignment


class Default(msgspec.Struct, frozen=True):
    """What is filled in where a scenario is silent."""

    rule: str
    what: str
    value: str
    confidence: str = "I"


DEFAULTS = (
    Default(
        "given.role",
        "FRMP, LR, RP, MDP, MPB",
        "the first declared participant registered for the role, else the played one of `PLAYED`",
    ),
    Default(
        "given.lnsp",
        "LNSP",
        "the first declared LNSP, else the distributor of the NMI range (nmi_ranges.csv), "
        "else the distributor of the jurisdiction, else the played one",
        "R+",
    ),
    Default(
        "given.dates",
        "FromDate and ToDate of roles and data streams",
        "0001-01-01 and 9999-12-31, as MSATS shows open rows",
        "S",
    ),
    Default(
        "given.address",
        "Address",
        "EXAMPLE STREET in the capital, the house numbered by the last four digits of the NMI",
    ),
    Default("given.meter", "Meter", "one COMMS4D meter, serial M and the NMI"),
    Default("given.register", "Register", "E1; 11 on an accumulation meter (BASIC), its dial format 5.0"),
    Default("given.read-type", "ReadTypeCode of a BASIC or MRIM meter left at its default", "MV3M, MV3"),
    Default(
        "given.data-stream",
        "DataStream",
        "one per energy register, Interval with NOPROF, "
        "Consumption with NSLP on an accumulation meter; register level, as since five-minute settlement",
        "R+",
    ),
)

PLAYED: Mapping[str, str] = MappingProxyType(
    {"FRMP": "PLAYFRMP", "LNSP": "PLAYLNSP", "LR": "PLAYLR", "RP": "PLAYMC", "MDP": "PLAYMDP", "MPB": "PLAYMPB"}
)
"""Role → the played participant that holds it where nobody else is named."""

_CAPITALS = {
    "ACT": ("CANBERRA", "ACT", "2601"), "NSW": ("SYDNEY", "NSW", "2000"), "QLD": ("BRISBANE", "QLD", "4000"),
    "SA": ("ADELAIDE", "SA", "5000"), "TAS": ("HOBART", "TAS", "7000"), "VIC": ("MELBOURNE", "VIC", "3000"),
    "WA": ("PERTH", "WA", "6000"), "NT": ("DARWIN", "NT", "0800"),
}  # fmt: skip


def complete(point: ConnectionPoint, declared: Mapping[str, str]) -> ConnectionPoint:
    """A point with everything MSATS would hold. ``declared``: role → first declared participant registered for it."""
    meters = tuple(map(_meter, point.meters)) or (_meter(Meter(f"M{point.nmi}")),)
    return replace(
        point,
        roles=(*point.roles, *_missing_roles(point, declared)),
        address=point.address or default_address(point),
        meters=meters,
        data_streams=point.data_streams or tuple(_streams(meters)),
    )


def distributor(nmi: str, jurisdiction: str) -> str | None:
    """The participant id of the distributor whose range a NMI is in, else one of its jurisdiction."""
    ranges = nmi_ranges()
    prefix = next((nmi[:length] for length in (4, 3, 2) if nmi[:length] in ranges), None)
    if prefix is not None and ranges[prefix][0] == jurisdiction:
        return ranges[prefix][1]
    return next((party for place, party in ranges.values() if place == jurisdiction), None)


@cache
def nmi_ranges() -> Mapping[str, tuple[str, str]]:
    """NMI prefix → jurisdiction and participant id of its distributor, from the package's table."""
    text = files("simulator.world").joinpath("data/nmi_ranges.csv").read_text("utf-8")
    return {row["Prefix"]: (row["Jurisdiction"], row["Participant"]) for row in csv.DictReader(text.splitlines())}


def default_address(point: ConnectionPoint) -> Address:
    """A house in the capital of the jurisdiction, its number taken from the NMI."""
    suburb, state, postcode = _CAPITALS.get(point.jurisdiction, _CAPITALS["NSW"])
    digits = "".join(filter(str.isdigit, point.nmi))[-4:]
    number = str(int(digits or "0") + 1)
    return Address(suburb, state, postcode, house_number=number, street_name="EXAMPLE", street_type="ST")


def _missing_roles(point: ConnectionPoint, declared: Mapping[str, str]) -> list[RoleAssignment]:
    held = {each.role for each in point.roles}
    network = distributor(point.nmi, point.jurisdiction)
    return [
        RoleAssignment(role, declared.get(role) or (network if role == "LNSP" and network else played))
        for role, played in PLAYED.items()
        if role not in held
    ]


def _meter(meter: Meter) -> Meter:
    basic = meter.installation_type == "BASIC"
    read_type = meter.read_type
    if read_type == "RWDA" and (basic or meter.installation_type == "MRIM"):
        read_type = "MV3M" if basic else "MV3"
    registers = meter.registers
    if not registers:
        registers = (_BASIC_REGISTER,) if basic else (_INTERVAL_REGISTER,)
    return replace(meter, registers=registers, read_type=read_type)


_INTERVAL_REGISTER = Register("E1", "E1")
_BASIC_REGISTER = Register("11", "11", time_of_day="ALLDAY", dial_format="5.0", consumption_type="Cumulative")
_ENERGY = frozenset({"KWH", "WH", "MWH"})


def _streams(meters: tuple[Meter, ...]) -> list[DataStream]:
    streams: dict[str, DataStream] = {}
    for meter in meters:
        basic = meter.installation_type == "BASIC"
        for register in meter.registers:
            if register.unit in _ENERGY and register.suffix not in streams:
                kind = ("Consumption", "NSLP") if basic else ("Interval", "NOPROF")
                streams[register.suffix] = DataStream(register.suffix, *kind)
    return list(streams.values())
