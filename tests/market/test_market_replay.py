"""Whatever happens in whatever order: a replayed journal gives the live state, and the life cycle keeps its table."""

from datetime import timedelta
from itertools import pairwise

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st
from market_kit import BASIC_NMI, NMI, VIC_NMI, Bench, change, same

from simulator.asexml.model import element
from simulator.market.lifecycle import WAYS
from simulator.market.market import MARKET_EVENTS
from simulator.world.events import ChangeRequestLodged, ChangeRequestMoved, ConnectionPointChanged
from simulator.world.model import OPEN_END

NMIS = st.sampled_from([NMI, BASIC_NMI, VIC_NMI])
RETAILERS = st.sampled_from(["RETAILA", "RETAILB", "RETAILC"])
STEPS = st.one_of(
    st.tuples(st.just("transfer"), RETAILERS, NMIS, st.integers(-20, 20)),
    st.tuples(st.just("object"), st.sampled_from(["RETAILB", "METERCO", "NETWORK"]), st.integers(0, 5)),
    st.tuples(st.just("clear"), st.integers(0, 3)),
    st.tuples(st.just("withdraw"), RETAILERS, st.integers(0, 5)),
    st.tuples(st.just("supply"), st.integers(0, 5), st.integers(-5, 1)),
    st.tuples(st.just("wait"), st.integers(1, 6)),
)
OBJECTIONS = {"RETAILB": ("FRMP", "DEBT"), "METERCO": ("RP", "BADMETER"), "NETWORK": ("LNSP", "NOTRESP")}


class Story:
    """Random steps on a bench."""

    def __init__(self):
        self.bench = Bench()
        self.count = 0

    def number(self, index):
        numbers = [request.request_id for request in self.bench.world.requests.all()]
        return numbers[index % len(numbers)] if numbers else "1"

    def submit(self, sender, payload):
        self.count += 1
        self.bench.submit(sender, payload, f"T{self.count}")

    def transfer(self, retailer, nmi, days):
        proposed = (self.bench.now.date() + timedelta(days=days)).isoformat()
        reason = "1000" if days > 0 else "1010"
        self.submit(retailer, change(nmi, reason, proposed, (("FRMP", retailer),)))

    def object(self, party, index):
        role, code = OBJECTIONS[party]
        content = zip(("InitiatingRequestID", "Role", "ObjectionCode"), (self.number(index), role, code), strict=True)
        self.submit(party, element("CATSObjectionRequest", *(element(*each) for each in content)))

    def clear(self, index):
        objections = list(self.bench.world.requests.objections())
        if objections:
            each = objections[index % len(objections)]
            told = (each.objection_id, each.request_id, each.role, each.code)
            names = ("ObjectionID", "InitiatingRequestID", "Role", "ObjectionCode")
            parts = (element(*pair) for pair in zip(names, told, strict=True))
            self.submit(each.party, element("CATSObjectionWithdrawal", *parts))

    def withdraw(self, party, index):
        self.submit(party, element("CATSChangeWithdrawal", element("RequestID", self.number(index))))

    def supply(self, index, days):
        request = self.bench.world.requests.get(self.number(index))
        nmi = request.nmi if request else NMI
        actual = (self.bench.now.date() + timedelta(days=days)).isoformat()
        self.submit("METERDP", change(nmi, "1500", actual=actual, roles=(), read_type=None, answers=self.number(index)))

    def wait(self, days):
        self.bench.until(self.bench.now.date() + timedelta(days=days))


@settings(max_examples=120)
@given(st.lists(STEPS, max_size=25))
def test_a_replayed_journal_is_the_live_state(steps):
    story = Story()
    for name, *arguments in steps:
        getattr(story, name)(*arguments)
    bench = story.bench
    coded = msgspec.msgpack.Decoder(list[msgspec.Raw]).decode(msgspec.msgpack.encode(bench.events))
    assert len(coded) == len(bench.events)
    assert same(bench.world, bench.replayed())
    _keeps_the_table(bench)
    _holds_every_role_once(bench)


def _keeps_the_table(bench):
    status = {}
    for event in bench.events:
        if isinstance(event, ChangeRequestLodged):
            status[event.request.request_id] = event.request.status
        elif isinstance(event, ChangeRequestMoved):
            assert WAYS[status[event.request_id], event.cause] == event.status
            status[event.request_id] = event.status


def _holds_every_role_once(bench):
    for point in bench.world.points():
        for role in {each.role for each in point.roles}:
            rows = sorted((each.from_date, each.to_date) for each in point.roles if each.role == role)
            assert rows[-1][1] == OPEN_END
            assert all(one[1] < other[0] for one, other in pairwise(rows))


def test_events_survive_the_journals_codec():
    union = MARKET_EVENTS[0]
    for kind in MARKET_EVENTS[1:]:
        union = union | kind
    bench = Bench()
    bench.submit("RETAILA", change())
    bench.submit("RETAILA", change(checksum="1"), "T2")
    bench.until(bench.now.date() + timedelta(days=9))
    ours = [event for event in bench.events if isinstance(event, MARKET_EVENTS)]
    assert any(isinstance(event, ConnectionPointChanged) for event in ours)
    for codec in (msgspec.json, msgspec.msgpack):
        assert codec.decode(codec.encode(ours), type=list[union]) == ours
