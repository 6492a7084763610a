"""The overlay over a shared base: dated roles, search after changes, completion of sparse points."""

import functools
import operator
from datetime import UTC, date, datetime
from decimal import Decimal

import msgspec
import pytest
from msgspec.structs import replace

from simulator.asexml.mdff_model import IntervalDay, NmiDataDetails
from simulator.base.turn import Event
from simulator.world.defaults import PLAYED, complete, distributor, nmi_ranges
from simulator.world.events import WORLD_EVENTS, ConnectionPointChanged, ReadingsLoaded
from simulator.world.model import Address, ConnectionPoint, Meter, Register, RoleAssignment
from simulator.world.world import Base, World

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
TODAY = date(2026, 3, 2)
NMI = "4102034567"


def base(**roles: str) -> Base:
    rows = tuple(RoleAssignment(role, party) for role, party in roles.items())
    address = Address("SYDNEY", "NSW", "2000", house_number="7", street_name="GEORGE", street_type="ST")
    points = [ConnectionPoint(NMI, "NSW", roles=rows, address=address, meters=(Meter("MTR1"),))]
    return Base(points, {"RETAILA": ["FRMP"], "METERCO": ["RP"]})


def test_a_sparse_point_is_completed_the_same_way_every_time():
    first, second = (complete(ConnectionPoint(NMI, "NSW"), {}) for _ in range(2))
    assert first == second
    assert {each.role: each.party for each in first.roles} == {**PLAYED, "LNSP": "ENERGYAP"}
    assert [stream.suffix for stream in first.data_streams] == ["E1"]
    assert first.address is not None
    assert first.address.house_number == "4568"


def test_what_a_scenario_says_is_kept():
    point = ConnectionPoint(
        NMI, "NSW", roles=(RoleAssignment("FRMP", "RETAILB"),), meters=(Meter("X", installation_type="BASIC"),)
    )
    full = complete(point, {"FRMP": "RETAILA", "MDP": "MYMDP"})
    parties = {each.role: each.party for each in full.roles}
    assert parties["FRMP"] == "RETAILB"
    assert parties["MDP"] == "MYMDP"
    assert full.meters[0].read_type == "MV3M"
    assert [(each.suffix, each.kind, each.profile) for each in full.data_streams] == [("11", "Consumption", "NSLP")]


def test_reactive_registers_have_no_data_stream():
    registers = (Register("E1", "E1"), Register("B1", "B1"), Register("Q1", "Q1", unit="KVARH"))
    full = complete(ConnectionPoint(NMI, "NSW", meters=(Meter("X", registers),)), {})
    assert [each.suffix for each in full.data_streams] == ["E1", "B1"]


@pytest.mark.parametrize("prefix", nmi_ranges())
def test_every_range_names_the_distributor_of_its_jurisdiction(prefix):
    jurisdiction, party = nmi_ranges()[prefix]
    assert distributor(prefix.ljust(10, "0"), jurisdiction) == party


def test_a_range_of_another_jurisdiction_does_not_name_the_distributor():
    assert distributor("6001000000", "SA") == "UMPLP"


def test_holders_follow_dates():
    world = World(base(FRMP="RETAILB"))
    point = world.point(NMI)
    assert point is not None
    ended = RoleAssignment("FRMP", "RETAILB", to_date=date(2026, 2, 28))
    begun = RoleAssignment("FRMP", "RETAILA", from_date=date(2026, 3, 1))
    others = tuple(each for each in point.roles if each.role != "FRMP")
    world.apply(ConnectionPointChanged(NOW, replace(point, roles=(*others, ended, begun))))
    assert world.holder(NMI, "FRMP", date(2026, 2, 28)) == "RETAILB"
    assert world.holder(NMI, "FRMP", TODAY) == "RETAILA"
    assert world.holder("0000000000", "FRMP", TODAY) is None


def test_overlays_of_one_base_know_nothing_of_each_other():
    shared = base()
    one, other = World(shared), World(shared)
    point = one.point(NMI)
    assert point is not None
    one.apply(ConnectionPointChanged(NOW, replace(point, status="D")))
    assert one.point(NMI).status == "D"  # type: ignore[union-attr] # it is there
    assert other.point(NMI).status == "A"  # type: ignore[union-attr] # it is there


def test_search_follows_changes_of_address_and_meter():
    world = World(base())
    point = world.point(NMI)
    assert point is not None
    assert point.address is not None
    assert list(world.find(("street", "GEORGE"))) == [NMI]
    moved = replace(point, address=replace(point.address, street_name="Pitt"), meters=(Meter("MTR2"),))
    world.apply(ConnectionPointChanged(NOW, moved))
    assert list(world.find(("street", "GEORGE"))) == []
    assert list(world.find(("street", "PITT"))) == [NMI]
    assert list(world.find(("meter", "MTR2"))) == [NMI]
    world.apply(ConnectionPointChanged(NOW, point))
    assert list(world.find(("street", "GEORGE"))) == [NMI]
    assert list(world.find(("street", "PITT"))) == []


def test_a_new_nmi_is_found_and_counted():
    world = World(base())
    world.apply(ConnectionPointChanged(NOW, complete(ConnectionPoint("4102034568", "NSW"), {})))
    assert [point.nmi for point in world.points()] == [NMI, "4102034568"]
    assert list(world.find(("street", "EXAMPLE"))) == ["4102034568"]


def test_who_is_not_declared_may_hold_any_role():
    world = World(base())
    assert world.registered("RETAILA", "FRMP")
    assert not world.registered("RETAILA", "MDP")
    assert world.registered("SOMEBODY", "MDP")


def test_the_newest_version_of_a_day_holds_in_whatever_order_they_come():
    world = World(base())
    details = NmiDataDetails(NMI, "E1", "E1", "E1", "N1", "MTR1", "kWh", 30)
    at = [datetime(2026, 3, 3, hour, tzinfo=UTC) for hour in (1, 2)]
    old, new = (IntervalDay.of(details, TODAY, [Decimal(n)] * 48, at[n]) for n in (0, 1))
    for day in (new, old):
        world.apply(ReadingsLoaded(NOW, "MDP1", "1", days=(day,)))
    assert world.readings.holding(NMI, "E1", TODAY) == new
    assert world.readings.history(NMI, "E1", TODAY) == (old, new)
    assert list(world.readings.days(NMI)) == [new]


def test_events_survive_a_journal():
    world = World(base())
    point = world.point(NMI)
    assert point is not None
    details = NmiDataDetails(NMI, "E1", "E1", "E1", "N1", "MTR1", "kWh", 30)
    day = IntervalDay.of(details, TODAY, [Decimal("0.100")] * 48, NOW)
    events: list[Event] = [ConnectionPointChanged(NOW, point, "1"), ReadingsLoaded(NOW, "MDP1", "1", days=(day,))]
    for codec in (msgspec.json, msgspec.msgpack):
        data = codec.encode(events)
        assert codec.decode(data, type=list[functools.reduce(operator.or_, WORLD_EVENTS)]) == events
