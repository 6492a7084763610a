"""A scenario file that is followed: good changes are told, bad ones leave the last good one in place."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from msgspec.structs import replace

import kit
from simulator.config import Settings
from simulator.runtime import Runtime
from simulator.web import serve
from simulator.web.reload import Follower
from simulator.web.scenario_files import read_scenario
from simulator.web.start import start

STORY = """scenario: %s
clock: "2026-05-04T09:00:00+10:00"
given: {participants: [{id: RETAILA, roles: [FRMP], user: ALICE, password: secret}]}
"""


class Followed:
    """A workspace whose scenario file is followed."""

    def __init__(self, path: Path) -> None:
        self.house: Runtime = kit.runtime()
        self.said: list[str] = []
        self.path = path
        path.write_text(STORY % "First")
        self.follower = Follower(path, self.house.tell, self.said.append)

    async def write(self, text: str) -> bool:
        self.path.write_text(text)
        return await self.follower.look()


@pytest.fixture
def followed(tmp_path: Path) -> Followed:
    return Followed(tmp_path / "story.yaml")


async def test_a_good_change_is_told_from_its_beginning(followed: Followed) -> None:
    await kit.Party(followed.house).submit(kit.transfer())
    assert await followed.write(STORY % "Second story")
    assert followed.house.scenario.name == "Second story"
    assert list(followed.house.messages()) == []
    assert followed.house.clock.now().isoformat() == "2026-05-04T09:00:00+10:00"
    assert followed.said == [f"ehubsim: {followed.path} changed; Second story begins anew"]
    assert not await followed.follower.look()


@pytest.mark.parametrize("text", ["scenario: S\nsed: 7\n", "{", "", "- 1", "\x00"])
async def test_a_bad_change_leaves_the_last_good_one(followed: Followed, text: str) -> None:
    await kit.Party(followed.house).submit(kit.transfer())
    before = list(followed.house.messages())
    assert not await followed.write(text)
    assert followed.house.scenario.name == "test market"
    assert list(followed.house.messages()) == before
    assert followed.said[0].startswith(f"{followed.path}:")
    assert "goes on" in followed.said[0]
    assert not await followed.follower.look()
    assert len(followed.said) == 1
    assert await followed.write(STORY % "Mended")


async def test_a_file_that_is_gone_is_no_change(followed: Followed) -> None:
    followed.path.unlink()
    assert not await followed.follower.look()
    assert followed.said == []
    assert await followed.write(STORY % "Back again, says it")


async def test_nothing_is_read_while_nothing_changed(followed: Followed) -> None:
    assert not await followed.follower.look()
    assert followed.house.scenario.name == "test market"


async def test_the_file_is_looked_at_again_and_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As ``serve`` does it: what the control API tells changes because a file was saved."""
    monkeypatch.setattr("simulator.web.reload.EVERY", 0)
    path, said = tmp_path / "story.yaml", asyncio.Event()
    path.write_text(STORY % "First")
    settings = Settings(port=0, plain_port=0, certs=tmp_path / "certs", clock="held", scenario=path)
    served = await start(settings, read_scenario(path))
    monkeypatch.setattr("sys.stderr", Hearing(said))
    following = serve._follow(settings, served)
    assert following is not None
    path.write_text(STORY % "Second story")
    async with asyncio.timeout(30):
        await said.wait()
    following.cancel()
    assert served.runtime.scenario.name == "Second story"
    workspace = await served.workspaces.make("one", served.runtime.scenario)
    assert workspace.simulation.base is served.runtime.simulation.base
    on_disk = replace(settings, journal=f"sqlite:{tmp_path / 'j.sqlite'}")
    assert serve._follow(on_disk, served) is None
    await served.close()


class Hearing:
    """A stream that tells when something was said."""

    def __init__(self, said: asyncio.Event) -> None:
        self._said = said

    def write(self, text: str) -> int:
        self._said.set()
        return len(text)

    def flush(self) -> None: ...
