"""The system under test, judged: one that does nothing wrong passes, each fault fails the expectation it is about."""

from __future__ import annotations

from datetime import timedelta
from types import ModuleType

import pytest

import kit
from simulator.base.clock import Clock
from simulator.base.http import Peer
from simulator.hub import exchanges, ledger
from simulator.hub.events import MessageAcknowledged
from simulator.hub.packed import Packed, opened
from simulator.runtime import Runtime
from simulator.scenario.loader import load
from simulator.scenario.verdict import Verdict, read_verdict
from simulator.stores.opening import open_journal

NMIS = ("4102034567", "4102034575", "4102034583", "4102034591")
STORY = """\
scenario: Judged
clock: "2026-03-02T09:00:00+10:00"
given:
  participants:
    - {id: RETAILA, roles: [FRMP], user: ALICE, password: secret, certificate: false}
    - {id: RETAILB, roles: [FRMP, LR], played: auto}
  nmis:
    - {nmi: "4102034567", jurisdiction: NSW, frmp: RETAILB}
    - {nmi: "4102034575", jurisdiction: NSW, frmp: RETAILB}
    - {nmi: "4102034583", jurisdiction: NSW, frmp: RETAILB}
    - {nmi: "4102034591", jurisdiction: NSW, frmp: RETAILB}
when:
  - {request: {operation: getQueueMetaData, participant: RETAILA}, times: 1, fault: {status: 429}}
then:
  - {name: acknowledged, every: delivered message, acknowledged within: PT30M}
  - {name: repaired, every: bad acknowledgement, repaired within: PT10M}
  - {name: one content, never: {submit: same message id with other content}}
  - {name: valid, never: {submit: invalid message}}
  - {name: stops, never: {submit: while a stop file stands}, grace: PT1M}
  - {name: once, never: {handle: same message twice}}
  - {name: correlated, never: {refer to: what was never sent}}
  - {name: no withdrawal, never: {submit: {transaction: CATSChangeWithdrawal}}}
  - {name: three requests, participant: RETAILA, sent: {transaction: CATSChangeRequest}, exactly: 3}
  - {name: patient, after status: [429, 5xx], no request for: PT5S}
  - {name: polls, polls: getQueueMetaData, no more often than: PT10S}
  - {name: empty, queue: empty}
"""
WITHDRAWAL = "<CATSChangeWithdrawal><RequestID>1</RequestID></CATSChangeWithdrawal>"
TACK = (
    '<Acknowledgements><TransactionAcknowledgement initiatingTransactionID="NEVER-SENT" receiptID="R1" '
    'receiptDate="2026-03-02T09:00:01+10:00" status="Accept"/></Acknowledgements>'
)
FAULTS = {
    "acknowledges late": {"acknowledged"},
    "never acknowledges": {"acknowledged", "empty"},
    "leaves the last": {"empty"},
    "repairs late": {"repaired"},
    "acknowledges twice": {"once"},
    "fetches again": {"once"},
    "changes the content": {"one content"},
    "sends an invalid message": {"valid"},
    "sends in spite of a stop file": {"stops"},
    "acknowledges another's message": {"correlated"},
    "answers what was never asked": {"correlated"},
    "withdraws": {"no withdrawal"},
    "sends two": {"three requests"},
    "sends four": {"three requests"},
    "has no patience": {"patient"},
    "polls too often": {"polls"},
}
"""What a client does wrong → what fails because of it."""


class Client:
    """A participant's system that does one thing wrong, or nothing."""

    def __init__(self, fault: str = "", house: Runtime | None = None) -> None:
        self.fault = fault
        self.house = house or kit.runtime(load(STORY, "judged.yaml"))
        self.party = kit.Party(self.house)
        self.count = 0
        self.repaired = False

    async def wait(self, **period: float) -> None:
        await self.house.advance(timedelta(**period))

    async def request(self) -> None:
        self.count += 1
        reply = await self.party.submit(
            kit.transfer(self.count, nmi=NMIS[self.count - 1]), f"catsm_retaila_{self.count}"
        )
        assert kit.outcome(reply).status == "Accept", reply.body

    async def listed(self) -> list[dict[str, str]]:
        """The queue, a quarter of a minute after the last time."""
        await self.wait(seconds=15)
        return await self.party.queue()

    async def take(self, entry: dict[str, str]) -> None:
        context_id = entry["MessageContextID"]
        await self.party.get(context_id)
        if self.fault == "acknowledges late":
            await self.wait(minutes=40)
        if self.fault == "repairs late" and not self.repaired:
            self.repaired = True
            await self.acknowledge(entry, "BAD", market="RETAIL")
            await self.wait(minutes=15)
        if self.fault == "acknowledges another's message":
            await self.acknowledge({**entry, "MessageID": "NEVER-SENT"}, "WRONG")
        await self.acknowledge(entry, "ACK")
        if self.fault == "acknowledges twice":
            await self.acknowledge(entry, "AGAIN")
        if self.fault == "fetches again":
            await self.party.get(context_id)

    async def acknowledge(self, entry: dict[str, str], kind: str, **more: str) -> None:
        own = f"{kind}-{entry['MessageContextID']}"[-36:]
        await self.party.acknowledge(kit.macks(entry["MessageID"], own=own, **more), entry["MessageContextID"])

    async def play(self) -> Verdict:
        """The whole story; how it is judged in the end."""
        refused = await self.party.call("GET", "getQueueMetaData")
        assert refused.status == 429
        await self.wait(seconds=1 if self.fault == "has no patience" else 20)
        await self.request()
        entries = await self.listed()
        assert entries
        for entry in entries:
            await self.take(entry)
        await self.once()
        await self.during_a_stop()
        await self.rest()
        return await self.house.verdict()

    async def once(self) -> None:
        """Faults that go with nothing else."""
        if self.fault == "changes the content":
            await self.party.submit(kit.transfer(1, nmi=NMIS[3]))
        if self.fault == "sends an invalid message":
            bad = kit.message(kit.transactions("<CATSChangeRequest/>"), message_id="BAD-1")
            await self.party.submit(bad, "catsm_retaila_77")
        if self.fault == "withdraws":
            await self.party.submit(kit.message(kit.transactions(WITHDRAWAL), message_id="W1"), "catsm_retaila_78")
        if self.fault == "answers what was never asked":
            reply = await self.party.submit(kit.message(TACK, message_id="TACK-1"), "catsm_retaila_79")
            assert kit.outcome(reply).status == "Accept", reply.body
        if self.fault == "polls too often":
            await self.listed()
            await self.wait(seconds=1)
            await self.party.queue()

    async def during_a_stop(self) -> None:
        name = await self.house.raise_stop_file("RETAILA", "CR", "B2MStopFile")
        await self.wait(minutes=2)
        if self.fault == "sends in spite of a stop file":
            await self.request()
        assert await self.house.clear_stop_file(name) is False

    async def rest(self) -> None:
        while self.count < {"sends two": 2, "sends four": 4}.get(self.fault, 3):
            await self.request()
        left = await self.listed()
        for entry in left[:-1] if self.fault in ("leaves the last", "never acknowledges") else left:
            await self.take(entry)
        if self.fault == "never acknowledges":
            await self.wait(hours=1)


def failed(verdict: Verdict) -> set[str]:
    return {each.expectation for each in verdict.findings if each.outcome == "fail"}


def outcomes(verdict: Verdict) -> dict[str, str]:
    return {each.expectation: each.outcome for each in verdict.findings}


async def test_a_client_without_fault_passes() -> None:
    verdict = await Client().play()
    assert set(outcomes(verdict).values()) == {"pass"}, verdict.findings
    assert verdict.outcome == "pass"
    assert verdict.queues == {"lost": 0, "duplicated": 0, "unexpected": 0, "recovered": 0}


@pytest.mark.parametrize("fault", sorted(FAULTS))
async def test_each_fault_fails_what_it_is_about_and_nothing_else(fault: str) -> None:
    client = Client(fault)
    verdict = await client.play()
    assert failed(verdict) == FAULTS[fault], verdict.findings
    assert verdict.outcome == "fail"
    known = {record.key for record in client.house.simulation.ledger.records()}
    for finding in verdict.findings:
        assert bool(finding.evidence) == (finding.outcome == "fail")
        assert set(finding.messages) <= known
        assert finding.where.startswith("judged.yaml:")
        assert finding.why
    assert read_verdict(verdict.summary()) == verdict


@pytest.mark.parametrize(
    ("fault", "queues"),
    [
        ("leaves the last", {"lost": 1}),
        ("acknowledges twice", {"duplicated": 6}),
        ("acknowledges another's message", {"unexpected": 6, "recovered": 6}),
        ("repairs late", {"recovered": 1}),
    ],
)
async def test_queues_are_told_in_the_words_of_jepsen(fault: str, queues: dict[str, int]) -> None:
    verdict = await Client(fault).play()
    assert {word: count for word, count in verdict.queues.items() if count} == queues


@pytest.mark.parametrize(("fault", "count"), [("sends two", 2), ("sends four", 4)])
async def test_what_was_expected_is_told_as_it_was_written(fault: str, count: int) -> None:
    (failed_one,) = [each for each in (await Client(fault).play()).findings if each.outcome == "fail"]
    assert failed_one.why == f"it was sent {count} times; expected: exactly 3"


async def test_nothing_is_known_of_a_client_that_never_came() -> None:
    verdict = await Client().house.verdict()
    assert set(outcomes(verdict).values()) == {"cannot know"}
    assert verdict.outcome == "cannot know"


async def test_what_may_still_be_done_in_time_cannot_be_known_yet() -> None:
    client = Client()
    await client.request()
    assert outcomes(await client.house.verdict())["acknowledged"] == "cannot know"
    await client.wait(minutes=31)
    assert outcomes(await client.house.verdict())["acknowledged"] == "fail"


async def test_two_requests_at_one_moment_of_a_clock_that_stands_cannot_be_judged() -> None:
    client = Client()
    for _ in range(3):
        await client.party.call("GET", "getQueueMetaData")
    found = outcomes(await client.house.verdict())
    assert (found["patient"], found["polls"]) == ("cannot know", "cannot know")


@pytest.mark.parametrize("peer", [None, Peer("RETAILA", "ehubsim")], ids=["by its user", "by its certificate"])
async def test_who_does_not_say_who_it_is_is_known_all_the_same(peer: Peer | None) -> None:
    client = Client()
    client.party.peer, client.party.secure = peer, peer is not None
    await client.party.call("GET", "getQueueMetaData")  # 429
    await client.wait(seconds=1)
    await client.party.call("GET", "getQueueMetaData", without="X-initiatingParticipantID")
    assert outcomes(await client.house.verdict())["patient"] == "fail"


OF_MESSAGES = {
    "acknowledged", "repaired", "one content", "valid", "stops", "once", "correlated", "no withdrawal",
    "three requests",
}  # fmt: skip
OF_EXCHANGES = {"once", "patient", "polls"}


async def test_what_was_evicted_is_no_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ledger, "FINISHED_KEPT", 1)
    verdict = await Client().play()
    assert {name for name, outcome in outcomes(verdict).items() if outcome != "pass"} == OF_MESSAGES
    assert failed(verdict) == set()


async def test_exchanges_that_were_evicted_are_no_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exchanges, "EXCHANGES_KEPT", 4)
    verdict = await Client().play()
    assert {name for name, outcome in outcomes(verdict).items() if outcome != "pass"} == OF_EXCHANGES
    assert failed(verdict) == set()


@pytest.mark.parametrize("fault", sorted(FAULTS))
async def test_what_the_ledger_packs_is_judged_as_if_it_did_not(monkeypatch: pytest.MonkeyPatch, fault: str) -> None:
    plain = await Client(fault).play()
    monkeypatch.setattr(ledger, "TOGETHER", 1)
    client = Client(fault)
    assert (await client.play()).summary() == plain.summary()
    kept = tuple(client.house.simulation.ledger._records.values())
    over = [any(isinstance(step, MessageAcknowledged) for step in each.later) for each in opened(kept)]
    assert [isinstance(each, Packed) for each in kept] == over
    assert any(over)


@pytest.mark.parametrize(("part", "bound"), [(exchanges, "EXCHANGES_KEPT"), (ledger, "FINISHED_KEPT")])
@pytest.mark.parametrize("fault", sorted(FAULTS))
async def test_no_fault_passes_because_its_evidence_is_gone(
    monkeypatch: pytest.MonkeyPatch, fault: str, part: ModuleType, bound: str
) -> None:
    monkeypatch.setattr(part, bound, 2)
    verdict = await Client(fault).play()
    found = outcomes(verdict)
    assert {found[name] for name in FAULTS[fault]} <= {"fail", "cannot know"}
    assert failed(verdict) <= FAULTS[fault]
    assert verdict.counted.partition("; at least: ")[2], "what is counted is told to be a least number"
    assert read_verdict(verdict.summary()) == verdict


async def test_whether_somebody_was_here_is_not_known_of_exchanges_that_are_gone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A client that sent nothing passes for being here; once that is forgotten nobody knows."""
    monkeypatch.setattr(exchanges, "EXCHANGES_KEPT", 1)
    client = Client()
    await client.party.call("GET", "getQueueMetaData")
    assert outcomes(await client.house.verdict())["no withdrawal"] == "pass"
    await kit.other(client.house).call("GET", "getQueueMetaData")
    assert outcomes(await client.house.verdict())["no withdrawal"] == "cannot know"


async def test_stop_files_that_were_evicted_are_no_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ledger, "STOPS_KEPT", 1)
    verdict = await Client().play()
    assert {name for name, outcome in outcomes(verdict).items() if outcome != "pass"} == {"stops"}


async def test_a_restart_forgets_exchanges_and_says_so() -> None:
    journal = open_journal("memory:?keep=yes", "default", kit.CODEC)
    story = load(STORY, "judged.yaml")
    client = Client(house=kit.runtime(story, journal))
    before = await client.play()
    again = kit.runtime(story, journal, Clock(client.house.clock.now(), rate=0))
    after = await again.verdict()
    assert {name for name, outcome in outcomes(after).items() if outcome != "pass"} == OF_EXCHANGES
    assert after.queues == before.queues


async def test_a_reset_begins_anew() -> None:
    client = Client("acknowledges twice")
    await client.play()
    await client.house.reset()
    assert set(outcomes(await client.house.verdict()).values()) == {"cannot know"}


async def test_a_story_that_expects_nothing_passes() -> None:
    assert (await kit.runtime().verdict()).outcome == "pass"
