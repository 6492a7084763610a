"""Every shipped scenario loads, is told in full, and names only things that could be real."""

import re
from datetime import datetime
from pathlib import Path

import pytest
import yaml
from jsonschema import Draft202012Validator

from simulator.base.clock import MARKET_ZONE
from simulator.base.ids import Nmi
from simulator.scenario.model import Scenario
from simulator.scenario.schema import json_schema
from simulator.web.scenario_files import read_scenario
from simulator.world.defaults import nmi_ranges
from simulator.world.places import places
from simulator.world.world import Base

FILES = sorted(Path(__file__).parents[2].glob("scenarios/*.yaml"))
TODAY = datetime(2026, 7, 1, 12, tzinfo=MARKET_ZONE)
PLACES = {(place.suburb, place.state, place.postcode) for several in places().values() for place in several}

every_file = pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)


def loaded(path: Path) -> Scenario:
    return read_scenario(path, TODAY)


def test_there_is_a_quick_start_and_one_story_for_each_transaction_group() -> None:
    assert {"quickstart", "cats", "nmid", "mdmt"} <= {path.stem for path in FILES}


@every_file
def test_it_loads_and_tells_what_it_is_about(path: Path) -> None:
    story = loaded(path)
    assert story.about
    assert story.given.points or story.given.population
    assert any(participant.users for participant in story.given.participants)


@every_file
def test_it_is_good_by_the_schema(path: Path) -> None:
    Draft202012Validator(json_schema()).validate(_days_as_text(yaml.safe_load(path.read_text("utf-8"))))


def _days_as_text(value: object) -> object:
    if isinstance(value, dict):
        return {key: _days_as_text(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_days_as_text(item) for item in value]
    return value if isinstance(value, str | int | float) else str(value)


@every_file
def test_only_the_quick_start_happens_now(path: Path) -> None:
    assert (loaded(path).clock is None) == (path.stem == "quickstart")


@every_file
def test_nmis_belong_to_a_distributor_of_their_jurisdiction(path: Path) -> None:
    ranges = nmi_ranges()
    for point in loaded(path).given.points:
        prefix = next(point.nmi[:length] for length in (4, 3, 2) if point.nmi[:length] in ranges)
        assert ranges[prefix][0] == point.jurisdiction


@every_file
def test_the_check_digits_in_the_comments_are_right(path: Path) -> None:
    text = path.read_text("utf-8")
    told = re.findall(r"Check digit (\d)\.|check digit is (\d)\.|Check digits (\d) and (\d)\.", text)
    digits = ["".join(each) for each in told]
    nmis = dict.fromkeys(re.findall(r'nmi: "(\w{10})"', text))
    assert "".join(digits) == "".join(Nmi.parse(nmi).checksum for nmi in nmis)


@every_file
def test_places_are_real(path: Path) -> None:
    for point in loaded(path).given.points:
        assert point.address is not None
        assert (point.address.suburb, point.address.state, point.address.postcode) in PLACES
        assert point.address.state == point.jurisdiction


@every_file
def test_the_market_it_describes_can_be_completed(path: Path) -> None:
    given = loaded(path).given
    base = Base(given.points, {each.participant_id: each.roles for each in given.participants})
    for point in base.points.values():
        assert {"FRMP", "LNSP", "MDP", "MPB", "RP"} <= {row.role for row in point.roles}
        assert point.data_streams


def test_the_quick_start_has_meters_of_both_kinds_in_three_states() -> None:
    points = loaded(FILES[0].parent / "quickstart.yaml").given.points
    assert {point.jurisdiction for point in points} == {"NSW", "VIC", "SA"}
    assert {"COMMS4D", "BASIC", "MRIM"} <= {point.meters[0].installation_type for point in points}
    reads = [point.meters[0].next_scheduled_read for point in points]
    assert [read for read in reads if read is not None and read > TODAY.date()]
