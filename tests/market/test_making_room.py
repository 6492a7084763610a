"""What makes room: with the tightest bounds all else is answered as without any, and what may be missing is told.

The same story is told twice, once with bounds that nothing reaches and once with tiny ones; then both are asked alike.
"""

from contextlib import contextmanager
from datetime import timedelta
from itertools import pairwise
from unittest.mock import patch

from hypothesis import example, given, settings
from hypothesis import strategies as st
from market_kit import BASIC_NMI, MONDAY, NMI, ROLES, Bench, change, points, request_id
from reports_kit import EVER, one, replication, report, told
from test_market_changes import NEW, new_site
from test_market_replay import STEPS, Story

from simulator.asexml.encode import element_xml
from simulator.asexml.model import element
from simulator.hub.order import Order
from simulator.hub.switches import Switches
from simulator.market.market import Market
from simulator.market.replication_history import History
from simulator.market.replication_kept import Ledger, folded
from simulator.market.replication_log import Log, Recent, Told, Touched
from simulator.world.events import ChangeRequestLodged, ConnectionPointChanged, ObjectionLodged
from simulator.world.world import Base, World

NMI_TABLES = ("CATS_NMI_DATA", "CATS_NMI_PARTICIPANT_RELATIONS", "CATS_METER_REGISTER", "CATS_REGISTER_IDENTIFIER")
REGISTERS = (
    "CATS_INBOUND_CHANGE_REQUEST",
    "CATS_INBOUND_OBJECTIONS",
    "CATS_OUTBOUND_CHANGE_REQUESTS",
    "CATS_OUTBOUND_NOTIFICATIONS",
)
ASKERS = ("RETAILA", "NETWORK")


@contextmanager
def bounds(kept=10**9, rows=10**9, logs=10**9):
    """A bench whose market has these bounds."""
    with (
        patch("simulator.world.model.ROWS_KEPT", rows),
        patch("simulator.market.replication_log.MOST_KEPT", logs),
    ):
        yield Bench(switches=Switches(history_kept=kept))


class Twice(Story):
    """A story whose steps are chosen by what was ever lodged, kept or not."""

    def __init__(self, bench):
        super().__init__()
        self.bench = bench

    def number(self, index):
        lodged = [each.request.request_id for each in self.bench.events if isinstance(each, ChangeRequestLodged)]
        return lodged[index % len(lodged)] if lodged else "1"

    def clear(self, index):
        given = [each.objection for each in self.bench.events if isinstance(each, ObjectionLodged)]
        if given:
            each = given[index % len(given)]
            values = (each.objection_id, each.request_id, each.role, each.code)
            names = ("ObjectionID", "InitiatingRequestID", "Role", "ObjectionCode")
            parts = (element(*pair) for pair in zip(names, values, strict=True))
            self.submit(each.party, element("CATSObjectionWithdrawal", *parts))

    def supply(self, index, days):
        asked = self.number(index)
        lodged = (each.request for each in self.bench.events if isinstance(each, ChangeRequestLodged))
        nmi = next((each.nmi for each in lodged if each.request_id == asked), NMI)
        actual = (self.bench.now.date() + timedelta(days=days)).isoformat()
        self.submit("METERDP", change(nmi, "1500", actual=actual, roles=(), read_type=None, answers=asked))


def played(bench, steps):
    """The story told, and how far events and sent messages had come after each step: the house hears of both."""
    story, marks = Twice(bench), [(0, 0)]
    for name, *arguments in steps:
        getattr(story, name)(*arguments)
        told(bench, marks[-1][1])
        marks.append((len(bench.events), len(bench.sent)))
    return marks


def questions(bench):
    """(Who asks, what) about everything that may have made room, from the beginning, lately, and as of some days."""
    today = bench.now.date()
    for table in (*NMI_TABLES, *REGISTERS):
        for after in (0, 10_000_050_000, 10_000_200_000):
            yield from ((asker, replication(table, after)) for asker in ASKERS)
    for begin in (today - timedelta(days=60), today - timedelta(days=3)):
        dates = {"FromDate": begin.isoformat(), "ToDate": today.isoformat()}
        for asker in ASKERS:
            choice = {"NMI": NMI, "Participant": asker}
            yield asker, report("ChangeManagement", {**dates, "AsAtDate": f"{today}T00:00:00+10:00", **choice})
            yield asker, report("Statistics", {**dates, "ReportType": "Public"})
            times = {name: f"{day}T00:00:00+10:00" for name, day in dates.items()}
            yield asker, report("C8", times)
            master = {**dates, "AsAtDate": begin.isoformat(), **choice, "Role": "FRMP", "ReportType": "Detailed"}
            yield asker, report("Master", master)
            tables = "CATS_NMI_DATA CATS_NMI_PARTICIPANT_RELATIONS CATS_INBOUND_CHANGE_REQUEST"
            yield (
                asker,
                report("Snapshot", {"Participant": asker, "AsAtDateTime": times["FromDate"], "Tables": tables}),
            )
    audit = {**EVER, "AsAtFromDate": "2000-01-01T00:00:00+10:00", "AsAtToDate": "2030-01-01T00:00:00+10:00"}
    yield "NETWORK", report("NMIAudit", {**audit, "NMI": NMI})


def asked(bench):
    return [one(bench, who, what, number=f"Q{number}") for number, (who, what) in enumerate(list(questions(bench)))]


def content(answer):
    rows = [tuple(sorted(row.items())) for row in answer.rows()]
    return rows or [tuple(line) for line in answer.csv()]


def warned(answer):
    return any(each.startswith("Not all is here") for each in answer.explanations)


def transcript(bench):
    sent = [
        (each.to, each.priority, each.at, [element_xml(it.payload) for it in each.transactions]) for each in bench.sent
    ]
    return sent, bench.tacks


WITHDRAWN_TWICE = [
    ("transfer", "RETAILA", NMI, 0),
    ("object", "METERCO", 0),
    ("transfer", "RETAILA", NMI, 1),
    ("clear", 0),
    ("wait", 2),
    ("clear", 0),
]
"""The second time its change request is finished, and may have made room."""


@settings(max_examples=25)
@given(st.lists(STEPS, max_size=40), st.integers(1, 5))
@example(WITHDRAWN_TWICE, 1)
def test_whatever_makes_room_the_rest_is_answered_the_same_and_nothing_is_missing_in_silence(steps, kept):
    with bounds() as whole:
        played(whole, steps)
        everything, all_told = transcript(whole), asked(whole)
    with bounds(kept) as bench:
        marks = played(bench, steps)
        assert transcript(bench) == everything
        less_told = asked(bench)
        again = restarted(bench, marks)
        assert [each.body for each in asked(again)] == [each.body for each in less_told]
        assert again.market.evicted == bench.market.evicted
    assert sum(whole.market.evicted.values()) == 0
    for all_of_it, less in zip(all_told, less_told, strict=True):
        assert_holds(all_of_it, less)
    finished = [each for each in whole.world.requests.all() if each.status in ("COM", "CAN", "REJ")]
    assert bench.market.evicted["changeRequests"] == max(0, len(finished) - kept)
    open_ones = {each.request_id for each in whole.world.requests.all()} - {each.request_id for each in finished}
    assert open_ones <= {each.request_id for each in bench.world.requests.all()}


def restarted(bench, marks):
    """The same bench after a restart: its market is made of the journal."""
    other = Bench(switches=bench.switches)
    other.now = bench.now
    for (event, sent), (next_event, next_sent) in pairwise(marks):
        for each in bench.events[event:next_event]:
            other.market.apply(each)
        other.sent = bench.sent[:next_sent]
        told(other, sent)
    return other


def assert_holds(whole, less):
    """An answer that says nothing is missing is the same; of one that does all rows are true, and none that holds is
    missing where it was asked for what is."""
    if not warned(less):
        assert content(less) == content(whole)
        assert less.codes == whole.codes
        return
    if whole.rows() or less.rows():
        missing = [row for row in whole.rows() if row not in less.rows()]
        assert all(row in whole.rows() for row in less.rows())
        if less.root.find(".//ReplicationNotification") is not None:
            assert not any(row["RowStatus"] == "A" and row.get("ToDate", "")[:4] == "9999" for row in missing)


# one by one


def test_a_log_lets_go_in_any_order_and_finds_what_is_left():
    log = Log()
    for place in (0, 1, 2, 3, 6, 5, 4, 8, 9, 7):
        log.insert(Touched(place, MONDAY, f"{place}"))
    for place in (0, 1, 4, 9):
        log.drop(place)
    assert log.end == 10
    assert [each.key for each in log] == ["2", "3", "5", "6", "7", "8"]
    assert [log.next(place) for place in range(11)] == [2, 2, 2, 3, 5, 5, 6, 7, 8, 10, 10]
    assert log[4] is None
    assert log[5].key == "5"


def transferred(bench, times):
    """The NMI changes to one retailer and back, so many times; returns the RequestIDs."""
    numbers = []
    for number in range(times):
        new = ("RETAILA", "RETAILB")[number % 2]
        proposed = bench.now.date() + timedelta(days=5)
        numbers.append(
            request_id(bench.submit(new, change(NMI, "1000", f"{proposed}", (("FRMP", new),)), f"N{number}"))
        )
        bench.until(proposed + timedelta(days=1))
    return numbers


def withdrawal(number):
    return element("CATSChangeWithdrawal", element("RequestID", number))


def test_a_request_that_made_room_is_still_known_to_be_finished():
    with bounds(kept=1) as bench:
        first, *_, last = transferred(bench, 3)
        assert bench.world.requests.get(first) is None
        assert bench.world.requests.get(last) is not None
        for sender, number in (("RETAILA", first), ("RETAILC", first), ("RETAILA", "1")):
            bench.submit(sender, withdrawal(number), f"W-{sender}-{number}")
    why = [tack.events[0].explanation for _, tack in bench.tacks]
    assert why == [
        f"change request {first} is finished: COM",
        f"change request {first} is not of RETAILC",
        "change request 1 is not known (2 older ones are no longer kept)",
    ]
    assert bench.market.evicted["changeRequests"] == 2


def test_how_a_request_ended_is_known_of_the_last_that_made_room(monkeypatch):
    monkeypatch.setattr("simulator.world.requests.PASSED_KEPT", 3)
    with bounds(kept=1) as bench:
        numbers = transferred(bench, 5)
        for at in (3, 0, 4):
            bench.submit(("RETAILA", "RETAILB")[at % 2], withdrawal(numbers[at]), f"W{at}")
    assert [tack.events[0].explanation for _, tack in bench.tacks] == [
        f"change request {numbers[3]} is finished: COM",
        f"change request {numbers[0]} is not known (4 older ones are no longer kept)",
        f"change request {numbers[4]} is finished: COM",
    ]


def test_reports_about_requests_that_made_room_say_so():
    with bounds(kept=1) as bench:
        transferred(bench, 3)
        today = bench.now.date()
        ever = {"FromDate": "2026-03-01", "ToDate": f"{today}", "ReportType": "Public"}
        answer = one(bench, "RETAILA", report("Statistics", ever), number="S1")
        assert answer.csv()[1:] == [["1000", "COM", "1"]]
        assert answer.codes == ["0", "0"]
        assert answer.explanations[1] == (
            "Not all is here: 2 finished change requests, of up to 2026-03-13, are no longer kept"
        )
        lately = one(bench, "RETAILA", report("Statistics", {**ever, "FromDate": f"{today}"}), number="S2")
        assert not warned(lately)


SENT = ("CATS_OUTBOUND_CHANGE_REQUESTS", "CATS_OUTBOUND_NOTIFICATIONS", "CATS_OUTBOUND_ERRORS")


def test_what_is_shown_without_a_request_is_there_also_when_the_request_made_room():
    with bounds() as whole:
        transferred(whole, 3)
        everything = one(whole, "RETAILA", replication("CATS_OUTBOUND_NOTIFICATIONS")).rows()
    with bounds(kept=1) as bench:
        transferred(bench, 3)
        answers = [one(bench, "RETAILA", replication(table), number=table) for table in SENT]
    assert [warned(each) for each in answers] == [True, False, False]
    assert answers[1].rows() == everything


def test_only_those_are_told_that_something_is_missing_who_were_sent_it():
    with bounds(logs=2) as bench:
        bench.submit("RETAILB", change(reason="9999"), "B1")
        for number in range(6):
            bench.submit("RETAILA", change(reason="9999"), f"A{number}")
        table = replication("CATS_OUTBOUND_ERRORS")
        answers = [one(bench, who, table, number=f"Q-{who}") for who in ("RETAILA", "RETAILB", "NETWORK")]
        newest = max(int(row["SequenceNumber"]) for row in answers[0].rows())
        lately = one(bench, "RETAILA", replication("CATS_OUTBOUND_ERRORS", newest), number="Q-L")
    assert [warned(each) for each in (*answers, lately)] == [True, True, False, False]


def test_what_is_noted_of_entries_that_were_dropped_is_the_last_of_each_participant(monkeypatch):
    monkeypatch.setattr("simulator.market.replication_log.MOST_KEPT", 2)
    log = Recent()
    for place, to in ((5, "RETAILA"), (6, "RETAILB"), (7, "RETAILB"), (8, "RETAILA"), (1, "RETAILA"), (9, "RETAILB")):
        log.insert(Told(place, MONDAY, to, "T", None, ()))
    assert {who: each.place for who, each in log.last_to.items()} == {"RETAILA": 5, "RETAILB": 7}


def test_a_connection_point_keeps_the_latest_rows_of_each_role():
    with bounds(kept=1, rows=3) as bench:
        transferred(bench, 6)
        point = bench.world.point(NMI)
        rows = one(bench, "NETWORK", replication("CATS_NMI_PARTICIPANT_RELATIONS")).rows()
        again = Market(World(bench.base), bench.switches, bench)
        for event in bench.events:
            again.apply(event)
    assert [each.party for each in point.roles if each.role == "FRMP"] == ["RETAILB", "RETAILA", "RETAILB"]
    assert bench.market.evicted["rows"] == 4 + 5, "outgrown, and what the five changes that made room had ended"
    assert again.evicted == bench.market.evicted
    active = [row["Party"] for row in rows if (row["NMI"], row["Role"], row["RowStatus"]) == (NMI, "FRMP", "A")]
    assert active == ["RETAILB", "RETAILA", "RETAILB"]


def test_the_rows_of_changes_that_made_room_keep_their_numbers():
    wanted = {}
    for name, kept in (("all", 10**9), ("few", 1)):
        with bounds(kept) as bench:
            transferred(bench, 5)
            rows = one(bench, "NETWORK", replication("CATS_NMI_PARTICIPANT_RELATIONS")).rows()
            wanted[name] = [row for row in rows if row["RowStatus"] == "A"]
    assert wanted["few"] == wanted["all"]
    assert bench.market.evicted["changes"] == 4


def test_who_asks_for_dated_rows_that_made_room_is_told():
    with bounds(kept=6, rows=3) as bench:
        transferred(bench, 8)
        today = bench.now.date()
        asked_for = {"NMI": NMI, "Participant": "NETWORK", "Role": "LNSP", "ReportType": "Detailed"}
        days = {"FromDate": "2026-03-01", "ToDate": f"{today}", "AsAtDate": f"{today}"}
        master = one(bench, "NETWORK", report("Master", {**days, **asked_for}), number="M1")
        lately = one(bench, "NETWORK", report("Master", {**days, "FromDate": f"{today}", **asked_for}), number="M2")
        table = one(bench, "NETWORK", replication("CATS_NMI_PARTICIPANT_RELATIONS"), number="R1")
        newest = max(int(row["SequenceNumber"]) for row in table.rows())
        news = one(bench, "NETWORK", replication("CATS_NMI_PARTICIPANT_RELATIONS", newest), number="R2")
    assert [warned(each) for each in (master, lately, table, news)] == [True, False, True, False]


def test_a_small_market_forgets_nothing():
    bench = Bench()
    numbers = transferred(bench, 30)
    answers = asked(bench)
    assert not any(map(warned, answers))
    assert sum(bench.market.evicted.values()) == 0
    assert [bench.world.requests.get(number).status for number in numbers] == ["COM"] * 30
    assert len([row for row in bench.world.point(NMI).roles if row.role == "FRMP"]) == 31


def test_what_makes_room_is_the_same_whoever_comes_first_at_a_moment():
    told_of = []
    for order in (("RETAILA", "RETAILB"), ("RETAILB", "RETAILA")):
        history, world = History(Order(("RETAILA", "RETAILB"))), World(Base(points()))
        acting = {"RETAILA": NMI, "RETAILB": BASIC_NMI}
        for who in order:
            for _ in range(2):
                history.sequence._order.act(MONDAY, who)
                history.apply(ConnectionPointChanged(MONDAY, world.point(acting[who]), ""), world)
        while (oldest := history.crowded(1)) is not None:
            history.fold(oldest, folded(Ledger(), oldest, 0), gone=False)
        told_of.append(([each.place for each in history.changes], history.latest_folded, history.folded))
    assert told_of[0] == told_of[1]
    assert told_of[0][2] == 3


def site(bench, nmi, number, sender="NETWORK"):
    """A NMI is to be created; returns the RequestID."""
    roles = tuple((ROLES | {"LNSP": sender}).items())
    wanted = change(nmi, "2000", "2026-03-20", roles, read_type=None, master=new_site())
    return request_id(bench.submit(sender, wanted, f"C{number}"))


def test_what_was_touched_at_one_moment_is_remembered_of_what_there_is():
    """Requests come and go at a moment that never ends, of NMIs that are in the market and of others."""
    with bounds(kept=2) as bench:
        for number in range(12):
            wanted = change(NMI, "1000", "2026-03-20", (("FRMP", "RETAILA"),))
            lodged = request_id(bench.submit("RETAILA", wanted, f"N{number}"))
            bench.submit("RETAILA", withdrawal(lodged), f"W{number}")
            created = site(bench, f"41020999{number:02d}", number)
            bench.submit("NETWORK", withdrawal(created), f"X{number}")
            assert (bench.status(lodged), bench.status(created)) == ("CAN", "CAN")
        touched = bench.market.sequence._touched
        assert bench.market.evicted["changeRequests"] == 22
        assert touched.keys() == {NMI, "4102099911"}
        assert touched[NMI] > 12


def test_a_nmi_that_is_not_in_the_market_is_remembered_while_a_request_is_under_way():
    with bounds(kept=1) as bench:
        first = site(bench, NEW, 1)
        assert bench.status(first) == "REQ"
        others = [site(bench, nmi, nmi, "NETWORK2") for nmi in (NEW, "4102099901", "4102099902")]
        touched = bench.market.sequence._touched
        for number in others:
            bench.submit("NETWORK2", withdrawal(number), f"W{number}")
            assert bench.status(number) == "CAN"
        assert bench.market.evicted["changeRequests"] == 2
        assert touched.keys() == {NEW, "4102099902"}
        bench.submit("NETWORK", withdrawal(first), "W1")
        site(bench, "4102099903", 2)
        bench.submit("NETWORK", withdrawal(site(bench, "4102099904", 3)), "W3")
        assert touched.keys() == {"4102099903", "4102099904"}
