"""Standing data as read: the only place that knows which elements of ``NMIStandingData`` our world holds.

Elements the world does not hold are passed over, as MSATS ignores fields it does not hold yet.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from simulator.asexml.model import View
from simulator.world.changes import Patch, Proposal
from simulator.world.model import OPEN_END, Address, DataStream

MASTER = {
    "JurisdictionCode": "jurisdiction",
    "NMIClassificationCode": "classification",
    "TransmissionNodeIdentifier": "tni",
    "DistributionLossFactorCode": "dlf",
    "ParentEmbeddedNetworkIdentifier": "parent",
    "Status": "status",
    "CustomerClassificationCode": "customer_class",
    "CustomerThresholdCode": "customer_threshold",
}
METER = {
    "NextScheduledReadDate": "next_scheduled_read",
    "InstallationTypeCode": "installation_type",
    "Manufacturer": "manufacturer",
    "Model": "model",
    "ReadTypeCode": "read_type",
    "Status": "status",
}
REGISTER = {
    "NetworkTariffCode": "network_tariff",
    "UnitOfMeasure": "unit",
    "TimeOfDay": "time_of_day",
    "Multiplier": "multiplier",
    "DialFormat": "dial_format",
    "Suffix": "suffix",
    "ControlledLoad": "controlled_load",
    "ConsumptionType": "consumption_type",
    "Status": "status",
}
_ADDRESS = {
    "SuburbOrPlaceOrLocality": "suburb",
    "StateOrTerritory": "state",
    "PostCode": "postcode",
    "DeliveryPointIdentifier": "delivery_point",
    "StructuredAddress/FlatOrUnit/FlatOrUnitType": "flat_type",
    "StructuredAddress/FlatOrUnit/FlatOrUnitNumber": "flat_number",
    "StructuredAddress/BuildingOrPropertyName": "building",
    "StructuredAddress/House/HouseNumber": "house_number",
    "StructuredAddress/House/HouseNumberSuffix": "house_suffix",
    "StructuredAddress/Lot/LotNumber": "lot_number",
    "StructuredAddress/Street/StreetName": "street_name",
    "StructuredAddress/Street/StreetType": "street_type",
}


def day(text: str | None) -> date | None:
    """A market day from an ``xsd:date`` (a zone is passed over); None for anything that is none."""
    try:
        return date.fromisoformat(text[:10]) if text else None
    except ValueError:
        return None


def read_proposal(sections: Mapping[str, View], roles: tuple[tuple[str, str], ...]) -> Proposal:
    """What the sections of a ``NMIStandingData`` propose; its roles were read before."""
    master, streams, meters = (sections.get(name) for name in ("MasterData", "DataStreams", "MeterRegister"))
    address = None if master is None else master.first("Address")
    return Proposal(
        roles,
        {} if master is None else _fields(master, MASTER),
        None if address is None else read_address(address),
        () if streams is None else tuple(map(_stream, streams.all("DataStream"))),
        () if meters is None else _meters(meters),
    )


def read_roles(assignments: View | None) -> tuple[tuple[str, str], ...]:
    """(role, party) of every assignment that names a party."""
    if assignments is None:
        return ()
    return tuple(
        [(row["Role"], party.upper()) for row in assignments.rows() if (party := row.get("Party")) and "Role" in row]
    )


def read_address(view: View) -> Address:
    """An address in capitals; parts that are not given are None, or empty where `Address` asks for a text."""
    parts = {name: text.strip().upper() for path, name in _ADDRESS.items() if (text := view.text(path))}
    return Address(parts.pop("suburb", ""), parts.pop("state", ""), parts.pop("postcode", ""), **parts)


def _fields(view: View, names: dict[str, str]) -> dict[str, str]:
    given = ((names.get(child.name), child.text()) for child in view.children())
    return {name: text for name, text in given if name is not None and text}


def _stream(view: View) -> DataStream:
    return DataStream(
        view.text("Suffix") or "",
        view.text("DataStreamType") or "Interval",
        view.text("ProfileName") or "NOPROF",
        _integer(view.text("AveragedDailyLoad")),
        view.text("Status") or "A",
        day(view.text("FromDate")) or date.min,
        day(view.text("ToDate")) or OPEN_END,
    )


def _integer(text: str | None) -> int:
    try:
        return int(text[:12]) if text else 0
    except ValueError:
        return 0


def _meters(register: View) -> tuple[Patch, ...]:
    """Meters by serial number: a meter that stands twice is one."""
    found: dict[str, Patch] = {}
    for view in register.all("Meter"):
        serial = view.text("SerialNumber") or ""
        registers = tuple(
            Patch(each.text("RegisterID") or "", _fields(each, REGISTER))
            for each in view.all("RegisterConfiguration/Register")
        )
        old = found.get(serial, Patch(serial, {}))
        found[serial] = Patch(serial, old.fields | _fields(view, METER), (*old.parts, *registers))
    return tuple(found.values())
