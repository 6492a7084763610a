"""The reference client over a hub that answers 500 for five minutes: it waits, tries again, and loses nothing."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from in_thread import served

from simulator.client.blocking import HubClient
from simulator.client.messages import Envelope, change_request
from simulator.client.retry import Retry

NMI = "4102034567"
PATIENT = Retry(attempts=60, base=10.0, cap=30.0)


@pytest.mark.parametrize("during", ["the drain", "the submission"])
def test_the_client_loses_nothing(tmp_path: Path, during: str) -> None:
    with served(tmp_path, "fault-hub-outage.yaml") as site:
        house = site.served.runtime
        pauses: list[float] = []

        def sleep(seconds: float) -> None:
            """The client's time is the market's."""
            pauses.append(seconds)
            site.advance(seconds=seconds)

        files = {"ca": site.ca, "certificate": site.certificate(), "key": site.key()}
        client = HubClient(
            site.url, "RETAILA", "ALICE", "secret", sleep=sleep, now=house.clock.now, retry=PATIENT, **files
        )
        taken: list[str] = []
        with client:
            if during == "the submission":
                site.advance(minutes=10)
            stamp = Envelope("RETAILA", "RETAILA-MSG-1", house.clock.now())
            client.submit(change_request(stamp, NMI, proposed_date=date(2026, 3, 16)))
            if during == "the drain":
                site.advance(minutes=10)
            queued = [entry.message_id for entry in house.simulation.hub.queue("RETAILA").entries()]
            client.drain(lambda delivered: taken.append(delivered.message_id))
        upset = [exchange for exchange in house.exchanges if exchange.status != 200]
        assert len(upset) >= 5
        assert {(exchange.status, exchange.rule) for exchange in upset} == {(500, "fault.outage")}
        assert sum(pauses) >= 300
        assert sorted(taken) == sorted(queued)
        assert len(taken) == len(set(taken)) > 1
        assert len(house.simulation.hub.queue("RETAILA")) == 0
        asked = [message for message in house.messages() if message["from"] == "RETAILA"]
        assert len(asked) == 1
