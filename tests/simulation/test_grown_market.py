"""A scenario with a population: its customers can be found, won and discovered like any other."""

from kit import START, Party, change_request, message, runtime, transactions
from simulator.base.ids import Nmi
from simulator.scenario.loader import load

STORY = f"""\
scenario: A large market
seed: 3
clock: "{START.isoformat()}"
given:
  participants:
    - {{id: RETAILA, roles: [FRMP], user: ALICE, password: secret}}
    - {{id: RETAILB, roles: [FRMP], played: auto}}
  population: {{count: 100000, jurisdiction: VIC, frmp: RETAILB, installation type: VICAMI}}
"""


async def test_a_grown_customer_changes_retailer() -> None:
    house = runtime(load(STORY, "large.yaml"))
    world = house.simulation.market.world
    nmi = list(world.base.points)[77_777]
    party = Party(house)
    await party.submit(message(transactions(change_request(nmi))))
    told = await party.clear()
    codes = [each.findtext(".//CATSChangeResponse/Event/Code") for each in told]
    assert "0" in codes
    found = [each.findtext(".//NMIStandingData/NMI") for each in told]
    assert nmi in found
    assert world.holder(nmi, "FRMP", START.date()) == "RETAILB"


async def test_a_grown_customer_is_discovered_by_its_meter() -> None:
    house = runtime(load(STORY, "large.yaml"))
    world = house.simulation.market.world
    point = world.point(list(world.base.points)[12_345])
    assert point is not None
    asked = (
        '<NMIDiscoveryRequest version="r17"><JurisdictionCode>VIC</JurisdictionCode>'
        f"<MeterSerialNumber>{point.meters[0].serial}</MeterSerialNumber></NMIDiscoveryRequest>"
    )
    party = Party(house)
    body = message(transactions(asked), group="NMID", priority="High")
    await party.submit(body, "nmidh_retaila_1")
    (answer,) = await party.clear()
    (hit,) = answer.iter("NMI")
    assert (hit.text, hit.get("checksum")) == (point.nmi, Nmi(point.nmi).checksum)
