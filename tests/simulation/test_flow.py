"""Flow control: what each kind counts, when a stop file is raised and cleared, and what it holds up."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from msgspec.structs import replace

from kit import Party, change_request, macks, message, outcome, parse, runtime, scenario, transactions, transfer
from simulator.base.turn import Turn
from simulator.hub.flow import Flow
from simulator.hub.limits import CR, CR_NOTIFICATION, OUTBOX_FILE, SEEN, Group, Limit, Limits
from simulator.hub.switches import Switches
from simulator.runtime import Runtime
from simulator.scenario.model import MessageMatch, Reject, Rule, Where

REFUSED = Rule("no", Where("t", 1), MessageMatch("CATSChangeRequest"), (Reject(1100, "not today"),))
"""Every change request is answered by exactly one message."""
V2 = "/HubMessageManagement/v2/getAlerts"


def house(*rules: Rule, switches: Switches | None = None, groups: tuple[Group, ...] = (), **limits: Limit) -> Party:
    kinds = {kind.replace("_", " "): limit for kind, limit in limits.items()}
    story = replace(scenario(*(rules or (REFUSED,)), switches=switches), limits=Limits(kinds, groups=groups))
    return Party(runtime(story))


def flow(party: Party) -> Flow:
    return party.house.simulation.hub.flow


def by_hand(party: Party, act: Callable[[Turn], object]) -> None:
    turn = party.house.simulation.turn(party.house.clock.now())
    act(turn)
    party.house.journal.append(turn.events)


async def ask(party: Party, *numbers: int) -> None:
    for number in numbers:
        content = transactions(change_request(), first=f"RETAILA-{number}-")
        text = message(content, message_id=f"RETAILA-MSG-{number}")
        assert outcome(await party.submit(text, f"catsm_retaila_{number}")).status == "Accept"


async def answered(party: Party) -> list[str | None]:
    """What the messages of the queue answer, in its order."""
    bodies = [(await party.get(entry["MessageContextID"])).body for entry in await party.queue()]
    return [next(parse(body).iter("Transaction")).get("initiatingTransactionID") for body in bodies]


async def acknowledge(party: Party, count: int) -> None:
    for entry in (await party.queue())[:count]:
        mack = macks(entry["MessageID"], own=f"ACK-{entry['MessageID']}"[:36])
        assert outcome(await party.acknowledge(mack, entry["MessageContextID"])).status == "Accept"


async def causes(party: Party) -> list[str | None]:
    reply = await party.call("GET", V2, query=(("alertType", "B2MStopFile"),))
    return [cause.text for cause in parse(reply.body).iter("Cause")]


def test_the_defaults_are_those_of_a_real_answer():
    party = Party(runtime())
    counted = flow(party).counted("RETAILA", party.house.clock.now())
    assert {kind: each.limit for kind, each in counted.items()} == dict(SEEN)


async def test_a_stopped_outbox_is_owed_its_answers_and_gets_them_in_order():
    """AEMO stops producing when the unacknowledged reach the limit, and restarts when they are reduced."""
    party = house(OUTBOX_FILE=Limit(2, 3))
    await ask(party, 1, 2, 3, 4, 5, 6)
    assert await answered(party) == ["RETAILA-1-1", "RETAILA-2-1", "RETAILA-3-1"]
    assert await causes(party) == [OUTBOX_FILE]
    assert flow(party).kept("RETAILA") == 3
    await acknowledge(party, 1)
    assert await causes(party) == [OUTBOX_FILE], "two are not below the lower limit"
    assert await answered(party) == ["RETAILA-2-1", "RETAILA-3-1"]
    await acknowledge(party, 1)
    assert await answered(party) == ["RETAILA-3-1", "RETAILA-4-1", "RETAILA-5-1"]
    assert await causes(party) == [OUTBOX_FILE], "what was owed filled it again"
    await acknowledge(party, 3)
    await acknowledge(party, 3)
    assert (await causes(party), await answered(party), flow(party).kept("RETAILA")) == ([], [], 0)


async def test_what_is_kept_is_told_in_the_ledger():
    party = house(OUTBOX_FILE=Limit(1, 1))
    await ask(party, 1, 2)
    (kept,) = [each for each in party.house.messages(to="RETAILA") if len(each["timeline"]) > 1]
    assert [step["what"] for step in kept["timeline"]] == ["queued", "kept"]
    await acknowledge(party, 1)
    (seen,) = [each for each in party.house.messages(to="RETAILA") if each["id"] == kept["id"]]
    assert [step["what"] for step in seen["timeline"]] == ["queued", "kept", "visible"]


async def test_other_answers_are_still_produced():
    """Only responses and notifications of CATS are kept."""
    party = house(OUTBOX_FILE=Limit(1, 1))
    await ask(party, 1, 2)
    request = '<NMIStandingDataRequest version="r31"><NMI checksum="3">4102034567</NMI></NMIStandingDataRequest>'
    discovery = message(transactions(request), message_id="RETAILA-D-1", group="NMID", priority="High")
    await party.submit(discovery, "nmidh_retaila_1")
    assert [entry["TransactionGroup"] for entry in await party.queue()] == ["CATS", "NMID"]


async def test_change_requests_are_counted_by_business_day():
    """CR is the activity of a business day: at midnight market time it begins again."""
    party = house(CR=Limit(2, 2))
    await ask(party, 1, 2)
    assert await causes(party) == [CR]
    await party.house.advance(timedelta(hours=14, minutes=59))
    assert await causes(party) == [CR]
    await party.house.advance(timedelta(minutes=1))
    assert await causes(party) == []
    assert flow(party).counted("RETAILA", party.house.clock.now())[CR].actual == 0


async def test_a_group_is_counted_and_stopped_together():
    """In a group, the limits are the group's."""
    party = house(groups=(Group("G", ("RETAILA", "RETAILC"), {OUTBOX_FILE: Limit(2, 2)}),))
    await ask(party, 1, 2, 3)
    counted = flow(party).counted("RETAILC", party.house.clock.now())[OUTBOX_FILE]
    assert (counted.actual, counted.in_group, counted.stopped) == (0, 2, True)
    assert [who for who, _ in flow(party).standing("B2MStopFile")] == ["RETAILA", "RETAILC"]


async def test_a_limit_may_change_while_the_story_runs():
    party = house()
    await ask(party, 1, 2, 3)
    by_hand(party, lambda turn: flow(party).set_limit(turn, OUTBOX_FILE, Limit(2, 3)))
    assert await causes(party) == [OUTBOX_FILE]
    by_hand(party, lambda turn: flow(party).set_limit(turn, OUTBOX_FILE, Limit(9, 9), "RETAILA"))
    assert await causes(party) == []


async def test_a_stop_file_raised_by_hand_stands_until_it_is_cleared_by_hand():
    party = house()
    by_hand(party, lambda turn: flow(party).raise_by_hand(turn, "RETAILA", OUTBOX_FILE))
    await ask(party, 1, 2)
    assert (await answered(party), await causes(party)) == ([], [OUTBOX_FILE])
    by_hand(party, lambda turn: flow(party).clear_by_hand(turn, "RETAILA", OUTBOX_FILE))
    assert (await answered(party), await causes(party)) == (["RETAILA-1-1", "RETAILA-2-1"], [])
    turn = party.house.simulation.turn(party.house.clock.now())
    assert not flow(party).clear_by_hand(turn, "RETAILA", OUTBOX_FILE)


async def test_what_a_stop_file_kept_for_no_time_at_all_is_seen_behind_what_came_before_it():
    """Whoever clears it at the same moment of a held clock has done less than the participant by then."""
    party = house(OUTBOX_FILE=Limit(10, 20))
    await ask(party, 1)
    await party.house.raise_stop_file("RETAILA", OUTBOX_FILE, "B2MStopFile")
    await ask(party, 2, 3)
    await party.house.clear_stop_file("B2MStopFile.RETAILA.OUTBOX-FILE")
    await ask(party, 4)
    assert await answered(party) == ["RETAILA-1-1", "RETAILA-2-1", "RETAILA-3-1", "RETAILA-4-1"]
    for record in party.house.messages(ranked=True):
        ranks = [(step["at"], *step["rank"]) for step in record["timeline"]]
        assert ranks == sorted(ranks), record["id"]


async def test_a_played_participant_takes_no_sooner_what_a_stop_file_kept_than_it_is_seen():
    """What it does about it comes of it, also where somebody clears it by hand who has done less by then."""
    party = Party(runtime())
    await party.house.raise_stop_file("METERCO", CR_NOTIFICATION, "B2MStopFile")
    await party.submit(transfer())
    await party.house.clear_stop_file("B2MStopFile.METERCO.CR-NOTIFICATION")
    (record,) = party.house.messages(ranked=True, to="METERCO")
    assert [step["what"] for step in record["timeline"]] == ["queued", "kept", "visible", "acknowledged"]
    ranks = [tuple(step["rank"]) for step in record["timeline"]]
    assert ranks == sorted(ranks)


async def test_notifications_are_counted_and_kept_by_themselves():
    """CR NOTIFICATION is what AEMO notifies a participant of on a business day."""
    party = house(Rule("none", Where("t", 1), MessageMatch("Nothing"), ()), CR_NOTIFICATION=Limit(1, 1))
    await ask(party, 1, 2)
    counted = flow(party).counted("RETAILA", party.house.clock.now())
    assert (counted[CR_NOTIFICATION].actual, counted[CR_NOTIFICATION].stopped) == (1, True)


async def test_a_stream_takes_so_many_at_a_time():
    """assume.stream-limit: unacknowledged messages of one group and priority; more wait, in order."""
    party = house(switches=Switches(stream_limit=2))
    await ask(party, 1, 2, 3, 4)
    assert await answered(party) == ["RETAILA-1-1", "RETAILA-2-1"]
    await acknowledge(party, 1)
    assert await answered(party) == ["RETAILA-2-1", "RETAILA-3-1"]
    assert await causes(party) == []


async def test_a_restart_in_between_changes_nothing():
    party = house(OUTBOX_FILE=Limit(2, 3))
    await ask(party, 1, 2, 3, 4, 5)
    before = (await answered(party), await causes(party), flow(party).kept("RETAILA"))
    old = party.house
    party.house = Runtime.open(old.scenario, old.journal, old.clock, old.schemas)
    assert (await answered(party), await causes(party), flow(party).kept("RETAILA")) == before
    await acknowledge(party, 2)
    assert await answered(party) == ["RETAILA-3-1", "RETAILA-4-1", "RETAILA-5-1"]


async def test_the_limits_report_agrees_with_the_alerts():
    party = house(OUTBOX_FILE=Limit(2, 3), CR=Limit(9, 9))
    await ask(party, 1, 2, 3, 4)
    counted = await told(party, "MSATSLimits", "CATSMsatsLimitsReportParameters")
    outbox = [child.text for child in counted.find("OutboxFile")]
    assert (outbox, await causes(party)) == (["2", "3", "3", "Y"], [OUTBOX_FILE])
    status = await told(party, "ParticipantSystemStatus", "GenericReportParameters")
    stopped = [row.findtext("Reason") for row in status if row.findtext("Status") == "Stopped"]
    assert stopped == [OUTBOX_FILE]
    await acknowledge(party, 3)
    await acknowledge(party, 3)
    counted = await told(party, "MSATSLimits", "CATSMsatsLimitsReportParameters", again="2")
    assert ([child.text for child in counted.find("OutboxFile")][3], await causes(party)) == ("N", [])


async def told(party: Party, name: str, kind: str, again: str = ""):
    """The results of a report, which is not acknowledged."""
    before = await party.queue()
    parameters = f'<ReportParameters xsi:type="ase:{kind}"><ReportName>{name}</ReportName></ReportParameters>'
    request = transactions(f"<ReportRequest>{parameters}</ReportRequest>", first=f"R{name}{again}"[:30])
    text = message(request, message_id=f"R-{name}{again}", priority="Low")
    reply = await party.submit(text, f"catsl_retaila_{name[:9].lower()}{again}")
    assert outcome(reply).status == "Accept", reply.body
    (entry,) = [each for each in await party.queue() if each not in before]
    body = parse((await party.get(entry["MessageContextID"])).body)
    mack = macks(entry["MessageID"], own=f"ACK-{entry['MessageID']}"[:36])
    await party.acknowledge(mack, entry["MessageContextID"])
    return next(body.iter("ReportResults"))[0]
