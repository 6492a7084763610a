"""Grown markets: the same for the same seed in any order, and never mixed up with hand-written points."""

import re
from collections import Counter
from collections.abc import Sequence
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.base.draw import Draw
from simulator.base.ids import Nmi
from simulator.world.defaults import nmi_ranges
from simulator.world.growth import STREET, Growth
from simulator.world.model import Address, ConnectionPoint, Meter
from simulator.world.numbering import MOST_GROWN, Numbering
from simulator.world.places import places
from simulator.world.population import Population, grown_base
from simulator.world.search import search_keys
from simulator.world.world import Base, World

VIC = Growth(300, "VIC")
BEGINNING = date(2026, 3, 2)


def grown(
    *growths: Growth,
    seed: int = 7,
    written: Sequence[ConnectionPoint] = (),
    parties: dict[str, tuple[str, ...]] | None = None,
) -> Base:
    return grown_base(written, growths, seed, parties or {})


def test_the_same_seed_grows_the_same_market_in_any_order() -> None:
    one, other = grown(VIC), grown(VIC)
    nmis = list(one.points)
    backwards = {nmi: other.points[nmi] for nmi in reversed(nmis)}
    assert {nmi: one.points[nmi] for nmi in nmis} == backwards
    assert list(other.points) == nmis
    assert len(one.points) == len(set(nmis)) == 300


def test_another_seed_grows_another_market() -> None:
    assert not set(grown(VIC).points) & set(grown(VIC, seed=8).points)


def test_a_larger_market_begins_with_the_smaller_one() -> None:
    small, large = grown(VIC), grown(Growth(900, "VIC"))
    assert list(large.points)[:300] == list(small.points)
    assert [large.points[nmi] for nmi in small.points] == list(small.points.values())


def test_a_point_is_made_once_it_is_asked_for_and_not_before(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    of = Draw.of
    monkeypatch.setattr(Draw, "of", lambda self, *key: asked.append(key[0]) or of(self, *key))
    base = grown(Growth(100_000, "VIC"))
    nmi = next(iter(base.points))
    assert base.points[nmi] is base.points[nmi]
    assert asked.count("point") == asked.count("street") == 1


@pytest.mark.parametrize("state", sorted(places()))
def test_what_grows_fits_together(state: str) -> None:
    base = grown(Growth(200, state, beginning=BEGINNING))
    real = {(each.suburb, each.state, each.postcode): each.network for each in places()[state]}
    ranges = nmi_ranges()
    for nmi, point in base.points.items():
        assert point.nmi == Nmi.parse(nmi).text
        address = point.address
        assert address is not None
        network = real[address.suburb, address.state, address.postcode]
        prefix = next(nmi[:length] for length in (4, 3, 2) if nmi[:length] in ranges)
        assert ranges[prefix] == (state, network) == (point.jurisdiction, point.roles[0].party)
        assert {row.role for row in point.roles} >= {"FRMP", "LNSP", "LR", "RP", "MDP", "MPB"}
        assert [stream.suffix for stream in point.data_streams] == [each.suffix for each in point.meters[0].registers]
        assert re.fullmatch("[1-9][0-9]{7}", address.delivery_point or "")
        assert len(point.meters[0].serial) <= 12
        assert re.fullmatch("[A-Z ]{1,45}", address.street_name or "")


def test_every_address_meter_and_delivery_point_is_there_once() -> None:
    base = grown(Growth(4_000, "TAS"), Growth(2_000, "TAS", roles={"FRMP": (("RETAILA", 1),)}))
    points = list(base.points.values())
    assert len({point.address for point in points}) == 6_000
    assert len({point.meters[0].serial for point in points}) == 6_000
    assert len({point.address and point.address.delivery_point for point in points}) == 6_000
    numbered = Counter((a.suburb, a.street_name, a.house_number) for a in (point.address for point in points) if a)
    assert sum(count > 1 for count in numbered.values()) > 50, "no flats and no numbers with a suffix"


def test_shares_are_kept_roughly() -> None:
    growth = Growth(
        2_000,
        "QLD",
        roles={"FRMP": (("RETAILA", 1), ("RETAILB", 3)), "RP": (("MCCO", 1),)},
        classifications=(("SMALL", 9), ("LARGE", 1)),
        statuses=(("A", 4), ("D", 1)),
        installation_types=(("BASIC", 1), ("COMMS4D", 1)),
        customer_classes=(("BUSINESS", 1),),
        beginning=BEGINNING,
    )
    points = list(grown(growth, parties={"METERDP": ("MDP",)}).points.values())
    held = Counter((row.role, row.party) for point in points for row in point.roles)
    assert held["RP", "MCCO"] == held["MDP", "METERDP"] == held["MPB", "PLAYMPB"] == 2_000
    assert 400 < held["FRMP", "RETAILA"] < 600
    assert held["FRMP", "RETAILA"] + held["FRMP", "RETAILB"] == 2_000
    assert 120 < sum(point.classification == "LARGE" for point in points) < 280
    assert 320 < sum(point.status == "D" for point in points) < 480
    assert {point.customer_class for point in points} == {"BUSINESS"}
    basic = [point.meters[0] for point in points if point.meters[0].installation_type == "BASIC"]
    assert 900 < len(basic) < 1_100
    for meter in basic:
        assert meter.read_type == "MV3M"
        assert meter.next_scheduled_read is not None
        assert timedelta(0) < meter.next_scheduled_read - BEGINNING <= timedelta(91)


def test_without_a_beginning_no_read_is_scheduled() -> None:
    points = grown(Growth(50, "SA", installation_types=(("BASIC", 1),))).points.values()
    assert {point.meters[0].next_scheduled_read for point in points} == {None}


def test_a_hand_written_nmi_stays_and_the_grown_one_steps_aside() -> None:
    usual = list(grown(VIC).points)
    written = [ConnectionPoint(nmi, "NSW", status="X") for nmi in (usual[3], usual[5])]
    base = grown(VIC, written=written)
    nmis = list(base.points)
    assert nmis[:2] == [usual[3], usual[5]]
    assert len(set(nmis)) == len(base.points) == 302
    assert [base.points[nmi].status for nmi in nmis[:2]] == ["X", "X"]
    moved = [nmi for nmi in nmis if nmi not in usual]
    assert len(moved) == 2
    for nmi in moved:
        assert base.points[nmi].nmi == nmi
        assert base.points[nmi].jurisdiction == "VIC"


def test_a_hand_written_nmi_among_those_kept_to_step_aside_is_not_given_to_another() -> None:
    population = Population(Base(), [VIC], Draw(7))
    first = next(iter(population))
    spares = [Numbering(Draw(7)).nmi(first[:4], MOST_GROWN + more) for more in (0, 1)]
    base = grown(VIC, written=[ConnectionPoint(nmi, "VIC") for nmi in (first, spares[0])])
    assert spares[1] in base.points
    assert len(set(base.points)) == len(base.points)
    assert len(list(base.points.values())) == 302


def test_a_nmi_of_nobody_is_not_there() -> None:
    points = grown(VIC).points
    for nmi in ("9999999999", "6102000", "61020000001", "6102ABCDEF", "", "４１０２０３４５６７"):
        assert nmi not in points
        assert points.get(nmi) is None
    assert 5 not in points
    assert sum(f"6102{number:06}" in points for number in range(5_000)) <= 300


def test_too_many_are_refused() -> None:
    with pytest.raises(ValueError, match="900001 is more than 900000"):
        grown(Growth(MOST_GROWN, "VIC"), Growth(1, "NSW"))


@settings(max_examples=30)
@given(st.integers(0, 2**40), st.integers(0, MOST_GROWN - 1), st.sampled_from(sorted(nmi_ranges())))
def test_numbers_lead_back(seed: int, number: int, prefix: str) -> None:
    numbering = Numbering(Draw(seed))
    nmi = numbering.nmi(prefix, number)
    assert Nmi.parse(nmi).text.startswith(prefix)
    assert numbering.of_nmi(nmi) == number
    assert numbering.of_serial(f"V{numbering.serial(number)}") == number
    assert numbering.of_delivery_point(numbering.delivery_point(number)) == number


@pytest.mark.parametrize("text", ["", "V1234567", "VABCDEFGH", "V１２３４５６７８"])
def test_what_is_no_number_leads_nowhere(text: str) -> None:
    numbering = Numbering(Draw(1))
    assert numbering.of_serial(text) is None
    assert numbering.of_delivery_point(text) is None


def expected(base: Base) -> dict[tuple[str, str], list[str]]:
    index: dict[tuple[str, str], list[str]] = {}
    for point in base.points.values():
        for key in search_keys(point):
            index.setdefault(key, []).append(point.nmi)
    return index


@settings(max_examples=8)
@given(
    st.lists(st.builds(Growth, st.integers(1, 900), st.sampled_from(["ACT", "NT"])), min_size=1, max_size=3),
    st.integers(0, 99),
)
def test_searching_finds_what_an_index_over_all_points_would(growths: list[Growth], seed: int) -> None:
    written = ConnectionPoint(
        "7001000001", "ACT", meters=(Meter("M1"),), address=Address("BRADDON", "ACT", "2612", "1", None, "SMITH", "ST")
    )
    base = grown(*growths, seed=seed, written=[written])
    index = expected(base)
    world = World(base)
    for key, nmis in index.items():
        assert sorted(world.find(key)) == sorted(nmis)
        assert world.candidates(key) == len(nmis)
        assert base.find(key)[0] in nmis
        assert list(base.find(key)[:2]) == list(base.find(key))[:2]
    for key in (("suburb", "NOWHERE"), ("street", ""), ("meter", "X"), ("delivery point", "1"), ("lot", "4")):
        assert list(world.find(key)) == []
        assert world.candidates(key) == 0


def test_streets_fill_up() -> None:
    """So many points that every place has several streets, and no street more points than it may."""
    points = grown(Growth(3_000, "NT")).points.values()
    streets = Counter((a.suburb, a.street_name) for a in (point.address for point in points) if a)
    assert max(streets.values()) == STREET
    assert len({suburb for suburb, _ in streets}) == 10
    assert len(streets) == 70


def test_the_table_of_places_is_complete() -> None:
    ranges = set(nmi_ranges().values())
    every = [place for of_state in places().values() for place in of_state]
    assert len(every) > 400
    assert set(places()) == {"NSW", "VIC", "QLD", "SA", "TAS", "ACT", "WA", "NT"}
    assert len({(place.suburb, place.state) for place in every}) == len(every)
    digits = {"NSW": "2", "VIC": "3", "QLD": "4", "SA": "5", "TAS": "7", "ACT": "2", "WA": "6", "NT": "0"}
    for place in every:
        assert (place.state, place.network) in ranges
        assert re.fullmatch(f"{digits[place.state]}[0-9]{{3}}", place.postcode)
        assert re.fullmatch("[A-Z ]+", place.suburb)
