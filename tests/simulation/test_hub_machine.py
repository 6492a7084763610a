"""The hub against a naive model: whatever order of submits, repeats, gets, acknowledgements, clock moves and restarts.

The model is a list a participant: what was put into its queue, by whom it was asked, and when. It knows the dates of a
change request by itself: a business day to object, Pending at the midnight after it, Completed on the proposed day.
"""

from __future__ import annotations

import asyncio
import tempfile
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

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
    point,
    runtime,
    scenario,
    transactions,
)
from simulator.base.clock import Clock
from simulator.runtime import Runtime
from simulator.stores.opening import open_journal

REQUEST = '<NMIStandingDataRequest version="r31"><NMI checksum="3">4102034567</NMI></NMIStandingDataRequest>'
PARTIES = ("RETAILA", "RETAILC")
NMIS = tuple(f"41020345{number}" for number in range(70, 90))
"""One for each change request: they never get in each other's way."""
STORY = scenario(points=(point(), *map(point, NMIS)))
LAST_DAY = datetime(2026, 3, 31, tzinfo=START.tzinfo)
"""Clocks stop here: the model's business days know weekends, and the next public holiday is Good Friday."""
DAY = timedelta(days=1)
FINISHED = ("COM", "CAN")


class Item(NamedTuple):
    """What the model expects in a queue: the transaction, what it answers, what it says, when it was put there."""

    kind: str
    answers: str
    says: str
    at: datetime


class Due(NamedTuple):
    """When something is to happen to a change request; ``order`` breaks ties as they were set."""

    when: datetime
    order: int
    transaction: str


class Change:
    """A change request as the model sees it."""

    def __init__(self, who: str, number: str, today: date, proposed: date) -> None:
        self.who, self.number, self.proposed, self.status = who, number, proposed, "REQ"
        self.pending_on = business_day_after(today) + DAY


def business_day_after(day: date) -> date:
    day += DAY
    return day if day.weekday() < 5 else business_day_after(day)


def midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=START.tzinfo)


def envelope(content: str, sender: str, number: int, group: str, remark: str = "") -> str:
    priority = {"NMID": "High", "CATS": "Medium"}[group]
    text = message(content, message_id=f"{sender}-MSG-{number}", sender=sender, group=group, priority=priority)
    return text.replace("<Header>", f"<!--{remark}--><Header>")


def described(body: bytes) -> tuple[str, str, str]:
    """Transaction, what it answers, and what it says, as the message itself tells."""
    root = parse(body)
    tack = root.find("Acknowledgements/TransactionAcknowledgement")
    if tack is not None:
        return "TACK", tack.get("initiatingTransactionID", ""), tack.get("status", "")
    (transaction,) = root.iter("Transaction")
    payload = transaction[0]
    says = payload.findtext(".//ChangeStatusCode") or payload.findtext("Event/Code") or ""
    return payload.tag, transaction.get("initiatingTransactionID", ""), says


class HubMachine(RuleBasedStateMachine):
    """Two participants, one hub; ``model`` is what lists would make of it."""

    journal_url = "memory:?keep=yes"
    sent = Bundle("sent")
    changes = Bundle("changes")

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.folder = tempfile.TemporaryDirectory()
        self.now = START
        self.model: dict[str, list[Item]] = {who: [] for who in PARTIES}
        self.ids: dict[Item, tuple[str, str]] = {}
        self.known: dict[str, tuple[str, str, str]] = {}
        self.bodies: dict[str, bytes] = {}
        self.requests: dict[str, Change] = {}
        self.due: list[Due] = []
        self.count = self.order = 0
        self.latest: tuple[str, int, str, str, str] | None = None
        self.journal = self.opened()
        self.house = self.running()

    def opened(self):
        url = self.journal_url.replace("PATH", str(Path(self.folder.name) / "journal.sqlite"))
        return open_journal(url, "default", CODEC)

    def running(self) -> Runtime:
        return runtime(STORY, self.journal, Clock(START, rate=0))

    def run_async(self, awaitable):
        return self.loop.run_until_complete(awaitable)

    def party(self, who: str) -> Party:
        return Party(self.house) if who == "RETAILA" else other(self.house)

    def queue_of(self, who: str) -> list[dict[str, str]]:
        return self.run_async(self.party(who).queue())

    def told(self, who: str, kind: str, answers: str, says: str = "", at: datetime | None = None) -> None:
        self.model[who].append(Item(kind, answers, says, at or self.now))

    def sends(self, who: str, body: str, stem: str) -> str:
        """Submits what is new; returns the receipt."""
        said = outcome(self.run_async(self.party(who).submit(body, f"{stem}_{who.lower()}_{self.count}")))
        assert (said.status, said.duplicate) == ("Accept", False)
        return said.receipt or ""

    def what_is_new(self, who: str, before: int) -> bytes:
        entry = self.queue_of(who)[before]
        return self.run_async(self.party(who).get(entry["MessageContextID"])).body

    @initialize()
    def begin(self):
        assert self.queue_of("RETAILA") == []

    @rule(target=sent, who=st.sampled_from(PARTIES))
    def discover(self, who):
        self.count += 1
        content = transactions(REQUEST, first=f"{who}-T{self.count}-")
        receipt = self.sends(who, envelope(content, who, self.count, "NMID"), "nmidh")
        self.told(who, "NMIStandingDataResponse", f"{who}-T{self.count}-1", "0")
        self.latest = (who, self.count, content, "NMID", receipt)
        return self.latest

    @rule(target=changes, who=st.sampled_from(PARTIES), days=st.integers(1, 12))
    def change(self, who, days):
        """Response and notification at once; what is to come is noted."""
        if len(self.requests) == len(NMIS):
            return None
        self.count += 1
        today, before = self.now.date(), len(self.model[who])
        transaction, proposed = f"{who}-T{self.count}-1", today + days * DAY
        payload = change_request(nmi=NMIS[len(self.requests)], party=who, proposed=proposed.isoformat())
        content = transactions(payload, first=f"{who}-T{self.count}-")
        receipt = self.sends(who, envelope(content, who, self.count, "CATS"), "catsm")
        self.told(who, "CATSChangeResponse", transaction, "0")
        self.told(who, "CATSNotification", transaction, "REQ")
        number = parse(self.what_is_new(who, before)).findtext(".//RequestID")
        change = self.requests[transaction] = Change(who, number or "", today, proposed)
        self.set(change.pending_on, transaction)
        self.latest = (who, self.count, content, "CATS", receipt)
        return self.latest

    @rule(one=changes, by=st.sampled_from(PARTIES))
    def withdraw(self, one, by):
        """A TACK says how it went; the notification follows where it went well."""
        if one is None:
            return
        change = self.requests[f"{one[0]}-T{one[1]}-1"]
        self.count += 1
        payload = f'<CATSChangeWithdrawal version="r29"><RequestID>{change.number}</RequestID></CATSChangeWithdrawal>'
        content = transactions(payload, first=f"{by}-T{self.count}-")
        self.sends(by, envelope(content, by, self.count, "CATS"), "catsm")
        goes = by == change.who and change.status not in FINISHED
        self.told(by, "TACK", f"{by}-T{self.count}-1", "Accept" if goes else "Reject")
        if goes:
            change.status = "CAN"
            self.told(by, "CATSNotification", f"{one[0]}-T{one[1]}-1", "CAN")

    @rule(one=st.one_of(sent, changes), changed=st.booleans())
    def repeat(self, one, changed):
        if one is not None:
            self.again(one, changed)

    def again(self, one, changed: bool) -> None:
        who, number, content, group, receipt = one
        body = envelope(content, who, number, group, "changed" if changed else "")
        context = f"{ {'NMID': 'nmidh', 'CATS': 'catsm'}[group] }_{who.lower()}_{number}"
        said = outcome(self.run_async(self.party(who).submit(body, context)))
        assert (said.status, said.receipt, said.duplicate) == ("Accept", receipt, True)

    @rule(who=st.sampled_from(PARTIES), pick=st.integers(0, 10))
    def get(self, who, pick):
        entries = self.queue_of(who)
        if entries:
            entry = entries[pick % len(entries)]
            body = self.run_async(self.party(who).get(entry["MessageContextID"])).body
            assert self.bodies.setdefault(entry["MessageID"], body) == body
            assert parse(body).findtext("Header/MessageID") == entry["MessageID"]
            assert described(body) == self.model[who][pick % len(entries)][:3]

    @rule(who=st.sampled_from(PARTIES), pick=st.integers(0, 10), thief=st.booleans())
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

    @rule(hours=st.integers(0, 90))
    def move_clock(self, hours):
        self.now = max(self.now, min(self.now + timedelta(hours=hours), LAST_DAY))
        self.run_async(self.house.set_clock(self.now))
        while self.due and min(self.due).when <= self.now:
            due = min(self.due)
            self.due.remove(due)
            self.comes_due(self.requests[due.transaction], due)

    def set(self, on: date, transaction: str) -> None:
        self.order += 1
        self.due.append(Due(midnight(on), self.order, transaction))

    def comes_due(self, change: Change, due: Due) -> None:
        if change.status in FINISHED:
            return
        change.status = "COM" if change.proposed <= due.when.date() else "PEN"
        if change.status == "PEN":
            self.set(change.proposed, due.transaction)
        self.told(change.who, "CATSNotification", due.transaction, change.status, due.when)
        if change.status == "COM":
            self.told(change.who, "ReportResponse", due.transaction, "0", due.when)

    @rule()
    def restart(self):
        """A new process: all it has is the journal, and a clock that starts where the story does."""
        if not self.journal_url.startswith("memory:"):
            self.run_async(self.house.close())
            self.journal = self.opened()
        self.house = self.running()
        assert self.house.clock.now() == self.now
        if self.latest is not None:
            self.again(self.latest, changed=False)

    @invariant()
    def the_queues_are_the_models(self):
        for who, expected in self.model.items():
            entries = self.queue_of(who)
            assert [self.item(who, entry) for entry in entries] == expected
            for entry, item in zip(entries, expected, strict=True):
                ids = (entry["MessageID"], entry["MessageContextID"])
                assert self.ids.setdefault(item, ids) == ids
        assert len(set(self.ids.values())) == len(self.ids)
        assert not self.house.bugs

    def item(self, who: str, entry: dict[str, str]) -> Item:
        """A queue entry as the model would have it; its message is looked up, so that it stays unfetched."""
        name = f"{who}/{entry['MessageContextID']}"
        if name not in self.known:
            record = self.house.message(name)
            assert record is not None
            self.known[name] = described(record["body"].encode())
        return Item(*self.known[name], datetime.fromisoformat(entry["ReceivedDateTime"]))

    def teardown(self) -> None:
        """Whatever happened, one more restart and the rest of the month bring everything that was still to come."""
        try:
            self.restart()
            self.move_clock(24 * 31)
            self.the_queues_are_the_models()
        finally:
            self.run_async(self.house.close())
            self.loop.close()
            self.folder.cleanup()


class SqliteHubMachine(HubMachine):
    journal_url = "sqlite:PATH"


@pytest.mark.parametrize(("machine", "examples"), [(HubMachine, 40), (SqliteHubMachine, 16)])
def test_the_hub_is_a_list_whatever_the_order(machine, examples):
    quick = settings(max_examples=examples, stateful_step_count=25, suppress_health_check=list(HealthCheck))
    run_state_machine_as_test(machine, settings=quick)
