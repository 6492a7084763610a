"""A story that goes on another day is read as it was on the day its journal began."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

from kit import START, scenario
from simulator.config import Settings
from simulator.scenario.model import Scenario
from simulator.web.start import start


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
