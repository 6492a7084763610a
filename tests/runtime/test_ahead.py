"""What is slow the first time is done beforehand, off the loop, and nothing is otherwise because of it."""

import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from queue import Queue

import pytest
from msgspec.structs import replace

import kit
from kit import CODEC, Party, message, outcome, runtime, transactions
from netstream_kit import THIRTY, Portal, asking
from simulator import ahead
from simulator.asexml.schemas import Schemas, Validator
from simulator.runtime import Runtime
from simulator.scenario.model import Given, Participant, Scenario, User
from simulator.simulation import Simulation
from simulator.stores.opening import open_journal
from simulator.workspaces import Workspaces
from simulator.world.growth import Growth
from simulator.world.population import Population
from simulator.world.world import World

REPORT = (
    '<ReportRequest version="r10"><ReportParameters xsi:type="ase:MDMT{kind}ReportParameters">'
    "<ReportName>{name}</ReportName>{rest}</ReportParameters></ReportRequest>"
)
LEVEL_1 = REPORT.format(
    kind="SettlementCaseDateRange", name="Level1SettlementReconciliation", rest="<SettlementCase>1</SettlementCase>"
)
BY_STREET = (
    '<NMIDiscoveryRequest version="r17"><JurisdictionCode>VIC</JurisdictionCode><Address><StructuredAddress><Street>'
    "<StreetName>{street}</StreetName></Street></StructuredAddress></Address></NMIDiscoveryRequest>"
)
BY_METER = (
    '<NMIDiscoveryRequest version="r17"><JurisdictionCode>VIC</JurisdictionCode><MeterSerialNumber>{serial}'
    "</MeterSerialNumber></NMIDiscoveryRequest>"
)


def story(count: int = 2_000) -> Scenario:
    retailer = Participant("RETAILA", ("FRMP",), (User("ALICE", "secret"),))
    return Scenario("grown", given=Given((retailer,), population=(Growth(count, "VIC"),)), seed=7)


def market() -> Simulation:
    return Simulation(story(), Schemas())


def points(house: Runtime) -> Population:
    found = house.simulation.base.points
    assert isinstance(found, Population)
    return found


@dataclass
class Imports:
    """Which modules were asked for, and whether by a thread beside the loop's."""

    asked: list[str] = field(default_factory=list)
    beside: set[bool] = field(default_factory=set)

    def __call__(self, name: str) -> None:
        self.asked.append(name)
        self.beside.add(threading.current_thread() is not threading.main_thread())


@pytest.fixture
def imports(monkeypatch: pytest.MonkeyPatch) -> Iterator[Imports]:
    """A process that has not met readings yet."""
    noted = Imports()
    monkeypatch.setattr(ahead, "_READINGS", threading.Event())
    monkeypatch.setattr(ahead, "import_module", noted)
    return noted


async def ask(house: Runtime, content: str, number: int = 1, group: str = "MDMT") -> None:
    asked = message(transactions(content, first=f"T{number}-"), message_id=f"MSG-{number}", group=group)
    reply = await Party(house).submit(asked, f"{group.lower()}m_retaila_{number}")
    assert outcome(reply).status == "Accept", reply.body


def test_the_libraries_and_the_street_index_are_there_before_anybody_asks() -> None:
    simulation = market()
    thread = ahead.begin(simulation, Schemas())
    thread.join(60)
    assert not thread.is_alive()
    assert thread.daemon, "it never keeps a process from ending"
    assert {"holidays", "faker"} <= set(sys.modules)
    assert isinstance(simulation.base.points, Population)
    assert simulation.base.points.prepared


def test_a_search_finds_the_same_whether_prepared_or_not() -> None:
    prepared, plain = market(), market()
    ahead.begin(prepared, Schemas()).join(60)
    address = next(iter(plain.base.points.values())).address
    assert address is not None
    key = ("street", address.street_name or "")
    found = list(World(plain.base).find(key))
    assert found
    assert list(World(prepared.base).find(key)) == found


async def test_what_readings_need_is_imported_off_the_loop_before_the_turn_of_the_first_report(
    imports: Imports,
) -> None:
    house = runtime(story(3))
    await ask(house, LEVEL_1, 1)
    assert {"simulator.world.stretch", "simulator.netstream.readings"} <= set(imports.asked)
    assert imports.beside == {True}
    imports.asked.clear()
    await ask(house, LEVEL_1, 2)
    assert imports.asked == [], "once"


async def test_a_restart_with_a_report_under_way_has_it_imported_before_it_goes_on(imports: Imports) -> None:
    told = replace(story(3), processing={"REPORT": timedelta(hours=1)})
    journal = open_journal("memory:?keep=yes", "default", CODEC)
    house = runtime(told, journal)
    runtime(told, journal)
    assert imports.asked == [], "nothing waits"
    await ask(house, LEVEL_1)
    imports.asked.clear()
    ahead._READINGS.clear()
    runtime(told, journal)
    assert imports.asked


async def test_other_messages_import_nothing(imports: Imports) -> None:
    house = runtime(story(3))
    await ask(house, BY_METER.format(serial="NONE"), group="NMID")
    limits = '<ReportParameters xsi:type="ase:CATSMsatsLimitsReportParameters"><ReportName>MSATSLimits</ReportName>'
    await ask(house, f'<ReportRequest version="r10">{limits}</ReportParameters></ReportRequest>', 2, "CATS")
    assert imports.asked == []


async def test_netstream_imports_what_readings_need_when_they_are_asked_for_not_when_somebody_signs_in(
    imports: Imports,
) -> None:
    netstream = Portal.open()
    await netstream.sign_in()
    assert imports.asked == []
    await netstream.ask(asking(THIRTY))
    assert imports.asked
    assert imports.beside == {True}


@pytest.fixture
def days(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """A process that has not met holidays yet: whether each import of them was beside the loop."""
    beside: list[bool] = []
    monkeypatch.setattr(ahead, "_DAYS", threading.Event())

    def imported() -> None:
        beside.append(threading.current_thread() is not threading.main_thread())
        ahead._DAYS.set()

    monkeypatch.setattr(ahead, "_days", imported)
    return beside


async def test_holidays_are_imported_off_the_loop_before_the_first_change_request(days: list[bool]) -> None:
    party = Party(runtime(kit.scenario()))
    await party.queue()
    await ask(party.house, BY_METER.format(serial="NONE"), 9, "NMID")
    assert days == [], "nobody asked about a day"
    for number in (1, 2):
        assert outcome(await party.submit(kit.transfer(number), f"catsm_retaila_{number}")).status == "Accept"
    assert days == [True], "once"


async def test_holidays_are_imported_off_the_loop_before_the_clock_is_moved_over_what_is_due(
    days: list[bool],
) -> None:
    house = runtime(kit.scenario())
    await house.advance(timedelta(days=1))
    assert days == [], "nothing waits"
    assert outcome(await Party(house).submit(kit.transfer(), "catsm_retaila_1")).status == "Accept"
    days.clear()
    ahead._DAYS.clear()
    await house.advance(timedelta(days=1))
    assert days == [True]


async def test_a_restart_with_change_requests_under_way_has_holidays_before_it_goes_on(days: list[bool]) -> None:
    journal = open_journal("memory:?keep=yes", "default", CODEC)
    house = runtime(kit.scenario(), journal)
    runtime(kit.scenario(), journal)
    assert days == [], "nothing waits"
    assert outcome(await Party(house).submit(kit.transfer(), "catsm_retaila_1")).status == "Accept"
    days.clear()
    runtime(kit.scenario(), journal)
    assert len(days) == 1


@pytest.mark.parametrize(
    ("release", "made"), [("r46", ["r46"]), ("r39_p1", ["r39_p1"]), ("r99", ["r46"]), ("none", ["r46"])]
)
async def test_the_schema_of_a_release_is_made_off_the_loop_before_its_first_message(
    monkeypatch: pytest.MonkeyPatch, release: str, made: list[str]
) -> None:
    told: list[tuple[str, bool]] = []
    own = Schemas.own

    def watched(schemas: Schemas, name: str) -> Validator:
        told.append((name, threading.current_thread() is not threading.main_thread()))
        return own(schemas, name)

    monkeypatch.setattr(Schemas, "own", watched)
    schemas = Schemas()
    body = kit.transfer().replace("r46", release).encode() if release != "none" else b"<x/>"
    for _ in range(2):
        await ahead.before_reading(schemas, body)
    assert told == [(each, True) for each in made], "once"
    assert schemas.holds(made[0])


async def test_a_search_by_address_waits_for_the_streets_off_the_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    house = runtime(story())
    street = next(iter(points(house).values())).address
    assert street is not None
    beside: list[bool] = []
    prepare = Population.prepare

    def watched(population: Population) -> None:
        beside.append(threading.current_thread() is not threading.main_thread())
        prepare(population)

    monkeypatch.setattr(Population, "prepare", watched)
    await ask(house, BY_METER.format(serial="NONE"), 1, "NMID")
    assert not points(house).prepared, "no street is asked for"
    await ask(house, BY_STREET.format(street=street.street_name), 2, "NMID")
    await ask(house, BY_STREET.format(street=street.street_name), 3, "NMID")
    assert beside == [True]


async def test_the_streets_of_another_large_story_and_of_a_workspace_are_found_ahead(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    found: Queue[Population] = Queue()

    def prepare(population: Population) -> None:
        found.put(population)

    monkeypatch.setattr(Population, "prepare", prepare)
    house = runtime(story(3))
    assert ahead.begin_streets(house.simulation) is None, "a small market needs nothing"
    await house.tell(story())
    assert found.get(timeout=60) is points(house)
    workspaces = Workspaces(lambda name: open_journal("memory:", name, CODEC), Schemas(), rate=0)
    workspace = await workspaces.make("one", story())
    assert found.get(timeout=60) is points(workspace)
    await workspaces.close()
