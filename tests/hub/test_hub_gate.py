import base64
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kit import START
from simulator.base.errors import Refused
from simulator.base.http import Peer
from simulator.hub.events import SignedIn, SignInFailed
from simulator.hub.gate import Account, Caller, Gate, WrongPassword
from simulator.hub.switches import Switches

PEER = Peer("RETAILA", "ehubsim")


def basic(user: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


def gate(**switches) -> Gate:
    return Gate(
        (Account("ALICE", "s:cret", "RETAILA"), Account("PLAIN", "x", "RETAILP", certificate=False)),
        Switches(**switches),
    )


def status(door: Gate, *args) -> tuple[int, str]:
    with pytest.raises(Refused) as refused:
        door.check(*args)
    return refused.value.status, refused.value.rule


def test_a_good_caller_is_let_in_again_and_again():
    door = gate()
    for _ in range(2):
        assert door.check(basic("ALICE", "s:cret"), "RETAILA", PEER, True, START) == Caller("RETAILA", "ALICE")


def test_a_remembered_caller_still_needs_the_certificate():
    door = gate()
    door.check(basic("ALICE", "s:cret"), "RETAILA", PEER, True, START)
    assert status(door, basic("ALICE", "s:cret"), "RETAILA", None, True, START) == (500, "gate.certificate-missing")
    other = Peer("RETAILC", "ehubsim")
    assert status(door, basic("ALICE", "s:cret"), "RETAILA", other, True, START) == (
        500,
        "gate.certificate-participant",
    )


def test_the_certificate_is_asked_before_the_password():
    assert status(gate(), basic("ALICE", "wrong"), "RETAILA", None, True, START)[0] == 500


def test_a_participant_may_be_excused_from_certificates():
    assert gate().check(basic("PLAIN", "x"), "RETAILP", None, True, START).participant == "RETAILP"


@pytest.mark.parametrize("wanted", [401, 403, 500])
def test_the_identity_switch(wanted):
    door = gate(wrong_identity_status=wanted)
    assert status(door, basic("ALICE", "s:cret"), "RETAILB", PEER, True, START) == (wanted, "gate.identity")


def test_a_locked_user_stays_out_with_the_right_password_until_time_has_passed():
    door = gate(lockout_after=2, lockout_minutes=10)
    for _ in range(2):
        with pytest.raises(WrongPassword):
            door.check(basic("ALICE", "no"), "RETAILA", PEER, True, START)
        door.apply(SignInFailed(START, "ALICE"))
    right = (basic("ALICE", "s:cret"), "RETAILA", PEER, True)
    assert status(door, *right, START + timedelta(minutes=9)) == (401, "gate.locked-out")
    assert door.check(*right, START + timedelta(minutes=10)).user == "ALICE"
    assert door.recovering("ALICE")
    door.apply(SignedIn(START, "ALICE"))
    assert not door.recovering("ALICE")


def test_a_lockout_holds_for_those_remembered():
    door = gate(lockout_after=1)
    right = (basic("ALICE", "s:cret"), "RETAILA", PEER, True, START)
    door.check(*right)
    door.apply(SignInFailed(START, "ALICE"))
    assert status(door, *right) == (401, "gate.locked-out")


@given(st.text() | st.none(), st.text(max_size=12))
def test_no_authorization_whatsoever_raises_anything_but_a_refusal(authorization, initiating):
    with pytest.raises(Refused):
        gate().check(authorization, initiating, PEER, True, START)
