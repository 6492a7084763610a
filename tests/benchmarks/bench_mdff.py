"""What reading and validating a 1 MB NEM12 text costs, against `csv.reader` plus `Decimal` over the same text.

Run ``python tests/benchmarks/bench_mdff.py [minutes]``: prints the ratios of one run, best of several rounds each.
The bound for the whole message is 2, of which lxml needs its part elsewhere; ``values`` adds making every Decimal.
"""

from __future__ import annotations

import csv
import io
import sys
from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import Decimal
from time import perf_counter

from lxml import etree

from simulator.asexml import mdff
from simulator.base.clock import MARKET_ZONE
from simulator.base.draw import Draw

ROUNDS = 15


def sample(minutes: int, size: int = 1_000_000) -> str:
    """A NEM12 text of about that size: one register, as many days as fit, one day in ten with 400 records."""
    stamp = datetime(2026, 3, 2, tzinfo=MARKET_ZONE)
    details = mdff.NmiDataDetails("4102034567", "E1B1", "E1", "E1", "N1", "M0001", "kWh", minutes)
    chance = Draw(7).of("bench")
    pool = [Decimal(chance.below(3000)) / 1000 for _ in range(5000)]
    days: list[mdff.IntervalDay] = []
    written = 0
    while written < size:
        at = chance.below(4000)
        day = mdff.IntervalDay.of(
            details, date(1990, 1, 1) + timedelta(len(days)), pool[at : at + details.count], stamp
        )
        if len(days) % 10 == 0:
            events = (mdff.IntervalEvent(1, 10, "S14", 1), mdff.IntervalEvent(11, details.count, "A"))
            day = mdff.IntervalDay(details, day.date, day.text, "V", updated_at=stamp, events=events)
        days.append(day)
        written += len(day.text) + 40
    return mdff.write_nem12(mdff.Header("NEM12", stamp, "MDP1", "RETAILA"), days)


def plain(text: str) -> int:
    """The measure: every field through csv, every value a Decimal."""
    values = 0
    for row in csv.reader(io.StringIO(text)):
        if row[0] == "300":
            values += len([Decimal(value) for value in row[2:-5]])
    return values


def validated(text: str) -> int:
    """What the simulator does with a message's text."""
    data = mdff.read(text)
    if data.faults or not data.accepted:
        raise SystemExit(f"the sample is not clean: {data.faults[:3]}")
    return data.accepted


def with_values(text: str) -> int:
    """The same, and every value looked at as a Decimal."""
    return sum(len(day.values) for day in mdff.read(text).records if isinstance(day, mdff.IntervalDay))


def parsed(text: str) -> object:
    """lxml's part on the way there, without a schema."""
    return etree.fromstring(f"<CSVIntervalData>{text}</CSVIntervalData>", etree.XMLParser(huge_tree=True))


def best(work: Callable[[str], object], text: str) -> float:
    """Seconds of the quickest round."""
    times = []
    for _ in range(ROUNDS):
        start = perf_counter()
        work(text)
        times.append(perf_counter() - start)
    return min(times)


def main() -> None:
    """Print the ratios."""
    minutes = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    text = sample(minutes)
    base = best(plain, text)
    print(f"{len(text):,} characters, {plain(text):,} values of {minutes} minutes; csv + Decimal: {base * 1000:.1f} ms")
    for work in (validated, with_values, parsed):
        took = best(work, text)
        print(f"  {work.__name__:12} {took * 1000:6.1f} ms  {took / base:5.2f} x")


if __name__ == "__main__":
    main()
