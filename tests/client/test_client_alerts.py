"""The client reads alerts, watches them, and sends nothing that a stop file would hold: against the hub as values."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from client_fake_hub import NOW, FakeHub, Recorder, Script, account, ticking
from msgspec.structs import replace

from driving import Driving
from kit import Party, macks, outcome, runtime, scenario, transfer
from simulator.client.account import Account
from simulator.client.alerts import ALERTS, Alert, alerts, submit_when_clear, watch
from simulator.client.drain import Drain, DrainOptions
from simulator.client.errors import ClientError, Kind
from simulator.client.inbox import MemoryInbox
from simulator.client.session import Session
from simulator.client.values import HttpAnswer, HttpCall, Note, Pause, Step
from simulator.hub.limits import CR, OUTBOX_FILE, Limit, Limits
from simulator.scenario.model import MessageMatch, Reject, Rule, Where

REFUSED = Rule("no", Where("t", 1), MessageMatch("CATSChangeRequest"), (Reject(1100, "not today"),))


class Enough(Exception):
    """A flow that never ends by itself was driven far enough."""


class Driver(Driving):
    """Drives flows against a runtime; ``pauses`` are done one after the other where a flow waits."""

    def __init__(self, **limits: Limit) -> None:
        kinds = {kind.replace("_", " "): limit for kind, limit in limits.items()}
        self.party = Party(runtime(replace(scenario(REFUSED), limits=Limits(kinds))), secure=False)
        super().__init__(self.party.house, None, secure=False)
        self.session = Session(Account("http://127.0.0.1:9380", "RETAILA", "ALICE", "secret"))
        self.notes: list[str] = []
        self.pauses: list[Callable[[], Any]] = []

    def note(self, step: Note) -> None:
        self.notes.append(f"{step.what}: {step.text}")

    async def pause(self, step: Pause) -> None:
        if not self.pauses:
            raise Enough
        await self.pauses.pop(0)()

    async def submit(self, number: int) -> None:
        said = await self.party.submit(transfer(number), f"catsm_retaila_{number}")
        assert outcome(said).status == "Accept"


async def test_alerts_are_read():
    driver = Driver(OUTBOX_FILE=Limit(1, 1))
    assert await driver.drive(alerts(driver.session)) == ()
    await driver.submit(1)
    since = "2026-03-02T09:00:00.000+10:00"
    expected = Alert("B2MStopFile", "RETAILA", OUTBOX_FILE, since, "retaila.stp")
    assert await driver.drive(alerts(driver.session)) == (expected,)
    assert str(expected) == f"B2MStopFile RETAILA: OUTBOX FILE since {since}"
    assert await driver.drive(alerts(driver.session, "B2BStopFile")) == ()


async def test_sending_waits_while_a_stop_file_stands_and_goes_on_at_midnight():
    driver = Driver(CR=Limit(1, 1))
    await driver.submit(1)

    async def midnight() -> None:
        await driver.party.house.advance(timedelta(hours=15))

    driver.pauses = [midnight]
    receipt = await driver.drive(submit_when_clear(driver.session, transfer(2).encode(), "catsm_retaila_2", 5.0))
    assert receipt.accepted
    assert driver.notes == [f"waiting: not sent: {CR} stands; again in 5 s"]


async def test_a_stopped_outbox_is_no_reason_not_to_send():
    driver = Driver(OUTBOX_FILE=Limit(1, 1))
    await driver.submit(1)
    receipt = await driver.drive(submit_when_clear(driver.session, transfer(2).encode(), "catsm_retaila_2", 5.0))
    assert (receipt.accepted, driver.notes) == (True, [])


async def test_draining_clears_a_stopped_outbox_and_loses_nothing():
    driver = Driver(OUTBOX_FILE=Limit(2, 2))
    for number in range(1, 8):
        await driver.submit(number)
    assert len(await driver.party.queue()) == 2
    drained = await driver.drive(Drain(driver.session, DrainOptions()).run())
    assert (drained.acknowledged, drained.left) == (7, {})
    assert await driver.drive(alerts(driver.session)) == ()


async def test_draining_puts_a_bad_acknowledgement_right():
    driver = Driver()
    await driver.submit(1)
    entry = (await driver.party.queue())[0]
    await driver.party.acknowledge(macks("WRONG", own="BAD-1"), entry["MessageContextID"])
    (badack,) = await driver.drive(alerts(driver.session))
    assert (badack.alert_type, entry["MessageContextID"] in badack.cause) == ("BADACK", True)
    await driver.drive(Drain(driver.session, DrainOptions()).run())
    assert await driver.drive(alerts(driver.session)) == ()


async def test_draining_tells_of_a_stop_file_and_that_it_is_over():
    driver = Driver(OUTBOX_FILE=Limit(2, 2))
    for number in range(1, 8):
        await driver.submit(number)
    drained = await driver.drive(Drain(driver.session, DrainOptions(alerts=60)).run())
    assert (drained.acknowledged, drained.left) == (7, {})
    told = [note.partition(" since")[0] for note in driver.notes if "OUTBOX" in note]
    assert told == ["raised: B2MStopFile RETAILA: OUTBOX FILE", "cleared: B2MStopFile RETAILA: OUTBOX FILE"]


def looks(hub: FakeHub) -> int:
    return [call.path for call in hub.calls].count(ALERTS)


def test_a_drain_looks_for_alerts_no_more_often_than_told():
    """Looking again every ten seconds, it asks for alerts every sixty."""
    hub, now = FakeHub(), [NOW]
    session = Session(account(now=lambda: now[0]))

    def around(step: Step, go: Callable[[], Any]) -> Any:
        if isinstance(step, Pause):
            now[0] += timedelta(seconds=step.seconds)
            if now[0] > NOW + timedelta(seconds=175):
                raise Enough
        return go()

    with pytest.raises(Enough):
        Script(hub, MemoryInbox(), around=around).drive(
            Drain(session, DrainOptions(until_empty=False, every=10, alerts=60)).run()
        )
    assert looks(hub) == 3


@pytest.mark.parametrize(("cause", "asked"), [(CR, 1), (OUTBOX_FILE, 2)])
def test_the_end_is_looked_at_where_draining_may_have_cleared_something(cause, asked):
    hub = FakeHub(alerts=[("B2MStopFile", cause)])
    hub.put(1)
    Script(hub, MemoryInbox(), Recorder()).drive(Drain(Session(account()), DrainOptions(alerts=60)).run())
    assert looks(hub) == asked
    Script(hub, MemoryInbox(), Recorder()).drive(Drain(Session(account()), DrainOptions(alerts=60)).run())
    assert looks(hub) == asked + 1, "nothing was acknowledged, nothing can be over"


@pytest.mark.parametrize(("period", "asked"), [(0.0, 0), (60.0, 1)])
def test_a_hub_without_alerts_is_drained_all_the_same(period, asked):
    hub = FakeHub(alerts=None)
    hub.put(1)
    script = Script(hub, MemoryInbox(), Recorder())
    drained = script.drive(Drain(Session(account()), DrainOptions(alerts=period)).run())
    assert (drained.acknowledged, hub.queue, looks(hub)) == (1, {}, asked)
    assert [note.what for note in script.notes if note.what == "alerts"] == ["alerts"] * asked


@pytest.mark.parametrize(("takes_it", "left"), [(True, 0), (False, 1)])
def test_an_acknowledgement_that_shows_as_bad_is_made_again_once(takes_it, left):
    """The hub refuses one MACK, shows it as bad, and (or not) takes the next one: a new message, not the same bytes."""
    hub, recorder = FakeHub(refuse_macks=True), Recorder()
    context_id = hub.put(1)

    def around(step: Step, go: Callable[[], Any]) -> Any:
        if hub.macks:
            hub.alerts, hub.refuse_macks = [("BADACK", f"BADACK {context_id} event 7")], not takes_it
        return go()

    script = Script(hub, MemoryInbox(), recorder, around=around)
    drained = script.drive(Drain(Session(account(now=ticking())), DrainOptions(alerts=60)).run())
    assert (drained.acknowledged, len(drained.left), len(hub.queue)) == (1 - left, left, left)
    assert len({own for _, own, _, _ in hub.macks}) == len(hub.macks) == 2
    assert recorder.keys == ["NEMMCO/NEMMCO-MSG-1"], "it is not handled again"


async def test_watching_tells_what_is_raised_and_what_is_cleared():
    driver = Driver(OUTBOX_FILE=Limit(1, 1))

    async def fill() -> None:
        await driver.submit(1)

    async def drain() -> None:
        await driver.party.clear()

    driver.pauses = [fill, drain]
    with pytest.raises(Enough):
        await driver.drive(watch(driver.session, 1.0))
    assert [note.partition(" since")[0] for note in driver.notes] == [
        "raised: B2MStopFile RETAILA: OUTBOX FILE",
        "cleared: B2MStopFile RETAILA: OUTBOX FILE",
    ]


async def test_an_answer_that_is_no_report_is_told(monkeypatch):
    driver = Driver()

    async def other(call: HttpCall) -> HttpAnswer:
        return HttpAnswer(200, {}, b"<oops/>")

    monkeypatch.setattr(driver, "call", other)
    with pytest.raises(ClientError) as caught:
        await driver.drive(alerts(driver.session))
    assert caught.value.kind is Kind.ANSWER
