"""Flow control against a naive model: whatever the order of requests, MACKs, limits, days, restarts, nothing is lost.

Every change request is refused by a rule, so each is answered by exactly one CATSChangeResponse, as a report is by one
ReportResponse: the model is a list. Limits of every kind change, and stop files of every kind come and go by hand.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import timedelta

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test
from msgspec.structs import replace

from kit import (
    CODEC,
    START,
    Party,
    change_request,
    macks,
    message,
    other,
    outcome,
    parse,
    runtime,
    scenario,
    transactions,
)
from simulator.base.clock import Clock
from simulator.hub.flow import Flow
from simulator.hub.limits import (
    CR,
    CR_NOTIFICATION,
    KINDS,
    NSRD_NOTIFICATION,
    NSRD_RESPONSE,
    OUTBOX_FILE,
    REPORT,
    Group,
    Limit,
    Limits,
)
from simulator.runtime import Runtime
from simulator.scenario.model import Delay, MessageMatch, Reject, Rule, Where
from simulator.stores.opening import open_journal

REFUSAL = Reject(1100, "not today")
SOON = Rule("now", Where("t", 1), MessageMatch("CATSChangeRequest", fields={"ChangeReasonCode": "1000"}), (REFUSAL,))
LATE = Rule(
    "late",
    Where("t", 2),
    MessageMatch("CATSChangeRequest", fields={"ChangeReasonCode": "1010"}),
    (REFUSAL, Delay(timedelta(minutes=30))),
)
DATE = Rule("date", Where("t", 3), MessageMatch("CATSChangeRequest", fields={"ChangeReasonCode": "5071"}), (REFUSAL,))
REPORT_REQUEST = (
    '<ReportRequest><ReportParameters xsi:type="ase:CATSMsatsLimitsReportParameters">'
    "<ReportName>MSATSLimits</ReportName></ReportParameters></ReportRequest>"
)
REASONS = {"soon": "1000", "late": "1010", "read date": "5071"}
LIMITS = Limits(
    {
        OUTBOX_FILE: Limit(3, 4),
        CR: Limit(6, 6),
        CR_NOTIFICATION: Limit(100, 100),
        NSRD_NOTIFICATION: Limit(1, 2),
        NSRD_RESPONSE: Limit(2, 3),
        REPORT: Limit(1, 2),
    }
)
ALERTS = "/HubMessageManagement/v2/getAlerts"
IN_REPORT = {
    CR: "Cr",
    CR_NOTIFICATION: "CrNotification",
    NSRD_NOTIFICATION: "NsrdNotification",
    NSRD_RESPONSE: "NsrdResponse",
    OUTBOX_FILE: "OutboxFile",
    REPORT: "Report",
}
PARTIES = ("RETAILA", "RETAILC")


class FlowMachine(RuleBasedStateMachine):
    """Two participants with small limits; ``owed`` is every answer nobody has acknowledged, in the order decided."""

    limits = LIMITS
    rates: Mapping[str, timedelta] = {}

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.clock = Clock(START, rate=0)
        self.story = replace(scenario(SOON, LATE, DATE), limits=self.limits, processing=self.rates)
        self.journal = open_journal("memory:?keep=yes", "default", CODEC)
        self.house = runtime(self.story, self.journal, self.clock)
        self.owed: dict[str, list[str]] = {who: [] for who in PARTIES}
        self.apart: set[str] = set()
        """Requests whose answers keep no order with the others'."""
        self.count = 0

    @property
    def flow(self) -> Flow:
        return self.house.simulation.hub.flow

    def run_async(self, awaitable):
        return self.loop.run_until_complete(awaitable)

    def party(self, who: str) -> Party:
        return Party(self.house) if who == "RETAILA" else other(self.house)

    def queue_of(self, who: str) -> list[dict[str, str]]:
        return self.run_async(self.party(who).queue())

    @rule(who=st.sampled_from(PARTIES), what=st.sampled_from(["soon", "soon", "late", "read date", "report"]))
    def submit(self, who, what):
        self.count += 1
        asked = REPORT_REQUEST if what == "report" else change_request(reason=REASONS[what], party=who)
        content = transactions(asked, first=f"{who}-{self.count}-")
        text = message(content, message_id=f"{who}-MSG-{self.count}", sender=who)
        assert (
            outcome(self.run_async(self.party(who).submit(text, f"catsm_{who.lower()}_{self.count}"))).status
            == "Accept"
        )
        self.owed[who].append(f"{who}-{self.count}-1")
        if what != "soon":
            self.apart.add(f"{who}-{self.count}-1")

    @rule(who=st.sampled_from(PARTIES))
    def report(self, who):
        """MSATSLimits says of every kind what the alerts say at that moment."""
        standing = self.flow.stops_of(who)
        if REPORT in standing or self.rates:
            return
        before = self.queue_of(who)
        self.submit(who, "report")
        (entry,) = [each for each in self.queue_of(who) if each not in before]
        told = next(parse(self.body(who, entry)).iter("ReportResults"))[0]
        assert {kind for kind, name in IN_REPORT.items() if told.findtext(f"{name}/StopFlag") == "Y"} == standing

    @rule(who=st.sampled_from(PARTIES), many=st.integers(1, 4))
    def acknowledge(self, who, many):
        for entry in self.queue_of(who)[:many]:
            answered = self.answered(who, entry)
            self.count += 1
            mack = macks(entry["MessageID"], own=f"{who}-ACK-{self.count}", sender=who)
            said = outcome(self.run_async(self.party(who).acknowledge(mack, entry["MessageContextID"])))
            assert said.status == "Accept"
            self.owed[who].remove(answered)

    @rule(who=st.sampled_from(PARTIES))
    def acknowledge_wrongly(self, who):
        """A badack: what it meant stays queued and counted, as the invariants have it."""
        for entry in self.queue_of(who)[:1]:
            self.count += 1
            wrong = macks("NEVER-SENT", own=f"{who}-BAD-{self.count}", sender=who)
            said = outcome(self.run_async(self.party(who).acknowledge(wrong, entry["MessageContextID"])))
            assert said.status == "Reject"
            assert entry in self.queue_of(who)

    def answered(self, who: str, entry: dict[str, str]) -> str:
        return next(parse(self.body(who, entry)).iter("Transaction")).get("initiatingTransactionID")

    def body(self, who: str, entry: dict[str, str]) -> bytes:
        return self.run_async(self.party(who).get(entry["MessageContextID"])).body

    @rule(minutes=st.sampled_from([0, 10, 40, 900, 3000]))
    def move_clock(self, minutes):
        self.run_async(self.house.advance(timedelta(minutes=minutes)))

    @rule(
        kind=st.sampled_from([OUTBOX_FILE, *KINDS]),
        lower=st.integers(1, 5),
        more=st.integers(0, 3),
        who=st.sampled_from([None, *PARTIES]),
    )
    def change_limit(self, kind, lower, more, who):
        def change(turn):
            self.flow.set_limit(turn, kind, Limit(lower, lower + more), who)
            self.house.simulation.settle(turn)

        self.run_async(self.house.in_turn(change))

    @rule(who=st.sampled_from(PARTIES), kind=st.sampled_from([OUTBOX_FILE, *KINDS]))
    def raise_by_hand(self, who, kind):
        self.run_async(self.house.raise_stop_file(who, kind, "B2MStopFile"))

    @rule(which=st.integers(0, 3))
    def clear_by_hand(self, which):
        for name in tuple(self.flow.by_name())[which : which + 1]:
            self.run_async(self.house.clear_stop_file(name))

    @rule()
    def restart(self):
        self.house = Runtime.open(self.story, self.journal, self.clock, self.house.schemas)

    @invariant()
    def no_stop_file_stands_below_its_lower_limit_or_is_missing_at_its_upper(self):
        for who in PARTIES:
            for kind, counted in self.flow.counted(who, self.clock.now()).items():
                count = counted.actual if counted.in_group is None else counted.in_group
                stop = next((s for p, s in self.flow.standing("B2MStopFile", who) if s.kind == kind), None)
                assert counted.stopped == (stop is not None)
                if stop is None:
                    assert count < counted.limit.upper, (who, kind)
                elif not stop.by_hand:
                    assert count >= counted.limit.lower, (who, kind)

    @invariant()
    def alerts_tell_what_stands(self):
        for who in PARTIES:
            reply = self.run_async(self.party(who).call("GET", ALERTS, query=(("alertType", "B2MStopFile"),)))
            found = parse(reply.body).iter("FlowControlAlert")
            causes = [each.findtext("Cause") for each in found if each.findtext("AlertType") == "B2MStopFile"]
            assert sorted(causes) == sorted(self.flow.stops_of(who))

    @invariant()
    def counts_are_the_queues(self):
        for who in PARTIES:
            assert self.flow.counted(who, self.clock.now())[OUTBOX_FILE].actual == len(self.queue_of(who))

    @invariant()
    def nothing_is_lost(self):
        now = self.clock.now()
        for who in PARTIES:
            hub = self.house.simulation.hub
            waiting = len(hub.queue(who)._later) - self.flow.kept(who)
            unprocessed = self.house.simulation.inbound.unprocessed(who)
            assert len(hub.queue(who)) + self.flow.kept(who) + waiting + unprocessed == len(self.owed[who])
            if not self.flow.stops_of(who) and not self.rates:
                assert unprocessed == 0
            if not self.flow.stopped(who, OUTBOX_FILE):
                assert self.flow.kept(who) == 0, (who, now)
        assert not self.house.bugs

    @invariant()
    def what_is_answered_at_once_is_seen_in_order(self):
        for who in PARTIES:
            seen = [self.answered(who, entry) for entry in self.queue_of(who)]
            at_once = [each for each in seen if each not in self.apart]
            assert at_once == [each for each in self.owed[who] if each not in self.apart][: len(at_once)]

    def teardown(self) -> None:
        for name in tuple(self.flow.by_name()):
            self.run_async(self.house.clear_stop_file(name))
        for _ in range(200):
            if not any(self.owed.values()):
                break
            self.move_clock(1440)
            for who in PARTIES:
                self.acknowledge(who, 4)
        assert not any(self.owed.values())
        self.run_async(self.house.close())
        self.loop.close()


class GroupFlowMachine(FlowMachine):
    limits = Limits(LIMITS.kinds, groups=(Group("BOTH", PARTIES, {OUTBOX_FILE: Limit(4, 5)}),))


class SlowFlowMachine(FlowMachine):
    rates = {  # noqa: RUF012 - read only
        CR: timedelta(minutes=7),
        NSRD_NOTIFICATION: timedelta(minutes=3),
        REPORT: timedelta(minutes=11),
    }


QUICK = settings(max_examples=20, stateful_step_count=25, suppress_health_check=list(HealthCheck))


def test_flow_control_loses_nothing_whatever_the_order():
    run_state_machine_as_test(FlowMachine, settings=QUICK)


def test_flow_control_of_a_group_loses_nothing_whatever_the_order():
    run_state_machine_as_test(GroupFlowMachine, settings=QUICK)


def test_slow_processing_loses_nothing_whatever_the_order():
    run_state_machine_as_test(SlowFlowMachine, settings=QUICK)
