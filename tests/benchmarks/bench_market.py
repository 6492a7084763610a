"""What the market's long work costs: a 1 MB message of meter data, and the longest turn of each kind of long report.

Run ``python tests/benchmarks/bench_market.py [NMIs]``. Bounds: loading meter data, reading the message, role and
overlap checks included, at most 3 times ``csv.reader`` plus ``Decimal`` over the same text; no turn of a report longer
than 50 ms. Libraries are imported beforehand.
Seconds are the processor's, so that a busy machine makes no difference.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from datetime import timedelta
from importlib import import_module
from pathlib import Path
from time import thread_time

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parent / "market"), str(HERE.parents[1])]

from market_kit import MONDAY, NMI, Bench, schemas  # noqa: E402 - as above
from reports_kit import replication, report  # noqa: E402 - as above

from bench_mdff import plain, sample  # noqa: E402 - after the path to it
from simulator.asexml.decode import read  # noqa: E402 - as above
from simulator.asexml.encode import write  # noqa: E402 - as above
from simulator.asexml.model import Element, Header, Message, Transaction, element  # noqa: E402 - as above
from simulator.base.draw import Draw  # noqa: E402 - as above
from simulator.base.turn import Fired  # noqa: E402 - as above
from simulator.market.desk import Request  # noqa: E402 - as above
from simulator.market.market import Market  # noqa: E402 - as above
from simulator.world.growth import Growth  # noqa: E402 - as above
from simulator.world.metering import Metering  # noqa: E402 - as above
from simulator.world.population import grown_base  # noqa: E402 - as above
from simulator.world.world import World  # noqa: E402 - as above

ROUNDS = 7
DAY = {"FromDate": "2026-02-20", "ToDate": "2026-02-20", "AsAtDate": "2026-03-02T00:00:00+10:00"}
MASTER = {"FromDate": "2026-01-01", "ToDate": "9999-12-31", "AsAtDate": "2026-03-02"}
PLACE = {"NMIClassificationCode": "SMALL", "JurisdictionCode": "VIC"}
ASKER = {"Participant": "RETAILB", "Role": "FRMP", "ReportType": "Detailed"}


def best(work: Callable[[], float]) -> float:
    """Seconds of the quickest round."""
    return min(work() for _ in range(ROUNDS))


def meter_data() -> None:
    """Loading a 1 MB message, against the measure."""
    text = sample(5)
    payload = element("MeterDataNotification", element("CSVIntervalData", text))

    def load() -> float:
        bench = Bench()
        head = Header("METERDP", "NEMMCO", "M1", bench.now, "MDMT")
        body = write(Message("r46", head, (Transaction("T1", bench.now, payload),)))
        begin = thread_time()
        received = read(body, schemas())
        bench.market.respond(bench.turn(), Request("METERDP", "MDMT", "r46", received.transactions[0]))
        taken = thread_time() - begin
        if bench.sent[0].text("Event/Code") != "0" or not list(bench.world.readings.days(NMI)):
            raise SystemExit("the sample was not loaded")
        return taken

    def measure() -> float:
        begin = thread_time()
        plain(text)
        return thread_time() - begin

    base, took = best(measure), best(load)
    print(
        f"1 MB of 5-minute data loaded: {took * 1000:.0f} ms, {took / base:.2f} x csv + Decimal ({base * 1000:.0f} ms)"
    )


def market(count: int) -> Bench:
    """A grown market behind a bench."""
    bench = Bench()
    bench.base = grown_base([], [Growth(count, "VIC", roles={"FRMP": (("RETAILB", 1),)})], 7, {})
    world = World(bench.base)
    bench.market = Market(world, bench.switches, bench)
    bench.market.read_from(Metering(world, Draw(7)))
    return bench


def turns(bench: Bench, name: str, asked: Element, group: str) -> None:
    """Ask, and see every turn it takes."""
    head = Header("RETAILB", "NEMMCO", "M1", bench.now, group)
    received = read(write(Message("r46", head, (Transaction(name, bench.now, asked),))), schemas())
    request, taken, mark = Request("RETAILB", group, "r46", received.transactions[0]), [], len(bench.sent)
    begin = thread_time()
    bench.market.respond(bench.turn(), request)
    taken.append(thread_time() - begin)
    while bench._heap and bench._heap[0][0] <= MONDAY + timedelta(minutes=1):
        due = bench._heap.pop(0)[2]
        turn = bench.turn()
        turn.emit(Fired(bench.now, due.due))
        begin = thread_time()
        bench.market.fire(turn, due.kind, due.key)
        taken.append(thread_time() - begin)
    told = len(bench.sent) - mark
    print(f"{name:34} {len(taken):6} turns, longest {max(taken) * 1000:6.1f} ms, all {sum(taken):6.2f} s, {told} sent")


def main() -> None:
    """Print every figure."""
    meter_data()
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    bench = market(count)
    nmi = list(bench.base.points)[count // 2]
    bench.world.point(nmi)  # imports Faker, and the next line numpy
    import_module("simulator.world.stretch")
    turns(bench, "C4 of one NMI", report("Master", {**MASTER, "NMI": nmi, **ASKER}), "CATS")
    turns(bench, "C4 of a jurisdiction", report("Master", {**MASTER, **PLACE, **ASKER}), "CATS")
    turns(bench, "C1 of the master data", replication("CATS_NMI_DATA"), "CATS")
    turns(bench, "C1 of the rules of notification", replication("CATS_NOTIFICATION_RULES"), "CATS")
    missing = {**DAY, "DataType": "I", "NMISelection": "AllNMIs"}
    turns(bench, "RM11 of a day", report("MissingData", missing), "MDMT")
    turns(bench, "RM9 of a day", report("ActualvsEstimate", {**DAY, "DataType": "I"}), "MDMT")


if __name__ == "__main__":
    main()
