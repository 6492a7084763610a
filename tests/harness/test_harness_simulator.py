"""``Simulator`` in Python: synchronous and asynchronous, its clock, its messages, its workspaces, its clients."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest

import kit
import simulator
from simulator import Simulator
from simulator.client.messages import Envelope, change_request
from simulator.harness import simulator as harness
from simulator.harness.line import ControlError, Line
from simulator.harness.workspace import Workspace
from simulator.hub import exchanges
from simulator.scenario.mistakes import ScenarioMistakes

NMI = "4102034567"
STORY = Path(__file__).parents[2] / "scenarios" / "cats.yaml"


@pytest.fixture(scope="module")
def sim() -> Iterator[Simulator]:
    with Simulator(STORY) as opened:
        yield opened


def request(workspace: Workspace, number: int = 1) -> object:
    envelope = Envelope("RETAILA", f"RETAILA-MSG-{number}", workspace.clock.now)
    return change_request(envelope, NMI, proposed_date=date(2026, 3, 16))


def test_a_synchronous_test(sim: Simulator) -> None:
    with sim.workspace() as workspace, workspace.blocking_client("RETAILA") as hub:
        assert hub.submit(request(workspace)).accepted
        assert [each["from"] for each in workspace.messages.find(from_="RETAILA")] == ["RETAILA"]
        assert workspace.messages["RETAILA-MSG-1"]["body"].startswith("<?xml")
        assert len(workspace.messages) == len(list(workspace.messages)) > 1
        assert [each["rule"] for each in workspace.exchanges(status=200)] == ["hub.accept"]
        assert workspace.complaints() == []
        assert len(list(sim.messages)) == 0


async def test_an_asynchronous_test() -> None:
    async with Simulator(STORY) as sim, sim.workspace() as workspace, workspace.client() as hub:
        assert (await hub.submit(request(workspace))).accepted
        assert len(await hub.queue()) > 0


def test_the_clock_is_the_workspaces(sim: Simulator) -> None:
    begin = datetime.fromisoformat("2026-03-02T09:00:00+10:00")
    with sim.workspace() as workspace:
        assert workspace.clock.now == begin
        assert [event["type"] for event in workspace.clock.advance(minutes=30)] == ["ClockMoved"]
        workspace.clock.advance(timedelta(hours=1))
        workspace.clock.advance("PT30M")
        assert workspace.clock.now == begin + timedelta(hours=2)
        workspace.clock.set("2026-03-03T09:00:00")
        workspace.clock.set(begin + timedelta(days=2))
        assert workspace.clock.now == begin + timedelta(days=2)
        assert sim.clock.now == begin
        with pytest.raises(ControlError, match="forward"):
            workspace.clock.set(begin)
        with pytest.raises(TypeError, match="'fortnights' is no unit of time; known are weeks, days, hours, minutes"):
            workspace.clock.advance(fortnights=1)
        with pytest.raises(TypeError, match="either one duration or units such as days=1"):
            workspace.clock.advance("P14D", days=1)
        assert workspace.clock.now == begin + timedelta(days=2)
        workspace.reset()
        assert workspace.clock.now == begin


def test_a_workspace_is_dropped_at_its_end(sim: Simulator) -> None:
    with sim.workspace(name="mine") as workspace:
        assert workspace.url == f"{sim.url}/w/mine"
        assert workspace.plain_url == f"{sim.plain_url}/w/mine"
    with pytest.raises(ControlError):
        workspace.exchanges()
    workspace.drop()


def test_a_workspace_of_another_story(sim: Simulator) -> None:
    with sim.workspace(STORY.with_name("nmid.yaml")) as workspace:
        assert workspace.scenario.name != sim.scenario.name
        with workspace.blocking_client() as hub:
            assert hub.queue() == ()


def test_messages_are_waited_for(sim: Simulator) -> None:
    with sim.workspace() as workspace, workspace.blocking_client("RETAILA") as hub:
        hub.submit(request(workspace))
        assert workspace.messages.wait(from_="RETAILA", step="received")
        with pytest.raises(TimeoutError, match="from_=NOBODY"):
            workspace.messages.wait(0.01, from_="NOBODY")


async def test_messages_are_awaited(sim: Simulator) -> None:
    with sim.workspace() as workspace:
        waiting = asyncio.create_task(workspace.messages.awaited(20, from_="RETAILA"))
        async with workspace.client() as hub:
            await hub.submit(request(workspace))
        assert [each["messageId"] for each in await waiting] == ["RETAILA-MSG-1"]


def test_a_message_is_injected(sim: Simulator) -> None:
    text = kit.message(kit.transactions(kit.change_request()), sender="NEMMCO", to="RETAILA", message_id="NEMMCO-MSG-9")
    with sim.workspace() as workspace, workspace.blocking_client("RETAILA") as hub:
        context_id = workspace.messages.inject(text)
        assert [(entry.context_id, entry.message_id) for entry in hub.queue()] == [(context_id, "NEMMCO-MSG-9")]


def test_another_story_is_told_or_refused_whole(sim: Simulator, tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.yaml"
    wrong.write_text("scenario: S\nsed: 7\n")
    with sim.workspace() as workspace:
        with pytest.raises(ScenarioMistakes):
            workspace.tell(wrong)
        assert workspace.scenario.name == sim.scenario.name
        workspace.tell(STORY.with_name("nmid.yaml"))
        assert workspace.scenario.name != sim.scenario.name
        with workspace.blocking_client() as hub:
            assert hub.queue() == ()


def test_who_the_scenario_does_not_declare(sim: Simulator) -> None:
    with pytest.raises(LookupError, match="it has RETAILA"):
        sim.blocking_client("NOBODY")
    with pytest.raises(KeyError):
        sim.messages["nothing"]


def test_a_scenario_with_mistakes(tmp_path: Path, sim: Simulator) -> None:
    path = tmp_path / "wrong.yaml"
    path.write_text("scenario: S\nsed: 7\n")
    with pytest.raises(ScenarioMistakes):
        Simulator(path)
    with pytest.raises(ControlError) as refused:
        sim.workspace(path)
    assert refused.value.mistakes[0].startswith(f"{path}:2:1")


def test_requests_nobody_answers_are_complained_about(sim: Simulator) -> None:
    with sim.workspace() as workspace:
        with pytest.raises(urllib.error.HTTPError) as answered:
            urllib.request.urlopen(f"{workspace.plain_url}/NEMRetail/nothing")
        answered.value.close()
        (complaint,) = workspace.complaints()
        assert complaint.startswith("GET /NEMRetail/nothing was answered 404: http.path")
        workspace.expect_refusal("http.path")
        assert workspace.complaints() == []


def test_a_request_nobody_answered_is_complained_about_when_it_is_no_longer_kept(
    sim: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exchanges, "EXCHANGES_KEPT", 2)
    with sim.workspace(STORY) as workspace:
        for _ in range(3):
            with pytest.raises(urllib.error.HTTPError) as answered:
                urllib.request.urlopen(f"{workspace.plain_url}/NEMRetail/nothing")
            answered.value.close()
        with workspace.blocking_client() as hub:
            assert workspace.evicted() == 1
            hub.queue()
            hub.queue()
        assert [each["status"] for each in workspace.exchanges()] == [200, 200]
        assert workspace.evicted() == 3
        assert workspace.complaints() == ["3 requests that are no longer kept were answered by http.path"]
        workspace.expect_refusal("http.path")
        assert workspace.complaints() == []
        workspace.reset()
        assert workspace.evicted() == 0


def test_values_make_a_simulator_too(tmp_path: Path) -> None:
    with Simulator(kit.scenario(), certificates=tmp_path / "certs") as sim:
        assert sim.clock.now == kit.START
        with sim.workspace() as workspace:
            assert workspace.scenario is sim.scenario
    assert (tmp_path / "certs" / "ca.pem").is_file()


def test_nothing_is_left_behind() -> None:
    before = set(threading.enumerate())
    with Simulator(STORY) as sim:
        folder = sim._folder
        assert folder.is_dir()
    sim.drop()
    assert not folder.exists()
    assert [thread for thread in threading.enumerate() if thread not in before and thread.name == "ehubsim"] == []
    with pytest.raises(ControlError, match="cannot be reached"):
        sim.exchanges()


def test_over_tls_a_line_needs_the_ca(sim: Simulator) -> None:
    ca, _, _ = sim.certificates("RETAILA")
    assert Line(sim.url, ca=ca).get("health") == {"status": "ok"}
    with pytest.raises(ControlError, match="cannot be reached"):
        Line(sim.url).get("health")


def test_importing_the_package_is_cheap() -> None:
    program = (
        "import simulator, sys; print({'aiohttp', 'lxml', 'yaml', 'asyncio'} & set(sys.modules), simulator.Simulator)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("set() <class 'simulator.harness.simulator.Simulator'>")
    with pytest.raises(AttributeError):
        _ = simulator.nothing


def test_a_workspace_with_a_port_of_its_own(sim: Simulator) -> None:
    for scenario in (None, STORY):
        with sim.workspace(scenario, port=True) as workspace, workspace.blocking_client("RETAILA") as hub:
            assert "/w/" not in workspace.url
            assert workspace.url != sim.url
            assert hub.submit(request(workspace)).accepted
            assert len(workspace.messages.find(from_="RETAILA")) == 1
            assert workspace.plain_url is not None
            with urllib.request.urlopen(f"{workspace.plain_url}/_sim/ready") as answer:
                assert answer.status == 200


def test_the_reference_client_fails_nothing_that_is_expected() -> None:
    """Over TLS, drained as the market goes on, with a stop file on the way."""
    story = Path(__file__).parents[2] / "scenarios" / "judged-transfer.yaml"
    with Simulator(story) as sim, sim.blocking_client() as hub:
        assert sim.verdict().outcome != "pass"
        assert hub.submit(request(sim)).accepted
        for _ in range(15):
            hub.drain(lambda delivered: None)
            sim.clock.set((sim.clock.now + timedelta(days=1)).replace(hour=0, minute=1))
        hub.drain(lambda delivered: None)
        verdict = sim.verdict()
        assert {each.outcome for each in verdict.findings} == {"pass"}, verdict.findings
        assert verdict.outcome == "pass"
        assert sum(verdict.queues.values()) == 0


def test_stop_files_by_hand(sim: Simulator) -> None:
    with sim.workspace() as workspace, workspace.blocking_client("RETAILA") as hub:
        name = workspace.raise_stop_file("RETAILA", "CR")
        assert [each.cause for each in hub.alerts()] == ["CR"]
        workspace.clear_stop_file(name)
        assert hub.alerts() == ()
        with pytest.raises(KeyError):
            workspace.clear_stop_file(name)


def occupied() -> tuple[harness._LoopThread, threading.Event]:
    """A server's thread that is stuck until somebody releases it."""
    entered, release = threading.Event(), threading.Event()

    def stuck() -> None:
        entered.set()
        release.wait()

    thread = harness._LoopThread()
    thread._loop.call_soon_threadsafe(stuck)
    entered.wait()
    return thread, release


def test_where_a_server_is_that_does_not_start_is_told() -> None:
    thread, release = occupied()
    with pytest.raises(TimeoutError, match=r"not started within 0 s; its thread is at(.|\n)*release.wait\(\)"):
        thread.run(asyncio.sleep(0), 0.0, "started")
    release.set()
    thread.run(asyncio.sleep(0), 60.0, "started")
    thread.close()


def test_a_server_that_does_not_stop_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    thread, release = occupied()
    monkeypatch.setattr(harness, "_LETTING_GO", 0.0)
    with pytest.raises(TimeoutError, match=r"not stopped within 0 s; its thread is at(.|\n)*release.wait\(\)"):
        thread.close()
    monkeypatch.undo()
    release.set()
    thread.close()
