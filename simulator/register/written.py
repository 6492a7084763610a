"""The register as Markdown: whole, and as the tables between two marks of the README."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterable, Iterator
from importlib.resources import files
from importlib.resources.abc import Traversable

from simulator.register.entries import BASES, Entry, register
from simulator.register.faults_table import faults_section

BEGIN, END = "<!-- register of behaviour -->", "<!-- end of the register -->"
MARKS = ("D", "C", "I", "R+", "R", "R-")


def markdown() -> str:
    """Every entry, a line each."""
    lines = ["| rule | answer | about | basis | | source | set by |", "|---|---|---|---|---|---|---|"]
    for entry in register().values():
        numbered = f"{entry.basis} {entry.number}".rstrip()
        cells = (entry.answer, entry.meaning, numbered, entry.confidence, entry.source, _set_by(entry))
        lines.append(f"| `{entry.rule}` | {' | '.join(map(_cell, cells))} |")
    return "\n".join(lines) + "\n"


def section(text: str) -> str:
    """A README with the tables between their marks as they should be. `ValueError` without the register's."""
    head, begin, rest = text.partition(BEGIN)
    _, end, tail = rest.partition(END)
    if not (begin and end):
        raise ValueError(f"the marks {BEGIN} and {END} are not there")
    return faults_section(f"{head}{BEGIN}\n\n{_tables()}\n{END}{tail}")


def _tables() -> str:
    return "\n".join((*counts_table(), "", *assumptions_table(), "", *_DATA, "", *data_table(), ""))


def counts_table() -> Iterator[str]:
    """How many behaviours of each area rest on what."""
    yield f"| area | {' | '.join(BASES)} |"
    yield f"|---|{'---|' * len(BASES)}"
    by_area: dict[str, Counter[str]] = {}
    for entry in register().values():
        by_area.setdefault(entry.area, Counter())[entry.basis] += 1
    for area, found in by_area.items():
        yield f"| {area} | {' | '.join(str(found[name] or '') for name in BASES)} |"
    total = sum(by_area.values(), Counter[str]())
    yield f"| all | {' | '.join(str(total[name]) for name in BASES)} |"


def assumptions_table() -> Iterator[str]:
    """Every switch with its number, default and choices."""
    yield "| | rule | switch | default | may be | about | |"
    yield "|---|---|---|---|---|---|---|"
    for entry in _switches(register().values()):
        name = entry.set_by.removeprefix("assume: ").replace(" ", "_")
        cells = (entry.default, ", ".join(entry.choices), entry.meaning, entry.confidence)
        yield f"| {entry.number} | `{entry.rule}` | `{name}` | {' | '.join(map(_cell, cells))} |"


_DATA = (
    "### Market data by confidence",
    "",
    "Codes, rules and limits of the pretend market are data files, each row with its source and its confidence:",
    "D documented by AEMO or with it, C seen in code or a real message, I inferred, R+ recalled and fairly sure,",
    "R recalled, R- a placeholder. `rules:` in a scenario replaces them with your own C1 extracts.",
    "",
    "What is assumed of reports (their columns, what a summary shows, the first day of a week, …) is in",
    "`report_assumptions.csv`: the program goes by the Value of each row, one of its Choices, and refuses to start",
    "with one that means nothing. A column moves, goes, or gets another name (`NMISuffix=Suffix`). A row without a",
    "choice says why it is Fixed.",
)


def data_table() -> Iterator[str]:
    """Rows of market data by confidence."""
    yield f"| rows of | {' | '.join(MARKS)} |"
    yield f"|---|{'---|' * len(MARKS)}"
    for package in ("market", "world"):
        folder = files("simulator").joinpath(package).joinpath("data")
        for file in sorted(folder.iterdir(), key=lambda each: each.name):
            found = _marks(file)
            if found is not None:
                yield f"| `{package}/data/{file.name}` | {' | '.join(str(found[mark] or '') for mark in MARKS)} |"


def _marks(file: Traversable) -> Counter[str] | None:
    """None for a table without confidence."""
    if not file.name.endswith(".csv"):
        return None
    read = list(csv.DictReader(file.read_text("utf-8").splitlines()))
    return Counter(row["confidence"] for row in read) if read and "confidence" in read[0] else None


def _switches(entries: Iterable[Entry]) -> Iterator[Entry]:
    return (entry for entry in entries if entry.answer == "switch")


def _set_by(entry: Entry) -> str:
    return f"{entry.set_by}: {entry.default}" if entry.default and entry.set_by else entry.set_by


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
