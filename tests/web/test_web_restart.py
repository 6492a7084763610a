"""A story that goes on another day is read as it was on the day its journal began."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from kit import START, Party, change_request, message, outcome, scenario, transactions
from simulator.base.http import HttpReply, HttpRequest, Peer
from simulator.config import Settings
from simulator.scenario import loader
from simulator.scenario.mistakes import Mistake, ScenarioMistakes, Where
from simulator.scenario.model import Scenario
from simulator.web.banner import banner
from simulator.web.control import Control
from simulator.web.listeners import CannotStart
from simulator.web.start import Served, start


async def test_relative_dates_count_from_the_day_the_journal_began(tmp_path: Path) -> None:
    settings = Settings(
        port=0, plain_port=0, certs=tmp_path / "certs", journal=f"sqlite:{tmp_path / 'j.sqlite'}", clock="held"
    )
    asked: list[datetime] = []

    def reread(began: datetime) -> Scenario:
        asked.append(began)
        return scenario()

    first = await start(settings, scenario(), reread=reread)
    await first.runtime.advance(timedelta(days=9))
    await first.close()
    assert asked == []
    second = await start(settings, scenario(), reread=reread)
    assert asked == [START]
    assert second.runtime.clock.now() == START + timedelta(days=9)
    await second.close()


OTHER = """
scenario: Another story
clock: "2026-01-05T09:00:00+10:00"
given: {participants: [{id: OTHER, roles: [FRMP], user: OLGA, password: secret}]}
"""


async def put(served: Served, resource: str, text: str, method: str = "PUT") -> HttpReply:
    control = Control(served.certificates, None, served.runtime, served.workspaces)
    request = HttpRequest(method, f"/_sim/{resource}", (("file", "other.yaml"),) if method == "PUT" else ())

    async def body(limit: int) -> bytes:
        return text.encode()

    return await control.exchange(request, body)


async def no_body(limit: int) -> bytes:
    return b""


async def test_a_told_story_goes_on_after_a_restart_with_the_file_that_began(tmp_path: Path) -> None:
    settings = Settings(
        port=0, plain_port=0, certs=tmp_path / "certs", journal=f"sqlite:{tmp_path / 'j.sqlite'}", clock="held"
    )
    first = await start(settings, scenario())
    assert (await put(first, "scenario", OTHER)).status == 200
    other = Party(first.runtime, "OTHER", "OLGA", peer=Peer("OTHER", "ehubsim"))
    asked = message(transactions(change_request(party="OTHER")), sender="OTHER")
    assert outcome(await other.submit(asked, "catsm_other_1")).receipt
    held = list(first.runtime.messages())
    await first.close()
    second = await start(settings, scenario())
    assert (second.runtime.scenario.name, second.runtime.scenario.file) == ("Another story", "other.yaml")
    assert list(second.runtime.messages()) == held
    assert second.runtime.clock.now() == datetime.fromisoformat("2026-01-05T09:00:00+10:00")
    assert second.certificates.client("OTHER").is_file()
    assert "told over the control API" in banner(second)
    assert (await put(second, "reset", "", "POST")).status == 200
    await second.close()
    third = await start(settings, scenario())
    assert third.runtime.scenario.name == "Another story"
    assert list(third.runtime.messages()) == []
    assert b"Another story" in (await put(third, "scenario", "", "GET")).body
    await third.close()


async def test_cursors_go_on_growing_over_a_reset_and_a_restart(tmp_path: Path) -> None:
    settings = Settings(
        port=0, plain_port=0, certs=tmp_path / "certs", journal=f"sqlite:{tmp_path / 'j.sqlite'}", clock="held"
    )
    resources = ("messages", "exchanges")

    async def submit(served: Served, number: int) -> None:
        text = message(transactions(change_request()), message_id=f"RETAILA-MSG-{number}")
        assert outcome(await Party(served.runtime).submit(text, f"catsm_retaila_{number}")).receipt

    async def since(served: Served, *after: int) -> list[dict[str, Any]]:
        told = []
        for resource, cursor in zip(resources, after, strict=True):
            request = HttpRequest("GET", f"/_sim/{resource}", (("after", str(cursor)),))
            control = Control(served.certificates, None, served.runtime, served.workspaces)
            told.append(json.loads((await control.exchange(request, no_body)).body))
        return told

    first = await start(settings, scenario())
    for number in (1, 2, 3):
        await submit(first, number)
    await first.runtime.reset()
    await submit(first, 4)
    cursors = [each["cursor"] for each in await since(first, 0, 0)]
    await first.close()
    second = await start(settings, scenario())
    assert [len(each[name]) for name, each in zip(resources, await since(second, *cursors), strict=True)] == [0, 0]
    await submit(second, 5)
    told = await since(second, *cursors)
    assert "RETAILA-MSG-5" in [each["messageId"] for each in told[0]["messages"]]
    assert "RETAILA-MSG-4" not in [each["messageId"] for each in told[0]["messages"]]
    assert [each["path"].rpartition("/")[2] for each in told[1]["exchanges"]] == ["submitMessages"]
    assert [each["cursor"] > before for each, before in zip(told, cursors, strict=True)] == [True, True]
    assert [each["evicted"] for each in told] == [0, 0]
    assert told[1]["restarted"]
    await second.runtime.reset()
    assert not (await since(second, 0, 0))[1]["restarted"]
    await second.close()


async def test_a_kept_story_that_is_none_any_more_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = Settings(port=0, plain_port=0, certs=tmp_path / "certs", journal=f"sqlite:{tmp_path / 'j.sqlite'}")
    first = await start(settings, scenario())
    assert (await put(first, "scenario", OTHER)).status == 200
    await first.close()

    def refuse(text: str, file: str, today: datetime) -> Scenario:
        raise ScenarioMistakes((Mistake(Where(file, 3, 1), "is not read any more", ""),))

    monkeypatch.setattr(loader, "load", refuse)
    with pytest.raises(CannotStart, match=r"it keeps the scenario 'Another story', which has mistakes: .*:3:1"):
        await start(settings, scenario())
