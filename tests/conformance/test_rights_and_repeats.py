"""Rights wherever a transaction group is named, repeats that are findings, ids that are not used twice."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from kit import (
    CODEC,
    START,
    Party,
    change_request,
    macks,
    message,
    outcome,
    parse,
    point,
    runtime,
    scenario,
    transactions,
    transfer,
)
from simulator.base.clock import Clock
from simulator.base.errors import BadValue
from simulator.hub.switches import Switches
from simulator.stores.opening import open_journal

STANDING_DATA = '<NMIStandingDataRequest version="r31"><NMI checksum="3">4102034567</NMI></NMIStandingDataRequest>'


async def test_a_user_sees_takes_and_removes_only_what_its_rights_cover():
    party = Party(runtime())
    limited = Party(party.house, user="NMIONLY")
    await party.submit(transfer())
    entry = (await party.queue())[0]
    assert await limited.queue() == []
    assert (await limited.get(entry["MessageContextID"])).status == 401
    assert (await limited.acknowledge(macks(entry["MessageID"]), entry["MessageContextID"])).status == 401
    assert entry in await party.queue()


async def test_an_acknowledgement_under_a_used_message_id_is_noted():
    party = Party(runtime())
    await party.submit(transfer())
    entries = await party.queue()
    await party.acknowledge(macks(entries[0]["MessageID"]), entries[0]["MessageContextID"])
    other = macks(entries[1]["MessageID"])
    said = outcome(await party.acknowledge(other, entries[1]["MessageContextID"]))
    assert (said.status, said.duplicate) == ("Accept", True)
    record = party.house.message("RETAILA/RETAILA-ACK-1")
    assert record is not None
    assert record["timeline"][-1]["what"] == "repeated with other content"


async def test_an_unsupported_version_is_answered_with_the_supported_one():
    party = Party(runtime())
    reply = await party.submit(transfer().replace('version="r29"', 'version="r10"'))
    assert [version.text for version in parse(reply.body).iter("Version")] == ["r29"]
    strict = Party(runtime(scenario(switches=Switches(unknown_release="reject"))))
    reply = await strict.submit(transfer().replace("r46", "r99"))
    assert [version.text for version in parse(reply.body).iter("Version")] == ["r46"]


async def test_a_transaction_id_used_twice_gives_no_context_id_twice():
    party = Party(runtime())
    seen = []
    for number in (1, 2):
        content = message(
            transactions(STANDING_DATA), message_id=f"RETAILA-MSG-{number}", group="NMID", priority="High"
        )
        assert outcome(await party.submit(content, f"nmidh_retaila_{number}")).status == "Accept"
        seen += [(entry["MessageContextID"], entry["MessageID"]) for entry in await party.queue()]
        await party.clear()
    assert len(set(seen)) == len(seen) == 2


async def test_a_lock_out_that_is_over_starts_the_count_again():
    party = Party(runtime())
    wrong = Party(party.house, password="guess")
    for _ in range(5):
        await wrong.call("GET", "getQueueMetaData")
    await party.house.advance(timedelta(minutes=30))
    assert (await wrong.call("GET", "getQueueMetaData")).rule == "gate.password"
    assert (await party.call("GET", "getQueueMetaData")).status == 200


async def test_acknowledgements_that_acknowledge_nothing_are_event_7():
    party = Party(runtime())
    assert outcome(await party.submit(message("<Acknowledgements/>"))).codes == (7,)


async def test_the_market_of_reads_is_a_switch():
    lenient, strict = Party(runtime()), Party(runtime(scenario(switches=Switches(market_of_reads="400"))))
    gas = {"X-market": "VICGAS"}
    assert (await lenient.call("GET", "getQueueMetaData", also=gas)).status == 200
    reply = await strict.call("GET", "getQueueMetaData", also=gas)
    assert (reply.status, reply.body) == (400, b"")


async def test_whoever_is_not_declared_is_played_with_its_batch_user():
    """The metering provider of the kit's market is not declared, and still supplies the read."""
    party = Party(runtime(scenario(points=(point(installation="BASIC"),))))
    assert (
        outcome(await party.submit(message(transactions(change_request()), security="RETAILABATCH"))).status == "Accept"
    )
    await party.house.advance(timedelta(days=60))
    told = [status.text for body in await party.clear() for status in body.iter("ChangeStatusCode")]
    assert told == ["REQ", "PEN", "COM"]


def test_a_journal_does_not_go_on_with_another_market(tmp_path: Path):
    url = f"sqlite:{tmp_path / 'journal.sqlite'}"
    journal = open_journal(url, "default", CODEC)
    runtime(scenario(), journal, Clock(START, rate=0))
    with pytest.raises(BadValue, match="another market") as told:
        runtime(scenario(points=(point("4102034568"),)), _reopened(journal, url), Clock(START, rate=0))
    assert told.value.rule == "journal.other-market"


def _reopened(journal, url):
    asyncio.run(journal.close())
    return open_journal(url, "default", CODEC)


STORY = """
from datetime import datetime, timezone
from pathlib import Path
from simulator.asexml.schemas import Schemas
from simulator.simulation import Simulation
from simulator.web.scenario_files import read_scenario
for path in sorted(Path("scenarios").glob("*.yaml")):
    story = read_scenario(path, today=datetime(2026, 3, 2, tzinfo=timezone.utc))
    print(path, Simulation(story, Schemas()).base.story)
"""


@pytest.mark.parametrize("file", ["*.yaml"])
def test_the_digest_of_a_market_is_the_same_in_every_process(file):
    root = Path(__file__).parents[2]
    story = STORY.replace("*.yaml", file)
    told = {
        subprocess.run(
            [sys.executable, "-c", story],
            cwd=root,
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("0", "1")
    }
    assert len(told) == 1
    assert all(len(line.split()[1]) == 16 for text in told for line in text.splitlines())
