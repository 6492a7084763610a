"""Who may discover what is data: search keys, how many NMIs, fields; and a participant's own extracts replace it."""

from __future__ import annotations

import pytest
from market_kit import Bench, codes, find
from test_market_nmid import ask, discovery, found, roles, searched, site, standing
from test_own_rules import C1, block, made, row

from simulator.asexml.model import Element, element
from simulator.market.market import Market
from simulator.market.rules import Rules
from simulator.market.tables import Row, shipped

METER = element("MeterSerialNumber", "MTR1")


def search_rule(role: str = "FRMP", jurisdiction: str = "NSW", **changed: str) -> Row:
    keys = {"SearchOnDPID": "Y", "SearchOnAddress": "Y", "SearchOnMeterIdentifier": "Y", "NMIReturnCount": "99"}
    return {"JurisdictionCode": jurisdiction, "Role": role, "OwnOnly": "No", **keys, **changed}


def access(*fields: str, table: str = "CATS_NMI_DATA", role: str = "FRMP") -> Row:
    return {"JurisdictionCode": "NSW", "Role": role, "Table": table, "Field": " ".join(fields)}


def bench(points: int = 3, **tables: list[Row]) -> Bench:
    market = Bench([site(number) for number in range(1, points + 1)])
    rules = Rules.of({**shipped(), **tables})
    market.market = Market(market.world, market.switches, market, rules)
    return market


def names(parent: Element, path: str) -> set[str]:
    (place,) = [each for each in parent.children if each.name == "NMIStandingData"]
    return {child.name for each in find(place, path) for child in each.children}


def test_a_search_key_may_be_forbidden_in_a_jurisdiction():
    market = bench(discovery_search_rules=[search_rule(SearchOnMeterIdentifier="N"), search_rule(jurisdiction="ALL")])
    refused = ask(market, discovery(METER))
    assert (found(refused), codes([refused])) == ([], ["202"])
    assert found(ask(market, discovery(searched(house="7")))) == ["4102100001", "4102100002", "4102100003"]
    assert codes([ask(market, discovery(METER, jurisdiction="VIC"))]) == ["1404"], "allowed there, but nothing is there"


def test_a_table_says_how_many_nmis_are_told():
    market = bench(discovery_search_rules=[search_rule(NMIReturnCount="2")])
    answer = ask(market, discovery(searched(house="7")))
    assert (found(answer), codes([answer])) == (["4102100001", "4102100002"], ["1410"])


def test_whoever_has_no_row_may_not_search():
    market = bench(discovery_search_rules=[search_rule("LNSP")])
    assert codes([ask(market, discovery(METER))]) == ["202"]
    assert found(ask(market, discovery(METER), "NETWORK")) == ["4102100001"], "here a distributor sees all"


def test_a_field_that_no_row_names_is_not_shown():
    shown = access("Status", "JURISDICTION_CODE"), access("Manufacturer", table="CATS_METER_REGISTER")
    market = bench(discovery_access_rules=[*shown, access("ALL", table="CATS_NMI_PARTICIPANT_RELATIONS")])
    answer = ask(market, standing("4102100001"))
    assert names(answer.payload, "MasterData") == {"Status", "JurisdictionCode"}
    assert names(answer.payload, "MeterRegister/Meter") == {"SerialNumber"}
    assert "LNSP" in roles(answer)
    assert names(answer.payload, "DataStreams") == set()
    hit = ask(market, discovery(METER))
    assert found(hit) == ["4102100001"]
    assert names(hit.payload, "MasterData") == set()


def test_with_all_fields_registers_are_shown_with_theirs():
    everything = list(shipped()["discovery_access_rules"])
    answer = ask(bench(), standing("4102100001"))
    same = ask(bench(discovery_access_rules=everything), standing("4102100001"))
    assert answer.payload == same.payload
    fewer = [each for each in everything if each["Role"].startswith("FRMP")]
    tariff = {**fewer[0], "Table": "CATS_REGISTER_IDENTIFIER", "Field": "NetworkTariffCode"}
    rest = {**fewer[0], "Table": fewer[0]["Table"].replace(" CATS_REGISTER_IDENTIFIER", "")}
    less = ask(bench(discovery_access_rules=[tariff, rest]), standing("4102100001"))
    path = "MeterRegister/Meter/RegisterConfiguration/Register"
    assert names(less.payload, path) == {"RegisterID", "NetworkTariffCode"}
    assert names(answer.payload, path) > {"RegisterID", "NetworkTariffCode", "TimeOfDay"}


def test_a_participants_own_extracts_replace_both():
    cells = {"SearchOnDPID": "Y", "SearchOnAddress": "N", "SearchOnMeterIdentifier": "Y", "NMIReturnCount": "5"}
    searching = [row("NMISearchRule", JurisdictionCode="NSW", Role=role, **cells) for role in ("FRMP", "LNSP")]
    seeing = row("NMIAccessRule", JurisdictionCode="NSW", Role="FRMP", Table="CATS_NMI_DATA", Field="TNI")
    rules = made(c1_xml=C1.format(block("NMISearchRules", *searching) + block("NMIAccessRules", seeing))).rules
    right = rules.discovery.search(["FRMP"], "NSW")
    assert right is not None
    assert (right.keys, right.most, right.own_only) == ({"DeliveryPointIdentifier", "MeterSerialNumber"}, 5, False)
    network = rules.discovery.search(["LNSP"], "NSW")
    assert network is not None
    assert network.own_only, "that is not replicated: documented of distributors"
    assert rules.discovery.search(["FRMP"], "VIC") is None
    assert rules.discovery.fields(["FRMP"], "NSW") == {"MasterData": frozenset({"TNI"})}


@pytest.mark.parametrize("role", ["FRMP", "LNSP", "MDP"])
def test_what_is_shipped_gives_every_key_and_field(role):
    rules = Rules.of(shipped()).discovery
    right = rules.search([role], "NSW")
    assert right is not None
    assert (len(right.keys), right.most, right.own_only) == (3, 99, role == "LNSP")
    assert all(names == {"ALL"} for names in rules.fields([role], "NSW").values())
