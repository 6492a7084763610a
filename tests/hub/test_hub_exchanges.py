"""The exchange log, listed by rank."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from kit import START
from simulator.hub.exchanges import Exchange, ExchangesKept


def exchange(participant: str, path: str, depth: int = 0, minutes: int = 0, client: str = "") -> Exchange:
    at = START + timedelta(minutes=minutes)
    return Exchange(at, "GET", path, participant, 200, "queue.list", client=client, depth=depth)


BY_RANK = [
    exchange("", "/a"),
    exchange("", "/b"),
    exchange("RETAILA", "/2"),
    exchange("RETAILA", "/1"),
    exchange("", "/0", client="app-1"),
    exchange("RETAILA", "/3", 1),
    exchange("RETAILB", "/1", 1),
    exchange("", "/a", minutes=1),
]
"""Whose client nobody knows by what they say; every client's as they came, deeper ones later."""


@given(st.permutations([0, 1, "A", "A", 4, "A", 6]))
def test_exchanges_of_a_moment_are_listed_by_rank_and_each_clients_as_they_came(order: list[int | str]) -> None:
    kept, own = ExchangesKept(), iter((2, 3, 5))
    for each in order:
        kept.note(BY_RANK[next(own) if isinstance(each, str) else each])
    kept.note(BY_RANK[7])
    assert kept.ranked() == BY_RANK
    assert kept.ranked(7) == [BY_RANK[7]]
    assert [each.place for each in kept.ranked()][-2] == (1, "RETAILB", 0)
