"""Every refusal of a change request at submission: its rule, its event code, and that nothing came of it."""

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree
from market_kit import BASIC_NMI, NMI, VIC_NMI, Bench, answer_of, change, codes, points, request_id, same
from msgspec.structs import replace

from simulator.asexml.encode import element_xml
from simulator.asexml.model import AseEvent, Element, ReceivedTransaction, View, element
from simulator.hub.switches import Switches
from simulator.market.desk import Request
from simulator.market.market import ANSWERS
from simulator.world.events import ChangeRequestRefused
from simulator.world.model import RoleAssignment

NAMES = (
    "ChangeReasonCode", "ProposedDate", "ActualChangeDate", "NMIStandingData", "NMI", "RoleAssignments",
    "RoleAssignment", "Party", "Role", "MasterData", "Status", "Address", "DataStreams", "DataStream", "MeterRegister",
    "Meter", "SerialNumber", "InitiatingRequestID", "RequestID", "ObjectionID", "JurisdictionCode", "CSVIntervalData",
    "RecordCount", "StructuredAddress", "MeterSerialNumber",
)  # fmt: skip
MASTER = element("MasterData", element("Status", "A"))
UNSTRUCTURED = element(
    "MasterData",
    element("Address", element("UnstructuredAddress", element("AddressLine", "7 GEORGE ST"))),
)
METERS = element("MeterRegister", element("Meter", element("SerialNumber", "M1")))


def refused(sender: str, payload: Element, **switches: str) -> ChangeRequestRefused:
    bench = Bench(switches=Switches(**switches))
    sent = bench.submit(sender, payload)
    assert [each.to for each in sent] == [sender]
    assert request_id(sent).isdigit()
    assert list(bench.world.requests.all()) == []
    assert same(bench.world, bench.replayed())
    (event,) = bench.events
    assert isinstance(event, ChangeRequestRefused)
    assert codes(sent)[0] == str(event.code)
    assert answer_of(sent).text("Event/Explanation")
    return event


CASES = [
    ("cr.unknown-code", 202, "RETAILA", change(reason="9999")),
    ("cr.nmi-unknown", 200, "RETAILA", change("4199999999")),
    ("cr.checksum", 202, "RETAILA", change(checksum="9")),
    ("cr.not-initiator", 202, "RETAILC", change()),
    ("cr.not-initiator", 202, "METERCO", change(reason="6300", roles=(("RP", "NEWMC"),), read_type=None)),
    ("cr.missing-RI", 201, "RETAILA", change(read_type=None)),
    ("cr.missing-RI", 201, "RETAILB", change(reason="6300", roles=(), read_type=None)),
    ("cr.missing-RI", 201, "RETAILA", change(actual="2026-03-09")),
    ("cr.field-not-RI-OI", 202, "RETAILA", change(roles=(("FRMP", "RETAILA"), ("LNSP", "NETWORK")))),
    ("cr.field-not-RI-OI", 202, "RETAILA", change(master=MASTER)),
    ("cr.field-not-RI-OI", 202, "RETAILA", change(sections=(METERS,))),
    ("cr.enum", 1100, "RETAILA", change(roles=(("FRMP", "RETAILA"), ("QQQQ", "NETWORK")))),
    ("cr.enum", 1100, "NETWORK", change(reason="5050", roles=(), read_type=None, proposed="2026-03-09",
                                        master=element("MasterData", element("Status", "Q")))),
    ("cr.address-unstructured", 202, "NETWORK", change(reason="5050", roles=(), read_type=None, master=UNSTRUCTURED)),
    ("cr.date-window", 202, "RETAILA", change(proposed="2026-03-02")),
    ("cr.date-window", 202, "RETAILA", change(proposed="2026-12-31")),
    ("cr.date-window", 202, "RETAILA", change(reason="1010", proposed="2026-03-03")),
    ("cr.date-window", 202, "RETAILA", change(reason="1010", proposed="2025-01-01")),
    ("cr.date-window", 202, "RETAILA", change(reason="1010", proposed="2026-02-20", actual_end="2026-02-19")),
    ("cr.enum", 1100, "RETAILA", change(roles=(("FRMP", "RETAILA"), ("MDP", "NO SUCH PARTY")))),
    ("cr.participant-not-registered-for-role", 202, "RETAILA", change(roles=(("FRMP", "RETAILA"), ("MDP", "METERPB")))),
    ("cr.unknown-request", 200, "RETAILA", change(answers="1234567")),
    ("cr.nmi-exists", 202, "NETWORK", change(reason="2000", roles=(("LNSP", "NETWORK"),), read_type=None)),
    ("cr.enum", 1100, "NETWORK", change("IIIIIOOOOO", "2000", roles=(("LNSP", "NETWORK"),), checksum=None)),
    ("cr.meter-unknown", 200, "METERPB", change(reason="3050", roles=(), read_type=None, sections=(METERS,))),
    ("cr.missing-RI", 201, "METERDP", change(reason="1500", roles=(), read_type=None, answers="1")),
    ("cr.missing-RI", 201, "METERDP", change(reason="1500", roles=(), read_type=None, actual="2026-03-01")),
    ("cr.unknown-request", 200, "METERDP", change(reason="1500", actual="2026-03-01", read_type=None, answers="1")),
]  # fmt: skip


@pytest.mark.parametrize(
    ("rule", "code", "sender", "payload"), CASES, ids=lambda value: value if isinstance(value, str) else ""
)
def test_a_refusal_names_its_rule(rule, code, sender, payload):
    event = refused(sender, payload)
    assert (event.rule, event.code) == (rule, code)


def test_first_and_last_day_of_the_prospective_window_are_inside():
    for day in ("2026-03-03", "2026-06-03"):
        assert codes(Bench().submit("RETAILA", change(proposed=day))) == ["0"]


def test_several_missing_fields_are_told_at_once():
    bench = Bench()
    sent = bench.submit("NETWORK", change("4102999999", "2000", roles=(("LNSP", "NETWORK"),), read_type=None))
    assert len(codes(sent)) > 3
    assert set(codes(sent)) == {"201"}


def test_a_wrong_checksum_passes_when_the_switch_says_so():
    bench = Bench(switches=Switches(nmi_checksum="ignore"))
    assert codes(bench.submit("RETAILA", change(checksum="9"))) == ["0"]
    assert codes(Bench().submit("RETAILA", change(checksum=None))) == ["0"]


def test_the_same_initiator_may_not_ask_twice_while_the_first_is_unfinished():
    bench = Bench()
    bench.submit("RETAILA", change(), "T1")
    assert codes(bench.submit("RETAILA", change(), "T2")) == ["202"]
    assert codes(bench.submit("RETAILA", change(BASIC_NMI), "T3")) == ["0"]
    bench.until(date(2026, 3, 9))
    assert codes(bench.submit("RETAILA", change(proposed="2026-03-20"), "T4")) == ["0"]


def test_who_lost_the_role_meanwhile_did_not_hold_it_for_the_whole_period():
    bench = Bench()
    bench.submit("RETAILA", change())
    bench.until(date(2026, 3, 9))
    payload = change(reason="6301", proposed="2026-03-04", roles=(("RP", "NEWMC"),), read_type=None)
    bench.submit("RETAILA", payload, "T2")
    refusal = bench.events[-1]
    assert isinstance(refusal, ChangeRequestRefused)
    assert refusal.rule == "cr.role-period"


def test_a_scenario_rule_refuses_with_its_own_events():
    bench = Bench()
    told = (AseEvent(1100, "Error", explanation="Value of [ProposedDate] is invalid"), AseEvent(7000, "Warning"))
    sent = bench.submit("RETAILA", change(VIC_NMI), rejection=told)
    assert codes(sent) == ["1100", "7000"]
    assert answer_of(sent).text("Event/Explanation") == "Value of [ProposedDate] is invalid"
    assert bench.world.requests.get(request_id(sent)) is None


def test_a_refusal_shows_the_nmi_and_keeps_its_request_id():
    bench = Bench()
    sent = bench.submit("RETAILC", change())
    assert answer_of(sent).text("Event/KeyInfo") == NMI
    assert bench.world.requests.taken(request_id(sent))


@pytest.mark.parametrize(("actual", "code"), [("2026-03-03", "0"), ("2026-03-05", "202"), ("2024-01-01", "202")])
def test_an_actual_date_is_not_in_the_future_nor_too_old(actual, code):
    bench = Bench()
    number = request_id(bench.submit("RETAILA", change(BASIC_NMI)))
    bench.until(date(2026, 3, 4))
    supply = change(BASIC_NMI, "1500", roles=(), actual=actual, read_type=None, answers=number)
    assert codes(bench.submit("METERDP", supply, "mdp")) == [code]


GOOD = [
    ("RETAILA", change()),
    ("RETAILA", change(BASIC_NMI, "1010", "2026-02-20", actual_end="2026-02-25")),
    ("NETWORK", change(reason="5051", roles=(), proposed="2026-02-27", read_type=None, master=MASTER)),
    ("METERPB", change(reason="3001", roles=(), proposed="2026-02-27", read_type=None, sections=(METERS,))),
]


@settings(max_examples=150)
@given(st.sampled_from(GOOD), st.lists(st.tuples(st.integers(0, 30), st.none() | st.text(max_size=12)), max_size=4))
def test_a_good_request_with_parts_lost_or_spoilt_is_answered_and_can_run_its_course(given_request, spoils):
    sender, payload = given_request
    node = etree.fromstring(element_xml(payload).replace("xsi:type", "type"))
    for index, spoil in spoils:
        nodes = list(node.iter())
        target = nodes[index % len(nodes)]
        if spoil is not None:
            target.text = "".join(each for each in spoil if each.isprintable())
        elif target is not node:
            target.getparent().remove(target)
    bench = Bench()
    transaction = ReceivedTransaction("CATSChangeRequest", "T1", "", None, None, View(node))
    bench.market.respond(bench.turn(), Request(sender, "CATS", "r46", transaction))
    assert bench.sent[0].name == "CATSChangeResponse"
    bench.until(date(2026, 7, 1))
    assert same(bench.world, bench.replayed())


WILD = st.recursive(
    st.text(max_size=12).map(lambda text: text),
    lambda inner: st.lists(st.tuples(st.sampled_from(NAMES), inner), max_size=5),
    max_leaves=12,
)


def built(name, content):
    node = etree.Element(name)
    if isinstance(content, str):
        node.text = "".join(each for each in content if each.isprintable())
    else:
        for child in content:
            node.append(built(*child))
    return node


@settings(max_examples=150)
@given(st.sampled_from(sorted(ANSWERS)), WILD, st.sampled_from(["RETAILA", "METERDP", "NETWORK", "QQ"]))
def test_whatever_an_unvalidated_message_holds_it_is_answered(name, content, sender):
    """A release newer than our content models is read leniently: what arrives may have any shape."""
    bench = Bench()
    view = View(built(name, content))
    request = Request(sender, "CATS", "r46", ReceivedTransaction(name, "T1", "", None, None, view))
    bench.market.respond(bench.turn(), request)
    assert len(bench.sent) + len(bench.tacks) == 1


def test_a_read_type_is_judged_by_its_table_only_where_a_switch_says_so():
    bench = Bench()
    assert codes(bench.submit("RETAILA", change(read_type="ZZ"))) == ["0"]
    assert refused("RETAILA", change(read_type="ZZ"), request_read_type="listed").code == 1100
    strict = Bench(switches=Switches(request_read_type="listed"))
    assert codes(strict.submit("RETAILA", change(read_type="SP"))) == ["0"]


def test_an_installation_type_is_one_of_its_table():
    meter = element("Meter", element("SerialNumber", "NEW1"), element("InstallationTypeCode", "STEAM"))
    payload = change(reason="3000", roles=(), read_type=None, sections=(element("MeterRegister", meter),))
    assert (refused("METERPB", payload).code, refused("METERPB", payload).rule) == (1100, "cr.enum")


def held(*rows_of_frmp: RoleAssignment) -> Bench:
    others = tuple(row for row in points()[0].roles if row.role != "FRMP")
    return Bench([replace(points()[0], roles=(*rows_of_frmp, *others))])


def update(**more: str) -> Element:
    given = {"proposed": "2026-02-10", **more}
    master = element("MasterData", element("CustomerClassificationCode", "BUSINESS"))
    return change(reason="5054", roles=(), read_type=None, master=master, **given)


def test_the_initiator_holds_the_role_for_the_whole_period():
    """Documented: not only on its first day."""
    bench = held(
        RoleAssignment("FRMP", "RETAILA", to_date=date(2026, 2, 19)),
        RoleAssignment("FRMP", "RETAILB", from_date=date(2026, 2, 20)),
    )
    assert codes(bench.submit("RETAILA", update(), "T1")) == ["202"]
    assert codes(bench.submit("RETAILB", update(), "T2")) == ["202"]
    assert codes(bench.submit("RETAILA", update(actual_end="2026-02-19"), "T3")) == ["0"]
    assert codes(bench.submit("RETAILB", update(proposed="2026-02-20"), "T4")) == ["0"]
