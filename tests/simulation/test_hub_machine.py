"""The hub against a naive model: whatever order of submits, repeats, gets, acknowledgements, clock moves and restarts.

Discovery requests are used because each is answered by exactly one message, which makes the model a plain list.
"""

from __future__ import annotations

import asyncio
import tempfile
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from kit import CODEC, START, Party, macks, message, other, outcome, parse, runtime, scenario, transactions
from simulator.base.clock import Clock
from simulator.runtime import Runtime
from simulator.stores.opening import open_journal

REQUEST = '<NMIStandingDataRequest version="r31"><NMI checksum="3">4102034567</NMI></NMIStandingDataRequest>'


def discovery(sender: str, number: int, remark: str = "") -> str:
    content = transactions(REQUEST, first=f"{sender}-T{number}-")
    text = message(content, message_id=f"{sender}-MSG-{number}", sender=sender, group="NMID", priority="High")
    return text.replace("<Header>", f"<!--{remark}--><Header>")


class HubMachine(RuleBasedStateMachine):
    """Two participants, one hub; ``model`` is what a list would make of it."""

    journal_url = "memory:?keep=yes"
    sent = Bundle("sent")

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.folder = tempfile.TemporaryDirectory()
        self.clock = Clock(START, rate=0)
        self.model: dict[str, list[str]] = {"RETAILA": [], "RETAILC": []}
        self.bodies: dict[str, bytes] = {}
        self.count = 0
        self.house = self.open()

    def open(self) -> Runtime:
        url = self.journal_url.replace("PATH", str(Path(self.folder.name) / "journal.sqlite"))
        self.journal = open_journal(url, "default", CODEC)
        return runtime(scenario(), self.journal, self.clock)

    def run_async(self, awaitable):
        return self.loop.run_until_complete(awaitable)

    def party(self, who: str) -> Party:
        return Party(self.house) if who == "RETAILA" else other(self.house)

    def queue_of(self, who: str) -> list[dict[str, str]]:
        return self.run_async(self.party(who).queue())

    @initialize()
    def begin(self):
        assert self.queue_of("RETAILA") == []

    @rule(target=sent, who=st.sampled_from(["RETAILA", "RETAILC"]))
    def submit(self, who):
        self.count += 1
        body = discovery(who, self.count)
        reply = self.run_async(self.party(who).submit(body, f"nmidh_{who.lower()}_{self.count}"))
        assert (outcome(reply).status, outcome(reply).duplicate) == ("Accept", False)
        self.model[who].append(f"{who}-T{self.count}-1")
        return who, self.count, outcome(reply).receipt

    @rule(message=sent, changed=st.booleans())
    def repeat(self, message, changed):
        who, number, receipt = message
        body = discovery(who, number, "changed" if changed else "")
        said = outcome(self.run_async(self.party(who).submit(body, f"nmidh_{who.lower()}_{number}")))
        assert (said.status, said.receipt, said.duplicate) == ("Accept", receipt, True)

    @rule(who=st.sampled_from(["RETAILA", "RETAILC"]), pick=st.integers(0, 10))
    def get(self, who, pick):
        entries = self.queue_of(who)
        if entries:
            entry = entries[pick % len(entries)]
            body = self.run_async(self.party(who).get(entry["MessageContextID"])).body
            assert self.bodies.setdefault(entry["MessageID"], body) == body
            found = [t.get("initiatingTransactionID") for t in parse(body).iter("Transaction")]
            assert found == [self.model[who][pick % len(entries)]]

    @rule(who=st.sampled_from(["RETAILA", "RETAILC"]), pick=st.integers(0, 10), thief=st.booleans())
    def acknowledge(self, who, pick, thief):
        entries = self.queue_of(who)
        if not entries:
            return
        entry = entries[pick % len(entries)]
        by = {"RETAILA": "RETAILC", "RETAILC": "RETAILA"}[who] if thief else who
        self.count += 1
        mack = macks(entry["MessageID"], own=f"{by}-ACK-{self.count}", sender=by)
        said = outcome(self.run_async(self.party(by).acknowledge(mack, entry["MessageContextID"])))
        assert said.status == ("Reject" if thief else "Accept")
        if not thief:
            del self.model[who][pick % len(entries)]

    @rule(minutes=st.integers(0, 3000))
    def move_clock(self, minutes):
        self.run_async(self.house.advance(timedelta(minutes=minutes)))

    @rule()
    def restart(self):
        if self.journal_url.startswith("memory:"):
            self.house = Runtime.open(scenario(), self.journal, self.clock, self.house.schemas)
        else:
            self.run_async(self.house.close())
            self.house = self.open()

    @invariant()
    def the_queues_are_the_models(self):
        for who, expected in self.model.items():
            assert len(self.queue_of(who)) == len(expected)
        assert not self.house.bugs

    def teardown(self) -> None:
        self.run_async(self.house.close())
        self.loop.close()
        self.folder.cleanup()


class SqliteHubMachine(HubMachine):
    journal_url = "sqlite:PATH"


@pytest.mark.parametrize("machine", [HubMachine, SqliteHubMachine])
def test_the_hub_is_a_list_whatever_the_order(machine):
    quick = settings(max_examples=25, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck))
    run_state_machine_as_test(machine, settings=quick)
