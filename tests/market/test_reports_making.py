"""Long reports: made piece by piece, a turn each; sent in numbered blocks; taken up again after a restart."""

import heapq

import msgspec
import pytest
from lxml import etree
from market_kit import PARTIES, Bench, Sent, answer_of, change
from reports_kit import EVER, NOW, Answer, ask, one, replication, report, told

import kit
from simulator.asexml.content_replication import TABLES
from simulator.asexml.decode import read
from simulator.asexml.encode import write
from simulator.asexml.model import Header, Message, Transaction, element
from simulator.base.turn import Fired
from simulator.hub.order import Order
from simulator.market.market import MARKET_EVENTS, Market
from simulator.market.report_jobs import JOB_EVENTS, ReportBegun, ReportBlockSent, ReportContinued
from simulator.market.report_making import BLOCK_SIZE, LINES_A_TURN
from simulator.market.reports import MADE
from simulator.world.growth import Growth
from simulator.world.population import grown_base
from simulator.world.world import World

SNAPSHOT = report(
    "Snapshot",
    {
        "Participant": "RETAILB",
        "AsAtDateTime": "2026-03-02T09:00:00+10:00",
        "Tables": "CATS_NOTIFICATION_RULES CATS_OBJECTION_RULES CATS_TRANS_FIELD_VALIDATION",
    },
)
C4 = report(
    "Master",
    {
        **EVER,
        **NOW,
        "NMIClassificationCode": "SMALL",
        "JurisdictionCode": "ALL",
        "Participant": "RETAILB",
        "Role": "FRMP",
        "ReportType": "Detailed",
    },
)


def grown(count):
    """A bench whose market is grown: every other NMI is of RETAILB."""
    bench = Bench()
    shares = {"FRMP": (("RETAILA", 1), ("RETAILB", 1))}
    bench.base = grown_base((), [Growth(count, "NSW", shares)], 7, PARTIES)
    bench.market = Market(World(bench.base), bench.switches, bench)
    return bench


def step(bench):
    """The next due thing, in a turn of its own; how many messages came of it."""
    due = heapq.heappop(bench._heap)[2]
    mark, turn = len(bench.sent), bench.turn()
    turn.emit(Fired(bench.now, due.due))
    bench.market.fire(turn, due.kind, due.key)
    return len(bench.sent) - mark


def test_a_long_report_is_sent_in_numbered_blocks_that_fit():
    answers = ask(Bench(), "RETAILB", SNAPSHOT)
    total = len(answers)
    assert total > 1
    assert [each.view.text("ResultBlock/CurrentBlockNumber") for each in answers] == [
        str(number) for number in range(1, total + 1)
    ]
    assert {each.view.text("ResultBlock/TotalBlockNumber") for each in answers} == {str(total)}
    assert all(len(each.body) < 1_048_576 for each in answers)
    assert all(each.codes == ["0"] and each.initiating == "T1" for each in answers)
    assert len({each.root.find("Transactions/Transaction").get("transactionID") for each in answers}) == total


def test_the_blocks_together_hold_what_replication_holds():
    bench = Bench()
    in_blocks = [row for each in ask(bench, "RETAILB", SNAPSHOT) for row in each.rows("CATSNotificationRules")]
    replicated, after = [], 0
    while True:
        answer = one(bench, "RETAILB", replication("CATS_NOTIFICATION_RULES", after))
        replicated += answer.rows()
        after = int(replicated[-1]["SequenceNumber"])
        if len(answer.codes) == 1:
            break
    assert in_blocks == replicated


def test_a_report_of_one_block_is_not_numbered_and_leaves_no_trace():
    bench = Bench()
    answer = one(bench, "RETAILB", C4)
    assert answer.view.first("ResultBlock") is None
    assert [event for event in bench.events if isinstance(event, JOB_EVENTS)] == []


def test_a_turn_does_little_and_writes_one_message_at_most():
    bench = Bench()
    assert bench.submit("RETAILB", SNAPSHOT) == []
    messages = []
    while bench._heap:
        messages.append(step(bench))
    assert set(messages) == {0, 1}
    pieces = [event for event in bench.events if isinstance(event, ReportContinued)]
    assert len(pieces) > 5
    assert max(len(piece.lines) for piece in pieces) < 2 * LINES_A_TURN
    assert max(len(line.text) for piece in pieces for line in piece.lines) < BLOCK_SIZE / 100


def test_a_search_over_many_nmis_looks_at_few_in_a_turn():
    bench = grown(2_000)
    looked_at = []
    points = bench.world.base.points
    grow, points._point = points._point, lambda nmi: looked_at.append(nmi) or grow(nmi)
    parameters = {**EVER, **NOW, "NMIClassificationCode": "SMALL", "JurisdictionCode": "ALL"}
    nobodys = report("Master", {**parameters, "Participant": "RETAILC", "Role": "FRMP", "ReportType": "Detailed"})
    assert bench.submit("RETAILC", nobodys) == []
    turns = 0
    while bench._heap:
        mark = len(set(looked_at))
        step(bench)
        turns += 1
        assert len(set(looked_at)) - mark <= 100
    assert turns >= 20
    assert len(set(looked_at)) == 2_000
    assert Answer(bench.sent[-1], "r46").codes == ["200"]


def test_c4_ends_with_500_rows_and_goes_on_from_there():
    bench = grown(200)
    rows, after, asked = [], 0, 0
    while True:
        parameters = {
            **EVER,
            **NOW,
            "LastSequenceNumber": str(after),
            "NMIClassificationCode": "SMALL",
            "JurisdictionCode": "ALL",
            "Participant": "RETAILB",
            "Role": "FRMP",
            "ReportType": "Detailed",
        }
        answer = one(bench, "RETAILB", report("Master", parameters))
        rows += answer.rows()
        asked += 1
        if len(answer.codes) == 1:
            break
        assert len(answer.rows()) == 500
        after = max(int(row["SequenceNumber"]) for row in rows)
    assert asked > 1
    numbers = [int(row["SequenceNumber"]) for row in rows]
    assert len(set(numbers)) == len(numbers)
    points = (bench.world.point(nmi) for nmi in bench.base.points)
    own = {each.nmi for each in points if any(role.party == "RETAILB" for role in each.roles)}
    assert {row["NMI"] for row in rows} == own


@pytest.mark.parametrize("after", [0, 1, 3, 5, 8])
def test_a_restart_in_the_middle_changes_nothing(after):
    calm, shaken = Bench(), Bench()
    whole = [each.body for each in ask(calm, "RETAILB", SNAPSHOT)]
    shaken.submit("RETAILB", SNAPSHOT)
    for _ in range(after):
        step(shaken)
    shaken.market = Market(World(shaken.base), shaken.switches, shaken)
    for event in _through_the_journal(shaken.events):
        shaken.market.apply(event)
    while shaken._heap:
        step(shaken)
    assert [Answer(each, "r46").body for each in shaken.sent] == whole


def _through_the_journal(events):
    union = MARKET_EVENTS[0]
    for kind in MARKET_EVENTS[1:]:
        union = union | kind
    ours = [event for event in events if isinstance(event, MARKET_EVENTS)]
    assert {type(event) for event in ours} <= {ReportBegun, ReportContinued, ReportBlockSent}
    return msgspec.json.decode(msgspec.json.encode(ours), type=list[union])


def test_what_happens_meanwhile_is_not_in_the_report():
    bench = grown(300)
    parameters = {"Participant": "RETAILB", "AsAtDateTime": "2026-03-02T09:00:00+10:00"}
    bench.submit("RETAILB", report("Snapshot", {**parameters, "Tables": "CATS_NMI_PARTICIPANT_RELATIONS"}))
    nmi = next(nmi for nmi in bench.base.points if any(r.party == "RETAILB" for r in bench.base.points[nmi].roles))
    sent = bench.submit("RETAILA", change(nmi, "1040", "2026-03-01"), "T9")
    assert answer_of(sent).text("Event/Code") == "0"
    bench.until(bench.now.date().replace(day=20))
    asked = [each for each in bench.sent if each.name == "ReportResponse" and each.to == "RETAILB"]
    rows = [row for each in asked for row in Answer(each, "r46").rows()]
    holding = [(row["Party"], row["RowStatus"]) for row in rows if row["NMI"] == nmi and row["Role"] == "FRMP"]
    assert holding == [("RETAILB", "A")]
    assert bench.world.holder(nmi, "FRMP", bench.now.date()) == "RETAILA"


def test_two_reports_at_a_time_do_not_mix():
    alone = [one(Bench(), "RETAILB", replication(name)).body for name in TABLES]
    bench = Bench()
    for name in TABLES:
        bench.submit("RETAILB", replication(name))
    bench.at(bench.now)
    assert sorted(Answer(each, "r46").body for each in bench.sent) == sorted(alone)


async def test_a_report_goes_through_the_house():
    house = kit.runtime()
    party = kit.Party(house)
    for number, (group, payload) in enumerate(
        [("CATS", report("MSATSLimits", {})), ("CATS", replication("CATS_NOTIFICATION_RULES")), ("MDMT", SNAPSHOT)]
    ):
        head = Header("RETAILA", "NEMMCO", f"RETAILA-{number}", kit.START, group, "Low")
        body = write(Message("r46", head, (Transaction(f"RETAILA-T{number}", kit.START, payload),)))
        reply = await party.submit(body, f"{group.lower()}l_retaila_{number}")
        assert kit.outcome(reply).status == "Accept"
    await house.wake()
    answers = await party.clear()
    assert len(answers) == 3
    assert {each.find("Header/Priority").text for each in answers} == {"Low"}
    assert {each.find("Header/TransactionGroup").text for each in answers} == {"CATS", "MDMT"}
    assert all(read(etree.tostring(each), kit.SCHEMAS).findings == () for each in answers)


def test_every_report_that_is_made_has_limits_and_a_type():
    assert len(MADE) == 18
    assert all(name == made.name for name, made in MADE.items())


def wanted(bench, number):
    """A data request of AEMO's to METERCO, which comes of what happens now."""
    parts = {"InitiatingRequestID": str(number), "Role": "RP", "RoleStatus": "N"}
    payload = element("CATSDataRequest", *(element(name, value) for name, value in parts.items()))
    transaction = Transaction(f"CATS-{number}", bench.now, payload)
    bench.sent.append(Sent("METERCO", "CATS", "Medium", (transaction,), "r46", bench.now))
    told(bench, len(bench.sent) - 1)


def replicated(bench, order, after, meanwhile):
    """The rows METERCO is told of; something happens before the step of that number."""
    order.act(bench.now, "METERCO")
    mark, steps = len(bench.sent), 0
    bench.submit("METERCO", replication("CATS_OUTBOUND_REQUESTS", after))
    while bench._heap:
        meanwhile(steps)
        before = len(bench.sent)
        step(bench)
        told(bench, before)
        steps += 1
    (answer,) = [Answer(each, "r46") for each in bench.sent[mark:] if each.name == "ReplicationNotification"]
    return answer.rows()


@pytest.mark.parametrize("late", range(4))
def test_a_long_report_and_what_follows_tell_each_row_once_whatever_ranks_earlier(monkeypatch, late):
    """RETAILB does something while METERCO is told what came of RETAILA's doings, and its rank is that of the first."""
    monkeypatch.setattr("simulator.market.report_making.LINES_A_TURN", 2)
    bench, order = Bench(), Order(PARTIES)
    bench.market = Market(World(bench.base), bench.switches, bench, order=order)
    for number in range(1, 9):
        order.act(bench.now, "RETAILA")
        wanted(bench, number)

    def meanwhile(steps):
        if steps == late:
            order.act(bench.now, "RETAILB")
            wanted(bench, 9)

    rows = replicated(bench, order, 0, meanwhile)
    assert len([event for event in bench.events if isinstance(event, ReportContinued)]) >= 4
    last = max(int(row["SequenceNumber"]) for row in rows)
    rows += replicated(bench, order, last, lambda steps: None) if len(rows) < 9 else []
    assert sorted(row["TransactionID"] for row in rows) == [f"CATS-{number}" for number in range(1, 10)]
    assert len({row["SequenceNumber"] for row in rows}) == 9
