"""What is slow the first time is done beforehand, and nothing is otherwise because of it."""

import sys

from simulator.asexml.schemas import Schemas
from simulator.scenario.model import Given, Scenario
from simulator.simulation import Simulation
from simulator.web import warm
from simulator.world.growth import Growth
from simulator.world.population import Population
from simulator.world.world import World


def market() -> Simulation:
    return Simulation(Scenario("grown", given=Given(population=(Growth(2_000, "VIC"),)), seed=7), Schemas())


def test_the_libraries_and_the_street_index_are_there_before_anybody_asks():
    simulation = market()
    thread = warm.begin(simulation)
    thread.join(60)
    assert not thread.is_alive()
    assert thread.daemon, "it never keeps a process from ending"
    assert {"holidays", "faker"} <= set(sys.modules)
    points = simulation.base.points
    assert isinstance(points, Population)
    assert points.prepared


def test_a_search_finds_the_same_whether_prepared_or_not():
    prepared, plain = market(), market()
    warm.begin(prepared).join(60)
    address = next(iter(plain.base.points.values())).address
    assert address is not None
    key = ("street", address.street_name or "")
    found = list(World(plain.base).find(key))
    assert found
    assert list(World(prepared.base).find(key)) == found
