"""The judge against a naive one: whatever happened, both come to the same."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.base.clock import MARKET_ZONE
from simulator.hub.exchanges import Exchange
from simulator.scenario import expect, testimony
from simulator.scenario.expect import Expectation
from simulator.scenario.judge import judge
from simulator.scenario.testimony import Delivery, Fetch
from simulator.scenario.verdict import Outcome

START = datetime(2026, 3, 2, 9, 0, tzinfo=MARKET_ZONE)
EPOCH_MINUTE = int(START.timestamp()) // 60
TESTED = frozenset(("RETAILA",))
LOST = st.sampled_from([{}, {"messages": "gone"}, {"exchanges": "gone"}])


def at(second: int) -> datetime:
    return START + timedelta(seconds=second)


def outcome(form: expect.Form, told: testimony.Testimony) -> Outcome:
    verdict = judge("x", (Expectation("it", "f.yaml:1:1", form),), told)
    assert verdict.outcome == verdict.findings[0].outcome
    return verdict.outcome


def worst(fails: bool, unknown: bool) -> Outcome:
    if fails:
        return "fail"
    return "cannot know" if unknown else "pass"


@st.composite
def deliveries(draw: st.DrawFn) -> tuple[Delivery, ...]:
    """Messages seen from a second on, or not yet; some acknowledged at that second or later."""
    found = []
    for number in range(draw(st.integers(0, 5))):
        seen = draw(st.none() | st.integers(0, 20))
        gone = None if seen is None else draw(st.none() | st.integers(seen, 40))
        found.append(
            Delivery(
                f"RETAILA/{number}",
                draw(st.sampled_from(["RETAILA", "RETAILB"])),
                str(number),
                f"M{number}",
                (),
                draw(st.booleans()),
                None if seen is None else at(seen),
                acknowledged=None if gone is None else at(gone),
            )
        )
    return tuple(found)


@given(deliveries(), st.integers(40, 60), st.integers(0, 30), LOST)
def test_acknowledged_within(given_: tuple[Delivery, ...], now: int, within: int, lost: dict[str, str]) -> None:
    mine = [each for each in given_ if each.to == "RETAILA" and each.wants and each.seen_from]
    fails = unknown = False
    for each in mine:
        assert each.seen_from is not None
        end = each.acknowledged or at(now)
        over = (end - each.seen_from).total_seconds() > within
        fails = fails or over
        unknown = unknown or (each.acknowledged is None and not over)
    told = testimony.Testimony(at(now), TESTED, given_, lost=lost)
    form = expect.Acknowledged(timedelta(seconds=within))
    assert outcome(form, told) == worst(fails, unknown or not mine or "messages" in lost)


@given(deliveries(), st.integers(40, 60), LOST)
def test_queue_empty(given_: tuple[Delivery, ...], now: int, lost: dict[str, str]) -> None:
    mine = [each for each in given_ if each.to == "RETAILA" and each.wants and each.seen_from]
    waits = any(each.acknowledged is None for each in mine)
    nothing = not mine and "messages" not in lost
    told = testimony.Testimony(at(now), TESTED, given_, lost=lost)
    assert outcome(expect.QueueEmpty(), told) == worst(waits, nothing)


EXCHANGES = st.lists(
    st.tuples(
        st.integers(0, 30),
        st.sampled_from(["RETAILA", "RETAILA", "RETAILB"]),
        st.sampled_from(["/one/getQueueMetaData", "/one/getMessages", "/two/getQueueMetaData"]),
        st.sampled_from([200, 200, 429, 503]),
    ),
    max_size=8,
)
Asked = list[tuple[int, str, str, int]]


def exchanges(asked: Asked) -> tuple[Exchange, ...]:
    in_order = sorted(asked, key=lambda each: each[0])
    return tuple(Exchange(at(second), "GET", path, who, status, "") for second, who, path, status in in_order)


@given(EXCHANGES, st.integers(0, 10), LOST, st.booleans())
def test_polls(asked: Asked, every: int, lost: dict[str, str], stands: bool) -> None:
    told = testimony.Testimony(at(60), TESTED, exchanges=exchanges(asked), lost=lost, clock_stands=stands)
    mine = [each for each in sorted(asked) if each[1] == "RETAILA" and each[2].endswith("/getQueueMetaData")]
    gaps = [b[0] - a[0] for api in ("/one", "/two") for a, b in _pairs([e for e in mine if e[2].startswith(api)])]
    sure = [gap for gap in gaps if not (stands and gap == 0 and every)]
    fails = any(gap < every for gap in sure)
    unknown = len(sure) < len(gaps) or not mine or "exchanges" in lost
    assert outcome(expect.Polls("getQueueMetaData", timedelta(seconds=every)), told) == worst(fails, unknown)


def _pairs(found: Asked) -> list[tuple[tuple[int, str, str, int], tuple[int, str, str, int]]]:
    return list(pairwise(found))


@given(EXCHANGES, st.integers(0, 10), st.integers(0, 2), st.integers(30, 45), LOST, st.booleans())
def test_back_off(asked: Asked, quiet: int, most: int, now: int, lost: dict[str, str], stands: bool) -> None:
    made = exchanges(asked)
    told = testimony.Testimony(at(now), TESTED, exchanges=made, lost=lost, clock_stands=stands)
    refused = fails = unknown = False
    for n, one in enumerate(made):
        if one.participant != "RETAILA" or one.status not in (429, 503):
            continue
        refused = True
        later = [each for each in made[n + 1 :] if each.participant == "RETAILA" and each.api == one.api]
        soon = [each for each in later if (each.at - one.at).total_seconds() < quiet]
        sure = [each for each in soon if not (stands and each.at == one.at)]
        fails = fails or len(sure) > most
        not_over = (at(now) - one.at).total_seconds() < quiet and len(soon) == len(later)
        unknown = unknown or (len(soon) > most >= len(sure)) or (len(soon) <= most and not_over)
    form = expect.BacksOff(("429", "5xx"), timedelta(seconds=quiet), most)
    assert outcome(form, told) == worst(fails, unknown or not refused or "exchanges" in lost)


@given(
    st.lists(
        st.tuples(st.integers(-3, 12), st.integers(1, 8), st.sampled_from("AB"), st.sampled_from("xy")), max_size=5
    ),
    st.sampled_from([(), ("x",), ("x", "y")]),
    st.booleans(),
    st.integers(5, 15),
    LOST,
)
def test_readings_are_fetched(
    asked: list[tuple[int, int, str, str]], types: tuple[str, ...], once: bool, now: int, lost: dict[str, str]
) -> None:
    """Minute by minute of a period of ten."""
    first = EPOCH_MINUTE
    fetches = tuple(
        Fetch(START, "app-1", point, kind, first + start, first + start + length)
        for start, length, point, kind in asked
    )
    moment, end = START + timedelta(minutes=now), START + timedelta(minutes=10)
    told = testimony.Testimony(moment, TESTED, fetches=fetches, points={"A": "A", "B": "B"}, lost=lost)
    fails = unknown = False
    for point in "AB":
        kinds = types or tuple({kind for _, _, whose, kind in asked if whose == point}) or ("",)
        for kind in kinds:
            for minute in range(10):
                count = sum(1 for s, n, whose, what in asked if (whose, what) == (point, kind) and s <= minute < s + n)
                missing = count == 0
                unknown = unknown or (missing and moment < end)
                fails = fails or (missing and moment >= end and "exchanges" not in lost) or (count > 1 and once)
    form = expect.Fetched(("A", "B"), START, end, types, once=once)
    assert outcome(form, told) == worst(fails, unknown or "exchanges" in lost)


@pytest.mark.parametrize("named", ["getAlerts", "alerts"])
@pytest.mark.parametrize(("later", "found"), [(5, "fail"), (20, "pass")])
def test_polls_of_alerts_count_whatever_version_of_the_api_is_called(named: str, later: int, found: Outcome) -> None:
    v1, v2 = "/ws/HubMessageManagement/1.0/alerts", "/HubMessageManagement/v2/getAlerts"
    for first, second in ((v1, v2), (v2, v1), (v1, v1), (v2, v2)):
        asked = [(0, "RETAILA", first, 200), (1, "RETAILB", second, 200), (later, "RETAILA", second, 200)]
        told = testimony.Testimony(at(60), TESTED, exchanges=exchanges(asked))
        assert outcome(expect.Polls(named, timedelta(seconds=10)), told) == found
