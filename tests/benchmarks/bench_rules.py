"""What rules cost a message: time of the processor with 1,000 rules against that with 10, in turns in one run.

``python tests/benchmarks/bench_rules.py``: microseconds for one transaction and the ratio, for kinds of rule sets; the
same for a whole submitMessages that no rule fits, with its explanation; and for a getQueueMetaData that no rule about
requests fits, beside one in a story without such rules. The bound is 1.2, and it is asked of transactions that each
name another NMI, read anew for either side, and that no rule of either side fits (in "the first answers": that all
rules of either side fit). Nothing is warmed up: what rules learn from the texts they meet, they learn while the clock
runs. Shown for comparison, below the line: rules that ask what there is no looking up by.
"""

from __future__ import annotations

import asyncio
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date, timedelta
from functools import partial
from itertools import islice
from pathlib import Path
from statistics import median
from time import process_time
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

import kit
from simulator.asexml.decode import read
from simulator.asexml.model import Header, Message, Transaction, element
from simulator.base.draw import Draw
from simulator.base.turn import Turn
from simulator.scenario.criteria import Absent, Matches, MessageMatch, NetstreamMatch, RequestMatch
from simulator.scenario.engine import Engine
from simulator.scenario.facts import MessageFacts, OutgoingFacts, Question, RequestFacts, sent
from simulator.scenario.faults import BY_NAME, Mishap
from simulator.scenario.model import Reject, Rule, Where

FEW, MANY, ROUNDS, EACH = 10, 1_000, 41, 100
EMPTY = Mishap(BY_NAME["empty 200"], {})
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
}
PATTERNS: dict[str, Callable[[int], str]] = {
    "a prefix each": lambda n: f"{7 * n:04d}.*",
    "a set and a prefix": lambda n: f"[2-9]{7 * n:04d}[0-9]{{5}}",
    "a suffix each": lambda n: f".*{7 * n:04d}",
    "something inside": lambda n: f".*{97 * n:05d}.*",
    "alternatives": lambda n: f"(41|63|NE){n:03d}.*|{n:010d}",
    "counts, no common text": lambda n: f"[0-9]{{{n % 40},{n % 40 + n // 40}}}[A-Z]+",
}
"""Patterns for a NMI, with nothing beside."""
SETS |= {
    f"patterns, {kind}": lambda n, make=make: MessageMatch(fields={"NMI": Matches(make(n))})
    for kind, make in PATTERNS.items()
}
SETS |= {
    "XPath and its value": lambda n: MessageMatch(xpath={"//NMIStandingData/NMI": f"41020{n:05d}"}),
    "XPath and a pattern": lambda n: MessageMatch(xpath={"//NMIStandingData/NMI": Matches(f"41020{n:04d}.")}),
    "an equation in XPath each": lambda n: MessageMatch(xpath={f"//NMI = '41020{n:05d}'": None}),
    "a contains() each": lambda n: MessageMatch(xpath={f"contains(//NMI, '41020{n:05d}')": None}),
    "a starts-with() each": lambda n: MessageMatch(xpath={f"starts-with(//NMI, '41020{n:05d}')": None}),
    "an element each": lambda n: MessageMatch(fields={f"Other{n}": Matches(".*")}),
    "an element each, absent, and another": lambda n: MessageMatch(fields={"NMI": Absent(), f"Other{n}": Absent()}),
    "a not() each, and a contains()": lambda n: MessageMatch(
        xpath={f"not(//NMI = '41020{n:05d}')": None, f"contains(//NMI, 'x{n:05d}')": None}
    ),
    "patterns that all fit, not the sender": lambda n: MessageMatch(
        sender="RETAILZ", fields={"NMI": Matches(f"[0-9]{{1,{n + 9}}}")}
    ),
    "a number compared in XPath each": lambda n: MessageMatch(xpath={f"string-length(//NMI) > {n + 9}": None}),
    "a part compared in XPath each": lambda n: MessageMatch(xpath={f"substring(//NMI, 1, 5) = '{n:05d}x'": None}),
    "a condition each": lambda n: MessageMatch(xpath={f"//NMIStandingData[NMI = '41020{n:05d}x']/*": ("1", "2")}),
    "a condition each, and a number": lambda n: MessageMatch(
        xpath={f"//NMIStandingData[NMI = '41020{n:05d}x']/Status > 1": None}
    ),
    "a pattern of another part each": lambda n: MessageMatch(xpath={f"substring(//NMI, {n % 9}, {n})": Matches("x.*")}),
    "the first answers: patterns": lambda n: MessageMatch(fields={"NMI": Matches(f"[0-9]{{1,{n + 9}}}")}),
    "the first answers: elements absent": lambda n: MessageMatch(fields={f"Other{n}": Absent()}),
    "the first answers: not() each": lambda n: MessageMatch(xpath={f"not(//NMI = '41020{n:05d}x')": None}),
    "the first answers: any XPath each": lambda n: MessageMatch(xpath={f"string-length(//NMI) < {n + 10}": None}),
}
LINEAR: dict[str, Make] = {
    "patterns that nearly fit": lambda n: MessageMatch(
        fields={"NMI": Matches(f"[0-9]*{n % 10}[0-9]{{{n // 10 % 7}}}{n // 70 % 10}[0-9]{{{n // 700}}}[A-Z].*")}
    ),
    "any XPath each": lambda n: MessageMatch(xpath={f"string-length(translate(//NMI, '{n}', '')) > 10": None}),
}
PERIODS = date(2026, 1, 1)


def rules(make: Make, count: int) -> tuple[Rule, ...]:
    return tuple(Rule(f"rule {n}", Where("bench", n), make(n), (Reject(1100, "no"),)) for n in range(1, count + 1))


def outgoing(count: int) -> tuple[Rule, ...]:
    """Rules about what AEMO sends, none of which fits; each refuses something."""
    return tuple(
        Rule(f"rule {n}", Where("bench", n), outgoing=MessageMatch(xpath={f"not(//NMI) and not(Other{n})": None}))
        for n in range(1, count + 1)
    )


def periods(count: int) -> tuple[Rule, ...]:
    """Rules about readings, each of a week of its own, before what is asked for."""
    weeks = [PERIODS + timedelta(7 * n) for n in range(1, count + 1)]
    return tuple(
        Rule(f"rule {n}", Where("bench", n), netstream=NetstreamMatch(days=(first, first + timedelta(6))), fault=EMPTY)
        for n, first in enumerate(weeks, 1)
    )


def seconds(ask: Callable[[Engine, Turn, Any], object], engine: Engine, facts: Sequence[Any]) -> float:
    """For one transaction, message or request."""
    turn = Turn(kit.START, Draw(7), engine.apply)
    begun = process_time()
    for one in facts:
        ask(engine, turn, one)
    return (process_time() - begun) / EACH


def drawn() -> list[str]:
    """NMIs, more than are needed."""
    draw = Draw(7)
    return [f"{draw.of('nmi', str(n)).below(10**10):010d}" for n in range(2 * ROUNDS * EACH)]


def unfit(nmis: Iterable[str], pattern: Callable[[int], str]) -> list[str]:
    """Those that no pattern fits."""
    patterns = [re.compile(pattern(n)) for n in range(1, MANY + 1)]
    return [nmi for nmi in nmis if not any(each.fullmatch(nmi) for each in patterns)]


def transactions(nmis: Sequence[str]) -> Iterator[MessageFacts]:
    """Read anew."""
    return (sent(read(kit.transfer(nmi=nmi).encode(), kit.SCHEMAS))[0] for nmi in nmis)


def messages(nmis: Sequence[str]) -> Iterator[OutgoingFacts]:
    """Of AEMO, of two transactions, as they are once they have been read."""
    for number, nmi in enumerate(nmis):
        told = [Transaction(f"T-{n}", kit.START, element("CATSNotification", element("NMI", nmi))) for n in "12"]
        header = Header("NEMMCO", "RETAILA", f"M-{number}", kit.START, "CATS", "High")
        facts = OutgoingFacts("RETAILA", Message("r46", header, (*told,)))
        assert len(facts.views) == len(told)
        yield facts


def questions(nmis: Sequence[str]) -> Iterator[RequestFacts]:
    """For a day long after those of all rules."""
    last = PERIODS + timedelta(8 * MANY)
    return (RequestFacts("Netstream", "getMeterReadings", question=Question("a", (nmi,), (), (), last)) for nmi in nmis)


def matching() -> None:
    nmis = drawn()
    for name, make in SETS.items():
        pattern = PATTERNS.get(name.removeprefix("patterns, "))
        asked = nmis if pattern is None else unfit(nmis, pattern)
        compared(name, Engine.react, partial(rules, make), partial(transactions, asked))
    compared("outgoing, a not() each", Engine.on_outgoing, outgoing, partial(messages, nmis))
    compared("readings, a period each", Engine.on_request, periods, partial(questions, nmis))
    print("-" * 32)
    for name, make in LINEAR.items():
        compared(name, Engine.react, partial(rules, make), partial(transactions, nmis))


def compared(
    name: str,
    ask: Callable[[Engine, Turn, Any], object],
    make: Callable[[int], tuple[Rule, ...]],
    facts: Callable[[], Iterator[Any]],
) -> None:
    """With few rules and with many, in turns."""
    few, many = Engine(make(FEW)), Engine(make(MANY))
    asked, again = facts(), facts()
    pairs = []
    for _ in range(ROUNDS):
        some, same = [*islice(asked, EACH)], [*islice(again, EACH)]
        pairs.append((seconds(ask, few, some), seconds(ask, many, same)))
    ratio = median(after / before for before, after in pairs)
    shown = [1e6 * median(column) for column in zip(*pairs, strict=True)]
    print(
        f"{name:38} {FEW} rules {shown[0]:7.1f} us   {MANY} rules {shown[1]:7.1f} us   ratio {ratio:5.2f}", flush=True
    )


async def whole() -> None:
    """A submitMessages that no rule fits."""
    make = SETS["each its own NMI"]
    few, many = (kit.Party(kit.runtime(kit.scenario(*rules(make, count)))) for count in (FEW, MANY))
    pairs, number = [], 0
    for _ in range(ROUNDS):
        took = []
        for party in (few, many):
            begun = process_time()
            for each in range(20):
                reply = await party.submit(kit.transfer(number + each), f"catsm_retaila_{number + each}")
                assert reply.nearest, reply
            took.append((process_time() - begun) / 20)
        number += 20
        pairs.append((took[0], took[1]))
    ratio = median(after / before for before, after in pairs)
    print(f"submitMessages, no rule fits     {1e6 * median(pair[0] for pair in pairs):.0f} us   ratio {ratio:.2f}")


def asking(count: int) -> tuple[Rule, ...]:
    """Rules about requests, none of which ever fits."""
    return tuple(
        Rule(f"rule {n}", Where("bench", n), request=RequestMatch("B2MMessagingPull", "ping", f"R{n}"), fault=EMPTY)
        for n in range(1, count + 1)
    )


async def light() -> None:
    """A getQueueMetaData that no rule fits: without rules about requests, with few, with many."""
    parties = [kit.Party(kit.runtime(kit.scenario(*asking(count)))) for count in (0, FEW, MANY)]
    rounds: list[list[float]] = []
    for _ in range(ROUNDS):
        rounds.append([])
        for party in parties:
            begun = process_time()
            for _ in range(EACH):
                reply = await party.call("GET", "getQueueMetaData")
                assert reply.status == 200, reply
            rounds[-1].append((process_time() - begun) / EACH)
    none, few, _ = (1e6 * median(column) for column in zip(*rounds, strict=True))
    ratio = median(after / before for _, before, after in rounds)
    print(f"getQueueMetaData, no rule fits   {none:.0f} us without rules, {few:.0f} us with {FEW}   ratio {ratio:.2f}")


if __name__ == "__main__":
    matching()
    asyncio.run(whole())
    asyncio.run(light())
