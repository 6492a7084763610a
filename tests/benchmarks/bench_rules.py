"""What rules cost a message: matching with 1,000 rules against matching with 10, measured in turns in one run.

``python tests/benchmarks/bench_rules.py``: microseconds for one transaction and the ratio, for kinds of rule sets; the
same for a whole submitMessages that no rule fits, with its explanation; and for a getQueueMetaData that no rule about
requests fits, beside one in a story without such rules. The bound is 1.2 for rules that name a text somewhere; rules
with nothing but patterns are looked at one by one, and shown for comparison.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from statistics import median
from time import perf_counter

sys.path.insert(0, str(Path(__file__).parents[1]))

import kit
from simulator.asexml.decode import read
from simulator.base.draw import Draw
from simulator.base.turn import Turn
from simulator.scenario.criteria import Matches, MessageMatch, RequestMatch
from simulator.scenario.engine import Engine
from simulator.scenario.facts import MessageFacts, sent
from simulator.scenario.faults import BY_NAME, Mishap
from simulator.scenario.model import Reject, Rule, Where

FEW, MANY, ROUNDS, EACH = 10, 1_000, 41, 200
Make = Callable[[int], MessageMatch]
SETS: dict[str, Make] = {
    "each its own NMI": lambda n: MessageMatch("CATSChangeRequest", fields={"NMI": f"41020{n:05d}"}),
    "each its own sender": lambda n: MessageMatch("CATSChangeRequest", sender=f"RETAIL{n}"),
    "transaction, sender, reason": lambda n: MessageMatch(
        ("CATSChangeRequest", "ReportRequest"), f"RETAIL{n % 50}", fields={"ChangeReasonCode": f"{1000 + n // 50}"}
    ),
    "each its own NMI and a pattern": lambda n: MessageMatch(
        nmi=f"41020{n:05d}", fields={"ChangeReasonCode": Matches("10[0-9]{2}")}
    ),
    "patterns alone": lambda n: MessageMatch("CATSChangeRequest", fields={"NMI": Matches(f"{n:04d}.*")}),
}


def rules(make: Make, count: int) -> tuple[Rule, ...]:
    return tuple(Rule(f"rule {n}", Where("bench", n), make(n), (Reject(1100, "no"),)) for n in range(1, count + 1))


def seconds(engine: Engine, facts: MessageFacts) -> float:
    """For one transaction."""
    turn, each = Turn(kit.START, Draw(7), engine.apply), [replace(facts) for _ in range(EACH)]
    begun = perf_counter()
    for one in each:
        engine.react(turn, one)
    return (perf_counter() - begun) / EACH


def matching() -> None:
    (facts,) = sent(read(kit.transfer().encode(), kit.SCHEMAS))
    for name, make in SETS.items():
        few, many = Engine(rules(make, FEW)), Engine(rules(make, MANY))
        pairs = [(seconds(few, facts), seconds(many, facts)) for _ in range(ROUNDS)]
        ratio = median(after / before for before, after in pairs)
        shown = [1e6 * median(column) for column in zip(*pairs, strict=True)]
        print(f"{name:32} {FEW} rules {shown[0]:7.1f} us   {MANY} rules {shown[1]:7.1f} us   ratio {ratio:5.2f}")


async def whole() -> None:
    """A submitMessages that no rule fits."""
    make = SETS["each its own NMI"]
    few, many = (kit.Party(kit.runtime(kit.scenario(*rules(make, count)))) for count in (FEW, MANY))
    pairs, number = [], 0
    for _ in range(ROUNDS):
        took = []
        for party in (few, many):
            begun = perf_counter()
            for each in range(20):
                reply = await party.submit(kit.transfer(number + each), f"catsm_retaila_{number + each}")
                assert reply.nearest, reply
            took.append((perf_counter() - begun) / 20)
        number += 20
        pairs.append((took[0], took[1]))
    ratio = median(after / before for before, after in pairs)
    print(f"submitMessages, no rule fits     {1e6 * median(pair[0] for pair in pairs):.0f} us   ratio {ratio:.2f}")


def asking(count: int) -> tuple[Rule, ...]:
    """Rules about requests, none of which ever fits."""
    fault = Mishap(BY_NAME["empty 200"], {})
    return tuple(
        Rule(f"rule {n}", Where("bench", n), request=RequestMatch("B2MMessagingPull", "ping", f"R{n}"), fault=fault)
        for n in range(1, count + 1)
    )


async def light() -> None:
    """A getQueueMetaData that no rule fits: without rules about requests, with few, with many."""
    parties = [kit.Party(kit.runtime(kit.scenario(*asking(count)))) for count in (0, FEW, MANY)]
    rounds: list[list[float]] = []
    for _ in range(ROUNDS):
        rounds.append([])
        for party in parties:
            begun = perf_counter()
            for _ in range(EACH):
                reply = await party.call("GET", "getQueueMetaData")
                assert reply.status == 200, reply
            rounds[-1].append((perf_counter() - begun) / EACH)
    none, few, _ = (1e6 * median(column) for column in zip(*rounds, strict=True))
    ratio = median(after / before for _, before, after in rounds)
    print(f"getQueueMetaData, no rule fits   {none:.0f} us without rules, {few:.0f} us with {FEW}   ratio {ratio:.2f}")


if __name__ == "__main__":
    matching()
    asyncio.run(whole())
    asyncio.run(light())
