"""Ranks against what they mean: whatever is late, held, turned round, doubled, injected, kept or replayed.

Queues are in the order of ranks, no step of a message ranks before one that it comes of, whoever was told of messages
goes on behind the deepest of them, and a restart knows all of that from the journal.
"""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from kit import CODEC, START, Party, change_request, macks, message, outcome, runtime, transactions
from simulator.asexml.decode import read
from simulator.base.clock import Clock
from simulator.base.http import Peer
from simulator.hub.queue import Entry
from simulator.scenario.loader import load
from simulator.stores.opening import open_journal

NMIS = tuple(f"41020345{number}" for number in range(70, 90))
"""One for each change request: they never get in each other's way."""
STORY = """
scenario: Two retailers, and one whom both of them lead to be told
seed: 7
clock: "2026-03-02T09:00:00+10:00"
given:
  participants:
    - {id: RETAILA, roles: [FRMP], user: ALICE, password: secret}
    - {id: RETAILC, roles: [FRMP], user: CAROL, password: secret}
    - {id: COORDCO, roles: [RP], users: [{name: CORA, password: secret}, {name: KAY, password: secret, rights: [CATS]}]}
    - {id: RETAILB, roles: [FRMP, LR], played: auto}
  nmis:
"""
STORY += "".join(
    f'    - {{nmi: "{nmi}", jurisdiction: NSW, frmp: RETAILB, mc: COORDCO, '
    f"meters: [{{serial: M{nmi}, registers: [E1], interval: 30}}]}}\n"
    for nmi in NMIS
)
STORY += """
when:
  - {name: late, outgoing: {transaction: CATSNotification}, chance: 0.2, answer: [{delay: PT10M}, {duplicate: 2}]}
  - {name: held, outgoing: {transaction: CATSNotification}, chance: 0.25, answer: [{hold: later}]}
  - {name: turned, outgoing: {transaction: CATSNotification}, chance: 0.5, answer: [{reorder: 2}]}
  - {name: twice, outgoing: {transaction: CATSNotification}, chance: 0.5, answer: [{duplicate: 2}]}
at:
  - {after: PT10M, release: later}
"""
USERS = {"RETAILA": "ALICE", "RETAILC": "CAROL", "COORDCO": "CORA"}
ALL = (*USERS, "RETAILB", "PLAYMDP")
CLIENTS = st.sampled_from(sorted(USERS))
QUESTION = '<NMIStandingDataRequest version="r31"><NMI checksum="3">4102034567</NMI></NMIStandingDataRequest>'
ASKING = {"NMID": ("High", QUESTION), "CATS": ("Low", change_request())}


class OrderMachine(RuleBasedStateMachine):
    """Clients at work at moments of a held clock, with messages of every kind on their way."""

    order = "arrival"

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.clock = Clock(START, rate=0)
        self.journal = open_journal("memory:?keep=yes", "default", CODEC)
        self.story = load(f"{STORY}assume: {{queue order: {self.order}}}\n", "order.yaml")
        self.house = runtime(self.story, self.journal, self.clock)
        self.count = self.changed = 0

    @property
    def hub(self):
        return self.house.simulation.hub

    def run_async(self, awaitable):
        return self.loop.run_until_complete(awaitable)

    def party(self, who: str, user: str | None = None) -> Party:
        return Party(self.house, who, user or USERS[who], peer=Peer(who, "ehubsim"))

    def entries(self, who: str) -> list[Entry]:
        return list(self.hub.queue(who).entries())

    def depth(self, who: str) -> int:
        return self.hub.order.depth(who, self.clock.now())

    def sends(self, who: str, payload: str, group: str, priority: str) -> None:
        self.count += 1
        content = transactions(payload, first=f"{who}-{self.count}-")
        text = message(content, message_id=f"{who}-MSG-{self.count}", sender=who, group=group, priority=priority)
        context_id = f"{group}{priority[0]}_{who}_{self.count}".lower()
        assert outcome(self.run_async(self.party(who).submit(text, context_id))).status == "Accept"

    @rule(who=st.sampled_from(["RETAILA", "RETAILC"]))
    def change(self, who):
        """Everybody with a part in it is notified, once and again."""
        if self.changed < len(NMIS):
            self.changed += 1
            self.sends(who, change_request(NMIS[self.changed - 1], party=who), "CATS", "Medium")

    @rule(who=CLIENTS)
    def ask(self, who):
        self.sends(who, QUESTION, "NMID", "High")

    @rule(to=CLIENTS, group=st.sampled_from(sorted(ASKING)))
    def inject(self, to, group):
        self.count += 1
        priority, payload = ASKING[group]
        content = transactions(payload, first=f"IN-{self.count}-")
        head = {"message_id": f"IN-{self.count}", "sender": "NEMMCO", "to": to, "group": group, "priority": priority}
        self.run_async(self.house.inject(read(message(content, **head).encode(), self.house.schemas)))

    @rule(who=CLIENTS, group=st.sampled_from([None, "CATS", "NMID"]))
    def look(self, who, group):
        self.told(who, group, self.run_async(self.party(who).queue(group)))

    @rule()
    def look_with_less_rights(self):
        self.told("COORDCO", "CATS", self.run_async(self.party("COORDCO", "KAY").queue()))

    def told(self, who: str, group: str | None, listed: list[dict[str, str]]) -> None:
        """A queue report was made: it is complete, and whoever was told goes on behind all that it names."""
        named = {each["MessageContextID"] for each in listed}
        shown = [each for each in self.entries(who) if group in (None, each.group)]
        assert named == {each.context_id for each in shown}
        now = self.clock.now()
        assert self.depth(who) >= max((each.stamp[0] for each in shown if each.received_at == now), default=0)
        if self.order == "arrival":
            assert [each["MessageContextID"] for each in listed] == [each.context_id for each in shown]

    @rule(who=CLIENTS, pick=st.integers(0, 9), removed=st.booleans())
    def take(self, who, pick, removed):
        entries = self.entries(who)
        if not entries:
            return
        entry = entries[pick % len(entries)]
        assert self.run_async(self.party(who).get(entry.context_id)).status == 200
        assert entry.received_at < self.clock.now() or self.depth(who) > entry.stamp[0]
        if removed:
            self.count += 1
            head = {"sender": who, "group": entry.group, "priority": entry.message.header.priority}
            mack = macks(entry.message_id, own=f"{who}-ACK-{self.count}", **head)
            assert outcome(self.run_async(self.party(who).acknowledge(mack, entry.context_id))).status == "Accept"

    @rule(who=st.sampled_from(ALL), cause=st.sampled_from(["OUTBOX FILE", "CR NOTIFICATION"]))
    def stop(self, who, cause):
        self.run_async(self.house.raise_stop_file(who, cause, "B2MStopFile"))

    @rule(which=st.integers(0, 2))
    def clear(self, which):
        for name in tuple(self.hub.flow.by_name())[which : which + 1]:
            self.run_async(self.house.clear_stop_file(name))

    @rule(minutes=st.sampled_from([1, 5, 10, 24 * 60, 20 * 24 * 60]))
    def move_clock(self, minutes):
        self.run_async(self.house.advance(timedelta(minutes=minutes)))

    def known(self) -> list[object]:
        """What ranks are made of, and all that is told by them."""
        waiting = [(who, each.context_id, each.rank, each.state) for who in ALL for each in self.entries(who)]
        depths = [(self.depth(who), self.hub.flow.kept(who)) for who in ALL]
        return [waiting, depths, self.hub.order.stamp, list(self.house.messages(ranked=True))]

    @rule()
    def restart(self):
        before = self.known()
        self.house = runtime(self.story, self.journal, self.clock)
        assert self.known() == before

    @invariant()
    def queues_are_in_the_order_of_ranks(self):
        for who in ALL:
            ranks = [each.rank for each in self.entries(who)]
            assert ranks == sorted(ranks)

    @invariant()
    def no_step_ranks_before_what_it_comes_of(self):
        for record in self.house.messages(ranked=True):
            ranks = [(step["at"], *step["rank"]) for step in record["timeline"]]
            assert ranks == sorted(ranks), record["id"]
        assert not self.house.bugs

    def teardown(self) -> None:
        self.restart()
        self.run_async(self.house.close())
        self.loop.close()


class PriorityMachine(OrderMachine):
    order = "priority"


@pytest.mark.parametrize(("machine", "examples"), [(OrderMachine, 25), (PriorityMachine, 10)])
def test_ranks_mean_what_they_say_whatever_the_order(machine, examples):
    quick = settings(max_examples=examples, stateful_step_count=30, suppress_health_check=list(HealthCheck))
    run_state_machine_as_test(machine, settings=quick)
