"""What is remembered of several notifications is what is remembered of each, whatever stands in them."""

from __future__ import annotations

from hypothesis import example, given
from hypothesis import strategies as st

from simulator.asexml.model import Element
from simulator.market.replication_told import shown_after, shown_of

TEXTS = st.sampled_from([None, "", "FRMP", "N"])
LEAVES = st.builds(Element, st.sampled_from(["Role", "RoleStatus", "RequestID", "ObjectionID", "Participant"]), TEXTS)
NESTED = st.builds(
    lambda name, inside: Element(name, None, tuple(inside)),
    st.sampled_from(["ChangeRequest", "Objection"]),
    st.lists(LEAVES, max_size=3),
)
CHILDREN = st.lists(st.one_of(LEAVES, NESTED), max_size=4)
HEADS = st.one_of(
    CHILDREN, st.tuples(TEXTS, TEXTS).map(lambda two: [Element("Role", two[0]), Element("RoleStatus", two[1])])
)

STATUS = Element("RoleStatus", "N")
OBJECTION = Element("Objection", None, (Element("ObjectionID", "1"),))


@example([[OBJECTION, STATUS], [Element("Role", "FRMP"), STATUS]], [[Element("Comment")]])
@given(st.lists(HEADS, min_size=2, max_size=4), st.lists(CHILDREN, min_size=1, max_size=2))
def test_what_one_leaves_out_the_one_before_has(heads: list[list[Element]], tails: list[list[Element]]) -> None:
    before, fields = Element(""), tuple[str, ...]()
    for number, head in enumerate(heads):
        payload = Element("CATSNotification", None, (*head, *tails[number // 2 % len(tails)]))
        fields, before = shown_after(payload, before, fields), payload
        assert fields == shown_of(payload)
