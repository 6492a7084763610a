"""The exchange log, listed by rank."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from kit import START, Party, runtime
from simulator.hub.exchanges import LONGEST_KEPT, Exchange, ExchangesKept, bounded, shared


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


async def test_what_clients_make_up_is_kept_cut_and_says_so() -> None:
    """Nobody fills the memory with the paths of requests that are refused."""
    house = runtime()
    party = Party(house)
    long = "x" * 8_000
    await party.call("GET", f"/{long}")
    await party.call("GET", "getQueueMetaData", also={"X-initiatingParticipantID": long})
    assert (await party.get(long)).status == 404
    path, participant, context_id = house.exchanges
    assert path.path == "/" + "x" * (LONGEST_KEPT - 1) + "… (8,001 characters)"
    assert participant.participant == context_id.context_id == bounded(long)
    for each in house.exchanges:
        texts = (each.method, each.path, each.participant, each.context_id, each.why)
        assert max(map(len, texts)) < LONGEST_KEPT + 30, each.rule
    assert bounded("x" * LONGEST_KEPT) == "x" * LONGEST_KEPT


def test_what_nearly_all_exchanges_say_is_one_text_and_what_clients_make_up_does_not_stay():
    first, again = "".join(["/same", "/path"]), "".join(["/same", "/path"])
    assert first is not again
    assert shared(first) is shared(again)
    most = shared.cache_info().maxsize
    for number in range(most + 1):
        shared(f"/made/up/{number}")
    assert shared.cache_info().currsize == most
    assert shared(again) is again, "the first one went"
