"""Workspaces: whole simulations beside each other, that share a market and nothing that changes."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from prometheus_client.parser import text_string_to_metric_families

import kit
from simulator.base.errors import Refused
from simulator.base.http import Headers, HttpReply, HttpRequest
from simulator.base.turn import Turn
from simulator.config import Settings
from simulator.runtime import Runtime
from simulator.simulation import Simulation
from simulator.stores.opening import open_journal
from simulator.web.app import App
from simulator.web.control import Control
from simulator.web.start import Served, start
from simulator.workspaces import Workspaces

KEEPING = "memory:?keep=yes"
SCENARIO = """
scenario: Another story
clock: "2026-05-04T09:00:00+10:00"
given:
  participants:
    - {id: RETAILZ, roles: [FRMP], user: ZOE, password: secret}
  nmis:
    - {nmi: "4102034567", jurisdiction: NSW, frmp: RETAILB, meters: [{serial: "M1"}]}
"""


def made(journal: str = KEEPING) -> Workspaces:
    return Workspaces(lambda name: open_journal(journal, f"w/{name}", kit.CODEC), kit.SCHEMAS, rate=0)


class Site:
    """An app with its control API, asked as values."""

    def __init__(self, served: Served) -> None:
        self.app = App(_control(served), served.runtime.clock.now, served.runtime, workspaces=served.workspaces)

    async def ask(self, method: str, target: str, body: bytes | str = b"", **headers: str) -> HttpReply:
        path, _, query = target.partition("?")
        pairs = tuple(tuple(pair.split("=")) for pair in query.split("&") if pair)
        raw = body.encode() if isinstance(body, str) else body
        request = HttpRequest(method, path, pairs, Headers({"Host": "127.0.0.1", **headers}))

        async def read_body(limit: int) -> bytes:
            return raw[: limit + 1]

        return await self.app.answer(request, read_body)

    async def told(self, method: str, target: str, body: bytes | str = b"", status: int = 200) -> dict[str, Any]:
        reply = await self.ask(method, target, body)
        assert reply.status == status, reply
        return json.loads(reply.body)


def _control(served: Served) -> Control:
    return Control(served.certificates, None, served.runtime, served.workspaces)


@pytest.fixture
async def site(tmp_path: Path):
    served = await start(Settings(port=0, plain_port=0, certs=tmp_path / "certs", clock="held"), kit.scenario())
    yield Site(served)
    await served.close()


async def test_a_workspace_is_made_used_and_dropped(site: Site) -> None:
    told = await site.told("PUT", "/_sim/workspaces/one", status=201)
    assert told == {
        "name": "one",
        "path": "/w/one",
        "scenario": "test market",
        "now": kit.START.isoformat(),
        "rate": 0,
        "strictness": "strict",
    }
    assert (await site.told("GET", "/w/one/_sim/ready"))["status"] == "ready"
    house = site.app.workspaces.find("one")
    party = kit.Party(house)
    await party.submit(kit.transfer())
    assert len((await site.told("GET", "/w/one/_sim/messages?from=RETAILA"))["messages"]) == 1
    assert (await site.told("GET", "/_sim/messages"))["messages"] == []
    assert [each["name"] for each in (await site.told("GET", "/_sim/workspaces"))["workspaces"]] == ["one"]
    assert await site.told("DELETE", "/_sim/workspaces/one") == {"status": "dropped"}
    await site.told("DELETE", "/_sim/workspaces/one", status=404)
    assert (await site.ask("GET", "/w/one/_sim/ready")).status == 404
    assert (await site.ask("GET", "/w/one" + kit.BASE + "getQueueMetaData")).status == 404


async def test_every_emulated_path_works_in_a_workspace(site: Site) -> None:
    await site.told("PUT", "/_sim/workspaces/one", status=201)
    headers = kit.Party(site.app.workspaces.find("one")).headers()
    request = HttpRequest("GET", "/w/one" + kit.BASE + "getQueueMetaData", (), Headers(headers), None, secure=False)
    assert (await site.app.answer(request, None)).status == 200
    assert (await site.ask("GET", "/w/one/nothing")).status == 404
    token = await site.ask("POST", "/w/one/tenant/oauth2/v2.0/token")
    assert token.rule == (await site.ask("POST", "/tenant/oauth2/v2.0/token")).rule != "http.path"


async def test_clocks_are_each_workspaces_own(site: Site) -> None:
    await site.told("PUT", "/_sim/workspaces/one", status=201)
    await site.told("PUT", "/_sim/workspaces/two?clock=60x", status=201)
    await site.told("POST", "/w/one/_sim/clock", '{"advance": "P1D"}')
    assert (await site.told("GET", "/w/one/_sim/clock"))["now"] == "2026-03-03T09:00:00+10:00"
    assert (await site.told("GET", "/w/two/_sim/clock"))["rate"] == 60
    assert (await site.told("GET", "/_sim/clock"))["now"] == kit.START.isoformat()
    assert (await site.told("PUT", "/_sim/workspaces/two?clock=fast", status=422))["rule"] == "clock.mode"


async def test_a_workspace_may_tell_another_story(site: Site) -> None:
    told = await site.told("PUT", "/_sim/workspaces/one", SCENARIO, status=201)
    assert (told["scenario"], told["now"]) == ("Another story", "2026-05-04T09:00:00+10:00")
    await site.told("PUT", "/_sim/workspaces/two", SCENARIO, status=201)
    one, two = (site.app.workspaces.find(name) for name in ("one", "two"))
    assert one.simulation.base is two.simulation.base
    assert (await site.ask("GET", "/w/one/_sim/certs/RETAILZ.zip")).content_type == "application/zip"
    assert (await site.ask("GET", "/_sim/certs/RETAILZ.zip")).status == 404


async def test_a_story_with_mistakes_is_refused_whole_with_all_of_them(site: Site) -> None:
    wrong = "scenario: S\nsed: 7\ngiven: {participants: [{id: RETAILA, roles: [KING]}]}\n"
    told = await site.told("PUT", "/_sim/workspaces/one?file=s.yaml", wrong, status=422)
    assert told["rule"] == "scenario.mistakes"
    assert {tuple(mistake.split(":")[:2]) for mistake in told["mistakes"]} == {("s.yaml", "2"), ("s.yaml", "3")}
    assert (await site.told("PUT", "/_sim/workspaces/one", b"\xff", status=422))["rule"] == "scenario.encoding"
    assert site.app.workspaces.find("one") is None


async def test_putting_a_name_again_begins_anew(site: Site) -> None:
    await site.told("PUT", "/_sim/workspaces/one", status=201)
    await kit.Party(site.app.workspaces.find("one")).submit(kit.transfer())
    await site.told("PUT", "/_sim/workspaces/one")
    assert (await site.told("GET", "/w/one/_sim/messages"))["messages"] == []


@pytest.mark.parametrize(
    ("name", "status"), [("default", 409), (".hidden", 400), ("a" * 65, 400), ("a b", 400), ("é", 400)]
)
async def test_names_that_are_none(site: Site, name: str, status: int) -> None:
    assert (await site.told("PUT", f"/_sim/workspaces/{name}", status=status))["rule"].startswith("workspace.")


async def test_no_workspaces_within_a_workspace(site: Site) -> None:
    await site.told("PUT", "/_sim/workspaces/one", status=201)
    assert (await site.told("PUT", "/w/one/_sim/workspaces/two", status=404))["rule"] == "control.nested"
    assert (await site.ask("PUT", "/w/one/w/default/_sim/workspaces/two")).status == 404


async def test_two_at_once_for_one_name(site: Site) -> None:
    workspaces = site.app.workspaces
    replies = await asyncio.gather(*(workspaces.make("one", kit.scenario()) for _ in range(2)), return_exceptions=True)
    assert isinstance(replies[0], Runtime)
    await workspaces.drop("one")
    workspaces._changing.add("one")
    with pytest.raises(Refused, match="somebody else"):
        await workspaces.make("one", kit.scenario())


async def test_streams_of_a_file_are_apart_and_end_with_their_workspace(tmp_path: Path) -> None:
    place = f"sqlite:{tmp_path / 'j.sqlite'}"
    first = made(place)
    story = kit.scenario()
    one, two = await first.make("one", story), await first.make("two", story)
    await kit.Party(one).submit(kit.transfer())
    assert len(list(one.journal.replay())) > len(list(two.journal.replay())) == 1
    await first.close()
    again = made(place)
    reborn = await again.make("one", story)
    assert list(reborn.messages()) == []
    await reborn.advance(timedelta(days=1))
    assert [type(event).__name__ for event in reborn.journal.replay()] == ["Begun", "ClockMoved"]
    await again.close()


Step = Callable[[Runtime], Any]


async def _advance(house: Runtime) -> object:
    return await house.advance(timedelta(days=3))


async def _queue(house: Runtime) -> object:
    return (await kit.Party(house).call("GET", "getQueueMetaData")).body


async def _other(house: Runtime) -> object:
    return (await kit.other(house).call("GET", "getQueueMetaData")).body


async def _clear(house: Runtime) -> object:
    return len(await kit.Party(house).clear())


async def _wrong(house: Runtime) -> object:
    return (await kit.Party(house, password="wrong").call("GET", "getQueueMetaData")).status


async def _begin_again(house: Runtime) -> object:
    return await house.reset()


def _transfer(number: int) -> Step:
    async def step(house: Runtime) -> object:
        return (await kit.Party(house).submit(kit.transfer(number), f"catsm_retaila_{number}")).body

    return step


STEPS: list[Step] = [_advance, _queue, _other, _clear, _wrong, _begin_again, *map(_transfer, range(1, 4))]


def state(house: Runtime) -> object:
    """Everything that can be seen of a workspace."""
    return (
        list(house.messages()),
        [each.summary() for each in house.exchanges],
        kit.CODEC.encode(list(house.journal.replay())),
        house.clock.now(),
        dict(house.simulation.market.world.changes()),
    )


@settings(max_examples=40)
@given(st.lists(st.tuples(st.sampled_from(["one", "two", "three"]), st.sampled_from(range(len(STEPS)))), max_size=14))
def test_nothing_leaks_from_one_to_another(script: list[tuple[str, int]]) -> None:
    """Whatever happens in others meanwhile, a workspace answers and becomes what it would have alone."""
    story = kit.scenario()

    async def together() -> dict[str, tuple[list[object], object]]:
        workspaces = made()
        houses = {name: await workspaces.make(name, story) for name in ("one", "two", "three")}
        seen: dict[str, list[object]] = {name: [] for name in houses}
        for name, step in script:
            seen[name].append(await STEPS[step](houses[name]))
        return {name: (seen[name], state(house)) for name, house in houses.items()}

    async def alone(name: str) -> tuple[list[object], object]:
        house = kit.runtime(kit.scenario(), open_journal(KEEPING, "alone", kit.CODEC))
        return [await STEPS[step](house) for each, step in script if each == name], state(house)

    for name, outcome in asyncio.run(together()).items():
        assert outcome == asyncio.run(alone(name))


async def test_a_thousand_are_alive_at_once() -> None:
    workspaces, story = made(), kit.scenario()
    houses = [await workspaces.make(f"w{number}", story) for number in range(1_000)]
    assert len(workspaces) == 1_000
    await kit.Party(houses[0]).submit(kit.transfer())
    assert [len(list(house.messages())) > 0 for house in houses] == [True] + [False] * 999
    assert len({id(house.simulation.base) for house in houses}) == 1
    await workspaces.close()
    assert len(workspaces) == 0


async def test_there_is_an_end_to_how_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("simulator.workspaces.MOST", 2)
    workspaces, story = made(), kit.scenario()
    await workspaces.make("one", story)
    await workspaces.make("two", story)
    with pytest.raises(Refused, match="drop some"):
        await workspaces.make("three", story)
    await workspaces.make("two", story)


async def test_markets_are_kept_for_the_stories_told_last(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("simulator.workspaces.MARKETS_KEPT", 1)
    workspaces, first, second = made(), kit.scenario(), kit.scenario()
    bases = [(await workspaces.make("w", story)).simulation.base for story in (first, first, second, first)]
    assert bases[0] is bases[1]
    assert len({id(base) for base in bases}) == 3


async def test_a_workspace_has_a_strictness_of_its_own(site: Site) -> None:
    told = await site.told("PUT", "/_sim/workspaces/easy?strictness=observe", status=201)
    assert told["strictness"] == "observe"
    await site.told("PUT", "/_sim/workspaces/usual", status=201)
    easy, usual = (site.app.workspaces.find(name) for name in ("easy", "usual"))
    assert [each.simulation.switches.strictness for each in (easy, usual)] == ["observe", "strict"]
    assert easy.simulation.base is usual.simulation.base
    await site.told("POST", "/w/easy/_sim/reset")
    assert easy.simulation.switches.strictness == "observe"
    refused = await site.told("PUT", "/_sim/workspaces/odd?strictness=kind", status=422)
    assert refused["rule"] == "workspace.strictness"
    await site.told("PUT", "/_sim/workspaces/easy?strictness=kind", status=422)
    assert site.app.workspaces.find("easy") is easy


async def test_the_control_api_of_a_workspace_that_is_none_says_so(site: Site) -> None:
    told = await site.told("GET", "/w/nowhere/_sim/clock", status=404)
    assert (told["rule"], told["detail"]) == ("web.no-workspace", "no workspace is named 'nowhere'")
    assert (await site.ask("GET", "/w/nowhere/NEMRetail")).body == b""


async def test_a_bug_met_while_the_clock_is_moved_is_kept(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """What comes due is not asked for by a client: its faults are shown, and fail a test, all the same."""
    await site.ask("PUT", "/_sim/workspaces/one")

    def broken(self: Simulation, turn: Turn) -> None:
        raise ZeroDivisionError("oh")

    monkeypatch.setattr(Simulation, "move_clock", broken)
    told = await site.told("POST", "/w/one/_sim/clock", b'{"advance": "PT1H"}', status=500)
    assert (told["rule"], told["detail"]) == ("runtime.bug", "ZeroDivisionError: oh")
    (bug,) = (await site.told("GET", "/w/one/_sim/exchanges"))["bugs"]
    assert "ZeroDivisionError: oh" in bug


async def test_prometheus_is_told_of_every_workspace(site: Site) -> None:
    await site.ask("PUT", "/_sim/workspaces/two")
    await site.ask("GET", "/w/two/nowhere")
    reply = await site.ask("GET", "/_sim/metrics")
    assert (reply.status, reply.content_type) == (200, "text/plain; version=0.0.4; charset=utf-8")
    families = {each.name: each for each in text_string_to_metric_families(reply.body.decode())}
    asked = {each.labels["workspace"]: each.value for each in families["ehubsim_exchanges"].samples}
    assert asked == {"default": 0, "two": 1}
    assert {each.value for each in families["ehubsim_ready"].samples} == {1}
    assert "process_resident_memory_bytes" in families
    assert (await site.ask("GET", "/w/two/_sim/metrics")).status == 404


async def test_prometheus_is_told_what_waits(site: Site) -> None:
    served = site.app.control.runtime
    before = [each for each in _waiting(await site.ask("GET", "/_sim/metrics")) if each[1]]
    assert before == []
    party = kit.Party(served)
    await party.submit(kit.transfer())
    assert ("RETAILA", len(await party.queue())) in _waiting(await site.ask("GET", "/_sim/metrics"))


def _waiting(reply: HttpReply) -> list[tuple[str, float]]:
    families = {each.name: each for each in text_string_to_metric_families(reply.body.decode())}
    return [(each.labels["participant"], each.value) for each in families["ehubsim_messages_waiting"].samples]
