"""Objections, their withdrawal, and the withdrawal of requests, in every status."""

from datetime import date

import pytest
from market_kit import BASIC_NMI, NMI, VIC_NMI, Bench, Sent, change, points, request_id, same
from msgspec.structs import replace

from simulator.asexml.model import Element, element
from simulator.world.events import ChangeRequestRefused
from simulator.world.model import RoleAssignment


def objection(number: str, role: str, code: str) -> Element:
    return element(
        "CATSObjectionRequest",
        element("InitiatingRequestID", number),
        element("Role", role),
        element("ObjectionCode", code),
    )


def withdrawal(objection_id: str, number: str, role: str, code: str) -> Element:
    return element(
        "CATSObjectionWithdrawal", element("ObjectionID", objection_id), *objection(number, role, code).children
    )


def take_back(number: str) -> Element:
    return element("CATSChangeWithdrawal", element("RequestID", number))


def outcome(sent: list[Sent]) -> tuple[str, str]:
    answer = next(each for each in sent if each.name == "CATSObjectionResponse")
    return answer.text("ObjectionID") or "", answer.text("Event/Code") or ""


def rule(bench: Bench) -> str:
    return [event.rule for event in bench.events if isinstance(event, ChangeRequestRefused)][-1]


@pytest.fixture
def bench():
    return Bench()


@pytest.fixture
def number(bench):
    return request_id(bench.submit("RETAILA", change(VIC_NMI)))


def test_an_objection_stops_the_request_and_everybody_is_told(bench, number):
    sent = bench.submit("RETAILB", objection(number, "FRMP", "DEBT"), "O1")
    objection_id, code = outcome(sent)
    assert code == "0"
    assert bench.status(number) == "OBJ"
    (notice,) = [each for each in sent if each.name == "CATSNotification"]
    assert notice.to == "RETAILA"
    assert notice.text("Objection/ObjectionAction") == "Raised"
    assert notice.text("Objection/ObjectionID") == objection_id
    assert notice.text("Objection/Participant") == "RETAILB"
    assert notice.text("Objection/ObjectionData/ObjectionCode") == "DEBT"
    bench.until(date(2026, 3, 4))
    assert bench.status(number) == "OBJ"


def test_withdrawn_in_time_the_request_is_requested_again(bench, number):
    objection_id, _ = outcome(bench.submit("RETAILB", objection(number, "FRMP", "DEBT"), "O1"))
    sent = bench.submit("RETAILB", withdrawal(objection_id, number, "FRMP", "DEBT"), "W1")
    assert bench.status(number) == "REQ"
    assert sent[0].text("Objection/ObjectionAction") == "Withdrawn"
    ((to, tack),) = bench.tacks
    assert (to, tack.initiating_transaction_id, tack.status) == ("RETAILB", "W1", "Accept")
    bench.until(date(2026, 3, 4))
    assert bench.status(number) == "PEN"


def test_withdrawn_after_the_logging_period_the_request_is_pending(bench, number):
    objection_id, _ = outcome(bench.submit("RETAILB", objection(number, "FRMP", "DEBT"), "O1"))
    bench.until(date(2026, 3, 4))
    sent = bench.submit("RETAILB", withdrawal(objection_id, number, "FRMP", "DEBT"), "W1")
    assert bench.status(number) == "PEN"
    assert [each.to for each in sent if each.name == "CATSDataRequest"] == ["METERDP"]


def test_withdrawn_after_the_date_has_come_the_request_completes(bench):
    number = request_id(bench.submit("RETAILA", change(NMI, proposed="2026-03-03")))
    objection_id, code = outcome(bench.submit("NETWORK", objection(number, "LNSP", "NOTRESP"), "O1"))
    assert code == "0"
    bench.until(date(2026, 3, 4))
    bench.submit("NETWORK", withdrawal(objection_id, number, "LNSP", "NOTRESP"), "W1")
    assert bench.status(number) == "COM"
    assert [each for each in bench.told("PEN") if each[0] == "RETAILA"] == [("RETAILA", "FRMP", "N")]


def test_an_objection_that_stands_cancels_when_the_clearing_period_ends(bench, number):
    bench.submit("RETAILB", objection(number, "FRMP", "DEBT"), "O1")
    bench.until(date(2026, 3, 5))
    assert bench.status(number) == "OBJ"
    bench.until(date(2026, 3, 6))
    assert bench.status(number) == "CAN"
    assert ("METERDP", "MDP", "C") in bench.told("CAN")


def test_one_of_two_withdrawn_leaves_the_request_objected(bench, number):
    first, _ = outcome(bench.submit("RETAILB", objection(number, "FRMP", "DEBT"), "O1"))
    second, code = outcome(bench.submit("METERCO", objection(number, "RP", "BADMETER"), "O2"))
    assert code == "0"
    assert first != second
    sent = bench.submit("RETAILB", withdrawal(first, number, "FRMP", "DEBT"), "W1")
    assert bench.status(number) == "OBJ"
    assert sent[0].text("Objection/ObjectionAction") == "Withdrawn"
    assert same(bench.world, bench.replayed())


def test_a_code_not_bound_to_the_logging_period_stops_a_pending_request(bench, number):
    bench.until(date(2026, 3, 4))
    assert outcome(bench.submit("RETAILB", objection(number, "FRMP", "DEBT"), "O1"))[1] == "202"
    assert rule(bench) == "obj.period-over"
    assert outcome(bench.submit("METERCO", objection(number, "RP", "BADMETER"), "O2"))[1] == "0"
    assert bench.status(number) == "OBJ"
    bench.until(date(2026, 3, 10))
    assert bench.status(number) == "CAN"


def test_debt_is_an_objection_in_victoria_only(bench):
    number = request_id(bench.submit("RETAILA", change(NMI)))
    assert outcome(bench.submit("RETAILB", objection(number, "FRMP", "DEBT"), "O1"))[1] == "202"
    assert rule(bench) == "obj.not-allowed"


def test_badparty_against_a_change_of_coordinator_is_for_small_victorian_customers(bench):
    for nmi, code in ((VIC_NMI, "0"), (NMI, "202")):
        payload = change(nmi, "6300", roles=(("RP", "NEWMC"),), read_type=None)
        number = request_id(bench.submit("RETAILB", payload, nmi))
        assert outcome(bench.submit("METERCO", objection(number, "RP", "BADPARTY"), f"O{nmi}"))[1] == code


def test_only_who_holds_the_role_may_object(bench, number):
    assert outcome(bench.submit("RETAILC", objection(number, "FRMP", "DEBT"), "O1"))[1] == "202"
    assert rule(bench) == "obj.not-allowed"


def test_a_nominated_party_may_decline(bench):
    roles = (("FRMP", "RETAILA"), ("MDP", "NEWMDP"))
    number = request_id(bench.submit("RETAILA", change(NMI, roles=roles)))
    assert outcome(bench.submit("NEWMDP", objection(number, "MDP", "DECLINED"), "O1"))[1] == "0"
    assert bench.status(number) == "OBJ"


def test_nothing_can_be_objected_to_what_is_finished_or_unknown(bench):
    number = request_id(bench.submit("RETAILA", change(NMI)))
    bench.until(date(2026, 3, 9))
    for asked in (number, "42"):
        assert outcome(bench.submit("NETWORK", objection(asked, "LNSP", "NOTRESP"), f"O{asked}"))[1] == "200"
        assert rule(bench) == "obj.unknown-cr"


@pytest.mark.parametrize("change_one", ["objection", "request", "role", "code", "sender"])
def test_a_withdrawal_must_repeat_the_objection(bench, number, change_one):
    objection_id, _ = outcome(bench.submit("RETAILB", objection(number, "FRMP", "DEBT"), "O1"))
    parts = {"objection": objection_id, "request": number, "role": "FRMP", "code": "DEBT", "sender": "RETAILB"}
    other = {"objection": "7", "request": "7", "role": "LR", "code": "AGEDDEBT", "sender": "RETAILA"}
    parts[change_one] = other[change_one]
    payload = withdrawal(parts["objection"], parts["request"], parts["role"], parts["code"])
    bench.submit(parts["sender"], payload, "W1")
    assert rule(bench) == "obj.withdraw-mismatch"
    assert bench.status(number) == "OBJ"
    ((_, tack),) = bench.tacks
    assert (tack.status, tack.events[0].code) == ("Reject", 202)


def test_an_objection_cannot_be_withdrawn_from_a_finished_request(bench, number):
    objection_id, _ = outcome(bench.submit("RETAILB", objection(number, "FRMP", "DEBT"), "O1"))
    bench.until(date(2026, 3, 6))
    bench.submit("RETAILB", withdrawal(objection_id, number, "FRMP", "DEBT"), "W1")
    assert rule(bench) == "wd.too-late"


@pytest.mark.parametrize("status", ["REQ", "OBJ", "PEN"])
def test_the_initiator_may_withdraw_until_the_end(bench, number, status):
    if status == "OBJ":
        bench.submit("RETAILB", objection(number, "FRMP", "DEBT"), "O1")
    if status == "PEN":
        bench.until(date(2026, 3, 4))
    assert bench.status(number) == status
    bench.submit("RETAILA", take_back(number), "W1")
    assert bench.status(number) == "CAN"
    ((to, tack),) = bench.tacks
    assert (to, tack.status, tack.events[0].code) == ("RETAILA", "Accept", 0)
    assert ("METERDP", "MDP", "C") in bench.told("CAN")
    bench.until(date(2026, 3, 20))
    assert bench.status(number) == "CAN"
    assert same(bench.world, bench.replayed())


@pytest.mark.parametrize(
    ("sender", "named", "expected"),
    [("RETAILB", None, "wd.not-owner"), ("RETAILA", "42", "wd.unknown-cr")],
)
def test_nobody_else_and_nothing_else_can_be_withdrawn(bench, number, sender, named, expected):
    bench.submit(sender, take_back(named or number), "W1")
    assert rule(bench) == expected
    assert bench.status(number) == "REQ"
    assert bench.tacks[0][1].status == "Reject"


def test_a_finished_request_cannot_be_withdrawn(bench):
    number = request_id(bench.submit("RETAILA", change(NMI)))
    bench.until(date(2026, 3, 9))
    bench.submit("RETAILA", take_back(number), "W1")
    assert rule(bench) == "wd.too-late"


def test_an_edit_replaces_an_unfinished_request(bench):
    old = request_id(bench.submit("RETAILA", change(BASIC_NMI), "T1"))
    sent = bench.submit("RETAILA", change(BASIC_NMI, proposed="2026-03-16", answers=old), "T2")
    new = request_id(sent)
    assert (bench.status(old), bench.status(new)) == ("CAN", "REQ")
    assert [each.text("ChangeRequest/ChangeStatusCode") for each in sent if each.to == "RETAILA"][1:] == ["CAN", "REQ"]


def test_only_ones_own_unfinished_request_can_be_edited(bench):
    old = request_id(bench.submit("RETAILA", change(NMI), "T1"))
    other = change(NMI, roles=(("FRMP", "RETAILC"),), answers=old)
    bench.submit("RETAILC", other, "T2")
    assert rule(bench) == "cr.unknown-request"
    bench.until(date(2026, 3, 9))
    bench.submit("RETAILA", change(NMI, proposed="2026-03-16", answers=old), "T3")
    assert rule(bench) == "cr.unknown-request"


def test_where_history_is_edited_everybody_who_held_the_role_then_is_told_and_may_object():
    """Documented: several participants may be current in one role, and each may object."""
    roles = [row for row in points()[0].roles if row.role != "FRMP"]
    roles += [
        RoleAssignment("FRMP", "RETAILB", to_date=date(2026, 2, 9)),
        RoleAssignment("FRMP", "RETAILC", from_date=date(2026, 2, 10)),
    ]
    bench = Bench([replace(points()[0], roles=tuple(roles))])
    asked = change(NMI, "1010", "2026-02-05", actual_end="2026-02-15")
    number = request_id(bench.submit("RETAILA", asked))
    assert outcome(bench.submit("RETAILC", objection(number, "FRMP", "RETRO"), "O1"))[1] == "0"
    assert outcome(bench.submit("RETAILB", objection(number, "FRMP", "RETRO"), "O2"))[1] == "0"
    other = Bench([replace(points()[0], roles=tuple(roles))])
    done = request_id(other.submit("RETAILA", asked))
    other.until(date(2026, 3, 5))
    assert other.status(done) == "COM"
    losing = [party for party, role, status in other.told("COM") if (role, status) == ("FRMP", "C")]
    assert losing == ["RETAILB", "RETAILC"]
