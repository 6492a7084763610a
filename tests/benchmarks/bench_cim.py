"""What writing a year of five-minute readings (105,120) costs, as JSON against orjson, as XML against lxml.

Run ``python tests/benchmarks/bench_cim.py``: prints ratios of one run, best of several rounds each. orjson encodes the
finished objects, lxml serialises the finished tree; we start from arrays. The bound for a whole answer is 2.5, of which
the readings themselves need a part elsewhere.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from time import perf_counter

import numpy as np
import orjson
from lxml import etree

from simulator.cim import json_in, json_out, xml_in, xml_out
from simulator.cim import model as m
from simulator.cim.json_out import JsonStyle
from simulator.cim.reading_type import ReadingType
from simulator.cim.series import QualityNote, RemarkIndex, Remarks, Run, Values

COUNT = 105_120
CODE = "0.0.6.4.1.1.12.0.0.0.0.0.0.0.224.3.72.0"
ROUNDS = 11


def response() -> m.MeterReadings:
    """A year with daylight saving: three runs; one reading in fifty is an estimate."""
    start = datetime(2026, 1, 1, 0, 5)  # noqa: DTZ001 - local time, as Netstream shows it
    numbers = np.random.default_rng(7).integers(0, 2500, COUNT)
    first, second = 27_000, 51_000
    runs = (
        Run(start, 300, first),
        Run(start + timedelta(minutes=5 * first - 60), 300, second),
        Run(start + timedelta(minutes=5 * (first + second)), 300, COUNT - first - second),
    )
    kinds = (Remarks(), Remarks((QualityNote("3.8.0"),)))
    estimated = (np.arange(COUNT) % 50 == 0).astype(np.intp)
    period = m.Interval(start - timedelta(minutes=5), start + timedelta(days=365))
    block = m.IntervalBlock(CODE, Values(numbers, 3), RemarkIndex(kinds, estimated), runs, period)
    return m.MeterReadings((m.MeterReading(m.Identified("usage-point-1"), interval_blocks=(block,)),))


def best(work: Callable[[], object]) -> float:
    """Milliseconds of the quickest round."""
    times = []
    for _ in range(ROUNDS):
        start = perf_counter()
        work()
        times.append(perf_counter() - start)
    return min(times) * 1000


def line(name: str, took: float, base: float) -> None:
    """One figure."""
    print(f"  {name:38} {took:7.1f} ms  {took / base:5.2f} x")


def compare_json(answer: m.MeterReadings) -> None:
    """Each shape against orjson on the very same object."""
    styles = {"objects": JsonStyle(), "numbers": JsonStyle(objects=False), "standard": JsonStyle(compact=False)}
    for name, style in styles.items():
        text = json_out.write_response(answer, style)
        finished = json.loads(text)
        base = best(partial(orjson.dumps, finished))
        print(f"JSON, {name}: {len(text):,} bytes; orjson {base:.1f} ms")
        line("written", best(partial(json_out.write_response, answer, style)), base)
        line("read (by a client)", best(partial(json_in.read_response, text)), base)


def compare_xml(answer: m.MeterReadings) -> None:
    """The standard form against lxml on the very same tree."""
    text = xml_out.write_response(answer)
    tree = etree.fromstring(text)
    base = best(lambda: etree.tostring(tree, encoding="utf-8", xml_declaration=True))
    print(f"XML: {len(text):,} bytes; lxml {base:.1f} ms")
    line("written", best(lambda: xml_out.write_response(answer)), base)
    line("read (by a client)", best(lambda: xml_in.read_response(text)), base)


def decoding() -> None:
    """Microseconds to decode a reading type, over a catalogue of thirty."""
    kinds = [(period, flow, unit) for period in (1, 2, 4, 5, 6) for flow in (1, 19) for unit in (71, 72, 73)]
    codes = [f"0.0.{period}.4.{flow}.1.12.0.0.0.0.0.0.0.224.3.{unit}.0" for period, flow, unit in kinds]
    rounds = 1000
    took = best(lambda: [ReadingType.parse(code) for _ in range(rounds) for code in codes])
    print(f"reading type decoded in {took * 1000 / rounds / len(codes):.2f} µs")


def main() -> None:
    """Print the figures."""
    answer = response()
    compare_json(answer)
    compare_xml(answer)
    decoding()


if __name__ == "__main__":
    main()
