"""Context ids, participants, and the lengths of message ids."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.base.errors import BadValue
from simulator.base.ids import PRIORITIES, ContextId, ParticipantId, message_or_transaction_id

names = st.from_regex(r"[0-9a-z]{1,10}", fullmatch=True)


@pytest.mark.parametrize(
    ("text", "group", "priority", "sender"),
    [
        ("catsm_nemmco_1", "CATS", "Medium", "NEMMCO"),
        ("mdmtm_nemmco_0000000001", "MDMT", "Medium", "NEMMCO"),
        ("nmidh_retaila_600252250", "NMID", "High", "RETAILA"),
        ("hmgtl_a_a_b_c", "HMGT", "Low", "A"),
        ("catsm_participan_123456789012345678", "CATS", "Medium", "PARTICIPAN"),
    ],
)
def test_the_parts(text: str, group: str, priority: str, sender: str) -> None:
    assert ContextId.parse(text) == ContextId(text, group, priority, sender)


@pytest.mark.parametrize(
    "text",
    [
        "", "cats_nemmco_1", "catsx_nemmco_1", "CATSM_nemmco_1", "catsm_nemmco", "catsm_nemmco_", "catsm__1",
        "toolongm_nemmco_1", "catsm_elevenchars_1234567890123456789", "catsm_nemmco_1234567890123456789",
        "catsm_nem-mco_1", "catsm_nemmco_1\n", " catsm_nemmco_1", "catsm_nemmco_é",
    ],
)  # fmt: skip
def test_other_forms_are_refused(text: str) -> None:
    with pytest.raises(BadValue) as refused:
        ContextId.parse(text)
    assert refused.value.rule == "id.context"


@given(st.sampled_from(["CATS", "NMID", "MDMT", "HMGT"]), st.sampled_from(sorted(PRIORITIES.values())), names, names)
def test_composing_and_parsing_agree(group: str, priority: str, sender: str, unique: str) -> None:
    made = ContextId.compose(group, priority, sender.upper(), unique)
    assert ContextId.parse(str(made)) == made
    assert (made.group, made.priority, made.sender) == (group, priority, sender.upper())


def test_a_sender_with_an_underscore_stays_whole_when_composed() -> None:
    made = ContextId.compose("CATS", "High", "RET_A", "7")
    assert (made.text, made.sender) == ("catsh_ret_a_7", "RET_A")


@pytest.mark.parametrize(
    ("group", "priority", "sender", "unique"),
    [
        ("CATS", "Urgent", "NEMMCO", "1"),
        ("CATS", "", "NEMMCO", "1"),
        ("LONGER", "High", "NEMMCO", "1"),
        ("CATS", "High", "", "1"),
        ("CATS", "High", "NEMMCO", ""),
        ("CATS", "High", "NEMMCO", "1" * 19),
    ],
)
def test_what_makes_no_context_id_is_refused(group: str, priority: str, sender: str, unique: str) -> None:
    with pytest.raises(BadValue) as refused:
        ContextId.compose(group, priority, sender, unique)
    assert refused.value.rule in ("id.context", "id.participant")


def test_participants() -> None:
    assert str(ParticipantId.parse("RETAILER_1")) == "RETAILER_1"
    for text in ("", "retaila", "ELEVENCHARS", "A B", "A\n", "É"):
        with pytest.raises(BadValue) as refused:
            ParticipantId.parse(text)
        assert refused.value.rule == "id.participant"


def test_lengths_of_message_ids() -> None:
    assert message_or_transaction_id("x" * 36) == "x" * 36
    for text in ("", "x" * 37):
        with pytest.raises(BadValue) as refused:
            message_or_transaction_id(text)
        assert refused.value.rule == "id.length"
