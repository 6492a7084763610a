"""Standing data as aseXML: the only place that writes ``NMIStandingData``.

Quirk of AEMO's output, kept unless switched off: a meter stands twice, first with its details, then once per register
with nothing but its serial number and that register.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import date
from functools import lru_cache

from simulator.asexml.encode import element_xml
from simulator.asexml.model import Element, element, optional, spliced
from simulator.base.errors import BadValue
from simulator.base.ids import Nmi, ParticipantId
from simulator.world.model import Address, ConnectionPoint, DataStream, Meter, Register, RoleAssignment

_TYPE = {"xsi:type": "ase:ElectricityStandingData"}


def is_nmi(text: str) -> bool:
    """Whether a text has the form of a NMI."""
    try:
        Nmi.parse(text)
    except BadValue:
        return False
    return True


@lru_cache(maxsize=4096)
def is_participant_id(text: str) -> bool:
    """Whether a text has the form of a participant id."""
    try:
        ParticipantId.parse(text)
    except BadValue:
        return False
    return True


def checksum_fits(nmi: str, given: str) -> bool:
    """Whether a check digit is the one of a NMI; never, for what is no NMI."""
    try:
        return Nmi(nmi).checksum == given.strip()
    except KeyError:
        return False


def standing_data(*parts: Element | None) -> Element:
    """``NMIStandingData`` with these parts in schema order."""
    return Element("NMIStandingData", None, tuple(part for part in parts if part is not None), _TYPE)


def nmi_element(nmi: str, with_checksum: bool) -> Element:
    """``NMI``, with its checksum or without."""
    return Element("NMI", nmi, (), {"checksum": Nmi(nmi).checksum} if with_checksum else None)


Seen = Callable[[Element | None], Element | None]
"""What somebody may see of a part of standing data."""


def discovered(point: ConnectionPoint, day: date, seen: Seen) -> Element:
    """One hit of a search: NMI with checksum, where it is, what kind of customer, and its LNSP."""
    master = element(
        "MasterData",
        address_element(point.address),
        optional("CustomerClassificationCode", point.customer_class),
        optional("CustomerThresholdCode", point.customer_threshold),
    )
    network = [each for each in _on(point.roles, day) if each.role == "LNSP"]
    return standing_data(nmi_element(point.nmi, True), seen(master), seen(role_assignments(network)))


def detail(point: ConnectionPoint, day: date, seen: Seen, hidden: Iterable[str] = (), twice: bool = True) -> Element:
    """What standing data request shows: what may be seen as of a day, but the roles that are ``hidden``."""
    roles = [each for each in _on(point.roles, day) if each.role not in hidden]
    streams = [each for each in point.data_streams if each.from_date <= day <= each.to_date]
    return standing_data(
        nmi_element(point.nmi, False),
        as_text(
            seen(master_data(point)),
            seen(role_assignments(roles)),
            seen(data_streams(streams)),
            seen(meter_register(point.meters, twice)),
        ),
    )


def as_text(*parts: Element | None) -> Element:
    """Parts written out: while a message waits in a queue, text weighs half of what its elements would."""
    return spliced("".join([element_xml(part) for part in parts if part is not None]))


def master_record(point: ConnectionPoint, since: date, twice: bool = True) -> Element:
    """What a new party is told on completion: every row that holds on or after a day, with its dates."""
    return standing_data(
        nmi_element(point.nmi, True),
        master_data(point),
        role_assignments([each for each in point.roles if each.to_date >= since], dated=True),
        data_streams([each for each in point.data_streams if each.to_date >= since], dated=True),
        meter_register(point.meters, twice),
    )


def master_data(point: ConnectionPoint) -> Element:
    """``MasterData`` of a connection point."""
    return element(
        "MasterData",
        Element("JurisdictionCode", point.jurisdiction),
        Element("NMIClassificationCode", point.classification),
        Element("TransmissionNodeIdentifier", point.tni),
        Element("DistributionLossFactorCode", point.dlf),
        optional("ParentEmbeddedNetworkIdentifier", point.parent),
        address_element(point.address),
        Element("Status", point.status),
        optional("CustomerClassificationCode", point.customer_class),
        optional("CustomerThresholdCode", point.customer_threshold),
    )


def role_assignments(rows: Iterable[RoleAssignment], dated: bool = False) -> Element | None:
    """``RoleAssignments``; nothing when there is none."""
    found = tuple(
        Element("RoleAssignment", None, (Element("Party", row.party), Element("Role", row.role), *_dates(row, dated)))
        for row in rows
    )
    return Element("RoleAssignments", None, found) if found else None


def data_streams(rows: Iterable[DataStream], dated: bool = False) -> Element | None:
    """``DataStreams``; nothing when there is none."""
    found = tuple(
        Element(
            "DataStream",
            None,
            (
                Element("Suffix", row.suffix),
                Element("ProfileName", row.profile),
                Element("AveragedDailyLoad", str(row.average_daily_load)),
                Element("DataStreamType", row.kind),
                Element("Status", row.status),
                *_dates(row, dated),
            ),
        )
        for row in rows
    )
    return Element("DataStreams", None, found) if found else None


def meter_register(meters: Iterable[Meter], twice: bool) -> Element | None:
    """``MeterRegister``; nothing when no meter is installed. Removed meters are left out."""
    installed = [meter for meter in meters if meter.status != "R"]
    if not installed:
        return None
    if not twice:
        return Element("MeterRegister", None, tuple(_meter(each, each.registers) for each in installed))
    again = (
        element("Meter", Element("SerialNumber", meter.serial), _registers((register,)))
        for meter in installed
        for register in meter.registers
    )
    return Element("MeterRegister", None, (*(_meter(each, ()) for each in installed), *again))


def address_element(address: Address | None) -> Element | None:
    """``Address`` of master data; nothing when it is not known."""
    if address is None:
        return None
    return element(
        "Address",
        element("StructuredAddress", *_structure(address)),
        Element("SuburbOrPlaceOrLocality", address.suburb),
        Element("StateOrTerritory", address.state),
        Element("PostCode", address.postcode),
        optional("DeliveryPointIdentifier", address.delivery_point),
    )


def _structure(address: Address) -> Iterator[Element]:
    if address.flat_type or address.flat_number:
        flat = (optional("FlatOrUnitType", address.flat_type), optional("FlatOrUnitNumber", address.flat_number))
        yield element("FlatOrUnit", *flat)
    if address.building:
        yield Element("BuildingOrPropertyName", address.building)
    if address.house_number:
        suffix = optional("HouseNumberSuffix", address.house_suffix)
        yield element("House", Element("HouseNumber", address.house_number), suffix)
    if address.lot_number:
        yield element("Lot", Element("LotNumber", address.lot_number))
    if address.street_name:
        yield element("Street", Element("StreetName", address.street_name), optional("StreetType", address.street_type))


def _meter(meter: Meter, registers: tuple[Register, ...]) -> Element:
    read = meter.next_scheduled_read
    return element(
        "Meter",
        Element("SerialNumber", meter.serial),
        optional("NextScheduledReadDate", read.isoformat() if read else None),
        Element("InstallationTypeCode", meter.installation_type),
        optional("Manufacturer", meter.manufacturer),
        optional("Model", meter.model),
        optional("ReadTypeCode", meter.read_type),
        Element("Status", meter.status),
        _registers(registers),
    )


def _registers(registers: tuple[Register, ...]) -> Element | None:
    if not registers:
        return None
    return Element("RegisterConfiguration", None, tuple(map(_register, registers)))


def _register(register: Register) -> Element:
    return element(
        "Register",
        Element("RegisterID", register.register_id),
        Element("NetworkTariffCode", register.network_tariff),
        Element("UnitOfMeasure", register.unit),
        Element("TimeOfDay", register.time_of_day),
        Element("Multiplier", register.multiplier),
        Element("DialFormat", register.dial_format),
        Element("Suffix", register.suffix),
        Element("ControlledLoad", register.controlled_load),
        Element("ConsumptionType", register.consumption_type),
        Element("Status", register.status),
    )


def _on(rows: Iterable[RoleAssignment], day: date) -> Iterator[RoleAssignment]:
    return (row for row in rows if row.from_date <= day <= row.to_date)


def _dates(row: RoleAssignment | DataStream, dated: bool) -> tuple[Element, ...]:
    if not dated:
        return ()
    return Element("FromDate", row.from_date.isoformat()), Element("ToDate", row.to_date.isoformat())
