"""What AEMO has not processed: requests held by a stop file, and requests that wait their turn at a processing rate."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

import pytest
from msgspec.structs import replace

from kit import Party, macks, message, outcome, parse, runtime, scenario, transactions, transfer
from simulator.hub.flow import Flow
from simulator.hub.limits import CR, NSRD_NOTIFICATION, NSRD_RESPONSE, REPORT, Limit, Limits
from simulator.hub.switches import Switches
from simulator.runtime import Runtime
from simulator.scenario.model import MessageMatch, Reject, Rule, Where
from simulator.scenario.story import Entry, SetLimit, StopFile

REFUSED = Rule("no", Where("t", 1), MessageMatch("CATSChangeRequest"), (Reject(1100, "not today"),))
MINUTE = timedelta(minutes=1)
REPORT_REQUEST = (
    '<ReportRequest><ReportParameters xsi:type="ase:CATSMsatsLimitsReportParameters">'
    "<ReportName>MSATSLimits</ReportName></ReportParameters></ReportRequest>"
)
READ_DATE = (
    '<CATSChangeRequest version="r29"><ChangeReasonCode>5071</ChangeReasonCode><ProposedDate>2026-03-16</ProposedDate>'
    '<NMIStandingData xsi:type="ase:ElectricityStandingData" version="r43"><NMI checksum="3">4102034567</NMI>'
    "</NMIStandingData></CATSChangeRequest>"
)


def house(
    limits: Mapping[str, Limit] | None = None, rates: Mapping[str, timedelta] | None = None, **switches: object
) -> Party:
    story = scenario(REFUSED, switches=Switches(**switches))  # type: ignore[arg-type]
    return Party(runtime(replace(story, limits=Limits(limits or {}), processing=rates or {})))


def flow(party: Party) -> Flow:
    return party.house.simulation.hub.flow


def count(party: Party, kind: str) -> int:
    return flow(party).counted("RETAILA", party.house.clock.now())[kind].actual


async def send(party: Party, payload: str, *numbers: int) -> None:
    for number in numbers:
        text = message(transactions(payload, first=f"N{number}-"), message_id=f"N-{number}")
        reply = await party.submit(text, f"catsm_retaila_n{number}")
        assert outcome(reply).status == "Accept", reply.body


async def change(party: Party, *numbers: int) -> None:
    for number in numbers:
        reply = await party.submit(transfer(number), f"catsm_retaila_{number}")
        assert outcome(reply).status == "Accept"


async def answered(party: Party) -> list[str | None]:
    bodies = [(await party.get(entry["MessageContextID"])).body for entry in await party.queue()]
    return [next(parse(body).iter("Transaction")).get("initiatingTransactionID") for body in bodies]


async def test_a_flood_of_change_requests_waits_for_the_next_business_day():
    """What comes while CR stands is acknowledged and held; midnight takes as many as a day may have."""
    party = house({CR: Limit(2, 2)})
    await change(party, 1, 2, 3, 4, 5)
    assert await answered(party) == ["RETAILA-T1-1", "RETAILA-T2-1"]
    assert (count(party, CR), flow(party).stopped("RETAILA", CR)) == (2, True)
    await party.house.advance(timedelta(hours=15))
    assert len(await answered(party)) == 4
    assert (count(party, CR), flow(party).stopped("RETAILA", CR)) == (2, True)
    await party.house.advance(timedelta(hours=24))
    assert await answered(party) == [f"RETAILA-T{number}-1" for number in range(1, 6)]
    assert (count(party, CR), flow(party).stopped("RETAILA", CR)) == (1, False)


async def test_the_ledger_tells_why_there_is_no_answer_yet():
    """``held`` by a stop file, or ``waits`` for its turn: once a message, however many of its transactions do."""
    party = house({CR: Limit(2, 2)}, {REPORT: MINUTE})
    await change(party, 1, 2)
    twice = message(transactions(READ_DATE, READ_DATE, first="N3-"), message_id="N-3")
    assert outcome(await party.submit(twice, "catsm_retaila_n3")).status == "Accept"
    await send(party, REPORT_REQUEST, 4)
    told = {each["messageId"]: each["timeline"][1:] for each in party.house.messages(to="NEMMCO")}
    assert (told["RETAILA-MSG-1"], told["RETAILA-MSG-2"]) == ([], [])
    (held,), (waits,) = told["N-3"], told["N-4"]
    assert (held["what"], held["detail"]) == ("held", "NSRD NOTIFICATION: until a stop file is cleared")
    assert (waits["what"], waits["detail"]) == ("waits", "REPORT: its turn comes at 2026-03-02T09:01:00+10:00")


async def test_the_switch_refuses_what_is_sent_while_a_stop_file_stands():
    """assume.stopped-inbound: event 100, and nothing is held."""
    party = house({CR: Limit(1, 1)}, stopped_inbound="reject")
    await change(party, 1)
    assert outcome(await party.submit(transfer(2), "catsm_retaila_2")).codes == (100,)
    assert party.house.simulation.inbound.unprocessed("RETAILA") == 0
    await send(party, REPORT_REQUEST, 1)


async def test_other_requests_are_processed_while_a_stop_file_stands():
    party = house({CR: Limit(1, 1)})
    await change(party, 1, 2)
    await send(party, REPORT_REQUEST, 1)
    assert await answered(party) == ["RETAILA-T1-1", "N1-1"]


async def test_a_processing_rate_lets_reports_pile_up():
    """REPORT is what is not processed yet: raised at the upper limit, cleared below the lower one."""
    party = house({REPORT: Limit(2, 3)}, {REPORT: MINUTE})
    await send(party, REPORT_REQUEST, 1, 2, 3, 4)
    assert (count(party, REPORT), flow(party).stopped("RETAILA", REPORT), await answered(party)) == (3, True, [])
    await party.house.advance(MINUTE)
    assert (count(party, REPORT), flow(party).stopped("RETAILA", REPORT)) == (2, True)
    await party.house.advance(MINUTE)
    assert (count(party, REPORT), flow(party).stopped("RETAILA", REPORT)) == (2, False), "the held one came in"
    await party.house.advance(2 * MINUTE)
    assert await answered(party) == ["N1-1", "N2-1", "N3-1", "N4-1"]
    assert count(party, REPORT) == 0


async def test_a_flood_of_read_dates_piles_up_by_itself():
    """NSRD NOTIFICATION is unprocessed changes of read dates; NSRD RESPONSE the answers not acknowledged."""
    party = house({NSRD_NOTIFICATION: Limit(1, 2), NSRD_RESPONSE: Limit(2, 2)}, {NSRD_NOTIFICATION: MINUTE})
    await send(party, READ_DATE, 1, 2, 3)
    assert (count(party, NSRD_NOTIFICATION), flow(party).stopped("RETAILA", NSRD_NOTIFICATION)) == (2, True)
    await party.house.advance(2 * MINUTE)
    assert flow(party).stopped("RETAILA", NSRD_RESPONSE)
    assert not flow(party).stopped("RETAILA", NSRD_NOTIFICATION)
    assert await answered(party) == ["N1-1", "N2-1"]
    for entry in await party.queue():
        own = f"ACK-{entry['MessageID']}"[:36]
        await party.acknowledge(macks(entry["MessageID"], own=own), entry["MessageContextID"])
    assert (count(party, NSRD_RESPONSE), flow(party).stopped("RETAILA", NSRD_RESPONSE)) == (0, False)
    await party.house.advance(MINUTE)
    assert await answered(party) == ["N3-1"]


@pytest.mark.parametrize("after", [0, 30, 90, 150])
async def test_a_restart_in_between_changes_nothing(after):
    party = house({CR: Limit(3, 3)}, {CR: MINUTE})
    await change(party, 1, 2, 3, 4)
    await party.house.advance(timedelta(seconds=after))
    old = party.house
    party.house = Runtime.open(old.scenario, old.journal, old.clock, old.schemas)
    await party.house.advance(timedelta(days=2))
    assert await answered(party) == [f"RETAILA-T{number}-1" for number in range(1, 5)]
    assert not party.house.bugs


async def test_stop_files_of_the_timeline_stand_and_are_cleared():
    """``raise stop file`` holds up what its kind is about; ``clear stop file`` lets it go on."""
    raised = Entry("f:1", MINUTE, StopFile("RETAILA", CR, "B2MStopFile", stands=True))
    cleared = Entry("f:2", 5 * MINUTE, StopFile("RETAILA", CR, "B2MStopFile", stands=False))
    again = Entry("f:3", 6 * MINUTE, StopFile("RETAILA", CR, "B2MStopFile", stands=False))
    party = Party(runtime(replace(scenario(REFUSED), at=(raised, cleared, again))))
    await party.house.advance(MINUTE)
    await change(party, 1, 2)
    assert (await answered(party), flow(party).stopped("RETAILA", CR)) == ([], True)
    await party.house.advance(4 * MINUTE)
    assert await answered(party) == ["RETAILA-T1-1", "RETAILA-T2-1"]
    fired = await party.house.advance(MINUTE)
    assert [each["outcome"] for each in fired if each["type"] == "EntryReached"] == ["no CR stands"]


async def test_limits_of_the_timeline_hold_from_then_on():
    """``set limit``: a lower one raises at once, a higher one clears, and what was held goes on."""
    less = Entry("f:1", MINUTE, SetLimit(CR, Limit(1, 2)))
    own = Entry("f:2", 2 * MINUTE, SetLimit(CR, Limit(9, 9), "RETAILA"))
    party = Party(runtime(replace(scenario(REFUSED), at=(less, own))))
    await change(party, 1, 2)
    assert not flow(party).stopped("RETAILA", CR)
    happened = await party.house.advance(MINUTE)
    assert "CR: stopped at 2, cleared below 1" in [each.get("outcome") for each in happened]
    await change(party, 3)
    assert (flow(party).stopped("RETAILA", CR), len(await answered(party))) == (True, 2)
    await party.house.advance(MINUTE)
    assert (flow(party).stopped("RETAILA", CR), len(await answered(party))) == (False, 3)
    assert flow(party).counted("RETAILC", party.house.clock.now())[CR].limit == Limit(1, 2)
