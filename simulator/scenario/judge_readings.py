"""The judge of readings fetched from Netstream: what is missing of a period, and what was fetched twice.

A request fetches what there was when it was answered: what lies after that moment is still to be fetched.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise

from simulator.base.clock import MARKET_ZONE
from simulator.scenario.expect import Fetched
from simulator.scenario.judged import Judged
from simulator.scenario.testimony import Fetch, Testimony
from simulator.scenario.verdict import Evidence

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MINUTE = timedelta(minutes=1)


def fetched(form: Fetched, _who: frozenset[str], told: Testimony) -> Judged:
    """Every usage point with every reading type: its period covered, and with ``once`` no minute of it twice."""
    found = Judged("all readings of the period were fetched", "not fetched as expected")
    found.unless(told.points, "there is no usage point to fetch")
    period = ((form.start - _EPOCH) // _MINUTE, (form.end - _EPOCH) // _MINUTE)
    for name in form.points or tuple(told.points):
        point = told.points.get(name)
        mine = [each for each in told.fetches if each.point == point and form.client in (None, each.client)]
        types = form.types or tuple(dict.fromkeys(each.reading_type for each in mine)) or ("",)
        for reading_type in types:
            what = f"readings of {name} as {reading_type}" if len(types) > 1 else f"readings of {name}"
            _cover(form, what, period, [each for each in mine if each.reading_type == reading_type], told, found)
    found.doubt(told, "exchanges")
    return found


def _cover(
    form: Fetched, named: str, period: tuple[int, int], fetches: list[Fetch], told: Testimony, found: Judged
) -> None:
    for start, end, covering in _pieces(period, fetches):
        what = f"{named} from {_shown(start)} to {_shown(end)}"
        given = [each for each in covering if not each.struck]
        if covering and not given:
            found.doubts.append(f"{what} were in answers that a fault struck")
        elif not covering and told.now < form.end:
            found.doubts.append(f"{what} may still be fetched: the period is not over")
        elif not covering and "exchanges" not in told.lost:
            found.against.append(Evidence(told.now, f"{what} were not fetched"))
        elif len(given) > 1 and form.once:
            found.against.append(Evidence(given[-1].at, f"{what} were fetched {len(given)} times"))


def _pieces(period: tuple[int, int], fetches: list[Fetch]) -> Iterator[tuple[int, int, list[Fetch]]]:
    """The period cut where a fetch begins or ends, each piece with the fetches that cover it, alike ones joined."""
    begin, end = period
    cuts = sorted({begin, end, *(cut for each in fetches for cut in (each.start, each.end) if begin < cut < end)})
    last: tuple[int, int, list[Fetch]] | None = None
    for start, stop in pairwise(cuts):
        covering = [each for each in fetches if each.start <= start and stop <= each.end]
        if last is not None and last[2] == covering:
            last = (last[0], stop, covering)
            continue
        if last is not None:
            yield last
        last = (start, stop, covering)
    if last is not None:
        yield last


def _shown(minute: int) -> str:
    return (_EPOCH + minute * _MINUTE).astimezone(MARKET_ZONE).isoformat(timespec="minutes")
