"""The list of faults as a table of the README, between marks of its own."""

from __future__ import annotations

from collections.abc import Iterator

from simulator.scenario.faults import FAULTS, Fault, Level
from simulator.scenario.keys_faults import written

BEGIN, END = "<!-- faults -->", "<!-- end of the faults -->"


def faults_section(text: str) -> str:
    """A README with the table between its two marks as it should be; one without marks as it is."""
    head, begin, rest = text.partition(BEGIN)
    _, end, tail = rest.partition(END)
    return f"{head}{BEGIN}\n\n{faults_table()}\n\n{END}{tail}" if begin and end else text


def faults_table() -> str:
    """A line for each fault, level by level."""
    lines = ["| | fault | settings | what goes wrong |", "|---|---|---|---|"]
    return "\n".join((*lines, *_rows()))


def _rows() -> Iterator[str]:
    for level in Level:
        for number, fault in enumerate(each for each in FAULTS if each.level is level):
            yield f"| {'' if number else level} | `{fault.name}` | {settings(fault)} | {fault.meaning} |"


def settings(fault: Fault) -> str:
    """``over: PT5S``: every setting with its default, or what it is where it has none."""
    told = ((each, written(each.default)) for each in fault.settings)
    usual = (
        (each.name, each.doc.rpartition("left out: ")[2] if default is None else default) for each, default in told
    )
    return ", ".join(f"{name}: {default}" for name, default in usual)
